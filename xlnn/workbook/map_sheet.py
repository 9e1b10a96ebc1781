"""The sheet Map: where every matrix is, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator

from xlnn.workbook.cells import Cell, Page, Row
from xlnn.workbook.plan import MAP, MAP_FIRST, MAX_LINKS, START, Area, Plan, cell_name
from xlnn.workbook.texts import Texts

COLUMNS = ("name", "step", "epoch", "batch", "sheet", "range", "rows", "columns", "kind", "reads")
"""What programs find in the header row, in any language."""

WIDTHS = (28, 7, 8, 8, 28, 14, 8, 10, 10, 60)
LINKS = 3


def map_page(plan: Plan, texts: Texts) -> Page:
    """The page of the Map."""
    areas = list(plan.matrices())
    links = [(cell_name(LINKS, 1), f"{START}!A1")]
    for i, area in enumerate(areas):
        links.append((cell_name(MAP_FIRST + i, 1), f"{area.sheet}!{area.range}"))
    return Page(
        name=MAP,
        rows=_rows(areas, texts),
        dimension=f"A1:{cell_name(MAP_FIRST + len(areas) - 1, len(COLUMNS))}",
        widths=dict(enumerate(WIDTHS, start=1)),
        links=links[:MAX_LINKS],
        freeze=cell_name(MAP_FIRST, 2),
    )


def _rows(areas: list[Area], texts: Texts) -> Iterator[Row]:
    yield Row(1, [Cell(1, "title", texts["map"]["title"])])
    yield Row(2, [Cell(1, "text", texts["map"]["about"])])
    yield Row(LINKS, [Cell(1, "link", texts["links"]["start"])])
    yield Row(
        MAP_FIRST - 1, [Cell(i, "column title", text) for i, text in enumerate(COLUMNS, start=1)]
    )
    for number, area in enumerate(areas, start=MAP_FIRST):
        cells = []
        for column, value in enumerate(map_entry(area).values(), start=1):
            shown = ", ".join(value) if isinstance(value, list) else value
            cells.append(Cell(column, "link" if column == 1 else "value", shown))
        yield Row(number, cells)


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
