"""The sheet of one matrix: what it is in words, and a band of numbers for each epoch."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import cached_property

import numpy as np

from xlnn.experiment.headings import headings
from xlnn.maths.evaluate import evaluate
from xlnn.maths.expr import Expr, Shape, matrices
from xlnn.maths.recipe import Step
from xlnn.maths.words import notation, sentence
from xlnn.training.trace import Array, Trace
from xlnn.workbook.cells import Cell, Page, Row
from xlnn.workbook.plan import (
    MAP,
    MAX_LINKS,
    SETTINGS,
    START,
    Area,
    Placement,
    Plan,
    Sheet,
    cell_name,
)
from xlnn.workbook.texts import Texts, about, axis_name

LEAST_WIDTH, MOST_WIDTH, MOST_HEADING, GAP_WIDTH = 13.0, 30.0, 60.0, 3.0
"""Column widths in characters."""

LEAST_COLUMNS = 5
"""A band's title bar is at least this wide, so that its title fits above a small matrix."""

LINE = 15.0
"""The height of a line of text in points."""

LARGE = 1e7
"""From here on numbers are shown as powers of ten; -9999999.999 still fits LEAST_WIDTH."""

Put = Callable[[int, Cell], None]
"""Puts a cell into a row."""

TITLE, NOTATION, SENTENCE, WHY, NOTE, LINKS = range(1, 7)
"""The rows above the first band."""


def matrix_page(plan: Plan, sheet: Sheet, trace: Trace, texts: Texts) -> Page:
    """The page of a matrix."""
    writer = _MatrixSheet(plan, sheet, trace, texts)
    return Page(
        name=sheet.name,
        rows=writer.rows(),
        dimension=f"A1:{cell_name(sheet.last_row, writer.last_column)}",
        widths=writer.widths,
        links=writer.links()[:MAX_LINKS],
        freeze=cell_name(NOTATION + 1, 2),
    )


def block_title(view: Expr, shape: Shape) -> str:
    """Such as ``woutᵀ  (1×3)``."""
    return f"{notation(view)}  ({shape})"


