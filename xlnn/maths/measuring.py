"""What is measured of each epoch: loss and accuracy, of the training and of the test samples."""

from __future__ import annotations

from xlnn.maths.expr import BatchSum, Column, Comparison, Expr, Largest, Matrix, RowCount, Total
from xlnn.maths.forward import Compute
from xlnn.maths.network import Network
from xlnn.maths.recipe import Draft

Answers = tuple[Matrix, Matrix]
"""What is true and what the network says, each a 1 in the column of a class."""


def answers(
    draft: Draft,
    network: Network,
    y: Matrix,
    output: Matrix,
    suffix: str = "",
    *,
    compute: Compute,
) -> Answers:
    """The classes of some samples: ``predicted`` (step 4) is 1 for the class that the network
    chooses."""
    predicted = f"predicted{suffix}"
    if network.classes == "one-hot":
        return y, compute(4, predicted, chosen(draft, network, output))
    truth = _of_two(draft, y)
    if y.name == "y_batch":  # fetched anew in each update
        actual = compute(0, f"actual{suffix}", truth)
    else:
        actual = draft.prepare(f"actual{suffix}", truth)
    return actual, compute(4, predicted, chosen(draft, network, output))


def chosen(draft: Draft, network: Network, output: Matrix) -> Expr:
    """The class that the network chooses for each sample: 1 in its column."""
    return Largest(output) if network.classes == "one-hot" else _of_two(draft, output)


def _of_two(draft: Draft, numbers: Matrix) -> Expr:
    """1 in the column of the class, of two, on whose side of the bound a number lies."""
    bound = draft.setting("class_bound")
    return Comparison("=", Column(numbers) > bound, draft.known("classes") > bound)


def confusion(compute: Compute, found: Answers, suffix: str = "") -> Matrix:
    """How often each class (row) was taken for each (column)."""
    actual, predicted = found
    return compute(5, f"confusion{suffix}", actual.T @ predicted)


def correct(found: Answers) -> Expr:
    """The number of samples whose class the network finds."""
    actual, predicted = found
    return Total(actual * predicted)


def curves(draft: Draft, samples: Matrix, loss: Expr, right: Expr | None, name: str = "") -> None:
    """The numbers that are listed for every epoch, given those of all its batches: the loss, the
    loss of each of ``samples`` on average, and the share of classes that were found."""
    total = draft.curve(f"{name}loss", loss)
    draft.curve(f"{name}mean_loss", total / RowCount(samples))
    if right is not None:
        draft.curve(f"{name}accuracy", right / RowCount(samples))


def over_batches(draft: Draft, network: Network, name: str, expr: Expr) -> Expr:
    """A number of an update as one of the epoch: the sum over its batches, if it has several."""
    if network.batches == 1:
        return expr
    return BatchSum(draft.step(5, name, expr))
