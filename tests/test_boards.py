"""The sheets that teach say what NumPy and the witness say, follow what a reader changes, and are
audited like the others."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from conftest import engine_or_skip
from editing import saved_by, typed, with_cell
from lint import RawBook, read_raw
from openpyxl.chart._chart import ChartBase
from openpyxl.utils import get_column_letter
from recomputed import block, difference, recompute_all
from reference import Rules, forward, losses, train

import xlnn
from xlnn.audit.cell_values import ErrorValue
from xlnn.audit.engines import ENGINES, Engine
from xlnn.audit.engines.values import Values
from xlnn.audit.stored.workbook import StoredWorkbook
from xlnn.errors import ExperimentError, PlanError
from xlnn.experiment.experiment import Experiment
from xlnn.experiment.extras import ALWAYS
from xlnn.workbook.boards.board import Block, Board
from xlnn.workbook.boards.boundary import TABLE
from xlnn.workbook.boards.extras import EXTRAS, choose, draw_boards, left_out
from xlnn.workbook.boards.summary import FIRST
from xlnn.workbook.plan import LOSS, MAP, SETTINGS, START, cell_name
from xlnn.workbook.write import plan_of

XOR = {"X": [[0, 0], [0, 1], [1, 0], [1, 1]], "y": [[0], [1], [1], [0]]}
RANDOM = np.random.default_rng(5)
POINTS = RANDOM.normal(size=(11, 2))

EXPERIMENTS = {
    "demo": xlnn.example("demo", {"epochs": 3}),
    "xor": Experiment(**XOR, hidden=(3,), activation="tanh", epochs=4, learning_rate=0.5),
    "one-hot": Experiment(
        X=POINTS,
        y=np.eye(3)[np.arange(11) % 3],
        hidden=(4, 3),
        activation="tanh",
        output_activation="softmax",
        loss="cross-entropy",
        scale="standard",
        test_fraction=0.2,
        epochs=3,
        formulas="matrix",
    ),
    "batches": Experiment(
        X=POINTS * 30 + 200,
        y=POINTS.sum(axis=1, keepdims=True) * 1000,
        hidden=(2,),
        output_activation="linear",
        scale="minmax",
        scale_targets="standard",
        batch_size=4,
        shuffle=True,
        optimizer="adam",
        epochs=5,
        show=[1, 3, 5],
        sample_names=[f"row {i}" for i in range(11)],
    ),
    "perceptron": Experiment(
        **XOR, hidden=(), output_activation="linear", gradient="mean", epochs=2, formulas="matrix"
    ),
}


@pytest.fixture(scope="module")
def workbooks(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Each experiment's workbook, not audited."""
    folder = tmp_path_factory.mktemp("boards")
    for name, experiment in EXPERIMENTS.items():
        xlnn.build(experiment, folder / f"{name}.xlsx", audited=False)
    return {name: folder / f"{name}.xlsx" for name in EXPERIMENTS}


def boards(experiment: Experiment) -> dict[str, Board]:
    return {board.name: board for board in draw_boards(plan_of(xlnn.run(experiment)))}


def found(board: Board, name: str) -> Block:
    return next(block for block in board.blocks if block.name == name)


def shown(values: Values | StoredWorkbook, place: Block) -> np.ndarray:
    """What a block shows."""
    shape = place.shape.rows.size, place.shape.columns.size
    return block(values, place.sheet, place.row, place.column, shape)


