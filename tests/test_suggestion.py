"""``xlnn map --suggest`` drafts a map that an audit takes as it is."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import handmade
import openpyxl
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_theirs import MISTAKES, blocks

import xlnn
from xlnn.audit.theirs.draft.labels import roles
from xlnn.audit.theirs.draft.names import names
from xlnn.audit.theirs.draft.suggestion import Suggestion, suggest
from xlnn.cli import main
from xlnn.errors import WorkbookError
from xlnn.experiment.experiment import Experiment

WORKBOOKS = {
    "samples as columns": handmade.samples_as_columns,
    "samples as rows": handmade.samples_as_rows,
    "article B": handmade.article_b,
    "headings": handmade.with_headings,
    "two hidden layers": handmade.two_hidden_layers,
}


def drafted(folder: Path, name: str, changes: handmade.Changes | None = None) -> Suggestion:
    """The draft of a handmade workbook's map, beside it as theirs.toml."""
    draft = suggest(WORKBOOKS[name](folder / "theirs.xlsx", changes))
    draft.write(folder / "theirs.toml")
    return draft


def told(draft: Suggestion) -> dict[str, Any]:
    return tomllib.loads(draft.text)


@pytest.mark.parametrize(
    ("name", "remarks", "cells"),
    [
        ("samples as columns", 0, 204),
        ("samples as rows", 0, 192),
        ("article B", 0, 25),
        ("headings", 1, 61),
        ("two hidden layers", 2, 156),
    ],
)
def test_an_audit_takes_the_draft_as_it_is(
    name: str, remarks: int, cells: int, tmp_path: Path
) -> None:
    draft = drafted(tmp_path, name)
    assert draft.missing == ()
    assert draft.unsure == remarks
    assert draft.text.startswith("# A draft of a map of theirs.xlsx")
    report = xlnn.audit(tmp_path / "theirs.xlsx", map=tmp_path / "theirs.toml")
    assert report.ok, report.findings[:3]
    # Nothing that a person would map is left out.
    assert report.cells == cells


def test_orientation_ones_and_biases_are_recognised(tmp_path: Path) -> None:
    found = told(drafted(tmp_path, "samples as columns"))
    by_hand = tomllib.loads(handmade.SAMPLES_AS_COLUMNS.replace("$", ""))
    assert found["matrices"] == by_hand["matrices"]
    assert found["layout"] == by_hand["layout"]
    assert found["epochs"] == by_hand["epochs"]
    assert found["training"]["learning_rate"] == "B2"


def test_single_weights_signs_and_fixed_biases_are_recognised(tmp_path: Path) -> None:
    found = told(drafted(tmp_path, "article B"))
    assert found["matrices"]["wh"]["range"] == [["D1", "D3"], ["D2", "D4"]]
    assert found["matrices"]["d_output"] == {"range": "B12:B13", "negate": True}
    assert found["matrices"]["squared_error"] == "F8:F9"
    assert found["network"]["bias_per"] == "layer"
    assert found["training"]["update_biases"] is False


def test_functions_and_averages_are_told_by_the_numbers_with_a_remark(tmp_path: Path) -> None:
    draft = drafted(tmp_path, "two hidden layers")
    found = told(draft)
    assert found["network"]["activation"] == "tanh"
    assert found["network"]["output_activation"] == "linear"
    assert found["epochs"] == {"count": 2, "columns": 8}
    assert 'activation = "tanh"  # check: so the numbers fit' in draft.text
    found = told(drafted(tmp_path, "headings"))
    assert found["training"]["gradient"] == "mean"
    assert found["matrices"]["E"] == {"range": "B30:B32", "negate": True}


@pytest.mark.parametrize("mistake", list(MISTAKES))
def test_a_mistake_in_the_workbook_is_found_by_its_draft(mistake: str, tmp_path: Path) -> None:
    name, changes, cause, diagnosis = MISTAKES[mistake]
    draft = drafted(tmp_path, name, changes)
    assert draft.missing == ()
    report = xlnn.audit(tmp_path / "theirs.xlsx", map=tmp_path / "theirs.toml")
    assert blocks(report)[0] == cause
    assert report.causes[0].diagnosis == diagnosis


def test_a_block_without_a_label_is_found_by_its_numbers(tmp_path: Path) -> None:
    draft = drafted(tmp_path, "samples as rows", {("XOR net", "M15"): None})
    assert told(draft)["matrices"]["d_output"] == "M16:M19"
    assert "found by its numbers: no label tells it" in draft.text


