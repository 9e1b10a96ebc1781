"""Mistakes that are another expression in the place of the step's own: something left out, twice,
turned, or of another function."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from xlnn.audit.causes.case import Case
from xlnn.audit.causes.variants import variants
from xlnn.errors import ExpressionError
from xlnn.maths.activations import ACTIVATIONS, SIGMOID
from xlnn.maths.expr import (
    SCALAR,
    Arithmetic,
    ColumnSum,
    Expr,
    MatMul,
    Matrix,
    Number,
    RowCount,
    Total,
    matrices,
    walk,
)
from xlnn.maths.recipe import Recipe

LEARNING_RATE = "learning_rate"

Written = tuple[str, str, Expr]
"""The key of a mistake, what was done, and the expression."""


def miswritten(case: Case) -> Iterator[Written]:
    """The mistakes that are another expression of the same matrices."""
    for find in (
        _slope, _learning_rate, _sign, _addend, _averaged, _divisor, _activation, _too_early,
    ):  # fmt: skip
        yield from find(case)


def _factors(node: Expr) -> Iterator[tuple[Expr, Expr]]:
    """Each factor of a product cell by cell, and the other one."""
    if isinstance(node, Arithmetic) and node.operator == "*":
        yield node.left, node.right
        yield node.right, node.left


def _slope(case: Case) -> Iterator[Written]:
    def dropped(node: Expr) -> Iterator[Expr]:
        for factor, rest in _factors(node):
            if isinstance(factor, Matrix) and factor.name.startswith("slope_"):
                yield rest

    for expr in variants(case.expr, dropped):
        yield "slope-missing", "the slope of the activation is missing", expr
    if case.number == 7 and isinstance(case.expr, Matrix) and "output" in case.recipe.members:
        assert SIGMOID.slope is not None
        slope = SIGMOID.slope(Matrix("output", case.shape), _Layer(case.recipe))
        yield (
            "slope-extra",
            "the slope of the activation is multiplied in, which cancels with this loss",
            case.expr * slope,
        )


def _learning_rate(case: Case) -> Iterator[Written]:
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
        for expr in variants(case.expr, dropped):
            yield "learning-rate-missing", "the learning rate is not applied", expr
        for expr in variants(case.expr, twice):
            yield "learning-rate-twice", "the learning rate is applied twice", expr
    elif case.number >= 5:
        yield (
            "learning-rate-early",
            "the learning rate is applied here already, and once more in steps 10 and 11",
            case.expr * rate,
        )


def _sign(case: Case) -> Iterator[Written]:
    def turned(node: Expr) -> Iterator[Expr]:
        if isinstance(node, Arithmetic) and node.operator == "-":
            yield replace(node, left=node.right, right=node.left)

    def subtracted(node: Expr) -> Iterator[Expr]:
        if isinstance(node, Arithmetic) and node.operator == "+":
            yield replace(node, operator="-")

    renewing = case.name in case.recipe.renewed.values()
    for expr in variants(case.expr, subtracted):
        if renewing:
            yield "sign-of-update", "the update is subtracted, not added", expr
        else:
            yield "sign", "a sum is a difference", expr
    words = "output − y instead of y − output" if case.number == 5 else "a difference is turned"
    for expr in variants(case.expr, turned):
        yield "sign", f"{words}: the sign is wrong", expr
    yield "sign", "the sign is wrong", -case.expr


def _addend(case: Case) -> Iterator[Written]:
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

            for expr in variants(case.expr, dropped):
                if part.name not in parameters:
                    yield "term-missing", f"{part.name} is left out", expr
                elif case.recipe.renewed.get(part.name) == case.name:
                    words = f"{part.name} itself is left out: this is only its change"
                    yield "old-value-missing", words, expr
                else:
                    yield "bias-missing", f"the bias {part.name} is left out", expr


def _averaged(case: Case) -> Iterator[Written]:
    def summed(node: Expr) -> Iterator[Expr]:
        if isinstance(node, Arithmetic) and isinstance(node.right, RowCount):
            yield node.left

    for expr in variants(case.expr, summed):
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
        for expr in variants(case.expr, divided):
            yield "averaged", "the sum is divided by the number of samples", expr


def _divisor(case: Case) -> Iterator[Written]:
    for node in walk(case.expr):
        if isinstance(node, Arithmetic) and node.operator == "/":
            if not isinstance(node.right, Number):
                continue

            def dropped(other: Expr, node: Arithmetic = node) -> Iterator[Expr]:
                if other is node:
                    yield node.left

            for expr in variants(case.expr, dropped):
                yield "divisor-missing", f"it is not divided by {node.right.value:g}", expr


def _activation(case: Case) -> Iterator[Written]:
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


def _too_early(case: Case) -> Iterator[Written]:
    """Parameters that were updated before they were used."""
    for matrix in matrices(case.expr):
        new = case.recipe.renewed.get(matrix.name)
        if new is not None and new != case.name:

            def renewed(node: Expr, matrix: Matrix = matrix, new: str = new) -> Iterator[Expr]:
                if node == matrix:
                    yield Matrix(new, matrix.shape)

            for expr in variants(case.expr, renewed):
                words = f"{new} is read instead of {matrix.name}: it was updated before its use"
                yield "updated-too-early", words, expr
