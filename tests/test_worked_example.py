"""The article's worked example comes out with its published numbers, everywhere.

In NumPy, and in the workbook as other programs compute it. What they compute is compared with
the published numbers and with the witness in reference.py, never with xlnn's own trace.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from conftest import engine_or_skip
from recomputed import beyond, difference, differences, error_cells, recompute_all
from reference import Matrices, train

import xlnn
from xlnn.audit.engines import ENGINES, Engine
from xlnn.workbook.plan import Plan
from xlnn.workbook.write import plan_of

# REFERENCE.md, section 2.
X = np.array([[1, 0, 1, 0], [1, 0, 1, 1], [0, 1, 0, 1]], dtype=np.float64)
Y = np.array([[1], [1], [0]], dtype=np.float64)
START = {
    "wh": np.array(
        [[0.42, 0.88, 0.55], [0.10, 0.73, 0.68], [0.60, 0.18, 0.47], [0.92, 0.11, 0.52]]
    ),
    "bh": np.array([[0.46, 0.72, 0.08]]),
    "wout": np.array([[0.30], [0.25], [0.23]]),
    "bout": np.array([[0.69]]),
}
LR = 0.1

PUBLISHED = {
    "hidden_layer_input": (2, [[1.48, 1.78, 1.10], [2.40, 1.89, 1.62], [1.48, 1.56, 1.28]]),
    "hiddenlayer_activations": (
        3,
        [[0.815, 0.856, 0.750], [0.917, 0.869, 0.835], [0.815, 0.826, 0.782]],
    ),
    "output": (3, [[0.789], [0.798], [0.789]]),
    "E": (3, [[0.211], [0.202], [-0.789]]),
    "d_output": (3, [[0.035], [0.033], [-0.131]]),
    "wout_new": (4, [[0.2951], [0.2450], [0.2251]]),
    "bout_new": (4, [[0.6836]]),
}
"""By matrix of the first epoch: the decimals that were published, and the numbers."""

ARTICLE = {
    *("X", "y", "wh", "bh", "wout", "bout"),
    *("hidden_layer_input", "hiddenlayer_activations", "output_layer_input", "output", "E"),
    *("slope_output_layer", "slope_hidden_layer", "d_output"),
    *("Error_at_hidden_layer", "d_hiddenlayer", "wout_new", "wh_new", "bout_new", "bh_new"),
}
"""The 20 matrices of the 11 steps."""

AFTER_5000 = [[0.97760483], [0.96598980], [0.04731055]]


def expected(epochs: int) -> dict[int, Matrices]:
    return train(X, Y, START, LR, epochs)


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_first_epoch_has_the_published_numbers(name: str) -> None:
    decimals, numbers = PUBLISHED[name]
    trace = xlnn.run(xlnn.example("demo"))
    assert np.round(trace[name, 1], decimals).tolist() == numbers


def test_the_witness_has_the_published_numbers_too() -> None:
    first = expected(1)[1]
    for name, (decimals, numbers) in PUBLISHED.items():
        assert np.round(first[name], decimals).tolist() == numbers


def test_all_matrices_equal_those_of_the_witness() -> None:
    trace = xlnn.run(xlnn.example("demo"))
    first = expected(1)[1]
    assert set(first) == set(trace.values.names) - {"learning_rate"}
    # The article's, and those of the loss.
    assert set(first) - {"squared_error", "loss", "mean_loss"} == ARTICLE
    assert len(first) == 23
    found = {name: difference(trace[name, 1], first[name]) for name in first}
    assert beyond(1e-13, found) == {}


def test_after_5000_epochs_the_output_is_the_published_one() -> None:
    trace = xlnn.run(xlnn.example("demo", {"epochs": 5000}), epochs=[5000])
    assert np.abs(trace["output", 5000] - AFTER_5000).max() <= 1e-8
    assert difference(trace["output", 5000], expected(5000)[5000]["output"]) <= 1e-12


def test_the_losses_of_5000_epochs_are_those_of_the_witness() -> None:
    trace = xlnn.run(xlnn.example("demo", {"epochs": 5000}), epochs=[5000])
    losses = [np.sum((Y - matrices["output"]) ** 2) / 2 for matrices in expected(5000).values()]
    assert difference(trace.loss, losses) <= 1e-12
    assert difference(trace.curves["mean_loss"], np.divide(losses, 3)) <= 1e-12


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Plan, Path]]:
    """The plan and the workbook of the first epoch, and two that start from what the one before
    has learned, in both styles."""
    folder = tmp_path_factory.mktemp("three")
    return {style: workbook(3, style, folder / f"{style}.xlsx") for style in ("cell", "matrix")}


def workbook(epochs: int, style: str, path: Path) -> tuple[Plan, Path]:
    chosen = {"epochs": epochs, "show": "all", "formulas": style, "extras": "none"}
    if epochs > 3:
        chosen["operands"] = "none"
    trace = xlnn.run(xlnn.example("demo", chosen))
    xlnn.write(trace, path)
    return plan_of(trace), path


def test_the_workbook_recomputes_to_the_numbers_of_the_witness(
    engine: Engine, three: dict[str, tuple[Plan, Path]]
) -> None:
    # LibreOffice saves 15 digits.
    tolerance = 1e-11 if engine.name == "libreoffice" else 1e-12
    recomputed = recompute_all(engine, [path for _, path in three.values()])
    for (style, (plan, _)), values in zip(three.items(), recomputed, strict=True):
        assert beyond(tolerance, differences(values, plan, expected(3))) == {}, style
        assert error_cells(values, plan) == [], style


# Each epoch's weights are formulas on the epoch before, so an error would pass on and grow.
GROWTH = 1e-12
"""By how much an epoch may add to the difference."""


def check_epochs(engine: Engine, epochs: int, style: str, folder: Path) -> None:
    plan, path = workbook(epochs, style, folder / "long.xlsx")
    found = differences(engine.recompute(path), plan, expected(epochs))
    assert len(found) == 2 + 21 * epochs
    assert beyond(GROWTH * epochs, found) == {}


@pytest.mark.parametrize("style", ["cell", "matrix"])
def test_1000_live_epochs_recompute(style: str, tmp_path: Path) -> None:
    check_epochs(ENGINES["ironcalc"], 1000, style, tmp_path)


@pytest.mark.parametrize("name", ["libreoffice", "gnumeric"])
def test_150_live_epochs_recompute_in_the_other_programs(name: str, tmp_path: Path) -> None:
    # A thousand take them half a minute, and would show no more: what an epoch may add is as small.
    check_epochs(engine_or_skip(name), 150, "matrix", tmp_path)
