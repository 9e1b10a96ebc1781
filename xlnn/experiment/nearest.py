"""The known word most like one that is not known."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str:
    """`` (did you mean "…"?)`` for the known word most like this one, or nothing."""
    words = [str(item) for item in known]
    alike = [item for item in words if item[:1].casefold() == word[:1].casefold()]
    # Of words that begin alike, half may differ: wx for wh, but not German for en.
    matches = difflib.get_close_matches(word, alike, n=1, cutoff=0.5)
    matches = matches or difflib.get_close_matches(word, words, n=1)
    return f' (did you mean "{matches[0]}"?)' if matches else ""
