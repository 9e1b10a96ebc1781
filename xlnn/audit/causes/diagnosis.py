"""Recognises what was done instead of a step: tries typical mistakes until one explains a cell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from xlnn.audit.causes.case import Case, Mistake
from xlnn.audit.causes.mistakes import mistakes
from xlnn.audit.same_formula import same_formula
from xlnn.maths.difference import differences
from xlnn.maths.evaluate import Array, evaluate
from xlnn.maths.expr import Expr
from xlnn.workbook.plan import Moment

EXPLAINED = 1e-9
"""How far, relative to its size, a number may be from what a mistake gives."""

TELLING = 1e-6
"""How far a mistake must lead from the right number for a number to tell of it."""

PLAIN = (0.0, 1.0, -1.0)
"""Numbers to which many ways lead."""

LARGEST = 100_000
"""The cells of a matrix up to which mistakes are tried: each computes the whole of it."""

DIGITS = 4
"""Numbers of so few digits, too, wherever they come from."""

MayBe = Callable[[Mistake, str], bool]
"""Whether a formula reads what a mistake would read."""

Written = Callable[[Expr, Moment, int, int], str | None]
"""The formula that an expression would have in a cell, with its ``=``."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was done instead of a step."""

    key: str
    words: str
    """As the end of a sentence."""


@dataclass(slots=True)
class Diagnoses:
    """Of the cells of one matrix; what was tried for one is kept for the others."""

    case: Case
    written: Written | None = None
    may_be: MayBe | None = None
    """Not known of workbooks whose sheets hold several matrices."""
    _tried: list[Mistake] | None = None
    _right: Array | None = None

    def of(self, i: int, j: int, found: float, formula: str | None = None) -> Diagnosis | None:
        """What explains a cell: a formula that a mistake would have, else a number that it gives.

        Rows and columns count from 0; ``found`` is what the cell's formula gives.
        """
        if self._tried is None:
            self._try()
        assert self._tried is not None
        for mistake in self._tried:
            if formula is not None and self._is_written(mistake, i, j, formula):
                return Diagnosis(mistake.key, mistake.words)
        if found != found or self._right is None:
            return None
        for mistake in self._tried:
            if self._may_be(mistake, found, formula):
                given, right = float(mistake.value[i, j]), float(self._right[i, j])
                tells = not differences(given, right) <= TELLING * max(1e-3, min(1.0, abs(right)))
                if tells and abs(given - found) <= EXPLAINED * max(abs(given), abs(found)):
                    return Diagnosis(mistake.key, mistake.words)
        return None

    def _may_be(self, mistake: Mistake, found: float, formula: str | None) -> bool:
        """Whether a number that a mistake gives would tell of it: a formula must read what the
        mistake reads, and a number to which many ways lead tells nothing without that."""
        if self.may_be is None:
            return found not in PLAIN
        if formula is None:
            return not (mistake.instead or _is_plain(found))
        return self.may_be(mistake, formula) and (bool(mistake.instead) or found not in PLAIN)

    def _try(self) -> None:
        self._tried = []
        values = self.case.read(self.case.moment)
        if values is None or self.case.shape.size > LARGEST:
            return
        self._right = evaluate(self.case.expr, values)
        self._tried = list(mistakes(self.case))

    def _is_written(self, mistake: Mistake, i: int, j: int, formula: str) -> bool:
        if self.written is None or mistake.expr is None:
            return False
        text = self.written(mistake.expr, mistake.moment, i, j)
        return text is not None and same_formula(text, formula)


def _is_plain(number: float) -> bool:
    return number in PLAIN or abs(number - float(f"{number:.{DIGITS}g}")) <= EXPLAINED * abs(number)
