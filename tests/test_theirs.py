"""A workbook that somebody built by hand is audited by a map of where its matrices are."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import handmade
import openpyxl
import pytest
from click.testing import CliRunner
from conftest import engine_or_skip
from editing import rewritten, saved_by
from openpyxl.worksheet.formula import ArrayFormula

import xlnn
from xlnn.audit.engines import Engine
from xlnn.audit.report import Report
from xlnn.building import Built
from xlnn.cli import main
from xlnn.experiment.experiment import Experiment

HANDMADE = {
    "samples as columns": (handmade.samples_as_columns, handmade.SAMPLES_AS_COLUMNS),
    "samples as rows": (handmade.samples_as_rows, handmade.SAMPLES_AS_ROWS),
    "article B": (handmade.article_b, handmade.ARTICLE_B),
}

NET = "XOR net"


def audited(
    folder: Path, name: str, changes: handmade.Changes | None = None, map: str | None = None
) -> Report:
    """The audit of a handmade workbook in which somebody has typed."""
    build, text = HANDMADE[name]
    path = build(folder / "theirs.xlsx", changes)
    (folder / "theirs.toml").write_text(map or text, "utf-8")
    return xlnn.audit(path, map=folder / "theirs.toml")


def causes(report: Report) -> list[tuple[str, str, str]]:
    return [(each.kind, each.sheet, each.cell) for each in report.causes]


def blocks(report: Report) -> list[str]:
    """The matrices with causes, each once."""
    return list(dict.fromkeys(f"{each.matrix} {each.epoch}" for each in report.causes))


# --- What is right ----------------------------------------------------------------------


def test_a_right_workbook_passes_with_every_engine(engine: Engine, tmp_path: Path) -> None:
    path = handmade.samples_as_columns(tmp_path / "theirs.xlsx")
    (tmp_path / "theirs.toml").write_text(handmade.SAMPLES_AS_COLUMNS, "utf-8")
    report = xlnn.audit(path, engine.name, map=tmp_path / "theirs.toml")
    assert report.ok, report.findings
    assert report.engines[0].cells == report.cells == 204
    assert report.engines[0].max_abs_diff < 1e-12
    assert report.skipped == ("squared_error", "loss", "mean_loss")
    assert report.notes == ()
    assert [step.step for step in report.engines[0].steps] == [0, 1, *range(2, 12)]
    assert len(report.sha256) == 64


@pytest.mark.parametrize("name", list(HANDMADE))
def test_workbooks_of_any_layout_pass(name: str, tmp_path: Path) -> None:
    report = audited(tmp_path, name)
    assert report.ok, report.findings
    assert report.cells > 20
    assert report.engines[0].cells == report.cells
    assert report.engines[0].max_abs_diff < 1e-12


@pytest.mark.parametrize("program", ["libreoffice", "gnumeric"])
def test_it_passes_after_a_program_has_saved_it(program: str, tmp_path: Path) -> None:
    path = handmade.samples_as_columns(tmp_path / "theirs.xlsx")
    saved = saved_by(program, path, tmp_path)
    (tmp_path / "theirs.toml").write_text(handmade.SAMPLES_AS_COLUMNS, "utf-8")
    assert xlnn.audit(saved, map=tmp_path / "theirs.toml").ok


def test_the_published_numbers_of_article_b_are_what_is_derived(tmp_path: Path) -> None:
    # New w5 is 0.41425240 in the article; one digit wrong is found, and what was right is told.
    report = audited(tmp_path, "article B", {("By hand", "D17"): 0.4242524})
    (found,) = report.findings
    assert (found.kind, found.cell, found.matrix) == ("hard-coded", "D17", "wout_new")
    assert found.expected == pytest.approx(0.41425240, abs=5e-9)


def test_an_edited_input_is_no_error(tmp_path: Path) -> None:
    edits = {("Epoch 1", "B2"): 0.7, ("Epoch 1", "C5"): 0.25, ("Epoch 1", "F13"): -0.3}
    assert audited(tmp_path, "samples as columns", edits).ok


def test_what_is_left_out_is_skipped_and_said(tmp_path: Path) -> None:
    report = audited(tmp_path, "samples as rows")
    assert report.skipped == (
        "squared_error",
        "slope_output_layer",
        "slope_hidden_layer",
        "Error_at_hidden_layer",
        "loss",
        "mean_loss",
    )
    result = CliRunner().invoke(
        main, ["audit", str(tmp_path / "theirs.xlsx"), "--map", str(tmp_path / "theirs.toml")]
    )
    assert result.exit_code == 0, result.output
    assert f"not in the map, so not compared: {', '.join(report.skipped)}" in result.output


def test_a_matrix_that_is_missing_in_one_epoch_is_skipped_there(tmp_path: Path) -> None:
    text = handmade.SAMPLES_AS_ROWS + "\n[epoch.2.matrices]\nE = false\n"
    report = audited(tmp_path, "samples as rows", map=text)
    assert report.ok
    assert "E (epoch 2)" in report.skipped


@pytest.mark.parametrize(
    ("times", "formula"),
    [("times = 2", "=2*({c}9-{c}34)"), ('times = "learning_rate"', "=$B$2*({c}9-{c}34)")],
)
def test_a_block_may_be_ours_times_a_number(times: str, formula: str, tmp_path: Path) -> None:
    changes = {("Epoch 1", "B70:D70"): formula}
    text = handmade.SAMPLES_AS_COLUMNS.replace("[epochs]\nsheets = ", "[epochs_]\nsheets = ")
    text = text.replace('[epochs_]\nsheets = ["Epoch 1", "Epoch 2"]\n', "")
    text = text.replace('E = "B37:D37"', f'E = {{ range = "B70:D70", {times} }}')
    assert audited(tmp_path, "samples as columns", changes, text).ok
    changes[("Epoch 1", "C70")] = "=C34"
    report = audited(tmp_path, "samples as columns", changes, text)
    assert causes(report) == [("wrong-value", "Epoch 1", "C70")]


def test_epochs_that_stand_anywhere_are_mapped_one_by_one(tmp_path: Path) -> None:
    head, _, matrices = handmade.SAMPLES_AS_COLUMNS.partition("[matrices]\n")
    head = head.replace('[epochs]\nsheets = ["Epoch 1", "Epoch 2"]\n', "")
    later = [line for line in matrices.splitlines() if not line.startswith(("X", "y"))]
    second = "\n".join(later).replace('"B', "\"'Epoch 2'!B").replace('"$B', "\"'Epoch 2'!$B")
    text = f"{head}[matrices]\n{matrices}\n[epoch.2.matrices]\n{second}\n"
    assert audited(tmp_path, "samples as columns", map=text).ok
    wrong = {("Epoch 2", "B48:D48"): "={c}37"}
    assert blocks(audited(tmp_path, "samples as columns", wrong, text)) == ["d_output 2"]


def test_what_is_not_repeated_is_said_so(tmp_path: Path) -> None:
    # Where the targets would stand in epoch 2, somebody has other numbers.
    notes = {(NET, f"C{row}"): row for row in range(24, 28)}
    report = audited(tmp_path, "samples as rows", notes)
    assert {(each.matrix, each.epoch) for each in report.causes} == {("y", 2)}
    once = handmade.SAMPLES_AS_ROWS.replace(
        'y = "C4:C7"', 'y = { range = "C4:C7", repeat = false }'
    )
    assert audited(tmp_path, "samples as rows", notes, once).ok


# --- What is wrong ----------------------------------------------------------------------

MISTAKES: dict[str, tuple[str, handmade.Changes, str, str | None]] = {
    "slope forgotten": (
        "samples as columns",
        {("Epoch 1", "B48:D48"): "={c}37"},
        "d_output 1",
        "slope-missing",
    ),
    "slope of the wrong layer's input": (
        "samples as columns",
        {("Epoch 2", "B43:D45"): "={c}{up23}*(1-{c}{up23})"},
        "slope_hidden_layer 2",
        "wrong-matrix",
    ),
    "rows summed": (
        "samples as rows",
        {(NET, "D22"): "=SUM(O16:P16)", (NET, "E22"): "=SUM(O17:P17)"},
        "bh_gradient 1",
        "rows-summed",
    ),
    "a number over a formula": (
        "samples as columns",
        {("Epoch 1", "C26"): 0.5},
        "hiddenlayer_activations 1",
        None,
    ),
    "learning rate missing": (
        "samples as rows",
        {(NET, "G46:G47"): "={c}{up14}+{c}{up4}"},
        "wout_new 2",
        "learning-rate-missing",
    ),
    "hidden bias left out": (
        "samples as columns",
        {("Epoch 1", "B20:D22"): ArrayFormula("B20:D22", "=MMULT(B12:E14,B4:D7)")},
        "hidden_layer_input 1",
        "bias-missing",
    ),
    "the output's delta for the hidden bias": (
        "samples as rows",
        {(NET, "D22"): "=SUM(M16:M19)", (NET, "E22"): "=SUM(M16:M19)"},
        "bh_gradient 1",
        "wrong-matrix",
    ),
    "weights of the epoch before": (
        "samples as rows",
        {(NET, "A52:B53"): "={c}{up26}"},
        "wh 3",
        "wrong-moment",
    ),
    "update subtracted": (
        "samples as columns",
        {
            ("Epoch 1", "B66:E66"): ArrayFormula(
                "B66:E66", "=B17:E17-B2*MMULT(B48:D48,TRANSPOSE(B25:D28))"
            )
        },
        "wout_new 1",
        "sign-of-update",
    ),
    "weights not transposed": (
        "article B",
        {("By hand", "D12"): "=B12*F1+B13*F2", ("By hand", "D13"): "=B12*F3+B13*F4"},
        "Error_at_hidden_layer 1",
        "transposed",
    ),
}
"""The workbook, what was typed, the block that is to blame, and what was done there instead."""


@pytest.mark.parametrize("mistake", list(MISTAKES))
def test_a_typical_mistake_is_named_where_it_was_made(mistake: str, tmp_path: Path) -> None:
    name, changes, cause, diagnosis = MISTAKES[mistake]
    report = audited(tmp_path, name, changes)
    blamed = [each for each in blocks(report) if each.startswith(cause[:-2])]
    # In the workbook of two sheets a row of ones and biases stand in the same ranges.
    assert blocks(report)[0] == cause, report.causes
    assert set(blocks(report)) <= {cause, cause.replace("wout", "bout")}, blamed
    if diagnosis is not None:
        assert {each.diagnosis for each in report.causes} <= {diagnosis, None}
        assert report.causes[0].diagnosis == diagnosis
    first = report.causes[0]
    changed = {cell.split(":")[0] for _, cell in changes}
    assert first.cell in changed
    inherited = [each for each in report.findings if not each.cause]
    assert inherited
    assert report.findings.index(first) < report.findings.index(inherited[0])
    origins = {f"{each.sheet}!{each.cell}" for each in report.causes}
    assert all((each.origin or "").replace("'", "") in origins for each in inherited)
    assert all("inherited from" in each.message for each in inherited)


def test_expected_and_found_are_in_their_cell_and_orientation(tmp_path: Path) -> None:
    report = audited(tmp_path, "samples as columns", {("Epoch 1", "D26"): "=1/(1+EXP(D21))"})
    found = report.causes[0]
    # Sample 3 of neuron 2 is row 2, column 3 there: .826 in the article.
    assert (found.sheet, found.cell) == ("Epoch 1", "D26")
    assert (found.matrix, found.step, found.epoch) == ("hiddenlayer_activations", 3, 1)
    assert found.expected == pytest.approx(0.826, abs=5e-4)
    assert found.found == pytest.approx(1 - 0.826, abs=5e-4)
    assert found.message.startswith("'Epoch 1'!D26 (hiddenlayer_activations, step 3, epoch 1): ")
    # Negated blocks are told as they stand.
    report = audited(tmp_path, "article B", {("By hand", "B12"): "=(H1-D8)*D8*(1-D8)"})
    assert report.causes[0].expected == pytest.approx(0.1424, abs=5e-5)
    assert report.causes[0].found == pytest.approx(-0.1424, abs=5e-5)
    assert report.causes[0].diagnosis == "sign"


def test_biases_among_weights_and_ones_have_findings_of_their_own(tmp_path: Path) -> None:
    report = audited(tmp_path, "samples as columns", {("Epoch 1", "C28"): 2})
    first = report.causes[0]
    assert (first.cell, first.matrix, first.expected) == ("C28", "hiddenlayer_activations", 1.0)
    assert "the ones beside it" in first.message
    stale: handmade.Changes = {
        ("Epoch 2", "B12:E14"): ArrayFormula("B12:E14", "='Epoch 1'!B61:E63"),
        ("Epoch 2", "F12:F14"): ArrayFormula("F12:F14", "='Epoch 1'!F12:F14"),
    }
    report = audited(tmp_path, "samples as columns", stale)
    assert blocks(report) == ["bh 2"]
    assert [each.cell for each in report.causes] == ["F12", "F13", "F14"]
    assert {each.diagnosis for each in report.causes} == {"not-updated"}


def test_what_is_repeated_on_the_sheet_of_a_later_epoch_is_compared(tmp_path: Path) -> None:
    report = audited(tmp_path, "samples as columns", {("Epoch 2", "C6"): 0})
    (cause,) = report.causes
    assert (cause.sheet, cause.cell, cause.matrix, cause.epoch) == ("Epoch 2", "C6", "X", 2)
    assert {each.epoch for each in report.findings} == {2}


def test_a_wrong_number_that_is_taken_over_is_no_second_cause(tmp_path: Path) -> None:
    # The number is wrong, and a later step has the same mistake made good by accident: no.
    report = audited(tmp_path, "samples as rows", {(NET, "K17"): "=C5-I16"})
    assert blocks(report) == ["E 1"]


def test_a_step_whose_operands_are_not_mapped_says_so(tmp_path: Path) -> None:
    report = audited(tmp_path, "samples as rows", {(NET, "M17"): "=K17*I17*0.3"})
    (cause,) = report.causes
    assert cause.matrix == "d_output"
    assert "slope_output_layer" in cause.message
    assert "not in the map" in cause.message


def test_errors_blanks_and_texts_are_told_as_such(tmp_path: Path) -> None:
    report = audited(tmp_path, "samples as rows", {(NET, "D17"): "=1/0"})
    assert causes(report) == [("error-value", NET, "D17")]
    assert report.causes[0].found == "#DIV/0!"
    assert {each.kind for each in report.findings if not each.cause} >= {"error-value"}
    report = audited(tmp_path, "samples as rows", {(NET, "M17"): None})
    assert causes(report) == [("missing", NET, "M17")]
    report = audited(tmp_path, "samples as rows", {(NET, "M17"): "n/a"})
    assert causes(report)[0] == ("wrong-value", NET, "M17")
    assert report.causes[0].found == "n/a"


def test_a_whole_block_that_is_blank_is_one_finding(tmp_path: Path) -> None:
    gone = {(NET, f"{column}{row}"): None for column in "KM" for row in (16, 17, 18, 19)}
    report = audited(tmp_path, "samples as rows", gone)
    missing = [each for each in report.causes if each.kind == "missing"]
    assert [each.matrix for each in missing] == ["E", "d_output"]
    assert "'XOR net'!K16:K19" in missing[0].message


def test_an_input_that_is_no_number_is_told_with_its_cell(tmp_path: Path) -> None:
    report = audited(tmp_path, "samples as rows", {(NET, "A5"): "zero"})
    assert causes(report) == [("wrong-value", NET, "A5")]
    assert "it is an input" in report.findings[0].message
    report = audited(tmp_path, "samples as rows", {(NET, "B12"): None})
    assert causes(report) == [("missing", NET, "B12")]
    report = audited(tmp_path, "samples as rows", {(NET, "B1"): "a tenth"})
    assert ("wrong-value", NET, "B1") in causes(report)
    assert report.causes[0].matrix == "learning_rate"


def test_a_right_number_among_formulas_is_told_and_a_block_of_numbers_noted(
    tmp_path: Path,
) -> None:
    def right(name: str, sheet: str, cell: str) -> handmade.Changes:
        """What belongs into a cell, typed there."""
        wrong = audited(tmp_path, name, {(sheet, cell): 99})
        (value,) = (each.expected for each in wrong.findings if each.cell == cell)
        return {(sheet, cell): value}

    assert not audited(tmp_path, "article B").notes
    report = audited(tmp_path, "samples as rows", right("samples as rows", NET, "G17"))
    assert causes(report) == [("hard-coded", NET, "G17")]
    assert "it is right now" in report.findings[0].message
    assert report.findings == report.causes
    report = audited(tmp_path, "article B", right("article B", "By hand", "B10"))
    assert report.ok
    (note,) = report.notes
    assert "numbers without formulas" in note
    assert "loss (epoch 1)" in note


@pytest.mark.parametrize(
    ("formula", "kind"),
    [
        ("=C5-I17", None),
        ("=C$5-I17", "inconsistent"),
        ("=1*(C5-I17)", "inconsistent"),
        ("=C5-I17+Z99", "blank-precedent"),
        ("=C5-I17+SUM(Z98:Z99)", "inconsistent"),
    ],
)
def test_a_formula_unlike_its_neighbours_is_told_though_its_number_is_right(
    formula: str, kind: str | None, tmp_path: Path
) -> None:
    report = audited(tmp_path, "samples as rows", {(NET, "K17"): formula})
    assert causes(report) == ([(kind, NET, "K17")] if kind else [])
    assert report.findings == report.causes


def test_what_is_hidden_stale_or_elsewhere_is_told(tmp_path: Path) -> None:
    audited(tmp_path, "article B")
    path, map_file = tmp_path / "theirs.xlsx", tmp_path / "theirs.toml"
    formula = "<f>1/(1+EXP(-B8))</f>"

    def carried(name: str, text: str) -> str:
        if not name.endswith("sheet1.xml"):
            return text
        found = re.subn(rf"({re.escape(formula)})<v\s*/?>(</v>)?", r"\1<v>0.5</v>", text)
        assert found[1] == 1
        return found[0]

    stale = rewritten(path, tmp_path / "stale.xlsx", carried)
    report = xlnn.audit(stale, map=map_file)
    assert causes(report) == [("stale-value", "By hand", "D8")]
    assert report.findings[0].found == 0.5
    book = openpyxl.load_workbook(path)
    book["By hand"].row_dimensions[6].hidden = True
    book.calculation.calcMode = "manual"
    book.save(path)
    kinds = [each.kind for each in xlnn.audit(path, map=map_file).findings]
    assert sorted(kinds) == ["hidden", "manual-calculation"]


def test_random_start_weights_are_no_error(tmp_path: Path) -> None:
    engine_or_skip("gnumeric")
    path = handmade.article_b(tmp_path / "theirs.xlsx", {("By hand", "D1:D4"): "=RAND()"})
    (tmp_path / "theirs.toml").write_text(handmade.ARTICLE_B, "utf-8")
    report = xlnn.audit(path, ("ironcalc", "gnumeric"), map=tmp_path / "theirs.toml")
    assert report.ok, report.findings
    (note,) = report.notes
    assert "RAND" in note


# --- Any network ------------------------------------------------------------------------

NETWORKS: dict[str, dict[str, Any]] = {
    "batches": {"batch_size": 2},
    "momentum in batches": {"batch_size": 1, "optimizer": "momentum"},
    "adam": {"optimizer": "adam", "gradient": "mean"},
    "two layers": {"hidden": (3, 2), "activation": "tanh", "loss": "cross-entropy"},
    "no hidden layer, scaled": {"hidden": (), "scale": "standard"},
    "a test set": {"test_fraction": 0.34, "activation": "relu"},
    "fixed biases per layer": {"bias_per": "layer", "update_biases": False},
}


def mapped(built: Built) -> str:
    """A map of a workbook that xlnn built, as a person would write it who does not know that."""
    experiment, plan = built.trace.experiment, built.plan
    lines = ["[data]", f'scale = "{experiment.scale}"', "[network]"]
    lines += [f"hidden = {list(experiment.hidden)}", f'activation = "{experiment.activation}"']
    lines += [f'bias_per = "{experiment.bias_per}"', "[training]"]
    for key in ("loss", "optimizer", "gradient", "batch_size", "update_biases"):
        lines.append(f"{key} = {json.dumps(getattr(experiment, key))}")
    for name in plan.chosen:
        if name in plan.recipe.settings:
            lines.append(f'{name} = "Settings!B{plan.setting_row(name)}"')
    for area in plan.matrices():
        batch = f".batch.{area.batch}" if area.batch > 1 else ""
        section = f"[epoch.{area.epoch}{batch}.matrices]"
        if lines.count(section) == 0:
            lines.append(section)
        lines.insert(lines.index(section) + 1, f'{area.matrix} = "{area.sheet}!{area.range}"')
    return "\n".join(lines)


@pytest.mark.parametrize("name", list(NETWORKS))
def test_a_map_can_tell_of_any_network(
    name: str, kept: Callable[[Experiment], Built], tmp_path: Path
) -> None:
    built = kept(
        Experiment(
            X=[[1, 0.5], [0, 2], [3, 1]],
            y=[[1, 0], [0, 1], [1, 1]],
            epochs=2,
            accuracy=False,
            show=[1, 2],
            **NETWORKS[name],
        )
    )
    (tmp_path / "own.toml").write_text(mapped(built), "utf-8")
    report = xlnn.audit(built.path, map=tmp_path / "own.toml")
    assert report.ok, report.findings[:3]
    assert report.skipped == ()
    given = len(built.plan.recipe.data)
    assert report.cells > 50
    assert given


# --- The command ------------------------------------------------------------------------


def test_the_command_audits_by_a_map(tmp_path: Path) -> None:
    audited(tmp_path, "samples as columns", {("Epoch 1", "B48:D48"): "={c}37"})
    arguments = ["audit", str(tmp_path / "theirs.xlsx"), "--map", str(tmp_path / "theirs.toml")]
    result = CliRunner().invoke(main, [*arguments, "--report", str(tmp_path / "report.json")])
    assert result.exit_code == 1, result.output
    assert "the slope of the activation is missing" in result.output
    document = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert document["skipped"] == ["squared_error", "loss", "mean_loss"]
    assert document["findings"][0]["cell"] == "B48"


def test_several_engines_tell_of_a_cell_once(tmp_path: Path) -> None:
    engine_or_skip("gnumeric")
    path = handmade.samples_as_rows(tmp_path / "theirs.xlsx", {(NET, "K17"): "=C5-I16"})
    (tmp_path / "theirs.toml").write_text(handmade.SAMPLES_AS_ROWS, "utf-8")
    one = xlnn.audit(path, map=tmp_path / "theirs.toml")
    both = xlnn.audit(path, ("ironcalc", "gnumeric"), map=tmp_path / "theirs.toml")
    assert len(both.engines) == 2
    cells = [(each.sheet, each.cell) for each in both.findings]
    assert cells == [(each.sheet, each.cell) for each in one.findings]
