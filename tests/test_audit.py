"""The audit passes what is right, whoever saved it, and names every cell that is wrong.

Causes, the cells that are wrong in themselves, are told from cells that inherit a wrong number.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from click.testing import CliRunner, Result
from conftest import engine_or_skip
from editing import WRONG, all_saved_by, rewritten, typed, with_cell, with_wrong_values
from lint import cells_of, column_letters, read_raw
from openpyxl.worksheet.formula import ArrayFormula
from recomputed import recompute_all

import xlnn
from xlnn.audit.engines import Engine
from xlnn.audit.engines.values import Values
from xlnn.building import Built
from xlnn.cli import main
from xlnn.experiment.experiment import Experiment

Edit = Callable[[Path, Path], Path]
"""From a workbook and the path of a copy to that copy, changed."""


def run_audit(*arguments: object) -> Result:
    """``xlnn audit`` with some arguments."""
    return CliRunner().invoke(main, ["audit", *map(str, arguments)])


def audited(path: Path, *options: str) -> tuple[Result, dict[str, Any]]:
    """What ``xlnn audit`` prints, and its report."""
    report = path.with_suffix(".json")
    result = run_audit(path, "--report", report, *options)
    assert report.exists(), result.output
    return result, json.loads(report.read_text("utf-8"))


def causes(report: dict[str, Any]) -> set[tuple[str, str, str]]:
    """Kind, sheet and cell of all findings that are wrong in themselves."""
    return {(f["kind"], f["sheet"], f["cell"]) for f in report["findings"] if f["cause"]}


def heirs(report: dict[str, Any]) -> set[str]:
    """The sheets with cells that inherit wrong numbers."""
    return {f["sheet"] for f in report["findings"] if not f["cause"]}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The worked example."""
    path = tmp_path_factory.mktemp("demo") / "demo.xlsx"
    return xlnn.build(xlnn.example("demo", {"extras": "none"}), path, audited=False)


