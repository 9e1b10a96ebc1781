"""What the plan enters into the cells of an area, one by one."""

from __future__ import annotations

import numpy as np

from xlnn.audit.stored.sheet import Stored
from xlnn.maths.formulas import Style, tile_of
from xlnn.workbook.plan import Area, Plan


def planned(plan: Plan, area: Area, i: int, j: int) -> Stored:
    """The formula that fills a cell of an area, row and column from 0; of an array formula with
    the range that it fills."""
    assert area.expr is not None  # an input has no formula
    tile = tile_of(area.expr, plan.style)
    formula = plan.formula(area, i - i % tile.rows, j - j % tile.columns)
    assert formula is not None  # it stands in its tile's first cell
    window = formula.window
    top, left = area.row + window.row, area.column + window.column
    corners = top, left, top + window.rows - 1, left + window.columns - 1
    return Stored(f"={formula.text}", corners if formula.array else None)


def tiles(area: Area, style: Style) -> list[int]:
    """For each cell of an area, row by row, the place of the formula that fills it among all of
    the area: of an array formula every cell tells."""
    assert area.expr is not None  # an input has no formula
    tile = tile_of(area.expr, style)
    down = np.arange(area.shape.rows.size) // tile.rows
    across = np.arange(area.shape.columns.size) // tile.columns
    places: list[int] = np.add.outer(down * (across[-1] + 1), across).ravel().tolist()
    return places
