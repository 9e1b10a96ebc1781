"""Compares the sheets besides those of the matrices, block by block.

A cell is held against what the whole board gives from the workbook's inputs, and against what its
own formula gives from the numbers that the engine has for the cells it reads. A cell that only the
first tells apart inherits a wrong number.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from xlnn.audit.board_inputs import cell_of, check_constants, check_typed, check_words, loose_checks
from xlnn.audit.causes.origins import FOLLOWING, Origins
from xlnn.audit.cell_values import ErrorValue
from xlnn.audit.place import compare_formula, was_computed
from xlnn.audit.recomputed import Matrices, Recomputed, as_float
from xlnn.audit.report import Finding
from xlnn.audit.stored.workbook import StoredWorkbook
from xlnn.maths.difference import differences
from xlnn.maths.evaluate import Array
from xlnn.maths.expr import Axis
from xlnn.workbook.boards.board import Block, Board, Contents, Derived, cells
from xlnn.workbook.boards.extras import draw_boards
from xlnn.workbook.boards.summary import summary_board
from xlnn.workbook.plan import Area, Moment, Plan

STALE = 1000
"""How many times the tolerance the values that a file carries may be from recomputed ones."""

Flags = npt.NDArray[np.bool_]


def check_boards(
    book: StoredWorkbook,
    plan: Plan,
    found: Sequence[Recomputed],
    tolerance: float,
    missing: Set[str],
    clean: bool,
    origins: Origins,
    notes: list[str],
) -> Iterator[Finding]:
    """The findings on every board that is there, in order of computation. ``clean`` tells whether
    nothing was found elsewhere: texts follow from numbers, so where these are wrong another text
    is no news. ``notes`` takes what a reader should know besides."""
    boards: list[_BoardAudit] = []
    for board in (summary_board(plan), *draw_boards(plan)):
        if board.name not in missing and board.name in book.sheets:
            audit = _BoardAudit(book, plan, board, found, tolerance, bool(missing), origins)
            numbers = list(audit.findings())
            clean = clean and not numbers
            yield from numbers
            notes += loose_checks(book, board)
            boards.append(audit)
    if clean:
        for audit in boards:
            yield from audit.stale_words()


@dataclass(frozen=True, slots=True)
class _Found:
    """The numbers that an engine has."""

    each: Recomputed
    plan: Plan

    def of(self, source: Area | Block) -> Contents:
        if isinstance(source, Area):
            return _at(self.each.matrices, source)
        shape = source.shape.rows.size, source.shape.columns.size
        return self.each.values.numbers(source.sheet, source.row, source.column, *shape)

    def setting(self, name: str) -> Array:
        return self.each.matrices.at(name, Moment(self.plan.epochs[0], 1))

    def names(self, axis: Axis) -> Sequence[str]:
        return [""] * axis.size  # texts are not compared

    def word(self, key: str) -> str:
        return key


class _Watched:
    """The numbers that an engine has, and whether one that was asked for is none."""

    def __init__(self, engine: _Found) -> None:
        self._engine, self.spoiled = engine, False
        self.names, self.word = engine.names, engine.word

    def of(self, source: Area | Block) -> Contents:
        found = self._engine.of(source)
        self.spoiled |= bool(np.isnan(found).any())
        return found

    def setting(self, name: str) -> Array:
        found = self._engine.setting(name)
        self.spoiled |= bool(np.isnan(found).any())
        return found


def _at(matrices: Matrices, area: Area) -> Array:
    return matrices.at(area.matrix, Moment(area.epoch, area.batch))


class _BoardAudit:
    """One board under audit."""

    def __init__(
        self,
        book: StoredWorkbook,
        plan: Plan,
        board: Board,
        found: Sequence[Recomputed],
        tolerance: float,
        incomplete: bool,
        origins: Origins,
    ) -> None:
        self.book, self.plan, self.board, self.found = book, plan, board, found
        self.tolerance, self.incomplete, self.origins = tolerance, incomplete, origins

    def findings(self) -> Iterator[Finding]:
        typed = list(check_typed(self.book, self.board, self.found[0]))
        yield from typed
        yield from check_words(self.book, self.board)
        # Without all inputs and all sheets nothing can be derived; the formulas still can be wrong.
        derived: list[Derived] = []
        if not typed and not self.incomplete:
            derived = [self._derived(each) for each in self.found]
        if derived:
            yield from check_constants(
                self.board, self.plan, derived[0], self.found[0], self.tolerance
            )
        for block in self.board.blocks:
            if not block.is_typed:
                yield from self._check(block, derived)

    def _derived(self, each: Recomputed) -> Derived:
        """What the board shows, computed from the workbook's inputs."""
        engine = _Found(each, self.plan)

        def area(area: Area) -> Array:
            return _at(each.derived, area)

        with np.errstate(all="ignore"):
            return Derived(
                self.board, area, engine.setting, engine.names, engine.word, self._typed(each)
            )

    def _typed(self, each: Recomputed) -> Callable[[Block], Array]:
        def typed(block: Block) -> Array:
            rows, columns = block.shape.rows.size, block.shape.columns.size
            there = self.book.numbers(block.sheet, block.row, block.column, rows, columns)
            computed = _Found(each, self.plan).of(block)
            return np.where(np.isnan(there), computed, there)

        return typed

    # --- Formulas ---

    def _check(self, block: Block, derived: Sequence[Derived]) -> Iterator[Finding]:
        wrong = set()
        for i, j in cells(block):
            formula = block.content.formula(block, i, j)
            if formula is None:
                continue  # an array formula fills it
            window = formula.window
            row, column = block.row + window.row, block.column + window.column
            corners = None
            if formula.array:
                corners = row, column, row + window.rows - 1, column + window.columns - 1
            cell = cell_of(block, i, j)
            if finding := compare_formula(self.book, cell, f"={formula.text}", corners):
                wrong.add((i, j))
                yield finding
        for number, each in enumerate(self.found):
            if block.is_words:
                each.count(block.shape.size)
                places = self._wrong_words(block, each)
            else:
                expected = derived[number].of(block) if derived else None
                places = self._wrong_numbers(block, each, expected)
            for i, j, finding in places:
                if (i, j) not in wrong:
                    wrong.add((i, j))
                    self._note(finding, block.row + i, block.column + j)
                    yield finding

    def _wrong_words(self, block: Block, each: Recomputed) -> Iterator[tuple[int, int, Finding]]:
        for i, j in cells(block):
            row, column = block.row + i, block.column + j
            value = each.values.value(block.sheet, row, column)
            cell, program = cell_of(block, i, j), f"{each.engine} {each.version}"
            if isinstance(value, ErrorValue):
                yield (
                    i,
                    j,
                    cell.finding(
                        "error-value", None, str(value), False, f"{program} computes {value}"
                    ),
                )

    def stale_words(self) -> Iterator[Finding]:
        """The texts that the file carries, but no formula gives."""
        each = self.found[0]
        for block in self.board.blocks:
            if block.is_typed or not block.is_words:
                continue
            for i, j in cells(block):
                row, column = block.row + i, block.column + j
                value = each.values.value(block.sheet, row, column)
                cached = self.book.value(block.sheet, row, column)
                if cached is not None and (cached or "") != (value or ""):
                    finding = cell_of(block, i, j).finding(
                        "stale-value",
                        None if value is None else str(value),
                        str(cached),
                        True,
                        f"the file carries {cached!r}, but the formula gives {value!r}",
                    )
                    self._note(finding, row, column)
                    yield finding

    def _note(self, finding: Finding, row: int, column: int) -> None:
        """Keeps the formula of a cell whose number may be wrong by what it reads."""
        stored = self.book.formula(self.board.name, row, column)
        if stored is not None and finding.kind in FOLLOWING:
            self.origins.note(finding, stored.text)

    def _wrong_numbers(
        self, block: Block, each: Recomputed, expected: Contents | None
    ) -> Iterator[tuple[int, int, Finding]]:
        """The cells whose number is not what it should be, or not what the file carries."""
        engine = _Found(each, self.plan)
        found, tolerance = engine.of(block), self._tolerance(block, engine)
        errors = self._errors(block, found, each)
        with np.errstate(all="ignore"):
            own, spoiled = self._own(block, engine)
        off = errors.copy()
        if expected is not None:
            empty = np.isnan(expected) & np.isnan(found)
            if block.slack == 1 and not empty.all():
                each.note(found[~empty], expected[~empty])
            else:
                each.count(found.size)
            off |= ~(differences(found, expected) <= tolerance) & ~empty
        locally = np.zeros(found.shape, dtype=bool)
        if own is not None and not spoiled:
            same = (differences(found, own) <= tolerance) | (np.isnan(found) & np.isnan(own))
            locally = ~same | errors  # as nothing that it reads is one, an error begins here
        carried = self.book.numbers(
            block.sheet, block.row, block.column, found.shape[0], found.shape[1]
        )
        for i, j in np.argwhere(off | locally).tolist():
            value = each.values.value(block.sheet, block.row + i, block.column + j)
            wanted = math.nan if expected is None else float(expected[i, j])
            program, cell = f"{each.engine} {each.version}", cell_of(block, i, j)
            error = isinstance(value, ErrorValue)
            yield (
                i,
                j,
                cell.finding(
                    "error-value" if error else "wrong-value",
                    wanted if math.isfinite(wanted) else None,
                    str(value) if isinstance(value, str) else float(found[i, j]),
                    bool(locally[i, j]),
                    f"{program} computes {value if error else float(found[i, j])!r}"
                    f"{'' if math.isnan(wanted) else f', NumPy {wanted!r}'}",
                ),
            )
        if each is not self.found[0]:
            return
        # Another program's rounding may have grown in a training that gets out of hand.
        stale = ~(differences(carried, found) <= STALE * tolerance) & ~np.isnan(carried)
        for i, j in np.argwhere(stale & ~off & ~locally).tolist():
            if not was_computed(self.book, cell_of(block, i, j)):
                continue  # a program that does not compute has saved the file
            yield (
                i,
                j,
                cell_of(block, i, j).finding(
                    "stale-value",
                    as_float(float(found[i, j])),
                    float(carried[i, j]),
                    True,
                    f"the file carries the value {float(carried[i, j])!r}, but the formula gives "
                    f"{float(found[i, j])!r}",
                ),
            )

    def _tolerance(self, block: Block, engine: _Found) -> float:
        """How far numbers may be apart: of small differences of large ones more than of others."""
        if block.scale is None:
            return self.tolerance * block.slack
        size = float(np.abs(engine.of(block.scale)).max())
        return self.tolerance * block.slack * (size if size > 1 else 1.0)

    def _errors(self, block: Block, found: Contents, each: Recomputed) -> Flags:
        """Which cells hold an error; no number may also be an empty text that is meant."""
        errors = np.zeros(found.shape, dtype=bool)
        for i, j in np.argwhere(np.isnan(found)).tolist():
            value = each.values.value(block.sheet, block.row + i, block.column + j)
            errors[i, j] = isinstance(value, ErrorValue)
        return errors

    def _own(self, block: Block, engine: _Found) -> tuple[Contents | None, bool]:
        """What the block's formulas give from the engine's numbers, None where one is none; and
        whether something that they read is no number."""
        watched = _Watched(engine)
        try:
            return block.content.value(block, watched), watched.spoiled
        except (ValueError, IndexError, KeyError):  # no such choice, or no such sheet
            return None, True
