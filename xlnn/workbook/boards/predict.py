"""The sheet Predict: new inputs, and what the trained network makes of them, layer by layer."""

from __future__ import annotations

import numpy as np

from xlnn.maths.evaluate import Array
from xlnn.maths.expr import ONE, Axis, Shape
from xlnn.maths.words import notation
from xlnn.training.trace import Trace
from xlnn.workbook.boards.answers import input_name, recipe_of_answers, trained, trained_key
from xlnn.workbook.boards.board import (
    COUNTED,
    Block,
    Board,
    Contents,
    Typed,
    Values,
    range_reference,
    texts_of,
)
from xlnn.workbook.boards.contents import Written
from xlnn.workbook.boards.steps import cells_of, put_steps
from xlnn.workbook.plan import LOSS, MAP, START, Area, Plan, cell_name

NAME = "Predict"

ROWS = Axis(f"{COUNTED}row", 10)

HINT, TITLES, FIRST = 6, 7, 9
"""The row above the inputs' title, that of the titles, and that of the first answer."""


def predict_board(plan: Plan) -> Board:
    """The board of predictions."""
    board = Board(plan, NAME, "predict")
    board.head(START, MAP, LOSS)
    recipe = recipe_of_answers(plan, ROWS)
    name = input_name(recipe)
    board.say(4, 1, "text", trained_key(plan), epoch=plan.epochs[-1])
    board.say(HINT, 2, "text", "type_here")
    shape = Shape(ROWS, plan.schedule.network.feature)
    inputs = board.put(
        name,
        FIRST,
        2,
        shape,
        Typed(_first_inputs),
        "input",
        title=f"{name}  ({shape})",
        headings=True,
        labels=True,
    )
    sources: dict[str, Area | Block] = {**trained(plan, recipe), name: inputs}
    # The class stands beside the inputs, so that who types sees it; how it comes about, beyond.
    beside = inputs.last_column + 2
    has_classes = any(step.name == "predicted" for step in recipe.steps)
    put_steps(board, recipe.steps, sources, FIRST, beside + 2 * has_classes, plan.style)
    predicted = sources.get("predicted")
    if isinstance(predicted, Block):
        board.say(TITLES, beside, "result title", "class")
        board.put("class", FIRST, beside, Shape(ROWS, ONE), _classes(predicted), "words")
        board.widths[beside] = 20.0
    row = FIRST + ROWS.size + 1
    board.say(row, 1, "subtitle", "how")
    for number, step in enumerate(recipe.steps, start=row + 1):
        board.say(number, 1, "text", "", text=f"{step.name} = {notation(step.expr)}")
    board.freeze = cell_name(FIRST, 2)
    board.printed = f"A1:{cell_name(board.last_row, board.last_column + 2)}"  # the last title
    return board


def _classes(predicted: Block) -> Written:
    """The name of the class that was chosen: the heading above the 1 of its row."""

    def text(block: Block, i: int, j: int) -> str:
        row = range_reference(predicted, block.sheet, i, 0, 1)
        names = range_reference(predicted, block.sheet, -1, 0, 1)
        return f"INDEX({names},1,MATCH(MAX({row}),{row},0))"  # Gnumeric needs the row

    def give(values: Values) -> Contents:
        names = values.names(predicted.shape.columns)
        return texts_of(*([names[row.argmax()]] for row in values.of(predicted)))

    return Written(text, give)


def _first_inputs(trace: Trace) -> Array:
    """The first samples of the data; where there are fewer, then inputs between two of them, which
    the network has not seen."""
    X = np.asarray(trace.experiment.X)[: ROWS.size]
    between = (X + np.roll(X, -1, axis=0)) / 2
    found: Array = np.concatenate([X, between, *[X] * ROWS.size])[: ROWS.size]
    return found


def predict_cells(plan: Plan) -> int:
    """How many cells the steps have."""
    return cells_of(recipe_of_answers(plan, ROWS).steps)
