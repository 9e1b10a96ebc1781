"""What stands in the cells of a sheet: formulas, inputs and cached values."""

from __future__ import annotations

from dataclasses import dataclass, field

from xlnn.audit.cell_values import Value, as_numbers
from xlnn.audit.stored.references import Corners, Position
from xlnn.maths.evaluate import Array
from xlnn.workbook.entries import entry_text
from xlnn.workbook.plan import range_name


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
        top, left, bottom, right = self.array
        return entry_text(self.text, range_name(top, left, bottom - top + 1, right - left + 1))


@dataclass(slots=True)
class StoredSheet:
    """The cells of a sheet that are not empty."""

    values: dict[Position, Value] = field(default_factory=dict)
    """What is typed into a cell, or the cached value of its formula."""
    formulas: dict[Position, Stored] = field(default_factory=dict)
    """The formula of each cell, also of those inside an array formula's range."""
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    """The first and the last of some that stand side by side."""

    def numbers(self, row: int, column: int, rows: int, columns: int) -> Array:
        """The numbers of a rectangle, given its first cell; NaN for what is no number."""
        cell, across = self.values.get, range(column, column + columns)
        return as_numbers(
            [cell((i, j)) for i in range(row, row + rows) for j in across], rows, columns
        )

    def entries(self, row: int, column: int, rows: int, columns: int) -> list[str | None]:
        """What is entered in the cells of a rectangle, as ``entry_text`` writes it; of an array
        formula, in each cell that it fills."""
        cell, across = self.formulas.get, range(column, column + columns)
        entries: list[str | None] = []
        last, entry = None, None
        for i in range(row, row + rows):
            for j in across:
                stored = cell((i, j))
                if stored is not last:  # the same all over an array formula
                    last, entry = stored, stored.entry if stored else None
                entries.append(entry)
        return entries

    def rows(self, columns: int) -> list[list[Value]]:
        """The values of the first columns row by row, from row 1, without empty cells and rows at
        the end."""
        values = {place: value for place, value in self.values.items() if place[1] <= columns}
        last = max((row for row, _ in values), default=0)
        rows: list[list[Value]] = [[] for _ in range(last)]
        for (row, column), value in sorted(values.items()):
            cells = rows[row - 1]
            cells.extend([None] * (column - 1 - len(cells)))
            cells.append(value)
        return rows
