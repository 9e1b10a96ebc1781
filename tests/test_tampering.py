"""Whatever is changed in a workbook's file, the audit finds, and blames nothing else.

Hundreds of seeded changes of many kinds, on workbooks of several examples in both styles: the
changed cell is named as a cause, with the kind of finding that says what was done, and no other
cell is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from tampering import MUTATORS, Mutation, mutations
from workbook_file import Book

import xlnn
from xlnn.experiment.experiment import Experiment

EACH = 2
"""How many changes of every kind a workbook has at most."""

GROUPS = 4
"""Into how many tests the changes of a workbook are split."""

RANDOM = np.random.default_rng(7)
X = RANDOM.normal(size=(5, 3)).round(2)
CLASSES = np.eye(3)[[0, 1, 2, 0]]

EXPERIMENTS: dict[str, Callable[[], Experiment]] = {
    "demo, two epochs, cell": lambda: xlnn.example("demo", {"epochs": 2, "extras": "none"}),
    "demo, two epochs, matrix": lambda: xlnn.example(
        "demo", {"epochs": 2, "extras": "none", "formulas": "matrix"}
    ),
    "batches, cell": lambda: Experiment(
        X=X[:3, :2], y=[0.1, 0.9, 0.8], hidden=(2,), batch_size=2, epochs=2, extras="none"
    ),
    "batches, matrix": lambda: Experiment(
        X=X[:4, :2],
        y=[0, 1, 1, 0],
        hidden=(2,),
        batch_size=2,
        shuffle=True,
        epochs=2,
        formulas="matrix",
        extras="none",
    ),
    "two layers, cell": lambda: Experiment(
        X=X[:3, :2], y=[0.2, 0.9, 0.4], hidden=(3, 2), epochs=2, extras="none"
    ),
    "two layers, matrix": lambda: Experiment(
        X=X[:3, :2],
        y=[0.2, 0.9, 0.4],
        hidden=(3, 2),
        activation="tanh",
        gradient="mean",
        epochs=2,
        formulas="matrix",
        extras="none",
    ),
    "softmax, cell": lambda: Experiment(
        X=X[:4],
        y=CLASSES,
        hidden=(2,),
        output_activation="softmax",
        loss="cross-entropy",
        extras="none",
    ),
    "softmax, matrix": lambda: Experiment(
        X=X[:4],
        y=CLASSES,
        hidden=(2,),
        output_activation="softmax",
        loss="cross-entropy",
        formulas="matrix",
        extras="none",
    ),
    "adam, cell": lambda: Experiment(
        X=X[:3, :2], y=[0.2, 0.9, 0.4], hidden=(2,), optimizer="adam", extras="none"
    ),
    "momentum, matrix": lambda: Experiment(
        X=X[:3, :2],
        y=[0.2, 0.9, 0.4],
        hidden=(2,),
        activation="relu",
        optimizer="momentum",
        epochs=2,
        formulas="matrix",
        extras="none",
    ),
    "scaled and tested, cell": lambda: Experiment(
        X=X,
        y=[0.1, 0.9, 0.7, 0.2, 0.4],
        hidden=(2,),
        scale="standard",
        test_fraction=0.3,
        epochs=2,
        extras="none",
    ),
    "with other sheets, cell": lambda: xlnn.example(
        "demo", {"extras": ("Walkthrough", "Predict", "Checks")}
    ),
    "with other sheets, matrix": lambda: xlnn.example(
        "demo", {"extras": ("Predict", "Checks"), "formulas": "matrix"}
    ),
}


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Book]:
    """The workbooks, each built and read once."""

    @cache
    def build(name: str) -> Book:
        path = tmp_path_factory.mktemp("right") / "right.xlsx"
        built = xlnn.build(EXPERIMENTS[name](), path, audited=False)
        assert xlnn.audit(built.path).ok
        return Book(built.path)

    return build


def complaints(mutation: Mutation, path: Path) -> list[str]:
    """What is wrong with the audit of a changed workbook."""
    try:
        report = xlnn.audit(path)
    except Exception as error:
        return [f"the audit raises {type(error).__name__}: {error}"]
    found: list[str] = []
    causes = [(f.kind, f.sheet, f.cell) for f in report.causes]
    if not causes:
        return ["no cause is named"]
    for place in sorted(mutation.named):
        kinds = {kind for kind, *there in causes if tuple(there) == place}
        if not kinds & mutation.kinds:
            said = ", ".join(sorted(kinds)) or "not named"
            found.append(f"{'!'.join(place)}: {said}, not {' or '.join(sorted(mutation.kinds))}")
    for kind, sheet, cell in causes:
        if (sheet, cell) not in mutation.touched and sheet not in mutation.whole_sheets:
            found.append(f"{sheet}!{cell} is blamed: {kind}")
    if mutation.whole_sheets:
        there = {kind for kind, sheet, _ in causes if sheet in mutation.whole_sheets}
        if not there or (mutation.kinds and not there & mutation.kinds):
            found.append(f"{', '.join(sorted(there)) or 'nothing'}, not {set(mutation.kinds)}")
    return found


@pytest.mark.parametrize("group", range(GROUPS))
@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_change_is_found_and_nothing_else_is_blamed(
    name: str, group: int, book: Callable[[str], Book], tmp_path: Path
) -> None:
    right = book(name)
    failures = []
    seed = list(EXPERIMENTS).index(name)
    for number, (what, mutation, carried) in enumerate(mutations(right, seed, EACH)):
        if number % GROUPS != group:
            continue
        path = right.write(mutation.edits, tmp_path / "changed.xlsx", carried)
        if wrong := complaints(mutation, path):
            failures.append(
                f"{what}: {'!'.join(mutation.place)}, {mutation.before} -> {mutation.after}, "
                f"values {carried}\n    " + "\n    ".join(wrong[:4])
            )
    assert not failures, f"{len(failures)} of {name}:\n" + "\n".join(failures)


def test_there_are_as_many_changes_as_promised(book: Callable[[str], Book]) -> None:
    kinds: Counter[str] = Counter()
    for seed, name in enumerate(EXPERIMENTS):
        for what, _, _ in mutations(book(name), seed, EACH):
            kinds[what.partition("/")[0]] += 1
    assert kinds.total() >= 600, kinds
    assert set(kinds) == set(MUTATORS)
    assert len(kinds) >= 15
    assert min(kinds.values()) >= 4, kinds
