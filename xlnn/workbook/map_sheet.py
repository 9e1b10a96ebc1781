"""The sheet Map: where every matrix is, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from xlnn.workbook.cells import Cell, Epochs, Link, LinkedEpochs, Page, Passing, Recurring, Row
from xlnn.workbook.plan import MAP, MAP_FIRST, START, Area, Plan, cell_name
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
        dimension=f"A1:{cell_name(MAP_FIRST + _before(plan, len(plan.epochs)) - 1, len(COLUMNS))}",
        widths=dict(enumerate(WIDTHS, start=1)),
        links=list(_links(plan)),
        freeze=cell_name(MAP_FIRST, 2),
    )


def _before(plan: Plan, band: int) -> int:
    """How many matrices are listed before those of an epoch, which counts from 0."""
    once = sum(len(sheet.epochs) < len(plan.epochs) for sheet in plan.sheets)
    return band * (len(plan.sheets) - once) + (once if band else 0)


def _rows(plan: Plan, texts: Texts) -> Iterator[Row | Epochs]:
    yield Row(1, [Cell(1, "title", texts["map"]["title"])])
    yield Row(2, [Cell(1, "text", texts["map"]["about"])])
    yield Row(LINKS, [Cell(1, "link", texts["links"]["start"])])
    yield Row(
        MAP_FIRST - 1, [Cell(i, "column title", text) for i, text in enumerate(COLUMNS, start=1)]
    )
    for bands in plan.stretches:
        yield Epochs(len(bands), [Recurring(partial(_epoch_rows, plan, bands), 1)])


def _epoch_rows(plan: Plan, bands: range, index: int, _time: int) -> list[Row]:
    """The rows of an epoch."""
    rows = []
    for number, area in _numbered(plan, bands[index]):
        cells = []
        for column, (key, value) in enumerate(map_entry(area).items(), start=1):
            shown = ", ".join(value) if isinstance(value, list) else value
            shown = Passing(shown) if key == "range" else shown
            cells.append(Cell(column, "link" if column == 1 else "value", shown))
        rows.append(Row(number, cells))
    return rows


def _links(plan: Plan) -> Iterator[Link | LinkedEpochs]:
    yield Link(cell_name(LINKS, 1), f"{START}!A1")
    for bands in plan.stretches:
        yield LinkedEpochs(len(bands), partial(_epoch_links, plan, bands))


def _epoch_links(plan: Plan, bands: range, index: int) -> list[Link]:
    return [
        Link(cell_name(number, 1), f"{area.sheet}!{area.range}")
        for number, area in _numbered(plan, bands[index])
    ]


def _numbered(plan: Plan, band: int) -> Iterator[tuple[int, Area]]:
    """The matrices of an epoch, each with its row on the Map."""
    return enumerate(plan.matrices_of(band), start=MAP_FIRST + _before(plan, band))


def map_entry(area: Area) -> dict[str, str | int | list[str]]:
    """A matrix of one epoch as ``xlnn map --json`` lists it."""
    return {
        "name": area.matrix,
        "step": area.number,
        "epoch": area.epoch,
        "batch": 1,
        "sheet": area.sheet,
        "range": area.range,
        "rows": area.shape.rows.size,
        "columns": area.shape.columns.size,
        "kind": area.kind,
        "reads": list(area.reads),
    }
