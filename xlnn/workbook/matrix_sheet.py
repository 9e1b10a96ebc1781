"""The sheet of one matrix: what it is in words, and a band of numbers for each epoch."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from xlnn.maths.evaluate import Array
from xlnn.maths.expr import Expr
from xlnn.maths.recipe import Step
from xlnn.maths.shape_arithmetic import shape_arithmetic
from xlnn.maths.words import notation, sentence
from xlnn.training.trace import Trace
from xlnn.workbook.band_rows import BandRows, name_of
from xlnn.workbook.bands import Bands
from xlnn.workbook.cells import Batches, Cell, Epochs, Link, Page, RecurringLinks, Row
from xlnn.workbook.labels import LabelSource
from xlnn.workbook.live_texts import SHOWN_DIGITS, live_text, named_text
from xlnn.workbook.plan import (
    IN_NUMBERS,
    MAP,
    SETTINGS,
    START,
    Area,
    Grid,
    Plan,
    Sheet,
    cell_name,
)
from xlnn.workbook.texts import Texts, about, axis_name, notes

DATA = re.compile("[Xy](_test|)")
"""The names of data as it enters the network."""

TITLE, NOTATION, SENTENCE, WHY, NOTE, IN_NAMES = range(1, IN_NUMBERS)
IN_SHAPES, LINKS = IN_NUMBERS + 1, IN_NUMBERS + 2
"""The rows above the first band, the same on every sheet."""

TITLE_HEIGHT, NOTATION_HEIGHT = 24.0, 20.0
"""In points: programs that do not fit rows to their text would cut these off."""


def matrix_page(plan: Plan, sheet: Sheet, trace: Trace, texts: Texts, labels: LabelSource) -> Page:
    """The page of a matrix."""
    bands = BandRows(plan, sheet, trace, texts, labels)
    writer = _MatrixSheet(bands)
    return Page(
        name=sheet.name,
        rows=writer.rows(),
        dimension=f"A1:{cell_name(sheet.last_row, bands.last_column)}",
        widths=bands.widths,
        links=list(writer.links()),
        freeze=cell_name(NOTATION + 1, 2),
    )


class _MatrixSheet:
    """Writes one sheet."""

    def __init__(self, rows: BandRows) -> None:
        self._bands = Bands(rows)
        self.plan, self.sheet, self.texts = rows.plan, rows.sheet, rows.texts
        self.trace, self.described = rows.trace, rows.trace.experiment.description

    def rows(self) -> Iterator[Row | Epochs]:
        yield from self._head()
        name, plan = self.sheet.name, self.plan
        for epochs in plan.stretches_of(name):
            grids = [Grid(epochs, batches) for batches in plan.batch_groups_of(name)]
            if whole := self._bands.whole_epochs(grids):
                yield Epochs(len(epochs), [Batches(1, [whole])])
                continue
            groups = [Batches(len(grid.batches), [*self._bands.parts(grid)]) for grid in grids]
            yield Epochs(len(epochs), groups)

    def _head(self) -> Iterator[Row]:
        member, texts = self.sheet.member, self.texts
        title = texts["matrix"]["title"].format(number=member.number, name=member.name)
        yield Row(TITLE, [Cell(1, "title", title)], TITLE_HEIGHT)
        yield Row(NOTATION, [Cell(1, "notation", self._notation())], NOTATION_HEIGHT)
        if isinstance(member, Step):
            words = sentence(member.name, member.expr, texts["phrases"])
            yield Row(SENTENCE, [Cell(1, "text", words)])
        # Data that a step computes from raw data is scaled.
        scaled = isinstance(member, Step) and DATA.fullmatch(member.name)
        what = "data" + DATA.sub(r"\1_scaled", member.name) if scaled else member.name
        yield Row(WHY, [Cell(1, "text", about(texts, "why", what))])
        yield Row(NOTE, [Cell(1, "note", notes(texts, member.name, self.described))])
        if isinstance(member, Step):
            yield Row(IN_NAMES, [Cell(1, "text", named_text(member))])
            live = live_text(self.plan, member.name)
            text = live.text(self._values(live.area), SHOWN_DIGITS)
            yield Row(IN_NUMBERS, [Cell(live.column, "text", text, live.formula)])
        yield Row(IN_SHAPES, [Cell(1, "text", self._shapes())])
        ways = self._ways()
        for row in (LINKS, LINKS + 1):
            cells = [
                Cell(column, "link", text)
                for (place, column), (text, _) in ways.items()
                if place == row
            ]
            yield Row(row, cells)

    def _values(self, area: Area) -> dict[str, Array]:
        """The matrix of an area, and what it is computed from."""
        return {name: self.trace[name, *area.reads_at] for name in (area.matrix, *area.reads)}

    def _shapes(self) -> str:
        """The shape of the matrix, what is counted along its sides, and how a step comes to it."""
        member, texts = self.sheet.member, self.texts
        rows, columns = member.shape.rows, member.shape.columns
        return str(
            texts["matrix"]["shape"].format(
                shape=shape_arithmetic(member.expr) if isinstance(member, Step) else member.shape,
                rows=axis_name(texts, rows.name),
                columns=axis_name(texts, columns.name, "columns"),
            )
        )

    def _notation(self) -> str:
        member = self.sheet.member
        if isinstance(member, Step):
            return f"{member.name} = {notation(member.expr)}"
        recipe = self.plan.recipe
        given = "given" if member in (*recipe.data, *recipe.drawn) else "start_value"
        return f"{member.name}  ({self.texts['start'][given]})"

    def _ways(self) -> dict[tuple[int, int], tuple[str, str]]:
        """The links at the top: by row and column, the text and the sheet it leads to."""
        words = self.texts["links"]
        names = self.plan.pages
        place = names.index(self.sheet.name)
        back = names[place - 1] if place else SETTINGS
        onward = names[place + 1] if place + 1 < len(names) else START
        return {
            (LINKS, 1): (words["map"], MAP),
            (LINKS, 2): (words["back"], back),
            (LINKS + 1, 1): (words["start"], START),
            (LINKS + 1, 2): (words["next"], onward),
        }

    def links(self) -> Iterator[Link | RecurringLinks]:
        """All links of the sheet: those at the top, and the operands' titles."""
        for (row, column), (_, target) in self._ways().items():
            yield Link(cell_name(row, column), f"{target}!A1")
        if self.sheet.arrangement.operands:
            for grid in self.plan.grids(self.sheet.name):
                links = partial(self._band_links, grid)
                yield RecurringLinks(len(grid.epochs), len(grid.batches), links)

    def _band_links(self, grid: Grid, epoch: int, batch: int) -> list[Link]:
        moment = self.plan.epochs[grid.epochs[epoch]], grid.batches[batch]
        first = self.plan.band_row(self.sheet.name, *moment)
        return [
            Link(
                cell_name(first + placement.title_row, placement.column),
                self._source(placement.view, *moment),
            )
            for placement in self.plan.arrangement(self.sheet.name, moment[1]).operands
        ]

    def _source(self, view: Expr, epoch: int, batch: int) -> str:
        """The place where an operand is computed, or chosen."""
        name = name_of(view)
        if name in self.plan.recipe.settings:
            return f"{SETTINGS}!{cell_name(self.plan.setting_row(name), 2)}"
        area = self.plan.matrix(name, epoch, batch)
        return f"{area.sheet}!{area.range}"
