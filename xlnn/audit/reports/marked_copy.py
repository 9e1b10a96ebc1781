"""A copy of the audited workbook that shows what was found, where it was found.

Only what has to change is changed: one sheet more, other styles and links in the cells that are
marked. Charts, names, formulas and values stay byte for byte. Macros are left out, as an .xlsx has
none, and so are signatures, which would be broken. The audited file itself is only read.
"""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from xml.parsers import expat

from xlnn.audit.report import Report
from xlnn.audit.reports.finding_rows import LOOKS, location
from xlnn.audit.reports.findings_sheet import FindingsSheet
from xlnn.audit.reports.marks import Mark, mark_patches
from xlnn.audit.reports.patch import patched
from xlnn.audit.reports.report_files import FINDINGS_ENTRY
from xlnn.audit.reports.report_sheet import sheet_document
from xlnn.audit.reports.sheet_list import book_namespace, sheets_of, with_first_sheet
from xlnn.audit.reports.style_sheet import StyleSheet, no_styles
from xlnn.audit.stored.content_types import SPREADSHEET, WORKBOOK_TYPE, ContentTypes
from xlnn.audit.stored.package import CONTENT_TYPES, PACKAGE_RELATIONS, RELATIONS, STYLES, WORKBOOK
from xlnn.audit.stored.references import position
from xlnn.audit.stored.relations import (
    OFFICE,
    Relation,
    relations_entry,
    relations_of,
    write_relations,
)
from xlnn.errors import OutputError
from xlnn.workbook.archive import Archive
from xlnn.workbook.stream import gathered
from xlnn.workbook.theme import load_theme

FINDINGS = "Findings"

_LEFT_OUT = ("vbaProject", "wordVbaData", "origin", "attachedToolbars")
"""The kinds of relations to macros, to signatures, to the buttons of macros."""

_MACRO_SHEETS = ("xlMacrosheet", "xlIntlMacrosheet")

CHUNK = 1 << 20


def write_marked_copy(report: Report, file: IO[bytes]) -> None:
    """Writes a copy of the workbook that a report is on.

    Raises OutputError where the workbook has changed since, or an .xlsx cannot hold it.
    """
    path = Path(report.workbook)
    with path.open("rb") as source:
        if hashlib.file_digest(source, "sha256").hexdigest() != report.sha256:
            raise OutputError(f"{path} was changed while it was audited: audit it again")
        archive = Archive(file)
        try:
            with zipfile.ZipFile(source) as old:
                for name, chunks in _Copy(old, report).entries():
                    archive.add(name, chunks)
                archive.finish()
        except (LookupError, ValueError, expat.ExpatError, zipfile.BadZipFile, zlib.error) as error:
            raise OutputError(
                f"{path} cannot be marked, as a part of it that no number depends on is damaged "
                f"({error}): choose a .html or .json report"
            ) from error
        finally:
            archive.close()


