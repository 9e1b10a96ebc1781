"""How large a workbook will be and how long it will take, known from its plan before any work.

Sizes follow from the texts of a few formulas; how well these compress and how fast they are written
was measured (tests/benchmarks), on two cores of a server. So this is an order of magnitude.
"""

from __future__ import annotations

from dataclasses import dataclass

from xlnn.errors import PlanError
from xlnn.workbook.bands import LONG_RUN
from xlnn.workbook.boards.extras import formula_cells
from xlnn.workbook.plan import LOSS_FIRST, Plan, Sheet

CELL_XML = 55
"""The bytes of a number or a heading in a sheet, without its formula."""

EMPTY_SIZE, CELL_SIZE, FORMULA_SIZE, MAP_SIZE = 30_000, 12.5, 0.075, 90
"""In the file: without numbers, of a number, of each byte of a formula, of a row of the Map."""

LARGEST_SHEET = 4_000_000_000
"""The bytes of a sheet beyond which no spreadsheet program opens it."""

MANY_CELLS = 1_000_000
"""From here on the style ``matrix`` is worth a thought."""

START_TIME, CELL_TIME, BYTE_TIME, MAP_TIME = 1.0, 0.9e-6, 0.012e-6, 12e-6
"""Seconds to write: the programs' start, a number, a byte of a formula, a row of the Map."""

TRAIN_STEP_TIME, TRAIN_CELL_TIME = 1.5e-6, 5e-9
"""Seconds to train an update: each step, and each cell of its matrix."""

TRAIN_BATCH_TIME = 60e-6
"""Seconds more for an update whose samples are fetched."""

EXTRA_FORMULA = 30
"""The bytes of a formula on the sheets besides those of the matrices."""

OTHER_SHEETS = 4
"""Start, Map, Settings and Loss."""

SPELLED_TIME = 60e-6
"""Seconds to write a cell of an epoch from which no pattern could be learned."""

AUDIT_TIME, AUDIT_BYTE_TIME, AUDIT_MAP_TIME = 18e-6, 0.28e-6, 150e-6
"""Seconds to audit, by the embedded engine: a number, a byte of a formula, a row of the Map."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What to expect of a workbook."""

    sheets: int
    formula_cells: int
    rows: int
    """Of its longest sheet."""
    columns: int
    """Of its widest sheet."""
    size: int
    """The bytes of the file."""
    train_seconds: float
    write_seconds: float
    audit_seconds: float
    style: str

    @property
    def advice(self) -> str:
        """What would make a large workbook lighter; empty if it is not large."""
        if self.style == "matrix" or self.formula_cells <= MANY_CELLS:
            return ""
        return (
            f"more than {MANY_CELLS:,} cells have a formula each: with one formula a matrix "
            "(--formulas matrix) the file is written faster and opens much faster; or show fewer "
            "epochs (--show)"
        )

    def __str__(self) -> str:
        return (
            f"{self.sheets} sheets of up to {self.rows:,} rows and {self.columns:,} columns, "
            f"{self.formula_cells:,} formula cells: about {_size(self.size)}"
        )

    @property
    def train_time(self) -> str:
        """Such as ``4 s`` or ``3 min``; empty if it is next to nothing."""
        return _time(self.train_seconds) if self.train_seconds >= 2 else ""

    @property
    def write_time(self) -> str:
        """Such as ``4 s`` or ``3 min``."""
        return _time(self.write_seconds)

    @property
    def audit_time(self) -> str:
        """The same, for the audit by the embedded engine."""
        return _time(self.audit_seconds)


