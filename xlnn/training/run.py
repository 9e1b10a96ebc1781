"""Runs a recipe epoch by epoch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from xlnn.errors import TrainingError
from xlnn.experiment.experiment import Experiment
from xlnn.maths.evaluate import Array, Values, evaluator
from xlnn.maths.recipe import Recipe
from xlnn.progress import Progress, silent
from xlnn.training.kept import Kept
from xlnn.training.start import start_values
from xlnn.training.trace import Trace


def run(
    experiment: Experiment,
    epochs: Sequence[int] | None = None,
    progress: Progress = silent,
) -> Trace:
    """Trains for all epochs and keeps the matrices of some.

    ``epochs`` are those to keep (default: the experiment's ``show``, else all). Raises
    TrainingError when the numbers overflow, or for epochs that there are not.
    """
    recipe = experiment.recipe
    wanted = set(epochs or experiment.show or range(1, experiment.epochs + 1))
    kept = tuple(sorted(wanted))
    if kept[0] < 1 or kept[-1] > experiment.epochs:
        raise TrainingError(f"epochs to keep must lie between 1 and {experiment.epochs}: {kept}")
    values = Kept(recipe, kept)
    loss, loss_of = np.empty(experiment.epochs), evaluator(recipe.loss)
    for epoch, update in enumerate(updates(experiment), start=1):
        loss[epoch - 1] = loss_of(update).item()
        if epoch in wanted:
            values.put(update)
        progress("training", 1, experiment.epochs)
    values.finish()
    return Trace(experiment, recipe, kept, values, loss)


def updates(experiment: Experiment) -> Iterator[Values]:
    """Every matrix of each update by name, from the first epoch to the last."""
    recipe = experiment.recipe
    state: Values = {
        "learning_rate": np.array([[experiment.learning_rate]]),
        "X": experiment.X,
        "y": experiment.y,
        **start_values(experiment),
    }
    for epoch in range(1, experiment.epochs + 1):
        try:
            with np.errstate(over="raise", invalid="raise", divide="raise"):
                values = update(recipe, state)
        except FloatingPointError as error:
            raise _overflow(epoch, str(error)) from error
        # A matrix product may overflow without raising.
        for name, value in values.items():
            if not np.isfinite(value).all():
                raise _overflow(epoch, name)
        yield values
        state = {**state, **{name: values[new] for name, new in recipe.renewed.items()}}


def _overflow(epoch: int, name: str) -> TrainingError:
    return TrainingError(
        f"in epoch {epoch} {name} grows beyond the largest number that a computer holds: "
        "choose a smaller learning rate, or smaller data and start values"
    )


def update(recipe: Recipe, state: Values) -> dict[str, Array]:
    """Every matrix of one update: the settings, data and parameters in ``state``, and what
    the steps make of them.

    Raises FloatingPointError with the name of a matrix that overflows, where NumPy is told to
    raise (numpy.errstate).
    """
    values = {name: state[name] for name in recipe.settings}
    values |= {given.name: state[given.name] for given in (*recipe.data, *recipe.parameters)}
    for name, value_of in recipe.evaluators.items():
        try:
            values[name] = value_of(values)
        except FloatingPointError as error:
            raise FloatingPointError(name) from error
    return values