# --- Every formula -------------------------------------------------------------------


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_formula_of_every_sheet_gives_what_the_file_carries(
    workbooks: Mapping[str, Path],
    name: str,
    engine: Engine,
    recomputed: Callable[[Engine, Mapping[str, Path]], Mapping[str, Values]],
) -> None:
    """Formulas and values are read from the file, not from the plan."""
    path = workbooks[name]
    book, values = StoredWorkbook(path), recomputed(engine, workbooks)[name]
    count = 0
    for sheet in book.sheets:
        for (row, column), formula in book.sheet(sheet).formulas.items():
            carried = book.value(sheet, row, column)
            computed = values.value(sheet, row, column)
            place = (
                f"{sheet}!{cell_name(row, column)} {formula.text}: {computed!r}, not {carried!r}"
            )
            assert not isinstance(computed, ErrorValue), place
            if isinstance(carried, float):
                assert isinstance(computed, (int, float)), place
                assert difference(computed, carried) < 1e-9, place
            else:
                # Gnumeric writes some numbers in a text with more digits than they have.
                assert _rounded(computed or "") == _rounded(carried or ""), place
            count += 1
    if engine.name == "ironcalc":
        report = xlnn.audit(path)
        assert report.ok, report.findings[:3]
        assert report.cells == count == report.engines[0].cells


def _rounded(text: object) -> str:
    return re.sub(r"\d+\.\d{5,}", lambda number: f"{float(number[0]):.4f}".rstrip("0"), str(text))


# --- Strangers -----------------------------------------------------------------------


def parameters(experiment: Experiment, epochs: int) -> dict[str, np.ndarray]:
    """What the witness has learned after some epochs."""
    last = train(
        experiment.X,
        experiment.y,
        start(experiment),
        experiment.learning_rate,
        epochs,
        rules(experiment),
    )[epochs]
    return {name: last[f"{name}_new"] for name in start(experiment)}


def start(experiment: Experiment) -> dict[str, np.ndarray]:
    trace = xlnn.run(replace(experiment, epochs=1, show=None))
    return {given.name: trace[given.name, 1] for given in trace.recipe.parameters}


def rules(experiment: Experiment) -> Rules:
    return Rules(
        activation=experiment.activation,
        output_activation=experiment.output_activation,
        loss=experiment.loss,
        gradient=experiment.gradient,
    )


@pytest.mark.parametrize("name", ["demo", "xor", "perceptron"])
def test_predictions_and_boundary_are_the_witness_s(
    workbooks: Mapping[str, Path], name: str
) -> None:
    experiment = EXPERIMENTS[name]
    values = ENGINES["ironcalc"].recompute(workbooks[name])
    learned = parameters(experiment, experiment.epochs)
    for page, board in boards(experiment).items():
        if page not in ("Predict", "Boundary"):
            continue
        inputs = shown(values, found(board, "X"))
        expected = forward(inputs, learned, rules(experiment))["output"]
        assert difference(shown(values, found(board, "output")), expected) < 1e-12
        if page == "Boundary":
            # The largest second feature stands on top.
            grid = shown(values, found(board, "grid"))
            corner = np.array([[inputs[:, 0].min(), inputs[:, 1].max()]])
            answer = forward(corner, learned, rules(experiment))["output"].item()
            assert abs(grid[0, 0] - answer) < 1e-12


def test_predictions_of_scaled_data_are_in_the_targets_unit(workbooks: Mapping[str, Path]) -> None:
    experiment = EXPERIMENTS["batches"]
    board = boards(experiment)["Predict"]
    values = ENGINES["ironcalc"].recompute(workbooks["batches"])
    trace = xlnn.run(experiment)
    X, y = experiment.X, experiment.y
    inputs = shown(values, found(board, "X_raw"))
    assert difference(inputs, X[:10]) == 0
    learned = {n: trace[f"{n}_new", 5] for n in ("wh", "bh", "wout", "bout")}
    scaled = (inputs - X.min(axis=0)) / (X.max(axis=0) - X.min(axis=0))
    output = forward(scaled, learned, rules(experiment))["output"]
    assert difference(shown(values, found(board, "output_raw")), output * y.std() + y.mean()) < 1e-9


