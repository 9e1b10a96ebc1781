"""The bands of a sheet as what recurs in them: long runs of rows, and what lies between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np

from xlnn.maths.evaluate import Array, evaluate
from xlnn.maths.expr import SCALAR
from xlnn.workbook.band_rows import BandRows, name_of
from xlnn.workbook.cells import Recurring, Row
from xlnn.workbook.pattern import IrregularError, learn
from xlnn.workbook.plan import MAX_COLUMNS, Grid, Placement

LONG_RUN = 8
"""More rows than this that are alike are written row by row, unless the epochs are more than the
cells of a band."""


class Bands:
    """The bands of one sheet."""

    def __init__(self, rows: BandRows) -> None:
        self._rows, self._plan, self._sheet, self._trace = rows, rows.plan, rows.sheet, rows.trace

    def whole_epochs(self, grids: Sequence[Grid]) -> Recurring | None:
        """All batches of an epoch as one part that recurs in each epoch, if epochs are so many that
        this is faster than batch by batch; else None."""
        epochs = len(grids[0].epochs)
        bands = [(grid, place) for grid in grids for place in range(len(grid.batches))]
        cells = sum(
            placement.rows * placement.columns
            for grid, _ in bands
            for placement in self._placements(grid)
        )
        if len(bands) == 1 or cells > epochs:
            return None
        parts = [(self._unrolled(grid, range(self._sheet.height)), place) for grid, place in bands]

        def rows(epoch: int, _batch: int, _time: int) -> list[Row]:
            return [row for part, place in parts for row in part.rows(epoch, place, 0)]

        def numbers(epochs: range, _batches: range, _times: range) -> Array:
            found = (
                part.numbers(epochs, range(place, place + 1), range(1))
                for part, place in parts
                if part.numbers is not None
            )
            return np.concatenate(list(found), axis=1)

        return Recurring(rows, 1, numbers, sum(part.formula_cells for part, _ in parts))

    def parts(self, grid: Grid) -> Iterator[Recurring]:
        """What bands that are alike consist of: runs of rows that are alike, and what lies
        between them. Of many small bands, all rows are one part: the fewer parts, the faster, but
        a part is learned from occurrences that are written cell by cell."""
        first, placements = 0, self._placements(grid)
        cells = sum(placement.rows * placement.columns for placement in placements)
        if cells > grid.size:
            for run in self._runs(grid):
                if not self._is_regular(grid, run):
                    continue
                if run.start > first:
                    yield self._unrolled(grid, range(first, run.start))
                yield self._run(grid, run)
                first = run.stop
        yield self._unrolled(grid, range(first, self._sheet.height))

    def _placements(self, grid: Grid) -> tuple[Placement, ...]:
        return self._plan.arrangement(self._sheet.name, grid.batches[0]).placements

    def _runs(self, grid: Grid) -> Iterator[range]:
        """The long runs of rows that the same matrices go through, without their first row, where
        array formulas may stand."""
        ends = {0, self._sheet.height}
        for placement in self._placements(grid):
            if placement.shown:
                ends |= {placement.row, placement.row + placement.rows}
        for start, stop in pairwise(sorted(ends)):
            if stop - start > LONG_RUN and any(self._through(grid, range(start, stop))):
                yield range(start + 1, stop)

    def _is_regular(self, grid: Grid, run: range) -> bool:
        """Whether the formulas of a run differ in row numbers alone. Those that read a matrix
        transposed go through its columns."""

        def formulas(time: int) -> str:
            offsets = run[time : time + 1]
            (row,) = self._rows.rows(grid.epochs[0], grid.batches[0], offsets, in_run=True)
            return " ".join(cell.formula for cell in row.cells if cell.formula)

        try:
            learn(formulas, len(run))
        except IrregularError:
            return False
        return True

    def _through(self, grid: Grid, rows: range) -> Iterator[tuple[Placement, range]]:
        """The matrices with numbers in some rows of a band, and which of their own rows these
        are."""
        for placement in sorted(self._placements(grid), key=lambda placement: placement.column):
            if placement.shown:
                first = max(rows.start, placement.row) - placement.row
                last = min(rows.stop, placement.row + placement.rows) - placement.row
                if first < last:
                    yield placement, range(first, last)

    def _run(self, grid: Grid, run: range) -> Recurring:
        """Rows that are alike, one after the other."""
        through = list(self._through(grid, run))

        @lru_cache(maxsize=1)
        def numbers_of(epoch: int, batch: int) -> Array:
            columns = []
            for placement, rows in through:
                labels = self._rows.labels_of(placement)
                if labels.texts and not labels.grow:
                    columns.append(labels.indexes[rows.start : rows.stop])
                (block,) = self._blocks(placement, grid, range(epoch, epoch + 1), batch)
                columns.append(block[rows.start : rows.stop])
            return np.hstack(columns)

        def rows(epoch: int, batch: int, time: int) -> list[Row]:
            offsets = run[time : time + 1]
            return self._rows.rows(grid.epochs[epoch], grid.batches[batch], offsets, in_run=True)

        def numbers(epochs: range, batches: range, times: range) -> Array:
            found = numbers_of(epochs.start, batches.start)
            return found[times.start : times.stop]

        return Recurring(rows, len(run), numbers, self._formula_cells(grid, through) // len(run))

    def _unrolled(self, grid: Grid, part: range) -> Recurring:
        """Rows that stand once in each band."""
        through = list(self._through(grid, part))
        places = np.concatenate(
            [
                np.add.outer(
                    (np.array(rows) + placement.row) * MAX_COLUMNS,
                    placement.column + np.arange(placement.columns),
                ).ravel()
                for placement, rows in through
            ]
            or [np.empty(0)]
        )
        order = np.argsort(places)  # as the slots follow each other in the text

        def rows(epoch: int, batch: int, _time: int) -> list[Row]:
            return self._rows.rows(grid.epochs[epoch], grid.batches[batch], part)

        def numbers(epochs: range, batches: range, _times: range) -> Array:
            number = len(epochs) * len(batches)
            blocks = [
                self._blocks(placement, grid, epochs, batches.start, len(batches))[
                    :, rows.start : rows.stop
                ].reshape(number, -1)
                for placement, rows in through
            ]
            return np.concatenate(blocks, axis=1)[:, order]

        cells = self._formula_cells(grid, through)
        return Recurring(rows, 1, numbers if through else None, cells)

    def _formula_cells(self, grid: Grid, through: Sequence[tuple[Placement, range]]) -> int:
        area = self._plan.matrix(
            self._sheet.name, self._plan.epochs[grid.epochs[0]], grid.batches[0]
        )
        if area.expr is None:
            return 0
        return sum(len(rows) * placement.columns for placement, rows in through)

    def _blocks(
        self, placement: Placement, grid: Grid, epochs: range, batch: int, batches: int = 1
    ) -> Array:
        """The numbers of a matrix, as it enters, in some bands of a grid: bands × rows × columns.
        There are several epochs or several batches, not both."""
        plan, values = self._plan, self._trace.values
        result = placement.place == "result"
        name = self._sheet.name if result else name_of(placement.view)
        indexes = [
            plan.index(name, plan.epochs[grid.epochs[index]], grid.batches[place])
            for index in epochs
            for place in range(batch, batch + batches)
        ]
        # Of what recurs more often than this sheet's bands, those between are left out; what
        # recurs less often stays the same.
        first, step = indexes[0], max(1, indexes[-1] - indexes[0]) // max(1, len(indexes) - 1)
        entered = values.block(name, first, indexes[-1] - first + 1)[:: max(1, step)]
        rows = plan.schedule.at(grid.batches[batch]).shapes.get(name, SCALAR).rows.size
        entered = np.broadcast_to(entered[:, :rows], (len(indexes), rows, entered.shape[2]))
        if result:
            return entered
        return np.stack([evaluate(placement.view, {name: each}) for each in entered])
