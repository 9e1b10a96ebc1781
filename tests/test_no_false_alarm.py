"""What is right passes, whoever saved it and whatever a person typed into its inputs.

Hundreds of networks of every kind, invented from seeds, as they are built; some with edited inputs,
some saved by LibreOffice and by Gnumeric before. Where XLNN_THOROUGH is set, all of them are edited
and all are saved, which takes LibreOffice many minutes.
"""

from __future__ import annotations

import os
import random
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from editing import all_saved_by
from networks import invented
from workbook_file import Book, Cell

import xlnn

NETWORKS, TOGETHER = 200, 50
"""How many networks there are, and how many one test has: programs take long to start."""

WITH_EXTRAS = 20
"""Every so many has all the sheets that it can have. Those are among the edited and the saved."""

THOROUGH = bool(os.environ.get("XLNN_THOROUGH"))
"""Whether the programs open and save all workbooks."""

EDITED = 1 if THOROUGH else 4
"""Every so many of the workbooks is edited."""

SAVED = {"libreoffice": 10, "gnumeric": 5}
"""Every so many of some workbooks, and as many of those that were edited, a program saves."""


@pytest.fixture(params=range(0, NETWORKS, TOGETHER), ids="from {}".format)
def built(request: pytest.FixtureRequest, tmp_path: Path) -> list[Path]:
    """The workbooks of some networks, each of a name of its own."""
    first: int = request.param
    return [
        xlnn.build(
            invented(seed, extras=seed % WITH_EXTRAS == 0),
            tmp_path / f"network {seed}.xlsx",
            audited=False,
        ).path
        for seed in range(first, first + TOGETHER)
    ]


def alarms(paths: Sequence[Path]) -> list[str]:
    """What the audit finds in workbooks in which nothing is wrong."""
    return [
        f"{path.name}: {finding.kind}: {finding.message}"
        for path in paths
        for finding in xlnn.audit(path).findings[:3]
    ]


def edited(paths: Sequence[Path], folder: Path) -> list[Path]:
    """The workbooks with some inputs typed over. The values that formulas carry along are dropped,
    or computed anew."""
    folder.mkdir()
    found = []
    for path in paths:
        chooser = random.Random(path.name)
        book = Book(path)
        edits: dict[str, str | None] = {}
        for cell, value in _typed(book, chooser):
            if book.entries[cell.sheet] not in edits:  # what was read is then as it was
                edits |= book.with_cell(cell, f"<v>{value!r}</v>")
        carried = chooser.choice(["dropped", "recomputed"])
        found.append(book.write(edits, folder / path.name, carried))
    return found


def _typed(book: Book, chooser: random.Random) -> Iterator[tuple[Cell, float]]:
    """Inputs, with other numbers than they hold."""
    weights = [cell for cell in book.inputs if re.fullmatch(r"[wb](h|out)(_\d)?", cell.sheet)]
    samples = [cell for cell in book.inputs if cell.sheet == "X"]
    for cell in chooser.sample(weights, min(2, len(weights))):
        yield cell, round(chooser.uniform(-1, 1), 3)
    yield chooser.choice(samples), round(chooser.uniform(-2, 2), 2)
    rate = book.names["learning_rate"].partition("!")[2]
    yield book.cells["Settings"][rate], round(chooser.uniform(0.005, 0.05), 4)
    if "Predict" in book.cells:
        yield from _asked(book, chooser)


def _asked(book: Book, chooser: random.Random) -> Iterator[tuple[Cell, float]]:
    """A number on Predict that somebody wants an answer for: the first one without a formula
    below the headings."""
    cells = book.cells["Predict"].values()
    numbers = [c for c in cells if c.formula is None and c.kind == "n" and c.value and c.row > 4]
    if numbers:
        yield numbers[0], round(chooser.uniform(-1, 1), 2)


def saved(program: str, built: Sequence[Path], typed: Sequence[Path], folder: Path) -> list[Path]:
    """Some workbooks, and others with edited inputs, as a program saves them."""
    folder.mkdir()
    few = 1 if THOROUGH else SAVED[program]
    sources = [*built[::few], *typed[::few]]
    copies = [
        Path(shutil.copyfile(path, folder / f"{number} {path.name}"))
        for number, path in enumerate(sources)  # edited or not, they have the same names
    ]
    return all_saved_by(program, copies, folder)


def test_nothing_is_found_where_nothing_is_wrong(built: Sequence[Path], tmp_path: Path) -> None:
    assert alarms(built) == []
    typed = edited(built[::EDITED], tmp_path / "edited")
    assert alarms(typed) == []
    if "network 0" in built[0].name or THOROUGH:
        for program in SAVED:
            assert alarms(saved(program, built, typed, tmp_path / program)) == []
