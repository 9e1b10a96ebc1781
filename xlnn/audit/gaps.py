"""What stands for epochs that are not shown: start values and losses that no formula computes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from xlnn.audit.cell_values import is_number
from xlnn.audit.recomputed import Matrices, as_float, constants, drawn_in
from xlnn.audit.report import Finding
from xlnn.audit.self_description import SelfDescription
from xlnn.audit.stored.workbook import StoredWorkbook
from xlnn.maths.difference import differences
from xlnn.maths.evaluate import Array
from xlnn.training.order import batch_orders
from xlnn.training.run import Course
from xlnn.workbook.plan import LOSS, LOSS_COLUMN, LOSS_FIRST, Moment, Plan, cell_name

LONGEST_TRAINING = 20_000
"""Up to this many epochs are trained again to check values that stand after a gap."""


def check_gaps(
    book: StoredWorkbook,
    plan: Plan,
    description: SelfDescription,
    matrices: Matrices,
    tolerance: float,
) -> Iterator[str | Finding]:
    """Notes on what stands for epochs that are not shown, start values and losses: values,
    which follow neither an edited input nor a change to themselves. A loss that is not what
    training gives, though what comes after it is, was changed itself: a finding."""
    recipe, last = plan.recipe, description.epochs
    if len(plan.epochs) == last:
        return
    if plan.epochs[0] != 1 or last > LONGEST_TRAINING:
        why = (
            f"training {last:,} epochs again would take too long"
            if plan.epochs[0] == 1
            else "epoch 1, from which they follow, is not shown"
        )
        yield f"the values that stand for epochs which are not shown were not checked: {why}"
        return
    course, start = Course(plan.schedule), Moment(1, 1)
    fixed = constants(course, plan, matrices)
    state = {name: matrices.at(name, start) for name in course.first.carried}
    other: list[tuple[int, Finding]] = []
    """The losses that are not what training gives, by their epochs."""
    proven = 0
    """Up to this epoch training gives what stands after it."""
    for epoch in range(1, last + 1):
        shown = epoch in plan.epochs
        if shown and epoch - 1 not in plan.epochs and epoch > 1:
            there = {name: matrices.at(name, Moment(epoch, 1)) for name in state}
            gap = max(float(differences(there[n], state[n]).max()) for n in state)
            if gap <= tolerance:
                proven = epoch - 1
            else:
                yield (
                    f"the start values of epoch {epoch} are not what training up to it gives "
                    "with the inputs as they are now: an input was edited since they were "
                    "computed, or these values were"
                )
        drawn = drawn_in(plan, matrices, epoch) if shown else _drawn(plan, description, epoch)
        *updates, measured = course.epoch(fixed | state, drawn)
        state = {name: updates[-1][new] for name, new in recipe.renewed.items()}
        if not shown:
            wrong = list(_other_curves(book, plan, epoch, measured, tolerance))
            other += [(epoch, finding) for finding in wrong]
            proven = proven if wrong else epoch
    yield from (finding for epoch, finding in other if epoch <= proven)
    if late := [epoch for epoch, _ in other if epoch > proven]:
        which = f"of epoch {late[0]}, which is"
        if late[0] != late[-1]:
            which = f"from epoch {late[0]} on, where they are"
        yield (
            f"on the sheet {LOSS}, the values {which} not live, are not what training gives with "
            "the inputs as they are now"
        )


def _drawn(plan: Plan, description: SelfDescription, epoch: int) -> list[dict[str, Array]]:
    """What was drawn for each batch of an epoch that is not shown."""
    if not plan.recipe.drawn:
        return [{}]
    samples = plan.recipe.shapes["y"].rows.size
    batch = plan.recipe.shapes["order"].rows.size
    shuffle, seed = description.shuffle, description.seed
    orders = batch_orders(samples, batch, epoch, shuffle=shuffle, seed=seed)
    return [{"order": order} for order in orders]


def _other_curves(
    book: StoredWorkbook, plan: Plan, epoch: int, measured: Mapping[str, Array], tolerance: float
) -> Iterator[Finding]:
    """What the sheet Loss has of an epoch that is not live, where that is not what was measured."""
    row = LOSS_FIRST + epoch - 1
    for place, name in enumerate(plan.recipe.curves):
        column, expected = LOSS_COLUMN + place, float(measured[name].item())
        found = book.value(LOSS, row, column)
        if differences(as_float(found), expected) <= tolerance:
            continue
        cell = cell_name(row, column)
        yield Finding(
            kind="wrong-value",
            sheet=LOSS,
            cell=cell,
            matrix=name,
            step=plan.recipe.members[name].number,
            epoch=epoch,
            expected=expected,
            found=found if is_number(found) else str(found),
            cause=True,
            message=f"{LOSS}!{cell} (epoch {epoch}, which is not live): holds {found!r}, but "
            f"training gives {expected!r}, and after it what stands here",
        )
