"""Rectangles of numbers on somebody's sheets, with the labels beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from xlnn.audit.cell_values import ErrorValue, is_number
from xlnn.audit.stored.workbook import StoredWorkbook
from xlnn.audit.theirs.draft.labels import is_heading, roles
from xlnn.audit.theirs.ranges import Range

NEAR = 3
"""A label stands so many cells above or to the left of its block at most."""

MAX_CELLS = 500_000
"""Larger sheets hold data, not labelled blocks."""

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Spot:
    """A rectangle of numbers that belong together, by their labels."""

    range: Range
    labels: tuple[str, ...]
    """What stands beside it, the nearest first."""
    lines: tuple[str, ...] = ()
    """The labels of its single rows or columns, where each has one of the same kind: w1, w2 …"""

    @property
    def label(self) -> str:
        """The nearest label that tells something; the nearest one where none does. A label of the
        whole tells more than those of its lines."""
        told = [label for label in self.labels if roles(label)]
        of_whole = [label for label in told if label not in self.lines]
        return next(iter([*of_whole, *told, *self.labels]), "")


def spots(book: StoredWorkbook) -> list[Spot]:
    """Every rectangle of numbers in a workbook, sheet by sheet, from top to bottom."""
    found = []
    for name in book.sheets:
        stored = book.sheet(name)
        texts = {
            place: value.strip()
            for place, value in stored.values.items()
            if isinstance(value, str) and not isinstance(value, ErrorValue) and value.strip()
        }
        numbers = {
            place
            for place, value in stored.values.items()
            if is_number(value) or isinstance(value, ErrorValue)
        }
        numbers |= {place for place in stored.formulas if place not in texts}
        if len(numbers) <= MAX_CELLS:
            found += _Sheet(name, numbers, texts).spots()
    return found


@dataclass(slots=True)
class _Sheet:
    name: str
    numbers: set[Place]
    texts: dict[Place, str]

    def spots(self) -> list[Spot]:
        found: list[Spot] = []
        for each in self._rectangles():
            found += self._split(each)
        joined = self._with_ones(found)
        return sorted(joined, key=lambda spot: (spot.range.row, spot.range.column))

    def _rectangles(self) -> Iterator[Range]:
        """Rows of cells without a gap, put together where those below are as wide."""
        lines: dict[int, list[int]] = {}
        for row, column in sorted(self.numbers):
            lines.setdefault(row, []).append(column)
        open_runs: dict[tuple[int, int], Range] = {}
        for row in sorted(lines):
            runs = _runs(lines[row])
            here: dict[tuple[int, int], Range] = {}
            for run in runs:
                above = open_runs.pop(run, None)
                if above is not None and above.last[0] == row - 1:
                    here[run] = replace(above, rows=above.rows + 1)
                else:
                    if above is not None:
                        yield above
                    here[run] = Range(self.name, row, run[0], 1, run[1] - run[0] + 1)
            yield from open_runs.values()
            open_runs = here
        yield from open_runs.values()

    # --- Labels ---

    def _split(self, whole: Range) -> list[Spot]:
        """A rectangle as the parts that labels at its rows, or its columns, tell."""
        left, above = whole.column - 1, whole.row - 1
        rows = [self.texts.get((whole.row + i, left), "") for i in range(whole.rows)]
        columns = [self.texts.get((above, whole.column + j), "") for j in range(whole.columns)]
        by_rows, by_columns = _groups(rows), _groups(columns)
        parts = []
        if len(by_rows) > 1 or (whole.rows > 1 and _is_list(rows)):
            for first, last in by_rows:
                part = replace(whole, row=whole.row + first, rows=last - first + 1)
                parts.append(self._spot(part, rows[first : last + 1]))
            return parts
        if len(by_columns) > 1 or (whole.columns > 1 and _is_list(columns)):
            for first, last in by_columns:
                part = replace(whole, column=whole.column + first, columns=last - first + 1)
                parts.append(self._spot(part, columns[first : last + 1]))
            return parts
        return [self._spot(whole, [])]

    def _spot(self, part: Range, lines: Sequence[str]) -> Spot:
        labels = tuple(dict.fromkeys(filter(None, self._labels(part))))
        stems = {stem(line) for line in lines}
        listed = len(lines) > 0 and len(stems) == 1 and "#" in next(iter(stems))
        return Spot(part, labels, tuple(lines) if listed else ())

    def _labels(self, part: Range) -> Iterator[str]:
        """What stands to the left of a block's first row and above it, the nearest first."""
        get, row, column = self.texts.get, part.row, part.column
        for near in range(1, NEAR + 1):
            if (row, column - near) in self.numbers:
                break
            if (text := get((row, column - near))) is not None:
                yield text
                break
        heading, above = get((row - 1, column), ""), get((row - 2, column), "")
        if is_heading(heading) and roles(above):
            yield above  # and below it the names of the columns
        for near in range(1, NEAR + 1):
            across = [column, column - 1, *range(column + 1, part.last[1] + 1)]
            if any((row - near, each) in self.numbers for each in across if each != column - 1):
                break
            yield from filter(None, (get((row - near, each)) for each in across))

    def _with_ones(self, found: list[Spot]) -> list[Spot]:
        """Lines of ones that are labelled as such, put together with the block that they go
        with."""
        joined: list[Spot] = []
        for spot in found:
            before = joined[-1] if joined else None
            if before is None or not _touches(before.range, spot.range):
                joined.append(spot)
            elif _is_ones(spot):
                joined[-1] = replace(before, range=_both(before.range, spot.range))
            elif _is_ones(before):
                joined[-1] = replace(spot, range=_both(before.range, spot.range))
            else:
                joined.append(spot)
        return joined


