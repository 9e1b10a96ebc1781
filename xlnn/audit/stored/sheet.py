"""What stands in the cells of a sheet: formulas, inputs and cached values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import zip_longest

from xlnn.audit.cell_values import Value, as_numbers
from xlnn.audit.stored.cell_table import CellTable
from xlnn.audit.stored.references import Corners, Position, range_of
from xlnn.maths.evaluate import Array
from xlnn.workbook.entries import entry_text


@dataclass(slots=True)
class Stored:
    """A formula in a file. Not frozen: that takes three times as long to make, a million times."""

    text: str
    """With its ``=``."""
    array: Corners | None
    """The range of an array formula."""

    @property
    def entry(self) -> str:
        """The formula, and the range that an array formula fills."""
        if self.array is None:
            return self.text
        return entry_text(self.text, range_of(self.array))


@dataclass(slots=True)
class StoredSheet:
    """The cells of a sheet that are not empty."""

    values: CellTable[float | str | bool] = field(default_factory=CellTable)
    """What is typed into a cell, or the cached value of its formula."""
    formulas: CellTable[Stored] = field(default_factory=CellTable)
    """The formula of each cell, also of those inside an array formula's range."""
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    """The first and the last of some that stand side by side."""

    def numbers(self, row: int, column: int, rows: int, columns: int) -> Array:
        """The numbers of a rectangle, given its first cell; NaN for what is no number."""
        found: list[Value] = []
        for i in range(row, row + rows):
            found += self.values.stretch(i, column, columns)
        return as_numbers(found, rows, columns)

    def entries(self, row: int, column: int, rows: int, columns: int) -> list[str | None]:
        """What is entered in the cells of a rectangle, as ``entry_text`` writes it; of an array
        formula, in each cell that it fills."""
        entries: list[str | None] = []
        last, entry = None, None
        for i in range(row, row + rows):
            for stored in self.formulas.stretch(i, column, columns):
                if stored is not last:  # the same all over an array formula
                    last, entry = stored, stored.entry if stored else None
                entries.append(entry)
        return entries

    def typed_numbers(self) -> Iterator[Position]:
        """The cells in which numbers stand that no formula computes."""
        far = self.formulas.far
        for row, cells in self.values.rows.items():
            beside = self.formulas.rows.get(row, ())
            both = enumerate(zip_longest(cells, beside))
            alone = [j for j, (value, entry) in both if entry is None and type(value) is float]
            yield from ((row, column) for column in alone if (row, column) not in far)
        for place, value in self.values.far.items():
            if type(value) is float and place not in self.formulas:
                yield place

    def rows(self, columns: int) -> list[list[Value]]:
        """The values of the first columns row by row, from row 1, without empty cells and rows at
        the end."""
        rows: list[list[Value]] = []
        for row in range(1, self.values.end[0] + 1):
            cells: list[Value] = [*self.values.stretch(row, 1, columns)]
            while cells and cells[-1] is None:
                cells.pop()
            rows.append(cells)
        while rows and not rows[-1]:
            rows.pop()
        return rows