@pytest.mark.parametrize("name", ["demo", "xor", "perceptron"])
def test_rates_are_trainings_of_the_witness(workbooks: Mapping[str, Path], name: str) -> None:
    experiment = EXPERIMENTS[name]
    board = boards(experiment)["Rates"]
    values = ENGINES["ironcalc"].recompute(workbooks[name])
    rates, curves = shown(values, found(board, "rates")), shown(values, found(board, "losses"))
    assert len(set(rates[0])) == rates.size
    for j, rate in enumerate(rates[0]):
        epochs = train(
            experiment.X, experiment.y, start(experiment), rate, len(curves), rules(experiment)
        )
        for i, curve in enumerate(curves[:, j], start=1):
            terms = losses(experiment.y, epochs[i], rules(experiment))
            assert abs(curve - terms.sum() / len(experiment.y)) < 1e-12


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_gradient_of_every_parameter_is_its_finite_difference(
    workbooks: Mapping[str, Path], name: str
) -> None:
    board = boards(EXPERIMENTS[name]).get("GradientCheck")
    assert board is not None
    values = ENGINES["ironcalc"].recompute(workbooks[name])
    by_steps = shown(values, found(board, "by_steps"))
    assert np.abs(by_steps).max() > 1e-3
    assert np.abs(by_steps - shown(values, found(board, "by_difference"))).max() < 1e-6
    assert shown(values, found(board, "worst")).item() < 1e-6


@pytest.mark.parametrize("name", ["demo", "xor", "perceptron"])
def test_the_gradients_are_what_the_witness_goes_along(
    workbooks: Mapping[str, Path], name: str
) -> None:
    experiment = EXPERIMENTS[name]
    board = boards(experiment)["GradientCheck"]
    values = ENGINES["ironcalc"].recompute(workbooks[name])
    before, after = start(experiment), parameters(experiment, 1)
    for parameter in before:
        gradient = (before[parameter] - after[parameter]) / experiment.learning_rate
        shown_there = shown(values, found(board, f"{parameter}_gradient"))
        assert difference(shown_there, gradient) < 1e-12


def test_a_wrong_gradient_is_seen(workbooks: Mapping[str, Path], tmp_path: Path) -> None:
    board = boards(EXPERIMENTS["demo"])["GradientCheck"]
    cell = found(board, "wh_gradient").cell(0, 0)
    path = typed(workbooks["demo"], tmp_path / "wrong.xlsx", {("GradientCheck", cell): 0.5})
    values = ENGINES["ironcalc"].recompute(path)
    assert shown(values, found(board, "worst")).item() > 0.4


# --- What a reader changes -----------------------------------------------------------


@pytest.mark.parametrize("program", ["ironcalc", "libreoffice", "gnumeric"])
def test_the_chooser_shows_the_batch_asked_for(
    workbooks: Mapping[str, Path], tmp_path: Path, program: str
) -> None:
    experiment, engine = EXPERIMENTS["batches"], engine_or_skip(program)
    board, trace = boards(experiment)["Walkthrough"], xlnn.run(experiment)
    epoch, batch = found(board, "epoch"), found(board, "batch")
    for moment in ((3, 2), (5, 3)) if program == "ironcalc" else ((5, 3),):
        path = typed(
            workbooks["batches"],
            tmp_path / "chosen.xlsx",
            {
                ("Walkthrough", epoch.cell()): moment[0],
                ("Walkthrough", batch.cell()): moment[1],
            },
        )
        values = engine.recompute(path)
        assert program != "ironcalc" or xlnn.audit(path).ok
        for name, shape in trace.schedule.at(moment[1]).shapes.items():
            place = found(board, name)
            expected = trace[name, *moment][: place.shape.rows.size, : place.shape.columns.size]
            there = values.numbers(place.sheet, place.row, place.column, *expected.shape)
            assert difference(there, expected) < 1e-11, (name, moment, shape)
            beyond = range(place.row + len(expected), place.last_row + 1)
            assert all(not values.value(place.sheet, row, place.column) for row in beyond)
        samples = found(board, "samples")
        names = [values.value("Walkthrough", row, samples.column) for row in
                 range(samples.row, samples.row + len(trace["order", *moment]))]  # fmt: skip
        rows = trace["order", *moment][:, 0].astype(int)
        assert names == [experiment.sample_names[row - 1] for row in rows]


