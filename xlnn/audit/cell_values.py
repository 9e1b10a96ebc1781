"""What a cell can hold, as every reader of workbooks here gives it."""

from __future__ import annotations

from typing import TypeGuard


class ErrorValue(str):
    """A spreadsheet's error, such as ``#NUM!``."""

    __slots__ = ()


Value = float | str | bool | None
"""A number, a text (an ErrorValue for an error), a truth value, or nothing."""


def is_number(value: Value) -> TypeGuard[float]:
    """Whether a cell holds a number. To a matrix product a truth value is none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)
