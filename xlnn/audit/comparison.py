"""Compares a sheet, array by array; only cells that look wrong are looked at one by one.

A cell is a *cause* when it is wrong in itself: its formula is not the plan's, or its value is
not what its own step gives from the values it reads. Otherwise it inherits a wrong number.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt

from xlnn.audit.cell_values import ErrorValue, is_number
from xlnn.audit.diagnosis import Diagnoses
from xlnn.audit.jumps import is_at_jump
from xlnn.audit.mistakes import Case
from xlnn.audit.origins import Origins
from xlnn.audit.place import Place, was_computed
from xlnn.audit.reading import StoredWorkbook
from xlnn.audit.recomputed import Matrices, Recomputed, as_float
from xlnn.audit.report import Finding
from xlnn.audit.stored_sheet import Corners
from xlnn.audit.wording import check_text
from xlnn.errors import ShapeError
from xlnn.maths.difference import differences
from xlnn.maths.evaluate import Array, evaluate
from xlnn.maths.expr import Expr
from xlnn.maths.formulas import tile_of
from xlnn.maths.recipe import Step
from xlnn.workbook.entries import entries
from xlnn.workbook.plan import Area, Grid, Moment, Placement, Plan

Flags = npt.NDArray[np.bool_]

_Block = Callable[[int, int], Area]
"""The area of a matrix, or of a copy of one, in an epoch and a batch."""

Order = tuple[int, int, int, int, int]
"""Where a finding belongs in the order of computation: epoch, batch, sheet, block on it, cell."""

AFTER_BLOCKS = 1_000_000
"""More blocks than stand on a sheet: what is said of them comes after them all."""

BATCH = 50_000
"""How many cells are compared at once."""


@dataclass(frozen=True, slots=True)
class _Suspects:
    """Which cells of an area in some bands look wrong: bands × rows × columns."""

    formula: Flags
    """The formula is not, letter by letter, the plan's."""
    number: Sequence[Flags]
    """By engine: the number is not NumPy's."""
    cached: Flags
    """The file carries another value, or none."""


