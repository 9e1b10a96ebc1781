"""The ready examples come out with the numbers that the articles print.

All are in REFERENCE.md's words: sections 3 (walk-through and moons), 4 (perceptrons), 5 (full batch
against SGD) and 6 (article B). Section 2, the worked example, has a file of its own. The numbers
are also held against what a spreadsheet program computes from the workbook.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import reference
from recomputed import block, difference

import xlnn
from xlnn.audit.engines import ENGINES
from xlnn.training.trace import Trace

PERCEPTRONS = {
    "perceptron-sum": (2.0, 1.0),
    "perceptron-weights": (7.0, 1.0),
    "perceptron-bias": (1.0, 1 / (1 + np.exp(-1))),
}
"""The weighted sum of each, with its bias, and the answer."""

MOONS = {
    0: 0.23478,
    1000: 0.25,
    2000: 0.25,
    3000: 0.25,
    4000: 0.05129,
    5000: 0.02163,
    6000: 0.01157,
}
"""The mean error before an update, by the article's count of epochs, as far as it is stable."""

ARTICLE_B = {
    "hidden_layer_input": [[0.4176, 0.4425]],
    "hiddenlayer_activations": [[0.60290881, 0.60885457]],
    "output_layer_input": [[0.97753007, 0.73523685]],
    "output": [[0.72661785, 0.67595341]],
    "squared_error": [[0.25677057, 0.04931263]],
    "wout_new": [[0.41425240, 0.24244203], [0.45399848, 0.30256473]],
    "wh_new": [[0.10989913, 0.18989630], [0.26969739, 0.51968891]],
}
"""The whole table of article B, and the exact values beyond it."""


def recomputed(trace: Trace, name: str, epoch: int, path: Path) -> np.ndarray:
    """A matrix as IronCalc computes it from the workbook."""
    xlnn.write(trace, path, force=True)
    from xlnn.workbook.write import plan_of

    area = plan_of(trace).matrix(name, epoch)
    values = ENGINES["ironcalc"].recompute(path)
    shape = area.shape.rows.size, area.shape.columns.size
    return block(values, area.sheet, area.row, area.column, shape)


def test_the_walk_through_starts_with_the_published_errors(tmp_path: Path) -> None:
    trace = xlnn.run(xlnn.example("walkthrough"))
    published = [[0.05013458], [0.03727248], [0.25388062]]
    assert np.round(trace["squared_error", 1], 8).tolist() == published
    computed = recomputed(trace, "squared_error", 1, tmp_path / "walkthrough.xlsx")
    assert np.round(computed, 8).tolist() == published


def test_the_walk_through_learns_as_plain_numpy_does() -> None:
    # The article's own way: samples in columns, legacy seed, weights without biases.
    random = np.random.RandomState(42)
    weights, out = random.uniform(size=(4, 3)), random.uniform(size=(3, 1))
    X = np.array([[1, 0, 0, 0], [1, 0, 1, 1], [0, 1, 0, 1]]).T
    y = np.array([[1, 1, 0]])
    errors = []
    for _ in range(1000):
        hidden = reference.sigmoid(np.dot(weights.T, X))
        output = reference.sigmoid(np.dot(out.T, hidden))
        errors.append(np.square(y - output) / 2)
        delta = (output - y) * output * (1 - output)
        below = np.dot(out, delta) * hidden * (1 - hidden)
        out = out - 0.01 * np.dot(hidden, delta.T)
        weights = weights - 0.01 * np.dot(X, below.T)
    trace = xlnn.run(xlnn.example("walkthrough"))
    assert difference(trace.curves["mean_loss"], np.mean(errors, axis=(1, 2))) <= 1e-12
    assert difference(trace["wh_new", 1000], weights) <= 1e-12
    assert difference(trace["wout_new", 1000], out) <= 1e-12


def test_the_moons_have_the_published_errors_while_training_is_stable() -> None:
    # The table ends where epoch 6000 is measured; nothing later can be compared.
    trace = xlnn.run(xlnn.example("moons", {"epochs": 6001, "show": [1]}))
    errors = trace.curves["mean_loss"]
    assert {epoch: round(errors[epoch], 5) for epoch in MOONS} == MOONS


