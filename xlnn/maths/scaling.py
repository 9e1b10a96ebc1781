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


@dataclass(frozen=True, slots=True)
class Scaling:
    """A way to scale columns, by some numbers of each column."""

    name: str
    fit: Callable[[Draft, str, Matrix], None] | None
    """Adds the steps that measure the training samples' raw matrix, under names that begin with
    that of the scaled one. None: the data is taken as it is."""
    measures: tuple[str, ...]
    """What is measured, as these names end."""
    scale: Callable[..., Expr]
    """From raw data and what was measured to scaled data."""
    restore: Callable[..., Expr]
    """The way back: from scaled data and what was measured to the raw unit."""

    def measured(self, draft: Draft, name: str) -> tuple[Matrix, ...]:
        """What was measured of the columns of ``name``."""
        return tuple(draft.known(f"{name}_{measure}") for measure in self.measures)


def _fit_minmax(draft: Draft, name: str, raw: Matrix) -> None:
    draft.prepare(f"{name}_min", ColumnMin(raw))
    draft.prepare(f"{name}_max", ColumnMax(raw))


def _fit_standard(draft: Draft, name: str, raw: Matrix) -> None:
    mean = draft.prepare(f"{name}_mean", ColumnSum(raw) / RowCount(raw))
    centred = draft.prepare(f"{name}_centred", raw - mean)
    squares = draft.prepare(f"{name}_squares", centred * centred)
    variance = ColumnSum(squares) / RowCount(squares)
    draft.prepare(f"{name}_deviation", Apply(Function.SQRT, variance))


NONE = Scaling("none", None, (), scale=lambda data: data, restore=lambda data: data)
MINMAX = Scaling(
    "minmax",
    _fit_minmax,
    ("min", "max"),
    scale=lambda data, least, most: (data - least) / (most - least),
    restore=lambda data, least, most: data * (most - least) + least,
)
"""To 0 for the smallest number of a column, 1 for the largest."""
STANDARD = Scaling(
    "standard",
    _fit_standard,
    ("mean", "deviation"),
    scale=lambda data, mean, deviation: (data - mean) / deviation,
    restore=lambda data, mean, deviation: data * deviation + mean,
)
"""To a mean of 0 and a standard deviation of 1."""

SCALINGS = {scaling.name: scaling for scaling in (NONE, MINMAX, STANDARD)}


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
    scaling.fit(draft, name, raw)
    measured = scaling.measured(draft, name)
    data = draft.prepare(name, scaling.scale(raw, *measured))
    if raw_test is None:
        return data, None
    return data, draft.prepare(test_name, scaling.scale(raw_test, *measured))
