"""The article's 11 steps, for any number of hidden layers.

Steps 0 and 1 are given, 2 to 4 are the forward propagation, 5 to 11 the backward
propagation. With one hidden layer the names are the article's; with more, the layers
are numbered from the input on: ``wh_1``, ``hidden_layer_input_1`` …
"""

from __future__ import annotations

from dataclasses import dataclass

from xlnn.maths.activations import Activation
from xlnn.maths.expr import ONE, Axis, ColumnSum, Matrix
from xlnn.maths.losses import Loss
from xlnn.maths.recipe import Draft, Recipe


@dataclass(frozen=True, slots=True)
class Network:
    """The sizes and functions that shape a recipe."""

    samples: int
    inputs: int
    hidden: tuple[int, ...]
    outputs: int
    activation: Activation
    output_activation: Activation
    loss: Loss


def backpropagation(network: Network) -> Recipe:
    """The recipe of one full-batch update by gradient descent."""
    draft = Draft()
    step, renew = draft.step, draft.renew
    activation, output_activation = network.activation, network.output_activation
    layers = range(len(network.hidden))

    def named(name: str, layer: int) -> str:
        number = f"_{layer + 1}" if len(network.hidden) > 1 else ""
        return f"{name}{number}"

    sample, feature = Axis("sample", network.samples), Axis("feature", network.inputs)
    hidden = [Axis(named("hidden neuron", i), size) for i, size in enumerate(network.hidden)]
    target = Axis("output", network.outputs)
    learning_rate = draft.setting("learning_rate")

    # Step 0: read input and output.
    X = draft.datum(0, "X", sample, feature)
    y = draft.datum(0, "y", sample, target)

    # Step 1: initialise weights and biases.
    below = [feature, *hidden]
    wh, bh = [], []
    for i in layers:
        wh.append(draft.parameter(1, named("wh", i), below[i], hidden[i]))
        bh.append(draft.parameter(1, named("bh", i), ONE, hidden[i]))
    wout = draft.parameter(1, "wout", below[-1], target)
    bout = draft.parameter(1, "bout", ONE, target)

    # Steps 2 to 4: forward.
    signals: list[Matrix] = [X]
    for i in layers:
        hidden_layer_input = step(2, named("hidden_layer_input", i), signals[i] @ wh[i] + bh[i])
        hiddenlayer_activations = step(
            3, named("hiddenlayer_activations", i), activation.value(hidden_layer_input)
        )
        signals.append(hiddenlayer_activations)
    output_layer_input = step(4, "output_layer_input", signals[-1] @ wout + bout)
    output = step(4, "output", output_activation.value(output_layer_input))

    # Step 5: the error.
    E = step(5, "E", network.loss.error(y, output))

    # Step 6: the slopes.
    slope_output_layer = step(6, "slope_output_layer", output_activation.slope(output))
    slope_hidden_layer = [
        step(6, named("slope_hidden_layer", i), activation.slope(signals[i + 1])) for i in layers
    ]

    # Steps 7 to 9: the deltas, from the output back.
    d_output = step(7, "d_output", E * slope_output_layer)
    delta, weights = d_output, wout
    d_hiddenlayer: dict[int, Matrix] = {}
    for i in reversed(layers):
        Error_at_hidden_layer = step(8, named("Error_at_hidden_layer", i), delta @ weights.T)
        d_hiddenlayer[i] = step(
            9, named("d_hiddenlayer", i), Error_at_hidden_layer * slope_hidden_layer[i]
        )
        delta, weights = d_hiddenlayer[i], wh[i]

    # Step 10: the weights.
    renew(10, wout, wout + learning_rate * (signals[-1].T @ d_output))
    for i in reversed(layers):
        renew(10, wh[i], wh[i] + learning_rate * (signals[i].T @ d_hiddenlayer[i]))

    # Step 11: the biases.
    renew(11, bout, bout + learning_rate * ColumnSum(d_output))
    for i in reversed(layers):
        renew(11, bh[i], bh[i] + learning_rate * ColumnSum(d_hiddenlayer[i]))

    return draft.recipe(loss=network.loss.value(E))
