"""Writes a trace as a workbook: whole, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from xlnn.experiment.experiment import Experiment
from xlnn.progress import Progress, silent
from xlnn.training.run import last_epoch
from xlnn.training.trace import Trace
from xlnn.workbook.boards.extras import choose
from xlnn.workbook.draft import Draft
from xlnn.workbook.estimate import estimate
from xlnn.workbook.files import beside, keep
from xlnn.workbook.layout import check_epochs, default_epochs, draw_plan
from xlnn.workbook.plan import Plan
from xlnn.workbook.start_sheet import Evidence


def plan_for(experiment: Experiment, progress: Progress = silent) -> Plan:
    """The plan of an experiment's workbook; training tells the last epoch, if a bound ends it.

    Raises PlanError where it does not fit.
    """
    check_epochs(experiment.epochs)
    last = last_epoch(experiment, progress)
    epochs = experiment.shown(last) or default_epochs(experiment.schedule, last)
    return _plan(experiment, epochs)


def plan_of(trace: Trace) -> Plan:
    """The plan for the epochs that a trace has kept."""
    return _plan(trace.experiment, trace.epochs)


def _plan(experiment: Experiment, epochs: Sequence[int]) -> Plan:
    plan = draw_plan(experiment.schedule, epochs, experiment.formulas, experiment.operands)
    return replace(plan, extras=choose(plan, experiment.extras))


def write(
    trace: Trace,
    path: str | Path,
    *,
    force: bool = False,
    evidence: Evidence | None = None,
    progress: Progress = silent,
) -> bool:
    """Writes the workbook of a trace; False when the very same file is there already.

    A file that exists is replaced only with ``force``, and only once the new one is whole.
    Raises OutputError where it exists or cannot be written, PlanError where it does not fit.
    """
    path, plan = Path(path), plan_of(trace)
    with beside(path, estimate(plan, len(trace.loss)).size, force=force) as draft:
        with draft.open("w+b") as file, Draft(plan, trace, file) as workbook:
            workbook.write(evidence, progress)
        return keep(draft, path, force=force)
