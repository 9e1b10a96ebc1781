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
    plainly,
    unpacked,
    whole,
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

_OWN = (CONTENT_TYPES, PACKAGE_RELATIONS, RELATIONS, STYLES, WORKBOOK, STRINGS)
"""What is no sheet, whatever a relation says."""

_CELL_STYLES = re.compile(rb"<(\w+:)?cellXfs\b.*?</(\w+:)?cellXfs>", re.DOTALL)
_STYLE = re.compile(rb"<(\w+:)?xf\b")


def write_bare_copy(source: Path, target: Path) -> int:
    """Copies a workbook, leaving out styles, comments, drawings, macros and links to other files.

    Returns how many bytes the copy has unpacked. Raises WorkbookError.
    """
    size = copy_parts(source, target)
    check_parts(source, target)
    return size


def copy_parts(source: Path, target: Path) -> int:
    """The same, but what is copied byte for byte stays packed: an engine may begin while
    ``check_parts`` looks into it. Until then the size is what the workbook says of itself."""
    with opened(source) as full, source.open("rb") as file, target.open("wb") as copy:
        there, sheets = set(full.namelist()), _sheets(full)
        parts = dict.fromkeys(sheet.entry for sheet in sheets)
        links = [*sheets, _relation("styles", STYLES)]
        if STRINGS in there:
            links.append(_relation("sharedStrings", STRINGS))
        styles = _plain_styles(whole(full, STYLES) if STYLES in there else b"")
        size = len(styles)
        archive = Archive(copy)
        try:
            archive.add(CONTENT_TYPES, [_content_types(sheets, STRINGS in there)])
            archive.add(
                PACKAGE_RELATIONS, [write_relations([_relation("officeDocument", WORKBOOK)])]
            )
            archive.add(RELATIONS, [write_relations(links)])
            archive.add(STYLES, [styles])
            for name in (WORKBOOK, STRINGS, *parts):
                if name in there:
                    entry = full.getinfo(name)
                    archive.add_packed(entry, packed(file, entry))
                    size += entry.file_size
            for part in parts:
                if (own := relations_entry(part)) in there:
                    found = [each for each in relations_of(full, own) if each.kind == "hyperlink"]
                    archive.add(own, [write_relations(found)])
            archive.finish()
        finally:
            archive.close()
    return size


def check_parts(source: Path, copy: Path) -> None:
    """Unpacks the copy of a workbook. Raises WorkbookError for what is damaged, or what libraries
    that read XML could understand in different ways."""
    with plainly(source), copy.open("rb") as file, zipfile.ZipFile(copy) as bare:
        for part in bare.infolist():
            before = b""
            for chunk in unpacked(file, part):
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
    sheets = [each for each in relations if each.kind in SHEETS and each.entry in there]
    for sheet in sheets:
        if sheet.entry in _OWN or sheet.entry.endswith(".rels"):
            raise ValueError(f"{sheet.entry} is to be a sheet")
    return sheets


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
