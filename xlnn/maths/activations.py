"""Activation functions: what a neuron makes of its input, and the slope of that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from xlnn.maths.expr import Apply, Expr, Function


@dataclass(frozen=True, slots=True)
class Activation:
    """An activation function, as expressions."""

    name: str
    value: Callable[[Expr], Expr]
    """From a neuron's input to its activation (step 3)."""
    slope: Callable[[Expr], Expr]
    """From the *activation*, not the input, to the slope there (step 6)."""


SIGMOID = Activation(
    "sigmoid",
    value=lambda z: Apply(Function.SIGMOID, z),
    slope=lambda a: a * (1 - a),
)

ACTIVATIONS = {activation.name: activation for activation in (SIGMOID,)}
