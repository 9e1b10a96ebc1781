"""Reports as files: JSON for programs, HTML to read and print, Excel to sort and filter."""

from __future__ import annotations

import html
import json
import math
import zipfile
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from xlnn.audit.report import EngineResult, Finding, Report
from xlnn.errors import OutputError

SUFFIXES = (".json", ".html", ".xlsx")

MARK = "xlnn audit"
"""What tells a report that may be replaced from any other file."""


def check_report_path(path: Path, workbooks: Sequence[Path]) -> None:
    """Raises OutputError for a report that could not or must not be written, before any work is
    done: an earlier report is replaced, nothing else."""
    if path.suffix.lower() not in SUFFIXES:
        raise OutputError(f"{path}: a report's name ends in {', '.join(SUFFIXES)}")
    if not path.parent.is_dir():
        raise OutputError(f"{path}: the folder {path.parent} does not exist")
    if path.exists() and not _is_report(path):
        raise OutputError(f"{path} exists and is no earlier report: choose another name")
    for workbook in workbooks:
        if path.exists() and workbook.exists() and path.samefile(workbook):
            raise OutputError(f"{path} is to be audited: choose another name for the report")


def _is_report(path: Path) -> bool:
    """Whether a file was written here."""
    if not path.is_file():
        return False
    if path.suffix.lower() == ".xlsx":
        try:
            with zipfile.ZipFile(path) as archive:
                return MARK.encode() in archive.read("docProps/core.xml")
        except (zipfile.BadZipFile, KeyError):
            return False
    with path.open(encoding="utf-8", errors="replace") as file:
        start = file.read(1000)
    return MARK in start or ('"workbook":' in start and start.lstrip().startswith(("{", "[")))


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that could not be audited."""

    workbook: str
    error: str


def save_reports(reports: Sequence[Report | Unreadable], path: Path) -> None:
    """Writes reports to a file in the format of its name: a single one as it is, several as a
    list. Raises OutputError."""
    try:
        if path.suffix.lower() == ".json":
            documents = [_document(report) for report in reports]
            content = documents[0] if len(documents) == 1 else documents
            path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")
        elif path.suffix.lower() == ".html":
            path.write_text(_page(reports), "utf-8")
        else:
            _book(reports).save(path)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}") from error


def _document(report: Report | Unreadable) -> dict[str, Any]:
    if isinstance(report, Unreadable):
        return {"workbook": report.workbook, "ok": False, "error": report.error}
    return report.to_dict()


# --- HTML -----------------------------------------------------------------------------

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem }
table { border-collapse: collapse; margin: 1rem 0; width: 100% }
th, td { border: 1px solid #ccc; padding: .3rem .6rem; text-align: left; overflow-wrap: anywhere }
th { background: #44546a; color: #fff }
.ok { color: #14602a } .bad { color: #9c1c1c } .inherited { color: #666 }
"""


def _page(reports: Sequence[Report | Unreadable]) -> str:
    bodies = "".join(_section(report) for report in reports)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{MARK}</title>"
        ""
        f"<style>{_STYLE}</style></head><body><h1>Audit</h1>{bodies}</body></html>\n"
    )


def _section(report: Report | Unreadable) -> str:
    if isinstance(report, Unreadable):
        return (
            f"<h2>{html.escape(report.workbook)}</h2>"
            f'<p class="bad">Not audited: {html.escape(report.error)}</p>'
        )
    verdict = (
        '<p class="ok">All agree.</p>'
        if report.ok
        else f'<p class="bad">{len(report.findings)} findings.</p>'
    )
    engines = _table(EngineResult, [astuple(engine) for engine in report.engines])
    notes = "".join(f"<p>{html.escape(note)}</p>" for note in report.notes)
    findings = _table(Finding, [astuple(finding) for finding in report.findings])
    return (
        f"<h2>{html.escape(report.workbook)}</h2>{verdict}"
        f"<p>{report.cells} formula cells, tolerance {report.tolerance:g}</p>{engines}{notes}"
        f"{findings if report.findings else ''}"
    )


def _table(kind: type[EngineResult] | type[Finding], rows: Sequence[tuple[object, ...]]) -> str:
    head = "".join(f"<th>{field.name.replace('_', ' ')}</th>" for field in fields(kind))
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(_shown(value))}</td>" for value in row) + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _shown(value: object) -> str:
    return "" if value is None else str(value)


# --- Excel ----------------------------------------------------------------------------


def _book(reports: Sequence[Report | Unreadable]) -> Workbook:
    book = Workbook()
    book.properties.title = MARK
    evidence = book.active
    assert isinstance(evidence, Worksheet)  # a new workbook has one worksheet
    evidence.title = "Engines"
    findings = book.create_sheet("Findings")
    _append(evidence, ["workbook", *(field.name for field in fields(EngineResult)[:5])])
    _append(findings, ["workbook", *(field.name for field in fields(Finding))])
    for report in reports:
        if isinstance(report, Unreadable):
            _append(evidence, [report.workbook, report.error])
            continue
        for engine in report.engines:
            _append(evidence, [report.workbook, *astuple(engine)[:5]])
        for finding in report.findings:
            _append(findings, [report.workbook, *astuple(finding)])
    return book


def _append(sheet: Worksheet, values: Sequence[object]) -> None:
    row = (sheet.max_row + 1) if sheet["A1"].value is not None else 1
    for column, value in enumerate(values, start=1):
        cell = sheet.cell(row, column)
        cell.value = value if _is_storable(value) else None  # type: ignore[assignment]
        if isinstance(value, str):
            cell.data_type = "s"  # a formula that was found is shown, not computed


def _is_storable(value: object) -> bool:
    """Whether Excel has such a value: it knows neither NaN nor infinity."""
    return not isinstance(value, float) or math.isfinite(value)
