"""Long tables and many epochs: every cell stands where the plan has it, in bounded memory.

The sheets are written from patterns, and so are the formulas that an audit compares. Here both are
held against the plan's formulas one by one, read by the lint's own reader.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from lint import RawBook, column_letters, read_raw

import xlnn
from xlnn.building import Built
from xlnn.errors import OutputError
from xlnn.experiment.experiment import Experiment
from xlnn.maths.evaluate import Array
from xlnn.training import kept
from xlnn.training.trace import Trace
from xlnn.workbook import pattern, stream
from xlnn.workbook.boards.summary import summary_board
from xlnn.workbook.entries import entries, entry_text, filled
from xlnn.workbook.live_texts import live_texts
from xlnn.workbook.plan import Area, Plan
from xlnn.workbook.theme import load_theme
from xlnn.workbook.write import plan_for

RANDOM = np.random.default_rng(5)


def table(samples: int, features: int = 3, outputs: int = 1, **fields: object) -> Experiment:
    X = RANDOM.uniform(size=(samples, features)).round(3)
    y = RANDOM.uniform(size=(samples, outputs)).round(3)
    return Experiment(X=X, y=y, learning_rate=0.01, extras="none", **fields)


REPEATED_NAMES = tuple(f"h{i % 40}" for i in range(104))
"""Names that occur twice, and are those of hidden neurons too."""

FORMULA_NAMES = tuple(f"{'-' if i % 3 else ''}a{i}" for i in range(104))
"""Names of which some begin like a formula, new to the workbook and so in order."""

EXPERIMENTS = {
    "long table": table(104, hidden=(3,), epochs=9, show=list(range(1, 10))),
    "long table as matrices": table(
        104, hidden=(3,), epochs=9, show=list(range(1, 10)), formulas="matrix"
    ),
    "names that occur twice": table(104, hidden=(2,), sample_names=REPEATED_NAMES, epochs=2),
    "names like formulas": table(104, hidden=(2,), sample_names=FORMULA_NAMES),
    "one name like a formula": table(
        11, hidden=(2,), sample_names=(*(f"n{i}" for i in range(10)), "=n")
    ),
    "all operands of a long table": table(70, hidden=(3,), epochs=3, operands="all"),
    "all operands, matrices": table(70, hidden=(3,), epochs=3, operands="all", formulas="matrix"),
    "many features": table(12, 40, 2, hidden=(30,), epochs=3),
    "many small epochs": table(3, hidden=(2,), epochs=104, show=list(range(1, 105))),
    "many small epochs, matrices": table(
        3, hidden=(2,), epochs=104, show=list(range(1, 105)), formulas="matrix"
    ),
    "gaps": table(25, hidden=(2, 2), epochs=60, show=[1, 2, 3, 7, 9, 11, 13, 30, 31, 32, 60]),
    "gaps from the start": table(
        11, hidden=(2,), epochs=60, show=[2, 4, 6, 7, 8], formulas="matrix"
    ),
    "many batches": table(42, hidden=(2,), batch_size=4, shuffle=True, epochs=3),
    "many batches, matrices": table(42, hidden=(2,), batch_size=4, epochs=3, formulas="matrix"),
    "two batches, gaps": table(
        50, hidden=(3,), batch_size=30, epochs=40, show=[1, 2, 3, 7, 9, 11, 13, 30, 40]
    ),
    "large batches": table(150, hidden=(2,), batch_size=70, epochs=3, operands="all"),
    "single samples": table(6, hidden=(2,), batch_size=1, epochs=12, show="all"),
    "scaled, tested, adam": table(
        90,
        hidden=(3,),
        scale="standard",
        test_fraction=0.2,
        optimizer="adam",
        epochs=4,
        show="all",
    ),
    "classes in batches": Experiment(
        X=RANDOM.normal(size=(40, 3)),
        y=np.eye(3)[RANDOM.integers(0, 3, 40)],
        output_activation="softmax",
        loss="cross-entropy",
        batch_size=16,
        epochs=5,
        show="all",
        extras="none",
    ),
}


@pytest.fixture(scope="module", params=list(EXPERIMENTS))
def experiment(request: pytest.FixtureRequest) -> Experiment:
    return EXPERIMENTS[request.param]


@pytest.fixture(scope="module")
def built(experiment: Experiment, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Its workbook, audited, for all tests that only read it."""
    return xlnn.build(experiment, tmp_path_factory.mktemp("large") / "workbook.xlsx")


