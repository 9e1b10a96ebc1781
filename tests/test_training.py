"""How training goes: batches and their order, starts, a bound that ends it, numbers that overflow.

What is computed in each update is held against the witness elsewhere; here it is what leads from
one update to the next.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from lint import read_raw
from recomputed import difference

import xlnn
from xlnn.building import Built
from xlnn.errors import TrainingError
from xlnn.experiment.experiment import Experiment
from xlnn.training import run as run_module
from xlnn.workbook.plan import LOSS, LOSS_COLUMN, LOSS_FIRST, cell_name

RNG = np.random.default_rng(8)
X, Y = RNG.normal(size=(10, 3)), RNG.uniform(size=(10, 1))


def experiment(**fields: object) -> Experiment:
    return Experiment(**{"X": X, "y": Y, "hidden": (3,), "epochs": 3, "extras": "none", **fields})


# --- Batches ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "sizes"), [(1, [1] * 10), (4, [4, 4, 2]), (5, [5, 5]), (10, [10])]
)
def test_an_epoch_has_all_samples_in_batches_and_the_last_may_be_smaller(
    size: int, sizes: list[int]
) -> None:
    trace = xlnn.run(experiment(batch_size=size, shuffle=True))
    orders = {}
    for epoch in (1, 2, 3):
        found = [trace["order", epoch, batch] for batch in range(1, len(sizes) + 1)]
        assert [len(order) for order in found] == sizes
        orders[epoch] = np.concatenate(found).ravel().tolist()
        assert sorted(orders[epoch]) == list(range(1, 11))
    assert orders[1] != orders[2] != orders[3]
    again = xlnn.run(experiment(batch_size=size, shuffle=True))
    assert again["order", 2, 1].tolist() == trace["order", 2, 1].tolist()
    other = xlnn.run(experiment(batch_size=size, shuffle=True, seed=1))
    assert [other["order", e, 1].tolist() for e in (1, 2, 3)] != [
        trace["order", e, 1].tolist() for e in (1, 2, 3)
    ]


def test_without_shuffling_batches_follow_the_data() -> None:
    trace = xlnn.run(experiment(batch_size=4))
    assert trace["order", 3, 2].ravel().tolist() == [5, 6, 7, 8]
    assert trace["X_batch", 3, 2].tolist() == X[4:8].tolist()
    assert trace["y_batch", 3, 3].tolist() == Y[8:].tolist()


def test_each_update_starts_from_what_the_one_before_left() -> None:
    trace = xlnn.run(experiment(batch_size=4, optimizer="adam"))
    for name, new in trace.recipe.renewed.items():
        for epoch, batch, before in ((1, 2, (1, 1)), (1, 3, (1, 2)), (2, 1, (1, 3))):
            assert difference(trace[name, epoch, batch], trace[new, *before]) == 0


def test_an_epoch_that_is_not_kept_is_trained_alike() -> None:
    for fields in (
        {},
        {"batch_size": 3, "shuffle": True},
        {"optimizer": "adam", "test_fraction": 0.3, "gradient": "mean"},
    ):
        all_kept = xlnn.run(experiment(**fields, epochs=40, show="all"))
        last_kept = xlnn.run(experiment(**fields, epochs=40, show=[-1]))
        for name in all_kept.recipe.renewed.values():
            assert difference(last_kept[name, 40], all_kept[name, 40]) <= 1e-14
        for name, curve in all_kept.curves.items():
            assert difference(last_kept.curves[name], curve) <= 1e-14


# --- Starts -----------------------------------------------------------------------------


def test_the_legacy_stream_is_that_of_numpy_random_seed() -> None:
    trace = xlnn.run(experiment(generator="legacy", seed=5, skip=4))
    random = np.random.RandomState(5)
    random.uniform(size=4)
    for name, shape in (("wh", (3, 3)), ("bh", (1, 3)), ("wout", (3, 1)), ("bout", (1, 1))):
        assert difference(trace[name, 1], random.uniform(size=shape)) == 0


@pytest.mark.parametrize("start", ["xavier", "he", "zeros"])
def test_biases_start_at_0_where_weights_have_a_scale(start: str) -> None:
    trace = xlnn.run(experiment(start=start, hidden=(400,)))
    assert not trace["bh", 1].any()
    assert not trace["bout", 1].any()
    wh = trace["wh", 1]
    if start == "xavier":
        assert abs(wh).max() <= np.sqrt(6 / 403)
        assert abs(wh).max() > 0.95 * np.sqrt(6 / 403)
    elif start == "he":
        assert wh.std() == pytest.approx(np.sqrt(2 / 3), rel=0.1)
    else:
        assert not wh.any()


def test_optimisers_start_from_rest() -> None:
    trace = xlnn.run(experiment(optimizer="adam"))
    assert not trace["wh_first_moment", 1].any()
    assert not trace["bout_second_moment", 1].any()
    assert trace["beta1_power", 1].item() == 1
    assert trace["beta1_power_new", 3].item() == pytest.approx(0.9**3, rel=1e-15)


# --- A bound that ends training -----------------------------------------------------------


def test_training_stops_with_the_first_epoch_below_the_bound(tmp_path: Path) -> None:
    whole = xlnn.run(xlnn.example("demo", {"epochs": 500}))
    bound = whole.loss[123] + 1e-9
    asked = xlnn.example(
        "demo", {"epochs": 500, "stop_below": float(bound), "show": [1, -1], "extras": "none"}
    )
    built = xlnn.build(asked, tmp_path / "stopped.xlsx")
    assert built.report is not None
    assert built.report.ok
    assert len(built.trace.loss) == 124
    assert built.trace.loss[-1] < bound <= built.trace.loss[-2]
    assert built.plan.epochs == (1, 124)
    start = openpyxl.load_workbook(built.path)["Start"]
    said = [str(cell.value) for row in start.iter_rows() for cell in row]
    assert any("stopped after epoch 124" in text for text in said)


def test_a_bound_that_is_never_reached_changes_nothing() -> None:
    trace = xlnn.run(xlnn.example("demo", {"epochs": 20, "stop_below": 0.0}))
    assert len(trace.loss) == 20


# --- Numbers that overflow ----------------------------------------------------------------


@pytest.mark.parametrize("show", [[1], "all"])
@pytest.mark.parametrize("batch_size", ["all", 2])
def test_divergence_names_the_epoch_and_those_before_can_be_written(
    show: object, batch_size: object, tmp_path: Path
) -> None:
    fields = {
        "output_activation": "linear", "learning_rate": 3.0, "batch_size": batch_size,
        "activation": "relu",
    }  # fmt: skip
    with pytest.raises(
        TrainingError, match=r"smaller learning rate.*--epochs \d+ writes"
    ) as caught:
        xlnn.run(experiment(**fields, epochs=2000, show=show))
    epoch = caught.value.epoch
    assert epoch is not None
    assert epoch > 1
    assert f"epoch {epoch}" in str(caught.value)
    before = experiment(**fields, epochs=epoch - 1, show=[1])
    built = xlnn.build(before, tmp_path / "before.xlsx", audited=False)
    assert len(built.trace.loss) == epoch - 1
    assert np.isfinite(built.trace.loss).all()
    with pytest.raises(TrainingError, match=f"in epoch {epoch}"):
        xlnn.run(experiment(**fields, epochs=epoch, show=[-1]))


def test_the_overflow_is_found_wherever_training_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    fields = {"output_activation": "linear", "learning_rate": 3.0, "show": [1], "epochs": 2000}
    epochs = set()
    for look in (0.0, 10.0):
        monkeypatch.setattr(run_module, "LOOK", look)
        with pytest.raises(TrainingError) as caught:
            xlnn.run(experiment(**fields))
        epochs.add(caught.value.epoch)
    assert len(epochs) == 1


# --- The sheet Loss -----------------------------------------------------------------------


@pytest.mark.parametrize("show", ["all", [1, 2, 5, 6, 7, 12]])
@pytest.mark.parametrize("batch_size", ["all", 4])
def test_the_loss_of_every_epoch_is_listed_live_where_the_epoch_is(
    show: object, batch_size: object, tmp_path: Path
) -> None:
    asked = experiment(epochs=12, show=show, batch_size=batch_size, test_fraction=0.2)
    built = xlnn.build(asked, tmp_path / "loss.xlsx")
    assert built.report is not None
    assert built.report.ok
    assert built.report.notes == ()
    values = openpyxl.load_workbook(built.path, data_only=True)[LOSS]
    formulas = openpyxl.load_workbook(built.path)[LOSS]
    names = list(built.trace.curves)
    assert names == ["loss", "mean_loss", "test_loss", "test_mean_loss"]
    for epoch in range(1, 13):
        row = LOSS_FIRST + epoch - 1
        assert values.cell(row, 1).value == epoch
        for place, name in enumerate(names, start=LOSS_COLUMN):
            assert values.cell(row, place).value == built.trace.curves[name][epoch - 1]
            live = isinstance(formulas.cell(row, place).value, str)
            assert live == (epoch in built.plan.epochs), (epoch, name)
    (chart,) = formulas._charts
    assert len(chart.series) == 2
    assert all(f"${LOSS_FIRST + 11}" in series.yVal.numRef.f for series in chart.series)


def test_a_changed_value_on_loss_is_found(built: Callable[[Experiment], Path]) -> None:
    path = built(experiment(epochs=9, show=[1, -1]))
    book = openpyxl.load_workbook(path)
    book[LOSS].cell(LOSS_FIRST + 4, LOSS_COLUMN).value = 7
    book.save(path)
    report = xlnn.audit(path)
    cell = cell_name(LOSS_FIRST + 4, LOSS_COLUMN)
    assert [(f.kind, f.sheet, f.cell) for f in report.findings] == [("wrong-value", LOSS, cell)]
    assert report.notes == ()


def test_a_wrong_formula_on_loss_is_found(built: Callable[[Experiment], Path]) -> None:
    path = built(experiment(batch_size=4))
    book = openpyxl.load_workbook(path)
    cell = book[LOSS].cell(LOSS_FIRST + 1, LOSS_COLUMN)
    cell.value = str(cell.value).replace("SUM", "MAX")
    book.save(path)
    (cause,) = xlnn.audit(path).causes
    assert (cause.kind, cause.sheet, cause.matrix, cause.epoch) == (
        "changed-formula", LOSS, "loss", 2,
    )  # fmt: skip


def test_a_bound_is_seen_although_training_diverges_right_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fields = {
        "X": [[0.1, 0], [0, 27**0.5]], "y": [[1], [0]], "hidden": [], "biases": False,
        "output_activation": "linear", "weights": {"wout": [[0], [1e-300]]}, "stop_below": 0.0554,
    }  # fmt: skip
    for look in (0.0, 10.0):
        monkeypatch.setattr(run_module, "LOOK", look)
        assert len(xlnn.run(Experiment(**fields, epochs=5000, show=[-1])).loss) == 1101


@pytest.mark.parametrize("number", [0, -1, 99, 2.7])
def test_an_order_that_leads_nowhere_is_named(
    number: float, kept: Callable[[Experiment], Built], tmp_path: Path
) -> None:
    built = kept(experiment(batch_size=4))
    book = openpyxl.load_workbook(built.path)
    area = built.plan.matrix("order", 2, 2)
    cell = book["order"].cell(area.row, area.column)
    cell.value = number
    book.save(tmp_path / "order.xlsx")
    report = xlnn.audit(tmp_path / "order.xlsx")
    assert not report.ok
    first = report.findings[0]
    assert (first.sheet, first.cell, first.cause) == ("order", cell.coordinate, True)
    assert "a whole number from 1 to 10" in first.message


def test_what_cannot_be_checked_is_said(tmp_path: Path) -> None:
    built = xlnn.build(experiment(epochs=5, show=[3, 4]), tmp_path / "later.xlsx")
    assert built.report is not None
    assert built.report.ok
    assert "epoch 1, from which they follow, is not shown" in built.report.notes[0]


@pytest.mark.parametrize(("rate", "course"), [(0.01, "falls"), (0.4, "rises")])
def test_start_tells_whether_the_loss_falls(
    rate: float, course: str, kept: Callable[[Experiment], Built]
) -> None:
    built = kept(xlnn.example("full-batch", {"learning_rate": rate, "epochs": 5}))
    loss = built.trace.loss
    assert ("falls" if loss[-1] < loss[0] else "rises") == course
    said = read_raw(built.path).sheets["Start"].cells["A3"].text or ""
    assert f"of a sample {course}" in said
