"""Compares two workbooks that xlnn built: their settings, inputs, formulas and values.

What somebody changed comes first, then what follows from it. Values are those that an engine
computes; what the files carry along is never looked at, nor is how anything looks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from operator import itemgetter
from pathlib import Path
from time import perf_counter

from xlnn.audit.cell_values import Value
from xlnn.audit.contrast import Contrast, Order
from xlnn.audit.curves import contrast_curves
from xlnn.audit.differences import (
    KINDS,
    BlockDifference,
    CellPair,
    Content,
    Differences,
    SettingDifference,
)
from xlnn.audit.engines import engine_named
from xlnn.audit.self_description import read_description
from xlnn.audit.settings import DESCRIBING, changed_setting
from xlnn.audit.side import Described, Side, described, read_side
from xlnn.audit.stored.workbook import StoredWorkbook
from xlnn.audit.tolerance import TOLERANCE, check_tolerance
from xlnn.audit.unmatched import unmatched
from xlnn.errors import WorkbookError
from xlnn.progress import Progress, silent
from xlnn.workbook.plan import SETTINGS, Plan, cell_name

FIRST = 3
"""How many cells are listed of each block."""


def compare(
    a: str | Path,
    b: str | Path,
    engine: str = "ironcalc",
    tolerance: float = TOLERANCE,
    first: int | None = FIRST,
    progress: Progress = silent,
) -> Differences:
    """What differs between two workbooks, with the first cells of each block, None for all.

    Raises WorkbookError for a file that cannot be read or used, EngineError for an engine that is
    unknown, missing or fails.
    """
    began = perf_counter()
    chosen = engine_named(engine)
    version = chosen.version()  # a missing one is named before any work
    check_tolerance(tolerance)
    books = [StoredWorkbook(Path(path)) for path in (a, b)]
    if books[0].sha256 == books[1].sha256:
        read_description(books[0])  # it must be a workbook of ours
        return Differences(str(a), str(b), tolerance, engine, "", True, 0)
    both = [described(book) for book in books]  # before any work
    _check_settings(both)
    progress(f"recomputing with {engine}", 0, 0)
    with ThreadPoolExecutor(1) as pool:
        # The engine is a process of its own: it computes B while A is read.
        values = [pool.submit(chosen.recompute, found.book.path) for found in both]
        one, other = (
            read_side(found, pending.result(), progress)
            for found, pending in zip(both, values, strict=True)
        )
    progress("comparing", 0, 0)
    found = _Comparison(one, other, tolerance, first)
    blocks = found.blocks()
    settings = tuple(_settings(one, other))
    apart = tuple(unmatched(one, other))
    return Differences(
        str(a),
        str(b),
        tolerance,
        engine,
        version,
        False,
        found.compared,
        settings,
        blocks,
        apart,
        tuple(_notes(one, other, blocks, bool(settings or apart))),
        perf_counter() - began,
    )


class _Comparison:
    """Holds two workbooks against each other."""

    def __init__(self, a: Side, b: Side, tolerance: float, first: int | None) -> None:
        self.a, self.b, self.tolerance, self.first = a, b, tolerance, first
        self.compared = 0

    def blocks(self) -> tuple[BlockDifference, ...]:
        """The blocks that differ, by kind and in order of computation."""
        found = list(chain(self._headings(), self._names(), self._contrasted()))
        found.sort(key=itemgetter(0))
        kinds = list(KINDS)
        ordered = [*self._curves(), *(block for _, block in found)]
        return tuple(sorted(ordered, key=lambda block: kinds.index(block.kind)))

    def _curves(self) -> Iterator[BlockDifference]:
        """What was measured of epochs that are not live."""
        plans, curves = (self.a.plan, self.b.plan), (self.a.curves, self.b.curves)
        return contrast_curves(plans, curves, self.tolerance, self.first)

    def _contrasted(self) -> Iterator[tuple[Order, BlockDifference]]:
        batched = max(self.a.plan.batches, self.b.plan.batches) > 1
        for key, one in self.a.series.items():
            other = self.b.series.get(key)
            if other is None:
                continue
            recurrence = "once" if key.sheet == SETTINGS else ""
            if one.step is not None:
                recurrence = self.a.plan.recipe.recurrence[key.matrix]
            contrast = Contrast(one, other, self.tolerance, self.first, batched, recurrence)
            self.compared += len(contrast.pairs()) * key.size
            yield from contrast.found()

    def _headings(self) -> Iterator[tuple[Order, BlockDifference]]:
        """Names of samples, features and outputs that differ."""
        for place, (name, ends) in enumerate(self.a.headings.items()):
            area = self.a.plan.matrix(name, self.a.plan.epochs[0])
            for axis, what in enumerate(("row headings", "column headings")):
                one, other = ends[axis], self.b.headings.get(name, ((), ()))[axis]
                if len(one) != len(other):
                    continue  # another shape is told elsewhere
                places = [
                    cell_name(area.row - axis + at * (1 - axis), area.column - 1 + axis + at * axis)
                    for at in range(len(one))
                ]
                pairs = [
                    CellPair(cell, cell, first, second)
                    for cell, first, second in zip(places, one, other, strict=True)
                    if first != second
                ]
                if pairs:
                    listed = tuple(pairs[: self.first])
                    yield (
                        (0, 0, place),
                        BlockDifference(
                            kind="label",
                            sheet=name,
                            matrix=name,
                            what=what,
                            step=area.number,
                            size=len(one),
                            count=len(pairs),
                            cells=listed,
                        ),
                    )

    def _names(self) -> Iterator[tuple[Order, BlockDifference]]:
        """Names in formulas that mean something else: so do all formulas that use them."""
        planned = self.a.plan.names, self.b.plan.names
        for name in {**self.a.names, **self.b.names}:
            if name in planned[0] and name in planned[1]:
                one = self.a.names.get(name, planned[0][name])
                other = self.b.names.get(name, planned[1][name])
                if one == other:
                    continue
                sheet = planned[0][name].partition("!")[0]
                pair = CellPair("", "", one or None, other or None)
                what = "the meaning of the name"
                yield (
                    (0, 0, -1),
                    BlockDifference(
                        kind="formula", sheet=sheet, matrix=name, what=what, cells=(pair,)
                    ),
                )


def _check_settings(both: Sequence[Described]) -> None:
    """Refuses a workbook in which a setting was typed over that formulas follow from."""
    one, other = (found.description.settings for found in both)
    if all(_plain(one.get(key)) == _plain(other.get(key)) for key in DESCRIBING):
        return
    for book in (found.book for found in both):
        if setting := changed_setting(book, read_description(book)):
            raise WorkbookError(f"{book.path}: {setting.message}")


def _settings(a: Side, b: Side) -> Iterator[SettingDifference]:
    """What Settings say differently, but for the numbers that formulas read."""
    one, other = a.settings, b.settings
    live = {*a.plan.chosen, *b.plan.chosen}
    for key in {**one, **other}:
        first, second = _plain(one.get(key)), _plain(other.get(key))
        if key not in live and first != second:
            yield SettingDifference(key, first, second)


def _plain(value: Value) -> Content:
    """A setting, however a program saved it: 3 may become 3.0 or the text of it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return str(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _notes(
    a: Side,
    b: Side,
    blocks: tuple[BlockDifference, ...],
    explained: bool,
) -> Iterator[str]:
    """What a reader should know besides. Where differences are ``explained`` by settings, or by
    what one of the workbooks has not, rounding is no reason."""
    if a.plan.style != b.plan.style:
        yield (
            f"formulas are written one a {a.plan.style} in A and one a {b.plan.style} in B; such "
            "cells are the same where each holds what its own workbook's settings ask for"
        )
    if gaps := _live_in_one(a.plan, b.plan):
        yield gaps
    for one, other, name in ((a, b, "A"), (b, a, "B")):
        if hidden := [sheet for sheet in one.hidden if sheet not in other.hidden]:
            yield f"hidden in {name} only: {', '.join(hidden)}"
        if own := [at for at, entry in one.strays.items() if other.strays.get(at) != entry]:
            many = "formulas and numbers" if len(own) > 1 else "formula or number"
            yield (
                f"{len(own):,} {many} in {name} belong{'s' if len(own) == 1 else ''} to no block, "
                f"so nothing was compared there: {', '.join('!'.join(at) for at in own[:FIRST])}"
                + (" …" if len(own) > FIRST else "")
            )
    reasons = {block.kind for block in blocks} & {"input", "formula"}
    if any(block.kind == "value" for block in blocks) and not reasons and not explained:
        yield (
            "no input and no formula differs: the training is so unstable that it multiplies the "
            "last digits, which some programs do not save"
        )


def _live_in_one(a: Plan, b: Plan) -> str:
    """Which epochs start from values in one workbook and from the epoch before in the other."""
    found = [
        epoch
        for epoch in a.epochs
        if epoch in b.epochs and (epoch - 1 in a.epochs) != (epoch - 1 in b.epochs)
    ]
    if not found:
        return ""
    listed = ", ".join(map(str, found[:3])) + (" …" if len(found) > 3 else "")
    return (
        f"what epoch {listed} starts from is live in only one of the workbooks, so it was compared "
        "as a value"
    )
