"""Losses: what training makes small."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from xlnn.maths.activations import SIGMOID, SOFTMAX, Activation
from xlnn.maths.expr import Apply, Expr, Function, Matrix, Number, RowSum, Where


class Outputs(Protocol):
    """The output layer, whose loss is being written down."""

    input: Matrix
    activation: Activation

    def made(self, name: str) -> Matrix:
        """A step on the way to the activation, such as ``output_layer_exp``."""
        ...


@dataclass(frozen=True, slots=True)
class Loss:
    """A loss, as expressions."""

    name: str
    matrix: str
    """The matrix of what each output of each sample adds to the loss."""
    terms: Callable[[Matrix, Matrix, Outputs], Expr]
    """From the targets, the error E (step 5) and the output layer to that matrix."""
    cancels_slope: bool = False
    """Whether the delta of step 7 is the error itself: the loss's own slope and that of the
    activation cancel."""
    activations: tuple[Activation, ...] = ()
    """The output activations that it goes with; empty for all."""


def _cross_entropy(y: Matrix, E: Matrix, outputs: Outputs) -> Expr:
    """Minus the logarithm of the probability that the network gave to what was true, computed
    from the layer's input, so that no logarithm of 0 is taken."""
    z = outputs.input
    if outputs.activation is SOFTMAX:
        power = outputs.made("exp")
        return y * (Apply(Function.LOG, RowSum(power)) - (z - outputs.made("max")))
    softened = Apply(Function.LOG, 1 + Apply(Function.EXP, -Apply(Function.ABS, z)))
    return Where(z > 0, z, Number(0)) - z * y + softened


SQUARED_ERROR = Loss("squared-error", "squared_error", terms=lambda y, E, outputs: E * E / 2)
CROSS_ENTROPY = Loss(
    "cross-entropy",
    "cross_entropy",
    terms=_cross_entropy,
    cancels_slope=True,
    activations=(SIGMOID, SOFTMAX),
)

LOSSES = {loss.name: loss for loss in (SQUARED_ERROR, CROSS_ENTROPY)}
