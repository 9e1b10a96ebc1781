"""The values of a workbook's cells as an engine computed them."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Protocol

from xlnn.audit.reading import load_quietly


class ErrorValue(str):
    """A spreadsheet's error, such as ``#NUM!``."""

    __slots__ = ()


Value = float | str | bool | None
"""A number, a text (an ErrorValue for an error), a truth value, or nothing."""


class Values(Protocol):
    """A recomputed workbook."""

    @property
    def sheets(self) -> Collection[str]:
        """The names of its sheets."""
        ...

    def value(self, sheet: str, row: int, column: int) -> Value:
        """The value of a cell, row and column from 1."""
        ...


class SavedValues:
    """The values that a program left in a workbook after recalculating it."""

    def __init__(self, path: Path) -> None:
        self._book = load_quietly(path, values=True)

    @property
    def sheets(self) -> Collection[str]:
        return tuple(self._book.sheetnames)

    def value(self, sheet: str, row: int, column: int) -> Value:
        cell = self._book[sheet].cell(row, column)
        value = cell.value
        if cell.data_type == "e":
            return ErrorValue(value)
        if isinstance(value, (int, float, str)) or value is None:
            return value
        return str(value)
