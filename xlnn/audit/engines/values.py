"""The values of a workbook's cells as an engine computed them."""

from __future__ import annotations

from typing import Protocol

from xlnn.audit.cell_values import Value


class Values(Protocol):
    """A recomputed workbook. What a program saved after recalculating, read as a
    StoredWorkbook, is one."""

    def value(self, sheet: str, row: int, column: int) -> Value:
        """The value of a cell, row and column from 1."""
        ...
