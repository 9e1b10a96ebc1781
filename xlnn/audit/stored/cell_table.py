"""What stands in the cells of a sheet, kept row by row.

A dictionary by rows and columns takes three times the memory, and as much more time to fill and to
read rectangles from: a cell's place alone takes 120 bytes, and a sheet may have a million cells.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

from xlnn.audit.stored.references import Corners, Position

T = TypeVar("T")

GAP = 16
"""A cell that is so many columns behind the others of its row is kept by its place: a row is not
made as long as a sheet is wide for it."""


class CellTable(Mapping[Position, T]):
    """Contents by the row and the column of their cells, both from 1."""

    __slots__ = ("far", "rows")

    def __init__(self) -> None:
        self.rows: dict[int, list[T | None]] = {}
        """The cells of each row by column; the first of a list, of no column, is None."""
        self.far: dict[Position, T] = {}
        """The cells far to the right of the others."""

    def __getitem__(self, place: Position) -> T:
        found = self.at(*place)
        if found is None:
            raise KeyError(place)
        return found

    def __contains__(self, place: object) -> bool:
        return isinstance(place, tuple) and self.at(*place) is not None

    def __iter__(self) -> Iterator[Position]:
        for row, cells in self.rows.items():
            for column, content in enumerate(cells):
                if content is not None:
                    yield row, column
        yield from self.far

    def __len__(self) -> int:
        # To count None by ``count`` would compare every content with it.
        filled = (len([1 for each in cells if each is not None]) for cells in self.rows.values())
        return len(self.far) + sum(filled)

    def at(self, row: int, column: int) -> T | None:
        """What stands in a cell; None if it is empty."""
        cells = self.rows.get(row)
        if cells is not None and column < len(cells) and (found := cells[column]) is not None:
            return found
        return self.far.get((row, column)) if self.far else None

    def put(self, row: int, column: int, content: T) -> None:
        """Fills a cell."""
        cells = self.rows.get(row)
        gap = column - (1 if cells is None else len(cells))
        if gap > GAP:
            self.far[row, column] = content
            return
        if cells is None:
            cells = self.rows[row] = [None]
        if gap < 0:
            cells[column] = content
        else:
            cells.extend([None] * gap)
            cells.append(content)

    def fill(self, corners: Corners, content: T) -> None:
        """Fills the empty cells of a rectangle."""
        top, left, bottom, right = corners
        alone: list[T | None] = [*[None] * left, *[content] * (right + 1 - left)]
        for row in range(top, bottom + 1):
            if row not in self.rows and left <= GAP and not self.far:
                self.rows[row] = alone.copy()
                continue
            for column in range(left, right + 1):
                if self.at(row, column) is None:
                    self.put(row, column, content)

    def stretch(self, row: int, column: int, columns: int) -> list[T | None]:
        """What stands side by side in a row, from a column on."""
        found = self.rows.get(row, [])[column : column + columns]
        found += [None] * (columns - len(found))
        if self.far:
            for j, content in enumerate(found):
                if content is None:
                    found[j] = self.far.get((row, column + j))
        return found

    @property
    def end(self) -> Position:
        """The last row and the last column in which anything stands; 0 if there is nothing."""
        rows = max(self.rows, default=0), max((row for row, _ in self.far), default=0)
        longest = max(map(len, self.rows.values()), default=1) - 1
        return max(rows), max(longest, max((column for _, column in self.far), default=0))
