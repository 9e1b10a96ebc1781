"""What boards of the trained network share: the recipe of an answer, and what it reads."""

from __future__ import annotations

from xlnn.maths.expr import Axis
from xlnn.maths.prediction import prediction
from xlnn.maths.recipe import Recipe
from xlnn.workbook.boards.board import Block
from xlnn.workbook.plan import Area, Plan


def recipe_of_answers(plan: Plan, samples: Axis) -> Recipe:
    """The recipe of answering some samples."""
    return prediction(plan.schedule.network, samples)


def trained(plan: Plan, recipe: Recipe) -> dict[str, Area | Block]:
    """What the recipe of an answer reads of the workbook: the parameters that the last shown epoch
    leaves, and what was measured of the training samples."""
    last, training = plan.epochs[-1], plan.recipe
    found: dict[str, Area | Block] = {
        given.name: plan.matrix(training.renewed.get(given.name, given.name), last, plan.batches)
        for given in recipe.parameters
    }
    for given in recipe.data:
        if given.name != input_name(recipe):
            found[given.name] = plan.matrix(given.name, last)
    return found


def input_name(recipe: Recipe) -> str:
    """What the rows of inputs are called: ``X``, or ``X_raw`` where they are scaled."""
    return next(given.name for given in recipe.data if given.name in ("X", "X_raw"))


def follows(plan: Plan) -> bool:
    """Whether all epochs up to the last one are live, so that training follows an edited input."""
    return plan.epochs == tuple(range(1, plan.epochs[-1] + 1))


def trained_key(plan: Plan) -> str:
    """Which text tells where the parameters come from."""
    return "answers.trained" if follows(plan) else "answers.trained_with_gaps"
