"""The sheet GradientCheck: the gradient of the steps beside a finite difference.

Each parameter is nudged up and down by a little, and what follows from it is computed again up to
the loss. The loss then rises or falls as the gradient says, if the steps are right.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xlnn.maths.difference import difference_formula, differences
from xlnn.maths.expr import ONE, SCALAR, Axis, Expr, Matrix, RowCount, Shape, matrices
from xlnn.maths.recipe import Given, Recipe, Step
from xlnn.training.programs import needed
from xlnn.workbook.boards.board import (
    COUNTED,
    Block,
    Board,
    Content,
    Contents,
    Typed,
    Values,
    numbers,
    reference,
)
from xlnn.workbook.boards.contents import Computed, Link, Maths, Written
from xlnn.workbook.boards.steps import cells_of, put_steps, rows_of
from xlnn.workbook.plan import LOSS, MAP, START, Area, Plan, cell_name

NAME = "GradientCheck"

NUDGE = 1e-4
"""Small enough that the loss is nearly straight over it, large enough for its 16 digits."""

SLACK = 1 / NUDGE
"""Dividing by the nudge makes the rounding of the losses so much larger."""

NUDGE_ROW, WORST_ROW, FIRST = 6, 7, 11
"""The rows of the nudge, of the largest difference, and of the first parameter."""

COLUMNS = ("value", "by_steps", "up", "down", "by_difference", "difference")


def gradient_check_board(plan: Plan) -> Board:
    """The board of a network's gradients, of the first update that is shown."""
    return _GradientCheck(plan).board


