"""The sheet Boundary: what the trained network answers all over the plane of two features."""

from __future__ import annotations

import numpy as np

from xlnn.maths.expr import ONE, SCALAR, Axis, ColumnMax, ColumnMin, Matrix, Shape
from xlnn.workbook.boards.answers import input_name, recipe_of_answers, trained, trained_key
from xlnn.workbook.boards.board import (
    COUNTED,
    Block,
    Board,
    Contents,
    Typed,
    Values,
    numbers,
    range_reference,
    reference,
    rows_below,
    texts_of,
)
from xlnn.workbook.boards.contents import Computed, Link, Maths, Written, copy_of
from xlnn.workbook.boards.steps import cells_of, put_steps
from xlnn.workbook.plan import LOSS, MAP, START, Area, Plan, cell_name

NAME = "Boundary"

SIDE = 21
"""The points of the grid along each feature."""

POINTS = Axis(f"{COUNTED}point", SIDE * SIDE)
ALONG = Axis(f"{COUNTED}tick", SIDE)

MARGIN = 0.1
"""How far the grid goes beyond the samples at first, as a share of their range."""

RANGE, GRID, CHART = 8, 14, 14 + SIDE + 1
"""The rows of the first end of the range, of the grid and of the chart below it."""

CHART_HEIGHT = 13
"""In centimetres."""

TABLE, TABLE_COLUMN = GRID, SIDE + 4
"""Where the table of answers begins, to the right of the grid."""


def boundary_board(plan: Plan) -> Board:
    """The board of a network of two features."""
    board = Board(plan, NAME, "boundary")
    board.head(START, MAP, LOSS)
    board.say(4, 1, "text", trained_key(plan), epoch=plan.epochs[-1])
    board.say(5, 1, "text", _colours_key(plan))
    recipe = recipe_of_answers(plan, POINTS)
    name = input_name(recipe)
    samples = plan.matrix(name, plan.epochs[0])

    # The range of the grid, which a reader may change.
    feature = plan.schedule.network.feature
    board.say(RANGE - 2, 1, "key", "margin")
    board.say(RANGE - 2, 3, "comment", "margin_says")
    margin = board.put(
        "margin", RANGE - 2, 2, SCALAR, Typed(lambda trace: numbers([MARGIN])), "input"
    )
    ends = _ends(board, plan, samples, margin, feature)
    shown = None
    outputs = plan.schedule.network.outputs
    if outputs > 1:
        board.say(RANGE + 2, 1, "key", "output")
        shown = board.put(
            "output_shown",
            RANGE + 2,
            2,
            SCALAR,
            Typed(lambda trace: numbers([1]), range(1, outputs + 1)),
            "input",
            kind="whole ",
        )

    # The ticks: x1 from left to right, x2 from the bottom up.
    first = board.put("x1", GRID - 1, 2, Shape(ONE, ALONG), _ticks(ends, feature=0), "grid")
    second = board.put("x2", GRID, 1, Shape(ALONG, ONE), _ticks(ends, feature=1), "grid")

    # The table of answers, a row for each point.
    board.say(TABLE - 4, TABLE_COLUMN, "subtitle", "table")

    def tick(i: int, j: int) -> tuple[Block, int, int]:
        row, column = divmod(i, SIDE)
        return (first, 0, column) if j == 0 else (second, row, 0)

    inputs = board.put(
        name,
        TABLE,
        TABLE_COLUMN,
        Shape(POINTS, feature),
        Link(tick),
        "operand",
        title=f"{name}  ({Shape(POINTS, feature)})",
        headings=True,
        labels=True,
    )
    sources: dict[str, Area | Block] = {**trained(plan, recipe), name: inputs}
    steps = [step for step in recipe.steps if step.name != "predicted"]
    column = put_steps(board, steps, sources, TABLE, inputs.last_column + 2, plan.style)
    output = sources["output_raw" if "output_raw" in sources else "output"]
    assert isinstance(output, Block)  # it was just put there
    board.put(
        "grid", GRID, 2, Shape(ALONG, Axis(f"{COUNTED}tick across", SIDE)), _grid(output, shown),
        "grid",
    )  # fmt: skip
    if shown is not None:
        board.put("output_name", RANGE + 2, 4, SCALAR, _name_of(output, shown), "words")
    _put_samples(board, plan, samples, column)
    board.printed = f"A1:{cell_name(CHART + rows_below(CHART_HEIGHT), TABLE_COLUMN - 2)}"
    board.widths = dict.fromkeys(range(2, SIDE + 2), 7.5)
    return board


def _colours_key(plan: Plan) -> str:
    """Which text tells what the colours mean."""
    if plan.schedule.network.outputs > 1:
        return "colours_of_one"
    return "colours" if plan.schedule.network.classes == "none" else "colours_of_classes"


