"""The article's 11 steps in plain NumPy, written from the article alone.

A witness: it imports nothing from xlnn, so what both say is unlikely to be wrong in both.
Samples are rows. There may be any number of hidden layers: none, one (``wh``, ``bh``), or more,
counted from the inputs on (``wh_1``, ``bh_1``, ``wh_2``, ``bh_2``, ...).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Matrices = dict[str, Array]


def sigmoid(x: Array) -> Array:
    # 1/(1 + e^-x) is e to the power of -log(1 + e^-x), and NumPy takes that logarithm without
    # computing e^-x, so that nothing overflows.
    return np.exp(-np.logaddexp(0, -x))


def derivatives_sigmoid(x: Array) -> Array:
    """The slope of the sigmoid where it has the value x."""
    return x * (1 - x)


def hidden_layers(parameters: Mapping[str, Array]) -> list[str]:
    """What the names of each hidden layer end in: nothing for a single one, else _1, _2, ..."""
    return [name.removeprefix("wh") for name in parameters if name.startswith("wh")]


def forward(X: Array, parameters: Mapping[str, Array]) -> Matrices:
    """Steps 2 to 4: from the inputs to the output."""
    m: Matrices = {}
    signal = X
    for i in hidden_layers(parameters):
        # Step 2: the hidden layer's input, a linear transformation.
        m[f"hidden_layer_input{i}"] = np.dot(signal, parameters[f"wh{i}"]) + parameters[f"bh{i}"]
        # Step 3: the hidden layer's activations, a non-linear transformation.
        m[f"hiddenlayer_activations{i}"] = sigmoid(m[f"hidden_layer_input{i}"])
        signal = m[f"hiddenlayer_activations{i}"]
    # Step 4: the same twice over for the output layer.
    m["output_layer_input"] = np.dot(signal, parameters["wout"]) + parameters["bout"]
    m["output"] = sigmoid(m["output_layer_input"])
    return m


def loss(y: Array, output: Array) -> float:
    """The squared error, half of it, summed over samples and outputs."""
    return float(np.sum((y - output) ** 2) / 2)


def epoch(X: Array, y: Array, parameters: Mapping[str, Array], lr: float) -> Matrices:
    """One epoch: every matrix of the 11 steps by its name."""
    layers = hidden_layers(parameters)

    # Steps 0 and 1: inputs, targets, weights and biases. Steps 2 to 4: forward.
    m = {"X": X, "y": y, **parameters, **forward(X, parameters)}

    # Step 5: the error, actual minus predicted.
    m["E"] = y - m["output"]

    # Step 6: the slopes.
    m["slope_output_layer"] = derivatives_sigmoid(m["output"])
    for i in layers:
        m[f"slope_hidden_layer{i}"] = derivatives_sigmoid(m[f"hiddenlayer_activations{i}"])

    # Step 7: the delta of the output layer. The learning rate has no place here.
    m["d_output"] = m["E"] * m["slope_output_layer"]

    delta, weights = m["d_output"], m["wout"]
    for i in reversed(layers):
        # Step 8: the error at the hidden layer, sent back through the weights above it.
        m[f"Error_at_hidden_layer{i}"] = np.dot(delta, weights.T)
        # Step 9: the delta of the hidden layer.
        m[f"d_hiddenlayer{i}"] = m[f"Error_at_hidden_layer{i}"] * m[f"slope_hidden_layer{i}"]
        delta, weights = m[f"d_hiddenlayer{i}"], m[f"wh{i}"]

    # Step 10: the weights, each by what went in times the delta, summed over the samples.
    signal = X
    for i in layers:
        m[f"wh{i}_new"] = m[f"wh{i}"] + np.dot(signal.T, m[f"d_hiddenlayer{i}"]) * lr
        signal = m[f"hiddenlayer_activations{i}"]
    m["wout_new"] = m["wout"] + np.dot(signal.T, m["d_output"]) * lr

    # Step 11: the biases, one for each neuron: the sum over the samples goes down the columns.
    for i in layers:
        m[f"bh{i}_new"] = m[f"bh{i}"] + np.sum(m[f"d_hiddenlayer{i}"], axis=0, keepdims=True) * lr
    m["bout_new"] = m["bout"] + np.sum(m["d_output"], axis=0, keepdims=True) * lr
    return m


def train(
    X: Array, y: Array, start: Mapping[str, Array], lr: float, epochs: int
) -> dict[int, Matrices]:
    """Every matrix of every epoch. Epochs count from 1; each starts where the last one ended."""
    trained = {}
    parameters = dict(start)
    for number in range(1, epochs + 1):
        trained[number] = epoch(X, y, parameters, lr)
        parameters = {name: trained[number][f"{name}_new"] for name in parameters}
    return trained
