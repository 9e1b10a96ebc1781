"""The known word most like one that is not known."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str:
    """`` (did you mean "…"?)`` for the known word most like this one, or nothing."""
    matches = difflib.get_close_matches(word, [str(item) for item in known], n=1, cutoff=0.6)
    return f' (did you mean "{matches[0]}"?)' if matches else ""
