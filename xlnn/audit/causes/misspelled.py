"""What is other in a formula than in the one that belongs there, where it is a single thing: a
cell, a range, a number, or some terms that are left out."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from openpyxl.formula.tokenizer import Token

from xlnn.audit.causes.diagnosis import Diagnosis
from xlnn.audit.same_formula import normal, tokens_of

LONGEST = 80
"""The characters that are told of a part of a formula."""

MOST = 400
"""The tokens of formulas that are held against each other."""


def misspelled(found: str, wanted: str) -> Diagnosis | None:
    """What is other in ``found`` than in ``wanted``; None if it is more than one thing."""
    given, right = _tokens(found), _tokens(wanted)
    if not given or not right or max(len(given), len(right)) > MOST:
        return None
    if len(given) == len(right):
        return _replaced(
            [pair for pair in zip(given, right, strict=True) if normal(pair[0]) != normal(pair[1])]
        )
    matcher = SequenceMatcher(a=[*map(normal, given)], b=[*map(normal, right)], autojunk=False)
    changes = [change for change in matcher.get_opcodes() if change[0] != "equal"]
    if len(changes) != 1:
        return None
    what, a, b, c, d = changes[0]
    if what == "insert":
        return Diagnosis("left-out", f"{_text(right[c:d])} is left out")
    if what == "delete":
        return Diagnosis("added", f"{_text(given[a:b])} is added")
    return None


def _replaced(pairs: Sequence[tuple[Token, Token]]) -> Diagnosis | None:
    """Tokens that stand in the place of others."""
    if any(token.type != Token.OPERAND for pair in pairs for token in pair):
        return None
    if len(pairs) == 2 and [*map(normal, pairs[0])] == [*map(normal, reversed(pairs[1]))]:
        words = f"{pairs[0][0].value} and {pairs[1][0].value} are swapped"
        return Diagnosis("operands-swapped", words)
    if len({(normal(one), normal(other)) for one, other in pairs}) != 1:
        return None
    one, other = pairs[0]
    return Diagnosis("other-operand", f"{one.value} stands where {other.value} belongs")


def _tokens(formula: str) -> list[Token]:
    return [token for token in tokens_of(formula) or () if token.type != Token.WSPACE]


def _text(tokens: Sequence[Token]) -> str:
    text = "".join(token.value for token in tokens)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
