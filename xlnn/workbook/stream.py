"""Streams rows of cells into the sheets of a workbook that openpyxl has built.

The rules of the file format that are kept here:

- ``<sheetData>`` holds ``<row r>`` in order, and in it ``<c r s t>`` from left to right.
- A number is its shortest text that reads back to the same double.
- A text is an inline string, ``t="inlineStr"``; blanks at its ends need ``xml:space``.
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

from xlnn.workbook.cells import Cell, Row, clean_text
from xlnn.workbook.plan import column_name
from xlnn.workbook.theme import QUOTED

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The oldest time that a zip can hold."""

CHUNK = 1 << 16

_EMPTY = re.compile(rb"<sheetData\s*/>|<sheetData>.*?</sheetData>", re.DOTALL)
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
    with (
        zipfile.ZipFile(skeleton) as source,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as result,
    ):
        for name in source.namelist():
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            content = replaced.get(name) or source.read(name)
            with result.open(entry, "w", force_zip64=name in rows) as out:
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
                for chunk in _chunks(_sheet_data(sheet_rows, styles)):
                    out.write(chunk)
                out.write(content[place.end() :])


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


def _sheet_data(rows: Iterable[Row], styles: Mapping[str, int]) -> Iterator[str]:
    yield "<sheetData>"
    for number, cells, height in rows:
        tall = f' ht="{number_text(height)}" customHeight="1"' if height else ""
        yield f'<row r="{number}"{tall}>'
        for cell in cells:
            yield _cell(number, cell, styles)
        yield "</row>"
    yield "</sheetData>"


def _cell(row: int, cell: Cell, styles: Mapping[str, int]) -> str:
    value = cell.value
    place = f'<c r="{column_name(cell.column)}{row}" s="'
    if isinstance(value, str):
        style = styles[(QUOTED if value.startswith(("=", "+", "-", "@")) else "") + cell.style]
        return f'{place}{style}" t="inlineStr"><is>{_text(value)}</is></c>'
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
    clean = clean_text(value)
    space = ' xml:space="preserve"' if clean != clean.strip() else ""
    return f"<t{space}>{_escaped(clean)}</t>"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
