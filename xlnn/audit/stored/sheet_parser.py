"""Reads a sheet as it stands in the file: formulas, inputs and cached values, in one pass.

Written for the audit, which needs a formula and its cached value side by side, of a million
cells. The rules of the file format that are read here:

- ``<c r t>`` is a cell: ``<f>`` its formula, ``<v>`` its value, as text of the type ``t``: a number
  (``n`` or none), the index of a shared string (``s``), a text (``str``, ``inlineStr`` with
  ``<is>``), a truth value (``b``), an error (``e``).
- ``<f t="array" ref>`` stands on the first cell of its range and means all of it.
- ``<f t="shared" si>`` with a text is a pattern that later cells with the same ``si`` repeat,
  moved to their place. Excel writes these when it saves.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO

from xlnn.audit.stored.markup import MAIN, STRICT, Text, local, parse, unescaped
from xlnn.audit.stored.plain_rows import PlainRows
from xlnn.audit.stored.sheet import StoredSheet
from xlnn.audit.stored.sheet_cells import SheetCells

PARENTS = {
    "cols": "worksheet",
    "col": "cols",
    "sheetData": "worksheet",
    "row": "sheetData",
    "c": "row",
    "f": "c",
    "v": "c",
    "is": "c",
}
"""Where the elements stand that are read."""


def read_sheet(file: IO[bytes], texts: list[str]) -> StoredSheet:
    """The cells in a sheet's XML; ``texts`` are the workbook's shared strings."""
    cells = SheetCells(texts)
    events = _Events(cells)
    parse(PlainRows(file, cells, events.among_rows), events.start, events.data, events.end)
    cells.fill_arrays()
    return cells.sheet


class _Events:
    """Finds the cells in the events of a sheet's XML."""

    def __init__(self, cells: SheetCells) -> None:
        self._cells = cells
        self._reference: str | None = None
        self._type = "n"
        self._value: str | None = None
        self._formula: str | None = None
        self._attributes: dict[str, str] = {}
        self._pieces: list[str] = []
        """The text since a value or a formula began."""
        self._inline: Text | None = None
        """A text that stands in its cell."""
        self._open: list[str] = []
        """The elements that are open; nothing for those that are not read."""
        self._prefix = self._declared = self._namespace = ""

    def data(self, text: str) -> None:
        """A piece of text."""
        self._pieces.append(text)
        if self._inline is not None:
            self._inline.data(text)

    def among_rows(self) -> bool:
        """Whether a row of the sheet may follow, its elements without a prefix."""
        return self._open == ["worksheet", "sheetData"] and not self._prefix

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        own = self._own(name, attributes)
        self._open.append(own)
        if self._inline is not None:
            self._inline.start(local(name))
        elif own == "c":
            self._reference, self._type = attributes.get("r"), attributes.get("t", "n")
            self._value = self._formula = None
        elif own == "v":
            self._pieces.clear()
        elif own == "f":
            self._attributes = attributes
            self._pieces.clear()
        elif own == "row":
            self._cells.row(attributes.get("r"), attributes)
        elif own == "col":
            self._cells.columns(attributes)
        elif own == "is":
            self._inline = Text()

    def end(self, name: str) -> None:
        """An element ends."""
        own = self._open.pop()
        if own == "v":
            self._value = unescaped("".join(self._pieces))
        elif own == "f":
            self._formula = unescaped("".join(self._pieces))
        elif own == "c":
            self._end_cell()
        elif own == "is":
            self._value, self._inline = str(self._inline), None
        elif self._inline is not None:
            self._inline.end(local(name))

    def _own(self, name: str, attributes: Mapping[str, str]) -> str:
        """The name of an element of the sheet where it belongs; nothing for one of another
        namespace or in another place, and for all that stands in such a one."""
        prefix, _, own = name.rpartition(":")
        if not self._open:
            self._prefix, self._declared = prefix, f"xmlns:{prefix}" if prefix else "xmlns"
            self._namespace = attributes.get(self._declared, MAIN)
            if self._namespace not in (MAIN, STRICT):
                raise ValueError(f"it is of the namespace {self._namespace[:80]!r}")
            return own
        is_own = attributes.get(self._declared, self._namespace) == self._namespace
        if not is_own and "sheetData" in self._open:
            raise ValueError("its cells declare a namespace of their own")
        is_there = prefix == self._prefix and PARENTS.get(own) == self._open[-1]
        return own if is_own and is_there else ""

    def _end_cell(self) -> None:
        letters, digits = None, ""
        if self._reference is not None:
            letters = self._reference.rstrip("0123456789")
            digits = self._reference[len(letters) :]
        self._cells.cell(letters, digits, self._type, self._formula, self._attributes, self._value)