class _GradientCheck:
    """Draws the board."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.recipe = plan, plan.recipe
        self.board = board = Board(plan, NAME, "gradient_check")
        board.head(START, MAP, LOSS)
        board.say(4, 1, "text", "which", epoch=plan.epochs[0])
        board.say(NUDGE_ROW - 1, 1, "text", "measure")
        board.say(NUDGE_ROW, 1, "key", "nudge")
        self.nudge = board.put(
            "nudge", NUDGE_ROW, 2, SCALAR, Typed(lambda trace: numbers([NUDGE])), "input",
            kind="large ",
        )  # fmt: skip
        self.steps = _to_the_loss(plan)
        """The steps up to the loss."""
        self.parameters = [
            given for given in plan.recipe.parameters if given.name in plan.recipe.downhill
        ]
        self.places = [
            (given, i, j)
            for given in self.parameters
            for i in range(given.shape.rows.size)
            for j in range(given.shape.columns.size)
        ]
        """Every cell of every parameter."""
        self.axis = Axis(f"{COUNTED}parameter", len(self.places))
        self._draw()

    def _at(self, name: str) -> Area:
        return self.plan.matrix(name, self.plan.epochs[0], 1)

    def _draw(self) -> None:
        board = self.board
        gradients = self._gradients()
        row = FIRST + max(
            len(self.places), sum(g.shape.rows.size + 3 for g in self.parameters)
        ) + 2  # fmt: skip
        board.printed = f"A1:{cell_name(row - 1, board.last_column)}"
        board.say(row, 1, "subtitle", "workings")
        board.say(row + 1, 1, "text", "workings_about")
        losses: list[tuple[Block, Block]] = []
        height = 4 + max(rows_of(self.steps), *(given.shape.rows.size for given in self.parameters))
        for number, (given, i, j) in enumerate(self.places):
            first = row + 3 + 2 * number * height
            up = self._line(given, i, j, "+", first)
            losses.append((up, self._line(given, i, j, "-", first + height)))
        self._table(gradients, losses)

    def _gradients(self) -> dict[str, Block]:
        """The gradients as the steps have them, one matrix below the other beside the table."""
        found, row = {}, FIRST
        column = len(COLUMNS) + 4
        self.board.say(FIRST - 3, column, "subtitle", "gradients")
        for given in self.parameters:
            expr: Expr = -self.recipe.downhill[given.name]
            sources: dict[str, Area | Block] = {
                matrix: self._at(matrix) for matrix in _reads(expr, self.recipe)
            }
            found[given.name] = self.board.put(
                f"{given.name}_gradient",
                row,
                column,
                given.shape,
                Computed(Maths.of(expr, self.plan.style), self.plan, sources),
                kind="precise ",
                title=f"{given.name}  ({given.shape})",
                headings=True,
                labels=True,
            )
            row += given.shape.rows.size + 3
        return found

    def _line(self, given: Given, i: int, j: int, sign: str, row: int) -> Block:
        """What follows from a nudged parameter: tells the block of the loss."""
        plan, board = self.plan, self.board
        cell = f"{given.name}[{i + 1},{j + 1}]"
        board.say(row, 1, "key", "", text=f"{cell} {sign} h")
        nudged = board.put(
            given.name,
            row + 2,
            2,
            given.shape,
            _nudged(self._at(given.name), self.nudge, i, j, sign),
            "operand",
            title=f"{given.name}  ({given.shape})",
            headings=True,
        )
        following = _following(self.steps, given.name)
        sources: dict[str, Area | Block] = {
            name: self._at(name)
            for step in following
            for name in step.reads
            if name not in self.recipe.settings and name in self.recipe.members
        }
        sources[given.name] = nudged
        put_steps(board, following, sources, row + 2, nudged.last_column + 2, plan.style)
        loss = sources[self.steps[-1].name]
        assert isinstance(loss, Block)  # the loss follows from every parameter
        return loss

    def _table(self, gradients: dict[str, Block], losses: Sequence[tuple[Block, Block]]) -> None:
        """A row for each parameter: its gradient in two ways."""
        board, plan = self.board, self.plan
        board.say(FIRST - 1, 1, "column title", "parameter")
        for column, key in enumerate(COLUMNS, start=2):
            board.say(FIRST - 1, column, "column title", key)
        for row, (given, i, j) in enumerate(self.places, start=FIRST):
            board.say(row, 1, "row heading", "", text=f"{given.name}[{i + 1},{j + 1}]")
        shape = Shape(self.axis, ONE)

        def source(of: str) -> Link:
            def place(row: int, _: int) -> tuple[Area | Block, int, int]:
                given, i, j = self.places[row]
                if of == "value":
                    return self._at(given.name), i, j
                if of == "by_steps":
                    return gradients[given.name], i, j
                return losses[row][of == "down"], 0, 0

            return Link(place)

        blocks: dict[str, Area | Block] = {}
        up, down, h = Matrix("up", shape), Matrix("down", shape), Matrix("nudge", SCALAR)
        quotient: Expr = (up - down) / (2 * h)
        sources: dict[str, Area | Block] = {"nudge": self.nudge}
        if plan.schedule.network.mean:
            samples = self._at("E")
            quotient = quotient / RowCount(Matrix("E", samples.shape))
            sources["E"] = samples
        for column, key in enumerate(COLUMNS, start=2):
            content: Content
            if key == "by_difference":
                content = Computed(Maths.of(quotient, plan.style), plan, sources | blocks)
            elif key == "difference":
                content = _difference(blocks["by_difference"], blocks["by_steps"])
            else:
                content = source(key)
            style = "operand" if key in ("value", "by_steps", "up", "down") else "result"
            kind = "large " if key == "difference" else "" if key == "value" else "precise "
            slack = SLACK if style == "result" else 1
            scale = losses[0][0] if style == "result" else None
            blocks[key] = board.put(
                key, FIRST, column, shape, content, style, kind=kind, slack=slack, scale=scale
            )
        difference = blocks["difference"]
        assert isinstance(difference, Block)
        board.say(WORST_ROW, 1, "key", "worst")
        board.put(
            "worst", WORST_ROW, 2, SCALAR, _largest(difference), kind="large ", slack=SLACK,
            scale=losses[0][0],
        )  # fmt: skip
        board.freeze = cell_name(FIRST, 2)
        board.widths = {1: 20.0} | dict.fromkeys(range(2, len(COLUMNS) + 2), 14.0)


def _nudged(area: Area, nudge: Block, row: int, column: int, sign: str) -> Written:
    """A copy of a parameter, one cell of which is nudged."""

    def text(block: Block, i: int, j: int) -> str:
        here = reference(area, block.sheet, i, j)
        return f"{here}{sign}{nudge.absolute()}" if (i, j) == (row, column) else here

    def give(values: Values) -> Contents:
        found = values.of(area).copy()
        found[row, column] += values.of(nudge).item() * (1 if sign == "+" else -1)
        return found

    return Written(text, give)


def _difference(found: Area | Block, gradient: Area | Block) -> Written:
    """|a − b| / max(1, |b|) of a finite difference and the gradient of the steps: as a share of
    what is large, which no computer knows to the last digit."""

    def text(block: Block, i: int, j: int) -> str:
        a, b = (reference(each, block.sheet, i, j) for each in (found, gradient))
        return difference_formula(a, b)

    def give(values: Values) -> Contents:
        return differences(values.of(found), values.of(gradient))

    return Written(text, give)


def _largest(difference: Block) -> Written:
    """The largest of some differences."""

    def text(block: Block, i: int, j: int) -> str:
        return f"MAX({difference.range})"

    def give(values: Values) -> Contents:
        return np.array([[values.of(difference).max()]])

    return Written(text, give)


def _to_the_loss(plan: Plan) -> list[Step]:
    """The steps of an update up to its loss, which is the last of them."""
    recipe = plan.recipe
    loss = "loss" if plan.batches == 1 else "batch_loss"
    return needed((*recipe.steps, *recipe.measures), [loss])


def _following(steps: Sequence[Step], name: str) -> list[Step]:
    """The steps that follow from a matrix."""
    known, found = {name}, []
    for step in steps:
        if known & set(step.reads):
            known.add(step.name)
            found.append(step)
    return found


def _reads(expr: Expr, recipe: Recipe) -> list[str]:
    """The matrices that an expression reads, settings aside."""
    return [matrix.name for matrix in matrices(expr) if matrix.name in recipe.members]


def gradient_check_cells(plan: Plan) -> int:
    """How many cells the workings have."""
    steps = _to_the_loss(plan)
    total = 0
    for given in plan.recipe.parameters:
        if given.name in plan.recipe.downhill:
            line = given.shape.size + cells_of(_following(steps, given.name))
            total += 2 * given.shape.size * line
    return total