def _both(one: Range, other: Range) -> Range:
    """The rectangle of one and of what continues it."""
    rows, columns = other.last[0] - one.row + 1, other.last[1] - one.column + 1
    return replace(one, rows=rows, columns=columns)


def _runs(columns: Sequence[int]) -> list[tuple[int, int]]:
    """First and last of numbers without a gap."""
    runs: list[tuple[int, int]] = []
    for column in columns:
        if runs and runs[-1][1] == column - 1:
            runs[-1] = runs[-1][0], column
        else:
            runs.append((column, column))
    return runs


def stem(label: str) -> str:
    """A label with a mark for its numbers: ``w# new``."""
    return re.sub(r"\d+", "#", label.strip().lower())


def _groups(lines: Sequence[str]) -> list[tuple[int, int]]:
    """First and last of the lines that labels hold together: those of one kind, and those without
    a label below one that has."""
    groups: list[tuple[int, int]] = []
    current: str | None = None
    for place, line in enumerate(lines):
        here = current
        if line:
            here = stem(line) if roles(line) else ""
        if not groups or (line and here != current):
            groups.append((place, place))
        else:
            groups[-1] = groups[-1][0], place
        current = here
    return groups


def _is_list(lines: Sequence[str]) -> bool:
    """Whether every line has a label of the same kind with a number of its own."""
    stems = {stem(line) for line in lines}
    return len(stems) == 1 and "#" in next(iter(stems)) and len(set(lines)) == len(lines)


def _is_ones(spot: Spot) -> bool:
    kinds = {role.kind for role in roles(spot.labels[0])} if spot.labels else set()
    return "ones" in kinds and 1 in (spot.range.rows, spot.range.columns)


def _touches(one: Range, other: Range) -> bool:
    """Whether the second continues the first, below or to the right of it."""
    below = (one.column, one.columns) == (other.column, other.columns)
    beside = (one.row, one.rows) == (other.row, other.rows)
    return (below and one.last[0] + 1 == other.row) or (beside and one.last[1] + 1 == other.column)
