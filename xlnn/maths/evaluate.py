"""Reader of expressions: their value, computed by NumPy in float64."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import singledispatch

import numpy as np
import numpy.typing as npt

from xlnn.errors import ExpressionError
from xlnn.maths.expr import (
    Apply,
    Arithmetic,
    ColumnSum,
    Comparison,
    Expr,
    Function,
    MatMul,
    Matrix,
    Negative,
    Number,
    Operator,
    Relation,
    RowMax,
    Rows,
    RowSum,
    Total,
    Transpose,
    Where,
)

Array = npt.NDArray[np.float64]
Values = Mapping[str, Array]


@singledispatch
def evaluate(expr: Expr, values: Values) -> Array:
    """The value of an expression: a two-dimensional float64 array of its shape.

    ``values`` holds the matrices that it reads, by name, two-dimensional.
    Raises ExpressionError for an unknown node and KeyError for a matrix not in ``values``.
    """
    raise ExpressionError(f"evaluate: no rule for the node {type(expr).__name__}")


@evaluate.register
def _(expr: Matrix, values: Values) -> Array:
    return values[expr.name]


@evaluate.register
def _(expr: Number, values: Values) -> Array:
    return np.array([[expr.value]])


@evaluate.register
def _(expr: Transpose, values: Values) -> Array:
    return evaluate(expr.argument, values).T


@evaluate.register
def _(expr: Rows, values: Values) -> Array:
    return evaluate(expr.argument, values)[expr.first : expr.first + expr.count]


@evaluate.register
def _(expr: MatMul, values: Values) -> Array:
    return evaluate(expr.left, values) @ evaluate(expr.right, values)


@evaluate.register
def _(expr: ColumnSum, values: Values) -> Array:
    folded: Array = np.sum(evaluate(expr.argument, values), axis=0, keepdims=True)
    return folded


@evaluate.register
def _(expr: RowSum, values: Values) -> Array:
    folded: Array = np.sum(evaluate(expr.argument, values), axis=1, keepdims=True)
    return folded


@evaluate.register
def _(expr: RowMax, values: Values) -> Array:
    folded: Array = np.max(evaluate(expr.argument, values), axis=1, keepdims=True)
    return folded


@evaluate.register
def _(expr: Total, values: Values) -> Array:
    folded: Array = np.sum(evaluate(expr.argument, values), keepdims=True)
    return folded


_ARITHMETIC: dict[Operator, Callable[[Array, Array], Array]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
}
_RELATIONS: dict[Relation, Callable[[Array, Array], npt.NDArray[np.bool_]]] = {
    ">": np.greater,
    ">=": np.greater_equal,
    "<": np.less,
    "<=": np.less_equal,
}


@evaluate.register
def _(expr: Arithmetic, values: Values) -> Array:
    operation = _ARITHMETIC[expr.operator]
    return operation(evaluate(expr.left, values), evaluate(expr.right, values))


@evaluate.register
def _(expr: Negative, values: Values) -> Array:
    return -evaluate(expr.argument, values)


@evaluate.register
def _(expr: Comparison, values: Values) -> Array:
    return _holds(expr, values).astype(np.float64)


@evaluate.register
def _(expr: Where, values: Values) -> Array:
    holds = _holds(expr.condition, values)
    # Both are computed everywhere; what is not chosen must not matter, as in a spreadsheet's IF.
    with np.errstate(all="ignore"):
        then, otherwise = evaluate(expr.then, values), evaluate(expr.otherwise, values)
    return np.where(holds, then, otherwise)


@evaluate.register
def _(expr: Apply, values: Values) -> Array:
    return _FUNCTIONS[expr.function](evaluate(expr.argument, values))


def _holds(expr: Comparison, values: Values) -> npt.NDArray[np.bool_]:
    return _RELATIONS[expr.relation](evaluate(expr.left, values), evaluate(expr.right, values))


def _sigmoid(x: Array) -> Array:
    # The same two halves as the Excel formula: EXP never sees a positive number, so
    # nothing overflows and both sides round alike.
    power = np.exp(-np.abs(x))
    return np.where(x < 0, power / (1 + power), 1 / (1 + power))


_FUNCTIONS: dict[Function, Callable[[Array], Array]] = {
    Function.EXP: np.exp,
    Function.LOG: np.log,
    Function.SQRT: np.sqrt,
    Function.ABS: np.abs,
    Function.TANH: np.tanh,
    Function.SIGMOID: _sigmoid,
}
