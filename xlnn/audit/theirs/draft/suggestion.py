"""Drafts a map of somebody's workbook."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xlnn.audit.cell_values import Value, is_number
from xlnn.audit.engines.ironcalc import IronCalc
from xlnn.audit.engines.values import Values
from xlnn.audit.stored.workbook import StoredWorkbook
from xlnn.audit.theirs.draft.labels import roles
from xlnn.audit.theirs.draft.placing import Placed, place
from xlnn.audit.theirs.draft.spots import Spot, spots
from xlnn.audit.theirs.draft.trials import Trial, trials
from xlnn.audit.theirs.draft.writing import written, written_without
from xlnn.errors import OutputError, WorkbookError, XlnnError
from xlnn.experiment.checks import check_outputs
from xlnn.maths.evaluate import Array
from xlnn.workbook.plan import MAP, SETTINGS

TRIED = 5_000
"""So many blocks are looked at, over all ways to read the labels."""

FEW = 5
"""Of so many ways to read the labels other activation functions are tried."""

LOOKED_AT = 400
"""The blocks of a workbook that are looked at: those with telling labels first."""

RATE = 0.1
"""The learning rate where none is found."""

FORWARD = [
    {"activation": activation, "output_activation": output}
    for activation in ("sigmoid", "tanh", "relu", "linear")
    for output in ("sigmoid", "linear", "tanh", "softmax", "relu")
]
BACKWARD = [
    {"loss": loss, "gradient": gradient, "update_biases": update}
    for loss in ("squared-error", "cross-entropy")
    for gradient in ("sum", "mean")
    for update in (True, False)
]
"""What a network may be, the likeliest first."""

FORWARD_NAMES = ("hidden", "output")
"""How the names of what goes forward begin."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A draft of a map."""

    text: str
    """TOML."""
    missing: tuple[str, ...]
    """What an audit needs and was not found."""
    unsure: int
    """The lines that are to be looked at."""

    def write(self, path: Path) -> None:
        """Writes it to a file. Raises OutputError."""
        try:
            path.write_text(self.text, encoding="utf-8")
        except OSError as error:
            raise OutputError(f"{path} cannot be written: {error.strerror or error}") from error


def check_draft_path(path: Path | None, *, force: bool) -> None:
    """Raises OutputError for a file that must not be written, before any work is done."""
    if path is None:
        return
    if path.suffix.lower() != ".toml":
        raise OutputError(f"{path}: the name of a map ends in .toml")
    if path.exists() and not force:
        raise OutputError(f"{path} exists: choose another name, or replace it with --force")


def suggest(path: str | Path) -> Suggestion:
    """A map of a workbook as its labels and its numbers tell it, to be looked through.

    Raises WorkbookError for a file that cannot be read.
    """
    path = Path(path)
    book = StoredWorkbook(path)
    if {MAP, SETTINGS} <= set(book.sheets):
        raise WorkbookError(
            f"{path} tells on its own sheet {MAP} where every matrix is: xlnn map shows it, and "
            "xlnn audit needs no other map"
        )
    values = _Kept(_values(book))
    found = _told(spots(book))
    rate = _rate(found, values)
    number = RATE if rate is None else _number(rate, values)
    best = _best(found, values, number)
    if best is None:
        missing = _missing(found)
        text = written_without(path, found, rate, missing)
        return Suggestion(text, missing, 0)
    trial, placed, changed = best
    for choices, is_of in ((FORWARD, FORWARD_NAMES), (_backward(found), ("",))):
        wrong = [line.name for line in placed.epochs[0].values() if not line.fits]
        for choice in choices if any(name.startswith(is_of) for name in wrong) else ():
            here = {**changed, **choice}
            tried = _tried(trial, found, values, number, here)
            if tried is not None and tried.right > placed.right:
                placed, changed = tried, here
    if not placed.renews_biases:
        changed["update_biases"] = False
    text, unsure = written(path, trial, placed, changed, rate)
    return Suggestion(text, (), unsure)


