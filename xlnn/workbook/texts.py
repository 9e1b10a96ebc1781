"""The sentences that stand on the sheets, from the templates."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from xlnn.bundled import folder, languages
from xlnn.errors import XlnnError
from xlnn.experiment.description import Description
from xlnn.maths.expr import ONE

Texts = Mapping[str, Any]
"""The sections of a language's text file."""


def load_texts(language: str = "en") -> Texts:
    """The texts of a language. Raises XlnnError where the templates have none."""
    if language not in languages():
        raise XlnnError(f"there are no texts in {language!r}; there are {', '.join(languages())}")
    path = folder() / "texts" / f"{language}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def number_text(texts: Texts, value: float, form: str) -> str:
    """A number in a sentence, written as the language writes numbers."""
    words = texts["numbers"]
    return f"{value:{form}}".translate(
        str.maketrans({",": words["thousands"], ".": words["decimal"]})
    )


def about(texts: Texts, section: str, matrix: str) -> str:
    """What a section (``why``, ``curve``) says of a matrix, whichever layer it belongs to."""
    for name in _kinds(matrix):
        if name in texts[section]:
            return str(texts[section][name])
    return ""


def notes(texts: Texts, matrix: str, description: Description) -> str:
    """What is to be noted of a matrix of such a network."""
    return " ".join(
        note["text"]
        for note in texts["note"]
        if note["matrix"] == _without_layer(matrix)
        and all(getattr(description, key) == value for key, value in note["when"].items())
    )


def _kinds(matrix: str) -> Iterator[str]:
    """The names under which something may be said of a matrix, most special first."""
    name = _without_layer(matrix)
    yield name
    yield name.removesuffix("_test").removesuffix("_all")
    yield _PARAMETER.sub("parameter_", name)
    yield _DATA.sub("data_", name)


_PARAMETER = re.compile("^(wh|bh|wout|bout)_")
_DATA = re.compile("^[Xy]_")


def _without_layer(matrix: str) -> str:
    return re.sub(r"_\d+", "", matrix)


def axis_name(texts: Texts, name: str, side: str = "rows") -> str:
    """``hidden neurons`` for the axis of a hidden layer, with the layer's number if it has one;
    a single row or column by its ``side``."""
    if name == ONE.name and side == "columns":
        return str(texts["axes"]["one_column"])
    base, _, layer = name.partition("_")
    plural = str(texts["axes"].get(base, base))
    if not layer:
        return plural
    return str(texts["axes"]["of_layer"]).format(axis=plural, layer=layer)
