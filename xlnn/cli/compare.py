"""xlnn compare."""

from __future__ import annotations

import json
from pathlib import Path

import click

from xlnn.cli import options
from xlnn.cli.differences import print_differences
from xlnn.cli.progress import shown_progress


@click.command("compare")
@click.argument("a", type=click.Path(path_type=Path))
@click.argument("b", type=click.Path(path_type=Path))
@options.tolerance
@click.option(
    "--engine",
    type=click.Choice(options.ENGINES),
    default="ironcalc",
    show_default=True,
    help="What recomputes the values.",
)
@click.option("--all", "everything", is_flag=True, help="List every block and every cell.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_context
def command(
    ctx: click.Context,
    a: Path,
    b: Path,
    tolerance: float,
    engine: str,
    everything: bool,
    as_json: bool,
) -> None:
    """Tell which inputs, formulas and values differ between the workbooks A and B.

    Both were built by xlnn, and perhaps edited or saved by another program since. First come the
    settings, headings, inputs and formulas that are not the same, then the values, by matrix,
    epoch and batch, in order of computation: what follows from the changes above is told apart.

    Values are recomputed; those that the files carry along are not looked at. Of typed numbers the
    first 15 digits count, as some programs save no more. A formula is the same if it is written
    with other blanks, capitals or $, or if each workbook has the same step as its own settings ask
    for it, so that sizes, styles and places may differ. Colours, fonts, widths, notes and charts
    are not compared, nor are sentences and what stands beside the blocks.

    Exit status 0: no difference; 1: they differ; 2: a file cannot be read or used.
    """
    from xlnn.audit.compare import FIRST, compare

    with shown_progress() as progress:
        found = compare(a, b, engine, tolerance, None if everything else FIRST, progress)
    if as_json:
        click.echo(json.dumps(found.to_dict(), indent=1, ensure_ascii=False))
    else:
        print_differences(found, everything)
    ctx.exit(0 if found.same else 1)
