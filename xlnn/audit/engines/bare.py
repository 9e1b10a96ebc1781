"""A copy of a workbook without what its numbers do not depend on.

IronCalc gives up on some styles, comments and drawings that Excel, LibreOffice, Gnumeric and
openpyxl write. The copy keeps the workbook, its names, texts and sheets byte for byte; it has as
many cell styles as before, all of them plain, and of a sheet's relations only hyperlinks.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

STYLES = re.compile(r"(^|/)styles\.xml$")
SHEET_RELATIONS = re.compile(r"(^|/)worksheets/_rels/[^/]+\.rels$")

_CELL_STYLES = re.compile(rb"<(\w+:)?cellXfs\b.*?</(\w+:)?cellXfs>", re.DOTALL)
_STYLE = re.compile(rb"<(\w+:)?xf\b")
_RELATION = re.compile(rb"<Relationship\b[^>]*>")

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def write_bare_copy(source: Path, target: Path) -> None:
    """Copies a workbook, leaving out styles, comments and drawings."""
    with zipfile.ZipFile(source) as full, zipfile.ZipFile(target, "w") as bare:
        for name in full.namelist():
            if STYLES.search(name):
                bare.writestr(name, _plain_styles(full.read(name)))
            elif SHEET_RELATIONS.search(name):
                bare.writestr(name, _hyperlinks(full.read(name)))
            elif not name.endswith("/"):
                # Not compressed again: it is read once, at once.
                with full.open(name) as entry, bare.open(name, "w", force_zip64=True) as copy:
                    while chunk := entry.read(1 << 20):
                        copy.write(chunk)


def _plain_styles(styles: bytes) -> bytes:
    """A style sheet with as many cell styles, each the plain one."""
    found = _CELL_STYLES.search(styles)
    number = len(_STYLE.findall(found.group())) if found else 1
    base = '<xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>'
    plain = '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><styleSheet xmlns="{_MAIN}">'
        '<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
        '<fills count="1"><fill><patternFill patternType="none"/></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        f'<cellStyleXfs count="1">{base}</cellStyleXfs>'
        f'<cellXfs count="{number}">{plain * number}</cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
        "</styleSheet>"
    ).encode()


def _hyperlinks(relations: bytes) -> bytes:
    """Relations without those to comments, drawings and tables."""
    return _RELATION.sub(
        lambda match: match.group() if b"/hyperlink" in match.group() else b"", relations
    )
