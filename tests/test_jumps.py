"""Where rounding decides between equal numbers, the audit blames no cell; elsewhere it does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openpyxl
import pytest

import xlnn
from xlnn.audit.jumps import is_at_jump
from xlnn.experiment.experiment import Experiment
from xlnn.maths.expr import Axis, Comparison, Expr, Largest, Matrix, Shape, Where

A = Matrix("A", Shape(Axis("sample", 2), Axis("output", 3)))
VALUES = {"A": np.array([[1.0, 1.0 + 1e-15, 0.0], [3.0, 2.0, 1e-14]])}


@pytest.mark.parametrize(
    ("expr", "at_jump"),
    [
        (Largest(A), [[True] * 3, [False] * 3]),
        (A > 0, [[False, False, True], [False, False, True]]),
        (Where(A > 1, A, 0 * A), [[True, True, False], [False, False, False]]),
        (Comparison("=", A, A), [[True] * 3] * 2),
        (A * A, [[False] * 3] * 2),
    ],
)
def test_a_comparison_of_nearly_equal_numbers_is_a_jump(
    expr: Expr, at_jump: list[list[bool]]
) -> None:
    found = [[is_at_jump(expr, VALUES, i, j, 1e-9) for j in range(3)] for i in range(2)]
    assert found == at_jump


def saturated() -> Experiment:
    """Outputs so near to 1 that programs do not agree which is the largest."""
    random = np.random.default_rng(2026)
    X = random.normal(size=(2, 6))
    y = np.eye(3)[random.integers(0, 3, 2)]
    return Experiment(
        X=X, y=y, hidden=(10, 9, 8), activation="linear", seed=4, batch_size=2, shuffle=True,
        scale="standard", epochs=4, learning_rate=0.05, show=[1, -1],
        extras="none",
    )  # fmt: skip


def test_equal_outputs_are_noted_not_blamed(tmp_path: Path) -> None:
    built = xlnn.build(saturated(), tmp_path / "saturated.xlsx")
    assert np.ptp(built.trace["output", 1], axis=1).max() < 1e-9, "nothing is decided by rounding"
    assert built.report is not None
    assert built.report.ok, built.report.findings[:3]


def test_a_wrong_choice_between_different_numbers_is_blamed(tmp_path: Path) -> None:
    built = xlnn.build(
        xlnn.example("home-draw-away", {"extras": "none"}), tmp_path / "three.xlsx", audited=False
    )
    area = built.plan.matrix("predicted", 1)
    book = openpyxl.load_workbook(built.path)
    cell = book["predicted"].cell(area.row, area.column)
    cell.value = str(cell.value).replace(",1,0)", ",0,1)")
    book.save(built.path)
    report = xlnn.audit(built.path)
    assert not report.ok
    assert [cause.cell for cause in report.causes] == [cell.coordinate]
