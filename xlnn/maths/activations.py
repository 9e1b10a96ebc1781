"""Activation functions: what a neuron makes of its input, and the slope of that."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from xlnn.maths.expr import Apply, Expr, Function, Matrix, Number, RowMax, RowSum, Where


class Layer(Protocol):
    """The layer whose activation is being written down."""

    def part(self, name: str, expr: Expr) -> Matrix:
        """A step of its own on the way to the activation, such as ``output_layer_exp``."""
        ...

    def setting(self, name: str) -> Matrix:
        """A number that the experiment chooses."""
        ...


@dataclass(frozen=True, slots=True)
class Activation:
    """An activation function, as expressions."""

    name: str
    value: Callable[[Matrix, Layer], Expr]
    """From a neuron's input to its activation (step 3)."""
    slope: Callable[[Matrix, Layer], Expr] | None
    """From the *activation*, not the input, to the slope there (step 6). None for softmax, where
    each activation depends on all inputs of the layer."""
    lowest: float = -math.inf
    highest: float = math.inf
    """The range of the activation."""


def _relu(z: Matrix, layer: Layer) -> Expr:
    return Where(z > 0, z, Number(0))


def _leaky_relu(z: Matrix, layer: Layer) -> Expr:
    return Where(z > 0, z, layer.setting("leak") * z)


def _softmax(z: Matrix, layer: Layer) -> Expr:
    # Less each row's largest number, so that no power overflows: it cancels in the quotient.
    largest = layer.part("max", RowMax(z))
    power = layer.part("exp", Apply(Function.EXP, z - largest))
    return power / RowSum(power)


SIGMOID = Activation(
    "sigmoid",
    value=lambda z, _: Apply(Function.SIGMOID, z),
    slope=lambda a, _: a * (1 - a),
    lowest=0,
    highest=1,
)
TANH = Activation(
    "tanh",
    value=lambda z, _: Apply(Function.TANH, z),
    slope=lambda a, _: 1 - a * a,
    lowest=-1,
    highest=1,
)
RELU = Activation("relu", value=_relu, slope=lambda a, _: a > 0, lowest=0)
LEAKY_RELU = Activation(
    "leaky-relu",
    value=_leaky_relu,
    slope=lambda a, layer: Where(a > 0, Number(1), layer.setting("leak")),
)
LINEAR = Activation("linear", value=lambda z, _: z, slope=lambda a, _: 1 + 0 * a)
SOFTMAX = Activation("softmax", value=_softmax, slope=None, lowest=0, highest=1)
THRESHOLD = Activation(
    "threshold",
    value=lambda z, layer: z > layer.setting("threshold"),
    # A step is flat on both sides. The perceptron's rule takes a slope of 1 all the same, which is
    # why that is a setting.
    slope=lambda a, layer: layer.setting("threshold_slope") + 0 * a,
    lowest=0,
    highest=1,
)

ACTIVATIONS = {
    activation.name: activation
    for activation in (SIGMOID, TANH, RELU, LEAKY_RELU, LINEAR, SOFTMAX, THRESHOLD)
}
"""By name; softmax is for outputs alone."""
