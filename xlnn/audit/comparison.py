"""Compares a sheet, array by array; only cells that look wrong are looked at one by one.

A cell is a *cause* when it is wrong in itself: its formula is not the plan's, or its value is
not what its own step gives from the values it reads. Otherwise it inherits a wrong number.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from xlnn.audit.cell_values import ErrorValue, is_number
from xlnn.audit.place import Place
from xlnn.audit.reading import StoredWorkbook
from xlnn.audit.recomputed import Matrices, Recomputed, as_float, differences
from xlnn.audit.report import Finding
from xlnn.audit.stored_sheet import Corners
from xlnn.maths.evaluate import Array, evaluate
from xlnn.maths.formulas import tile_of
from xlnn.workbook.entries import AreaAt, entries
from xlnn.workbook.plan import Area, Placement, Plan, Sheet

Flags = npt.NDArray[np.bool_]

Order = tuple[int, int, int, int]
"""Where a finding belongs in the order of computation: band, sheet, block on it, cell."""

BATCH = 50_000
"""How many cells are compared at once."""


@dataclass(frozen=True, slots=True)
class _Suspects:
    """Which cells of an area in some bands look wrong: bands × rows × columns."""

    formula: Flags
    """The formula is not, letter by letter, the plan's."""
    number: Sequence[Flags]
    """By engine: the number is not NumPy's."""
    cached: Flags
    """The file carries another value, or none."""


