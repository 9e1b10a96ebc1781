"""Reader of expressions: Excel formulas.

A formula is written for a *window*: a rectangle of the result. A window of one cell
gives the formula that a learner can click and trace (style ``cell``); the window of
the whole matrix gives one array formula that reads like the article (``matrix``).

EXCEL_FACTS, in short, as kept here: whatever handles arrays outside SUM, MAX and
SUMPRODUCT is entered as an array formula; no function newer than Excel 2010; EXP never
overflows; ``-`` before a power is never written; brackets keep the order of additions,
so that a spreadsheet rounds as NumPy does.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, singledispatch
from typing import Literal, Protocol

from xlnn.errors import ExpressionError
from xlnn.maths.expr import (
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
    is_view,
    walk,
)
from xlnn.maths.printed import Binding, Printed
from xlnn.maths.shapes import shape_of
from xlnn.maths.words import notation, number

Style = Literal["cell", "matrix"]

WRITTEN_OUT = 8
"""A product of up to this many terms is written out, ``a*b+c*d``; a longer one is not."""


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle of a matrix: first row and column from 0, and how many of each."""

    row: int
    column: int
    rows: int
    columns: int

    @property
    def is_cell(self) -> bool:
        return self.rows == self.columns == 1

    @property
    def transposed(self) -> Window:
        return Window(self.column, self.row, self.columns, self.rows)


class Addresses(Protocol):
    """Where the matrices stand: what a formula calls a rectangle of one of them."""

    def address(self, matrix: Matrix, window: Window) -> str:
        """Such as ``X!B6:E8``, ``X!B6``, or a defined name."""
        ...

    def over_batches(self, matrix: Matrix) -> str:
        """The range that holds, of a single number, those of all batches of the epoch, and no
        other number."""
        ...


@dataclass(frozen=True, slots=True)
class Formula:
    """The text of a formula without its ``=``, and the window that it fills."""

    text: str
    window: Window
    array: bool
    """Whether it must be entered as an array formula."""


def formula_at(
    expr: Expr, addresses: Addresses, style: Style, row: int, column: int
) -> Formula | None:
    """The formula that stands in a cell; None for a cell that an array formula fills from
    another one. Raises ExpressionError for an unknown node."""
    tile = tile_of(expr, style)
    if row % tile.rows or column % tile.columns:
        return None
    return formula(expr, addresses, tile.at(row, column), tile.style)


@dataclass(frozen=True, slots=True)
class Tile:
    """The rectangle that one formula of a matrix fills."""

    style: Style
    rows: int
    columns: int

    def at(self, row: int, column: int) -> Window:
        return Window(row, column, self.rows, self.columns)


@lru_cache(maxsize=1024)
def tile_of(expr: Expr, style: Style) -> Tile:
    """What each formula of an expression fills: a cell, or the whole matrix.

    The largest number of each row has no array form before Excel 365, so what holds a RowMax is
    written with one array formula a row. What has no array form at all is written cell by cell in
    either style. So is a choice between parts of different shapes: Gnumeric's IF repeats no row or
    column over an array.
    """
    shape = shape_of(expr)
    if style == "cell" or any(_is_uneven(node) or _is_single(node) for node in walk(expr)):
        return Tile("cell", 1, 1)
    by_row = any(isinstance(node, RowMax) for node in walk(expr))
    return Tile("matrix", 1 if by_row else shape.rows.size, shape.columns.size)


def _is_single(node: Expr) -> bool:
    """Whether a node has a formula for one cell only."""
    return isinstance(node, (Pick, Largest, ColumnMin, ColumnMax))


def _is_uneven(node: Expr) -> bool:
    """Whether a node is a choice between parts of different shapes, single numbers aside."""
    parts: tuple[Expr, ...]
    if isinstance(node, Where):
        parts = (node.condition.left, node.condition.right, node.then, node.otherwise)
    elif isinstance(node, Comparison):
        parts = (node.left, node.right)
    else:
        return False
    return len({shape_of(part) for part in parts} - {SCALAR}) > 1


