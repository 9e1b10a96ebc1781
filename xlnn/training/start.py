"""Step 1: the start values of weights and biases, given or drawn from a seed."""

from __future__ import annotations

import math

import numpy as np

from xlnn.errors import ExperimentError
from xlnn.experiment.experiment import Experiment
from xlnn.maths.evaluate import Array
from xlnn.maths.expr import ONE, Shape

Generator = np.random.Generator | np.random.RandomState


def start_values(experiment: Experiment) -> dict[str, Array]:
    """The start matrices by name, in the recipe's order, then those of the optimiser.

    What the experiment does not give is drawn by its method, one matrix after another from
    one generator: NumPy's PCG64, or its older Mersenne Twister, which the articles' numbers come
    from. Biases, the matrices of one row, start at 0 under xavier, he and zeros.
    """
    generator: Generator
    if experiment.generator == "legacy":
        generator = np.random.RandomState(experiment.seed)
    else:
        generator = np.random.default_rng(experiment.seed)
    generator.uniform(size=experiment.skip)
    values = {}
    for parameter in experiment.recipe.parameters:
        drawn = _draw(generator, experiment.start, parameter.shape)
        # Drawn even when given: giving one matrix leaves the others as they were.
        values[parameter.name] = experiment.weights.get(parameter.name, drawn)
    for state in experiment.recipe.states:
        values[state.name] = np.full(_size(state.shape), state.start)
    return values


def _draw(generator: Generator, method: str, shape: Shape) -> Array:
    size = _size(shape)
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


def _size(shape: Shape) -> tuple[int, int]:
    return shape.rows.size, shape.columns.size
