"""Findings as rows of a sheet: values alone, whatever was found."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

from xlnn.audit.report import EngineResult, Finding
from xlnn.audit.reports.causes import place, said
from xlnn.audit.reports.marks import shortened
from xlnn.audit.reports.style_sheet import Look
from xlnn.audit.reports.summary import step_name
from xlnn.audit.stored.references import quoted
from xlnn.experiment.values import MAX_TEXT
from xlnn.workbook.cells import Cell, Row
from xlnn.workbook.strings import escaped

LOOKS: Mapping[str, Look] = {
    "title": Look("title", vertical="center"),
    "band": Look("subtitle", vertical="center"),
    "good": Look("good", vertical="center"),
    "bad": Look("bad", vertical="center"),
    "key": Look("key"),
    "value": Look("value"),
    "text": Look("text", wrap=True),
    "cause": Look("bad", wrap=True),
    "link": Look("link", wrap=True),
    "whole": Look("whole number"),
    "small": Look("number value"),
    "head": Look("column title", wrap=True, vertical="center"),
}
"""The styles of a report's sheets, and those of the theme that they are like."""

HEADINGS = (
    "kind", "cell", "cause?", "step", "epoch", "what is wrong", "expected", "found", "comes from",
)  # fmt: skip

WIDTHS = (18.0, 32.0, 11.0, 10.0, 11.0, 62.0, 28.0, 28.0, 28.0)
"""In characters."""

STEP_HEADINGS = ("engine", "step", "cells compared", "largest |a − b|", "largest difference")


def text(column: int, value: str, style: str = "text") -> Cell:
    """A cell with a text, however it begins and however long it is."""
    return Cell(column, style, shortened(value, MAX_TEXT))


def number(column: int, value: float | None, style: str) -> Cell:
    """A cell with a number, or with none."""
    if value is None:
        return Cell(column, style)
    # Excel knows neither NaN nor infinity.
    if not math.isfinite(value):
        return text(column, "no number" if math.isnan(value) else str(value))
    return Cell(column, style, float(value))


def head(first: int, headings: Sequence[str]) -> list[Cell]:
    """The headings of a table."""
    return [text(column, each, "head") for column, each in enumerate(headings, start=first)]


LINE, MOST = 15.0, 400.0
"""The height of a line of text, and that of the highest row, in points."""

WIDE = 1.1
"""What a sign of a text takes of a column's width, in the fonts that programs fall back to."""

WRAPPED = ("text", "cause", "link", "head")


def fitted(number: int, cells: Iterable[Cell], widths: Sequence[float]) -> Row:
    """A row that is as high as its texts need: not every program finds that out by itself."""
    cells = list(cells)
    lines = max(
        (
            sum(math.ceil(max(1, len(line)) * WIDE / widths[cell.column - 1]) for line in told)
            for cell in cells
            if cell.style in WRAPPED and isinstance(cell.value, str)
            for told in [cell.value.split("\n")]
        ),
        default=1,
    )
    return Row(number, cells, min(MOST, lines * LINE) if lines > 1 else None)


def finding_cells(finding: Finding, first: int = 1) -> Iterator[Cell]:
    """The row of a finding, from a column on."""
    yield text(first, _kind(finding), "cause" if finding.cause else "text")
    yield text(first + 1, place(finding))
    yield text(first + 2, "cause" if finding.cause else "inherited", "text")
    yield number(first + 3, finding.step, "whole")
    yield number(first + 4, finding.epoch, "whole")
    yield text(first + 5, said(finding))
    yield _value(first + 6, finding.expected)
    yield _value(first + 7, finding.found)
    yield text(first + 8, finding.origin) if finding.origin else Cell(first + 8, "text")


def step_cells(engine: EngineResult, first: int = 1) -> Iterator[list[Cell]]:
    """A row for all that an engine has computed, and one for each step."""
    whole = (("all", engine.cells, engine.max_abs_diff, engine.max_rel_diff),)
    steps = (
        (step_name(each), each.cells, each.max_abs_diff, each.max_rel_diff) for each in engine.steps
    )
    for name, cells, absolute, relative in (*whole, *steps):
        yield [
            text(first, f"{engine.name} {engine.version}"),
            text(first + 1, name),
            number(first + 2, cells, "whole"),
            number(first + 3, absolute, "small"),
            number(first + 4, relative, "small"),
        ]


def location(sheet: str, cell: str) -> str:
    """A place in the workbook as links name it."""
    return f"{quoted(sheet)}!{cell}"


def link_place(sheet: str, cell: str) -> str:
    """The same as it stands in the XML of a sheet."""
    return escaped(location(sheet, cell)).replace('"', "&quot;")


def _kind(finding: Finding) -> str:
    return finding.kind + (f" ({finding.diagnosis})" if finding.diagnosis else "")


def _value(column: int, value: float | str | None) -> Cell:
    return text(column, value) if isinstance(value, str) else number(column, value, "value")