@pytest.mark.parametrize("name", ["demo", "xor"])
def test_everything_follows_an_edit(
    workbooks: Mapping[str, Path], name: str, tmp_path: Path
) -> None:
    """A learning rate, an input, a start weight and the epoch to be shown are typed over,
    LibreOffice computes and saves: what it saved audits clean."""
    experiment = EXPERIMENTS[name]
    trace, pages = xlnn.run(experiment), boards(experiment)
    plan, last = plan_of(trace), trace.epochs[-1]
    X, wh = plan.matrix("X", 1), plan.matrix("wh", 1)
    edits = {
        ("Settings", cell_name(plan.setting_row("learning_rate"), 2)): 0.7,
        ("X", cell_name(X.row + 1, X.column)): -0.4,
        ("wh", cell_name(wh.row, wh.column + 2)): 1.25,
        ("Walkthrough", found(pages["Walkthrough"], "epoch").cell()): 2,
    }
    path = typed(workbooks[name], tmp_path / "edited.xlsx", edits)
    changed_X = np.array(experiment.X)
    changed_X[1, 0] = -0.4
    weights = {name: trace[name, 1].copy() for name in ("wh", "bh", "wout", "bout")}
    weights["wh"][0, 2] = 1.25
    fresh = xlnn.run(replace(experiment, X=changed_X, weights=weights, learning_rate=0.7))
    assert np.abs(fresh.loss - trace.loss).max() > 1e-3

    saved = saved_by("libreoffice", path, tmp_path)
    values = StoredWorkbook(saved)
    for area in plan.matrices():
        shape = area.shape.rows.size, area.shape.columns.size
        there = block(values, area.sheet, area.row, area.column, shape)
        assert difference(there, fresh[area.matrix, area.epoch]) < 1e-11, area
    for matrix in trace.recipe.members:
        place = found(pages["Walkthrough"], matrix)
        assert difference(shown(values, place), fresh[matrix, 2]) < 1e-11, matrix
    learned = {name: fresh[f"{name}_new", last] for name in weights}
    for page in ("Predict", "Boundary") if "Boundary" in pages else ("Predict",):
        inputs = shown(values, found(pages[page], "X"))
        expected = forward(inputs, learned, rules(experiment))["output"]
        assert difference(shown(values, found(pages[page], "output")), expected) < 1e-11
    curves = shown(values, found(pages["Rates"], "losses"))
    rate = shown(values, found(pages["Rates"], "rates"))[0, 4]
    epochs = train(changed_X, experiment.y, weights, rate, len(curves), rules(experiment))
    mean = losses(experiment.y, epochs[len(curves)]).sum() / len(experiment.y)
    assert abs(curves[-1, 4] - mean) < 1e-11
    assert shown(values, found(pages["GradientCheck"], "worst")).item() < 1e-6
    changed_words = "inputs changed since this was built"
    assert verdict(values, pages) == changed_words
    assert values.value("Start", FIRST, 2) == changed_words
    rate_row = FIRST + 1 + list(plan.recipe.settings).index("learning_rate")
    assert values.value("Start", rate_row, 2) == 0.7
    for file in (path, saved):
        report = xlnn.audit(file)
        assert report.ok, report.findings[:3]


def verdict(values: Values | StoredWorkbook, pages: Mapping[str, Board]) -> object:
    cell = found(pages["Checks"], "overall")
    return values.value("Checks", cell.row, cell.column)


