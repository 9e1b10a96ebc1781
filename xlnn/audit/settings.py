"""The setting that was changed, where Settings and workbook do not fit: found by trying others.

What a workbook is built with stands on Settings, and Map and formulas follow from it. When one of
these settings is typed over, everything seems wrong but that one cell; so the workbook is held
against what it would be with each setting as it may have been.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

from xlnn.audit.report import Finding, sheet_cause
from xlnn.audit.same_formula import same_formula
from xlnn.audit.self_description import SelfDescription, read_plan
from xlnn.audit.stored.workbook import StoredWorkbook
from xlnn.errors import WorkbookError
from xlnn.experiment.description import CHOICES, Description
from xlnn.maths.recipe import Step
from xlnn.workbook.map_sheet import map_entry
from xlnn.workbook.plan import SETTINGS, SETTINGS_COLUMN, Plan, cell_name
from xlnn.workbook.settings_sheet import epoch_ranges

DESCRIBING = (*(field.name for field in fields(Description)), "show", "formulas", "operands")
"""The settings that decide where matrices and formulas stand, and what the formulas are."""

ENTRIES = 500
"""So many rows of the Map are compared first."""


def changed_setting(book: StoredWorkbook, description: SelfDescription) -> Finding | None:
    """The finding on a setting with which, if it were another, Map and formulas would be as they
    are; None if there is no such setting."""
    if _fits(book, read_plan(description), description):
        return None  # it is no setting that is wrong
    for key, value in _candidates(description):
        try:
            plan = read_plan(replace(description, settings={**description.settings, key: value}))
        except WorkbookError:
            continue
        if _fits(book, plan, description):
            return _finding(book, description, key, value)
    return None


def _candidates(description: SelfDescription) -> Iterator[tuple[str, Any]]:
    """Each setting as it may have been: as the Map tells, or any other choice."""
    found = dict(_told(description))
    for key in DESCRIBING:
        now = description.settings.get(key)
        values = [found[key]] if key in found else []
        if key in CHOICES:
            values += [_said(choice) for choice in CHOICES[key]]
        for value in dict.fromkeys(values):
            if str(value) != str(now):
                yield key, value


def _told(description: SelfDescription) -> Iterator[tuple[str, Any]]:
    """The sizes that the Map tells."""
    entries = [entry for _, entry in description.entries]
    first: dict[str, Any] = {}
    for entry in entries:
        first.setdefault(str(entry["name"]), entry)
    X, y = first.get("X"), first.get("y")
    if X is not None and y is not None:
        yield "samples", float(X["rows"])
        yield "inputs", float(X["columns"])
        yield "outputs", float(y["columns"])
    hidden = [entry for name, entry in first.items() if name == "wh" or _is_layer(name)]
    yield "hidden", ", ".join(str(entry["columns"]) for entry in hidden) or "none"
    yield "test_samples", float(first["X_test"]["rows"]) if "X_test" in first else 0.0
    batch = first.get("X_batch")
    if batch is not None:
        yield "batch_size", float(batch["rows"])
    else:
        yield "batch_size", "all"
    epochs = sorted({int(str(entry["epoch"])) for entry in entries})
    if epochs:
        yield "show", epoch_ranges(tuple(epochs))


def _is_layer(name: str) -> bool:
    return name.startswith("wh_") and name[3:].isdigit()


def _fits(book: StoredWorkbook, plan: Plan, description: SelfDescription) -> bool:
    """Whether Map and formulas are those of a plan: of each matrix the first cell is looked at."""
    entries = [entry for _, entry in description.entries]
    if len(entries) != sum(map(plan.bands_of, plan.recipe.members)):
        return False
    for area, entry in zip(plan.matrices(), entries[:ENTRIES], strict=False):
        if map_entry(area) != entry:
            return False
    for name, member in plan.recipe.members.items():
        if not isinstance(member, Step):
            continue
        area = plan.matrix(name, plan.epochs[0])
        formula = plan.formula(area, 0, 0)
        if area.sheet not in book.sheets or formula is None:
            return False
        stored = book.formula(area.sheet, area.row, area.column)
        book.forget(area.sheet)
        if stored is None or not same_formula(stored.text, f"={formula.text}"):
            return False
    return True


def _said(choice: object) -> object:
    return str(choice).lower() if isinstance(choice, bool) else choice


def _finding(book: StoredWorkbook, description: SelfDescription, key: str, value: Any) -> Finding:
    now = description.settings.get(key)
    rows = (row for (row, column), text in book.sheet(SETTINGS).values.items() if text == key)
    cell = cell_name(next(rows), SETTINGS_COLUMN)
    wanted, found = (f"{each:g}" if isinstance(each, float) else str(each) for each in (value, now))
    return sheet_cause(
        "structure",
        SETTINGS,
        cell,
        f"{SETTINGS}!{cell} says that {key} is {found}, but Map and formulas are those of "
        f"{wanted}: the setting was changed after the workbook was built, and nothing else can be "
        "checked until it is put right",
        matrix=key,
        expected=wanted,
        found=None if now is None else found,
    )
