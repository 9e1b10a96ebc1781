"""Where shown epochs do not follow one another, the audit says whether the start values still
belong to the inputs, and calls neither them nor an edited input wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from reference import train

import xlnn
from xlnn.experiment.experiment import Experiment

Built = Callable[[Experiment], Path]


@pytest.fixture
def workbook(built: Built) -> Path:
    return built(xlnn.example("demo", {"epochs": 40, "show": [1, 2, -1]}))


def edited(path: Path, sheet: str, cell: str, value: float) -> Path:
    book = openpyxl.load_workbook(path)
    book[sheet][cell] = value
    book.save(path)
    return path


def test_the_start_values_after_a_gap_are_those_of_the_training(workbook: Path) -> None:
    demo = xlnn.example("demo")
    epochs = train(demo.X, demo.y, demo.weights, demo.learning_rate, 40)
    entry = openpyxl.load_workbook(workbook)["wh"]
    trace = xlnn.run(xlnn.example("demo", {"epochs": 40, "show": [1, 2, -1]}))
    first = next(
        cell for row in entry.iter_rows() for cell in row if cell.value == trace["wh", 40][0, 0]
    )
    assert abs(first.value - epochs[40]["wh"][0, 0]) < 1e-13


def test_an_untouched_workbook_has_no_note(workbook: Path) -> None:
    report = xlnn.audit(workbook)
    assert report.ok
    assert report.notes == ()


@pytest.mark.parametrize(("sheet", "cell"), [("Settings", "B5"), ("X", "B12"), ("wh", "B30")])
def test_an_edit_that_the_values_do_not_follow_is_noted(
    workbook: Path, sheet: str, cell: str
) -> None:
    report = xlnn.audit(edited(workbook, sheet, cell, 0.7))
    assert report.ok, report.findings
    assert [note for note in report.notes if "start values of epoch 40" in note]
