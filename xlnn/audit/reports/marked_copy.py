"""A copy of the audited workbook that shows what was found, where it was found.

Only what has to change is changed: one sheet more, other styles and links in the cells that are
marked. Charts, names, formulas and values stay byte for byte. Macros are left out, as an .xlsx has
none, and so are signatures, which would be broken. The audited file itself is only read.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from xlnn.audit.report import Report
from xlnn.audit.reports.finding_rows import LOOKS, location
from xlnn.audit.reports.findings_sheet import FindingsSheet
from xlnn.audit.reports.marks import Mark, mark_patches
from xlnn.audit.reports.package import (
    BOOK,
    RELATIONS,
    SHEETS,
    TYPES,
    WORKBOOK,
    ContentTypes,
    Relation,
    book_namespace,
    entry_of,
    read_relations,
    relations_of,
    sheets_of,
    with_first_sheet,
    write_relations,
)
from xlnn.audit.reports.patch import patched
from xlnn.audit.reports.report_sheet import sheet_document
from xlnn.audit.reports.style_sheet import StyleSheet, no_styles
from xlnn.audit.stored_sheet import column_number
from xlnn.errors import OutputError
from xlnn.workbook.archive import Archive
from xlnn.workbook.stream import gathered
from xlnn.workbook.theme import load_theme

FINDINGS = "Findings"

FINDINGS_ENTRY = "xl/worksheets/xlnn_findings.xml"
"""What tells a report from other workbooks."""

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
        with zipfile.ZipFile(source) as old:
            archive = Archive(file)
            try:
                for name, chunks in _Copy(old, report).entries():
                    archive.add(name, chunks)
                archive.finish()
            finally:
                archive.close()


class _Copy:
    """The entries of the copy."""

    def __init__(self, old: zipfile.ZipFile, report: Report) -> None:
        self._old, self._report = old, report
        self._book = old.read(BOOK)
        self._relations = read_relations(old.read(relations_of(BOOK)))
        if any(each.name in _MACRO_SHEETS for each in self._relations):
            raise OutputError(
                f"{report.workbook} has a sheet of Excel 4 macros, which an .xlsx cannot hold: "
                "choose a .html or .json report"
            )
        targets = {each.identity: entry_of(BOOK, each) for each in self._relations}
        self._sheets = {name: targets[i] for name, i in sheets_of(self._book).items()}
        self._name = _free_name(FINDINGS, [*self._sheets])
        self._sheet = FindingsSheet(report, frozenset(self._sheets))
        self._styles_entry = next(
            (entry_of(BOOK, each) for each in self._relations if each.name == "styles"), ""
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
            elif name == BOOK:
                yield name, iter([with_first_sheet(self._book, self._name, _IDENTITY)])
            elif name == relations_of(BOOK):
                yield name, iter([write_relations(self._new_relations())])
            elif name == relations_of(""):
                kept = [r for r in read_relations(old.read(name)) if r.name not in _LEFT_OUT]
                yield name, iter([write_relations(kept)])
            elif name == TYPES:
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
        yield self._styles_entry or _STYLES_ENTRY, iter([self._styles.document()])

    # --- Sheets ---

    def _marks(self) -> dict[str, dict[tuple[int, int], Mark]]:
        """By sheet, the marks of its cells. Of several findings in a cell the first is linked."""
        marks: dict[str, dict[tuple[int, int], Mark]] = {}
        for number, finding in enumerate(self._report.findings):
            if finding.sheet not in self._sheets or not finding.cell:
                continue
            letters = finding.cell.rstrip("0123456789")
            cell = int(finding.cell[len(letters) :]), column_number(letters)
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
        kinds = RELATIONS[self._namespace]
        kept = [each for each in self._relations if each.name not in _LEFT_OUT]
        added = [Relation(_IDENTITY, f"{kinds}/worksheet", f"/{FINDINGS_ENTRY}")]
        if not self._styles_entry:
            added.append(Relation(_STYLES_IDENTITY, f"{kinds}/styles", f"/{_STYLES_ENTRY}"))
        return kept + added

    def _types(self, gone: set[str]) -> ContentTypes:
        types = ContentTypes.read(self._old.read(TYPES)).without(gone)
        parts = {BOOK: WORKBOOK, FINDINGS_ENTRY: f"{SHEETS}worksheet+xml"}
        if not self._styles_entry:
            parts[_STYLES_ENTRY] = f"{SHEETS}styles+xml"
        return types.with_parts(parts)

    def _left_out(self) -> set[str]:
        """The entries of macros and signatures, with all that only they have."""
        waiting: list[str] = []
        for part in ("", BOOK):
            waiting += [
                entry_of(part, each)
                for each in self._relations_of(part)
                if each.name in _LEFT_OUT and not each.external
            ]
        gone: set[str] = set()
        while waiting:
            part = waiting.pop()
            if part not in gone:
                gone |= {part, relations_of(part)}
                own = self._relations_of(part)
                waiting += [entry_of(part, each) for each in own if not each.external]
        return gone

    def _relations_of(self, part: str) -> list[Relation]:
        entry = relations_of(part)
        return read_relations(self._old.read(entry)) if entry in self._old.namelist() else []


_IDENTITY, _STYLES_IDENTITY = "rIdXlnnFindings", "rIdXlnnStyles"
_STYLES_ENTRY = "xl/styles.xml"


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
