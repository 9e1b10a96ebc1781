"""Reads a workbook as it stands in the file: formulas, inputs and cached values, in one pass.

Written for the audit, which needs a formula and its cached value side by side, of a million
cells. The rules of the file format that are read here:

- ``xl/workbook.xml`` lists the sheets, its relationships say which entry each is.
- ``<c r t>`` is a cell: ``<f>`` its formula, ``<v>`` its value, as text of the type ``t``: a number
  (``n`` or none), the index of a shared string (``s``), a text (``str``, ``inlineStr`` with
  ``<is>``), a truth value (``b``), an error (``e``).
- ``<f t="array" ref>`` stands on the first cell of its range and means all of it.
- ``<f t="shared" si>`` with a text is a pattern that later cells with the same ``si`` repeat,
  moved to their place. Excel writes these when it saves.

Declarations of entities are refused: no workbook has them, and they can grow without bounds.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO
from xml.parsers import expat

from openpyxl.formula.translate import Translator
from openpyxl.utils import range_boundaries

from xlnn.audit.cell_values import Array, ErrorValue, Value, as_numbers
from xlnn.errors import WorkbookError
from xlnn.workbook.entries import entry_text
from xlnn.workbook.plan import cell_name

Corners = tuple[int, int, int, int]
"""First row, first column, last row, last column of a range."""

Place = tuple[int, int]
"""Row and column from 1."""

CHUNK = 1 << 18

_DIGITS = tuple("0123456789")

_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
"""How a text writes a character that XML cannot hold."""


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
        return entry_text(self.text, f"{cell_name(top, left)}:{cell_name(bottom, right)}")


@dataclass(slots=True)
class StoredSheet:
    """The cells of a sheet that are not empty."""

    values: dict[Place, Value] = field(default_factory=dict)
    """What is typed into a cell, or the cached value of its formula."""
    formulas: dict[Place, Stored] = field(default_factory=dict)
    """The formula of each cell, also of those inside an array formula's range."""

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


