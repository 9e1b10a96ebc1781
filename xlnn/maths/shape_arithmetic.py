"""Reader of expressions: the same formula in shapes, ``3×4 · 4×3 + 1×3``."""

from __future__ import annotations

from dataclasses import fields, replace

from xlnn.maths.expr import SCALAR, Expr, Matrix, is_view
from xlnn.maths.shapes import shape_of
from xlnn.maths.words import notation


def shape_arithmetic(expr: Expr) -> str:
    """The notation of an expression with shapes for its matrices, and its own shape:
    ``3×4 · 4×3 + 1×3 → 3×3``. A single number keeps its name.

    Raises ExpressionError for an unknown node, ShapeError where shapes do not fit.
    """
    return f"{notation(_as_shapes(expr))} → {shape_of(expr)}"


def _as_shapes(expr: Expr) -> Expr:
    if is_view(expr):
        shape = shape_of(expr)
        # A transposed matrix has its shape turned; it needs no ᵀ then.
        return expr if shape == SCALAR else Matrix(str(shape), shape)
    inside = {
        field.name: _as_shapes(value)
        for field in fields(expr)  # type: ignore[arg-type]
        if isinstance(value := getattr(expr, field.name), Expr)
    }
    return replace(expr, **inside) if inside else expr  # type: ignore[type-var]