@pytest.mark.parametrize("program", ["ironcalc", "libreoffice", "gnumeric"])
def test_checks_tell_an_edited_input_from_a_wrong_number(tmp_path: Path, program: str) -> None:
    engine, experiment = engine_or_skip(program), xlnn.example("demo", {"extras": "Checks"})
    built, pages = tmp_path / "built.xlsx", boards(experiment)
    xlnn.build(experiment, built, audited=False)
    plan = pages["Checks"].plan
    E, y = plan.matrix("E", 1), plan.matrix("y", 1)
    wrong = {("E", cell_name(E.row, E.column)): 0.25}
    edited = {("y", cell_name(y.row, y.column)): 0.25}
    paths = {}
    for what, edits in {
        "as built": {},
        "wrong": wrong,
        "edited": edited,
        "both": wrong | edited,
    }.items():
        paths[what] = typed(built, tmp_path / f"{what}.xlsx", edits)
    computed = zip(paths, recompute_all(engine, list(paths.values())), strict=True)
    said = {what: verdict(values, pages) for what, values in computed}
    assert said == {
        "as built": "agrees with NumPy",
        "wrong": "differs from NumPy",
        "edited": "inputs changed since this was built",
        "both": "inputs changed since this was built",
    }


def test_a_network_is_trained_again_in_the_sheet(tmp_path: Path) -> None:
    """A thousand live epochs: another learning rate, and Loss and Predict follow."""
    experiment = xlnn.example(
        "demo", {"epochs": 1000, "show": "all", "formulas": "matrix", "extras": "Predict"}
    )
    path = tmp_path / "live.xlsx"
    xlnn.build(experiment, path, audited=False)
    plan = plan_of(xlnn.run(experiment))
    rate = cell_name(plan.setting_row("learning_rate"), 2)
    more = with_cell(path, tmp_path / "more.xlsx", "Settings", rate, "<v>0.9</v>")
    values = ENGINES["ironcalc"].recompute(more)
    fresh = xlnn.run(replace(experiment, learning_rate=0.9))
    area = plan.matrix("loss", 1)
    there = block(values, area.sheet, area.row, area.column, (1000, 1))
    assert difference(there[:, 0], fresh.loss) < 1e-10
    board = boards(experiment)["Predict"]
    learned = {name: fresh[f"{name}_new", 1000] for name in ("wh", "bh", "wout", "bout")}
    expected = forward(shown(values, found(board, "X")), learned)["output"]
    assert difference(shown(values, found(board, "output")), expected) < 1e-10
    assert np.abs(there[-1] - xlnn.run(experiment).loss[-1]).item() > 1e-4  # it did change


# --- The audit -----------------------------------------------------------------------


