"""The sheet Rates: training unrolled, side by side with several learning rates."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from xlnn.errors import TrainingError
from xlnn.maths.evaluate import Array
from xlnn.maths.expr import SCALAR, Axis, Shape
from xlnn.maths.recipe import Step
from xlnn.training.programs import needed
from xlnn.training.run import run
from xlnn.training.trace import Trace
from xlnn.workbook.boards.board import COUNTED, Block, Board, Typed, numbers, row_of, rows_below
from xlnn.workbook.boards.contents import Link
from xlnn.workbook.boards.steps import cells_of, put_steps, rows_of
from xlnn.workbook.plan import LOSS, MAP, START, Area, Plan, cell_name

NAME = "Rates"

FACTORS = (10.0, 3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003, 0.0001)
"""The rates at first, as multiples of the experiment's: the largest of these that are not too
large for it."""

TRIES = 30
"""How many powers of ten smaller rates are tried where all of these are too large."""

RATE = Axis(f"{COUNTED}rate", 5)

EPOCHS, LEAST_EPOCHS, MOST_CELLS = 20, 5, 30_000
"""How many epochs at most are unrolled, how few are worth it, and in how many cells."""

RATES_ROW, FIRST = 7, 9
"""The rows of the rates and of the first epoch."""

CHART_HEIGHT = 11
"""Of the chart beside them, in centimetres."""

CURVE = "mean_loss"

WORST_LOSS = 3
"""With the rates at first the loss never is more than so many times what it starts from: curves
that rise far above the others would make these flat lines."""


def rates_board(plan: Plan) -> Board:
    """The board of a network that is trained by all samples at once."""
    board = Board(plan, NAME, "rates")
    board.head(START, MAP, LOSS)
    epochs, steps, first = rates_epochs(plan), _steps(plan), plan.epochs[0]
    board.say(4, 1, "text", "which", epochs=epochs, epoch=first)
    board.say(RATES_ROW - 1, 2, "text", "type_here")
    board.say(RATES_ROW, 1, "key", "learning_rate")
    content = Typed(partial(_rates, epochs))
    shape = row_of(RATE.name, RATE.size)
    rates = board.put("rates", RATES_ROW, 2, shape, content, "input", kind="whole ")
    board.say(FIRST - 1, 1, "column title", "epoch")
    for column in range(2, RATE.size + 2):
        board.say(FIRST - 1, column, "column title", "loss")

    # The unrolled training below table and chart: a line for each epoch, its rates side by side.
    workings = max(FIRST + epochs, RATES_ROW + rows_below(CHART_HEIGHT)) + 2
    board.say(workings, 1, "subtitle", "workings")
    height = rows_of(steps) + 3
    recipe = plan.recipe
    start = {name: plan.matrix(name, first) for name in recipe.members if name not in recipe.curves}
    losses: list[list[Block]] = [[] for _ in range(epochs)]
    column = 2
    for number in range(RATE.size):
        sources: dict[str, Area | Block] = dict(start)
        sources["learning_rate"] = _one_of(board, rates, number, workings + 1, column)
        onward = column
        for epoch in range(epochs):
            row = workings + 5 + epoch * height
            if number == 0:
                board.say(row - 2, 1, "key", "number", number=epoch + 1)
            onward = put_steps(board, steps, sources, row, column, "matrix")
            loss = sources[CURVE]
            assert isinstance(loss, Block)
            losses[epoch].append(loss)
            sources |= {name: sources[new] for name, new in recipe.renewed.items()}
        column = onward + 1

    def loss_at(epoch: int, rate: int) -> tuple[Block, int, int]:
        return losses[epoch][rate], 0, 0

    epoch_axis = Axis(f"{COUNTED}epoch", epochs)
    board.put("losses", FIRST, 2, Shape(epoch_axis, RATE), Link(loss_at), "operand",
              kind="precise ")  # fmt: skip
    listed = Typed(
        lambda trace: numbers(*([i + 1] for i in range(epochs))), exact=range(1, epochs + 1)
    )
    shape = Shape(epoch_axis, SCALAR.columns)
    board.put("epochs", FIRST, 1, shape, listed, "constant", kind="whole ")
    board.freeze = cell_name(FIRST, 2)
    board.printed = f"A1:{cell_name(workings - 1, RATE.size + 13)}"
    return board


def _one_of(board: Board, rates: Block, number: int, row: int, column: int) -> Block:
    """The rate of one column of the workings."""
    board.say(row, column, "key", "learning_rate")
    return board.put(
        "learning_rate", row + 1, column, SCALAR, Link(lambda i, j: (rates, 0, number)), "operand",
        kind="whole ",
    )  # fmt: skip


def _steps(plan: Plan) -> list[Step]:
    """What an epoch needs: the steps to its loss and to what it changes."""
    recipe = plan.recipe
    return needed((*recipe.steps, *recipe.measures), (*recipe.renewed.values(), CURVE))


def rates_epochs(plan: Plan) -> int:
    """How many epochs are unrolled."""
    fit = MOST_CELLS // (RATE.size * cells_of(_steps(plan)))
    return max(LEAST_EPOCHS, min(EPOCHS, fit))


def rates_cells(plan: Plan) -> int:
    """How many cells the fewest epochs that are worth it would have."""
    return LEAST_EPOCHS * RATE.size * cells_of(_steps(plan))


def _rates(epochs: int, trace: Trace) -> Array:
    """The rates at first: none with which training gets out of hand."""
    experiment = trace.experiment
    found: list[float] = []
    factors = [*FACTORS, *(FACTORS[-1] / 10**power for power in range(1, TRIES))]
    for factor in factors:
        rate = float(f"{factor * experiment.learning_rate:.6g}")
        if len(found) < RATE.size and _survives(trace, rate, epochs):
            found.append(rate)
    # A training that no rate steadies stands still.
    return numbers(sorted(found + [0.0] * (RATE.size - len(found))))


def _survives(trace: Trace, rate: float, epochs: int) -> bool:
    tried = replace(trace.experiment, learning_rate=rate, epochs=epochs, show=None, stop_below=None)
    try:
        found = run(tried, [epochs])
    except TrainingError:
        return False
    return bool(found.loss.max() <= WORST_LOSS * found.loss[0])
