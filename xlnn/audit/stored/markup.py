"""The XML of a workbook, event by event.

Types of documents and entities are refused: no workbook declares them, and they can grow without
bounds or lead outside. So are elements that stand in each other far deeper than any workbook's.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Protocol
from xml.parsers import expat

from xlnn.workbook.cells import clean_text

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
"""The namespace of workbooks and sheets, and the one that a strict file has."""

HEAD = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
"""How a part begins."""

PACKAGE = b"http://schemas.openxmlformats.org/package/2006"
"""How the namespaces begin of what tells what the parts are."""

CHUNK = 1 << 18

MAX_DEPTH = 100
"""How deep elements stand in each other at most; in a workbook's parts it is about 10. Each that is
open takes memory."""

_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
"""How a text writes a character that XML cannot hold."""


class Source(Protocol):
    """What a document is read from: a file, or what gives its bytes like one."""

    def read(self, size: int, /) -> bytes: ...


def parse(
    file: Source,
    start: Callable[[str, dict[str, str]], None],
    text: Callable[[str], None] | None = None,
    end: Callable[[str], None] | None = None,
) -> None:
    """Calls the handlers for every element and text of a document, in order."""
    _read(_parser(), file, start, text, end)


def parse_places(
    file: IO[bytes],
    start: Callable[[str, dict[str, str], int], None],
    end: Callable[[str, int], None],
) -> None:
    """Calls the handlers for every element with the place, in bytes, of the tag that begins it, and
    of the tag that ends it. Of a tag that is both the second place is that of what follows. A
    handler that has seen enough raises StopIteration."""
    parser = _parser()

    def begin(name: str, attributes: dict[str, str]) -> None:
        start(name, attributes, parser.CurrentByteIndex)

    def finish(name: str) -> None:
        end(name, parser.CurrentByteIndex)

    with suppress(StopIteration):
        _read(parser, file, begin, None, finish)


def _parser() -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_types
    parser.EntityDeclHandler = _refuse_types
    return parser


def _read(
    parser: expat.XMLParserType,
    file: Source,
    start: Callable[[str, dict[str, str]], None],
    text: Callable[[str], None] | None,
    end: Callable[[str], None] | None,
) -> None:
    depth = 0

    def begin(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise ValueError(f"its elements stand more than {MAX_DEPTH} deep in each other")
        start(name, attributes)

    def finish(name: str) -> None:
        nonlocal depth
        depth -= 1
        if end is not None:
            end(name)

    parser.StartElementHandler = begin
    parser.CharacterDataHandler = text
    parser.EndElementHandler = finish
    while chunk := file.read(CHUNK):
        parser.Parse(chunk, False)
    parser.Parse(b"", True)


def _refuse_types(*_declaration: object) -> None:
    raise ValueError("it declares a document type or XML entities, which no workbook has")


def local(name: str) -> str:
    """A name without the prefix of its namespace."""
    return name.rpartition(":")[2] if ":" in name else name


class Text:
    """Collects the text of a string: its runs ``<t>``, without what says how it is pronounced
    (``<rPh>``) and without the blanks between elements."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._inside = self._pronounced = False

    def begin(self, inside: bool) -> None:
        """A new string; ``inside`` if its text follows without ``<t>``."""
        self._pieces.clear()
        self._inside = inside

    def start(self, name: str) -> None:
        """An element of the string begins."""
        if name == "rPh":
            self._pronounced = True
        elif name == "t":
            self._inside = not self._pronounced

    def data(self, text: str) -> None:
        """A piece of text."""
        if self._inside:
            self._pieces.append(text)

    def end(self, name: str) -> None:
        """An element of the string ends."""
        self._inside = False
        if name == "rPh":
            self._pronounced = False

    def __str__(self) -> str:
        return unescaped("".join(self._pieces))


def unescaped(text: str) -> str:
    """A text with the characters that XML cannot hold."""
    if "_x" not in text:
        return text
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)


def plain_attribute(text: str) -> bytes:
    """A text as it stands in an attribute, in signs that every encoding has."""
    kept = clean_text(text).replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    return kept.encode("ascii", "xmlcharrefreplace")
