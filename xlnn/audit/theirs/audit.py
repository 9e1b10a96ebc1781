"""Audits a workbook of anyone's by a map."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from operator import itemgetter
from pathlib import Path
from time import perf_counter

from xlnn.audit.engines import Engine, timed
from xlnn.audit.recomputed import Evidence
from xlnn.audit.report import Finding, Report, now
from xlnn.audit.stored.workbook import StoredWorkbook
from xlnn.audit.theirs.comparison import Compared, compare
from xlnn.audit.theirs.coverage import moments_text, skipped
from xlnn.audit.theirs.map_file import read_map
from xlnn.audit.theirs.reasons import Order
from xlnn.audit.theirs.surroundings import check_surroundings, is_random
from xlnn.audit.theirs.workbook_map import WorkbookMap, held_against
from xlnn.audit.tolerance import drift_note
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
    random = is_random(theirs, book)
    with ThreadPoolExecutor(len(engines)) as pool:
        computed = [pool.submit(timed, engine, book.path) for engine, _ in engines]
    for (engine, version), done in zip(engines, computed, strict=True):
        progress(f"recomputing with {engine.name}", 0, 0)
        values, seconds = done.result()
        each = Evidence(engine=engine.name, version=version, values=values, seconds=seconds)
        progress("comparing", 0, 0)
        compared = compare(theirs, book, each, tolerance, is_random=random)
        for order, finding in compared.findings:
            # What several engines find is told once.
            found.setdefault((finding.sheet, finding.cell), (order, finding))
        evidence.append(each.result())
        every.append(compared)
    in_order = [finding for _, finding in sorted(found.values(), key=itemgetter(0))]
    return Report(
        workbook=str(book.path),
        tolerance=tolerance,
        cells=max(result.cells for result in evidence),
        engines=tuple(evidence),
        findings=(*check_surroundings(theirs, book), *in_order),
        notes=tuple(_notes(theirs, every, is_random=random)),
        sha256=book.sha256,
        seconds=perf_counter() - began,
        audited=now(),
        map=str(map),
        map_sha256=hashlib.sha256(Path(map).read_bytes()).hexdigest(),
        skipped=tuple(skipped(theirs)),
    )


def _notes(theirs: WorkbookMap, every: Sequence[Compared], *, is_random: bool) -> list[str]:
    """What a reader should know though it is no finding."""
    notes = []
    if is_random:
        notes.append(
            "some formulas give other numbers each time (RAND, NOW …): those in the file were not "
            "compared with the recomputed ones"
        )
    batches = theirs.schedule.batches
    typed = [
        name if len(moments) > 1 or batches > 1 else f"{name} ({moments_text(moments, batches)})"
        for name, moments in every[0].typed.items()
    ]
    if typed:
        notes.append(
            f"numbers without formulas, which will not follow an edited input: {', '.join(typed)}"
        )
    notes += every[0].doubts
    drifted = [moment for compared in every for moment in compared.drifted]
    if drifted:
        notes.append(drift_note(f"from epoch {min(drifted).epoch} on", len(drifted)))
    return notes
