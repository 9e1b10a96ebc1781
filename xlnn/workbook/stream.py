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
    Batches,
    Cell,
    Epochs,
    Link,
    Page,
    Passing,
    Recurring,
    RecurringLinks,
    Row,
    Slot,
)
from xlnn.workbook.number_texts import number_texts
from xlnn.workbook.pattern import SLOT, Pattern, learn
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
    return gathered(
        (
            (_DIMENSION.sub(dimension, skeleton[: place.start()]),),
            _Cells(styles, strings, progress).sheet_data(page.rows),
            (skeleton[place.end() : printed.start()],),
            hyperlinks(page.links),
            (skeleton[printed.start() :],),
        )
    )


def gathered(parts: Iterable[Iterable[bytes | bytearray]]) -> Iterator[bytes]:
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
                if formulas := sum(cell.formula is not None for cell in item.cells):
                    self.progress(formulas)
            else:
                yield from self._epochs(item)
        yield b"</sheetData>"

    def _epochs(self, epochs: Epochs) -> Iterator[bytes | bytearray]:
        groups = [
            (group, [self._pattern(part, epochs.number, group.number) for part in group.parts])
            for group in epochs.groups
        ]
        if len(groups) == 1 and _is_one(groups[0][0]) and groups[0][0].number == 1:
            yield from self._repeat(groups[0][0].parts[0], groups[0][1][0], 0, epochs.number)
            return
        for epoch in range(epochs.number):
            for group, patterns in groups:
                if _is_one(group):
                    yield from self._repeat(group.parts[0], patterns[0], 1, group.number, epoch)
                    continue
                for batch in range(group.number):
                    for part, pattern in zip(group.parts, patterns, strict=True):
                        yield from self._repeat(part, pattern, 2, part.times, epoch, batch)

    def _pattern(self, part: Recurring, epochs: int, batches: int) -> Pattern:
        def occurrence(epoch: int, batch: int, time: int) -> str:
            return "".join(self._row(row) for row in part.rows(epoch, batch, time))

        return learn(occurrence, epochs, batches, part.times)

    def _repeat(
        self, part: Recurring, pattern: Pattern, axis: int, count: int, *place: int
    ) -> Iterator[bytes | bytearray]:
        """A part so many times along an axis, in the epoch and the batch of ``place``."""
        repeated = pattern.along(axis, count, place)
        for some in repeated.pages():
            numbers = None
            if part.numbers is not None:
                ranges = [range(i, i + 1) for i in (*place, 0, 0, 0)[:3]]
                ranges[axis] = some
                numbers = part.numbers(*ranges)
            yield repeated.text(some, numbers)
            self.progress(len(some) * part.formula_cells)

    def _row(self, row: Row) -> str:
        tall = f' ht="{_number(row.height)}" customHeight="1"' if row.height else ""
        cells = "".join(self._cell(row.number, cell) for cell in row.cells)
        return f'<row r="{row.number}"{tall}>{cells}</row>'

    def _cell(self, row: int, cell: Cell) -> str:
        value, entered = cell.value, ""
        if cell.formula is not None:
            entry = f' t="array" ref="{cell.array}"' if cell.array else ""
            entered = f"<f{entry}>{escaped(cell.formula)}</f>"
        quoted = not entered and isinstance(value, str) and reads_like_formula(value)
        style = self.styles[(QUOTED if quoted else "") + cell.style]
        place = f'<c r="{column_name(cell.column)}{row}" s="{style}"'
        if entered and isinstance(value, str):
            return f'{place} t="str">{entered}<v>{cell_text(value)}</v></c>'
        if isinstance(value, Passing):
            return f'{place} t="inlineStr"><is><t>{cell_text(value)}</t></is></c>'
        if isinstance(value, str):
            return f'{place} t="s"><v>{self.strings.index(value)}</v></c>'
        if value is Slot.LABEL:
            return f'{place} t="s"><v>{SLOT}</v></c>'
        content = entered
        if value is not None:
            content += f"<v>{SLOT if value is Slot.NUMBER else _number(value)}</v>"
        return f"{place}>{content}</c>" if content else f"{place}/>"


def _is_one(group: Batches) -> bool:
    """Whether each batch of a group is a single part that stands there once."""
    return len(group.parts) == 1 and group.parts[0].times == 1


def hyperlinks(links: Sequence[Link | RecurringLinks]) -> Iterator[bytes | bytearray]:
    """The links of a sheet, as far as Excel takes them."""
    room = MAX_LINKS
    for number, item in enumerate(links):
        if not number:
            yield b"<hyperlinks>"
        if isinstance(item, Link):
            yield _link(item).encode()
            room -= 1
            continue
        each = len(item.links(0, 0))
        pattern = learn(partial(_links, item), item.epochs, item.batches)
        # Along the batches of each epoch, or along epochs of one batch each.
        several = item.batches > 1
        for epoch in range(item.epochs if several else 1):
            fit = min(item.batches if several else item.epochs, room // each)
            repeated = pattern.along(int(several), fit, (epoch,))
            for some in repeated.pages():
                yield repeated.text(some, None)
            room -= fit * each
    if links:
        yield b"</hyperlinks>"


def _links(item: RecurringLinks, epoch: int, batch: int) -> str:
    return "".join(map(_link, item.links(epoch, batch)))


def _link(link: Link) -> str:
    return f'<hyperlink ref="{link.cell}" location="{link.place}"/>'


def _number(value: float) -> str:
    return number_texts(np.array([value]))[0].decode()
