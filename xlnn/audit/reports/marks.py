"""Marks cells of a sheet in the file: another style, and a link to what was found.

- ``<sheetData>`` holds ``<row r>`` in order, and in it ``<c r s>`` from left to right. A row or a
  cell without ``r`` follows the one before.
- ``<hyperlinks>`` comes after what stands in _BEFORE and before all else.
- Formulas and values are not touched. A cell that is not there is put in, empty.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO

from openpyxl.utils import range_boundaries

from xlnn.audit.reports.patch import Patch, in_attribute
from xlnn.audit.stored.markup import local, parse_places
from xlnn.audit.stored.references import column_number
from xlnn.workbook.plan import MAX_LINKS, cell_name

_BEFORE = frozenset(
    (
        "sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr",
        "sheetProtection", "protectedRanges", "scenarios", "autoFilter", "sortState",
        "dataConsolidate", "customSheetViews", "mergeCells", "phoneticPr", "conditionalFormatting",
        "dataValidations",
    )
)  # fmt: skip

_HEAD = frozenset(("sheetPr", "dimension", "sheetViews"))
"""What may come before the cells and tells which sheet is shown."""

TIP = 255
"""The UTF-16 units of the text that is shown beside a link."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What a cell is marked with."""

    cause: bool
    location: str
    """Where its link leads."""
    tip: str


Marks = Mapping[tuple[int, int], Mark]
"""By row and column."""

Styled = Callable[[int, bool], int]
"""From the number of a cell's style, and whether it is a cause, to that of the marked cell."""


def mark_patches(file: IO[bytes], marks: Marks, styled: Styled) -> list[Patch]:
    """The changes that mark some cells of a sheet, and that show another sheet instead of it."""
    scan = _Scan(marks, styled)
    parse_places(file, scan.start, scan.end)
    return scan.patches


class _Row:
    """A row while it is read."""

    def __init__(self, number: int, place: int, columns: list[int]) -> None:
        self.number, self.place, self.columns = number, place, columns
        self.column, self.is_empty = 0, True
        self.seen: set[int] = set()
        self.next_cell: dict[int, int] = {}
        """The place of the first cell to the right of a wanted column."""


