"""From an experiment to a workbook that has been audited: the whole way of the data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from xlnn.errors import OutputError
from xlnn.experiment.experiment import Experiment
from xlnn.progress import Progress, silent
from xlnn.training.run import last_epoch, run
from xlnn.training.trace import Trace
from xlnn.workbook.draft import Draft
from xlnn.workbook.estimate import Estimate, estimate
from xlnn.workbook.files import beside, keep
from xlnn.workbook.plan import Plan
from xlnn.workbook.start_sheet import Evidence
from xlnn.workbook.theme import load_theme
from xlnn.workbook.write import plan_for

if TYPE_CHECKING:
    from xlnn.audit.report import Report


@dataclass(frozen=True, slots=True)
class Built:
    """A workbook that was built."""

    path: Path
    written: bool
    """False if the very same file was there already."""
    plan: Plan
    size: Estimate
    """How many sheets and formula cells it has."""
    trace: Trace
    report: Report | None
    """The audit by the embedded engine, unless it was left out."""


def expect(experiment: Experiment, progress: Progress = silent) -> Estimate:
    """How large an experiment's workbook will be and how long it will take, before any work.

    Raises PlanError if it cannot fit.
    """
    return estimate(plan_for(experiment, progress), last_epoch(experiment))


def build(
    experiment: Experiment,
    path: str | Path | None = None,
    *,
    force: bool = False,
    audited: bool = True,
    progress: Progress = silent,
) -> Built:
    """Runs an experiment and writes its workbook, audits it and notes the outcome on Start.

    ``path`` is ``outputs/<name>.xlsx`` by default. What an audit finds is in the report; the
    workbook is written either way. Raises PlanError before any work if it cannot fit, OutputError
    if the file is there and different, or cannot be written, or the disk is too full.
    """
    path = Path(path) if path is not None else Path("outputs", f"{experiment.name}.xlsx")
    for source in experiment.sources:
        if path.exists() and source.exists() and path.samefile(source):
            raise OutputError(
                f"{path} is what the experiment is read from: choose another file with -o"
            )
    load_theme(experiment.theme)  # what is wrong with it is said before any work
    plan = plan_for(experiment, progress)
    report = None
    size = estimate(plan, last_epoch(experiment))
    with beside(path, size.size, force=force) as draft:
        trace = run(experiment, plan.epochs, progress)
        with draft.open("w+b") as file, Draft(plan, trace, file) as workbook:
            workbook.write(progress=progress)
            if audited:
                from xlnn.audit.audit import audit

                report = replace(audit(draft, progress=progress), workbook=str(path))
                workbook.note(_evidence(report))
        written = keep(draft, path, force=force)
    return Built(path, written, plan, size, trace, report)


def _evidence(report: Report) -> Evidence:
    return Evidence(
        ok=report.ok,
        cells=report.cells,
        engines=", ".join(f"{engine.name} {engine.version}" for engine in report.engines),
        worst=max(engine.max_rel_diff for engine in report.engines),
        tolerance=report.tolerance,
    )
