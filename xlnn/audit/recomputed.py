"""What an engine computes from a workbook's inputs, and what NumPy derives from the same."""

from __future__ import annotations

import math
from collections.abc import Mapping, Set
from dataclasses import dataclass

import numpy as np

from xlnn.audit.cell_values import Value, is_number
from xlnn.audit.engines.values import Values
from xlnn.audit.reading import StoredWorkbook
from xlnn.maths.evaluate import Array
from xlnn.maths.recipe import Recipe
from xlnn.training.run import update
from xlnn.workbook.plan import SETTINGS, SETTINGS_COLUMN, Area, Plan


class Matrices:
    """The matrices of the shown epochs, as far as they are there; NaN for what is no number.

    By name an array of bands × rows × columns; data and settings have one band for all epochs.
    """

    def __init__(self, recipe: Recipe) -> None:
        self._constant = {*recipe.settings, *(given.name for given in recipe.data)}
        self._arrays: dict[str, Array] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._arrays

    def put(self, name: str, band: int, bands: int, values: Array) -> None:
        """Takes a matrix of a band in."""
        if name not in self._arrays:
            number = 1 if name in self._constant else bands
            self._arrays[name] = np.full((number, *values.shape), np.nan)
        self._arrays[name][0 if name in self._constant else band] = values

    def at(self, name: str, band: int) -> Array:
        """The matrix of a band: rows × columns."""
        matrix: Array = self._arrays[name][0 if name in self._constant else band]
        return matrix

    def stack(self, name: str, bands: range) -> Array:
        """The matrix in some bands: bands × rows × columns."""
        return self._arrays[name][bands.start : bands.stop]


@dataclass(slots=True)
class Recomputed:
    """One engine's numbers, and how far they are from NumPy's."""

    engine: str
    version: str
    values: Values
    matrices: Matrices
    derived: Matrices
    """NumPy's numbers from the same inputs; empty if a sheet is missing."""
    cells: int = 0
    max_abs: float = 0.0
    max_rel: float = 0.0

    def note(self, found: Array, expected: Array) -> Array:
        """Counts compared cells and returns their differences."""
        self.cells += found.size
        gaps, relative = np.abs(found - expected), differences(found, expected)
        # A NaN, where an engine gives no number, is the largest difference of all.
        self.max_abs = float(np.maximum(self.max_abs, gaps.max()))
        self.max_rel = float(np.maximum(self.max_rel, relative.max()))
        return relative


def recomputed(
    engine: str, version: str, values: Values, book: StoredWorkbook, plan: Plan, missing: Set[str]
) -> Recomputed:
    """An engine's matrices, and NumPy's from the same inputs; no sheet in ``missing`` is read."""
    matrices, number = Matrices(plan.recipe), len(plan.epochs)
    for sheet in plan.sheets:
        if sheet.name not in missing:
            for band, epoch in enumerate(sheet.epochs):
                area = plan.matrix(sheet.name, epoch)
                matrices.put(sheet.name, band, number, _numbers(area, values, book))
    settings = {
        name: np.array([[_setting(plan, name, values, book)]]) for name in plan.recipe.settings
    }
    derived = Matrices(plan.recipe)
    if not missing:
        _derive(plan, matrices, settings, derived)
    for name, value in settings.items():
        matrices.put(name, 0, number, value)
        derived.put(name, 0, number, value)
    return Recomputed(engine, version, values, matrices, derived)


def _numbers(area: Area, values: Values, book: StoredWorkbook) -> Array:
    rows, columns = area.shape.rows.size, area.shape.columns.size
    numbers = values.numbers(area.sheet, area.row, area.column, rows, columns)
    if area.expr is None:
        for i in range(rows):
            for j in range(columns):
                # An input as the file has it: programs that export 15 digits would change it.
                typed = book.constant(area.sheet, area.row + i, area.column + j)
                if is_number(typed):
                    numbers[i, j] = typed
    return numbers


def _setting(plan: Plan, name: str, values: Values, book: StoredWorkbook) -> float:
    row = plan.setting_row(name)
    typed = book.constant(SETTINGS, row, SETTINGS_COLUMN)
    if is_number(typed):
        return float(typed)
    return as_float(values.value(SETTINGS, row, SETTINGS_COLUMN))


def differences(found: Array | float, expected: Array | float) -> Array:
    """|a − b| / max(1, |b|), cell by cell."""
    gaps: Array = np.abs(found - expected) / np.maximum(1.0, np.abs(expected))
    return gaps


def as_float(value: Value) -> float:
    """A cell's number; NaN for anything else."""
    return float(value) if is_number(value) else math.nan


def _derive(
    plan: Plan, matrices: Matrices, settings: Mapping[str, Array], derived: Matrices
) -> None:
    """Every matrix of every shown epoch from the workbook's inputs, by the recipe."""
    recipe, number = plan.recipe, len(plan.epochs)
    for band, epoch in enumerate(plan.epochs):
        state = dict(settings)
        for given in (*recipe.data, *recipe.parameters):
            if plan.matrix(given.name, epoch).role == "carried":
                state[given.name] = derived.at(recipe.renewed[given.name], band - 1)
            else:
                state[given.name] = matrices.at(given.name, band)
        with np.errstate(all="ignore"):  # a NaN stands for what is no number in the workbook
            values = update(recipe, state)
        for name, value in values.items():
            derived.put(name, band, number, value)
