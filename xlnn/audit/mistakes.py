"""Typical mistakes: what a step gives when it is done in one of the ways in which people get it
wrong.

Each mistake is another expression in the place of the step's own, found by changing one node of it,
or the same expression read of other matrices. So a mistake is known for every step of every
network, and its numbers and its formula are derived as those of the step are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from xlnn.errors import ExpressionError
from xlnn.maths.activations import ACTIVATIONS
from xlnn.maths.evaluate import Array, evaluate
from xlnn.maths.expr import (
    SCALAR,
    Arithmetic,
    ColumnSum,
    Expr,
    MatMul,
    Matrix,
    Number,
    RowCount,
    RowSum,
    Shape,
    Total,
    Transpose,
    matrices,
    walk,
)
from xlnn.maths.recipe import Recipe, Step
from xlnn.workbook.plan import Moment

LEARNING_RATE = "learning_rate"

Change = Callable[[Expr], Iterator[Expr]]
"""From a node to what may stand in its place by mistake."""


@dataclass(frozen=True, slots=True)
class Case:
    """A step whose numbers are looked into."""

    recipe: Recipe
    name: str
    """Of the matrix; empty where it is not computed, but taken on or copied."""
    number: int
    shape: Shape
    expr: Expr
    """What belongs there."""
    moment: Moment
    """When the matrices of ``expr`` are meant."""
    at: Callable[[str, Moment], Array | None]
    """A matrix as the workbook has it; None where it is not there."""
    read: Callable[[Moment], Mapping[str, Array] | None]
    """The matrices that ``expr`` reads of a moment; None if one is not there."""
    others: Sequence[Moment] = ()
    """Other moments that somebody may have taken for this one, the nearest first."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One way to get a step wrong."""

    key: str
    words: str
    """What was done, as the end of a sentence."""
    expr: Expr | None
    """What was computed instead; None where no formula of ours says it."""
    moment: Moment
    value: Array
    """What that gives from the workbook's own numbers."""


def mistakes(case: Case) -> Iterator[Mistake]:
    """What may have been done instead of a step, the likeliest first."""
    values = case.read(case.moment)
    if values is None:
        return
    for key, words, expr in _expressions(case):
        added = {m.name: case.at(m.name, case.moment) for m in matrices(expr)}
        value = _value(expr, {**added, **values}, case)
        if value is not None:
            yield Mistake(key, words, expr, case.moment, value)
    for find in (_other_moment, _turned, _summed_otherwise, _with_test_samples, _other_matrix):
        yield from find(case, values)


def _expressions(case: Case) -> Iterator[tuple[str, str, Expr]]:
    """The mistakes that are another expression of the same matrices."""
    for find in (
        _slope, _learning_rate, _sign, _addend, _averaged, _divisor, _activation, _too_early,
    ):  # fmt: skip
        yield from find(case)


# --- Other expressions ----------------------------------------------------------------


def _variants(expr: Expr, change: Change) -> Iterator[Expr]:
    """The expression with one of its nodes changed, in every way that there is."""
    yield from change(expr)
    for field in fields(expr):  # type: ignore[arg-type]  # every node is a dataclass
        child = getattr(expr, field.name)
        if isinstance(child, Expr):
            for other in _variants(child, change):
                yield replace(expr, **{field.name: other})  # type: ignore[type-var]


def _factors(node: Expr) -> Iterator[tuple[Expr, Expr]]:
    """Each factor of a product cell by cell, and the other one."""
    if isinstance(node, Arithmetic) and node.operator == "*":
        yield node.left, node.right
        yield node.right, node.left


def _slope(case: Case) -> Iterator[tuple[str, str, Expr]]:
    def dropped(node: Expr) -> Iterator[Expr]:
        for factor, rest in _factors(node):
            if isinstance(factor, Matrix) and factor.name.startswith("slope_"):
                yield rest

    for expr in _variants(case.expr, dropped):
        yield "slope-missing", "the slope of the activation is missing", expr
    if case.number == 7 and isinstance(case.expr, Matrix) and "output" in case.recipe.members:
        a = Matrix("output", case.shape)
        yield (
            "slope-extra",
            "the slope of the activation is multiplied in, which cancels with this loss",
            case.expr * (a * (1 - a)),
        )


