"""Reader of expressions: their value, computed by NumPy in float64."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import singledispatch
from operator import itemgetter

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


Evaluator = Callable[[Values], Array]
"""Gives an expression's value, from the matrices that it reads."""


def evaluate(expr: Expr, values: Values) -> Array:
    """The value of an expression: a two-dimensional float64 array of its shape.

    ``values`` holds the matrices that it reads, by name, two-dimensional.
    Raises ExpressionError for an unknown node and KeyError for a matrix not in ``values``.
    """
    return evaluator(expr)(values)


@singledispatch
def evaluator(expr: Expr) -> Evaluator:
    """What evaluates an expression again and again: its nodes are looked at only once.

    Raises ExpressionError for an unknown node.
    """
    raise ExpressionError(f"evaluate: no rule for the node {type(expr).__name__}")


@evaluator.register
def _(expr: Matrix) -> Evaluator:
    return itemgetter(expr.name)


@evaluator.register
def _(expr: Number) -> Evaluator:
    number = np.array([[expr.value]])
    return lambda values: number


@evaluator.register
def _(expr: Transpose) -> Evaluator:
    argument = evaluator(expr.argument)
    return lambda values: argument(values).T


@evaluator.register
def _(expr: Rows) -> Evaluator:
    argument, rows = evaluator(expr.argument), slice(expr.first, expr.first + expr.count)
    return lambda values: argument(values)[rows]


@evaluator.register
def _(expr: MatMul) -> Evaluator:
    left, right = evaluator(expr.left), evaluator(expr.right)
    return lambda values: left(values) @ right(values)


def _folded(fold: Callable[..., Array], argument: Expr, axis: int | None) -> Evaluator:
    """A sum or a maximum along an axis, or of everything, which stays two-dimensional."""
    inside = evaluator(argument)
    return lambda values: fold(inside(values), axis=axis, keepdims=True)


@evaluator.register
def _(expr: ColumnSum) -> Evaluator:
    return _folded(np.sum, expr.argument, 0)


@evaluator.register
def _(expr: RowSum) -> Evaluator:
    return _folded(np.sum, expr.argument, 1)


@evaluator.register
def _(expr: RowMax) -> Evaluator:
    return _folded(np.max, expr.argument, 1)


@evaluator.register
def _(expr: Total) -> Evaluator:
    return _folded(np.sum, expr.argument, None)


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


@evaluator.register
def _(expr: Arithmetic) -> Evaluator:
    operation = _ARITHMETIC[expr.operator]
    left, right = evaluator(expr.left), evaluator(expr.right)
    return lambda values: operation(left(values), right(values))


@evaluator.register
def _(expr: Negative) -> Evaluator:
    argument = evaluator(expr.argument)
    return lambda values: -argument(values)


@evaluator.register
def _(expr: Comparison) -> Evaluator:
    holds = _holds(expr)
    return lambda values: holds(values).astype(np.float64)


@evaluator.register
def _(expr: Where) -> Evaluator:
    holds = _holds(expr.condition)
    then, otherwise = evaluator(expr.then), evaluator(expr.otherwise)

    def choose(values: Values) -> Array:
        # Both are computed everywhere; what is not chosen must not matter, as in a spreadsheet's
        # IF.
        with np.errstate(all="ignore"):
            parts = then(values), otherwise(values)
        return np.where(holds(values), *parts)

    return choose


@evaluator.register
def _(expr: Apply) -> Evaluator:
    function, argument = _FUNCTIONS[expr.function], evaluator(expr.argument)
    return lambda values: function(argument(values))


def _holds(expr: Comparison) -> Callable[[Values], npt.NDArray[np.bool_]]:
    relation = _RELATIONS[expr.relation]
    left, right = evaluator(expr.left), evaluator(expr.right)
    return lambda values: relation(left(values), right(values))


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
