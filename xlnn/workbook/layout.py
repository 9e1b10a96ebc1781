"""Draws plans: the geometry of every sheet, what is shown without a choice, and what fits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from xlnn.errors import PlanError
from xlnn.maths.expr import Axis, Expr, Matrix, Shape
from xlnn.maths.formulas import Style
from xlnn.maths.recipe import Member, Step
from xlnn.maths.schedule import Schedule
from xlnn.maths.shapes import shape_of
from xlnn.workbook.falk import Place, operands
from xlnn.workbook.plan import (
    FIRST_BAND,
    LOSS,
    LOSS_FIRST,
    MAP_FIRST,
    MAX_COLUMNS,
    MAX_ROWS,
    Arrangement,
    Placement,
    Plan,
    Sheet,
)

DEFAULT_CELLS = 200_000
"""Without a choice, all epochs are shown while their formula cells are no more than this."""

OPERAND_ROWS, OPERAND_COLUMNS, OPERAND_CELLS = 30, 20, 50_000
"""Without a choice, an operand is repeated beside a result up to this size, as long as all
repeated operands of the workbook together stay within this number of cells."""

Shows = Literal["auto", "all", "none"]

LARGER_BATCHES = "use larger batches (--batch-size) or a smaller table"

LONGEST_NAME = 31
"""The characters that the name of a sheet may have."""

WITHOUT_COPIES = 'leave the copies of large matrices out (operands = "none" in [workbook])'


def draw_plan(
    schedule: Schedule,
    epochs: Sequence[int],
    style: Style = "cell",
    operands: Shows = "auto",
) -> Plan:
    """The plan for some epochs of a schedule.

    Raises PlanError, naming the limit and what would fit, where a sheet is too small.
    """
    epochs = tuple(epochs)
    long = [name for name in schedule.recipe.members if len(name) > LONGEST_NAME]
    if long:
        raise PlanError(
            f"the name of the sheet {long[0]} would have {len(long[0])} characters, but at most "
            f"{LONGEST_NAME} are allowed: use fewer hidden layers"
        )
    sheets, shows = _sheets(schedule, len(epochs), operands)
    plan = Plan(schedule, epochs, style, sheets, shows)
    _check_fit(plan, _most_epochs(schedule, len(epochs), operands))
    return plan


def _sheets(schedule: Schedule, epochs: int, operands: Shows) -> tuple[tuple[Sheet, ...], bool]:
    """The sheets of so many epochs, whether they fit or not, and whether operands are shown."""
    recipe = schedule.recipe
    shows = operands == "all"
    if operands == "auto":
        repeated = sum(
            placement.shape.size * _bands(schedule, name, epochs)
            for name, member in recipe.members.items()
            if name not in recipe.curves
            for placement in _arrangement(member, member, True, True)[0].operands
            if placement.shown
        )
        shows = repeated <= OPERAND_CELLS
    limited = operands == "auto"
    sheets = tuple(
        _sheet(schedule, name, _bands(schedule, name, epochs), shows, limited)
        for name in recipe.members
        if name not in recipe.curves
    )
    return sheets, shows


def _bands(schedule: Schedule, name: str, epochs: int) -> int:
    """How many bands a matrix has for so many epochs."""
    each = {"once": 0, "epoch": 1, "update": schedule.batches}
    return max(1, each[schedule.recipe.recurrence[name]] * epochs)


def _most_epochs(schedule: Schedule, epochs: int, operands: Shows) -> int:
    """How many of some epochs fit. Fewer may show operands, which need rows of their own."""
    listed = {epochs: _listed(schedule, epochs) for epochs in (0, 1)}
    number = epochs
    while number:
        sheets, _ = _sheets(schedule, number, operands)
        fit = min(
            (MAX_ROWS - MAP_FIRST + 1 - listed[0]) // (listed[1] - listed[0]),
            *(
                (MAX_ROWS - FIRST_BAND + 1) // (sheet.height * _bands(schedule, sheet.name, 1))
                for sheet in sheets
            ),
        )
        if number <= fit:
            break
        number = max(0, fit)
    return number


def _listed(schedule: Schedule, epochs: int) -> int:
    """How many matrices the Map lists for so many epochs."""
    recurrence = schedule.recipe.recurrence
    each = {"once": 1, "epoch": epochs, "update": epochs * schedule.batches}
    return sum(each[recurs] for recurs in recurrence.values())


def default_epochs(schedule: Schedule, epochs: int) -> tuple[int, ...]:
    """The epochs to show without a choice: all while they fit, else the first few (three, fewer
    where these are large) and the last."""
    recipe = schedule.recipe
    cells = sum(
        shape.size * _bands(schedule, name, 1)
        for name, shape in recipe.shapes.items()
        if recipe.recurrence[name] != "once"
    )
    rows = max(
        _sheet(schedule, step.name, 1, True, True).height * _bands(schedule, step.name, 1)
        for step in recipe.steps
    )
    listed = [_listed(schedule, number) for number in (0, 1)]
    map_fit = (MAX_ROWS - MAP_FIRST - listed[0]) // (listed[1] - listed[0])
    most = min((MAX_ROWS - FIRST_BAND) // rows, map_fit)
    fit = min(DEFAULT_CELLS // cells, most)
    if epochs <= max(fit, 1):
        return tuple(range(1, epochs + 1))
    if most < 2:
        return (1,)
    first = min(max(fit - 1, 1), 3)
    return (*range(1, first + 1), epochs)


def _sheet(schedule: Schedule, name: str, bands: int, shows: bool, limited: bool) -> Sheet:
    """The geometry of a matrix's sheet."""
    member, last = schedule.recipe.members[name], schedule.last.members[name]
    arrangement, height = _arrangement(member, member, shows, limited)
    smaller, _ = _arrangement(member, last, shows, limited)
    recurrence = schedule.recipe.recurrence[name]
    return Sheet(member, recurrence, bands, arrangement, smaller, height)


