"""The report for people: a page in one file, to read, to print, to keep.

It has no scripts and fetches nothing. What stands in the audited workbook is only ever text. No
date is told: which file was audited is told by its hash, and when by the report file's own time.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from pathlib import PurePath
from typing import IO

from xlnn.audit.report import KINDS, Finding, Report
from xlnn.audit.reports.causes import Cause, by_cause, grouped, place, said
from xlnn.audit.reports.page_style import STYLE
from xlnn.audit.reports.report_files import GENERATOR
from xlnn.audit.reports.summary import (
    Result,
    Unreadable,
    counted,
    difference_text,
    exit_status,
    inheriting,
    step_name,
    summary,
    verdict,
    verdict_of_all,
)
from xlnn.version import VERSION
from xlnn.workbook.cells import clean_text

CARDS, ROWS, HEIRS, OPEN = 50, 1000, 50, 12
"""How many causes are told at length, how many more in a table, how many of the cells that inherit
from one are listed, and up to how many without being asked. A .json report has all."""

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def write_page(results: Sequence[Result], file: IO[bytes]) -> None:
    """Writes the report on one workbook, or on several with a list of them first."""
    for piece in _page(results):
        file.write(piece.encode("utf-8", "replace"))


def _page(results: Sequence[Result]) -> Iterator[str]:
    single = len(results) == 1
    name = PurePath(results[0].workbook).name if single else f"{len(results):,} workbooks"
    said_first = verdict(results[0]) if single else verdict_of_all(results)
    yield (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f"{GENERATOR}<title>{_text(name)}: {_text(said_first)}</title>"
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE}</style></head>\n<body>\n"
        f'<header id="top"><h1>Audit of {_text(name)}</h1>\n'
        f"{_verdict(said_first, exit_status(results) == 0)}"
    )
    yield "</header>\n<main>\n" if single else f"{_list(results)}</header>\n<main>\n"
    for number, result in enumerate(results, start=1):
        yield f'<section id="workbook-{number}">\n'
        if not single:
            yield f"<h2>{_text(result.workbook)}</h2>\n"
            yield _verdict(verdict(result), exit_status([result]) == 0)
        if isinstance(result, Unreadable):
            yield f"<p>{_text(result.error)}</p>\n"
        else:
            yield from _body(result)
        if not single:
            yield '<p class="screen"><a href="#top">Back to the list</a></p>\n'
        yield "</section>\n"
    yield (
        f"</main>\n<footer>xlnn {VERSION}. A difference of a from b is |a − b| / max(1, |b|), "
        "where b is what NumPy derives from the workbook’s own inputs.</footer>\n</body></html>\n"
    )


def _verdict(sentence: str, good: bool) -> str:
    told = _text(sentence[0].upper() + sentence[1:])
    return f'<p class="verdict {"good" if good else "bad"}">{told}</p>\n'


def _list(results: Sequence[Result]) -> str:
    """A row for each workbook, which leads to its section."""
    rows = []
    for number, row in enumerate(map(summary, results), start=1):
        tone = "good" if row.verdict == "agrees" else "bad"
        rows.append(
            (
                f'<td><a href="#workbook-{number}">{_text(row.workbook)}</a></td>',
                f'<td class="plain {tone}">{row.verdict}</td>',
                _number(row.causes if row.seconds is not None else None),
                _number(row.inherited if row.seconds is not None else None),
                _number(row.max_rel_diff),
                _seconds(row.seconds),
            )
        )
    head = ("workbook", "verdict"), ("causes", "inherited", "largest difference", "seconds")
    return _table(*head, rows)


# --- One workbook ---------------------------------------------------------------------


def _body(report: Report) -> Iterator[str]:
    yield from _findings(report.findings)
    if report.notes:
        yield "<h3>Notes</h3>\n"
        yield from (f"<p>{_text(note)}</p>\n" for note in report.notes)
    if report.skipped:
        yield (
            "<h3>Skipped</h3>\n<p>Not in the map, so not compared: "
            f"{_text(', '.join(report.skipped))}.</p>\n"
        )
    yield from _evidence(report)
    if report.findings:
        yield "<h3>What the kinds of findings mean</h3>\n<dl>\n"
        found = {finding.kind for finding in report.findings}
        for kind in [*(kind for kind in KINDS if kind in found), *sorted(found - set(KINDS))]:
            yield f"<dt>{_kind(kind)}</dt><dd>{_text(KINDS.get(kind, ''))}</dd>\n"
        yield "</dl>\n"


def _findings(findings: Sequence[Finding]) -> Iterator[str]:
    """The causes in order of computation, each with what inherits from it."""
    causes, others = by_cause(findings)
    causes = grouped(causes)
    if causes:
        yield "<h3>Causes, in order of computation</h3>\n"
        yield from map(_cause, causes[:CARDS])
        if more := causes[CARDS : CARDS + ROWS]:
            yield "<h3>Further causes</h3>\n"
            rows = [
                (
                    f"<td>{_kind(cause.finding.kind)}</td>",
                    f'<td class="place">{_text(_places(cause))}</td>',
                    f"<td>{_text(said(cause.finding))}</td>",
                    _number(len(cause.heirs)),
                )
                for cause in more
            ]
            yield _table(("kind", "cell", "what is wrong"), ("cells that inherit",), rows)
        if rest := sum(1 + len(cause.alike) for cause in causes[CARDS + ROWS :]):
            yield f"<p>… and {rest:,} more; a .json report has all of them.</p>\n"
    if others:
        what = f"{inheriting(len(others))} from these"
        yield _folded(what, others) if causes else f"<h3>Findings</h3>\n{_heirs(others)}"


def _cause(cause: Cause) -> str:
    """A cause at length."""
    finding = cause.finding
    where = [
        f"step {finding.step}" if finding.step is not None else "",
        f"epoch {finding.epoch}" if finding.epoch is not None else "",
        finding.diagnosis.replace("-", " ") if finding.diagnosis else "",
    ]
    told = ", ".join(filter(None, where))
    values = "".join(
        f"<dt>{what}</dt><dd><code>{_value(value)}</code></dd>"
        for what, value in (("expected", finding.expected), ("found", finding.found))
        if value is not None
    )
    inherited = ""
    if number := len(cause.alike):
        inherited += _folded(f"{counted(number, 'more cell')} like it", cause.alike)
    if number := len(cause.heirs):
        inherited += _folded(f"{inheriting(number)} from it", cause.heirs)
    return (
        f'<article class="cause"><h4>{_kind(finding.kind)} {_text(place(finding))}'
        f"{f' <span class=quiet>{_text(told)}</span>' if told else ''}</h4>\n"
        f"<p>{_text(said(finding))}</p>\n{f'<dl>{values}</dl>' if values else ''}"
        f"{inherited}</article>\n"
    )


def _places(cause: Cause) -> str:
    """Where a cause is, and how many are like it."""
    more = f" and {len(cause.alike):,} more" if cause.alike else ""
    return f"{place(cause.finding)}{more}"


def _folded(title: str, findings: Sequence[Finding]) -> str:
    """Findings under a title that opens them; on paper, and if they are few, they are open."""
    state = " open" if len(findings) <= OPEN else ""
    return f"<details{state}><summary>{title}</summary>{_heirs(findings)}</details>\n"


def _heirs(findings: Sequence[Finding]) -> str:
    """A table of findings, as far as a page can hold them."""
    rows = [
        (
            f'<td class="place">{_text(place(finding))}</td>',
            _number(finding.step),
            _number(finding.epoch),
            _code(finding.expected),
            _code(finding.found),
        )
        for finding in findings[:HEIRS]
    ]
    more = len(findings) - HEIRS
    note = f"<p>… and {more:,} more; a .json report has all of them.</p>\n" if more > 0 else ""
    return _table(("cell", "step", "epoch", "expected", "found"), (), rows) + note


def _evidence(report: Report) -> Iterator[str]:
    """What was compared, by which programs, and how far the numbers are apart."""
    facts = ""
    if report.map:
        facts = f"<dt>map</dt><dd>{_text(report.map)}</dd>\n"
        facts += f'<dt>its SHA-256</dt><dd class="hash">{report.map_sha256}</dd>\n'
    yield (
        "<h3>Evidence</h3>\n<dl>\n"
        f"<dt>file</dt><dd>{_text(report.workbook)}</dd>\n"
        f'<dt>SHA-256</dt><dd class="hash">{report.sha256}</dd>\n'
        f"{facts}"
        f"<dt>formula cells</dt><dd>{report.cells:,}</dd>\n"
        f"<dt>tolerance</dt><dd>{report.tolerance:g}</dd>\n"
        f"<dt>audited</dt><dd>{report.audited}, in {report.seconds:.1f} s</dd>\n</dl>\n"
    )
    if not report.engines:
        yield "<p>Nothing was recomputed.</p>\n"
        return
    yield _table(
        ("engine", "version"),
        ("cells compared", "largest |a − b|", "largest difference", "seconds"),
        [
            (
                f'<td class="plain">{_text(engine.name)}</td>',
                f'<td class="plain">{_text(engine.version)}</td>',
                _number(engine.cells),
                _number(engine.max_abs_diff),
                _number(engine.max_rel_diff),
                _seconds(engine.seconds),
            )
            for engine in report.engines
        ],
    )
    rows = [
        (
            f'<td class="plain">{_text(engine.name)}</td>',
            f'<td class="plain">{step_name(each)}</td>',
            _number(each.cells),
            _number(each.max_abs_diff),
            _number(each.max_rel_diff),
        )
        for engine in report.engines
        for each in engine.steps
    ]
    if rows:
        numbers = "cells compared", "largest |a − b|", "largest difference"
        table = _table(("engine", "step"), numbers, rows)
        yield f"<details><summary>Differences by step</summary>{table}</details>\n"


# --- Pieces ---------------------------------------------------------------------------


def _table(words: Iterable[str], numbers: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    """A table: headings of words, headings over numbers, rows of finished cells."""
    head = "".join(f'<th scope="col">{each}</th>' for each in words)
    head += "".join(f'<th scope="col" class="number">{each}</th>' for each in numbers)
    body = "\n".join(f"<tr>{''.join(row)}</tr>" for row in rows)
    return (
        f'<div class="wide"><table><thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n'
        "</tbody></table></div>\n"
    )


def _number(value: float | None) -> str:
    told = f"{value:,}" if isinstance(value, int) else difference_text(value)
    return f'<td class="number">{told}</td>'


def _seconds(value: float | None) -> str:
    return f'<td class="number">{"" if value is None else f"{value:.1f}"}</td>'


def _code(value: float | str | None) -> str:
    told = "" if value is None else f"<code>{_value(value)}</code>"
    return f'<td class="value">{told}</td>'


def _kind(kind: str) -> str:
    return f'<span class="kind">{_text(kind)}</span>'


def _value(value: float | str) -> str:
    if isinstance(value, float) and math.isnan(value):
        return "no number"
    return _text(value if isinstance(value, str) else repr(value))


def _text(text: str) -> str:
    return escape(clean_text(text))
