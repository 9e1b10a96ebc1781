"""Single values as people give them: made what an experiment holds, or refused with the way out.

Each of these raises ExperimentError, with the name of the field.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from xlnn.errors import ExperimentError
from xlnn.experiment.matrix import MAX_NUMBER
from xlnn.experiment.nearest import nearest

MAX_WHOLE = 2**31 - 1
"""The largest whole number that is asked for: more epochs than anybody waits for."""

MAX_TEXT = 32_767
"""The longest text that a cell of a spreadsheet can hold."""


def choice(name: str, value: object, allowed: tuple[object, ...]) -> object:
    """The choice that a value names; hyphens, underscores and capitals count the same."""
    if isinstance(value, str) and value not in allowed:
        value = value.strip().lower().replace("_", "-").replace(" ", "-")
    # True == 1 in Python, but "biases = 1" is no answer to a yes-or-no question.
    for choice in allowed:
        if value == choice and isinstance(value, bool) == isinstance(choice, bool):
            return choice
    hint = nearest(value, map(str, allowed)) if isinstance(value, str) else ""
    raise ExperimentError(
        f"{name} is {value!r}{hint}; there are {', '.join(_toml(choice) for choice in allowed)}",
        name,
    )


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value).replace("'", '"')


def file(value: Any, name: str) -> Path | None:
    """A file that is there, if one is named."""
    if value is None:
        return None
    if not isinstance(value, (str, Path)):
        raise ExperimentError(f"{name} is {value!r}: give the name of a file", name)
    if not Path(value).is_file():
        raise ExperimentError(f"{name} is {str(value)!r}, but there is no such file", name)
    return Path(value)


def layers(value: Any) -> tuple[int, ...]:
    """The neurons of each hidden layer."""
    sizes = [value] if isinstance(value, int) else value
    if isinstance(sizes, str) or not isinstance(sizes, (Sequence, np.ndarray)):
        raise ExperimentError(
            f"hidden is {value!r}: give the number of neurons of each hidden layer, such as [3]",
            "hidden",
        )
    return tuple(whole(size, "hidden", least=1) for size in sizes)


def whole(value: Any, name: str, least: int) -> int:
    """A whole number, from ``least`` on."""
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not whole or value < least:
        raise ExperimentError(f"{name} is {value!r}: give a whole number from {least} on", name)
    if value > MAX_WHOLE:
        raise ExperimentError(f"{name} is {value}: give at most {MAX_WHOLE:,}", name)
    return int(value)


def finite(value: Any, name: str) -> float:
    """A number."""
    number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    if not number or not -MAX_NUMBER <= value <= MAX_NUMBER:
        raise ExperimentError(f"{name} is {value!r}: give a number such as 0.1", name)
    return float(value)


def text(value: Any, name: str) -> str:
    """A text that a cell can hold."""
    if not isinstance(value, str):
        raise ExperimentError(f"{name} is {value!r}: give a text in quotes", name)
    if len(value) > MAX_TEXT:
        raise ExperimentError(
            f"{name} has {len(value):,} characters, but a cell holds {MAX_TEXT:,}: shorten it", name
        )
    return value


def texts(value: Any, name: str) -> tuple[str, ...]:
    """A list of such texts; one may stand for itself."""
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, Sequence):
        raise ExperimentError(f"{name} is {value!r}: give a list of texts", name)
    return tuple(text(each, name) for each in values)


def named(value: Any) -> dict[str, Any]:
    """Start matrices by name."""
    if not isinstance(value, Mapping):
        raise ExperimentError(
            f"weights is {value!r}: give start matrices by name, such as {{'wh': …}}", "weights"
        )
    return dict(value)
