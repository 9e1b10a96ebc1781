"""Whether the inputs of a workbook can be computed with."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set

import numpy as np

from xlnn.audit.cell_values import ErrorValue, is_number
from xlnn.audit.engines.values import Values
from xlnn.audit.report import Finding
from xlnn.audit.scan import Scan
from xlnn.audit.stored.workbook import StoredWorkbook
from xlnn.workbook.plan import SETTINGS, SETTINGS_COLUMN, Area, Moment, Plan, cell_name

TOLD = 5
"""How many inputs that are computed are told of, each in a note of its own."""

_VOLATILE = re.compile(r"\b(RAND|RANDBETWEEN|RANDARRAY|NOW|TODAY)\(", re.IGNORECASE)
"""A function that gives something else each time."""


def check_inputs(
    book: StoredWorkbook, plan: Plan, missing: Set[str], values: Values, scan: Scan
) -> Iterator[Finding]:
    """Inputs must be numbers."""
    for area, sheet, row, column in _doubtful(plan, missing, scan):
        yield from _check_input(book, plan, area, sheet, row, column, values)


def computed_inputs(
    book: StoredWorkbook, plan: Plan, missing: Set[str], scan: Scan
) -> Iterator[str]:
    """Notes on inputs that are formulas: nothing says what their numbers should be."""
    inputs = [(sheet, row, column) for _, sheet, row, column in _doubtful(plan, missing, scan)]
    found = [(place, stored) for place in inputs if (stored := book.formula(*place)) is not None]
    for (sheet, row, column), stored in found[:TOLD]:
        taken = "its number was taken as it is"
        if _VOLATILE.search(stored.text):
            taken = "it gives another number each time, and this report is on one of them"
        yield f"the input {sheet}!{cell_name(row, column)} is computed, by {stored.text}: {taken}"
    if more := len(found[TOLD:]):
        yield f"{more:,} more inputs are computed"


def _doubtful(
    plan: Plan, missing: Set[str], scan: Scan
) -> Iterator[tuple[Area | None, str, int, int]]:
    """The inputs that may be something else than typed numbers: area, sheet, row and column. What
    was drawn must besides be whole."""
    for name in plan.chosen:
        yield None, SETTINGS, plan.setting_row(name), SETTINGS_COLUMN
    drawn = {given.name for given in plan.recipe.drawn}
    for area in plan.matrices():
        if area.expr is None and area.sheet not in missing:
            typed = scan.typed[area.matrix, Moment(area.epoch, area.batch)]
            for i, j in np.argwhere(np.isnan(typed) | (area.matrix in drawn)):
                yield area, area.sheet, area.row + int(i), area.column + int(j)


def _check_input(
    book: StoredWorkbook,
    plan: Plan,
    area: Area | None,
    sheet: str,
    row: int,
    column: int,
    values: Values,
) -> Iterator[Finding]:
    value = book.constant(sheet, row, column)
    if book.formula(sheet, row, column) is not None:
        value = values.value(sheet, row, column)  # an input may be computed from others
    drawn = area is not None and area.matrix in {g.name for g in plan.recipe.drawn}
    most = plan.recipe.shapes["X"].rows.size
    wanted = f"a whole number from 1 to {most}" if drawn else "a number"
    if is_number(value) and (not drawn or (1 <= value <= most and float(value).is_integer())):
        return
    cell = cell_name(row, column)
    found = None if value is None else str(value)
    what = "is blank" if found is None else f"holds {found!r}"
    is_error = isinstance(value, ErrorValue)
    yield Finding(
        kind="missing" if found is None else "error-value" if is_error else "wrong-value",
        sheet=sheet,
        cell=cell,
        matrix=area.matrix if area else _setting_at(plan, row),
        step=area.number if area else None,
        epoch=area.epoch if area else None,
        expected=wanted,
        found=found,
        cause=True,
        message=f"{sheet}!{cell} {what}, but it must be {wanted}: it is an input",
    )


def _setting_at(plan: Plan, row: int) -> str:
    return next(name for name in plan.chosen if plan.setting_row(name) == row)
