"""What a map leaves out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from xlnn.audit.theirs.workbook_map import WorkbookMap
from xlnn.maths.recipe import Step
from xlnn.workbook.plan import Moment


def skipped(map: WorkbookMap) -> Iterator[str]:
    """The matrices of which nothing is compared, with the epochs if it is not all of them."""
    recipe = map.schedule.recipe
    updates = [
        Moment(epoch, batch)
        for epoch in range(1, map.epochs + 1)
        for batch in range(1, map.schedule.batches + 1)
    ]
    for name, member in recipe.members.items():
        if not isinstance(member, Step):
            continue
        recurrence = recipe.recurrence[name]
        moments: Sequence[Moment] = [Moment(1, 1)]
        if recurrence != "once":
            moments = [each for each in updates if recurrence == "update" or each.batch == 1]
        lacking = [moment for moment in moments if map.at(moment, name) is None]
        if lacking and len(lacking) < len(moments):
            yield f"{name} ({moments_text(lacking, map.schedule.batches)})"
        elif lacking:
            yield name


def moments_text(moments: Sequence[Moment], batches: int) -> str:
    """``epochs 2 to 9``, or ``epoch 3, batch 2``."""
    if len(moments) > 1 and batches == 1:
        epochs = [moment.epoch for moment in moments]
        if epochs == list(range(epochs[0], epochs[-1] + 1)):
            return f"epochs {epochs[0]} to {epochs[-1]}"
    if len(moments) > 3:
        return f"{len(moments)} updates"
    texts = [
        f"epoch {moment.epoch}" + (f", batch {moment.batch}" if batches > 1 else "")
        for moment in moments
    ]
    return "; ".join(texts)
