"""Rows and columns that were inserted into a sheet, or deleted from it, after it was built.

Spreadsheet programs change all references with them, so every number stays right; but no matrix
stands where the plan has it any more, and each formula that reads one looks changed.
"""

from __future__ import annotations

from collections.abc import Iterator

from xlnn.audit.report import Finding
from xlnn.audit.stored.references import Position
from xlnn.audit.stored.workbook import StoredWorkbook
from xlnn.audit.strays import Ground, planned_places
from xlnn.workbook.plan import cell_name, column_name


def check_shift(book: StoredWorkbook, ground: Ground) -> Iterator[Finding]:
    """The finding on a sheet all of whose formulas and numbers are there, some of them moved down
    or up, or to the right or left."""
    stored = book.sheet(ground.sheet)
    found, planned = {*stored.formulas, *stored.typed_numbers()}, planned_places(ground)
    if planned <= found:
        return
    for axis, what in enumerate(("row", "column")):
        there, here = (sorted({place[axis] for place in places}) for places in (planned, found))
        first, now = next(((a, b) for a, b in zip(there, here, strict=False) if a != b), (0, 0))
        if first and {_moved(place, axis, first, now - first) for place in planned} <= found:
            yield _finding(ground.sheet, what, first, now)
            return


def _moved(place: Position, axis: int, first: int, by: int) -> Position:
    """Where a cell stands after what begins at a row or column was moved."""
    row, column = place
    if place[axis] < first:
        return place
    return (row + by, column) if axis == 0 else (row, column + by)


def _finding(sheet: str, what: str, first: int, now: int) -> Finding:
    count = abs(now - first)
    was = f"{count:,} {what}{' was' if count == 1 else 's were'}"
    done, undo = ("inserted", "deleted") if now > first else ("deleted", "inserted again")
    said, before = ((str(n) if what == "row" else column_name(n)) for n in (now, first))
    cell = cell_name(now, 1) if what == "row" else cell_name(1, now)
    return Finding(
        kind="structure",
        sheet=sheet,
        cell=cell,
        matrix=sheet,
        step=None,
        epoch=None,
        expected=f"{what} {before}",
        found=f"{what} {said}",
        cause=True,
        message=f"{was} {done} on the sheet {sheet}: what belongs in {what} {before} and further "
        f"on stands from {what} {said} on, where Map and Settings do not have it, and nothing else "
        f"can be checked until {'it is' if count == 1 else 'they are'} {undo}",
    )
