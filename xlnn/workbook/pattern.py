"""Text that recurs with growing numbers: the rows of a long matrix, the bands of many epochs.

Two occurrences of such a text differ in whole numbers alone, row numbers above all, and each of
these grows by the same step from one occurrence to the next. A pattern is therefore learned from
a few occurrences that are written out in full, and checked against the last; NumPy then writes
the thousands between, digit by digit, without a Python object for a row or a cell.

Numbers with a fraction do not follow a pattern: they have SLOTs, which are filled from arrays.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import orjson

SLOT = "\0"
"""Stands in a text where a number from an array belongs."""

CHUNK = 1 << 18
"""About so many bytes are written at once, or one occurrence, if that is longer."""

_DIGITS = re.compile(rb"([0-9]+)")


class IrregularError(ValueError):
    """Texts that follow no pattern."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A text that recurs along two axes: epoch by epoch, and in each epoch row by row."""

    pieces: tuple[bytes, ...]
    """What is the same everywhere: before, between and after the numbers that grow."""
    firsts: tuple[int, ...]
    """The growing numbers of the first occurrence."""
    by_epoch: tuple[int, ...]
    by_row: tuple[int, ...]
    """What each grows by from one epoch, and from one row, to the next."""

    def bands(self, epochs: int) -> Repeated:
        """The text once in each epoch."""
        return _repeated(self.pieces, self.firsts, self.by_epoch, epochs)

    def rows(self, epoch: int, rows: int) -> Repeated:
        """The text in each row of an epoch, counted from 0."""
        firsts = (a + epoch * step for a, step in zip(self.firsts, self.by_epoch, strict=True))
        return _repeated(self.pieces, tuple(firsts), self.by_row, rows)


def learn(occurrence: Callable[[int, int], str], epochs: int, rows: int = 1) -> Pattern:
    """The pattern of a text, given how it reads in an epoch and a row, both from 0.

    Raises IrregularError where two occurrences differ in more than numbers, or the last one is
    not what the first ones promise.
    """
    first = _split(occurrence(0, 0))
    next_epoch = _split(occurrence(1, 0)) if epochs > 1 else first
    next_row = _split(occurrence(0, 1)) if rows > 1 else first
    last = _split(occurrence(epochs - 1, rows - 1))
    if not first[::2] == next_epoch[::2] == next_row[::2] == last[::2]:
        raise IrregularError("two occurrences of a text differ in more than numbers")
    pieces, firsts, by_epoch, by_row = [first[0]], [], [], []
    for i in range(1, len(first), 2):
        if first[i] == next_epoch[i] == next_row[i] == last[i]:
            pieces[-1] += first[i] + first[i + 1]
            continue
        number = int(first[i])
        epoch_step, row_step = int(next_epoch[i]) - number, int(next_row[i]) - number
        grown = number + (epochs - 1) * epoch_step + (rows - 1) * row_step
        if int(last[i]) != grown or min(epoch_step, row_step) < 0:
            raise IrregularError("a number does not grow by the same step each time")
        pieces.append(first[i + 1])
        firsts.append(number)
        by_epoch.append(epoch_step)
        by_row.append(row_step)
    return Pattern(tuple(pieces), tuple(firsts), tuple(by_epoch), tuple(by_row))


def _split(text: str) -> list[bytes]:
    """A text as words and digits in turn, ready for the operator %."""
    return _DIGITS.split(text.encode().replace(b"%", b"%%").replace(SLOT.encode(), b"%b"))