class _Copy:
    """The entries of the copy."""

    def __init__(self, old: zipfile.ZipFile, report: Report) -> None:
        self._old, self._report = old, report
        self._book = old.read(WORKBOOK)
        self._relations = relations_of(old, RELATIONS)
        if any(each.kind in _MACRO_SHEETS for each in self._relations):
            raise OutputError(
                f"{report.workbook} has a sheet of Excel 4 macros, which an .xlsx cannot hold: "
                "choose a .html or .json report"
            )
        targets = {each.id: each.entry for each in self._relations if not each.external}
        self._sheets = {name: targets[i] for name, i in sheets_of(self._book).items()}
        self._name = _free_name(FINDINGS, [*self._sheets])
        self._sheet = FindingsSheet(report, frozenset(self._sheets))
        self._styles_entry = next(
            (each.entry for each in self._relations if each.kind == "styles"), ""
        )
        self._namespace = book_namespace(self._book)
        styles = old.read(self._styles_entry) if self._styles_entry else no_styles(self._namespace)
        self._styles, theme = StyleSheet(styles), load_theme()
        strong, pale = theme.colour("bad"), theme.fill("bad")
        self._border = self._styles.add_border(strong)
        self._fills = {
            True: self._styles.add_fill(_between(strong, pale)),
            False: self._styles.add_fill(pale),
        }
        self._numbers = self._styles.add_looks(LOOKS, theme)

    def entries(self) -> Iterator[tuple[str, Iterator[bytes | bytearray]]]:
        """The entries in the order of the workbook's own, the new ones last."""
        old, gone = self._old, self._left_out()
        named = {entry: name for name, entry in self._sheets.items()}
        marks = self._marks()
        for info in old.infolist():
            name = info.filename
            if name in gone or name in (self._styles_entry, FINDINGS_ENTRY) or info.is_dir():
                continue
            if name in named:
                yield name, self._marked_sheet(name, marks.get(named[name], {}))
            elif name == WORKBOOK:
                yield name, iter([with_first_sheet(self._book, self._name, _IDENTITY)])
            elif name == RELATIONS:
                yield name, iter([write_relations(self._new_relations())])
            elif name == PACKAGE_RELATIONS:
                kept = [r for r in relations_of(old, name) if r.kind not in _LEFT_OUT]
                yield name, iter([write_relations(kept)])
            elif name == CONTENT_TYPES:
                yield name, iter([self._types(gone).document()])
            else:
                yield name, self._unchanged(name)
        yield (
            FINDINGS_ENTRY,
            sheet_document(
                self._sheet.page(self._name),
                self._numbers,
                shown=True,
                filtered=self._sheet.filtered,
                namespace=self._namespace,
            ),
        )
        # Last, as the cells of every sheet have a say in it.
        yield self._styles_entry or STYLES, iter([self._styles.document()])

    # --- Sheets ---

    def _marks(self) -> dict[str, dict[tuple[int, int], Mark]]:
        """By sheet, the marks of its cells. Of several findings in a cell the first is linked."""
        marks: dict[str, dict[tuple[int, int], Mark]] = {}
        for number, finding in enumerate(self._report.findings):
            if finding.sheet not in self._sheets or not finding.cell:
                continue
            cell = position(finding.cell)
            there = marks.setdefault(finding.sheet, {})
            before = there.get(cell)
            if before is None or (finding.cause and not before.cause):
                row = self._sheet.row_of(number)
                tip = f"{finding.kind}: {finding.message}"
                there[cell] = Mark(finding.cause, location(self._name, f"A{row}"), tip)
        return marks

    def _marked_sheet(
        self, entry: str, marks: dict[tuple[int, int], Mark]
    ) -> Iterator[bytes | bytearray]:
        with self._old.open(entry) as file:
            patches = mark_patches(file, marks, self._marked_style)
        with self._old.open(entry) as file:
            yield from gathered([patched(file, patches)])

    def _marked_style(self, number: int, cause: bool) -> int:
        return self._styles.marked(number, self._fills[cause], self._border if cause else None)

    def _unchanged(self, name: str) -> Iterator[bytes]:
        with self._old.open(name) as file:
            while chunk := file.read(CHUNK):
                yield chunk

    # --- What tells of the parts ---

    def _new_relations(self) -> list[Relation]:
        kinds = OFFICE[self._namespace]
        kept = [each for each in self._relations if each.kind not in _LEFT_OUT]
        added = [Relation(_IDENTITY, f"{kinds}/worksheet", f"/{FINDINGS_ENTRY}", False)]
        if not self._styles_entry:
            added.append(Relation(_STYLES_IDENTITY, f"{kinds}/styles", f"/{STYLES}", False))
        return kept + added

    def _types(self, gone: set[str]) -> ContentTypes:
        types = ContentTypes.read(self._old.read(CONTENT_TYPES)).without(gone)
        parts = {WORKBOOK: WORKBOOK_TYPE, FINDINGS_ENTRY: f"{SPREADSHEET}worksheet+xml"}
        if not self._styles_entry:
            parts[STYLES] = f"{SPREADSHEET}styles+xml"
        return types.with_parts(parts)

    def _left_out(self) -> set[str]:
        """The entries of macros and signatures, with all that only they have."""
        first = [*self._relations_of(""), *self._relations]
        waiting = [each for each in first if each.kind in _LEFT_OUT]
        gone: set[str] = set()
        while waiting:
            each = waiting.pop()
            if not each.external and each.entry not in gone:
                gone |= {each.entry, relations_entry(each.entry)}
                waiting += self._relations_of(each.entry)
        return gone

    def _relations_of(self, part: str) -> list[Relation]:
        entry = relations_entry(part)
        return relations_of(self._old, entry) if entry in self._old.namelist() else []


_IDENTITY, _STYLES_IDENTITY = "rIdXlnnFindings", "rIdXlnnStyles"


def _free_name(name: str, taken: list[str]) -> str:
    """The name of a sheet, with a number where there is one of that name."""
    used, number, free = {each.casefold() for each in taken}, 1, name
    while free.casefold() in used:
        number += 1
        free = f"{name} {number}"
    return free


def _between(strong: str, pale: str) -> str:
    """A colour that is stronger than the pale one, and still pale enough for black on it."""
    parts = [0.35 * int(strong[i : i + 2], 16) + 0.65 * int(pale[i : i + 2], 16) for i in (0, 2, 4)]
    return "".join(f"{round(part):02X}" for part in parts)
