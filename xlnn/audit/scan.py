"""What stands in a workbook's file beside its plan: formulas that are not the plan's, the values
that the file carries along, and inputs.

This needs no engine, so it is read while they compute. A sheet is read, compared array by array,
and forgotten; what is kept is a bit and a number for each of its cells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from xlnn.audit.cell_values import Value, as_numbers
from xlnn.audit.planned import tiles
from xlnn.audit.stored.sheet import Stored
from xlnn.audit.stored.workbook import StoredWorkbook
from xlnn.maths.evaluate import Array
from xlnn.maths.recipe import Step
from xlnn.workbook.entries import entries
from xlnn.workbook.plan import IN_NUMBERS, LOSS, Area, Grid, Moment, Placement, Plan

Flags = npt.NDArray[np.bool_]

BandOf = Callable[[int, int], Area]
"""The area of a matrix, or of a copy of one, in an epoch and a batch."""

BATCH = 50_000
"""How many cells are compared at once."""

REMEMBERED = 20_000
"""Of a plan with up to so many formula cells the formulas are remembered."""


@dataclass(frozen=True, slots=True)
class Block:
    """Some bands of a matrix, or of a copy of one, that are alike."""

    number: int
    """Its place among the blocks of its sheet."""
    area: BandOf
    moments: Sequence[Moment]
    """The bands, epoch by epoch."""
    changed: Flags
    """Where the formula is not, letter by letter, the plan's: bands × rows × columns."""
    carried: Array
    """The numbers that the file carries along: bands × rows × columns."""

    @property
    def first(self) -> Area:
        """The area in the first band."""
        return self.area(*self.moments[0])


class Line(NamedTuple):
    """A text that a formula gives."""

    formula: Stored | None
    carried: Value
    """What the file carries along."""


class Scan:
    """The sheets of a workbook's matrices, each looked through once."""

    def __init__(self, book: StoredWorkbook, plan: Plan) -> None:
        self._book, self._plan = book, plan
        self.blocks: dict[str, list[Block]] = {}
        """What stands on the sheet of each matrix, where formulas belong."""
        self.typed: dict[tuple[str, Moment], Array] = {}
        """Of each matrix that is an input, in each band that it has: what is typed, NaN for what is
        no number or is computed."""
        self.lines: dict[str, Line] = {}
        """The text in numbers on the sheet of each step."""

    def read(self, name: str) -> Iterator[int]:
        """Looks a matrix through; tells now and then how many more of its cells are done."""
        found = self.blocks[name] = []
        for grid in self._plan.grids(name):
            for number, area in enumerate(_areas(self._plan, name, grid)):
                first = area(*_moments(self._plan, grid)[0])
                if first.expr is None:
                    self._read_inputs(area, grid)
                    continue
                for some in _parts(grid, first.shape.size):
                    found.append(self._block(name, number, area, some))
                    yield some.size * first.shape.size
        if isinstance(self._plan.recipe.members[name], Step) and page_of(self._plan, name) == name:
            self.lines[name] = Line(
                self._book.formula(name, IN_NUMBERS, 1), self._book.value(name, IN_NUMBERS, 1)
            )
            yield 1

    def is_changed(self, name: str) -> bool:
        """Whether some formula of a matrix's sheet is not, letter by letter, the plan's."""
        return any(block.changed.any() for block in self.blocks[name])

    def lacks_numbers(self, name: str) -> bool:
        """Whether something that is no number, or that is computed, stands where numbers of a
        matrix are typed."""
        return any(np.isnan(each).any() for (there, _), each in self.typed.items() if there == name)

    @property
    def is_another(self) -> bool:
        """Whether in several matrices no formula is the plan's: it may be another workbook's."""
        whole = (blocks and blocks[-1].changed.all() for blocks in self.blocks.values())
        return sum(map(bool, whole)) > 1

    def _read_inputs(self, area: BandOf, grid: Grid) -> None:
        for moment in _moments(self._plan, grid):
            there = area(*moment)
            rows, columns = there.shape.rows.size, there.shape.columns.size
            constants = [
                self._book.constant(there.sheet, there.row + i, there.column + j)
                for i in range(rows)
                for j in range(columns)
            ]
            at = Moment(there.epoch, there.batch)
            self.typed[there.matrix, at] = as_numbers(constants, rows, columns)

    def _block(self, name: str, number: int, area: BandOf, grid: Grid) -> Block:
        """What stands in some bands."""
        plan, moments = self._plan, _moments(self._plan, grid)
        first = area(*moments[0])
        rows, columns = first.shape.rows.size, first.shape.columns.size
        shape = len(moments), rows, columns
        changed, carried = np.empty(shape, np.bool_), np.empty(shape)
        stored, filling = self._book.sheet(first.sheet), tiles(first, plan.style)
        few = plan.formula_cells <= REMEMBERED
        known = _remembered(plan, name, number, grid) if few else _planned(plan, area, grid)
        for index, wanted in enumerate(known):
            there = area(*moments[index])
            carried[index] = stored.numbers(there.row, there.column, rows, columns)
            found = stored.entries(there.row, there.column, rows, columns)
            other = [a != wanted[tile] for a, tile in zip(found, filling, strict=True)]
            changed[index] = np.reshape(other, (rows, columns))
        return Block(number, area, moments, changed, carried)


def _areas(plan: Plan, name: str, grid: Grid) -> Iterator[BandOf]:
    """The blocks in a band, copies first."""
    if name not in plan.recipe.curves:
        for placement in plan.arrangement(name, grid.batches[0]).operands:
            if placement.shown:
                yield partial(_copy, plan, name, placement)
    yield partial(plan.matrix, name)


def _copy(plan: Plan, name: str, placement: Placement, epoch: int, batch: int) -> Area:
    return plan.operand(name, epoch, batch, placement)


def _planned(plan: Plan, area: BandOf, grid: Grid) -> Iterator[list[str]]:
    """What belongs in the cells of some bands."""

    def area_at(index: int, batch: int) -> Area:
        return area(plan.epochs[index], batch)

    return entries(plan, area_at, grid)


@lru_cache(maxsize=4096)
def _remembered(plan: Plan, name: str, number: int, grid: Grid) -> list[list[str]]:
    """The same, kept: of workbooks that are audited together many have the same plan."""
    area = list(_areas(plan, name, grid))[number]
    return list(_planned(plan, area, grid))


def page_of(plan: Plan, name: str) -> str:
    """The sheet on which a matrix stands."""
    return LOSS if name in plan.recipe.curves else name


def _moments(plan: Plan, grid: Grid) -> list[Moment]:
    """The bands of a grid, epoch by epoch."""
    return [Moment(plan.epochs[index], batch) for index in grid.epochs for batch in grid.batches]


def _parts(grid: Grid, cells: int) -> Iterator[Grid]:
    """Some bands of a grid at a time, so that no array takes much memory."""
    epochs, batches = grid
    together = max(1, BATCH // (cells * len(batches)))
    few = max(1, BATCH // cells) if together == 1 else len(batches)
    for first in range(epochs.start, epochs.stop, together):
        for batch in range(batches.start, batches.stop, few):
            yield Grid(
                range(first, min(first + together, epochs.stop)),
                range(batch, min(batch + few, batches.stop)),
            )
