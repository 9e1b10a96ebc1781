"""A workbook about several audited workbooks: a row for each, and all findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import IO

from xlnn.audit.report import Report
from xlnn.audit.reports.finding_rows import (
    HEADINGS,
    LOOKS,
    STEP_HEADINGS,
    WIDTHS,
    finding_cells,
    head,
    number,
    step_cells,
    text,
)
from xlnn.audit.reports.findings_sheet import LINKED, LISTED
from xlnn.audit.reports.marked_copy import FINDINGS, FINDINGS_ENTRY
from xlnn.audit.reports.package import (
    BOOK,
    MAIN,
    RELATIONS,
    SHEETS,
    TYPES,
    WORKBOOK,
    ContentTypes,
    Relation,
    relations_of,
    write_relations,
)
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
from xlnn.workbook.archive import Archive
from xlnn.workbook.cells import Cell, Link, Page, Row
from xlnn.workbook.plan import cell_name
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

_FIRST = 5
"""The row of the first workbook on the sheet Summary."""

_NAME = 44.0

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
    numbers = styles.add_looks(LOOKS, load_theme())
    types = ContentTypes(
        {"rels": "application/vnd.openxmlformats-package.relationships+xml"},
        {
            BOOK: WORKBOOK,
            "xl/styles.xml": f"{SHEETS}styles+xml",
            "docProps/core.xml": "application/vnd.openxmlformats-package.core-properties+xml",
            **dict.fromkeys(_ENTRIES.values(), f"{SHEETS}worksheet+xml"),
        },
    )
    office = RELATIONS[MAIN]
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
        TYPES: types.document(),
        relations_of(""): write_relations(
            [
                Relation("rId1", f"{office}/officeDocument", f"/{BOOK}"),
                Relation("rId2", core, "/docProps/core.xml"),
            ]
        ),
        BOOK: book.encode(),
        relations_of(BOOK): write_relations(
            [
                *(
                    Relation(f"rId{i}", f"{office}/worksheet", f"/{entry}")
                    for i, entry in enumerate(_ENTRIES.values(), start=1)
                ),
                Relation("rIdStyles", f"{office}/styles", "/xl/styles.xml"),
            ]
        ),
        "xl/styles.xml": styles.document(),
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
                filtered=filtered if page.name == FINDINGS else None,
            ),
        )


def _findings(results: Sequence[Result]) -> int:
    """How many findings are listed."""
    return min(LISTED, sum(len(each.findings) for each in results if isinstance(each, Report)))


def _summary_page(results: Sequence[Result]) -> Page:
    def rows() -> Iterator[Row]:
        yield Row(1, [text(1, f"Audit of {len(results):,} workbooks", "title")], 24)
        tone = "bad" if exit_status(results) else "good"
        told = text(1, verdict_of_all(results), tone)
        yield Row(2, [told, *(Cell(column, tone) for column in range(2, 6))], 22)
        yield Row(_FIRST - 1, head(1, _TOP))
        for row, result in enumerate(results, start=_FIRST):
            yield Row(row, _summary_cells(result))

    links: list[Link] = []
    row = 2
    for place, result in enumerate(results, start=_FIRST):
        if isinstance(result, Report) and result.findings and len(links) < LINKED:
            links.append(Link(f"A{place}", f"{FINDINGS}!A{min(row, LISTED)}"))
            row += len(result.findings)
    return Page(
        name=SUMMARY,
        rows=rows(),
        dimension=f"A1:{cell_name(_FIRST - 1 + len(results), len(_TOP))}",
        widths=dict(enumerate((_NAME, 12, 10, 12, 12, 14, 10, 70, 90), start=1)),
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
        yield Row(1, head(1, ("workbook", *HEADINGS)))
        listed = (
            (result, finding)
            for result in results
            if isinstance(result, Report)
            for finding in result.findings
        )
        for row, (result, finding) in enumerate(listed, start=2):
            if row > LISTED + 1:
                more = "… and more: a .json report has all of them"
                yield Row(row, [text(1, more)])
                return
            # No links here: the cells are in other files, which may be anywhere by then.
            cells = (
                cell._replace(style="value") if cell.style == "link" else cell
                for cell in finding_cells(finding, first=2)
            )
            yield Row(row, [text(1, result.workbook), *cells])

    return Page(
        name=FINDINGS,
        rows=rows(),
        dimension=f"A1:{cell_name(_findings(results) + 1, len(HEADINGS) + 1)}",
        widths=dict(enumerate((_NAME, *WIDTHS), start=1)),
        freeze="A2",
    )


def _evidence_page(results: Sequence[Result]) -> Page:
    def rows() -> Iterator[Row]:
        yield Row(1, head(1, ("workbook", *STEP_HEADINGS)))
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
        widths=dict(enumerate((_NAME, 24, 16, 12, 14, 14), start=1)),
        freeze="A2",
    )
