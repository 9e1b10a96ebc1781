"""The audit tells which typical mistake explains a wrong cell, and where wrong numbers begin."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from editing import typed

import xlnn
from xlnn.audit.causes.precedents import precedents
from xlnn.audit.report import Finding, Report
from xlnn.building import Built
from xlnn.experiment.experiment import Experiment
from xlnn.workbook.plan import cell_name

Change = Callable[[str], str]
"""From the right formula to a wrong one."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The worked example, three epochs."""
    path = tmp_path_factory.mktemp("demo") / "demo.xlsx"
    experiment = xlnn.example("demo", {"epochs": 3, "extras": "none"})
    return xlnn.build(experiment, path, audited=False)


@pytest.fixture(scope="module")
def square(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """As many samples, features, hidden neurons and outputs, so that a transposed matrix fits."""
    random = np.random.default_rng(5)
    experiment = Experiment(
        X=random.normal(size=(3, 3)),
        y=random.uniform(size=(3, 3)),
        hidden=(3,),
        gradient="mean",
        extras="none",
    )
    path = tmp_path_factory.mktemp("square") / "square.xlsx"
    return xlnn.build(experiment, path, audited=False)


@pytest.fixture(scope="module")
def tested(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Batches and test samples, two classes, momentum."""
    random = np.random.default_rng(6)
    experiment = Experiment(
        X=random.normal(size=(8, 2)),
        y=[0, 1, 1, 0, 1, 0, 1, 1],
        hidden=(2,),
        batch_size=3,
        test_fraction=0.25,
        optimizer="momentum",
        output_activation="sigmoid",
        loss="cross-entropy",
        epochs=2,
        extras="none",
    )
    path = tmp_path_factory.mktemp("tested") / "tested.xlsx"
    return xlnn.build(experiment, path, audited=False)


@pytest.fixture(scope="module")
def held_out(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Test samples beside training samples that all go into one update."""
    random = np.random.default_rng(7)
    experiment = Experiment(
        X=random.normal(size=(6, 2)),
        y=random.uniform(size=(6, 1)),
        hidden=(2,),
        test_fraction=0.34,
        extras="none",
    )
    path = tmp_path_factory.mktemp("held") / "held.xlsx"
    return xlnn.build(experiment, path, audited=False)


def formula_of(
    built: Built, name: str, epoch: int = 1, batch: int = 1, i: int = 0, j: int = 0
) -> tuple[str, str]:
    """The cell of a matrix, and its formula without ``=``."""
    area = built.plan.matrix(name, epoch, batch)
    formula = built.plan.formula(area, i, j)
    assert formula is not None
    return cell_name(area.row + i, area.column + j), formula.text


def cell_of(built: Built, name: str, epoch: int = 1, batch: int = 1) -> str:
    """A matrix's first cell with its sheet."""
    area = built.plan.matrix(name, epoch, batch)
    return f"{name}!{cell_name(area.row, area.column)}"


def changed(
    built: Built, tmp_path: Path, name: str, change: Change, **where: int
) -> tuple[str, Report]:
    """The cell whose formula was changed, and the audit of that workbook."""
    cell, text = formula_of(built, name, **where)
    sheet, new = built.plan.matrix(name, 1).sheet, change(text)
    assert new != text
    path = typed(built.path, tmp_path / "changed.xlsx", {(sheet, cell): f"={new}"})
    return cell, xlnn.audit(path)


def only_cause(report: Report) -> Finding:
    """The one finding that is wrong in itself."""
    (cause,) = report.causes
    return cause


def without(pattern: str) -> Change:
    """Leaves something out."""
    return lambda text: re.sub(pattern, "", text)


def instead(pattern: str, other: str) -> Change:
    """Writes something else."""
    return lambda text: re.sub(pattern, other, text)


# What is changed where, and what must be recognised.
MISTAKES: dict[str, tuple[str, Change, str]] = {
    "slope missing": ("d_output", without(r"\*slope.*"), "slope-missing"),
    "slope of a hidden layer missing": ("d_hiddenlayer", without(r"\*slope.*"), "slope-missing"),
    "slope of the inputs": (
        "slope_hidden_layer",
        lambda text: text.replace("hiddenlayer_activations!B15", "hidden_layer_input!G26"),
        "wrong-matrix",
    ),
    "rate in the delta, as in the article's picture": (
        "d_output",
        lambda text: f"{text}*learning_rate",
        "learning-rate-early",
    ),
    "rate twice": (
        "wout_new",
        instead(r"learning_rate\*", "learning_rate*learning_rate*"),
        "learning-rate-twice",
    ),
    "no rate": ("wh_new", without(r"learning_rate\*"), "learning-rate-missing"),
    "update subtracted": ("wh_new", instead(r"\+learning", "-learning"), "sign-of-update"),
    "error turned": ("E", lambda text: "-".join(reversed(text.split("-"))), "sign"),
    "no bias": ("hidden_layer_input", without(r"\+bh!B15$"), "bias-missing"),
    "only the change": ("bout_new", without(r"^bout!B15\+"), "old-value-missing"),
    "rows summed, as in the R listing": (
        "bh_new",
        instead(r"B15:B17", "B15:D15"),
        "rows-summed",
    ),
    "output delta for the hidden bias": (
        "bh_new",
        instead(r"d_hiddenlayer!", "d_output!"),
        "wrong-matrix",
    ),
    "averaged": ("bout_new", instead(r"learning_rate\*", "learning_rate/3*"), "averaged"),
    "no half": ("squared_error", without(r"/2"), "divisor-missing"),
    "no activation": (
        "hiddenlayer_activations",
        lambda text: "hidden_layer_input!G26",
        "activation-missing",
    ),
    "another activation": (
        "hiddenlayer_activations",
        lambda text: "TANH(hidden_layer_input!G26)",
        "other-activation",
    ),
    "weights updated before their use": (
        "Error_at_hidden_layer",
        instead(r"wout!B15", "wout_new!F21"),
        "updated-too-early",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_typical_mistake_is_recognised(mistake: str, demo: Built, tmp_path: Path) -> None:
    name, change, diagnosis = MISTAKES[mistake]
    cell, report = changed(demo, tmp_path, name, change)
    cause = only_cause(report)
    assert (cause.kind, cause.sheet, cause.cell) == ("changed-formula", name, cell)
    assert cause.diagnosis == diagnosis, cause.message
    assert len(cause.message.rpartition(": ")[2]) > 10


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("wh", lambda text: "wh!B15", "taken on without its update"),
        ("wh", lambda text: text.replace("wh_new!F36", "wh_new!F21"), "read of epoch 1"),
        ("E", lambda text: text.replace("output!B23", "output!B15"), "output is read of epoch 1"),
    ],
)
def test_a_link_to_another_epoch_is_recognised(
    name: str, change: Change, said: str, demo: Built, tmp_path: Path
) -> None:
    epoch = 2 if name == "E" else 3 if "read of" in said else 2
    _, report = changed(demo, tmp_path, name, change, epoch=epoch)
    cause = only_cause(report)
    assert cause.diagnosis in ("wrong-moment", "not-updated")
    assert said in cause.message


@pytest.mark.parametrize(
    ("name", "change", "diagnosis"),
    [
        (
            "Error_at_hidden_layer",
            lambda text: text.replace("wout!C15", "wout!B16").replace("wout!D15", "wout!B17"),
            "transposed",
        ),
        (
            "hidden_layer_input",
            lambda text: text.replace("wh!B16", "wh!C15").replace("wh!B17", "wh!D15"),
            "transposed",
        ),
        ("wh_new", without(r"/ROWS\(.*?\)|/3"), "not-averaged"),
    ],
)
def test_a_mistake_in_a_square_network_is_recognised(
    name: str, change: Change, diagnosis: str, square: Built, tmp_path: Path
) -> None:
    _, report = changed(square, tmp_path, name, change)
    assert only_cause(report).diagnosis == diagnosis, only_cause(report).message


def test_weights_of_another_batch_are_recognised(tested: Built, tmp_path: Path) -> None:
    _, report = changed(
        tested,
        tmp_path,
        "output_layer_input",
        lambda text: text.replace(cell_of(tested, "bout", 1, 2), cell_of(tested, "bout", 1, 1)),
        batch=2,
    )
    cause = only_cause(report)
    assert cause.diagnosis == "wrong-moment"
    assert "bout is read of batch 1, not of batch 2" in cause.message


def test_a_slope_that_cancels_is_recognised(tested: Built, tmp_path: Path) -> None:
    output = cell_of(tested, "output")
    _, report = changed(tested, tmp_path, "d_output", lambda text: f"{text}*{output}*(1-{output})")
    assert only_cause(report).diagnosis == "slope-extra"


def test_test_samples_in_the_training_sum_are_recognised(held_out: Built, tmp_path: Path) -> None:
    test = held_out.plan.matrix("squared_error_test", 1)
    _, report = changed(
        held_out, tmp_path, "loss", lambda text: f"{text}+SUM(squared_error_test!{test.range})"
    )
    cause = only_cause(report)
    assert cause.diagnosis == "test-samples"


def test_a_mistake_typed_as_a_number_is_recognised_too(demo: Built, tmp_path: Path) -> None:
    E, cell = demo.trace["E", 1][0, 0], formula_of(demo, "d_output")[0]
    path = typed(demo.path, tmp_path / "typed.xlsx", {("d_output", cell): float(E)})
    cause = only_cause(xlnn.audit(path))
    assert (cause.kind, cause.diagnosis) == ("hard-coded", "slope-missing")


@pytest.mark.parametrize(("factor", "right"), [(1, True), (1.001, False)])
def test_a_typed_number_that_is_right_today_is_told_so(
    factor: float, right: bool, demo: Built, tmp_path: Path
) -> None:
    number, cell = factor * float(demo.trace["d_output", 1][0, 0]), formula_of(demo, "d_output")[0]
    path = typed(demo.path, tmp_path / "typed.xlsx", {("d_output", cell): number})
    message = only_cause(xlnn.audit(path)).message
    assert ("the number is right today, but will not follow" in message) == right
    assert ("it gives " in message) != right


def test_a_number_that_nothing_explains_has_no_diagnosis(demo: Built, tmp_path: Path) -> None:
    cell = formula_of(demo, "d_output")[0]
    path = typed(demo.path, tmp_path / "typed.xlsx", {("d_output", cell): 0.123456789})
    assert only_cause(xlnn.audit(path)).diagnosis is None


def test_what_inherits_tells_its_cause(demo: Built, tmp_path: Path) -> None:
    # Two wrong rows of d_output: what reads one sample alone comes from that one.
    area = demo.plan.matrix("d_output", 1)
    cells = [cell_name(area.row + i, area.column) for i in (0, 2)]
    path = typed(demo.path, tmp_path / "two.xlsx", {("d_output", cell): 0.5 for cell in cells})
    report = xlnn.audit(path)
    assert [f"{f.sheet}!{f.cell}" for f in report.causes] == [f"d_output!{c}" for c in cells]
    error = demo.plan.matrix("Error_at_hidden_layer", 1)
    origins = {
        f.cell: f.origin for f in report.findings if f.sheet == "Error_at_hidden_layer"
        if f.epoch == 1
    }  # fmt: skip
    for row, cell in zip((0, 2), cells, strict=True):
        for column in range(3):
            place = cell_name(error.row + row, error.column + column)
            assert origins[place] == f"d_output!{cell}"
    # What sums over the samples comes from the first.
    new = formula_of(demo, "wout_new")[0]
    later = [f for f in report.findings if (f.sheet, f.cell) == ("wout_new", new)]
    assert later
    assert {f.origin for f in later} == {f"d_output!{cells[0]}"}
    inherited = [f for f in report.findings if not f.cause]
    assert all(f.origin is not None and f"inherited from {f.origin}" in f.message
               for f in inherited)  # fmt: skip


def test_what_a_missing_sheet_spoils_tells_it(demo: Built, tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.load_workbook(demo.path)
    del book["E"]
    book.save(tmp_path / "without.xlsx")
    report = xlnn.audit(tmp_path / "without.xlsx")
    assert ("missing", "E") in {(f.kind, f.sheet) for f in report.causes}


@pytest.mark.parametrize(
    ("formula", "read"),
    [
        ("=B3*C4", [("S", 3, 2, 3, 2), ("S", 4, 3, 4, 3)]),
        ("=SUM(X!$B$3:$D$5)+LOG10(A1)", [("X", 3, 2, 5, 4), ("S", 1, 1, 1, 1)]),
        ("='My sheet''s'!A1:B2", [("My sheet's", 1, 1, 2, 2)]),
        ("=X!B6:X!E8", [("X", 6, 2, 8, 5)]),
        ('=IF(A1="B2:C3",1,2)', [("S", 1, 1, 1, 1)]),
        ("=rate*D4", [("Settings", 5, 2, 5, 2), ("S", 4, 4, 4, 4)]),
        ("=unknown+1", []),
        ("=[1]Sheet1!A1+B2", [("S", 2, 2, 2, 2)]),
        ("='[2]Other sheet'!A1", []),
        ("=SUM(B:C)", [("S", 1, 2, 1_048_576, 3)]),
        ("=wh1+A1", [("S", 1, 606, 1, 606), ("S", 1, 1, 1, 1)]),
        ("=E5", [("S", 5, 5, 5, 5)]),
        ("=1E5+2", []),
    ],
)
def test_what_a_formula_reads(formula: str, read: list[tuple[object, ...]]) -> None:
    found = precedents(formula, "S", {"rate": "Settings!$B$5"})
    assert [tuple(each) for each in found] == read
