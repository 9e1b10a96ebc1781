"""What is no mistake, but good to know when somebody signs: inputs that are computed, sheets that
nobody looked at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from editing import typed

import xlnn
from xlnn.audit.inputs import TOLD
from xlnn.experiment.experiment import Experiment


@pytest.fixture
def book(built: Callable[[Experiment], Path]) -> Path:
    return built(xlnn.example("demo"))


@pytest.mark.parametrize(
    ("cell", "formula", "said"),
    [
        (("X", "B15"), "=1/4", "the input X!B15 is computed, by =1/4: its number was taken"),
        (("Settings", "B5"), "=0.1*2", "the input Settings!B5 is computed, by =0.1*2: its number"),
        (("X", "B15"), "=0.5+0*RAND()", "another number each time, and this report is on one of"),
    ],
)
def test_an_input_that_is_computed_is_noted(
    cell: tuple[str, str], formula: str, said: str, book: Path, tmp_path: Path
) -> None:
    report = xlnn.audit(typed(book, tmp_path / "computed.xlsx", {cell: formula}))
    assert report.ok
    (note,) = report.notes
    assert said in note


def test_many_of_them_are_counted(book: Path, tmp_path: Path) -> None:
    cells = {("X", f"{column}{row}"): "=1/2" for column in "BCDE" for row in (15, 16)}
    notes = xlnn.audit(typed(book, tmp_path / "computed.xlsx", cells)).notes
    assert len(notes) == TOLD + 1
    assert notes[-1] == f"{8 - TOLD} more inputs are computed"


def test_sheets_that_were_added_are_noted(book: Path, tmp_path: Path) -> None:
    added = openpyxl.load_workbook(book)
    for name in ("Notes", "More"):
        added.create_sheet(name)["A1"] = "=E!B15*2"
    added.save(tmp_path / "added.xlsx")
    report = xlnn.audit(tmp_path / "added.xlsx")
    assert report.ok
    assert report.notes == ("sheets that were added, and not looked at: Notes, More",)


def test_a_formula_that_fills_fewer_cells_is_told_as_that(
    built: Callable[[Experiment], Path], tmp_path: Path
) -> None:
    book = openpyxl.load_workbook(built(xlnn.example("demo", {"formulas": "matrix"})))
    formula = book["d_output"]["B15"].value
    assert formula.ref == "B15:B17"
    formula.ref = "B15:B16"
    book.save(tmp_path / "shorter.xlsx")
    first = xlnn.audit(tmp_path / "shorter.xlsx").causes[0]
    assert first.kind == "changed-formula"
    assert "fills B15:B16, not B15:B17" in first.message