def formula(expr: Expr, addresses: Addresses, window: Window, style: Style) -> Formula:
    """The formula for one window of an expression's matrix."""
    writer = _Writer(addresses, style)
    text = _write(expr, writer, window).text
    return Formula(text, window, style == "matrix" or writer.array)


@dataclass(slots=True)
class _Writer:
    """What stays the same while one formula is written, and what is learned on the way."""

    addresses: Addresses
    style: Style
    array: bool = False
    summed: bool = False
    """Inside SUM, MAX or SUMPRODUCT, which take ranges without array entry."""

    def range(self, matrix: Matrix, window: Window) -> str:
        if not window.is_cell and not self.summed:
            self.array = True
        return self.addresses.address(matrix, window)


@singledispatch
def _write(expr: Expr, writer: _Writer, window: Window) -> Printed:
    raise ExpressionError(f"formulas: no rule for the node {type(expr).__name__}")


def _write_part(expr: Expr, writer: _Writer, window: Window) -> Printed:
    """A part of a cell-by-cell combination: a single row or column serves every window."""
    shape = shape_of(expr)
    row, rows = _along(shape.rows, window.row, window.rows)
    column, columns = _along(shape.columns, window.column, window.columns)
    return _write(expr, writer, Window(row, column, rows, columns))


def _along(axis: Axis, first: int, count: int) -> tuple[int, int]:
    return (0, 1) if axis.size == 1 else (first, count)


# --- Leaves and views ---------------------------------------------------------------


@_write.register
def _(expr: Matrix, writer: _Writer, window: Window) -> Printed:
    return Printed(writer.range(expr, window))


@_write.register
def _(expr: Number, writer: _Writer, window: Window) -> Printed:
    # A negative number binds like a sum: a-(-1), never a--1.
    return Printed(number(expr.value), Binding.ATOM if expr.value >= 0 else Binding.SUM)


@_write.register
def _(expr: Transpose, writer: _Writer, window: Window) -> Printed:
    inner = _write(expr.argument, writer, window.transposed)
    if window.is_cell:
        return inner
    # SUMPRODUCT(…TRANSPOSE(…)) is #VALUE! in a plain formula up to Excel 2019.
    writer.array = True
    return Printed(f"TRANSPOSE({inner.text})")


@_write.register
def _(expr: Column, writer: _Writer, window: Window) -> Printed:
    return _write(expr.argument, writer, window)


# --- Products and sums --------------------------------------------------------------


@_write.register
def _(expr: MatMul, writer: _Writer, window: Window) -> Printed:
    terms = shape_of(expr.left).columns.size
    left = Window(window.row, 0, window.rows, terms)
    right = Window(0, window.column, terms, window.columns)
    if writer.style == "cell" and window.is_cell and terms <= WRITTEN_OUT:
        return _written_out(expr, writer, window, terms)
    if window.is_cell and _is_turned(expr.left) != _is_turned(expr.right):
        # Row times row or column times column, as they are stored: no array entry needed.
        return Printed(
            f"SUMPRODUCT({_view(expr.left, writer, left)},{_view(expr.right, writer, right)})"
        )
    writer.array = True
    factors = _write(expr.left, writer, left).text, _write(expr.right, writer, right).text
    return Printed(f"MMULT({factors[0]},{factors[1]})")


@_write.register
def _(expr: ColumnSum, writer: _Writer, window: Window) -> Printed:
    rows = shape_of(expr.argument).rows.size
    summed = Window(0, window.column, rows, window.columns)
    if window.columns == 1:
        return Printed(f"SUM({_view(expr.argument, writer, summed)})")
    # A row of ones times the matrix. The row or column numbers of a range, to the power 0,
    # are the ones that need no helper cells.
    writer.array = True
    ones = _view(expr.argument, writer, Window(0, window.column, rows, 1))
    row = f"COLUMN({ones})^0" if _is_turned(expr.argument) else f"TRANSPOSE(ROW({ones})^0)"
    return Printed(f"MMULT({row},{_write(expr.argument, writer, summed).text})")