class _Scan:
    """Follows the tags of a sheet."""

    def __init__(self, marks: Marks, styled: Styled) -> None:
        self.patches: list[Patch] = []
        self._marks, self._styled = marks, styled
        self._wanted: dict[int, list[int]] = {}
        for row, column in sorted(marks):
            self._wanted.setdefault(row, []).append(column)
        self._depth, self._part, self._prefix = 0, "", b""
        self._row: _Row | None = None
        self._number = 0
        self._missing = sorted(self._wanted)
        """The wanted rows that have not come yet."""
        self._data_place, self._has_rows = -1, False
        self._links_place, self._linked = -1, list[tuple[int, int, int, int]]()
        self._after_earlier: int | None = None
        """Where the first part begins that comes after the links."""

    def start(self, name: str, given: dict[str, str], place: int) -> None:
        self._depth += 1
        if self._depth == 4:
            if self._row is not None and local(name) == "c":
                self._cell(self._row, given, place)
        elif self._depth == 3:
            if self._part == "sheetData":
                self._begin_row(given, place)
            elif self._part == "sheetViews" and "tabSelected" in given:
                # Two sheets that are shown at once would both take whatever is typed.
                self.patches.append(Patch(place, attributes={"tabSelected": None}))
            elif self._part == "hyperlinks":
                self._linked.append(_corners(given.get("ref", "A1")))
        elif self._depth == 2:
            self._begin_part(local(name), name, place)

    def end(self, name: str, place: int) -> None:
        self._depth -= 1
        if self._depth == 2 and self._row is not None:
            self._end_row(self._row, place)
        elif self._depth == 1:
            if self._part == "sheetData":
                self._end_data(place)
            elif self._part == "hyperlinks":
                if self._linked:
                    self._add_links(Patch(place))
                else:
                    self._add_links(Patch(self._links_place, attributes={}))
                self._marks = {}
            self._part = ""
        elif self._depth == 0 and self._marks and self._data_place >= 0:
            self._add_element(place if self._after_earlier is None else self._after_earlier)

    # --- Parts ---

    def _begin_part(self, part: str, name: str, place: int) -> None:
        if not self._marks and part not in _HEAD:
            raise StopIteration
        self._part = part
        if part == "sheetData":
            self._prefix = name[: len(name) - len(part)].encode()
            self._data_place = place
        elif part == "hyperlinks":
            self._links_place = place
        if part in _BEFORE:
            self._after_earlier = None
        elif self._after_earlier is None:
            self._after_earlier = place

    def _end_data(self, place: int) -> None:
        if self._missing:
            text = b"".join(map(self._new_row, self._missing))
            if self._has_rows:
                self.patches.append(Patch(place, text))
            else:
                self.patches.append(Patch(self._data_place, attributes={}, content=text))
            self._missing = []

    # --- Rows and cells ---

    def _begin_row(self, given: dict[str, str], place: int) -> None:
        self._number = int(given.get("r", self._number + 1))
        self._has_rows = True
        count = bisect_left(self._missing, self._number)
        if count:
            text = b"".join(map(self._new_row, self._missing[:count]))
            self.patches.append(Patch(place, text))
            del self._missing[:count]
        if self._missing and self._missing[0] == self._number:
            del self._missing[0]
            self._row = _Row(self._number, place, self._wanted[self._number])

    def _cell(self, row: _Row, given: dict[str, str], place: int) -> None:
        reference = given.get("r")
        row.is_empty = False
        row.column = (
            row.column + 1
            if reference is None
            else column_number(reference.rstrip("0123456789").upper())
        )
        for column in row.columns:
            if column < row.column:
                row.next_cell.setdefault(column, place)
        if (mark := self._marks.get((row.number, row.column))) and row.column not in row.seen:
            row.seen.add(row.column)
            style = self._styled(int(given.get("s", 0)), mark.cause)
            self.patches.append(Patch(place, attributes={"s": str(style)}))

    def _end_row(self, row: _Row, place: int) -> None:
        self._row = None
        new = [column for column in row.columns if column not in row.seen]
        if not new:
            return
        cells = [self._new_cell(row.number, column) for column in new]
        # How far a row spans is told only to be quick; it may be further now.
        inside = b"".join(cells) if row.is_empty else b""
        self.patches.append(Patch(row.place, attributes={"spans": None}, content=inside))
        if not row.is_empty:
            for column, cell in zip(new, cells, strict=True):
                self.patches.append(Patch(row.next_cell.get(column, place), cell))

    def _new_row(self, row: int) -> bytes:
        cells = b"".join(self._new_cell(row, column) for column in self._wanted[row])
        return b'<%srow r="%d">%s</%srow>' % (self._prefix, row, cells, self._prefix)

    def _new_cell(self, row: int, column: int) -> bytes:
        style = self._styled(0, self._marks[row, column].cause)
        return b'<%sc r="%s" s="%d"/>' % (self._prefix, cell_name(row, column).encode(), style)

    # --- Links ---

    def _add_links(self, patch: Patch) -> None:
        """Puts the links into an element that is there."""
        text = b"".join(self._links())
        if text and patch.attributes is None:
            self.patches.append(Patch(patch.place, text))
        elif text:
            self.patches.append(Patch(patch.place, attributes={}, content=text))

    def _add_element(self, place: int) -> None:
        """Puts in the links of a sheet that has none."""
        tag = self._prefix + b"hyperlinks"
        text = b"".join(self._links())
        self.patches.append(Patch(place, b"<%s>%s</%s>" % (tag, text, tag)))

    def _links(self) -> Iterator[bytes]:
        """A link for each marked cell that has none of its own, as many as Excel takes."""
        room = MAX_LINKS - len(self._linked)
        single = {each[:2] for each in self._linked if each[:2] == each[2:]}
        wide = [each for each in self._linked if each[:2] != each[2:]]
        for (row, column), mark in sorted(self._marks.items()):
            if room <= 0:
                return
            if (row, column) in single or any(
                first <= row <= last and left <= column <= right
                for first, left, last, right in wide
            ):
                continue
            room -= 1
            yield b'<%shyperlink ref="%s" location="%s" tooltip="%s"/>' % (
                self._prefix,
                cell_name(row, column).encode(),
                in_attribute(mark.location),
                in_attribute(shortened(mark.tip, TIP)),
            )


def shortened(text: str, most: int) -> str:
    """A text of at most so many UTF-16 units, which ends in … if it was longer."""
    units = text.encode("utf-16-le", "replace")
    if len(units) <= 2 * most:
        return text
    return units[: 2 * most - 2].decode("utf-16-le", "ignore") + "…"


def _corners(reference: str) -> tuple[int, int, int, int]:
    """First row and column, last row and column."""
    left, top, right, bottom = range_boundaries(reference)
    return int(top or 1), int(left or 1), int(bottom or 1 << 20), int(right or 1 << 14)
