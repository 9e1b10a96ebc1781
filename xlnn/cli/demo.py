"""xlnn demo."""

from __future__ import annotations

from pathlib import Path

import click

from xlnn.cli.outcome import print_built


@click.command("demo")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="[default: outputs/demo.xlsx]"
)
@click.option("--force", is_flag=True, help="Replace the file if it exists and is different.")
@click.pass_context
def command(ctx: click.Context, output: Path | None, force: bool) -> None:
    """Build the worked example, audit it, and print what was found.

    Three samples go through a 4-3-1 network, forward and backward, in 11 steps.
    """
    from xlnn.building import build
    from xlnn.experiment.examples import DEMO, example

    ctx.exit(print_built(build(example(DEMO), output, force=force)))
