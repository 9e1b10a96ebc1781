"""A step whose numbers are looked into, and a way to get it wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from xlnn.maths.evaluate import Array, evaluate
from xlnn.maths.expr import Expr, Shape, matrices
from xlnn.maths.recipe import Recipe
from xlnn.workbook.plan import Moment


@dataclass(frozen=True, slots=True)
class Case:
    """A step whose numbers are looked into."""

    recipe: Recipe
    name: str
    """Of the matrix; empty where it is not computed, but taken on or copied."""
    number: int
    shape: Shape
    expr: Expr
    """What belongs there."""
    moment: Moment
    """When the matrices of ``expr`` are meant."""
    at: Callable[[str, Moment], Array | None]
    """A matrix as the workbook has it; None where it is not there."""
    read: Callable[[Moment], Mapping[str, Array] | None]
    """The matrices that ``expr`` reads of a moment; None if one is not there."""
    others: Sequence[Moment] = ()
    """Other moments that somebody may have taken for this one, the nearest first."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One way to get a step wrong."""

    key: str
    words: str
    """What was done, as the end of a sentence."""
    expr: Expr | None
    """What was computed instead; None where no formula of ours says it."""
    moment: Moment
    value: Array
    """What that gives from the workbook's own numbers."""
    reads: frozenset[str] | None = None
    """The matrices that a formula would read which does it; None for those of ``expr``, or of the
    step itself."""
    instead: str = ""
    """The one of them that it reads of ``moment``, or in the place of another."""


def names_of(expr: Expr) -> frozenset[str]:
    """The names of the matrices in an expression."""
    return frozenset(matrix.name for matrix in matrices(expr))


def value_of(
    expr: Expr, values: Mapping[str, Array | None], case: Case | None = None
) -> Array | None:
    """What an expression gives, spread over the step's matrix; None where it gives nothing."""
    there = {name: value for name, value in values.items() if value is not None}
    try:
        value = evaluate(expr, there)
    except (ValueError, KeyError, IndexError):
        return None  # these matrices do not fit, or one of them is not there
    if case is None:
        return value
    size = case.shape.rows.size, case.shape.columns.size
    if all(given in (1, wanted) for given, wanted in zip(value.shape, size, strict=True)):
        return np.broadcast_to(value, size)
    return None
