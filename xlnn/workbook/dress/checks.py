"""What stands over the cells of the sheet Checks: colours."""

from __future__ import annotations

from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet.worksheet import Worksheet

from xlnn.training.trace import Trace
from xlnn.workbook.boards.board import Board
from xlnn.workbook.boards.checks import FIRST, OVERALL, SAYS, WORDS, WORDS_ROW
from xlnn.workbook.plan import cell_name
from xlnn.workbook.texts import Texts
from xlnn.workbook.theme_file import Theme


def dress_checks(sheet: Worksheet, board: Board, texts: Texts, trace: Trace, theme: Theme) -> None:
    """Colours the verdicts by what they say."""
    verdicts = [block for block in board.blocks if block.name == "verdict"]
    last = max(block.row for block in verdicts)
    ranges = OVERALL, f"{cell_name(FIRST, SAYS)}:{cell_name(last, SAYS)}"
    styles = {"agrees": "good", "differs": "bad", "changed": "changed"}
    for range_ in ranges:
        first = range_.partition(":")[0]
        for row, word in enumerate(WORDS, start=WORDS_ROW + 1):
            if word in styles:
                style = styles[word]
                rule = FormulaRule(  # type: ignore[no-untyped-call]
                    formula=[f"{first}=$B${row}"],
                    font=Font(color=theme.colour(style)),
                    fill=PatternFill(bgColor=theme.fill(style)),
                )
                sheet.conditional_formatting.add(range_, rule)
