"""The article's 11 steps, for any network and any way of training.

Steps 0 and 1 are given, 2 to 4 are the forward propagation, 5 to 11 the backward
propagation. With one hidden layer the names are the article's; with more, the layers
are numbered from the input on: ``wh_1``, ``hidden_layer_input_1`` …
"""

from __future__ import annotations

from xlnn.maths.activations import Activation
from xlnn.maths.expr import ONE, Axis, ColumnSum, Expr, Matrix, Pick, RowCount, RowSum, Total
from xlnn.maths.forward import HiddenLayer, Parameters, Signals, forward, start_parameters
from xlnn.maths.measuring import answers, confusion, correct, curves, over_batches
from xlnn.maths.network import Network
from xlnn.maths.optimisers import Renewal
from xlnn.maths.recipe import Draft, Recipe
from xlnn.maths.scaling import prepared


def backpropagation(network: Network) -> Recipe:
    """The recipe of training a network."""
    draft = Draft()
    learning_rate = draft.setting("learning_rate")

    # Step 0: read input and output.
    sample, test_sample = network.sample, network.test_sample
    X, X_test = prepared(draft, network.scaling, "X", sample, test_sample, network.feature)
    y, y_test = prepared(draft, network.target_scaling, "y", sample, test_sample, network.output)
    if network.classes == "two":
        draft.datum(0, "classes", ONE, Axis("class", 2))
    if network.batch is not None:
        order = draft.draw(0, "order", Axis("place", network.batch), ONE)
        X = draft.step(0, "X_batch", Pick(X, order))
        y = draft.step(0, "y_batch", Pick(y, order))

    # Step 1: initialise weights and biases.
    parameters = start_parameters(draft, network)

    # Steps 2 to 5: forward, the error and the loss.
    signals = forward(draft, draft.step, network, X, parameters)
    right = None
    if network.classes != "none" and network.batches == 1:
        found = answers(draft, network, y, signals.output, compute=draft.step)
        confusion(draft.step, found)
        right = correct(found)
    E = draft.step(5, "E", y - signals.output)
    loss = network.loss
    terms = draft.step(5, loss.matrix, loss.terms(y, E, signals.outputs))
    total = over_batches(draft, network, "batch_loss", Total(terms))

    # Steps 6 to 11: backward.
    _backward(draft, network, parameters, signals, E, learning_rate)

    # What is measured of the epoch. No update of a batch sees all samples: they go forward once
    # more, as the test samples do, with the weights that the epoch starts from.
    if network.classes != "none" and network.batches > 1:
        everything = forward(draft, draft.measure, network, draft.known("X"), parameters, "_all")
        found = answers(
            draft, network, draft.known("y"), everything.output, "_all", compute=draft.measure
        )
        confusion(draft.measure, found, "_all")
        right = correct(found)
    curves(draft, draft.known("y"), total, right)
    if X_test is not None and y_test is not None:
        tested = forward(draft, draft.measure, network, X_test, parameters, "_test")
        E_test = draft.measure(5, "E_test", y_test - tested.output)
        terms = draft.measure(5, f"{loss.matrix}_test", loss.terms(y_test, E_test, tested.outputs))
        right = None
        if network.classes != "none":
            found = answers(draft, network, y_test, tested.output, "_test", compute=draft.measure)
            confusion(draft.measure, found, "_test")
            right = correct(found)
        curves(draft, y_test, Total(terms), right, "test_")
    return draft.recipe()


def _backward(
    draft: Draft,
    network: Network,
    parameters: list[Parameters],
    signals: Signals,
    E: Matrix,
    learning_rate: Matrix,
) -> None:
    step, named = draft.step, network.named
    layers = range(len(network.hidden))
    output, output_activation = signals.output, network.output_activation

    # Step 6: the slopes.
    slope_output_layer = None
    if not network.loss.cancels_slope and output_activation.slope is not None:
        slope = output_activation.slope(output, signals.outputs)
        slope_output_layer = step(6, "slope_output_layer", slope)
    hidden = HiddenLayer(draft)
    slope_hidden_layer = [
        step(
            6,
            named("slope_hidden_layer", i),
            _slope(network.activation, signals.into[i + 1], hidden),
        )
        for i in layers
    ]

    # Steps 7 to 9: the deltas, from the output back.
    if network.loss.cancels_slope:
        d_output = step(7, "d_output", E)
    elif slope_output_layer is not None:
        d_output = step(7, "d_output", E * slope_output_layer)
    else:
        # Softmax: each output falls where another rises.
        E_weighted = step(7, "E_weighted", E * output)
        d_output = step(7, "d_output", E_weighted - output * RowSum(E_weighted))
    deltas = {len(network.hidden): d_output}
    for i in reversed(layers):
        Error_at_hidden_layer = step(
            8, named("Error_at_hidden_layer", i), deltas[i + 1] @ parameters[i + 1].weights.T
        )
        deltas[i] = step(
            9, named("d_hiddenlayer", i), Error_at_hidden_layer * slope_hidden_layer[i]
        )

    # Step 10: the weights. Step 11: the biases.
    renewal = Renewal(draft, learning_rate)
    for i in reversed(range(len(parameters))):
        gradient = _averaged(network, signals.into[i].T @ deltas[i], deltas[i])
        draft.downhill[parameters[i].weights.name] = gradient
        network.optimiser.renew(renewal, 10, parameters[i].weights, gradient)
    for i in reversed(range(len(parameters))):
        biases = parameters[i].biases
        if biases is not None and network.update_biases:
            summed = ColumnSum(deltas[i]) if network.biases == "neuron" else Total(deltas[i])
            gradient = _averaged(network, summed, deltas[i])
            draft.downhill[biases.name] = gradient
            network.optimiser.renew(renewal, 11, biases, gradient)


def _slope(activation: Activation, signal: Matrix, layer: HiddenLayer) -> Expr:
    assert activation.slope is not None  # softmax is for outputs alone
    return activation.slope(signal, layer)


def _averaged(network: Network, gradient: Expr, delta: Matrix) -> Expr:
    """A gradient that was summed over samples, divided by their number if that is asked for."""
    return gradient / RowCount(delta) if network.mean else gradient
