"""The sheet Map: where every matrix is, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from xlnn.workbook.cells import (
    Batches,
    Cell,
    Epochs,
    Link,
    Page,
    Passing,
    Recurring,
    RecurringLinks,
    Row,
)
from xlnn.workbook.plan import MAP, MAP_FIRST, START, Area, Grid, Plan, cell_name
from xlnn.workbook.texts import Texts

COLUMNS = ("name", "step", "epoch", "batch", "sheet", "range", "rows", "columns", "kind", "reads")
"""What programs find in the header row, in any language."""

WIDTHS = (28, 7, 8, 8, 28, 14, 8, 10, 10, 60)
LINKS = 3


def map_page(plan: Plan, texts: Texts) -> Page:
    """The page of the Map."""
    return Page(
        name=MAP,
        rows=_rows(plan, texts),
        dimension=f"A1:{cell_name(_row(plan, len(plan.epochs)) - 1, len(COLUMNS))}",
        widths=dict(enumerate(WIDTHS, start=1)),
        links=list(_links(plan)),
        freeze=cell_name(MAP_FIRST, 2),
    )


def _row(plan: Plan, index: int, batch: int = 1) -> int:
    """The row of the first matrix that belongs to a batch of a shown epoch, which counts from 0.
    Those of the epoch itself stand below those of its last batch."""
    updates, once = len(plan.each_update), len(plan.once)
    each = plan.batches * updates + len(plan.each_epoch)
    return MAP_FIRST + once + index * each + (batch - 1) * updates


def _rows(plan: Plan, texts: Texts) -> Iterator[Row | Epochs]:
    yield Row(1, [Cell(1, "title", texts["map"]["title"])])
    yield Row(2, [Cell(1, "text", texts["map"]["about"])])
    yield Row(LINKS, [Cell(1, "link", texts["links"]["start"])])
    yield Row(
        MAP_FIRST - 1, [Cell(i, "column title", text) for i, text in enumerate(COLUMNS, start=1)]
    )
    for number, name in enumerate(plan.once, start=MAP_FIRST):
        yield _entry_row(number, plan.matrix(name, plan.epochs[0]))
    for epochs in plan.stretches:
        groups = [
            Batches(len(grid.batches), [Recurring(partial(_entry_rows, plan, grid))])
            for grid in _grids(plan, epochs)
        ]
        yield Epochs(len(epochs), groups)


def _grids(plan: Plan, epochs: range) -> Iterator[Grid]:
    """What the Map lists of some epochs: their batches, then as one more what is measured of the
    epoch."""
    for batches in plan.batch_groups:
        yield Grid(epochs, batches)
    yield Grid(epochs, range(plan.batches + 1, plan.batches + 2))


def _areas(plan: Plan, grid: Grid, epoch: int, batch: int) -> Iterator[tuple[int, Area]]:
    """The matrices that are listed of a batch, each with its row."""
    index, batch = grid.epochs[epoch], grid.batches[batch]
    measured = batch > plan.batches
    for number, name in enumerate(
        plan.each_epoch if measured else plan.each_update, start=_row(plan, index, batch)
    ):
        yield number, plan.matrix(name, plan.epochs[index], 1 if measured else batch)


def _entry_rows(plan: Plan, grid: Grid, epoch: int, batch: int, _time: int) -> list[Row]:
    return [_entry_row(number, area) for number, area in _areas(plan, grid, epoch, batch)]


def _entry_row(number: int, area: Area) -> Row:
    cells = []
    for column, (key, value) in enumerate(map_entry(area).items(), start=1):
        shown = ", ".join(value) if isinstance(value, list) else value
        shown = Passing(shown) if key == "range" else shown
        cells.append(Cell(column, "link" if column == 1 else "value", shown))
    return Row(number, cells)


def _links(plan: Plan) -> Iterator[Link | RecurringLinks]:
    yield Link(cell_name(LINKS, 1), f"{START}!A1")
    for number, name in enumerate(plan.once, start=MAP_FIRST):
        yield _link(number, plan.matrix(name, plan.epochs[0]))
    for epochs in plan.stretches:
        for grid in _grids(plan, epochs):
            links = partial(_entry_links, plan, grid)
            yield RecurringLinks(len(grid.epochs), len(grid.batches), links)


def _entry_links(plan: Plan, grid: Grid, epoch: int, batch: int) -> list[Link]:
    return [_link(number, area) for number, area in _areas(plan, grid, epoch, batch)]


def _link(number: int, area: Area) -> Link:
    return Link(cell_name(number, 1), f"{area.sheet}!{area.range}")


def map_entry(area: Area) -> dict[str, str | int | list[str]]:
    """A matrix of one epoch as ``xlnn map --json`` lists it."""
    return {
        "name": area.matrix,
        "step": area.number,
        "epoch": area.epoch,
        "batch": area.batch,
        "sheet": area.sheet,
        "range": area.range,
        "rows": area.shape.rows.size,
        "columns": area.shape.columns.size,
        "kind": area.kind,
        "reads": list(area.reads),
    }
