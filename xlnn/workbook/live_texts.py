"""The texts on a step's sheet: how its first cell is computed, in names and live in numbers.

What is meant is the first band: that of the first shown epoch, and of its first batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from xlnn.maths.evaluate import Array, evaluate
from xlnn.maths.expr import Matrix
from xlnn.maths.first_cell import Piece, Value, cell_label, first_cell, named
from xlnn.maths.live_text import live_formula, shown_text
from xlnn.maths.recipe import Step
from xlnn.workbook.plan import DIGITS, IN_NUMBERS, Area, Plan

COLUMN = 1

SHOWN_DIGITS = 4
"""How many decimals the texts show, until somebody changes the cell on Settings."""


@dataclass(frozen=True, slots=True)
class LiveText:
    """A cell with a formula that gives a text."""

    area: Area
    """The matrix whose first cell it tells of."""
    pieces: tuple[Piece, ...]
    """All that it says, the result included."""
    formula: str
    """Without its ``=``."""

    @property
    def sheet(self) -> str:
        return self.area.sheet

    @property
    def row(self) -> int:
        return IN_NUMBERS

    @property
    def column(self) -> int:
        return COLUMN

    def text(self, values: Mapping[str, Array], digits: float) -> str:
        """What the cell shows, by the matrices that the area reads and the one that it is.

        Raises ValueError where one of the numbers is none.
        """

        def number(value: Value) -> float:
            return float(evaluate(value.expr, values)[value.row, value.column])

        return shown_text(self.pieces, number, int(digits))


def live_texts(plan: Plan) -> Iterator[LiveText]:
    """All cells of a plan with such formulas, in order of computation."""
    for sheet in plan.sheets:
        if isinstance(sheet.member, Step):
            yield live_text(plan, sheet.name)


def live_text(plan: Plan, name: str) -> LiveText:
    """The text of the sheet of a matrix that a step computes."""
    area = plan.matrix(name, plan.epochs[0])
    assert area.expr is not None  # a step computes it
    result = Matrix(name, area.shape)
    pieces = (*first_cell(area.expr), " = ", Value(cell_label(result), result, 0, 0))

    def number(value: Value) -> str:
        found = plan.formula_of(value.expr, area.reads_at, value.row, value.column)
        assert not found.array, found.text  # ROUND takes a single number
        return found.text

    return LiveText(area, pieces, live_formula(pieces, number, DIGITS))


def named_text(step: Step) -> str:
    """Such as ``E[1,1] = y[1,1] − output[1,1]``."""
    return f"{cell_label(Matrix(step.name, step.shape))} = {named(first_cell(step.expr))}"