class Comparison:
    """Holds a workbook against its plan and the recomputed numbers, sheet by sheet."""

    def __init__(
        self,
        book: StoredWorkbook,
        plan: Plan,
        recomputed: Sequence[Recomputed],
        tolerance: float,
    ) -> None:
        self.book, self.plan = book, plan
        self.recomputed, self.tolerance = recomputed, tolerance
        self._places = {sheet.name: place for place, sheet in enumerate(plan.sheets)}

    def check(self, sheet: Sheet) -> Iterator[tuple[int, list[tuple[Order, Finding]]]]:
        """How many cells with formulas have been compared, and what is found in them."""
        shown = [placement for placement in sheet.operands if placement.shown]
        for bands in self.plan.stretches_of(sheet.name):
            blocks = [partial(self._copy, sheet, placement) for placement in shown]
            for number, area_at in enumerate([*blocks, partial(self._matrix, sheet)]):
                first = area_at(bands.start)
                if first.expr is None:
                    continue
                for some in _batches(bands, first.shape.size):
                    found = [
                        ((band, self._places[sheet.name], number, place), finding)
                        for band, place, finding in self._check_block(area_at, some)
                    ]
                    yield len(some) * first.shape.size, found

    def _copy(self, sheet: Sheet, placement: Placement, band: int) -> Area:
        return self.plan.operand(sheet.name, sheet.epochs[band], placement)

    def _matrix(self, sheet: Sheet, band: int) -> Area:
        return self.plan.matrix(sheet.name, sheet.epochs[band])

    # --- Arrays ---

    def _check_block(self, area_at: AreaAt, bands: range) -> Iterator[tuple[int, int, Finding]]:
        """The findings with their bands and their cells, counted row by row."""
        suspects, founds = self._suspects(area_at, bands)
        flagged = suspects.formula | suspects.cached
        for wrong in suspects.number:
            flagged |= wrong
        area, band = area_at(bands.start), -1
        for index, i, j in np.argwhere(flagged).tolist():
            if bands[index] != band:
                band = bands[index]
                area = area_at(band)
                single = _Area(self, area, band, [found[index] for found in founds])
            place = index, i, j
            finding = single.finding(
                i,
                j,
                bool(suspects.formula[place]),
                [bool(wrong[place]) for wrong in suspects.number],
                bool(suspects.cached[place]),
            )
            if finding is not None:
                yield band, i * area.shape.columns.size + j, finding

    def _suspects(self, area_at: AreaAt, bands: range) -> tuple[_Suspects, list[Array]]:
        """What looks wrong in an area, and each engine's numbers."""
        first = area_at(bands.start)
        rows, columns = first.shape.rows.size, first.shape.columns.size
        shape = len(bands), rows, columns
        formulas, cached = np.empty(shape, np.bool_), np.empty(shape)
        stored, tiles = self.book.sheet(first.sheet), self._tiles(first)
        for index, wanted in enumerate(entries(self.plan, area_at, bands)):
            area = area_at(bands[index])
            cached[index] = stored.numbers(area.row, area.column, rows, columns)
            found = stored.entries(area.row, area.column, rows, columns)
            other = [a != wanted[tile] for a, tile in zip(found, tiles, strict=True)]
            formulas[index] = np.reshape(other, (rows, columns))
        numbers, founds = [], []
        for each in self.recomputed:
            numbers_found = self._found(area_at, bands, each)
            founds.append(numbers_found)
            expected_numbers = self._expected(area_at, bands, each.derived)
            if expected_numbers is None:
                numbers.append(np.zeros(shape, np.bool_))
            else:
                gaps = each.note(numbers_found, expected_numbers)
                numbers.append(~(gaps <= self.tolerance))
        stale = ~(differences(cached, founds[0]) <= self.tolerance)
        return _Suspects(formulas, numbers, stale), founds

    def _tiles(self, area: Area) -> list[int]:
        """For each cell of an area, row by row, the place of the formula that fills it among all
        of the area: of an array formula every cell tells."""
        assert area.expr is not None  # inputs are checked elsewhere
        tile = tile_of(area.expr, self.plan.style)
        down = np.arange(area.shape.rows.size) // tile.rows
        across = np.arange(area.shape.columns.size) // tile.columns
        tiles: list[int] = np.add.outer(down * (across[-1] + 1), across).ravel().tolist()
        return tiles

    def _found(self, area_at: AreaAt, bands: range, each: Recomputed) -> Array:
        """What an engine has computed: bands × rows × columns."""
        first = area_at(bands.start)
        if first.role != "operand":
            return each.matrices.stack(first.matrix, bands)
        rows, columns = first.shape.rows.size, first.shape.columns.size
        areas = (area_at(band) for band in bands)
        return np.stack(
            [each.values.numbers(a.sheet, a.row, a.column, rows, columns) for a in areas]
        )

    def _expected(self, area_at: AreaAt, bands: range, derived: Matrices) -> Array | None:
        """What NumPy gives: bands × rows × columns; None if it could not be derived."""
        first = area_at(bands.start)
        if first.role != "operand":
            return derived.stack(first.matrix, bands) if first.matrix in derived else None
        stacked = []
        for band in bands:
            value = self.evaluated(area_at(band), band, derived)
            if value is None:
                return None
            stacked.append(value)
        return np.stack(stacked)

    # --- For single cells ---

    def evaluated(self, area: Area, band: int, matrices: Matrices) -> Array | None:
        """What an area's expression gives from some matrices; None if one is not there."""
        values = self.read(area, band, matrices)
        if values is None:
            return None
        assert area.expr is not None
        with np.errstate(all="ignore"):
            return evaluate(area.expr, values)

    def read(self, area: Area, band: int, matrices: Matrices) -> dict[str, Array] | None:
        """The matrices that an area's expression reads, by name; None if one is not there."""
        # What is carried stands in the band before.
        source = band - 1 if area.role == "carried" else band
        if any(name not in matrices for name in area.reads):
            return None
        return {name: matrices.at(name, source) for name in area.reads}


