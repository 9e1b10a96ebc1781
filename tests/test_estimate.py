"""What a workbook will be is known before any work, and what cannot be is refused."""

from __future__ import annotations

import re
import shutil
from collections import namedtuple
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from click.testing import CliRunner

import xlnn
from xlnn.building import expect
from xlnn.cli import main
from xlnn.errors import OutputError, PlanError
from xlnn.experiment.experiment import Experiment
from xlnn.workbook import estimate as module
from xlnn.workbook.estimate import Estimate
from xlnn.workbook.layout import draw_plan

RANDOM = np.random.default_rng(11)


def experiment(samples: int, epochs: int, **fields: object) -> Experiment:
    return Experiment(
        X=RANDOM.uniform(size=(samples, 8)).round(3),
        y=RANDOM.integers(0, 2, (samples, 1)).astype(float),
        epochs=epochs,
        **{"show": "all", "extras": "none"} | fields,
    )


EXPERIMENTS = {
    "table": experiment(400, 4, hidden=(5,)),
    "with sheets that teach": experiment(20, 4, hidden=(5,), extras="auto"),
    "deep": experiment(300, 3, hidden=(8, 8)),
    "table as matrices": experiment(400, 4, hidden=(5,), formulas="matrix"),
    "with operands": experiment(25, 6, hidden=(4,), operands="all"),
    "many epochs": experiment(3, 400, hidden=(3,)),
    "many epochs as matrices": experiment(3, 400, hidden=(3,), formulas="matrix"),
    "batches": experiment(60, 10, hidden=(4,), batch_size=8),
    "batches as matrices": experiment(60, 10, hidden=(4,), batch_size=8, formulas="matrix"),
    "long training": experiment(9, 20_000, hidden=(2,), show=[1, -1], accuracy=False),
    "scaled, tested, adam": experiment(
        200, 4, hidden=(5,), scale="standard", test_fraction=0.2, optimizer="adam"
    ),
}


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_size_is_told_within_a_third(name: str, tmp_path: Path) -> None:
    expected = expect(EXPERIMENTS[name])
    built = xlnn.build(EXPERIMENTS[name], tmp_path / "workbook.xlsx", audited=False)
    assert 2 / 3 < expected.size / built.path.stat().st_size < 3 / 2
    assert expected.formula_cells == built.size.formula_cells
    sheets = openpyxl.load_workbook(built.path, read_only=True).worksheets
    assert expected.sheets == len(sheets)
    pages = [sheet for sheet in sheets if sheet.title in built.plan.pages]
    assert expected.rows == max(sheet.max_row for sheet in pages)


def test_more_work_is_told_to_take_longer() -> None:
    few, many = expect(experiment(400, 4)), expect(experiment(400, 40))
    assert few.write_seconds < many.write_seconds
    assert few.audit_seconds < many.audit_seconds
    matrices = expect(experiment(400, 40, formulas="matrix"))
    assert matrices.write_seconds < many.write_seconds
    assert matrices.audit_seconds < many.audit_seconds


def test_more_than_a_million_formulas_suggest_the_other_style() -> None:
    large = experiment(2000, 34, hidden=(5,))
    assert expect(large).formula_cells > 1_000_000
    assert "--formulas matrix" in expect(large).advice
    assert "--show" in expect(large).advice
    assert expect(experiment(2000, 34, hidden=(5,), formulas="matrix")).advice == ""
    assert expect(EXPERIMENTS["table"]).advice == ""


def test_the_command_says_what_is_coming(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("xlnn.cli.outcome.WORTH_TELLING", 100)
    monkeypatch.setattr(module, "MANY_CELLS", 100)
    told = CliRunner().invoke(main, ["build", "demo", "--no-audit"]).stderr
    assert "30 sheets of up to 30 rows and 14 columns, 10,521 formula cells: about" in told
    assert "to write\n" in told
    assert "--formulas matrix" in told
    arguments = ["build", "demo", "--no-audit", "--quiet"]
    assert CliRunner().invoke(main, arguments).stderr == ""


def test_a_sheet_that_no_program_opens_is_refused_before_any_work(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(module, "LARGEST_SHEET", 800_000)
    with pytest.raises(PlanError, match=r"show at most 2 epochs \(--show\), or .*matrix"):
        xlnn.build(EXPERIMENTS["table"], tmp_path / "workbook.xlsx")
    monkeypatch.setattr(module, "LARGEST_SHEET", 20_000)
    with pytest.raises(PlanError, match=r"use a smaller table$"):
        xlnn.build(EXPERIMENTS["table as matrices"], tmp_path / "workbook.xlsx")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_told_before_any_work(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**6, 10**6, 10_000))
    with pytest.raises(OutputError, match=r"free in .*choose another place with -o"):
        xlnn.build(EXPERIMENTS["table"], tmp_path / "workbook.xlsx")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [
        (3, 3_000_000, "all"),
        (1500, 2000, "all"),
        (100_000, 50, "all"),
        (1500, 2000, 100),
        (9, 9**6, 2),
    ],
)
def test_as_many_epochs_as_a_refusal_names_do_fit(arguments: tuple[int, int, str | int]) -> None:
    samples, epochs, batch_size = arguments
    schedule = Experiment(
        X=np.zeros((samples, 6)), y=np.zeros((samples, 1)), batch_size=batch_size
    ).schedule
    with pytest.raises(PlanError, match=r"show at most [\d,]+ epochs \(--show\)") as error:
        draw_plan(schedule, range(1, epochs + 1))
    fit = int(re.search(r"at most ([\d,]+)", str(error.value))[1].replace(",", ""))
    assert draw_plan(schedule, range(1, fit + 1)).epochs[-1] == fit
    with pytest.raises(PlanError, match=f"at most {fit:,} "):
        draw_plan(schedule, range(1, fit + 2))


def test_long_training_is_told_too() -> None:
    def expected(epochs: int, batch_size: str | int = "all", **fields: object) -> Estimate:
        fields |= {"epochs": epochs, "batch_size": batch_size, "show": [1]}
        return expect(Experiment(X=np.eye(3), y=np.ones(3), **fields))

    assert expected(1).train_time == ""
    assert re.fullmatch(r"\d\d s", expected(10**6).train_time)
    assert re.fullmatch(r"\d+ min", expected(10**6, 1, hidden=(300, 300)).train_time)
    # Each epoch has an update for each batch, which takes longer, as its samples are fetched.
    ratio = expected(10**6, 1).train_seconds / expected(10**6).train_seconds
    assert 6 < ratio < 20
