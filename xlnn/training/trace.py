"""What a run leaves behind: every matrix of every shown epoch, and the loss of all epochs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xlnn.experiment.experiment import Experiment
from xlnn.experiment.headings import headings
from xlnn.maths.evaluate import Array
from xlnn.maths.recipe import Recipe
from xlnn.maths.schedule import Schedule
from xlnn.training.kept import Kept

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Trace:
    """A finished run.

    ``trace["d_output", 1]`` is the matrix of that name in epoch 1, a float64 array of the
    shape that the step gives it; with several batches in an epoch, that of the last one, and
    ``trace["d_output", 1, 2]`` that of the second. Data and settings are the same in every epoch.
    """

    experiment: Experiment
    epochs: tuple[int, ...]
    """The epochs whose matrices were kept, in order."""
    values: Kept
    """The matrices of these epochs."""
    curves: Mapping[str, Array]
    """By name, what was measured of every epoch, such as its loss."""

    @property
    def schedule(self) -> Schedule:
        return self.experiment.schedule

    @property
    def recipe(self) -> Recipe:
        return self.schedule.recipe

    @property
    def loss(self) -> Array:
        """The loss of every epoch, before its updates: ``loss[0]`` is epoch 1's. Of several
        batches it is the sum, each with the weights that the one before left."""
        return self.curves["loss"]

    def __getitem__(self, key: tuple[str, int] | tuple[str, int, int]) -> Array:
        """The matrix of a name in an epoch, -1 for the last, and a batch, without one the last.
        Raises KeyError, saying what there is."""
        if not isinstance(key, tuple) or len(key) not in (2, 3):
            raise KeyError(f'give a name and an epoch, such as trace["{key}", 1]')
        name, epoch, batch = (*key, -1)[:3]
        epoch = self.epochs[-1] if epoch == -1 else epoch
        batch = self.schedule.batches if batch == -1 else batch
        if epoch not in self.values:
            raise KeyError(f"epoch {epoch} was not kept; there are {list(self.epochs)}")
        if not 1 <= batch <= self.schedule.batches:
            raise KeyError(f"there is no batch {batch}; an epoch has {self.schedule.batches}")
        if name not in self.values.names:
            raise KeyError(f"there is no matrix {name!r}; there are {self.values.names}")
        return self.values.matrix(name, epoch, batch)

    def frame(self, name: str, epoch: int, batch: int = -1) -> pd.DataFrame:
        """The same matrix as a DataFrame with its headings."""
        import pandas as pd

        last = batch in (-1, self.schedule.batches)
        shape = (self.schedule.last if last else self.recipe).shapes[name]
        return pd.DataFrame(
            self[name, epoch, batch],
            index=headings(self.experiment, shape.rows),
            columns=headings(self.experiment, shape.columns),
        )
