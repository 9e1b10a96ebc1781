"""Two workbooks are compared: what somebody changed is named first, then what follows from it.

Each test tells exactly which blocks differ, so one that is named too often or too seldom fails.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
from click.testing import CliRunner, Result
from editing import all_saved_by, rewritten, typed, with_wrong_values
from openpyxl.worksheet.formula import ArrayFormula

import xlnn
from xlnn.audit.differences import KINDS
from xlnn.building import Built
from xlnn.cli import main
from xlnn.errors import EngineError, WorkbookError
from xlnn.experiment.experiment import Experiment

Kept = Callable[[Experiment], Built]

RANDOM = np.random.default_rng(5)
BATCHES = Experiment(
    X=[[0.1, 2], [1, -0.5], [0.3, 0.4]], y=[0, 1, 1], hidden=(2,), batch_size=2, epochs=2
)
LAYERS = Experiment(X=RANDOM.normal(size=(3, 2)), y=[0, 1, 1], hidden=(2,), epochs=3)

FROM_THE_FIRST_SUM = [
    *("hidden_layer_input", "hiddenlayer_activations", "output_layer_input", "output", "E"),
    *("squared_error", "slope_output_layer", "slope_hidden_layer", "d_output"),
    *("Error_at_hidden_layer", "d_hiddenlayer", "wout_new", "wh_new", "bout_new", "bh_new"),
    *("loss", "mean_loss"),
]
"""All that one epoch computes, in order."""

FROM_D_OUTPUT = FROM_THE_FIRST_SUM[FROM_THE_FIRST_SUM.index("d_output") :][:-2]


def demo(**options: Any) -> Experiment:
    """The worked example."""
    return replace(xlnn.example("demo"), extras="none", **options)


def run(*arguments: object) -> Result:
    """``xlnn compare`` with some arguments."""
    return CliRunner().invoke(main, ["compare", *map(str, arguments)])


def named(found: xlnn.Differences, kind: str) -> list[str]:
    """The blocks that differ in one way."""
    return [block.matrix for block in found.blocks if block.kind == kind]


def only(found: xlnn.Differences, *kinds: str) -> bool:
    """Whether blocks differ in these ways alone, and nothing else does."""
    assert set(kinds) <= set(KINDS)
    return {b.kind for b in found.blocks} == set(kinds) and not (found.settings or found.unmatched)


def settings(found: xlnn.Differences) -> dict[str, tuple[object, object]]:
    return {each.key: (each.a, each.b) for each in found.settings}


def apart(found: xlnn.Differences) -> set[tuple[str, str, str | None, str | None]]:
    return {(each.what, each.name, each.a, each.b) for each in found.unmatched}


# --- No difference --------------------------------------------------------------------


def test_a_copy_is_identical_and_nothing_is_recomputed(kept: Kept, tmp_path: Path) -> None:
    path = kept(demo()).path
    copy = Path(shutil.copyfile(path, tmp_path / "copy.xlsx"))
    found = xlnn.compare(path, copy)
    assert found.same
    assert found.identical
    assert found.version == ""
    result = run(path, copy)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == (
        "no difference: the files are the same, byte for byte"
    )


@pytest.mark.parametrize("program", ["openpyxl", "libreoffice", "gnumeric"])
def test_what_another_program_saved_does_not_differ(
    kept: Kept, tmp_path: Path, program: str
) -> None:
    experiments = {
        "demo": replace(demo(), extras=("Predict", "GradientCheck", "Checks")),
        "matrices": demo(formulas="matrix", epochs=2),
        "batches": BATCHES,
        "gaps": replace(LAYERS, epochs=9, show=(1, 2, 9), scale="standard"),
    }
    sources = [
        Path(shutil.copyfile(kept(experiment).path, tmp_path / f"{name}.xlsx"))
        for name, experiment in experiments.items()
    ]
    for source, saved in zip(sources, all_saved_by(program, sources, tmp_path), strict=True):
        found = xlnn.compare(source, saved)
        assert found.same, (saved.name, found)
        assert not found.identical
        assert found.notes == ()
        assert found.compared > 100
    result = run(sources[0], saved.with_name(f"demo saved by {program}.xlsx"))
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == "no difference"


def test_values_that_a_file_carries_along_are_not_looked_at(kept: Kept, tmp_path: Path) -> None:
    path = kept(demo()).path
    assert xlnn.compare(path, with_wrong_values(path, tmp_path / "wrong.xlsx")).same


def test_neither_style_nor_spelling_is_a_difference(kept: Kept, tmp_path: Path) -> None:
    path = kept(demo()).path
    book = openpyxl.load_workbook(path)
    book["wh"]["B15"].number_format = "0.0"
    book["wh"].column_dimensions["B"].width = 40
    book["E"]["B15"] = "= y!$B$15 - output!b15"
    book.save(tmp_path / "styled.xlsx")
    assert xlnn.compare(path, tmp_path / "styled.xlsx").same
    # Nor is it where the other workbook has other texts anyway.
    assert xlnn.compare(kept(demo(formulas="matrix")).path, tmp_path / "styled.xlsx").blocks == ()


def test_settings_are_the_same_however_a_program_saves_them(kept: Kept, tmp_path: Path) -> None:
    path = kept(demo()).path
    book = openpyxl.load_workbook(path)
    cells = {row[0].value: row[1] for row in book["Settings"].iter_rows()}
    cells["shuffle"].value, cells["hidden"].value, cells["samples"].value = False, 3, 3.0
    book.save(tmp_path / "saved.xlsx")
    assert xlnn.compare(path, tmp_path / "saved.xlsx").same


def test_the_same_changes_in_both_are_no_difference(kept: Kept, tmp_path: Path) -> None:
    path = kept(demo()).path
    changes = {("E", "B15"): "=y!B15", ("d_output", "B16"): 4, ("X", "B15"): "a text"}
    one = typed(path, tmp_path / "one.xlsx", changes)
    found = xlnn.compare(one, typed(path, tmp_path / "other.xlsx", {**changes, ("Map", "Z1"): 1}))
    assert found.same  # with all the errors that the text gives
    assert not found.identical


# --- Inputs ---------------------------------------------------------------------------


def test_an_edited_weight_is_named_with_all_that_follows_and_nothing_before(
    kept: Kept, tmp_path: Path
) -> None:
    path = kept(demo()).path
    edited = typed(path, tmp_path / "edited.xlsx", {("wh", "B15"): 0.52})
    found = xlnn.compare(path, edited)
    assert only(found, "input", "value")
    (change,) = found.of("input")
    assert (change.matrix, change.epoch, change.count, change.size) == ("wh", 1, 1, 12)
    (cell,) = change.cells
    assert (cell.cell_a, cell.cell_b, cell.a, cell.b) == ("B15", "B15", 0.42, 0.52)
    assert change.largest == pytest.approx(0.1)
    assert named(found, "value") == FROM_THE_FIRST_SUM
    assert all(block.follows for block in found.of("value"))
    assert {block.epoch for block in found.of("value")} == {1}


def test_a_weight_of_the_output_changes_nothing_before_it(kept: Kept, tmp_path: Path) -> None:
    path = kept(demo()).path
    edited = typed(path, tmp_path / "edited.xlsx", {("wout", "B15"): 0.31})
    found = xlnn.compare(edited, path)
    assert only(found, "input", "value")
    assert named(found, "input") == ["wout"]
    later = [name for name in FROM_THE_FIRST_SUM[2:] if name != "slope_hidden_layer"]
    assert named(found, "value") == later


def test_an_edited_learning_rate_is_an_input(kept: Kept, tmp_path: Path) -> None:
    path = kept(demo(epochs=2)).path
    edited = typed(path, tmp_path / "edited.xlsx", {("Settings", "B5"): 0.5})
    found = xlnn.compare(path, edited)
    assert only(found, "input", "value")
    assert named(found, "input") == ["learning_rate"]
    updates = ["wout_new", "wh_new", "bout_new", "bh_new"]
    of_epoch = {
        epoch: [b.matrix for b in found.of("value") if b.epoch == epoch] for epoch in (None, 1, 2)
    }
    assert of_epoch[1] == updates
    assert of_epoch[2] == ["wh", "bh", "wout", "bout", *FROM_THE_FIRST_SUM]
    assert of_epoch[None] == ["learning_rate"]  # the live copy on the sheet Start
    assert [b.sheet for b in found.of("value")][-1] == "Start"


def test_inputs_of_other_sheets_count_and_what_they_give(kept: Kept, tmp_path: Path) -> None:
    path = kept(replace(demo(), extras=("Predict",))).path
    edited = typed(path, tmp_path / "edited.xlsx", {("Predict", "B9"): 7})
    found = xlnn.compare(path, edited)
    assert only(found, "input", "value")
    assert [(b.sheet, b.matrix, b.count, b.size) for b in found.of("input")] == [
        ("Predict", "X", 1, 40)
    ]
    assert {b.sheet for b in found.of("value")} == {"Predict"}
    assert named(found, "value") == FROM_THE_FIRST_SUM[:4]


@pytest.mark.parametrize(
    ("content", "said"), [("a text", "a text"), (None, None), ("=1/4+0.17", "=1/4+0.17")]
)
def test_an_input_that_is_no_plain_number_is_told(
    kept: Kept, tmp_path: Path, content: object, said: object
) -> None:
    path = kept(demo()).path
    edited = typed(path, tmp_path / "edited.xlsx", {("wh", "B15"): content})
    found = xlnn.compare(path, edited)
    (change,) = found.of("input")
    assert [(cell.a, cell.b) for cell in change.cells] == [(0.42, said)]
    # 1/4+0.17 is the number that was there: only what is entered differs.
    assert bool(named(found, "value")) == (content != "=1/4+0.17")
    json.dumps(found.to_dict(), allow_nan=False)


def test_the_15th_digit_counts_but_not_those_that_some_programs_cut(
    kept: Kept, tmp_path: Path
) -> None:
    path = kept(demo()).path
    for number, same in ((0.42 + 1e-16, True), (0.42 + 3e-14, False)):
        edited = typed(path, tmp_path / "edited.xlsx", {("wh", "B15"): number})
        found = xlnn.compare(path, edited)
        assert found.same == same
        assert not found.of("value")


# --- Formulas -------------------------------------------------------------------------


def test_a_changed_formula_comes_before_what_follows_from_it(kept: Kept, tmp_path: Path) -> None:
    path = kept(demo()).path
    edited = typed(path, tmp_path / "edited.xlsx", {("d_output", "B16"): "=E!B16"})
    found = xlnn.compare(path, edited)
    assert only(found, "formula", "value")
    (change,) = found.of("formula")
    assert (change.matrix, change.step, change.epoch, change.count) == ("d_output", 7, 1, 1)
    (cell,) = change.cells
    assert (cell.cell_a, cell.a, cell.b) == (*("B16", "=E!B16*slope_output_layer!B16", "=E!B16"),)
    assert named(found, "value") == FROM_D_OUTPUT
    assert [block.matrix for block in found.of("value") if not block.follows] == ["d_output"]


def test_the_right_number_over_a_formula_differs_in_the_formula_alone(
    kept: Kept, tmp_path: Path
) -> None:
    built = kept(demo())
    right = float(built.trace["E", 1][0, 0])
    edited = typed(built.path, tmp_path / "edited.xlsx", {("E", "B15"): right})
    found = xlnn.compare(edited, built.path)
    assert only(found, "formula")
    (change,) = found.of("formula")
    assert [(cell.a, cell.b) for cell in change.cells] == [(right, "=y!B15-output!B15")]
    # Once both have it, there is no difference.
    assert xlnn.compare(edited, typed(edited, tmp_path / "again.xlsx", {})).same


def test_an_array_formula_is_said_once(kept: Kept, tmp_path: Path) -> None:
    path = kept(demo(formulas="matrix")).path
    change = {("E", "B15"): ArrayFormula("B15:B17", "=output-y")}
    edited = typed(path, tmp_path / "edited.xlsx", change)
    found = xlnn.compare(path, edited)
    (block,) = found.of("formula")
    assert (block.matrix, block.count, block.size) == ("E", 3, 3)
    assert {(cell.a, cell.b) for cell in block.cells} == {("{=y-output}", "{=output-y}")}
    assert run(path, edited).stdout.count("{=y-output}") == 1


def test_a_copy_beside_a_result_and_a_line_in_numbers_are_formulas_too(
    kept: Kept, tmp_path: Path
) -> None:
    path = kept(demo()).path
    changes = {("d_output", "D15"): 1, ("wh_new", "A7"): "=1"}
    copy = openpyxl.load_workbook(path)["d_output"]["D15"].value
    found = xlnn.compare(path, typed(path, tmp_path / "edited.xlsx", changes))
    assert only(found, "formula")
    assert [(b.matrix, b.what) for b in found.of("formula")] == [
        ("d_output", "copy of E"),
        ("wh_new", "the line in numbers"),
    ]
    assert [(cell.a, cell.b) for cell in found.blocks[0].cells] == [(copy, 1.0)]


def test_a_name_that_means_another_cell_changes_every_formula_that_uses_it(
    kept: Kept, tmp_path: Path
) -> None:
    path = kept(demo()).path

    def change(entry: str, text: str) -> str:
        return text.replace("Settings!$B$5<", "Settings!$B$8<") if "workbook.xml" in entry else text

    found = xlnn.compare(path, rewritten(path, tmp_path / "renamed.xlsx", change))
    assert only(found, "formula", "value")
    (block,) = found.of("formula")
    assert (block.matrix, block.what) == ("learning_rate", "the meaning of the name")
    assert [(c.a, c.b) for c in block.cells] == [("Settings!$B$5", "Settings!$B$8")]
    assert named(found, "value") == ["wout_new", "wh_new", "bout_new", "bh_new", "learning_rate"]


# --- Settings, headings, sheets -------------------------------------------------------


def test_title_and_headings_are_told(kept: Kept, tmp_path: Path) -> None:
    path = kept(demo()).path
    book = openpyxl.load_workbook(path)
    book["X"]["A16"], book["X"]["C14"] = "Bob", "age"
    title = next(row[1] for row in book["Settings"].iter_rows() if row[0].value == "title")
    title.value = "Mine"
    book.save(tmp_path / "edited.xlsx")
    found = xlnn.compare(path, tmp_path / "edited.xlsx")
    assert settings(found) == {"title": (xlnn.example("demo").title, "Mine")}
    assert [
        (b.matrix, b.what, [(c.cell_a, c.a, c.b) for c in b.cells]) for b in found.of("label")
    ] == [
        ("X", "row headings", [("A16", "sample 2", "Bob")]),
        ("X", "column headings", [("C14", "x2", "age")]),
    ]
    assert {b.kind for b in found.blocks} == {"label"}
    assert not found.unmatched


def test_sheets_that_were_added_and_deleted_are_told(kept: Kept, tmp_path: Path) -> None:
    path = kept(replace(demo(), extras=("Checks",))).path
    book = openpyxl.load_workbook(path)
    book.create_sheet("Mine")
    del book["Checks"]
    book.save(tmp_path / "edited.xlsx")
    found = xlnn.compare(path, tmp_path / "edited.xlsx")
    assert apart(found) == {
        ("sheet", "Checks", "there", "deleted"),
        ("sheet", "Mine", None, "added"),
    }
    # What stood for all checks on Start reads a sheet that is gone; it is a text.
    assert {b.kind for b in found.blocks} <= {"formula"}


# --- Other experiments ----------------------------------------------------------------


def test_another_learning_rate_is_one_input_whoever_built_the_workbook(kept: Kept) -> None:
    a, b = (kept(replace(LAYERS, learning_rate=rate)).path for rate in (0.1, 0.2))
    found = xlnn.compare(a, b)
    assert only(found, "input", "value")
    assert [(b.sheet, b.matrix) for b in found.of("input")] == [("Settings", "learning_rate")]
    (cell,) = found.of("input")[0].cells
    assert (cell.a, cell.b) == (0.1, 0.2)


def test_of_more_epochs_those_that_both_have_are_compared(kept: Kept) -> None:
    found = xlnn.compare(kept(LAYERS).path, kept(replace(LAYERS, epochs=5)).path)
    assert settings(found) == {"epochs": (3, 5), "show": ("1-3", "1-5")}
    assert apart(found) == {("epochs", "epochs", None, "4-5")}
    assert found.blocks == ()


def test_of_another_network_what_has_one_shape_is_compared(kept: Kept) -> None:
    a, b = kept(LAYERS), kept(replace(LAYERS, hidden=(3,)))
    found = xlnn.compare(a.path, b.path)
    assert settings(found) == {"hidden": (2, 3)}
    reshaped = {each.name for each in found.unmatched}
    assert {(each.what, each.a, each.b) for each in found.unmatched if each.name == "wh"} == {
        ("shape", "2×2", "2×3")
    }
    assert {
        *("hidden_layer_input", "bh", "wout", "wout_new", "d_hiddenlayer"),
    } <= reshaped
    # wout and bout are drawn after wh: of the inputs only bout has the same shape.
    assert named(found, "input") == ["bout"]
    assert [b.epoch for b in found.of("value") if b.matrix == "output"] == [1, 2, 3]
    assert not found.of("formula")  # the formulas read other places, and say the same
    assert set(named(found, "value")) & reshaped == set()


def test_another_activation_is_another_step_said_once(kept: Kept) -> None:
    found = xlnn.compare(kept(LAYERS).path, kept(replace(LAYERS, activation="tanh")).path)
    assert settings(found) == {"activation": ("sigmoid", "tanh")}
    assert [(b.matrix, b.what, b.epoch) for b in found.of("formula")] == [
        ("hiddenlayer_activations", "computed otherwise", None),
        ("slope_hidden_layer", "computed otherwise", None),
    ]
    (cell,) = found.of("formula")[0].cells
    assert (cell.a, cell.b) == ("sigmoid(hidden_layer_input)", "tanh(hidden_layer_input)")
    assert {b.matrix for b in found.of("value") if not b.follows} == {
        *("hiddenlayer_activations", "slope_hidden_layer"),
    }


def test_another_style_is_one_setting_and_a_note(kept: Kept, tmp_path: Path) -> None:
    a, b = kept(demo(epochs=2)).path, kept(demo(epochs=2, formulas="matrix")).path
    found = xlnn.compare(a, b)
    assert settings(found) == {"formulas": ("cell", "matrix")}
    assert found.blocks == ()
    assert found.unmatched == ()
    assert len(found.notes) == 1
    assert "one a cell in A and one a matrix in B" in found.notes[0]
    # An edited formula is still found.
    edited = typed(a, tmp_path / "edited.xlsx", {("E", "B16"): "=y!B16"})
    assert [(b.matrix, b.count) for b in xlnn.compare(edited, b).of("formula")] == [("E", 1)]


def test_batches_are_told_apart(kept: Kept, tmp_path: Path) -> None:
    path = kept(BATCHES).path
    place = next(
        entry["range"].partition(":")[0]
        for entry in json.loads(CliRunner().invoke(main, ["map", str(path), "--json"]).stdout)[
            "matrices"
        ]
        if (entry["name"], entry["epoch"], entry["batch"]) == ("d_output", 1, 2)
    )
    found = xlnn.compare(path, typed(path, tmp_path / "edited.xlsx", {("d_output", place): 9}))
    assert [(b.matrix, b.epoch, b.batch) for b in found.of("formula")] == [("d_output", 1, 2)]
    first = [(b.matrix, b.epoch, b.batch) for b in found.of("value")][:4]
    assert first == [
        ("d_output", 1, 2),
        ("Error_at_hidden_layer", 1, 2),
        ("d_hiddenlayer", 1, 2),
        ("wout_new", 1, 2),
    ]
    assert {(b.epoch, b.batch) for b in found.of("value")} == {
        *((1, 2), (2, 1), (2, 2), (2, None)),
    }
    # What is measured of an epoch comes after all of its batches.
    batches = [b.batch for b in found.of("value") if b.epoch == 2]
    assert list(dict.fromkeys(batches)) == [1, 2, None]
    assert batches == sorted(batches, key=lambda batch: batch or 3)


def test_whole_epochs_and_batches_share_what_has_one_shape(kept: Kept) -> None:
    found = xlnn.compare(kept(replace(BATCHES, batch_size="all")).path, kept(BATCHES).path)
    assert settings(found) == {"batch_size": ("all", 2)}
    assert ("batches", "batches", "1", "2") in apart(found)
    assert ("matrix", "X_batch", None, "2×2") in apart(found)
    assert not found.of("input")
    assert named(found, "formula") == ["wh_new", "loss", "accuracy"]


def test_epochs_after_a_gap_start_from_numbers_that_are_inputs(kept: Kept) -> None:
    gaps = replace(LAYERS, epochs=9, show=(1, 2, 9))
    found = xlnn.compare(kept(gaps).path, kept(replace(gaps, learning_rate=0.2)).path)
    assert [(b.matrix, b.what, b.epoch) for b in found.of("input")] == [
        ("learning_rate", "", None),
        *((name, "start values after a gap", 9) for name in ("wh", "bh", "wout", "bout")),
    ]
    assert [(b.matrix, b.count, b.size) for b in found.of("kept")] == [
        *(("loss", 6, 6), ("mean_loss", 6, 6)),
    ]
    (first, *_) = found.of("kept")[0].cells
    assert (first.cell_a, first.cell_b) == ("B9", "B9")


def test_what_is_live_in_one_only_is_compared_as_a_value(kept: Kept) -> None:
    a, b = (kept(replace(LAYERS, epochs=5, show=show)).path for show in ((1, 2, 3), (1, 3, 5)))
    found = xlnn.compare(a, b)
    assert apart(found) == {("epochs", "epochs", "2", "5")}
    assert found.blocks == ()
    assert any("what epoch 3 starts from" in note for note in found.notes)


# --- Results --------------------------------------------------------------------------


@pytest.fixture
def edited(kept: Kept, tmp_path: Path) -> tuple[Path, Path]:
    """The worked example, and a copy with a changed weight and a changed formula."""
    path = kept(demo()).path
    changes = {("wh", "B15"): 0.52, ("d_output", "B16"): "=E!B16"}
    return path, typed(path, tmp_path / "edited.xlsx", changes)


def test_what_is_printed_goes_from_causes_to_consequences(edited: tuple[Path, Path]) -> None:
    result = run(*edited)
    assert result.exit_code == 1
    lines = [line.strip() for line in result.stdout.splitlines()]
    assert lines[2:9] == [
        "inputs that differ",
        "step 1  wh, epoch 1: 1 of 12 cells",
        "wh!B15: 0.42 → 0.52",
        "formulas that differ",
        "step 7  d_output, epoch 1: 1 of 3 cells",
        "d_output!B16: =E!B16*slope_output_layer!B16 → =E!B16",
        "values that differ, which follows from the above",
    ]
    assert lines[9].startswith("step 2  hidden_layer_input, epoch 1: 2 of 9 cells, at most ")
    (own,) = [line for line in lines if line.endswith("by its own formula")]
    assert own.startswith("step 7  d_output")
    assert lines[-1].startswith("they differ: 1 input, 1 formula, ")
    assert "--all lists them" in result.stdout
    everything = run(*edited, "--all").stdout
    assert "--all" not in everything
    assert everything.count("mean_loss") == 1


def test_json_and_tables_say_the_same(edited: tuple[Path, Path]) -> None:
    result = run(*edited, "--json")
    assert result.exit_code == 1
    said, found = json.loads(result.stdout), xlnn.compare(*edited)
    assert {**said, "seconds": 0} == json.loads(
        json.dumps({**found.to_dict(), "seconds": 0}, allow_nan=False)
    )
    assert said["same"] is False
    assert [said["a"], said["b"]] == list(map(str, edited))
    assert [(b["kind"], b["matrix"]) for b in said["blocks"]][:2] == [
        ("input", "wh"),
        ("formula", "d_output"),
    ]
    frame = found.to_frame()
    assert len(frame) == len(said["blocks"])
    assert frame.loc[0, ["kind", "matrix", "cell_a", "a", "b"]].tolist() == [
        *("input", "wh", "B15", 0.42, 0.52),
    ]


def test_tables_have_a_row_for_settings_and_what_only_one_has(kept: Kept) -> None:
    frame = xlnn.compare(kept(LAYERS).path, kept(replace(LAYERS, epochs=5)).path).to_frame()
    assert frame[["kind", "matrix", "a", "b"]].to_numpy().tolist() == [
        ["setting", "epochs", 3, 5],
        ["setting", "show", "1-3", "1-5"],
        ["epochs", "epochs", None, "4-5"],
    ]


def test_the_tolerance_lets_values_pass_but_no_input(edited: tuple[Path, Path]) -> None:
    found = xlnn.compare(*edited, tolerance=1)
    assert named(found, "value") == []
    assert named(found, "input") == ["wh"]
    assert run(*edited, "--tolerance", "1").exit_code == 1


def test_all_cells_are_listed_when_asked_for(kept: Kept) -> None:
    a, b = kept(LAYERS).path, kept(replace(LAYERS, seed=7)).path
    few, every = xlnn.compare(a, b), xlnn.compare(a, b, first=None)
    assert [len(block.cells) for block in few.blocks] == [
        min(3, len(block.cells)) for block in every.blocks
    ]
    assert all(len(block.cells) == block.count for block in every.blocks)
    assert any(block.count > 3 for block in every.blocks)


@pytest.mark.parametrize("program", ["gnumeric"])
def test_another_engine_finds_the_same(edited: tuple[Path, Path], program: str) -> None:
    from conftest import engine_or_skip

    engine_or_skip(program)
    found, usual = xlnn.compare(*edited, engine=program), xlnn.compare(*edited)
    assert found.engine == program
    assert [(b.kind, b.matrix, b.count) for b in found.blocks] == [
        (b.kind, b.matrix, b.count) for b in usual.blocks
    ]


# --- What cannot be compared ----------------------------------------------------------


def test_what_cannot_be_read_is_said_with_exit_status_2(kept: Kept, tmp_path: Path) -> None:
    path = kept(demo()).path
    (tmp_path / "text.xlsx").write_text("no workbook")
    openpyxl.Workbook().save(tmp_path / "other.xlsx")
    for name, says in (
        ("missing.xlsx", "does not exist"),
        ("text.xlsx", "not an .xlsx workbook"),
        ("other.xlsx", "has no sheet Map"),
    ):
        for pair in ((path, tmp_path / name), (tmp_path / name, path), (tmp_path / name,) * 2):
            result = run(*pair)
            assert result.exit_code == 2, name
            assert says in result.output
    assert run(path).exit_code == 2


def test_settings_that_do_not_fit_the_map_are_refused(kept: Kept, tmp_path: Path) -> None:
    path = kept(demo()).path
    book = openpyxl.load_workbook(path)
    cell = next(row[1] for row in book["Settings"].iter_rows() if row[0].value == "samples")
    cell.value = 4
    book.save(tmp_path / "edited.xlsx")
    with pytest.raises(WorkbookError, match="two different workbooks"):
        xlnn.compare(path, tmp_path / "edited.xlsx")


def test_settings_that_promise_too_much_are_not_believed(kept: Kept, tmp_path: Path) -> None:
    path = kept(demo()).path
    for key, value, refused in (("epochs", 1e15, False), ("samples", 900_000, True)):
        book = openpyxl.load_workbook(path)
        cell = next(row[1] for row in book["Settings"].iter_rows() if row[0].value == key)
        cell.value = value
        book.save(tmp_path / "edited.xlsx")
        if refused:
            with pytest.raises(WorkbookError, match="was changed"):
                xlnn.compare(path, tmp_path / "edited.xlsx")
        else:
            found = xlnn.compare(path, tmp_path / "edited.xlsx")
            assert settings(found) == {"epochs": (1, 10**15)}
            assert found.blocks == ()


def test_a_wrong_engine_or_tolerance_is_refused(kept: Kept) -> None:
    path = kept(demo()).path
    with pytest.raises(EngineError, match="no engine 'excel'"):
        xlnn.compare(path, path, engine="excel")
    with pytest.raises(EngineError, match="tolerance"):
        xlnn.compare(path, path, tolerance=-1)


def test_a_setting_that_formulas_do_not_follow_is_refused(kept: Kept, tmp_path: Path) -> None:
    """Otherwise every formula would be told to compute something else, though none was touched."""
    path = kept(demo()).path
    book = openpyxl.load_workbook(path)
    cell = next(row[1] for row in book["Settings"].iter_rows() if row[0].value == "activation")
    cell.value = "tanh"
    book.save(tmp_path / "edited.xlsx")
    for pair in ((path, tmp_path / "edited.xlsx"), (tmp_path / "edited.xlsx", path)):
        with pytest.raises(WorkbookError, match=r"activation is tanh, but .* those of sigmoid"):
            xlnn.compare(*pair)
    # Of a workbook that was built so, nothing is refused.
    assert settings(xlnn.compare(path, kept(demo(activation="tanh")).path))


def test_a_deleted_sheet_is_no_unstable_training(kept: Kept, tmp_path: Path) -> None:
    path = kept(demo()).path
    book = openpyxl.load_workbook(path)
    del book["y"]
    book.save(tmp_path / "without.xlsx")
    found = xlnn.compare(path, tmp_path / "without.xlsx")
    assert apart(found) == {("sheet", "y", "there", "deleted")}
    assert found.of("value")
    assert found.notes == ()


# --- What is not compared -------------------------------------------------------------


def test_what_belongs_to_no_block_and_what_is_hidden_is_told(kept: Kept, tmp_path: Path) -> None:
    path = kept(demo()).path
    book = openpyxl.load_workbook(path)
    book["E"]["K20"], book["wh"]["K3"], book["Loss"]["Z1"] = "=SUM(E!B15:B17)", 7, "=1+1"
    book["E"]["K21"] = "a note"
    book["output"].sheet_state = "hidden"
    book.save(tmp_path / "edited.xlsx")
    found = xlnn.compare(path, tmp_path / "edited.xlsx")
    assert found.same
    assert found.notes == (
        "hidden in B only: output",
        "3 formulas and numbers in B belong to no block, so nothing was compared there: wh!K3, "
        "E!K20, Loss!Z1",
    )
    assert "note: hidden in B only: output" in run(path, tmp_path / "edited.xlsx").stdout
    other = typed(tmp_path / "edited.xlsx", tmp_path / "other.xlsx", {("wh", "K3"): 8})
    assert xlnn.compare(tmp_path / "edited.xlsx", other).notes == (
        "1 formula or number in A belongs to no block, so nothing was compared there: wh!K3",
        "1 formula or number in B belongs to no block, so nothing was compared there: wh!K3",
    )
