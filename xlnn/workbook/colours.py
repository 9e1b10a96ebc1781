"""The colours of a workbook as red, green and blue."""

from __future__ import annotations

import colorsys
import re
from collections.abc import Sequence

from openpyxl.styles.colors import Color

Palette = Sequence[str]
"""The twelve colours of a document's theme, as RRGGBB, in the order in which cells count them."""

OFFICE: Palette = (
    "FFFFFF", "000000", "EEECE1", "1F497D", "4F81BD", "C0504D", "9BBB59", "8064A2", "4BACC6",
    "F79646", "0000FF", "800080",
)  # fmt: skip
"""Those of a document that names none."""

_SLOTS = ("lt1", "dk1", "lt2", "dk2", *(f"accent{i}" for i in range(1, 7)), "hlink", "folHlink")


_HUES = (15, "red"), (40, "orange"), (70, "yellow"), (165, "green"), (255, "blue"), (290, "purple")
"""Where the colours end on the circle of hues, in degrees; then comes pink, and red again."""


def colour_name(colour: str) -> str:
    """What people call a colour (RRGGBB), of the colours that a text file names."""
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (0, 2, 4))
    if max(red, green, blue) - min(red, green, blue) < 0.06:
        return "white" if green > 0.96 else "grey" if green > 0.1 else "black"
    hue = 360 * colorsys.rgb_to_hls(red, green, blue)[0]
    return next((name for end, name in _HUES if hue < end), "red" if hue >= 340 else "pink")


def palette_of(document_theme: bytes | str | None) -> Palette:
    """The colours that the part ``theme1.xml`` of a workbook defines."""
    text = document_theme.decode() if isinstance(document_theme, bytes) else document_theme or ""
    found = []
    for slot, default in zip(_SLOTS, OFFICE, strict=True):
        inner = re.search(rf"<(?:\w+:)?{slot}>(.*?)</(?:\w+:)?{slot}>", text, re.DOTALL)
        value = re.search(r'(?:lastClr|val)="([0-9A-Fa-f]{6})"', inner[1]) if inner else None
        found.append(value[1].upper() if value else default)
    return found


def rgb(color: Color | None, palette: Palette, indexed: Sequence[str]) -> str | None:
    """A colour as RRGGBB, if it is one: the automatic colour is none.

    ``indexed`` are the colours of the workbook that cells count (AARRGGBB).
    """
    if color is None:
        return None
    if color.type == "rgb":
        found = str(color.rgb)[-6:]
    elif color.type == "theme" and int(color.theme) < len(palette):
        found = palette[int(color.theme)]
    elif color.type == "indexed" and int(color.indexed) < len(indexed):
        found = indexed[int(color.indexed)][-6:]
    else:
        return None
    return _tinted(found, float(color.tint or 0)).upper()


def _tinted(found: str, tint: float) -> str:
    """A colour made lighter (tint above 0, up to 1) or darker, as spreadsheet programs do it."""
    if not tint:
        return found
    red, green, blue = (int(found[i : i + 2], 16) / 255 for i in (0, 2, 4))
    hue, light, saturation = colorsys.rgb_to_hls(red, green, blue)
    light = light * (1 + tint) if tint < 0 else light * (1 - tint) + tint
    return "".join(
        f"{round(255 * part):02X}" for part in colorsys.hls_to_rgb(hue, light, saturation)
    )