def _ends(
    board: Board, plan: Plan, samples: Area, margin: Block, feature: Axis
) -> tuple[Block, Block]:
    """Where the grid begins and ends along each feature."""
    X = Matrix(samples.matrix, samples.shape)
    beyond = Matrix("margin", SCALAR) * (ColumnMax(X) - ColumnMin(X))
    found = []
    for row, (key, expr) in enumerate(
        (("from", ColumnMin(X) - beyond), ("to", ColumnMax(X) + beyond)), start=RANGE
    ):
        board.say(row, 1, "key", key)
        sources: dict[str, Area | Block] = {samples.matrix: samples, "margin": margin}
        content = Computed(Maths.of(expr, plan.style), plan, sources)
        found.append(
            board.put(
                key, row, 2, Shape(ONE, feature), content,
                headings=row == RANGE,
            )
        )  # fmt: skip
    return found[0], found[1]


def _ticks(ends: tuple[Block, Block], feature: int) -> Written:
    """Places at even distances: of the first feature from left to right, of the second downwards
    from the largest."""
    start, end = ends if feature == 0 else ends[::-1]

    def text(block: Block, i: int, j: int) -> str:
        if not (i or j):
            return reference(start, block.sheet, 0, feature)
        before = block.cell(i - (feature == 1), j - (feature == 0))
        count = "COLUMNS" if feature == 0 else "ROWS"
        a, b = start.absolute(0, feature), end.absolute(0, feature)
        return f"{before}+({b}-{a})/({count}({range_reference(block, block.sheet)})-1)"

    def give(values: Values) -> Contents:
        a, b = (values.of(end)[0, feature] for end in (start, end))
        ticks = np.cumsum([a, *[(b - a) / (SIDE - 1)] * (SIDE - 1)])
        return ticks.reshape((1, SIDE) if feature == 0 else (SIDE, 1))

    return Written(text, give)


def _grid(output: Block, shown: Block | None) -> Written:
    """The answers as a picture: one of the outputs, where there are several."""

    def text(block: Block, i: int, j: int) -> str:
        row = i * SIDE + j
        if shown is None:
            return reference(output, block.sheet, row)
        return f"INDEX({range_reference(output, block.sheet, row, 0, 1)},1,{shown.absolute()})"

    def give(values: Values) -> Contents:
        column = 0 if shown is None else int(values.of(shown).item()) - 1
        return values.of(output)[:, column].reshape(SIDE, SIDE)

    return Written(text, give)


def _name_of(output: Block, shown: Block) -> Written:
    """The heading of the output that is shown."""

    def text(block: Block, i: int, j: int) -> str:
        return f"INDEX({range_reference(output, block.sheet, -1, 0, 1)},1,{shown.absolute()})"

    def give(values: Values) -> Contents:
        names = values.names(output.shape.columns)
        return texts_of([names[int(values.of(shown).item()) - 1]])

    return Written(text, give)


def class_matrix(plan: Plan) -> str | None:
    """The matrix that has a 1 in the column of each training sample's class, if there are
    classes."""
    if plan.schedule.network.classes == "one-hot":
        return "y"
    names = [step.name for step in plan.recipe.prepared]
    return next((name for name in ("actual", "actual_all") if name in names), None)


def _put_samples(board: Board, plan: Plan, samples: Area, column: int) -> None:
    """The samples of each class, for the chart. Those of other classes stand where the first of
    this class does, so that they are not seen."""
    name = class_matrix(plan)
    if name is None:
        board.put(
            "all_samples", TABLE, column, samples.shape, copy_of(samples), "operand",
            title=samples.matrix, headings=True,
        )  # fmt: skip
        return
    members = plan.matrix(name, plan.epochs[0])
    board.say(TABLE - 4, column, "subtitle", "samples")
    for number in range(members.shape.columns.size):
        board.put(
            f"class_{number + 1}",
            TABLE,
            column,
            samples.shape,
            _of_class(samples, members, number),
            title=None,
            headings=True,
        )
        board.say(TABLE - 2, column, "result title", "", text=f"{name}[{number + 1}] = 1")
        column += samples.shape.columns.size + 1


def _of_class(samples: Area, members: Area, number: int) -> Written:
    """The samples of a class, which are so many as there are samples."""
    count = samples.shape.rows.size

    def text(block: Block, i: int, j: int) -> str:
        column = range_reference(samples, block.sheet, 0, j, count, 1)
        ones = range_reference(members, block.sheet, 0, number, count, 1)
        here = reference(samples, block.sheet, i, j)
        is_one = reference(members, block.sheet, i, number)
        if count == 1:
            return here
        return f"IF({is_one}=1,{here},INDEX({column},MATCH(MAX({ones}),{ones},0)))"

    def give(values: Values) -> Contents:
        X, ones = values.of(samples), values.of(members)[:, number]
        return np.where((ones == 1)[:, None], X, X[ones.argmax()])

    return Written(text, give)


def boundary_cells(plan: Plan) -> int:
    """How many cells the sheet has."""
    grid = cells_of(recipe_of_answers(plan, POINTS).steps) + 3 * POINTS.size
    name, shapes = class_matrix(plan), plan.recipe.shapes
    return grid + 2 * (shapes[name].size if name else plan.schedule.network.samples)
