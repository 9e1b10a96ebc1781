"""What an engine computes from a workbook's inputs, and what NumPy derives from the same."""

from __future__ import annotations

import math
from collections.abc import Sequence, Set
from dataclasses import dataclass, field

import numpy as np

from xlnn.audit.cell_values import Value, is_number
from xlnn.audit.engines.values import Values
from xlnn.audit.report import EngineResult, StepResult
from xlnn.audit.scan import Scan
from xlnn.audit.stored.workbook import StoredWorkbook
from xlnn.maths.difference import differences
from xlnn.maths.evaluate import Array
from xlnn.maths.expr import SCALAR, BatchSum, walk
from xlnn.training.run import Course
from xlnn.workbook.plan import SETTINGS, SETTINGS_COLUMN, Area, Moment, Plan


class Matrices:
    """The matrices of the shown epochs, as far as they are there; NaN for what is no number.

    By name an array of bands × rows × columns, as many bands as the plan has of that matrix.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._arrays: dict[str, Array] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._arrays

    def put(self, name: str, moment: Moment, values: Array) -> None:
        """Takes a matrix of a band in."""
        if name not in self._arrays:
            shape = self._plan.recipe.shapes.get(name, SCALAR)
            size = self._plan.bands_of(name), shape.rows.size, shape.columns.size
            self._arrays[name] = np.full(size, np.nan)
        # An epoch's last batch may have fewer rows.
        self._arrays[name][self._plan.index(name, *moment), : len(values)] = values

    def at(self, name: str, moment: Moment) -> Array:
        """The matrix of a moment: rows × columns."""
        return self.stack(name, [moment])[0]  # type: ignore[no-any-return]  # NumPy does not say

    def stack(self, name: str, moments: Sequence[Moment]) -> Array:
        """The matrix at some moments whose batches have equally many samples: moments × rows ×
        columns."""
        indexes = [self._plan.index(name, *moment) for moment in moments]
        shape = self._plan.schedule.at(moments[0].batch).shapes.get(name, SCALAR)
        found: Array = self._arrays[name][indexes, : shape.rows.size]
        return found

    def read(self, area: Area) -> dict[str, Array] | None:
        """The matrices that an area's expression reads, by name, one below the other where all
        batches of an epoch are meant; None if one is not there."""
        assert area.expr is not None  # else it reads nothing
        if any(name not in self for name in area.reads):
            return None
        summed = {n.argument.name for n in walk(area.expr) if isinstance(n, BatchSum)}
        found = {}
        for name in area.reads:
            batches = [area.reads_at.batch]
            if name in summed:
                batches = list(range(1, self._plan.batches + 1))
            moments = [Moment(area.reads_at.epoch, batch) for batch in batches]
            found[name] = np.concatenate([self.at(name, moment) for moment in moments])
        return found


@dataclass(slots=True, kw_only=True)
class Evidence:
    """What an engine computed, and how far it is from NumPy's numbers."""

    engine: str
    version: str
    values: Values
    seconds: float = 0.0
    """What it took the engine."""
    _steps: dict[int | None, StepResult] = field(default_factory=dict)

    def note(self, found: Array, expected: Array, step: int | None = None) -> Array:
        """Counts compared cells of a step, and returns their differences."""
        gaps, relative = np.abs(found - expected), differences(found, expected)
        # A NaN, where an engine gives no number, is the largest difference of all.
        self._count(step, found.size, float(gaps.max()), float(relative.max()))
        return relative

    def count(self, cells: int, step: int | None = None) -> None:
        """Counts cells of a step that hold no numbers to compare."""
        self._count(step, cells, 0.0, 0.0)

    def _count(self, step: int | None, cells: int, absolute: float, relative: float) -> None:
        self._steps[step] = _together(
            step,
            [StepResult(step, cells, absolute, relative), *filter(None, [self._steps.get(step)])],
        )

    def result(self) -> EngineResult:
        """What a report says of the engine."""
        steps = sorted(self._steps.values(), key=lambda each: (each.step is None, each.step or 0))
        total = _together(None, steps)
        return EngineResult(
            self.engine,
            self.version,
            total.cells,
            total.max_abs_diff,
            total.max_rel_diff,
            tuple(steps),
            self.seconds,
        )


