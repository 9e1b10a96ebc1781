"""Draws plans: the geometry of every sheet, what is shown without a choice, and what fits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from xlnn.errors import PlanError
from xlnn.maths.expr import Axis, Expr, Matrix, Shape
from xlnn.maths.formulas import Style
from xlnn.maths.recipe import Given, Recipe, Step
from xlnn.maths.shapes import shape_of
from xlnn.workbook.falk import Place, operands
from xlnn.workbook.plan import (
    FIRST_BAND,
    MAP_FIRST,
    MAX_COLUMNS,
    MAX_ROWS,
    Placement,
    Plan,
    Sheet,
)

DEFAULT_CELLS = 200_000
"""Without a choice, all epochs are shown while their formula cells are no more than this."""

OPERAND_ROWS, OPERAND_COLUMNS, OPERAND_CELLS = 30, 20, 50_000
"""Without a choice, an operand is repeated beside a result up to this size, as long as all
repeated operands of the workbook together stay within this number of cells."""

WITHOUT_COPIES = 'leave the copies of large matrices out (operands = "none" in [workbook])'


def draw_plan(
    recipe: Recipe,
    epochs: Sequence[int],
    style: Style = "cell",
    operands: Literal["auto", "all", "none"] = "auto",
) -> Plan:
    """The plan for some epochs of a recipe.

    Raises PlanError, naming the limit and what would fit, where a sheet is too small.
    """
    epochs = tuple(epochs)
    sheets, shows = _sheets(recipe, epochs, operands)
    _check_fit(sheets, _most_epochs(recipe, epochs, operands))
    return Plan(recipe, epochs, style, sheets, shows)


def _sheets(
    recipe: Recipe, epochs: tuple[int, ...], operands: Literal["auto", "all", "none"]
) -> tuple[tuple[Sheet, ...], bool]:
    """The sheets of some epochs, whether they fit or not, and whether operands are shown."""
    shows = operands == "all"
    if operands == "auto":
        repeated = sum(
            placement.shape.size
            for step in recipe.steps
            for placement in _sheet(step, epochs, limited=True).operands
            if placement.shown
        )
        shows = repeated * len(epochs) <= OPERAND_CELLS
    sheets = []
    for given in recipe.data:
        sheets.append(_sheet(given, epochs[:1]))
    for parameter in recipe.parameters:
        sheets.append(_sheet(parameter, epochs))
    for step in recipe.steps:
        sheets.append(_sheet(step, epochs, shows=shows, limited=operands == "auto"))
    return tuple(sheets), shows


def _most_epochs(
    recipe: Recipe, epochs: tuple[int, ...], operands: Literal["auto", "all", "none"]
) -> int:
    """How many of some epochs fit. Fewer may show operands, which need rows of their own."""
    number, once = len(epochs), len(recipe.data)
    while number:
        sheets, _ = _sheets(recipe, epochs[:number], operands)
        fit = min(
            (MAX_ROWS - MAP_FIRST + 1 - once) // (len(sheets) - once),
            *((MAX_ROWS - FIRST_BAND + 1) // sheet.height for sheet in sheets),
        )
        if number <= fit:
            break
        number = fit
    return number


def default_epochs(recipe: Recipe, epochs: int) -> tuple[int, ...]:
    """The epochs to show without a choice: all while they fit, else the first few (three, fewer
    where these are large) and the last."""
    cells = sum(shape.size for shape in recipe.shapes.values())
    rows = max(_sheet(step, (1,)).height for step in recipe.steps)
    fit = min(DEFAULT_CELLS // cells, (MAX_ROWS - FIRST_BAND) // rows)
    if epochs <= max(fit, 1):
        return tuple(range(1, epochs + 1))
    first = min(max(fit - 1, 1), 3)
    return (*range(1, first + 1), epochs)


def _sheet(
    member: Given | Step, epochs: tuple[int, ...], shows: bool = True, limited: bool = True
) -> Sheet:
    """The geometry of a matrix's sheet.

    A band's rows: its title; each operand above (title, headings, rows, a blank row); the
    result's title, headings and rows, with the operands left and right; two blank rows.
    """
    found = operands(member.expr) if isinstance(member, Step) else ()
    placed: list[Placement] = []
    row, column = 1, 2  # column 1 holds the headings of the rows

    def place(view: Expr, place: Place, row: int, column: int) -> Placement:
        shape = shape_of(view)
        shown = shows and not (limited and _is_large(shape))
        placement = Placement(view, place, row + 2 if shown else row, column, shape, shown)
        placed.append(placement)
        return placement

    above = [operand.view for operand in found if operand.place == "above"]
    left = [operand.view for operand in found if operand.place == "left"]
    beside = [operand.view for operand in found if operand.place == "beside"]
    height_above = sum(_height(view, shows, limited) for view in above)
    for view in left:
        placement = place(view, "left", row + height_above, column)
        column += placement.columns + 1  # then a column for the headings of the next block
    for view in above:
        place(view, "above", row, column)
        row += _height(view, shows, limited)
    result = Placement(
        Matrix(member.name, member.shape), "result", row + 2, column, member.shape, True
    )
    column += member.shape.columns.size + 1
    for view in beside:
        column += place(view, "beside", row, column).columns + 1
    last = max(p.row + p.rows for p in (result, *placed))
    return Sheet(member, epochs, result, tuple(placed), last + 2)


def _height(view: Expr, shows: bool, limited: bool) -> int:
    """The rows that an operand above takes, with its title, headings and the blank row."""
    shape = shape_of(view)
    return 3 + shape.rows.size if shows and not (limited and _is_large(shape)) else 2


def _is_large(shape: Shape) -> bool:
    """Whether a matrix is too large to be taken in beside a result."""
    return shape.rows.size > OPERAND_ROWS or shape.columns.size > OPERAND_COLUMNS


def _check_fit(sheets: Sequence[Sheet], fit: int) -> None:
    """Raises PlanError for the sheet that exceeds a limit most, saying what would fit: ``fit``
    epochs, or if it is 0, how much of the table."""
    tallest = max(sheets, key=lambda sheet: sheet.last_row)
    if tallest.last_row > MAX_ROWS:
        shape, epochs = tallest.member.shape, len(tallest.epochs)
        bare = _sheet(tallest.member, tallest.epochs, shows=False)
        if fit:
            advice = f"show at most {fit:,} epochs (--show)"
        elif bare.last_row <= MAX_ROWS:
            advice = WITHOUT_COPIES
        else:
            one = FIRST_BAND + bare.height - 1
            advice = f"at most {_fitting(shape.rows, one, MAX_ROWS)} fit"
        raise PlanError(
            f"the sheet {tallest.name} would need {tallest.last_row:,} rows for {epochs:,} epochs "
            f"of {shape}, but a sheet has {MAX_ROWS:,}: {advice}"
        )
    listed = sum(len(sheet.epochs) for sheet in sheets)
    if MAP_FIRST + listed - 1 > MAX_ROWS:
        raise PlanError(
            f"the Map would have a row for each of {listed:,} matrices, but a sheet has "
            f"{MAX_ROWS:,} rows: show at most {fit:,} epochs (--show)"
        )
    widest = max(sheets, key=lambda sheet: sheet.last_column)
    if widest.last_column > MAX_COLUMNS:
        bare = _sheet(widest.member, widest.epochs, shows=False)
        advice = WITHOUT_COPIES
        if bare.last_column > MAX_COLUMNS:
            columns = widest.member.shape.columns
            advice = f"at most {_fitting(columns, bare.last_column, MAX_COLUMNS)} fit"
        raise PlanError(
            f"the sheet {widest.name} would need {widest.last_column:,} columns, but a sheet has "
            f"{MAX_COLUMNS:,}: {advice}"
        )


def _fitting(axis: Axis, needed: int, limit: int) -> str:
    name = axis.name.partition("_")[0]
    return f"{axis.size - (needed - limit):,} {name}s"
