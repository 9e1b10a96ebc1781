"""The values that a process has computed and handed over."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from xlnn.audit.cell_values import ErrorValue, Value
from xlnn.maths.evaluate import Array

SPARSE = 100_000
"""A sheet that is so many cells larger than those that hold numbers is kept cell by cell."""


class ComputedSheet:
    """The cells of a sheet that are not empty."""

    def __init__(
        self,
        rows: npt.NDArray[np.int32],
        columns: npt.NDArray[np.int32],
        numbers: Array,
        others: Mapping[tuple[int, int], ErrorValue | str | bool],
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
        other = self._others.get((row, column))
        if other is not None or self._grid is None:
            return self._cells.get((row, column), other)
        if row >= self._grid.shape[0] or column >= self._grid.shape[1]:
            return None
        number = float(self._grid[row, column])
        return None if number != number else number

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
