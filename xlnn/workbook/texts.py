"""The sentences that stand on the sheets, from the templates."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any

from xlnn.bundled import folder

Texts = Mapping[str, Any]
"""The sections of a language's text file."""


def load_texts(language: str = "en") -> Texts:
    """The texts of a language."""
    path = folder() / "texts" / f"{language}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def about(texts: Texts, section: str, matrix: str) -> str:
    """What a section (``why``, ``note``) says of a matrix, whichever layer it belongs to."""
    return str(texts[section].get(re.sub(r"_\d+", "", matrix), ""))


def axis_name(texts: Texts, name: str) -> str:
    """``hidden neurons`` for the axis of a hidden layer, with the layer's number if it has one."""
    base, _, layer = name.partition("_")
    plural = str(texts["axes"].get(base, base))
    return f"{plural} of layer {layer}" if layer else plural
