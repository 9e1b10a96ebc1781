"""What was measured of all epochs, as the sheet Loss lists it, in two workbooks side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from xlnn.audit.differences import BlockDifference, CellPair
from xlnn.audit.engines.values import Values
from xlnn.maths.difference import differences
from xlnn.maths.evaluate import Array
from xlnn.workbook.plan import LOSS, LOSS_COLUMN, LOSS_FIRST, MAX_ROWS, Plan, column_name


def read_curves(plan: Plan, trained: int, values: Values) -> Mapping[str, Array]:
    """For each measure its numbers of all trained epochs, live or not; NaN for what is none."""
    rows = min(trained, MAX_ROWS - LOSS_FIRST + 1)  # what the Settings tell may be anything
    return {
        name: values.numbers(LOSS, LOSS_FIRST, LOSS_COLUMN + place, rows, 1)[:, 0]
        for place, name in enumerate(plan.recipe.curves)
    }


def contrast_curves(
    plans: tuple[Plan, Plan],
    curves: tuple[Mapping[str, Array], Mapping[str, Array]],
    tolerance: float,
    first: int | None,
) -> Iterator[BlockDifference]:
    """The measures that differ in epochs that are not live in both workbooks: those that are, are
    compared as other matrices are."""
    live = sorted(set(plans[0].epochs) & set(plans[1].epochs))
    for name in (name for name in curves[0] if name in curves[1]):
        rows = min(len(curves[0][name]), len(curves[1][name]))
        a, b = (each[name][:rows] for each in curves)
        compared = np.ones(rows, np.bool_)
        compared[[epoch - 1 for epoch in live if epoch <= rows]] = False
        gaps = differences(a, b)
        unlike = np.flatnonzero(compared & ~(gaps <= tolerance) & ~(np.isnan(a) & np.isnan(b)))
        if not unlike.size:
            continue
        far = np.nan_to_num(gaps[unlike], nan=np.inf)
        letters = [column_name(LOSS_COLUMN + plan.recipe.curves.index(name)) for plan in plans]
        listed = [int(unlike[far.argmax()]), *unlike[:first].tolist()]
        at, *cells = (
            CellPair(
                f"{letters[0]}{LOSS_FIRST + index}",
                f"{letters[1]}{LOSS_FIRST + index}",
                _number(a[index]),
                _number(b[index]),
            )
            for index in listed
        )
        yield BlockDifference(
            kind="kept",
            sheet=LOSS,
            matrix=name,
            step=plans[0].recipe.members[name].number,
            size=int(compared.sum()),
            count=unlike.size,
            largest=float(far.max()) if np.isfinite(far.max()) else None,
            at=at,
            cells=tuple(cells),
        )


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
