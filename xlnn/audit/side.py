"""One of two workbooks that are compared: what it says of itself, and what stands in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from xlnn.audit.curves import read_curves
from xlnn.audit.engines.values import Values
from xlnn.audit.proportion import check_proportion
from xlnn.audit.same_formula import same_formula
from xlnn.audit.self_description import SelfDescription, read_description, read_plan
from xlnn.audit.series import Entry, Key, Series
from xlnn.audit.series_reader import SeriesReader
from xlnn.audit.stored.workbook import StoredWorkbook
from xlnn.audit.structure import added_sheets, planned_sheets
from xlnn.errors import WorkbookError
from xlnn.maths.evaluate import Array
from xlnn.progress import Progress
from xlnn.workbook.map_sheet import map_entry
from xlnn.workbook.plan import LOSS, MAP, SETTINGS, Moment, Plan


@dataclass(frozen=True, slots=True)
class Side:
    """All that is compared of a workbook. The file and the engine are no longer needed."""

    settings: Mapping[str, Any]
    """The keys of the sheet Settings with their values."""
    plan: Plan
    series: Mapping[Key, Series]
    curves: Mapping[str, Array]
    """What was measured of all trained epochs."""
    names: Mapping[str, str]
    """Defined names that formulas use, as far as they mean anything else than the plan says."""
    headings: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]
    """Of the data: what is written before the rows, and above the columns."""
    missing: tuple[str, ...]
    """The sheets that the plan has and the workbook has not."""
    added: tuple[str, ...]
    """The sheets that somebody added."""
    hidden: tuple[str, ...]
    strays: Mapping[tuple[str, str], Entry]
    """What stands where the plan has nothing, by sheet and cell."""


@dataclass(frozen=True, slots=True)
class Described:
    """A workbook that can be compared, before it is recomputed."""

    book: StoredWorkbook
    description: SelfDescription
    plan: Plan


def described(book: StoredWorkbook) -> Described:
    """What a workbook says of itself. Raises WorkbookError for one that cannot be used."""
    description = read_description(book)
    plan = read_plan(description)
    check_proportion(book, plan)
    if [entry for _, entry in description.entries] != [map_entry(a) for a in plan.matrices()]:
        raise WorkbookError(
            f"{book.path}: its sheets {SETTINGS} and {MAP} tell of two different workbooks, so "
            f"nobody knows what its cells mean: xlnn audit {book.path} says where they part"
        )
    book.forget(MAP)  # with many epochs it is long
    return Described(book, replace(description, entries=()), plan)


def read_side(found: Described, values: Values, progress: Progress) -> Side:
    """Reads a workbook of which an engine has computed the values."""
    book, description, plan = found.book, found.description, found.plan
    reader = SeriesReader(book, plan, values, progress)
    reader.read()
    headings = {
        given.name: _headings(book, plan, given.name)
        for given in plan.recipe.data
        if given.name in book.sheets
    }
    return Side(
        description.settings,
        plan,
        reader.series,
        read_curves(plan, description.epochs, values) if LOSS in book.sheets else {},
        dict(_other_names(book, plan)),
        headings,
        tuple(name for name in planned_sheets(plan) if name not in book.sheets),
        tuple(added_sheets(book, plan)),
        tuple(name for name in book.sheets if name in book.hidden),
        reader.strays,
    )


def _headings(
    book: StoredWorkbook, plan: Plan, name: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    area = plan.matrix(name, *Moment(plan.epochs[0], 1))
    values = book.sheet(area.sheet).values

    def text(row: int, column: int) -> str:
        value = values.get((row, column))
        return "" if value is None else str(value)

    rows = (text(area.row + i, area.column - 1) for i in range(area.shape.rows.size))
    columns = (text(area.row - 1, area.column + j) for j in range(area.shape.columns.size))
    return tuple(rows), tuple(columns)


def _other_names(book: StoredWorkbook, plan: Plan) -> Iterator[tuple[str, str]]:
    """The names that formulas use and that do not mean what they meant, with what they mean."""
    used = plan.names if plan.style == "matrix" else {n: plan.names[n] for n in plan.chosen}
    found: dict[str, list[str]] = {name.casefold(): [] for name in used}
    for name, meaning, is_local in book.names:
        said = f"{meaning} on one sheet" if is_local else meaning
        found.get(name.casefold(), []).append(said)
    for name, wanted in used.items():
        meanings = found[name.casefold()]
        if len(meanings) != 1 or not same_formula(meanings[0], wanted):
            yield name, " and ".join(meanings)
