"""The plan of a workbook: sheet, first cell, rows and columns of every matrix and epoch.

The only place that knows addresses. A plan follows from a recipe, the epochs to show
and the style alone, so an audit can draw it again from what a workbook says of itself.

Each matrix has a sheet of its name. The sheet holds one *band* for each shown epoch, all
of the same height, one below the other. A band holds the matrix itself and, around it by
Falk's scheme, live copies of what it is computed from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, partial
from itertools import pairwise
from typing import Literal

from xlnn.maths.expr import Expr, Matrix, Shape, matrices
from xlnn.maths.formulas import Formula, Style, Window, formula_at
from xlnn.maths.recipe import Given, Recipe, Step
from xlnn.workbook.falk import Place

MAX_ROWS, MAX_COLUMNS = 1_048_576, 16_384

MAX_LINKS = 65_530
"""The hyperlinks that Excel takes on one sheet; it drops those beyond."""

START, MAP, SETTINGS = "Start", "Map", "Settings"

FIRST_BAND = 9
"""The row where a matrix sheet's first band starts, below title, words and links."""

SETTINGS_FIRST, SETTINGS_COLUMN = 5, 2
"""Where the first setting stands that formulas read; the others follow below."""

MAP_FIRST = 5
"""The row of the Map's first matrix, below its header."""

NAMED_MATRICES = 500
"""Up to this many matrices each has a defined name; more would bury the list of names."""

Role = Literal["input", "result", "carried", "operand"]


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of numbers: a matrix of one epoch, or a live copy of one."""

    role: Role
    """input: values. result: what a step computes. carried: a parameter, from the epoch
    before. operand: a copy beside a result."""
    matrix: str
    """The matrix on whose sheet it stands."""
    number: int
    epoch: int
    row: int
    column: int
    """Its first cell, both counted from 1."""
    shape: Shape
    expr: Expr | None
    """What its formulas say; None for values."""
    reads_epoch: int
    """The epoch in which the matrices of ``expr`` are meant."""

    @property
    def sheet(self) -> str:
        return self.matrix

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


@dataclass(frozen=True)
class Sheet:
    """The sheet of one matrix: the geometry that all its bands share."""

    member: Given | Step
    epochs: tuple[int, ...]
    result: Placement
    operands: tuple[Placement, ...]
    height: int
    """Rows from one band's first row to the next."""

    @property
    def name(self) -> str:
        return self.member.name

    @property
    def placements(self) -> tuple[Placement, ...]:
        """The operands and the result."""
        return *self.operands, self.result

    @property
    def last_row(self) -> int:
        return FIRST_BAND + len(self.epochs) * self.height - 1

    @property
    def last_column(self) -> int:
        return max(p.column + p.columns - 1 for p in self.placements)