@pytest.mark.parametrize("page", EXTRAS)
def test_a_tampered_cell_is_found(page: str, tmp_path: Path) -> None:
    experiment = Experiment(X=[[1, 0], [0, 2]], y=[0, 1], hidden=(1,), epochs=2, extras=[page])
    source = xlnn.build(experiment, tmp_path / "whole.xlsx", audited=False).path
    computed = [block for block in boards(experiment)[page].blocks if not block.is_typed]
    for kind, content, place in (
        ("hard-coded", "<v>0.125</v>", computed[0]),
        ("changed-formula", "<f>1+1</f><v>2</v>", computed[len(computed) // 2]),
        ("missing", "", computed[-1]),
    ):
        path = with_cell(source, tmp_path / f"{kind}.xlsx", page, place.cell(), content)
        findings = xlnn.audit(path).findings
        causes = {(f.sheet, f.cell, f.kind) for f in findings if f.cause}
        assert causes == {(page, place.cell(), kind)}


def test_a_stale_value_and_a_missing_sheet_are_found(
    workbooks: Mapping[str, Path], tmp_path: Path
) -> None:
    place = found(boards(EXPERIMENTS["demo"])["Predict"], "output")
    book = StoredWorkbook(workbooks["demo"])
    formula = book.formula("Predict", place.row, place.column)
    assert formula is not None
    path = with_cell(
        workbooks["demo"], tmp_path / "stale.xlsx", "Predict", place.cell(),
        f"<f>{formula.text[1:].replace('<', '&lt;')}</f><v>7</v>",
    )  # fmt: skip
    (finding,) = xlnn.audit(path).findings
    assert (finding.kind, finding.cell, finding.cause) == ("stale-value", place.cell(), True)
    book = openpyxl.load_workbook(workbooks["demo"])
    del book["Walkthrough"]
    book.save(tmp_path / "missing.xlsx")
    (finding,) = xlnn.audit(tmp_path / "missing.xlsx").findings
    assert (finding.kind, finding.sheet) == ("missing", "Walkthrough")


def test_numpy_s_constants_and_a_deleted_start_are_found(
    workbooks: Mapping[str, Path], tmp_path: Path
) -> None:
    checks = boards(EXPERIMENTS["demo"])["Checks"]
    constant = found(checks, "numpy output, 3").cell(1)
    built = found(checks, "as built X, 1").cell(1, 1)
    edit = {("X", "C16"): 0.25}
    path = tmp_path / "no.xlsx"
    for edits, cells, said in (
        ({("Checks", constant): 0.5}, [constant], "but NumPy computed"),
        # Also where an input was edited, which is none of the auditor's business.
        ({("Checks", constant): 0.5} | edit, [constant], "but NumPy computed"),
        (edit, [], ""),
        ({("Checks", built): 0.5}, [built], "NumPy's constants are those of"),
    ):
        typed(workbooks["demo"], path, edits)
        causes = [each for each in xlnn.audit(path).findings if each.cause]
        assert [(each.sheet, each.cell) for each in causes] == [("Checks", c) for c in cells]
        assert all(said in each.message for each in causes)
    book = openpyxl.load_workbook(workbooks["demo"])
    del book["Start"]
    book.save(path)
    kinds = {(finding.kind, finding.sheet) for finding in xlnn.audit(path).findings}
    assert ("missing", "Start") in kinds


@pytest.mark.parametrize("texts", [{12: "agrees with NumPy"}, {11: "differs from NumPy"}, {13: 7}])
def test_other_words_of_a_verdict_are_found(
    workbooks: Mapping[str, Path], tmp_path: Path, texts: Mapping[int, object]
) -> None:
    edits = {("Checks", f"B{row}"): text for row, text in texts.items()}
    findings = xlnn.audit(typed(workbooks["demo"], tmp_path / "no.xlsx", edits)).findings
    assert {("Checks", f"B{row}") for row in texts} == {
        (finding.sheet, finding.cell) for finding in findings if finding.cause
    }
    assert all("formulas read it as" in finding.message for finding in findings)


def test_a_nudge_of_nothing_divides_by_zero_and_is_found(
    workbooks: Mapping[str, Path], tmp_path: Path
) -> None:
    nudge = found(boards(EXPERIMENTS["demo"])["GradientCheck"], "nudge")
    path = typed(workbooks["demo"], tmp_path / "no.xlsx", {("GradientCheck", nudge.cell()): 0})
    findings = [each for each in xlnn.audit(path).findings if each.cause]
    assert {(each.sheet, each.kind, each.found) for each in findings} == {
        ("GradientCheck", "error-value", "#DIV/0!")
    }


def test_no_rate_at_first_lets_training_get_out_of_hand(tmp_path: Path) -> None:
    steep = Experiment(
        X=POINTS * 20, y=POINTS.sum(axis=1), hidden=(3,), activation="relu",
        output_activation="linear", learning_rate=1e-2, extras=["Rates"],
    )  # fmt: skip
    built = xlnn.build(steep, tmp_path / "rates.xlsx")
    assert built.report is not None
    assert built.report.ok, built.report.findings[:3]
    board = draw_boards(built.plan)[0]
    book = StoredWorkbook(built.path)
    rates, curves = shown(book, found(board, "rates")), shown(book, found(board, "losses"))
    assert 0 < rates[0, 0] < rates[0, -1] < 1e-2  # its own rate is too large
    assert (curves.max(axis=0) <= 3 * curves[0]).all()


@pytest.mark.parametrize("value", [7, "two", None])
def test_a_choice_that_there_is_not_is_named(
    workbooks: Mapping[str, Path], tmp_path: Path, value: object
) -> None:
    epoch = found(boards(EXPERIMENTS["demo"])["Walkthrough"], "epoch")
    path = typed(workbooks["demo"], tmp_path / "no.xlsx", {("Walkthrough", epoch.cell()): value})
    finding = xlnn.audit(path).findings[0]
    assert finding.cause
    assert finding.cell == epoch.cell()
    assert "one of 1, 2, 3" in finding.message


# --- Charts ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_no_chart_stands_on_cells(workbooks: Mapping[str, Path], name: str) -> None:
    book, charts = openpyxl.load_workbook(workbooks[name]), 0
    for sheet in book.worksheets:
        for chart in sheet._charts:
            charts += 1
            start = chart.anchor._from
            width, height = (int(side) / 12_700 for side in _extent(chart))  # in points
            columns, rows = start.col, start.row  # from 0
            while width > 0:
                columns += 1
                width -= sheet.column_dimensions[get_column_letter(columns)].width * 5.25
            while height > 0:
                rows += 1
                height -= sheet.row_dimensions[rows].height or 15
            covered = sheet.iter_rows(start.row + 1, rows, start.col + 1, columns)
            there = [cell.coordinate for row in covered for cell in row if cell.value is not None]
            assert there == [], f"{sheet.title}'s chart"
    assert charts >= 1 + ("Rates" in book.sheetnames) + ("Boundary" in book.sheetnames)


def _extent(chart: ChartBase) -> tuple[int, int]:
    """Its width and its height, in Excel's units."""
    extent = chart.anchor.ext
    return extent.width, extent.height


# --- The picture of the plane ---------------------------------------------------------


def boundary_parts(experiment: Experiment, path: Path) -> tuple[RawBook, str]:
    """A workbook with nothing but the picture, and the XML of that sheet."""
    book = read_raw(xlnn.build(replace(experiment, extras="Boundary"), path, audited=False).path)
    with zipfile.ZipFile(path) as parts:
        return book, parts.read(book.sheets["Boundary"].part).decode()


def test_a_class_that_no_sample_has_is_not_drawn(tmp_path: Path) -> None:
    experiment = Experiment(
        X=POINTS[:6], y=np.eye(3)[[0, 1, 1, 0, 1, 0]], output_activation="softmax"
    )
    assert experiment.class_kind == "one-hot"
    book, xml = boundary_parts(experiment, tmp_path / "b.xlsx")
    ranges = [cells for shown in book.charts.values() for cells in shown if "Boundary" in cells]
    assert len(ranges) == 2 * 2
    board = boards(replace(experiment, extras="Boundary"))["Boundary"]
    assert board.blocks[-1].name == "class_3"  # it is there for when somebody edits y
    assert not any(cell_name(TABLE, board.blocks[-1].column) in text.replace("$", "")
                   for text in ranges)  # fmt: skip
    name = found(board, "output_name")
    assert book.sheets["Boundary"].cells[name.cell()].text == "y1"
    scale = re.findall(r'<cfvo type="(\w+)"(?: val="([^"]*)")?', xml)
    assert scale == [("num", "0"), ("num", "1")]
    said = [str(cell.text) for cell in book.sheets["Boundary"].cells.values()]
    assert any("Of several outputs" in text for text in said)
    assert not any("undecided" in text for text in said)


@pytest.mark.parametrize(
    ("activation", "y", "ends"),
    [
        ("sigmoid", [0, 1, 1, 0], [("num", "0"), ("num", "0.5"), ("num", "1")]),
        ("tanh", [-1, 1, 1, -1], [("num", "-1"), ("num", "0"), ("num", "1")]),
        ("linear", [0, 1, 1, 0], [("min", None), ("num", "0.5"), ("max", None)]),
        ("linear", [0, 1, 2, 0], [("min", None), ("percentile", "50"), ("max", None)]),
    ],
)
def test_white_is_where_the_network_is_undecided(
    activation: str, y: list[float], ends: list[tuple[str, str | None]], tmp_path: Path
) -> None:
    experiment = Experiment(X=XOR["X"], y=y, output_activation=activation)
    book, xml = boundary_parts(experiment, tmp_path / "b.xlsx")
    scale = re.findall(r'<cfvo type="(\w+)"(?: val="([^"]*)")?', xml)
    assert [(kind, value or None) for kind, value in scale] == ends
    told = any("undecided" in str(cell.text) for cell in book.sheets["Boundary"].cells.values())
    assert told == (len(set(y)) == 2)


# --- What is cut, and what is not live ------------------------------------------------


def test_cut_matrices_and_gaps_are_told(tmp_path: Path) -> None:
    small = xlnn.example("demo", {"epochs": 9, "show": [1, -1], "extras": "all"})
    large = Experiment(X=RANDOM.normal(size=(30, 3)), y=RANDOM.uniform(size=30), extras="all")

    def texts(experiment: Experiment, sheet: str) -> str:
        path = tmp_path / "told.xlsx"
        xlnn.build(experiment, path, audited=False, force=True)
        return " ".join(str(cell.text) for cell in read_raw(path).sheets[sheet].cells.values())

    assert "first 8 rows and 8 columns" in texts(large, "Walkthrough")
    assert "(30×3) …" in texts(large, "Walkthrough")
    assert "first 8 rows" not in texts(small, "Walkthrough")
    assert "not live: where all epochs are shown" in texts(small, "Predict")
    assert "up to the next epoch that is not shown" in texts(small, "Start")
    assert "up to the next epoch" not in texts(large, "Start")
    assert "not live" not in texts(large, "Predict")


# --- Which sheets --------------------------------------------------------------------


def test_the_network_and_its_size_decide_which_sheets_there_are() -> None:
    def of(**fields: object) -> tuple[str, ...]:
        return plan_of(xlnn.run(Experiment(**{**XOR, **fields}))).extras  # type: ignore[arg-type]

    assert of() == tuple(EXTRAS)
    assert of(extras="none") == ()
    assert of(extras=["checks", "Predict"]) == ("Predict", "Checks")
    assert of(extras=["predict, checks", "rates"]) == ("Predict", "Rates", "Checks")
    assert "Rates" not in of(batch_size=2)
    assert "GradientCheck" not in of(activation="threshold")
    assert "Boundary" not in of(X=np.eye(4))
    large = of(X=RANDOM.normal(size=(1000, 2)), y=RANDOM.uniform(size=(1000, 1)), hidden=(20,))
    assert set(EXTRAS) - set(large) == {"Rates", "GradientCheck", "Checks"}


def test_what_is_left_out_and_why_is_told() -> None:
    plan = plan_of(xlnn.run(Experiment(**XOR, batch_size=2, extras=["Predict"])))
    assert dict(left_out(plan)) == {
        "Walkthrough": "not_asked",
        "Boundary": "not_asked",
        "Rates": "in_batches",
        "GradientCheck": "not_asked",
        "Checks": "not_asked",
    }


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ExperimentError, match='did you mean "Predict"'):
        Experiment(**XOR, extras=["predictt"])
    with pytest.raises(ExperimentError, match="either one of auto"):
        Experiment(**XOR, extras=["all", "Predict"])
    assert ALWAYS == (START, MAP, SETTINGS, LOSS)
    with pytest.raises(ExperimentError, match="which every workbook has"):
        Experiment(**XOR, extras="loss")
    with pytest.raises(ExperimentError, match="extras is 3"):
        Experiment(**XOR, extras=3)  # type: ignore[arg-type]
    plan = plan_of(xlnn.run(Experiment(X=np.eye(3), y=np.eye(3))))
    with pytest.raises(PlanError, match="exactly two features"):
        choose(plan, ["Boundary"])
