"""Streams rows of cells into the sheets of a workbook that openpyxl has built.

The rules of the file format that are kept here:

- ``<sheetData>`` holds ``<row r>`` in order, and in it ``<c r s t>`` from left to right.
- A number is its shortest text that reads back to the same double.
- A text is the number of a shared string, ``t="s"``, or stands in its cell, ``t="inlineStr"``.
- A formula is ``<f>`` without ``=`` and its value stands in ``<v>``, so that programs that
  do not compute show it. An array formula stands on its first cell with the range that
  it fills; the other cells hold values alone. Shared formulas are never written: Excel
  does not let them refer to other sheets.
- ``<hyperlinks>`` come after the cells and before what is said of the printed page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial

import numpy as np

from xlnn.workbook.cells import (
    Cell,
    Epochs,
    Link,
    LinkedEpochs,
    Page,
    Passing,
    Recurring,
    Row,
    Slot,
)
from xlnn.workbook.number_texts import number_texts
from xlnn.workbook.pattern import SLOT, Pattern, Repeated, learn
from xlnn.workbook.plan import MAX_LINKS, column_name
from xlnn.workbook.strings import SharedStrings, cell_text, escaped
from xlnn.workbook.theme import QUOTED, reads_like_formula

CHUNK = 1 << 20
"""The bytes that are worth a call to the compressor."""

_EMPTY = re.compile(rb"<sheetData\s*/>|<sheetData>.*?</sheetData>", re.DOTALL)
_DIMENSION = re.compile(rb'<dimension ref="[^"]*"\s*/>')
_PRINTED = re.compile(rb"<printOptions|<pageMargins")
"""What comes after the hyperlinks of a sheet."""


def sheet_chunks(
    page: Page,
    skeleton: bytes,
    styles: Mapping[str, int],
    strings: SharedStrings,
    progress: Callable[[int], None],
) -> Iterator[bytes]:
    """A sheet's XML in pieces that are worth a call to the compressor.

    ``skeleton`` is the sheet as openpyxl wrote it, without cells; ``styles`` gives the numbers of
    the styles; ``progress`` is told how many cells with formulas have been written.
    """
    place = _EMPTY.search(skeleton)
    assert place is not None, page.name  # openpyxl writes a sheetData for each sheet
    printed = _PRINTED.search(skeleton, place.end())
    assert printed is not None, page.name  # and the margins of its page
    dimension = f'<dimension ref="{page.dimension}"/>'.encode()
    return _gathered(
        (
            (_DIMENSION.sub(dimension, skeleton[: place.start()]),),
            _Cells(styles, strings, progress).sheet_data(page.rows),
            (skeleton[place.end() : printed.start()],),
            hyperlinks(page.links),
            (skeleton[printed.start() :],),
        )
    )


def _gathered(parts: Iterable[Iterable[bytes | bytearray]]) -> Iterator[bytes]:
    """The same bytes in pieces of about one size."""
    waiting: list[bytes | bytearray] = []
    size = 0
    for part in parts:
        for piece in part:
            waiting.append(piece)
            size += len(piece)
            if size >= CHUNK:
                yield b"".join(waiting)
                waiting, size = [], 0
    yield b"".join(waiting)


class _Cells:
    """Writes cells; holds what all of a sheet need."""

    def __init__(
        self, styles: Mapping[str, int], strings: SharedStrings, progress: Callable[[int], None]
    ) -> None:
        self.styles, self.strings, self.progress = styles, strings, progress

    def sheet_data(self, rows: Iterable[Row | Epochs]) -> Iterator[bytes | bytearray]:
        yield b"<sheetData>"
        for item in rows:
            if isinstance(item, Row):
                yield self._row(item).encode()
            else:
                yield from self._epochs(item)
        yield b"</sheetData>"

    def _epochs(self, epochs: Epochs) -> Iterator[bytes | bytearray]:
        patterns = [self._pattern(part, epochs.number) for part in epochs.parts]
        if len(epochs.parts) == 1 and epochs.parts[0].times == 1:
            yield from self._repeat(epochs.parts[0], patterns[0].bands(epochs.number), None)
            return
        for epoch in range(epochs.number):
            for part, pattern in zip(epochs.parts, patterns, strict=True):
                yield from self._repeat(part, pattern.rows(epoch, part.times), epoch)

    def _pattern(self, part: Recurring, epochs: int) -> Pattern:
        def occurrence(epoch: int, time: int) -> str:
            return "".join(self._row(row) for row in part.rows(epoch, time))

        return learn(occurrence, epochs, part.times)

    def _repeat(
        self, part: Recurring, repeated: Repeated, epoch: int | None
    ) -> Iterator[bytes | bytearray]:
        """A part in all rows of an epoch, or once in every epoch."""
        for some in repeated.pages():
            numbers = None
            if part.numbers is not None:
                here = (some, range(1)) if epoch is None else (range(epoch, epoch + 1), some)
                numbers = part.numbers(*here)
            yield repeated.text(some, numbers)
            self.progress(len(some) * part.formula_cells)

    def _row(self, row: Row) -> str:
        tall = f' ht="{_number(row.height)}" customHeight="1"' if row.height else ""
        cells = "".join(self._cell(row.number, cell) for cell in row.cells)
        return f'<row r="{row.number}"{tall}>{cells}</row>'

    def _cell(self, row: int, cell: Cell) -> str:
        value, formula = cell.value, cell.formula
        quoted = isinstance(value, str) and reads_like_formula(value)
        style = self.styles[(QUOTED if quoted else "") + cell.style]
        place = f'<c r="{column_name(cell.column)}{row}" s="{style}"'
        if isinstance(value, Passing):
            return f'{place} t="inlineStr"><is><t>{cell_text(value)}</t></is></c>'
        if isinstance(value, str):
            return f'{place} t="s"><v>{self.strings.index(value)}</v></c>'
        if value is Slot.LABEL:
            return f'{place} t="s"><v>{SLOT}</v></c>'
        content = ""
        if formula is not None:
            entry = f' t="array" ref="{cell.array}"' if cell.array else ""
            content = f"<f{entry}>{escaped(formula)}</f>"
        if value is not None:
            content += f"<v>{SLOT if value is Slot.NUMBER else _number(value)}</v>"
        return f"{place}>{content}</c>" if content else f"{place}/>"


def hyperlinks(links: Sequence[Link | LinkedEpochs]) -> Iterator[bytes | bytearray]:
    """The links of a sheet, as far as Excel takes them."""
    room = MAX_LINKS
    for number, item in enumerate(links):
        if not number:
            yield b"<hyperlinks>"
        if isinstance(item, Link):
            yield _link(item).encode()
            room -= 1
            continue
        fit = min(item.number, room // len(item.links(0)))
        if fit:
            repeated = learn(partial(_links, item), fit).bands(fit)
            for some in repeated.pages():
                yield repeated.text(some, None)
            room -= fit * len(item.links(0))
    if links:
        yield b"</hyperlinks>"


def _links(item: LinkedEpochs, epoch: int, _row: int) -> str:
    return "".join(map(_link, item.links(epoch)))


def _link(link: Link) -> str:
    return f'<hyperlink ref="{link.cell}" location="{link.place}"/>'


def _number(value: float) -> str:
    return number_texts(np.array([value]))[0].decode()