@_write.register
def _(expr: RowSum, writer: _Writer, window: Window) -> Printed:
    columns = shape_of(expr.argument).columns.size
    summed = Window(window.row, 0, window.rows, columns)
    if window.rows == 1:
        return Printed(f"SUM({_view(expr.argument, writer, summed)})")
    writer.array = True
    ones = _view(expr.argument, writer, Window(window.row, 0, 1, columns))
    column = f"ROW({ones})^0" if _is_turned(expr.argument) else f"TRANSPOSE(COLUMN({ones})^0)"
    return Printed(f"MMULT({_write(expr.argument, writer, summed).text},{column})")


@_write.register
def _(expr: RowMax, writer: _Writer, window: Window) -> Printed:
    columns = shape_of(expr.argument).columns.size
    if window.rows > 1:
        raise ExpressionError(
            f"formulas: {notation(expr)} of several rows at once has no formula before Excel 365; "
            "make it a step of its own first"
        )
    return Printed(f"MAX({_view(expr.argument, writer, Window(window.row, 0, 1, columns))})")


@_write.register(ColumnMin)
@_write.register(ColumnMax)
def _(expr: ColumnMin | ColumnMax, writer: _Writer, window: Window) -> Printed:
    _require_cell(expr, window)
    rows = shape_of(expr.argument).rows.size
    function = "MIN" if isinstance(expr, ColumnMin) else "MAX"
    column = _view(expr.argument, writer, Window(0, window.column, rows, 1))
    return Printed(f"{function}({column})")


@_write.register
def _(expr: Largest, writer: _Writer, window: Window) -> Printed:
    _require_cell(expr, window)
    columns = shape_of(expr.argument).columns.size
    row = _view(expr.argument, writer, Window(window.row, 0, 1, columns))
    # How many columns there are up to this one: its place, without a number in the formula.
    so_far = _view(expr.argument, writer, Window(window.row, 0, 1, window.column + 1))
    count = "ROWS" if _is_turned(expr.argument) else "COLUMNS"
    return Printed(f"IF(MATCH(MAX({row}),{row},0)={count}({so_far}),1,0)")


@_write.register
def _(expr: Pick, writer: _Writer, window: Window) -> Printed:
    _require_cell(expr, window)
    rows = shape_of(expr.argument).rows.size
    column = _view(expr.argument, writer, Window(0, window.column, rows, 1))
    place = _write(expr.order, writer, Window(window.row, 0, 1, 1)).text
    if rows == 1:  # INDEX takes no single cell in IronCalc and Gnumeric
        return Printed(f"CHOOSE({place},{column})")
    # A row of one column needs no place in it; Gnumeric wants one of a row.
    turned = "1," if _is_turned(expr.argument) else ""
    return Printed(f"INDEX({column},{turned}{place})")


def _require_cell(expr: Expr, window: Window) -> None:
    if not window.is_cell:
        raise ExpressionError(
            f"formulas: {notation(expr)} of several cells at once has no formula before Excel 365; "
            "make it a step of its own first"
        )


@_write.register
def _(expr: RowCount, writer: _Writer, window: Window) -> Printed:
    shape = shape_of(expr.argument)
    everything = Window(0, 0, shape.rows.size, shape.columns.size)
    count = "COLUMNS" if _is_turned(expr.argument) else "ROWS"
    return Printed(f"{count}({_view(expr.argument, writer, everything)})")


@_write.register
def _(expr: BatchSum, writer: _Writer, window: Window) -> Printed:
    return Printed(f"SUM({writer.addresses.over_batches(expr.argument)})")


