"""The rows of a band, cell by cell: titles, headings, formulas, and slots for the numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from xlnn.experiment.headings import headings
from xlnn.maths.expr import ONE, Expr, Shape, matrices
from xlnn.maths.words import notation
from xlnn.training.trace import Trace
from xlnn.workbook.cells import Cell, Passing, Row, Slot
from xlnn.workbook.entries import filled
from xlnn.workbook.labels import Labels, LabelSource
from xlnn.workbook.plan import Area, Placement, Plan, Sheet
from xlnn.workbook.texts import Texts
from xlnn.workbook.widths import column_widths

LEAST_COLUMNS = 5
"""A band's title bar is at least this wide, so that its title fits above a small matrix."""

LINE = 15.0
"""The height of a line of text in points."""

LARGE = 1e7
"""From here on numbers are shown as powers of ten; -9999999.999 still fits the least width."""


class BandRows:
    """The rows of the bands of one sheet.

    A band is counted by its place among the shown epochs, from 0, and so are its rows.
    """

    def __init__(
        self, plan: Plan, sheet: Sheet, trace: Trace, texts: Texts, labels: LabelSource
    ) -> None:
        self.plan, self.sheet, self.trace, self.texts = plan, sheet, trace, texts
        self.labels = labels
        self.last_column = max(sheet.last_column, LEAST_COLUMNS)
        shown = {name_of(placement.view) for placement in sheet.placements}
        self.formats = {name: self._format(name) for name in shown}
        self.widths = column_widths(sheet, trace.experiment, self._title)

    def rows(self, band: int, offsets: range, in_run: bool = False) -> list[Row]:
        """Some rows of a band, those that are not empty."""
        epoch = self.sheet.epochs[band]
        first = self.plan.band_row(self.sheet.name, epoch)
        areas = self._areas(epoch)
        rows = []
        for offset in offsets:
            cells = sorted(self._cells(epoch, offset, areas, in_run), key=lambda cell: cell.column)
            if cells:
                lines = max(_lines(cell, self.widths) for cell in cells)
                rows.append(Row(first + offset, cells, LINE * lines if lines > 1 else None))
        return rows

    def _areas(self, epoch: int) -> list[tuple[Placement, Area]]:
        """What of a band has numbers, and where."""
        area = self.plan.matrix(self.sheet.name, epoch)
        shown = [placement for placement in self.sheet.operands if placement.shown]
        copies = self.plan.operands(self.sheet.name, epoch)
        return [*zip(shown, copies, strict=True), (self.sheet.result, area)]

    def _cells(
        self, epoch: int, offset: int, areas: Sequence[tuple[Placement, Area]], in_run: bool
    ) -> Iterator[Cell]:
        """The cells of a row of a band, in no order."""
        if not offset:
            title: str | None = self._band_title(epoch)
            for column in range(1, self.last_column + 1):
                yield Cell(column, "band", Passing(title) if column == 1 else None)
        for placement in self.sheet.placements:
            if offset == placement.title_row:
                style = "result title" if placement.place == "result" else "operand title"
                yield Cell(placement.column, style, self._title(placement))
            if placement.shown and offset == placement.row - 1:
                texts = headings(self.trace.experiment, placement.shape.columns)
                for j, text in enumerate(texts, start=placement.column):
                    if text:
                        yield Cell(j, "heading", text)
        for placement, area in areas:
            i = offset - placement.row
            if 0 <= i < placement.rows:
                yield from self._label(placement, i, in_run)
                yield from self._numbers(area, i)

    def _label(self, placement: Placement, i: int, in_run: bool) -> Iterator[Cell]:
        """The heading of a row."""
        labels = self.labels_of(placement)
        if not labels.texts:
            return
        if in_run:
            value = labels.texts[i] if labels.grow else Slot.LABEL
            yield Cell(placement.column - 1, labels.style, value)
        elif labels.texts[i]:
            yield Cell(placement.column - 1, "row heading", labels.texts[i])

    def labels_of(self, placement: Placement) -> Labels:
        """The headings of a matrix's rows; none where they have none, or others beside them."""
        return self.labels.of(ONE if placement.place == "beside" else placement.shape.rows)

    def _numbers(self, area: Area, i: int) -> Iterator[Cell]:
        """A row of a matrix."""
        style = self._style(area)
        for j in range(area.shape.columns.size):
            formula = self.plan.formula(area, i, j)
            text = formula.text if formula else None
            array = filled(area, formula) if formula and formula.array else None
            yield Cell(area.column + j, style, Slot.NUMBER, text, array)

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

    def _title(self, placement: Placement) -> str:
        title = block_title(placement.view, placement.shape)
        if placement.shown:
            return title
        return str(self.texts["matrix"]["left_out"].format(title=title))

    def _style(self, area: Area) -> str:
        shown = area.reads[0] if area.role == "operand" else area.matrix
        return self.formats[shown] + area.role

    def _format(self, name: str) -> str:
        """How a matrix is shown: whole numbers (data, and settings as typed) without decimals,
        very large ones as powers of ten."""
        if name in self.plan.recipe.settings:
            return "whole "
        if name in [given.name for given in self.plan.recipe.data]:
            values = self.trace.values.block(name, 0, 1)
            if (values == np.rint(values)).all():
                return "whole "
        return "large " if self.trace.values.largest[name] >= LARGE else ""


def block_title(view: Expr, shape: Shape) -> str:
    """Such as ``woutᵀ  (1×3)``."""
    return f"{notation(view)}  ({shape})"


def name_of(view: Expr) -> str:
    """The matrix that a view shows."""
    (matrix,) = matrices(view)
    return matrix.name


def _lines(cell: Cell, widths: dict[int, float]) -> int:
    """How many lines a column's heading takes when it is wrapped; 1 for any other cell."""
    if cell.style != "heading" or not isinstance(cell.value, str):
        return 1
    return math.ceil(len(cell.value) * 1.2 / widths[cell.column])