class _MatrixSheet:
    """Writes one sheet; holds what all its bands share."""

    def __init__(self, plan: Plan, sheet: Sheet, trace: Trace, texts: Texts) -> None:
        self.plan, self.sheet, self.trace, self.texts = plan, sheet, trace, texts
        self.last_column = max(sheet.last_column, LEAST_COLUMNS)
        self.placements = (*sheet.operands, sheet.result)
        shown = {name for placement in self.placements for name in _names(placement.view)}
        self.formats = {name: self._format(name) for name in shown}

    # --- The head of the sheet ---

    def rows(self) -> Iterator[Row]:
        yield from self._head()
        for epoch in self.sheet.epochs:
            yield from self._band(epoch)

    def _head(self) -> Iterator[Row]:
        member, texts = self.sheet.member, self.texts
        rows, columns = member.shape.rows, member.shape.columns
        shape = texts["matrix"]["shape"].format(
            shape=member.shape,
            rows=axis_name(texts, rows.name),
            columns=axis_name(texts, columns.name),
        )
        title = texts["matrix"]["title"].format(number=member.number, name=member.name)
        yield Row(TITLE, [Cell(1, "title", title)])
        yield Row(NOTATION, [Cell(1, "notation", self._notation())])
        words = [f"{shape}."]
        if isinstance(member, Step):
            words.insert(0, sentence(member.name, member.expr, texts["phrases"]))
        yield Row(SENTENCE, [Cell(1, "text", " ".join(words))])
        yield Row(WHY, [Cell(1, "text", about(texts, "why", member.name))])
        yield Row(NOTE, [Cell(1, "note", about(texts, "note", member.name))])
        ways = self._ways()
        for row in (LINKS, LINKS + 1):
            cells = [
                Cell(column, "link", text)
                for (place, column), (text, _) in ways.items()
                if place == row
            ]
            yield Row(row, cells)

    def _notation(self) -> str:
        member = self.sheet.member
        if isinstance(member, Step):
            return f"{member.name} = {notation(member.expr)}"
        given = "given" if member in self.plan.recipe.data else "start_value"
        return f"{member.name}  ({self.texts['start'][given]})"

    def _ways(self) -> dict[tuple[int, int], tuple[str, str]]:
        """The links at the top: by row and column, the text and the sheet it leads to."""
        words = self.texts["links"]
        names = [sheet.name for sheet in self.plan.sheets]
        place = names.index(self.sheet.name)
        back = names[place - 1] if place else SETTINGS
        onward = names[place + 1] if place + 1 < len(names) else START
        return {
            (LINKS, 1): (words["map"], MAP),
            (LINKS, 2): (words["back"], back),
            (LINKS + 1, 1): (words["start"], START),
            (LINKS + 1, 2): (words["next"], onward),
        }

    def links(self) -> list[tuple[str, str]]:
        """All links of the sheet: those at the top, and the operands' titles."""
        found = [
            (cell_name(row, column), f"{target}!A1")
            for (row, column), (_, target) in self._ways().items()
        ]
        for epoch in self.sheet.epochs:
            first = self.plan.band_row(self.sheet.name, epoch)
            for placement in self.sheet.operands:
                place = cell_name(first + placement.title_row, placement.column)
                found.append((place, self._source(placement.view, epoch)))
        return found

    def _source(self, view: Expr, epoch: int) -> str:
        """The place where an operand is computed, or chosen."""
        (name,) = _names(view)
        if name in self.plan.recipe.settings:
            return f"{SETTINGS}!{cell_name(self.plan.setting_row(name), 2)}"
        return f"{name}!{self.plan.matrix(name, epoch).range}"

    # --- A band ---

    def _band(self, epoch: int) -> Iterator[Row]:
        first = self.plan.band_row(self.sheet.name, epoch)
        rows: dict[int, list[Cell]] = {}

        def put(row: int, cell: Cell) -> None:
            rows.setdefault(row, []).append(cell)

        for column in range(1, self.last_column + 1):
            put(first, Cell(column, "band", self._band_title(epoch) if column == 1 else None))
        for placement in self.placements:
            self._put_words(first, placement, put)
        area = self.plan.matrix(self.sheet.name, epoch)
        areas = [area, *(self.plan.operands(self.sheet.name, epoch) if area.expr else ())]
        for each in areas:
            self._put_numbers(each, put)
        widths = self.widths
        for row in sorted(rows):
            cells = sorted(rows[row], key=lambda cell: cell.column)
            lines = max(_lines(cell, widths) for cell in cells)
            yield Row(row, cells, LINE * lines if lines > 1 else None)

    def _band_title(self, epoch: int) -> str:
        words = self.texts["matrix"]
        area = self.plan.matrix(self.sheet.name, epoch)
        if self.sheet.member in self.plan.recipe.data:
            return str(words["every_epoch"])
        if area.role == "carried":
            return str(words["carried"].format(epoch=epoch, before=epoch - 1, new=area.reads[0]))
        if area.role == "input" and epoch > 1:
            return str(words["values"].format(epoch=epoch))
        return str(words["epoch"].format(epoch=epoch))

    def _put_words(self, first: int, placement: Placement, put: Put) -> None:
        """A block's title, and the headings of its columns and rows."""
        style = "result title" if placement.place == "result" else "operand title"
        put(first + placement.title_row, Cell(placement.column, style, self._title(placement)))
        if not placement.shown:
            return
        experiment, shape = self.trace.experiment, placement.shape
        for i, text in enumerate(headings(experiment, shape.columns)):
            if text:
                put(first + placement.row - 1, Cell(placement.column + i, "heading", text))
        if placement.place != "beside":
            for i, text in enumerate(headings(experiment, shape.rows)):
                if text:
                    put(first + placement.row + i, Cell(placement.column - 1, "row heading", text))

    def _title(self, placement: Placement) -> str:
        title = block_title(placement.view, placement.shape)
        if placement.shown:
            return title
        return str(self.texts["matrix"]["left_out"].format(title=title))

    def _put_numbers(self, area: Area, put: Put) -> None:
        values = self._values(area)
        style = self._style(area)
        rows, columns = values.shape
        filled: dict[tuple[int, int], tuple[str, str | None]] = {}
        for formula in self.plan.formulas(area):
            window = formula.window
            first = area.row + window.row, area.column + window.column
            last = first[0] + window.rows - 1, first[1] + window.columns - 1
            array = f"{cell_name(*first)}:{cell_name(*last)}" if formula.array else None
            filled[window.row, window.column] = formula.text, array
        for i in range(rows):
            for j in range(columns):
                text, array = filled.get((i, j), (None, None))
                cell = Cell(area.column + j, style, float(values[i, j]), text, array)
                put(area.row + i, cell)

    def _values(self, area: Area) -> Array:
        if area.expr is None:
            return self.trace[area.matrix, area.epoch]
        if area.role == "operand":
            return evaluate(area.expr, self.trace.values[area.epoch])
        return self.trace[area.matrix, area.epoch]

    def _style(self, area: Area) -> str:
        shown = area.reads[0] if area.role == "operand" else area.matrix
        return self.formats[shown] + area.role

    def _format(self, name: str) -> str:
        """How a matrix is shown: whole numbers (data, and settings as typed) without decimals,
        very large ones as powers of ten."""
        if name in self.plan.recipe.settings:
            return "whole "
        values = self.trace.values[self.trace.epochs[0]][name]
        data = [given.name for given in self.plan.recipe.data]
        if name in data and (values == np.rint(values)).all():
            return "whole "
        return "large " if self._largest(name) >= LARGE else ""

    def _largest(self, name: str) -> float:
        """The largest number of a matrix over the shown epochs, without its sign."""
        return max(float(np.abs(values[name]).max()) for values in self.trace.values.values())

    # --- Widths ---

    @cached_property
    def widths(self) -> dict[int, float]:
        """Wide enough for numbers, headings and titles, within reason."""
        widths = {1: LEAST_WIDTH}
        experiment = self.trace.experiment
        for column in range(2, self.sheet.last_column + 1):
            widths[column] = GAP_WIDTH
        for placement in self.placements:
            columns = range(placement.column, placement.column + placement.columns)
            if placement.shown:
                texts = headings(experiment, placement.shape.columns)
                for column, text in zip(columns, texts, strict=True):
                    _widen(widths, column, len(text) + 2)
                if placement.place != "beside":
                    labels = headings(experiment, placement.shape.rows)
                    _widen(widths, placement.column - 1, max(map(len, labels)) + 2, MOST_HEADING)
        for placement in self.placements:
            onward = [
                other.column
                for other in self.placements
                if other.title_row == placement.title_row and other.column > placement.column
            ]
            if onward:  # else the title may run on to the right
                columns = range(placement.column, placement.column + placement.columns)
                room = sum(widths[column] for column in range(placement.column, min(onward)))
                missing = len(self._title(placement)) * 1.1 + 1 - room
                for column in columns:
                    widths[column] += max(0.0, missing / len(columns))
        return widths


def _lines(cell: Cell, widths: dict[int, float]) -> int:
    """How many lines a column's heading takes when it is wrapped; 1 for any other cell."""
    if cell.style != "heading" or not isinstance(cell.value, str):
        return 1
    return math.ceil(len(cell.value) * 1.2 / widths[cell.column])


def _widen(widths: dict[int, float], column: int, wanted: float, most: float = MOST_WIDTH) -> None:
    widths[column] = max(widths[column], min(most, max(LEAST_WIDTH, wanted)))


def _names(view: Expr) -> tuple[str, ...]:
    return tuple(matrix.name for matrix in matrices(view))
