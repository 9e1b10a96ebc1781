"""The matrices of the epochs that were kept, in a temporary file beyond a few megabytes.

So memory does not grow with the epochs: training puts one epoch after the other in, and the
workbook's sheets, which go through all epochs matrix by matrix, take blocks out.
"""

from __future__ import annotations

import math
import tempfile
import weakref
from collections.abc import Sequence
from typing import Any

import numpy as np

from xlnn.errors import OutputError
from xlnn.maths.evaluate import Array, Values
from xlnn.maths.schedule import Schedule

IN_MEMORY = 1 << 22
"""The bytes that are held in memory; more goes to a file."""

WAITING = 1 << 20
"""The bytes that are gathered before they are put away."""


class Kept:
    """The matrices of some epochs, in float64. Of what is the same in all epochs there is one; of
    an update one in each batch, of a measure one in each epoch.
    """

    def __init__(self, schedule: Schedule, epochs: Sequence[int]) -> None:
        self._indexes = {epoch: index for index, epoch in enumerate(epochs)}
        self._constants: dict[str, Array] = {}
        self._shapes: dict[str, tuple[int, int]] = {}
        self._starts: dict[str, int] = {}
        """Where each matrix's epochs begin, in numbers."""
        self._batches: dict[str, int] = {}
        """How often each is there in an epoch."""
        self._last_rows: dict[str, int] = {}
        """How many rows each has in the last batch, which may have fewer samples."""
        recipe, start = schedule.recipe, 0
        for name, shape in recipe.shapes.items():
            recurrence = recipe.recurrence[name]
            if recurrence != "once":
                self._shapes[name] = shape.rows.size, shape.columns.size
                self._starts[name] = start
                each = schedule.batches if recurrence == "update" else 1
                start += shape.size * each * len(epochs)
                self._batches[name] = each
                self._last_rows[name] = schedule.last.shapes[name].rows.size
        self._waiting: dict[str, list[Array]] = {name: [] for name in self._shapes}
        self._stored = dict.fromkeys(self._shapes, 0)
        self._gathered = 0
        self._open()
        self.largest: dict[str, float] = {}
        """By name, the largest number over all epochs put in, without its sign."""

    def _open(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115
        weakref.finalize(self, self._file.close)

    def __getstate__(self) -> dict[str, object]:
        """For pickle and copy: the content instead of the file."""
        self._file.seek(0)
        return {**self.__dict__, "_file": self._file.read()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__ |= state
        self._open()
        self._file.write(state["_file"])

    def put_constants(self, values: Values) -> None:
        """Takes in what is the same in all epochs."""
        self._constants = dict(values)
        for name, value in values.items():
            self._note_largest(name, value)

    def put(self, values: Values) -> None:
        """Takes in the matrices of the next update, or the measures of the next epoch."""
        for name, value in values.items():
            self._waiting[name].append(value)
            self._gathered += value.nbytes
        if self._gathered >= WAITING:
            self.finish()

    def finish(self) -> None:
        """Puts away what waits, each matrix beside its other epochs."""
        for name, waiting in self._waiting.items():
            if waiting:
                self._put_away(name, waiting)
                waiting.clear()
        self._gathered = 0

    def _put_away(self, name: str, waiting: Sequence[Array]) -> None:
        rows, columns = self._shapes[name]
        block = np.zeros((len(waiting), rows, columns))
        for place, value in zip(block, waiting, strict=True):
            place[: len(value)] = value  # the last batch may have fewer rows
        self._note_largest(name, block)
        try:
            self._file.seek(8 * (self._starts[name] + rows * columns * self._stored[name]))
            self._file.write(block.tobytes())
        except OSError as error:
            raise OutputError(
                f"the epochs cannot be kept in {tempfile.gettempdir()} ({error.strerror}): "
                "set the environment variable TMPDIR to a folder with more room, or show "
                "fewer epochs (--show)"
            ) from error
        self._stored[name] += len(waiting)

    def _note_largest(self, name: str, value: Array) -> None:
        largest = max(float(value.max()), -float(value.min()))
        self.largest[name] = max(largest, self.largest.get(name, 0.0))

    def block(self, name: str, first: int, count: int) -> Array:
        """A matrix in some bands that follow each other (see Plan), counted from 0 among the kept
        ones: bands × rows × columns. Of a batch with fewer samples the rows beyond are 0."""
        if name in self._constants:
            constant = self._constants[name]
            return np.broadcast_to(constant, (count, *constant.shape))
        shape = self._shapes[name]
        size = math.prod(shape)
        self._file.seek(8 * (self._starts[name] + size * first))
        return np.frombuffer(self._file.read(8 * size * count)).reshape(count, *shape)

    def matrix(self, name: str, epoch: int, batch: int) -> Array:
        """A matrix of a batch; of what recurs less often, the one that it goes with. Raises
        KeyError for a name or an epoch that is not there."""
        batches = self._batches.get(name, 1)
        index = self._indexes[epoch] * batches + min(batch, batches) - 1
        matrix: Array = self.block(name, index, 1)[0]
        return matrix[: self._last_rows[name]] if batch == batches > 1 else matrix

    @property
    def names(self) -> list[str]:
        """The matrices that there are."""
        return [*self._constants, *self._shapes]

    def __contains__(self, epoch: object) -> bool:
        return epoch in self._indexes
