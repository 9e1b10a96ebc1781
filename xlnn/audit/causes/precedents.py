"""What a formula reads: the rectangles that its references and names lead to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from xlnn.audit.stored.references import column_number
from xlnn.workbook.plan import MAX_COLUMNS, MAX_ROWS

TEXT = re.compile(r'"(?:[^"]|"")*"')
"""A text in a formula."""

_REFERENCE = re.compile(
    r"(?<![\w.])(?:(?:'(?P<quoted>(?:[^']|'')+)'|(?P<plain>[^\W\d][\w.]*))!)?"
    r"(?:\$?(?P<left>[A-Za-z]{1,3})\$?(?P<top>\d{1,7})"
    r"(?::(?:'(?:[^']|'')+'!|[^\W\d][\w.]*!)?"
    r"\$?(?P<right>[A-Za-z]{1,3})\$?(?P<bottom>\d{1,7}))?(?![\w.(])"
    r"|\$?(?P<first>[A-Za-z]{1,3}):\$?(?P<last>[A-Za-z]{1,3})(?![\w.(!])"
    r"|(?P<name>[^\W\d][\w.]*)(?![\w.(!]))"
)
"""A cell, a range, whole columns, or a name. What an opening bracket follows is a function."""


class Rectangle(NamedTuple):
    """Some cells of a sheet; rows and columns count from 1, the last ones included."""

    sheet: str
    top: int
    left: int
    bottom: int
    right: int

    @property
    def size(self) -> int:
        """The number of cells."""
        return (self.bottom - self.top + 1) * (self.right - self.left + 1)


def names_in(formula: str) -> set[str]:
    """The defined names that a formula uses, in small letters."""
    found = _REFERENCE.finditer(TEXT.sub('""', formula))
    return {match["name"].casefold() for match in found if match["name"] and not match["plain"]}


def precedents(formula: str, sheet: str, names: Mapping[str, str]) -> list[Rectangle]:
    """What a formula on a sheet reads, in the order written. ``names`` are the defined names, in
    small letters, with their meanings. What leads to another workbook is left out."""
    found: list[Rectangle] = []
    for match in _REFERENCE.finditer(TEXT.sub('""', formula)):
        before = match.string[: match.start()]
        if before.endswith(("]", "!")):
            continue  # in another workbook, or a part of something that is none
        there = match["plain"] or (match["quoted"] or "").replace("''", "'") or sheet
        if there.startswith("["):
            continue
        if match["name"]:
            meaning = names.get(match["name"].casefold())
            if meaning is not None and not match["plain"]:
                found += precedents(meaning, sheet, {})
        elif match["first"]:
            left, right = (column_number(match[each].upper()) for each in ("first", "last"))
            found.append(Rectangle(there, 1, min(left, right), MAX_ROWS, max(left, right)))
        else:
            rows = int(match["top"]), int(match["bottom"] or match["top"])
            columns = (
                column_number(match["left"].upper()),
                column_number((match["right"] or match["left"]).upper()),
            )
            if max(rows) <= MAX_ROWS and max(columns) <= MAX_COLUMNS:
                found.append(Rectangle(there, min(rows), min(columns), max(rows), max(columns)))
    return found
