"""xlnn audit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from xlnn.cli import options
from xlnn.cli.outcome import print_report, print_summary
from xlnn.cli.progress import shown_line, shown_progress

if TYPE_CHECKING:
    from xlnn.audit.report import Report
    from xlnn.audit.reports.summary import Result


@click.command("audit")
@click.argument("workbooks", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--engine",
    "engines",
    type=click.Choice([*options.ENGINES, "all"]),
    multiple=True,
    default=("ironcalc",),
    show_default=True,
    help="What recomputes the workbook (repeatable).",
)
@options.tolerance
@click.option(
    "--report",
    "reports",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="FILE",
    help="Also write a report: .json, .html, or .xlsx, a copy of the workbook with every finding "
    "marked (of several workbooks a list). Repeatable.",
)
@click.option(
    "--map",
    "map_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help='Where the matrices are, in workbooks of anyone\'s ("xlnn map --suggest" drafts it).',
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="How many of several workbooks are audited at once.  [default: one a core]",
)
@click.option("-v", "--verbose", is_flag=True, help="Print the differences of every step, too.")
@click.pass_context
def command(
    ctx: click.Context,
    workbooks: tuple[Path, ...],
    engines: tuple[str, ...],
    tolerance: float,
    reports: tuple[Path, ...],
    map_file: Path | None,
    jobs: int | None,
    verbose: bool,
) -> None:
    """Recompute WORKBOOKS with other programs and compare every cell with NumPy.

    Of a folder, the workbooks in it (.xlsx and .xlsm) are audited, without earlier reports.

    Exit status 0: all agree; 1: something was found; 2: a file cannot be read or used.
    """
    from functools import partial

    from xlnn.audit.audit import audit as audit_one
    from xlnn.audit.engines import ENGINES
    from xlnn.audit.many import workbooks_in
    from xlnn.audit.reports.report_files import check_report_path
    from xlnn.audit.reports.summary import exit_status

    paths, earlier = workbooks_in(workbooks)
    for each in earlier:
        click.echo(f"{each} is an earlier report: it is not audited", err=True)
    for report in reports:
        check_report_path(report, paths)
    chosen = tuple(ENGINES) if "all" in engines else tuple(dict.fromkeys(engines))
    task = partial(audit_one, engines=chosen, tolerance=tolerance, map=map_file)
    results = [_single(paths[0], task, verbose)] if len(paths) == 1 else []
    if not results:
        for engine in chosen:
            ENGINES[engine].version()  # a missing one is named once
        results = _several(paths, task, jobs, verbose)
    if reports:
        from xlnn.audit.reports.saving import save_reports  # with all that writes them
    for report in reports:
        save_reports(results, report)
    ctx.exit(exit_status(results))


def _single(path: Path, task: Callable[..., Report], verbose: bool) -> Result:
    """Audits a workbook and prints what was found."""
    from xlnn.audit.reports.summary import Unreadable
    from xlnn.errors import WorkbookError

    try:
        with shown_progress() as progress:
            report = task(path, progress=progress)
    except WorkbookError as error:
        click.echo(f"Error: {error}", err=True)
        return Unreadable(str(path), str(error))
    print_report(report, verbose)
    return report


def _several(
    paths: Sequence[Path], task: Callable[..., Report], jobs: int | None, verbose: bool
) -> list[Result]:
    """Audits workbooks at once and prints what was found, in their order."""
    from contextlib import closing

    from xlnn.audit.many import audit_many, cores
    from xlnn.audit.reports.summary import Unreadable

    results: list[Result] = []
    with (
        shown_line() as line,
        closing(audit_many(paths, task, jobs or cores(), line.update)) as found,
    ):
        for result in found:
            line.clear()
            results.append(result)
            if isinstance(result, Unreadable):
                click.echo(f"Error: {result.error}", err=True)
            else:
                print_report(result, verbose, among_others=True)
    print_summary(results)
    return results