def estimate(plan: Plan, epochs: int) -> Estimate:
    """What to expect of a plan's workbook after so many epochs of training.

    Raises PlanError for a sheet that no spreadsheet program would open.
    """
    cells = epochs * len(plan.recipe.curves)
    formula_bytes = 0
    for sheet in plan.sheets:
        number, written = _cells(sheet), _formula_bytes(plan, sheet)
        _check_size(plan, sheet, number * CELL_XML + written)
        cells += number
        formula_bytes += written
    extra = formula_cells(plan)
    cells += extra
    formula_bytes += extra * EXTRA_FORMULA
    listed = sum(sheet.bands for sheet in plan.sheets)
    updates = epochs * plan.batches
    return Estimate(
        sheets=len(plan.sheets) + OTHER_SHEETS + len(plan.extras),
        formula_cells=plan.formula_cells + extra,
        rows=max(LOSS_FIRST + epochs - 1, *(sheet.last_row for sheet in plan.sheets)),
        columns=max(sheet.last_column for sheet in plan.sheets),
        size=EMPTY_SIZE
        + round(cells * CELL_SIZE + formula_bytes * FORMULA_SIZE + listed * MAP_SIZE),
        train_seconds=updates
        * sum(TRAIN_STEP_TIME + step.shape.size * TRAIN_CELL_TIME for step in plan.recipe.steps)
        + updates * (TRAIN_BATCH_TIME if plan.recipe.drawn else 0),
        write_seconds=START_TIME
        + SPELLED_TIME * sum(min(3, len(epochs)) for epochs in plan.stretches) * _spelled(plan)
        + cells * CELL_TIME
        + formula_bytes * BYTE_TIME
        + listed * MAP_TIME,
        audit_seconds=cells * AUDIT_TIME
        + formula_bytes * AUDIT_BYTE_TIME
        + listed * AUDIT_MAP_TIME,
        style=plan.style,
    )


def _spelled(plan: Plan) -> int:
    """The cells of an epoch that are written one by one, to learn from: of many batches and rows
    only a few."""
    return sum(
        min(placement.rows, LONG_RUN) * placement.columns * len(plan.batch_groups_of(sheet.name))
        for sheet in plan.sheets
        for placement in sheet.arrangement.placements
        if placement.shown and sheet.recurrence != "once"
    )


def _cells(sheet: Sheet) -> int:
    """The numbers on a sheet, and the headings of their rows."""
    shown = [placement for placement in sheet.arrangement.placements if placement.shown]
    return sheet.bands * sum(p.rows * (p.columns + 1) for p in shown)


def _formula_bytes(plan: Plan, sheet: Sheet) -> int:
    """The length of all formulas on a sheet: that of its last epoch's first one stands for all."""
    total = 0
    for grid in plan.grids(sheet.name):
        moment = plan.epochs[grid.epochs[-1]], grid.batches[-1]
        for area in (*plan.operands(sheet.name, *moment), plan.matrix(sheet.name, *moment)):
            formula = plan.formula(area, 0, 0)
            if formula is not None:
                tiles = area.shape.size // (formula.window.rows * formula.window.columns)
                total += grid.size * tiles * len(formula.text)
    return total


def _check_size(plan: Plan, sheet: Sheet, size: int) -> None:
    if size <= LARGEST_SHEET:
        return
    fit = len(plan.epochs) * LARGEST_SHEET // size
    advice = f"show at most {fit:,} epochs (--show)" if fit else "use a smaller table"
    if plan.style == "cell":
        advice += ", or write one formula a matrix (--formulas matrix)"
    raise PlanError(
        f"the sheet {sheet.name} would have {_size(size)} of text, more than spreadsheet programs "
        f"open: {advice}"
    )


def _size(size: int) -> str:
    """Such as ``26 MB``."""
    for unit, bytes_ in (("GB", 1e9), ("MB", 1e6)):
        if size >= bytes_:
            return f"{size / bytes_:.{1 if size < 10 * bytes_ else 0}f} {unit}"
    return f"{size // 1000} kB"


def _time(seconds: float) -> str:
    """Such as ``4 s`` or ``3 min``."""
    return f"{max(1, round(seconds))} s" if seconds < 90 else f"{round(seconds / 60)} min"
