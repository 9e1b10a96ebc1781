"""What is live on the sheet Start: the verdict of all checks, and the settings as they are now."""

from __future__ import annotations

from xlnn.maths.expr import SCALAR
from xlnn.workbook.boards.board import Block, Board, Contents, Values, texts_of
from xlnn.workbook.boards.checks import NAME as CHECKS
from xlnn.workbook.boards.checks import OVERALL
from xlnn.workbook.boards.contents import Written
from xlnn.workbook.plan import SETTINGS, SETTINGS_COLUMN, START, Plan, cell_name

FIRST = 5
"""The row of the verdict; the settings follow below."""


def summary_board(plan: Plan) -> Board:
    """The live cells of Start."""
    board = Board(plan, START, "start")
    row = FIRST
    if CHECKS in plan.extras:
        board.say(row, 1, "key", "all_checks")

        def verdict(block: Block, i: int, j: int) -> str:
            return f"{CHECKS}!{OVERALL}"

        def agrees(values: Values) -> Contents:
            # What is written was computed from the very numbers that it is held against.
            return texts_of([values.word("checks.agrees")])

        board.put("all_checks", row, 2, SCALAR, Written(verdict, agrees), "words")
        row += 1
    for name in plan.recipe.settings:
        place_there = f"{SETTINGS}!{cell_name(plan.setting_row(name), SETTINGS_COLUMN)}"
        board.say(row, 1, "link", "", place_there, text=name)
        board.put(name, row, 2, SCALAR, _setting(name), "operand", kind="whole ")
        board.say(row, 3, "comment", f"settings.{name}")
        row += 1
    return board


def _setting(name: str) -> Written:
    return Written(lambda block, i, j: name, lambda values: values.setting(name))
