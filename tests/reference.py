"""Training step by step in plain NumPy, written from the article's 11 steps and from textbooks.

A witness: it imports nothing from xlnn, so what both say is unlikely to be wrong in both.
Samples are rows. There may be any number of hidden layers: none, one (``wh``, ``bh``), or more,
counted from the inputs on (``wh_1``, ``bh_1``, ``wh_2``, ``bh_2``, ...). A layer without its bias
matrix has none; one whose bias matrix is a single number has the same for all its neurons.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Matrices = dict[str, Array]


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What a network computes and how it learns; by default as in the article."""

    activation: str = "sigmoid"
    output_activation: str = "sigmoid"
    leak: float = 0.01
    threshold: float = 0.0
    threshold_slope: float = 1.0
    loss: str = "squared-error"
    gradient: str = "sum"
    update_biases: bool = True
    optimizer: str = "gradient-descent"
    momentum: float = 0.9
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8


ARTICLE = Rules()


# --- Activations ---


def sigmoid(x: Array) -> Array:
    # 1/(1 + e^-x) is e to the power of -log(1 + e^-x), and NumPy takes that logarithm without
    # computing e^-x, so that nothing overflows.
    return np.exp(-np.logaddexp(0, -x))


def derivatives_sigmoid(x: Array) -> Array:
    """The slope of the sigmoid where it has the value x."""
    return x * (1 - x)


def activate(name: str, x: Array, rules: Rules) -> Array:
    """A layer's activations, from its inputs."""
    match name:
        case "sigmoid":
            return sigmoid(x)
        case "tanh":
            return np.tanh(x)
        case "relu":
            return np.maximum(x, 0)
        case "leaky-relu":
            return np.where(x > 0, x, rules.leak * x)
        case "linear":
            return x.copy()
        case "threshold":
            return np.where(x > rules.threshold, 1.0, 0.0)
        case "softmax":
            # Each row adds up to 1. A shift of the inputs changes nothing but what overflows.
            powers = np.exp(x - x.max(axis=1, keepdims=True))
            return powers / powers.sum(axis=1, keepdims=True)
    raise ValueError(name)


def slope(name: str, x: Array, a: Array, rules: Rules) -> Array:
    """How activations a change with their own inputs x."""
    match name:
        case "sigmoid":
            return derivatives_sigmoid(a)
        case "tanh":
            return 1 - a**2
        case "relu":
            return np.where(x > 0, 1.0, 0.0)
        case "leaky-relu":
            return np.where(x > 0, 1.0, rules.leak)
        case "linear":
            return np.ones_like(x)
        case "threshold":
            return np.full_like(x, rules.threshold_slope)
    raise ValueError(name)


# --- Forward ---


def hidden_layers(parameters: Mapping[str, Array]) -> list[str]:
    """What the names of each hidden layer end in: nothing for a single one, else _1, _2, ..."""
    return [name.removeprefix("wh") for name in parameters if name.startswith("wh")]


def forward(X: Array, parameters: Mapping[str, Array], rules: Rules = ARTICLE) -> Matrices:
    """Steps 2 to 4: from the inputs to the output."""
    m: Matrices = {}
    signal = X
    for i in hidden_layers(parameters):
        # Step 2: the hidden layer's input, a linear transformation.
        m[f"hidden_layer_input{i}"] = np.dot(signal, parameters[f"wh{i}"])
        if f"bh{i}" in parameters:
            m[f"hidden_layer_input{i}"] = m[f"hidden_layer_input{i}"] + parameters[f"bh{i}"]
        # Step 3: the hidden layer's activations, a non-linear transformation.
        signal = activate(rules.activation, m[f"hidden_layer_input{i}"], rules)
        m[f"hiddenlayer_activations{i}"] = signal
    # Step 4: the same twice over for the output layer.
    m["output_layer_input"] = np.dot(signal, parameters["wout"])
    if "bout" in parameters:
        m["output_layer_input"] = m["output_layer_input"] + parameters["bout"]
    if rules.output_activation == "softmax":
        m["output_layer_max"] = m["output_layer_input"].max(axis=1, keepdims=True)
        m["output_layer_exp"] = np.exp(m["output_layer_input"] - m["output_layer_max"])
    m["output"] = activate(rules.output_activation, m["output_layer_input"], rules)
    return m


# --- Losses ---


def loss(y: Array, output: Array) -> float:
    """The squared error, half of it, summed over samples and outputs."""
    return float(np.sum((y - output) ** 2) / 2)