def test_the_moons_learn_to_tell_them_apart() -> None:
    trace = xlnn.run(xlnn.example("moons", {"show": [1]}))
    assert len(trace.loss) == 10_000
    assert trace.curves["accuracy"][-1] > 0.97


@pytest.mark.parametrize("name", PERCEPTRONS)
def test_a_perceptron_answers_as_the_article_says(name: str, tmp_path: Path) -> None:
    total, answer = PERCEPTRONS[name]
    trace = xlnn.run(xlnn.example(name, {"extras": "none"}))
    assert trace["X", 1].tolist() == [[0, 1, 1]]
    assert trace["output_layer_input", 1].item() == total
    assert trace["output", 1].item() == pytest.approx(answer, rel=1e-15)
    computed = recomputed(trace, "output", 1, tmp_path / "perceptron.xlsx")
    assert computed.item() == pytest.approx(answer, rel=1e-14)


@pytest.mark.parametrize("name", ARTICLE_B)
def test_article_b_comes_out_to_the_digits_that_it_prints(name: str, tmp_path: Path) -> None:
    trace = xlnn.run(xlnn.example("article-b", {"extras": "none"}))
    assert np.round(trace[name, 1], 8).tolist() == ARTICLE_B[name]
    computed = recomputed(trace, name, 1, tmp_path / "article-b.xlsx")
    assert np.round(computed, 8).tolist() == ARTICLE_B[name]


def test_article_b_has_the_published_total_slope_and_fixed_biases() -> None:
    trace = xlnn.run(xlnn.example("article-b"))
    assert round(trace.loss[0], 7) == 0.3060832
    assert round(trace["slope_output_layer", 1][0, 0], 8) == 0.19864435
    assert trace["bh", 1].tolist() == [[0.39]]
    assert trace["bout", 1].tolist() == [[0.42]]
    assert "bh_new" not in trace.recipe.members


def test_article_b_sample_by_sample_is_proper_sgd() -> None:
    experiment = xlnn.example("article-b-samples")
    trace = xlnn.run(experiment)
    wh, wout = experiment.weights["wh"], experiment.weights["wout"]
    for epoch in range(1, 101):
        loss = 0.0
        for x, t in zip(experiment.X, experiment.y, strict=True):
            hidden = reference.sigmoid(x @ wh + 0.39)
            output = reference.sigmoid(hidden @ wout + 0.42)
            loss += np.sum((t - output) ** 2) / 2
            delta = (t - output) * output * (1 - output)
            below = delta @ wout.T * hidden * (1 - hidden)
            wout = wout + 0.3 * np.outer(hidden, delta)
            wh = wh + 0.3 * np.outer(x, below)
        assert trace.loss[epoch - 1] == pytest.approx(loss, rel=1e-12)
    assert difference(trace["wout_new", 100], wout) <= 1e-12
    assert difference(trace["wh_new", 100], wh) <= 1e-12


def test_full_batch_updates_once_and_sgd_after_each_sample() -> None:
    full, single = xlnn.example("full-batch"), xlnn.example("sgd")
    assert full.X.tolist() == single.X.tolist()
    assert full.X.shape == (10, 2)
    assert [parameter.shape.size for parameter in full.recipe.parameters] == [2]
    whole, steps = xlnn.run(full), xlnn.run(single)
    assert (whole.schedule.batches, steps.schedule.batches) == (1, 10)
    weights = np.zeros((2, 1))
    for _ in range(full.epochs):
        weights = weights + full.learning_rate * full.X.T @ (full.y - full.X @ weights)
    assert difference(whole["wout_new", -1], weights) <= 1e-12
    weights = np.zeros((2, 1))
    for _ in range(single.epochs):
        for x, t in zip(single.X, single.y, strict=True):
            weights = weights + single.learning_rate * np.outer(x, t - x @ weights)
    assert difference(steps["wout_new", -1], weights) <= 1e-12
    # What the notes of both examples say.
    assert (round(whole.loss[-1], 2), round(steps.loss[-1], 2)) == (0.51, 0.05)
    diverging = xlnn.run(xlnn.example("full-batch", {"learning_rate": 0.4}))
    assert diverging.loss[-1] > diverging.loss[0]
