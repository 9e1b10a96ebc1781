"""What a person asks for: data, network, start values, training, and what to show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np

from xlnn.bundled import languages
from xlnn.errors import ExperimentError
from xlnn.experiment.checks import check_experiment
from xlnn.experiment.description import CHOICES, Description
from xlnn.experiment.extras import chosen_extras
from xlnn.experiment.labels import Encoded, are_labels, classes_in, encode
from xlnn.experiment.matrix import Array, as_matrix, check_same_rows
from xlnn.experiment.nearest import nearest
from xlnn.experiment.split import held_out
from xlnn.experiment.values import choice, file, finite, layers, named, text, texts, whole
from xlnn.maths.formulas import Style
from xlnn.maths.recipe import Recipe
from xlnn.maths.schedule import Schedule, schedule_of

Operands = Literal["auto", "all", "none"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Experiment:
    """An experiment: everything that decides what a workbook holds.

    ``X`` (samples × features) and ``y`` (samples × outputs) may be nested lists, arrays or
    DataFrames, whose labels become the headings. A flat ``y`` is one output; one of texts names
    classes, which become 0 and 1, or a column each (one-hot) if there are more than two.
    Raises ExperimentError, naming the field, where something cannot be.
    """

    X: Any
    y: Any
    title: str = ""
    name: str = "experiment"
    """The stem of the file that it is written to by default."""
    notes: Sequence[str] = ()
    """Sentences for the workbook's first sheet."""
    scale: str = "none"
    """How the inputs are scaled, by live formulas, fitted on the training samples."""
    scale_targets: str = "none"
    test_fraction: float = 0
    """The share of the samples that is held out: drawn with the seed, measured, never trained."""

    hidden: Sequence[int] = (3,)
    """The number of neurons of each hidden layer; empty for none."""
    activation: str = "sigmoid"
    output_activation: str = "sigmoid"
    biases: bool = True
    bias_per: str = "neuron"
    """One bias for each neuron, or one for each layer."""
    leak: float = 0.01
    """The slope of leaky-relu below 0."""
    threshold: float = 0.0
    """What a threshold's input must exceed."""
    threshold_slope: float = 1.0
    """What stands for the slope of a threshold, which has none: 1 is the perceptron's rule."""

    start: str = "uniform"
    """How the start values are drawn that ``weights`` does not give."""
    seed: int = 42
    """Of start values, shuffling and the test samples."""
    generator: str = "default"
    """NumPy's default generator, or ``legacy``: the stream of numpy.random.seed."""
    skip: int = 0
    """How many numbers the generator draws before the first start value."""
    weights: Mapping[str, Any] = field(default_factory=dict)
    """Start values by matrix name: wh, bh, wout, bout."""

    loss: str = "squared-error"
    epochs: int = 1
    learning_rate: float = 0.1
    batch_size: str | int = "all"
    """Samples of an update: all, 1 (stochastic gradient descent), or any number between."""
    optimizer: str = "gradient-descent"
    momentum: float = 0.9
    """For momentum and nesterov."""
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    """For adam."""
    gradient: str = "sum"
    """Over the samples of an update: their sum, as in the article, or their mean."""
    update_biases: bool = True
    shuffle: bool = False
    """Whether each epoch sees the samples in an order of its own."""
    stop_below: float | None = None
    """Training ends with the first epoch whose loss is smaller."""

    show: Any = None
    """The epochs that the workbook mirrors: a list (-1 is the last), "all", or None for all while
    they fit, else the first few and the last."""
    formulas: Style = "cell"
    operands: Operands = "auto"
    """Whether a step's sheet repeats the matrices that it is computed from."""
    extras: str | Sequence[str] = "auto"
    """The sheets besides those of the matrices: names, ``all``, ``none``, or ``auto`` for those
    that are not too large."""
    accuracy: str | bool = "auto"
    """Whether classes are counted; auto: if the targets tell classes."""

    language: str = "en"
    """Of the sentences on the sheets."""
    theme: str | Path | None = None
    """The workbook whose cell styles say how the sheets look; None for the one of the templates."""
    protect: bool = False
    """Whether all but the inputs is protected from changes by accident, without a password."""

    sources: Sequence[Path] = ()
    """The files that it was read from, which nothing built from it may replace."""

    sample_names: Sequence[str] | None = None
    feature_names: Sequence[str] | None = None
    target_names: Sequence[str] | None = None
    class_names: Sequence[str] | None = None
    """The names of the classes that the targets tell."""

    def __post_init__(self) -> None:
        for name, allowed in CHOICES.items():
            if name != "classes":
                self._set(name, choice(name, getattr(self, name), allowed))
        check_same_rows(self.X, self.y)
        X, samples, features = as_matrix(self.X, "X")
        y, targets = self._targets()
        if len(X) != len(y):
            raise ExperimentError(
                f"X has {len(X)} samples (rows) but y has {len(y)}: give one row of y for each "
                "row of X",
                "y",
            )
        self._set("X", X)
        self._set("y", y)
        self._set("title", text(self.title, "title") or self.name)
        self._set("name", text(self.name, "name"))
        self._set("notes", texts(self.notes, "notes"))
        for name in ("epochs", "seed", "skip"):
            self._set(name, whole(getattr(self, name), name, least=int(name == "epochs")))
        for name in NUMBERS:
            self._set(name, finite(getattr(self, name), name))
        self._set("hidden", layers(self.hidden))
        self._set("language", choice("language", self.language, languages()))
        self._set("theme", file(self.theme, "theme"))
        self._set("sources", tuple(dict.fromkeys([*self.sources, *filter(None, [self.theme])])))
        self._set("extras", chosen_extras(self.extras))
        if self.stop_below is not None:
            self._set("stop_below", finite(self.stop_below, "stop_below"))
        self.shown(self.epochs)  # what cannot be shown is said now
        inputs, outputs = X.shape[1], y.shape[1]
        if self.class_names is not None:
            self._set("class_names", texts(self.class_names, "class_names"))
            if targets is None and self.target_names is None and len(self.class_names) == outputs:
                targets = list(self.class_names)
        self._name("sample_names", samples, [f"sample {i + 1}" for i in range(len(X))])
        self._name("feature_names", features, [f"x{i + 1}" for i in range(inputs)])
        self._name("target_names", targets, [f"y{i + 1}" for i in range(outputs)])
        self._set("weights", named(self.weights))
        check_experiment(self)
        self._set("weights", self._checked_weights())

    def __getstate__(self) -> dict[str, Any]:
        """What it was made from: all else follows, and the functions of a network know no way
        into a pickle."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    # --- Parts ---

    @cached_property
    def rows(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The rows of X and y that are trained, and those that are held out, from 0."""
        return held_out(len(self.X), self.test_fraction, self.seed)

    @cached_property
    def data(self) -> Mapping[str, Array]:
        """The matrices that the recipe calls data, by name: samples for training and for testing,
        as given."""
        found = {}
        trained, tested = (list(rows) for rows in self.rows)
        for name, values, scaling in (
            ("X", self.X, self.scale),
            ("y", self.y, self.scale_targets),
        ):
            raw = "" if scaling == "none" else "_raw"
            found[f"{name}{raw}"] = values[trained]
            if tested:
                found[f"{name}_test{raw}"] = values[tested]
        if self.class_kind == "two":
            found["classes"] = np.array([_two_values(self.y)])
        return found

    @cached_property
    def settings(self) -> Mapping[str, float]:
        """The numbers that formulas read, by the names that the recipe has for them."""
        values: dict[str, float] = {name: getattr(self, name) for name in NUMBERS}
        if self.class_kind == "two":
            values["class_bound"] = sum(_two_values(self.y)) / 2
        return {name: values[name] for name in self.recipe.settings}

    @cached_property
    def class_kind(self) -> str:
        """How the targets tell classes: ``two`` in one column, ``one-hot``, or ``none``."""
        if self.accuracy is False:
            return "none"
        if self.class_names is not None:
            return "two" if self.y.shape[1] == 1 else "one-hot"
        found = "none"
        if self.scale_targets == "none":
            found = classes_in(self.y)
        if self.accuracy is True and found == "none":
            raise ExperimentError(
                "accuracy needs targets that tell classes: labels, one column of 0 and 1, or one "
                "column for each class with a single 1 in each row",
                "accuracy",
            )
        return found

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes; none if the targets tell none."""
        if self.class_kind == "none":
            return ()
        if self.class_names is not None:
            return tuple(self.class_names)
        if self.class_kind == "one-hot":
            return tuple(self.target_names or ())
        return tuple(f"{value:g}" for value in _two_values(self.y))

    @property
    def class_counts(self) -> dict[str, int]:
        """How many samples there are of each class."""
        found = self.y
        if self.class_kind == "two":
            found = np.array(self.y == _two_values(self.y))
        return {name: int(n) for name, n in zip(self.classes, found.sum(axis=0), strict=True)}

    @property
    def description(self) -> Description:
        """What decides which matrices there are."""
        trained, tested = self.rows
        return Description(
            samples=len(trained),
            inputs=self.X.shape[1],
            hidden=tuple(self.hidden),
            outputs=self.y.shape[1],
            test_samples=len(tested),
            classes=self.class_kind,
            **{name: getattr(self, name) for name in DESCRIBING},
        )

    @cached_property
    def schedule(self) -> Schedule:
        """The updates of an epoch, and the steps of each."""
        return schedule_of(self.description.network)

    @property
    def recipe(self) -> Recipe:
        """The steps of one update of this experiment's network, of the first batch of several."""
        return self.schedule.recipe

    def shown(self, last: int) -> tuple[int, ...] | None:
        """The epochs that ``show`` asks for when ``last`` is the last one; None if it leaves that
        open."""
        if self.show is None:
            return None
        chosen = _epochs(self.show, self.epochs, last)
        return tuple(epoch for epoch in chosen if epoch <= last) or (last,)

    # --- Checks ---

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def _targets(self) -> tuple[Array, list[str] | None]:
        """y as numbers, and the names of its columns if it has any."""
        encoded = _encoded(self.y, self.class_names)
        if encoded is None:
            y, _, names = as_matrix(self.y, "y")
            return y, names
        self._set("class_names", encoded.classes)
        return encoded.y, list(encoded.names)

    def _name(self, name: str, labels: list[str] | None, default: list[str]) -> None:
        given = getattr(self, name)
        names = default if labels is None else labels
        if given is not None:
            names = [str(label) for label in given]
        if len(names) != len(default):
            raise ExperimentError(
                f"{name} has {len(names)} names for {len(default)}: give {len(default)}", name
            )
        self._set(name, tuple(text(label, name) for label in names))

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
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            matrix, _, _ = as_matrix([[value]] if number else value, name)
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


