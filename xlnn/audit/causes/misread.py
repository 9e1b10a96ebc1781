"""Mistakes that are the step itself, read of other numbers than it should be: of another epoch or
batch, of a matrix the wrong way round, of rows for columns, of another matrix."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from xlnn.audit.causes.case import Case, Mistake, names_of, value_of
from xlnn.audit.causes.variants import with_node
from xlnn.maths.evaluate import Array
from xlnn.maths.expr import ColumnSum, Expr, MatMul, Matrix, RowSum, Transpose, matrices, walk
from xlnn.maths.recipe import Step
from xlnn.workbook.plan import Moment


def misread(case: Case, values: Mapping[str, Array]) -> Iterator[Mistake]:
    """The likeliest first. ``values`` are the matrices that the step should read."""
    for find in (_other_moment, _turned, _summed_otherwise, _with_test_samples, _other_matrix):
        yield from find(case, values)


def _other_moment(case: Case, values: Mapping[str, Array]) -> Iterator[Mistake]:
    for moment in case.others:
        there = case.read(moment)
        if there is None:
            continue
        changing = [n for n in there if case.recipe.recurrence.get(n, "once") != "once"]
        for name in changing:
            other = {**values, name: there[name]}
            if (value := value_of(case.expr, other, case)) is not None:
                yield Mistake(
                    "wrong-moment",
                    f"{name} is read of {_when(moment, case.moment)}, not of "
                    f"{_when(case.moment, moment)}",
                    None,
                    moment,
                    value,
                    instead=name,
                )
        if len(changing) > 1 and (value := value_of(case.expr, there, case)) is not None:
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
            there = value_of(factor, values)
            if there is None:
                continue
            straight = isinstance(factor, Transpose)
            words = f"{_named(factor)} is {'not ' if straight else ''}transposed"
            other = factor.argument if isinstance(factor, Transpose) else Transpose(factor)
            is_square = there.shape[0] == there.shape[1]
            written = with_node(case.expr, factor, other) if is_square else None
            turned = _fitted(there.T, *there.shape)
            if (value := _stood_in(case, values, factor, turned)) is not None:
                yield Mistake("transposed", words, written, case.moment, value)
        swapped = with_node(case.expr, node, MatMul(node.right, node.left))
        if (value := value_of(swapped, values, case)) is not None:
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
        right, wrong = value_of(node, values), value_of(other, values)
        if right is None or wrong is None:
            continue
        value = _stood_in(case, values, node, _fitted(wrong.T, *right.shape))
        if value is not None:
            yield Mistake(key, words, None, case.moment, value)


def _stood_in(case: Case, values: Mapping[str, Array], node: Expr, numbers: Array) -> Array | None:
    """What the step gives with other numbers in the place of a node."""
    name = "stand_in"
    return value_of(
        with_node(case.expr, node, Matrix(name, case.shape)), {**values, name: numbers}, case
    )


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
    given = value_of(case.expr, together, case)
    if given is not None:
        words = "the test samples are summed with the training samples"
        added = {f"{name}_test" for name in names_of(case.expr)} & {*recipe.members}
        reads = names_of(case.expr) | added
        yield Mistake("test-samples", words, None, case.moment, given, reads)


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
    return value_of(member.expr, found)


def _other_matrix(case: Case, values: Mapping[str, Array]) -> Iterator[Mistake]:
    """Another matrix in the place of one that the step reads."""
    for matrix in matrices(case.expr):
        for name in case.recipe.members:
            if name in (matrix.name, case.name):
                continue
            other = case.at(name, case.moment)
            if other is None or matrix.name in case.recipe.settings:
                continue
            value = value_of(case.expr, {**values, matrix.name: other}, case)
            if value is not None:
                key, words = "wrong-matrix", f"it reads {name} instead of {matrix.name}"
                if case.recipe.renewed.get(name) == matrix.name:
                    key, words = "not-updated", f"{name} is taken on without its update"
                elif case.number == 6:
                    words = f"the slope is taken of {name} instead of {matrix.name}"
                reads = names_of(case.expr) - {matrix.name} | {name}
                yield Mistake(key, words, None, case.moment, value, reads, instead=name)


def _named(expr: Expr) -> str:
    return ", ".join(matrix.name for matrix in matrices(expr))


def _fitted(values: Array, rows: int, columns: int) -> Array:
    """The same numbers in a rectangle of another size; 0, as of blank cells, where there are
    none."""
    fitted = np.zeros((rows, columns))
    part = values[:rows, :columns]
    fitted[: part.shape[0], : part.shape[1]] = part
    return fitted
