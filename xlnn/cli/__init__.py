"""The command line: parses, calls, prints.

Every command has a file of its own, which is imported when the command runs, so that
``xlnn --help`` stays instant.
"""

from __future__ import annotations

import click

from xlnn.cli.translation import TranslatedGroup
from xlnn.version import VERSION

COMMANDS = {
    "demo": "Build the worked example, audit it, and print what was found.",
    "examples": "List the ready examples.",
    "build": "Build a workbook from SOURCE, then audit it.",
    "map": "Show where every matrix is in WORKBOOK.",
    "audit": "Recompute WORKBOOKS with other programs and compare every cell with NumPy.",
    "compare": "Tell which inputs, formulas and values differ between the workbooks A and B.",
}
"""Each command, the name of its file, and what its help begins with."""


@click.group(
    cls=TranslatedGroup,
    commands_by_name=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(VERSION, prog_name="xlnn")
def main() -> None:
    """Neural networks as annotated Excel workbooks: every number live, explained and proven.

    Start with "xlnn demo", then open the workbook that it names.
    """
