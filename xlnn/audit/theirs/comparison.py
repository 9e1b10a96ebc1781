"""Holds a mapped workbook against what NumPy derives, block by block, whatever its formulas are.

A block whose numbers are not what the inputs give is wrong; it is a cause where they are not what
its own step gives from what stands in the workbook either.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from xlnn.audit.cell_values import ErrorValue, is_number
from xlnn.audit.jumps import is_at_jump
from xlnn.audit.recomputed import Evidence
from xlnn.audit.report import Finding
from xlnn.audit.stored.references import quoted
from xlnn.audit.stored.workbook import StoredWorkbook
from xlnn.audit.theirs.blocks import Block, Cell
from xlnn.audit.theirs.doubts import doubts
from xlnn.audit.theirs.likeness import blank_precedents, unlike_neighbours
from xlnn.audit.theirs.numbers import Checked, Numbers
from xlnn.audit.theirs.reasons import Order, Pending, explain
from xlnn.audit.theirs.surroundings import linked_files, stale_value
from xlnn.audit.theirs.workbook_map import START, WorkbookMap
from xlnn.maths.difference import differences
from xlnn.maths.evaluate import Array
from xlnn.workbook.plan import Moment, cell_name

Flags = npt.NDArray[np.bool_]


@dataclass(slots=True)
class Compared:
    """What is found in a mapped workbook by one engine's numbers."""

    findings: list[tuple[Order, Finding]] = field(default_factory=list)
    """In order of computation."""
    drifted: list[Moment] = field(default_factory=list)
    """When a cell is right by what it is computed from, all of which is right, and yet is not
    NumPy's."""
    typed: dict[str, list[Moment]] = field(default_factory=dict)
    """The matrices, with their moments, that are numbers without formulas."""
    doubts: list[str] = field(default_factory=list)
    """What another map would explain."""


def compare(
    map: WorkbookMap,
    book: StoredWorkbook,
    evidence: Evidence,
    tolerance: float,
    *,
    is_random: bool = False,
) -> Compared:
    """Compares every block with what the workbook's inputs give. ``is_random`` tells that the
    file's numbers are never those of another computation."""
    return _Comparison(map, book, evidence, tolerance, is_random).compared()


