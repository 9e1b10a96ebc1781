"""A copy of a workbook with nothing but what its numbers depend on.

IronCalc gives up on some styles, comments and drawings that Excel, LibreOffice, Gnumeric and
openpyxl write, and no engine is to be led to other files, to a server or to macros. So the copy has
the workbook with its names, the texts and the sheets, byte for byte; as many cell styles as before,
all of them plain; and of all relations those to the sheets, and hyperlinks, which nothing follows.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable
from pathlib import Path

from xlnn.audit.stored.content_types import SPREADSHEET, WORKBOOK_TYPE, ContentTypes
from xlnn.audit.stored.markup import MAIN
from xlnn.audit.stored.package import (
    CONTENT_TYPES,
    PACKAGE_RELATIONS,
    RELATIONS,
    STRINGS,
    STYLES,
    WORKBOOK,
    opened,
    packed,
)
from xlnn.audit.stored.relations import (
    OFFICE,
    Relation,
    relations_entry,
    relations_of,
    write_relations,
)
from xlnn.workbook.archive import Archive

SHEETS = ("worksheet", "chartsheet")
"""The kinds of sheets that are handed on."""

_CHUNK = 8 << 20
"""So many bytes are unpacked at once: between two chunks the other threads have their turn."""

_CELL_STYLES = re.compile(rb"<(\w+:)?cellXfs\b.*?</(\w+:)?cellXfs>", re.DOTALL)
_STYLE = re.compile(rb"<(\w+:)?xf\b")


def write_bare_copy(source: Path, target: Path) -> int:
    """Copies a workbook, leaving out styles, comments, drawings, macros and links to other files.

    Returns how many bytes it has unpacked. Raises WorkbookError.
    """
    size = copy_parts(source, target)
    check_parts(source)
    return size


def copy_parts(source: Path, target: Path) -> int:
    """The same, for an engine that may begin while ``check_parts`` looks into what is copied:
    nothing is unpacked for it."""
    with opened(source) as full, source.open("rb") as file, target.open("wb") as copy:
        there, sheets = set(full.namelist()), _sheets(full)
        archive = Archive(copy)
        try:
            links = [*sheets, _relation("styles", STYLES)]
            if STRINGS in there:
                links.append(_relation("sharedStrings", STRINGS))
            styles = _plain_styles(full.read(STYLES) if STYLES in there else b"")
            archive.add(CONTENT_TYPES, [_content_types(sheets, STRINGS in there)])
            archive.add(
                PACKAGE_RELATIONS, [write_relations([_relation("officeDocument", WORKBOOK)])]
            )
            archive.add(RELATIONS, [write_relations(links)])
            archive.add(STYLES, [styles])
            size = len(styles)
            for entry in _copied(full):
                archive.add_packed(entry, packed(file, entry))
                size += entry.file_size
            for part in dict.fromkeys(sheet.entry for sheet in sheets):
                if (own := relations_entry(part)) in there:
                    found = [each for each in relations_of(full, own) if each.kind == "hyperlink"]
                    archive.add(own, [write_relations(found)])
            archive.finish()
        finally:
            archive.close()
    return size


def check_parts(source: Path) -> None:
    """Unpacks what is copied byte for byte. Raises WorkbookError for what is damaged, or what
    libraries that read XML could understand in different ways."""
    with opened(source) as full:
        for part in _copied(full):
            with full.open(part) as file:
                before = b""
                while chunk := file.read(_CHUNK):
                    # No program writes such a thing.
                    if b"<!DOCTYPE" in before + chunk[:10] or b"<!DOCTYPE" in chunk:
                        raise ValueError(f"{part.filename} declares a document type")
                    if b"\0" in chunk:
                        raise ValueError(f"{part.filename} is not UTF-8")
                    before = chunk[-10:]


def _sheets(full: zipfile.ZipFile) -> list[Relation]:
    """The relations to the sheets that are there."""
    there = set(full.namelist())
    relations = relations_of(full, RELATIONS)
    return [each for each in relations if each.kind in SHEETS and each.entry in there]


def _copied(full: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """What is copied byte for byte."""
    names = dict.fromkeys([WORKBOOK, STRINGS, *(sheet.entry for sheet in _sheets(full))])
    there = set(full.namelist())
    return [full.getinfo(name) for name in names if name in there]


def _relation(kind: str, entry: str) -> Relation:
    return Relation(f"xlnn{kind}", f"{OFFICE[MAIN]}/{kind}", f"/{entry}", external=False)


def _content_types(sheets: Iterable[Relation], texts: bool) -> bytes:
    """What each part is."""
    parts = {WORKBOOK: WORKBOOK_TYPE, STYLES: f"{SPREADSHEET}styles+xml"}
    parts |= {sheet.entry: f"{SPREADSHEET}{sheet.kind}+xml" for sheet in sheets}
    if texts:
        parts[STRINGS] = f"{SPREADSHEET}sharedStrings+xml"
    relations = "application/vnd.openxmlformats-package.relationships+xml"
    return ContentTypes({"rels": relations, "xml": "application/xml"}, parts).document()


def _plain_styles(styles: bytes) -> bytes:
    """A style sheet with as many cell styles, each the plain one."""
    found = _CELL_STYLES.search(styles)
    number = len(_STYLE.findall(found.group())) if found else 1
    base = '<xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>'
    plain = '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><styleSheet xmlns="{MAIN}">'
        '<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
        '<fills count="1"><fill><patternFill patternType="none"/></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        f'<cellStyleXfs count="1">{base}</cellStyleXfs>'
        f'<cellXfs count="{number}">{plain * number}</cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
        "</styleSheet>"
    ).encode()
