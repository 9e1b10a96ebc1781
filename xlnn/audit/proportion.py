"""Whether a file is as large as the network that it tells of, before that is believed.

A few characters on the sheet Settings can tell of a network that no memory holds, and a small
network can come in a file that fills any.
"""

from __future__ import annotations

from xlnn.audit.stored.workbook import StoredWorkbook
from xlnn.errors import WorkbookError
from xlnn.workbook.boards.extras import EXTRAS
from xlnn.workbook.plan import Plan

FEW_CELLS, BYTES_OF_CELL = 200_000, 8
"""So many cells may always be planned, and one more for so many bytes of the file, unpacked: a cell
takes at least 20, but whole sheets may have been deleted."""

FEW_BYTES, MOST_BYTES_OF_CELL = 64 << 20, 1000
"""So many bytes, unpacked, a file may always have, and so many for each cell that is planned."""


def check_proportion(book: StoredWorkbook, plan: Plan) -> None:
    """Raises WorkbookError for a file that is far too small or far too large for its plan."""
    shapes, size = plan.recipe.shapes, book.unpacked_size
    numbers = sum(
        plan.bands_of(name) * shapes[name].rows.size * shapes[name].columns.size
        for name in plan.recipe.members
    ) + sum(EXTRAS[name].cells(plan) for name in plan.extras)
    if numbers > max(FEW_CELLS, size // BYTES_OF_CELL):
        raise WorkbookError(
            f"{book.path}: its sheet Settings tells of a network that needs {numbers:,} cells, "
            f"far more than a file of {size / 1e6:,.1f} MB (unpacked) can hold: one of them was "
            "changed"
        )
    if size > FEW_BYTES + MOST_BYTES_OF_CELL * numbers:
        raise WorkbookError(
            f"{book.path} has {size / 1e6:,.0f} MB (unpacked), though the network that its sheet "
            f"Settings tells of needs {numbers:,} cells: delete what else it holds"
        )