def test_a_learning_rate_that_no_label_tells_is_asked_for(tmp_path: Path) -> None:
    draft = drafted(tmp_path, "samples as rows", {("XOR net", "A1"): "speed"})
    assert "learning_rate = 0.1  # check: no label tells it" in draft.text
    assert draft.unsure > 0
    assert told(draft)["training"]["learning_rate"] == 0.1


def test_what_is_not_found_is_said(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet["A1"], sheet["A2"], sheet["A3"] = "x1", 1, 2
    book.save(tmp_path / "theirs.xlsx")
    draft = suggest(tmp_path / "theirs.xlsx")
    assert draft.missing == ("y, the targets", "the weights")
    assert "# not found: the weights" in draft.text
    assert told(draft)["matrices"] == {}


def test_a_workbook_of_xlnn_needs_no_map(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.create_sheet("Map")
    book.create_sheet("Settings")
    book.save(tmp_path / "own.xlsx")
    with pytest.raises(WorkbookError, match="needs no other map"):
        suggest(tmp_path / "own.xlsx")


# --- Labels -----------------------------------------------------------------------------


def first(label: str, hidden: int = 1) -> str | None:
    """The matrix that a label means first of all."""
    return next((name for role in roles(label) for name in names(role, hidden)), None)


@pytest.mark.parametrize("hidden", [(3,), (3, 2)])
def test_the_names_that_xlnn_has_are_known(hidden: tuple[int, ...]) -> None:
    recipe = Experiment(X=[[1, 2]], y=[[1]], hidden=hidden, accuracy=False).recipe
    for name in (*recipe.members, "wout_gradient"):
        assert first(name, len(hidden)) == name


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("inputs", "X"), ("Features", "X"), ("x1", "X"), ("target", "y"), ("actual", "y"),
        ("t", "y"), ("W1", "wh"), ("w_h", "wh"), ("Hidden weights", "wh"),
        ("weights input-hidden", "wh"), ("Weights (hidden to output)", "wout"), ("W₂", "wout"),
        ("b1", "bh"), ("bias hidden", "bh"), ("output bias", "bout"),
        ("Z1 = W1·X + b1", "hidden_layer_input"), ("hidden layer input", "hidden_layer_input"),
        ("net h", "hidden_layer_input"), ("weighted sum hidden", "hidden_layer_input"),
        ("A1", "hiddenlayer_activations"), ("out h", "hiddenlayer_activations"),
        ("Step 3: hidden activations", "hiddenlayer_activations"),
        ("sigmoid(Z1)", "hiddenlayer_activations"), ("Z2", "output_layer_input"),
        ("net o", "output_layer_input"), ("A2", "output"), ("ŷ", "output"), ("y_hat", "output"),
        ("Predicted", "output"), ("Output", "output"), ("error", "E"), ("y - ŷ error", "E"),
        ("error hidden", "Error_at_hidden_layer"), ("dE/dout h1", "Error_at_hidden_layer"),
        ("σ'(Z2)", "slope_output_layer"), ("f'(net h)", "slope_hidden_layer"),
        ("derivative output", "slope_output_layer"), ("δ_output", "d_output"), ("dZ2", "d_output"),
        ("delta hidden", "d_hiddenlayer"), ("ΔW1", "wh_gradient"), ("∂E/∂W2", "wout_gradient"),
        ("db1", "bh_gradient"), ("W1 new", "wh_new"), ("updated W2", "wout_new"), ("W1'", "wh_new"),
        ("b2 (new)", "bout_new"), ("E²", "squared_error"), ("Total error", "loss"),
        ("MSE", "mean_loss"), ("My network", None), ("sample 3", None), ("2024", None),
    ],
)  # fmt: skip
def test_what_people_call_matrices_is_known(label: str, name: str | None) -> None:
    assert first(label) == name


@pytest.mark.parametrize("label", ["learning rate", "Learning Rate (η)", "lr", "eta", "η", "α"])
def test_the_learning_rate_is_known(label: str) -> None:
    assert [role.kind for role in roles(label)] == ["learning_rate"]


# --- The command ------------------------------------------------------------------------


