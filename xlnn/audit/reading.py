"""Reads a workbook as it stands in the file, each sheet when it is first asked for.

``xl/workbook.xml`` lists the sheets, and its relationships say which entry each is. Texts that
cells share stand in ``xl/sharedStrings.xml``.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import IO
from xml.parsers import expat

from xlnn.audit.cell_values import Value
from xlnn.audit.markup import Text, local, parse
from xlnn.audit.stored_sheet import Stored, StoredSheet, read_sheet
from xlnn.errors import WorkbookError
from xlnn.maths.evaluate import Array

_EXTERNAL = re.compile(r"xl/externalLinks/_rels/externalLink(\d+)\.xml\.rels")


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
            self._entries, self.hidden = _sheet_entries(archive)

    @cached_property
    def sha256(self) -> str:
        """The hash of the file, which tells whether another is the same."""
        with self._opened(), self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    @property
    def sheets(self) -> list[str]:
        """The names of the sheets in their order."""
        return list(self._entries)

    def sheet(self, name: str) -> StoredSheet:
        """The cells of a sheet."""
        if name not in self._read:
            texts = self._texts
            with self._opened() as archive, archive.open(self._entries[name]) as file:
                self._read[name] = read_sheet(file, texts)
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
        text = Text()

        def start(name: str, given: dict[str, str]) -> None:
            nonlocal attributes
            attributes = given
            text.begin(inside=local(name) == "definedName")

        def end(name: str) -> None:
            if local(name) == "definedName":
                found.append((attributes["name"], str(text), "localSheetId" in attributes))

        with self._opened() as archive, archive.open("xl/workbook.xml") as file:
            parse(file, start, text.data, end)
        return found

    @cached_property
    def calculation(self) -> str:
        """When formulas are computed: ``auto``, ``autoNoTable`` or ``manual``."""
        with self._opened() as archive:
            found = [
                attributes.get("calcMode", "auto")
                for name, attributes in _elements(archive, "xl/workbook.xml")
                if name == "calcPr"
            ]
        return found[-1] if found else "auto"

    @cached_property
    def external_links(self) -> list[str]:
        """Where the workbook's links to other files lead, in their order: ``[1]`` in a formula is
        the first."""
        with self._opened() as archive:
            parts = [name for name in archive.namelist() if _EXTERNAL.fullmatch(name)]
            parts.sort(key=lambda name: int(_EXTERNAL.fullmatch(name)[1]))  # type: ignore[index]
            return [
                attributes.get("Target", "")
                for part in parts
                for name, attributes in _elements(archive, part)
                if name == "Relationship"
            ]

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


def _sheet_entries(archive: zipfile.ZipFile) -> tuple[dict[str, str], frozenset[str]]:
    """The entry of each sheet by its name, and the names of those that are hidden."""
    targets = {
        attributes["Id"]: posixpath.join("/xl", attributes["Target"])
        for name, attributes in _elements(archive, "xl/_rels/workbook.xml.rels")
        if name == "Relationship"
    }
    sheets = [
        attributes for name, attributes in _elements(archive, "xl/workbook.xml") if name == "sheet"
    ]
    entries = {
        sheet["name"]: posixpath.normpath(targets[sheet["id"]]).lstrip("/") for sheet in sheets
    }
    hidden = (sheet["name"] for sheet in sheets if sheet.get("state", "visible") != "visible")
    return entries, frozenset(hidden)


def _elements(archive: zipfile.ZipFile, entry: str) -> list[tuple[str, dict[str, str]]]:
    """The elements of a small document in order, with attributes, without namespaces."""
    found: list[tuple[str, dict[str, str]]] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        found.append((local(name), {local(key): value for key, value in attributes.items()}))

    with archive.open(entry) as file:
        parse(file, start)
    return found


def _shared_strings(file: IO[bytes]) -> list[str]:
    texts: list[str] = []
    text = Text()

    def start(name: str, _attributes: dict[str, str]) -> None:
        name = local(name)
        if name == "si":
            text.begin(inside=False)
        else:
            text.start(name)

    def end(name: str) -> None:
        name = local(name)
        text.end(name)
        if name == "si":
            texts.append(str(text))

    parse(file, start, text.data, end)
    return texts