class Comparison:
    """Holds a workbook against its plan and the recomputed numbers, sheet by sheet."""

    def __init__(
        self,
        book: StoredWorkbook,
        plan: Plan,
        recomputed: Sequence[Recomputed],
        tolerance: float,
        origins: Origins,
    ) -> None:
        self.book, self.plan = book, plan
        self.recomputed, self.tolerance, self.origins = recomputed, tolerance, origins
        self._places = {name: place for place, name in enumerate(plan.recipe.members)}

    def check(self, name: str) -> Iterator[tuple[int, list[tuple[Order, Finding]]]]:
        """How many cells of a matrix's sheet have been compared, and what is found in them."""
        for grid in self.plan.grids(name):
            blocks: list[_Block] = [
                partial(self._copy, name, placement)
                for placement in self._copies(name, grid)
                if placement.shown
            ]
            blocks.append(partial(self.plan.matrix, name))
            for number, block in enumerate(blocks):
                first = block(*self._moments(grid)[0])
                if first.expr is None:
                    continue
                for some in _parts(grid, first.shape.size):
                    found = [
                        (self._order(name, moment, number, place), finding)
                        for moment, place, finding in self._check_block(block, some)
                    ]
                    yield some.size * first.shape.size, found
        if isinstance(self.plan.recipe.members[name], Step) and name not in self.plan.recipe.curves:
            finding = check_text(self.book, self.plan, name, self.recomputed, self.origins)
            first_moment = Moment(self.plan.epochs[0], 1)
            order = self._order(name, first_moment, AFTER_BLOCKS, 0)
            yield 1, [(order, finding)] if finding else []

    def _order(self, name: str, moment: Moment, block: int, cell: int) -> Order:
        return *self._when(name, moment), self._places[name], block, cell

    def _copies(self, name: str, grid: Grid) -> Sequence[Placement]:
        if name in self.plan.recipe.curves:
            return ()
        return self.plan.arrangement(name, grid.batches[0]).operands

    def _copy(self, name: str, placement: Placement, epoch: int, batch: int) -> Area:
        return self.plan.operand(name, epoch, batch, placement)

    def _moments(self, grid: Grid) -> list[Moment]:
        """The bands of a grid, epoch by epoch."""
        epochs = self.plan.epochs
        return [Moment(epochs[index], batch) for index in grid.epochs for batch in grid.batches]

    def _when(self, name: str, moment: Moment) -> tuple[int, int]:
        """When a band is computed: its epoch, and its batch in it."""
        recurrence = self.plan.recipe.recurrence[name]
        if recurrence == "once":
            return 0, 0
        return moment.epoch, self.plan.batches + 1 if recurrence == "epoch" else moment.batch

    # --- Arrays ---

    def _check_block(self, block: _Block, grid: Grid) -> Iterator[tuple[Moment, int, Finding]]:
        """The findings with their bands and their cells, counted row by row."""
        moments = self._moments(grid)
        suspects, founds = self._suspects(block, grid, moments)
        flagged = suspects.formula | suspects.cached
        for wrong in suspects.number:
            flagged |= wrong
        area, single = block(*moments[0]), None
        for index, i, j in np.argwhere(flagged).tolist():
            moment = moments[index]
            if single is None or moment != (area.epoch, area.batch):
                area = block(*moment)
                single = _Area(self, area, [found[index] for found in founds])
            place = index, i, j
            finding = single.finding(
                i,
                j,
                bool(suspects.formula[place]),
                [bool(wrong[place]) for wrong in suspects.number],
                bool(suspects.cached[place]),
            )
            if finding is not None:
                yield moment, i * area.shape.columns.size + j, finding

    def _suspects(
        self, block: _Block, grid: Grid, moments: Sequence[Moment]
    ) -> tuple[_Suspects, list[Array]]:
        """What looks wrong in an area, and each engine's numbers."""
        first, plan = block(*moments[0]), self.plan
        rows, columns = first.shape.rows.size, first.shape.columns.size
        shape = len(moments), rows, columns
        formulas, cached = np.empty(shape, np.bool_), np.empty(shape)
        stored, tiles = self.book.sheet(first.sheet), self._tiles(first)

        def area_at(index: int, batch: int) -> Area:
            return block(plan.epochs[index], batch)

        for index, wanted in enumerate(entries(plan, area_at, grid)):
            area = block(*moments[index])
            cached[index] = stored.numbers(area.row, area.column, rows, columns)
            found = stored.entries(area.row, area.column, rows, columns)
            other = [a != wanted[tile] for a, tile in zip(found, tiles, strict=True)]
            formulas[index] = np.reshape(other, (rows, columns))
        numbers, founds = [], []
        for each in self.recomputed:
            numbers_found = self._found(block, moments, each)
            founds.append(numbers_found)
            expected_numbers = self._expected(block, moments, each.derived)
            if expected_numbers is None:
                numbers.append(np.zeros(shape, np.bool_))
            else:
                gaps = each.note(numbers_found, expected_numbers, first.number)
                numbers.append(~(gaps <= self.tolerance))
        stale = ~(differences(cached, founds[0]) <= self.tolerance)
        return _Suspects(formulas, numbers, stale), founds

    def _tiles(self, area: Area) -> list[int]:
        """For each cell of an area, row by row, the place of the formula that fills it among all
        of the area: of an array formula every cell tells."""
        assert area.expr is not None  # inputs are checked elsewhere
        tile = tile_of(area.expr, self.plan.style)
        down = np.arange(area.shape.rows.size) // tile.rows
        across = np.arange(area.shape.columns.size) // tile.columns
        tiles: list[int] = np.add.outer(down * (across[-1] + 1), across).ravel().tolist()
        return tiles

    def _found(self, block: _Block, moments: Sequence[Moment], each: Recomputed) -> Array:
        """What an engine has computed: bands × rows × columns."""
        first = block(*moments[0])
        if first.role != "operand":
            return each.matrices.stack(first.matrix, moments)
        rows, columns = first.shape.rows.size, first.shape.columns.size
        areas = (block(*moment) for moment in moments)
        return np.stack(
            [each.values.numbers(a.sheet, a.row, a.column, rows, columns) for a in areas]
        )

    def _expected(
        self, block: _Block, moments: Sequence[Moment], derived: Matrices
    ) -> Array | None:
        """What NumPy gives: bands × rows × columns; None if it could not be derived."""
        first = block(*moments[0])
        if first.role != "operand":
            return derived.stack(first.matrix, moments) if first.matrix in derived else None
        stacked = []
        for moment in moments:
            value = self.evaluated(block(*moment), derived)
            if value is None:
                return None
            stacked.append(value)
        return np.stack(stacked)

    # --- For single cells ---

    def evaluated(self, area: Area, matrices: Matrices) -> Array | None:
        """What an area's expression gives from some matrices; None if one is not there."""
        values = matrices.read(area)
        if values is None:
            return None
        assert area.expr is not None
        return evaluate(area.expr, values)

    def diagnoses(self, area: Area) -> Diagnoses:
        """What may have been done in an area instead of its step."""
        assert area.expr is not None
        matrices, plan = self.recomputed[0].matrices, self.plan
        given = {*plan.recipe.members, *plan.chosen}

        def written(expr: Expr, moment: Moment, i: int, j: int) -> str | None:
            try:
                tile = tile_of(expr, plan.style)
                there = replace(area, expr=expr, reads_at=moment)
                formula = plan.formula(there, i - i % tile.rows, j - j % tile.columns)
            except ShapeError:
                return None  # axes of different names do not fit, so there is no such formula
            return None if formula is None else f"={formula.text}"

        case = Case(
            plan.schedule.at(area.batch),
            area.matrix if area.role == "result" else "",
            area.number,
            area.shape,
            area.expr,
            area.reads_at,
            at=lambda name, moment: matrices.at(name, moment) if name in given else None,
            read=lambda moment: matrices.read(replace(area, reads_at=moment)),
            others=self._near(area.reads_at),
        )
        return Diagnoses(case, written)

    def _near(self, moment: Moment) -> list[Moment]:
        """Other moments that are shown, the nearest first."""
        epoch, batch = moment
        at, epochs, batches = self.plan.epochs.index(epoch), self.plan.epochs, self.plan.batches
        near = [Moment(epoch, other) for other in (batch - 1, batch + 1, 1, batches)]
        near += [Moment(epochs[i], batch) for i in (at - 1, at + 1, 0, -1) if i < len(epochs)]
        near += [Moment(epochs[at - 1], batches)]
        shown = [each for each in near if 1 <= each.batch <= batches and each != moment]
        return list(dict.fromkeys(shown))


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


