"""The XML of a report's own sheets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from xlnn.audit.stored.markup import MAIN
from xlnn.workbook.cells import Epochs, Page, Passing, Row
from xlnn.workbook.plan import column_name
from xlnn.workbook.stream import sheet_chunks
from xlnn.workbook.strings import SharedStrings


def sheet_document(
    page: Page,
    styles: Mapping[str, int],
    shown: bool,
    strings: SharedStrings | None = None,
    filtered: str | None = None,
    namespace: str = MAIN,
) -> Iterator[bytes]:
    """A sheet of texts and numbers; ``shown`` if it is the one on top, ``filtered`` the range of a
    table that can be filtered. Without shared strings texts stand in their cells."""
    if strings is None:
        page = replace(page, rows=map(_with_own_texts, page.rows))
    columns = "".join(
        f'<col min="{column}" max="{column}" width="{width}" customWidth="1"/>'
        for column, width in page.widths.items()
    )
    selected = ' tabSelected="1"' if shown else ""
    frozen = ""
    if page.freeze:
        above = int(page.freeze.lstrip("A")) - 1
        frozen = (
            f'<pane ySplit="{above}" topLeftCell="{page.freeze}" activePane="bottomLeft" '
            'state="frozen"/><selection pane="bottomLeft"/>'
        )
    skeleton = (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        f'<worksheet xmlns="{namespace}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>'
        f'<dimension ref="A1"/><sheetViews><sheetView showGridLines="0"{selected} '
        f'workbookViewId="0">{frozen}</sheetView></sheetViews>'
        f'<sheetFormatPr defaultRowHeight="15"/><cols>{columns}</cols><sheetData/>'
        + (f'<autoFilter ref="{filtered}"/>' if filtered else "")
        + '<pageMargins left="0.5" right="0.5" top="0.6" bottom="0.6" header="0.3" footer="0.3"/>'
        '<pageSetup orientation="landscape" paperSize="9" fitToHeight="0"/></worksheet>'
    )
    assert not page.freeze or column_name(1) == page.freeze[0]
    return sheet_chunks(
        page, skeleton.encode(), styles, _NONE if strings is None else strings, lambda cells: None
    )


_NONE = SharedStrings()
"""What stays empty."""


def _with_own_texts(row: Row | Epochs) -> Row:
    assert isinstance(row, Row)  # nothing recurs in a report
    cells = (
        cell._replace(value=Passing(cell.value)) if isinstance(cell.value, str) else cell
        for cell in row.cells
    )
    return row._replace(cells=list(cells))