@dataclass(frozen=True)
class Plan:
    """Where everything stands in a workbook."""

    recipe: Recipe
    epochs: tuple[int, ...]
    style: Style
    sheets: tuple[Sheet, ...]
    shows_operands: bool
    """Whether operands stand around the results (those that are not too large)."""

    @cached_property
    def _sheets(self) -> dict[str, Sheet]:
        return {sheet.name: sheet for sheet in self.sheets}

    @cached_property
    def _bands(self) -> dict[int, int]:
        return {epoch: index for index, epoch in enumerate(self.epochs)}

    def band_row(self, name: str, epoch: int) -> int:
        """The first row of an epoch's band on a matrix's sheet."""
        return FIRST_BAND + self._band(self._sheets[name], epoch) * self._sheets[name].height

    def _band(self, sheet: Sheet, epoch: int) -> int:
        return self._bands[epoch] if len(sheet.epochs) > 1 else 0

    def matrix(self, name: str, epoch: int) -> Area:
        """The area of a matrix in an epoch. Data stands once, for all epochs."""
        sheet = self._sheets[name]
        band = self._band(sheet, epoch)
        epoch = sheet.epochs[band]
        member, result = sheet.member, sheet.result
        expr: Expr | None = None
        role: Role = "input"
        reads_epoch = epoch
        if isinstance(member, Step):
            expr, role = member.expr, "result"
        elif name in self.recipe.renewed and band and self.epochs[band - 1] == epoch - 1:
            expr, role = Matrix(self.recipe.renewed[name], member.shape), "carried"
            reads_epoch = epoch - 1
        return Area(
            role,
            name,
            member.number,
            epoch,
            self.band_row(name, epoch) + result.row,
            result.column,
            result.shape,
            expr,
            reads_epoch,
        )

    def matrices(self) -> Iterator[Area]:
        """Every matrix of every epoch, in order of computation."""
        for band in range(len(self.epochs)):
            yield from self.matrices_of(band)

    def matrices_of(self, band: int) -> Iterator[Area]:
        """Every matrix of a shown epoch, which counts from 0. Data stands with the first."""
        for sheet in self.sheets:
            if band < len(sheet.epochs):
                yield self.matrix(sheet.name, self.epochs[band])

    def operands(self, name: str, epoch: int) -> Iterator[Area]:
        """The live copies around a matrix in an epoch's band."""
        for placement in self._sheets[name].operands:
            if placement.shown:
                yield self.operand(name, epoch, placement)

    def operand(self, name: str, epoch: int, placement: Placement) -> Area:
        """One of the live copies around a matrix in an epoch's band."""
        return Area(
            "operand",
            name,
            self._sheets[name].member.number,
            epoch,
            self.band_row(name, epoch) + placement.row,
            placement.column,
            placement.shape,
            placement.view,
            epoch,
        )

    def formula(self, area: Area, i: int, j: int) -> Formula | None:
        """The formula that stands in an area's cell, row and column from 0; None where there is
        a value, or what an array formula fills from another cell."""
        if area.expr is None:
            return None
        return formula_at(area.expr, self._addresses(area.reads_epoch), self.style, i, j)

    @cached_property
    def _addresses(self) -> Callable[[int], _Epoch]:
        """What formulas call the matrices of an epoch; the last few are remembered."""
        return lru_cache(maxsize=8)(partial(_Epoch, self))

    def setting_row(self, name: str) -> int:
        """The row on the sheet Settings where a number stands that formulas read."""
        return SETTINGS_FIRST + self.recipe.settings.index(name)

    @cached_property
    def named(self) -> bool:
        """Whether each matrix has a defined name."""
        return len(self.sheets) * len(self.epochs) <= NAMED_MATRICES

    def name_of(self, area: Area) -> str:
        """The defined name of a matrix: its own in the first epoch, else with the epoch."""
        later = self._bands[area.epoch] > 0
        return f"{area.matrix}_epoch{area.epoch}" if later else area.matrix

    @property
    def names(self) -> dict[str, str]:
        """The defined names and what each means, such as ``X!$B$12:$E$14``."""
        places = {
            name: f"{SETTINGS}!${column_name(SETTINGS_COLUMN)}${self.setting_row(name)}"
            for name in self.recipe.settings
        }
        if self.named:
            places |= {self.name_of(area): area.absolute for area in self.matrices()}
        return places

    @cached_property
    def stretches(self) -> tuple[range, ...]:
        """The bands, counted from 0, in groups that are alike: the same step leads from each
        epoch to the next, and to the first of the group. The first band is a group of its own, as
        its names bear no epoch, and so is the second, which reads them."""
        starts = [0]
        steps = [after - before for before, after in pairwise(self.epochs)]
        for band, step in enumerate(steps, start=1):
            if band <= 2 or step != steps[band - 2]:
                starts.append(band)
        return tuple(range(a, b) for a, b in pairwise((*starts, len(self.epochs))))

    def stretches_of(self, name: str) -> tuple[range, ...]:
        """The same for a matrix's sheet; data has a single band."""
        return self.stretches if len(self._sheets[name].epochs) > 1 else (range(1),)

    def formula_cells_of(self, name: str, epoch: int) -> int:
        """How many cells of a matrix's band in an epoch hold formulas."""
        area = self.matrix(name, epoch)
        copies = sum(copy.shape.size for copy in self.operands(name, epoch))
        return (area.shape.size + copies) if area.expr is not None else 0

    @cached_property
    def formula_cells(self) -> int:
        """How many cells hold formulas."""
        return sum(
            len(bands) * self.formula_cells_of(sheet.name, self.epochs[bands.start])
            for bands in self.stretches
            for sheet in self.sheets
            if bands.start < len(sheet.epochs)
        )


@dataclass(frozen=True, slots=True)
class _Epoch:
    """What formulas call the matrices of one epoch."""

    plan: Plan
    epoch: int
    _areas: dict[str, Area] = field(default_factory=dict)

    def address(self, matrix: Matrix, window: Window) -> str:
        if matrix.name in self.plan.recipe.settings:
            return matrix.name
        area = self._areas.get(matrix.name)
        if area is None:
            area = self._areas[matrix.name] = self.plan.matrix(matrix.name, self.epoch)
        whole = (window.rows, window.columns) == (area.shape.rows.size, area.shape.columns.size)
        if whole and self.plan.style == "matrix" and self.plan.named:
            return self.plan.name_of(area)
        row, column = area.row + window.row, area.column + window.column
        if window.is_cell:
            return f"{area.sheet}!{cell_name(row, column)}"
        return f"{area.sheet}!{range_name(row, column, window.rows, window.columns)}"


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
    while column:
        column, letter = divmod(column - 1, 26)
        letters = chr(65 + letter) + letters
    return letters
