"""A program that does not compute sees every number and every text; same input, same bytes.

pandas, the previews of mail programs and phones, and Excel's Protected View all show what is
in the file. Texts of a person's own stay texts, whatever they look like.
"""

from __future__ import annotations

import filecmp
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from conftest import engine_or_skip
from lint import column_letters, read_raw
from openpyxl.utils import range_boundaries

import xlnn
from xlnn.building import Built
from xlnn.cli import main
from xlnn.experiment.experiment import Experiment

HEADINGS = ['=HYPERLINK("x")', "+1", "@x", "<b>&", "-2", " kept blanks ", "#N/A", "Ω 名"]
TARGET = "=1+1"


def experiment(style: str, **fields: object) -> Experiment:
    """Numbers of all sizes, two layers, two blocks."""
    random = np.random.default_rng(3)
    return Experiment(
        X=random.normal(size=(3, 2)) * [1e-7, 1e9],
        y=random.uniform(size=(3, 2)),
        hidden=(3, 2),
        epochs=4,
        show=[1, 2, -1],
        formulas=style,
        title="Numbers & <texts>",
        extras="none",
        **fields,
    )


WAYS = {
    "all at once": {},
    "batches": {"batch_size": 2, "shuffle": True, "optimizer": "adam"},
    "scaled and tested": {"scale": "standard", "test_fraction": 0.3},
}
"""Ways of training, with matrices that there are once, in each epoch and in each batch."""

every_way = pytest.mark.parametrize("way", WAYS)


def strange_table(folder: Path) -> Path:
    """A table whose headings look like formulas, errors and markup."""
    path = folder / "strange.csv"
    columns = [*HEADINGS, TARGET]
    pd.DataFrame(np.eye(2, len(columns)), columns=columns).to_csv(path, index=False)
    return path


@every_way
@pytest.mark.parametrize("style", ["cell", "matrix"])
def test_pandas_shows_the_very_number_in_every_cell_that_the_map_names(
    style: str, way: str, kept: Callable[[Experiment], Built]
) -> None:
    built = kept(experiment(style, **WAYS[way]))
    sheets = pd.read_excel(built.path, sheet_name=None, header=None)
    printed = CliRunner().invoke(main, ["map", str(built.path), "--json"]).stdout
    entries = json.loads(printed)["matrices"]
    assert {entry["kind"] for entry in entries} == {"input", "formula"}
    for entry in entries:
        left, top, right, bottom = range_boundaries(entry["range"])
        found = sheets[entry["sheet"]].iloc[top - 1 : bottom, left - 1 : right]
        expected = built.trace[entry["name"], entry["epoch"], entry["batch"]]
        assert np.array_equal(found.to_numpy(dtype=float), expected), entry


def test_pandas_shows_what_was_measured_of_every_epoch(
    kept: Callable[[Experiment], Built],
) -> None:
    built = kept(experiment("cell"))
    table = pd.read_excel(built.path, sheet_name="Loss", header=5)
    assert table.iloc[:, 0].tolist() == [1, 2, 3, 4]  # not all of them are live
    assert table.iloc[:, 1].tolist() == built.trace.loss.tolist()
    assert table.iloc[:, 2].tolist() == built.trace.curves["mean_loss"].tolist()


def test_pandas_shows_the_texts_of_the_other_sheets(built: Callable[[Experiment], Path]) -> None:
    sheets = pd.read_excel(built(experiment("cell")), sheet_name=None, header=None)
    texts = {name: " ".join(map(str, sheet.to_numpy().ravel())) for name, sheet in sheets.items()}
    assert "Numbers & <texts>" in texts["Start"]
    assert "hidden_layer_input_1" in texts["Start"]
    assert "learning_rate" in texts["Settings"]
    assert "d_hiddenlayer_2" in texts["Map"]
    assert "Step 7: d_output" in texts["d_output"]


# --- Same input, same bytes -----------------------------------------------------------


@every_way
@pytest.mark.parametrize("style", ["cell", "matrix"])
def test_two_builds_are_the_same_byte_for_byte(
    style: str,
    way: str,
    kept: Callable[[Experiment], Built],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = kept(experiment(style, **WAYS[way])).path
    # Tomorrow, and in another time zone.
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 100_000)
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    time.tzset()
    second = xlnn.build(experiment(style, **WAYS[way]), tmp_path / "second.xlsx", audited=False)
    monkeypatch.undo()
    time.tzset()
    assert filecmp.cmp(first, second.path, shallow=False)


def test_two_processes_write_the_same_bytes(tmp_path: Path) -> None:
    table = strange_table(tmp_path)
    command, outputs = [sys.executable, "-m", "xlnn", "build"], []
    for seed, name in (("1", "one.xlsx"), ("2", "two.xlsx")):
        output = tmp_path / name
        subprocess.run(
            [*command, table, "--target", TARGET, "-o", output, "--no-audit"],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        )
        outputs.append(output)
        # A zip holds even seconds: two of them make a different time certain.
        time.sleep(2 - time.time() % 2)
    assert filecmp.cmp(*outputs, shallow=False)


# --- Texts that look like something else ------------------------------------------------


def test_headings_that_look_like_formulas_stand_as_text(tmp_path: Path) -> None:
    path = tmp_path / "strange.xlsx"
    xlnn.build(xlnn.load(strange_table(tmp_path), target=[TARGET]), path, audited=False)
    cells = read_raw(path).sheets["X"].cells
    for column, heading in enumerate(HEADINGS, start=2):
        cell = cells[f"{column_letters(column)}14"]
        assert (cell.kind, cell.text, cell.formula) == ("s", heading.strip(), None)


@pytest.mark.parametrize("heading", [h for h in [*HEADINGS, TARGET] if h[0] in "=+-@"])
def test_headings_that_begin_like_formulas_stay_text_when_somebody_edits_them(
    heading: str, tmp_path: Path
) -> None:
    path = tmp_path / "strange.xlsx"
    xlnn.build(xlnn.load(strange_table(tmp_path), target=[TARGET]), path, audited=False)
    found = [
        cell
        for sheet in read_raw(path).sheets.values()
        for cell in sheet.cells.values()
        if cell.text == heading
    ]
    assert found
    assert all(cell.quoted for cell in found)


def test_headings_and_title_survive_a_recalculation_as_text(tmp_path: Path) -> None:
    engine = engine_or_skip("libreoffice")
    path = tmp_path / "strange.xlsx"
    source = xlnn.load(strange_table(tmp_path), target=[TARGET], title="=1+1")
    xlnn.build(source, path, audited=False)
    values = engine.recompute(path)
    found = [values.value("X", 14, column) for column in range(2, 2 + len(HEADINGS))]
    assert found == [heading.strip() for heading in HEADINGS]
    assert values.value("y", 14, 2) == TARGET
    assert values.value("Start", 1, 1) == "=1+1"


def test_control_characters_in_headings_do_not_break_the_file(
    built: Callable[[Experiment], Path],
) -> None:
    path = built(Experiment(X=[[1]], y=[1], feature_names=["bell\x07 and \x00"]))
    heading = pd.read_excel(path, sheet_name="X", header=None).iloc[13, 1]
    assert str(heading).startswith("bell")
    assert "\x07" not in heading
