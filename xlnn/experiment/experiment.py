"""What a person asks for: data, network, start values, training, and what to show."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from xlnn.errors import ExperimentError
from xlnn.maths.activations import ACTIVATIONS
from xlnn.maths.backpropagation import Network, backpropagation
from xlnn.maths.formulas import Style
from xlnn.maths.losses import LOSSES
from xlnn.maths.recipe import Recipe

Array = npt.NDArray[np.float64]
MAX_NUMBER = sys.float_info.max
"""The largest number that a computer or a cell can hold."""

MAX_WHOLE = 2**31 - 1
"""The largest whole number that is asked for: more epochs than anybody waits for."""

MAX_TEXT = 32_767
"""The longest text that a cell of a spreadsheet can hold."""

Operands = Literal["auto", "all", "none"]

CHOICES: Mapping[str, tuple[object, ...]] = {
    "activation": tuple(ACTIVATIONS),
    "output_activation": tuple(ACTIVATIONS),
    "loss": tuple(LOSSES),
    "optimizer": ("gradient-descent",),
    "gradient": ("sum",),
    "batch_size": ("all",),
    "scale": ("none",),
    "start": ("uniform", "normal", "xavier", "he", "zeros"),
    "formulas": ("cell", "matrix"),
    "operands": ("auto", "all", "none"),
    "biases": (True,),
    "update_biases": (True,),
    "shuffle": (False,),
    "test_fraction": (0,),
}
"""The values that this version can compute, for the fields that have a fixed list."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Experiment:
    """An experiment: everything that decides what a workbook holds.

    ``X`` (samples × features) and ``y`` (samples × outputs) may be nested lists, arrays or
    DataFrames, whose labels become the headings. A flat ``y`` is one output.
    Raises ExperimentError, naming the field, where something cannot be.
    """

    X: Any
    y: Any
    title: str = ""
    name: str = "experiment"
    """The stem of the file that it is written to by default."""
    scale: str = "none"
    test_fraction: float = 0

    hidden: Sequence[int] = (3,)
    """The number of neurons of each hidden layer."""
    activation: str = "sigmoid"
    output_activation: str = "sigmoid"
    biases: bool = True

    start: str = "uniform"
    """How the start values are drawn that ``weights`` does not give."""
    seed: int = 42
    weights: Mapping[str, Any] = field(default_factory=dict)
    """Start values by matrix name: wh, bh, wout, bout."""

    loss: str = "squared-error"
    epochs: int = 1
    learning_rate: float = 0.1
    batch_size: str | int = "all"
    optimizer: str = "gradient-descent"
    gradient: str = "sum"
    update_biases: bool = True
    shuffle: bool = False

    show: Any = None
    """The epochs that the workbook mirrors: a list (-1 is the last), "all", or None for all while
    they fit, else the first few and the last."""
    formulas: Style = "cell"
    operands: Operands = "auto"
    """Whether a step's sheet repeats the matrices that it is computed from."""

    sources: Sequence[Path] = ()
    """The files that it was read from, which nothing built from it may replace."""

    sample_names: Sequence[str] | None = None
    feature_names: Sequence[str] | None = None
    target_names: Sequence[str] | None = None

    def __post_init__(self) -> None:
        for name, allowed in CHOICES.items():
            _check_choice(name, getattr(self, name), allowed)
        _check_same_rows(self.X, self.y)
        X, samples, features = _matrix(self.X, "X")
        y, _, targets = _matrix(self.y, "y")
        if len(X) != len(y):
            raise ExperimentError(
                f"X has {len(X)} samples (rows) but y has {len(y)}: give one row of y for each "
                "row of X",
                "y",
            )
        self._set("X", X)
        self._set("y", y)
        self._set("title", _text(self.title, "title") or self.name)
        self._set("name", _text(self.name, "name"))
        self._set("epochs", _whole(self.epochs, "epochs", least=1))
        self._set("seed", _whole(self.seed, "seed", least=0))
        self._set("learning_rate", _finite(self.learning_rate, "learning_rate"))
        self._set("hidden", _hidden(self.hidden))
        self._set("show", None if self.show is None else _epochs(self.show, self.epochs))
        inputs, outputs = X.shape[1], y.shape[1]
        self._name("sample_names", samples, [f"sample {i + 1}" for i in range(len(X))])
        self._name("feature_names", features, [f"x{i + 1}" for i in range(inputs)])
        self._name("target_names", targets, [f"y{i + 1}" for i in range(outputs)])
        self._set("weights", self._checked_weights())

    @property
    def recipe(self) -> Recipe:
        """The steps of one update of this experiment's network."""
        return recipe_of(
            samples=len(self.X),
            inputs=self.X.shape[1],
            hidden=tuple(self.hidden),
            outputs=self.y.shape[1],
            activation=self.activation,
            output_activation=self.output_activation,
            loss=self.loss,
        )

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def _name(self, name: str, labels: list[str] | None, default: list[str]) -> None:
        given = getattr(self, name)
        names = default if labels is None else labels
        if given is not None:
            names = [str(label) for label in given]
        if len(names) != len(default):
            raise ExperimentError(
                f"{name} has {len(names)} names for {len(default)}: give {len(default)}", name
            )
        self._set(name, tuple(_text(label, name) for label in names))

    def _checked_weights(self) -> dict[str, Array]:
        recipe = self.recipe
        shapes = {parameter.name: parameter.shape for parameter in recipe.parameters}
        checked = {}
        for name, value in self.weights.items():
            if name not in shapes:
                raise ExperimentError(
                    f"this network has no start matrix {name!r}{nearest(name, shapes)}; it has "
                    f"{', '.join(shapes)}",
                    name,
                )
            matrix, _, _ = _matrix(value, name)
            rows, columns = shapes[name].rows.size, shapes[name].columns.size
            if matrix.shape == (columns, 1) and rows == 1:
                matrix = matrix.T  # a flat bias is the row that it must be
            if matrix.shape != (rows, columns):
                down, across = shapes[name].rows, shapes[name].columns
                raise ExperimentError(
                    f"{name} is {matrix.shape[0]}×{matrix.shape[1]} but must be {rows}×{columns} "
                    f"({_axis(down.name)} × {_axis(across.name)}; X is {self.X.shape[0]}×"
                    f"{self.X.shape[1]}, hidden is {list(self.hidden)}, y is "
                    f"{self.y.shape[0]}×{self.y.shape[1]}): give {name} {rows} rows of {columns}",
                    name,
                )
            checked[name] = matrix
        return checked


