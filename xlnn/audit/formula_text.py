"""What the text of a formula says: read, and moved, by openpyxl.

That is large, and most audits do without: it is imported with the first formula that needs it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from openpyxl.formula.tokenizer import Token as Spelled


class Token(NamedTuple):
    """A number, a name, an operator or a bracket of a formula."""

    text: str
    meaning: str
    """What it says, however it is spelled."""
    is_operand: bool


def tokens_of(formula: str) -> list[Token] | None:
    """What a formula is made of, without blanks; None for what is no formula."""
    from openpyxl.formula import Tokenizer
    from openpyxl.formula.tokenizer import Token as Kinds
    from openpyxl.formula.tokenizer import TokenizerError

    try:
        found = Tokenizer(formula if formula.startswith("=") else f"={formula}").items
    except TokenizerError:
        return None
    return [
        Token(str(each.value), _meaning(each), each.type == Kinds.OPERAND)
        for each in found
        if each.type != Kinds.WSPACE
    ]


def moved(formula: str, origin: str, here: str) -> str:
    """The formula of one cell as it is when it is copied to another one, without its ``=``."""
    from openpyxl.formula.translate import Translator

    return str(Translator(formula, origin).translate_formula(here)).removeprefix("=")


def _meaning(token: Spelled) -> str:
    if token.subtype == token.NUMBER:
        return repr(float(token.value))
    if token.subtype == token.TEXT:
        return str(token.value)
    text = token.value.replace("$", "").lower()
    text = re.sub(r"_xlfn\.|_xlws\.", "", text)
    text = re.sub(r"^'([a-z_][a-z0-9_]*)'!", r"\1!", text)
    # A range within one sheet may name the sheet twice: X!B6:X!E8. A one-cell range is a cell.
    text = re.sub(r"^(.*!)([a-z]+\d+):\1([a-z]+\d+)$", r"\1\2:\3", text)
    return re.sub(r"\b([a-z]+\d+):\1$", r"\1", text)
