"""The forward propagation (steps 2 to 4), of training samples and of test samples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from xlnn.errors import ExpressionError
from xlnn.maths.activations import Activation
from xlnn.maths.expr import ONE, Expr, Matrix
from xlnn.maths.network import Network
from xlnn.maths.recipe import Draft

Compute = Callable[[int, str, Expr], Matrix]
"""Adds a step, given its number and its name."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """The weights into a layer, and its biases if it has any."""

    weights: Matrix
    biases: Matrix | None

    def weigh(self, signal: Matrix) -> Expr:
        """The layer's input from the signal of the layer below."""
        product = signal @ self.weights
        return product if self.biases is None else product + self.biases


def start_parameters(draft: Draft, network: Network) -> list[Parameters]:
    """The weights and biases of each layer, from the first hidden one to the output (step 1)."""
    below = [network.feature, *network.hidden_neurons]
    names = [network.named("h", i) for i in range(len(network.hidden))] + ["out"]
    found = []
    for name, inputs, neurons in zip(
        names, below, [*network.hidden_neurons, network.output], strict=True
    ):
        weights = draft.parameter(1, f"w{name}", inputs, neurons)
        biases = None
        if network.biases != "none":
            columns = neurons if network.biases == "neuron" else ONE
            biases = draft.parameter(1, f"b{name}", ONE, columns)
        found.append(Parameters(weights, biases))
    return found


@dataclass(slots=True)
class OutputLayer:
    """The output layer while its steps are written down."""

    draft: Draft
    compute: Compute
    activation: Activation
    suffix: str
    input: Matrix
    parts: dict[str, Matrix] = field(default_factory=dict)

    def part(self, name: str, expr: Expr) -> Matrix:
        self.parts[name] = self.compute(4, f"output_layer_{name}{self.suffix}", expr)
        return self.parts[name]

    def made(self, name: str) -> Matrix:
        return self.parts[name]

    def setting(self, name: str) -> Matrix:
        return self.draft.setting(name)


@dataclass(frozen=True, slots=True)
class HiddenLayer:
    """A hidden layer. Its activation is a single step."""

    draft: Draft

    def part(self, name: str, expr: Expr) -> Matrix:
        raise ExpressionError("softmax is for the output layer alone")

    def setting(self, name: str) -> Matrix:
        return self.draft.setting(name)


@dataclass(frozen=True, slots=True)
class Signals:
    """What goes through the network."""

    into: Sequence[Matrix]
    """What enters each layer: the inputs, then the activations of each hidden layer."""
    outputs: OutputLayer
    output: Matrix


def forward(
    draft: Draft,
    compute: Compute,
    network: Network,
    X: Matrix,
    parameters: Sequence[Parameters],
    suffix: str = "",
) -> Signals:
    """Steps 2 to 4, for samples in ``X``. ``suffix`` ends the name of each matrix."""
    into = [X]
    activation = network.activation
    for i, layer in enumerate(parameters[:-1]):
        hidden_layer_input = compute(
            2, network.named("hidden_layer_input", i) + suffix, layer.weigh(into[i])
        )
        hiddenlayer_activations = compute(
            3,
            network.named("hiddenlayer_activations", i) + suffix,
            activation.value(hidden_layer_input, HiddenLayer(draft)),
        )
        into.append(hiddenlayer_activations)
    z = compute(4, f"output_layer_input{suffix}", parameters[-1].weigh(into[-1]))
    outputs = OutputLayer(draft, compute, network.output_activation, suffix, z)
    output = compute(4, f"output{suffix}", network.output_activation.value(z, outputs))
    return Signals(into, outputs, output)
