"""Where the templates are: inside an installed package, beside it in a checkout."""

from __future__ import annotations

from pathlib import Path

from xlnn.errors import XlnnError

THEME = "theme.xlsx"
"""The workbook whose cell styles say how the workbooks look."""


def languages() -> tuple[str, ...]:
    """The languages that the texts on the sheets are there in."""
    return tuple(sorted(path.stem for path in (folder() / "texts").glob("*.toml")))


def folder() -> Path:
    """The templates folder.

    Raises XlnnError for an installation that lost it.
    """
    package = Path(__file__).parent
    for candidate in (package / "templates", package.parent / "templates"):
        if (candidate / "texts").is_dir():
            return candidate
    raise XlnnError(f"the templates are missing from {package}: install xlnn again")
