"""Matrix expressions: the one form in which the maths is written.

An expression is a small frozen tree. Operators are overloaded, so that a recipe
reads like the article: ``X @ wh + bh``. What a tree *means* is told by its readers,
each in a file of its own: ``shapes``, ``evaluate``, ``formulas`` and ``words``.
A reader that meets a node it does not know refuses it.

Every axis has a name besides its size. Adding samples to features is refused even
where there happen to be three of each, so a forgotten transpose cannot hide in a
square matrix.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from enum import Enum
from typing import Literal


@dataclass(frozen=True, slots=True)
class Axis:
    """One side of a matrix: what is counted along it, and how many there are."""

    name: str
    size: int


ONE = Axis("one", 1)
"""The axis of a single row or column that stands for all of them."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The two axes of a matrix."""

    rows: Axis
    columns: Axis

    @property
    def transposed(self) -> Shape:
        return Shape(self.columns, self.rows)

    @property
    def size(self) -> int:
        """The number of cells."""
        return self.rows.size * self.columns.size

    def __str__(self) -> str:
        return f"{self.rows.size}×{self.columns.size}"


SCALAR = Shape(ONE, ONE)


class Expr:
    """What all nodes share: operators that build larger expressions."""

    __slots__ = ()

    def __add__(self, other: Expr | float) -> Expr:
        return Arithmetic("+", self, _expr(other))

    def __radd__(self, other: float) -> Expr:
        return Arithmetic("+", _expr(other), self)

    def __sub__(self, other: Expr | float) -> Expr:
        return Arithmetic("-", self, _expr(other))

    def __rsub__(self, other: float) -> Expr:
        return Arithmetic("-", _expr(other), self)

    def __mul__(self, other: Expr | float) -> Expr:
        return Arithmetic("*", self, _expr(other))

    def __rmul__(self, other: float) -> Expr:
        return Arithmetic("*", _expr(other), self)

    def __truediv__(self, other: Expr | float) -> Expr:
        return Arithmetic("/", self, _expr(other))

    def __rtruediv__(self, other: float) -> Expr:
        return Arithmetic("/", _expr(other), self)

    def __neg__(self) -> Expr:
        return Negative(self)

    def __matmul__(self, other: Expr) -> Expr:
        return MatMul(self, other)

    def __gt__(self, other: Expr | float) -> Comparison:
        return Comparison(">", self, _expr(other))

    @property
    def T(self) -> Expr:
        return Transpose(self)


# --- Leaves -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Matrix(Expr):
    """A matrix by its name: data, a parameter, a setting or the result of a step."""

    name: str
    shape: Shape


@dataclass(frozen=True, slots=True)
class Number(Expr):
    """A number of the maths itself, such as the 1 of ``1 - a``. Never a choice of the
    experiment: those are cells."""

    value: float


# --- Other arrangements of the same cells -------------------------------------------


@dataclass(frozen=True, slots=True)
class Transpose(Expr):
    """Rows as columns."""

    argument: Expr


@dataclass(frozen=True, slots=True)
class Column(Expr):
    """A matrix of a single column, as one that goes with every column of another matrix."""

    argument: Expr


@dataclass(frozen=True, slots=True)
class Pick(Expr):
    """Rows of ``argument`` in the order that the column ``order`` tells, counted from 1."""

    argument: Expr
    order: Expr


# --- Products and sums --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MatMul(Expr):
    """The matrix product: rows of ``left`` times columns of ``right``."""

    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class ColumnSum(Expr):
    """One row: the sum of each column."""

    argument: Expr


@dataclass(frozen=True, slots=True)
class RowSum(Expr):
    """One column: the sum of each row."""

    argument: Expr


@dataclass(frozen=True, slots=True)
class RowMax(Expr):
    """One column: the largest number of each row."""

    argument: Expr


@dataclass(frozen=True, slots=True)
class Largest(Expr):
    """1 where each row has its (first) largest number, else 0."""

    argument: Expr


@dataclass(frozen=True, slots=True)
class ColumnMin(Expr):
    """One row: the smallest number of each column."""

    argument: Expr


@dataclass(frozen=True, slots=True)
class ColumnMax(Expr):
    """One row: the largest number of each column."""

    argument: Expr


@dataclass(frozen=True, slots=True)
class Total(Expr):
    """One number: the sum of all cells."""

    argument: Expr


@dataclass(frozen=True, slots=True)
class RowCount(Expr):
    """One number: how many rows there are."""

    argument: Expr


@dataclass(frozen=True, slots=True)
class BatchSum(Expr):
    """One number: the sum of a single number over all batches of an epoch."""

    argument: Matrix


# --- Cell by cell -------------------------------------------------------------------

Operator = Literal["+", "-", "*", "/"]
Relation = Literal[">", "="]


@dataclass(frozen=True, slots=True)
class Arithmetic(Expr):
    """``left operator right``, cell by cell. A single row, column or number goes with
    every row, column or cell of the other side."""

    operator: Operator
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Negative(Expr):
    """The same numbers with the other sign."""

    argument: Expr


class Function(Enum):
    """The functions of one number that an expression may apply cell by cell."""

    EXP = "exp"
    LOG = "log"
    SQRT = "sqrt"
    ABS = "abs"
    TANH = "tanh"
    SIGMOID = "sigmoid"


@dataclass(frozen=True, slots=True)
class Apply(Expr):
    """A function of every cell."""

    function: Function
    argument: Expr


@dataclass(frozen=True, slots=True)
class Comparison(Expr):
    """1 where ``left relation right`` holds, else 0, cell by cell."""

    relation: Relation
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Where(Expr):
    """``then`` where the comparison holds, ``otherwise`` where it does not."""

    condition: Comparison
    then: Expr
    otherwise: Expr


# --- Asking about a tree ------------------------------------------------------------


def children(expr: Expr) -> tuple[Expr, ...]:
    """The expressions directly inside an expression, in the order written."""
    # Every node is a dataclass; Expr alone is not, which the type checker cannot see.
    values = (getattr(expr, field.name) for field in fields(expr))  # type: ignore[arg-type]
    return tuple(value for value in values if isinstance(value, Expr))


def walk(expr: Expr) -> Iterator[Expr]:
    """The expression and everything inside it, outermost first, left to right."""
    yield expr
    for child in children(expr):
        yield from walk(child)


def matrices(expr: Expr) -> tuple[Matrix, ...]:
    """The named matrices that an expression reads, each once, in order of appearance."""
    return tuple(dict.fromkeys(node for node in walk(expr) if isinstance(node, Matrix)))


def substitute(expr: Expr, replaced: Mapping[str, Expr]) -> Expr:
    """The same expression with other expressions in the place of some matrices, by their names."""
    if isinstance(expr, Matrix):
        return replaced.get(expr.name, expr)
    inside = {
        field.name: substitute(value, replaced)
        for field in fields(expr)  # type: ignore[arg-type]
        if isinstance(value := getattr(expr, field.name), Expr)
    }
    return replace(expr, **inside) if inside else expr  # type: ignore[type-var]


def is_view(expr: Expr) -> bool:
    """Whether an expression only points at cells of one named matrix."""
    while isinstance(expr, (Transpose, Column)):
        expr = expr.argument
    return isinstance(expr, Matrix)


def _expr(value: Expr | float) -> Expr:
    return value if isinstance(value, Expr) else Number(float(value))