def recipe_of(
    *,
    samples: int,
    inputs: int,
    hidden: tuple[int, ...],
    outputs: int,
    activation: str,
    output_activation: str,
    loss: str,
) -> Recipe:
    """The recipe for a network given by sizes and names, as an experiment or a workbook does."""
    return backpropagation(
        Network(
            samples=samples,
            inputs=inputs,
            hidden=hidden,
            outputs=outputs,
            activation=ACTIVATIONS[activation],
            output_activation=ACTIVATIONS[output_activation],
            loss=LOSSES[loss],
        )
    )


def nearest(word: str, known: Iterable[str]) -> str:
    """`` (did you mean "…"?)`` for the known word most like this one, or nothing."""
    matches = difflib.get_close_matches(word, [str(item) for item in known], n=1, cutoff=0.5)
    return f' (did you mean "{matches[0]}"?)' if matches else ""


def _check_choice(name: str, value: object, allowed: tuple[object, ...]) -> None:
    # True == 1 in Python, but "biases = 1" is no answer to a yes-or-no question.
    if any(
        value == choice and isinstance(value, bool) == isinstance(choice, bool)
        for choice in allowed
    ):
        return
    hint = nearest(value, map(str, allowed)) if isinstance(value, str) else ""
    raise ExperimentError(
        f"{name} is {value!r}{hint}; this version computes "
        f"{' or '.join(_toml(choice) for choice in allowed)}",
        name,
    )


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value).replace("'", '"')