def _learning_rate(case: Case) -> Iterator[tuple[str, str, Expr]]:
    if LEARNING_RATE not in case.recipe.settings:
        return
    rate = next(
        (m for m in matrices(case.expr) if m.name == LEARNING_RATE), Matrix(LEARNING_RATE, SCALAR)
    )

    def dropped(node: Expr) -> Iterator[Expr]:
        for factor, rest in _factors(node):
            if factor == rate:
                yield rest

    def twice(node: Expr) -> Iterator[Expr]:
        for factor, _ in _factors(node):
            if factor == rate:
                yield rate * node

    if rate in matrices(case.expr):
        for expr in _variants(case.expr, dropped):
            yield "learning-rate-missing", "the learning rate is not applied", expr
        for expr in _variants(case.expr, twice):
            yield "learning-rate-twice", "the learning rate is applied twice", expr
    elif case.number >= 5:
        yield (
            "learning-rate-early",
            "the learning rate is applied here already, and once more in steps 10 and 11",
            case.expr * rate,
        )


def _sign(case: Case) -> Iterator[tuple[str, str, Expr]]:
    def turned(node: Expr) -> Iterator[Expr]:
        if isinstance(node, Arithmetic) and node.operator == "-":
            yield replace(node, left=node.right, right=node.left)

    def subtracted(node: Expr) -> Iterator[Expr]:
        if isinstance(node, Arithmetic) and node.operator == "+":
            yield replace(node, operator="-")

    renewing = case.name in case.recipe.renewed.values()
    for expr in _variants(case.expr, subtracted):
        if renewing:
            yield "sign-of-update", "the update is subtracted, not added", expr
        else:
            yield "sign", "a sum is a difference", expr
    words = "output − y instead of y − output" if case.number == 5 else "a difference is turned"
    for expr in _variants(case.expr, turned):
        yield "sign", f"{words}: the sign is wrong", expr
    yield "sign", "the sign is wrong", -case.expr


def _addend(case: Case) -> Iterator[tuple[str, str, Expr]]:
    """What is added and was left out."""
    parameters = {given.name for given in case.recipe.parameters}
    for node in walk(case.expr):
        if not (isinstance(node, Arithmetic) and node.operator == "+"):
            continue
        for part, rest in ((node.right, node.left), (node.left, node.right)):
            if not isinstance(part, Matrix):
                continue

            def dropped(other: Expr, node: Expr = node, rest: Expr = rest) -> Iterator[Expr]:
                if other is node:
                    yield rest

            for expr in _variants(case.expr, dropped):
                if part.name not in parameters:
                    yield "term-missing", f"{part.name} is left out", expr
                elif case.recipe.renewed.get(part.name) == case.name:
                    words = f"{part.name} itself is left out: this is only its change"
                    yield "old-value-missing", words, expr
                else:
                    yield "bias-missing", f"the bias {part.name} is left out", expr


def _averaged(case: Case) -> Iterator[tuple[str, str, Expr]]:
    def summed(node: Expr) -> Iterator[Expr]:
        if isinstance(node, Arithmetic) and isinstance(node.right, RowCount):
            yield node.left

    for expr in _variants(case.expr, summed):
        yield "not-averaged", "the sum is not divided by the number of samples", expr
    if any(isinstance(node, RowCount) for node in walk(case.expr)):
        return
    samples = case.recipe.shapes["X"].rows.name

    def divided(node: Expr) -> Iterator[Expr]:
        if isinstance(node, (MatMul, ColumnSum, Total)):
            for matrix in matrices(node):
                if matrix.shape.rows.name in (samples, "place"):
                    yield node / RowCount(matrix)
                    return

    if case.number in (5, 10, 11):
        for expr in _variants(case.expr, divided):
            yield "averaged", "the sum is divided by the number of samples", expr


def _divisor(case: Case) -> Iterator[tuple[str, str, Expr]]:
    for node in walk(case.expr):
        if isinstance(node, Arithmetic) and node.operator == "/":
            if not isinstance(node.right, Number):
                continue

            def dropped(other: Expr, node: Arithmetic = node) -> Iterator[Expr]:
                if other is node:
                    yield node.left

            for expr in _variants(case.expr, dropped):
                yield "divisor-missing", f"it is not divided by {node.right.value:g}", expr