@dataclass(slots=True)
class _Comparison:
    map: WorkbookMap
    book: StoredWorkbook
    evidence: Evidence
    tolerance: float
    is_random: bool
    result: Compared = field(default_factory=Compared)
    origins: dict[str, str | None] = field(default_factory=dict)
    """By matrix, the cell from which its wrong numbers come, in the update that is looked at."""
    number: int = 0
    """Of the block that is looked at."""
    pending: list[Pending] = field(default_factory=list)
    first: dict[str, Array] = field(default_factory=dict)
    """What the inputs give in the first update, as the recipe has it."""
    wrong: list[Checked] = field(default_factory=list)
    """The blocks of the first update that are wrong in themselves."""

    def compared(self) -> Compared:
        numbers = Numbers(self.map, self.book, self.evidence)
        self._inputs()
        for self.number, checked in enumerate(numbers.checked()):
            self._check(checked)
        explain(self.result.findings, self.pending, self.map, numbers.history)
        mapped, values = self.map.blocks[Moment(1, 1)], self.evidence.values
        doubtful = doubts(self.wrong, self.first, mapped, values, self.tolerance)
        self.result.doubts.extend(doubtful)
        return self.result

    # --- Inputs ---

    def _inputs(self) -> None:
        """What everything is derived from must be numbers."""
        for given in self.map.settings.values():
            if isinstance(given, Block):
                self._input(given, None, Moment(1, 1))
        recipe = self.map.schedule.recipe
        for moment, here in self.map.blocks.items():
            names = {given.name for given in recipe.drawn}
            if moment == (1, 1):
                names |= {g.name for g in (*recipe.data, *recipe.parameters, *recipe.states)}
            for name in recipe.members:
                for block in here.get(name, ()) if name in names else ():
                    if block.role == "matrix":
                        self._input(block, recipe.members[name].number, moment)

    def _input(self, block: Block, number: int | None, moment: Moment) -> None:
        for i, j in np.ndindex(block.cells.rows, block.cells.columns):
            cell = block.cells.cell(i, j)
            value = self.evidence.values.value(*cell)
            if is_number(value):
                continue
            is_blank = value is None and self.book.formula(*cell) is None
            is_error = isinstance(value, ErrorValue)
            held = "is blank" if is_blank else f"holds {str(value or '')!r}"
            finding = self._finding(
                "missing" if is_blank else "error-value" if is_error else "wrong-value",
                block,
                number,
                moment,
                cell,
                "a number",
                None if is_blank else str(value or ""),
                True,
                f"{held}, but it must be a number: it is an input",
            )
            self.result.findings.append(((-1, i, j), finding))
            if self.origins.get(block.matrix) is None:
                self.origins[block.matrix] = _address(cell)

    # --- Blocks ---

    def _check(self, checked: Checked) -> None:
        step, block = checked.step, checked.block
        if checked.moment == START:
            self.first[step.name] = checked.derived
        inherited = next(filter(None, (self.origins.get(name) for name in step.reads)), None)
        if block is None:
            self.origins[step.name] = inherited
            return
        if checked.found is None:
            self._blank(checked, block)
            self.origins[step.name] = inherited
            return
        settings = checked.values
        expected = block.theirs(checked.derived, settings)
        own = block.theirs(checked.own, settings)
        known = np.isfinite(expected)
        with np.errstate(all="ignore"):
            gaps = differences(checked.found, expected)
            fits = differences(checked.found, own) <= self.tolerance
        if known.any():
            self.evidence.note(checked.found[known], expected[known], step.number)
        # Without a number to compare with, it is told what does not follow from its own step.
        wrong: Flags = np.where(
            known, ~(gaps <= self.tolerance), ~fits & np.isfinite(own) | np.isnan(checked.found)
        )
        formulas = block.cells.formulas(self.book)
        suspect = wrong | (self._besides_numbers(checked.found, block) & formulas)
        if formulas.any() and block.role != "copy":
            suspect |= ~formulas
        odd = unlike_neighbours(self.book, block)
        suspect |= odd | self._reads_blanks(block, formulas)
        first: str | None = None
        for i, j in np.argwhere(suspect).tolist():
            if wrong[i, j]:
                cell = _Looked(
                    float(checked.found[i, j]), float(expected[i, j]), float(own[i, j]),
                    bool(fits[i, j]), bool(formulas[i, j]), bool(formulas.any()), i, j,
                )  # fmt: skip
                finding = self._wrong(checked, block, cell, inherited)
            elif formulas[i, j]:
                finding = self._besides(checked, block, i, j) or self._workings(
                    checked, block, i, j, is_odd=bool(odd[i, j])
                )
            else:
                finding = self._typed_over(checked, block, i, j)
            if finding is None:
                continue
            if finding.cause and wrong[i, j]:
                first = first or _address(block.cells.cell(i, j))
                ours = (j, i) if block.transpose else (i, j)
                self.pending.append(Pending(len(self.result.findings), checked, *ours))
            self.result.findings.append(((self.number, i, j), finding))
        if checked.moment == START and block.role == "matrix" and first is not None:
            self.wrong.append(checked)
        if block.role in ("matrix", "copy"):
            self.origins[step.name] = first or (inherited if wrong.any() else None)
        elif first is not None:
            self.origins[step.name] = self.origins.get(step.name) or first
        if not formulas.any() and block.role == "matrix":
            self.result.typed.setdefault(step.name, []).append(checked.moment)

    def _wrong(
        self, checked: Checked, block: Block, cell: _Looked, inherited: str | None
    ) -> Finding | None:
        """What is said of a cell that is not what the inputs give; None where rounding decides."""
        place = block.cells.cell(cell.i, cell.j)
        value = self.evidence.values.value(*place)
        number, moment = checked.step.number, checked.moment
        program = f"{self.evidence.engine} {self.evidence.version}"
        expected = cell.expected if np.isfinite(cell.expected) else None
        should = "" if expected is None else f", NumPy {expected!r}"
        known = bool(np.isfinite(cell.own))
        tail = f", inherited from {inherited}" if inherited else ""

        def finding(kind: str, found: float | str | None, cause: bool, words: str) -> Finding:
            said = self._finding(kind, block, number, moment, place, expected, found, cause, words)
            return said if cause else replace(said, origin=inherited, message=said.message + tail)

        if value is None and self.book.formula(*place) is None:
            return finding("missing", None, True, "the cell is blank")
        if files := linked_files(self.book, place):
            words = f"the formula reads another file, {files}, that was not opened{should}"
            return finding("external-link", str(value), True, words)
        if isinstance(value, ErrorValue):
            words = f"{program} computes {value}{should}"
            return finding("error-value", str(value), known, words)
        if not is_number(value):
            words = f"{program} computes the text {str(value or '')!r}{should}"
            return finding("wrong-value", str(value or ""), known, words)
        cause = known and not cell.fits
        if not cause and known and inherited is None:
            self.result.drifted.append(moment)  # what it is computed from is right
            return None
        row, column = (cell.j, cell.i) if block.transpose else (cell.i, cell.j)
        if cause and is_at_jump(checked.step.expr, checked.values, row, column, self.tolerance):
            self.result.drifted.append(moment)
            return None
        if cell.has_formula or not cell.among_formulas:
            held = "computes" if cell.has_formula else "reads the typed number"
            words = f"{program} {held} {cell.found!r}{should}"
            if cause and expected is not None and not np.isclose(cell.own, expected, 1e-9, 1e-9):
                words += f" (its own step, from what stands in the workbook: {cell.own!r})"
            return finding("wrong-value", cell.found, cause, words)
        return finding(
            "hard-coded",
            cell.found,
            cause,
            f"holds the number {cell.found!r} among formulas{should}",
        )

    def _typed_over(self, checked: Checked, block: Block, i: int, j: int) -> Finding:
        """A number among formulas, which is right as it happens."""
        cell = block.cells.cell(i, j)
        assert checked.found is not None
        found = float(checked.found[i, j])
        words = (
            f"holds the number {found!r} among formulas: it is right now, but does not follow "
            "from anything"
        )
        return self._finding(
            "hard-coded",
            block,
            checked.step.number,
            checked.moment,
            cell,
            found,
            found,
            True,
            words,
        )

    def _besides_numbers(self, found: Array, block: Block) -> Flags:
        """Which cells of a block may carry an old value, or read another file."""
        if self.book.external_links:
            return np.ones(found.shape, np.bool_)
        if self.is_random:
            return np.zeros(found.shape, np.bool_)
        with np.errstate(all="ignore"):
            cached = block.cells.numbers(self.book)
            other: Flags = np.isfinite(cached) & ~(differences(cached, found) <= self.tolerance)
        return other

    def _besides(self, checked: Checked, block: Block, i: int, j: int) -> Finding | None:
        """What is found in a formula cell whose number is right."""
        cell, number, moment = block.cells.cell(i, j), checked.step.number, checked.moment
        assert checked.found is not None
        found = float(checked.found[i, j])
        if files := linked_files(self.book, cell):
            words = f"the formula reads another file, {files}, that was not opened"
            said = "external-link", block, number, moment, cell, found, found, True, words
            return self._finding(*said)
        stale = None
        if not self.is_random:
            stale = stale_value(self.book, cell, found, self.tolerance)
        if stale is None:
            return None
        words = f"the file carries the value {stale!r}, but the formula gives {found!r}"
        said = "stale-value", block, number, moment, cell, found, stale, True, words
        return self._finding(*said)

    def _reads_blanks(self, block: Block, formulas: Flags) -> Flags:
        """Which formulas of a block read a cell in which nothing stands."""
        found = formulas.copy()
        for i, j in np.argwhere(formulas).tolist():
            found[i, j] = bool(self._blanks(block.cells.cell(i, j)))
        return found

    def _blanks(self, cell: Cell) -> list[str]:
        """The blank cells that a formula reads, but inputs, which are told of where they stand."""
        blanks = blank_precedents(self.book, cell)
        if not blanks:
            return []
        inputs = {
            f"{finding.sheet}!{finding.cell}"
            for (number, _, _), finding in self.result.findings
            if number < 0
        }
        return [place for place in blanks if place not in inputs]

    def _workings(
        self, checked: Checked, block: Block, i: int, j: int, *, is_odd: bool
    ) -> Finding | None:
        """What is found in a formula whose number is right all the same."""
        cell = block.cells.cell(i, j)
        stored = self.book.formula(*cell)
        assert stored is not None  # a formula was asked for
        if blanks := self._blanks(cell):
            kind = "blank-precedent"
            words = f"the formula {stored.text} reads {' and '.join(blanks)}, where nothing stands"
        elif is_odd:
            kind = "inconsistent"
            words = f"the formula {stored.text} is not like those beside it; its number is right"
        else:
            return None
        step, moment = checked.step.number, checked.moment
        return self._finding(kind, block, step, moment, cell, None, stored.text, True, words)

    def _blank(self, checked: Checked, block: Block) -> None:
        """A block in which nothing stands at all."""
        words = f"nothing stands in {block.cells}, where the map has {block.matrix}"
        finding = self._finding(
            "missing", block, checked.step.number, checked.moment, block.cells.cell(0, 0),
            None, None, True, words,
        )  # fmt: skip
        self.result.findings.append(((self.number, 0, 0), finding))

    def _finding(
        self,
        kind: str,
        block: Block,
        number: int | None,
        moment: Moment,
        cell: Cell,
        expected: float | str | None,
        found: float | str | None,
        cause: bool,
        words: str,
    ) -> Finding:
        step = "" if number is None else f", step {number}"
        batch = f", batch {moment.batch}" if self.map.schedule.batches > 1 else ""
        what = {"ones": ", the ones beside it"}.get(block.role, "")
        return Finding(
            kind=kind,
            sheet=cell[0],
            cell=cell_name(*cell[1:]),
            matrix=block.matrix,
            step=number,
            epoch=moment.epoch,
            expected=expected,
            found=found,
            cause=cause,
            message=f"{_address(cell)} ({block.matrix}{what}{step}, epoch {moment.epoch}{batch}): "
            f"{words}",
        )


@dataclass(frozen=True, slots=True)
class _Looked:
    """A cell of a block that is looked at; its numbers as their author has them."""

    found: float
    expected: float
    own: float
    fits: bool
    """Whether it is what its own step gives."""
    has_formula: bool
    among_formulas: bool
    i: int
    j: int


def _address(cell: Cell) -> str:
    sheet, row, column = cell
    return f"{quoted(sheet)}!{cell_name(row, column)}"