NUMBERS = (
    "learning_rate", "momentum", "beta1", "beta2", "epsilon", "leak", "threshold",
    "threshold_slope", "test_fraction",
)  # fmt: skip
"""The fields that hold one number."""

DESCRIBING = (
    "activation", "output_activation", "biases", "bias_per", "update_biases", "loss",
    "batch_size", "shuffle", "optimizer", "gradient", "scale", "scale_targets",
)  # fmt: skip
"""The fields that a Description has in common with an experiment."""


def _encoded(y: Any, classes: Sequence[str] | None) -> Encoded | None:
    """The targets if they are labels: one column of texts. ``classes`` may tell their order."""
    name, cells = "y", y
    if hasattr(y, "columns"):  # a DataFrame
        labelled = [column for column in y.columns if are_labels(list(y[column]))]
        if not labelled:
            return None
        if len(y.columns) > 1:
            raise ExperimentError(
                f"the target {labelled[0]} holds labels, and there are other targets: give one "
                "column of labels, or several of numbers",
                "y",
            )
        name, cells = str(y.columns[0]), list(y.iloc[:, 0])
    elif hasattr(y, "to_numpy") and hasattr(y, "index"):  # a Series
        name, cells = str(y.name or "y"), list(y)
    if isinstance(cells, str) or not isinstance(cells, (Sequence, np.ndarray)):
        return None
    flat = [
        cell[0] if isinstance(cell, (list, tuple, np.ndarray)) and len(cell) == 1 else cell
        for cell in cells
    ]
    return encode(flat, name, classes) if are_labels(flat) else None


