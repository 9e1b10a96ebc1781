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

import re
from dataclasses import dataclass, field
from math import isfinite, nan
from typing import IO

from openpyxl.formula.translate import Translator

from xlnn.audit.cell_values import ErrorValue, Value, as_numbers
from xlnn.audit.markup import Text, local, parse, unescaped
from xlnn.maths.evaluate import Array
from xlnn.workbook.entries import entry_text
from xlnn.workbook.plan import MAX_COLUMNS, MAX_ROWS, cell_name, range_name

Corners = tuple[int, int, int, int]
"""First row, first column, last row, last column of a range."""

Place = tuple[int, int]
"""Row and column from 1."""

_DIGITS = tuple("0123456789")

_RANGE = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7})(?::\$?([A-Z]{1,3})\$?(\d{1,7}))?")

ALWAYS_FILLED = 100_000
"""An array formula may fill so many cells that the file does not hold: each is remembered."""

MAX_FORMULA = 8_192
"""The characters of a formula in Excel; longer ones take long to move."""


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

    def rows(self, columns: int) -> list[list[Value]]:
        """The values of the first columns row by row, from row 1, without empty cells and rows at
        the end."""
        values = {place: value for place, value in self.values.items() if place[1] <= columns}
        last = max((row for row, _ in values), default=0)
        rows: list[list[Value]] = [[] for _ in range(last)]
        for (row, column), value in sorted(values.items()):
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
        self._arrays: list[Stored] = []
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
        self._fill_arrays()
        return self._sheet

    def _fill_arrays(self) -> None:
        """Lets every cell of an array formula tell it, but those that have one of their own."""
        corners = [stored.array for stored in self._arrays if stored.array]
        filled = sum(
            (bottom - top + 1) * (right - left + 1) for top, left, bottom, right in corners
        )
        if filled > ALWAYS_FILLED + len(self._sheet.values) + len(self._sheet.formulas):
            # The cells that an array formula fills stand in a file, with their values.
            raise ValueError(f"array formulas fill {filled:,} cells, more than it has")
        inside: dict[Place, Stored] = {}
        for stored, (top, left, bottom, right) in zip(self._arrays, corners, strict=True):
            for row in range(top, bottom + 1):
                for column in range(left, right + 1):
                    inside[row, column] = stored
        if inside:
            self._sheet.formulas = inside | self._sheet.formulas

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
            self._row = _row_number(attributes.get("r", self._row + 1))
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
            number = _row_number(reference[len(letters) :])
        column = self._columns.get(letters)
        if column is None:
            column = self._columns[letters] = column_number(letters)
        return number, column

    def _finish_cell(self) -> None:
        place = self._row, self._column
        if place in self._sheet.formulas or place in self._sheet.values:
            raise ValueError(f"the cell {cell_name(*place)} stands twice")
        if self._formula is not None:
            self._put_formula(place, self._formula, self._attributes)
        # A formula that nobody computed has an empty value, or none.
        if self._value or (self._value is not None and self._type in ("str", "inlineStr")):
            self._sheet.values[place] = self._typed(self._value)

    def _put_formula(self, place: Place, text: str, attributes: dict[str, str]) -> None:
        kind = attributes.get("t", "normal")
        formulas = self._sheet.formulas
        if kind == "array":
            stored = formulas[place] = Stored(f"={text}", _corners(attributes["ref"]))
            self._arrays.append(stored)
            return
        if kind == "shared":
            number, here = attributes.get("si", ""), cell_name(*place)
            if text:
                self._patterns[number] = (f"={text}", here)
            if number not in self._patterns:
                raise ValueError(f"the cell {here} repeats a formula that no cell before it has")
            pattern, origin = self._patterns[number]
            if len(pattern) > MAX_FORMULA:
                raise ValueError(f"the cell {origin} has a formula of {len(pattern):,} characters")
            text = Translator(pattern, origin).translate_formula(here).removeprefix("=")
        elif kind == "dataTable":
            text = "TABLE()"
        formulas[place] = Stored(f"={text}", None)

    def _typed(self, text: str) -> Value:
        if self._type == "n":
            return self._number(text)
        if self._type == "s":
            number = int(text)
            if not 0 <= number < len(self._texts):
                raise ValueError(f"the cell {self._here} has the text {number}, which is not there")
            return self._texts[number]
        if self._type == "b":
            return text.strip() not in ("0", "false")
        if self._type == "e":
            return ErrorValue(text)
        return text

    def _number(self, text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = nan
        # Python also reads 1_000, which no other program takes for a number.
        if not isfinite(number) or "_" in text:
            raise ValueError(f"the cell {self._here} has {text[:40]!r} as a number")
        return number

    @property
    def _here(self) -> str:
        return cell_name(self._row, self._column)


def _is_hidden(attributes: dict[str, str], size: str) -> bool:
    """Whether a row or a column cannot be seen: it is hidden, or of no height or width."""
    if attributes.get("hidden") in ("1", "true"):
        return True
    return size in attributes and float(attributes[size]) == 0


def column_number(letters: str) -> int:
    """28 for ``AB``. Raises ValueError for what is no column."""
    number = 0
    for letter in letters[:4]:
        number = number * 26 + (ord(letter) - 64 if "A" <= letter <= "Z" else MAX_COLUMNS)
    if not 1 <= number <= MAX_COLUMNS:
        raise ValueError(f"{letters[:20]!r} is no column")
    return number


def _row_number(text: str | int) -> int:
    """A row's number. Raises ValueError for what is none."""
    number = int(text) if len(str(text)) < 10 else 0
    if not 1 <= number <= MAX_ROWS:
        raise ValueError(f"{str(text)[:20]!r} is no row")
    return number


def _corners(reference: str) -> Corners:
    """The corners of a range such as ``B6:D8``. Raises ValueError for what is none."""
    found = _RANGE.fullmatch(reference)
    if found is None:
        raise ValueError(f"an array formula fills {reference[:40]!r}, which is no range")
    left, top, right, bottom = found.groups()
    first = _row_number(top), column_number(left)
    last = (_row_number(bottom), column_number(right)) if right else first
    if last < first or last[1] < first[1]:
        raise ValueError(f"an array formula fills {reference!r}, which is no range")
    return *first, *last
