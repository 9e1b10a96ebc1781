"""A matrix in somebody's workbook: in which cells it stands, and which way round.

What is *theirs* is in the orientation and the units of the workbook, what is *ours* in those of the
recipe: samples and the neurons that a weight comes from are rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from xlnn.audit.cell_values import is_number
from xlnn.audit.engines.values import Values
from xlnn.audit.stored.workbook import StoredWorkbook
from xlnn.audit.theirs.ranges import Range
from xlnn.maths.evaluate import Array

Flags = npt.NDArray[np.bool_]

Cell = tuple[str, int, int]
"""Sheet, row, column."""


@dataclass(frozen=True, slots=True)
class Cells:
    """Cells that together are a matrix: of one range, or of several beside and below each other."""

    parts: tuple[tuple[int, int, Range], ...]
    """Each with the row and column, from 0, where it begins in the matrix."""
    rows: int
    columns: int

    def __str__(self) -> str:
        return ", ".join(str(part) for _, _, part in self.parts)

    @property
    def ranges(self) -> Iterator[Range]:
        return (part for _, _, part in self.parts)

    def cell(self, i: int, j: int) -> Cell:
        """The cell of row i and column j, from 0."""
        for down, across, part in self.parts:
            row, column = i - down, j - across
            if 0 <= row < part.rows and 0 <= column < part.columns:
                return part.sheet, part.row + row, part.column + column
        raise IndexError((i, j))

    def numbers(self, values: Values) -> Array:
        """The numbers in them; NaN for what is no number."""
        found = np.full((self.rows, self.columns), np.nan)
        for i, j, part in self.parts:
            found[i : i + part.rows, j : j + part.columns] = values.numbers(
                part.sheet, part.row, part.column, part.rows, part.columns
            )
        return found

    def formulas(self, book: StoredWorkbook) -> Flags:
        """Which of them hold formulas."""
        found = np.zeros((self.rows, self.columns), np.bool_)
        for down, across, part in self.parts:
            formulas = book.sheet(part.sheet).formulas
            for i in range(part.rows):
                for j in range(part.columns):
                    found[down + i, across + j] = (part.row + i, part.column + j) in formulas
        return found

    def cut(self, row: int, column: int, rows: int, columns: int) -> Cells:
        """The cells of a part of the matrix, from row and column on, from 0."""
        parts = []
        for down, across, part in self.parts:
            top, left = max(down, row), max(across, column)
            bottom = min(down + part.rows, row + rows)
            right = min(across + part.columns, column + columns)
            if top < bottom and left < right:
                first = part.row + top - down, part.column + left - across
                inside = Range(part.sheet, *first, bottom - top, right - left)
                parts.append((top - row, left - column, inside))
        return Cells(tuple(parts), rows, columns)

    def moved(self, rows: int = 0, columns: int = 0, sheet: str | None = None) -> Cells:
        """The cells as far below and to the right, perhaps on another sheet."""
        return replace(
            self,
            parts=tuple(
                (
                    i,
                    j,
                    replace(
                        part,
                        row=part.row + rows,
                        column=part.column + columns,
                        sheet=sheet or part.sheet,
                    ),
                )
                for i, j, part in self.parts
            ),
        )


def together(rows: Sequence[Sequence[Range]]) -> Cells:
    """Ranges side by side in rows, which stand one below the other. Raises ValueError, saying
    why, where they form no rectangle."""
    parts, down, width = [], 0, None
    for row in rows:
        heights = {part.rows for part in row}
        if len(heights) > 1:
            several = " and ".join(f"{part} ({part.rows})" for part in row)
            raise ValueError(f"ranges side by side need equally many rows: {several}")
        across = 0
        for part in row:
            parts.append((down, across, part))
            across += part.columns
        if width not in (None, across):
            raise ValueError(
                f"the rows of ranges are {width} and {across} columns wide, but must be equally "
                "wide"
            )
        width = across
        down += heights.pop()
    return Cells(tuple(parts), down, width or 0)


@dataclass(frozen=True, slots=True)
class Block:
    """A matrix in somebody's workbook."""

    matrix: str
    """Its name in the recipe."""
    cells: Cells
    transpose: bool = False
    times: float = 1.0
    """Theirs is ours times this …"""
    by: str | None = None
    """… and times this setting, such as the learning rate."""
    role: Literal["matrix", "ones", "copy", "left"] = "matrix"
    """ones: a row or column of ones beside the matrix. copy: it stands there once more, as data do
    on the sheet of a later epoch. left: biases that are never updated, beside updated weights."""
    place: str = ""
    """Where the map says so."""
    repeat: bool = True
    """Whether it stands again where epochs or batches are repeated."""
    implied: bool = False
    """Whether it follows from how epochs are repeated, and may as well not be there: data and
    start weights need not be repeated."""

    def factor(self, settings: Mapping[str, Array]) -> float:
        """What theirs is ours times."""
        return self.times * float(settings[self.by].item()) if self.by else self.times

    def ours(self, theirs: Array, settings: Mapping[str, Array]) -> Array:
        """An array of theirs as the recipe has it."""
        with np.errstate(all="ignore"):
            numbers = theirs / self.factor(settings)
        return numbers.T if self.transpose else numbers

    def theirs(self, ours: Array, settings: Mapping[str, Array]) -> Array:
        """An array of the recipe as the workbook has it."""
        numbers = ours * self.factor(settings)
        return numbers.T if self.transpose else numbers

    def typed(self, values: Values, book: StoredWorkbook) -> Array:
        """The numbers in its cells. Of those that are typed in, as the file has them: programs
        that export 15 digits would change them."""
        numbers = self.cells.numbers(values)
        for i in range(self.cells.rows):
            for j in range(self.cells.columns):
                if is_number(value := book.constant(*self.cells.cell(i, j))):
                    numbers[i, j] = value
        return numbers
