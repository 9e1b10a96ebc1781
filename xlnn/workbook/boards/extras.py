"""The sheets besides those of the matrices: all that there are, and which a workbook has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from xlnn.errors import PlanError
from xlnn.workbook.boards import (
    boundary,
    checks,
    gradient_check,
    predict,
    rates,
    walkthrough,
)
from xlnn.workbook.boards.board import Board
from xlnn.workbook.boards.summary import summary_board
from xlnn.workbook.plan import MAX_ROWS, Plan


@dataclass(frozen=True, slots=True)
class Extra:
    """A sheet that a workbook may have."""

    name: str
    draw: Callable[[Plan], Board]
    unfit: Callable[[Plan], str] = lambda plan: ""
    """Why the network cannot have it, as a key in the texts; empty if it can."""
    cells: Callable[[Plan], int] = lambda plan: 0
    """How many cells it has, before it is drawn."""
    most: int = 0
    """With more cells than this it is written only when it is asked for."""


def _not_two_features(plan: Plan) -> str:
    return "" if plan.schedule.network.inputs == 2 else "not_two_features"


def _batched(plan: Plan) -> str:
    return "in_batches" if plan.recipe.drawn else ""


def _flat(plan: Plan) -> str:
    if not plan.recipe.downhill:
        return "nothing_trained"
    return "threshold" if "threshold_slope" in plan.recipe.settings else ""


EXTRAS: Mapping[str, Extra] = {
    extra.name: extra
    for extra in (
        Extra(walkthrough.NAME, walkthrough.walkthrough_board),
        Extra(predict.NAME, predict.predict_board, cells=predict.predict_cells, most=20_000),
        Extra(
            boundary.NAME,
            boundary.boundary_board,
            _not_two_features,
            boundary.boundary_cells,
            50_000,
        ),
        Extra(rates.NAME, rates.rates_board, _batched, rates.rates_cells, rates.MOST_CELLS),
        Extra(
            gradient_check.NAME,
            gradient_check.gradient_check_board,
            _flat,
            gradient_check.gradient_check_cells,
            20_000,
        ),
        Extra(checks.NAME, checks.checks_board, cells=checks.checks_cells, most=checks.MOST_CELLS),
    )
}
"""By name, in the order of their sheets."""


def choose(plan: Plan, wanted: str | Sequence[str]) -> tuple[str, ...]:
    """The extra sheets of a workbook: ``auto`` leaves out what is too large, ``all`` nothing that
    is possible, ``none`` all; or some by their names.

    Raises PlanError for one that the network cannot have.
    """
    if wanted == "none":
        return ()
    if wanted in ("auto", "all"):
        return tuple(
            extra.name
            for extra in EXTRAS.values()
            if not extra.unfit(plan) and (wanted == "all" or extra.cells(plan) <= extra.most)
        )
    for name in wanted:
        if why := EXTRAS[name].unfit(plan):
            raise PlanError(f"this network can have no sheet {name}: {UNFIT[why]}")
    return tuple(name for name in EXTRAS if name in wanted)


UNFIT = {
    "not_two_features": "it draws a plane, so it needs exactly two features",
    "in_batches": "it unrolls training by all samples at once, this one goes batch by batch",
    "threshold": "a threshold is flat, so no finite difference shows the slope that stands for it",
    "nothing_trained": "no update changes a parameter",
}


def left_out(plan: Plan) -> Iterator[tuple[str, str]]:
    """The extra sheets that a workbook does not have, and why: a key in the texts."""
    for extra in EXTRAS.values():
        if extra.name not in plan.extras:
            why = extra.unfit(plan)
            if not why:
                why = "too_large" if extra.cells(plan) > extra.most else "not_asked"
            yield extra.name, why


def formula_cells(plan: Plan) -> int:
    """How many cells of the extra sheets hold formulas."""
    return sum(board.formula_cells for board in (summary_board(plan), *draw_boards(plan)))


@lru_cache(maxsize=1)
def draw_boards(plan: Plan) -> list[Board]:
    """The boards of a workbook. Raises PlanError for one that is longer than a sheet."""
    boards = [EXTRAS[name].draw(plan) for name in plan.extras]
    for board in boards:
        if board.last_row > MAX_ROWS:
            raise PlanError(
                f"the sheet {board.name} would need {board.last_row:,} rows, but a sheet has "
                f"{MAX_ROWS:,}: leave it out (extras in [workbook])"
            )
    return boards
