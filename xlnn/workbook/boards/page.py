"""A board as a page: its blocks and words as rows of cells."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from xlnn.errors import PlanError
from xlnn.experiment.headings import headings
from xlnn.maths.expr import ONE, Axis
from xlnn.training.trace import Trace
from xlnn.workbook.band_rows import LINE
from xlnn.workbook.boards.board import COUNTED, Block, Board, Contents, Derived, Typed, cells
from xlnn.workbook.cells import Cell, Link, Page, Row
from xlnn.workbook.dress.dresses import DRESSES
from xlnn.workbook.number_formats import LARGE, number_format
from xlnn.workbook.plan import Area, cell_name, range_name
from xlnn.workbook.texts import Texts
from xlnn.workbook.theme_file import Theme

WIDTH, FIRST_WIDTH = 12.0, 18.0
"""Of columns, in characters."""

NUMBERED = ("input", "result", "operand", "constant")
"""The styles that have variants for whole and for large numbers."""


def board_page(board: Board, trace: Trace, texts: Texts, theme: Theme) -> Page:
    """The page of a board."""
    dress = DRESSES.get(board.name)
    values, last_column = built(board, trace, texts), board.last_column
    widths = {1: FIRST_WIDTH} | dict.fromkeys(range(2, last_column + 1), WIDTH)
    widths |= _title_widths(board, widths) | board.widths
    return Page(
        name=board.name,
        rows=_Cells(board, trace, texts).rows(values, widths),
        dimension=f"A1:{cell_name(board.last_row, last_column)}",
        widths=widths,
        links=board_links(board),
        freeze=board.freeze,
        printed=board.printed or f"A1:{cell_name(board.last_row, last_column)}",
        one_page=board.one_page,
        dress=None if dress is None else lambda sheet: dress(sheet, board, texts, trace, theme),
    )


def board_rows(board: Board, trace: Trace, texts: Texts) -> Iterator[Row]:
    """The rows of a board that stands on another page."""
    widths = dict.fromkeys(range(1, board.last_column + 1), WIDTH)
    return _Cells(board, trace, texts).rows(built(board, trace, texts), widths)


def board_links(board: Board) -> list[Link]:
    """The links of a board."""
    return [
        Link(cell_name(words.row, words.column), words.link) for words in board.words if words.link
    ]


def built(board: Board, trace: Trace, texts: Texts) -> Derived:
    """What a board shows when the workbook is built."""

    def area(area: Area) -> Contents:
        return trace[area.matrix, area.epoch, area.batch]

    def setting(name: str) -> Contents:
        return trace[name, board.plan.epochs[0]]

    def typed(block: Block) -> Contents:
        assert isinstance(block.content, Typed)  # all else has a value
        return block.content.fill(trace)

    def names(axis: Axis) -> list[str]:
        return names_along(trace, axis)

    def word(key: str) -> str:
        section, _, name = key.partition(".")
        return str(texts[section][name])

    return Derived(board, area, setting, names, word, typed)


def names_along(trace: Trace, axis: Axis) -> list[str]:
    """The names along an axis; numbers where it has none of its own."""
    if axis == ONE:
        return [""]
    if axis.name.startswith(COUNTED):
        return [str(place) for place in range(1, axis.size + 1)]
    return headings(trace.experiment, axis)[: axis.size]


def _title_widths(board: Board, widths: dict[int, float]) -> dict[int, float]:
    """Wider columns where a title would run into what stands to the right of it."""
    taken: dict[int, set[int]] = defaultdict(set)
    for block in board.blocks:
        if block.title is not None:
            taken[_title_row(block)].add(block.column)
    found: dict[int, float] = {}
    for block in board.blocks:
        if block.title is None:
            continue
        onward = [column for column in taken[_title_row(block)] if column > block.column]
        if onward:
            room = range(block.column, min(onward))
            missing = (
                len(block.title) * 1.15
                + 1
                - sum(found.get(column, widths[column]) for column in room)
            )
            if missing > 0:
                found[block.column] = found.get(block.column, widths[block.column]) + missing
    return found


def _title_row(block: Block) -> int:
    return block.row - (2 if block.headings else 1)


def _lines(cell: Cell, widths: dict[int, float]) -> int:
    """How many lines a heading takes when it is wrapped; 1 for any other cell."""
    if cell.style not in WRAPPED or not isinstance(cell.value, str):
        return 1
    return math.ceil(len(cell.value) * 1.2 / widths[cell.column])


WRAPPED = ("heading", "column title")


class _Cells:
    """Collects the cells of a board, row by row."""

    def __init__(self, board: Board, trace: Trace, texts: Texts) -> None:
        self.board, self.trace, self.texts = board, trace, texts

    def rows(self, values: Derived, widths: dict[int, float]) -> Iterator[Row]:
        rows: dict[int, dict[int, Cell]] = defaultdict(dict)
        for words in self.board.words:
            section, _, key = words.key.rpartition(".")
            text = self.texts[section or self.board.section][key] if words.key else "{text}"
            cell = Cell(
                words.column, words.style, text.format(**self.texts["colour_of"] | words.fields)
            )
            rows[words.row][words.column] = cell
        for block in self.board.blocks:
            for row, cell in self._around(block):
                rows[row][cell.column] = cell
            for row, cell in self._inside(block, values.of(block)):
                rows[row][cell.column] = cell
        for row in sorted(rows):
            found = [rows[row][column] for column in sorted(rows[row])]
            lines = max(_lines(cell, widths) for cell in found)
            yield Row(row, found, LINE * lines if lines > 1 else None)

    def _around(self, block: Block) -> Iterator[tuple[int, Cell]]:
        if block.title is not None:
            yield _title_row(block), Cell(block.column, "result title", block.title)
        if block.headings:
            for j, text in enumerate(
                names_along(self.trace, block.shape.columns), start=block.column
            ):
                yield block.row - 1, Cell(j, "heading", text)
        if block.labels:
            for i, text in enumerate(names_along(self.trace, block.shape.rows), start=block.row):
                yield i, Cell(block.column - 1, "row heading", text)

    def _inside(self, block: Block, values: Contents) -> Iterator[tuple[int, Cell]]:
        kind = block.kind
        if block.like is not None:
            kind = number_format(block.like, self.board.plan.recipe, self.trace.values)
        style = kind + block.style
        plain = values.dtype != object and not kind and block.style in NUMBERED
        if plain and np.nanmax(np.abs(values), initial=0) >= LARGE:
            style = f"large {style}"
        if values.dtype != object and np.isinf(values).any():
            raise PlanError(
                f"on the sheet {block.sheet}, {block.name} grows beyond the largest number that a "
                "computer holds: leave this sheet out (--extras) or scale the data"
            )
        for i, j in cells(block):
            formula = block.content.formula(block, i, j)
            value = values[i, j]
            if not isinstance(value, str):
                value = "" if np.isnan(value) else float(value)
            array = None
            if formula is not None and formula.array:
                window = formula.window
                array = range_name(
                    block.row + window.row,
                    block.column + window.column,
                    window.rows,
                    window.columns,
                )
            text = None if formula is None else formula.text
            yield block.row + i, Cell(block.column + j, style, value, text, array)
