"""The plan of a workbook: sheet, first cell, rows and columns of every matrix, epoch and batch.

The only place that knows addresses. A plan follows from a schedule, the epochs to show
and the style alone, so an audit can draw it again from what a workbook says of itself.

Each matrix has a sheet of its name. The sheet holds one *band* for each batch of each shown epoch,
all of the same height, one below the other; what recurs less often has fewer bands. A band holds
the matrix itself and, around it by Falk's scheme, live copies of what it is computed from. The
numbers that are measured of each epoch stand together on the sheet Loss, a row for each epoch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, partial
from itertools import pairwise
from typing import Literal, NamedTuple

from xlnn.maths.expr import SCALAR, Expr, Matrix, Shape, matrices
from xlnn.maths.formulas import Formula, Style, Window, formula, formula_at
from xlnn.maths.recipe import Member, Recipe, Recurrence, Step
from xlnn.maths.schedule import Schedule
from xlnn.workbook.falk import Place

MAX_ROWS, MAX_COLUMNS = 1_048_576, 16_384

MAX_LINKS = 65_530
"""The hyperlinks that Excel takes on one sheet; it drops those beyond."""

START, MAP, SETTINGS, LOSS = "Start", "Map", "Settings", "Loss"

FIRST_BAND = 12
"""The row where a matrix sheet's first band starts, below title, words and links."""

IN_NUMBERS = 7
"""The row of a step's sheet that says, live, how its first cell is computed, in its column 1."""

DIGITS = "digits"
"""The number on Settings, and its name, of decimals that such a text shows."""

SETTINGS_FIRST, SETTINGS_COLUMN = 5, 2
"""Where the first setting stands that formulas read; the others follow below."""

MAP_FIRST = 5
"""The row of the Map's first matrix, below its header."""

LOSS_FIRST, LOSS_COLUMN = 7, 2
"""On the sheet Loss: the row of epoch 1, and the column of the first measure."""

NAMED_MATRICES = 500
"""Up to this many matrices each has a defined name; more would bury the list of names."""

Role = Literal["input", "result", "carried", "operand"]


class Moment(NamedTuple):
    """A batch of an epoch, both counted from 1."""

    epoch: int
    batch: int


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of numbers: a matrix of one band, or a live copy of one."""

    role: Role
    """input: values. result: what a step computes. carried: what the update before has left.
    operand: a copy beside a result."""
    matrix: str
    """The matrix that it is, or in whose band it stands."""
    sheet: str
    number: int
    epoch: int
    batch: int
    row: int
    column: int
    """Its first cell, both counted from 1."""
    shape: Shape
    expr: Expr | None
    """What its formulas say; None for values."""
    reads_at: Moment
    """When the matrices of ``expr`` are meant."""

    @property
    def kind(self) -> Literal["input", "formula"]:
        return "input" if self.expr is None else "formula"

    @property
    def reads(self) -> tuple[str, ...]:
        return () if self.expr is None else tuple(m.name for m in matrices(self.expr))

    @property
    def range(self) -> str:
        """Such as ``B6:D8``; always both corners, also of a single cell."""
        return range_name(self.row, self.column, self.shape.rows.size, self.shape.columns.size)

    @property
    def absolute(self) -> str:
        """The range with its sheet, as a defined name has it: ``X!$B$12:$E$14``."""
        last_row = self.row + self.shape.rows.size - 1
        last_column = self.column + self.shape.columns.size - 1
        first = f"${column_name(self.column)}${self.row}"
        return f"{self.sheet}!{first}:${column_name(last_column)}${last_row}"


@dataclass(frozen=True, slots=True)
class Placement:
    """A matrix in a band: where it stands from the band's first row, and how."""

    view: Expr
    place: Place | Literal["result"]
    row: int
    column: int
    shape: Shape
    shown: bool
    """An operand too large to take in is only named, with a link."""

    @property
    def title_row(self) -> int:
        return self.row - 2 if self.shown else self.row

    @property
    def columns(self) -> int:
        return self.shape.columns.size if self.shown else 1

    @property
    def rows(self) -> int:
        return self.shape.rows.size if self.shown else 1


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What stands in a band."""

    result: Placement
    operands: tuple[Placement, ...]

    @property
    def placements(self) -> tuple[Placement, ...]:
        """The operands and the result."""
        return *self.operands, self.result


@dataclass(frozen=True)
class Sheet:
    """The sheet of one matrix: the geometry that all its bands share."""

    member: Member
    recurrence: Recurrence
    bands: int
    arrangement: Arrangement
    last: Arrangement
    """That of an epoch's last batch, whose matrices may have fewer rows; all stand in the same
    place."""
    height: int
    """Rows from one band's first row to the next."""

    @property
    def name(self) -> str:
        return self.member.name

    @property
    def last_row(self) -> int:
        return FIRST_BAND + self.bands * self.height - 1

    @property
    def last_column(self) -> int:
        return max(p.column + p.columns - 1 for p in self.arrangement.placements)


