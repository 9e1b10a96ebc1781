"""xlnn audit."""

from __future__ import annotations

from pathlib import Path

import click

from xlnn.cli.outcome import print_report
from xlnn.cli.progress import shown_progress


@click.command("audit")
@click.argument("workbooks", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--engine",
    "engines",
    type=click.Choice(["ironcalc", "libreoffice", "gnumeric", "all"]),
    multiple=True,
    default=("ironcalc",),
    show_default=True,
    help="What recomputes the workbook (repeatable).",
)
@click.option(
    "--tolerance",
    type=float,
    default=1e-9,
    show_default=True,
    help="The largest |a − b| / max(1, |b|) that is let pass.",
)
@click.option(
    "--report",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Also write a report: .json, .html or .xlsx.",
)
@click.option(
    "--map",
    "map_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help='Where the matrices are, in workbooks of anyone\'s ("xlnn map --suggest" drafts it).',
)
@click.pass_context
def command(
    ctx: click.Context,
    workbooks: tuple[Path, ...],
    engines: tuple[str, ...],
    tolerance: float,
    report: Path | None,
    map_file: Path | None,
) -> None:
    """Recompute WORKBOOKS with other programs and compare every cell with NumPy.

    Exit status 0: all agree; 1: something was found; 2: a file cannot be read or used.
    """
    from xlnn.audit.audit import audit as audit_one
    from xlnn.audit.engines import ENGINES
    from xlnn.audit.report import Report
    from xlnn.audit.saving import Unreadable, check_report_path, save_reports
    from xlnn.errors import WorkbookError

    if report is not None:
        check_report_path(report, workbooks)
    chosen = tuple(ENGINES) if "all" in engines else tuple(dict.fromkeys(engines))
    results: list[Report | Unreadable] = []
    status = 0
    for workbook in workbooks:
        try:
            with shown_progress() as progress:
                found = audit_one(workbook, chosen, tolerance, progress, map_file)
        except WorkbookError as error:
            click.echo(f"Error: {error}", err=True)
            results.append(Unreadable(str(workbook), str(error)))
            status = 2
        else:
            results.append(found)
            status = max(status, print_report(found))
    if report is not None:
        save_reports(results, report)
    ctx.exit(status)
