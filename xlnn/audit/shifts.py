"""Rows and columns that were inserted into a sheet, or deleted from it, after it was built.

Spreadsheet programs change all references with them, so every number stays right; but no matrix
stands where the plan has it any more, and each formula that reads one looks changed. That it was a
program is seen by the names of the matrices: they move with the cells, and not with what somebody
types anew in another place.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from xlnn.audit.report import Finding, sheet_cause
from xlnn.audit.stored.references import Corners, Position, corners
from xlnn.audit.stored.workbook import StoredWorkbook
from xlnn.audit.strays import Ground, planned_places
from xlnn.workbook.plan import Plan, cell_name, column_name


def check_shift(book: StoredWorkbook, plan: Plan, ground: Ground) -> Iterator[Finding]:
    """The finding on a sheet from which names and most cells have moved, all by the same."""
    stored = book.sheet(ground.sheet)
    found, planned = {*stored.formulas, *stored.typed_numbers()}, planned_places(ground)
    if planned <= found:
        return
    named = _named(book, plan, ground.sheet)
    for axis, what in enumerate(("row", "column")):
        if (shift := _shift(named, axis)) is None:
            continue
        last, first, by = shift
        candidates = sorted({place[axis] for place in planned if last < place[axis] <= first})
        moved = {at: {_moved(place, axis, at, by) for place in planned} for at in candidates}
        at = max(candidates, key=lambda each: len(moved[each] & found), default=0)
        if at and len(moved[at] & found) > len(planned & found):
            yield _finding(ground.sheet, what, at, at + by)
            return


def _named(book: StoredWorkbook, plan: Plan, sheet: str) -> list[tuple[Corners, Corners]]:
    """Of the names of what stands on a sheet the cells that they mean by the plan, and now."""
    found = []
    for name, place in plan.names.items():
        there, _, cells = place.partition("!")
        now = book.meanings.get(name.casefold(), "").rpartition("!")[2]
        before, after = corners(cells), corners(now)
        if there == sheet and before and after:
            found.append((before, after))
    return found


def _shift(named: Collection[tuple[Corners, Corners]], axis: int) -> tuple[int, int, int] | None:
    """By how much names have moved along an axis, with the last row or column that has not moved
    and the first that has; None if they have not all moved alike."""
    ends: Mapping[int, int] = {
        before[end]: after[end] for before, after in named for end in (axis, axis + 2)
    }
    others = {(before[end], after[end]) for before, after in named for end in (1 - axis, 3 - axis)}
    by = {now - was for was, now in ends.items() if now != was}
    if len(by) != 1 or any(was != now for was, now in others):
        return None
    first = min(was for was, now in ends.items() if now != was)
    last = max((was for was, now in ends.items() if now == was), default=0)
    return (last, first, by.pop()) if last < first else None


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
    return sheet_cause(
        "structure",
        sheet,
        cell,
        f"{was} {done} on the sheet {sheet}: what belongs in {what} {before} and further "
        f"on stands from {what} {said} on, where Map and Settings do not have it, and no cell "
        f"can be checked until {'it is' if count == 1 else 'they are'} {undo}",
        expected=f"{what} {before}",
        found=f"{what} {said}",
    )
