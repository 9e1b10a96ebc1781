"""The sheet of one matrix: what it is in words, and a band of numbers for each epoch."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache, partial
from itertools import pairwise

import numpy as np

from xlnn.experiment.headings import headings
from xlnn.maths.evaluate import evaluate
from xlnn.maths.expr import ONE, Expr, Shape, matrices
from xlnn.maths.recipe import Step
from xlnn.maths.words import notation, sentence
from xlnn.training.trace import Array, Trace
from xlnn.workbook.cells import (
    Cell,
    Epochs,
    Link,
    LinkedEpochs,
    Page,
    Passing,
    Recurring,
    Row,
    Slot,
)
from xlnn.workbook.entries import filled
from xlnn.workbook.labels import Labels, LabelSource
from xlnn.workbook.pattern import IrregularError, learn
from xlnn.workbook.plan import (
    FIRST_BAND,
    MAP,
    MAX_COLUMNS,
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

LONG_RUN = 8
"""More rows than this that are alike are written row by row, unless the epochs are many more."""

TITLE, NOTATION, SENTENCE, WHY, NOTE, LINKS = range(1, 7)
"""The rows above the first band."""


def matrix_page(plan: Plan, sheet: Sheet, trace: Trace, texts: Texts, labels: LabelSource) -> Page:
    """The page of a matrix."""
    writer = _MatrixSheet(plan, sheet, trace, texts, labels)
    return Page(
        name=sheet.name,
        rows=writer.rows(),
        dimension=f"A1:{cell_name(sheet.last_row, writer.last_column)}",
        widths=writer.widths,
        links=list(writer.links()),
        freeze=cell_name(NOTATION + 1, 2),
    )


def block_title(view: Expr, shape: Shape) -> str:
    """Such as ``woutᵀ  (1×3)``."""
    return f"{notation(view)}  ({shape})"


class _MatrixSheet:
    """Writes one sheet; holds what all its bands share.

    A band's rows are counted from 0, its epoch by its place among the shown ones, from 0 too.
    """

    def __init__(
        self, plan: Plan, sheet: Sheet, trace: Trace, texts: Texts, labels: LabelSource
    ) -> None:
        self.plan, self.sheet, self.trace, self.texts = plan, sheet, trace, texts
        self.labels = labels
        self.last_column = max(sheet.last_column, LEAST_COLUMNS)
        self.placements = (*sheet.operands, sheet.result)
        shown = {name for placement in self.placements for name in _names(placement.view)}
        self.formats = {name: self._format(name) for name in shown}

    # --- The head of the sheet ---

    def rows(self) -> Iterator[Row | Epochs]:
        yield from self._head()
        for bands in self.plan.stretches_of(self.sheet.name):
            yield Epochs(len(bands), [*self._parts(bands)])

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

    def links(self) -> Iterator[Link | LinkedEpochs]:
        """All links of the sheet: those at the top, and the operands' titles."""
        for (row, column), (_, target) in self._ways().items():
            yield Link(cell_name(row, column), f"{target}!A1")
        if self.sheet.operands:
            for bands in self.plan.stretches_of(self.sheet.name):
                yield LinkedEpochs(len(bands), partial(self._band_links, bands))

    def _band_links(self, bands: range, index: int) -> list[Link]:
        epoch = self.sheet.epochs[bands[index]]
        first = self.plan.band_row(self.sheet.name, epoch)
        return [
            Link(
                cell_name(first + placement.title_row, placement.column),
                self._source(placement.view, epoch),
            )
            for placement in self.sheet.operands
        ]

    def _source(self, view: Expr, epoch: int) -> str:
        """The place where an operand is computed, or chosen."""
        (name,) = _names(view)
        if name in self.plan.recipe.settings:
            return f"{SETTINGS}!{cell_name(self.plan.setting_row(name), 2)}"
        return f"{name}!{self.plan.matrix(name, epoch).range}"

    # --- Bands ---

    def _parts(self, bands: range) -> Iterator[Recurring]:
        """What the bands of a stretch consist of: runs of rows that are alike, and what lies
        between them. Of many small bands, all rows are one part: the fewer parts, the faster, but
        a part is learned from occurrences that are written cell by cell."""
        height = self.sheet.height
        first = 0
        cells = sum(placement.rows * placement.columns for placement in self.placements)
        if cells > len(bands):
            for run in self._runs():
                if not self._is_regular(bands, run):
                    continue
                if run.start > first:
                    yield self._unrolled(bands, range(first, run.start))
                yield self._run(bands, run)
                first = run.stop
        yield self._unrolled(bands, range(first, height))

    def _runs(self) -> Iterator[range]:
        """The long runs of rows that the same matrices go through, without their first row, where
        array formulas may stand."""
        ends = {0, self.sheet.height}
        for placement in self.placements:
            if placement.shown:
                ends |= {placement.row, placement.row + placement.rows}
        for start, stop in pairwise(sorted(ends)):
            if stop - start > LONG_RUN and any(self._through(range(start, stop))):
                yield range(start + 1, stop)

    def _is_regular(self, bands: range, run: range) -> bool:
        """Whether the formulas of a run differ in row numbers alone. Those that read a matrix
        transposed go through its columns."""

        def formulas(_epoch: int, time: int) -> str:
            (row,) = self._rows(bands.start, run[time : time + 1], in_run=True)
            return " ".join(cell.formula for cell in row.cells if cell.formula)

        try:
            learn(formulas, 1, len(run))
        except IrregularError:
            return False
        return True

    def _through(self, rows: range) -> Iterator[tuple[Placement, range]]:
        """The matrices with numbers in some rows of a band, and which of their own rows these
        are."""
        for placement in sorted(self.placements, key=lambda placement: placement.column):
            if placement.shown:
                first = max(rows.start, placement.row) - placement.row
                last = min(rows.stop, placement.row + placement.rows) - placement.row
                if first < last:
                    yield placement, range(first, last)

    def _run(self, bands: range, run: range) -> Recurring:
        """Rows that are alike, one after the other."""
        through = list(self._through(run))

        @lru_cache(maxsize=1)
        def numbers_of(band: int) -> Array:
            columns = []
            for placement, rows in through:
                labels = self._labels(placement)
                if labels.texts and not labels.in_order:
                    columns.append(labels.indexes[rows.start : rows.stop])
                block = self._block(placement, range(band, band + 1))
                columns.append(block[0, rows.start : rows.stop])
            return np.hstack(columns)

        def rows(index: int, time: int) -> list[Row]:
            return self._rows(bands[index], run[time : time + 1], in_run=True)

        def numbers(epochs: range, times: range) -> Array:
            return numbers_of(bands[epochs.start])[times.start : times.stop]

        return Recurring(rows, len(run), numbers, self._formula_cells(bands, through) // len(run))

    def _unrolled(self, bands: range, part: range) -> Recurring:
        """Rows that stand once in each band."""
        through = list(self._through(part))
        places = np.concatenate(
            [
                np.add.outer(
                    (np.array(rows) + placement.row) * MAX_COLUMNS,
                    placement.column + np.arange(placement.columns),
                ).ravel()
                for placement, rows in through
            ]
            or [np.empty(0)]
        )
        order = np.argsort(places)  # as the slots follow each other in the text

        def rows(index: int, _time: int) -> list[Row]:
            return self._rows(bands[index], part)

        def numbers(epochs: range, _times: range) -> Array:
            wanted = range(bands[epochs.start], bands[epochs.stop - 1] + 1)
            blocks = [
                self._block(placement, wanted)[:, rows.start : rows.stop].reshape(len(wanted), -1)
                for placement, rows in through
            ]
            return np.concatenate(blocks, axis=1)[:, order]

        cells = self._formula_cells(bands, through)
        return Recurring(rows, 1, numbers if through else None, cells)

    def _formula_cells(self, bands: range, through: Sequence[tuple[Placement, range]]) -> int:
        area = self.plan.matrix(self.sheet.name, self.sheet.epochs[bands.start])
        if area.expr is None:
            return 0
        return sum(len(rows) * placement.columns for placement, rows in through)

    def _block(self, placement: Placement, bands: range) -> Array:
        """The numbers of a matrix, as it enters, in some bands: bands × rows × columns."""
        if placement.place == "result":
            return self.trace.values.block(self.sheet.name, bands.start, len(bands))
        (name,) = _names(placement.view)
        entered = self.trace.values.block(name, bands.start, len(bands))
        return np.stack([evaluate(placement.view, {name: values}) for values in entered])

    def _rows(self, band: int, offsets: range, in_run: bool = False) -> list[Row]:
        """Some rows of a band, those that are not empty."""
        first = FIRST_BAND + band * self.sheet.height
        epoch = self.sheet.epochs[band]
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
        for placement in self.placements:
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
        labels = self._labels(placement)
        if not labels.texts:
            return
        if in_run:
            value = labels.texts[i] if labels.in_order else Slot.LABEL
            yield Cell(placement.column - 1, labels.style, value)
        elif labels.texts[i]:
            yield Cell(placement.column - 1, "row heading", labels.texts[i])

    def _labels(self, placement: Placement) -> Labels:
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
