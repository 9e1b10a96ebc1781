"""Reader of expressions: which shape comes out, and whether the parts fit.

Checked when a step is made, so a wrong recipe fails before it runs.
"""

from __future__ import annotations

from functools import singledispatch

from xlnn.errors import ExpressionError, ShapeError
from xlnn.maths.expr import (
    ONE,
    SCALAR,
    Apply,
    Arithmetic,
    Axis,
    BatchSum,
    Column,
    ColumnMax,
    ColumnMin,
    ColumnSum,
    Comparison,
    Expr,
    Largest,
    MatMul,
    Matrix,
    Negative,
    Number,
    Pick,
    RowCount,
    RowMax,
    RowSum,
    Shape,
    Total,
    Transpose,
    Where,
    is_view,
)
from xlnn.maths.words import notation


@singledispatch
def shape_of(expr: Expr) -> Shape:
    """The shape of an expression's value.

    Raises ShapeError where its parts do not fit, ExpressionError for an unknown node.
    """
    raise ExpressionError(f"shapes: no rule for the node {type(expr).__name__}")


@shape_of.register
def _(expr: Matrix) -> Shape:
    return expr.shape


@shape_of.register
def _(expr: Number) -> Shape:
    return SCALAR


@shape_of.register
def _(expr: Transpose) -> Shape:
    _require_names(expr, expr.argument)
    return shape_of(expr.argument).transposed


@shape_of.register
def _(expr: MatMul) -> Shape:
    left, right = shape_of(expr.left), shape_of(expr.right)
    _require_names(expr, expr.left, expr.right)
    if left.columns != right.rows:
        raise ShapeError(
            f"{notation(expr)}: {notation(expr.left)} has {_many(left.columns)} across, but "
            f"{notation(expr.right)} has {_many(right.rows)} down"
        )
    return Shape(left.rows, right.columns)


@shape_of.register
def _(expr: Column) -> Shape:
    _require_names(expr, expr.argument)
    shape = shape_of(expr.argument)
    if shape.columns.size != 1:
        raise ShapeError(f"{notation(expr)} has {_many(shape.columns)} across, not one")
    return Shape(shape.rows, ONE)


@shape_of.register
def _(expr: Pick) -> Shape:
    _require_names(expr, expr.argument, expr.order)
    order = shape_of(expr.order)
    if order.columns != ONE:
        raise ShapeError(
            f"{notation(expr)}: an order is one column of row numbers, {notation(expr.order)} is "
            f"{order}"
        )
    return Shape(order.rows, shape_of(expr.argument).columns)


@shape_of.register(ColumnSum)
@shape_of.register(ColumnMin)
@shape_of.register(ColumnMax)
def _(expr: ColumnSum | ColumnMin | ColumnMax) -> Shape:
    _require_names(expr, expr.argument)
    return Shape(ONE, shape_of(expr.argument).columns)


@shape_of.register(RowSum)
@shape_of.register(RowMax)
def _(expr: RowSum | RowMax) -> Shape:
    _require_names(expr, expr.argument)
    return Shape(shape_of(expr.argument).rows, ONE)


@shape_of.register
def _(expr: Largest) -> Shape:
    _require_names(expr, expr.argument)
    return shape_of(expr.argument)


@shape_of.register
def _(expr: Total) -> Shape:
    shape_of(expr.argument)
    return SCALAR


@shape_of.register
def _(expr: RowCount) -> Shape:
    _require_names(expr, expr.argument)
    return SCALAR


@shape_of.register
def _(expr: BatchSum) -> Shape:
    _require_names(expr, expr.argument)
    if shape_of(expr.argument) != SCALAR:
        raise ShapeError(
            f"{notation(expr)}: one number of each batch is added, {notation(expr.argument)} is "
            f"{shape_of(expr.argument)}"
        )
    return SCALAR


@shape_of.register(Arithmetic)
@shape_of.register(Comparison)
def _(expr: Arithmetic | Comparison) -> Shape:
    return _together(expr, expr.left, expr.right)


@shape_of.register(Negative)
@shape_of.register(Apply)
def _(expr: Negative | Apply) -> Shape:
    return shape_of(expr.argument)


@shape_of.register
def _(expr: Where) -> Shape:
    return _together(expr, expr.condition, expr.then, expr.otherwise)


def _together(expr: Expr, *parts: Expr) -> Shape:
    """The shape of a cell-by-cell combination."""
    rows, columns = ONE, ONE
    for part in parts:
        shape = shape_of(part)
        rows = _common(expr, part, "rows", rows, shape.rows)
        columns = _common(expr, part, "columns", columns, shape.columns)
    return Shape(rows, columns)


def _common(expr: Expr, part: Expr, side: str, so_far: Axis, axis: Axis) -> Axis:
    if axis in (so_far, ONE):
        return so_far
    if so_far == ONE:
        return axis
    raise ShapeError(
        f"{notation(expr)}: {notation(part)} has {_many(axis)} in its {side}, "
        f"the rest has {_many(so_far)}"
    )


def _require_names(expr: Expr, *parts: Expr) -> None:
    # A spreadsheet multiplies and sums ranges of cells, and a learner follows named matrices.
    for part in parts:
        if not is_view(part):
            raise ExpressionError(
                f"{notation(expr)}: {notation(part)} has no name; make it a step of its own first"
            )


def _many(axis: Axis) -> str:
    return f"{axis.size} × {axis.name}"