def test_the_command_prints_or_writes_and_replaces_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    handmade.samples_as_rows(tmp_path / "theirs.xlsx")

    def run(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(main, ["map", "theirs.xlsx", *arguments])
        return result.exit_code, result.output

    status, printed = run("--suggest")
    assert status == 0
    assert tomllib.loads(printed)["matrices"]["X"]
    assert run("--suggest", "-o", "theirs.toml") == (0, "theirs.toml: written\n")
    assert Path("theirs.toml").read_text("utf-8") == printed
    Path("theirs.toml").write_text("mine", "utf-8")
    status, said = run("--suggest", "-o", "theirs.toml")
    assert status == 2
    assert "--force" in said
    assert Path("theirs.toml").read_text("utf-8") == "mine"
    assert run("--suggest", "-o", "theirs.toml", "--force")[0] == 0
    assert Path("theirs.toml").read_text("utf-8") == printed
    assert run("--suggest", "-o", "theirs.xlsx", "--force")[0] == 2
    assert run("-o", "theirs.toml")[0] == 2
    openpyxl.Workbook().save("theirs.xlsx")
    status, said = run("--suggest")
    assert status == 1
    assert "Not found: X, the inputs" in said


# --- Anything ---------------------------------------------------------------------------

LABELS = ["X", "y", "W1", "W2", "b1", "Z1", "A1", "w1", "w2", "ones", "E", "eta", "W1 new", 'a"b\\']
cells = st.one_of(
    st.sampled_from(LABELS), st.text(max_size=4), st.integers(0, 2), st.floats(-2, 2), st.none()
)


@given(
    st.lists(st.lists(cells, max_size=6), min_size=1, max_size=8), st.sampled_from(["S", "é'\"#"])
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_sheet_gives_a_draft(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[Any]], title: str
) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = title
    for i, row in enumerate(rows, start=1):
        for j, value in enumerate(row, start=1):
            if isinstance(value, str):
                value = "".join(sign for sign in value if sign.isprintable()) or None
            sheet.cell(i, j).value = value
            if isinstance(value, str):
                sheet.cell(i, j).data_type = "s"
    path = tmp_path_factory.mktemp("any") / "any.xlsx"
    book.save(path)
    draft = suggest(path)
    document = told(draft)
    if not draft.missing:
        draft.write(path.with_suffix(".toml"))
        xlnn.audit(path, map=path.with_suffix(".toml"))
    assert "matrices" in document


@pytest.mark.parametrize(
    "neurons", [("h1", "h2", "out"), ("h_1", "h_2", "y1"), ("neuron 1", "neuron 2", "output")]
)
def test_names_of_neurons_between_label_and_block_are_headings(
    neurons: tuple[str, str, str], tmp_path: Path
) -> None:
    one, two, out = neurons
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    rows = [
        ("rate", 0.5),
        (),
        ("X", None, None, "y", None, "W1", None, None, "b1", None, None, "W2", None, "b2"),
        ("x1", "x2", None, out, None, one, two, None, one, two, None, out, None, out),
        (0.1, 0.2, None, 1, None, 0.2, -0.3, None, 0.1, -0.1, None, 0.7, None, 0.2),
        (0.5, 0.4, None, 0, None, 0.4, 0.1, None, None, None, None, -0.4),
        (),
        ("Z1", None, None, "A1", None, None, "Z2", None, "A2"),
        (one, two, None, one, two, None, out, None, out),
        *(
            (
                f"=A{i}*F$5+B{i}*F$6+I$5",
                f"=A{i}*G$5+B{i}*G$6+J$5",
                None,
                f"=1/(1+EXP(-A{i + 5}))",
                f"=1/(1+EXP(-B{i + 5}))",
                None,
                f"=D{i + 5}*L$5+E{i + 5}*L$6+N$5",
                None,
                f"=1/(1+EXP(-G{i + 5}))",
            )
            for i in (5, 6)
        ),
    ]
    for row in rows:
        sheet.append(row)
    book.save(tmp_path / "theirs.xlsx")
    draft = suggest(tmp_path / "theirs.xlsx")
    assert draft.missing == ()
    draft.write(tmp_path / "theirs.toml")
    assert told(draft)["matrices"] == {
        "X": "A5:B6",
        "y": "D5:D6",
        "wh": "F5:G6",
        "bh": "I5:J5",
        "wout": "L5:L6",
        "bout": "N5",
        "hidden_layer_input": "A10:B11",
        "hiddenlayer_activations": "D10:E11",
        "output_layer_input": "G10:G11",
        "output": "I10:I11",
    }
    assert xlnn.audit(tmp_path / "theirs.xlsx", map=tmp_path / "theirs.toml").ok
