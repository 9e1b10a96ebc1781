"""The sheet Loss: what was measured of every epoch, live where the epoch is live, with a chart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np

from xlnn.maths.evaluate import Array
from xlnn.maths.losses import LOSSES
from xlnn.maths.recipe import Step
from xlnn.maths.words import notation
from xlnn.training.trace import Trace
from xlnn.workbook.cells import Batches, Cell, Epochs, Link, Page, Recurring, Row, Slot
from xlnn.workbook.dress.loss import dress_loss
from xlnn.workbook.entries import filled
from xlnn.workbook.number_formats import number_format
from xlnn.workbook.plan import (
    LOSS,
    LOSS_COLUMN,
    LOSS_FIRST,
    MAP,
    START,
    Plan,
    cell_name,
)
from xlnn.workbook.texts import Texts, about
from xlnn.workbook.theme_file import Theme

TITLE, ABOUT, LIVE, LINKS, NOTATION, HEADER = 1, 2, 3, 4, 5, LOSS_FIRST - 1

WIDTH = 18.0


def loss_page(plan: Plan, trace: Trace, texts: Texts, theme: Theme) -> Page:
    """The page of the Loss."""
    last = cell_name(LOSS_FIRST + len(trace.loss) - 1, LOSS_COLUMN + len(trace.curves) - 1)
    return Page(
        name=LOSS,
        rows=_rows(plan, trace, texts),
        dimension=f"A1:{last}",
        widths={1: 10.0} | {LOSS_COLUMN + i: WIDTH for i in range(len(trace.curves))},
        links=[Link(cell_name(LINKS, 1), f"{MAP}!A1"), Link(cell_name(LINKS, 2), f"{START}!A1")],
        freeze=cell_name(LOSS_FIRST, 2),
        dress=lambda sheet: dress_loss(sheet, trace, texts, theme),
    )


def _rows(plan: Plan, trace: Trace, texts: Texts) -> Iterator[Row | Epochs]:
    words, recipe = texts["loss"], plan.recipe
    terms = recipe.members[LOSSES[trace.experiment.loss].matrix]
    assert isinstance(terms, Step)  # a loss is computed
    sums = "Σbatches Σ" if plan.batches > 1 else "Σ"
    yield Row(TITLE, [Cell(1, "title", words["title"])], 24.0)
    yield Row(ABOUT, [Cell(1, "text", words["batches" if plan.batches > 1 else "about"])])
    live = "all_live" if len(plan.epochs) == len(trace.loss) else "some_live"
    yield Row(LIVE, [Cell(1, "text", words[live].format(**texts["colour_of"]))])
    yield Row(
        LINKS, [Cell(1, "link", texts["links"]["map"]), Cell(2, "link", texts["links"]["start"])]
    )
    yield Row(NOTATION, [Cell(1, "notation", f"loss = {sums}({notation(terms.expr)})")], 20.0)
    titles = [words["epoch"], *(about(texts, "curve", name) or name for name in recipe.curves)]
    header = [Cell(i, "column title", title) for i, title in enumerate(titles, start=1)]
    yield Row(HEADER, header, 32.0)
    curves = np.column_stack([trace.curves[name] for name in recipe.curves])
    styles = [number_format(name, recipe, trace.values) for name in recipe.curves]
    for epochs in _runs(plan, len(trace.loss)):
        yield Epochs(1, [Batches(1, [_run(plan, epochs, curves, styles)])])


def _runs(plan: Plan, trained: int) -> Iterator[range]:
    """Epochs that follow each other and are alike: live, in one of the plan's stretches, or not."""
    stretch = {
        plan.epochs[index]: number
        for number, indexes in enumerate(plan.stretches)
        for index in indexes
    }
    first = 1
    for _, found in groupby(range(1, trained + 1), key=lambda epoch: stretch.get(epoch, -1)):
        number = sum(1 for _ in found)
        yield range(first, first + number)
        first += number


def _run(plan: Plan, epochs: range, curves: Array, styles: Sequence[str]) -> Recurring:
    live = epochs[0] in plan.epochs

    def rows(_epoch: int, _batch: int, time: int) -> list[Row]:
        epoch = epochs[time]
        number = LOSS_FIRST + epoch - 1
        cells = [Cell(1, "key", epoch)]
        for column, (name, style) in enumerate(
            zip(plan.recipe.curves, styles, strict=True), start=LOSS_COLUMN
        ):
            if not live:
                cells.append(Cell(column, f"{style}trained", Slot.NUMBER))
                continue
            area = plan.matrix(name, epoch)
            formula = plan.formula(area, 0, 0)
            assert formula is not None  # what is measured is computed
            array = filled(area, formula) if formula.array else None
            cells.append(Cell(column, f"{style}result", Slot.NUMBER, formula.text, array))
        return [Row(number, cells)]

    def numbers(_epochs: range, _batches: range, times: range) -> Array:
        found: Array = curves[epochs[times.start] - 1 : epochs[times.stop - 1]]
        return found

    return Recurring(rows, len(epochs), numbers, len(plan.recipe.curves) if live else 0)
