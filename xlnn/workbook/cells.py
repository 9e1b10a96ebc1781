"""What a sheet is made of before it is written: rows of cells, and its page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:  # what only reads workbooks does without openpyxl
    from openpyxl.worksheet.worksheet import Worksheet

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def clean_text(text: str) -> str:
    """The text without characters that no XML file can hold; each becomes �."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


class Slot(Enum):
    """What a cell of recurring rows holds that differs from one occurrence to the next."""

    NUMBER = "a number from an array"
    LABEL = "the index of a shared string, from an array"


class Passing(str):
    """A text that stands in one place of the workbook: it is written there, while other texts
    are shared strings, which are all held in memory."""

    __slots__ = ()


class Cell(NamedTuple):
    """A cell of a row: its column from 1, the name of its style, what it holds."""

    column: int
    style: str
    value: float | str | Slot | None = None
    """A formula's value is its cached value, a number or a text."""
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


Numbers = Callable[[range, range, range], npt.NDArray[np.float64]]
"""What the slots of some occurrences hold: for epochs, batches and places in a batch, of which one
kind may be many, an array of occurrences × slots."""


@dataclass(frozen=True, slots=True)
class Recurring:
    """Rows that recur in a batch, further down each time and with other numbers."""

    rows: Callable[[int, int, int], Sequence[Row]]
    """The rows of an occurrence, given its epoch, its batch and its place in that batch, all from
    0. Numbers are SLOTs; all else differs in whole numbers alone, which grow by the same step each
    time."""
    times: int = 1
    """How often they recur in a batch."""
    numbers: Numbers | None = None
    """None if there are no slots."""
    formula_cells: int = 0
    """How many cells of an occurrence have formulas."""


@dataclass(frozen=True, slots=True)
class Batches:
    """Batches of an epoch that are alike: in each, the same parts follow each other."""

    number: int
    parts: Sequence[Recurring]


@dataclass(frozen=True, slots=True)
class Epochs:
    """Epochs that are alike: in each, the same groups of batches follow each other."""

    number: int
    groups: Sequence[Batches]


class Link(NamedTuple):
    """A cell, and the place in the workbook that it leads to."""

    cell: str
    place: str


@dataclass(frozen=True, slots=True)
class RecurringLinks:
    """Links that recur in every batch of every epoch, further down each time."""

    epochs: int
    batches: int
    links: Callable[[int, int], Sequence[Link]]
    """Those of an epoch and a batch, both from 0."""


@dataclass(frozen=True, slots=True)
class Page:
    """A sheet: its rows, made while they are written, and what surrounds them."""

    name: str
    rows: Iterable[Row | Epochs]
    dimension: str
    """The range from A1 to the last cell."""
    widths: dict[int, float]
    """By column from 1, in characters."""
    links: Sequence[Link | RecurringLinks] = ()
    freeze: str | None = None
    """The first cell that scrolls."""
    printed: str | None = None
    """What is printed; None for all of it."""
    one_page: bool = False
    """Whether that goes on one page; else on as many as it takes, each as wide as the sheet."""
    dress: Callable[[Worksheet], None] | None = None
    """Adds what stands over the cells, such as a chart."""
