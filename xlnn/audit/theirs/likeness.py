"""Whether a formula is like its neighbours: a block is filled down, or to the right, with one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from xlnn.audit.causes.precedents import TEXT, precedents
from xlnn.audit.stored.references import column_number
from xlnn.audit.stored.workbook import StoredWorkbook
from xlnn.audit.theirs.blocks import Block, Cell
from xlnn.workbook.plan import cell_name

FEWEST = 3
"""So many formulas in a line, all alike but one, tell which one is not."""

_CELL = re.compile(r"(?<![\w.$])(\$?)([A-Za-z]{1,3})(\$?)(\d{1,7})(?![\w.(!])")


def unlike_neighbours(book: StoredWorkbook, block: Block) -> npt.NDArray[np.bool_]:
    """Which cells of a block hold another formula than all the others of their column or row,
    each seen from its place; where there is no such pattern, none."""
    cells = block.cells
    forms = np.full((cells.rows, cells.columns), "", dtype=object)
    for i, j in np.ndindex(forms.shape):
        cell = cells.cell(i, j)
        stored = book.formula(*cell)
        if stored is None or stored.array is not None:
            return np.zeros(forms.shape, np.bool_)  # typed numbers and arrays are told elsewhere
        forms[i, j] = relative(stored.text, cell)
    down = np.stack([_odd(column.tolist()) for column in forms.T], axis=1)
    right = np.stack([_odd(row.tolist()) for row in forms])
    # A first column that reads elsewhere is no mistake, as long as it agrees with itself.
    columns_agree = [len(column) > 1 and len(set(column)) == 1 for column in forms.T]
    rows_agree = [len(row) > 1 and len(set(row)) == 1 for row in forms]
    found: npt.NDArray[np.bool_] = (down & ~np.array(rows_agree)[:, None]) | (
        right & ~np.array(columns_agree)
    )
    return found


def _odd(forms: Sequence[str]) -> npt.NDArray[np.bool_]:
    """The one of a line that is not like all the others."""
    counts = Counter(forms)
    if len(forms) < FEWEST or len(counts) != 2 or min(counts.values()) != 1:
        return np.zeros(len(forms), np.bool_)
    odd = min(counts, key=lambda form: counts[form])
    return np.array([form == odd for form in forms])


def relative(formula: str, cell: Cell) -> str:
    """A formula with its references as steps from its own cell, but where they have a ``$``."""
    _, row, column = cell

    def seen(match: re.Match[str]) -> str:
        fixed_column, letters, fixed_row, number = match.groups()
        down = f"R{number}" if fixed_row else f"R[{int(number) - row}]"
        across = column_number(letters.upper())
        return down + (f"C{across}" if fixed_column else f"C[{across - column}]")

    parts = TEXT.split(formula)
    return '""'.join(_CELL.sub(seen, part) for part in parts).replace(" ", "").upper()


def blank_precedents(book: StoredWorkbook, cell: Cell) -> list[str]:
    """The blank cells that a formula reads one by one; blanks in a range are left out, as a sum
    may be taken over more than there is."""
    stored = book.formula(*cell)
    if stored is None:
        return []
    return [
        f"{sheet}!{cell_name(top, left)}"
        for sheet, top, left, bottom, right in precedents(stored.text, cell[0], book.meanings)
        if (top, left) == (bottom, right)
        and sheet in book.sheets
        and book.value(sheet, top, left) is None
        and book.formula(sheet, top, left) is None
    ]
