"""The rows of a band, cell by cell: titles, headings, formulas, and slots for the numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from xlnn.experiment.headings import headings
from xlnn.maths.expr import ONE, Expr, Shape, matrices
from xlnn.maths.words import notation
from xlnn.training.trace import Trace
from xlnn.workbook.cells import Cell, Passing, Row, Slot
from xlnn.workbook.entries import filled
from xlnn.workbook.labels import Labels, LabelSource
from xlnn.workbook.number_formats import number_format
from xlnn.workbook.plan import Area, Arrangement, Placement, Plan, Sheet
from xlnn.workbook.texts import Texts
from xlnn.workbook.widths import column_widths

LEAST_COLUMNS = 5
"""A band's title bar is at least this wide, so that its title fits above a small matrix."""

LINE = 15.0
"""The height of a line of text in points."""


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
        shown = {name_of(placement.view) for placement in sheet.arrangement.placements}
        self.formats = {name: number_format(name, plan.recipe, trace.values) for name in shown}
        self.widths = column_widths(sheet, trace.experiment, self._title)

    def rows(self, index: int, batch: int, offsets: range, in_run: bool = False) -> list[Row]:
        """Some rows of a band, those that are not empty."""
        epoch = self.plan.epochs[index]
        first = self.plan.band_row(self.sheet.name, epoch, batch)
        arrangement = self.plan.arrangement(self.sheet.name, batch)
        areas = self._areas(epoch, batch, arrangement)
        rows = []
        for offset in offsets:
            found = self._cells(epoch, batch, offset, arrangement, areas, in_run)
            cells = sorted(found, key=lambda cell: cell.column)
            if cells:
                lines = max(_lines(cell, self.widths) for cell in cells)
                rows.append(Row(first + offset, cells, LINE * lines if lines > 1 else None))
        return rows

    def _areas(
        self, epoch: int, batch: int, arrangement: Arrangement
    ) -> list[tuple[Placement, Area]]:
        """What of a band has numbers, and where."""
        area = self.plan.matrix(self.sheet.name, epoch, batch)
        shown = [placement for placement in arrangement.operands if placement.shown]
        copies = self.plan.operands(self.sheet.name, epoch, batch)
        return [*zip(shown, copies, strict=True), (arrangement.result, area)]

    def _cells(
        self,
        epoch: int,
        batch: int,
        offset: int,
        arrangement: Arrangement,
        areas: Sequence[tuple[Placement, Area]],
        in_run: bool,
    ) -> Iterator[Cell]:
        """The cells of a row of a band, in no order."""
        if not offset:
            title = self._band_title(epoch, batch)
            for column in range(1, self.last_column + 1):
                yield Cell(column, "band", Passing(title) if column == 1 else None)
        for placement in arrangement.placements:
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

    def _band_title(self, epoch: int, batch: int) -> str:
        words, recurrence = self.texts["matrix"], self.sheet.recurrence
        if recurrence == "once":
            return str(words["every_epoch"])
        area = self.plan.matrix(self.sheet.name, epoch, batch)
        several = self.plan.batches > 1 and recurrence == "update"
        when = words["batch" if several else "epoch"].format(epoch=epoch, batch=batch)
        if area.role == "carried":
            before = words["batch_before" if batch > 1 else "epoch_before"].format(
                epoch=epoch - 1, batch=batch - 1
            )
            return str(words["carried"].format(when=when, before=before, new=area.reads[0]))
        drawn = self.sheet.member in self.plan.recipe.drawn
        if area.role == "input" and epoch > 1 and not drawn:
            return str(words["values"].format(when=when))
        return str(when)

    def _title(self, placement: Placement) -> str:
        title = block_title(placement.view, placement.shape)
        if placement.shown:
            return title
        return str(self.texts["matrix"]["left_out"].format(title=title))

    def _style(self, area: Area) -> str:
        shown = area.reads[0] if area.role == "operand" else area.matrix
        return self.formats[shown] + area.role


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
