"""The sheet Walkthrough: all matrices of one update on one sheet, of a batch that a reader chooses.

What is shown is fetched by INDEX: on each matrix's sheet the bands follow each other at the same
distance, so the chosen one is so many bands further down.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

import numpy as np

from xlnn.maths.expr import ONE, SCALAR, Axis, Shape
from xlnn.maths.recipe import Member, Step
from xlnn.maths.words import notation
from xlnn.training.trace import Trace
from xlnn.workbook.boards.board import (
    COUNTED,
    Block,
    Board,
    Contents,
    Typed,
    Values,
    absolute,
    cut,
    numbers,
    texts_of,
)
from xlnn.workbook.boards.contents import Written, copy_of
from xlnn.workbook.plan import (
    FIRST_BAND,
    LOSS,
    LOSS_FIRST,
    MAP,
    START,
    Area,
    Plan,
    cell_name,
    column_name,
    range_name,
)

NAME = "Walkthrough"

MOST_ROWS, MOST_COLUMNS = 8, 8
"""The rows and columns of a large matrix that are shown: its first ones."""

WIDEST, WIDTH = 16, 11.0
"""Columns after which a line of matrices is continued below, and the characters of each."""

EPOCH_ROW, BATCH_ROW, PLACE_ROW, FIRST = 5, 6, 7, 10
"""The rows of what is chosen, of its place among the shown epochs, and of the first line."""

PHASES = (
    ("given", range(0, 2)),
    ("forward", range(2, 5)),
    ("error", range(5, 6)),
    ("backward", range(6, 10)),
    ("update", range(10, 12)),
)
"""The lines: each a key in the texts, and the steps that stand there."""


def walkthrough_board(plan: Plan) -> Board:
    """The board of one update."""
    return _Walkthrough(plan).board


class _Walkthrough:
    """Draws the board."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.board = Board(plan, NAME, "walkthrough")
        self.board.head(START, MAP, LOSS)
        self._choosers()
        row, self.widest = FIRST, 0
        members = plan.recipe.members
        for key, numbers_ in PHASES:
            row = self._phase(key, [m for m in members.values() if m.number in numbers_], row)
        self.board.freeze = cell_name(PLACE_ROW + 1, 1)
        self.board.printed = f"A1:{cell_name(row, self.widest)}"
        self.board.one_page = False
        self._lists(self.widest + 2)
        self.board.widths = {1: 16.0} | dict.fromkeys(range(2, self.widest + 1), WIDTH)

    # --- What is chosen ---

    def _choosers(self) -> None:
        plan, board = self.plan, self.board
        board.say(EPOCH_ROW, 1, "key", "epoch")
        board.say(EPOCH_ROW, 3, "text", "choose")
        first = plan.epochs[0]
        self.epoch = self._chooser("epoch", EPOCH_ROW, first, plan.epochs)
        self.batch = None
        if plan.batches > 1:
            board.say(BATCH_ROW, 1, "key", "batch")
            self.batch = self._chooser("batch", BATCH_ROW, 1, range(1, plan.batches + 1))
        board.say(PLACE_ROW, 1, "key", "place")
        board.say(PLACE_ROW, 3, "comment", "place_says")
        self.place = board.put(
            "place",
            PLACE_ROW,
            2,
            SCALAR,
            Written(self._place, lambda values: numbers([self._index(values) + 1])),
            kind="whole ",
        )

    def _place(self, block: Block, i: int, j: int) -> str:
        """The place of the chosen epoch among the shown ones, as a formula."""
        listed, epoch = self.epochs, self.epoch.cell()
        if len(self.plan.epochs) == 1:  # MATCH takes no single cell in IronCalc: with its heading
            both = range_name(listed.row - 1, listed.column, 2, 1)
            return f"MATCH({epoch},{absolute(both)},0)-1"
        return f"MATCH({epoch},{absolute(listed.range)},0)"

    def _lists(self, column: int) -> None:
        """What may be chosen, to the right of all else."""
        choices = [("epochs", self.plan.epochs)]
        if self.batch is not None:
            choices.append(("batches", tuple(range(1, self.plan.batches + 1))))
        found = []
        for at, (name, listed) in enumerate(choices, start=column):
            self.board.say(FIRST - 1, at, "column title", name)
            content = Typed(partial(_listed, listed), exact=listed)
            shape = Shape(Axis(f"{COUNTED}{name}", len(listed)), ONE)
            found.append(self.board.put(name, FIRST, at, shape, content, "constant", kind="whole "))
        self.epochs, self.batches = found[0], found[-1]

    def _chooser(self, name: str, row: int, first: int, choices: Sequence[int]) -> Block:
        content = Typed(lambda trace: numbers([first]), choices)
        return self.board.put(name, row, 2, SCALAR, content, "input", kind="whole ")

    def _index(self, values: Values) -> int:
        """The place of the chosen epoch among the shown ones, from 0."""
        return self.plan.epochs.index(int(values.of(self.epoch).item()))

    def _moment(self, values: Values) -> tuple[int, int]:
        """What is shown, by its place among the shown epochs. Raises IndexError where there is
        none such."""
        place = values.of(self.place).item()
        if place not in range(1, len(self.plan.epochs) + 1):
            raise IndexError(f"there is no epoch at place {place}")
        batch = 1 if self.batch is None else int(values.of(self.batch).item())
        return self.plan.epochs[int(place) - 1], batch

    # --- The matrices ---

    def _phase(self, key: str, members: Sequence[Member], row: int) -> int:
        """The matrices of some steps, side by side; tells the row of the next line."""
        if not members:
            return row
        self.board.say(row, 1, "subtitle", key)
        column, tallest = 2, 0
        for member in members:
            shape = cut(member.shape, MOST_ROWS, MOST_COLUMNS)
            columns = max(shape.columns.size, math.ceil(len(_said(member)) / WIDTH))
            if column > 2 and column + columns > WIDEST:
                row += tallest + 4
                column, tallest = 2, 0
            self._matrix(member, shape, row + 4, column)
            tallest = max(tallest, shape.rows.size)
            self.widest = max(self.widest, column + columns)
            column += columns + 2
        return row + tallest + 6

    def _matrix(self, member: Member, shape: Shape, row: int, column: int) -> None:
        plan, board, name = self.plan, self.board, member.name
        more = "" if shape == member.shape else f"  ({member.shape}) …"
        if more:
            board.say(4, 1, "text", "cut", rows=MOST_ROWS, columns=MOST_COLUMNS)
        where = LOSS if name in plan.recipe.curves else name
        board.say(row - 3, column, "link", "", f"{where}!A1", text=f"{member.number}  {name}{more}")
        is_step = isinstance(member, Step)
        board.say(row - 2, column, "text", "", text=_said(member))
        first = plan.matrix(name, plan.epochs[0])
        several = plan.epochs[-1] > 1 if name in plan.recipe.curves else plan.bands_of(name) > 1
        content = self._chosen(member, first, shape) if several else copy_of(first)
        block = board.put(
            name,
            row,
            column,
            shape,
            content,
            "result" if is_step else "operand",
            like=name,
            headings=True,
            labels=shape.rows != ONE,
        )
        if name == "order":
            self._samples(block)

    def _chosen(self, member: Member, first: Area, shape: Shape) -> Written:
        """The matrix of the chosen epoch and batch."""
        plan, name = self.plan, member.name
        recurrence = plan.recipe.recurrence[name]
        smaller = plan.schedule.last.shapes[name].rows.size

        def text(block: Block, i: int, j: int) -> str:
            row, column = first.row + i, first.column + j
            if name in plan.recipe.curves:
                last = LOSS_FIRST + plan.epochs[-1] - 1
                listed = f"{column_name(column)}${LOSS_FIRST}:{column_name(column)}${last}"
                return f"INDEX({LOSS}!{listed},{self.epoch.absolute()})"
            sheet = next(sheet for sheet in plan.sheets if sheet.name == name)
            letter = column_name(column)
            listed = f"{letter}${row}:{letter}${sheet.last_row}"
            band = self.place.absolute()
            if recurrence == "update" and self.batch is not None:
                batches = f"ROWS({absolute(self.batches.range)})"
                band = f"({self.place.absolute()}-1)*{batches}+{self.batch.absolute()}"
            height = f"ROWS({name}!$A${FIRST_BAND}:$A${FIRST_BAND + sheet.height - 1})"
            found = f"INDEX({name}!{listed},({band}-1)*{height}+1)"
            # An epoch's last batch may have fewer samples.
            return f'IF(ISNUMBER({found}),{found},"")' if i >= smaller else found

        def give(values: Values) -> Contents:
            epoch, batch = self._moment(values)
            if name in plan.recipe.curves:  # fetched by the epoch itself
                epoch = int(values.of(self.epoch).item())
            found = values.of(plan.matrix(name, epoch, batch))[: shape.rows.size]
            shown = np.full((shape.rows.size, shape.columns.size), np.nan)
            shown[: len(found)] = found[:, : shape.columns.size]
            return shown

        return Written(text, give)

    def _samples(self, order: Block) -> None:
        """The names of a batch's samples, as they stand beside X."""
        plan = self.plan
        X = plan.matrix("X", plan.epochs[0])
        heading = range_name(X.row, X.column - 1, X.shape.rows.size, 1)
        names = f"X!{absolute(heading)}"

        def text(block: Block, i: int, j: int) -> str:
            cell = order.cell(i)
            if X.shape.rows.size == 1:  # INDEX takes no single cell in IronCalc and Gnumeric
                return names.partition(":")[0]
            return f'IF(ISNUMBER({cell}),INDEX({names},{cell}),"")'

        def give(values: Values) -> Contents:
            labels = values.names(X.shape.rows)
            rows = values.of(order)[:, 0]
            return texts_of(*(["" if np.isnan(row) else labels[int(row) - 1]] for row in rows))

        self.board.put(
            "samples", order.row, order.last_column + 1, order.shape, Written(text, give), "words"
        )


def _listed(choices: Sequence[int], trace: Trace) -> Contents:
    return numbers(*([choice] for choice in choices))


def _said(member: Member) -> str:
    """What stands above a matrix: how it is computed, or its shape."""
    return notation(member.expr) if isinstance(member, Step) else str(member.shape)
