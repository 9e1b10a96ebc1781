"""The same blocks again: further epochs and batches that stand below, to the right, or on sheets of
their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from xlnn.audit.theirs.blocks import Block, Cells
from xlnn.audit.theirs.map_file import MapFile, Repetition
from xlnn.audit.theirs.map_values import MAX_UPDATES
from xlnn.audit.theirs.ranges import RangeError, Ranges
from xlnn.errors import MapError, WorkbookError
from xlnn.maths.schedule import Schedule
from xlnn.workbook.plan import MAX_COLUMNS, MAX_ROWS, Moment

Placed = tuple[Moment, Block]


def repeated(
    file: MapFile,
    schedule: Schedule,
    blocks: Mapping[Moment, Mapping[str, Sequence[Block]]],
    ranges: Ranges,
) -> Iterator[Placed]:
    """The blocks that follow from [epochs] and [batches].

    Raises MapError where they would leave the sheet, WorkbookError for sheets that are not there.
    """
    epochs = file.epochs.count or 1 if file.epochs else 1
    batches = schedule.batches if file.batches else 1
    if epochs * batches > MAX_UPDATES:
        raise MapError(
            f"{file.path}: {epochs:,} epochs of {batches:,} batches are {epochs * batches:,} "
            f"updates, but at most {MAX_UPDATES:,} are audited: map fewer"
        )
    if file.batches and batches == 1:
        raise MapError(
            f"{file.batches.place}: an epoch has one batch: leave [batches] out, or give "
            "batch_size in [training]"
        )
    first = [
        (moment, block)
        for moment, here in blocks.items()
        if moment.epoch == 1
        for found in here.values()
        for block in found
    ]
    if file.batches:
        shift = _Shift(file.batches, schedule, ranges, of_batches=True)
        again = [
            (Moment(1, batch), block)
            for batch in range(2, batches + 1)
            for block in shift.moved(first, Moment(1, 1), batch)
            if not _is_said(file, blocks, Moment(1, batch), block)
        ]
        first += again
        yield from again
    if file.epochs:
        shift = _Shift(file.epochs, schedule, ranges, of_batches=False)
        for epoch in range(2, epochs + 1):
            for batch in range(1, schedule.batches + 1):
                moment = Moment(epoch, batch)
                for block in shift.moved(first, Moment(1, batch), epoch):
                    if not _is_said(file, blocks, moment, block):
                        yield moment, block


def _is_said(
    file: MapFile,
    blocks: Mapping[Moment, Mapping[str, Sequence[Block]]],
    moment: Moment,
    block: Block,
) -> bool:
    """Whether the map tells of a block itself."""
    return block.matrix in blocks.get(moment, {}) or block.matrix in file.entries.get(moment, {})


class _Shift:
    """How the blocks of one epoch, or batch, stand beside those of the first."""

    def __init__(
        self, repetition: Repetition, schedule: Schedule, ranges: Ranges, *, of_batches: bool
    ) -> None:
        self.repetition, self.schedule, self.of_batches = repetition, schedule, of_batches
        self.sheets: list[str] = []
        for sheet in repetition.sheets:
            try:
                self.sheets.append(ranges.sheet(sheet))
            except RangeError as error:
                raise WorkbookError(f"{repetition.place}: {error}") from error
        if len(set(self.sheets)) < len(self.sheets):
            raise MapError(f"{repetition.place}: a sheet is named twice: give each once")

    def moved(self, blocks: Iterable[Placed], base: Moment, number: int) -> Iterator[Block]:
        """Those of one moment as they stand the ``number``th time."""
        recipe = self.schedule.recipe
        for moment, block in blocks:
            if moment != base or not block.repeat:
                continue
            if self.of_batches and recipe.recurrence[block.matrix] != "update":
                continue
            cells = self._cells(block, number)
            if cells is None:
                continue
            once = recipe.recurrence[block.matrix] == "once"
            given = once or block.matrix in recipe.renewed
            role = "copy" if once and block.role == "matrix" else block.role
            yield replace(block, cells=cells, role=role, implied=given)

    def _cells(self, block: Block, number: int) -> Cells | None:
        """Where a block stands the ``number``th time; None if it does not stand there."""
        repetition, cells = self.repetition, block.cells
        if self.sheets:
            if number > len(self.sheets):
                raise MapError(
                    f"{repetition.place}: there are {self.schedule.batches} batches, but "
                    f"{len(self.sheets)} sheets: name one for each"
                )
            if any(part.sheet != self.sheets[0] for part in cells.ranges):
                return None
            moved = cells.moved(sheet=self.sheets[number - 1])
        else:
            times = number - 1
            moved = cells.moved(repetition.rows * times, repetition.columns * times)
        for part in moved.ranges:
            if part.last[0] > MAX_ROWS or part.last[1] > MAX_COLUMNS:
                raise MapError(
                    f"{repetition.place}: {block.matrix} would leave the sheet the {number}th "
                    "time: look at count, rows and columns"
                )
        return self._fitted(block, moved, number)

    def _fitted(self, block: Block, cells: Cells, number: int) -> Cells:
        """The same with as many rows or columns as the last batch has samples."""
        schedule = self.schedule
        if not self.of_batches or number != schedule.batches or block.role == "ones":
            return cells
        shape = schedule.last.shapes[block.matrix]
        rows, columns = shape.rows.size, shape.columns.size
        if block.transpose:
            rows, columns = columns, rows
        return cells.cut(0, 0, rows, columns)
