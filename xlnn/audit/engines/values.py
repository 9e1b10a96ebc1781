"""The values of a workbook's cells as an engine computed them."""

from __future__ import annotations

from typing import Protocol

from xlnn.audit.cell_values import Value
from xlnn.maths.evaluate import Array


class Values(Protocol):
    """A recomputed workbook. What a program saved after recalculating, read as a
    StoredWorkbook, is one."""

    def value(self, sheet: str, row: int, column: int) -> Value:
        """The value of a cell, row and column from 1."""
        ...

    def numbers(self, sheet: str, row: int, column: int, rows: int, columns: int) -> Array:
        """The numbers of a rectangle, given its first cell: rows × columns, NaN for what is no
        number."""
        ...
