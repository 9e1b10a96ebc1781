"""What was done instead of a step, in blocks that are causes.

It is looked for when everything is known: somebody may have read what is computed only later.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from xlnn.audit.causes.case import Case
from xlnn.audit.causes.diagnosis import Diagnoses
from xlnn.audit.cell_values import is_number
from xlnn.audit.report import Finding
from xlnn.audit.theirs.numbers import Checked
from xlnn.audit.theirs.workbook_map import WorkbookMap
from xlnn.maths.evaluate import Array
from xlnn.maths.recipe import Step
from xlnn.workbook.plan import Moment

DIAGNOSED = 200
"""Of so many blocks at most it is looked into what was done instead of the step."""

NEAR = 5
"""So many other moments are looked at for what may have been read of them."""

Order = tuple[int, int, int]
"""Where a finding belongs in the order of computation: block, row and column."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A cause whose reason is to be looked for."""

    finding: int
    """Its place among the findings."""
    checked: Checked
    i: int
    j: int
    """The row and the column as the recipe has them."""


def explain(
    findings: list[tuple[Order, Finding]],
    pending: Sequence[Pending],
    map: WorkbookMap,
    history: Mapping[Moment, Mapping[str, Array]],
) -> None:
    """Adds to causes what was done instead of the step, where that is recognised; where not, which
    steps before it are not mapped and may be wrong as well."""
    known: dict[tuple[Moment, str], Diagnoses | None] = {}
    for each in pending:
        (order, finding), checked = findings[each.finding], each.checked
        assert checked.block is not None  # else nothing is wrong in it
        assert checked.found is not None
        if checked.block.role == "ones" or not is_number(finding.found):
            continue
        key = checked.moment, checked.step.name
        if key not in known:
            few = len(known) < DIAGNOSED
            known[key] = Diagnoses(_case(checked, map, history)) if few else None
        diagnoses, ours = known[key], checked.block.ours(checked.found, checked.values)
        diagnosis = diagnoses.of(each.i, each.j, float(ours[each.i, each.j])) if diagnoses else None
        words = f": {diagnosis.words}" if diagnosis else _between(checked, map)
        findings[each.finding] = (
            order,
            replace(
                finding,
                message=finding.message + words,
                diagnosis=diagnosis.key if diagnosis else None,
            ),
        )


def _case(
    checked: Checked, map: WorkbookMap, history: Mapping[Moment, Mapping[str, Array]]
) -> Case:
    """A step with what may have been read in its place."""
    step, here = checked.step, checked.reads_at

    def at(moment: Moment) -> Mapping[str, Array] | None:
        return checked.values if moment == here else history.get(moment)

    def matrix(name: str, moment: Moment) -> Array | None:
        values = at(moment)
        return None if values is None else values.get(name)

    def read(moment: Moment) -> Mapping[str, Array] | None:
        values = at(moment)
        if values is None or any(name not in values for name in step.reads):
            return None
        return {name: values[name] for name in step.reads}

    return Case(
        map.schedule.at(checked.moment.batch),
        "" if checked.carried else step.name,
        step.number,
        step.shape,
        step.expr,
        here,
        at=matrix,
        read=read,
        others=_near(here, history),
    )


def _near(moment: Moment, history: Iterable[Moment]) -> list[Moment]:
    """Other moments, the nearest first."""

    def distance(other: Moment) -> tuple[int, int]:
        return abs(other.epoch - moment.epoch), abs(other.batch - moment.batch)

    return sorted((other for other in history if other != moment), key=distance)[:NEAR]


def _between(checked: Checked, map: WorkbookMap) -> str:
    """The steps that lead to a block and are not mapped."""
    if checked.carried:
        return ""
    recipe, found = map.schedule.recipe, dict[str, None]()
    waiting = list(checked.step.reads)
    while waiting:
        name = waiting.pop(0)
        member = recipe.members.get(name)
        if isinstance(member, Step) and map.at(checked.moment, name) is None:
            found[name] = None
            waiting += member.reads
    return f"; it may as well be {' or '.join(found)}, not in the map" if found else ""
