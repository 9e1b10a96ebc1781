"""Compares a sheet, array by array; only cells that look wrong are looked at one by one.

A cell is a *cause* when it is wrong in itself: its formula is not the plan's, or its value is
not what its own step gives from the values it reads. Otherwise it inherits a wrong number.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial, reduce
from operator import or_

import numpy as np

from xlnn.audit.causes.case import Case, Mistake, names_of
from xlnn.audit.causes.diagnosis import Diagnoses
from xlnn.audit.causes.misspelled import misspelled
from xlnn.audit.causes.origins import FOLLOWING, Origins
from xlnn.audit.causes.precedents import precedents
from xlnn.audit.cell_values import ErrorValue, is_number
from xlnn.audit.jumps import is_at_jump
from xlnn.audit.place import Place, was_computed
from xlnn.audit.planned import planned
from xlnn.audit.recomputed import Matrices, Recomputed, as_float
from xlnn.audit.report import Finding
from xlnn.audit.scan import Block, Flags, Scan, page_of
from xlnn.audit.stored.workbook import StoredWorkbook
from xlnn.audit.wording import check_text
from xlnn.errors import ShapeError
from xlnn.maths.difference import differences
from xlnn.maths.evaluate import Array, evaluate
from xlnn.maths.expr import Expr
from xlnn.maths.formulas import tile_of
from xlnn.workbook.plan import Area, Moment, Plan

Order = tuple[int, int, int, int, int]
"""Where a finding belongs in the order of computation: epoch, batch, sheet, block on it, cell."""

AFTER_BLOCKS = 1_000_000
"""More blocks than stand on a sheet: what is said of them comes after them all."""

Found = list[tuple[Order, Finding]]


class Comparison:
    """Holds the recomputed numbers of a workbook against NumPy's, sheet by sheet."""

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

    def check(self, name: str, scan: Scan) -> Iterator[tuple[int, Found]]:
        """How many cells of a matrix's sheet have been compared, and what is found in them."""
        for block in scan.blocks[name]:
            found = [
                (self._order(name, moment, block.number, place), finding)
                for moment, place, finding in self._check_block(block)
            ]
            yield block.changed.size, found
        if name in scan.lines:
            finding = check_text(
                self.book, self.plan, name, scan.lines[name], self.recomputed, self.origins
            )
            first_moment = Moment(self.plan.epochs[0], 1)
            order = self._order(name, first_moment, AFTER_BLOCKS, 0)
            yield 1, [(order, finding)] if finding else []

    def _order(self, name: str, moment: Moment, block: int, cell: int) -> Order:
        return *self._when(name, moment), self._places[name], block, cell

    def _when(self, name: str, moment: Moment) -> tuple[int, int]:
        """When a band is computed: its epoch, and its batch in it."""
        recurrence = self.plan.recipe.recurrence[name]
        if recurrence == "once":
            return 0, 0
        return moment.epoch, self.plan.batches + 1 if recurrence == "epoch" else moment.batch

    # --- Arrays ---

    def _check_block(self, block: Block) -> Iterator[tuple[Moment, int, Finding]]:
        """The findings with their bands and their cells, counted row by row."""
        founds = [self._found(block, each) for each in self.recomputed]
        wrong = [
            self._is_wrong(block, each, found)
            for each, found in zip(self.recomputed, founds, strict=True)
        ]
        stale = ~(differences(block.carried, founds[0]) <= self.tolerance)
        flagged = reduce(or_, [block.changed, stale, *wrong])
        area, single = block.first, None
        for index, i, j in np.argwhere(flagged).tolist():
            moment = block.moments[index]
            if single is None or moment != (area.epoch, area.batch):
                area = block.area(*moment)
                single = _Area(self, area, [found[index] for found in founds])
            place = index, i, j
            finding = single.finding(
                i,
                j,
                bool(block.changed[place]),
                [bool(flags[place]) for flags in wrong],
                bool(stale[place]),
            )
            if finding is not None:
                yield moment, i * area.shape.columns.size + j, finding

    def _is_wrong(self, block: Block, each: Recomputed, found: Array) -> Flags:
        """Which numbers of an engine are not NumPy's: bands × rows × columns."""
        expected = self._expected(block, each.derived)
        if expected is None:
            return np.zeros(found.shape, np.bool_)
        gaps = each.note(found, expected, block.first.number)
        return np.asarray(~(gaps <= self.tolerance))

    def _found(self, block: Block, each: Recomputed) -> Array:
        """What an engine has computed: bands × rows × columns."""
        first = block.first
        if first.role != "operand":
            return each.matrices.stack(first.matrix, block.moments)
        rows, columns = first.shape.rows.size, first.shape.columns.size
        areas = (block.area(*moment) for moment in block.moments)
        return np.stack(
            [each.values.numbers(a.sheet, a.row, a.column, rows, columns) for a in areas]
        )

    def _expected(self, block: Block, derived: Matrices) -> Array | None:
        """What NumPy gives: bands × rows × columns; None if it could not be derived."""
        first = block.first
        if first.role != "operand":
            return derived.stack(first.matrix, block.moments) if first.matrix in derived else None
        stacked = []
        for moment in block.moments:
            value = self.evaluated(block.area(*moment), derived)
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
            # A matrix may have no sheet any more.
            at=lambda name, moment: matrices.at(name, moment) if name in matrices else None,
            read=lambda moment: matrices.read(replace(area, reads_at=moment)),
            others=self._near(area.reads_at),
        )
        return Diagnoses(case, written, partial(self._may_be, area))

    def _may_be(self, area: Area, mistake: Mistake, formula: str) -> bool:
        """Whether a formula in an area reads the matrices that a mistake would read."""
        assert area.expr is not None
        plan, own = self.plan, {area.sheet}
        wanted = mistake.reads or names_of(mistake.expr or area.expr)
        read = precedents(formula, area.sheet, self.book.meanings)
        members = [name for name in wanted if name in plan.recipe.members]
        pages = {page_of(plan, name) for name in members}
        known = {page_of(plan, name) for name in plan.recipe.members}
        if {each.sheet for each in read} & known - own != pages - own:
            return False
        if not mistake.instead:
            return True
        there = plan.matrix(mistake.instead, *mistake.moment)
        last = there.row + there.shape.rows.size
        return any(
            each.sheet == there.sheet and each.top < last and there.row <= each.bottom
            for each in read
        )

    def _near(self, moment: Moment) -> list[Moment]:
        """Other moments that are shown, the nearest first."""
        epoch, batch = moment
        at, epochs, batches = self.plan.epochs.index(epoch), self.plan.epochs, self.plan.batches
        near = [Moment(epoch, other) for other in (batch - 1, batch + 1, 1, batches)]
        near += [Moment(epochs[i], batch) for i in (at - 1, at + 1, 0, -1) if i < len(epochs)]
        near += [Moment(epochs[at - 1], batches)]
        shown = [each for each in near if 1 <= each.batch <= batches and each != moment]
        return list(dict.fromkeys(shown))


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
        found = None
        if formula:
            wanted = planned(self._comparison.plan, self._area, i, j)
            found = place.compare_formula(wanted.text, wanted.array)
        for number, is_wrong in enumerate(wrong):
            if is_wrong and found is None:
                found = self._wrong(place, number)
        if stale and found is None:
            found = self._stale(place)
        if found is not None and found.kind in FOLLOWING:
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
        if diagnosis is None and place.formula is not None:
            wanted = planned(self._comparison.plan, self._area, place.i, place.j)
            diagnosis = misspelled(place.formula, wanted.text)
        parts = [diagnosis.words] if diagnosis else []
        if finding.kind != "wrong-value" and (number := self._number(place, found)):
            parts.append(number)
        message = ": ".join([finding.message, "; ".join(parts)] if parts else [finding.message])
        return replace(finding, message=message, diagnosis=diagnosis.key if diagnosis else None)

    def _number(self, place: Place, found: float) -> str:
        """Whether a cell without its own formula holds what its step gives from the workbook's
        current numbers; nothing where one of the two is no number."""
        own = self._numbers(0)[0]
        wanted = math.nan if own is None else float(own[place.i, place.j])
        if math.isnan(wanted) or math.isnan(found):
            return ""
        if not differences(found, wanted) <= self._comparison.tolerance:
            return f"it gives {found:.6g}, its step {wanted:.6g}"
        follows = "" if place.formula else ", but will not follow when an input changes"
        return f"the number is right today{follows}"

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
        # What reads something that is no number is not to blame for what it makes of that.
        cause = not (spoiled or differences(found, own) <= self._comparison.tolerance)
        if cause and self._is_at_jump(place, number):
            cause = False
        value = each.values.value(place.area.sheet, place.row, place.column)
        program = f"{each.engine} {each.version}"
        numpy = "no number" if math.isnan(expected) else repr(expected)
        if isinstance(value, ErrorValue):
            return place.finding(
                "error-value",
                expected,
                str(value),
                cause,
                f"{program} computes {value}, NumPy {numpy}",
            )
        return place.finding(
            "wrong-value",
            expected,
            value if isinstance(value, str) else found,
            cause,
            f"{program} computes {found!r}, NumPy {numpy}",
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
