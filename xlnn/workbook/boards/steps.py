"""Steps of a recipe side by side on a board."""

from __future__ import annotations

from collections.abc import Iterable

from xlnn.maths.formulas import Style
from xlnn.maths.recipe import Step
from xlnn.workbook.boards.board import Block, Board
from xlnn.workbook.boards.contents import Computed, ready
from xlnn.workbook.plan import Area


def put_steps(
    board: Board,
    steps: Iterable[Step],
    sources: dict[str, Area | Block],
    row: int,
    column: int,
    style: Style,
    *,
    titled: bool = True,
) -> int:
    """Steps side by side from a place on. Each is added to the ``sources`` that those after it
    read. Tells the first column that is free, a blank one aside."""
    for step in steps:
        block = board.put(
            step.name,
            row,
            column,
            step.shape,
            Computed(ready(board, step.expr, style), board.plan, dict(sources)),
            kind="whole " if step.name == "predicted" else "",
            title=f"{step.name}  ({step.shape})" if titled else None,
            headings=titled,
        )
        sources[step.name] = block
        column = block.last_column + 2
    return column


def cells_of(steps: Iterable[Step]) -> int:
    """How many cells some steps have."""
    return sum(step.shape.size for step in steps)


def rows_of(steps: Iterable[Step]) -> int:
    """How many rows some steps take when they stand side by side."""
    return max(step.shape.rows.size for step in steps)
