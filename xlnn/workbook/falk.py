"""Falk's scheme: where the operands of a step stand around its result.

Of a product the left factor stands to the left of the result, in the same rows, and the
right factor above it, in the same columns, so that every result lies where its row and
its column cross. What is combined cell by cell stands beside the result in its rows; a
single row that goes with every row stands above, over its columns.

One more reader of expressions, for the page instead of the numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import singledispatch
from typing import Literal

from xlnn.errors import ExpressionError
from xlnn.maths.expr import (
    ONE,
    SCALAR,
    Apply,
    Arithmetic,
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
    children,
)
from xlnn.maths.shapes import shape_of

Place = Literal["left", "above", "beside"]


@dataclass(frozen=True, slots=True)
class Operand:
    """A matrix that a step reads, as it enters (perhaps transposed), and its place."""

    view: Expr
    place: Place


def operands(expr: Expr) -> tuple[Operand, ...]:
    """The operands of a step in order of appearance, each once in a place.

    Raises ExpressionError for an unknown node.
    """
    return tuple(dict.fromkeys(_operands(expr, shape_of(expr))))


@singledispatch
def _operands(expr: Expr, result: Shape) -> Iterator[Operand]:
    raise ExpressionError(f"falk: no place for the node {type(expr).__name__}")


@_operands.register(Matrix)
@_operands.register(Transpose)
@_operands.register(Column)
def _(expr: Matrix | Transpose | Column, result: Shape) -> Iterator[Operand]:
    shape = shape_of(expr)
    # The axes are compared, not the sizes: a bias row stands above even a single sample.
    serves_every_row = shape.rows == ONE and result.rows != ONE
    above = serves_every_row and shape.columns == result.columns and shape != SCALAR
    yield Operand(expr, "above" if above else "beside")


@_operands.register
def _(expr: Number, result: Shape) -> Iterator[Operand]:
    yield from ()


@_operands.register
def _(expr: MatMul, result: Shape) -> Iterator[Operand]:
    yield Operand(expr.left, "left")
    yield Operand(expr.right, "above")


@_operands.register
def _(expr: Pick, result: Shape) -> Iterator[Operand]:
    yield Operand(expr.order, "left")
    yield Operand(expr.argument, "above")


@_operands.register(ColumnSum)
@_operands.register(ColumnMin)
@_operands.register(ColumnMax)
def _(expr: ColumnSum | ColumnMin | ColumnMax, result: Shape) -> Iterator[Operand]:
    yield Operand(expr.argument, "above")


@_operands.register(RowSum)
@_operands.register(RowMax)
@_operands.register(Largest)
def _(expr: RowSum | RowMax | Largest, result: Shape) -> Iterator[Operand]:
    yield Operand(expr.argument, "left")


@_operands.register(RowCount)
@_operands.register(BatchSum)
def _(expr: RowCount | BatchSum, result: Shape) -> Iterator[Operand]:
    # What is only counted needs no copy, and all batches would be too many.
    yield from ()


@_operands.register(Arithmetic)
@_operands.register(Negative)
@_operands.register(Apply)
@_operands.register(Comparison)
@_operands.register(Where)
@_operands.register(Total)
def _(
    expr: Arithmetic | Negative | Apply | Comparison | Where | Total, result: Shape
) -> Iterator[Operand]:
    for child in children(expr):
        yield from _operands(child, result)