class StoredWorkbook:
    """A workbook as it stands in a file; each sheet is read when first asked for.

    Raises WorkbookError for a file that is missing, is no workbook, or is damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read: dict[str, StoredSheet] = {}
        with self._opened() as archive:
            if "xl/workbook.xml" not in archive.namelist():
                raise WorkbookError(
                    f"{path} is not an .xlsx workbook: save it as one (Excel 2007 or later)"
                )
            self._entries = _sheet_entries(archive)

    @property
    def sheets(self) -> list[str]:
        """The names of the sheets in their order."""
        return list(self._entries)

    def sheet(self, name: str) -> StoredSheet:
        """The cells of a sheet."""
        if name not in self._read:
            texts = self._texts
            with self._opened() as archive, archive.open(self._entries[name]) as file:
                self._read[name] = _SheetParser(texts).parse(file)
        return self._read[name]

    def load(self) -> StoredWorkbook:
        """Reads all sheets now; the file may go away afterwards."""
        for name in self.sheets:
            self.sheet(name)
        return self

    def formula(self, sheet: str, row: int, column: int) -> Stored | None:
        """The formula of a cell, if it has one."""
        return self.sheet(sheet).formulas.get((row, column))

    def value(self, sheet: str, row: int, column: int) -> Value:
        """What is typed into a cell, or the value that the file carries with its formula."""
        return self.sheet(sheet).values.get((row, column))

    def numbers(self, sheet: str, row: int, column: int, rows: int, columns: int) -> Array:
        """The numbers of a rectangle, given its first cell; NaN for what is no number."""
        return self.sheet(sheet).numbers(row, column, rows, columns)

    def forget(self, name: str) -> None:
        """Frees the memory of a sheet; it is read again when asked for."""
        self._read.pop(name, None)

    def constant(self, sheet: str, row: int, column: int) -> Value:
        """What is typed into a cell; None if it is empty or holds a formula."""
        if self.formula(sheet, row, column) is not None:
            return None
        return self.value(sheet, row, column)

    @cached_property
    def names(self) -> list[tuple[str, str, bool]]:
        """The defined names: each with its meaning, and whether it counts on one sheet only."""
        found: list[tuple[str, str, bool]] = []
        attributes: dict[str, str] = {}
        text = _Text()

        def start(name: str, given: dict[str, str]) -> None:
            nonlocal attributes
            attributes = given
            text.begin(inside=_local(name) == "definedName")

        def end(name: str) -> None:
            if _local(name) == "definedName":
                found.append((attributes["name"], str(text), "localSheetId" in attributes))

        with self._opened() as archive, archive.open("xl/workbook.xml") as file:
            _parse(file, start, text.data, end)
        return found

    @cached_property
    def _texts(self) -> list[str]:
        """The shared strings."""
        with self._opened() as archive:
            name = "xl/sharedStrings.xml"
            if name not in archive.namelist():
                return []
            with archive.open(name) as file:
                return _shared_strings(file)

    @contextmanager
    def _opened(self) -> Iterator[zipfile.ZipFile]:
        """The file as a zip; whatever reading it can raise is told plainly."""
        if not self.path.exists():
            raise WorkbookError(f"{self.path} does not exist")
        if self.path.is_dir():
            raise WorkbookError(f"{self.path} is a folder, not a workbook")
        try:
            with zipfile.ZipFile(self.path) as archive:
                yield archive
        except zipfile.BadZipFile as error:
            raise WorkbookError(f"{self.path} is not an .xlsx workbook") from error
        except (LookupError, expat.ExpatError, zlib.error, ValueError) as error:
            raise WorkbookError(f"{self.path} is a damaged workbook, or none: {error}") from error
        except (NotImplementedError, RuntimeError) as error:
            # A compression or an encryption that zipfile does not know.
            raise WorkbookError(f"{self.path} cannot be unpacked: {error}") from error
        except OSError as error:
            raise WorkbookError(f"{self.path} cannot be read: {error.strerror or error}") from error


# --- The parts around the sheets ------------------------------------------------------


def _sheet_entries(archive: zipfile.ZipFile) -> dict[str, str]:
    """The entry of each sheet by its name."""
    targets = {
        attributes["Id"]: posixpath.join("/xl", attributes["Target"])
        for name, attributes in _elements(archive, "xl/_rels/workbook.xml.rels")
        if name == "Relationship"
    }
    return {
        attributes["name"]: posixpath.normpath(targets[attributes["id"]]).lstrip("/")
        for name, attributes in _elements(archive, "xl/workbook.xml")
        if name == "sheet"
    }


def _elements(archive: zipfile.ZipFile, entry: str) -> list[tuple[str, dict[str, str]]]:
    """The elements of a small document in order, with attributes, without namespaces."""
    found: list[tuple[str, dict[str, str]]] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        found.append((_local(name), {_local(key): value for key, value in attributes.items()}))

    with archive.open(entry) as file:
        _parse(file, start)
    return found


class _Text:
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
        return _unescaped("".join(self._pieces))


def _unescaped(text: str) -> str:
    """A text with the characters that XML cannot hold."""
    if "_x" not in text:
        return text
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)


def _shared_strings(file: IO[bytes]) -> list[str]:
    texts: list[str] = []
    text = _Text()

    def start(name: str, _attributes: dict[str, str]) -> None:
        name = _local(name)
        if name == "si":
            text.begin(inside=False)
        else:
            text.start(name)

    def end(name: str) -> None:
        name = _local(name)
        text.end(name)
        if name == "si":
            texts.append(str(text))

    _parse(file, start, text.data, end)
    return texts


# --- A sheet --------------------------------------------------------------------------


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
        self._inline: _Text | None = None
        """A text that stands in its cell."""

    def parse(self, file: IO[bytes]) -> StoredSheet:
        _parse(file, self._start, self._data, self._end)
        return self._sheet

    def _data(self, text: str) -> None:
        self._pieces.append(text)
        if self._inline is not None:
            self._inline.data(text)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = _local(name) if ":" in name else name
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
        elif name == "is":
            self._inline = _Text()
        elif self._inline is not None:
            self._inline.start(name)

    def _end(self, name: str) -> None:
        name = _local(name) if ":" in name else name
        if name == "v":
            self._value = _unescaped("".join(self._pieces))
        elif name == "f":
            self._formula = _unescaped("".join(self._pieces))
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


def column_number(letters: str) -> int:
    """28 for ``AB``."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


# --- XML ------------------------------------------------------------------------------


def _parse(
    file: IO[bytes],
    start: Callable[[str, dict[str, str]], None],
    text: Callable[[str], None] | None = None,
    end: Callable[[str], None] | None = None,
) -> None:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.CharacterDataHandler = text
    parser.EndElementHandler = end
    parser.EntityDeclHandler = _refuse_entities
    while chunk := file.read(CHUNK):
        parser.Parse(chunk, False)
    parser.Parse(b"", True)


def _refuse_entities(*_declaration: object) -> None:
    raise ValueError("it declares XML entities, which no workbook has")


def _local(name: str) -> str:
    """A name without the prefix of its namespace."""
    return name.rpartition(":")[2] if ":" in name else name
