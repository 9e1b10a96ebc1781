"""How cells look: named styles, each for one meaning.

Yellow and orange are the article's. They differ in lightness too, and a result has a
heavier border than a copy, so the two are told apart without seeing colours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side
from openpyxl.styles.stylesheet import write_stylesheet
from openpyxl.xml.functions import tostring

FONT = "Calibri"

NUMBER = "0.000"
# A format with conditions, [>=1E7]0.000E+00;0.000, would follow the number, but programs drop
# the minus sign of what falls to its last part.
LARGE_NUMBER = "0.000E+00"
SHARE = "0.0%"
GENERAL = "General"

QUOTED = "quoted "


def reads_like_formula(text: str) -> bool:
    """Whether a program would take a text for a formula when somebody edits its cell."""
    return text.startswith(("=", "+", "-", "@"))


YELLOW, ORANGE, BLUE, GREY = "FFF2A8", "F6B26B", "DCEBF7", "44546A"

_THIN = Side(style="thin", color="BFA15A")
_THICK = Side(style="medium", color="8A6D00")
_BLUE_LINE = Side(style="thin", color="7FA8CC")


def _box(side: Side) -> Border:
    return Border(left=side, right=side, top=side, bottom=side)


def _fill(color: str) -> PatternFill:
    return PatternFill("solid", start_color=color, end_color=color)


def _style(
    name: str,
    *,
    size: int = 11,
    bold: bool = False,
    italic: bool = False,
    color: str = "000000",
    underline: Literal["single"] | None = None,
    fill: str | None = None,
    border: Side | None = None,
    number: str = GENERAL,
    align: str | None = None,
    wrap: bool = False,
    indent: int = 0,
) -> NamedStyle:
    style = NamedStyle(name=f"xlnn {name}")
    style.font = Font(
        name=FONT, size=size, bold=bold, italic=italic, color=color, underline=underline
    )
    if fill:
        style.fill = _fill(fill)
    if border:
        style.border = _box(border)
    style.number_format = number
    style.alignment = Alignment(horizontal=align, vertical="center", wrap_text=wrap, indent=indent)
    return style


def _numbers(
    name: str, *, border: Side, fill: str | None = None, color: str = "000000"
) -> list[NamedStyle]:
    """A style for numbers with 3 decimals, one for whole numbers, very large ones, shares."""
    formats = {"": NUMBER, "whole ": GENERAL, "large ": LARGE_NUMBER, "share ": SHARE}
    return [
        _style(kind + name, fill=fill, border=border, color=color, number=number)
        for kind, number in formats.items()
    ]


def _styles() -> list[NamedStyle]:
    return [
        _style("title", size=16, bold=True, color=GREY),
        _style("subtitle", size=13, bold=True, color=GREY),
        _style("notation", size=13, bold=True),
        _style("text"),
        _style("comment", align="left", indent=1),
        _style("note", italic=True, color="7F4A00"),
        _style("link", color="1F4E9E", underline="single"),
        _style("band", bold=True, color="FFFFFF", fill=GREY),
        _style("heading", bold=True, color=GREY, align="center", wrap=True),
        _style("row heading", bold=True, color=GREY, align="right"),
        _style("column title", bold=True, color="FFFFFF", fill=GREY, wrap=True),
        _style("result title", bold=True),
        _style("operand title", color="1F4E9E", underline="single"),
        *_numbers("input", color="0B3D91", fill=BLUE, border=_BLUE_LINE),
        *_numbers("result", fill=YELLOW, border=_THICK),
        *_numbers("operand", fill=ORANGE, border=_THIN),
        *_numbers("carried", fill=ORANGE, border=_BLUE_LINE),
        *_numbers("trained", color=GREY, border=_BLUE_LINE),
        *_numbers("constant", color=GREY, border=_BLUE_LINE),
        _style("words"),
        _style("grid", size=8, align="center", number="0.00"),
        _style("key", bold=True, color=GREY),
        _style("value", align="left"),
        _style("number value", align="left", number="0.0E+00"),
    ]


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


def new_book() -> tuple[Workbook, Mapping[str, int]]:
    """An empty openpyxl workbook with the theme's styles, and their numbers by name.

    Each style has a second number, under its name with QUOTED in front, for texts that begin
    like a formula: a cell of that style stays text when somebody edits it.
    """
    book = Workbook()
    scratch = book.active
    assert scratch is not None  # a new workbook has one sheet
    numbers = {}
    for row, style in enumerate(_styles(), start=1):
        book.add_named_style(style)
        name = style.name.removeprefix("xlnn ")
        # A cell for each variant: openpyxl keeps the very object that a cell's style is.
        for column, prefix in enumerate(("", QUOTED), start=1):
            cell = scratch.cell(row, column)
            cell.style = style.name
            cell.quotePrefix = bool(prefix)
            numbers[prefix + name] = cell.style_id
    book.remove(scratch)
    return book, numbers
