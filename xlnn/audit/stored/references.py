"""Cells and ranges as a file names them: ``B16``, ``B6:D8``."""

from __future__ import annotations

import re

from xlnn.workbook.plan import MAX_COLUMNS, MAX_ROWS, range_name

Position = tuple[int, int]
"""Row and column from 1."""

Corners = tuple[int, int, int, int]
"""First row, first column, last row, last column of a range."""

_RANGE = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7})(?::\$?([A-Z]{1,3})\$?(\d{1,7}))?")

_PLAIN_SHEET = re.compile(r"[A-Za-z_]\w*")
_LIKE_A_CELL = re.compile(r"[A-Za-z]{1,3}\d+|[Rr]\d*[Cc]?\d*")


def column_number(letters: str) -> int:
    """28 for ``AB``. Raises ValueError for what is no column."""
    number = 0
    for letter in letters[:4]:
        number = number * 26 + (ord(letter) - 64 if "A" <= letter <= "Z" else MAX_COLUMNS)
    if not 1 <= number <= MAX_COLUMNS:
        raise ValueError(f"{letters[:20]!r} is no column")
    return number


def row_number(text: str) -> int:
    """A row's number. Raises ValueError for what is none."""
    number = int(text) if len(text) < 10 else 0
    if not 1 <= number <= MAX_ROWS:
        raise ValueError(f"{text[:20]!r} is no row")
    return number


def position(cell: str) -> Position:
    """Row 16 and column 2 for ``B16``. Raises ValueError for what is no cell."""
    letters = cell.rstrip("0123456789")
    return row_number(cell[len(letters) :]), column_number(letters)


def corners(reference: str) -> Corners | None:
    """The corners of a range such as ``B6:D8``; None for what is none. Raises ValueError for a row
    or a column that no sheet has."""
    found = _RANGE.fullmatch(reference)
    if found is None:
        return None
    left, top, right, bottom = found.groups()
    first = row_number(top), column_number(left)
    last = (row_number(bottom), column_number(right)) if right else first
    if last < first or last[1] < first[1]:
        return None
    return *first, *last


def range_of(found: Corners) -> str:
    """A rectangle as formulas name it."""
    top, left, bottom, right = found
    return range_name(top, left, bottom - top + 1, right - left + 1)


def number_of_cells(corners: Corners) -> int:
    """How many cells a range has."""
    top, left, bottom, right = corners
    return (bottom - top + 1) * (right - left + 1)


def quoted(sheet: str) -> str:
    """A sheet's name as it stands in a formula."""
    plain = _PLAIN_SHEET.fullmatch(sheet) and not _LIKE_A_CELL.fullmatch(sheet)
    return sheet if plain else "'" + sheet.replace("'", "''") + "'"
