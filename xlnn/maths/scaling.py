"""Scaling: each column brought to a common size, by numbers of the training samples alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from xlnn.maths.expr import (
    Apply,
    Axis,
    ColumnMax,
    ColumnMin,
    ColumnSum,
    Expr,
    Function,
    Matrix,
    RowCount,
)
from xlnn.maths.recipe import Draft

Scaled = Callable[[Matrix], Expr]
"""From a matrix of the raw data to the scaled one."""


@dataclass(frozen=True, slots=True)
class Scaling:
    """A way to scale columns."""

    name: str
    fit: Callable[[Draft, str, Matrix], Scaled] | None
    """Adds the steps that measure the training samples' raw matrix, under names that begin with
    that of the scaled one. None: the data is taken as it is."""


def _minmax(draft: Draft, name: str, raw: Matrix) -> Scaled:
    """To 0 for the smallest number of a column, 1 for the largest."""
    least = draft.prepare(f"{name}_min", ColumnMin(raw))
    most = draft.prepare(f"{name}_max", ColumnMax(raw))
    return lambda data: (data - least) / (most - least)


def _standard(draft: Draft, name: str, raw: Matrix) -> Scaled:
    """To a mean of 0 and a standard deviation of 1."""
    mean = draft.prepare(f"{name}_mean", ColumnSum(raw) / RowCount(raw))
    centred = draft.prepare(f"{name}_centred", raw - mean)
    squares = draft.prepare(f"{name}_squares", centred * centred)
    variance = ColumnSum(squares) / RowCount(squares)
    deviation = draft.prepare(f"{name}_deviation", Apply(Function.SQRT, variance))
    return lambda data: (data - mean) / deviation


SCALINGS = {
    scaling.name: scaling
    for scaling in (
        Scaling("none", None),
        Scaling("minmax", _minmax),
        Scaling("standard", _standard),
    )
}


def prepared(
    draft: Draft, scaling: Scaling, name: str, rows: Axis, test_rows: Axis, columns: Axis
) -> tuple[Matrix, Matrix | None]:
    """The matrix called ``name`` (``X`` or ``y``) of the training samples, and that of the test
    samples if there are any: as given (step 0), or scaled from raw ones."""
    test_name = f"{name}_test"
    if scaling.fit is None:
        data = draft.datum(0, name, rows, columns)
        test = draft.datum(0, test_name, test_rows, columns) if test_rows.size else None
        return data, test
    raw = draft.datum(0, f"{name}_raw", rows, columns)
    raw_test = draft.datum(0, f"{test_name}_raw", test_rows, columns) if test_rows.size else None
    scaled = scaling.fit(draft, name, raw)
    data = draft.prepare(name, scaled(raw))
    return data, draft.prepare(test_name, scaled(raw_test)) if raw_test else None
