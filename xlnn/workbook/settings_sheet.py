"""The sheet Settings: every number and choice of the experiment, as a cell.

At the top stand the numbers that formulas read. Below stands what the workbook was built
with, so that an audit can draw its plan again from the workbook alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path

from xlnn.experiment.experiment import Experiment
from xlnn.training.trace import Trace
from xlnn.workbook.cells import Cell, Link, Page, Row
from xlnn.workbook.live_texts import SHOWN_DIGITS
from xlnn.workbook.plan import (
    DIGITS,
    SETTINGS,
    SETTINGS_COLUMN,
    SETTINGS_FIRST,
    START,
    Plan,
    cell_name,
)
from xlnn.workbook.texts import Texts

LINKS = 2

LONG_LIST = 1000
"""Characters that names may take in a cell."""


def built_with(
    experiment: Experiment, plan: Plan, trained: int, version: str
) -> dict[str, str | float]:
    """What a workbook was built with after so many trained epochs, by key, lists as texts."""
    described = experiment.description
    drawn = len(experiment.weights) < len(plan.recipe.parameters)
    seeded = drawn or experiment.shuffle or described.test_samples > 0
    stop = experiment.stop_below
    found = {
        "title": experiment.title,
        "xlnn": version,
        **{field.name: getattr(described, field.name) for field in fields(described)},
        "class_names": _few(experiment.classes) or "none",
        "start": experiment.start if drawn else "given",
        "given": ", ".join(experiment.weights) or "none",
        "seed": experiment.seed if seeded else "none",
        "generator": experiment.generator,
        "skip": experiment.skip,
        "test_fraction": experiment.test_fraction,
        "epochs": trained,
        "stop_below": "none" if stop is None else stop,
        "show": epoch_ranges(plan.epochs),
        "formulas": plan.style,
        "operands": experiment.operands,
        "language": experiment.language,
        "theme": "default" if experiment.theme is None else Path(experiment.theme).name,
        "protect": experiment.protect,
        "extras": plan.extras,
    }
    return {key: _said(value) for key, value in found.items()}


def _few(names: Sequence[str]) -> str:
    """Names in a line, or how many there are."""
    listed = ", ".join(names)
    return listed if len(listed) <= LONG_LIST else str(len(names))


def _said(value: object) -> str | float:
    """A setting as a cell holds it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return value if isinstance(value, (str, float)) else int(str(value))


def settings_page(plan: Plan, trace: Trace, texts: Texts, version: str) -> Page:
    """The page of the Settings."""
    built = built_with(trace.experiment, plan, len(trace.loss), version)
    last = plan.setting_row(DIGITS) + 2 + len(built)
    return Page(
        name=SETTINGS,
        rows=_rows(plan, trace, built, texts),
        dimension=f"A1:{cell_name(last, 3)}",
        widths={1: 24, 2: 34, 3: 70},
        links=[Link(cell_name(LINKS, 1), f"{START}!A1")],
        freeze=None,
    )


def _rows(plan: Plan, trace: Trace, built: dict[str, str | float], texts: Texts) -> Iterator[Row]:
    words = texts["settings"]
    yield Row(1, [Cell(1, "title", words["title"])])
    yield Row(LINKS, [Cell(1, "link", texts["links"]["start"])])
    yield Row(SETTINGS_FIRST - 1, [Cell(1, "subtitle", words["live_heading"])])
    for name in plan.recipe.settings:
        yield _live(plan, name, trace[name, plan.epochs[0]].item(), words)
    row = plan.setting_row(DIGITS)
    yield Row(row - 1, [Cell(1, "subtitle", words["shown_heading"])])
    yield _live(plan, DIGITS, SHOWN_DIGITS, words)
    row += 2
    yield Row(row, [Cell(1, "subtitle", words["built_heading"])])
    for number, (key, value) in enumerate(built.items(), start=row + 1):
        yield Row(number, [Cell(1, "key", key), Cell(SETTINGS_COLUMN, "value", value)])


def _live(plan: Plan, name: str, value: float, words: Texts) -> Row:
    """The row of a number that formulas read."""
    return Row(
        plan.setting_row(name),
        [
            Cell(1, "key", name),
            Cell(SETTINGS_COLUMN, "whole input", value),
            Cell(3, "comment", words[name]),
        ],
    )


def epoch_ranges(epochs: tuple[int, ...]) -> str:
    """``1-3, 5000`` for 1, 2, 3 and 5000."""
    parts: list[list[int]] = []
    for epoch in epochs:
        if parts and epoch == parts[-1][1] + 1:
            parts[-1][1] = epoch
        else:
            parts.append([epoch, epoch])
    return ", ".join(f"{a}" if a == b else f"{a}-{b}" for a, b in parts)


def parse_epoch_ranges(text: str, most: int) -> tuple[int, ...]:
    """The epochs in ``1-3, 5000``. Raises ValueError for anything else, and for more than
    ``most``."""
    epochs: list[int] = []
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        some = range(int(first), int(last or first) + 1)
        if some.start + most - len(epochs) < some.stop:
            raise ValueError(f"{text[:40]!r} tells of more epochs than the {most:,} that can be")
        epochs += some
    if not epochs or epochs != sorted(set(epochs)) or epochs[0] < 1:
        raise ValueError(f"{text[:40]!r} is no list of epochs")
    return tuple(epochs)
