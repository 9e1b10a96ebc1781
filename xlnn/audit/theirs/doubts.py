"""Where not the workbook but its map may be wrong: another sign, another matrix, cells beside those
that are meant explain all numbers of a block."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence

import numpy as np

from xlnn.audit.engines.values import Values
from xlnn.audit.theirs.numbers import Checked
from xlnn.maths.difference import differences
from xlnn.maths.evaluate import Array

BESIDE = {
    (1, 0): "one row lower",
    (-1, 0): "one row higher",
    (0, 1): "one column to the right",
    (0, -1): "one column to the left",
}
"""Where a range may have been meant to be."""


def doubts(
    wrong: Sequence[Checked],
    derived: Mapping[str, Array],
    mapped: Container[str],
    values: Values,
    tolerance: float,
) -> Iterator[str]:
    """A note on each wrong block that another map would make right. ``derived`` are all matrices of
    the same moment as the inputs give them, as the recipe has them; some of them are ``mapped``."""
    doubtful = {checked.step.name for checked in wrong}
    for checked in wrong:
        # What stands right in its own place was copied; no range is exchanged with it.
        others = {
            name: right
            for name, right in derived.items()
            if name != checked.step.name and (name in doubtful or name not in mapped)
        }
        yield from _notes(checked, others, values, tolerance)


def _notes(
    checked: Checked, others: Mapping[str, Array], values: Values, tolerance: float
) -> Iterator[str]:
    block, found, settings = checked.block, checked.found, checked.values
    assert block is not None  # else nothing is wrong in it
    assert found is not None
    name, expected = checked.step.name, block.theirs(checked.derived, settings)

    def same(one: Array, other: Array) -> bool:
        if one.shape != other.shape or not np.any(other):
            return False
        with np.errstate(all="ignore"):
            return bool(np.all(differences(one, other) <= tolerance))

    if same(found, -expected):
        yield (
            f"every number of {name} ({block.cells}) has the other sign than its step gives: if "
            f"that is meant so, the map should {'not ' * (block.times < 0)}say negate = true"
        )
        return
    ours = block.ours(found, settings)
    if alike := [other for other, right in others.items() if same(ours, right)]:
        yield (
            f"the numbers in {block.cells}, which the map calls {name}, are those of "
            f"{' or '.join(alike)}: are ranges in the map exchanged?"
        )
        return
    for (down, right), where in BESIDE.items():
        moved = block.cells.moved(down, right)
        inside = all(part.row >= 1 and part.column >= 1 for part in moved.ranges)
        if inside and same(moved.numbers(values), expected):
            yield (
                f"the numbers of {name} stand {where} than the map says: in {moved}, not in "
                f"{block.cells}"
            )
