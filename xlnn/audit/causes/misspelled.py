"""What is other in a formula than in the one that belongs there, where it is a single thing: a
cell, a range, a number, or some terms that are left out."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from xlnn.audit.causes.diagnosis import Diagnosis
from xlnn.audit.formula_text import Token, tokens_of

LONGEST = 80
"""The characters that are told of a part of a formula."""

MOST = 400
"""The tokens of formulas that are held against each other."""


def misspelled(found: str, wanted: str) -> Diagnosis | None:
    """What is other in ``found`` than in ``wanted``; None if it is more than one thing."""
    given, right = tokens_of(found), tokens_of(wanted)
    if not given or not right or max(len(given), len(right)) > MOST:
        return None
    if len(given) == len(right):
        return _replaced(
            [pair for pair in zip(given, right, strict=True) if pair[0].meaning != pair[1].meaning]
        )
    if around := _around(given, right):
        return Diagnosis("wrapped", f"{around} is put around it")
    matcher = SequenceMatcher(a=_meanings(given), b=_meanings(right), autojunk=False)
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
    if not all(token.is_operand for pair in pairs for token in pair):
        return None
    if len(pairs) == 2 and _meanings(pairs[0]) == _meanings(pairs[1])[::-1]:
        words = f"{pairs[0][0].text} and {pairs[1][0].text} are swapped"
        return Diagnosis("operands-swapped", words)
    if len({(one.meaning, other.meaning) for one, other in pairs}) != 1:
        return None
    one, other = pairs[0]
    return Diagnosis("other-operand", f"{one.text} stands where {other.text} belongs")


def _around(given: Sequence[Token], right: Sequence[Token]) -> str:
    """The function of which the right formula is an argument, as ``ROUND(…,2)``; empty if there is
    none."""
    for before in range(1, len(given) - len(right)):
        inside = _meanings(given[before : before + len(right)]) == _meanings(right)
        if inside and given[before - 1].text.endswith("("):
            return f"{_text(given[:before])}…{_text(given[before + len(right) :])}"
    return ""


def _meanings(tokens: Sequence[Token]) -> list[str]:
    return [token.meaning for token in tokens]


def _text(tokens: Sequence[Token]) -> str:
    text = "".join(token.text for token in tokens)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
