"""The bands of a sheet as what recurs in them: long runs of rows, and what lies between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np

from xlnn.maths.evaluate import Array, evaluate
from xlnn.workbook.band_rows import BandRows, name_of
from xlnn.workbook.cells import Recurring, Row
from xlnn.workbook.pattern import IrregularError, learn
from xlnn.workbook.plan import MAX_COLUMNS, Placement

LONG_RUN = 8
"""More rows than this that are alike are written row by row, unless the epochs are more than the
cells of a band."""


class Bands:
    """The bands of one sheet."""

    def __init__(self, rows: BandRows) -> None:
        self._rows, self._plan, self._sheet, self._trace = rows, rows.plan, rows.sheet, rows.trace

    def parts(self, bands: range) -> Iterator[Recurring]:
        """What the bands of a stretch consist of: runs of rows that are alike, and what lies
        between them. Of many small bands, all rows are one part: the fewer parts, the faster, but
        a part is learned from occurrences that are written cell by cell."""
        height = self._sheet.height
        first = 0
        cells = sum(placement.rows * placement.columns for placement in self._sheet.placements)
        if cells > len(bands):
            for run in self._runs():
                if not self._is_regular(bands, run):
                    continue
                if run.start > first:
                    yield self._unrolled(bands, range(first, run.start))
                yield self._run(bands, run)
                first = run.stop
        yield self._unrolled(bands, range(first, height))

    def _runs(self) -> Iterator[range]:
        """The long runs of rows that the same matrices go through, without their first row, where
        array formulas may stand."""
        ends = {0, self._sheet.height}
        for placement in self._sheet.placements:
            if placement.shown:
                ends |= {placement.row, placement.row + placement.rows}
        for start, stop in pairwise(sorted(ends)):
            if stop - start > LONG_RUN and any(self._through(range(start, stop))):
                yield range(start + 1, stop)

    def _is_regular(self, bands: range, run: range) -> bool:
        """Whether the formulas of a run differ in row numbers alone. Those that read a matrix
        transposed go through its columns."""

        def formulas(_epoch: int, time: int) -> str:
            (row,) = self._rows.rows(bands.start, run[time : time + 1], in_run=True)
            return " ".join(cell.formula for cell in row.cells if cell.formula)

        try:
            learn(formulas, 1, len(run))
        except IrregularError:
            return False
        return True

    def _through(self, rows: range) -> Iterator[tuple[Placement, range]]:
        """The matrices with numbers in some rows of a band, and which of their own rows these
        are."""
        for placement in sorted(self._sheet.placements, key=lambda placement: placement.column):
            if placement.shown:
                first = max(rows.start, placement.row) - placement.row
                last = min(rows.stop, placement.row + placement.rows) - placement.row
                if first < last:
                    yield placement, range(first, last)

    def _run(self, bands: range, run: range) -> Recurring:
        """Rows that are alike, one after the other."""
        through = list(self._through(run))

        @lru_cache(maxsize=1)
        def numbers_of(band: int) -> Array:
            columns = []
            for placement, rows in through:
                labels = self._rows.labels_of(placement)
                if labels.texts and not labels.grow:
                    columns.append(labels.indexes[rows.start : rows.stop])
                block = self._block(placement, range(band, band + 1))
                columns.append(block[0, rows.start : rows.stop])
            return np.hstack(columns)

        def rows(index: int, time: int) -> list[Row]:
            return self._rows.rows(bands[index], run[time : time + 1], in_run=True)

        def numbers(epochs: range, times: range) -> Array:
            return numbers_of(bands[epochs.start])[times.start : times.stop]

        return Recurring(rows, len(run), numbers, self._formula_cells(bands, through) // len(run))

    def _unrolled(self, bands: range, part: range) -> Recurring:
        """Rows that stand once in each band."""
        through = list(self._through(part))
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

        def rows(index: int, _time: int) -> list[Row]:
            return self._rows.rows(bands[index], part)

        def numbers(epochs: range, _times: range) -> Array:
            wanted = range(bands[epochs.start], bands[epochs.stop - 1] + 1)
            blocks = [
                self._block(placement, wanted)[:, rows.start : rows.stop].reshape(len(wanted), -1)
                for placement, rows in through
            ]
            return np.concatenate(blocks, axis=1)[:, order]

        cells = self._formula_cells(bands, through)
        return Recurring(rows, 1, numbers if through else None, cells)

    def _formula_cells(self, bands: range, through: Sequence[tuple[Placement, range]]) -> int:
        area = self._plan.matrix(self._sheet.name, self._sheet.epochs[bands.start])
        if area.expr is None:
            return 0
        return sum(len(rows) * placement.columns for placement, rows in through)

    def _block(self, placement: Placement, bands: range) -> Array:
        """The numbers of a matrix, as it enters, in some bands: bands × rows × columns."""
        if placement.place == "result":
            return self._trace.values.block(self._sheet.name, bands.start, len(bands))
        name = name_of(placement.view)
        entered = self._trace.values.block(name, bands.start, len(bands))
        return np.stack([evaluate(placement.view, {name: values}) for values in entered])
