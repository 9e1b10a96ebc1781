"""The article's worked example comes out with its published numbers, everywhere.

In NumPy, and in the workbook as other programs compute it. What they compute is compared with
the published numbers and with the witness in reference.py, never with xlnn's own trace.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from recomputed import beyond, difference, differences, error_cells
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


@pytest.mark.parametrize("style", ["cell", "matrix"])
def test_the_workbook_recomputes_to_the_numbers_of_the_witness(
    engine: Engine, style: str, tmp_path: Path
) -> None:
    # The first epoch, and two that start from what the one before has learned.
    experiment = xlnn.example("demo", {"epochs": 3, "formulas": style})
    trace = xlnn.run(experiment)
    path = tmp_path / "demo.xlsx"
    xlnn.write(trace, path)
    values, plan = engine.recompute(path), plan_of(trace)
    # LibreOffice saves 15 digits.
    tolerance = 1e-11 if engine.name == "libreoffice" else 1e-12
    assert beyond(tolerance, differences(values, plan, expected(3))) == {}
    assert error_cells(values, plan) == []


# A thousand epochs take a while to write, so all engines of a process read the same workbook.
@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, Path]:
    """The plan and the workbook of 1,000 live epochs, one array formula for each matrix."""
    return long_workbook("matrix", tmp_path_factory.mktemp("long"))


def long_workbook(style: str, folder: Path) -> tuple[Plan, Path]:
    chosen = {"epochs": 1000, "show": "all", "formulas": style, "operands": "none"}
    trace = xlnn.run(xlnn.example("demo", chosen))
    path = folder / "long.xlsx"
    xlnn.write(trace, path)
    return plan_of(trace), path


def check_1000_epochs(engine: Engine, plan: Plan, path: Path) -> None:
    # Each epoch's weights are formulas on the epoch before, so an error would pass on and grow.
    found = differences(engine.recompute(path), plan, expected(1000))
    assert len(found) == 2 + 21 * 1000
    assert beyond(1e-9, found) == {}


def test_1000_live_epochs_recompute_in_every_engine(
    engine: Engine, long: tuple[Plan, Path]
) -> None:
    check_1000_epochs(engine, *long)


def test_1000_live_epochs_with_a_formula_for_each_cell_recompute(tmp_path: Path) -> None:
    # By the fastest engine alone; each of the others would take half a minute more.
    check_1000_epochs(ENGINES["ironcalc"], *long_workbook("cell", tmp_path))
