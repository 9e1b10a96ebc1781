"""Every update moves every weight and bias down the slope of the loss.

Here the slope is found without any backward propagation: by moving one number at a time a little
both ways and looking at the loss. What an update adds, divided by the learning rate, must be the
downhill gradient; other optimisers show it as a matrix of its own.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import asdict

import numpy as np
import pytest
from recomputed import difference
from reference import ARTICLE, Array, Matrices, Rules, epoch, forward, loss, losses

import xlnn
from xlnn.experiment.experiment import Experiment
from xlnn.training.trace import Trace

LR = 0.3
STEP = 1e-5
"""Small enough for a straight line, large enough to be seen in 16 digits."""

TOLERANCE = 1e-8
"""The third derivative times STEP^2, and a loss near 1 rounded to 1e-16 divided by STEP."""

FROM_A_KINK = 1e-3
"""How far the input of a relu must be from 0, and that of a threshold from its jump: no step of
STEP may lead across, where the loss is no straight line."""

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

HIDDEN = ("sigmoid", "tanh", "relu", "leaky-relu", "linear", "threshold")

OUTPUTS = (
    *((activation, "squared-error") for activation in (*HIDDEN, "softmax")),
    ("sigmoid", "cross-entropy"),
    ("softmax", "cross-entropy"),
)
"""Every output activation with every loss that goes with it."""


def experiment(
    samples: int, inputs: int, hidden: tuple[int, ...], outputs: int, **choices: object
) -> Experiment:
    generator = np.random.default_rng(7)
    X = generator.normal(size=(samples, inputs))
    # Within the reach of every activation, and for softmax rows that add up to 1.
    y = generator.uniform(size=(samples, outputs))
    if choices.get("output_activation") == "softmax":
        y /= y.sum(axis=1, keepdims=True)
    rest = {"start": "normal", "seed": 8, "learning_rate": LR, "accuracy": False}
    return Experiment(X=X, y=y, hidden=hidden, **(rest | choices))


def downhill(
    X: Array, y: Array, parameters: Mapping[str, Array], name: str, rules: Rules = ARTICLE
) -> Array:
    """Minus the gradient of the loss for one parameter matrix, by central differences."""
    slope = np.empty_like(parameters[name])
    for place in np.ndindex(slope.shape):
        sides = []
        for step in (STEP, -STEP):
            moved = parameters[name].copy()
            moved[place] += step
            m = forward(X, {**parameters, name: moved}, rules)
            sides.append(float(np.sum(losses(y, m, rules))))
        slope[place] = -(sides[0] - sides[1]) / (2 * STEP)
    return slope / (len(X) if rules.gradient == "mean" else 1)


def parameters_of(trace: Trace, moment: tuple[int, ...] = (1,)) -> Matrices:
    """The weights and biases before an update."""
    return {given.name: trace[given.name, *moment] for given in trace.recipe.parameters}


def nearest_kink(m: Mapping[str, Array], rules: Rules) -> float:
    """How near an input comes to where the slope of its activation jumps."""
    kinks = {"relu": 0.0, "leaky-relu": 0.0, "threshold": rules.threshold}
    found = [
        np.abs(matrix - kinks[activation]).min()
        for name, matrix in m.items()
        for layer, activation in (
            ("hidden_layer_input", rules.activation),
            ("output_layer_input", rules.output_activation),
        )
        if name.startswith(layer) and activation in kinks
    ]
    return min(found, default=np.inf)


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_updates_follow_the_gradient(network: tuple[int, int, tuple[int, ...], int]) -> None:
    asked = experiment(*network)
    trace = xlnn.run(asked)
    parameters = parameters_of(trace)
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
    parameters = parameters_of(xlnn.run(asked))
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


@pytest.mark.parametrize(("output", "kind"), OUTPUTS, ids=map("+".join, OUTPUTS))
@pytest.mark.parametrize("hidden", HIDDEN)
def test_every_activation_and_loss_follows_the_gradient(
    hidden: str, output: str, kind: str
) -> None:
    # The slope that a threshold truly has; that of the perceptron's rule is no slope of the loss.
    rules = Rules(activation=hidden, output_activation=output, loss=kind, threshold_slope=0)
    asked = experiment(4, 3, (4, 3), 3, **asdict(rules))
    trace = xlnn.run(asked)
    parameters = parameters_of(trace)
    first = epoch(asked.X, asked.y, parameters, LR, rules)
    assert nearest_kink(first, rules) > FROM_A_KINK
    for name, start in parameters.items():
        slope = downhill(asked.X, asked.y, parameters, name, rules)
        # A threshold lets no slope through: only what stands above the last one learns.
        stuck = output == "threshold" or (hidden == "threshold" and "out" not in name)
        assert (np.abs(slope).max() > 1e-4) != stuck
        assert difference((trace[f"{name}_new", 1] - start) / LR, slope) <= TOLERANCE, name
        assert difference((first[f"{name}_new"] - start) / LR, slope) <= TOLERANCE, name


LEARNING = {
    f"{optimizer}, {gradient}, biases {biases}": {
        "optimizer": optimizer,
        "gradient": gradient,
        **{
            "for each neuron": {},
            "for each layer": {"bias_per": "layer"},
            "fixed": {"update_biases": False},
            "none": {"biases": False},
        }[biases],
    }
    for optimizer, gradient, biases in itertools.product(
        ("gradient-descent", "momentum", "nesterov", "adam"),
        ("sum", "mean"),
        ("for each neuron", "for each layer", "fixed", "none"),
    )
}
"""Whatever makes a gradient of the deltas: all of an optimiser's ways, biases, sum and mean."""


@pytest.mark.parametrize("choices", LEARNING.values(), ids=LEARNING)
def test_every_batch_follows_the_gradient_of_its_own_samples(choices: dict[str, object]) -> None:
    # Not softmax: to add the same to all its inputs changes nothing, so that a bias that they share
    # has a gradient of nothing.
    rules = Rules(activation="tanh", loss="cross-entropy", gradient=choices["gradient"])
    asked = experiment(
        *(5, 3, (4, 3), 3),
        activation="tanh",
        loss="cross-entropy",
        batch_size=2,
        shuffle=True,
        epochs=2,
        show="all",
        **choices,
    )
    trace = xlnn.run(asked)
    for moment in itertools.product((1, 2), (1, 2, 3)):
        parameters = parameters_of(trace, moment)
        rows = trace["order", *moment][:, 0].astype(int) - 1
        X, y = asked.X[rows], asked.y[rows]
        assert len(rows) == (1 if moment[1] == 3 else 2)
        assert any(name.startswith("b") for name in parameters) == choices.get("biases", True)
        for name, start in parameters.items():
            if name.startswith("b") and not choices.get("update_biases", True):
                assert f"{name}_new" not in trace.values.names
                continue
            slope = downhill(X, y, parameters, name, rules)
            assert np.abs(slope).max() > 1e-4, "a gradient of nothing proves nothing"
            if choices["optimizer"] == "gradient-descent":
                found = (trace[f"{name}_new", *moment] - start) / LR
            else:
                found = trace[f"{name}_gradient", *moment]
            assert difference(found, slope) <= TOLERANCE, name