class Grid(NamedTuple):
    """Bands that are alike: some batches, counted from 1, of some shown epochs, counted from 0."""

    epochs: range
    batches: range

    @property
    def size(self) -> int:
        return len(self.epochs) * len(self.batches)


@dataclass(frozen=True, eq=False)
class Plan:
    """Where everything stands in a workbook."""

    schedule: Schedule
    epochs: tuple[int, ...]
    """The shown epochs."""
    style: Style
    sheets: tuple[Sheet, ...]
    """Of every matrix but the curves."""
    shows_operands: bool
    """Whether operands stand around the results (those that are not too large)."""
    extras: tuple[str, ...] = ()
    """The sheets besides those of the matrices."""

    @property
    def recipe(self) -> Recipe:
        """That of all batches but perhaps the last."""
        return self.schedule.recipe

    @property
    def batches(self) -> int:
        """The batches of an epoch."""
        return self.schedule.batches

    @cached_property
    def _sheets(self) -> dict[str, Sheet]:
        return {sheet.name: sheet for sheet in self.sheets}

    @cached_property
    def _bands(self) -> dict[int, int]:
        return {epoch: index for index, epoch in enumerate(self.epochs)}

    @cached_property
    def pages(self) -> tuple[str, ...]:
        """The sheets that hold matrices, by name, in their order."""
        return (*self._sheets, LOSS)

    # --- Bands ---

    def index(self, name: str, epoch: int, batch: int) -> int:
        """Which band of a matrix a moment has, counted from 0."""
        recurrence = self.recipe.recurrence.get(name, "once")  # settings are given once
        if recurrence == "once":
            return 0
        band = self._bands[epoch]
        return band if recurrence == "epoch" else band * self.batches + batch - 1

    def bands_of(self, name: str) -> int:
        """How many bands a matrix has."""
        recurrence = self.recipe.recurrence.get(name, "once")
        each = {"once": 0, "epoch": 1, "update": self.batches}[recurrence]
        return max(1, each * len(self.epochs))

    def is_last(self, name: str, batch: int) -> bool:
        """Whether a batch's band of a matrix is arranged as an epoch's last one."""
        return batch == self.batches > 1 and self.recipe.recurrence[name] == "update"

    def band_row(self, name: str, epoch: int, batch: int) -> int:
        """The first row of a band on a matrix's sheet."""
        return FIRST_BAND + self.index(name, epoch, batch) * self._sheets[name].height

    def arrangement(self, name: str, batch: int) -> Arrangement:
        """What stands in the bands that a matrix has in a batch."""
        sheet = self._sheets[name]
        return sheet.last if self.is_last(name, batch) else sheet.arrangement

    # --- Areas ---

    def matrix(self, name: str, epoch: int, batch: int = 1) -> Area:
        """The area of a matrix in a batch of an epoch; of what recurs less often, the one that goes
        with it."""
        recipe = self.schedule.at(batch)
        recurrence = recipe.recurrence[name]
        if recurrence != "update":
            recipe, batch = self.recipe, 1
        if recurrence == "once":
            epoch = self.epochs[0]
        member = recipe.members[name]
        moment = reads_at = Moment(epoch, batch)
        expr: Expr | None = None
        role: Role = "input"
        if isinstance(member, Step):
            expr, role = member.expr, "result"
        elif name in recipe.renewed and (before := self._before(moment)):
            expr, role, reads_at = Matrix(recipe.renewed[name], member.shape), "carried", before
        if name in recipe.curves:
            sheet, row = LOSS, LOSS_FIRST + epoch - 1
            column = LOSS_COLUMN + recipe.curves.index(name)
        else:
            result = self._sheets[name].arrangement.result
            sheet, column = name, result.column
            row = self.band_row(name, epoch, batch) + result.row
        return Area(
            role, name, sheet, member.number, *moment, row, column, member.shape, expr, reads_at
        )

    def _before(self, moment: Moment) -> Moment | None:
        """The update before one, if it is shown."""
        if moment.batch > 1:
            return Moment(moment.epoch, moment.batch - 1)
        return Moment(moment.epoch - 1, self.batches) if moment.epoch - 1 in self._bands else None

    def matrices(self) -> Iterator[Area]:
        """Every matrix of every band, in order of computation."""
        for name in self.once:
            yield self.matrix(name, self.epochs[0])
        for epoch in self.epochs:
            yield from self.matrices_of(epoch)

    def matrices_of(self, epoch: int) -> Iterator[Area]:
        """Those of an epoch, but for what there is once."""
        for batch in range(1, self.batches + 1):
            for name in self.each_update:
                yield self.matrix(name, epoch, batch)
        for name in self.each_epoch:
            yield self.matrix(name, epoch)

    @cached_property
    def once(self) -> tuple[str, ...]:
        """The matrices that there are once, in order of computation."""
        return self._recurring("once")

    @cached_property
    def each_update(self) -> tuple[str, ...]:
        """The matrices of each update, in order of computation."""
        return self._recurring("update")

    @cached_property
    def each_epoch(self) -> tuple[str, ...]:
        """The matrices that are computed once in each epoch, after its updates."""
        return self._recurring("epoch")

    def _recurring(self, recurrence: Recurrence) -> tuple[str, ...]:
        found = self.recipe.recurrence
        return tuple(name for name in found if found[name] == recurrence)

    def operands(self, name: str, epoch: int, batch: int = 1) -> Iterator[Area]:
        """The live copies around a matrix in a band."""
        if name in self._sheets:  # curves have none
            for placement in self.arrangement(name, batch).operands:
                if placement.shown:
                    yield self.operand(name, epoch, batch, placement)

    def operand(self, name: str, epoch: int, batch: int, placement: Placement) -> Area:
        """One of the live copies around a matrix in a band."""
        return Area(
            "operand",
            name,
            name,
            self._sheets[name].member.number,
            epoch,
            batch,
            self.band_row(name, epoch, batch) + placement.row,
            placement.column,
            placement.shape,
            placement.view,
            Moment(epoch, batch),
        )

    # --- Formulas and names ---

    def formula(self, area: Area, i: int, j: int) -> Formula | None:
        """The formula that stands in an area's cell, row and column from 0; None where there is
        a value, or what an array formula fills from another cell."""
        if area.expr is None:
            return None
        return formula_at(area.expr, self._addresses(area.reads_at), self.style, i, j)

    @cached_property
    def _addresses(self) -> Callable[[Moment], _Addresses]:
        """What formulas call the matrices of a moment; the last few are remembered."""
        return lru_cache(maxsize=8)(partial(_Addresses, self))

    def formula_of(self, expr: Expr, moment: Moment, i: int, j: int) -> Formula:
        """The formula of one cell of any expression, when the matrices of a moment are meant."""
        return formula(expr, self._addresses(moment), Window(i, j, 1, 1), "cell")

    @property
    def chosen(self) -> tuple[str, ...]:
        """The numbers on the sheet Settings that formulas read."""
        return *self.recipe.settings, DIGITS

    def setting_row(self, name: str) -> int:
        """The row on the sheet Settings where a number stands that formulas read."""
        settings = self.recipe.settings
        if name == DIGITS:  # below a blank row and a heading
            return SETTINGS_FIRST + len(settings) + 2
        return SETTINGS_FIRST + settings.index(name)

    @cached_property
    def named(self) -> bool:
        """Whether each matrix has a defined name."""
        return sum(map(self.bands_of, self.recipe.members)) <= NAMED_MATRICES

    def name_of(self, area: Area) -> str:
        """The defined name of a matrix: its own in the first band, else with epoch and batch."""
        epoch = f"_epoch{area.epoch}" if self._bands[area.epoch] else ""
        return f"{area.matrix}{epoch}" + (f"_batch{area.batch}" if area.batch > 1 else "")

    @property
    def names(self) -> dict[str, str]:
        """The defined names and what each means, such as ``X!$B$12:$E$14``."""
        places = {
            name: f"{SETTINGS}!${column_name(SETTINGS_COLUMN)}${self.setting_row(name)}"
            for name in self.chosen
        }
        if self.named:
            places |= {self.name_of(area): area.absolute for area in self.matrices()}
        return places

    # --- What is alike ---

    @cached_property
    def stretches(self) -> tuple[range, ...]:
        """The shown epochs, counted from 0, in groups that are alike: the same step leads from each
        to the next, and to the first of the group. The first epoch is a group of its own, as
        its names bear no epoch, and so is the second, which reads them."""
        starts = [0]
        steps = [after - before for before, after in pairwise(self.epochs)]
        for band, step in enumerate(steps, start=1):
            if band <= 2 or step != steps[band - 2]:
                starts.append(band)
        return tuple(range(a, b) for a, b in pairwise((*starts, len(self.epochs))))

    def stretches_of(self, name: str) -> tuple[range, ...]:
        """The same for a matrix; what there is once has a single band."""
        return (range(1),) if self.recipe.recurrence[name] == "once" else self.stretches

    @cached_property
    def batch_groups(self) -> tuple[range, ...]:
        """The batches of an epoch, counted from 1, in groups that are alike. The first and the
        second are groups of their own for the same reasons as epochs; the last may be smaller."""
        starts = {1, 2, 3, self.batches, self.batches + 1}
        ends = sorted(start for start in starts if start <= self.batches + 1)
        return tuple(range(a, b) for a, b in pairwise(ends))

    def batch_groups_of(self, name: str) -> tuple[range, ...]:
        """The same for a matrix; only what belongs to an update recurs in each batch."""
        return self.batch_groups if self.recipe.recurrence[name] == "update" else (range(1, 2),)

    def grids(self, name: str) -> Iterator[Grid]:
        """The bands of a matrix, those together that are alike."""
        for epochs in self.stretches_of(name):
            for batches in self.batch_groups_of(name):
                yield Grid(epochs, batches)

    def formula_cells_of(self, name: str, epoch: int, batch: int = 1) -> int:
        """How many cells of a band hold formulas."""
        area = self.matrix(name, epoch, batch)
        copies = sum(copy.shape.size for copy in self.operands(name, epoch, batch))
        return (area.shape.size + copies) if area.expr is not None else 0

    @cached_property
    def formula_cells(self) -> int:
        """How many cells hold formulas."""
        texts = sum(isinstance(sheet.member, Step) for sheet in self.sheets)
        return texts + sum(
            grid.size * self.formula_cells_of(name, self.epochs[grid.epochs[0]], grid.batches[0])
            for name in self.recipe.members
            for grid in self.grids(name)
        )


