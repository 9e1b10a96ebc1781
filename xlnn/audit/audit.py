"""Audits a workbook: recomputes it, derives it again, compares every cell.

Three things are held against each other, cell by cell:

- the formulas in the file against those of the plan that its Settings describe;
- the values that each engine computes against NumPy's, derived by the recipe from the
  workbook's *own* inputs, so that an edited input is no error;
- the values that the file carries along against the recomputed ones.

A cell is a *cause* when it is wrong in itself: its formula is not the plan's, or its value is
not what its own step gives from the values it reads. Otherwise it inherits a wrong number.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from xlnn.audit.cell_values import ErrorValue, Value, is_number
from xlnn.audit.engines import ENGINES, Engine
from xlnn.audit.engines.values import Values
from xlnn.audit.place import Place
from xlnn.audit.reading import Corners, StoredWorkbook
from xlnn.audit.report import EngineResult, Finding, Report
from xlnn.audit.self_description import SelfDescription, read_description, read_plan
from xlnn.audit.structure import check_structure
from xlnn.errors import EngineError
from xlnn.maths.evaluate import evaluate
from xlnn.progress import Progress, silent
from xlnn.training.run import update
from xlnn.workbook.plan import MAP, SETTINGS, SETTINGS_COLUMN, Area, Plan, cell_name

Array = npt.NDArray[np.float64]
Key = tuple[str, int]
"""A matrix's name and its epoch."""

LONGEST_TRAINING = 20_000
"""Up to this many epochs are trained again to check values that stand after a gap."""

TOLERANCE = 1e-9
"""The largest difference |a − b| / max(1, |b|) that is let pass by default."""


def audit(
    path: str | Path,
    engines: str | Sequence[str] = ("ironcalc",),
    tolerance: float = TOLERANCE,
    progress: Progress = silent,
) -> Report:
    """Audits a workbook that xlnn built, perhaps edited and saved by a spreadsheet program.

    Raises WorkbookError for a file that cannot be read or used, EngineError for an engine that is
    unknown, missing or fails.
    """
    path = Path(path)
    engines = (engines,) if isinstance(engines, str) else tuple(engines)
    if not engines:
        raise EngineError(f"name at least one engine of {', '.join(ENGINES)}")
    chosen = [_engine(name) for name in engines]
    versions = [engine.version() for engine in chosen]  # a missing one is named before any work
    if not tolerance >= 0:
        raise EngineError(f"the tolerance is {tolerance}: give a number from 0 on, such as 1e-9")
    book = StoredWorkbook(path)
    description = read_description(book)
    plan = read_plan(description)
    return _Audit(book, plan, description, tolerance).run(chosen, versions)


def _engine(name: str) -> Engine:
    if name not in ENGINES:
        raise EngineError(f"there is no engine {name!r}; there are {', '.join(ENGINES)}")
    return ENGINES[name]


@dataclass(slots=True)
class _Recomputed:
    """One engine's numbers, by area; NaN where there is none."""

    engine: str
    version: str
    values: Values
    matrices: dict[Key, Array]
    derived: dict[Key, Array]
    """NumPy's numbers from the same inputs."""
    cells: int = 0
    max_abs: float = 0.0
    max_rel: float = 0.0

    def note(self, found: float, expected: float) -> float:
        """Counts a compared cell and returns its difference."""
        self.cells += 1
        gap = abs(found - expected)
        relative = gap / max(1.0, abs(expected))
        # A NaN, where an engine gives no number, is the largest difference of all.
        self.max_abs = _larger(self.max_abs, gap)
        self.max_rel = _larger(self.max_rel, relative)
        return relative


