"""Steps 10 and 11 move every weight and bias down the slope of the loss.

What an update adds, divided by the learning rate, is the downhill gradient of the sum of
(y - output)^2 / 2. Here it is found without any backward propagation: by moving one number at a
time a little both ways and looking at the loss.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from recomputed import difference
from reference import Array, epoch, forward, loss

import xlnn
from xlnn.experiment.experiment import Experiment

LR = 0.3
STEP = 1e-5
"""Small enough for a straight line, large enough to be seen in 16 digits."""

TOLERANCE = 1e-8
"""The third derivative times STEP^2, and a loss near 1 rounded to 1e-16 divided by STEP."""

NETWORKS = {
    "no hidden layer": (5, 3, (), 2),
    "one hidden layer": (3, 4, (3,), 1),
    "several outputs": (4, 2, (3,), 3),
    "a single sample": (1, 3, (2,), 2),
    "two hidden layers": (4, 3, (5, 2), 1),
    # As many of everything, so that a transpose would go unnoticed but for the numbers.
    "square": (3, 3, (3, 3), 3),
    "three hidden layers": (6, 2, (3, 4, 2), 2),
}
"""Samples, inputs, hidden neurons and outputs."""


def experiment(samples: int, inputs: int, hidden: tuple[int, ...], outputs: int) -> Experiment:
    generator = np.random.default_rng(7)
    return Experiment(
        X=generator.normal(size=(samples, inputs)),
        y=generator.uniform(size=(samples, outputs)),
        hidden=hidden,
        start="normal",
        seed=8,
        learning_rate=LR,
    )


def downhill(X: Array, y: Array, parameters: Mapping[str, Array], name: str) -> Array:
    """Minus the gradient of the loss for one parameter matrix, by central differences."""
    slope = np.empty_like(parameters[name])
    for place in np.ndindex(slope.shape):
        sides = []
        for step in (STEP, -STEP):
            moved = parameters[name].copy()
            moved[place] += step
            output = forward(X, {**parameters, name: moved})["output"]
            sides.append(loss(y, output))
        slope[place] = -(sides[0] - sides[1]) / (2 * STEP)
    return slope


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_updates_follow_the_gradient(network: tuple[int, int, tuple[int, ...], int]) -> None:
    asked = experiment(*network)
    trace = xlnn.run(asked)
    parameters = {given.name: trace[given.name, 1] for given in trace.recipe.parameters}
    assert len(parameters) == 2 * len(network[2]) + 2
    for name, start in parameters.items():
        moved = (trace[f"{name}_new", 1] - start) / LR
        slope = downhill(asked.X, asked.y, parameters, name)
        assert np.abs(slope).max() > 1e-4, "a gradient of nothing proves nothing"
        assert difference(moved, slope) <= TOLERANCE, name


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_the_witness_follows_the_gradient_too(
    network: tuple[int, int, tuple[int, ...], int],
) -> None:
    asked = experiment(*network)
    trace = xlnn.run(asked)
    parameters = {given.name: trace[given.name, 1] for given in trace.recipe.parameters}
    first = epoch(asked.X, asked.y, parameters, LR)
    for name, start in parameters.items():
        slope = downhill(asked.X, asked.y, parameters, name)
        assert difference((first[f"{name}_new"] - start) / LR, slope) <= TOLERANCE, name


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_the_loss_is_half_the_squared_error(
    network: tuple[int, int, tuple[int, ...], int],
) -> None:
    trace = xlnn.run(experiment(*network))
    assert trace.loss[0] == pytest.approx(loss(trace["y", 1], trace["output", 1]), rel=1e-14)