@pytest.fixture(scope="module")
def book(built: Built) -> RawBook:
    """What the lint's own reader finds in it."""
    return read_raw(built.path)


def one_by_one(plan: Plan, area: Area) -> dict[tuple[int, int], tuple[str, str | None]]:
    """The formulas of an area by place, each with the range that an array formula fills."""
    found = {}
    for i in range(area.shape.rows.size):
        for j in range(area.shape.columns.size):
            if formula := plan.formula(area, i, j):
                array = filled(area, formula) if formula.array else None
                found[area.row + i, area.column + j] = formula.text, array
    return found


def areas(plan: Plan) -> Iterator[Area]:
    """Every matrix of every batch and epoch, and the copies around it."""
    for area in plan.matrices():
        if area.role == "result":
            yield from plan.operands(area.matrix, area.epoch, area.batch)
        yield area


def test_every_formula_and_number_is_written_where_the_plan_has_it(
    built: Built, book: RawBook
) -> None:
    plan = built.plan
    formulas = dict.fromkeys(book.sheets, 0)
    for area in areas(plan):
        cells = book.sheets[area.sheet].cells
        for (row, column), (text, array) in one_by_one(plan, area).items():
            cell = cells[f"{column_letters(column)}{row}"]
            assert (cell.formula, cell.array) == (text, array), (area.sheet, row, column)
            formulas[area.sheet] += 1
        if area.role != "operand":
            expected = built.trace[area.matrix, area.epoch, area.batch]
            for (i, j), number in np.ndenumerate(expected):
                place = f"{column_letters(area.column + j)}{area.row + i}"
                assert book.number(area.sheet, place) == number, (area.sheet, place)
    for text in live_texts(plan):
        cell = book.sheets[text.sheet].cells[f"{column_letters(text.column)}{text.row}"]
        assert (cell.formula, cell.array) == (text.formula, None), text.sheet
        formulas[text.sheet] += 1
    formulas["Start"] = summary_board(plan).formula_cells
    for name, number in formulas.items():  # and nowhere else
        assert sum(cell.formula is not None for cell in book.sheets[name].cells.values()) == number


def test_the_loss_lists_every_epoch_whether_it_is_live_or_not(
    experiment: Experiment, built: Built, book: RawBook
) -> None:
    cells, live = book.sheets["Loss"].cells, set(built.plan.epochs)
    for column, name in enumerate(built.trace.curves, start=2):
        letters = column_letters(column)
        assert len(built.trace.curves[name]) == experiment.epochs
        for epoch, number in enumerate(built.trace.curves[name], start=1):
            place = f"{letters}{6 + epoch}"
            assert book.number("Loss", place) == number, place
            assert (cells[place].formula is not None) == (epoch in live), place
        assert f"{letters}{7 + experiment.epochs}" not in cells
    for epoch in range(1, experiment.epochs + 1):
        assert book.number("Loss", f"A{6 + epoch}") == epoch
    (shown,) = book.charts.values()
    rows = f"7:${{}}${6 + experiment.epochs}" if experiment.epochs > 1 else "7"
    found = [place.format("") for place in shown]
    assert found[:2] == [f"'Loss'!${c}${rows}".format(c) for c in ("A", "C")]


def test_every_row_bears_its_name(experiment: Experiment, built: Built, book: RawBook) -> None:
    for area in built.plan.matrices():
        trained, tested = experiment.rows
        rows = {"sample": trained, "test sample": tested}.get(area.shape.rows.name, ())
        for i, sample in enumerate(rows):
            heading = f"{column_letters(area.column - 1)}{area.row + i}"
            name = experiment.sample_names[sample]
            assert book.sheets[area.sheet].cells[heading].text == name, (area.sheet, heading)


def test_the_audit_expects_the_formulas_of_the_plan(experiment: Experiment) -> None:
    plan = plan_for(experiment)
    compared = 0
    for name in plan.recipe.members:
        for grid in plan.grids(name):
            first = plan.matrix(name, plan.epochs[grid.epochs[0]], grid.batches[0])
            if first.expr is None:
                continue

            def area_at(index: int, batch: int, name: str = name) -> Area:
                return plan.matrix(name, plan.epochs[index], batch)

            places = [(index, batch) for index in grid.epochs for batch in grid.batches]
            for place, found in zip(places, entries(plan, area_at, grid), strict=True):
                expected = one_by_one(plan, area_at(*place)).values()
                assert found == [entry_text(f"={text}", array) for text, array in expected]
                compared += 1
    # Every matrix that is computed, of every batch and epoch.
    assert compared == sum(area.expr is not None for area in plan.matrices())


