"""``xlnn map`` tells programs where every matrix is, whatever program saved the workbook."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from editing import saved_by
from lint import read_raw

import xlnn
from xlnn.cli import main
from xlnn.experiment.experiment import Experiment


def printed_map(path: Path) -> dict[str, Any]:
    """What ``xlnn map --json`` prints."""
    result = CliRunner().invoke(main, ["map", str(path), "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def experiment(**fields: Any) -> Experiment:
    """Two layers, several epochs, not all of them shown."""
    return Experiment(
        X=[[1, 0.5], [0, 2], [3, 1]],
        y=[[1, 0], [0, 1], [1, 1]],
        hidden=(3, 2),
        epochs=9,
        show=[1, 2, -1],
        title="Größe & <Maß>, =1+1",
        **fields,
    )


def test_the_map_of_the_demo_is_what_design_says(built: Callable[[Experiment], Path]) -> None:
    path = built(xlnn.example("demo"))
    found = printed_map(path)
    assert list(found) == ["title", "xlnn", "matrices"]
    assert found["title"] == xlnn.example("demo").title
    assert found["xlnn"] == xlnn.__version__
    entries = {entry["name"]: entry for entry in found["matrices"]}
    hidden_layer_input = entries["hidden_layer_input"]
    place = hidden_layer_input.pop("range")
    assert hidden_layer_input == {
        "name": "hidden_layer_input",
        "step": 2,
        "epoch": 1,
        "batch": 1,
        "sheet": "hidden_layer_input",
        "rows": 3,
        "columns": 3,
        "kind": "formula",
        "reads": ["X", "wh", "bh"],
    }
    # The range is the article's: 1.48, 1.78, 1.10 in its first row.
    first = place.split(":")[0]
    assert read_raw(path).number("hidden_layer_input", first) == pytest.approx(1.48)
    assert entries["X"]["kind"] == "input"
    assert entries["X"]["reads"] == []


def test_the_map_names_every_matrix_of_the_article_in_the_order_of_its_steps(
    built: Callable[[Experiment], Path],
) -> None:
    entries = printed_map(built(xlnn.example("demo")))["matrices"]
    assert [(entry["step"], entry["name"]) for entry in entries] == [
        (0, "X"),
        (0, "y"),
        (1, "wh"),
        (1, "bh"),
        (1, "wout"),
        (1, "bout"),
        (2, "hidden_layer_input"),
        (3, "hiddenlayer_activations"),
        (4, "output_layer_input"),
        (4, "output"),
        (5, "E"),
        (5, "squared_error"),
        (6, "slope_output_layer"),
        (6, "slope_hidden_layer"),
        (7, "d_output"),
        (8, "Error_at_hidden_layer"),
        (9, "d_hiddenlayer"),
        (10, "wout_new"),
        (10, "wh_new"),
        (11, "bout_new"),
        (11, "bh_new"),
        # Measured of the epoch, when it is done.
        (5, "loss"),
        (5, "mean_loss"),
    ]


def test_the_measures_of_an_epoch_stand_on_the_sheet_loss(
    built: Callable[[Experiment], Path],
) -> None:
    path = built(experiment(accuracy=False))
    entries = printed_map(path)["matrices"]
    found = [(e["name"], e["epoch"], e["range"]) for e in entries if e["sheet"] == "Loss"]
    # A row for each epoch, from row 7 on; live are those that are shown.
    assert found == [
        (name, epoch, f"{column}{6 + epoch}:{column}{6 + epoch}")
        for epoch in (1, 2, 9)
        for name, column in (("loss", "B"), ("mean_loss", "C"))
    ]
    reads = {entry["name"]: entry["reads"] for entry in entries}
    assert reads["loss"] == ["squared_error"]
    assert reads["mean_loss"] == ["loss", "y"]


@pytest.mark.parametrize("style", ["cell", "matrix"])
def test_every_batch_of_an_update_is_on_the_map(
    style: str, built: Callable[[Experiment], Path]
) -> None:
    path = built(experiment(formulas=style, batch_size=2))
    entries = printed_map(path)["matrices"]
    places = {name: [] for name in ("X", "X_batch", "wh_1", "loss")}
    for entry in entries:
        if entry["name"] in places:
            places[entry["name"]].append((entry["epoch"], entry["batch"], entry["rows"]))
    assert places["X"] == [(1, 1, 3)]
    # Three samples: a batch of two and a batch of one.
    assert places["X_batch"] == [(e, b, 3 - b) for e in (1, 2, 9) for b in (1, 2)]
    assert places["wh_1"] == [(e, b, 2) for e in (1, 2, 9) for b in (1, 2)]
    assert places["loss"] == [(e, 1, 1) for e in (1, 2, 9)]
    kinds = [entry["kind"] for entry in entries if entry["name"] == "wh_1"]
    assert kinds == ["input", "formula", "formula", "formula", "input", "formula"]
    sheets = read_raw(path).sheets
    for entry in entries:
        corners = set(entry["range"].split(":"))
        assert corners <= set(sheets[entry["sheet"]].cells), entry


@pytest.mark.parametrize("style", ["cell", "matrix"])
def test_every_shown_epoch_is_on_the_map_and_data_once(
    style: str, built: Callable[[Experiment], Path]
) -> None:
    path = built(experiment(formulas=style))
    entries = printed_map(path)["matrices"]
    epochs = [entry["epoch"] for entry in entries if entry["name"] == "wh_2"]
    assert epochs == [1, 2, 9]
    assert [entry["epoch"] for entry in entries if entry["name"] == "X"] == [1]
    kinds = {entry["epoch"]: entry["kind"] for entry in entries if entry["name"] == "wh_2"}
    # Epoch 2 carries on from 1; what comes before 9 is not shown, so 9 starts from values.
    assert kinds == {1: "input", 2: "formula", 9: "input"}
    sheets = read_raw(path).sheets
    for entry in entries:
        first, last = entry["range"].split(":")
        assert {first, last} <= set(sheets[entry["sheet"]].cells), entry


@pytest.mark.parametrize("batch_size", ["all", 2])
@pytest.mark.parametrize("program", ["openpyxl", "libreoffice", "gnumeric"])
def test_the_map_survives_a_save(
    program: str, batch_size: str | int, built: Callable[[Experiment], Path], tmp_path: Path
) -> None:
    path = built(experiment(batch_size=batch_size))
    saved = saved_by(program, path, tmp_path)
    assert saved.read_bytes() != path.read_bytes()
    assert printed_map(saved) == printed_map(path)


def test_people_read_the_same_table(built: Callable[[Experiment], Path]) -> None:
    path = built(xlnn.example("demo"))
    result = CliRunner().invoke(main, ["map", str(path)])
    assert result.exit_code == 0
    lines = [line for line in result.stdout.splitlines() if "d_hiddenlayer!" in line]
    assert len(lines) == 1
    for part in ("step  9", "3×3", "reads Error_at_hidden_layer, slope_hidden_layer"):
        assert part in lines[0]


def test_the_names_on_the_map_lead_to_the_matrices(built: Callable[[Experiment], Path]) -> None:
    path = built(experiment())
    links = read_raw(path).sheets["Map"].links
    for entry in printed_map(path)["matrices"]:
        assert f"{entry['sheet']}!{entry['range']}" in links
