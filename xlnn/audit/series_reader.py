"""Reads the series of a workbook, sheet by sheet, each sheet once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from xlnn.audit.cell_values import is_number
from xlnn.audit.engines.values import Values
from xlnn.audit.planned import planned, tiles
from xlnn.audit.same_formula import same_formula
from xlnn.audit.series import Band, Entry, Key, Series, Source, When
from xlnn.audit.stored.sheet import Stored
from xlnn.audit.stored.workbook import StoredWorkbook
from xlnn.audit.strays import Ground, matrix_ground, other_grounds, strays
from xlnn.maths.evaluate import Array
from xlnn.maths.formulas import Formula
from xlnn.maths.recipe import Step
from xlnn.maths.words import notation
from xlnn.progress import Progress
from xlnn.workbook.boards.board import Block, Board, Typed, cells
from xlnn.workbook.boards.extras import draw_boards
from xlnn.workbook.boards.summary import summary_board
from xlnn.workbook.entries import entries
from xlnn.workbook.live_texts import live_text
from xlnn.workbook.plan import (
    LOSS,
    SETTINGS,
    SETTINGS_COLUMN,
    Area,
    Grid,
    Moment,
    Placement,
    Plan,
    cell_name,
)

AreaOf = Callable[[int, int], Area]
"""The area of a matrix, or of a copy of one, in an epoch and a batch."""

COPY, IN_NUMBERS = "copy of ", "the line in numbers"


class SeriesReader:
    """Reads a workbook of which an engine has computed the values."""

    def __init__(
        self, book: StoredWorkbook, plan: Plan, values: Values, progress: Progress
    ) -> None:
        self.book, self.plan, self.values, self.progress = book, plan, values, progress
        self.series: dict[Key, Series] = {}
        self.strays: dict[tuple[str, str], Entry] = {}
        """What stands where the plan has nothing, by sheet and cell."""
        self._cells = plan.formula_cells
        self._places = {name: place for place, name in enumerate(plan.recipe.members)}

    def read(self) -> None:
        """Reads all series of the workbook, but those of sheets that it lacks."""
        for name in self.plan.chosen:
            self._read_setting(name)
        for name in self.plan.recipe.members:
            is_curve = name in self.plan.recipe.curves
            sheet = LOSS if is_curve else name
            if sheet not in self.book.sheets:
                continue
            self._read_matrix(name)
            if not is_curve:
                if isinstance(self.plan.recipe.members[name], Step):
                    self._read_text(name)
                self._read_strays(matrix_ground(self.plan, name))
                self.book.forget(name)
        boards = summary_board(self.plan), *draw_boards(self.plan)
        for place, board in enumerate(boards, start=len(self._places)):
            if board.name in self.book.sheets:
                self._read_board(board, place)
        for ground in other_grounds(self.plan):
            if ground.sheet in self.book.sheets:
                self._read_strays(ground)
                self.book.forget(ground.sheet)

    def _read_strays(self, ground: Ground) -> None:
        """What stands beside the blocks of a sheet."""
        sheet = ground.sheet
        changed = any(each.entries for key, each in self.series.items() if key.sheet == sheet)
        for place, entry in strays(self.book, ground, changed).items():
            self.strays[sheet, cell_name(*place)] = entry

    def _read_setting(self, name: str) -> None:
        """A number on the sheet Settings that formulas read."""
        series = self._series(Key(SETTINGS, name, "", 0, 1, 1), None, -1, _no_formula)
        band = Band(self.plan.setting_row(name), SETTINGS_COLUMN, "input", "")
        self._add_typed(series, None, band)

    # --- Matrices ---

    def _read_matrix(self, name: str) -> None:
        for grid in self.plan.grids(name):
            epochs = self.plan.epochs
            moments = [Moment(epochs[index], batch) for index in grid.epochs for batch in grid[1]]
            for what, area_of in self._areas(name, grid):
                first = area_of(*moments[0])
                if first.expr is None:
                    self._read_inputs(area_of, moments)
                else:
                    self._read_formulas(what, area_of, grid, moments)
                self.progress("reading", grid.size * first.shape.size, self._cells)

    def _areas(self, name: str, grid: Grid) -> Iterator[tuple[str, AreaOf]]:
        """A matrix, and the live copies of what it is computed from."""
        yield "", partial(self.plan.matrix, name)
        if name not in self.plan.recipe.curves:
            for placement in self.plan.arrangement(name, grid.batches[0]).operands:
                if placement.shown:
                    what = f"{COPY}{notation(placement.view)}"
                    yield what, partial(_copy, self.plan, name, placement)

    def _when(self, area: Area) -> When:
        """What is given or prepared once has no moment: workbooks may begin with other epochs."""
        once = self.plan.recipe.recurrence[area.matrix] == "once"
        return None if once else Moment(area.epoch, area.batch)

    def _read_inputs(self, area_of: AreaOf, moments: list[Moment]) -> None:
        for moment in moments:
            area = area_of(*moment)
            left = moment.epoch > 1 and area.matrix in self.plan.recipe.renewed
            band = Band(area.row, area.column, "start" if left else "input", "")
            self._add_typed(self._of_area(area, ""), self._when(area), band)

    def _read_formulas(self, what: str, area_of: AreaOf, grid: Grid, moments: list[Moment]) -> None:
        first, plan = area_of(*moments[0]), self.plan
        assert first.expr is not None  # it is no input
        rows, columns = first.shape.rows.size, first.shape.columns.size
        filling, said = tiles(first, plan.style), notation(first.expr)
        plain = filling == list(range(first.shape.size))

        def formula(when: When, i: int, j: int) -> Stored:
            moment = when or Moment(plan.epochs[0], 1)
            return planned(plan, area_of(*moment), i, j)

        series = self._of_area(first, what)
        series.planned = formula  # the first epoch of parameters has none
        # A copy leads nowhere: it shows what its source holds, which is compared itself.
        series.valued = not what
        sheet = self.book.sheet(first.sheet)

        def area_at(index: int, batch: int) -> Area:
            return area_of(plan.epochs[index], batch)

        for moment, wanted in zip(moments, entries(plan, area_at, grid), strict=True):
            area = area_of(*moment)
            when, band = self._when(area), Band(area.row, area.column, "formula", said)
            found = sheet.entries(area.row, area.column, rows, columns)
            expected = wanted if plain else [wanted[place] for place in filling]
            if found != expected:
                for place, (a, b) in enumerate(zip(found, expected, strict=True)):
                    if a != b:
                        i, j = divmod(place, columns)
                        self._note(series, when, band, i, j, planned(plan, area, i, j))
            self._add_computed(series, when, band)

    def _read_text(self, name: str) -> None:
        """The formula of the line that tells how a step's first cell is computed. What it says
        follows from numbers that are compared."""
        text = live_text(self.plan, name)
        wanted = Stored(f"={text.formula}", None)
        key = Key(name, name, IN_NUMBERS, 0, 1, 1)
        series = self._series(key, text.area.number, self._places[name], lambda *_: wanted)
        series.valued = False
        band = Band(text.row, text.column, "formula", "")
        self._note(series, None, band, 0, 0, wanted)
        series.add(None, band, None)

    # --- Boards ---

    def _read_board(self, board: Board, place: int) -> None:
        seen: Counter[tuple[str, int, int]] = Counter()
        for block in board.blocks:
            shape = block.shape.rows.size, block.shape.columns.size
            number = seen[block.name, *shape]
            seen[block.name, *shape] += 1
            key = Key(board.name, block.name, "", number, *shape)
            if isinstance(block.content, Typed):
                series = self._series(key, None, place, _no_formula)
                source: Source = "input" if block.style == "input" else "kept"
                self._add_typed(series, None, Band(block.row, block.column, source, ""))
                continue
            series = self._series(key, None, place, partial(_planned_in, block))
            series.valued, series.slack = not block.is_words, self._slack(block)
            band = Band(block.row, block.column, "formula", "")
            for i, j in cells(block):
                if formula := block.content.formula(block, i, j):
                    self._note(series, None, band, i, j, _entered(block, formula))
            self._add_computed(series, None, band)
            self.progress("reading", block.shape.size, self._cells)

    def _slack(self, block: Block) -> float:
        """How much farther apart than others a block's numbers may be: small differences of large
        numbers."""
        if block.scale is None:
            return block.slack
        of, shape = block.scale, block.scale.shape
        numbers = self.values.numbers(
            of.sheet, of.row, of.column, shape.rows.size, shape.columns.size
        )
        size = float(np.abs(numbers).max())
        return block.slack * (size if size > 1 else 1.0)

    # --- Blocks ---

    def _of_area(self, area: Area, what: str) -> Series:
        key = Key(area.sheet, area.matrix, what, 0, area.shape.rows.size, area.shape.columns.size)
        return self._series(key, area.number, self._places[area.matrix], _no_formula)

    def _series(
        self, key: Key, step: int | None, place: int, formula: Callable[[When, int, int], Stored]
    ) -> Series:
        if key not in self.series:
            self.series[key] = Series(key, step, place, formula)
        return self.series[key]

    def _note(self, series: Series, when: When, band: Band, i: int, j: int, wanted: Stored) -> None:
        """Keeps what is entered in a formula's cell if it is anything else."""
        sheet, place = self.book.sheet(series.key.sheet), (band.row + i, band.column + j)
        stored = sheet.formulas.get(place)
        if stored is None:
            series.entries[when, i, j] = sheet.values.get(place)
        elif not (same_formula(stored.text, wanted.text) and stored.array == wanted.array):
            series.entries[when, i, j] = stored

    def _add_typed(self, series: Series, when: When, band: Band) -> None:
        """Takes in a block whose numbers are typed. An input may also be computed from others."""
        key, sheet = series.key, self.book.sheet(series.key.sheet)
        numbers = sheet.numbers(band.row, band.column, key.rows, key.columns)
        found = sheet.entries(band.row, band.column, key.rows, key.columns)
        if np.isnan(numbers).any() or any(entry is not None for entry in found):
            for place, entry in enumerate(found):
                i, j = divmod(place, key.columns)
                cell = band.row + i, band.column + j
                if entry is not None:
                    series.entries[when, i, j] = sheet.formulas[cell]
                    value = self.values.value(key.sheet, *cell)
                    numbers[i, j] = value if is_number(value) else np.nan
                    series.others[when, i, j] = value
                elif np.isnan(numbers[i, j]):
                    series.entries[when, i, j] = series.others[when, i, j] = sheet.values.get(cell)
        series.add(when, band, numbers)

    def _add_computed(self, series: Series, when: When, band: Band) -> None:
        if not series.valued:
            series.add(when, band, None)
            return
        key = series.key
        numbers: Array = self.values.numbers(
            key.sheet, band.row, band.column, key.rows, key.columns
        )
        for i, j in np.argwhere(np.isnan(numbers)).tolist():
            value = self.values.value(key.sheet, band.row + i, band.column + j)
            series.others[when, i, j] = value
        series.add(when, band, numbers)


def _no_formula(when: When, i: int, j: int) -> Stored:
    raise LookupError("an input has no formula")


def _copy(plan: Plan, name: str, placement: Placement, epoch: int, batch: int) -> Area:
    return plan.operand(name, epoch, batch, placement)


def _planned_in(block: Block, when: When, i: int, j: int) -> Stored:
    """The formula of a block's cell."""
    formula = block.content.formula(block, i, j)
    assert formula is not None  # nothing is entered inside an array
    return _entered(block, formula)


def _entered(block: Block, formula: Formula) -> Stored:
    """A formula as it stands in a file; of an array formula with the range that it fills."""
    window = formula.window
    row, column = block.row + window.row, block.column + window.column
    corners = row, column, row + window.rows - 1, column + window.columns - 1
    return Stored(f"={formula.text}", corners if formula.array else None)