def _batches(bands: range, cells: int) -> Iterator[range]:
    """Some bands at a time, so that no array takes much memory."""
    together = max(1, BATCH // cells)
    for first in range(bands.start, bands.stop, together):
        yield range(first, min(first + together, bands.stop))


class _Area:
    """One area of one band, cell by cell."""

    def __init__(
        self, comparison: Comparison, area: Area, band: int, founds: Sequence[Array]
    ) -> None:
        self._comparison, self._area, self._band = comparison, area, band
        self._founds = founds
        self._locals: dict[int, tuple[Array | None, Array | None, bool]] = {}

    def finding(
        self, i: int, j: int, formula: bool, wrong: Sequence[bool], stale: bool
    ) -> Finding | None:
        """What is found in a cell: one finding, as a wrong formula explains whatever value it
        gives."""
        place = Place(self._comparison.book, self._area, i, j)
        found = place.compare_formula(*self._planned(i, j)) if formula else None
        for number, is_wrong in enumerate(wrong):
            if is_wrong and found is None:
                found = self._wrong(place, number)
        if stale and found is None:
            found = self._stale(place)
        return found

    def _planned(self, i: int, j: int) -> tuple[str, Corners | None]:
        """The formula that fills a cell, and the corners of an array."""
        plan, area = self._comparison.plan, self._area
        assert area.expr is not None  # inputs are checked elsewhere
        tile = tile_of(area.expr, plan.style)
        formula = plan.formula(area, i - i % tile.rows, j - j % tile.columns)
        assert formula is not None  # it stands in its tile's first cell
        window = formula.window
        top, left = area.row + window.row, area.column + window.column
        corners = top, left, top + window.rows - 1, left + window.columns - 1
        return f"={formula.text}", corners if formula.array else None

    def _numbers(self, number: int) -> tuple[Array | None, Array | None, bool]:
        """By an engine's own numbers and by NumPy's, what the area's expression gives; and whether
        a matrix that it reads holds something that is no number. One such cell makes the whole
        of an array formula an error."""
        if number not in self._locals:
            each, comparison = self._comparison.recomputed[number], self._comparison
            own = comparison.evaluated(self._area, self._band, each.matrices)
            derived = comparison.evaluated(self._area, self._band, each.derived)
            read = comparison.read(self._area, self._band, each.matrices)
            spoiled = read is not None and any(np.isnan(values).any() for values in read.values())
            self._locals[number] = own, derived, spoiled
        return self._locals[number]

    def _wrong(self, place: Place, number: int) -> Finding:
        each = self._comparison.recomputed[number]
        locally, derived, spoiled = self._numbers(number)
        assert derived is not None  # else there is nothing to be wrong by
        found = float(self._founds[number][place.i, place.j])
        expected = float(derived[place.i, place.j])
        own = math.nan if locally is None else float(locally[place.i, place.j])
        cause = not differences(found, own) <= self._comparison.tolerance
        if math.isnan(own) or (math.isnan(found) and spoiled):
            cause = False  # what it reads is no number either
        value = each.values.value(place.area.sheet, place.row, place.column)
        program = f"{each.engine} {each.version}"
        if isinstance(value, ErrorValue):
            return place.finding(
                "error-value",
                expected,
                str(value),
                cause,
                f"{program} computes {value}, NumPy {expected!r}",
            )
        origin = "" if cause else ", inherited from a cell that it reads"
        return place.finding(
            "wrong-value",
            expected,
            value if isinstance(value, str) else found,
            cause,
            f"{program} computes {found!r}, NumPy {expected!r}{origin}",
        )

    def _stale(self, place: Place) -> Finding | None:
        """The finding if the file carries another value than the formula gives."""
        book, recomputed = self._comparison.book, float(self._founds[0][place.i, place.j])
        cached = book.value(place.area.sheet, place.row, place.column)
        if cached is None or not _was_computed(place):
            return None  # a program that does not compute has saved the file
        if differences(as_float(cached), recomputed) <= self._comparison.tolerance:
            return None
        return place.finding(
            "stale-value",
            recomputed,
            cached if is_number(cached) else str(cached),
            True,
            f"the file carries the value {cached!r}, but the formula gives {recomputed!r}",
        )


def _was_computed(place: Place) -> bool:
    """Whether the file carries a value for a formula. Of an array formula the first cell
    tells: openpyxl drops its value and keeps the old ones of the others."""
    stored = place.book.formula(place.area.sheet, place.row, place.column)
    if stored is None or stored.array is None:
        return True
    return place.book.value(place.area.sheet, *stored.array[:2]) is not None
