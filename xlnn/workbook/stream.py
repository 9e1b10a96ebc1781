"""Streams rows of cells into the sheets of a workbook that openpyxl has built.

The rules of the file format that are kept here:

- ``<sheetData>`` holds ``<row r>`` in order, and in it ``<c r s t>`` from left to right.
- A number is its shortest text that reads back to the same double.
- A text is the number of a shared string, ``t="s"``; blanks at a string's ends need ``xml:space``.
- A formula is ``<f>`` without ``=`` and its value stands in ``<v>``, so that programs that
  do not compute show it. An array formula stands on its first cell with the range that
  it fills; the other cells hold values alone. Shared formulas are never written: Excel
  does not let them refer to other sheets.
- Same input, same bytes: all entries of the zip carry the same fixed time.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from typing import IO

from openpyxl.xml.constants import SHEET_MAIN_NS

from xlnn.errors import PlanError
from xlnn.experiment.experiment import MAX_TEXT
from xlnn.workbook.cells import Cell, Row, clean_text
from xlnn.workbook.plan import column_name
from xlnn.workbook.theme import QUOTED

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The oldest time that a zip can hold."""

CHUNK = 1 << 16

STRINGS = "xl/sharedStrings.xml"

_REGISTRATION = {
    "[Content_Types].xml": (
        b"</Types>",
        b'<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-'
        b'officedocument.spreadsheetml.sharedStrings+xml"/></Types>',
    ),
    "xl/_rels/workbook.xml.rels": (
        b"</Relationships>",
        b'<Relationship Id="rIdStrings" Type="http://schemas.openxmlformats.org/officeDocument/'
        b'2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
    ),
}
"""Where the entry of the shared strings is made known, and how."""

_EMPTY = re.compile(rb"<sheetData\s*/>|<sheetData>.*?</sheetData>", re.DOTALL)
# Excel reads _x0041_ in a text as A; the underscore itself is written so.
_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_DIMENSION = re.compile(rb'<dimension ref="[^"]*"\s*/>')


def stream(
    skeleton: IO[bytes],
    target: IO[bytes],
    rows: Mapping[str, tuple[str, Iterable[Row]]],
    styles: Mapping[str, int],
    replaced: Mapping[str, bytes],
) -> None:
    """Copies a workbook, filling the sheets in ``rows``.

    ``rows`` gives for an entry such as ``xl/worksheets/sheet1.xml`` the range it covers and
    its rows; ``replaced`` gives the whole content of other entries.
    """
    strings = _Strings()
    with (
        zipfile.ZipFile(skeleton) as source,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as result,
    ):
        for name in source.namelist():
            content = replaced.get(name) or source.read(name)
            if name in _REGISTRATION:
                # openpyxl writes texts into the sheets and knows of no shared strings.
                content = content.replace(*_REGISTRATION[name])
            with result.open(_entry(name), "w", force_zip64=name in rows) as out:
                if name not in rows:
                    out.write(content)
                    continue
                dimension, sheet_rows = rows[name]
                place = _EMPTY.search(content)
                assert place is not None, name  # openpyxl writes a sheetData for each sheet
                head = _DIMENSION.sub(
                    f'<dimension ref="{dimension}"/>'.encode(), content[: place.start()]
                )
                out.write(head)
                for chunk in _chunks(_sheet_data(sheet_rows, styles, strings)):
                    out.write(chunk)
                out.write(content[place.end() :])
        with result.open(_entry(STRINGS), "w") as out:
            for chunk in _chunks(strings.document()):
                out.write(chunk)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    return entry


class _Strings:
    """The shared strings, collected while the sheets are written."""

    def __init__(self) -> None:
        self._indexes: dict[str, int] = {}
        self._used = 0

    def index(self, text: str) -> int:
        """The number of a text."""
        self._used += 1
        return self._indexes.setdefault(text, len(self._indexes))

    def document(self) -> Iterator[str]:
        """The entry that holds them."""
        yield '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        yield f'<sst xmlns="{SHEET_MAIN_NS}" count="{self._used}" '
        yield f'uniqueCount="{len(self._indexes)}">'
        for text in self._indexes:
            yield f"<si>{_text(text)}</si>"
        yield "</sst>"


def _chunks(parts: Iterator[str]) -> Iterator[bytes]:
    """The same text in pieces that are worth a call to the compressor."""
    waiting: list[str] = []
    size = 0
    for part in parts:
        waiting.append(part)
        size += len(part)
        if size >= CHUNK:
            yield "".join(waiting).encode()
            waiting, size = [], 0
    yield "".join(waiting).encode()


def _sheet_data(rows: Iterable[Row], styles: Mapping[str, int], strings: _Strings) -> Iterator[str]:
    yield "<sheetData>"
    for number, cells, height in rows:
        tall = f' ht="{number_text(height)}" customHeight="1"' if height else ""
        yield f'<row r="{number}"{tall}>'
        for cell in cells:
            yield _cell(number, cell, styles, strings)
        yield "</row>"
    yield "</sheetData>"


def _cell(row: int, cell: Cell, styles: Mapping[str, int], strings: _Strings) -> str:
    value = cell.value
    place = f'<c r="{column_name(cell.column)}{row}" s="'
    if isinstance(value, str):
        style = styles[(QUOTED if value.startswith(("=", "+", "-", "@")) else "") + cell.style]
        return f'{place}{style}" t="s"><v>{strings.index(value)}</v></c>'
    place = f'{place}{styles[cell.style]}"'
    content = ""
    if cell.formula is not None:
        entry = f' t="array" ref="{cell.array}"' if cell.array else ""
        content = f"<f{entry}>{_escaped(cell.formula)}</f>"
    if value is not None:
        content += f"<v>{number_text(value)}</v>"
    return f"{place}>{content}</c>" if content else f"{place}/>"


def number_text(value: float) -> str:
    """The shortest text that reads back to the same double: ``0.1``, ``1``, ``1e-05``."""
    text = repr(float(value))
    if text.endswith(".0"):
        text = text[:-2]
    return "0" if text == "-0" else text


def _text(value: str) -> str:
    if len(value.encode("utf-16-le", "replace")) > 2 * MAX_TEXT:
        raise PlanError(
            f"a cell would hold a text of {len(value):,} characters, but a cell of a spreadsheet "
            f"holds {MAX_TEXT:,}: {value[:40]}…"
        )
    clean = _ESCAPE.sub("_x005F_", clean_text(value))
    space = ' xml:space="preserve"' if clean != clean.strip() else ""
    return f"<t{space}>{_escaped(clean)}</t>"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
