"""What a cell can hold, as every reader of workbooks here gives it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeGuard

import numpy as np

from xlnn.maths.evaluate import Array


class ErrorValue(str):
    """A spreadsheet's error, such as ``#NUM!``."""

    __slots__ = ()


Value = float | str | bool | None
"""A number, a text (an ErrorValue for an error), a truth value, or nothing."""


def as_numbers(values: Sequence[Value], rows: int, columns: int) -> Array:
    """Cells row by row as an array of rows × columns; NaN for what is no number."""
    if set(map(type, values)) != {float}:
        values = [float(value) if is_number(value) else math.nan for value in values]
    return np.array(values, dtype=np.float64).reshape(rows, columns)


def is_number(value: Value) -> TypeGuard[float]:
    """Whether a cell holds a number. To a matrix product a truth value is none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)
