"""Audits a workbook: recomputes it, derives it again, compares every cell.

Three things are held against each other, cell by cell:

- the formulas in the file against those of the plan that its Settings describe;
- the values that each engine computes against NumPy's, derived by the recipe from the
  workbook's *own* inputs, so that an edited input is no error;
- the values that the file carries along against the recomputed ones.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from math import isfinite
from operator import itemgetter
from pathlib import Path
from time import perf_counter

from xlnn.audit.boards import check_boards
from xlnn.audit.causes.origins import UNCOMPUTED, Origins
from xlnn.audit.comparison import Comparison, Order
from xlnn.audit.engines import ENGINES, Engine, engine_named, timed
from xlnn.audit.gaps import check_gaps
from xlnn.audit.inputs import check_inputs, computed_inputs
from xlnn.audit.proportion import check_proportion
from xlnn.audit.recomputed import Recomputed, recomputed
from xlnn.audit.report import Finding, Report, now
from xlnn.audit.scan import Scan, page_of
from xlnn.audit.self_description import SelfDescription, read_description, read_plan
from xlnn.audit.settings import changed_setting
from xlnn.audit.shifts import check_shift
from xlnn.audit.stored.workbook import StoredWorkbook
from xlnn.audit.strays import Ground, check_strays, matrix_ground, other_grounds
from xlnn.audit.structure import added_sheets, check_structure, names_by_sheet, renamed_sheets
from xlnn.audit.theirs.audit import audit_mapped
from xlnn.audit.tolerance import TOLERANCE, check_tolerance, drift_note
from xlnn.audit.visibility import check_hidden, check_visibility
from xlnn.errors import EngineError
from xlnn.progress import Progress, silent
from xlnn.workbook.boards.extras import formula_cells
from xlnn.workbook.plan import MAP, Plan


def audit(
    path: str | Path,
    engines: str | Sequence[str] = ("ironcalc",),
    tolerance: float = TOLERANCE,
    progress: Progress = silent,
    map: str | Path | None = None,
) -> Report:
    """Audits a workbook that xlnn built, perhaps edited and saved by a spreadsheet program.

    With a ``map``, a TOML file that tells where the matrices are, it is anyone's workbook. Raises
    WorkbookError for a file that cannot be read or used, MapError for such a map, EngineError for
    an engine that is unknown, missing or fails.
    """
    began, path = perf_counter(), Path(path)
    engines = (engines,) if isinstance(engines, str) else tuple(engines)
    if not engines:
        raise EngineError(f"name at least one engine of {', '.join(ENGINES)}")
    chosen = [engine_named(name) for name in engines]
    versions = [engine.version() for engine in chosen]  # a missing one is named before any work
    check_tolerance(tolerance)
    book = StoredWorkbook(path)
    if map is not None:
        return audit_mapped(
            book, map, list(zip(chosen, versions, strict=True)), tolerance, progress
        )
    description = read_description(book)
    plan = read_plan(description)
    check_proportion(book, plan)
    return _Audit(book, plan, description, tolerance, progress, began).run(chosen, versions)


TURN = 0.0005
"""The seconds for which one thread computes while others wait: to start an engine takes many short
turns, and what is read meanwhile would make each of them wait ten times as long."""


@contextmanager
def _short_turns() -> Iterator[None]:
    usual = sys.getswitchinterval()
    sys.setswitchinterval(TURN)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


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
        self.strays: list[Finding] = []
        """What is found on sheets besides their blocks."""
        self.notes: list[str] = []
        self.shifts: list[Finding] = []
        """Sheets of which rows or columns were inserted or deleted."""

    def run(self, engines: Sequence[Engine], versions: Sequence[str]) -> Report:
        self.book.renamed = renamed_sheets(self.book, self.plan)
        findings = [
            *check_visibility(self.book),
            *check_structure(self.book, self.plan, self.description),
        ]
        if any(finding.sheet == MAP for finding in findings):
            # Settings and Map tell of two different workbooks: neither can be followed.
            setting = changed_setting(self.book, self.description)
            return self._report([], findings if setting is None else [setting])
        missing = {finding.sheet for finding in findings if finding.kind == "missing"}
        scan = Scan(self.book, self.plan)
        found = []
        with _short_turns(), ThreadPoolExecutor(len(engines)) as pool:
            # Engines compute in processes of their own; the file is looked through meanwhile.
            pending = [pool.submit(timed, engine, self.path) for engine in engines]
            self._scan(scan, missing)
            if self.shifts:
                shifted = {finding.sheet for finding in self.shifts}
                others = [each for each in findings + self.strays if each.sheet not in shifted]
                return self._report([], others + self.shifts)
            if scan.is_another and (setting := changed_setting(self.book, self.description)):
                return self._report([], [setting])
            for engine, version, computed in zip(engines, versions, pending, strict=True):
                self.progress(f"recomputing with {engine.name}", 0, 0)
                values, seconds = computed.result()
                found.append(
                    recomputed(
                        engine.name, version, values, seconds, self.book, self.plan, missing, scan
                    )
                )
        origins = Origins(self.book.meanings, names_by_sheet(self.plan, missing))
        notes: list[str] = []
        if self.book.has_macros:
            notes.append("the workbook has macros: they were ignored, and nothing of them was run")
        if missing.isdisjoint(self.plan.pages):
            gaps = check_gaps(
                self.book, self.plan, self.description, found[0].matrices, self.tolerance
            )
            self._keep(gaps)
        findings += check_inputs(self.book, self.plan, missing, found[0].values, scan)
        notes += computed_inputs(self.book, self.plan, missing, scan)
        if added := added_sheets(self.book, self.plan):
            notes.append(f"sheets that were added, and not looked at: {', '.join(added)}")
        findings += self._compare(scan, missing, found, origins)
        findings += check_boards(
            self.book, self.plan, found, self.tolerance, missing, not findings, origins, notes
        )
        for ground in other_grounds(self.plan):
            if ground.sheet in missing or ground.sheet not in self.book.sheets:
                continue
            changed = any(finding.sheet == ground.sheet for finding in findings)
            self._check_page(ground, changed=changed)
        findings = self.strays + findings
        notes += self.notes
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
        causes = any(finding.cause for finding in findings if finding.kind not in UNCOMPUTED)
        if drifted and numbers and not errors and not causes:
            # Every cell is right by the cells that it reads, so no formula and no value is to
            # blame: an unstable training has multiplied the rounding of the last digit.
            findings = [finding for finding in findings if finding.kind != "wrong-value"]
            epochs = [finding.epoch for finding in drifted if finding.epoch is not None]
            where = f"from epoch {epochs[0]} on" if epochs else f"on the sheet {drifted[0].sheet}"
            notes = [*notes, drift_note(where, len(drifted))]
        return Report(
            workbook=str(self.path),
            tolerance=self.tolerance,
            cells=self.cells,
            engines=tuple(each.result() for each in found),
            findings=tuple(findings),
            notes=tuple(notes),
            sha256=self.book.sha256,
            seconds=perf_counter() - self.began,
            audited=now(),
        )

    def _scan(self, scan: Scan, missing: Set[str]) -> None:
        """Looks the sheets of all matrices through."""
        for name in self.plan.recipe.members:
            page = page_of(self.plan, name)
            if page in missing:
                continue
            for done in scan.read(name):
                self.progress("reading formulas", done, self.plan.formula_cells)
            if page == name:
                ground = matrix_ground(self.plan, name)
                changed = scan.is_changed(name)
                if changed or scan.lacks_numbers(name):
                    self.shifts += check_shift(self.book, self.plan, ground)
                self._check_page(ground, changed=changed)
                self.book.forget(name)

    def _compare(
        self, scan: Scan, missing: Set[str], found: Sequence[Recomputed], origins: Origins
    ) -> list[Finding]:
        """The findings in all cells with formulas, in order of computation."""
        plan = self.plan
        comparison = Comparison(self.book, plan, found, self.tolerance, origins)
        findings: list[tuple[Order, Finding]] = []
        for name in scan.blocks:
            for done, some in comparison.check(name, scan):
                findings += some
                self.progress("comparing", done, self.cells)
            if page_of(plan, name) == name:
                self.book.forget(name)
        findings.sort(key=itemgetter(0))
        return [finding for _, finding in findings]

    # --- Sheets as wholes ---

    def _check_page(self, ground: Ground, *, changed: bool) -> None:
        """Keeps what is found on a sheet besides its blocks."""
        self.strays += check_hidden(self.book, ground.sheet)
        self._keep(check_strays(self.book, ground, changed))

    def _keep(self, found: Iterable[Finding | str]) -> None:
        """Keeps findings and notes."""
        for each in found:
            if isinstance(each, str):
                self.notes.append(each)
            else:
                self.strays.append(each)
