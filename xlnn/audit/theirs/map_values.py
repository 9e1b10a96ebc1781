"""Single values of a map: made what the audit needs, or refused with the way out.

Each of these raises ExperimentError.
"""

from __future__ import annotations

from typing import Any

from xlnn.errors import ExperimentError
from xlnn.experiment.experiment import NUMBERS
from xlnn.experiment.values import choice, finite, layers, whole
from xlnn.workbook.plan import MAX_COLUMNS, MAX_ROWS

MAX_UPDATES = 10_000
"""The epochs, or the batches of an epoch, that a map may tell of."""

MAX_LAYERS = 50

SETTINGS = tuple(name for name in NUMBERS if name != "test_fraction")
"""The numbers that the steps read."""


def yes_or_no(value: Any, name: str) -> bool:
    """A truth value."""
    return bool(choice(name, value, (True, False)))


def end(value: Any, name: str) -> object:
    """Where ones or biases stand."""
    return choice(name, value, ("first", "last"))


def setting(value: Any, name: str) -> object:
    """The name of a number that training reads."""
    return choice(name, value, SETTINGS)


def factor(value: Any, name: str) -> float:
    """A number that something can be divided by."""
    number = finite(value, name)
    if number == 0:
        raise ExperimentError(f"{name} is 0, of which nothing can be told: give another number")
    return number


def number(value: Any, name: str) -> float:
    """A number that may stand in a cell instead."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number:
        raise ExperimentError(
            f'{name} is {value!r}: give a number such as 0.1, or a cell such as "Net!B2"'
        )
    return finite(value, name)


def sizes(value: Any, _name: str) -> tuple[int, ...]:
    """The neurons of each hidden layer."""
    sizes = layers(value)
    if len(sizes) > MAX_LAYERS or any(size > MAX_ROWS for size in sizes):
        raise ExperimentError(
            f"hidden tells of {len(sizes)} layers of up to {max(sizes):,} neurons: at most "
            f"{MAX_LAYERS} of {MAX_ROWS:,} are audited"
        )
    return sizes


def ranges(value: Any, name: str) -> tuple[tuple[str, ...], ...]:
    """Ranges side by side in rows."""
    rows = value if isinstance(value, list) else [value]
    if all(isinstance(row, str) for row in rows):
        rows = [rows]
    if not rows or not all(
        isinstance(row, list) and row and all(isinstance(each, str) for each in row) for row in rows
    ):
        raise ExperimentError(
            f'{name} is {value!r}: give a range such as "Sheet1!B3:E5", or a list of rows of '
            'ranges, such as [["B3", "D3"], ["B5", "D5"]]'
        )
    return tuple(tuple(row) for row in rows)


def sheets(value: Any, name: str) -> tuple[str, ...]:
    """Names of sheets."""
    listed = isinstance(value, list) and all(isinstance(each, str) for each in value)
    if not listed or not 1 <= len(value) <= MAX_UPDATES:
        raise ExperimentError(
            f"{name} is {value!r}: give the names of the sheets in a list, such as "
            '["Epoch 1", "Epoch 2"]'
        )
    return tuple(value)


def count(value: Any, name: str) -> int:
    """How many epochs there are."""
    number = whole(value, name, least=1)
    if number > MAX_UPDATES:
        raise ExperimentError(f"{name} is {number:,}: at most {MAX_UPDATES:,} are audited")
    return number


def distance(value: Any, name: str) -> int:
    """Rows or columns from one block to the next."""
    number = whole(value, name, least=1)
    if number > (MAX_ROWS if name == "rows" else MAX_COLUMNS):
        raise ExperimentError(f"{name} is {number:,}: no sheet has as many")
    return number