def _matrix(value: Any, name: str) -> tuple[Array, list[str] | None, list[str] | None]:
    """A two-dimensional float64 copy, and the labels of its rows and columns if it has any."""
    rows: list[str] | None = None
    columns: list[str] | None = None
    if hasattr(value, "to_numpy") and hasattr(value, "index"):  # a DataFrame or a Series
        if list(value.index) != list(range(len(value))):
            rows = [str(label) for label in value.index]
        if hasattr(value, "columns"):
            columns = [str(label) for label in value.columns]
        elif value.name is not None:
            columns = [str(value.name)]
        value = value.to_numpy()
    try:
        if _texts_or_dates(value):
            raise TypeError
        array = np.array(value, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise ExperimentError(_not_numbers(value, name), name) from error
    if array.ndim == 1 and array.size:
        if name == "X":
            raise ExperimentError(
                "X is a flat list: give a list of rows, one for each sample, such as "
                "[[1, 0], [0, 1]]",
                name,
            )
        array = array[:, np.newaxis]
    if array.ndim != 2 or array.size == 0:
        raise ExperimentError(
            f"{name} is {'empty' if array.size == 0 else 'no table of rows and columns'}: give a "
            "list of rows of numbers, at least one row and one column",
            name,
        )
    wrong = np.argwhere(~np.isfinite(array))
    if len(wrong):
        places = ", ".join(f"[{row + 1}, {column + 1}]" for row, column in wrong[:3])
        more = ", …" if len(wrong) > 3 else ""
        raise ExperimentError(
            f"{name} holds {len(wrong)} blank, NaN or infinite numbers (row, column: "
            f"{places}{more}): a spreadsheet has none; fill them in or leave the rows out",
            name,
        )
    array.setflags(write=False)
    return array, rows, columns


def _texts_or_dates(value: Any) -> bool:
    """Whether numbers were given as texts or dates, which NumPy would quietly convert."""
    cells = np.asarray(value)
    if cells.dtype.kind in "biuf":
        return False
    return any(not isinstance(cell, (int, float, np.number)) for cell in cells.ravel())


def _check_same_rows(X: Any, y: Any) -> None:
    """Two tables whose rows bear labels must bear the same ones in the same order."""
    labelled = hasattr(X, "to_numpy") and hasattr(y, "to_numpy")
    if labelled and len(X) == len(y) and list(X.index) != list(y.index):
        raise ExperimentError(
            "the rows of X and y bear different labels, or the same in another order: align them "
            "first (y = y.loc[X.index]), or drop the labels (reset_index(drop=True))",
            "y",
        )


def _not_numbers(value: Any, name: str) -> str:
    """What exactly keeps a nested list from being a matrix."""
    rows = list(value) if isinstance(value, (Sequence, np.ndarray)) else []
    widths = {
        len(row) if isinstance(row, (Sequence, np.ndarray)) and not isinstance(row, str) else -1
        for row in rows
    }
    if len(widths) > 1:
        return f"the rows of {name} have different lengths: give each the same number of columns"
    for i, row in enumerate(rows):
        for j, cell in enumerate([row] if widths == {-1} else row):
            if not isinstance(cell, (int, float)) or not -MAX_NUMBER <= cell <= MAX_NUMBER:
                return f"{name}[{i + 1}, {j + 1}] is {cell!r}, which is not a number"
    return f"{name} is {value!r}, which is not a list of rows of numbers"


def _hidden(value: Any) -> tuple[int, ...]:
    sizes = [value] if isinstance(value, int) else value
    if isinstance(sizes, str) or not isinstance(sizes, (Sequence, np.ndarray)):
        raise ExperimentError(
            f"hidden is {value!r}: give the number of neurons of each hidden layer, such as [3]",
            "hidden",
        )
    return tuple(_whole(size, "hidden", least=1) for size in sizes)


def _epochs(show: Any, epochs: int) -> tuple[int, ...]:
    """The epochs to show, counted from 1, in order, each once."""
    if isinstance(show, str) and show == "all":
        return tuple(range(1, epochs + 1))
    if isinstance(show, (str, int)) or not isinstance(show, (Sequence, np.ndarray, range)):
        raise ExperimentError(f"show is {show!r}: give a list of epochs such as [1, 2, -1]", "show")
    chosen = set()
    for entry in show:
        epoch = _whole(entry, "show", least=-epochs)
        if epoch == 0 or epoch > epochs:
            raise ExperimentError(
                f"show asks for epoch {epoch}, but there are epochs 1 to {epochs} (-1 is the last)",
                "show",
            )
        chosen.add(epoch if epoch > 0 else epochs + 1 + epoch)
    if not chosen:
        raise ExperimentError("show is empty: give at least one epoch, such as [1]", "show")
    return tuple(sorted(chosen))


def _whole(value: Any, name: str, least: int) -> int:
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not whole or value < least:
        raise ExperimentError(f"{name} is {value!r}: give a whole number from {least} on", name)
    if value > MAX_WHOLE:
        raise ExperimentError(f"{name} is {value}: give at most {MAX_WHOLE:,}", name)
    return int(value)


def _finite(value: Any, name: str) -> float:
    number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    if not number or not -MAX_NUMBER <= value <= MAX_NUMBER:
        raise ExperimentError(f"{name} is {value!r}: give a number such as 0.1", name)
    return float(value)


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise ExperimentError(f"{name} is {value!r}: give a text in quotes", name)
    if len(value) > MAX_TEXT:
        raise ExperimentError(
            f"{name} has {len(value):,} characters, but a cell holds {MAX_TEXT:,}: shorten it", name
        )
    return value


def _axis(name: str) -> str:
    return {
        "one": "one row",
        "sample": "samples",
        "feature": "features of X",
        "output": "outputs of y",
    }.get(name, f"{name}s")
