"""Step 1: the start values of weights and biases, given or drawn from a seed."""

from __future__ import annotations

import math

import numpy as np

from xlnn.errors import ExperimentError
from xlnn.experiment.experiment import Experiment
from xlnn.maths.evaluate import Array
from xlnn.maths.expr import ONE, Shape


def start_values(experiment: Experiment) -> dict[str, Array]:
    """The start matrices by name, in the recipe's order.

    What the experiment does not give is drawn by its method, one matrix after another from
    one generator (NumPy's PCG64, seeded). Biases, the matrices of one row, start at 0
    under xavier, he and zeros.
    """
    generator = np.random.default_rng(experiment.seed)
    values = {}
    for parameter in experiment.recipe.parameters:
        drawn = _draw(generator, experiment.start, parameter.shape)
        # Drawn even when given: giving one matrix leaves the others as they were.
        values[parameter.name] = experiment.weights.get(parameter.name, drawn)
    return values


def _draw(generator: np.random.Generator, method: str, shape: Shape) -> Array:
    size = (shape.rows.size, shape.columns.size)
    bias = shape.rows == ONE
    if method == "uniform":
        return generator.uniform(size=size)
    if method == "normal":
        return generator.standard_normal(size)
    if method == "zeros" or bias:
        return np.zeros(size)
    if method == "xavier":  # Glorot and Bengio 2010, uniform
        limit = math.sqrt(6 / (size[0] + size[1]))
        return generator.uniform(-limit, limit, size)
    if method == "he":  # He et al. 2015, normal
        return generator.normal(0, math.sqrt(2 / size[0]), size)
    raise ExperimentError(f"there is no start method {method!r}", "start")
