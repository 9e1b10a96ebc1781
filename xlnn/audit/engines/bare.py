"""A copy of a workbook with nothing but what its numbers depend on.

IronCalc gives up on some styles, comments and drawings that Excel, LibreOffice, Gnumeric and
openpyxl write, and no engine is to be led to other files, to a server or to macros. So the copy has
the workbook with its names, the texts and the sheets, byte for byte; as many cell styles as before,
all of them plain; and of all relations those to the sheets, and hyperlinks, which nothing follows.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path
from xml.sax.saxutils import quoteattr

from xlnn.audit.stored.markup import MAIN
from xlnn.audit.stored.package import (
    CONTENT_TYPES,
    PACKAGE_RELATIONS,
    RELATIONS,
    STRINGS,
    STYLES,
    WORKBOOK,
    opened,
)
from xlnn.audit.stored.relations import Relation, relations_of

SHEETS = ("worksheet", "chartsheet")
"""The kinds of sheets that are handed on."""

_CHUNK = 8 << 20
"""So many bytes are copied at once: between two chunks the other threads have their turn."""

_CELL_STYLES = re.compile(rb"<(\w+:)?cellXfs\b.*?</(\w+:)?cellXfs>", re.DOTALL)
_STYLE = re.compile(rb"<(\w+:)?xf\b")

_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def write_bare_copy(source: Path, target: Path) -> int:
    """Copies a workbook, leaving out styles, comments, drawings, macros and links to other files.

    Returns how many bytes it has unpacked. Raises WorkbookError.
    """
    # Not compressed again: it is read once, at once.
    with opened(source) as full, zipfile.ZipFile(target, "w") as bare:
        there = set(full.namelist())
        sheets = [
            relation
            for relation in relations_of(full, RELATIONS)
            if relation.kind in SHEETS and relation.entry in there
        ]
        parts = {relation.entry: relation.kind for relation in sheets}
        links = [*sheets, *_texts_and_styles(there)]
        bare.writestr(CONTENT_TYPES, _content_types(parts, STRINGS in there))
        bare.writestr(PACKAGE_RELATIONS, _relations([_relation("officeDocument", WORKBOOK)]))
        bare.writestr(RELATIONS, _relations(links))
        bare.writestr(STYLES, _plain_styles(full.read(STYLES) if STYLES in there else b""))
        for name in (WORKBOOK, STRINGS, *parts):
            if name in there:
                _copy(full, bare, name)
        for name in parts:
            own = posixpath.join(
                posixpath.dirname(name), "_rels", f"{posixpath.basename(name)}.rels"
            )
            if own in there:
                found = relations_of(full, own)
                bare.writestr(own, _relations(r for r in found if r.kind == "hyperlink"))
        return sum(entry.file_size for entry in bare.infolist())


def _copy(full: zipfile.ZipFile, bare: zipfile.ZipFile, name: str) -> None:
    """Copies an entry byte for byte."""
    with full.open(name) as entry, bare.open(name, "w", force_zip64=True) as copy:
        before = b""
        while chunk := entry.read(_CHUNK):
            # No program writes such a thing; libraries that read XML differ in what they do then.
            if b"<!DOCTYPE" in before + chunk[:10] or b"<!DOCTYPE" in chunk or b"\0" in chunk:
                raise ValueError(f"{name} declares a document type or is not UTF-8")
            before = chunk[-10:]
            copy.write(chunk)


def _relation(kind: str, entry: str) -> Relation:
    return Relation(f"xlnn{kind}", f"{_RELATION}/{kind}", f"/{entry}", external=False)


def _texts_and_styles(there: set[str]) -> list[Relation]:
    texts = [_relation("sharedStrings", STRINGS)] if STRINGS in there else []
    return [_relation("styles", STYLES), *texts]


def _relations(relations: Iterable[Relation]) -> str:
    mode = {True: "External", False: "Internal"}
    listed = "".join(
        f"<Relationship Id={quoteattr(r.id)} Type={quoteattr(r.type)} "
        f'Target={quoteattr(r.target)} TargetMode="{mode[r.external]}"/>'
        for r in relations
    )
    return f'<Relationships xmlns="{_RELATIONS}">{listed}</Relationships>'


def _content_types(sheets: dict[str, str], texts: bool) -> str:
    """What each part is."""
    parts = {WORKBOOK: "sheet.main", STYLES: "styles", **sheets}
    if texts:
        parts[STRINGS] = "sharedStrings"
    listed = "".join(
        f'<Override PartName={quoteattr(f"/{name}")} ContentType="{_TYPE}.{kind}+xml"/>'
        for name, kind in parts.items()
    )
    return (
        f'<Types xmlns="{_TYPES}"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{listed}</Types>'
    )


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
