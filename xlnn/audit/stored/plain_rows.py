"""Reads the rows of a sheet that are written as all programs write them, in little more than half
of the time that an XML parser takes to tell of their elements.

Nothing is guessed. Rows are taken where the parser says that they are among the sheet's own, as
long as they are made, from their first letter to their last, of cells as they are spelled out here.
All else goes to the parser, in its place between the rows: the head and the end of the sheet, a
text in several runs, another order of attributes. From the first comment on, or whatever else may
hold what only looks like a row, everything does. So what is no XML is refused by it, and what is
read here is what it would have read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import IO, Protocol

from xlnn.audit.stored.markup import CHUNK, unescaped
from xlnn.audit.stored.row_shape import CellShape, RowShape, Shapes

_HEAD = re.compile(
    rb"""(?:\xef\xbb\xbf)?(?:<\?xml\ version=["']1\.0["'](?:\ encoding=["'](?i:utf-8)["'])?
    (?:\ standalone=["']yes["'])?\s*\?>)?(?:(?!<[!?])[\s\S])*?<sheetData>""",
    re.VERBOSE,
)
"""What stands before the rows: text of the usual encoding, without comments."""

_END_OF_ROW, _END = b"</row>", b"</sheetData>"

_ROW = re.compile(
    r'\s*<row(?: r="([1-9]\d{0,6})")?((?: (?!r=|xmlns)[A-Za-z_:][\w:]*="[^"<&\t\n]*")*) ?(/?)>',
    re.ASCII,
)

_CELL = re.compile(
    r"""<c\ r="([A-Z]{1,3})([1-9]\d{0,6})"(?:\ s="\d+")?(?:\ t="(\w+)")?(?:\ cm="\d+")?(?:/>|>\s*
        (?:(<f(?:\ (?!xmlns)[A-Za-z_]\w*="[^"<&\t\n]*")*)(?:/>|>([^<]*)</f>)\s*)?
        (?:(<v)(?:>([^<]*)</v>|\ ?/>)\s*)?
        (?:(<is>\s*<t(?:\ xml:space="preserve")?>[^<]*)</t>\s*</is>\s*)?
    </c>)
    |\s+
    |([\s\S]+)""",
    re.VERBOSE | re.ASCII,
)
"""A cell, or blanks between two; or anything else, and all that follows it."""

Piece = tuple[str, str, str, str, str, str, str, str, str]
"""What is found of a cell, each as text, empty where it is not there: letters and digits of its
name, its type, the begin of its formula's tag with the attributes, the formula, the begin of its
value's tag, the value, a text of its own with the tags before it; at last what is no cell."""

_ATTRIBUTE = re.compile(r'([\w:]+)="([^"]*)"')

_CONTROLS = bytes({*range(32)} - {*b"\t\n"})
_NO_CHARACTERS = b"\xef\xbf\xbe", b"\xef\xbf\xbf"
_NUMBER = r"#(?:3[2-9]|[4-9]\d|[1-9]\d\d\d?|[1-4]\d{4})"
"""A character by its number, from 32 to 49,999: XML allows all of these."""
_ENTITIES = {"lt": "<", "gt": ">", "quot": '"', "apos": "'", "amp": "&"}
_ENTITY = re.compile(f"&({'|'.join(_ENTITIES)}|{_NUMBER});", re.ASCII)
_OTHER_ENTITY = re.compile(f"&(?!(?:{'|'.join(_ENTITIES)}|{_NUMBER});)", re.ASCII)

_LONGEST = 16 << 20
"""The bytes of a row, at most; one of formulas in all columns has fewer."""


class Cells(Protocol):
    """Takes the rows and cells of a sheet, one after the other."""

    def row(self, digits: str | None, attributes: Mapping[str, str]) -> None: ...

    def plain(self, pieces: Sequence[Piece], escaped: bool) -> Sequence[CellShape] | None:
        """Takes some cells, and tells what they are like where each is a usual one."""
        ...

    def alike(self, shape: RowShape, groups: Sequence[str], escaped: bool) -> bool:
        """Takes the cells of a row of a known shape, or none if that cannot be done."""
        ...


class PlainRows:
    """The XML of a sheet, as a file, without the rows that are told on the way."""

    def __init__(self, file: IO[bytes], cells: Cells, among_rows: Callable[[], bool]) -> None:
        self._file, self._cells, self._among_rows = file, cells, among_rows
        self._rest = file.read(CHUNK)
        """What is read of the file, but not looked at."""
        self._rows: list[str] = []
        """Rows without their ends, the next one last."""
        self._shapes = Shapes()
        self._in_rows = False
        self._head = _HEAD.match(self._rest)

    def read(self, size: int) -> bytes:
        """What the parser is to read next; nothing at the end."""
        if self._head is not None:
            end, self._head, self._in_rows = self._head.end(), None, True
            return self._cut(end)
        while self._in_rows:
            while self._rows:
                row = self._rows.pop()
                if not (self._among_rows() and self._take(row)):
                    return row.encode() + _END_OF_ROW
            end = self._end_of_rows()
            rows = self._cut(end)
            if not end or b"<!" in rows or b"<?" in rows:
                self._in_rows = False
                return rows or self._cut(len(self._rest)) or self._file.read(size)
            if (text := _plain_text(rows)) is None:
                return rows
            self._rows = text.split(_END_OF_ROW.decode())[-2::-1]
        return self._cut(len(self._rest)) or self._file.read(size)

    def _cut(self, end: int) -> bytes:
        """The next bytes."""
        found, self._rest = self._rest[:end], self._rest[end:]
        return found

    def _end_of_rows(self) -> int:
        """How far whole rows may go in what is read, or in what is read now; 0 at their end."""
        while len(self._rest) < _LONGEST:
            if self._rest.lstrip().startswith(_END):
                break
            end = self._rest.rfind(_END_OF_ROW)
            if end >= 0:
                return end + len(_END_OF_ROW)
            more = self._file.read(CHUNK)
            if not more:
                break
            self._rest += more
        return 0

    def _take(self, row: str) -> bool:
        """Tells of a row and its cells if they are plain, and of those before it that have none;
        otherwise of nothing."""
        escaped = "&" in row
        if escaped and _OTHER_ENTITY.search(row):
            return False
        escaped = escaped or "_x" in row
        shape = self._shapes.last
        if shape is not None and (found := shape.pattern.fullmatch(row)):
            self._cells.row(found[1], attributes_in(found[2]))
            if not self._cells.alike(shape, found.groups(), escaped):
                self._cells.plain(_CELL.findall(row, found.end(3)), escaped)
            return True
        begins, end, is_open = [], 0, False
        while not is_open and (begin := _ROW.match(row, end)):
            begins.append(begin)
            end, is_open = begin.end(), not begin[3]
        pieces: list[Piece] = _CELL.findall(row, end) if is_open else []
        if not is_open or (pieces and pieces[-1][-1]):
            return False
        for begin in begins:
            self._cells.row(begin[1], attributes_in(begin[2]))
        self._shapes.note(self._cells.plain(pieces, escaped))
        return True


def _plain_text(rows: bytes) -> str | None:
    """Rows as text, unless there is in them what XML does not allow, or takes for something else
    than it is, such as line ends of other systems."""
    if len(rows.translate(None, _CONTROLS)) < len(rows) or b"]]>" in rows:
        return None
    if any(each in rows for each in _NO_CHARACTERS):
        return None
    try:
        return rows.decode()
    except UnicodeDecodeError:
        return None


@lru_cache(maxsize=1024)
def attributes_in(text: str) -> Mapping[str, str]:
    """The attributes in a plain tag; most are those of the tag before."""
    found = _ATTRIBUTE.findall(text)
    attributes = dict(found)
    if len(attributes) < len(found):
        raise ValueError(f"the attributes{text[:80]} are given twice")
    return attributes


def meant(text: str) -> str:
    """What a plain text means."""
    if "&" in text:
        text = _ENTITY.sub(_character, text)
    return unescaped(text)


def _character(entity: re.Match[str]) -> str:
    name = entity[1]
    return chr(int(name[1:])) if name.startswith("#") else _ENTITIES[name]
