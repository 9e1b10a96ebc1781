"""What is typed on the sheets besides those of the matrices: inputs, words, NumPy's constants."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence

import numpy as np

from xlnn.audit.cell_values import Value, is_number
from xlnn.audit.place import CellOf
from xlnn.audit.recomputed import Matrices, Recomputed, derive
from xlnn.audit.report import Finding
from xlnn.audit.stored.workbook import StoredWorkbook
from xlnn.bundled import languages
from xlnn.maths.difference import differences
from xlnn.maths.evaluate import Array
from xlnn.workbook.boards import checks
from xlnn.workbook.boards.board import Block, Board, Contents, Derived, Typed, cells
from xlnn.workbook.plan import Area, Moment, Plan
from xlnn.workbook.texts import load_texts

LOOSE = 1e-6
"""The largest difference that rounding makes in a training that is steady."""


def check_typed(book: StoredWorkbook, board: Board, found: Recomputed) -> Iterator[Finding]:
    """Inputs must be numbers, of a list where there is one."""
    for block in board.blocks:
        if not isinstance(block.content, Typed):
            continue
        choices, wanted = block.content.choices, "a number"
        if choices is not None:
            wanted = f"one of {_listed(choices)}"
        for i, j in cells(block):
            row, column = block.row + i, block.column + j
            value: Value = book.value(block.sheet, row, column)
            if book.formula(block.sheet, row, column) is not None:
                value = found.values.value(block.sheet, row, column)
            if is_number(value) and (choices is None or value in choices):
                continue
            what = "is blank" if value is None else f"holds {value!r}"
            yield cell_of(block, i, j).finding(
                "missing" if value is None else "wrong-value",
                wanted,
                None if value is None else str(value),
                True,
                f"{what}, but it must be {wanted}: it is an input",
            )


def check_words(book: StoredWorkbook, board: Board) -> Iterator[Finding]:
    """The words that formulas read must be those of a language, each in its place."""
    read = [words for words in board.words if words.style == "words"]
    if not read:
        return
    there = [book.value(board.name, words.row, words.column) for words in read]
    known = [
        [str(load_texts(language)[board.section][words.key]) for words in read]
        for language in languages()
    ]
    nearest = max(known, key=lambda wanted: sum(map(operator.eq, there, wanted)))
    for words, found, wanted in zip(read, there, nearest, strict=True):
        if found != wanted:
            yield CellOf(board.name, words.row, words.column, words.key).finding(
                "wrong-value",
                wanted,
                None if found is None else str(found),
                True,
                f"holds {found!r}, but formulas read it as {wanted!r}",
            )


def check_constants(
    board: Board, plan: Plan, derived: Derived, found: Recomputed, tolerance: float
) -> Iterator[Finding]:
    """What must stand in a list, and what NumPy computed when the workbook was built."""
    for block in board.blocks:
        if isinstance(block.content, Typed) and block.content.exact is not None:
            there = derived.of(block)
            wanted = np.reshape(np.array(block.content.exact, dtype=np.float64), there.shape)
            yield from _differing(block, there, wanted, "it is a constant:", tolerance)
    kept = [
        (block, block.content.copied)
        for block in board.blocks
        if isinstance(block.content, Typed) and block.content.copied is not None
    ]
    if not kept:
        return
    inputs = [(block, source) for block, source in kept if block.is_input]
    numpys = [(block, source) for block, source in kept if not block.is_input]
    live = found.derived
    changed = [
        (block, source)
        for block, source in inputs
        if not np.array_equal(derived.of(block), _at(found.matrices, plan, source))
    ]
    if changed and all(_agree(derived.of(b), _at(live, plan, s), tolerance) for b, s in numpys):
        # NumPy computed these constants from the inputs as they are: none of those was edited.
        for block, source in changed:
            wanted = _at(found.matrices, plan, source)
            why = "NumPy's constants are those of"
            yield from _differing(block, derived.of(block), wanted, why, 0)
        return
    if changed:
        live = _as_built(plan, inputs, derived, found)
    for block, source in numpys:
        wanted = _at(live, plan, source)
        yield from _differing(block, derived.of(block), wanted, "NumPy computed", tolerance)


def loose_checks(book: StoredWorkbook, board: Board) -> Iterator[str]:
    """A note where Checks lets differences pass that are no rounding."""
    for block in board.blocks:
        if (block.sheet, block.name) == (checks.NAME, "tolerance"):
            tolerance = book.value(block.sheet, block.row, block.column)
            if is_number(tolerance) and tolerance > LOOSE:
                yield (
                    f"the sheet {block.sheet} lets differences up to {tolerance:g} pass "
                    f"({block.sheet}!{block.cell()}): its verdict says little"
                )


def _as_built(
    plan: Plan,
    inputs: Sequence[tuple[Block, Area | str]],
    derived: Derived,
    found: Recomputed,
) -> Matrices:
    """What NumPy computes from the inputs that the workbook was built with."""
    given, built = Matrices(plan), Matrices(plan)
    start = Moment(plan.epochs[0], 1)
    for name in plan.chosen:
        given.put(name, start, found.matrices.at(name, start))
    for block, source in inputs:
        if isinstance(source, str):
            given.put(source, start, derived.of(block))
        else:
            given.put(source.matrix, Moment(source.epoch, source.batch), derived.of(block))
    derive(plan, given, built)
    return built


def _at(matrices: Matrices, plan: Plan, source: Area | str) -> Array:
    if isinstance(source, str):
        return matrices.at(source, Moment(plan.epochs[0], 1))
    return matrices.at(source.matrix, Moment(source.epoch, source.batch))


def _agree(there: Contents, wanted: Array, tolerance: float) -> bool:
    return bool((differences(there, wanted) <= tolerance).all())


def _differing(
    block: Block, there: Contents, wanted: Array, why: str, tolerance: float
) -> Iterator[Finding]:
    for i, j in np.argwhere(~(differences(there, wanted) <= tolerance)).tolist():
        found, expected = float(there[i, j]), float(wanted[i, j])
        message = f"holds {found!r}, but {why} {expected!r}"
        yield cell_of(block, i, j).finding("wrong-value", expected, found, True, message)


def cell_of(block: Block, i: int, j: int) -> CellOf:
    """A cell of a block, rows and columns from 0."""
    return CellOf(block.sheet, block.row + i, block.column + j, block.name)


def _listed(choices: Sequence[float]) -> str:
    if len(choices) > 10:
        return f"{choices[0]:g} … {choices[-1]:g}"
    return ", ".join(f"{choice:g}" for choice in choices)
