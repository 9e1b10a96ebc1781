"""What stands in the blocks of a board: matrix expressions, links, choices by INDEX."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from xlnn.errors import ExpressionError
from xlnn.maths.evaluate import Compiled, compiled
from xlnn.maths.expr import Expr, Matrix
from xlnn.maths.formulas import Formula, Style, Tile, Window, formula, tile_of
from xlnn.workbook.boards.board import (
    Block,
    Board,
    Contents,
    Values,
    cells,
    range_reference,
    reference,
)
from xlnn.workbook.plan import Area, Plan

Sources = Mapping[str, Area | Block]
"""Where the matrices of an expression stand, by name; what is not there is a setting."""


@dataclass(frozen=True, slots=True)
class Maths:
    """A matrix expression, made ready for the many blocks that compute it."""

    expr: Expr
    tile: Tile
    compiled: Compiled

    @classmethod
    def of(cls, expr: Expr, style: Style) -> Maths:
        """An expression as its formulas are written in a style."""
        return cls(expr, tile_of(expr, style), compiled(expr))


def ready(board: Board, expr: Expr, style: Style) -> Maths:
    """An expression made ready; the same object for the same one, which lives as long as the plan
    of the board does."""
    key = id(expr), style
    if key not in board.ready:
        board.ready[key] = Maths.of(expr, style)
    found: Maths = board.ready[key]
    return found


@dataclass(frozen=True, slots=True)
class Computed:
    """A matrix expression."""

    maths: Maths
    plan: Plan
    sources: Sources

    def formula(self, block: Block, i: int, j: int) -> Formula | None:
        tile = self.maths.tile
        if i % tile.rows or j % tile.columns:
            return None
        addresses = _Addresses(self, block.sheet)
        return formula(self.maths.expr, addresses, tile.at(i, j), tile.style)

    def value(self, block: Block, values: Values) -> Contents:
        return self.maths.compiled(
            {
                name: values.of(self.sources[name])
                if name in self.sources
                else values.setting(name)
                for name in self.maths.compiled.reads
            }
        )


@dataclass(frozen=True, slots=True)
class _Addresses:
    """What the formulas of an expression on a sheet call its matrices."""

    content: Computed
    sheet: str

    def address(self, matrix: Matrix, window: Window) -> str:
        source, plan = self.content.sources.get(matrix.name), self.content.plan
        style = self.content.maths.tile.style
        if source is None:
            return matrix.name
        shape = source.shape
        whole = (window.rows, window.columns) == (shape.rows.size, shape.columns.size)
        if whole and style == "matrix" and isinstance(source, Area) and plan.named:
            return plan.name_of(source)
        if window.is_cell:
            return reference(source, self.sheet, window.row, window.column)
        return range_reference(
            source, self.sheet, window.row, window.column, window.rows, window.columns
        )

    def over_batches(self, matrix: Matrix) -> str:
        raise ExpressionError(f"a board has no batches to add {matrix.name} over")


@dataclass(frozen=True, slots=True)
class Link:
    """Copies of cells, each of its own source."""

    source: Callable[[int, int], tuple[Area | Block, int, int]]
    """For a cell, what it copies: a source, and row and column there."""

    def formula(self, block: Block, i: int, j: int) -> Formula:
        source, row, column = self.source(i, j)
        return cell_formula(reference(source, block.sheet, row, column), i, j)

    def value(self, block: Block, values: Values) -> Contents:
        found = np.empty((block.shape.rows.size, block.shape.columns.size))
        for i, j in cells(block):
            source, row, column = self.source(i, j)
            found[i, j] = values.of(source)[row, column]
        return found


def copy_of(source: Area | Block) -> Link:
    """A copy of a source, or of its first rows and columns."""
    return Link(lambda i, j: (source, i, j))


@dataclass(frozen=True, slots=True)
class Written:
    """Formulas that are no maths of the network: each cell's text, and what they give."""

    text: Callable[[Block, int, int], str]
    give: Callable[[Values], Contents]
    array: bool = False
    """Whether each is entered as an array formula of one cell."""

    def formula(self, block: Block, i: int, j: int) -> Formula:
        return cell_formula(self.text(block, i, j), i, j, self.array)

    def value(self, block: Block, values: Values) -> Contents:
        return self.give(values)


def cell_formula(text: str, i: int, j: int, array: bool = False) -> Formula:
    """A formula of one cell."""
    return Formula(text, Window(i, j, 1, 1), array)
