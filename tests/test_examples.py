"""Every ready example builds, audits clean with every engine, and is what the README says."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import engine_or_skip
from recomputed import Beforehand

import xlnn
from xlnn.audit.engines import ENGINES
from xlnn.cli import main
from xlnn.errors import OutputError, XlnnError
from xlnn.experiment.examples import copy_example, example_file
from xlnn.experiment.experiment import Experiment

README = Path(__file__).parent.parent / "README.md"

EXAMPLES = (
    "article-b", "article-b-samples", "blobs", "demo", "full-batch", "home-draw-away", "iris",
    "moons", "perceptron-bias", "perceptron-sum", "perceptron-weights", "sgd", "walkthrough", "xor",
)  # fmt: skip


def test_there_are_these_examples() -> None:
    assert tuple(xlnn.examples()) == EXAMPLES


LARGE = "blobs", "iris", "moons", "sgd"
TOGETHER = [*([name] for name in LARGE), [name for name in EXAMPLES if name not in LARGE]]
"""The small ones go through the programs together: to start these takes longer than an example."""

TAUGHT = "article-b", "demo", "home-draw-away", "perceptron-bias"
"""Those with the sheets that teach: of the others these show nothing else."""

FEWER_EPOCHS = {name: {"show": [1]} for name in ("blobs", "iris", "moons", "sgd")}
"""Of so many samples, one live epoch is enough for every program."""


@pytest.mark.parametrize("names", TOGETHER, ids=[*LARGE, "all others"])
def test_an_example_builds_and_agrees_in_every_program(
    names: Sequence[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engines = [engine_or_skip(engine).name for engine in ENGINES]
    built = {}
    for name in names:
        chosen = {"extras": "auto" if name in TAUGHT else "none"} | FEWER_EPOCHS.get(name, {})
        experiment = xlnn.example(name, chosen)
        built[name] = xlnn.build(experiment, tmp_path / f"{name}.xlsx", audited=False)
    paths = [each.path for each in built.values()]
    monkeypatch.setitem(ENGINES, "libreoffice", Beforehand(ENGINES["libreoffice"], paths))
    for name in names:
        report = xlnn.audit(built[name].path, engines=engines)
        assert report.ok, (name, report.findings[:3])
        assert report.notes == ()
        assert [engine.name for engine in report.engines] == engines
        for engine in report.engines:
            assert engine.cells == built[name].size.formula_cells
            assert engine.max_rel_diff <= 1e-11, (name, engine)


def test_the_list_has_a_line_for_each() -> None:
    lines = CliRunner().invoke(main, ["examples"]).output.splitlines()
    assert [line.split()[0] for line in lines] == list(EXAMPLES)
    assert all(xlnn.examples()[name] in line for name, line in zip(EXAMPLES, lines, strict=True))


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_readme_names_each(name: str) -> None:
    assert f"`{name}`" in README.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_copy_can_be_changed_and_built(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    (path, *tables) = copy_example(name, folder)
    assert sorted(folder.iterdir()) == sorted([path, *tables])
    before, after = xlnn.example(name), xlnn.load(path, learning_rate=0.123)
    assert after.learning_rate == 0.123
    assert after.X.tolist() == before.X.tolist()
    assert after.y.tolist() == before.y.tolist()


def test_a_copy_replaces_nothing(tmp_path: Path) -> None:
    (tmp_path / "moons.csv").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match=r"moons\.csv exists"):
        copy_example("moons", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["moons.csv"]
    assert (tmp_path / "moons.csv").read_text(encoding="utf-8") == "mine"
    shutil.rmtree(tmp_path)


def test_an_unknown_example_names_the_nearest() -> None:
    with pytest.raises(XlnnError, match='did you mean "moons"'):
        copy_example("moon", Path())


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("article-b-samples", "never refreshes the forward pass"),
        ("article-b-samples", "hidden activations of the first sample"),
        ("article-b-samples", "rounds its gradients"),
        ("moons", "epoch 7000"),
        ("walkthrough", "samples in columns"),
        ("perceptron-bias", "leaves the bias b open"),
    ],
)
def test_an_example_says_where_it_departs_from_its_article(name: str, said: str) -> None:
    assert any(said in note for note in xlnn.example(name).notes)


def test_the_worked_example_says_where_the_article_contradicts_itself(
    built: Callable[[Experiment], Path],
) -> None:
    from lint import read_raw

    book = read_raw(built(xlnn.example("demo")))
    for sheet, said in (
        ("d_output", "also multiplies by lr"),
        ("bh_new", "names the output's delta"),
        ("bout_new", "rowSums"),
        ("Error_at_hidden_layer", "rounded numbers"),
        ("wh_new", "summed over the samples"),
    ):
        texts = [cell.text or "" for cell in book.sheets[sheet].cells.values()]
        assert any(said in text for text in texts), sheet


def test_no_example_needs_a_file_outside_the_package() -> None:
    for name in EXAMPLES:
        path = example_file(name)
        assert path is not None
        for source in xlnn.example(name).sources:
            assert Path(source).parent == path.parent