def _activation(case: Case) -> Iterator[tuple[str, str, Expr]]:
    """Another activation function, or the slope of one."""
    reads = [m for m in matrices(case.expr) if m.name not in case.recipe.settings]
    is_value = case.number == 3 or (case.number == 4 and case.name.startswith("output"))
    if len(reads) != 1 or not (is_value or case.number == 6):
        return
    if any(isinstance(node, MatMul) for node in walk(case.expr)):
        return
    of = reads[0]
    for activation in ACTIVATIONS.values():
        rule = activation.value if is_value else activation.slope
        if rule is None:
            continue
        try:
            expr = rule(of, _Layer(case.recipe))
        except ExpressionError:
            continue  # it takes more than one step, or a number that this network has not
        if activation.name == "linear":
            missing = "the activation function is missing" if is_value else "the slope is 1"
            yield "activation-missing", missing, expr
        elif is_value:
            yield "other-activation", f"this is {activation.name} of {of.name}", expr
        else:
            yield "other-activation", f"this is the slope of {activation.name}", expr


@dataclass(frozen=True, slots=True)
class _Layer:
    """A layer whose activation takes a single step."""

    recipe: Recipe

    def part(self, name: str, expr: Expr) -> Matrix:
        raise ExpressionError(f"{name} is a step of its own")

    def setting(self, name: str) -> Matrix:
        if name not in self.recipe.settings:
            raise ExpressionError(f"there is no {name}")
        return Matrix(name, SCALAR)


def _too_early(case: Case) -> Iterator[tuple[str, str, Expr]]:
    """Parameters that were updated before they were used."""
    for matrix in matrices(case.expr):
        new = case.recipe.renewed.get(matrix.name)
        if new is not None and new != case.name:

            def renewed(node: Expr, matrix: Matrix = matrix, new: str = new) -> Iterator[Expr]:
                if node == matrix:
                    yield Matrix(new, matrix.shape)

            for expr in _variants(case.expr, renewed):
                words = f"{new} is read instead of {matrix.name}: it was updated before its use"
                yield "updated-too-early", words, expr


def _with(expr: Expr, node: Expr, other: Expr) -> Expr:
    """The expression with another node in the place of one."""
    return next(_variants(expr, lambda each: iter((other,) if each is node else ())))


def _named(expr: Expr) -> str:
    return ", ".join(matrix.name for matrix in matrices(expr))


# --- The same expression, misread -----------------------------------------------------


def _other_moment(case: Case, values: Mapping[str, Array]) -> Iterator[Mistake]:
    for moment in case.others:
        there = case.read(moment)
        if there is None:
            continue
        changing = [n for n in there if case.recipe.recurrence.get(n, "once") != "once"]
        for name in changing:
            other = {**values, name: there[name]}
            if (value := _value(case.expr, other, case)) is not None:
                yield Mistake(
                    "wrong-moment",
                    f"{name} is read of {_when(moment, case.moment)}, not of "
                    f"{_when(case.moment, moment)}",
                    None,
                    moment,
                    value,
                )
        if len(changing) > 1 and (value := _value(case.expr, there, case)) is not None:
            words = f"all is read of {_when(moment, case.moment)}"
            yield Mistake("wrong-moment", words, case.expr, moment, value)


def _when(moment: Moment, other: Moment) -> str:
    """A moment, as far as it differs from another."""
    if moment.epoch == other.epoch:
        return f"batch {moment.batch}"
    if moment.batch == other.batch:
        return f"epoch {moment.epoch}"
    return f"epoch {moment.epoch}, batch {moment.batch}"


def _turned(case: Case, values: Mapping[str, Array]) -> Iterator[Mistake]:
    """A factor of a matrix product that stands the wrong way round, or both in the wrong order."""
    for node in walk(case.expr):
        if not isinstance(node, MatMul):
            continue
        for factor in (node.left, node.right):
            there = _value(factor, values)
            if there is None:
                continue
            straight = isinstance(factor, Transpose)
            words = f"{_named(factor)} is {'not ' if straight else ''}transposed"
            other = factor.argument if isinstance(factor, Transpose) else Transpose(factor)
            is_square = there.shape[0] == there.shape[1]
            written = _with(case.expr, factor, other) if is_square else None
            turned = _fitted(there.T, *there.shape)
            if (value := _stood_in(case, values, factor, turned)) is not None:
                yield Mistake("transposed", words, written, case.moment, value)
        swapped = _with(case.expr, node, MatMul(node.right, node.left))
        if (value := _value(swapped, values, case)) is not None:
            words = "the factors of the product are swapped"
            yield Mistake("factors-swapped", words, swapped, case.moment, value)