def test_the_workbook_agrees_with_numpy(built: Built) -> None:
    assert built.report is not None
    assert built.report.ok, built.report.findings[:3]
    assert built.report.engines[0].cells == built.size.formula_cells


def test_noting_the_verdict_changes_nothing_but_start(tmp_path: Path) -> None:
    # So the other tests may look at audited workbooks alone.
    experiment = EXPERIMENTS["gaps from the start"]
    plain = xlnn.build(experiment, tmp_path / "plain.xlsx", audited=False)
    noted = xlnn.build(experiment, tmp_path / "noted.xlsx")
    first, second = read_raw(plain.path), read_raw(noted.path)
    assert first.sheets.keys() == second.sheets.keys()
    differing = {name for name in first.sheets if first.sheets[name] != second.sheets[name]}
    assert differing == {"Start"}


# --- Memory ---------------------------------------------------------------------------


# All matrices of one update take more than 8 kB, the whole peak takes less than 2 MB: were those of
# 180 or, in batches, of 4 × 25 more updates kept in memory, the second peak would be far higher.
@pytest.mark.parametrize(("batch_size", "fewest"), [("all", 36), (1, 5)])
def test_memory_does_not_grow_with_the_epochs(
    batch_size: str | int, fewest: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Less of everything that is bounded, so that what grows could be seen.
    monkeypatch.setattr(kept, "IN_MEMORY", 10_000)
    monkeypatch.setattr(kept, "WAITING", 10_000)
    monkeypatch.setattr(stream, "CHUNK", 20_000)
    monkeypatch.setattr(pattern, "PAGE", 10_000)
    load_theme()  # which is kept
    peaks = []
    for epochs in (fewest, 6 * fewest):
        show = list(range(1, epochs + 1))
        experiment = table(4, hidden=(3,), epochs=epochs, show=show, batch_size=batch_size)
        tracemalloc.start()
        xlnn.build(experiment, tmp_path / f"{epochs}.xlsx", audited=False)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0], peaks


KEPT = {
    "epochs": {"epochs": 50},
    "batches": {"epochs": 20, "batch_size": 4, "shuffle": True},
    "everything": {
        "epochs": 20,
        "batch_size": 2,
        "scale": "minmax",
        "test_fraction": 0.3,
        "optimizer": "adam",
    },
}


def every_matrix(trace: Trace) -> Iterator[tuple[tuple[str, int, int], Array]]:
    for epoch in trace.epochs:
        for batch in range(1, trace.schedule.batches + 1):
            for name in trace.values.names:
                yield (name, epoch, batch), trace.values.matrix(name, epoch, batch)