def losses(y: Array, m: Mapping[str, Array], rules: Rules = ARTICLE) -> Array:
    """What each output of each sample adds to the loss, from the matrices of the forward pass."""
    if rules.loss == "squared-error":
        return (y - m["output"]) ** 2 / 2
    # The logarithm of a probability is taken before its input is made a probability, which rounds
    # to 0 or to 1 where the input is large.
    x = m["output_layer_input"]
    if rules.output_activation == "sigmoid":
        # The logarithms of s and of 1 - s, where s is the sigmoid.
        return y * np.logaddexp(0, -x) + (1 - y) * np.logaddexp(0, x)
    if rules.output_activation == "softmax":
        return -y * (x - np.logaddexp.reduce(x, axis=1, keepdims=True))
    raise ValueError(rules)


def output_delta(m: Mapping[str, Array], rules: Rules) -> Matrices:
    """Steps 6 and 7 for the output layer: how far each output's input should move."""
    if rules.loss == "cross-entropy":
        # The logarithm undoes the activation, and its slope cancels.
        return {"d_output": m["E"].copy()}
    if rules.output_activation == "softmax":
        # Every output depends on every input of its row: a slope for each pair of them.
        p = m["output"]
        jacobian = p[:, :, None] * np.eye(p.shape[1]) - p[:, :, None] * p[:, None, :]
        return {
            "E_weighted": m["E"] * p,
            "d_output": (m["E"][:, None, :] @ jacobian)[:, 0, :],
        }
    slopes = slope(rules.output_activation, m["output_layer_input"], m["output"], rules)
    return {"slope_output_layer": slopes, "d_output": m["E"] * slopes}


# --- Updates ---


def start_memory(parameters: Mapping[str, Array], rules: Rules) -> Matrices:
    """What an optimiser remembers before its first update."""
    kept = {
        "gradient-descent": [],
        "momentum": ["velocity"],
        "nesterov": ["velocity"],
        "adam": ["first_moment", "second_moment"],
    }[rules.optimizer]
    memory = {
        f"{name}_{what}": np.zeros_like(parameters[name])
        for name in learned(parameters, rules)
        for what in kept
    }
    if rules.optimizer == "adam":
        # Of the updates so far: there have been none.
        memory |= {"beta1_power": np.ones((1, 1)), "beta2_power": np.ones((1, 1))}
    return memory


def learned(parameters: Mapping[str, Array], rules: Rules) -> list[str]:
    """The parameters that are updated."""
    return [name for name in parameters if rules.update_biases or not name.startswith("b")]


def update(
    name: str, value: Array, g: Array, memory: Mapping[str, Array], lr: float, rules: Rules
) -> Matrices:
    """A parameter moved by its gradient, which points downhill, and what is remembered of it."""
    if rules.optimizer == "gradient-descent":
        return {f"{name}_new": value + lr * g}
    m: Matrices = {f"{name}_gradient": g}
    if rules.optimizer in ("momentum", "nesterov"):
        v = rules.momentum * memory[f"{name}_velocity"] + lr * g
        m[f"{name}_velocity_new"] = v
        # Nesterov looks ahead: from where the velocity will have led by the next update.
        step = v if rules.optimizer == "momentum" else rules.momentum * v + lr * g
        m[f"{name}_new"] = value + step
        return m
    # Kingma and Ba 2015, algorithm 1.
    beta1, beta2 = rules.beta1, rules.beta2
    first = beta1 * memory[f"{name}_first_moment"] + (1 - beta1) * g
    second = beta2 * memory[f"{name}_second_moment"] + (1 - beta2) * g**2
    # Moments that began with 0 are too small at first.
    first_corrected = first / (1 - beta1 * memory["beta1_power"])
    second_corrected = second / (1 - beta2 * memory["beta2_power"])
    m[f"{name}_first_moment_new"] = first
    m[f"{name}_second_moment_new"] = second
    m[f"{name}_first_moment_corrected"] = first_corrected
    m[f"{name}_second_moment_corrected"] = second_corrected
    m[f"{name}_new"] = value + lr * first_corrected / (np.sqrt(second_corrected) + rules.epsilon)
    return m


def bias_gradient(delta: Array, bias: Array) -> Array:
    """A bias is added in every sample: the sum goes down the columns, and where all neurons share
    one bias, also along them."""
    return np.sum(delta, axis=0 if bias.size > 1 else None, keepdims=True)


