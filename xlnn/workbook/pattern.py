"""Text that recurs with growing numbers: the rows of a long matrix, the bands of many epochs.

Two occurrences of such a text differ in whole numbers alone, row numbers above all, and each of
these grows by the same step from one occurrence to the next. A pattern is therefore learned from
a few occurrences that are written out in full, and checked against the last; NumPy then writes
the thousands between, digit by digit, without a Python object for a row or a cell.

Numbers with a fraction do not follow a pattern: they have SLOTs, which are filled from arrays.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from xlnn.workbook.number_texts import number_texts

SLOT = "\0"
"""Stands in a text where a number from an array belongs."""

PAGE = 1 << 19
"""About so many bytes are written at once, or one occurrence, if that is longer: more would leave
the processor's nearest memory."""

_DIGITS = re.compile(rb"([0-9]+)")


class IrregularError(ValueError):
    """Texts that follow no pattern."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A text that recurs along several axes: epochs, the batches of each, the rows of each."""

    pieces: tuple[bytes, ...]
    """What is the same everywhere: before, between and after the numbers that grow."""
    firsts: tuple[int, ...]
    """The growing numbers of the first occurrence."""
    steps: tuple[tuple[int, ...], ...]
    """For each axis, what each number grows by from one place to the next."""

    def along(self, axis: int, count: int, start: Sequence[int] = ()) -> Repeated:
        """The text at so many places along an axis, from a place on that is counted from 0 along
        all axes (default: the first)."""
        firsts = list(self.firsts)
        for steps, times in zip(self.steps, start, strict=False):
            if times:
                firsts = [a + times * step for a, step in zip(firsts, steps, strict=True)]
        return _repeated(self.pieces, firsts, self.steps[axis], count)


def learn(occurrence: Callable[..., str], *counts: int) -> Pattern:
    """The pattern of a text, given how it reads at a place along axes of so many places each.

    Raises IrregularError where two occurrences differ in more than numbers, or the last one is
    not what the first ones promise.
    """
    origin, far = (0,) * len(counts), tuple(count - 1 for count in counts)
    nexts = [
        tuple(min(1, counts[axis] - 1) if axis == other else 0 for other in range(len(counts)))
        for axis in range(len(counts))
    ]
    # In a dictionary, as these are often the same, and each is written cell by cell.
    places = dict.fromkeys([origin, *nexts, far])
    if len(places) == 1:
        nothing = tuple(() for _ in counts)
        return Pattern((_prepared(occurrence(*origin)),), (), nothing)
    texts = {place: _DIGITS.split(_prepared(occurrence(*place))) for place in places}
    first, last = texts[origin], texts[far]
    others = [texts[place] for place in nexts]
    if any(first[::2] != text[::2] for text in (*others, last)):
        raise IrregularError("two occurrences of a text differ in more than numbers")
    pieces, firsts, steps = [first[0]], [], []
    for i in range(1, len(first), 2):
        if first[i] == last[i] and all(first[i] == text[i] for text in others):
            pieces[-1] += first[i] + first[i + 1]
            continue
        number = int(first[i])
        growth = [int(text[i]) - number for text in others]
        grown = number + sum(a * b for a, b in zip(growth, far, strict=True))
        if int(last[i]) != grown or min(growth) < 0:
            raise IrregularError("a number does not grow by the same step each time")
        pieces.append(first[i + 1])
        firsts.append(number)
        steps.append(growth)
    by_axis = tuple(tuple(growth[axis] for growth in steps) for axis in range(len(counts)))
    return Pattern(tuple(pieces), tuple(firsts), by_axis)


def _prepared(text: str) -> bytes:
    """A text ready for the operator %."""
    return text.encode().replace(b"%", b"%%").replace(SLOT.encode(), b"%b")


class Repeated:
    """A text that recurs along one axis.

    ``firsts`` are the growing numbers between the pieces in the first occurrence, ``steps`` what
    they grow by, ``count`` how many occurrences there are.
    """

    def __init__(
        self, pieces: Sequence[bytes], firsts: Sequence[int], steps: Sequence[int], count: int
    ) -> None:
        self._pieces, self._firsts, self._steps, self._count = pieces, firsts, steps, count
        self._page = bytearray()
        """As many occurrences as are written at once. Their growing numbers are written over those
        of the page before."""
        self._text = np.empty((0, 0), np.uint8)
        """The same bytes: occurrences × the length of one."""
        self._places: dict[tuple[int, int, int], list[int]] = {}
        """For each growing number, how it starts, grows and how wide it is: where it stands."""

    def pages(self) -> Iterator[range]:
        """All occurrences, those together that are written at once: they are equally long."""
        start = 0
        while start < self._count:
            last = self._count - 1
            widths = []
            for first, step in zip(self._firsts, self._steps, strict=True):
                width = len(str(first + step * start))
                widths.append(width)
                last = min(last, (10**width - 1 - first) // step)  # then it gets another digit
            together = self._make_page(widths, last + 1 - start)
            for begin in range(start, last + 1, together):
                yield range(begin, min(begin + together, last + 1))
            start = last + 1

    def _make_page(self, widths: Sequence[int], most: int) -> int:
        """Prepares a page of at most so many occurrences; tells how many it has."""
        parts, length = [self._pieces[0]], len(self._pieces[0])
        self._places = {}
        numbers = zip(self._firsts, self._steps, widths, strict=True)
        for number, piece in zip(numbers, self._pieces[1:], strict=True):
            self._places.setdefault(number, []).append(length)
            parts += [b" " * number[2], piece]
            length += number[2] + len(piece)
        together = min(most, max(1, PAGE // max(1, length)))
        self._page = bytearray(b"".join(parts)) * together
        self._text = np.frombuffer(self._page, np.uint8).reshape(together, length)
        return together

    def text(self, page: range, numbers: npt.NDArray[np.float64] | None) -> bytes | bytearray:
        """The occurrences of the page that ``pages`` has just given, with the numbers for their
        slots in order."""
        text = self._text[: len(page)]
        counted = np.arange(page.start, page.stop)
        for (first, step, width), columns in self._places.items():
            digits = _digits(first + step * counted, width)
            for column in columns:
                text[:, column : column + width] = digits
        whole = self._page if len(text) == len(self._text) else self._page[: text.size]
        return whole % (() if numbers is None else tuple(number_texts(numbers)))


def _digits(numbers: npt.NDArray[np.int64], width: int) -> npt.NDArray[np.uint8]:
    """The digits of some numbers: numbers × width."""
    powers = 10 ** np.arange(width - 1, -1, -1)
    return (numbers[:, None] // powers % 10 + ord("0")).astype(np.uint8)


def _repeated(
    pieces: Sequence[bytes], firsts: Iterable[int], steps: Sequence[int], count: int
) -> Repeated:
    """Takes the numbers that do not grow into the text."""
    merged, growing, growth = [pieces[0]], [], []
    for number, step, piece in zip(firsts, steps, pieces[1:], strict=True):
        if step:
            merged.append(piece)
            growing.append(number)
            growth.append(step)
        else:
            merged[-1] += b"%d" % number + piece
    return Repeated(merged, growing, growth, count)
