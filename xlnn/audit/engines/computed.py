"""The values that a process has computed and handed over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from xlnn.audit.cell_values import ErrorValue, Value
from xlnn.maths.evaluate import Array

Places = npt.NDArray[np.int32]
"""Rows, columns, or other whole numbers, one for each cell."""

ROW = 1 << 16
"""More columns than a sheet can have."""

SPARSE = 100_000
"""A sheet that is so many cells larger than those that hold numbers is kept cell by cell."""


class Others:
    """What is in cells that hold no number, in a tenth of a dictionary's memory: a large workbook
    has a heading before each of its rows."""

    def __init__(
        self,
        rows: Places,
        columns: Places,
        contents: Places,
        *,
        known: Sequence[ErrorValue | str | bool],
    ) -> None:
        """``contents`` tells of each cell which of those that are ``known`` it holds."""
        cells = rows.astype(np.int64) * ROW + columns
        order = np.argsort(cells)
        self._cells, self._contents, self._known = cells[order], contents[order], known

    def get(self, row: int, column: int) -> ErrorValue | str | bool | None:
        """What is in a cell; None if it is not one of these."""
        cell = row * ROW + column
        at = int(np.searchsorted(self._cells, cell))
        if at == len(self._cells) or self._cells[at] != cell:
            return None
        return self._known[int(self._contents[at])]


class ComputedSheet:
    """The cells of a sheet that are not empty."""

    def __init__(
        self,
        rows: Places,
        columns: Places,
        numbers: Array,
        others: Others,
    ) -> None:
        self._others = others
        height, width = (int(places.max(initial=0)) + 1 for places in (rows, columns))
        self._grid: Array | None = None
        self._cells: dict[tuple[int, int], float] = {}
        if height * width <= 4 * len(numbers) + SPARSE:
            self._grid = np.full((height, width), np.nan)
            self._grid[rows, columns] = numbers
        else:
            places = zip(rows.tolist(), columns.tolist(), strict=True)
            self._cells = dict(zip(places, numbers.tolist(), strict=True))

    def value(self, row: int, column: int) -> Value:
        """The value of a cell, row and column from 1."""
        number = float(self.numbers(row, column, 1, 1)[0, 0])
        return self._others.get(row, column) if number != number else number

    def numbers(self, row: int, column: int, rows: int, columns: int) -> Array:
        """The numbers of a rectangle; NaN for what is none."""
        found = np.full((rows, columns), np.nan)
        if self._grid is not None:
            there = self._grid[row : row + rows, column : column + columns]
            found[: there.shape[0], : there.shape[1]] = there
        else:
            for i in range(rows):
                for j in range(columns):
                    found[i, j] = self._cells.get((row + i, column + j), np.nan)
        return found


class ComputedWorkbook:
    """The values of all cells."""

    def __init__(self, sheets: Mapping[str, ComputedSheet]) -> None:
        self._sheets = sheets

    def value(self, sheet: str, row: int, column: int) -> Value:
        """The value of a cell, row and column from 1."""
        return self._sheets[sheet].value(row, column)

    def numbers(self, sheet: str, row: int, column: int, rows: int, columns: int) -> Array:
        """The numbers of a rectangle, given its first cell: rows × columns, NaN for what is no
        number."""
        return self._sheets[sheet].numbers(row, column, rows, columns)
