"""What an experiment must not ask for: each clash is named, with the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from xlnn.errors import ExperimentError
from xlnn.experiment.labels import classes_in
from xlnn.experiment.matrix import Array
from xlnn.maths.activations import ACTIVATIONS, SOFTMAX
from xlnn.maths.evaluate import evaluate
from xlnn.maths.losses import LOSSES

if TYPE_CHECKING:
    from xlnn.experiment.experiment import Experiment


FEW_CLASSES = 20
"""So many different whole numbers may be meant as classes."""


def check_experiment(experiment: Experiment) -> None:
    """Raises ExperimentError for parts that are fine alone but not together."""
    _check_numbers(experiment)
    _check_test(experiment)
    trained, tested = experiment.rows
    check_batches(experiment.batch_size, len(trained), len(tested))
    check_outputs(experiment.output_activation, experiment.loss, experiment.y.shape[1])
    _check_classes(experiment)
    _check_scaling(experiment)
    _check_targets(experiment)


def _check_numbers(experiment: Experiment) -> None:
    for name, least, below in (
        ("leak", 0.0, np.inf),
        ("momentum", 0.0, 1.0),
        ("beta1", 0.0, 1.0),
        ("beta2", 0.0, 1.0),
        ("epsilon", 0.0, np.inf),
        ("test_fraction", 0.0, 1.0),
    ):
        value = getattr(experiment, name)
        if not least <= value < below:
            bound = f" and below {below:g}" if below < np.inf else ""
            raise ExperimentError(f"{name} is {value:g}: give a number from 0 on{bound}", name)
    if not experiment.epsilon:
        raise ExperimentError("epsilon is 0, and adam would divide 0 by 0: give 1e-8", "epsilon")


def _check_test(experiment: Experiment) -> None:
    if experiment.test_fraction and len(experiment.X) < 2:
        raise ExperimentError(
            "test_fraction holds samples out, but there is only one: give more, or leave it 0",
            "test_fraction",
        )


def check_batches(size: Any, samples: int, tested: int = 0) -> None:
    """Raises ExperimentError for a batch size that so many samples for training cannot have."""
    if size == "all":
        return
    whole = isinstance(size, (int, np.integer)) and not isinstance(size, bool)
    if not whole or int(size) < 1:
        raise ExperimentError(
            f'batch_size is {size!r}: give "all" or a number of samples from 1 on', "batch_size"
        )
    if int(size) > samples:
        held = f" ({tested} are held out)" if tested else ""
        raise ExperimentError(
            f"batch_size is {size}, but there are {samples} samples to train{held}: give at most "
            f'{samples}, or "all"',
            "batch_size",
        )


def check_outputs(activation: str, loss: str, outputs: int) -> None:
    """Raises ExperimentError for an output layer that does not go with the loss."""
    if activation == SOFTMAX.name and outputs < 2:
        raise ExperimentError(
            "softmax shares 1 among the outputs, but there is only one, which would always be 1: "
            "use sigmoid for two classes, or give a column of y for each class",
            "output_activation",
        )
    fitting = LOSSES[loss].activations
    if fitting and ACTIVATIONS[activation] not in fitting:
        names = " or ".join(each.name for each in fitting)
        raise ExperimentError(
            f"{loss} compares probabilities, which a {activation} output does not "
            f"give: use {names} as output_activation, or squared-error as loss",
            "loss",
        )


def _check_classes(experiment: Experiment) -> None:
    names, columns = experiment.class_names, experiment.y.shape[1]
    if names is not None and len(names) != max(2, columns):
        raise ExperimentError(
            f"there are {len(names)} names of classes, but {max(2, columns)} classes: give as many",
            "class_names",
        )
    if names is not None and classes_in(experiment.y) == "none":
        raise ExperimentError(
            "classes are named, but the targets do not tell any: give labels, one column with both "
            "0 and 1, or one column for each class with a single 1 in each row",
            "class_names",
        )
    if experiment.class_kind == "none" or not experiment.rows[1]:
        return
    trained = experiment.y[list(experiment.rows[0])]
    seen = set(np.unique(trained)) if columns == 1 else None
    missing = [
        name
        for place, name in enumerate(experiment.classes)
        if (
            trained[:, place].max() == 0 if seen is None else len(seen) == 1 and _lacks(seen, place)
        )
    ]
    if missing:
        raise ExperimentError(
            f"no training sample is of the class {missing[0]!r}, all are held out for testing: "
            "choose another seed, hold fewer out, or give more samples of it",
            "test_fraction",
        )


def _lacks(seen: set[float], place: int) -> bool:
    """Whether the smaller (place 0) or the larger of two values was not seen."""
    return (max(seen) > 0) == (place == 0)


def _check_scaling(experiment: Experiment) -> None:
    for name, names, scaling in (
        ("X", experiment.feature_names, experiment.scale),
        ("y", experiment.target_names, experiment.scale_targets),
    ):
        if scaling == "none":
            continue
        raw = experiment.data[f"{name}_raw"]
        constant = np.flatnonzero(raw.min(axis=0) == raw.max(axis=0))
        if len(constant):
            column = list(names or ())[constant[0]]
            raise ExperimentError(
                f"column {column!r} of {name} is {raw[0, constant[0]]:g} in all training samples, "
                f"so {scaling} scaling would divide by 0: leave the column out, or do not scale",
                "scale" if name == "X" else "scale_targets",
            )
    if experiment.scale_targets != "none" and experiment.class_names is not None:
        raise ExperimentError(
            "scale_targets is for targets that are numbers; these are classes: leave it out",
            "scale_targets",
        )


def _check_targets(experiment: Experiment) -> None:
    activation = ACTIVATIONS[experiment.output_activation]
    y = _scaled_targets(experiment)
    outside = np.argwhere((y < activation.lowest) | (y > activation.highest))
    if len(outside):
        row, column = outside[0]
        name = list(experiment.target_names or ())[column]
        scaled = " when scaled" if experiment.scale_targets != "none" else ""
        limits = f"between {activation.lowest:g} and {activation.highest:g}"
        if activation.highest == np.inf:
            limits = f"from {activation.lowest:g} on"
        raise ExperimentError(
            f"the target {name!r} is {y[row, column]:g}{scaled}, but a {activation.name} output "
            f"lies {limits} and cannot reach it ({len(outside)} targets in all): {_ways_out(y)}",
            "output_activation" if scaled else "y",
        )
    if experiment.loss == "cross-entropy" and activation is SOFTMAX:
        wrong = np.flatnonzero(np.abs(y.sum(axis=1) - 1) > 1e-9)
        if len(wrong):
            raise ExperimentError(
                f"the targets of sample {wrong[0] + 1} add up to {y[wrong[0]].sum():g}: with "
                "softmax and cross-entropy they are probabilities and add up to 1",
                "y",
            )


def _ways_out(y: Array) -> str:
    """What to do about targets that are out of reach."""
    ways = (
        'scale the targets to 0 to 1 (scale_targets = "minmax", --scale-targets minmax), or use a '
        'linear output (output_activation = "linear", --output-activation linear)'
    )
    whole = bool((y == np.rint(y)).all())
    if y.shape[1] == 1 and whole and len(np.unique(y)) <= FEW_CLASSES:
        ways += "; if these numbers are classes, write them as words, such as class1"
    return ways


def _scaled_targets(experiment: Experiment) -> Array:
    """The targets as the network gets them; when scaled, those of the training samples."""
    if experiment.scale_targets == "none":
        every: Array = experiment.y  # those held out, too
        return every
    values = dict(experiment.data)
    for step in experiment.recipe.prepared:
        if step.name.startswith("y"):
            values[step.name] = evaluate(step.expr, values)
    return values["y"]
