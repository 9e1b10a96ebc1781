"""xlnn build."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from xlnn.bundled import languages
from xlnn.cli.outcome import print_built, print_expected
from xlnn.cli.progress import shown_progress


def _epochs(
    _ctx: click.Context, _param: click.Parameter, value: str | None
) -> list[int] | str | None:
    if value is None or value.lower() == "all":
        return value and "all"
    try:
        return [epoch for part in value.split(",") for epoch in _range(part.strip())]
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is no list such as 1,2,-1 or 1-5, nor all") from error


def _range(part: str) -> list[int]:
    """The epochs of 3, -1 or 1-5."""
    first, dash, last = part.rpartition("-")
    return list(range(int(first), int(last) + 1)) if first and dash else [int(part)]


def _sizes(
    _ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]
) -> list[int] | None:
    if not values:
        return None
    if values == ("none",):
        return []
    try:
        return [int(part) for value in values for part in value.split(",")]
    except ValueError as error:
        raise click.BadParameter(
            f"{', '.join(map(repr, values))}: give numbers of neurons, such as 3"
        ) from error


def _batch_size(
    _ctx: click.Context, _param: click.Parameter, value: str | None
) -> int | str | None:
    if value is None or value == "all":
        return value
    try:
        return int(value)
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is neither all nor a number of samples") from error


@click.command("build")
@click.argument("source")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="[default: outputs/<name>.xlsx]"
)
@click.option("--target", multiple=True, metavar="COLUMN", help="A column to learn (repeatable).")
@click.option(
    "--feature",
    "features",
    multiple=True,
    metavar="COLUMN",
    help="A column to learn from (repeatable). [default: all but the targets]",
)
@click.option("--names", metavar="COLUMN", help="A column that names the samples.")
@click.option("--sheet", metavar="NAME", help="The sheet of an Excel table. [default: the first]")
@click.option("--title", help="The title on the workbook's first sheet.")
@click.option(
    "--hidden",
    multiple=True,
    callback=_sizes,
    metavar="N",
    help="Neurons of a hidden layer (repeatable: one per layer), or none. [3]",
)
@click.option(
    "--activation",
    metavar="NAME",
    help="Of the hidden layers: sigmoid, tanh, relu, leaky-relu, linear or threshold. [sigmoid]",
)
@click.option(
    "--output-activation",
    metavar="NAME",
    help="Of the output layer: one of these, or softmax. [sigmoid]",
)
@click.option("--biases/--no-biases", default=None, help="Whether neurons have biases. [yes]")
@click.option("--loss", metavar="NAME", help="squared-error or cross-entropy. [squared-error]")
@click.option("--epochs", type=int, metavar="N", help="How often all samples go through. [1]")
@click.option("--learning-rate", type=float, metavar="RATE", help="[0.1]")
@click.option("--batch-size", callback=_batch_size, metavar="all|N", help="[all]")
@click.option(
    "--shuffle/--no-shuffle", default=None, help="Each epoch in an order of its own. [no]"
)
@click.option(
    "--optimizer",
    metavar="NAME",
    help="gradient-descent, momentum, nesterov or adam. [gradient-descent]",
)
@click.option("--momentum", type=float, metavar="N", help="Of momentum and nesterov. [0.9]")
@click.option("--gradient", metavar="sum|mean", help="Over the samples of an update. [sum]")
@click.option("--stop-below", type=float, metavar="LOSS", help="Stop when the loss falls below it.")
@click.option("--start", metavar="METHOD", help="uniform, normal, xavier, he or zeros. [uniform]")
@click.option(
    "--seed", type=int, metavar="N", help="Of start values, shuffling and test samples. [42]"
)
@click.option("--scale", metavar="METHOD", help="Of the features: none, minmax or standard. [none]")
@click.option("--scale-targets", metavar="METHOD", help="Of targets that are numbers. [none]")
@click.option(
    "--test-fraction", type=float, metavar="SHARE", help="Of samples held out for testing. [0]"
)
@click.option(
    "--show",
    callback=_epochs,
    metavar="EPOCHS",
    help="Epochs that become live sheets: 1,2,-1 or 1-5 or all (-1 is the last). "
    "[all while they fit, else the first few and the last]",
)
@click.option("--formulas", metavar="STYLE", help="cell: one a cell. matrix: one a matrix. [cell]")
@click.option(
    "--language",
    metavar="NAME",
    help=f"Of the sentences on the sheets: {' or '.join(languages())}. [en]",
)
@click.option("--theme", metavar="FILE", help="A workbook with cell styles. [the bundled one]")
@click.option(
    "--protect/--no-protect", default=None, help="Lock all cells but the inputs, no password. [no]"
)
@click.option(
    "--extras",
    multiple=True,
    metavar="SHEET",
    help="Sheets besides those of the matrices (repeatable): Walkthrough, Predict, Boundary, "
    "Rates, GradientCheck, Checks; or all, or none. [those that are not too large]",
)
@click.option("--force", is_flag=True, help="Replace the file if it exists and is different.")
@click.option("--no-audit", is_flag=True, help="Do not recompute the workbook afterwards.")
@click.option("--quiet", is_flag=True, help="Print nothing unless something is wrong.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    source: str,
    output: Path | None,
    features: tuple[str, ...],
    force: bool,
    no_audit: bool,
    quiet: bool,
    **fields: Any,
) -> None:
    """Build a workbook from SOURCE, then audit it.

    SOURCE is the name of a ready example (see "xlnn examples"), an experiment file (.toml), or a
    table (.csv, .tsv, .xlsx, .parquet) with --target. Options win over what the file says.
    """
    import xlnn
    from xlnn.building import expect

    chosen = {name: value for name, value in fields.items() if value not in (None, ())}
    with shown_progress(quiet) as progress:
        progress(f"reading {source}", 0, 0)
        experiment = xlnn.load(source, features=features or None, **chosen)
        expected = expect(experiment, progress)
    print_expected(expected, audited=not no_audit, quiet=quiet)
    with shown_progress(quiet) as progress:
        built = xlnn.build(experiment, output, force=force, audited=not no_audit, progress=progress)
    ctx.exit(print_built(built, quiet=quiet))
