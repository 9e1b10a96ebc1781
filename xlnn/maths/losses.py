"""Losses: what training makes small."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from xlnn.maths.expr import Expr, Total


@dataclass(frozen=True, slots=True)
class Loss:
    """A loss, as expressions."""

    name: str
    error: Callable[[Expr, Expr], Expr]
    """From the targets and the output to the error of step 5, which points downhill."""
    value: Callable[[Expr], Expr]
    """From the error to the loss, one number."""


SQUARED_ERROR = Loss(
    "squared-error",
    error=lambda y, output: y - output,
    value=lambda error: Total(error * error) / 2,
)

LOSSES = {loss.name: loss for loss in (SQUARED_ERROR,)}
