"""What stands in every formula cell of a workbook, a million at a time.

An audit compares each formula in a file with the plan's. Written one by one, the plan's would
take longer than recomputing them; so, like the sheets, they are written from patterns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from xlnn.maths.formulas import Formula, tile_of
from xlnn.workbook.pattern import IrregularError, Repeated, learn
from xlnn.workbook.plan import Area, Grid, Plan, range_name

AreaAt = Callable[[int, int], Area]
"""The area of a matrix, or of a copy of one, in a shown epoch, which counts from 0, and a batch,
which counts from 1."""


def entries(plan: Plan, area_at: AreaAt, grid: Grid) -> Iterator[list[str]]:
    """For each of some bands that are alike, epoch by epoch, the formulas of an area, row by row,
    as ``entry_text`` writes them."""
    epochs, batches = grid
    first = area_at(epochs[0], batches[0])
    assert first.expr is not None  # an input has no formulas
    shape, tile = first.shape, tile_of(first.expr, plan.style)

    def row(epoch: int, batch: int, i: int) -> str:
        if i % tile.rows:
            return ""  # filled from another row
        area = area_at(epochs[epoch], batches[batch])
        found = (plan.formula(area, i, j) for j in range(0, shape.columns.size, tile.columns))
        return "".join(f"{_entry(area, formula)}\n" for formula in found if formula)

    def whole(epoch: int, batch: int) -> str:
        return "".join(row(epoch, batch, i) for i in range(shape.rows.size))

    if shape.size > grid.size:
        try:
            pattern = learn(row, len(epochs), len(batches), shape.rows.size)
        except IrregularError:
            pass  # rows that go through the columns of a matrix
        else:
            for epoch in range(len(epochs)):
                for batch in range(len(batches)):
                    pages = _lines(pattern.along(2, shape.rows.size, (epoch, batch)))
                    yield [entry for lines, _ in pages for entry in lines]
            return
    pattern = learn(whole, len(epochs), len(batches))
    if len(batches) == 1:
        yield from _bands(pattern.along(0, len(epochs)))
        return
    for epoch in range(len(epochs)):
        yield from _bands(pattern.along(1, len(batches), (epoch,)))


def _bands(repeated: Repeated) -> Iterator[list[str]]:
    """The lines of each occurrence of a text."""
    for lines, number in _lines(repeated):
        each = len(lines) // number
        for first in range(0, len(lines), each):
            yield lines[first : first + each]


def _lines(repeated: Repeated) -> Iterator[tuple[list[str], int]]:
    """The lines of a text that recurs, page by page, and how often it recurs on the page."""
    for page in repeated.pages():
        yield repeated.text(page, None).decode().split("\n")[:-1], len(page)


def _entry(area: Area, formula: Formula) -> str:
    return entry_text(f"={formula.text}", filled(area, formula) if formula.array else None)


def entry_text(text: str, array: str | None) -> str:
    """A formula with its ``=``; of an array formula, also the range that it fills."""
    return f"{text} in {array}" if array else text


def filled(area: Area, formula: Formula) -> str:
    """The range that a formula of an area fills, such as ``B6:D8``."""
    window = formula.window
    row, column = area.row + window.row, area.column + window.column
    return range_name(row, column, window.rows, window.columns)
