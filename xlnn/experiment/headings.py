"""What stands beside the rows and above the columns of a matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xlnn.maths.expr import ONE, Axis

if TYPE_CHECKING:
    from xlnn.experiment.experiment import Experiment


def headings(experiment: Experiment, axis: Axis) -> list[str]:
    """One heading for each place along an axis. Hidden neurons are h1, h2, …; with several
    hidden layers h2.1 is the first neuron of the second."""
    if axis == ONE:
        return [""]
    samples = list(experiment.sample_names or ())
    trained, tested = experiment.rows
    if axis.name == "sample":
        return [samples[row] for row in trained]
    if axis.name == "test sample":
        return [samples[row] for row in tested]
    given = {
        "feature": experiment.feature_names,
        "output": experiment.target_names,
        "class": experiment.classes,
    }
    if axis.name in given:
        return list(given[axis.name] or ())
    if axis.name == "place":
        return [f"place {i + 1}" for i in range(axis.size)]
    layer = axis.name.partition("_")[2]
    before = f"h{layer}." if layer else "h"
    return [f"{before}{i + 1}" for i in range(axis.size)]
