"""Lays two series of blocks side by side: which cells are not the same, array by array.

Whether two formulas are the same is asked of each workbook's own plan. Where both cells hold what
their plans enter, they compute the same step, though the texts may name other places, since a
workbook of another size has them elsewhere, or be written in another style. A cell in which either
workbook has something else is looked at itself.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from xlnn.audit.cell_values import Value, is_number
from xlnn.audit.differences import OTHERWISE, BlockDifference, CellPair, Content, Kind
from xlnn.audit.same_formula import same_formula
from xlnn.audit.series import Cell, Entry, Series, When
from xlnn.audit.stored.sheet import Stored
from xlnn.maths.difference import differences
from xlnn.maths.evaluate import Array
from xlnn.workbook.plan import cell_name

Flags = npt.NDArray[np.bool_]

Order = tuple[int, int, int]
"""When a block is computed: epoch, batch, and its place among those of that moment."""

TYPED_DIGITS = 1e-14
"""What saving may change of a typed number, as a share of it: some programs keep 15 digits."""

LAST = 1 << 60
"""Later than any epoch or batch: what comes when all of them are done."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A block of A, and that of B which it is held against."""

    a: When
    b: When


@dataclass(frozen=True, slots=True)
class Contrast:
    """What differs between two series."""

    a: Series
    b: Series
    tolerance: float
    first: int | None
    """How many cells are listed of each block; None for all."""
    batched: bool
    """Whether one of the workbooks has several batches in an epoch."""
    recurrence: str
    """How often the blocks are computed; empty for those that are no matrices."""

    def pairs(self) -> list[Pair]:
        """The blocks that both have."""
        if (None in self.a.bands) == (None in self.b.bands):
            return [Pair(when, when) for when in self.a.bands if when in self.b.bands]
        # What training changes in one workbook only: the other has what it starts from.
        return [Pair(next(iter(self.a.bands)), next(iter(self.b.bands)))]

    def found(self) -> Iterator[tuple[Order, BlockDifference]]:
        """The blocks that differ, each with its place in the order of computation."""
        by_source: defaultdict[tuple[str, str], list[Pair]] = defaultdict(list)
        for pair in self.pairs():
            sources = self.a.bands[pair.a].source, self.b.bands[pair.b].source
            by_source[sources].append(pair)
        for (one, other), pairs in by_source.items():
            if one == other == "kept":
                yield from self._kept(pairs)
            elif "formula" not in (one, other) and "kept" not in (one, other):
                yield from self._inputs(pairs)
            else:
                changed: dict[Pair, list[tuple[int, int]]] = {}
                otherwise: set[Pair] = set()
                if one == other == "formula":
                    changed, otherwise = self._entered_otherwise(pairs), self._otherwise(pairs)
                    yield from self._formulas(changed, otherwise)
                if self.a.valued and self.b.valued:
                    yield from self._values(pairs, changed, otherwise)

    # --- Numbers ---

    def _unlike(self, pairs: Sequence[Pair], allowed: float | None) -> tuple[Flags, Array]:
        """Which numbers differ, of all cells of some blocks, and how far. Typed numbers are
        allowed what saving changes, so ``None``."""
        a = self.a.numbers([pair.a for pair in pairs])
        b = self.b.numbers([pair.b for pair in pairs])
        gaps = differences(a, b)
        if allowed is None:
            same = np.abs(a - b) <= TYPED_DIGITS * np.maximum(np.abs(a), np.abs(b))
        else:
            same = gaps <= allowed * max(self.a.slack, self.b.slack)
        for index, i, j in np.argwhere(np.isnan(a) & np.isnan(b)).tolist():
            pair = pairs[index]
            one, other = self.a.number((pair.a, i, j)), self.b.number((pair.b, i, j))
            same[index, i, j] = (one or "") == (other or "")  # an empty text is a blank
        return ~same, gaps

    def _inputs(self, pairs: Sequence[Pair]) -> Iterator[tuple[Order, BlockDifference]]:
        unlike, gaps = self._unlike(pairs, None)
        places = {pair: index for index, pair in enumerate(pairs)}
        for pair, cells in self._entered_otherwise(pairs).items():
            for i, j in cells:
                unlike[places[pair], i, j] = True
        for index in np.flatnonzero(unlike.any(axis=(1, 2))).tolist():
            start = self.a.bands[pairs[index].a].source == "start"
            what = "start values after a gap" if start else ""
            yield self._block("input", pairs[index], unlike[index], gaps[index], what)

    def _kept(self, pairs: Sequence[Pair]) -> Iterator[tuple[Order, BlockDifference]]:
        unlike, gaps = self._unlike(pairs, self.tolerance)
        for index in np.flatnonzero(unlike.any(axis=(1, 2))).tolist():
            yield self._block("kept", pairs[index], unlike[index], gaps[index], "")

    def _values(
        self,
        pairs: Sequence[Pair],
        changed: dict[Pair, list[tuple[int, int]]],
        otherwise: set[Pair],
    ) -> Iterator[tuple[Order, BlockDifference]]:
        unlike, gaps = self._unlike(pairs, self.tolerance)
        for index in np.flatnonzero(unlike.any(axis=(1, 2))).tolist():
            pair = pairs[index]
            own = any(unlike[index, i, j] for i, j in changed.get(pair, ()))
            follows = not own and pair not in otherwise
            yield self._block("value", pair, unlike[index], gaps[index], "", follows)

    # --- Entries ---

    def _entered_otherwise(self, pairs: Sequence[Pair]) -> dict[Pair, list[tuple[int, int]]]:
        """The cells in which not the same is entered, of those that are not as planned."""
        by_a, by_b = {pair.a: pair for pair in pairs}, {pair.b: pair for pair in pairs}
        cells = {(by_a[when], i, j) for when, i, j in self.a.entries if when in by_a}
        cells |= {(by_b[when], i, j) for when, i, j in self.b.entries if when in by_b}
        found: dict[Pair, list[tuple[int, int]]] = {}
        for pair, i, j in sorted(cells, key=lambda cell: cell[1:]):
            one, other = self.a.entered((pair.a, i, j)), self.b.entered((pair.b, i, j))
            if not self._same_entry(pair, one, other):
                found.setdefault(pair, []).append((i, j))
        return found

    def _same_entry(self, pair: Pair, one: Entry, other: Entry) -> bool:
        if isinstance(one, Stored) and isinstance(other, Stored):
            # Such a text says what it says only where it stands.
            together = self.a.bands[pair.a][:2] == self.b.bands[pair.b][:2]
            return together and one.array == other.array and same_formula(one.text, other.text)
        if isinstance(one, Stored) or isinstance(other, Stored):
            return False
        if is_number(one) and is_number(other):
            return abs(one - other) <= TYPED_DIGITS * max(abs(one), abs(other))
        return (one or "") == (other or "") and is_number(one) == is_number(other)

    def _otherwise(self, pairs: Sequence[Pair]) -> set[Pair]:
        """The blocks for which the plans themselves have another step."""
        return {p for p in pairs if self.a.bands[p.a].said != self.b.bands[p.b].said}

    def _formulas(
        self, changed: dict[Pair, list[tuple[int, int]]], otherwise: set[Pair]
    ) -> Iterator[tuple[Order, BlockDifference]]:
        said = Counter((self.a.bands[p.a].said, self.b.bands[p.b].said) for p in otherwise)
        for (a, b), times in said.items() if self.a.valued else ():
            size = times * self.a.key.size
            block = self._difference("formula", None, OTHERWISE, size, size)
            yield (0, 0, self.a.place), replace(block, cells=(CellPair("", "", a, b),))
        for pair, cells in changed.items():
            listed = tuple(self._pair(pair, i, j, entered=True) for i, j in cells[: self.first])
            key = self.a.key
            block = self._difference("formula", pair.a, key.what, key.size, len(cells))
            yield self._order(pair.a), replace(block, cells=listed)

    # --- Results ---

    def _block(
        self,
        kind: Kind,
        pair: Pair,
        unlike: Flags,
        gaps: Array,
        what: str,
        follows: bool = False,
    ) -> tuple[Order, BlockDifference]:
        """A block of which some numbers differ."""
        cells, entered = np.argwhere(unlike).tolist(), kind == "input"
        far = np.where(unlike, np.nan_to_num(gaps, nan=np.inf), -1.0)
        i, j = map(int, np.unravel_index(far.argmax(), far.shape))
        block = replace(
            self._difference(kind, pair.a, what, unlike.size, len(cells)),
            largest=float(far.max()) if np.isfinite(far.max()) else None,
            at=self._pair(pair, i, j, entered),
            cells=tuple(self._pair(pair, i, j, entered) for i, j in cells[: self.first]),
            follows=follows,
        )
        return self._order(pair.a), block

    def _difference(
        self, kind: Kind, when: When, what: str, size: int, count: int
    ) -> BlockDifference:
        epoch, batch = when or (None, None)
        if not self.batched or self.recurrence != "update":
            batch = None
        sheet, matrix = self.a.key[:2]
        return BlockDifference(kind, sheet, matrix, what, self.a.step, epoch, batch, size, count)

    def _order(self, when: When) -> Order:
        if when is None:
            return (0 if self.recurrence == "once" else LAST), 0, self.a.place
        # An epoch is measured when its updates are done.
        batch = LAST if self.recurrence == "epoch" else when.batch
        return when.epoch, batch, self.a.place

    def _pair(self, pair: Pair, i: int, j: int, entered: bool = False) -> CellPair:
        """A cell of both, with what is entered or with its value."""
        cells = [(self.a, (pair.a, i, j)), (self.b, (pair.b, i, j))]
        contents = (
            [_value(series, cell) for series, cell in cells]
            if not entered
            else [_shown(series.entered(cell)) for series, cell in cells]
        )
        bands = [series.bands[cell[0]] for series, cell in cells]
        names = [cell_name(band.row + i, band.column + j) for band in bands]
        return CellPair(names[0], names[1], contents[0], contents[1])


def _value(series: Series, cell: Cell) -> Content:
    value: Value = series.number(cell)
    return str(value) if isinstance(value, str) else value


def _shown(entry: Entry) -> Content:
    """What is entered, as people see it: array formulas in braces."""
    if isinstance(entry, Stored):
        return f"{{{entry.text}}}" if entry.array else entry.text
    return str(entry) if isinstance(entry, str) else entry
