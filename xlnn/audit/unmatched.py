"""What two workbooks do not both have, or not in one shape."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from xlnn.audit.differences import Unmatched
from xlnn.audit.side import Side
from xlnn.audit.structure import planned_sheets
from xlnn.workbook.plan import Plan
from xlnn.workbook.settings_sheet import epoch_ranges


def unmatched(a: Side, b: Side) -> Iterator[Unmatched]:
    """What cannot be compared: sheets, epochs, batches, numbers, matrices, shapes, blocks."""
    one, other = _sheets(a), _sheets(b)
    for name in {**one, **other}:
        mine, theirs = one.get(name, _planned(a, name)), other.get(name, _planned(b, name))
        if mine != theirs:
            yield Unmatched("sheet", name, mine, theirs)
    here, there = set(a.plan.epochs), set(b.plan.epochs)
    if here != there:
        yield Unmatched("epochs", "epochs", _ranges(here - there), _ranges(there - here))
    if a.plan.batches != b.plan.batches:
        yield Unmatched("batches", "batches", str(a.plan.batches), str(b.plan.batches))
    for name in {**dict.fromkeys(a.plan.chosen), **dict.fromkeys(b.plan.chosen)}:
        if (name in a.plan.chosen) != (name in b.plan.chosen):
            yield Unmatched("number", name, _number(a, name), _number(b, name))
    shapes, others = _shapes(a.plan), _shapes(b.plan)
    for name in {**shapes, **others}:
        mine, theirs = shapes.get(name), others.get(name)
        if mine != theirs:
            both = mine is not None and theirs is not None
            yield Unmatched("shape" if both else "matrix", name, mine, theirs)
    yield from _blocks(a, b)


def _sheets(side: Side) -> Mapping[str, str]:
    """The sheets that somebody added or deleted, and those that the settings ask for."""
    found = dict.fromkeys(side.plan.extras, "there")
    found |= dict.fromkeys(side.missing, "deleted")
    return found | dict.fromkeys(side.added, "added")


def _planned(side: Side, name: str) -> str | None:
    """What is said of a sheet that nobody added or deleted."""
    return "there" if name in planned_sheets(side.plan) else None


def _ranges(epochs: set[int]) -> str | None:
    return epoch_ranges(tuple(sorted(epochs))) if epochs else None


def _number(side: Side, name: str) -> str | None:
    value = side.settings.get(name) if name in side.plan.chosen else None
    return None if value is None else str(value)


def _shapes(plan: Plan) -> dict[str, str]:
    return {
        name: f"{shape.rows.size}×{shape.columns.size}"
        for name, shape in plan.recipe.shapes.items()
    }


def _blocks(a: Side, b: Side) -> Iterator[Unmatched]:
    """How many blocks of a sheet that both have are only in one: what it holds follows from the
    network, and needs no list."""
    both = set(a.plan.extras) & set(b.plan.extras) - {*a.missing, *b.missing}
    only = [Counter(key.sheet for key in one.series if key not in other.series)
            for one, other in ((a, b), (b, a))]  # fmt: skip
    for name in a.plan.extras:
        if name in both and (only[0][name] or only[1][name]):
            here, there = (str(count[name]) if count[name] else None for count in only)
            yield Unmatched("blocks", name, here, there)
