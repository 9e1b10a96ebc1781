"""Reader of expressions: the article's notation, and a sentence that says the same."""

from __future__ import annotations

from collections.abc import Mapping
from functools import singledispatch

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
    Total,
    Transpose,
    Where,
    children,
)
from xlnn.maths.printed import Binding, Printed

# --- Notation -----------------------------------------------------------------------


def notation(expr: Expr) -> str:
    """The expression as the article writes it: ``X · wh + bh``, ``E ∘ slope``, ``woutᵀ``.

    ``·`` is the matrix product, ``∘`` a product cell by cell, ``×`` a product with one number.
    Raises ExpressionError for an unknown node.
    """
    return _notation(expr).text


def number(value: float) -> str:
    """A number as people write it: 1, not 1.0."""
    value = float(value)
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


@singledispatch
def _notation(expr: Expr) -> Printed:
    if type(expr) not in _FOLD_SIGNS:
        raise ExpressionError(f"words: no notation for the node {type(expr).__name__}")
    (argument,) = children(expr)
    return Printed(f"{_FOLD_SIGNS[type(expr)]}({_notation(argument).text})")


_FOLD_SIGNS: dict[type[Expr], str] = {
    ColumnSum: "Σrows",
    RowSum: "Σcolumns",
    Total: "Σ",
    ColumnMin: "columnmin",
    ColumnMax: "columnmax",
    RowMax: "rowmax",
    Largest: "largest",
    RowCount: "rows",
    BatchSum: "Σbatches",
}


@_notation.register
def _(expr: Matrix) -> Printed:
    return Printed(expr.name)


@_notation.register
def _(expr: Number) -> Printed:
    return Printed(number(expr.value), Binding.ATOM if expr.value >= 0 else Binding.SUM)


@_notation.register
def _(expr: Transpose) -> Printed:
    return Printed(_notation(expr.argument).within(Binding.ATOM) + "ᵀ")


@_notation.register
def _(expr: MatMul) -> Printed:
    left = _notation(expr.left).within(Binding.PRODUCT)
    right = _notation(expr.right).after(Binding.PRODUCT)
    return Printed(f"{left} · {right}", Binding.PRODUCT)


@_notation.register
def _(expr: Column) -> Printed:
    return _notation(expr.argument)


@_notation.register
def _(expr: Pick) -> Printed:
    argument = _notation(expr.argument).within(Binding.ATOM)
    return Printed(f"{argument}[rows {_notation(expr.order).text}]")


@_notation.register
def _(expr: Arithmetic) -> Printed:
    binding = Binding.SUM if expr.operator in "+-" else Binding.PRODUCT
    left = _notation(expr.left).within(binding)
    right = _notation(expr.right).after(binding)
    sign = {"+": "+", "-": "−", "*": _product_sign(expr), "/": "/"}[expr.operator]
    return Printed(f"{left} {sign} {right}", binding)


@_notation.register
def _(expr: Negative) -> Printed:
    return Printed("−" + _notation(expr.argument).after(Binding.SIGN), Binding.SIGN)


@_notation.register
def _(expr: Apply) -> Printed:
    return Printed(f"{expr.function.value}({_notation(expr.argument).text})")


@_notation.register
def _(expr: Comparison) -> Printed:
    left, right = _notation(expr.left).text, _notation(expr.right).text
    return Printed(f"[{left} {expr.relation} {right}]")


@_notation.register
def _(expr: Where) -> Printed:
    condition = _notation(expr.condition).text
    then, otherwise = _notation(expr.then).text, _notation(expr.otherwise).text
    return Printed(f"if({condition}, {then}, {otherwise})")


def _product_sign(expr: Arithmetic) -> str:
    return "×" if _is_number(expr.left) or _is_number(expr.right) else "∘"


def _is_row(expr: Expr) -> bool:
    """Whether an operand is a single row that goes with every row."""
    return isinstance(expr, Matrix) and expr.shape.rows == ONE


def _is_number(expr: Expr) -> bool:
    """Whether an operand is a single number by its nature."""
    return isinstance(expr, (Number, Total, RowCount, BatchSum)) or (
        isinstance(expr, Matrix) and expr.shape == SCALAR
    )


