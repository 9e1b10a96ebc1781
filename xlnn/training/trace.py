"""What a run leaves behind: every matrix of every shown epoch, and the loss of all epochs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from xlnn.experiment.experiment import Experiment
from xlnn.experiment.headings import headings
from xlnn.maths.evaluate import Array
from xlnn.maths.recipe import Recipe
from xlnn.training.kept import Kept

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Trace:
    """A finished run.

    ``trace["d_output", 1]`` is the matrix of that name in epoch 1, a float64 array of the
    shape that the step gives it. Data and settings are the same in every epoch.
    """

    experiment: Experiment
    recipe: Recipe
    epochs: tuple[int, ...]
    """The epochs whose matrices were kept, in order."""
    values: Kept
    """By epoch, every matrix of the recipe by name."""
    loss: Array
    """The loss of every epoch, before its update: ``loss[0]`` is epoch 1's."""

    def __getitem__(self, key: tuple[str, int]) -> Array:
        """The matrix of a name in an epoch, -1 for the last. Raises KeyError, saying what there
        is."""
        if not isinstance(key, tuple):
            raise KeyError(f'give a name and an epoch, such as trace["{key}", 1]')
        name, epoch = key
        epoch = self.epochs[-1] if epoch == -1 else epoch
        if epoch not in self.values:
            raise KeyError(f"epoch {epoch} was not kept; there are {list(self.epochs)}")
        if name not in self.values.names:
            raise KeyError(f"there is no matrix {name!r}; there are {self.values.names}")
        return self.values.matrix(name, epoch)

    def frame(self, name: str, epoch: int) -> pd.DataFrame:
        """The same matrix as a DataFrame with its headings."""
        import pandas as pd

        shape = self.recipe.shapes[name]
        return pd.DataFrame(
            self[name, epoch],
            index=headings(self.experiment, shape.rows),
            columns=headings(self.experiment, shape.columns),
        )
