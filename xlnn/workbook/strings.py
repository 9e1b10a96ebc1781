"""The texts that cells share: each is stored once, and cells have its number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from openpyxl.xml.constants import SHEET_MAIN_NS

from xlnn.errors import PlanError
from xlnn.experiment.values import MAX_TEXT
from xlnn.workbook.cells import clean_text

TOGETHER = 1000
"""How many texts are written at once."""

# Excel reads _x0041_ in a text as A; the underscore itself is written so.
_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")


class SharedStrings:
    """The shared strings, collected while the sheets are written."""

    def __init__(self) -> None:
        self._indexes: dict[str, int] = {}

    def index(self, text: str) -> int:
        """The number of a text."""
        return self._indexes.setdefault(text, len(self._indexes))

    def __len__(self) -> int:
        return len(self._indexes)

    def forget_after(self, number: int) -> None:
        """Forgets all but the first so many texts."""
        self._indexes = dict(islice(self._indexes.items(), number))

    def document(self) -> Iterator[bytes]:
        """The entry that holds them, in pieces."""
        yield b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        yield f'<sst xmlns="{SHEET_MAIN_NS}" uniqueCount="{len(self._indexes)}">'.encode()
        texts = iter(self._indexes)
        while some := list(islice(texts, TOGETHER)):
            yield "".join(map(_entry, some)).encode()
        yield b"</sst>"


def _entry(text: str) -> str:
    clean = cell_text(text)
    space = ' xml:space="preserve"' if clean != clean.strip() else ""
    return f"<si><t{space}>{clean}</t></si>"


def cell_text(text: str) -> str:
    """A text as it stands in a cell's XML. Raises PlanError for one that no cell can hold."""
    if len(text.encode("utf-16-le", "replace")) > 2 * MAX_TEXT:
        raise PlanError(
            f"a cell would hold a text of {len(text):,} characters, but a cell of a spreadsheet "
            f"holds {MAX_TEXT:,}: {text[:40]}…"
        )
    # XML readers make a line feed of a carriage return that is not written like this.
    return escaped(_ESCAPE.sub("_x005F_", clean_text(text)).replace("\r", "_x000D_"))


def escaped(text: str) -> str:
    """A text with what XML reserves replaced."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