@dataclass(frozen=True, slots=True)
class _Addresses:
    """What formulas call the matrices of a moment."""

    plan: Plan
    moment: Moment
    _areas: dict[str, Area] = field(default_factory=dict)

    def address(self, matrix: Matrix, window: Window) -> str:
        if matrix.name in self.plan.recipe.settings:
            return matrix.name
        area = self._areas.get(matrix.name)
        if area is None:
            area = self._areas[matrix.name] = self.plan.matrix(matrix.name, *self.moment)
        whole = (window.rows, window.columns) == (area.shape.rows.size, area.shape.columns.size)
        if whole and self.plan.style == "matrix" and self.plan.named:
            return self.plan.name_of(area)
        row, column = area.row + window.row, area.column + window.column
        if window.is_cell:
            return f"{area.sheet}!{cell_name(row, column)}"
        return f"{area.sheet}!{range_name(row, column, window.rows, window.columns)}"

    def over_batches(self, matrix: Matrix) -> str:
        # A column with nothing else in it: titles are texts, and other matrices stand beside.
        assert matrix.shape == SCALAR
        plan, epoch = self.plan, self.moment.epoch
        first, last = (
            plan.matrix(matrix.name, epoch, 1),
            plan.matrix(matrix.name, epoch, plan.batches),
        )
        return f"{first.sheet}!{range_name(first.row, first.column, last.row - first.row + 1, 1)}"


def range_name(row: int, column: int, rows: int, columns: int) -> str:
    """``B6:D8`` for 3 rows and 3 columns from row 6, column 2 on; both corners, always."""
    return f"{cell_name(row, column)}:{cell_name(row + rows - 1, column + columns - 1)}"


def cell_name(row: int, column: int) -> str:
    """``B6`` for row 6, column 2."""
    return f"{column_name(column)}{row}"


@lru_cache(maxsize=MAX_COLUMNS)
def column_name(column: int) -> str:
    """``AB`` for 28."""
    letters = ""
    while column > 0:
        column, letter = divmod(column - 1, 26)
        letters = chr(65 + letter) + letters
    return letters
