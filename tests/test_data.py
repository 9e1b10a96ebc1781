"""Data as people bring it: labels, raw units, samples held out; and what is counted of classes.

Held against scikit-learn where it has the same, else against plain NumPy written here.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from conftest import engine_or_skip
from recomputed import Beforehand, difference, recompute_all

import xlnn
from xlnn.audit.engines import ENGINES, Engine
from xlnn.building import Built
from xlnn.errors import XlnnError
from xlnn.experiment.experiment import Experiment
from xlnn.experiment.headings import headings
from xlnn.maths.expr import Axis

RNG = np.random.default_rng(3)
X = RNG.normal(5, 3, size=(20, 3))
SPECIES = ["setosa", "virginica", "versicolor", "setosa"] * 5


def column(path: Path, sheet: str, row: int, first: int, last: int) -> list[object]:
    cells = openpyxl.load_workbook(path, data_only=True)[sheet]
    return [cells.cell(row, i).value for i in range(first, last + 1)]


# --- Labels -----------------------------------------------------------------------------


def test_three_labels_become_a_column_each_in_alphabetical_order() -> None:
    experiment = Experiment(X=X, y=SPECIES, output_activation="softmax")
    assert experiment.target_names == ("setosa", "versicolor", "virginica")
    assert experiment.y[:4].tolist() == [[1, 0, 0], [0, 0, 1], [0, 1, 0], [1, 0, 0]]
    assert experiment.classes == experiment.target_names


def test_two_labels_become_0_and_1() -> None:
    experiment = Experiment(X=X[:4], y=["yes", "no", "no", "yes"])
    assert experiment.y.tolist() == [[1], [0], [0], [1]]
    assert experiment.classes == ("no", "yes")
    assert experiment.target_names == ("y = yes",)


@pytest.mark.parametrize("shape", ["list", "column", "array", "series", "frame"])
def test_labels_may_arrive_in_any_shape(shape: str) -> None:
    labels = ["b", "a", "b", "a"]
    y = {
        "list": labels,
        "column": [[label] for label in labels],
        "array": np.array(labels),
        "series": pd.Series(labels, name="letter"),
        "frame": pd.DataFrame({"letter": labels}),
    }[shape]
    experiment = Experiment(X=X[:4], y=y)
    assert experiment.y.tolist() == [[1], [0], [1], [0]]
    assert experiment.target_names == ("letter = b" if shape in ("series", "frame") else "y = b",)


def test_the_classes_are_named_on_the_sheets(tmp_path: Path) -> None:
    experiment = Experiment(X=X, y=SPECIES, output_activation="softmax", hidden=(2,), extras="none")
    built = xlnn.build(experiment, tmp_path / "species.xlsx")
    for sheet in ("y", "output", "predicted"):
        area = built.plan.matrix(sheet, 1)
        found = column(built.path, sheet, area.row - 1, area.column, area.column + 2)
        assert found == ["setosa", "versicolor", "virginica"]


def test_a_table_with_labels_and_names_of_samples(tmp_path: Path) -> None:
    table = tmp_path / "flowers.csv"
    table.write_text("who,size,kind\nrose,1.5,big\ndaisy,0.5,small\nlily,1.2,big\n", "utf-8")
    experiment = xlnn.load(table, target=["kind"], names="who")
    assert experiment.feature_names == ("size",)
    assert experiment.sample_names == ("rose", "daisy", "lily")
    assert experiment.classes == ("big", "small")
    assert experiment.y.tolist() == [[0], [1], [0]]


# --- Classes that are numbers -----------------------------------------------------------


@pytest.mark.parametrize(
    ("y", "kind"),
    [
        ([0, 1, 1, 0], "two"),
        ([-1, 1, 1, -1], "two"),
        ([1, 1, 1, 1], "none"),
        ([0, 0.5, 1, 0], "none"),
        ([[1, 0], [0, 1], [0, 1], [1, 0]], "one-hot"),
        ([[1, 1], [0, 1], [0, 1], [1, 0]], "none"),
    ],
)
def test_targets_that_tell_classes_are_recognised(y: object, kind: str) -> None:
    assert Experiment(X=X[:4], y=y, output_activation="tanh").class_kind == kind
    assert Experiment(X=X[:4], y=y, output_activation="tanh", accuracy=False).class_kind == "none"


@pytest.mark.parametrize("batch_size", ["all", 6])
@pytest.mark.parametrize("y", [SPECIES, ["n", "y"] * 10, RNG.integers(0, 2, 20) * 2 - 1])
def test_accuracy_and_confusion_are_counted_right(
    y: object, batch_size: object, tmp_path: Path
) -> None:
    experiment = Experiment(
        X=X,
        y=y,
        output_activation="tanh",
        test_fraction=0.4,
        batch_size=batch_size,
        epochs=3,
        extras="none",
    )
    trace = xlnn.build(experiment, tmp_path / "classes.xlsx").trace
    two = experiment.y.shape[1] == 1
    bound = (experiment.y.min() + 1) / 2

    def classes(values: np.ndarray) -> np.ndarray:
        return (values[:, 0] > bound).astype(int) if two else values.argmax(axis=1)

    everything = "output" if batch_size == "all" else "output_all"
    for epoch in (1, 2, 3):
        truth, found = classes(trace["y", epoch]), classes(trace[everything, epoch])
        assert trace.curves["accuracy"][epoch - 1] == np.mean(truth == found)
        counted = trace["confusion" if batch_size == "all" else "confusion_all", epoch]
        assert counted.sum() == 12
        assert np.trace(counted) == (truth == found).sum()
        truth, found = classes(trace["y_test", epoch]), classes(trace["output_test", epoch])
        counted = np.zeros((len(experiment.classes),) * 2)
        np.add.at(counted, (truth, found), 1)
        assert trace["confusion_test", epoch].tolist() == counted.tolist()
        assert trace.curves["test_accuracy"][epoch - 1] == np.mean(truth == found)
        assert counted.sum() == 8


def test_a_tie_counts_for_the_first_class_only() -> None:
    trace = xlnn.run(Experiment(X=X, y=SPECIES, start="zeros", output_activation="softmax"))
    assert trace["predicted", 1].tolist() == [[1, 0, 0]] * 20


# --- Scaling ----------------------------------------------------------------------------


@pytest.mark.parametrize("scale", ["minmax", "standard"])
def test_scaling_is_that_of_scikit_learn_fitted_on_the_training_samples(scale: str) -> None:
    preprocessing = pytest.importorskip("sklearn.preprocessing")
    scaler = {"minmax": "MinMaxScaler", "standard": "StandardScaler"}[scale]
    experiment = Experiment(X=X, y=X[:, :1] * 7, scale=scale, scale_targets="minmax",
                            test_fraction=0.25)  # fmt: skip
    trace = xlnn.run(experiment)
    trained, tested = (list(rows) for rows in experiment.rows)
    fitted = getattr(preprocessing, scaler)().fit(X[trained])
    assert difference(trace["X", 1], fitted.transform(X[trained])) <= 1e-12
    assert difference(trace["X_test", 1], fitted.transform(X[tested])) <= 1e-12
    assert trace["y", 1].min() == 0
    assert trace["y", 1].max() == 1


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Built, Path]]:
    """Scaled data of both kinds, and a copy of each workbook with another number among the raw."""
    folder, found = tmp_path_factory.mktemp("moved"), {}
    for scale, formulas in (("minmax", "cell"), ("standard", "matrix")):
        experiment = Experiment(
            X=X[:6], y=[0, 1, 0, 1, 1, 0], hidden=(2,), scale=scale, formulas=formulas,
            test_fraction=0.3, extras="none",
        )  # fmt: skip
        built = xlnn.build(experiment, folder / f"{scale}.xlsx", audited=False)
        area = built.plan.matrix("X_raw", 1)
        book = openpyxl.load_workbook(built.path)
        book["X_raw"].cell(area.row, area.column).value = 40.0
        book.save(folder / f"{scale} moved.xlsx")
        found[scale] = built, folder / f"{scale} moved.xlsx"
    return found


def test_scaling_follows_the_raw_data(engine: Engine, moved: dict[str, tuple[Built, Path]]) -> None:
    recomputed = recompute_all(engine, [path for _, path in moved.values()])
    for (scale, (built, _)), values in zip(moved.items(), recomputed, strict=True):
        raw = built.trace.experiment.data["X_raw"].copy()
        raw[0, 0] = 40.0
        least, most = raw.min(axis=0), raw.max(axis=0)
        scaled = (raw - least) / (most - least)
        if scale == "standard":
            scaled = (raw - raw.mean(axis=0)) / raw.std(axis=0)
        place = built.plan.matrix("X", 1)
        found = values.numbers("X", place.row, place.column, *scaled.shape)
        assert difference(found, scaled) <= 1e-12, scale


@pytest.mark.parametrize("scale", ["minmax", "standard"])
def test_another_number_among_the_raw_data_is_no_error(
    scale: str, moved: dict[str, tuple[Built, Path]]
) -> None:
    built, path = moved[scale]
    assert xlnn.audit(built.path).ok
    assert xlnn.audit(path).ok


# --- Samples held out -------------------------------------------------------------------


def test_the_test_samples_are_drawn_with_the_seed_and_never_trained() -> None:
    fields = {"X": X, "y": X[:, :1], "output_activation": "linear", "learning_rate": 0.001,
              "epochs": 5}  # fmt: skip
    experiment = Experiment(**fields, test_fraction=0.25)
    trained, tested = experiment.rows
    assert sorted((*trained, *tested)) == list(range(20))
    assert len(tested) == 5
    assert experiment.rows == Experiment(**fields, test_fraction=0.25).rows
    assert experiment.rows != Experiment(**fields, test_fraction=0.25, seed=1).rows
    trace = xlnn.run(experiment)
    alone = xlnn.run(Experiment(**fields | {"X": X[list(trained)], "y": X[list(trained), :1]}))
    assert difference(trace["wh_new", -1], alone["wh_new", -1]) == 0
    assert difference(trace.loss, alone.loss) <= 1e-15
    names = headings(experiment, Axis("test sample", 5))
    assert names == [f"sample {row + 1}" for row in tested]


def test_the_test_loss_is_that_of_the_weights_that_an_epoch_starts_from() -> None:
    experiment = Experiment(X=X, y=abs(X[:, :2]) / 20, test_fraction=0.2, batch_size=5, epochs=3)
    trace = xlnn.run(experiment)
    for epoch in (1, 2, 3):
        m = {name: trace[name, epoch, 1] for name in ("wh", "bh", "wout", "bout")}
        hidden = 1 / (1 + np.exp(-(trace["X_test", 1] @ m["wh"] + m["bh"])))
        output = 1 / (1 + np.exp(-(hidden @ m["wout"] + m["bout"])))
        loss = ((trace["y_test", 1] - output) ** 2).sum() / 2
        assert trace.curves["test_loss"][epoch - 1] == pytest.approx(loss, rel=1e-13)
        mean = trace.curves["test_mean_loss"][epoch - 1]
        assert mean == pytest.approx(loss / 4, rel=1e-13)


def test_everything_at_once_agrees_in_every_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = {
        "X": X[:12], "y": SPECIES[:12], "hidden": (3,), "activation": "leaky-relu",
        "output_activation": "softmax", "loss": "cross-entropy", "optimizer": "nesterov",
        "batch_size": 4, "shuffle": True, "scale": "standard", "test_fraction": 0.25, "epochs": 4,
        "show": [1, 2, 4], "gradient": "mean", "extras": "none",
    }  # fmt: skip
    paths = [
        xlnn.build(
            Experiment(**fields, formulas=formulas), tmp_path / f"{formulas}.xlsx", audited=False
        ).path
        for formulas in ("cell", "matrix")
    ]
    engines = [engine_or_skip(name).name for name in ENGINES]
    monkeypatch.setitem(ENGINES, "libreoffice", Beforehand(ENGINES["libreoffice"], paths))
    for path in paths:
        report = xlnn.audit(path, engines=engines)
        assert report.ok, report.findings[:3]
        assert [engine.name for engine in report.engines] == engines
        assert all(engine.max_rel_diff <= 1e-11 for engine in report.engines)


def test_all_samples_are_measured_with_the_weights_that_an_epoch_of_batches_starts_from() -> None:
    whole = xlnn.run(Experiment(X=X, y=SPECIES, output_activation="softmax"))
    batches = xlnn.run(Experiment(X=X, y=SPECIES, output_activation="softmax", batch_size=3))
    assert difference(batches["output_all", 1], whole["output", 1]) == 0
    assert batches.curves["accuracy"][0] == whole.curves["accuracy"][0]


def test_labels_may_be_given_an_order() -> None:
    experiment = Experiment(X=X[:3], y=["no", "yes", "no"], class_names=["yes", "no"])
    assert experiment.y.tolist() == [[1], [0], [1]]
    assert experiment.target_names == ("y = no",)
    assert experiment.class_counts == {"yes": 1, "no": 2}


def test_the_classes_of_a_table_may_be_given_an_order(tmp_path: Path) -> None:
    (tmp_path / "flowers.csv").write_text("size,kind\n1,big\n2,small\n3,big\n", "utf-8")
    path = tmp_path / "flowers.toml"
    text = '[data]\nfile = "flowers.csv"\ntarget = "kind"\nclasses = ["small", "big"]\n'
    path.write_text(text, "utf-8")
    assert xlnn.load(path).classes == ("small", "big")
    path.write_text(text.replace('"big"]', '"large"]'), "utf-8")
    with pytest.raises(XlnnError, match="classes are small, large, but the labels in kind are"):
        xlnn.load(path)
