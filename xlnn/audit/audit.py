"""Audits a workbook: recomputes it, derives it again, compares every cell.

Three things are held against each other, cell by cell:

- the formulas in the file against those of the plan that its Settings describe;
- the values that each engine computes against NumPy's, derived by the recipe from the
  workbook's *own* inputs, so that an edited input is no error;
- the values that the file carries along against the recomputed ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from math import isfinite
from operator import itemgetter
from pathlib import Path
from time import perf_counter

from xlnn.audit.boards import check_boards
from xlnn.audit.cell_values import ErrorValue, is_number
from xlnn.audit.comparison import Comparison, Order
from xlnn.audit.engines import ENGINES, Engine
from xlnn.audit.engines.values import Values
from xlnn.audit.origins import Origins
from xlnn.audit.reading import StoredWorkbook
from xlnn.audit.recomputed import (
    Matrices,
    Recomputed,
    as_float,
    constants,
    drawn_in,
    recomputed,
)
from xlnn.audit.report import Finding, Report
from xlnn.audit.self_description import SelfDescription, read_description, read_plan
from xlnn.audit.structure import check_structure
from xlnn.errors import EngineError
from xlnn.maths.difference import differences
from xlnn.maths.evaluate import Array
from xlnn.progress import Progress, silent
from xlnn.training.order import batch_orders
from xlnn.training.run import Course
from xlnn.workbook.boards.extras import formula_cells
from xlnn.workbook.plan import (
    LOSS,
    LOSS_COLUMN,
    LOSS_FIRST,
    MAP,
    SETTINGS,
    SETTINGS_COLUMN,
    Area,
    Moment,
    Plan,
    cell_name,
)

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
    began, path = perf_counter(), Path(path)
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
    return _Audit(book, plan, description, tolerance, progress, began).run(chosen, versions)


def _engine(name: str) -> Engine:
    if name not in ENGINES:
        raise EngineError(f"there is no engine {name!r}; there are {', '.join(ENGINES)}")
    return ENGINES[name]


class _Audit:
    """One audit; holds what its parts share."""

    def __init__(
        self,
        book: StoredWorkbook,
        plan: Plan,
        description: SelfDescription,
        tolerance: float,
        progress: Progress,
        began: float,
    ) -> None:
        self.book, self.plan, self.description = book, plan, description
        self.path, self.tolerance, self.progress = book.path, tolerance, progress
        self.cells = plan.formula_cells + formula_cells(plan)
        self.began = began

    def run(self, engines: Sequence[Engine], versions: Sequence[str]) -> Report:
        findings = list(check_structure(self.book, self.plan, self.description))
        if any(finding.sheet == MAP for finding in findings):
            # Settings and Map tell of two different workbooks: neither can be followed.
            return self._report([], findings)
        missing = {finding.sheet for finding in findings if finding.kind == "missing"}
        found = []
        for engine, version in zip(engines, versions, strict=True):
            self.progress(f"recomputing with {engine.name}", 0, 0)
            began = perf_counter()
            values = engine.recompute(self.path)
            seconds = perf_counter() - began
            found.append(
                recomputed(engine.name, version, values, seconds, self.book, self.plan, missing)
            )
        names = {name.casefold(): meaning for name, meaning, _ in self.book.names}
        origins = Origins(names, missing)
        notes = [] if missing else list(self._check_gaps(found[0].matrices))
        findings += self._check_inputs(missing, found[0].values)
        findings += self._compare(missing, found, origins)
        findings += check_boards(
            self.book, self.plan, found, self.tolerance, missing, not findings, origins
        )
        self.progress("comparing", formula_cells(self.plan), self.cells)
        return self._report(found, origins.traced(findings), notes)

    def _report(
        self,
        found: Sequence[Recomputed],
        findings: Sequence[Finding],
        notes: Sequence[str] = (),
    ) -> Report:
        drifted = [finding for finding in findings if finding.kind == "wrong-value"]
        numbers = all(isinstance(f.expected, float) and isfinite(f.expected) for f in drifted)
        errors = any(finding.kind == "error-value" for finding in findings)
        if drifted and numbers and not errors and not any(finding.cause for finding in findings):
            # Every cell is right by the cells that it reads, so no formula and no value is to
            # blame: an unstable training has multiplied the rounding of the last digit.
            findings = [finding for finding in findings if finding.kind != "wrong-value"]
            epochs = [finding.epoch for finding in drifted if finding.epoch is not None]
            where = f"from epoch {epochs[0]} on" if epochs else f"on the sheet {drifted[0].sheet}"
            notes = [
                *notes,
                f"{where} differences in the last digit grow, or decide "
                f"between equal numbers: {len(drifted):,} cells are right by the cells that they "
                "read, but are not NumPy's; a smaller learning rate steadies such a training",
            ]
        return Report(
            workbook=str(self.path),
            tolerance=self.tolerance,
            cells=self.cells,
            engines=tuple(each.result() for each in found),
            findings=tuple(findings),
            notes=tuple(notes),
            sha256=self.book.sha256,
            seconds=perf_counter() - self.began,
        )

    def _compare(
        self, missing: Set[str], found: Sequence[Recomputed], origins: Origins
    ) -> list[Finding]:
        """The findings in all cells with formulas, in order of computation."""
        plan = self.plan
        comparison = Comparison(self.book, plan, found, self.tolerance, origins)
        findings: list[tuple[Order, Finding]] = []
        for name in plan.recipe.members:
            page = LOSS if name in plan.recipe.curves else name
            if page not in missing:
                for done, some in comparison.check(name):
                    findings += some
                    self.progress("comparing", done, self.cells)
                if page != LOSS:
                    self.book.forget(page)
        findings.sort(key=itemgetter(0))
        return [finding for _, finding in findings]

    def _check_gaps(self, matrices: Matrices) -> Iterator[str]:
        """Notes on what stands for epochs that are not shown, start values and losses: values,
        which follow neither an edited input nor a change to themselves."""
        plan, recipe = self.plan, self.plan.recipe
        last = self.description.epochs
        if len(plan.epochs) == last:
            return
        if plan.epochs[0] != 1 or last > LONGEST_TRAINING:
            why = (
                f"training {last:,} epochs again would take too long"
                if plan.epochs[0] == 1
                else "epoch 1, from which they follow, is not shown"
            )
            yield f"the values that stand for epochs which are not shown were not checked: {why}"
            return
        course, start = Course(plan.schedule), Moment(1, 1)
        fixed = constants(course, plan, matrices)
        state = {name: matrices.at(name, start) for name in course.first.carried}
        told = False
        for epoch in range(1, last + 1):
            shown = epoch in plan.epochs
            if shown and epoch - 1 not in plan.epochs and epoch > 1:
                there = {name: matrices.at(name, Moment(epoch, 1)) for name in state}
                gap = max(float(differences(there[n], state[n]).max()) for n in state)
                if not gap <= self.tolerance:
                    yield (
                        f"the start values of epoch {epoch} are not what training up to it gives "
                        "with the inputs as they are now: an input was edited since they were "
                        "computed, or these values were"
                    )
            drawn = drawn_in(plan, matrices, epoch) if shown else self._drawn(epoch)
            *updates, measured = course.epoch(fixed | state, drawn)
            state = {name: updates[-1][new] for name, new in recipe.renewed.items()}
            if not (shown or told or self._has_curves(epoch, measured)):
                told = True  # those after it are not either
                yield (
                    f"on the sheet {LOSS}, the values of epoch {epoch}, which is not live, are not "
                    "what training gives with the inputs as they are now"
                )

    def _drawn(self, epoch: int) -> list[dict[str, Array]]:
        """What was drawn for each batch of an epoch that is not shown."""
        if not self.plan.recipe.drawn:
            return [{}]
        samples = self.plan.recipe.shapes["y"].rows.size
        batch = self.plan.recipe.shapes["order"].rows.size
        shuffle, seed = self.description.shuffle, self.description.seed
        orders = batch_orders(samples, batch, epoch, shuffle=shuffle, seed=seed)
        return [{"order": order} for order in orders]

    def _has_curves(self, epoch: int, measured: Mapping[str, Array]) -> bool:
        """Whether the sheet Loss has what was measured of an epoch that is not live."""
        row = LOSS_FIRST + epoch - 1
        return all(
            differences(
                as_float(self.book.value(LOSS, row, LOSS_COLUMN + place)), measured[name].item()
            )
            <= self.tolerance
            for place, name in enumerate(self.plan.recipe.curves)
        )

    # --- Checks ---

    def _check_inputs(self, missing: Set[str], values: Values) -> Iterator[Finding]:
        """Inputs must be numbers."""
        for name in self.plan.chosen:
            yield from self._check_input(
                None, SETTINGS, self.plan.setting_row(name), SETTINGS_COLUMN, values
            )
        for area in self.plan.matrices():
            if area.expr is None and area.sheet not in missing:
                for i in range(area.shape.rows.size):
                    for j in range(area.shape.columns.size):
                        row, column = area.row + i, area.column + j
                        yield from self._check_input(area, area.sheet, row, column, values)

    def _check_input(
        self, area: Area | None, sheet: str, row: int, column: int, values: Values
    ) -> Iterator[Finding]:
        value = self.book.constant(sheet, row, column)
        if self.book.formula(sheet, row, column) is not None:
            value = values.value(sheet, row, column)  # an input may be computed from others
        drawn = area is not None and area.matrix in {g.name for g in self.plan.recipe.drawn}
        most = self.plan.recipe.shapes["X"].rows.size
        wanted = f"a whole number from 1 to {most}" if drawn else "a number"
        if is_number(value) and (not drawn or (1 <= value <= most and float(value).is_integer())):
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
            expected=wanted,
            found=found,
            cause=True,
            message=f"{sheet}!{cell} {what}, but it must be {wanted}: it is an input",
        )

    def _setting_at(self, row: int) -> str:
        return next(name for name in self.plan.chosen if self.plan.setting_row(name) == row)
