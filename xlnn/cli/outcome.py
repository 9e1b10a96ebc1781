"""What commands print about a workbook that was built or audited."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from xlnn.audit.report import Report
    from xlnn.building import Built
    from xlnn.training.trace import Trace
    from xlnn.workbook.estimate import Estimate

WORTH_TELLING = 200_000
"""From so many formula cells on, a build says first what is coming."""

LONG_TRAINING = 10.0
"""So does one that trains longer than these seconds."""

SHOWN = 10
"""How many findings are printed; a report file has them all."""


def print_expected(expected: Estimate, audited: bool, quiet: bool) -> None:
    """Says what is coming, if it is much, and what would make it lighter."""
    long = expected.formula_cells >= WORTH_TELLING or expected.train_seconds >= LONG_TRAINING
    if quiet or not long:
        return
    train = f"{expected.train_time} to train, " if expected.train_time else ""
    audit = f", {expected.audit_time} to audit" if audited else ""
    click.echo(f"{expected}; {train}{expected.write_time} to write{audit}", err=True)
    if expected.advice:
        click.echo(f"  note: {expected.advice}", err=True)


def print_built(built: Built, quiet: bool = False) -> int:
    """Prints what was built and the audit's verdict; gives the exit status."""
    plan = built.plan
    if not quiet:
        state = "written" if built.written else "left as it was, the very same file is there"
        click.echo(f"{built.path}: {state}")
        click.echo(
            f"  {built.size.sheets} sheets, {built.size.formula_cells:,} formula cells; "
            f"{len(plan.epochs):,} of {len(built.trace.loss):,} epochs shown"
        )
        for line in _course(built.trace):
            click.echo(f"  {line}")
    if built.report is None or (quiet and built.report.ok):
        return 0
    return print_report(built.report)


def _course(trace: Trace) -> Iterator[str]:
    """How training went, in a line for each thing that was measured."""
    last, experiment = len(trace.loss), trace.experiment
    if experiment.classes:
        counts = experiment.class_counts
        yield f"classes: {', '.join(f'{name} ({n:,})' for name, n in counts.items())}"
    for name, title, form in (
        ("loss", trace.experiment.loss.replace("-", " "), ".6g"),
        ("accuracy", "accuracy", ".1%"),
        ("test_loss", "test loss", ".6g"),
        ("test_accuracy", "test accuracy", ".1%"),
    ):
        if name in trace.curves:
            values = trace.curves[name]
            later = f", {values[-1]:{form}} in epoch {last:,}" if last > 1 else ""
            yield f"{title}: {values[0]:{form}} in epoch 1{later}"
    if trace.loss[-1] > trace.loss[0]:
        yield "note: the loss has grown: a smaller learning rate may help"
    if last < experiment.epochs:
        bound = experiment.stop_below
        yield f"stopped after epoch {last:,}: the loss is below {bound:g}"


def print_report(report: Report) -> int:
    """Prints the findings, causes first, and the verdict last; gives the exit status."""
    causes = report.causes
    listed = causes or report.findings
    for finding in listed[:SHOWN]:
        click.echo(f"  {click.style(finding.kind, fg='red')}: {finding.message}")
    if len(listed) > SHOWN:
        click.echo(f"  … and {len(listed) - SHOWN:,} more: --report FILE lists all")
    inherited = len(report.findings) - len(causes)
    if causes and inherited:
        click.echo(f"  {inherited:,} more cells inherit wrong numbers from these")
    for engine in report.engines:
        click.echo(
            f"  {engine.name} {engine.version}: {engine.cells:,} formula cells recomputed, largest "
            f"difference from NumPy {engine.max_rel_diff:.1e} (allowed {report.tolerance:.0e})"
        )
    if report.skipped:
        click.echo(f"  not in the map, so not compared: {', '.join(report.skipped)}")
    for note in report.notes:
        click.echo(f"  note: {note}")
    if report.ok:
        click.echo(f"{report.workbook}: {click.style('all agree', fg='green')}")
        return 0
    number = len(report.findings)
    found = f"{number:,} finding{'s' if number > 1 else ''}"
    click.echo(f"{report.workbook}: {click.style(found, fg='red')}")
    return 1