class _Audit:
    """One audit; holds what its parts share."""

    def __init__(
        self, book: StoredWorkbook, plan: Plan, description: SelfDescription, tolerance: float
    ) -> None:
        self.book, self.plan, self.description = book, plan, description
        self.path, self.tolerance = book.path, tolerance

    def run(self, engines: Sequence[Engine], versions: Sequence[str]) -> Report:
        findings = list(check_structure(self.book, self.plan, self.description))
        if any(finding.sheet == MAP for finding in findings):
            # Settings and Map tell of two different workbooks: neither can be followed.
            return self._report([], findings)
        missing = {finding.sheet for finding in findings if finding.kind == "missing"}
        areas = [area for area in self.plan.areas() if area.sheet not in missing]
        recomputed = []
        for engine, version in zip(engines, versions, strict=True):
            values = engine.recompute(self.path)
            recomputed.append(self._gather(engine.name, version, values, areas, not missing))
        notes = [] if missing else list(self._check_gaps(recomputed[0].matrices))
        findings += self._check_inputs(areas, recomputed[0].values)
        for area in areas:
            if area.expr is not None:
                findings += self._check(area, recomputed)
        return self._report(recomputed, findings, notes)

    def _report(
        self,
        recomputed: Sequence[_Recomputed],
        findings: Sequence[Finding],
        notes: Sequence[str] = (),
    ) -> Report:
        drifted = [finding for finding in findings if finding.kind == "wrong-value"]
        if drifted and not any(finding.cause for finding in findings):
            # Every cell is right by the cells that it reads, so no formula and no value is to
            # blame: an unstable training has multiplied the rounding of the last digit.
            findings = [finding for finding in findings if finding.kind != "wrong-value"]
            notes = [
                *notes,
                f"from epoch {drifted[0].epoch} on this training multiplies differences in the "
                f"last digit: {len(drifted):,} cells are right by the cells that they read, but "
                "drift away from NumPy's numbers; a smaller learning rate steadies it",
            ]
        return Report(
            workbook=str(self.path),
            tolerance=self.tolerance,
            cells=self.plan.formula_cells,
            engines=tuple(
                EngineResult(each.engine, each.version, each.cells, each.max_abs, each.max_rel)
                for each in recomputed
            ),
            findings=tuple(findings),
            notes=tuple(notes),
        )

    # --- Numbers ---

    def _gather(
        self, engine: str, version: str, values: Values, areas: Sequence[Area], complete: bool
    ) -> _Recomputed:
        """An engine's matrices, and NumPy's from the same inputs."""
        matrices: dict[Key, Array] = {}
        for area in areas:
            if area.role != "operand":
                matrices[area.matrix, area.epoch] = self._numbers(area, values)
        settings = {
            name: np.array([[self._setting(name, values)]]) for name in self.plan.recipe.settings
        }
        derived = self._derive(matrices, settings) if complete else {}
        for epoch in self.plan.epochs:
            for name, value in settings.items():
                matrices[name, epoch] = derived[name, epoch] = value
        return _Recomputed(engine, version, values, matrices, derived)

    def _numbers(self, area: Area, values: Values) -> Array:
        rows, columns = area.shape.rows.size, area.shape.columns.size
        return np.array(
            [[self._number(area, i, j, values) for j in range(columns)] for i in range(rows)]
        )

    def _number(self, area: Area, i: int, j: int, values: Values) -> float:
        row, column = area.row + i, area.column + j
        if area.expr is None:
            # An input as the file has it: programs that export 15 digits would change it.
            typed = self.book.constant(area.sheet, row, column)
            if is_number(typed):
                return float(typed)
        return _float(values.value(area.sheet, row, column))

    def _setting(self, name: str, values: Values) -> float:
        row = self.plan.setting_row(name)
        typed = self.book.constant(SETTINGS, row, SETTINGS_COLUMN)
        if is_number(typed):
            return float(typed)
        return _float(values.value(SETTINGS, row, SETTINGS_COLUMN))

    def _derive(
        self, matrices: Mapping[Key, Array], settings: Mapping[str, Array]
    ) -> dict[Key, Array]:
        """Every matrix of every shown epoch from the workbook's inputs, by the recipe."""
        plan, recipe = self.plan, self.plan.recipe
        derived: dict[Key, Array] = {}
        for epoch in plan.epochs:
            state = dict(settings)
            for given in (*recipe.data, *recipe.parameters):
                area = plan.matrix(given.name, epoch)
                if area.role == "carried":
                    state[given.name] = derived[recipe.renewed[given.name], epoch - 1]
                else:
                    state[given.name] = matrices[area.matrix, area.epoch]
            with np.errstate(all="ignore"):  # a NaN stands for what is no number in the workbook
                values = update(recipe, state)
            derived |= {(name, epoch): value for name, value in values.items()}
        return derived

    def _check_gaps(self, matrices: Mapping[Key, Array]) -> Iterator[str]:
        """Notes on start values that stand after epochs which are not shown: values, which follow
        neither an edited input nor a change to themselves."""
        plan, recipe = self.plan, self.plan.recipe
        names = [parameter.name for parameter in recipe.parameters]
        gaps = {e for e in plan.epochs[1:] if plan.matrix(names[0], e).role == "input"}
        if not gaps or plan.epochs[0] != 1 or max(gaps) > LONGEST_TRAINING:
            return
        state = {
            name: matrices[name, 1]
            for name in (*recipe.settings, *recipe.shapes)
            if (name, 1) in matrices
        }
        for epoch in range(2, max(gaps) + 1):
            with np.errstate(all="ignore"):
                values = update(recipe, state)
            state |= {name: values[new] for name, new in recipe.renewed.items()}
            if epoch not in gaps:
                continue
            gap = max(_largest_difference(matrices[name, epoch], state[name]) for name in names)
            if not gap <= self.tolerance:
                yield (
                    f"the start values of epoch {epoch} are not what training up to it gives with "
                    "the inputs as they are now: an input was edited since they were computed, or "
                    "they were"
                )

    # --- Checks ---

    def _check_inputs(self, areas: Sequence[Area], values: Values) -> Iterator[Finding]:
        """Inputs must be numbers."""
        places = [
            (area, area.sheet, area.row + i, area.column + j)
            for area in areas
            if area.expr is None
            for i in range(area.shape.rows.size)
            for j in range(area.shape.columns.size)
        ]
        for name in self.plan.recipe.settings:
            yield from self._check_input(
                None, SETTINGS, self.plan.setting_row(name), SETTINGS_COLUMN, values
            )
        for area, sheet, row, column in places:
            yield from self._check_input(area, sheet, row, column, values)

    def _check_input(
        self, area: Area | None, sheet: str, row: int, column: int, values: Values
    ) -> Iterator[Finding]:
        value = self.book.constant(sheet, row, column)
        if self.book.formula(sheet, row, column) is not None:
            value = values.value(sheet, row, column)  # an input may be computed from others
        if is_number(value):
            return
        cell = cell_name(row, column)
        found = None if value is None else str(value)
        what = "is blank" if found is None else f"holds {found!r}"
        is_error = isinstance(value, ErrorValue)
        yield Finding(
            kind="missing" if found is None else "error-value" if is_error else "wrong-value",
            sheet=sheet,
            cell=cell,
            matrix=area.matrix if area else self._setting_at(row),
            step=area.number if area else None,
            epoch=area.epoch if area else None,
            expected="a number",
            found=found,
            cause=True,
            message=f"{sheet}!{cell} {what}, but an input must be a number",
        )

    def _setting_at(self, row: int) -> str:
        names = self.plan.recipe.settings
        return next(name for name in names if self.plan.setting_row(name) == row)

    def _check(self, area: Area, recomputed: Sequence[_Recomputed]) -> Iterator[Finding]:
        """The findings in one area, row by row."""
        expr = area.expr
        assert expr is not None  # inputs are checked elsewhere
        key = (area.matrix, area.epoch)
        numbers = [
            self._numbers(area, each.values) if area.role == "operand" else each.matrices[key]
            for each in recomputed
        ]
        locals_ = [self._evaluate(area, each.matrices) for each in recomputed]
        derived = [self._evaluate(area, each.derived) for each in recomputed]
        spoiled = [self._is_spoiled(area, each.matrices) for each in recomputed]
        formulas = self._planned(area)
        for i in range(area.shape.rows.size):
            for j in range(area.shape.columns.size):
                place = Place(self.book, area, i, j)
                formula = place.compare_formula(*formulas[i, j])
                wrong = None
                for n, each in enumerate(recomputed):
                    right, local = derived[n], locals_[n]
                    if right is None:
                        continue
                    found, expected = float(numbers[n][i, j]), float(right[i, j])
                    agrees = each.note(found, expected) <= self.tolerance
                    if not agrees and wrong is None:
                        own = None if local is None else float(local[i, j])
                        wrong = self._wrong(place, each, found, expected, own, spoiled[n])
                # One finding a cell: a wrong formula explains whatever value it gives.
                finding = formula or wrong or self._stale(place, float(numbers[0][i, j]))
                if finding is not None:
                    yield finding

    def _evaluate(self, area: Area, matrices: Mapping[Key, Array]) -> Array | None:
        """What an area's expression gives from some matrices; None if one is not there."""
        values = self._read(area, matrices)
        if values is None:
            return None
        assert area.expr is not None
        with np.errstate(all="ignore"):
            return evaluate(area.expr, values)

    def _read(self, area: Area, matrices: Mapping[Key, Array]) -> dict[str, Array] | None:
        """The matrices that an area's expression reads, by name; None if one is not there."""
        values = {}
        for name in area.reads:
            source = name, area.reads_epoch
            if name not in self.plan.recipe.settings:
                origin = self.plan.matrix(name, area.reads_epoch)
                source = origin.matrix, origin.epoch
            if source not in matrices:
                return None
            values[name] = matrices[source]
        return values

    def _is_spoiled(self, area: Area, matrices: Mapping[Key, Array]) -> bool:
        """Whether a matrix that an area reads holds something that is no number. One such cell
        makes the whole of an array formula an error."""
        read = self._read(area, matrices)
        return read is not None and any(np.isnan(values).any() for values in read.values())

    def _planned(self, area: Area) -> dict[tuple[int, int], tuple[str, Corners | None]]:
        """For each cell of an area the formula that fills it, and the corners of an array."""
        planned = {}
        for formula in self.plan.formulas(area):
            window = formula.window
            top, left = area.row + window.row, area.column + window.column
            corners = top, left, top + window.rows - 1, left + window.columns - 1
            for i in range(window.rows):
                for j in range(window.columns):
                    entry = f"={formula.text}", corners if formula.array else None
                    planned[window.row + i, window.column + j] = entry
        return planned

    def _wrong(
        self,
        place: Place,
        each: _Recomputed,
        found: float,
        expected: float,
        own: float | None,
        spoiled: bool,
    ) -> Finding:
        value = each.values.value(place.area.sheet, place.row, place.column)
        cause = own is not None and not _difference(found, own) <= self.tolerance
        if own is None or math.isnan(own) or (math.isnan(found) and spoiled):
            cause = False  # what it reads is no number either
        program = f"{each.engine} {each.version}"
        if isinstance(value, ErrorValue):
            return place.finding(
                "error-value",
                expected,
                str(value),
                cause,
                f"{program} computes {value}, NumPy {expected!r}",
            )
        origin = "" if cause else ", inherited from a cell that it reads"
        return place.finding(
            "wrong-value",
            expected,
            value if isinstance(value, str) else found,
            cause,
            f"{program} computes {found!r}, NumPy {expected!r}{origin}",
        )

    def _was_computed(self, place: Place) -> bool:
        """Whether the file carries a value for a formula. Of an array formula the first cell
        tells: openpyxl drops its value and keeps the old ones of the others."""
        stored = self.book.formula(place.area.sheet, place.row, place.column)
        if stored is None or stored.array is None:
            return True
        return self.book.value(place.area.sheet, *stored.array[:2]) is not None

    def _stale(self, place: Place, recomputed: float) -> Finding | None:
        """The finding if the file carries another value than the formula gives."""
        cached = self.book.value(place.area.sheet, place.row, place.column)
        if cached is None or not self._was_computed(place):
            return None  # a program that does not compute has saved the file
        if _difference(_float(cached), recomputed) <= self.tolerance:
            return None
        return place.finding(
            "stale-value",
            recomputed,
            cached if is_number(cached) else str(cached),
            True,
            f"the file carries the value {cached!r}, but the formula gives {recomputed!r}",
        )


def _float(value: Value) -> float:
    """A cell's number; NaN for anything else."""
    return float(value) if is_number(value) else math.nan


def _difference(found: float, expected: float) -> float:
    return abs(found - expected) / max(1.0, abs(expected))


def _largest_difference(found: Array, expected: Array) -> float:
    return float(np.max(np.abs(found - expected) / np.maximum(1.0, np.abs(expected))))


def _larger(first: float, second: float) -> float:
    return second if math.isnan(second) or second > first else first
