"""The styles of a workbook, to which others are added: ``xl/styles.xml``.

- A cell's ``s`` counts the ``<xf>`` in ``<cellXfs>``; an ``<xf>`` counts fonts, fills, borders.
- The first two fills are Excel's own.
- What is there keeps its number, as everything new comes after it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple, Protocol
from xml.etree import ElementTree

from openpyxl.styles import Alignment
from openpyxl.styles.numbers import BUILTIN_FORMATS_REVERSE
from openpyxl.xml.functions import tostring

from xlnn.audit.reports.patch import (
    Element,
    Patch,
    changed,
    elements,
    in_attribute,
    with_attributes,
)
from xlnn.workbook.theme import FONT_ORDER, QUOTED
from xlnn.workbook.theme_file import Theme

_ORDER = (
    "numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs",
    "tableStyles", "colors", "extLst",
)  # fmt: skip

_ONE: Mapping[str, tuple[str, ...]] = {
    "numFmts": (),
    "fonts": ('<font><sz val="11"/><name val="Calibri"/></font>',),
    "fills": (
        '<fill><patternFill patternType="none"/></fill>',
        '<fill><patternFill patternType="gray125"/></fill>',
    ),
    "borders": ("<border><left/><right/><top/><bottom/><diagonal/></border>",),
    "cellXfs": ('<xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>',),
}
"""What a list holds that is not there: what programs then take for granted."""


def no_styles(namespace: str) -> bytes:
    """The styles of a workbook that has none."""
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        f'<styleSheet xmlns="{namespace}"><fonts/><fills/><borders/><cellStyleXfs count="1">'
        '<xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs/>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
        "</styleSheet>"
    ).encode()


FIRST_OWN_FORMAT = 164


class Look(NamedTuple):
    """How cells of a report look: like a style of the theme, but placed otherwise."""

    style: str
    wrap: bool = False
    vertical: str = "top"


class _Tree(Protocol):
    def to_tree(self, tagname: str) -> ElementTree.Element: ...


class StyleSheet:
    """A workbook's styles and those that are added."""

    def __init__(self, document: bytes) -> None:
        self._document = document
        found = elements(document)
        self._root = found[0]
        self._lists: dict[str, Element] = {e.local: e for e in found if e.depth == 2}
        self._items = {
            name: [e for e in found if e.depth == 3 and place.inside <= e.start < place.end]
            for name, place in self._lists.items()
        }
        self._added: dict[str, list[bytes]] = {name: [] for name in _ONE}
        for name, defaults in _ONE.items():
            if not self._items.get(name):
                self._added[name] += [self._prefixed(text) for text in defaults]
        self._marked: dict[tuple[int, int, int | None], int] = {}

    def add_looks(self, looks: Mapping[str, Look], theme: Theme) -> dict[str, int]:
        """Adds styles of the theme; gives their numbers by name, and under QUOTED those of
        texts that begin like a formula."""
        return {
            prefix + name: self._add_look(look, theme, quoted=bool(prefix))
            for name, look in looks.items()
            for prefix in ("", QUOTED)
        }

    def _add_look(self, look: Look, theme: Theme, quoted: bool) -> int:
        style = theme.style(look.style)
        font = style.font.to_tree("font")
        font[:] = sorted(font, key=lambda part: FONT_ORDER.index(part.tag.rpartition("}")[2]))
        code = style.number_format
        number = BUILTIN_FORMATS_REVERSE.get(code)
        if number is None:
            number = self._add_format(code)
        alignment = Alignment(horizontal="left", vertical=look.vertical, wrap_text=look.wrap)
        return self._add(
            "cellXfs",
            f'<xf numFmtId="{number}" fontId="{self._add("fonts", _text(font))}" '
            f'fillId="{self._add("fills", _text(style.fill.to_tree("fill")))}" '
            f'borderId="{self._add("borders", _text(style.border.to_tree("border")))}" '
            'applyNumberFormat="1" applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1" '
            f'quotePrefix="{int(quoted)}" xfId="0">{_text(alignment.to_tree("alignment"))}</xf>',
        )

    def add_fill(self, colour: str) -> int:
        """Adds a fill of one colour (RRGGBB)."""
        return self._add(
            "fills",
            f'<fill><patternFill patternType="solid"><fgColor rgb="FF{colour}"/>'
            '<bgColor indexed="64"/></patternFill></fill>',
        )

    def add_border(self, colour: str) -> int:
        """Adds a border on all sides."""
        sides = "".join(
            f'<{side} style="medium"><color rgb="FF{colour}"/></{side}>'
            for side in ("left", "right", "top", "bottom")
        )
        return self._add("borders", f"<border>{sides}<diagonal/></border>")

    def marked(self, number: int, fill: int, border: int | None) -> int:
        """The number of a style that differs in fill and border alone; added when first asked."""
        key = number, fill, border
        if key not in self._marked:
            marks: dict[str, str | None] = {"fillId": str(fill), "applyFill": "1"}
            if border is not None:
                marks |= {"borderId": str(border), "applyBorder": "1"}
            xf = self._style(number)
            end = xf.index(b">") + 1  # no attribute of a style holds a text
            self._added["cellXfs"].append(with_attributes(xf[:end], marks) + xf[end:])
            self._marked[key] = self._count("cellXfs") - 1
        return self._marked[key]

    def document(self) -> bytes:
        """The styles with all that was added."""
        patches = []
        for name, added in self._added.items():
            if not added:
                continue
            content = b"".join(added)
            place, items = self._lists.get(name), self._items.get(name)
            count = {"count": str(self._count(name))}
            if place is None:
                tag = f"{self._root.prefix}{name}".encode()
                start = with_attributes(b"<%s>" % tag, count)
                patches.append(Patch(self._place_of(name), start + content + b"</%s>" % tag))
            elif items:
                patches += [Patch(place.start, attributes=count), Patch(place.last, content)]
            else:
                patches.append(Patch(place.start, attributes=count, content=content))
        return changed(self._document, patches)

    # --- The lists ---

    def _style(self, number: int) -> bytes:
        items = self._items.get("cellXfs")
        if not items:
            return self._added["cellXfs"][0]
        item = items[number if number < len(items) else 0]
        return self._document[item.start : item.end]

    def _count(self, name: str) -> int:
        return len(self._items.get(name, ())) + len(self._added[name])

    def _add(self, name: str, text: str) -> int:
        piece = self._prefixed(text)
        if name != "cellXfs" and piece in self._added[name]:
            return self._count(name) - len(self._added[name]) + self._added[name].index(piece)
        self._added[name].append(piece)
        return self._count(name) - 1

    def _add_format(self, code: str) -> int:
        for item in self._items.get("numFmts", ()):
            if item.attributes.get("formatCode") == code:
                return int(item.attributes["numFmtId"])
        used = [int(item.attributes["numFmtId"]) for item in self._items.get("numFmts", ())]
        number = max([*used, FIRST_OWN_FORMAT - 1]) + 1
        shown = in_attribute(code).decode()
        for index, added in enumerate(self._added["numFmts"]):
            if b'formatCode="%s"' % shown.encode() in added:
                return number + index
        number += len(self._added["numFmts"])
        self._add("numFmts", f'<numFmt numFmtId="{number}" formatCode="{shown}"/>')
        return number

    def _prefixed(self, text: str) -> bytes:
        """The elements of a text in the namespace of the document's root."""
        return re.sub(r"<(/?)(?=\w)", rf"<\1{self._root.prefix}", text).encode()

    def _place_of(self, name: str) -> int:
        """Where a list belongs that is not there."""
        later = _ORDER[_ORDER.index(name) + 1 :]
        return min(
            (place.start for other, place in self._lists.items() if other in later),
            default=self._root.last,
        )


def _text(tree: ElementTree.Element) -> str:
    document: bytes = tostring(tree)  # type: ignore[assignment]  # typed as of another library
    return document.decode()
