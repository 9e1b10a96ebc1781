"""What stands in a workbook, block by block, kept small enough to lay two workbooks side by side.

Of each block the numbers are kept as an engine computes them, and of its cells those alone in which
something else is entered than the plan says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np

from xlnn.audit.cell_values import Value
from xlnn.audit.stored.sheet import Stored
from xlnn.maths.evaluate import Array
from xlnn.workbook.plan import Moment

When = Moment | None
"""The batch of an epoch; None for what there is once."""

Entry = Stored | Value
"""What is entered in a cell: a formula, or what was typed."""

Source = Literal["input", "start", "formula", "kept"]
"""Where numbers come from. start: values that training has left in the epochs before, which are not
shown. kept: values that stand for what is not live, and that no formula reads."""

Cell = tuple[When, int, int]
"""A cell of a series: its block, and row and column in it from 0."""


class Band(NamedTuple):
    """One block of a series."""

    row: int
    column: int
    """Its first cell."""
    source: Source
    said: str
    """What its formulas compute, in the article's notation; empty where there is no step."""


class Key(NamedTuple):
    """What makes blocks of two workbooks the same."""

    sheet: str
    matrix: str
    what: str
    number: int
    """Of blocks of one name on a sheet that are of one shape."""
    rows: int
    columns: int

    @property
    def size(self) -> int:
        return self.rows * self.columns


@dataclass(slots=True, eq=False)
class Series:
    """A matrix at all moments at which it has one shape; or a copy of it, or another block."""

    key: Key
    step: int | None
    place: int
    """In the order of computation of a moment."""
    planned: Callable[[When, int, int], Stored]
    """The formula that the plan enters into a cell."""
    valued: bool = True
    """Whether its numbers are compared."""
    slack: float = 1
    """How much less exactly than others they are known."""
    bands: dict[When, Band] = field(default_factory=dict)
    entries: dict[Cell, Entry] = field(default_factory=dict)
    """Where something else is entered than the plan says; of inputs, what is no plain number."""
    others: dict[Cell, Value] = field(default_factory=dict)
    """What the engine has where that is no number."""
    _places: dict[When, int] = field(default_factory=dict)
    _numbers: list[Array] = field(default_factory=list)

    def add(self, when: When, band: Band, numbers: Array | None) -> None:
        """Takes a block in."""
        self.bands[when] = band
        if numbers is not None:
            self._places[when] = len(self._numbers)
            self._numbers.append(numbers)

    def numbers(self, moments: list[When]) -> Array:
        """Those of some blocks: blocks × rows × columns, NaN for what is no number."""
        return np.stack([self._numbers[self._places[when]] for when in moments])

    def number(self, cell: Cell) -> Value:
        """What the engine has in a cell."""
        when, i, j = cell
        found = float(self._numbers[self._places[when]][i, j])
        return self.others.get(cell) if np.isnan(found) else found

    def entered(self, cell: Cell) -> Entry:
        """What is entered in a cell."""
        if cell in self.entries:
            return self.entries[cell]
        when, i, j = cell
        band = self.bands[when]
        return self.planned(when, i, j) if band.source == "formula" else self.number(cell)
