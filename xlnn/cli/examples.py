"""xlnn examples."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("examples")
@click.option("--copy", metavar="NAME", help="Copy an example here, or the theme, to change it.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path(),
    help="The folder to copy it to. [this one]",
)
def command(copy: str | None, output: Path) -> None:
    """List the ready examples.

    Build one with "xlnn build NAME". Each is an experiment file that you can copy and change.
    """
    from xlnn.experiment import examples as ready

    if copy is not None:
        for path in ready.copy_example(copy, output):
            click.echo(f"{path}: copied")
        return
    for name, title in ready.examples().items():
        click.echo(f"{name:<20}{title}")
