"""A workbook about several audited workbooks: a row for each, and all findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import IO

from openpyxl.writer.theme import theme_xml

from xlnn.audit.report import Report
from xlnn.audit.reports.finding_rows import (
    HEADINGS,
    LOOKS,
    STEP_HEADINGS,
    WIDTHS,
    finding_cells,
    fitted,
    head,
    number,
    step_cells,
    text,
)
from xlnn.audit.reports.findings_sheet import LISTED
from xlnn.audit.reports.marked_copy import FINDINGS
from xlnn.audit.reports.report_files import FINDINGS_ENTRY
from xlnn.audit.reports.report_sheet import sheet_document
from xlnn.audit.reports.style_sheet import StyleSheet, no_styles
from xlnn.audit.reports.summary import (
    MARK,
    Result,
    Unreadable,
    exit_status,
    summary,
    verdict_of_all,
)
from xlnn.audit.stored.content_types import SPREADSHEET, WORKBOOK_TYPE, ContentTypes
from xlnn.audit.stored.markup import MAIN
from xlnn.audit.stored.package import (
    CONTENT_TYPES,
    PACKAGE_RELATIONS,
    RELATIONS,
    STRINGS,
    STYLES,
    WORKBOOK,
)
from xlnn.audit.stored.relations import OFFICE, Relation, write_relations
from xlnn.workbook.archive import Archive
from xlnn.workbook.cells import Cell, Link, Page, Row
from xlnn.workbook.plan import MAX_LINKS, cell_name
from xlnn.workbook.strings import SharedStrings
from xlnn.workbook.theme import load_theme

SUMMARY, EVIDENCE = "Summary", "Evidence"

_ENTRIES = {
    SUMMARY: "xl/worksheets/summary.xml",
    FINDINGS: FINDINGS_ENTRY,
    EVIDENCE: "xl/worksheets/evidence.xml",
}

_TOP = (
    "workbook", "verdict", "causes", "inherited", "largest difference", "formula cells",
    "seconds", "SHA-256", "notes",
)  # fmt: skip

_NAME = 40.0

_WIDTHS = (_NAME, 12.0, 10.0, 11.0, 12.0, 12.0, 10.0, 68.0, 60.0)

_ALL_WIDTHS = (_NAME, *WIDTHS)

_STEP_WIDTHS = (_NAME, 20.0, 14.0, 12.0, 12.0, 13.0)
"""In characters: of the three sheets."""

_FIRST = 5
"""The row of the first workbook on the sheet Summary."""

_CORE = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    b'<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/'
    b'core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>' + MARK.encode()
    + b"</dc:title></cp:coreProperties>"
)  # fmt: skip


def write_summary_book(results: Sequence[Result], file: IO[bytes]) -> None:
    """Writes the summary, all findings, and the evidence."""
    archive = Archive(file)
    try:
        for entry, chunks in _entries(results):
            archive.add(entry, chunks)
        archive.finish()
    finally:
        archive.close()


def _entries(results: Sequence[Result]) -> Iterator[tuple[str, Iterator[bytes]]]:
    styles = StyleSheet(no_styles(MAIN))
    theme, strings = load_theme(), SharedStrings()
    numbers, document = styles.add_looks(LOOKS, theme), theme.document or theme_xml
    types = ContentTypes(
        {"rels": "application/vnd.openxmlformats-package.relationships+xml"},
        {
            WORKBOOK: WORKBOOK_TYPE,
            STYLES: f"{SPREADSHEET}styles+xml",
            STRINGS: f"{SPREADSHEET}sharedStrings+xml",
            "xl/theme/theme1.xml": "application/vnd.openxmlformats-officedocument.theme+xml",
            "docProps/core.xml": "application/vnd.openxmlformats-package.core-properties+xml",
            **dict.fromkeys(_ENTRIES.values(), f"{SPREADSHEET}worksheet+xml"),
        },
    )
    office = OFFICE[MAIN]
    core = "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties"
    sheets = "".join(
        f'<sheet name="{name}" sheetId="{i}" r:id="rId{i}"/>'
        for i, name in enumerate(_ENTRIES, start=1)
    )
    book = (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        f'<workbook xmlns="{MAIN}" xmlns:r="{office}"><sheets>{sheets}</sheets>'
        '<calcPr fullCalcOnLoad="1"/></workbook>'
    )
    parts: Mapping[str, bytes] = {
        CONTENT_TYPES: types.document(),
        PACKAGE_RELATIONS: write_relations(
            [
                Relation("rId1", f"{office}/officeDocument", f"/{WORKBOOK}", False),
                Relation("rId2", core, "/docProps/core.xml", False),
            ]
        ),
        WORKBOOK: book.encode(),
        RELATIONS: write_relations(
            [
                *(
                    Relation(f"rId{i}", f"{office}/worksheet", f"/{entry}", False)
                    for i, entry in enumerate(_ENTRIES.values(), start=1)
                ),
                Relation("rIdStyles", f"{office}/styles", f"/{STYLES}", False),
                Relation("rIdStrings", f"{office}/sharedStrings", f"/{STRINGS}", False),
                Relation("rIdTheme", f"{office}/theme", "/xl/theme/theme1.xml", False),
            ]
        ),
        STYLES: styles.document(),
        "xl/theme/theme1.xml": document.encode() if isinstance(document, str) else document,
        "docProps/core.xml": _CORE,
    }
    for entry, content in parts.items():
        yield entry, iter([content])
    for page in (_summary_page(results), _findings_page(results), _evidence_page(results)):
        filtered = f"A1:{cell_name(max(2, _findings(results) + 1), len(HEADINGS) + 1)}"
        yield (
            _ENTRIES[page.name],
            sheet_document(
                page,
                numbers,
                shown=page.name == SUMMARY,
                strings=strings,
                filtered=filtered if page.name == FINDINGS else None,
            ),
        )
    yield STRINGS, strings.document()


def _findings(results: Sequence[Result]) -> int:
    """How many findings are listed."""
    return min(LISTED, sum(len(each.findings) for each in results if isinstance(each, Report)))


def _summary_page(results: Sequence[Result]) -> Page:
    def rows() -> Iterator[Row]:
        yield Row(1, [text(1, f"Audit of {len(results):,} workbooks", "title")], 24)
        tone = "bad" if exit_status(results) else "good"
        told = text(1, verdict_of_all(results), tone)
        yield Row(2, [told, *(Cell(column, tone) for column in range(2, 6))], 22)
        yield fitted(_FIRST - 1, head(1, _TOP), _WIDTHS)
        for row, result in enumerate(results, start=_FIRST):
            yield fitted(row, _summary_cells(result), _WIDTHS)

    links: list[Link] = []
    row = 2
    for place, result in enumerate(results, start=_FIRST):
        if isinstance(result, Report) and result.findings and len(links) < MAX_LINKS:
            links.append(Link(f"A{place}", f"{FINDINGS}!A{min(row, LISTED)}"))
            row += len(result.findings)
    return Page(
        name=SUMMARY,
        rows=rows(),
        dimension=f"A1:{cell_name(_FIRST - 1 + len(results), len(_TOP))}",
        widths=dict(enumerate(_WIDTHS, start=1)),
        links=links,
        freeze=f"A{_FIRST}",
    )


def _summary_cells(result: Result) -> Iterator[Cell]:
    row = summary(result)
    yield text(1, row.workbook, "link" if row.verdict == "findings" else "text")
    yield text(2, row.verdict, "good" if row.verdict == "agrees" else "cause")
    if isinstance(result, Unreadable):
        yield text(9, result.error)
        return
    yield number(3, row.causes, "whole")
    yield number(4, row.inherited, "whole")
    yield number(5, row.max_rel_diff, "small")
    yield number(6, result.cells, "whole")
    yield number(7, round(result.seconds, 2), "whole")
    yield text(8, result.sha256, "value")
    yield text(9, "\n".join(result.notes))


def _findings_page(results: Sequence[Result]) -> Page:
    def rows() -> Iterator[Row]:
        yield fitted(1, head(1, ("workbook", *HEADINGS)), _ALL_WIDTHS)
        listed = (
            (result, finding)
            for result in results
            if isinstance(result, Report)
            for finding in result.findings
        )
        for row, (result, finding) in enumerate(listed, start=2):
            if row > LISTED + 1:
                yield Row(row, [text(1, "… and more: a .json report has all of them", "value")])
                return
            # No links here: the cells are in other files, which may be anywhere by then.
            cells = [text(1, result.workbook), *finding_cells(finding, first=2)]
            yield fitted(row, cells, _ALL_WIDTHS)

    return Page(
        name=FINDINGS,
        rows=rows(),
        dimension=f"A1:{cell_name(_findings(results) + 1, len(HEADINGS) + 1)}",
        widths=dict(enumerate(_ALL_WIDTHS, start=1)),
        freeze="A2",
    )


def _evidence_page(results: Sequence[Result]) -> Page:
    def rows() -> Iterator[Row]:
        yield fitted(1, head(1, ("workbook", *STEP_HEADINGS)), _STEP_WIDTHS)
        row = 1
        for result in results:
            for engine in result.engines if isinstance(result, Report) else ():
                for cells in step_cells(engine, first=2):
                    row += 1
                    yield Row(row, [text(1, result.workbook), *cells])

    engines = (e for each in results if isinstance(each, Report) for e in each.engines)
    last = 1 + sum(len(engine.steps) + 1 for engine in engines)
    return Page(
        name=EVIDENCE,
        rows=rows(),
        dimension=f"A1:{cell_name(last, len(STEP_HEADINGS) + 1)}",
        widths=dict(enumerate(_STEP_WIDTHS, start=1)),
        freeze="A2",
    )
