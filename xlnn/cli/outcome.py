"""What commands print about a workbook that was built or audited."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from xlnn.audit.report import Report
    from xlnn.audit.reports.summary import Result
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


def print_report(report: Report, verbose: bool = False, among_others: bool = False) -> int:
    """Prints the findings, causes first, and the verdict last; gives the exit status.

    Of a workbook ``among_others`` that agrees, the verdict is all.
    """
    from xlnn.audit.reports.summary import verdict

    _print_findings(report)
    if verbose or not (among_others and report.ok):
        _print_evidence(report, verbose)
    if report.skipped:
        click.echo(f"  not in the map, so not compared: {', '.join(report.skipped)}")
    for note in report.notes:
        click.echo(f"  note: {note}")
    colour = "green" if report.ok else "red"
    click.echo(f"{report.workbook}: {click.style(verdict(report), fg=colour)}")
    return 0 if report.ok else 1


def _print_findings(report: Report) -> None:
    """The causes in order of computation, each with how much inherits from it; without any, the
    findings."""
    from xlnn.audit.reports.causes import Cause, by_cause, grouped, place
    from xlnn.audit.reports.summary import counted, inheriting

    causes, others = by_cause(report.findings)
    listed = grouped(causes) or [Cause(finding, ()) for finding in others]
    for cause in listed[:SHOWN]:
        finding, heirs = cause.finding, cause.heirs
        kind = finding.kind + (f" ({finding.diagnosis})" if finding.diagnosis else "")
        click.echo(f"  {click.style(kind, fg='red')}: {finding.message}")
        if cause.alike:
            told = (
                f"{counted(len(cause.alike), 'more cell')} like it, last {place(cause.alike[-1])}"
            )
            click.echo(click.style(f"    {told}", dim=True))
        if heirs:
            told = f"{inheriting(len(heirs))} from it, first {place(heirs[0])}"
            click.echo(click.style(f"    {told}", dim=True))
    if len(listed) > SHOWN:
        more = sum(1 + len(cause.alike) for cause in listed[SHOWN:])
        click.echo(f"  … and {more:,} more: --report FILE lists all")
    if causes and others:
        click.echo(f"  {inheriting(len(others), 'more cell')} from these")


def _print_evidence(report: Report, verbose: bool) -> None:
    """What each engine has computed, and how far that is from NumPy."""
    from xlnn.audit.reports.summary import difference_text, step_name

    for engine in report.engines:
        largest = difference_text(engine.max_rel_diff)
        click.echo(
            f"  {engine.name} {engine.version}: {engine.cells:,} formula cells recomputed, largest "
            f"difference from NumPy {largest} (allowed {report.tolerance:.0e}), "
            f"{engine.seconds:.1f} s"
        )
        if verbose:
            head = f"    {'':<12}  {'cells':>9}  {'largest |a − b|':>15}  {'difference':>10}"
            click.echo(click.style(head, dim=True))
        for each in engine.steps if verbose else ():
            click.echo(
                f"    {step_name(each):<12}  {each.cells:>9,}  "
                f"{difference_text(each.max_abs_diff):>15}  "
                f"{difference_text(each.max_rel_diff):>10}"
            )
    if verbose:
        click.echo(f"  audited {report.audited} in {report.seconds:.1f} s; SHA-256 {report.sha256}")


COLOURS = {"agrees": "green", "findings": "red", "not read": "red"}


def print_summary(results: Sequence[Result]) -> None:
    """Prints a row for each of several workbooks, and the verdict over all last."""
    from xlnn.audit.reports.summary import (
        difference_text,
        exit_status,
        summary,
        verdict_of_all,
    )

    rows = [summary(result) for result in results]
    width = max(len("workbook"), *(len(row.workbook) for row in rows))
    head = f"{'verdict':<8}  {'causes':>8}  {'inherited':>9}  {'largest difference':>18}  "
    head += f"{'seconds':>7}"
    click.echo(click.style(f"\n{'workbook':<{width}}  {head}", bold=True))
    for row in rows:
        numbers = ""
        if row.verdict != "not read":
            worst = difference_text(row.max_rel_diff)
            numbers = (
                f"  {row.causes:>8,}  {row.inherited:>9,}  {worst:>18}  {row.seconds or 0:>7.1f}"
            )
        told = click.style(f"{row.verdict:<8}", fg=COLOURS[row.verdict])
        click.echo(f"{row.workbook:<{width}}  {told}{numbers}")
    colour = "red" if exit_status(results) else "green"
    click.echo(click.style(verdict_of_all(results), fg=colour))
