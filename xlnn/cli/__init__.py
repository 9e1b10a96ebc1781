"""The command line: parses, calls, prints.

Every command has a file of its own and imports what it needs when it runs, so that
``xlnn --help`` stays instant.
"""

from __future__ import annotations

import click

from xlnn.cli.audit import audit
from xlnn.cli.build import build
from xlnn.cli.demo import demo
from xlnn.cli.examples import examples
from xlnn.cli.map import map_
from xlnn.cli.translation import TranslatedGroup
from xlnn.version import VERSION


@click.group(cls=TranslatedGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="xlnn")
def main() -> None:
    """Neural networks as annotated Excel workbooks: every number live, explained and proven.

    Start with "xlnn demo", then open the workbook that it names.
    """


for command in (demo, examples, build, map_, audit):
    main.add_command(command)
