"""Whether a workbook's sheets, names and Map are those that its Settings describe."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import partial
from itertools import zip_longest
from typing import Any

from xlnn.audit.report import Finding, sheet_cause
from xlnn.audit.same_formula import same_formula, with_old_names
from xlnn.audit.self_description import SelfDescription
from xlnn.audit.stored.workbook import StoredWorkbook
from xlnn.workbook.map_sheet import COLUMNS, map_entry
from xlnn.workbook.plan import LOSS, MAP, MAP_FIRST, SETTINGS, START, Plan, cell_name


def check_structure(
    book: StoredWorkbook, plan: Plan, description: SelfDescription
) -> Iterator[Finding]:
    """The findings on sheets that are not there, names that mean something else, and a Map that
    does not fit the Settings."""
    now = {was: name for name, was in book.renamed.items()}
    for page in plan.pages:
        if page not in book.sheets:
            renamed = f" (it seems to be called {now[page]} now)" if page in now else ""
            name = plan.recipe.curves[0] if page == LOSS else page
            yield Finding(
                kind="missing",
                sheet=page,
                cell="A1",
                matrix=name,
                step=plan.recipe.members[name].number,
                epoch=None,
                expected=None,
                found=None,
                cause=True,
                message=f"the sheet {page} is missing{renamed}: what depends on it cannot be "
                "derived, and was not compared with NumPy",
            )
    for page in (START, *plan.extras):
        if page not in book.sheets:
            message = f"the sheet {page} is missing, which the Settings tell of"
            yield sheet_cause("missing", page, "A1", message)
    yield from _check_names(book, plan)
    entries = description.entries
    # One by one: the Settings may tell of far more matrices than there are.
    for index, (entry, area) in enumerate(zip_longest(entries, plan.matrices())):
        number, found = entry or (None, None)
        expected = map_entry(area) if area else None
        if found != expected:
            yield sheet_cause(
                "structure",
                MAP,
                cell_name(number or MAP_FIRST + index, _column(expected, found)),
                f"the Map says {_entry_text(found)}, but by the Settings it should say "
                f"{_entry_text(expected)}: one of the two sheets was changed, and nothing else "
                "can be checked until it is put right",
                matrix=str((expected or found or {}).get("name", "")),
                expected=_entry_text(expected),
                found=_entry_text(found),
            )
            return  # one shifted row makes all that follow differ


def renamed_sheets(book: StoredWorkbook, plan: Plan) -> dict[str, str]:
    """What a sheet was called that now has another name: where one is missing, and one is there
    that nobody knows of."""
    missing, unknown = {*planned_sheets(plan)} - {*book.sheets}, added_sheets(book, plan)
    return {unknown[0]: missing.pop()} if len(missing) == len(unknown) == 1 else {}


def planned_sheets(plan: Plan) -> tuple[str, ...]:
    """The names of all sheets that a workbook should have."""
    return (*plan.pages, *plan.extras, START, MAP, SETTINGS)


def added_sheets(book: StoredWorkbook, plan: Plan) -> list[str]:
    """The sheets of a workbook that nobody knows of."""
    known = planned_sheets(plan)
    return [name for name in book.sheets if name not in known and name not in book.renamed]


def names_by_sheet(plan: Plan, sheets: Collection[str]) -> dict[str, set[str]]:
    """The names of what stands on some sheets, in small letters."""
    found: dict[str, set[str]] = {sheet: set() for sheet in sheets}
    for name, place in plan.names.items():
        found.get(place.partition("!")[0], set()).add(name.casefold())
    return found


def _check_names(book: StoredWorkbook, plan: Plan) -> Iterator[Finding]:
    """Names that formulas use must mean what they meant."""
    used = dict(plan.names)
    if plan.style == "cell":
        used = {name: used[name] for name in plan.chosen}
    meanings: dict[str, list[tuple[str, bool]]] = {name.casefold(): [] for name in used}
    for name, meaning, is_local in book.names:
        meanings.get(name.casefold(), []).append((meaning, is_local))
    meant = partial(with_old_names, renamed=book.renamed)
    for name, place in used.items():
        found = meanings[name.casefold()]
        if len(found) == 1 and not found[0][1] and same_formula(meant(found[0][0]), place):
            continue
        sheet, _, cells = place.partition("!")
        if sheet not in {*book.sheets, *book.renamed.values()}:
            continue  # the sheet is missing, and with it the name
        said = " and ".join(
            f"{meaning}{' on one sheet' if is_local else ''}" for meaning, is_local in found
        )
        yield sheet_cause(
            "structure",
            sheet,
            cells.replace("$", "").partition(":")[0],
            f"the name {name}, which formulas use, means {said or 'nothing'}, not {place}",
            matrix=name,
            expected=place,
            found=said or None,
        )


def _column(expected: Mapping[str, Any] | None, found: Mapping[str, Any] | None) -> int:
    """The column of the Map that tells something else than it should; the first if several do."""
    if expected is None or found is None:
        return 1
    return next(n for n, key in enumerate(COLUMNS, 1) if found.get(key) != expected.get(key))


def _entry_text(entry: Mapping[str, Any] | None) -> str:
    if entry is None:
        return "nothing"
    return f"{entry['name']} of epoch {entry['epoch']} at {entry['sheet']}!{entry['range']}"
