"""Reader of expressions: NumPy, float64.

An expression is printed as a line of NumPy, and a whole update as a function with a line for each
step, which Python compiles once. So training runs exactly the code that one would write by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache, singledispatch

import numpy as np
import numpy.typing as npt

from xlnn.errors import ExpressionError
from xlnn.maths.expr import (
    Apply,
    Arithmetic,
    BatchSum,
    Column,
    ColumnMax,
    ColumnMin,
    ColumnSum,
    Comparison,
    Expr,
    Function,
    Largest,
    MatMul,
    Matrix,
    Negative,
    Number,
    Pick,
    RowCount,
    RowMax,
    RowSum,
    Total,
    Transpose,
    Where,
    matrices,
)

Array = npt.NDArray[np.float64]
Values = Mapping[str, Array]

Program = Callable[..., tuple[Array, ...]]
"""A compiled function from matrices to matrices, in the order that ``program`` was told."""


def evaluate(expr: Expr, values: Values) -> Array:
    """The value of an expression: a two-dimensional float64 array of its shape.

    ``values`` holds the matrices that it reads, by name, two-dimensional; of what a BatchSum reads
    the numbers of all batches, one below the other. Overflow gives infinities and NaN.
    Raises ExpressionError for an unknown node and KeyError for a matrix not in ``values``.
    """
    return compiled(expr)(values)


@dataclass(frozen=True, slots=True)
class Compiled:
    """An expression as a compiled function."""

    reads: tuple[str, ...]
    """The names of the matrices that it takes."""
    function: Program

    def __call__(self, values: Values) -> Array:
        """The value of the expression, as ``evaluate`` gives it."""
        with np.errstate(all="ignore"):
            (value,) = self.function(*[values[name] for name in self.reads])
        return np.atleast_2d(np.asarray(value, dtype=np.float64))


@lru_cache(maxsize=1024)
def compiled(expr: Expr) -> Compiled:
    """An expression, compiled. Raises ExpressionError for an unknown node."""
    names = tuple(matrix.name for matrix in matrices(expr))
    return Compiled(names, program(names, [("result", expr)], ["result"]))


def program(
    arguments: Sequence[str], steps: Iterable[tuple[str, Expr]], results: Sequence[str]
) -> Program:
    """The function that takes the matrices called ``arguments``, computes the steps one after the
    other, and returns those called ``results``. Raises ExpressionError for an unknown node."""
    lines = [f"def program({', '.join(arguments)}):"]
    lines += [f"    {name} = {source(expr)}" for name, expr in steps]
    lines.append(f"    return ({''.join(f'{name}, ' for name in results)})")
    return _defined(lines)


def _defined(lines: Sequence[str]) -> Program:
    defined: dict[str, Program] = {}
    exec("\n".join(lines), dict(_NAMES), defined)
    return defined["program"]


def loop(
    constants: Sequence[str],
    carried: Mapping[str, str],
    steps: Iterable[tuple[str, Expr]],
    noted: Sequence[str],
) -> Program:
    """The function that computes the steps again and again: how often is its first argument, then
    come the constants and what is carried. It returns what is carried last, then for each time the
    numbers that are ``noted``. ``carried`` tells the step that takes the place of each matrix."""
    lines = [
        f"def program({', '.join(('times', *constants, *carried))}):",
        "    notes = []",
        "    for _ in range(times):",
        *(f"        {name} = {source(expr)}" for name, expr in steps),
        f"        notes.append(({''.join(f'{name}.item(), ' for name in noted)}))",
        *(f"        {name} = {new}" for name, new in carried.items()),
        f"    return ({''.join(f'{name}, ' for name in carried)}array(notes))",
    ]
    return _defined(lines)


@singledispatch
def source(expr: Expr) -> str:
    """The expression as NumPy code, in brackets where it is more than a call or a name.

    Raises ExpressionError for an unknown node.
    """
    if type(expr) not in _PATTERNS:
        raise ExpressionError(f"evaluate: no rule for the node {type(expr).__name__}")
    # Every node is a dataclass; Expr alone is not, which the type checker cannot see.
    parts = {field.name: getattr(expr, field.name) for field in fields(expr)}  # type: ignore[arg-type]
    written = {
        name: source(part) if isinstance(part, Expr) else part for name, part in parts.items()
    }
    return _PATTERNS[type(expr)].format(**written)


_PATTERNS: dict[type[Expr], str] = {
    Matrix: "{name}",
    Number: "({value!r})",
    Transpose: "{argument}.T",
    Column: "{argument}",
    Pick: "pick({argument}, {order})",
    MatMul: "dot({left}, {right})",
    # An operation's own reduce takes half of the time that np.sum does on a small matrix.
    ColumnSum: "add.reduce({argument}, axis=0, keepdims=True)",
    RowSum: "add.reduce({argument}, axis=1, keepdims=True)",
    Total: "add.reduce({argument}, axis=None, keepdims=True)",
    BatchSum: "add.reduce({argument}, axis=None, keepdims=True)",
    ColumnMin: "minimum.reduce({argument}, axis=0, keepdims=True)",
    ColumnMax: "maximum.reduce({argument}, axis=0, keepdims=True)",
    RowMax: "maximum.reduce({argument}, axis=1, keepdims=True)",
    Largest: "largest({argument})",
    RowCount: "len({argument})",
    Arithmetic: "({left} {operator} {right})",
    Negative: "(-{argument})",
    Apply: "{function.value}({argument})",
}
"""The code of a node, with the code of what is inside it."""


@source.register
def _(expr: Comparison) -> str:
    return f"where({_condition(expr)}, 1.0, 0.0)"


@source.register
def _(expr: Where) -> str:
    # Both are computed everywhere; what is not chosen does not matter, as in a spreadsheet's IF.
    return f"where({_condition(expr.condition)}, {source(expr.then)}, {source(expr.otherwise)})"


def _condition(expr: Comparison) -> str:
    relation = "==" if expr.relation == "=" else expr.relation
    return f"{source(expr.left)} {relation} {source(expr.right)}"


# --- What that code calls -----------------------------------------------------------


def _sigmoid(x: Array) -> Array:
    # The Excel formula computes e^x/(1+e^x) below 0, where e^-x could overflow. Here an infinite
    # e^-x does no harm: it gives 0.
    power = np.asarray(-x)
    np.exp(power, out=power)
    power += 1
    return np.reciprocal(power, out=power)


def _pick(matrix: Array, order: Array) -> Array:
    if not (order.min() >= 1 and order.max() < len(matrix) + 1):
        return np.full((len(order), matrix.shape[1]), np.nan)  # where a spreadsheet gives an error
    return matrix[order[:, 0].astype(np.intp) - 1]


def _largest(matrix: Array) -> Array:
    result = np.zeros_like(matrix)
    result[np.arange(len(matrix)), matrix.argmax(axis=1)] = 1
    return result


_FUNCTIONS: dict[Function, Callable[[Array], Array]] = {
    Function.EXP: np.exp,
    Function.LOG: np.log,
    Function.SQRT: np.sqrt,
    Function.ABS: np.abs,
    Function.TANH: np.tanh,
    Function.SIGMOID: _sigmoid,
}

_NAMES = {
    **{function.value: compute for function, compute in _FUNCTIONS.items()},
    "dot": np.dot,
    "add": np.add,
    "minimum": np.minimum,
    "maximum": np.maximum,
    "array": np.array,
    "where": np.where,
    "pick": _pick,
    "largest": _largest,
}
