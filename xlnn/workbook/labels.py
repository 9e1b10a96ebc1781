"""The headings of a matrix's rows, as the rows of a long matrix need them."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt

from xlnn.experiment.experiment import Experiment
from xlnn.experiment.headings import headings
from xlnn.maths.expr import Axis
from xlnn.workbook.strings import SharedStrings
from xlnn.workbook.theme import QUOTED, reads_like_formula


class Labels:
    """The headings along an axis."""

    def __init__(self, texts: list[str], strings: SharedStrings) -> None:
        self.texts = texts if any(texts) else []
        self._strings = strings

    @cached_property
    def _quoted(self) -> bool:
        """Whether one begins like a formula. It must be quoted; the others may be, so all are."""
        return any(map(reads_like_formula, self.texts))

    @property
    def style(self) -> str:
        """One style for all."""
        return (QUOTED if self._quoted else "") + "row heading"

    @cached_property
    def indexes(self) -> npt.NDArray[np.float64]:
        """The numbers of the shared strings: rows × 1."""
        return np.array([[self._strings.index(text)] for text in self.texts], dtype=np.float64)

    @cached_property
    def grow(self) -> bool:
        """Whether these numbers follow each other, so that a pattern of rows can have them: in
        cells of one style, which is the plain one."""
        return not self._quoted and bool((np.diff(self.indexes, axis=0) == 1).all())


class LabelSource:
    """The headings along every axis of a workbook, each made once."""

    def __init__(self, experiment: Experiment, strings: SharedStrings) -> None:
        self._experiment, self._strings = experiment, strings
        self._labels: dict[Axis, Labels] = {}

    def of(self, axis: Axis) -> Labels:
        """The headings along an axis."""
        if axis not in self._labels:
            self._labels[axis] = Labels(headings(self._experiment, axis), self._strings)
        return self._labels[axis]
