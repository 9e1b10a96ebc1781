"""Optimisers: from a gradient to the next weights.

Gradients point downhill here, as the error of step 5 does, so that updates add them. Momentum and
Nesterov's way are written as in scikit-learn and PyTorch: the velocity holds the learning rate.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from xlnn.maths.expr import SCALAR, Apply, Expr, Function, Matrix
from xlnn.maths.recipe import Draft


class Renewal:
    """The steps of one update that renew the parameters, one parameter after the other."""

    def __init__(self, draft: Draft, learning_rate: Matrix) -> None:
        self.draft, self.learning_rate = draft, learning_rate
        self.powers: dict[str, Matrix] = {}
        """For Adam, each decay rate to the power of the number of updates so far."""

    def gradient(self, number: int, parameter: Matrix, gradient: Expr) -> Matrix:
        """The gradient as a step of its own."""
        return self.draft.step(number, f"{parameter.name}_gradient", gradient)

    def carried(self, parameter: Matrix, name: str) -> Matrix:
        """A matrix like the parameter that the optimiser carries along, at first all 0."""
        return self.draft.state(f"{parameter.name}_{name}", parameter.shape, start=0.0)

    def power(self, rate: Matrix) -> Matrix:
        """A rate to the power of the number of updates, this one included."""
        if rate.name not in self.powers:
            before = self.draft.state(f"{rate.name}_power", SCALAR, start=1.0)
            self.powers[rate.name] = self.draft.renew(10, before, before * rate)
        return self.powers[rate.name]


@dataclass(frozen=True, slots=True)
class Optimiser:
    """A way to renew a parameter."""

    name: str
    renew: Callable[[Renewal, int, Matrix, Expr], Matrix]
    """Adds the steps for one parameter, given the number of the step and the gradient."""


def _gradient_descent(renewal: Renewal, number: int, parameter: Matrix, gradient: Expr) -> Matrix:
    """The article's steps 10 and 11."""
    return renewal.draft.renew(number, parameter, parameter + renewal.learning_rate * gradient)


def _momentum(renewal: Renewal, number: int, parameter: Matrix, gradient: Expr) -> Matrix:
    velocity = _velocity(renewal, number, parameter, gradient)
    return renewal.draft.renew(number, parameter, parameter + velocity)


def _nesterov(renewal: Renewal, number: int, parameter: Matrix, gradient: Expr) -> Matrix:
    """Momentum that looks ahead: it goes the next velocity's way already."""
    velocity = _velocity(renewal, number, parameter, gradient)
    momentum = renewal.draft.setting("momentum")
    gradient = Matrix(f"{parameter.name}_gradient", parameter.shape)
    ahead = momentum * velocity + renewal.learning_rate * gradient
    return renewal.draft.renew(number, parameter, parameter + ahead)


def _velocity(renewal: Renewal, number: int, parameter: Matrix, gradient: Expr) -> Matrix:
    momentum = renewal.draft.setting("momentum")
    downhill = renewal.gradient(number, parameter, gradient)
    velocity = renewal.carried(parameter, "velocity")
    return renewal.draft.renew(
        number, velocity, momentum * velocity + renewal.learning_rate * downhill
    )


def _adam(renewal: Renewal, number: int, parameter: Matrix, gradient: Expr) -> Matrix:
    """Kingma and Ba 2015: a step of about the learning rate along each axis, whatever the size of
    the gradient."""
    draft = renewal.draft
    beta1, beta2, epsilon = map(draft.setting, ("beta1", "beta2", "epsilon"))
    downhill = renewal.gradient(number, parameter, gradient)
    corrected = []
    for name, rate, new in (
        ("first_moment", beta1, downhill),
        ("second_moment", beta2, downhill * downhill),
    ):
        moment = renewal.carried(parameter, name)
        moment_new = draft.renew(number, moment, rate * moment + (1 - rate) * new)
        # Moments start from 0 and are too small at first.
        whole = moment_new / (1 - renewal.power(rate))
        corrected.append(draft.step(number, f"{moment.name}_corrected", whole))
    first, second = corrected
    step = first / (Apply(Function.SQRT, second) + epsilon)
    return draft.renew(number, parameter, parameter + renewal.learning_rate * step)


OPTIMISERS = {
    optimiser.name: optimiser
    for optimiser in (
        Optimiser("gradient-descent", _gradient_descent),
        Optimiser("momentum", _momentum),
        Optimiser("nesterov", _nesterov),
        Optimiser("adam", _adam),
    )
}
