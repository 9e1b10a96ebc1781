"""How the numbers of a matrix are shown."""

from __future__ import annotations

import numpy as np

from xlnn.maths.expr import (
    Arithmetic,
    BatchSum,
    Column,
    Comparison,
    Expr,
    Largest,
    MatMul,
    Matrix,
    Number,
    Pick,
    Total,
    Transpose,
    children,
)
from xlnn.maths.recipe import Recipe, Step
from xlnn.training.kept import Kept

LARGE = 1e7
"""From here on numbers are shown as powers of ten; -9999999.999 still fits the least width."""


def number_format(name: str, recipe: Recipe, values: Kept) -> str:
    """The beginning of a style's name: whole numbers without decimals, very large ones as powers
    of ten, shares as percentages."""
    if name in recipe.settings or _is_whole(Matrix(name, recipe.shapes[name]), recipe, values):
        return "whole "
    if name.endswith("accuracy"):
        return "share "
    return "large " if values.largest[name] >= LARGE else ""


def _is_whole(expr: Expr, recipe: Recipe, values: Kept) -> bool:
    """Whether an expression gives whole numbers because it counts, or its data is whole."""
    if isinstance(expr, Number):
        return expr.value.is_integer()
    if isinstance(expr, Matrix):
        member = recipe.members.get(expr.name)
        if isinstance(member, Step):
            return _is_whole(member.expr, recipe, values)
        if member in recipe.data or member in recipe.drawn:
            first = values.block(expr.name, 0, 1)
            return bool((first == np.rint(first)).all())
        return False
    if isinstance(expr, (Comparison, Largest)):
        return True
    if isinstance(expr, Pick):
        return _is_whole(expr.argument, recipe, values)
    if isinstance(expr, Arithmetic) and expr.operator == "/":
        return False
    if isinstance(expr, (Arithmetic, MatMul, Transpose, Column, Total, BatchSum)):
        return all(_is_whole(child, recipe, values) for child in children(expr))
    return False
