"""Classes that are named by texts, as the numbers that a network learns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from xlnn.errors import ExperimentError
from xlnn.experiment.matrix import Array


@dataclass(frozen=True, slots=True)
class Encoded:
    """The targets of labels."""

    y: Array
    """samples × outputs: of two classes one column of 0 and 1, of more a column for each class."""
    names: tuple[str, ...]
    """The headings of these columns."""
    classes: tuple[str, ...]
    """The classes in their order. Of two, the first is 0."""


def are_labels(cells: Sequence[Any]) -> bool:
    """Whether a column of targets holds labels: more than half of it are texts, and no numbers.
    Fewer are mistakes in a column of numbers."""
    texts = [cell for cell in cells if isinstance(cell, str) and cell.strip()]
    return sum(not _is_number(text) for text in texts) > len(cells) / 2


def encode(cells: Sequence[Any], column: str = "y", order: Sequence[str] | None = None) -> Encoded:
    """The targets for a column of labels, whose classes have an ``order`` of their own or that of
    the alphabet.

    Raises ExperimentError for labels that are missing, all the same, differ by blanks or
    capitals alone, or are not those of ``order``.
    """
    blank = [i for i, cell in enumerate(cells) if _is_missing(cell)]
    if blank:
        raise ExperimentError(
            f"the label of sample {blank[0] + 1} in {column} is blank ({len(blank)} in all): fill "
            "it in or leave the sample out",
            "y",
        )
    labels = [str(cell) for cell in cells]
    counts = Counter(labels)
    _check_alike(counts, column)
    classes = tuple(sorted(counts)) if order is None else tuple(map(str, order))
    if set(classes) != set(counts) or len(classes) != len(counts):
        raise ExperimentError(
            f"the classes are {', '.join(classes)}, but the labels in {column} are "
            f"{', '.join(sorted(counts))}: name each label once",
            "class_names",
        )
    if len(classes) == 1:
        raise ExperimentError(
            f"all labels in {column} are {classes[0]!r}: there is nothing to tell apart; give "
            "samples of at least two classes",
            "y",
        )
    places = np.array([classes.index(label) for label in labels])
    if len(classes) == 2:
        name = f"{column} = {classes[1]}"
        return Encoded(places[:, np.newaxis].astype(np.float64), (name,), classes)
    return Encoded(np.eye(len(classes))[places], classes, classes)


def classes_in(y: Array) -> str:
    """How targets that are numbers tell classes, if they do: ``two``, ``one-hot`` or ``none``."""
    if y.shape[1] == 1:
        return "two" if set(np.unique(y).tolist()) in ({0.0, 1.0}, {-1.0, 1.0}) else "none"
    one_hot = ((y == 0) | (y == 1)).all() and (y.sum(axis=1) == 1).all()
    return "one-hot" if one_hot else "none"


def _check_alike(counts: Counter[str], column: str) -> None:
    seen: dict[str, str] = {}
    for label in counts:
        plain = " ".join(label.split()).casefold()
        if plain in seen:
            first, second = seen[plain], label
            raise ExperimentError(
                f"the labels {first!r} ({counts[first]} samples) and {second!r} "
                f"({counts[second]}) in {column} differ by blanks or capitals alone: write them "
                "alike",
                "y",
            )
        seen[plain] = label


def _is_missing(cell: Any) -> bool:
    """Whether there is no label: nothing, blanks, or what pandas has in place of nothing."""
    return cell is None or str(cell).strip() in ("", "nan", "<NA>", "NaT")


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", "."))  # 0,5 is a number with a comma, and an error elsewhere
    except ValueError:
        return text.strip().lower() in ("true", "false")  # as Excel's TRUE and FALSE arrive
    return True
