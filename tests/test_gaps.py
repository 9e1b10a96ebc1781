"""Where shown epochs do not follow one another, the audit says whether the start values still
belong to the inputs, and calls neither them nor an edited input wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
from reference import train

import xlnn
from xlnn.audit.self_description import read_description, to_json
from xlnn.audit.stored.workbook import StoredWorkbook
from xlnn.experiment.experiment import Experiment

Copies = Callable[[Experiment], Path]


@pytest.fixture
def workbook(built: Copies) -> Path:
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


EDITS = {
    # A cell, and the epochs that are not live whose losses do not follow.
    ("Settings", "B5"): [3],  # the first one; those after it do not either
    ("X", "B15"): [3],
    ("wh", "B33"): [],  # what epoch 40 starts from
}


@pytest.mark.parametrize(("sheet", "cell"), EDITS)
def test_an_edit_that_the_values_do_not_follow_is_noted(
    workbook: Path, sheet: str, cell: str
) -> None:
    report = xlnn.audit(edited(workbook, sheet, cell, 0.7))
    assert report.ok, report.findings
    assert [note for note in report.notes if "start values of epoch 40" in note]
    assert stale_losses(report.notes) == EDITS[sheet, cell]


def stale_losses(notes: Iterable[str]) -> list[int]:
    """The epochs whose losses are noted not to be what training gives."""
    found = [
        re.search(r"on the sheet Loss, the values (?:of|from) epoch (\d+)", note) for note in notes
    ]
    return [int(match[1]) for match in found if match]


@pytest.mark.parametrize("column", ["B", "C"])
@pytest.mark.parametrize("epoch", [3, 21, 39])
def test_a_changed_loss_of_an_epoch_that_is_not_live_is_found(
    workbook: Path, epoch: int, column: str
) -> None:
    # What comes after it shows that no input was edited.
    cell = f"{column}{6 + epoch}"
    report = xlnn.audit(edited(workbook, "Loss", cell, 0.7))
    assert [(f.kind, f.sheet, f.cell, f.cause) for f in report.findings] == [
        ("wrong-value", "Loss", cell, True)
    ]
    assert report.notes == ()


def test_a_changed_loss_of_the_last_epochs_is_noted(workbook: Path) -> None:
    # It may be the start values of epoch 40 that were edited, or the loss before.
    path = edited(edited(workbook, "wh", "B33", 0.7), "Loss", "B45", 0.7)
    report = xlnn.audit(path)
    assert report.ok, report.findings
    assert stale_losses(report.notes) == [39]


def test_a_changed_loss_of_a_live_epoch_is_an_error(workbook: Path) -> None:
    report = xlnn.audit(edited(workbook, "Loss", "B46", 0.7))
    assert [(f.kind, f.sheet, f.cell) for f in report.findings if f.cause] == [
        ("hard-coded", "Loss", "B46")
    ]
    assert report.notes == ()


@pytest.fixture
def shuffled(built: Copies) -> Path:
    """Batches in a new order each epoch, learned by an optimiser that carries much along."""
    chosen = {"batch_size": 2, "shuffle": True, "optimizer": "adam", "test_fraction": 0.3}
    random = np.random.default_rng(4)
    return built(
        Experiment(
            X=random.normal(size=(7, 2)),
            y=random.uniform(size=7),
            epochs=12,
            show=[1, 2, 7, -1],
            **chosen,
        )
    )


def test_batches_and_optimisers_are_trained_again_through_a_gap(shuffled: Path) -> None:
    report = xlnn.audit(shuffled)
    assert report.ok
    assert report.notes == ()


@pytest.mark.parametrize("sheet", ["X", "order", "wh_second_moment"])
def test_an_edit_before_a_gap_is_noted_with_batches_too(shuffled: Path, sheet: str) -> None:
    cell = next(e["range"] for e in entries(shuffled) if e["name"] == sheet).split(":")[0]
    report = xlnn.audit(edited(shuffled, sheet, cell, 2))
    assert report.ok, report.findings
    assert stale_losses(report.notes) == [3]
    noted = [note for note in report.notes if "start values of epoch" in note]
    assert [epoch for epoch in (7, 12) if any(f"of epoch {epoch} " in n for n in noted)] == [7, 12]


def entries(path: Path) -> list[dict[str, Any]]:
    """What the Map lists."""
    return to_json(read_description(StoredWorkbook(path)))["matrices"]
