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

from dataclasses import dataclass, field
from typing import IO

from openpyxl.formula.translate import Translator
from openpyxl.utils import range_boundaries

from xlnn.audit.cell_values import ErrorValue, Value, as_numbers
from xlnn.audit.markup import Text, local, parse, unescaped
from xlnn.maths.evaluate import Array
from xlnn.workbook.entries import entry_text
from xlnn.workbook.plan import cell_name, range_name

Corners = tuple[int, int, int, int]
"""First row, first column, last row, last column of a range."""

Place = tuple[int, int]
"""Row and column from 1."""

_DIGITS = tuple("0123456789")


@dataclass(frozen=True, slots=True)
class Stored:
    """A formula in a file."""

    text: str
    """With its ``=``."""
    array: Corners | None
    """The range of an array formula."""

    @property
    def entry(self) -> str:
        """The formula, and the range that an array formula fills."""
        if self.array is None:
            return self.text
        top, left, bottom, right = self.array
        return entry_text(self.text, range_name(top, left, bottom - top + 1, right - left + 1))


@dataclass(slots=True)
class StoredSheet:
    """The cells of a sheet that are not empty."""

    values: dict[Place, Value] = field(default_factory=dict)
    """What is typed into a cell, or the cached value of its formula."""
    formulas: dict[Place, Stored] = field(default_factory=dict)
    """The formula of each cell, also of those inside an array formula's range."""
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    """The first and the last of some that stand side by side."""

    def numbers(self, row: int, column: int, rows: int, columns: int) -> Array:
        """The numbers of a rectangle, given its first cell; NaN for what is no number."""
        cell, across = self.values.get, range(column, column + columns)
        return as_numbers(
            [cell((i, j)) for i in range(row, row + rows) for j in across], rows, columns
        )

    def entries(self, row: int, column: int, rows: int, columns: int) -> list[str | None]:
        """What is entered in the cells of a rectangle, as ``entry_text`` writes it; of an array
        formula, in each cell that it fills."""
        cell, across = self.formulas.get, range(column, column + columns)
        found = [cell((i, j)) for i in range(row, row + rows) for j in across]
        return [
            None if stored is None else stored.text if stored.array is None else stored.entry
            for stored in found
        ]

    def rows(self) -> list[list[Value]]:
        """The values row by row, from row and column 1, without empty rows at the end."""
        last = max((row for row, _ in self.values), default=0)
        rows: list[list[Value]] = [[] for _ in range(last)]
        for (row, column), value in sorted(self.values.items()):
            cells = rows[row - 1]
            cells.extend([None] * (column - 1 - len(cells)))
            cells.append(value)
        return rows


def read_sheet(file: IO[bytes], texts: list[str]) -> StoredSheet:
    """The cells in a sheet's XML; ``texts`` are the workbook's shared strings."""
    return _SheetParser(texts).parse(file)


class _SheetParser:
    """Follows the events of a sheet's XML."""

    def __init__(self, texts: list[str]) -> None:
        self._texts = texts
        self._sheet = StoredSheet()
        self._columns: dict[str, int] = {}
        self._patterns: dict[str, tuple[str, str]] = {}
        self._row = self._column = 0
        self._row_text = ""
        self._type = "n"
        self._value: str | None = None
        self._formula: str | None = None
        self._attributes: dict[str, str] = {}
        self._pieces: list[str] = []
        """The text since a value or a formula began."""
        self._inline: Text | None = None
        """A text that stands in its cell."""

    def parse(self, file: IO[bytes]) -> StoredSheet:
        parse(file, self._start, self._data, self._end)
        return self._sheet

    def _data(self, text: str) -> None:
        self._pieces.append(text)
        if self._inline is not None:
            self._inline.data(text)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = local(name) if ":" in name else name
        if name == "c":
            self._type = attributes.get("t", "n")
            self._value = self._formula = None
            self._row, self._column = self._place(attributes.get("r"))
        elif name == "v":
            self._pieces.clear()
        elif name == "f":
            self._attributes = attributes
            self._pieces.clear()
        elif name == "row":
            self._row = int(attributes.get("r", self._row + 1))
            self._row_text = str(self._row)
            self._column = 0
            if _is_hidden(attributes, "ht"):
                self._sheet.hidden_rows.append(self._row)
        elif name == "col":
            if _is_hidden(attributes, "width"):
                columns = int(attributes["min"]), int(attributes["max"])
                self._sheet.hidden_columns.append(columns)
        elif name == "is":
            self._inline = Text()
        elif self._inline is not None:
            self._inline.start(name)

    def _end(self, name: str) -> None:
        name = local(name) if ":" in name else name
        if name == "v":
            self._value = unescaped("".join(self._pieces))
        elif name == "f":
            self._formula = unescaped("".join(self._pieces))
        elif name == "c":
            self._finish_cell()
        elif self._inline is not None:
            self._inline.end(name)
            if name == "is":
                self._value, self._inline = str(self._inline), None

    def _place(self, reference: str | None) -> Place:
        if reference is None:
            return self._row, self._column + 1
        row = self._row_text
        if reference.endswith(row) and not reference[: -len(row)].endswith(_DIGITS):
            letters, number = reference[: -len(row)], self._row
        else:
            letters = reference.rstrip("0123456789")
            number = int(reference[len(letters) :])
        column = self._columns.get(letters)
        if column is None:
            column = self._columns[letters] = column_number(letters)
        return number, column

    def _finish_cell(self) -> None:
        place = self._row, self._column
        if self._formula is not None:
            self._put_formula(place, self._formula, self._attributes)
        # A formula that nobody computed has an empty value, or none.
        if self._value or (self._value is not None and self._type in ("str", "inlineStr")):
            self._sheet.values[place] = self._typed(self._value)

    def _put_formula(self, place: Place, text: str, attributes: dict[str, str]) -> None:
        kind = attributes.get("t", "normal")
        formulas = self._sheet.formulas
        if kind == "array":
            left, top, right, bottom = range_boundaries(attributes["ref"])
            corners = int(top or 1), int(left or 1), int(bottom or 1), int(right or 1)
            stored = Stored(f"={text}", corners)
            for row in range(corners[0], corners[2] + 1):
                for column in range(corners[1], corners[3] + 1):
                    formulas[row, column] = stored
            return
        if kind == "shared":
            number, here = attributes.get("si", ""), cell_name(*place)
            if text:
                self._patterns[number] = (f"={text}", here)
            pattern, origin = self._patterns[number]
            text = Translator(pattern, origin).translate_formula(here).removeprefix("=")
        elif kind == "dataTable":
            text = "TABLE()"
        formulas[place] = Stored(f"={text}", None)

    def _typed(self, text: str) -> Value:
        if self._type == "n":
            return float(text)
        if self._type == "s":
            return self._texts[int(text)]
        if self._type == "b":
            return text.strip() not in ("0", "false")
        if self._type == "e":
            return ErrorValue(text)
        return text


def _is_hidden(attributes: dict[str, str], size: str) -> bool:
    """Whether a row or a column cannot be seen: it is hidden, or of no height or width."""
    if attributes.get("hidden") in ("1", "true"):
        return True
    return size in attributes and float(attributes[size]) == 0


def column_number(letters: str) -> int:
    """28 for ``AB``."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number