@pytest.fixture(scope="module")
def matrices(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The worked example with one array formula a matrix, two epochs."""
    path = tmp_path_factory.mktemp("matrices") / "matrices.xlsx"
    experiment = xlnn.example("demo", {"formulas": "matrix", "epochs": 2, "extras": "none"})
    return xlnn.build(experiment, path, audited=False)


@pytest.fixture(scope="module", params=["cell", "matrix"])
def batches(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Two classes learned in batches of two samples and a last one of one, in both styles."""
    path = tmp_path_factory.mktemp("batches") / "batches.xlsx"
    experiment = Experiment(
        extras="none",
        X=[[0.1, 2], [1, -0.5], [0.3, 0.4]],
        y=[0, 1, 1],
        batch_size=2,
        epochs=3,
        formulas=request.param,
    )
    return xlnn.build(experiment, path, audited=False)


@pytest.fixture(scope="module", params=["cell", "matrix"])
def either(request: pytest.FixtureRequest) -> Built:
    """Both styles in turn."""
    return request.getfixturevalue({"cell": "demo", "matrix": "matrices"}[request.param])


# --- What is right passes -------------------------------------------------------------

RANDOM = np.random.default_rng(11)
UNTOUCHED = {
    "long products": {"X": RANDOM.normal(size=(10, 12)), "hidden": (10,)},
    "gaps between epochs": {"X": RANDOM.normal(size=(3, 2)), "epochs": 9, "show": [1, 2, -1]},
    "two layers as matrices": {
        "X": RANDOM.normal(size=(3, 2)),
        "hidden": (2, 2),
        "epochs": 3,
        "formulas": "matrix",
    },
    "one sample": {"X": [[0.5]], "hidden": (1,)},
    "saturated": {"X": [[900.0, -900.0], [800.0, 1.0]], "epochs": 2},
    "no hidden layer": {"X": RANDOM.normal(size=(4, 2)), "hidden": (), "bias_per": "layer"},
    "batches of which the last is smaller": {
        "X": RANDOM.normal(size=(7, 2)),
        "batch_size": 3,
        "shuffle": True,
        "epochs": 9,
        "show": [1, 2, 3, -1],
    },
    "batches as matrices": {
        "X": RANDOM.normal(size=(5, 2)),
        "batch_size": 2,
        "epochs": 3,
        "formulas": "matrix",
    },
    "scaled and tested": {
        "X": RANDOM.normal(size=(9, 3)),
        "scale": "standard",
        "test_fraction": 0.3,
        "optimizer": "adam",
        "epochs": 3,
    },
    "softmax, cross-entropy": {
        "X": RANDOM.normal(size=(7, 2)),
        "y": np.eye(3)[[0, 1, 2, 0, 1, 2, 0]],
        "output_activation": "softmax",
        "loss": "cross-entropy",
        "epochs": 3,
        "formulas": "matrix",
    },
    "two classes in batches": {
        "X": RANDOM.normal(size=(5, 2)),
        "y": [-1, 1, 1, -1, 1],
        "output_activation": "tanh",
        "activation": "leaky-relu",
        "optimizer": "nesterov",
        "batch_size": 2,
        "epochs": 2,
    },
}


@pytest.mark.parametrize("name", UNTOUCHED)
def test_an_untouched_workbook_passes(name: str, built: Callable[[Experiment], Path]) -> None:
    fields = UNTOUCHED[name]
    path = built(Experiment(**{"y": np.linspace(0, 1, len(fields["X"]))} | fields))
    result, report = audited(path)
    assert result.exit_code == 0, result.output
    assert report["ok"]
    assert report["findings"] == []
    assert "all agree" in result.output
    assert "note:" not in result.output


def test_all_engines_pass_the_demo(demo: Built) -> None:
    engine_or_skip("libreoffice")
    engine_or_skip("gnumeric")
    result, report = audited(demo.path, "--engine", "all")
    assert result.exit_code == 0, result.output
    assert [engine["name"] for engine in report["engines"]] == [
        "ironcalc",
        "libreoffice",
        "gnumeric",
    ]
    assert all(engine["cells"] == report["cells"] for engine in report["engines"])
    assert all(engine["max_rel_diff"] <= 1e-11 for engine in report["engines"])


def assert_every_formula_cell_is_compared(path: Path) -> None:
    book, (_, report) = read_raw(path), audited(path)
    formulas = sum(
        len(cells_of(cell.array)) if cell.array else cell.formula is not None
        for sheet in book.sheets.values()
        for cell in sheet.cells.values()
    )
    assert report["cells"] == report["engines"][0]["cells"] == formulas


def test_every_formula_cell_of_the_file_is_compared(either: Built) -> None:
    assert_every_formula_cell_is_compared(either.path)


def test_every_formula_cell_of_every_batch_is_compared(batches: Built) -> None:
    assert_every_formula_cell_is_compared(batches.path)


# --- What is wrong is named -----------------------------------------------------------


def content(formula: str, value: object, entry: str = "") -> str:
    """The XML of a formula and the value that it carries."""
    return f"<f{entry}>{formula}</f><v>{value}</v>"


# d_output is read by Error_at_hidden_layer, wout_new and bout_new; through the first of them
# by d_hiddenlayer, wh_new and bh_new.
AFTER_D_OUTPUT = {
    "Error_at_hidden_layer",
    "wout_new",
    "bout_new",
    "d_hiddenlayer",
    "wh_new",
    "bh_new",
}
LINE = (
    '<f>ROUND(y!B15,digits)&amp;" − "&amp;ROUND(output!B15,digits)&amp;" = "&amp;'
    "ROUND(E!B15,digits)</f><v>1 − 0.7893 = 0.2107</v>"
)
"""The line in numbers on the sheet E, as it stands in the file."""
RIGHT = 0.0351256  # not the right number of d_output, but near it

CHANGES: dict[str, tuple[Edit, set[tuple[str, str, str]], bool]] = {
    # An edit, the causes that must be named, and whether others inherit a wrong number.
    "a wrong cached value": (
        lambda a, b: with_cell(a, b, "d_output", "B16", content("E!B16*slope_output_layer!B16", 9)),
        {("stale-value", "d_output", "B16")},
        False,
    ),
    "a formula changed in the file": (
        lambda a, b: with_cell(
            a, b, "d_output", "B16", content("E!B16+slope_output_layer!B16", RIGHT)
        ),
        {("changed-formula", "d_output", "B16")},
        True,
    ),
    "a formula that reads the next row": (
        lambda a, b: typed(a, b, {("d_output", "B16"): "=E!B17*slope_output_layer!B17"}),
        {("changed-formula", "d_output", "B16")},
        True,
    ),
    "a wrong number typed over a formula": (
        lambda a, b: typed(a, b, {("d_output", "B16"): 0.5}),
        {("hard-coded", "d_output", "B16")},
        True,
    ),
    "a wrong number in the file": (
        lambda a, b: with_cell(a, b, "d_output", "B16", "<v>0.5</v>"),
        {("hard-coded", "d_output", "B16")},
        True,
    ),
    "a text over a formula": (
        lambda a, b: typed(a, b, {("d_output", "B16"): "oops"}),
        {("hard-coded", "d_output", "B16")},
        True,
    ),
    "a text in the file": (
        lambda a, b: with_cell(a, b, "d_output", "B16", "<is><t>oops</t></is>"),
        {("hard-coded", "d_output", "B16")},
        True,
    ),
    "a deleted cell": (
        lambda a, b: typed(a, b, {("d_output", "B16"): None}),
        {("missing", "d_output", "B16")},
        True,
    ),
    "a formula that divides by zero": (
        lambda a, b: typed(a, b, {("d_output", "B16"): "=1/0"}),
        {("changed-formula", "d_output", "B16")},
        True,
    ),
    "a number typed over a copy": (
        # The orange copies are read by nothing, so nothing inherits.
        lambda a, b: typed(a, b, {("hidden_layer_input", "G15"): 7}),
        {("hard-coded", "hidden_layer_input", "G15")},
        False,
    ),
    "a line in numbers changed": (
        lambda a, b: typed(a, b, {("d_output", "A7"): '=ROUND(E!B16,digits)&" = 1"'}),
        {("changed-formula", "d_output", "A7")},
        False,
    ),
    "a line in numbers that rounds otherwise, in the file": (
        lambda a, b: with_cell(
            a, b, "E", "A7", LINE.replace(",digits", ",learning_rate"), kind="str"
        ),
        {("changed-formula", "E", "A7")},
        False,
    ),
    "a text typed over a line in numbers": (
        lambda a, b: typed(a, b, {("E", "A7"): "1 − 0.7893 = 0.2107"}),
        {("hard-coded", "E", "A7")},
        False,
    ),
    "a line in numbers that is an error": (
        lambda a, b: typed(a, b, {("E", "A7"): "=1/0"}),
        {("changed-formula", "E", "A7")},
        False,
    ),
    "a line in numbers deleted": (
        lambda a, b: typed(a, b, {("E", "A7"): None}),
        {("missing", "E", "A7")},
        False,
    ),
    "a line in numbers that the file carries otherwise": (
        lambda a, b: with_cell(a, b, "E", "A7", LINE.replace("0.2107", "0.3107"), kind="str"),
        {("stale-value", "E", "A7")},
        False,
    ),
    "a line in numbers in another language": (
        # 1 − 0,7893: nothing is wrong with it, but something else is.
        lambda a, b: with_cell(
            with_cell(a, b, "E", "A7", LINE.replace("0.", "0,"), kind="str"),
            b.with_name("both.xlsx"),
            "E",
            "B16",
            "<v>0.5</v>",
        ),
        {("hard-coded", "E", "B16")},
        True,
    ),
    "a text as the digits": (
        lambda a, b: typed(a, b, {("Settings", "B8"): "many"}),
        {("wrong-value", "Settings", "B8")},
        True,
    ),
    "no digits": (
        lambda a, b: typed(a, b, {("Settings", "B8"): None}),
        {("missing", "Settings", "B8")},
        False,
    ),
    "two changes, one after the other": (
        lambda a, b: typed(a, b, {("d_output", "B16"): 0.5, ("bout_new", "B21"): "=bout!B15"}),
        {("hard-coded", "d_output", "B16"), ("changed-formula", "bout_new", "B21")},
        True,
    ),
    "a number typed over a loss": (
        lambda a, b: typed(a, b, {("Loss", "B7"): 0.5}),
        {("hard-coded", "Loss", "B7")},
        True,
    ),
    "a loss's formula changed": (
        lambda a, b: typed(a, b, {("Loss", "C7"): "=Loss!B7/ROWS(y!B15:B16)"}),
        {("changed-formula", "Loss", "C7")},
        False,
    ),
    "a wrong cached loss": (
        lambda a, b: with_cell(a, b, "Loss", "C7", content("Loss!B7/ROWS(y!B15:B17)", 9)),
        {("stale-value", "Loss", "C7")},
        False,
    ),
    "an input deleted": (
        # A blank counts as 0 in a formula, so what reads it computes what it should.
        lambda a, b: typed(a, b, {("X", "C16"): None}),
        {("missing", "X", "C16")},
        False,
    ),
    "a text as an input": (
        lambda a, b: typed(a, b, {("wh", "B15"): "0,5"}),
        {("wrong-value", "wh", "B15")},
        True,
    ),
    "a text as the learning rate": (
        lambda a, b: typed(a, b, {("Settings", "B5"): "fast"}),
        {("wrong-value", "Settings", "B5")},
        True,
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_wrong_cell_is_named(change: str, demo: Built, tmp_path: Path) -> None:
    edit, expected, inherited = CHANGES[change]
    result, report = audited(edit(demo.path, tmp_path / "changed.xlsx"))
    assert result.exit_code == 1, result.output
    assert not report["ok"]
    assert causes(report) == expected
    for kind, sheet, cell in expected:
        assert re.search(rf"{kind}( \([a-z-]+\))?: {sheet}!{cell} ", result.output)
    assert bool(heirs(report)) == inherited


def test_cells_that_only_inherit_are_no_causes(demo: Built, tmp_path: Path) -> None:
    path = typed(demo.path, tmp_path / "changed.xlsx", {("d_output", "B16"): 0.5})
    result, report = audited(path)
    assert heirs(report) == AFTER_D_OUTPUT
    # Step 8 is computed row by row: only the second sample's row inherits.
    rows = {f["cell"][1:] for f in report["findings"] if f["sheet"] == "d_hiddenlayer"}
    assert rows == {"16"}
    assert "inherit" in result.output


def test_the_right_number_typed_over_a_formula_is_named_and_nothing_else(
    demo: Built, tmp_path: Path
) -> None:
    right = float(demo.trace["d_output", 1][1, 0])
    for name, path in {
        "saved": typed(demo.path, tmp_path / "saved.xlsx", {("d_output", "B16"): right}),
        "raw": with_cell(demo.path, tmp_path / "raw.xlsx", "d_output", "B16", f"<v>{right!r}</v>"),
    }.items():
        result, report = audited(path)
        assert result.exit_code == 1, name
        assert causes(report) == {("hard-coded", "d_output", "B16")}
        assert heirs(report) == set()


def test_a_finding_says_what_was_expected_and_found(demo: Built, tmp_path: Path) -> None:
    path = typed(demo.path, tmp_path / "changed.xlsx", {("d_output", "B16"): "=E!B16*2"})
    _, report = audited(path)
    (finding,) = (finding for finding in report["findings"] if finding["cause"])
    assert finding == {
        "kind": "changed-formula",
        "sheet": "d_output",
        "cell": "B16",
        "matrix": "d_output",
        "step": 7,
        "epoch": 1,
        "expected": "=E!B16*slope_output_layer!B16",
        "found": "=E!B16*2",
        "cause": True,
        "message": finding["message"],
        "diagnosis": "other-operand",
    }
    assert "d_output!B16" in finding["message"]
    assert "2 stands where slope_output_layer!B16 belongs" in finding["message"]


def test_a_number_typed_over_what_an_epoch_carries_on_is_named(tmp_path: Path) -> None:
    built = xlnn.build(
        xlnn.example("demo", {"epochs": 2, "extras": "none"}), tmp_path / "two.xlsx", audited=False
    )
    area = built.plan.matrix("wout", 2)
    cell = f"{column_letters(area.column)}{area.row}"
    result, report = audited(typed(built.path, tmp_path / "changed.xlsx", {("wout", cell): 0.5}))
    assert result.exit_code == 1
    assert causes(report) == {("hard-coded", "wout", cell)}
    assert {f["epoch"] for f in report["findings"]} == {2}


def test_a_number_typed_over_what_a_batch_carries_on_is_named(
    batches: Built, tmp_path: Path
) -> None:
    area = batches.plan.matrix("wout", 2, 2)
    cell = f"{column_letters(area.column)}{area.row}"
    result, report = audited(typed(batches.path, tmp_path / "changed.xlsx", {("wout", cell): 0.5}))
    assert result.exit_code == 1
    named = {(kind, sheet) for kind, sheet, _ in causes(report)}
    assert named == {("hard-coded", "wout")}
    assert cell in {cell for _, _, cell in causes(report)}
    # The batch before is as it was; what this one computes and the epoch's loss inherit.
    assert {f["epoch"] for f in report["findings"]} == {2, 3}
    first = batches.plan.matrix("output", 2, 1)
    found = {f["cell"] for f in report["findings"] if f["sheet"] == "output"}
    assert f"B{first.row}" not in found
    assert heirs(report) >= {"output_layer_input", "output", "E", "wout_new", "batch_loss", "Loss"}


def test_an_order_of_the_samples_that_leads_outside_is_named(
    batches: Built, tmp_path: Path
) -> None:
    area = batches.plan.matrix("order", 2, 1)
    cell = f"{column_letters(area.column)}{area.row}"
    result, report = audited(typed(batches.path, tmp_path / "changed.xlsx", {("order", cell): 4}))
    assert result.exit_code == 1
    assert {f["epoch"] for f in report["findings"]} == {2, 3}
    assert "X_batch" in {f["sheet"] for f in report["findings"]}
    # A sample may be taken twice, though.
    again = typed(batches.path, tmp_path / "again.xlsx", {("order", cell): 3})
    assert audited(again)[0].exit_code == 0


def test_what_reads_a_wrong_error_of_a_sample_inherits_up_to_the_loss(
    demo: Built, tmp_path: Path
) -> None:
    path = typed(demo.path, tmp_path / "changed.xlsx", {("squared_error", "B16"): 0.5})
    _, report = audited(path)
    assert causes(report) == {("hard-coded", "squared_error", "B16")}
    inherited = {(f["sheet"], f["cell"]) for f in report["findings"] if not f["cause"]}
    assert inherited == {("Loss", "B7"), ("Loss", "C7")}


def test_a_wrong_value_inside_an_array_formula_is_named(matrices: Built, tmp_path: Path) -> None:
    path = with_cell(matrices.path, tmp_path / "changed.xlsx", "d_output", "B16", "<v>9</v>")
    result, report = audited(path)
    assert result.exit_code == 1
    assert causes(report) == {("stale-value", "d_output", "B16")}
    assert heirs(report) == set()


def test_an_array_formula_that_was_changed_is_named(matrices: Built, tmp_path: Path) -> None:
    values = matrices.trace["d_output", 1]
    entry = ' t="array" ref="B15:B17"'
    changed = content("E+slope_output_layer", values[0, 0], entry)
    path = with_cell(matrices.path, tmp_path / "changed.xlsx", "d_output", "B15", changed)
    result, report = audited(path)
    assert result.exit_code == 1
    assert causes(report) == {("changed-formula", "d_output", f"B{row}") for row in (15, 16, 17)}
    assert heirs(report) >= AFTER_D_OUTPUT


def test_a_formula_entered_as_plain_instead_of_array_is_named(
    matrices: Built, tmp_path: Path
) -> None:
    # Without array entry the other cells of the matrix are but numbers.
    plain = content("E*slope_output_layer", matrices.trace["d_output", 1][0, 0])
    path = with_cell(matrices.path, tmp_path / "changed.xlsx", "d_output", "B15", plain)
    result, report = audited(path)
    assert result.exit_code == 1
    named = {cause for cause in causes(report) if cause[1] == "d_output"}
    assert named == {
        ("changed-formula", "d_output", "B15"),
        ("hard-coded", "d_output", "B16"),
        ("hard-coded", "d_output", "B17"),
    }


def test_what_a_text_among_the_inputs_of_a_product_spoils_only_inherits(
    matrices: Built, tmp_path: Path
) -> None:
    # One cell that is no number makes the whole of {=MMULT(X,wh)+bh} an error: also the rows
    # of the other samples, which are not to blame.
    path = typed(matrices.path, tmp_path / "changed.xlsx", {("X", "C16"): "text"})
    result, report = audited(path)
    assert result.exit_code == 1
    assert causes(report) == {("wrong-value", "X", "C16")}
    assert "hidden_layer_input" in heirs(report)


def test_a_name_that_leads_elsewhere_is_the_cause_of_what_reads_it(
    demo: Built, tmp_path: Path
) -> None:
    # Every formula says what it should; it is the number that its own step does not give.
    def change(name: str, text: str) -> str:
        return text.replace(">Settings!$B$5<", ">X!$B$12<") if name == "xl/workbook.xml" else text

    result, report = audited(rewritten(demo.path, tmp_path / "changed.xlsx", change))
    assert result.exit_code == 1
    assert causes(report) == {("structure", "Settings", "B5")}
    assert heirs(report) == {"wout_new", "wh_new", "bout_new", "bh_new", "Start"}
    assert {f.get("origin") for f in report["findings"] if not f["cause"]} == {"Settings!B5"}


@pytest.mark.parametrize("name", ["delta", "my delta"])
def test_a_sheet_that_was_renamed_is_the_only_cause(
    name: str, either: Built, tmp_path: Path
) -> None:
    said = name if name.isidentifier() else f"'{name}'"

    def change(entry: str, text: str) -> str:
        # As a program does it: formulas and names follow.
        text = text.replace('name="d_output" sheetId', f'name="{name}" sheetId')
        return re.sub(r"\bd_output!", f"{said}!", text)

    result, report = audited(rewritten(either.path, tmp_path / "changed.xlsx", change))
    assert result.exit_code == 1
    assert f"it seems to be called {name} now" in result.output
    assert {f["kind"] for f in report["findings"] if f["cause"]} <= {"missing", "structure"}
    assert {(f["sheet"], f["matrix"]) for f in report["findings"] if f["cause"]} == {
        ("d_output", "d_output")
    }


def test_a_deleted_sheet_is_named(demo: Built, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(demo.path)
    del book["slope_hidden_layer"]
    path = tmp_path / "changed.xlsx"
    book.save(path)
    result, report = audited(path)
    assert result.exit_code == 1
    missing = [f for f in report["findings"] if f["kind"] == "missing"]
    assert [(f["sheet"], f["cause"]) for f in missing] == [("slope_hidden_layer", True)]
    assert "slope_hidden_layer" in result.output
    # What read the sheet fails, but no other cell is blamed for it.
    assert {f["sheet"] for f in report["findings"] if f["cause"]} == {"slope_hidden_layer"}


def test_a_deleted_loss_is_named(demo: Built, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(demo.path)
    del book["Loss"]
    path = tmp_path / "changed.xlsx"
    book.save(path)
    result, report = audited(path)
    assert result.exit_code == 1
    assert causes(report) == {("missing", "Loss", "A1")}
    # Nothing reads it.
    assert heirs(report) == set()


def broken_map(row: int, column: int, value: object) -> Edit:
    """A change of the Map's cell in a row of its header (0) or a matrix (from 1 on)."""

    def edit(source: Path, target: Path) -> Path:
        cell = f"{column_letters(column)}{4 + row}"
        return typed(source, target, {("Map", cell): value})

    return edit


# The matrices of the demo: d_output is the 15th of 23, mean_loss the last.
MAPS: dict[str, tuple[Edit, str]] = {
    "another range": (broken_map(15, 6, "B15:B16"), "19"),
    "another name": (broken_map(15, 1, "d_outputs"), "19"),
    "another step": (broken_map(15, 2, 8), "19"),
    "another batch": (broken_map(15, 4, 2), "19"),
    "other operands": (broken_map(15, 10, "E"), "19"),
    "another place of the loss": (broken_map(22, 6, "B8:B8"), "26"),
    "no name in the last row": (broken_map(23, 1, None), "27"),
}


@pytest.mark.parametrize("change", MAPS)
def test_a_broken_row_of_the_map_is_named(change: str, demo: Built, tmp_path: Path) -> None:
    edit, row = MAPS[change]
    result, report = audited(edit(demo.path, tmp_path / "changed.xlsx"))
    assert result.exit_code == 1, result.output
    (finding,) = report["findings"]
    assert (finding["kind"], finding["sheet"], finding["cause"]) == ("structure", "Map", True)
    assert finding["cell"].lstrip("ABCDEFGHIJ") == row


# --- Cached values are never believed ---------------------------------------------------


def test_no_engine_believes_the_values_in_the_file(
    engine: Engine, demo: Built, matrices: Built, tmp_path: Path
) -> None:
    both = demo, matrices
    paths = [with_wrong_values(each.path, tmp_path / f"{each.plan.style}.xlsx") for each in both]
    recomputed = recompute_all(engine, paths)
    for built, path, values in zip(both, paths, recomputed, strict=True):
        assert_right_though_the_file_is_wrong(built, path, values)


def assert_right_though_the_file_is_wrong(built: Built, path: Path, values: Values) -> None:
    sheets = pd.read_excel(path, sheet_name=None, header=None)
    for area in built.plan.matrices():
        if area.kind == "input":
            continue
        expected = built.trace[area.matrix, area.epoch, area.batch]
        for (i, j), number in np.ndenumerate(expected):
            row, column = area.row + i, area.column + j
            # The file does say something else.
            assert sheets[area.sheet].iloc[row - 1, column - 1] == WRONG
            found = values.value(area.sheet, row, column)
            assert isinstance(found, float | int)
            assert abs(found - number) <= 1e-11 * max(1, abs(number)), area


def test_a_workbook_with_wrong_values_everywhere_fails_though_it_recomputes_right(
    either: Built, tmp_path: Path
) -> None:
    _, report = audited(with_wrong_values(either.path, tmp_path / "wrong.xlsx"))
    assert {finding["kind"] for finding in report["findings"]} == {"stale-value"}
    assert len(report["findings"]) == report["cells"]
    assert report["engines"][0]["max_rel_diff"] <= 1e-12


@pytest.mark.parametrize("name", ["libreoffice", "gnumeric"])
def test_the_other_engines_name_a_wrong_cell_too(name: str, demo: Built, tmp_path: Path) -> None:
    engine_or_skip(name)
    path = typed(demo.path, tmp_path / "changed.xlsx", {("d_output", "B16"): 0.5})
    result, report = audited(path, "--engine", name)
    assert result.exit_code == 1
    assert causes(report) == {("hard-coded", "d_output", "B16")}
    assert heirs(report) == AFTER_D_OUTPUT


# --- Inputs may be changed, by whatever program -----------------------------------------

EDITS: dict[tuple[str, str], float] = {
    ("Settings", "B5"): 0.7,
    ("X", "C16"): 0.25,
    ("wh", "B16"): -1.5,
}


def edited(experiment: Experiment) -> Experiment:
    """The experiment with the same edits."""
    X = np.array(experiment.X)
    X[1, 1] = 0.25
    wh = np.array(experiment.weights["wh"])
    wh[1, 0] = -1.5
    return Experiment(
        X=X,
        y=experiment.y,
        epochs=experiment.epochs,
        learning_rate=0.7,
        weights={**experiment.weights, "wh": wh},
    )


@pytest.mark.parametrize("place", EDITS)
def test_an_edited_input_is_no_error(place: tuple[str, str], either: Built, tmp_path: Path) -> None:
    path = typed(either.path, tmp_path / "edited.xlsx", {place: EDITS[place]})
    result, report = audited(path)
    assert result.exit_code == 0, result.output
    assert report["findings"] == []


@pytest.fixture(scope="module", params=["openpyxl", "libreoffice", "gnumeric"])
def saved(
    request: pytest.FixtureRequest,
    demo: Built,
    matrices: Built,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Path]:
    """Workbooks of both styles, edited and with a wrong formula, as each program saves them."""
    folder = tmp_path_factory.mktemp("saved")
    wrong = {
        "cell": {("d_output", "B16"): "=E!B16"},
        "matrix": {("d_output", "B15"): ArrayFormula("B15:B17", "=E")},
    }
    sources = {}
    for built in (demo, matrices):
        style = built.plan.style
        for what, cells in (("edited", EDITS), ("wrong", wrong[style])):
            name = f"{what}, {style}"
            sources[name] = typed(built.path, folder / f"{name}.xlsx", cells)
    paths = all_saved_by(request.param, list(sources.values()), folder)
    return dict(zip(sources, paths, strict=True))


def test_edited_inputs_saved_by_a_program_are_no_error_and_change_the_numbers(
    saved: dict[str, Path], either: Built, capfd: pytest.CaptureFixture[str]
) -> None:
    path = saved[f"edited, {either.plan.style}"]
    result, report = audited(path)
    assert result.exit_code == 0, result.output
    # An engine that is no Python may print past us.
    assert capfd.readouterr() == ("", "")
    assert report["cells"] == either.size.formula_cells
    before, after = either.trace, xlnn.run(edited(either.trace.experiment))
    values = engine_or_skip("ironcalc").recompute(path)
    epoch = either.plan.epochs[-1]
    for name in ("hidden_layer_input", "d_output", "wh_new", "bout_new"):
        area = either.plan.matrix(name, epoch)
        rows, columns = after[name, epoch].shape
        found = [
            [values.value(name, area.row + i, area.column + j) for j in range(columns)]
            for i in range(rows)
        ]
        assert np.allclose(found, after[name, epoch], rtol=1e-9, atol=1e-9)
        assert not np.allclose(found, before[name, epoch], rtol=1e-3, atol=1e-3)


def test_a_wrong_cell_is_named_whatever_program_saved_it(
    saved: dict[str, Path], either: Built
) -> None:
    result, report = audited(saved[f"wrong, {either.plan.style}"])
    assert result.exit_code == 1, result.output
    rows = (16,) if either.plan.style == "cell" else (15, 16, 17)
    assert causes(report) == {("changed-formula", "d_output", f"B{row}") for row in rows}


# --- What cannot be audited -------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "package"), [("libreoffice", "libreoffice-calc"), ("gnumeric", "gnumeric")]
)
def test_a_missing_engine_is_named_with_how_to_install_it(
    name: str, package: str, demo: Built, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    result = run_audit(demo.path, "--engine", name)
    assert result.exit_code == 2
    assert f"apt-get install {package}" in result.output
    assert "not installed" in result.output
    # The engine that comes with xlnn needs no program.
    assert run_audit(demo.path).exit_code == 0


def foreign(path: Path) -> None:
    openpyxl.Workbook().save(path)


def half(path: Path) -> None:
    foreign(path)
    path.write_bytes(path.read_bytes()[:2000])


NO_WORKBOOKS: dict[str, Callable[[Path], object]] = {
    "missing": lambda path: None,
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_text("a,b\n1,2\n"),
    "noise": lambda path: path.write_bytes(bytes(range(256)) * 9),
    "half": half,
    "foreign": foreign,
    "folder": lambda path: path.mkdir(),
}


@pytest.mark.parametrize("command", ["audit", "map"])
@pytest.mark.parametrize("what", NO_WORKBOOKS)
def test_a_file_that_is_no_workbook_of_ours_is_refused(
    what: str, command: str, tmp_path: Path
) -> None:
    path = tmp_path / f"{what}.xlsx"
    NO_WORKBOOKS[what](path)
    result = CliRunner().invoke(main, [command, str(path)])
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: ")
    assert path.name in result.stderr
    assert "Traceback" not in result.output
    assert "defect" not in result.output


def test_a_workbook_that_lost_its_settings_is_refused(demo: Built, tmp_path: Path) -> None:
    path = typed(demo.path, tmp_path / "lost.xlsx", {("Settings", "A13"): "sample"})
    result = run_audit(path)
    assert result.exit_code == 2
    assert "Settings" in result.stderr
    assert "samples" in result.stderr


def test_the_tolerance_decides_what_passes(demo: Built, tmp_path: Path) -> None:
    near = demo.trace["d_output", 1][1, 0] + 1e-6
    formula = content("E!B16*slope_output_layer!B16", near)
    path = with_cell(demo.path, tmp_path / "near.xlsx", "d_output", "B16", formula)
    assert run_audit(path).exit_code == 1
    assert run_audit(path, "--tolerance", "1e-5").exit_code == 0
    assert not xlnn.audit(path).ok
    assert xlnn.audit(path, tolerance=1e-5).ok
    assert run_audit(path, "--tolerance", "nan").exit_code == 2


def test_a_single_cell_that_lost_its_array_entry_is_named(tmp_path: Path) -> None:
    # A long product is a one-cell array formula; entered as a plain one, Excel shows an @.
    path = tmp_path / "long.xlsx"
    experiment = Experiment(X=[[float(i) for i in range(9)]], y=[1], hidden=(1,), extras="none")
    xlnn.build(experiment, path, audited=False)
    lost: list[str] = []

    def change(_name: str, text: str) -> str:
        found = re.search(r'<c r="(\w+)" s="\d+"><f t="array" ref="[^"]+">MMULT', text)
        if found is None:
            return text
        lost.append(found[1])
        plain = re.sub(r' t="array" ref="[^"]+"', "", found[0])
        return text.replace(found[0], plain, 1)

    result, report = audited(rewritten(path, tmp_path / "plain.xlsx", change))
    assert result.exit_code == 1
    assert causes(report) == {("changed-formula", "hidden_layer_input", lost[0])}