def _two_values(y: Array) -> list[float]:
    """The two values of a column that tells two classes, smaller first."""
    return [min(float(y.min()), 0.0), 1.0]


def _epochs(show: Any, epochs: int, last: int) -> tuple[int, ...]:
    """The epochs to show, counted from 1, in order, each once, out of so many that are asked for;
    -1 is the last that is trained."""
    if isinstance(show, str) and show == "all":
        return tuple(range(1, last + 1))
    if isinstance(show, (str, int)) or not isinstance(show, (Sequence, np.ndarray, range)):
        raise ExperimentError(f"show is {show!r}: give a list of epochs such as [1, 2, -1]", "show")
    chosen = set()
    for entry in show:
        epoch = whole(entry, "show", least=-epochs)
        if epoch == 0 or epoch > epochs:
            raise ExperimentError(
                f"show asks for epoch {epoch}, but there are epochs 1 to {epochs} (-1 is the last)",
                "show",
            )
        chosen.add(epoch if epoch > 0 else max(1, last + 1 + epoch))
    if not chosen:
        raise ExperimentError("show is empty: give at least one epoch, such as [1]", "show")
    return tuple(sorted(chosen))


def _axis(name: str) -> str:
    return {
        "one": "one row",
        "sample": "samples",
        "feature": "features of X",
        "output": "outputs of y",
    }.get(name, f"{name}s")
