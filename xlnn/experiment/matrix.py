"""Matrices as people give them: nested lists, arrays, DataFrames."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from xlnn.errors import ExperimentError

Array = npt.NDArray[np.float64]

MAX_NUMBER = sys.float_info.max
"""The largest number that a computer or a cell can hold."""


def as_matrix(value: Any, name: str) -> tuple[Array, list[str] | None, list[str] | None]:
    """A two-dimensional float64 copy, and the labels of its rows and columns if it has any."""
    rows: list[str] | None = None
    columns: list[str] | None = None
    if hasattr(value, "to_numpy") and hasattr(value, "index"):  # a DataFrame or a Series
        if list(value.index) != list(range(len(value))):
            rows = [str(label) for label in value.index]
        if hasattr(value, "columns"):
            columns = [str(label) for label in value.columns]
        elif value.name is not None:
            columns = [str(value.name)]
        value = value.to_numpy()
    try:
        if _texts_or_dates(value):
            raise TypeError
        array = np.array(value, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise ExperimentError(_not_numbers(value, name), name) from error
    if array.ndim == 1 and array.size:
        if name == "X":
            raise ExperimentError(
                "X is a flat list: give a list of rows, one for each sample, such as "
                "[[1, 0], [0, 1]]",
                name,
            )
        array = array[:, np.newaxis]
    if array.ndim != 2 or array.size == 0:
        raise ExperimentError(
            f"{name} is {'empty' if array.size == 0 else 'no table of rows and columns'}: give a "
            "list of rows of numbers, at least one row and one column",
            name,
        )
    wrong = np.argwhere(~np.isfinite(array))
    if len(wrong):
        places = ", ".join(f"[{row + 1}, {column + 1}]" for row, column in wrong[:3])
        more = ", …" if len(wrong) > 3 else ""
        raise ExperimentError(
            f"{name} holds {len(wrong)} blank, NaN or infinite numbers (row, column: "
            f"{places}{more}): a spreadsheet has none; fill them in or leave the rows out",
            name,
        )
    array.setflags(write=False)
    return array, rows, columns


def _texts_or_dates(value: Any) -> bool:
    """Whether numbers were given as texts or dates, which NumPy would quietly convert."""
    cells = np.asarray(value)
    if cells.dtype.kind in "biuf":
        return False
    return any(not isinstance(cell, (int, float, np.number)) for cell in cells.ravel())


def check_same_rows(X: Any, y: Any) -> None:
    """Two tables whose rows bear labels must bear the same ones in the same order."""
    labelled = hasattr(X, "to_numpy") and hasattr(y, "to_numpy")
    if labelled and len(X) == len(y) and list(X.index) != list(y.index):
        raise ExperimentError(
            "the rows of X and y bear different labels, or the same in another order: align them "
            "first (y = y.loc[X.index]), or drop the labels (reset_index(drop=True))",
            "y",
        )


def _not_numbers(value: Any, name: str) -> str:
    """What exactly keeps a nested list from being a matrix."""
    rows = list(value) if isinstance(value, (Sequence, np.ndarray)) else []
    widths = {
        len(row) if isinstance(row, (Sequence, np.ndarray)) and not isinstance(row, str) else -1
        for row in rows
    }
    if len(widths) > 1:
        return f"the rows of {name} have different lengths: give each the same number of columns"
    for i, row in enumerate(rows):
        for j, cell in enumerate([row] if widths == {-1} else row):
            if not isinstance(cell, (int, float)) or not -MAX_NUMBER <= cell <= MAX_NUMBER:
                return f"{name}[{i + 1}, {j + 1}] is {cell!r}, which is not a number"
    return f"{name} is {value!r}, which is not a list of rows of numbers"
