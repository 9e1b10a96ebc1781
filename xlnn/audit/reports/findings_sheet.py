"""The sheet Findings in a copy of the audited workbook: verdict, findings, evidence."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from xlnn.audit.report import KINDS, Report
from xlnn.audit.reports.causes import place
from xlnn.audit.reports.finding_rows import (
    HEADINGS,
    STEP_HEADINGS,
    WIDTHS,
    finding_cells,
    fitted,
    head,
    link_place,
    step_cells,
    text,
)
from xlnn.audit.reports.summary import difference_text, verdict
from xlnn.workbook.cells import Cell, Link, Page, Row
from xlnn.workbook.plan import MAX_LINKS, cell_name

LISTED = 100_000
"""So many findings at most; cells of further ones are marked and lead to the row that counts
them."""

ABOUT = (
    "cells of the stronger red are wrong in themselves, pale ones inherit a wrong number; each "
    "links to its row here, and each row to its cell; formulas and values are those of the file"
)


@dataclass(frozen=True)
class FindingsSheet:
    """Where everything stands on the sheet."""

    report: Report
    sheets: frozenset[str]
    """Those that can be linked to."""

    @cached_property
    def _facts(self) -> list[tuple[str, str]]:
        report = self.report
        return [
            ("file", report.workbook),
            ("SHA-256", report.sha256),
            *((("map", report.map), ("its SHA-256", report.map_sha256)) if report.map else ()),
            ("formula cells", f"{report.cells:,}"),
            ("tolerance", f"{report.tolerance:g}: the largest |a − b| / max(1, |b|) let pass"),
            *(
                (
                    f"{engine.name} {engine.version}",
                    f"{engine.cells:,} formula cells recomputed in {engine.seconds:.1f} s, largest "
                    f"difference from NumPy {difference_text(engine.max_rel_diff)}",
                )
                for engine in report.engines
            ),
            ("audited", f"{report.audited}, in {report.seconds:.1f} s"),
            *(("note", note) for note in report.notes),
            *(
                (("not compared", f"not in the map: {', '.join(report.skipped)}"),)
                if report.skipped
                else ()
            ),
            *((("marks", ABOUT),) if report.findings else ()),
        ]

    @cached_property
    def _heading(self) -> int:
        """The row of the table's headings."""
        return 4 + len(self._facts) + 1

    @property
    def _listed(self) -> int:
        return min(len(self.report.findings), LISTED)

    def row_of(self, number: int) -> int:
        """The row of a finding, counted from 0; of one that is not listed the row that says so."""
        return self._heading + 1 + min(number, self._listed)

    def page(self, name: str) -> Page:
        """The sheet under its name."""
        last = self._heading + self._listed + 2 + len(KINDS) + 3
        last += sum(len(engine.steps) + 1 for engine in self.report.engines)
        links = list(islice(self._links(name), MAX_LINKS))
        return Page(
            name=name,
            rows=self._rows({link.cell for link in links}),
            dimension=f"A1:{cell_name(last, len(HEADINGS))}",
            widths=dict(enumerate(WIDTHS, start=1)),
            links=links,
        )

    @property
    def filtered(self) -> str | None:
        """The range of the table, which can be filtered."""
        if not self._listed:
            return None
        first, last = self._heading, self._heading + self._listed
        return f"A{first}:{cell_name(last, len(HEADINGS))}"

    def _links(self, name: str) -> Iterator[Link]:
        """To the cell of each finding, and to the row of the cause that it comes from."""
        causes: dict[str, int] = {}
        for number, finding in enumerate(self.report.findings[: self._listed]):
            if finding.cause:
                causes.setdefault(place(finding), self.row_of(number))
        for number, finding in enumerate(self.report.findings[: self._listed]):
            row = self.row_of(number)
            if finding.sheet in self.sheets and finding.cell:
                yield Link(f"B{row}", link_place(finding.sheet, finding.cell))
            if finding.origin in causes:
                yield Link(f"I{row}", link_place(name, f"A{causes[finding.origin]}"))

    def _rows(self, linked: Set[str]) -> Iterator[Row]:
        report = self.report
        yield Row(1, [text(1, "Findings: what the audit of this workbook found", "title")], 24)
        sentence = verdict(report)
        tone = "good" if report.ok else "bad"
        first = text(1, sentence[0].upper() + sentence[1:], tone)
        yield Row(2, [first, *(Cell(column, tone) for column in range(2, 6))], 22)
        for row, (key, value) in enumerate(self._facts, start=4):
            yield Row(row, [text(1, key, "key"), text(2, value, "value")])
        row = self._heading
        if report.findings:
            yield fitted(row, head(1, HEADINGS), WIDTHS)
            for number, finding in enumerate(report.findings[: self._listed]):
                here = self.row_of(number)
                told = (
                    each._replace(style="link") if cell_name(here, each.column) in linked else each
                    for each in finding_cells(finding)
                )
                yield fitted(here, told, WIDTHS)
            row += self._listed + 1
            if more := len(report.findings) - self._listed:
                yield Row(
                    row, [text(1, f"… and {more:,} more: a .json report has all of them", "value")]
                )
            row += 1
            yield Row(row, [text(1, "What the kinds mean", "band")])
            found = {finding.kind for finding in report.findings}
            for kind in (kind for kind in KINDS if kind in found):
                row += 1
                yield Row(row, [text(1, kind, "key"), text(2, KINDS[kind], "value")])
            row += 2
        if report.engines:
            yield Row(row, [text(1, "How far the numbers are from NumPy’s", "band")])
            yield fitted(row + 1, head(1, STEP_HEADINGS), WIDTHS)
            cells = (each for engine in report.engines for each in step_cells(engine))
            for number, each in enumerate(cells, start=row + 2):
                yield Row(number, each)
