"""Formulas and numbers that stand where the plan has nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from xlnn.audit.cell_values import Value
from xlnn.audit.report import Finding, sheet_cause
from xlnn.audit.stored.references import Corners, Position, number_of_cells
from xlnn.audit.stored.sheet import Stored
from xlnn.audit.stored.workbook import StoredWorkbook
from xlnn.workbook.boards.board import Board
from xlnn.workbook.boards.extras import draw_boards
from xlnn.workbook.boards.summary import summary_board
from xlnn.workbook.map_sheet import COLUMNS
from xlnn.workbook.plan import (
    FIRST_BAND,
    IN_NUMBERS,
    LOSS,
    MAP,
    MAX_ROWS,
    SETTINGS,
    SETTINGS_COLUMN,
    Area,
    Plan,
    cell_name,
)


@dataclass(frozen=True, slots=True)
class Ground:
    """The cells of a sheet that the plan speaks of."""

    sheet: str
    formulas: Sequence[Corners]
    """Where formulas belong."""
    inputs: Sequence[Corners]
    """Where numbers are typed, or computed from others."""
    inside: Corners
    """The blocks and what lies between them. What stands elsewhere is a reader's own."""
    with_numbers: bool = False
    """Whether numbers are looked at too, besides formulas."""


def check_strays(book: StoredWorkbook, ground: Ground, changed: bool) -> Iterator[Finding | str]:
    """The findings on cells between the blocks of a sheet, and a note on those elsewhere.

    ``changed`` tells whether formulas of the sheet are not the plan's.
    """
    top, left, bottom, right = ground.inside
    outside: list[str] = []
    for (row, column), entry in strays(book, ground, changed).items():
        cell = cell_name(row, column)
        if not (top <= row <= bottom and left <= column <= right):
            outside.append(cell)
            continue
        found = entry.text if isinstance(entry, Stored) else entry
        what = f"the formula {found}" if isinstance(entry, Stored) else repr(found)
        message = f"{ground.sheet}!{cell} holds {what}, where nothing belongs"
        yield sheet_cause("extra", ground.sheet, cell, message, found=found)
    if outside:
        first = f"{ground.sheet}!{outside[0]}"
        many = "formula or number" if len(outside) == 1 else "formulas and numbers"
        yield (
            f"{len(outside):,} {many} beside the blocks of the sheet {ground.sheet}, the first in "
            f"{first}, belong to none: they were not checked"
        )


def strays(book: StoredWorkbook, ground: Ground, changed: bool) -> dict[Position, Stored | Value]:
    """What stands on a sheet where the plan has nothing, row by row. ``changed`` tells whether
    formulas of the sheet are not the plan's."""
    stored = book.sheet(ground.sheet)
    typed = list(stored.typed_numbers()) if ground.with_numbers else []
    as_many = not ground.with_numbers or len(typed) == _size(ground.inputs)
    if as_many and len(stored.formulas) == _size(ground.formulas) and not changed:
        return {}  # each at its place
    found = sorted({*stored.formulas, *typed} - planned_places(ground))
    return {at: stored.formulas.get(at) or stored.values.get(at) for at in found}


def matrix_ground(plan: Plan, name: str) -> Ground:
    """That of a matrix's sheet."""
    areas: list[Area] = []
    for grid in plan.grids(name):
        for index in grid.epochs:
            for batch in grid.batches:
                epoch = plan.epochs[index]
                area = plan.matrix(name, epoch, batch)
                areas.append(area)
                if area.expr is not None:
                    areas += plan.operands(name, epoch, batch)
    formulas = [_rectangle(area) for area in areas if area.expr is not None]
    inputs = [_rectangle(area) for area in areas if area.expr is None]
    sheet = next(each for each in plan.sheets if each.name == name)
    if areas[0].role == "result":
        formulas.append((IN_NUMBERS, 1, IN_NUMBERS, 1))
    inside = FIRST_BAND, 1, sheet.last_row, sheet.last_column
    return Ground(name, formulas, inputs, inside, with_numbers=True)


def other_grounds(plan: Plan) -> Iterator[Ground]:
    """Those of the sheets that are no matrix's."""
    yield _settings_ground(plan)
    yield Ground(MAP, (), (), (1, 1, MAX_ROWS, len(COLUMNS)))
    yield _loss_ground(plan)
    for board in (summary_board(plan), *draw_boards(plan)):
        yield _board_ground(board)


def _loss_ground(plan: Plan) -> Ground:
    """That of the sheet Loss, on which numbers stand for epochs that are not live."""
    areas = [plan.matrix(name, epoch) for name in plan.recipe.curves for epoch in plan.epochs]
    formulas = [_rectangle(area) for area in areas]
    last = max(area.row for area in areas), max(area.column for area in areas)
    return Ground(LOSS, formulas, (), (1, 1, *last))


def _settings_ground(plan: Plan) -> Ground:
    """That of the Settings, whose numbers may be computed from others."""
    inputs = [
        (row, SETTINGS_COLUMN, row, SETTINGS_COLUMN) for row in map(plan.setting_row, plan.chosen)
    ]
    return Ground(SETTINGS, (), inputs, (1, 1, MAX_ROWS, 3))


def _board_ground(board: Board) -> Ground:
    """That of a sheet besides those of the matrices."""
    formulas = [
        (block.row, block.column, block.last_row, block.last_column)
        for block in board.blocks
        if not block.is_typed
    ]
    inputs = [
        (block.row, block.column, block.last_row, block.last_column)
        for block in board.blocks
        if block.is_typed and not block.is_input
    ]
    return Ground(board.name, formulas, inputs, (1, 1, board.last_row, board.last_column))


def _rectangle(area: Area) -> Corners:
    rows, columns = area.shape.rows.size, area.shape.columns.size
    return area.row, area.column, area.row + rows - 1, area.column + columns - 1


def _size(rectangles: Sequence[Corners]) -> int:
    return sum(map(number_of_cells, rectangles))


def planned_places(ground: Ground) -> set[Position]:
    """The cells in which formulas and numbers belong."""
    return {*_places(ground.formulas), *_places(ground.inputs)}


def _places(rectangles: Sequence[Corners]) -> Iterator[Position]:
    for top, left, bottom, right in rectangles:
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                yield row, column
