"""Gradients as matrices of their own, as many people have them before they renew the weights.

The recipe of gradient descent has each within the step that renews. The maths is the recipe's own:
only its place is another.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import fields, replace

from xlnn.maths.expr import Expr, Matrix
from xlnn.maths.recipe import Recipe, Step
from xlnn.maths.schedule import Schedule

SUFFIX = "_gradient"


def gradient_names(recipe: Recipe) -> list[str]:
    """The names of all gradients that a map may tell of."""
    return [f"{parameter}{SUFFIX}" for parameter in recipe.downhill]


def with_gradients(schedule: Schedule, names: Set[str]) -> Schedule:
    """The same schedule, in which the gradients of these names are steps."""
    recipe = _with_gradients(schedule.recipe, names)
    last = recipe if schedule.last is schedule.recipe else _with_gradients(schedule.last, names)
    return replace(schedule, recipe=recipe, last=last)


def _with_gradients(recipe: Recipe, names: Set[str]) -> Recipe:
    steps: list[Step] = []
    wanted = {
        recipe.renewed[parameter]: (f"{parameter}{SUFFIX}", expr)
        for parameter, expr in recipe.downhill.items()
        if f"{parameter}{SUFFIX}" in names - set(recipe.members)
    }
    for step in recipe.steps:
        if step.name in wanted:
            name, expr = wanted[step.name]
            gradient = Step(step.number, name, expr, step.shape)
            named = _replaced(step.expr, expr, Matrix(name, step.shape))
            steps += [gradient, replace(step, expr=named)]
        else:
            steps.append(step)
    return replace(recipe, steps=tuple(steps))


def _replaced(expr: Expr, part: Expr, by: Expr) -> Expr:
    """The same expression with another one in the place of a part of it."""
    if expr == part:
        return by
    inside = {
        field.name: _replaced(value, part, by)
        for field in fields(expr)  # type: ignore[arg-type]
        if isinstance(value := getattr(expr, field.name), Expr)
    }
    return replace(expr, **inside) if inside else expr  # type: ignore[type-var]
