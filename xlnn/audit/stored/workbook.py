"""Reads a workbook as it stands in the file, each sheet when it is first asked for.

``xl/workbook.xml`` lists the sheets, and its relationships say which entry each is. Texts that
cells share stand in ``xl/sharedStrings.xml``.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import IO
from xml.parsers import expat

from xlnn.audit.cell_values import Value
from xlnn.audit.stored.markup import Text, local, parse
from xlnn.audit.stored.package import (
    MACROS,
    PACKAGE_RELATIONS,
    RELATIONS,
    STRINGS,
    WORKBOOK,
    opened,
    plainly,
    unpacked_size,
    whole,
)
from xlnn.audit.stored.relations import Relation, relations_of
from xlnn.audit.stored.sheet import Stored, StoredSheet
from xlnn.audit.stored.sheet_parser import read_sheet
from xlnn.errors import WorkbookError
from xlnn.maths.evaluate import Array

SMALL = 4 << 20
"""Up to these bytes, unpacked, all sheets are kept in memory as they stand in the file."""

KEPT = 16 << 20
"""Up to these bytes, unpacked, all sheets are kept once they are read."""

_EXTERNAL = re.compile(r"xl/externalLinks/_rels/externalLink(\d+)\.xml\.rels")


class StoredWorkbook:
    """A workbook as it stands in a file; each sheet is read when first asked for.

    Raises WorkbookError for a file that is missing, is no workbook, or is damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.renamed: dict[str, str] = {}
        """What sheets were called that have another name now, as far as an audit has found."""
        self._read: dict[str, StoredSheet] = {}
        with opened(path) as archive:
            if WORKBOOK not in archive.namelist():
                raise WorkbookError(
                    f"{path} is not an .xlsx workbook: save it as one (Excel 2007 or later)"
                )
            self._entries, self.hidden = _sheet_entries(archive)
            self.unpacked_size = unpacked_size(archive)
            there = set(archive.namelist())
            self.has_macros = any(name.endswith(MACROS) for name in there)
            self._has_texts = STRINGS in there
            self._kept: dict[str, bytes] = {}
            if self.unpacked_size <= SMALL:
                # To open the zip again takes longer than to read a small sheet.
                kept = there & {WORKBOOK, STRINGS, *self._entries.values()}
                self._kept = {name: whole(archive, name) for name in kept}

    @contextmanager
    def _part(self, name: str) -> Iterator[IO[bytes]]:
        """An entry of the zip; whatever reading it can raise is told plainly."""
        if name in self._kept:
            with plainly(self.path):
                yield BytesIO(self._kept[name])
        else:
            with opened(self.path) as archive, archive.open(name) as file:
                yield file

    @cached_property
    def sha256(self) -> str:
        """The hash of the file, which tells whether another is the same."""
        with plainly(self.path), self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    @property
    def sheets(self) -> list[str]:
        """The names of the sheets in their order."""
        return list(self._entries)

    def sheet(self, name: str) -> StoredSheet:
        """The cells of a sheet."""
        if name not in self._read:
            texts = self._texts
            with self._part(self._entries[name]) as file:
                try:
                    self._read[name] = read_sheet(file, texts)
                except (ValueError, expat.ExpatError) as error:
                    raise ValueError(f"on the sheet {name}, {error}") from error
        return self._read[name]

    def load(self) -> StoredWorkbook:
        """Reads all sheets now; the file may go away afterwards."""
        for name in self.sheets:
            self.sheet(name)
        return self

    def formula(self, sheet: str, row: int, column: int) -> Stored | None:
        """The formula of a cell, if it has one."""
        return self.sheet(sheet).formulas.at(row, column)

    def value(self, sheet: str, row: int, column: int) -> Value:
        """What is typed into a cell, or the value that the file carries with its formula."""
        return self.sheet(sheet).values.at(row, column)

    def numbers(self, sheet: str, row: int, column: int, rows: int, columns: int) -> Array:
        """The numbers of a rectangle, given its first cell; NaN for what is no number."""
        return self.sheet(sheet).numbers(row, column, rows, columns)

    def forget(self, name: str) -> None:
        """Frees the memory of a sheet that is not needed for now, where sheets are large; it is
        read again when asked for."""
        if self.unpacked_size > KEPT:
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

        with self._part(WORKBOOK) as file:
            parse(file, start, text.data, end)
        return found

    @cached_property
    def meanings(self) -> Mapping[str, str]:
        """What defined names mean, by the name in small letters."""
        return {name.casefold(): meaning for name, meaning, _ in self.names}

    @cached_property
    def calculation(self) -> Mapping[str, str]:
        """How formulas are computed: ``calcMode`` tells when, ``fullPrecision`` how exactly."""
        found: dict[str, str] = {}

        def start(name: str, attributes: dict[str, str]) -> None:
            if local(name) == "calcPr":
                found.update(attributes)

        with self._part(WORKBOOK) as file:
            parse(file, start)
        return found

    @cached_property
    def external_links(self) -> list[str]:
        """Where the workbook's links to other files lead, in their order: ``[1]`` in a formula is
        the first."""
        with opened(self.path) as archive:
            parts = [name for name in archive.namelist() if _EXTERNAL.fullmatch(name)]
            parts.sort(key=lambda name: int(_EXTERNAL.fullmatch(name)[1]))  # type: ignore[index]
            return [link.target for part in parts for link in relations_of(archive, part)]

    @cached_property
    def _texts(self) -> list[str]:
        """The shared strings."""
        if not self._has_texts:
            return []
        with self._part(STRINGS) as file:
            return _shared_strings(file)


def _sheet_entries(archive: zipfile.ZipFile) -> tuple[dict[str, str], frozenset[str]]:
    """The entry of each sheet by its name, and the names of those that are hidden.

    Raises ValueError where a spreadsheet program could open something else than is read here.
    """
    there = set(archive.namelist())
    if PACKAGE_RELATIONS in there:
        _check_place(relations_of(archive, PACKAGE_RELATIONS), "officeDocument", WORKBOOK)
    relations = relations_of(archive, RELATIONS)
    _check_place(relations, "sharedStrings", STRINGS)
    targets = {relation.id: relation for relation in relations}
    found: dict[str, str] = {}
    taken, hidden = set(), set()

    def start(element: str, attributes: dict[str, str]) -> None:
        if local(element) != "sheet":
            return
        given = {local(key): value for key, value in attributes.items()}
        name, relation = given["name"], targets[given["id"]]
        if name.casefold() in taken:
            raise ValueError(f"two sheets are called {name}")
        taken.add(name.casefold())
        if relation.entry not in there:
            raise ValueError(f"{relation.target}, which is to hold the sheet {name}, is not there")
        found[name] = relation.entry
        if given.get("state", "visible") != "visible":
            hidden.add(name)

    with archive.open(WORKBOOK) as file:
        parse(file, start)
    return found, frozenset(hidden)


def _check_place(relations: Iterable[Relation], kind: str, place: str) -> None:
    """Refuses a part of the workbook in another place than where all programs put it."""
    for relation in relations:
        if relation.kind == kind and relation.entry != place:
            raise ValueError(f"{relation.target} is to be what stands in {place}")


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
