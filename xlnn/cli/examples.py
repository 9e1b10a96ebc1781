"""xlnn examples."""

from __future__ import annotations

import click


@click.command("examples")
def command() -> None:
    """List the ready examples.

    Build one with "xlnn build NAME". Each is an experiment file that you can copy and change.
    """
    from xlnn.experiment import examples as ready

    for name, title in ready.examples().items():
        click.echo(f"{name:<16}{title}")
        click.echo(f"{'':<16}{ready.example_file(name)}")
