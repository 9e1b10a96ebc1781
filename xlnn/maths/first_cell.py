"""Reader of expressions: how one cell is computed, written out for that cell alone.

An expression and a cell give a sequence of pieces: texts as they are read, and the numbers between
them, each one cell of a matrix. ``named`` writes the numbers by their names,
``X[1,1]×wh[1,1] + bh[1,1]``; ``live_text`` writes the same pieces as numbers that follow the cells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import singledispatch

from xlnn.errors import ExpressionError
from xlnn.maths.expr import (
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
)
from xlnn.maths.printed import Binding
from xlnn.maths.shapes import shape_of
from xlnn.maths.words import notation, number

MOST_TERMS, FEWER_TERMS = 8, (4, 3, 2)
"""Of more terms the first three stand for the others, and the last; of so many where even that is
too long."""

LONGEST = 200
"""Characters that are still read as one line: where terms have long names, fewer are written."""

MOST_VALUES = 40
"""The numbers that a reader can take in, at the most: what would have more is cut short, and so a
formula stays below the 8,192 characters that a spreadsheet takes."""

LEFT_OUT = "…"


@dataclass(frozen=True, slots=True)
class Value:
    """A number that stands in what is written out: a cell of an expression."""

    name: str
    """Such as ``X[1,1]``, rows and columns from 1; of a single number its name alone."""
    expr: Expr
    """A named matrix; for what has no cell of its own, what gives the number."""
    row: int
    column: int
    """Both from 0."""


Piece = str | Value


def first_cell(expr: Expr, row: int = 0, column: int = 0) -> tuple[Piece, ...]:
    """How a cell of an expression, the first one or another, is computed.

    Row and column count from 0. Raises ExpressionError for an unknown node.
    """
    pieces = _read(expr, _Cell(row, column, MOST_TERMS)).pieces
    if len(named(pieces)) <= LONGEST and _count(pieces) <= MOST_VALUES:
        return pieces
    for most in FEWER_TERMS:
        pieces = _read(expr, _Cell(row, column, most)).pieces
        if _count(pieces) <= MOST_VALUES:
            return pieces
    return (*_cut(pieces), f" {LEFT_OUT}")


def named(pieces: Iterable[Piece]) -> str:
    """The pieces with every number by its name."""
    return "".join(piece if isinstance(piece, str) else piece.name for piece in pieces)


def cell_label(matrix: Matrix, row: int = 0, column: int = 0) -> str:
    """``X[1,1]``; of a single number its name alone."""
    return matrix.name if matrix.shape == SCALAR else f"{matrix.name}[{row + 1},{column + 1}]"


def _count(pieces: Iterable[Piece]) -> int:
    return sum(isinstance(piece, Value) for piece in pieces)


def _cut(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """The pieces up to the last number that has room."""
    places = [place for place, piece in enumerate(pieces) if isinstance(piece, Value)]
    return tuple(pieces[: places[MOST_VALUES - 1] + 1])


# --- Reading --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Cell:
    """Which cell is read, from 0, and of how many terms all are written."""

    row: int
    column: int
    most: int

    def at(self, row: int, column: int) -> _Cell:
        return _Cell(row, column, self.most)

    def places(self, count: int) -> Iterator[int | None]:
        """The places of so many terms that are written; None where some are left out."""
        if count <= self.most:
            yield from range(count)
            return
        yield from range(min(3, self.most - 1))
        yield None
        yield count - 1


@dataclass(frozen=True, slots=True)
class _Read:
    """Pieces, and the strength of their outermost operator."""

    pieces: tuple[Piece, ...]
    binding: Binding = Binding.ATOM

    def within(self, binding: Binding) -> tuple[Piece, ...]:
        """The pieces as an operand of something that binds at least this tightly."""
        return self.pieces if self.binding >= binding else ("(", *self.pieces, ")")

    def after(self, binding: Binding) -> tuple[Piece, ...]:
        """The pieces as a right operand, ``a − (b − c)``."""
        return self.pieces if self.binding > binding else ("(", *self.pieces, ")")


@singledispatch
def _read(expr: Expr, cell: _Cell) -> _Read:
    raise ExpressionError(f"first cell: no rule for the node {type(expr).__name__}")


def _part(expr: Expr, cell: _Cell) -> _Read:
    """A part of a cell-by-cell combination: a single row or column serves every cell."""
    shape = shape_of(expr)
    row = 0 if shape.rows.size == 1 else cell.row
    column = 0 if shape.columns.size == 1 else cell.column
    return _read(expr, cell.at(row, column))


def _joined(terms: Iterable[tuple[Piece, ...]], sign: str) -> tuple[Piece, ...]:
    found: list[Piece] = []
    for term in terms:
        found += [sign, *term] if found else term
    return tuple(found)


def _terms(
    cell: _Cell, count: int, term: Callable[[int], tuple[Piece, ...]]
) -> Iterator[tuple[Piece, ...]]:
    """The terms that are written, each from its place."""
    for place in cell.places(count):
        yield (LEFT_OUT,) if place is None else term(place)


# --- Leaves and views ---------------------------------------------------------------


@_read.register
def _(expr: Matrix, cell: _Cell) -> _Read:
    return _Read((Value(cell_label(expr, cell.row, cell.column), expr, cell.row, cell.column),))


@_read.register
def _(expr: Number, cell: _Cell) -> _Read:
    return _Read((number(expr.value),), Binding.ATOM if expr.value >= 0 else Binding.SUM)


@_read.register
def _(expr: Transpose, cell: _Cell) -> _Read:
    return _read(expr.argument, cell.at(cell.column, cell.row))


@_read.register
def _(expr: Column, cell: _Cell) -> _Read:
    return _read(expr.argument, cell)


@_read.register
def _(expr: Pick, cell: _Cell) -> _Read:
    # Which row it is, is known when the order is: the name tells where to look.
    order = named(_read(expr.order, cell.at(cell.row, 0)).pieces)
    name = f"{notation(expr.argument)}[{order},{cell.column + 1}]"
    return _Read((Value(name, expr, cell.row, cell.column),))


# --- Products and sums --------------------------------------------------------------


@_read.register
def _(expr: MatMul, cell: _Cell) -> _Read:
    count = shape_of(expr.left).columns.size

    def term(place: int) -> tuple[Piece, ...]:
        left = _read(expr.left, cell.at(cell.row, place)).within(Binding.PRODUCT)
        right = _read(expr.right, cell.at(place, cell.column)).after(Binding.PRODUCT)
        return *left, "×", *right

    binding = Binding.SUM if count > 1 else Binding.PRODUCT
    return _Read(_joined(_terms(cell, count, term), " + "), binding)


@_read.register
def _(expr: ColumnSum, cell: _Cell) -> _Read:
    return _sum(expr.argument, cell, _down(expr.argument, cell))


@_read.register
def _(expr: RowSum, cell: _Cell) -> _Read:
    return _sum(expr.argument, cell, _across(expr.argument, cell))


@_read.register
def _(expr: Total, cell: _Cell) -> _Read:
    rows, columns = shape_of(expr.argument).rows.size, shape_of(expr.argument).columns.size
    everything = _Line(rows * columns, lambda place: divmod(place, columns))
    return _sum(expr.argument, cell, everything)


@_read.register(ColumnMin)
@_read.register(ColumnMax)
def _(expr: ColumnMin | ColumnMax, cell: _Cell) -> _Read:
    function = "min" if isinstance(expr, ColumnMin) else "max"
    return _extreme(function, expr.argument, cell, _down(expr.argument, cell))


@_read.register
def _(expr: RowMax, cell: _Cell) -> _Read:
    return _extreme("max", expr.argument, cell, _across(expr.argument, cell))


@_read.register
def _(expr: Largest, cell: _Cell) -> _Read:
    own = _read(expr.argument, cell).pieces
    largest = _extreme("max", expr.argument, cell, _across(expr.argument, cell)).pieces
    return _Read(("[", *own, " = ", *largest, "]"))


@_read.register(RowCount)
@_read.register(BatchSum)
def _(expr: RowCount | BatchSum, cell: _Cell) -> _Read:
    # A number that has no cell of its own, and is no more than its name.
    return _Read((Value(notation(expr), expr, 0, 0),))


@dataclass(frozen=True, slots=True)
class _Line:
    """Cells that are taken together: how many, and where each is."""

    count: int
    at: Callable[[int], tuple[int, int]]


def _down(expr: Expr, cell: _Cell) -> _Line:
    return _Line(shape_of(expr).rows.size, lambda place: (place, cell.column))


def _across(expr: Expr, cell: _Cell) -> _Line:
    return _Line(shape_of(expr).columns.size, lambda place: (cell.row, place))


def _sum(expr: Expr, cell: _Cell, line: _Line) -> _Read:
    def term(place: int) -> tuple[Piece, ...]:
        read = _read(expr, cell.at(*line.at(place)))
        return read.after(Binding.SUM) if place else read.pieces

    if line.count == 1:
        return _read(expr, cell.at(*line.at(0)))
    return _Read(_joined(_terms(cell, line.count, term), " + "), Binding.SUM)


def _extreme(function: str, expr: Expr, cell: _Cell, line: _Line) -> _Read:
    terms = _terms(cell, line.count, lambda place: _read(expr, cell.at(*line.at(place))).pieces)
    return _Read((f"{function}(", *_joined(terms, ", "), ")"))


# --- Cell by cell -------------------------------------------------------------------


@_read.register
def _(expr: Arithmetic, cell: _Cell) -> _Read:
    binding = Binding.SUM if expr.operator in "+-" else Binding.PRODUCT
    left = _part(expr.left, cell).within(binding)
    right = _part(expr.right, cell).after(binding)
    return _Read((*left, _SIGNS[expr.operator], *right), binding)


@_read.register
def _(expr: Negative, cell: _Cell) -> _Read:
    return _Read(("−", *_read(expr.argument, cell).after(Binding.SIGN)), Binding.SIGN)


@_read.register
def _(expr: Apply, cell: _Cell) -> _Read:
    argument = _read(expr.argument, cell)
    if expr.function is Function.EXP:
        return _Read(("e^", *argument.within(Binding.ATOM)))
    before, after = _FUNCTIONS[expr.function]
    binding = Binding.PRODUCT if expr.function is Function.SIGMOID else Binding.ATOM
    return _Read((before, *argument.pieces, after), binding)


@_read.register
def _(expr: Comparison, cell: _Cell) -> _Read:
    left, right = _part(expr.left, cell).pieces, _part(expr.right, cell).pieces
    return _Read(("[", *left, f" {expr.relation} ", *right, "]"))


@_read.register
def _(expr: Where, cell: _Cell) -> _Read:
    parts = (_part(part, cell).pieces for part in (expr.condition, expr.then, expr.otherwise))
    return _Read(("if(", *_joined(parts, ", "), ")"))


_SIGNS = {"+": " + ", "-": " − ", "*": "×", "/": "/"}

_FUNCTIONS = {
    Function.LOG: ("ln(", ")"),
    Function.SQRT: ("sqrt(", ")"),
    Function.ABS: ("|", "|"),
    Function.TANH: ("tanh(", ")"),
    # A number below zero needs the brackets: e^−(-1.5).
    Function.SIGMOID: ("1/(1+e^−(", "))"),
}
