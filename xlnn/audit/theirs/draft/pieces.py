"""How a matrix may stand in cells: which way round, with ones or biases beside it, negated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from xlnn.audit.engines.values import Values
from xlnn.audit.theirs.blocks import together
from xlnn.audit.theirs.ranges import Range
from xlnn.maths.evaluate import Array

CLOSE = 1e-6
"""Numbers that fit are no further apart, relative to the largest: people type what they see."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A matrix in somebody's cells, as a line of a map tells of it."""

    ranges: tuple[tuple[Range, ...], ...]
    transpose: bool = False
    ones: str = ""
    bias: str = ""
    negate: bool = False

    @property
    def parts(self) -> Iterator[Range]:
        """Its ranges one after the other."""
        return (part for row in self.ranges for part in row)

    @property
    def is_single(self) -> bool:
        """Whether it is one cell, of which nobody can tell which way round it is."""
        return len(self.ranges) == len(self.ranges[0]) == 1 and (
            self.ranges[0][0].rows == self.ranges[0][0].columns == 1
        )

    def whole(self, values: Values) -> Array:
        """All numbers of its cells as the recipe has them, ones and biases included."""
        numbers = together(self.ranges).numbers(values)
        if self.transpose:
            numbers = numbers.T
        return -numbers if self.negate else numbers

    def matrix(self, values: Values) -> Array:
        """Its numbers without ones and biases."""
        whole = self.whole(values)
        rows = slice(self.bias == "first", len(whole) - (self.bias == "last"))
        columns = slice(self.ones == "first", whole.shape[1] - (self.ones == "last"))
        return whole[rows, columns]

    def biases(self, values: Values) -> Array:
        """The row of biases among weights."""
        whole = self.whole(values)
        return whole[:1] if self.bias == "first" else whole[-1:]


def of(range: Range) -> Piece:
    """A piece of a single range, as it stands there."""
    return Piece(((range,),))


def ways_round(piece: Piece, first: bool) -> Iterator[Piece]:
    """Both ways round, that of ``first`` first."""
    yield replace(piece, transpose=first)
    if not piece.is_single:
        yield replace(piece, transpose=not first)


def with_ones(piece: Piece, values: Values) -> Iterator[Piece]:
    """As it is, and with its first or last column as ones if they are."""
    whole = piece.whole(values)
    if whole.shape[1] > 1:
        for end, at in (("last", -1), ("first", 0)):
            if (whole[:, at] == 1).all():
                yield replace(piece, ones=end)
    yield piece


def matching(
    piece: Piece, values: Values, wanted: Array, biases: Array | None, transpose: bool
) -> Iterator[tuple[Piece, bool]]:
    """How a piece may be a matrix, by its shape; and whether its numbers are the matrix's.

    ``biases`` may stand beside it. ``transpose`` is how the workbook has most matrices.
    """
    for turned in ways_round(piece, transpose):
        whole = turned.whole(values)
        shaped = []
        if whole.shape == wanted.shape:
            shaped.append((turned, wanted))
        if biases is not None and whole.shape == (len(wanted) + 1, wanted.shape[1]):
            shaped += [
                (replace(turned, bias="last"), np.vstack([wanted, biases])),
                (replace(turned, bias="first"), np.vstack([biases, wanted])),
            ]
        if whole.shape == (len(wanted), wanted.shape[1] + 1):
            ones = np.ones((len(wanted), 1))
            for end, at in (("last", -1), ("first", 0)):
                if (whole[:, at] == 1).all():
                    parts = [wanted, ones] if end == "last" else [ones, wanted]
                    shaped.append((replace(turned, ones=end), np.hstack(parts)))
        for found, target in shaped:
            if fits(whole, target):
                yield found, True
            elif not found.ones and not found.bias and fits(whole, -target):
                yield replace(found, negate=True), True
            else:
                yield found, False


def fits(found: Array, wanted: Array) -> bool:
    """Whether numbers are the same but for what people round away."""
    with np.errstate(all="ignore"):
        gaps = np.abs(found - wanted)
        return bool((gaps <= CLOSE * np.maximum(np.abs(wanted).max(initial=0.0), 1e-3)).all())