class _Area:
    """One area of one band, cell by cell."""

    def __init__(self, comparison: Comparison, area: Area, founds: Sequence[Array]) -> None:
        self._comparison, self._area, self._founds = comparison, area, founds
        self._locals: dict[int, tuple[Array | None, Array | None, bool]] = {}
        self._diagnoses: Diagnoses | None = None

    def finding(
        self, i: int, j: int, formula: bool, wrong: Sequence[bool], stale: bool
    ) -> Finding | None:
        """What is found in a cell: one finding, as a wrong formula explains whatever value it
        gives."""
        place = Place(self._comparison.book, self._area, i, j)
        found = place.compare_formula(*self._planned(i, j)) if formula else None
        for number, is_wrong in enumerate(wrong):
            if is_wrong and found is None:
                found = self._wrong(place, number)
        if stale and found is None:
            found = self._stale(place)
        if found is not None and not found.cause:
            self._comparison.origins.note(found, place.formula or "")
        return self._diagnosed(found, place) if found is not None else None

    def _diagnosed(self, finding: Finding, place: Place) -> Finding:
        """The finding with what was done instead of the step, where that is recognised."""
        if not finding.cause or finding.kind not in (
            "changed-formula",
            "hard-coded",
            "wrong-value",
        ):
            return finding
        if self._diagnoses is None:
            self._diagnoses = self._comparison.diagnoses(self._area)
        found = float(self._founds[0][place.i, place.j])
        diagnosis = self._diagnoses.of(place.i, place.j, found, place.formula)
        if diagnosis is None:
            return finding
        message = f"{finding.message}: {diagnosis.words}"
        return replace(finding, message=message, diagnosis=diagnosis.key)

    def _planned(self, i: int, j: int) -> tuple[str, Corners | None]:
        """The formula that fills a cell, and the corners of an array."""
        plan, area = self._comparison.plan, self._area
        assert area.expr is not None  # inputs are checked elsewhere
        tile = tile_of(area.expr, plan.style)
        formula = plan.formula(area, i - i % tile.rows, j - j % tile.columns)
        assert formula is not None  # it stands in its tile's first cell
        window = formula.window
        top, left = area.row + window.row, area.column + window.column
        corners = top, left, top + window.rows - 1, left + window.columns - 1
        return f"={formula.text}", corners if formula.array else None

    def _numbers(self, number: int) -> tuple[Array | None, Array | None, bool]:
        """By an engine's own numbers and by NumPy's, what the area's expression gives; and whether
        a matrix that it reads holds something that is no number. One such cell makes the whole
        of an array formula an error."""
        if number not in self._locals:
            each, comparison = self._comparison.recomputed[number], self._comparison
            own = comparison.evaluated(self._area, each.matrices)
            derived = comparison.evaluated(self._area, each.derived)
            read = each.matrices.read(self._area)
            spoiled = read is not None and any(np.isnan(values).any() for values in read.values())
            self._locals[number] = own, derived, spoiled
        return self._locals[number]

    def _wrong(self, place: Place, number: int) -> Finding:
        each = self._comparison.recomputed[number]
        locally, derived, spoiled = self._numbers(number)
        assert derived is not None  # else there is nothing to be wrong by
        found = float(self._founds[number][place.i, place.j])
        expected = float(derived[place.i, place.j])
        own = math.nan if locally is None else float(locally[place.i, place.j])
        cause = not differences(found, own) <= self._comparison.tolerance
        if math.isnan(own) or (math.isnan(found) and spoiled):
            cause = not spoiled  # else what it reads is no number either
        if cause and self._is_at_jump(place, number):
            cause = False
        value = each.values.value(place.area.sheet, place.row, place.column)
        program = f"{each.engine} {each.version}"
        if isinstance(value, ErrorValue):
            return place.finding(
                "error-value",
                expected,
                str(value),
                cause,
                f"{program} computes {value}, NumPy {expected!r}",
            )
        return place.finding(
            "wrong-value",
            expected,
            value if isinstance(value, str) else found,
            cause,
            f"{program} computes {found!r}, NumPy {expected!r}",
        )

    def _is_at_jump(self, place: Place, number: int) -> bool:
        """Whether rounding decides what the cell holds."""
        comparison = self._comparison
        read = comparison.recomputed[number].matrices.read(self._area)
        assert read is not None  # the cell was evaluated from it
        assert self._area.expr is not None
        return is_at_jump(self._area.expr, read, place.i, place.j, comparison.tolerance)

    def _stale(self, place: Place) -> Finding | None:
        """The finding if the file carries another value than the formula gives."""
        book, recomputed = self._comparison.book, float(self._founds[0][place.i, place.j])
        cached = book.value(place.area.sheet, place.row, place.column)
        if cached is None or not was_computed(book, place):
            return None  # a program that does not compute has saved the file
        if differences(as_float(cached), recomputed) <= self._comparison.tolerance:
            return None
        return place.finding(
            "stale-value",
            recomputed,
            cached if is_number(cached) else str(cached),
            True,
            f"the file carries the value {cached!r}, but the formula gives {recomputed!r}",
        )
