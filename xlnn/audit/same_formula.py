"""Whether two formulas say the same, however a spreadsheet program spelled them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from openpyxl.formula import Tokenizer
from openpyxl.formula.tokenizer import Token, TokenizerError

from xlnn.audit.stored.references import quoted


def same_formula(first: str, second: str) -> bool:
    """Whether two formulas are alike but for blanks, ``$``, quotes around sheet names,
    capitals and the way a number is written."""
    return first == second or _normal(first) == _normal(second)


@lru_cache(maxsize=4096)
def _normal(formula: str) -> str:
    tokens = tokens_of(formula)
    return formula if tokens is None else "".join(normal(token) for token in tokens)


def tokens_of(formula: str) -> list[Token] | None:
    """What a formula is made of; None for what is no formula."""
    try:
        return list(Tokenizer(formula if formula.startswith("=") else f"={formula}").items)
    except TokenizerError:
        return None


def normal(token: Token) -> str:
    """What a token says, however it is spelled."""
    if token.type == Token.WSPACE:
        return ""
    if token.subtype == Token.NUMBER:
        return repr(float(token.value))
    if token.subtype == Token.TEXT:
        return str(token.value)
    text = token.value.replace("$", "").lower()
    text = re.sub(r"_xlfn\.|_xlws\.", "", text)
    text = re.sub(r"^'([a-z_][a-z0-9_]*)'!", r"\1!", text)
    # A range within one sheet may name the sheet twice: X!B6:X!E8. A one-cell range is a cell.
    text = re.sub(r"^(.*!)([a-z]+\d+):\1([a-z]+\d+)$", r"\1\2:\3", text)
    return re.sub(r"\b([a-z]+\d+):\1$", r"\1", text)


def with_old_names(formula: str, renamed: Mapping[str, str]) -> str:
    """A formula as it was before sheets were renamed: a program writes the new names itself."""
    for now, before in renamed.items():
        formula = re.sub(rf"(?<![\w.\]]){re.escape(quoted(now))}!", f"{before}!", formula)
    return formula