@_write.register
def _(expr: Total, writer: _Writer, window: Window) -> Printed:
    shape = shape_of(expr.argument)
    everything = Window(0, 0, shape.rows.size, shape.columns.size)
    if is_view(expr.argument):
        return Printed(f"SUM({_view(expr.argument, writer, everything)})")
    outside, writer.summed = writer.summed, True
    inside = _write(expr.argument, writer, everything).text
    writer.summed = outside
    return Printed(f"SUMPRODUCT({inside})")


def _view(view: Expr, writer: _Writer, window: Window) -> str:
    """The range behind a window of a view, as it is stored: for functions such as SUM that
    take a range as it lies, without array entry."""
    if isinstance(view, Transpose):
        return _view(view.argument, writer, window.transposed)
    if isinstance(view, Column):
        return _view(view.argument, writer, window)
    assert isinstance(view, Matrix)  # shapes admits nothing but views here
    return writer.addresses.address(view, window)


def _is_turned(view: Expr) -> bool:
    """Whether a view shows the matrix behind it transposed."""
    if isinstance(view, Transpose):
        return not _is_turned(view.argument)
    return isinstance(view, Column) and _is_turned(view.argument)


def _written_out(expr: MatMul, writer: _Writer, window: Window, terms: int) -> Printed:
    products = []
    for term in range(terms):
        left = _write(expr.left, writer, Window(window.row, term, 1, 1))
        right = _write(expr.right, writer, Window(term, window.column, 1, 1))
        products.append(f"{left.text}*{right.text}")
    return Printed("+".join(products), Binding.SUM if terms > 1 else Binding.PRODUCT)


# --- Cell by cell -------------------------------------------------------------------


@_write.register
def _(expr: Arithmetic, writer: _Writer, window: Window) -> Printed:
    binding = Binding.SUM if expr.operator in "+-" else Binding.PRODUCT
    left = _write_part(expr.left, writer, window).within(binding)
    right = _write_part(expr.right, writer, window).after(binding)
    return Printed(f"{left}{expr.operator}{right}", binding)


@_write.register
def _(expr: Negative, writer: _Writer, window: Window) -> Printed:
    argument = _write(expr.argument, writer, window)
    return Printed(f"-{argument.after(Binding.SIGN)}", Binding.SIGN)


@_write.register
def _(expr: Apply, writer: _Writer, window: Window) -> Printed:
    argument = _write(expr.argument, writer, window)
    if not window.is_cell:
        writer.array = True  # a function with an IF inside needs array entry everywhere
    pattern = _FUNCTIONS[expr.function]
    return Printed(pattern.format(x=argument.text, atom=argument.within(Binding.ATOM)))


@_write.register
def _(expr: Comparison, writer: _Writer, window: Window) -> Printed:
    return Printed(f"IF({_condition(expr, writer, window)},1,0)")


@_write.register
def _(expr: Where, writer: _Writer, window: Window) -> Printed:
    condition = _condition(expr.condition, writer, window)
    then = _write_part(expr.then, writer, window).text
    otherwise = _write_part(expr.otherwise, writer, window).text
    return Printed(f"IF({condition},{then},{otherwise})")


def _condition(expr: Comparison, writer: _Writer, window: Window) -> str:
    if not window.is_cell:
        writer.array = True  # IF takes ranges in array formulas alone, even inside SUMPRODUCT
    left = _write_part(expr.left, writer, window).text
    right = _write_part(expr.right, writer, window).text
    return f"{left}{expr.relation}{right}"


_FUNCTIONS = {
    Function.EXP: "EXP({x})",
    Function.LOG: "LN({x})",
    Function.SQRT: "SQRT({x})",
    Function.ABS: "ABS({x})",
    Function.TANH: "TANH({x})",
    # 1/(1+EXP(-x)) is #NUM! in Excel below x = -709; these halves never overflow.
    Function.SIGMOID: "IF({atom}<0,EXP({x})/(1+EXP({x})),1/(1+EXP(-{atom})))",
}
