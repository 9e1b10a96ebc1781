"""What a sheet is made of before it is written: rows of cells, and its page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def clean_text(text: str) -> str:
    """The text without characters that no XML file can hold; each becomes �."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


class Cell(NamedTuple):
    """A cell of a row: its column from 1, the name of its style, what it holds."""

    column: int
    style: str
    value: float | str | None = None
    """A formula's value is its cached value."""
    formula: str | None = None
    """Without its ``=``."""
    array: str | None = None
    """The range that an array formula fills, on its first cell."""


class Row(NamedTuple):
    """A row from 1, and its cells from left to right."""

    number: int
    cells: Iterable[Cell]
    height: float | None = None
    """In points; None for the default."""


@dataclass(frozen=True, slots=True)
class Page:
    """A sheet: its rows, made while they are written, and what surrounds them."""

    name: str
    rows: Iterator[Row]
    dimension: str
    """The range from A1 to the last cell."""
    widths: dict[int, float]
    """By column from 1, in characters."""
    links: list[tuple[str, str]] = field(default_factory=list)
    """Cells and the places in the workbook that they lead to."""
    freeze: str | None = None
    """The first cell that scrolls."""
