"""Runs the command line: ``xlnn``, or ``python -m xlnn``."""

from __future__ import annotations

import sys

from xlnn.help_page import HELP


def main() -> None:
    """Runs a command, or shows the help page without loading anything."""
    if sys.argv[1:] in (["--help"], ["-h"]):
        sys.stdout.write(HELP)
        return
    from xlnn.cli import main as run

    run(prog_name="xlnn")


if __name__ == "__main__":
    main()