def _arrangement(
    model: Member, member: Member, shows: bool, limited: bool
) -> tuple[Arrangement, int]:
    """What stands in a band of ``member``, and its height, in the places that ``model`` needs,
    whose matrices have at least as many rows and columns.

    A band's rows: its title; each operand above (title, headings, rows, a blank row); the
    result's title, headings and rows, with the operands left and right; two blank rows.
    """
    models, found = ((operands(m.expr) if isinstance(m, Step) else ()) for m in (model, member))
    pairs = list(zip(models, found, strict=True))
    placed: list[Placement] = []
    row, column = 1, 2  # column 1 holds the headings of the rows

    def place(model: Expr, view: Expr, place: Place, row: int, column: int) -> int:
        """Places an operand; tells the columns that it takes."""
        shown = shows and not (limited and _is_large(shape_of(model)))
        top = row + 2 if shown else row
        placed.append(Placement(view, place, top, column, shape_of(view), shown))
        return shape_of(model).columns.size if shown else 1

    above = [(a.view, b.view) for a, b in pairs if b.place == "above"]
    left = [(a.view, b.view) for a, b in pairs if b.place == "left"]
    beside = [(a.view, b.view) for a, b in pairs if b.place == "beside"]
    height_above = sum(_height(a, shows, limited) for a, _ in above)
    for a, b in left:
        # Then a column for the headings of the next block.
        column += place(a, b, "left", row + height_above, column) + 1
    for a, b in above:
        place(a, b, "above", row, column)
        row += _height(a, shows, limited)
    result = Placement(
        Matrix(member.name, member.shape), "result", row + 2, column, member.shape, True
    )
    column += model.shape.columns.size + 1
    for a, b in beside:
        column += place(a, b, "beside", row, column) + 1
    last = max(p.row + p.rows for p in (result, *placed))
    return Arrangement(result, tuple(placed)), last + 2


def _height(view: Expr, shows: bool, limited: bool) -> int:
    """The rows that an operand above takes, with its title, headings and the blank row."""
    shape = shape_of(view)
    return 3 + shape.rows.size if shows and not (limited and _is_large(shape)) else 2


def _is_large(shape: Shape) -> bool:
    """Whether a matrix is too large to be taken in beside a result."""
    return shape.rows.size > OPERAND_ROWS or shape.columns.size > OPERAND_COLUMNS


def _check_fit(plan: Plan, fit: int) -> None:
    """Raises PlanError for the sheet that exceeds a limit most, saying what would fit: ``fit``
    epochs, or if it is 0, how much of the table."""
    sheets, epochs = plan.sheets, len(plan.epochs)
    tallest = max(sheets, key=lambda sheet: sheet.last_row)
    if tallest.last_row > MAX_ROWS:
        shape, name = tallest.member.shape, tallest.name
        bare = _sheet(plan.schedule, name, tallest.bands, shows=False, limited=False)
        one = _bands(plan.schedule, name, 1)
        if fit:
            advice = f"show at most {fit:,} epochs (--show)"
        elif bare.last_row <= MAX_ROWS:
            advice = WITHOUT_COPIES
        elif one > 1:
            advice = LARGER_BATCHES
        else:
            needed = FIRST_BAND + bare.height - 1
            advice = f"at most {_fitting(shape.rows, needed, MAX_ROWS)} fit"
        updates = f" of {one:,} batches" if one > 1 else ""
        raise PlanError(
            f"the sheet {name} would need {tallest.last_row:,} rows for {epochs:,} epochs{updates} "
            f"of {shape}, but a sheet has {MAX_ROWS:,}: {advice}"
        )
    listed = _listed(plan.schedule, epochs)
    if MAP_FIRST + listed - 1 > MAX_ROWS:
        advice = f"show at most {fit:,} epochs (--show)" if fit else LARGER_BATCHES
        raise PlanError(
            f"the Map would have a row for each of {listed:,} matrices, but a sheet has "
            f"{MAX_ROWS:,} rows: {advice}"
        )
    widest = max(sheets, key=lambda sheet: sheet.last_column)
    if widest.last_column > MAX_COLUMNS:
        bare = _sheet(plan.schedule, widest.name, widest.bands, shows=False, limited=False)
        advice = WITHOUT_COPIES
        if bare.last_column > MAX_COLUMNS:
            columns = widest.member.shape.columns
            advice = f"at most {_fitting(columns, bare.last_column, MAX_COLUMNS)} fit"
        raise PlanError(
            f"the sheet {widest.name} would need {widest.last_column:,} columns, but a sheet has "
            f"{MAX_COLUMNS:,}: {advice}"
        )


def check_epochs(epochs: int) -> None:
    """Raises PlanError for more epochs than the sheet Loss can list."""
    if LOSS_FIRST + epochs - 1 > MAX_ROWS:
        raise PlanError(
            f"the sheet {LOSS} would list {epochs:,} epochs, but a sheet has {MAX_ROWS:,} rows: "
            f"train at most {MAX_ROWS - LOSS_FIRST + 1:,} (--epochs)"
        )


def _fitting(axis: Axis, needed: int, limit: int) -> str:
    name = axis.name.partition("_")[0]
    return f"{axis.size - (needed - limit):,} {name}s"