# --- Sentences ----------------------------------------------------------------------

Phrases = Mapping[str, str]
"""The turns of phrase of one language, by the names used below, with ``{}`` places."""


def sentence(name: str, expr: Expr, phrases: Phrases) -> str:
    """One sentence that says how ``name`` is computed, in the language of ``phrases``.

    Raises ExpressionError for an unknown node.
    """
    return phrases["sentence"].format(name, _phrase(expr, phrases))


@singledispatch
def _phrase(expr: Expr, phrases: Phrases) -> str:
    if type(expr) not in _ONE_ARGUMENT:
        raise ExpressionError(f"words: no phrase for the node {type(expr).__name__}")
    (argument,) = children(expr)
    return phrases[_ONE_ARGUMENT[type(expr)]].format(_inner(argument, phrases))


_ONE_ARGUMENT: dict[type[Expr], str] = {
    Transpose: "transpose",
    ColumnSum: "column_sum",
    RowSum: "row_sum",
    Total: "total",
    ColumnMin: "column_min",
    ColumnMax: "column_max",
    RowMax: "row_max",
    Largest: "largest",
    RowCount: "row_count",
    BatchSum: "batch_sum",
    Negative: "negative",
}


@_phrase.register(Matrix)
@_phrase.register(Number)
def _(expr: Matrix | Number, phrases: Phrases) -> str:
    return notation(expr)


@_phrase.register
def _(expr: Column, phrases: Phrases) -> str:
    return _phrase(expr.argument, phrases)


@_phrase.register
def _(expr: Pick, phrases: Phrases) -> str:
    argument, order = _inner(expr.argument, phrases), _inner(expr.order, phrases)
    return phrases["pick"].format(argument, order)


@_phrase.register
def _(expr: MatMul, phrases: Phrases) -> str:
    return phrases["product"].format(_phrase(expr.left, phrases), _phrase(expr.right, phrases))


@_phrase.register
def _(expr: Arithmetic, phrases: Phrases) -> str:
    left, right = _phrase(expr.left, phrases), _phrase(expr.right, phrases)
    if isinstance(expr.left, Where):
        left = f"({left})"
    if expr.operator == "+" and isinstance(expr.left, MatMul) and _is_row(expr.right):
        return phrases["add_row"].format(left, right)
    if expr.operator in "*/" and isinstance(expr.left, Arithmetic) and expr.left.operator in "+-":
        left = f"({left})"
    if expr.operator == "*" and not (_is_number(expr.left) or _is_number(expr.right)):
        return phrases["cell_by_cell"].format(left, _bracketed(expr.right, right))
    return phrases[_OPERATORS[expr.operator]].format(left, _bracketed(expr.right, right))


@_phrase.register
def _(expr: Apply, phrases: Phrases) -> str:
    function = phrases[expr.function.value]
    return phrases["apply"].format(function, _inner(expr.argument, phrases))


@_phrase.register
def _(expr: Comparison, phrases: Phrases) -> str:
    sides = (notation(s) if isinstance(s, Comparison) else _phrase(s, phrases)
             for s in (expr.left, expr.right))  # fmt: skip
    left, right = sides
    return phrases["comparison"].format(left, expr.relation, right)


@_phrase.register
def _(expr: Where, phrases: Phrases) -> str:
    then, otherwise = _inner(expr.then, phrases), _inner(expr.otherwise, phrases)
    return phrases["where"].format(notation(expr.condition), then, otherwise)


_OPERATORS = {"+": "plus", "-": "minus", "*": "times", "/": "divided"}


def _inner(expr: Expr, phrases: Phrases) -> str:
    """An argument's phrase, in brackets where words alone would leave open where it ends."""
    phrase = _phrase(expr, phrases)
    return f"({phrase})" if isinstance(expr, (Arithmetic, Negative, Where)) else phrase


def _bracketed(expr: Expr, phrase: str) -> str:
    """A right-hand phrase, in brackets where words alone would leave the order open."""
    return f"({phrase})" if isinstance(expr, (Arithmetic, Where)) else phrase