def one_update(
    X: Array,
    y: Array,
    parameters: Mapping[str, Array],
    lr: float,
    rules: Rules = ARTICLE,
    memory: Mapping[str, Array] | None = None,
) -> Matrices:
    """Forward, backward, and new parameters: every matrix but X and y by its name."""
    memory = start_memory(parameters, rules) if memory is None else memory
    layers = hidden_layers(parameters)

    # Step 1: weights and biases. Steps 2 to 4: forward.
    m = {**parameters, **memory, **forward(X, parameters, rules)}

    # Step 5: the error, actual minus predicted.
    m["E"] = y - m["output"]
    m["cross_entropy" if rules.loss == "cross-entropy" else "squared_error"] = losses(y, m, rules)

    # Step 6: the slopes. Step 7: the delta of the output layer; the learning rate has no place
    # here.
    for i in layers:
        x, a = m[f"hidden_layer_input{i}"], m[f"hiddenlayer_activations{i}"]
        m[f"slope_hidden_layer{i}"] = slope(rules.activation, x, a, rules)
    m |= output_delta(m, rules)

    delta, weights = m["d_output"], m["wout"]
    for i in reversed(layers):
        # Step 8: the error at the hidden layer, sent back through the weights above it.
        m[f"Error_at_hidden_layer{i}"] = np.dot(delta, weights.T)
        # Step 9: the delta of the hidden layer.
        m[f"d_hiddenlayer{i}"] = m[f"Error_at_hidden_layer{i}"] * m[f"slope_hidden_layer{i}"]
        delta, weights = m[f"d_hiddenlayer{i}"], m[f"wh{i}"]

    # Step 10: the weights, each by what went in times the delta, summed over the samples.
    # Step 11: the biases.
    gradients = {}
    signals = [X, *(m[f"hiddenlayer_activations{i}"] for i in layers)]
    deltas = {**{f"h{i}": m[f"d_hiddenlayer{i}"] for i in layers}, "out": m["d_output"]}
    for signal, (layer, delta) in zip(signals, deltas.items(), strict=True):
        gradients[f"w{layer}"] = np.dot(signal.T, delta)
        if f"b{layer}" in parameters:
            gradients[f"b{layer}"] = bias_gradient(delta, parameters[f"b{layer}"])
    for name in learned(parameters, rules):
        g = gradients[name] / (len(X) if rules.gradient == "mean" else 1)
        m |= update(name, parameters[name], g, memory, lr, rules)
    if rules.optimizer == "adam":
        m["beta1_power_new"] = rules.beta1 * memory["beta1_power"]
        m["beta2_power_new"] = rules.beta2 * memory["beta2_power"]
    return m


def after(m: Mapping[str, Array], names: Mapping[str, Array]) -> Matrices:
    """The matrices of these names as an update has left them; some it may have left alone."""
    return {name: m.get(f"{name}_new", m[name]) for name in names}


# --- Training ---


def epoch(
    X: Array,
    y: Array,
    parameters: Mapping[str, Array],
    lr: float,
    rules: Rules = ARTICLE,
    memory: Mapping[str, Array] | None = None,
) -> Matrices:
    """One epoch with all samples at once: every matrix of the 11 steps by its name."""
    m = {"X": X, "y": y, **one_update(X, y, parameters, lr, rules, memory)}
    return {**m, **measures([m], len(X))}


def measures(updates: Sequence[Matrices], samples: int) -> Matrices:
    """The loss of an epoch: the sum over its batches, each before its own update."""
    total = np.zeros((1, 1))
    for m in updates:
        cells = m["cross_entropy"] if "cross_entropy" in m else m["squared_error"]
        total = total + np.sum(cells)
    return {"loss": total, "mean_loss": total / samples}


def train(
    X: Array,
    y: Array,
    start: Mapping[str, Array],
    lr: float,
    epochs: int,
    rules: Rules = ARTICLE,
) -> dict[int, Matrices]:
    """Every matrix of every epoch. Epochs count from 1; each starts where the last one ended."""
    trained = {}
    parameters, memory = dict(start), start_memory(start, rules)
    for number in range(1, epochs + 1):
        trained[number] = epoch(X, y, parameters, lr, rules, memory)
        parameters = after(trained[number], parameters)
        memory = after(trained[number], memory)
    return trained


def train_in_batches(
    X: Array,
    y: Array,
    start: Mapping[str, Array],
    lr: float,
    orders: Sequence[Sequence[int]],
    size: int,
    rules: Rules = ARTICLE,
) -> dict[tuple[int, int], Matrices]:
    """Every matrix of every epoch and batch, both counted from 1.

    ``orders`` has for each epoch the samples, counted from 1, in the order in which they are seen,
    ``size`` of them for each update; the last update of an epoch may have fewer.
    """
    trained: dict[tuple[int, int], Matrices] = {}
    parameters, memory = dict(start), start_memory(start, rules)
    for number, order in enumerate(orders, start=1):
        batches = [order[first : first + size] for first in range(0, len(order), size)]
        updates = []
        for batch in batches:
            rows = np.array(batch) - 1
            m = one_update(X[rows], y[rows], parameters, lr, rules, memory)
            parameters, memory = after(m, parameters), after(m, memory)
            m |= {"X": X, "y": y, "X_batch": X[rows], "y_batch": y[rows]}
            m["order"] = np.array(batch, dtype=np.float64)[:, None]
            if len(batches) > 1:
                m["batch_loss"] = measures([m], len(rows))["loss"]
            updates.append(m)
        whole = measures(updates, len(X))
        for batch_number, m in enumerate(updates, start=1):
            trained[number, batch_number] = {**m, **whole}
    return trained
