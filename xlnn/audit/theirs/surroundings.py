"""What is said of a mapped workbook besides its numbers: what is hidden, stale, or elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator

from xlnn.audit.cell_values import is_number
from xlnn.audit.place import CellOf, links_in, was_computed
from xlnn.audit.report import Finding
from xlnn.audit.stored.workbook import StoredWorkbook
from xlnn.audit.theirs.blocks import Cell
from xlnn.audit.theirs.workbook_map import WorkbookMap
from xlnn.audit.visibility import check_hidden, check_visibility
from xlnn.maths.difference import differences

_RANDOM = re.compile(r"\b(RAND|RANDBETWEEN|RANDARRAY|NOW|TODAY)\s*\(", re.IGNORECASE)
"""What gives another number each time that it is computed."""


def mapped_sheets(map: WorkbookMap) -> list[str]:
    """The sheets on which mapped blocks stand."""
    blocks = (block for here in map.blocks.values() for found in here.values() for block in found)
    return list(dict.fromkeys(part.sheet for block in blocks for part in block.cells.ranges))


def check_surroundings(map: WorkbookMap, book: StoredWorkbook) -> Iterator[Finding]:
    """The findings on hidden sheets, rows and columns where mapped blocks stand, and on formulas
    that are not computed by themselves."""
    sheets = mapped_sheets(map)
    for finding in check_visibility(book):
        if not finding.sheet or finding.sheet in sheets:
            yield finding
    for sheet in sheets:
        yield from check_hidden(book, sheet)


def is_random(map: WorkbookMap, book: StoredWorkbook) -> bool:
    """Whether numbers are drawn anew each time that the workbook is computed, so that those in
    the file are never the same."""
    return any(
        _RANDOM.search(stored.text)
        for sheet in mapped_sheets(map)
        for stored in book.sheet(sheet).formulas.values()
    )


def linked_files(book: StoredWorkbook, cell: Cell) -> str:
    """The other files that a cell's formula reads; nothing where it reads none."""
    stored = book.formula(*cell)
    if stored is None:
        return ""
    named = dict(enumerate(book.external_links, start=1))
    return " and ".join(named.get(link, "of no name") for link in links_in(stored.text))


def stale_value(book: StoredWorkbook, cell: Cell, found: float, tolerance: float) -> float | None:
    """The number that the file carries for a formula, if it is another than the formula gives."""
    cached = book.value(*cell)
    if book.formula(*cell) is None or not is_number(cached):
        return None
    if not was_computed(book, CellOf(*cell, "")):
        return None  # a program that does not compute has saved the file
    return None if differences(cached, found) <= tolerance else float(cached)
