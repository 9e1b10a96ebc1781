"""What the styles of the cells mean. How they look stands in the theme, a workbook to edit.

A style of numbers is composed: what the number is (``result``) gives colours, font, borders and
whether its cell is locked, and what kind of number it is (``large``) gives the number format.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import copy
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import NamedStyle
from openpyxl.styles.stylesheet import write_stylesheet
from openpyxl.xml.functions import tostring

from xlnn.workbook import theme_file
from xlnn.workbook.colours import colour_name
from xlnn.workbook.texts import Texts
from xlnn.workbook.theme_file import PREFIX, Theme

QUOTED = "quoted "

UNLOCKED = ("input",)
"""The cells that stay open to change on a protected sheet; a theme must not lock them."""

KINDS = {
    "": "number",
    "whole ": "whole number",
    "large ": "large number",
    "precise ": "precise number",
    "share ": "share",
}
"""The kinds of numbers: how a style's name begins, and the theme's style that has the format."""

# A format with conditions, [>=1E7]0.000E+00;0.000, would follow the number, but programs drop
# the minus sign of what falls to its last part.

DENSE = {"grid ": "grid"}
"""A kind of its own: small and centred, for grids of many numbers."""

TEXTS = (
    "title", "subtitle", "notation", "text", "comment", "note", "link", "band", "heading",
    "row heading", "column title", "result title", "operand title",
)  # fmt: skip

NUMBERS = ("input", "result", "operand", "carried", "trained")
"""What a number of a matrix is."""

TABLE = ("key", "value", "number value")

TAUGHT = ("constant", "neuron", "neuron input", "neuron output")
"""Numbers that are not live, and numbers in a drawing."""

SAID = ("words", "arrow", "good", "bad", "changed", "grid", "low", "middle", "high")
"""Texts that are computed, arrows, verdicts, and a grid that is coloured by its values, from low to
high."""

SERIES = tuple(f"series {i}" for i in range(1, 7))
"""The curves of a chart: the colours of their texts."""

GRIDLINE = "gridline"
"""The grid lines of a chart: the bottom border."""


def reads_like_formula(text: str) -> bool:
    """Whether a program would take a text for a formula when somebody edits its cell."""
    return text.startswith(("=", "+", "-", "@"))


def load_theme(path: str | Path | None = None) -> Theme:
    """The theme in a workbook, or that of the templates.

    Raises ThemeError for one that cannot be used.
    """
    kinds = (*KINDS.values(), *DENSE.values())
    names = (*TEXTS, *NUMBERS, *TABLE, *TAUGHT, *SAID, *kinds, *SERIES, GRIDLINE)
    return theme_file.load_theme(path, dict.fromkeys(names), UNLOCKED)


NAMED_COLOURS = ("input", "result", "operand", "low", "middle", "high")
"""The styles whose colours are called by their names in sentences."""


def coloured(texts: Texts, theme: Theme) -> Texts:
    """The texts, with a section ``colour_of``: what the theme's colours are called."""
    names = {style: colour_name(theme.fill(style)) for style in NAMED_COLOURS}
    words = {style: texts["colours"][name] for style, name in names.items()}
    return {**texts, "colour_of": words}


FONT_ORDER = (
    "b", "i", "strike", "condense", "extend", "outline", "shadow", "u", "vertAlign",
    "sz", "color", "name", "family", "charset", "scheme",
)  # fmt: skip
"""The order in which the Open XML SDK wants a font's parts; openpyxl has another."""


def style_sheet(book: Workbook) -> bytes:
    """The entry ``xl/styles.xml``, with every font's parts in order."""
    tree = write_stylesheet(book)
    for node in list(tree.iter()):
        if node.tag.rpartition("}")[2] == "font":
            node[:] = sorted(node, key=lambda part: FONT_ORDER.index(part.tag.rpartition("}")[2]))
    return bytes(tostring(tree))


def new_book(theme: Theme) -> tuple[Workbook, Mapping[str, int]]:
    """An empty openpyxl workbook with the theme's styles, and their numbers by name.

    Each style has a second number, under its name with QUOTED in front, for texts that begin
    like a formula: a cell of that style stays text when somebody edits it.
    """
    book = Workbook()
    # Colours and fonts may be those of the document's theme, or be counted.
    book.loaded_theme = theme.document
    book._colors = tuple(theme.indexed)  # type: ignore[attr-defined]
    scratch = book.active
    assert scratch is not None  # a new workbook has one sheet
    numbers = {}
    for row, style in enumerate(_styles(theme), start=1):
        book.add_named_style(style)
        name = style.name.removeprefix(PREFIX)
        # A cell for each variant: openpyxl keeps the very object that a cell's style is.
        for column, prefix in enumerate(("", QUOTED), start=1):
            cell = scratch.cell(row, column)
            cell.style = style.name
            cell.quotePrefix = bool(prefix)
            numbers[prefix + name] = cell.style_id
    book.remove(scratch)
    return book, numbers


def _styles(theme: Theme) -> Iterator[NamedStyle]:
    """All styles of a workbook."""
    for name in TEXTS:
        yield _style(theme, name)
    for role in NUMBERS:
        for kind in KINDS:
            yield _style(theme, role, kind)
    for name in TABLE:
        yield _style(theme, name)
    for role in TAUGHT:
        for kind in KINDS:
            yield _style(theme, role, kind)
    for role in (*NUMBERS, *TAUGHT):
        for kind in DENSE:
            yield _style(theme, role, kind)
    for name in SAID:
        yield _style(theme, name)


def _style(theme: Theme, name: str, kind: str | None = None) -> NamedStyle:
    """A style of the theme; of numbers with the format of their kind."""
    look = theme.style(name)
    style = NamedStyle(
        name=PREFIX + (kind or "") + name,
        font=copy(look.font),
        fill=copy(look.fill),
        border=copy(look.border),
        alignment=copy(look.alignment),
        number_format=look.number_format,
        protection=copy(look.protection),
    )
    if kind in KINDS:
        style.number_format = theme.style(KINDS[kind]).number_format
    elif kind in DENSE:
        dense = theme.style(DENSE[kind])
        style.number_format = dense.number_format
        style.font = copy(look.font)
        style.font.sz = dense.font.sz
        style.alignment = copy(dense.alignment)
    return style