@pytest.mark.parametrize("name", KEPT)
def test_a_trace_is_the_same_in_memory_and_in_a_file(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = table(9, hidden=(3,), **KEPT[name])
    in_memory = xlnn.run(experiment)
    monkeypatch.setattr(kept, "IN_MEMORY", 1)
    monkeypatch.setattr(kept, "WAITING", 4000)
    in_file = xlnn.run(experiment)
    assert in_memory.values.names == in_file.values.names
    for place, value in every_matrix(in_memory):
        assert np.array_equal(in_file[place], value), place
    assert in_memory.values.largest == in_file.values.largest
    assert in_memory.epochs == tuple(range(1, experiment.epochs + 1))
    last = in_memory.schedule.batches
    stacked = in_file.values.block("wh", 10 * last, 5)
    bands = [divmod(band, last) for band in range(10 * last, 10 * last + 5)]
    assert np.array_equal(stacked, [in_memory["wh", e + 1, b + 1] for e, b in bands])
    assert np.array_equal(in_file.loss, in_memory.loss)
    assert in_file.values.block("loss", 3, 4).ravel().tolist() == in_memory.loss[3:7].tolist()


@pytest.mark.parametrize("name", KEPT)
def test_a_trace_can_be_pickled_at_any_size(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for in_memory in (kept.IN_MEMORY, 1):
        monkeypatch.setattr(kept, "IN_MEMORY", in_memory)
        trace = xlnn.run(table(9, hidden=(3,), **KEPT[name] | {"epochs": 5}))
        again = pickle.loads(pickle.dumps(trace))
        assert again.values.names == trace.values.names
        for place, value in every_matrix(trace):
            assert np.array_equal(again[place], value), place
        assert np.array_equal(again.loss, trace.loss)


def test_a_full_temporary_folder_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.SpooledTemporaryFile.write", full)
    with pytest.raises(OutputError, match=r"cannot be kept in .*TMPDIR"):
        xlnn.run(table(9, hidden=(3,), epochs=5))


# --- Interrupted ----------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="signals are sent another way")
@pytest.mark.parametrize(
    ("sent", "status", "says"),
    [
        (signal.SIGINT, 130, b"Interrupted"),
        (signal.SIGTERM, 143, b""),
        (signal.SIGHUP, 129, b""),
    ],
)
def test_an_interrupted_build_leaves_the_old_workbook_and_nothing_half_written(
    sent: signal.Signals, status: int, says: bytes, tmp_path: Path
) -> None:
    source, target = tmp_path / "long.toml", tmp_path / "out" / "long.xlsx"
    source.write_text("""
[data]
X = [[0.1, 0.9, 0.4], [0.3, 0.2, 0.8], [0.7, 0.7, 0.1]]
y = [0, 1, 1]
[training]
epochs = 4000
[workbook]
show = "all"
""")
    target.parent.mkdir()
    target.write_bytes(b"the old one")
    command = [sys.executable, "-m", "xlnn", "build", str(source), "-o", str(target), "--force"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # Tests that run in the background are started deaf to Ctrl-C, and so would be this.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        while process.poll() is None and not _being_written(target.parent):
            time.sleep(0.01)
        process.send_signal(sent)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == status, errors
    assert says in errors
    assert [path.name for path in target.parent.iterdir()] == ["long.xlsx"]
    assert target.read_bytes() == b"the old one"


def _being_written(folder: Path) -> bool:
    return any(
        path.suffix == ".part" and path.stat().st_size > 200_000 for path in folder.iterdir()
    )


# --- Progress -------------------------------------------------------------------------


def test_progress_counts_every_cell_with_a_formula(tmp_path: Path) -> None:
    told: dict[str, list[tuple[int, int]]] = {}

    def progress(work: str, done: int, total: int) -> None:
        told.setdefault(work, []).append((done, total))

    experiment = EXPERIMENTS["gaps from the start"]
    built = xlnn.build(experiment, tmp_path / "workbook.xlsx", progress=progress)
    reading, recomputing = "reading formulas", "recomputing with ironcalc"
    assert list(told) == ["training", "writing", reading, recomputing, "comparing"]
    cells = built.size.formula_cells
    works = {"training": 60, "writing": cells, "comparing": cells}
    for work, total in (works | {reading: built.plan.formula_cells}).items():
        assert sum(done for done, _ in told[work]) == total
        assert {each for _, each in told[work]} == {total}


def test_a_terminal_shows_cells_rate_and_time_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from xlnn.cli import progress as module

    clock = iter([0.0, 2.0, 4.0, 5.0, 6.0])
    monkeypatch.setattr(module.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with module.shown_progress() as progress:
        for _ in range(3):
            progress("writing", 1000, 10_000)
        for _ in range(2):
            progress("comparing", 10, 10_000)
    lines = capsys.readouterr().err.split(module.CLEAR_LINE)
    assert lines == [
        "",
        "writing: 2,000 of 10,000, 500 a second, 16 s left",
        "writing: 3,000 of 10,000, 500 a second, 14 s left",
        "comparing: 20 of 10,000, 10 a second",
        "",
    ]


@pytest.mark.parametrize("quiet", [True, False])
def test_nothing_is_shown_where_nobody_watches(
    quiet: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from xlnn.cli.progress import shown_progress

    monkeypatch.setattr(sys.stderr, "isatty", lambda: quiet, raising=False)
    with shown_progress(quiet) as progress:
        progress("recomputing", 0, 0)
    assert capsys.readouterr().err == ""


def test_a_build_shows_no_progress_without_a_terminal(tmp_path: Path) -> None:
    command = "-m xlnn build demo --epochs 40 --show all --extras none"
    done = subprocess.run(
        [sys.executable, *command.split()], cwd=tmp_path, capture_output=True, check=True
    )
    assert done.stderr == b""