def _best(
    found: Sequence[Spot], values: Values, rate: float
) -> tuple[Trial, Placed, dict[str, Any]] | None:
    """The way to read the labels that explains most of the numbers."""
    best: tuple[Trial, Placed, dict[str, Any]] | None = None
    every = sorted(trials(found, values), key=lambda trial: (-_plain(trial), _sheets(trial)))
    every = every[: max(1, TRIED // max(1, len(found)))]
    for few, choices in ((every, FORWARD[:1]), (every[:FEW], FORWARD[1:])):
        for choice in choices:
            for trial in few:
                tried = _tried(trial, found, values, rate, choice)
                if tried is not None and (best is None or _better(tried, best[1], trial, best[0])):
                    best = trial, tried, dict(choice)
        if best is not None and best[1].right:
            break  # what can be told of it has been told with a sigmoid
    return best


def _backward(found: Sequence[Spot]) -> list[dict[str, Any]]:
    """How the network may be trained. A slope of the outputs tells that it does not cancel."""
    sloped = any(
        role.kind == "slope" and role.layer == "output"
        for spot in found
        for role in roles(spot.label)
    )
    return [each for each in BACKWARD if not sloped or each["loss"] != "cross-entropy"]


class _Kept:
    """Values of a workbook; the numbers of each rectangle are read once."""

    def __init__(self, values: Values) -> None:
        self._values = values
        self._numbers: dict[tuple[str, int, int, int, int], Array] = {}

    def value(self, sheet: str, row: int, column: int) -> Value:
        return self._values.value(sheet, row, column)

    def numbers(self, sheet: str, row: int, column: int, rows: int, columns: int) -> Array:
        key = sheet, row, column, rows, columns
        if key not in self._numbers:
            self._numbers[key] = self._values.numbers(*key)
        return self._numbers[key]


def _values(book: StoredWorkbook) -> Values:
    """What an engine computes; what the file carries along where it cannot load it."""
    try:
        return IronCalc().recompute(book.path)
    except XlnnError:
        return book


def _tried(
    trial: Trial,
    found: Sequence[Spot],
    values: Values,
    rate: float,
    changed: dict[str, Any],
) -> Placed | None:
    outputs = trial.pieces["y"].matrix(values).shape[1]
    try:
        check_outputs(
            changed.get("output_activation", "sigmoid"),
            changed.get("loss", "squared-error"),
            outputs,
        )
        return place(trial, found, values, rate, changed)
    except XlnnError:
        return None


def _better(tried: Placed, best: Placed, trial: Trial, before: Trial) -> bool:
    """Whether a way to read the labels explains more of the numbers, or as many and is plainer."""
    return (tried.right, -len(tried.lost), _plain(trial)) > (
        best.right, -len(best.lost), _plain(before),
    )  # fmt: skip


def _told(found: list[Spot]) -> list[Spot]:
    """The blocks of a workbook, or of a large one those that labels tell of."""
    if len(found) <= LOOKED_AT:
        return found
    return [spot for spot in found if roles(spot.label)][:LOOKED_AT]


def _sheets(trial: Trial) -> int:
    """On how many sheets it stands that everything is derived from."""
    return len({part.sheet for piece in trial.pieces.values() for part in piece.parts})


def _plain(trial: Trial) -> int:
    """How many matrices stand as the inputs do."""
    same = [
        piece.transpose == trial.transpose or piece.is_single for piece in trial.pieces.values()
    ]
    return sum(same)


def _rate(found: Sequence[Spot], values: Values) -> Spot | None:
    """The cell of the learning rate."""
    for spot in found:
        told = [role.kind for role in roles(spot.label)]
        single = spot.range.rows == spot.range.columns == 1
        if told == ["learning_rate"] and single and is_number(_value(spot, values)):
            return spot
    return None


def _value(spot: Spot, values: Values) -> Value:
    return values.value(spot.range.sheet, spot.range.row, spot.range.column)


def _number(spot: Spot, values: Values) -> float:
    value = _value(spot, values)
    assert isinstance(value, (int, float))  # else it is no learning rate
    return float(value)


def _missing(found: Sequence[Spot]) -> tuple[str, ...]:
    """What no label tells, or all that do not fit each other."""
    told = {role.kind for spot in found for role in roles(spot.label)}
    names = {"X": "X, the inputs", "y": "y, the targets", "w": "the weights"}
    missing = tuple(words for kind, words in names.items() if kind not in told)
    return missing or ("inputs, targets and weights whose sizes fit each other",)
