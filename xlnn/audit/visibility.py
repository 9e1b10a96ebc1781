"""What a reader of a workbook does not see: hidden sheets, rows and columns, formulas that are not
computed when an input changes, or not exactly."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from xlnn.audit.report import Finding, sheet_cause
from xlnn.audit.stored.workbook import StoredWorkbook
from xlnn.workbook.plan import cell_name, column_name


def check_visibility(book: StoredWorkbook) -> Iterator[Finding]:
    """The findings on whole sheets and on the workbook; those on rows and columns are found sheet
    by sheet, with ``check_hidden``."""
    for sheet in book.sheets:
        if sheet in book.hidden:
            yield _hidden(sheet, 1, 1, f"the sheet {sheet} is hidden: unhide it")
    if book.calculation.get("calcMode") == "manual":
        message = (
            "the workbook is calculated by hand only: when an input changes, every number is stale "
            "until somebody presses F9 (Formulas, Calculation Options: choose Automatic)"
        )
        yield sheet_cause("manual-calculation", "", "", message)
    if book.calculation.get("fullPrecision") in ("0", "false"):
        message = (
            "the workbook is calculated with the precision as displayed: Excel rounds every number "
            "to the digits that its cell shows (Options, Advanced, When calculating this workbook: "
            "untick it)"
        )
        yield sheet_cause("displayed-precision", "", "", message)


def check_hidden(book: StoredWorkbook, sheet: str) -> Iterator[Finding]:
    """The findings on the hidden rows and columns of a sheet, those side by side together."""
    stored = book.sheet(sheet)
    # Programs hide the empty rest of a sheet; only what holds something is missed.
    last_row, last_column = stored.values.end
    for first, last in _runs(row for row in stored.hidden_rows if row <= last_row):
        said = f"row {first} is" if first == last else f"rows {first} to {last} are"
        yield _hidden(sheet, first, 1, f"{said} hidden on the sheet {sheet}: unhide it")
    for first, last in stored.hidden_columns:
        if first <= last_column:
            last = min(last, last_column)
            one, other = column_name(first), column_name(last)
            said = f"column {one} is" if first == last else f"columns {one} to {other} are"
            message = f"{said} hidden on the sheet {sheet}: unhide it"
            yield _hidden(sheet, 1, first, message)


def _runs(rows: Iterator[int]) -> Iterator[tuple[int, int]]:
    """The first and the last of rows that follow each other."""
    for _, run in groupby(enumerate(rows), key=lambda each: each[1] - each[0]):
        found = [row for _, row in run]
        yield found[0], found[-1]


def _hidden(sheet: str, row: int, column: int, message: str) -> Finding:
    return sheet_cause("hidden", sheet, cell_name(row, column), message)
