"""Audits a workbook of anyone's by a map."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from pathlib import Path
from time import perf_counter

from xlnn.audit.engines import Engine
from xlnn.audit.reading import StoredWorkbook
from xlnn.audit.recomputed import Evidence
from xlnn.audit.report import Finding, Report
from xlnn.audit.theirs.comparison import Compared, Order, compare
from xlnn.audit.theirs.coverage import moments_text, skipped
from xlnn.audit.theirs.map_file import read_map
from xlnn.audit.theirs.workbook_map import WorkbookMap, held_against
from xlnn.progress import Progress


def audit_mapped(
    book: StoredWorkbook,
    map: str | Path,
    engines: Sequence[tuple[Engine, str]],
    tolerance: float,
    progress: Progress,
) -> Report:
    """Recomputes a workbook, and compares each matrix that a map tells of with what NumPy derives
    from the workbook's own inputs. ``engines`` come with their versions.

    Raises MapError for a map that cannot be used, WorkbookError for a workbook that it does not
    fit, EngineError for an engine that fails.
    """
    began = perf_counter()
    theirs = held_against(read_map(map), book)
    found: dict[tuple[str, str], tuple[Order, Finding]] = {}
    evidence, every = [], []
    for engine, version in engines:
        progress(f"recomputing with {engine.name}", 0, 0)
        started = perf_counter()
        values = engine.recompute(book.path)
        seconds = perf_counter() - started
        each = Evidence(engine=engine.name, version=version, values=values, seconds=seconds)
        progress("comparing", 0, 0)
        compared = compare(theirs, book, each, tolerance)
        for order, finding in compared.findings:
            # What several engines find is told once.
            found.setdefault((finding.sheet, finding.cell), (order, finding))
        evidence.append(each.result())
        every.append(compared)
    return Report(
        workbook=str(book.path),
        tolerance=tolerance,
        cells=max(result.cells for result in evidence),
        engines=tuple(evidence),
        findings=tuple(finding for _, finding in sorted(found.values(), key=itemgetter(0))),
        notes=tuple(_notes(theirs, every)),
        sha256=book.sha256,
        seconds=perf_counter() - began,
        skipped=tuple(skipped(theirs)),
    )


def _notes(theirs: WorkbookMap, every: Sequence[Compared]) -> list[str]:
    """What a reader should know though it is no finding."""
    notes = []
    batches = theirs.schedule.batches
    typed = [
        name if len(moments) > 1 or batches > 1 else f"{name} ({moments_text(moments, batches)})"
        for name, moments in every[0].typed.items()
    ]
    if typed:
        notes.append(
            f"numbers without formulas, which will not follow an edited input: {', '.join(typed)}"
        )
    drifted = [moment for compared in every for moment in compared.drifted]
    if drifted:
        notes.append(
            f"from epoch {min(drifted).epoch} on differences in the last digit grow, or decide "
            f"between equal numbers: {len(drifted):,} cells are right by the cells that they read, "
            "but are not NumPy's"
        )
    return notes
