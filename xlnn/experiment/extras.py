"""The sheets that a workbook may have besides those of its matrices."""

from __future__ import annotations

from collections.abc import Sequence

from xlnn.errors import ExperimentError
from xlnn.experiment.nearest import nearest

EXTRA_SHEETS = ("Walkthrough", "Predict", "Boundary", "Rates", "GradientCheck", "Checks")
"""Their names, in their order."""

ALWAYS = ("Start", "Map", "Settings", "Loss")
"""Those that every workbook has."""

ANY = ("auto", "all", "none")
"""What may stand for a list of names."""


def chosen_extras(value: object) -> str | tuple[str, ...]:
    """``auto``, ``all`` or ``none``, or the names of sheets, also with commas in one text; capitals
    do not count.

    Raises ExperimentError for anything else.
    """
    given = [value] if isinstance(value, str) else value
    if not isinstance(given, Sequence) or not all(isinstance(name, str) for name in given):
        raise ExperimentError(
            f'extras is {value!r}: give "auto", "all", "none", or a list of {_listed()}', "extras"
        )
    names = [name.strip() for text in given for name in text.split(",")]
    known = {name.casefold(): name for name in (*ANY, *EXTRA_SHEETS)}
    for name in names:
        if name.capitalize() in ALWAYS:
            raise ExperimentError(
                f"extras has {name!r}, which every workbook has: name others, of {_listed()}",
                "extras",
            )
        if name.casefold() not in known:
            raise ExperimentError(
                f"extras has {name!r}{nearest(name, EXTRA_SHEETS)}; there are auto, all, none, "
                f"{_listed()}",
                "extras",
            )
    found = [known[name.casefold()] for name in names]
    if len(found) == 1 and found[0] in ANY:
        return found[0]
    if any(name in ANY for name in found):
        raise ExperimentError(f"extras is {value!r}: give either one of auto, all, none, or names",
                              "extras")  # fmt: skip
    return tuple(name for name in EXTRA_SHEETS if name in found) or "none"


def _listed() -> str:
    return ", ".join(EXTRA_SHEETS)
