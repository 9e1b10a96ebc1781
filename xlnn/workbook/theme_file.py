"""The theme: a workbook whose named cell styles say how the workbooks look.

A person edits it in a spreadsheet program. Every style of ours has its name there with PREFIX in
front, because Excel has styles of its own called Title, Input, Note, Good and Bad.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import openpyxl
from openpyxl import Workbook
from openpyxl.styles import NamedStyle, PatternFill

from xlnn.bundled import THEME, folder
from xlnn.errors import ThemeError
from xlnn.workbook.colours import Palette, palette_of, rgb

PREFIX = "xlnn "

SAMPLE = "xlnn examples --copy theme"
"""The command that gives a whole theme to change."""


@dataclass(frozen=True, slots=True)
class Theme:
    """The styles of a theme workbook."""

    path: Path
    styles: Mapping[str, NamedStyle]
    """By their names without PREFIX."""
    document: bytes | str | None
    """The part that defines the colours and fonts which Excel calls those of the theme."""
    palette: Palette
    indexed: Sequence[str]

    def style(self, name: str) -> NamedStyle:
        """A style. Raises ThemeError where the theme has none of that name."""
        if name not in self.styles:
            raise missing(self.path, [name])
        return self.styles[name]

    def colour(self, name: str) -> str:
        """The colour of a style's text, as RRGGBB; black if it is automatic."""
        return rgb(self.style(name).font.color, self.palette, self.indexed) or "000000"

    def fill(self, name: str) -> str:
        """The colour behind a style's text, as RRGGBB; white if there is none."""
        fill = self.style(name).fill
        if not isinstance(fill, PatternFill) or fill.fill_type != "solid":
            return "FFFFFF"
        return rgb(fill.fgColor, self.palette, self.indexed) or "FFFFFF"

    def line(self, name: str) -> str:
        """The colour of a style's bottom border, as RRGGBB; black if it is automatic."""
        side = self.style(name).border.bottom
        return rgb(side.color if side else None, self.palette, self.indexed) or "000000"


def load_theme(path: str | Path | None, names: Iterable[str], unlocked: Iterable[str]) -> Theme:
    """The theme in a workbook; that of the templates if none is named.

    Raises ThemeError for a file that cannot be read, that lacks one of the styles ``names``, or
    that locks one of the styles ``unlocked``.
    """
    path = folder() / THEME if path is None else Path(path)
    book = _opened(path, _stamp(path))
    styles = {
        style.name.removeprefix(PREFIX): style
        for style in book._named_styles  # type: ignore[attr-defined]  # but their names are public
        if style.name.startswith(PREFIX)
    }
    if lacking := [name for name in names if name not in styles]:
        raise missing(path, lacking)
    for name in unlocked:
        if styles[name].protection.locked:
            raise ThemeError(
                f"{path}: its cell style {PREFIX + name!r} is locked, so nobody could change an "
                "input of a protected workbook: take away its tick Locked (Modify, Format, "
                "Protection)"
            )
    document, indexed = book.loaded_theme, book._colors  # type: ignore[attr-defined]
    return Theme(path, styles, document, palette_of(document), tuple(indexed))


def missing(path: Path, names: Sequence[str]) -> ThemeError:
    """The error for styles that a theme lacks."""
    listed = ", ".join(repr(PREFIX + name) for name in names[:5])
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    what = "style" if len(names) == 1 else "styles"
    return ThemeError(
        f"{path} lacks the cell {what} {listed}{more}: was it renamed or deleted, or is this no "
        f"theme? A whole one to change is yours with: {SAMPLE}"
    )


def _stamp(path: Path) -> tuple[int, int]:
    """What tells whether a theme was changed: its time and its size."""
    try:
        found = path.stat()
    except FileNotFoundError as error:
        raise ThemeError(
            f"{path} does not exist: a theme to change is yours with: {SAMPLE}"
        ) from error
    except OSError as error:
        raise ThemeError(f"{path} cannot be read: {error.strerror or error}") from error
    return found.st_mtime_ns, found.st_size


@lru_cache(maxsize=4)
def _opened(path: Path, _stamp: tuple[int, int]) -> Workbook:
    """A theme's workbook, which nobody changes: many workbooks that are built have the same."""
    try:
        with warnings.catch_warnings():
            # What openpyxl leaves out of a workbook, such as extensions, is not what is read.
            warnings.simplefilter("ignore")
            return openpyxl.load_workbook(path)
    except OSError as error:
        raise ThemeError(f"{path} cannot be read: {error.strerror or error}") from error
    except Exception as error:  # openpyxl raises anything at all over a damaged file
        raise ThemeError(
            f"{path} is no .xlsx workbook, or a damaged one, so no theme: {error}. A whole one to "
            f"change is yours with: {SAMPLE}"
        ) from error