@dataclass(slots=True, kw_only=True)
class Recomputed(Evidence):
    """One engine's matrices of a workbook's plan, and NumPy's."""

    matrices: Matrices
    derived: Matrices
    """NumPy's numbers from the same inputs; empty if a sheet of matrices is missing."""


def _together(step: int | None, parts: Sequence[StepResult]) -> StepResult:
    return StepResult(
        step,
        sum(part.cells for part in parts),
        float(np.max([0.0, *(part.max_abs_diff for part in parts)])),
        float(np.max([0.0, *(part.max_rel_diff for part in parts)])),
    )


def recomputed(
    engine: str,
    version: str,
    values: Values,
    seconds: float,
    book: StoredWorkbook,
    plan: Plan,
    missing: Set[str],
    scan: Scan,
) -> Recomputed:
    """An engine's matrices, and NumPy's from the same inputs; no sheet in ``missing`` is read."""
    matrices, derived = Matrices(plan), Matrices(plan)
    for area in plan.matrices():
        if area.sheet not in missing:
            moment = Moment(area.epoch, area.batch)
            matrices.put(area.matrix, moment, _numbers(area, values, scan))
    start = Moment(plan.epochs[0], 1)
    for name in plan.chosen:
        setting = np.array([[_setting(plan, name, values, book)]])
        matrices.put(name, start, setting)
        derived.put(name, start, setting)
    if missing.isdisjoint(plan.pages):  # no matrix reads the other sheets
        derive(plan, matrices, derived)
    return Recomputed(
        engine=engine,
        version=version,
        values=values,
        seconds=seconds,
        matrices=matrices,
        derived=derived,
    )


def _numbers(area: Area, values: Values, scan: Scan) -> Array:
    rows, columns = area.shape.rows.size, area.shape.columns.size
    numbers = values.numbers(area.sheet, area.row, area.column, rows, columns)
    if area.expr is None:
        # An input as the file has it: programs that export 15 digits would change it.
        typed = scan.typed[area.matrix, Moment(area.epoch, area.batch)]
        return np.where(np.isnan(typed), numbers, typed)
    return numbers


def _setting(plan: Plan, name: str, values: Values, book: StoredWorkbook) -> float:
    row = plan.setting_row(name)
    typed = book.constant(SETTINGS, row, SETTINGS_COLUMN)
    if is_number(typed):
        return float(typed)
    return as_float(values.value(SETTINGS, row, SETTINGS_COLUMN))


def as_float(value: Value) -> float:
    """A cell's number; NaN for anything else."""
    return float(value) if is_number(value) else math.nan


def constants(course: Course, plan: Plan, matrices: Matrices) -> dict[str, Array]:
    """What is the same in all epochs: given as in the workbook, prepared by the recipe."""
    start = Moment(plan.epochs[0], 1)
    prepared = {step.name for step in plan.recipe.prepared}
    given = [name for name in course.first.constants if name not in prepared]
    return course.first.prepared({name: matrices.at(name, start) for name in given})


def derive(plan: Plan, matrices: Matrices, derived: Matrices) -> None:
    """Puts every matrix of every shown epoch, computed by the recipe from the inputs among some
    matrices, into others."""
    course = Course(plan.schedule)
    fixed = constants(course, plan, matrices)
    for name, value in fixed.items():
        derived.put(name, Moment(plan.epochs[0], 1), value)
    for epoch in plan.epochs:
        state = {}
        for name in course.first.carried:
            area = plan.matrix(name, epoch)
            moment = Moment(epoch, 1)
            source, name_there = matrices, name
            if area.role == "carried":
                source, name_there, moment = derived, plan.recipe.renewed[name], area.reads_at
            state[name] = source.at(name_there, moment)
        drawn = drawn_in(plan, matrices, epoch)
        for batch, found in enumerate(course.epoch(fixed | state, drawn), start=1):
            moment = Moment(epoch, min(batch, plan.batches))
            for name, value in found.items():
                derived.put(name, moment, value)


def drawn_in(plan: Plan, matrices: Matrices, epoch: int) -> list[dict[str, Array]]:
    """What the workbook has drawn for each batch of a shown epoch."""
    return [
        {given.name: matrices.at(given.name, Moment(epoch, batch)) for given in plan.recipe.drawn}
        for batch in range(1, plan.batches + 1)
    ]