@dataclass(frozen=True, slots=True)
class Repeated:
    """A text that recurs along one axis."""

    pieces: tuple[bytes, ...]
    firsts: npt.NDArray[np.int64]
    steps: npt.NDArray[np.int64]
    count: int

    def pages(self) -> Iterator[range]:
        """All occurrences, those together that are written at once: they are equally long."""
        start = 0
        while start < self.count:
            # Up to here no number gets another digit.
            room = 10 ** np.array(self._widths(start), dtype=np.int64) - 1 - self.firsts
            last = (room // self.steps).min(initial=self.count - 1)
            together = max(1, CHUNK // max(1, sum(map(len, self.pieces))))
            for begin in range(start, int(last) + 1, together):
                yield range(begin, min(begin + together, int(last) + 1))
            start = int(last) + 1

    def text(self, page: range, numbers: npt.NDArray[np.float64] | None) -> bytes:
        """Some occurrences, with the numbers for their slots in order."""
        blank, places = self._blank(self._widths(page.start))
        text = np.empty((len(page), len(blank)), np.uint8)
        text[:] = blank
        counted = np.arange(page.start, page.stop)
        for (first, step, width), columns in places.items():
            digits = _digits(first + step * counted, width)
            for column in columns:
                text[:, column : column + width] = digits
        return text.tobytes() % (() if numbers is None else tuple(number_texts(numbers)))

    def _widths(self, start: int) -> list[int]:
        """How many digits the growing numbers of an occurrence have."""
        return [len(str(number)) for number in (self.firsts + start * self.steps).tolist()]

    def _blank(
        self, widths: list[int]
    ) -> tuple[npt.NDArray[np.uint8], dict[tuple[int, int, int], list[int]]]:
        """An occurrence with blanks for the growing numbers; for each number (how it starts, grows
        and how wide it is) where its blanks are."""
        parts, length = [self.pieces[0]], len(self.pieces[0])
        places: dict[tuple[int, int, int], list[int]] = {}
        growing = zip(self.firsts.tolist(), self.steps.tolist(), widths, strict=True)
        for number, piece in zip(growing, self.pieces[1:], strict=True):
            places.setdefault(number, []).append(length)
            parts += [b" " * number[2], piece]
            length += number[2] + len(piece)
        return np.frombuffer(b"".join(parts), np.uint8), places


def _digits(numbers: npt.NDArray[np.int64], width: int) -> npt.NDArray[np.uint8]:
    """The digits of some numbers: numbers × width."""
    powers = 10 ** np.arange(width - 1, -1, -1)
    return (numbers[:, None] // powers % 10 + ord("0")).astype(np.uint8)


def _repeated(
    pieces: tuple[bytes, ...], firsts: tuple[int, ...], steps: tuple[int, ...], count: int
) -> Repeated:
    """Takes the numbers that do not grow into the text."""
    kept, merged = [], [pieces[0]]
    for i, (number, step) in enumerate(zip(firsts, steps, strict=True)):
        if step:
            kept.append(i)
            merged.append(pieces[i + 1])
        else:
            merged[-1] += b"%d" % number + pieces[i + 1]
    return Repeated(
        tuple(merged),
        np.array([firsts[i] for i in kept], dtype=np.int64),
        np.array([steps[i] for i in kept], dtype=np.int64),
        count,
    )


def number_texts(numbers: npt.NDArray[np.float64]) -> list[bytes]:
    """For each number the shortest text that reads back to the same double, as Python prints it
    but for a useless ``.0``: ``0.1``, ``1``, ``1e-05``."""
    if not numbers.size:
        return []
    numbers = numbers.ravel() + 0.0  # makes 0 of -0, which Excel does not know
    listed = orjson.dumps(numbers, option=orjson.OPT_SERIALIZE_NUMPY)[1:-1] + b","
    listed = listed.replace(b".0,", b",")
    # Python prints small numbers in another way: 1.23e-05 and 1.2e-06, not 0.0000123 and 1.2e-6.
    small = np.abs(numbers) < 1e-4
    if small.any():
        for digit in b"6789":
            listed = listed.replace(b"e-%c," % digit, b"e-0%c," % digit)
    texts = listed[:-1].split(b",")
    for i in np.flatnonzero(small & (np.abs(numbers) >= 1e-5)).tolist():
        sign, _, digits = texts[i].partition(b"0.0000")
        texts[i] = b"%b%b%b%be-05" % (sign, digits[:1], b"."[len(digits) < 2 :], digits[1:])
    return texts
