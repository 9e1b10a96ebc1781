"""The matrices of the epochs that were kept, in a temporary file beyond a few megabytes.

So memory does not grow with the epochs: training puts one epoch after the other in, and the
workbook's sheets, which go through all epochs matrix by matrix, take blocks out.
"""

from __future__ import annotations

import math
import tempfile
import weakref
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from xlnn.errors import OutputError
from xlnn.maths.evaluate import Array, Values
from xlnn.maths.recipe import Recipe

IN_MEMORY = 1 << 22
"""The bytes that are held in memory; more goes to a file."""

WAITING = 1 << 20
"""The bytes that are gathered before they are put away."""


class Kept(Mapping[int, Values]):
    """By epoch, every matrix by name, in float64. Settings and data are the same in every epoch."""

    def __init__(self, recipe: Recipe, epochs: Sequence[int]) -> None:
        self._indexes = {epoch: index for index, epoch in enumerate(epochs)}
        self._constant = {*recipe.settings, *(given.name for given in recipe.data)}
        self._constants: dict[str, Array] = {}
        self._shapes: dict[str, tuple[int, int]] = {}
        self._starts: dict[str, int] = {}
        start = 0
        for name, shape in recipe.shapes.items():
            if name not in self._constant:
                self._shapes[name] = shape.rows.size, shape.columns.size
                self._starts[name] = start
                start += shape.size
        self._waiting = np.empty((min(max(1, WAITING // 8 // start), len(epochs)), start))
        self._put = self._stored = 0
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

    def put(self, values: Values) -> None:
        """Takes the matrices of the next epoch in."""
        if not self._put:
            self._constants = {name: values[name] for name in self._constant}
            self._note_largest(self._constants)
        row = self._put - self._stored
        np.concatenate([values[name].ravel() for name in self._shapes], out=self._waiting[row])
        self._put += 1
        if self._put - self._stored == len(self._waiting):
            self._put_away()

    def _put_away(self) -> None:
        """Writes what waits, each matrix beside its other epochs."""
        waiting = self._waiting[: self._put - self._stored]
        if not len(waiting):
            return
        for name, shape in self._shapes.items():
            start, size = self._starts[name], math.prod(shape)
            block = waiting[:, start : start + size]
            self._note_largest({name: block})
            try:
                self._file.seek(8 * (start * len(self._indexes) + size * self._stored))
                self._file.write(block.tobytes())
            except OSError as error:
                raise OutputError(
                    f"the epochs cannot be kept in {tempfile.gettempdir()} ({error.strerror}): "
                    "set the environment variable TMPDIR to a folder with more room, or show "
                    "fewer epochs (--show)"
                ) from error
        self._stored = self._put

    def _note_largest(self, values: Values) -> None:
        for name, value in values.items():
            largest = max(float(value.max()), -float(value.min()))
            self.largest[name] = max(largest, self.largest.get(name, 0.0))

    def finish(self) -> None:
        """Puts away what still waits, after the last epoch."""
        self._put_away()

    def block(self, name: str, first: int, count: int) -> Array:
        """A matrix in some epochs that follow each other, counted from 0 among the kept ones:
        epochs × rows × columns."""
        if name in self._constant:
            constant = self._constants[name]
            return np.broadcast_to(constant, (count, *constant.shape))
        shape = self._shapes[name]
        size = math.prod(shape)
        self._file.seek(8 * (self._starts[name] * len(self._indexes) + size * first))
        return np.frombuffer(self._file.read(8 * size * count)).reshape(count, *shape)

    def matrix(self, name: str, epoch: int) -> Array:
        """A matrix of an epoch. Raises KeyError for a name or an epoch that is not there."""
        (matrix,) = self.block(name, self._indexes[epoch], 1)
        return matrix  # type: ignore[no-any-return]  # NumPy does not say what it iterates over

    @property
    def names(self) -> list[str]:
        """The matrices that there are of every epoch."""
        return [*self._constants, *self._shapes]

    def __getitem__(self, epoch: int) -> Values:
        index = self._indexes[epoch]
        return self._constants | {name: self.block(name, index, 1)[0] for name in self._shapes}

    def __iter__(self) -> Iterator[int]:
        return iter(self._indexes)

    def __len__(self) -> int:
        return len(self._indexes)
