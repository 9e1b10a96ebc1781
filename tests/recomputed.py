"""Reads what an engine computed, and measures how far it is from what it should be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from xlnn.audit.cell_values import ErrorValue
from xlnn.audit.engines import Engine
from xlnn.audit.engines.libreoffice import LibreOffice
from xlnn.audit.engines.values import Values
from xlnn.maths.expr import Expr
from xlnn.maths.formulas import Addresses, Formula, Style, formula_at
from xlnn.maths.shapes import shape_of
from xlnn.workbook.plan import LOSS, LOSS_COLUMN, LOSS_FIRST, Plan

Array = npt.NDArray[np.float64]


def difference(a: npt.ArrayLike, b: npt.ArrayLike) -> float:
    """The largest |a - b| / max(1, |b|); infinite where there is a NaN or the shapes differ."""
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if a.shape != b.shape or np.isnan(a).any() or np.isnan(b).any():
        return np.inf
    return float(np.max(np.abs(a - b) / np.maximum(1, np.abs(b))))


def beyond(tolerance: float, differences: Mapping[str, float]) -> dict[str, float]:
    """The differences that are too large, with their places."""
    return {place: found for place, found in differences.items() if found > tolerance}


def block(values: Values, sheet: str, row: int, column: int, shape: tuple[int, int]) -> Array:
    """A rectangle of numbers. Fails on a cell that holds anything else."""
    numbers = np.empty(shape)
    for i in range(shape[0]):
        for j in range(shape[1]):
            value = values.value(sheet, row + i, column + j)
            place = f"{sheet}, row {row + i}, column {column + j}"
            assert isinstance(value, (int, float)), f"{place} holds {value!r}"
            numbers[i, j] = value
    return numbers


def differences(
    values: Values, plan: Plan, expected: Mapping[int, Mapping[str, Array]]
) -> dict[str, float]:
    """How far every matrix in a workbook is from the expected one, by name and epoch, where an
    epoch is one update.

    Fails where the workbook lacks an expected matrix of a shown epoch.
    """
    found = {}
    for area in plan.matrices():
        shape = area.shape.rows.size, area.shape.columns.size
        numbers = block(values, area.sheet, area.row, area.column, shape)
        found[f"{area.matrix}, epoch {area.epoch}"] = difference(
            numbers, expected[area.epoch][area.matrix]
        )
    for epoch in plan.epochs:
        for name in expected[epoch]:
            data = name in ("X", "y")  # stand once, for all epochs
            assert data or f"{name}, epoch {epoch}" in found, f"{name} of epoch {epoch} is missing"
    return found


def error_cells(values: Values, plan: Plan) -> list[tuple[str, int, int, str]]:
    """All cells on the sheets of the matrices that hold an error, with the error."""
    errors = []
    sizes = {sheet.name: (sheet.last_row, sheet.last_column) for sheet in plan.sheets}
    last_live = LOSS_FIRST + plan.epochs[-1] - 1
    sizes[LOSS] = last_live, LOSS_COLUMN + len(plan.recipe.curves) - 1
    assert set(sizes) == set(plan.pages)
    for page, (last_row, last_column) in sizes.items():
        for row in range(1, last_row + 1):
            for column in range(1, last_column + 1):
                value = values.value(page, row, column)
                if isinstance(value, ErrorValue):
                    errors.append((page, row, column, str(value)))
    return errors


def recompute_all(engine: Engine, paths: Sequence[Path]) -> list[Values]:
    """What an engine computes of several workbooks. LibreOffice is started once for all."""
    if isinstance(engine, LibreOffice):
        return engine.recompute_all(paths)
    return [engine.recompute(path) for path in paths]


class Beforehand:
    """An engine that has recomputed some workbooks already, for an audit to ask."""

    def __init__(self, engine: Engine, paths: Sequence[Path]) -> None:
        self.name, self._version = engine.name, engine.version()
        self._values = dict(zip(paths, recompute_all(engine, paths), strict=True))

    def version(self) -> str:
        return self._version

    def recompute(self, path: Path) -> Values:
        return self._values.pop(path)


def formulas(expr: Expr, addresses: Addresses, style: Style) -> Iterator[Formula]:
    """Every formula that an expression's matrix has, row by row."""
    shape = shape_of(expr)
    for row in range(shape.rows.size):
        for column in range(shape.columns.size):
            found = formula_at(expr, addresses, style, row, column)
            if found is not None:
                yield found