def _summed_otherwise(case: Case, values: Mapping[str, Array]) -> Iterator[Mistake]:
    """Rows summed for columns, or columns for rows."""
    for node in walk(case.expr):
        other: Expr
        if isinstance(node, ColumnSum):
            key, other = "rows-summed", RowSum(node.argument)
            words = "rows are summed, a number for each sample, not columns, one for each neuron"
        elif isinstance(node, RowSum):
            key, other = "columns-summed", ColumnSum(node.argument)
            words = "columns are summed, not rows"
        else:
            continue
        right, wrong = _value(node, values), _value(other, values)
        if right is None or wrong is None:
            continue
        value = _stood_in(case, values, node, _fitted(wrong.T, *right.shape))
        if value is not None:
            yield Mistake(key, words, None, case.moment, value)


def _stood_in(case: Case, values: Mapping[str, Array], node: Expr, numbers: Array) -> Array | None:
    """What the step gives with other numbers in the place of a node."""
    name = "stand_in"
    return _value(_with(case.expr, node, Matrix(name, case.shape)), {**values, name: numbers}, case)


def _with_test_samples(case: Case, values: Mapping[str, Array]) -> Iterator[Mistake]:
    """Sums over the training samples that take in the test samples."""
    recipe = case.recipe
    if "X_test" not in recipe.members:
        return
    samples = recipe.shapes["X"].rows.name
    together: dict[str, Array] = {}
    for name, value in values.items():
        shape = recipe.shapes.get(name)
        if shape is None or shape.rows.name != samples:
            together[name] = value
            continue
        tested = _of_test_samples(case, name)
        if tested is None:
            return
        together[name] = np.concatenate([value, tested])
    given = _value(case.expr, together, case)
    if given is not None:
        words = "the test samples are summed with the training samples"
        yield Mistake("test-samples", words, None, case.moment, given)


def _of_test_samples(case: Case, name: str) -> Array | None:
    """What a matrix of the training samples would be of the test samples."""
    tested = f"{name}_test"
    if tested in case.recipe.members:
        return case.at(tested, case.moment)
    member = case.recipe.members.get(name)
    if not isinstance(member, Step):
        return case.at(name, case.moment)
    found = {}
    for read in member.reads:
        value = _of_test_samples(case, read)
        if value is None:
            return None
        found[read] = value
    return _value(member.expr, found)


def _other_matrix(case: Case, values: Mapping[str, Array]) -> Iterator[Mistake]:
    """Another matrix in the place of one that the step reads."""
    for matrix in matrices(case.expr):
        for name in case.recipe.members:
            if name in (matrix.name, case.name):
                continue
            other = case.at(name, case.moment)
            if other is None or matrix.name in case.recipe.settings:
                continue
            value = _value(case.expr, {**values, matrix.name: other}, case)
            if value is not None:
                key, words = "wrong-matrix", f"it reads {name} instead of {matrix.name}"
                if case.recipe.renewed.get(name) == matrix.name:
                    key, words = "not-updated", f"{name} is taken on without its update"
                elif case.number == 6:
                    words = f"the slope is taken of {name} instead of {matrix.name}"
                yield Mistake(key, words, None, case.moment, value)


# --- Numbers --------------------------------------------------------------------------


def _value(
    expr: Expr, values: Mapping[str, Array | None], case: Case | None = None
) -> Array | None:
    """What an expression gives, spread over the step's matrix; None where it gives nothing."""
    there = {name: value for name, value in values.items() if value is not None}
    try:
        value = evaluate(expr, there)
    except (ValueError, KeyError, IndexError):
        return None  # these matrices do not fit, or one of them is not there
    if case is None:
        return value
    size = case.shape.rows.size, case.shape.columns.size
    if all(given in (1, wanted) for given, wanted in zip(value.shape, size, strict=True)):
        return np.broadcast_to(value, size)
    return None


def _fitted(values: Array, rows: int, columns: int) -> Array:
    """The same numbers in a rectangle of another size; 0, as of blank cells, where there are
    none."""
    fitted = np.zeros((rows, columns))
    part = values[:rows, :columns]
    fitted[: part.shape[0], : part.shape[1]] = part
    return fitted
