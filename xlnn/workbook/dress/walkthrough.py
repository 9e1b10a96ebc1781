"""What stands over the cells of the sheet Walkthrough: lists to choose from."""

from __future__ import annotations

from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from xlnn.training.trace import Trace
from xlnn.workbook.boards.board import Board, absolute
from xlnn.workbook.texts import Texts
from xlnn.workbook.theme_file import Theme


def dress_walkthrough(
    sheet: Worksheet, board: Board, texts: Texts, trace: Trace, theme: Theme
) -> None:
    """What may be chosen is listed in the cells of epoch and batch."""
    blocks = {block.name: block for block in board.blocks}
    for chooser, listed in (("epoch", "epochs"), ("batch", "batches")):
        if listed in blocks:
            choice = DataValidation(
                type="list", formula1=absolute(blocks[listed].range), allow_blank=False
            )
            choice.error = texts["walkthrough"]["choose"]
            choice.add(blocks[chooser].cell())
            sheet.add_data_validation(choice)
