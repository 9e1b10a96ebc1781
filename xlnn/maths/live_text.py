"""What is written out for one cell, in numbers: as a formula that gives a text, and that text.

The formula follows the cells and the reader's language: a number joined to a text is written as
the spreadsheet program writes numbers there, with a comma or with a point.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import ROUND_HALF_UP, Context, Decimal

from xlnn.maths.first_cell import Piece, Value

EXACT = 15
"""The digits that a spreadsheet program shows of a number."""

POWER = 1e20
"""From here on it writes a number as a power of ten."""

MOST_DIGITS = 400
"""Before the point, of any number."""

_CONTEXT = Context(prec=2 * MOST_DIGITS)


def live_formula(pieces: Iterable[Piece], number: Callable[[Value], str], digits: str) -> str:
    """The formula, without its ``=``, that joins the pieces to one text.

    ``number`` is the formula of a piece's number, ``digits`` the name of how many are shown.
    """
    return "&".join(
        f"ROUND({number(piece)},{digits})" if isinstance(piece, Value) else _quoted(piece)
        for piece in _merged(pieces)
    )


def shown_text(pieces: Iterable[Piece], number: Callable[[Value], float], digits: int) -> str:
    """The text that the formula gives."""
    return "".join(
        shown_number(number(piece), digits) if isinstance(piece, Value) else piece
        for piece in pieces
    )


def shown_number(value: float, digits: int) -> str:
    """A number, rounded, as a spreadsheet program joins it to a text: ``1.48``, not ``1.480``.

    Halves are rounded away from zero. Raises ValueError for what is no finite number.
    """
    exact = Decimal(repr(float(value)))
    if not exact.is_finite():
        raise ValueError(f"{value} cannot be shown in a cell")
    digits = max(digits, -MOST_DIGITS)
    if int(exact.logb() if exact else 0) + digits < EXACT:
        exact = exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP, _CONTEXT)
    rounded = Decimal(f"{float(exact):.{EXACT}g}")
    if not rounded:
        return "0"  # never -0
    if abs(rounded) >= POWER:
        mantissa, _, power = f"{rounded:.{EXACT - 1}E}".partition("E")
        return f"{mantissa.rstrip('0').rstrip('.')}E{power}"
    text = f"{rounded:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _merged(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """The same with texts that follow each other as one."""
    text = ""
    for piece in pieces:
        if isinstance(piece, str):
            text += piece
            continue
        if text:
            yield text
        text = ""
        yield piece
    if text:
        yield text


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
