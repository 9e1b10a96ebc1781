"""Every node of an expression means the same to every reader.

Each example stands beside what each reader makes of it: the value (NumPy), the formula of its
last cell and of the whole matrix (Excel), the notation, the sentence and the operands on the
page. The formulas are then computed by spreadsheet programs and held against the value.
"""

from __future__ import annotations

import importlib
import math
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.formula import ArrayFormula
from recomputed import block, difference, formulas

import xlnn.maths
from xlnn.audit.engines import Engine
from xlnn.audit.wording import same_text
from xlnn.errors import ExpressionError
from xlnn.maths.evaluate import evaluate, loop, program, source
from xlnn.maths.expr import (
    ONE,
    SCALAR,
    Apply,
    Arithmetic,
    Axis,
    BatchSum,
    Column,
    ColumnMax,
    ColumnMin,
    ColumnSum,
    Comparison,
    Expr,
    Function,
    Largest,
    Matrix,
    Negative,
    Number,
    Operator,
    Pick,
    Relation,
    RowCount,
    RowMax,
    RowSum,
    Shape,
    Total,
    Where,
    is_view,
    walk,
)
from xlnn.maths.first_cell import Value, first_cell, named
from xlnn.maths.formulas import Style, Window, formula
from xlnn.maths.live_text import live_formula, shown_text
from xlnn.maths.shape_arithmetic import shape_arithmetic
from xlnn.maths.shapes import shape_of
from xlnn.maths.words import notation, sentence
from xlnn.workbook.falk import operands
from xlnn.workbook.texts import load_texts

PHRASES = load_texts()["phrases"]
STYLES = get_args(Style)

sample, feature, neuron = Axis("sample", 2), Axis("feature", 3), Axis("neuron", 2)
pixel = Axis("pixel", 9)  # one more than a product that is written out

X = Matrix("X", Shape(sample, feature))
wh = Matrix("wh", Shape(feature, neuron))
bh = Matrix("bh", Shape(ONE, neuron))
Z = Matrix("Z", Shape(sample, neuron))
E = Matrix("E", Shape(sample, neuron))
Z_new = Matrix("Z_new", Shape(sample, neuron))
H = Matrix("H", Shape(sample, neuron))
largest = Matrix("largest", Shape(sample, ONE))
rate = Matrix("rate", SCALAR)
single = Matrix("single", Shape(sample, Axis("output", 1)))
ties = Matrix("ties", Shape(sample, feature))
order = Matrix("order", Shape(Axis("place", 3), ONE))
ones = Matrix("ones", SCALAR)
batch_loss = Matrix("batch_loss", SCALAR)  # of the batch that is asked about; there are 3
pixels = Matrix("pixels", Shape(sample, pixel))
weights = Matrix("weights", Shape(pixel, neuron))

VALUES = {
    name: np.array(rows, dtype=np.float64)
    for name, rows in {
        "X": [[1, 2, 3], [4, 5, 6]],
        "wh": [[1, -2], [3, 4], [-5, 6]],
        "bh": [[10, -20]],
        "Z": [[-1, 2], [3, -4]],
        "E": [[0.5, -0.25], [2, 4]],
        "H": [[2, 4], [8, -16]],
        "largest": [[2], [-3]],
        "rate": [[0.5]],
        "single": [[-1], [4]],
        "ties": [[1, 2, 2], [3, 3, 3]],
        "ones": [[1]],
        "order": [[2], [1], [2]],
        "batch_loss": [[0.5], [2], [4]],
        "pixels": [[1, 2, 3, 4, 5, 6, 7, 8, 9], [9, 8, 7, 6, 5, 4, 3, 2, 1]],
        "weights": [[i, -1] for i in range(1, 10)],
    }.items()
}


class Sheets:
    """Each matrix has a sheet of its name and stands there from A1 on."""

    def address(self, matrix: Matrix, window: Window) -> str:
        return f"{matrix.name}!{cells(window)}"

    def over_batches(self, matrix: Matrix) -> str:
        return f"{matrix.name}!{cells(Window(0, 0, len(VALUES[matrix.name]), 1))}"


def cells(window: Window) -> str:
    first = f"{get_column_letter(window.column + 1)}{window.row + 1}"
    if window.is_cell:
        return first
    column = get_column_letter(window.column + window.columns)
    return f"{first}:{column}{window.row + window.rows}"


def each(function: Callable[[float], float], name: str) -> list[list[float]]:
    return [[function(value) for value in row] for row in VALUES[name]]


@dataclass(frozen=True)
class Example:
    """An expression, and what each reader must make of it."""

    expr: Expr
    shape: Shape
    value: Sequence[Sequence[float]]
    cell: str
    """The formula of the last cell; its row and column show how references move."""
    matrix: str
    """The formula of the whole matrix, or of its last row where each row has its own."""
    notation: str
    words: str
    operands: str
    array: bool = False
    """Whether the formula of a single cell must be entered as an array formula."""
    names: str = field(kw_only=True)
    """How the last cell is computed, in names."""
    shapes: str = field(kw_only=True)
    """The same formula in shapes."""


S_N, S_F = Z.shape, X.shape
N_N = Shape(neuron, neuron)

# fmt: off
EXAMPLES = [
    # --- Leaves ---
    Example(X, S_F, [[1, 2, 3], [4, 5, 6]],
        "X!C2", "X!A1:C2", "X", "X", "X beside",
        names="X[2,3]", shapes="2×3 → 2×3"),
    Example(Number(1.0), SCALAR, [[1]],
        "1", "1", "1", "1", "",
        names="1", shapes="1 → 1×1"),
    Example(Number(-2.5), SCALAR, [[-2.5]],
        "-2.5", "-2.5", "-2.5", "-2.5", "",
        names="-2.5", shapes="-2.5 → 1×1"),

    # --- Other arrangements of the same cells ---
    Example(X.T, S_F.transposed, [[1, 4], [2, 5], [3, 6]],
        "X!C2", "TRANSPOSE(X!A1:C2)", "Xᵀ", "X transposed", "Xᵀ beside",
        names="X[2,3]", shapes="3×2 → 3×2"),
    Example(X.T.T, S_F, [[1, 2, 3], [4, 5, 6]],
        "X!C2", "TRANSPOSE(TRANSPOSE(X!A1:C2))", "Xᵀᵀ", "X transposed transposed", "Xᵀᵀ beside",
        names="X[2,3]", shapes="2×3 → 2×3"),
    # A column of its own kind goes with every column only when that is said.
    Example(Column(single), Shape(sample, ONE), [[-1], [4]],
        "single!A2", "single!A1:A2", "single", "single", "single beside",
        names="single[2,1]", shapes="2×1 → 2×1"),
    Example(Z * Column(single), S_N, [[1, -2], [12, -16]],
        "Z!B2*single!A2", "Z!A1:B2*single!A1:A2", "Z ∘ single", "Z times single, cell by cell",
        "Z beside, single beside",
        names="Z[2,2]×single[2,1]", shapes="2×2 ∘ 2×1 → 2×2"),
    # Rows in another order, also twice; the order stands left of them, as a factor does.
    Example(Pick(X, order), Shape(order.shape.rows, feature), [[4, 5, 6], [1, 2, 3], [4, 5, 6]],
        "INDEX(X!C1:C2,order!A3)", "INDEX(X!C1:C2,order!A3)",
        "X[rows order]", "the rows of X in the order that order tells", "order left, X above",
        names="X[order[3,1],3]", shapes="2×3[rows 3×1] → 3×3"),
    # INDEX takes no single cell everywhere, so of one sample it is CHOOSE.
    Example(Pick(bh, ones), bh.shape, [[10, -20]],
        "CHOOSE(ones!A1,bh!B1)", "CHOOSE(ones!A1,bh!B1)",
        "bh[rows ones]", "the rows of bh in the order that ones tells", "ones left, bh above",
        names="bh[ones,2]", shapes="1×2[rows ones] → 1×2"),
    Example(Pick(wh, Column(order)), Shape(order.shape.rows, neuron),
        [[3, 4], [1, -2], [3, 4]],
        "INDEX(wh!B1:B3,order!A3)", "INDEX(wh!B1:B3,order!A3)",
        "wh[rows order]", "the rows of wh in the order that order tells", "order left, wh above",
        names="wh[order[3,1],2]", shapes="3×2[rows 3×1] → 3×2"),

    # --- Products ---
    Example(X @ wh, S_N, [[-8, 24], [-11, 48]],
        "X!A2*wh!B1+X!B2*wh!B2+X!C2*wh!B3", "MMULT(X!A1:C2,wh!A1:B3)",
        "X · wh", "the matrix product of X and wh", "X left, wh above",
        names="X[2,1]×wh[1,2] + X[2,2]×wh[2,2] + X[2,3]×wh[3,2]", shapes="2×3 · 3×2 → 2×2"),
    Example(X.T @ Z, Shape(feature, neuron), [[11, -14], [13, -16], [15, -18]],
        "X!C1*Z!B1+X!C2*Z!B2", "MMULT(TRANSPOSE(X!A1:C2),Z!A1:B2)",
        "Xᵀ · Z", "the matrix product of X transposed and Z", "Xᵀ left, Z above",
        names="X[1,3]×Z[1,2] + X[2,3]×Z[2,2]", shapes="3×2 · 2×2 → 3×2"),
    Example(Z @ wh.T, S_F, [[-5, 5, 17], [11, -7, -39]],
        "Z!A2*wh!A3+Z!B2*wh!B3", "MMULT(Z!A1:B2,TRANSPOSE(wh!A1:B3))",
        "Z · whᵀ", "the matrix product of Z and wh transposed", "Z left, whᵀ above",
        names="Z[2,1]×wh[3,1] + Z[2,2]×wh[3,2]", shapes="2×2 · 2×3 → 2×3"),
    Example(largest @ bh, S_N, [[20, -40], [-30, 60]],
        "largest!A2*bh!B1", "MMULT(largest!A1:A2,bh!A1:B1)",
        "largest · bh", "the matrix product of largest and bh", "largest left, bh above",
        names="largest[2,1]×bh[1,2]", shapes="2×1 · 1×2 → 2×2"),
    # Too long to be written out: a plain formula takes a row and a row, a column and a column ...
    Example(weights.T @ weights, N_N, [[285, -45], [-45, 9]],
        "SUMPRODUCT(weights!B1:B9,weights!B1:B9)", "MMULT(TRANSPOSE(weights!A1:B9),weights!A1:B9)",
        "weightsᵀ · weights", "the matrix product of weights transposed and weights",
        "weightsᵀ left, weights above",
        names="weights[1,2]×weights[1,2] + weights[2,2]×weights[2,2] + weights[3,2]×weights[3,2] + "
        "… + weights[9,2]×weights[9,2]",
        shapes="2×9 · 9×2 → 2×2"),
    Example(pixels @ pixels.T, Shape(sample, sample), [[285, 165], [165, 285]],
        "SUMPRODUCT(pixels!A2:I2,pixels!A2:I2)", "MMULT(pixels!A1:I2,TRANSPOSE(pixels!A1:I2))",
        "pixels · pixelsᵀ", "the matrix product of pixels and pixels transposed",
        "pixels left, pixelsᵀ above",
        names="pixels[2,1]×pixels[2,1] + pixels[2,2]×pixels[2,2] + pixels[2,3]×pixels[2,3] + … + "
        "pixels[2,9]×pixels[2,9]",
        shapes="2×9 · 9×2 → 2×2"),
    # ... but a row and a column only as an array formula.
    Example(pixels @ weights, S_N, [[285, -45], [165, -45]],
        "MMULT(pixels!A2:I2,weights!B1:B9)", "MMULT(pixels!A1:I2,weights!A1:B9)",
        "pixels · weights", "the matrix product of pixels and weights",
        "pixels left, weights above", array=True,
        names="pixels[2,1]×weights[1,2] + pixels[2,2]×weights[2,2] + pixels[2,3]×weights[3,2] + "
        "… + pixels[2,9]×weights[9,2]",
        shapes="2×9 · 9×2 → 2×2"),
    Example(weights.T @ pixels.T, S_N.transposed, [[285, 165], [-45, -45]],
        "MMULT(TRANSPOSE(weights!B1:B9),TRANSPOSE(pixels!A2:I2))",
        "MMULT(TRANSPOSE(weights!A1:B9),TRANSPOSE(pixels!A1:I2))",
        "weightsᵀ · pixelsᵀ", "the matrix product of weights transposed and pixels transposed",
        "weightsᵀ left, pixelsᵀ above", array=True,
        names="weights[1,2]×pixels[2,1] + weights[2,2]×pixels[2,2] + weights[3,2]×pixels[2,3] + "
        "… + weights[9,2]×pixels[2,9]",
        shapes="2×9 · 9×2 → 2×2"),

    # --- Sums and the largest ---
    Example(ColumnSum(Z), Shape(ONE, neuron), [[2, -2]],
        "SUM(Z!B1:B2)", "MMULT(TRANSPOSE(ROW(Z!A1:A2)^0),Z!A1:B2)",
        "Σrows(Z)", "the sum over all rows of Z, one for each column", "Z above",
        names="Z[1,2] + Z[2,2]", shapes="Σrows(2×2) → 1×2"),
    Example(ColumnSum(X.T), Shape(ONE, sample), [[6, 15]],
        "SUM(X!A2:C2)", "MMULT(COLUMN(X!A1:C1)^0,TRANSPOSE(X!A1:C2))",
        "Σrows(Xᵀ)", "the sum over all rows of X transposed, one for each column", "Xᵀ above",
        names="X[2,1] + X[2,2] + X[2,3]", shapes="Σrows(3×2) → 1×2"),
    Example(ColumnSum(bh), Shape(ONE, neuron), [[10, -20]],
        "SUM(bh!B1)", "MMULT(TRANSPOSE(ROW(bh!A1)^0),bh!A1:B1)",
        "Σrows(bh)", "the sum over all rows of bh, one for each column", "bh above",
        names="bh[1,2]", shapes="Σrows(1×2) → 1×2"),
    Example(ColumnSum(largest), SCALAR, [[-1]],
        "SUM(largest!A1:A2)", "SUM(largest!A1:A2)",
        "Σrows(largest)", "the sum over all rows of largest, one for each column", "largest above",
        names="largest[1,1] + largest[2,1]", shapes="Σrows(2×1) → 1×1"),
    Example(RowSum(Z), Shape(sample, ONE), [[1], [-1]],
        "SUM(Z!A2:B2)", "MMULT(Z!A1:B2,TRANSPOSE(COLUMN(Z!A1:B1)^0))",
        "Σcolumns(Z)", "the sum over all columns of Z, one for each row", "Z left",
        names="Z[2,1] + Z[2,2]", shapes="Σcolumns(2×2) → 2×1"),
    Example(RowSum(X.T), Shape(feature, ONE), [[5], [7], [9]],
        "SUM(X!C1:C2)", "MMULT(TRANSPOSE(X!A1:C2),ROW(X!A1:A2)^0)",
        "Σcolumns(Xᵀ)", "the sum over all columns of X transposed, one for each row", "Xᵀ left",
        names="X[1,3] + X[2,3]", shapes="Σcolumns(3×2) → 3×1"),
    Example(RowSum(bh), SCALAR, [[-10]],
        "SUM(bh!A1:B1)", "SUM(bh!A1:B1)",
        "Σcolumns(bh)", "the sum over all columns of bh, one for each row", "bh left",
        names="bh[1,1] + bh[1,2]", shapes="Σcolumns(1×2) → 1×1"),
    Example(RowMax(Z), Shape(sample, ONE), [[2], [3]],
        "MAX(Z!A2:B2)", "MAX(Z!A2:B2)",
        "rowmax(Z)", "the largest number of each row of Z", "Z left",
        names="max(Z[2,1], Z[2,2])", shapes="rowmax(2×2) → 2×1"),
    Example(RowMax(X.T), Shape(feature, ONE), [[4], [5], [6]],
        "MAX(X!C1:C2)", "MAX(X!C1:C2)",
        "rowmax(Xᵀ)", "the largest number of each row of X transposed", "Xᵀ left",
        names="max(X[1,3], X[2,3])", shapes="rowmax(3×2) → 3×1"),
    Example(Z - RowMax(Z), S_N, [[-3, 0], [0, -7]],
        "Z!B2-MAX(Z!A2:B2)", "Z!A2:B2-MAX(Z!A2:B2)",
        "Z − rowmax(Z)", "Z minus the largest number of each row of Z", "Z beside, Z left",
        names="Z[2,2] − max(Z[2,1], Z[2,2])", shapes="2×2 − rowmax(2×2) → 2×2"),
    Example(ColumnMin(Z), Shape(ONE, neuron), [[-1, -4]],
        "MIN(Z!B1:B2)", "MIN(Z!B1:B2)",
        "columnmin(Z)", "the smallest number of each column of Z", "Z above",
        names="min(Z[1,2], Z[2,2])", shapes="columnmin(2×2) → 1×2"),
    Example(ColumnMin(wh.T), Shape(ONE, feature), [[-2, 3, -5]],
        "MIN(wh!A3:B3)", "MIN(wh!A3:B3)",
        "columnmin(whᵀ)", "the smallest number of each column of wh transposed", "whᵀ above",
        names="min(wh[3,1], wh[3,2])", shapes="columnmin(2×3) → 1×3"),
    Example(ColumnMax(Z), Shape(ONE, neuron), [[3, 2]],
        "MAX(Z!B1:B2)", "MAX(Z!B1:B2)",
        "columnmax(Z)", "the largest number of each column of Z", "Z above",
        names="max(Z[1,2], Z[2,2])", shapes="columnmax(2×2) → 1×2"),
    Example((Z - ColumnMin(Z)) / (ColumnMax(Z) - ColumnMin(Z)), S_N, [[0, 1], [1, 0]],
        "(Z!B2-MIN(Z!B1:B2))/(MAX(Z!B1:B2)-MIN(Z!B1:B2))",
        "(Z!B2-MIN(Z!B1:B2))/(MAX(Z!B1:B2)-MIN(Z!B1:B2))",
        "(Z − columnmin(Z)) / (columnmax(Z) − columnmin(Z))",
        "(Z minus the smallest number of each column of Z) divided by "
        "(the largest number of each column of Z minus the smallest number of each column of Z)",
        "Z beside, Z above",
        names="(Z[2,2] − min(Z[1,2], Z[2,2]))/(max(Z[1,2], Z[2,2]) − min(Z[1,2], Z[2,2]))",
        shapes="(2×2 − columnmin(2×2)) / (columnmax(2×2) − columnmin(2×2)) → 2×2"),
    # Among equals the first one is the largest.
    Example(Largest(Z), S_N, [[0, 1], [1, 0]],
        "IF(MATCH(MAX(Z!A2:B2),Z!A2:B2,0)=COLUMNS(Z!A2:B2),1,0)",
        "IF(MATCH(MAX(Z!A2:B2),Z!A2:B2,0)=COLUMNS(Z!A2:B2),1,0)",
        "largest(Z)",
        "1 where each row of Z has its largest number "
        "(the first of equal ones), else 0", "Z left",
        names="[Z[2,2] = max(Z[2,1], Z[2,2])]", shapes="largest(2×2) → 2×2"),
    Example(Largest(ties), ties.shape, [[0, 1, 0], [1, 0, 0]],
        "IF(MATCH(MAX(ties!A2:C2),ties!A2:C2,0)=COLUMNS(ties!A2:C2),1,0)",
        "IF(MATCH(MAX(ties!A2:C2),ties!A2:C2,0)=COLUMNS(ties!A2:C2),1,0)",
        "largest(ties)",
        "1 where each row of ties has its largest number "
        "(the first of equal ones), else 0", "ties left",
        names="[ties[2,3] = max(ties[2,1], ties[2,2], ties[2,3])]", shapes="largest(2×3) → 2×3"),
    Example(Largest(X.T), S_F.transposed, [[0, 1], [0, 1], [0, 1]],
        "IF(MATCH(MAX(X!C1:C2),X!C1:C2,0)=ROWS(X!C1:C2),1,0)",
        "IF(MATCH(MAX(X!C1:C2),X!C1:C2,0)=ROWS(X!C1:C2),1,0)",
        "largest(Xᵀ)",
        "1 where each row of X transposed has its largest number "
        "(the first of equal ones), else 0",
        "Xᵀ left",
        names="[X[2,3] = max(X[1,3], X[2,3])]", shapes="largest(3×2) → 3×2"),
    Example(Total(E), SCALAR, [[6.25]],
        "SUM(E!A1:B2)", "SUM(E!A1:B2)",
        "Σ(E)", "the sum of all cells of E", "E beside",
        names="E[1,1] + E[1,2] + E[2,1] + E[2,2]", shapes="Σ(2×2) → 1×1"),
    Example(Total(X.T), SCALAR, [[21]],
        "SUM(X!A1:C2)", "SUM(X!A1:C2)",
        "Σ(Xᵀ)", "the sum of all cells of X transposed", "Xᵀ beside",
        names="X[1,1] + X[2,1] + X[1,2] + X[2,2] + X[1,3] + X[2,3]", shapes="Σ(3×2) → 1×1"),
    Example(Total(E * E) / 2, SCALAR, [[10.15625]],
        "SUMPRODUCT(E!A1:B2*E!A1:B2)/2", "SUMPRODUCT(E!A1:B2*E!A1:B2)/2",
        "Σ(E ∘ E) / 2", "the sum of all cells of (E times E, cell by cell) divided by 2",
        "E beside",
        names="(E[1,1]×E[1,1] + E[1,2]×E[1,2] + E[2,1]×E[2,1] + E[2,2]×E[2,2])/2",
        shapes="Σ(2×2 ∘ 2×2) / 2 → 1×1"),
    Example(Total(Apply(Function.ABS, Z)), SCALAR, [[10]],
        "SUMPRODUCT(ABS(Z!A1:B2))", "SUMPRODUCT(ABS(Z!A1:B2))",
        "Σ(abs(Z))", "the sum of all cells of the size without sign of every cell of Z", "Z beside",
        array=True,
        names="|Z[1,1]| + |Z[1,2]| + |Z[2,1]| + |Z[2,2]|", shapes="Σ(abs(2×2)) → 1×1"),
    Example(Total(Where(Z > 0, Z, Number(0.0))), SCALAR, [[5]],
        "SUMPRODUCT(IF(Z!A1:B2>0,Z!A1:B2,0))", "SUMPRODUCT(IF(Z!A1:B2>0,Z!A1:B2,0))",
        "Σ(if([Z > 0], Z, 0))", "the sum of all cells of (where [Z > 0]: Z; elsewhere: 0)",
        "Z beside", array=True,
        names="if([Z[1,1] > 0], Z[1,1], 0) + if([Z[1,2] > 0], Z[1,2], 0) + "
        "if([Z[2,1] > 0], Z[2,1], 0) + if([Z[2,2] > 0], Z[2,2], 0)",
        shapes="Σ(if([2×2 > 0], 2×2, 0)) → 1×1"),

    Example(RowCount(Z), SCALAR, [[2]],
        "ROWS(Z!A1:B2)", "ROWS(Z!A1:B2)", "rows(Z)", "the number of rows of Z", "",
        names="rows(Z)", shapes="rows(2×2) → 1×1"),
    Example(RowCount(X.T), SCALAR, [[3]],
        "COLUMNS(X!A1:C2)", "COLUMNS(X!A1:C2)",
        "rows(Xᵀ)", "the number of rows of X transposed", "",
        names="rows(Xᵀ)", shapes="rows(3×2) → 1×1"),
    Example(ColumnSum(wh) / RowCount(wh), Shape(ONE, neuron), [[-1 / 3, 8 / 3]],
        "SUM(wh!B1:B3)/ROWS(wh!A1:B3)",
        "MMULT(TRANSPOSE(ROW(wh!A1:A3)^0),wh!A1:B3)/ROWS(wh!A1:B3)",
        "Σrows(wh) / rows(wh)",
        "the sum over all rows of wh, one for each column divided by the number of rows of wh",
        "wh above",
        names="(wh[1,2] + wh[2,2] + wh[3,2])/rows(wh)", shapes="Σrows(3×2) / rows(3×2) → 1×2"),
    Example(BatchSum(batch_loss), SCALAR, [[6.5]],
        "SUM(batch_loss!A1:A3)", "SUM(batch_loss!A1:A3)",
        "Σbatches(batch_loss)", "the sum of batch_loss over all batches of the epoch", "",
        names="Σbatches(batch_loss)", shapes="Σbatches(batch_loss) → 1×1"),
    Example(BatchSum(batch_loss) / RowCount(X), SCALAR, [[3.25]],
        "SUM(batch_loss!A1:A3)/ROWS(X!A1:C2)", "SUM(batch_loss!A1:A3)/ROWS(X!A1:C2)",
        "Σbatches(batch_loss) / rows(X)",
        "the sum of batch_loss over all batches of the epoch divided by the number of rows of X",
        "",
        names="Σbatches(batch_loss)/rows(X)", shapes="Σbatches(batch_loss) / rows(2×3) → 1×1"),

    # --- Arithmetic, cell by cell ---
    Example(Z + E, S_N, [[-0.5, 1.75], [5, 0]],
        "Z!B2+E!B2", "Z!A1:B2+E!A1:B2", "Z + E", "Z plus E", "Z beside, E beside",
        names="Z[2,2] + E[2,2]", shapes="2×2 + 2×2 → 2×2"),
    Example(Z - E, S_N, [[-1.5, 2.25], [1, -8]],
        "Z!B2-E!B2", "Z!A1:B2-E!A1:B2", "Z − E", "Z minus E", "Z beside, E beside",
        names="Z[2,2] − E[2,2]", shapes="2×2 − 2×2 → 2×2"),
    Example(Z * E, S_N, [[-0.5, -0.5], [6, -16]],
        "Z!B2*E!B2", "Z!A1:B2*E!A1:B2", "Z ∘ E", "Z times E, cell by cell", "Z beside, E beside",
        names="Z[2,2]×E[2,2]", shapes="2×2 ∘ 2×2 → 2×2"),
    Example(Z / E, S_N, [[-2, -8], [1.5, -1]],
        "Z!B2/E!B2", "Z!A1:B2/E!A1:B2", "Z / E", "Z divided by E", "Z beside, E beside",
        names="Z[2,2]/E[2,2]", shapes="2×2 / 2×2 → 2×2"),
    # A row goes with every row and stands above; a column goes with every column.
    Example(X @ wh + bh, S_N, [[2, 4], [-1, 28]],
        "X!A2*wh!B1+X!B2*wh!B2+X!C2*wh!B3+bh!B1", "MMULT(X!A1:C2,wh!A1:B3)+bh!A1:B1",
        "X · wh + bh", "the matrix product of X and wh, with bh added to every row",
        "X left, wh above, bh above",
        names="X[2,1]×wh[1,2] + X[2,2]×wh[2,2] + X[2,3]×wh[3,2] + bh[1,2]",
        shapes="2×3 · 3×2 + 1×2 → 2×2"),
    Example(Z + bh, S_N, [[9, -18], [13, -24]],
        "Z!B2+bh!B1", "Z!A1:B2+bh!A1:B1", "Z + bh", "Z plus bh", "Z beside, bh above",
        names="Z[2,2] + bh[1,2]", shapes="2×2 + 1×2 → 2×2"),
    Example(Z * largest, S_N, [[-2, 4], [-9, 12]],
        "Z!B2*largest!A2", "Z!A1:B2*largest!A1:A2", "Z ∘ largest",
        "Z times largest, cell by cell", "Z beside, largest beside",
        names="Z[2,2]×largest[2,1]", shapes="2×2 ∘ 2×1 → 2×2"),
    Example(largest * bh, S_N, [[20, -40], [-30, 60]],
        "largest!A2*bh!B1", "largest!A1:A2*bh!A1:B1", "largest ∘ bh",
        "largest times bh, cell by cell", "largest beside, bh above",
        names="largest[2,1]×bh[1,2]", shapes="2×1 ∘ 1×2 → 2×2"),
    # A number goes with every cell.
    Example(rate * Z, S_N, [[-0.5, 1], [1.5, -2]],
        "rate!A1*Z!B2", "rate!A1*Z!A1:B2", "rate × Z", "rate times Z", "rate beside, Z beside",
        names="rate×Z[2,2]", shapes="rate × 2×2 → 2×2"),
    Example(1 + Z, S_N, [[0, 3], [4, -3]],
        "1+Z!B2", "1+Z!A1:B2", "1 + Z", "1 plus Z", "Z beside",
        names="1 + Z[2,2]", shapes="1 + 2×2 → 2×2"),
    Example(1 - Z, S_N, [[2, -1], [-2, 5]],
        "1-Z!B2", "1-Z!A1:B2", "1 − Z", "1 minus Z", "Z beside",
        names="1 − Z[2,2]", shapes="1 − 2×2 → 2×2"),
    Example(2 * Z, S_N, [[-2, 4], [6, -8]],
        "2*Z!B2", "2*Z!A1:B2", "2 × Z", "2 times Z", "Z beside",
        names="2×Z[2,2]", shapes="2 × 2×2 → 2×2"),
    Example(1 / E, S_N, [[2, -4], [0.5, 0.25]],
        "1/E!B2", "1/E!A1:B2", "1 / E", "1 divided by E", "E beside",
        names="1/E[2,2]", shapes="1 / 2×2 → 2×2"),
    Example(E * (1 - E), S_N, [[0.25, -0.3125], [-2, -12]],
        "E!B2*(1-E!B2)", "E!A1:B2*(1-E!A1:B2)", "E ∘ (1 − E)",
        "E times (1 minus E), cell by cell", "E beside",
        names="E[2,2]×(1 − E[2,2])", shapes="2×2 ∘ (1 − 2×2) → 2×2"),
    Example(wh + rate * (X.T @ Z), wh.shape, [[6.5, -9], [9.5, -4], [2.5, -3]],
        "wh!B3+rate!A1*(X!C1*Z!B1+X!C2*Z!B2)",
        "wh!A1:B3+rate!A1*MMULT(TRANSPOSE(X!A1:C2),Z!A1:B2)", "wh + rate × (Xᵀ · Z)",
        "wh plus (rate times the matrix product of X transposed and Z)",
        "wh beside, rate beside, Xᵀ left, Z above",
        names="wh[3,2] + rate×(X[1,3]×Z[1,2] + X[2,3]×Z[2,2])",
        shapes="3×2 + rate × (3×2 · 2×2) → 3×2"),
    Example(-Z, S_N, [[1, -2], [-3, 4]],
        "-Z!B2", "-Z!A1:B2", "−Z", "minus Z", "Z beside",
        names="−Z[2,2]", shapes="−2×2 → 2×2"),

    # --- Functions of every cell ---
    Example(Apply(Function.EXP, Z), S_N, each(math.exp, "Z"),
        "EXP(Z!B2)", "EXP(Z!A1:B2)", "exp(Z)", "e to the power of every cell of Z", "Z beside",
        names="e^Z[2,2]", shapes="exp(2×2) → 2×2"),
    Example(Apply(Function.LOG, X), S_F, each(math.log, "X"),
        "LN(X!C2)", "LN(X!A1:C2)", "log(X)", "the natural logarithm of every cell of X",
        "X beside",
        names="ln(X[2,3])", shapes="log(2×3) → 2×3"),
    Example(Apply(Function.SQRT, X), S_F, each(math.sqrt, "X"),
        "SQRT(X!C2)", "SQRT(X!A1:C2)", "sqrt(X)", "the square root of every cell of X", "X beside",
        names="sqrt(X[2,3])", shapes="sqrt(2×3) → 2×3"),
    Example(Apply(Function.ABS, Z), S_N, [[1, 2], [3, 4]],
        "ABS(Z!B2)", "ABS(Z!A1:B2)", "abs(Z)", "the size without sign of every cell of Z",
        "Z beside",
        names="|Z[2,2]|", shapes="abs(2×2) → 2×2"),
    Example(Apply(Function.TANH, Z), S_N, each(math.tanh, "Z"),
        "TANH(Z!B2)", "TANH(Z!A1:B2)", "tanh(Z)", "the hyperbolic tangent of every cell of Z",
        "Z beside",
        names="tanh(Z[2,2])", shapes="tanh(2×2) → 2×2"),
    Example(Apply(Function.SIGMOID, Z), S_N, each(lambda z: 1 / (1 + math.exp(-z)), "Z"),
        "IF(Z!B2<0,EXP(Z!B2)/(1+EXP(Z!B2)),1/(1+EXP(-Z!B2)))",
        "IF(Z!A1:B2<0,EXP(Z!A1:B2)/(1+EXP(Z!A1:B2)),1/(1+EXP(-Z!A1:B2)))",
        "sigmoid(Z)", "the sigmoid 1/(1+e^-x) of every cell of Z", "Z beside",
        names="1/(1+e^−(Z[2,2]))", shapes="sigmoid(2×2) → 2×2"),

    # --- Comparisons: a 2 is among the numbers, and is not > 2 ---
    Example(Z > 2, S_N, [[0, 0], [1, 0]],
        "IF(Z!B2>2,1,0)", "IF(Z!A1:B2>2,1,0)", "[Z > 2]", "1 where Z > 2, else 0", "Z beside",
        names="[Z[2,2] > 2]", shapes="[2×2 > 2] → 2×2"),
    Example(Comparison("=", Z, Number(2.0)), S_N, [[0, 1], [0, 0]],
        "IF(Z!B2=2,1,0)", "IF(Z!A1:B2=2,1,0)", "[Z = 2]", "1 where Z = 2, else 0", "Z beside",
        names="[Z[2,2] = 2]", shapes="[2×2 = 2] → 2×2"),
    Example(Comparison(">", Z, E), S_N, [[0, 1], [1, 0]],
        "IF(Z!B2>E!B2,1,0)", "IF(Z!A1:B2>E!A1:B2,1,0)", "[Z > E]", "1 where Z > E, else 0",
        "Z beside, E beside",
        names="[Z[2,2] > E[2,2]]", shapes="[2×2 > 2×2] → 2×2"),
    # What is compared may be of different shapes.
    Example(Comparison(">", Z, largest), S_N, [[0, 0], [1, 0]],
        "IF(Z!B2>largest!A2,1,0)", "IF(Z!B2>largest!A2,1,0)", "[Z > largest]",
        "1 where Z > largest, else 0", "Z beside, largest beside",
        names="[Z[2,2] > largest[2,1]]", shapes="[2×2 > 2×1] → 2×2"),
    Example(Comparison("=", Column(single) > 0, bh > 0), S_N, [[0, 1], [1, 0]],
        "IF(IF(single!A2>0,1,0)=IF(bh!B1>0,1,0),1,0)",
        "IF(IF(single!A2>0,1,0)=IF(bh!B1>0,1,0),1,0)", "[[single > 0] = [bh > 0]]",
        "1 where [single > 0] = [bh > 0], else 0",
        "single beside, bh above",
        names="[[single[2,1] > 0] = [bh[1,2] > 0]]", shapes="[[2×1 > 0] = [1×2 > 0]] → 2×2"),
    Example(Where(Z > 0, Z, rate * Z), S_N, [[-0.5, 2], [3, -2]],
        "IF(Z!B2>0,Z!B2,rate!A1*Z!B2)", "IF(Z!A1:B2>0,Z!A1:B2,rate!A1*Z!A1:B2)",
        "if([Z > 0], Z, rate × Z)", "where [Z > 0]: Z; elsewhere: (rate times Z)",
        "Z beside, rate beside",
        names="if([Z[2,2] > 0], Z[2,2], rate×Z[2,2])",
        shapes="if([2×2 > 0], 2×2, rate × 2×2) → 2×2"),
    # The condition may be smaller than the result, and so may what is chosen from.
    Example(Where(bh > 0, Z, E), S_N, [[-1, -0.25], [3, 4]],
        "IF(bh!B1>0,Z!B2,E!B2)", "IF(bh!B1>0,Z!B2,E!B2)",
        "if([bh > 0], Z, E)", "where [bh > 0]: Z; elsewhere: E", "bh above, Z beside, E beside",
        names="if([bh[1,2] > 0], Z[2,2], E[2,2])", shapes="if([1×2 > 0], 2×2, 2×2) → 2×2"),
    Example(Where(largest > 0, Z, E), S_N, [[-1, 2], [2, 4]],
        "IF(largest!A2>0,Z!B2,E!B2)", "IF(largest!A2>0,Z!B2,E!B2)",
        "if([largest > 0], Z, E)", "where [largest > 0]: Z; elsewhere: E",
        "largest beside, Z beside, E beside",
        names="if([largest[2,1] > 0], Z[2,2], E[2,2])", shapes="if([2×1 > 0], 2×2, 2×2) → 2×2"),
    Example(Where(rate > 0, Z, E), S_N, [[-1, 2], [3, -4]],
        "IF(rate!A1>0,Z!B2,E!B2)", "IF(rate!A1>0,Z!A1:B2,E!A1:B2)",
        "if([rate > 0], Z, E)", "where [rate > 0]: Z; elsewhere: E",
        "rate beside, Z beside, E beside",
        names="if([rate > 0], Z[2,2], E[2,2])", shapes="if([rate > 0], 2×2, 2×2) → 2×2"),
    Example(Where(Z > 0, bh, rate), S_N, [[0.5, -20], [10, 0.5]],
        "IF(Z!B2>0,bh!B1,rate!A1)", "IF(Z!B2>0,bh!B1,rate!A1)",
        "if([Z > 0], bh, rate)", "where [Z > 0]: bh; elsewhere: rate",
        "Z beside, bh above, rate beside",
        names="if([Z[2,2] > 0], bh[1,2], rate)", shapes="if([2×2 > 0], 1×2, rate) → 2×2"),
]

# Brackets: an expression, the formula of its last cell, and its notation.
BRACKETS = [
    (Z + (E + H), "Z!B2+(E!B2+H!B2)", "Z + (E + H)"),  # else rounded otherwise than by NumPy
    (Z + E + H, "Z!B2+E!B2+H!B2", "Z + E + H"),
    (Z - (E - H), "Z!B2-(E!B2-H!B2)", "Z − (E − H)"),
    (Z - (E + H), "Z!B2-(E!B2+H!B2)", "Z − (E + H)"),
    (Z - E - H, "Z!B2-E!B2-H!B2", "Z − E − H"),
    (Z * (E + H), "Z!B2*(E!B2+H!B2)", "Z ∘ (E + H)"),
    ((Z + E) * H, "(Z!B2+E!B2)*H!B2", "(Z + E) ∘ H"),
    (Z + E * H, "Z!B2+E!B2*H!B2", "Z + E ∘ H"),
    (Z * E + H, "Z!B2*E!B2+H!B2", "Z ∘ E + H"),
    (Z * (E * H), "Z!B2*(E!B2*H!B2)", "Z ∘ (E ∘ H)"),
    (Z / (E * H), "Z!B2/(E!B2*H!B2)", "Z / (E ∘ H)"),
    (Z / (E / H), "Z!B2/(E!B2/H!B2)", "Z / (E / H)"),
    (Z / E * H, "Z!B2/E!B2*H!B2", "Z / E ∘ H"),
    (Z / (E - H), "Z!B2/(E!B2-H!B2)", "Z / (E − H)"),
    (Z - X @ wh, "Z!B2-(X!A2*wh!B1+X!B2*wh!B2+X!C2*wh!B3)", "Z − X · wh"),
    (Z / (largest @ bh), "Z!B2/(largest!A2*bh!B1)", "Z / (largest · bh)"),
    # Signs.
    (-(Z + E), "-(Z!B2+E!B2)", "−(Z + E)"),
    (-Z + E, "-Z!B2+E!B2", "−Z + E"),
    (-(Z * E), "-(Z!B2*E!B2)", "−(Z ∘ E)"),
    (-Z * E, "-Z!B2*E!B2", "−Z ∘ E"),
    (Z * -E, "Z!B2*-E!B2", "Z ∘ −E"),
    (Z - -E, "Z!B2--E!B2", "Z − −E"),
    (Negative(-Z), "-(-Z!B2)", "−(−Z)"),
    (Negative(Negative(-Z)), "-(-(-Z!B2))", "−(−(−Z))"),
    (-(Z - -(E - H)), "-(Z!B2--(E!B2-H!B2))", "−(Z − −(E − H))"),
    (Apply(Function.SIGMOID, -Z),
        "IF((-Z!B2)<0,EXP(-Z!B2)/(1+EXP(-Z!B2)),1/(1+EXP(-(-Z!B2))))", "sigmoid(−Z)"),
    (Apply(Function.SIGMOID, Z - E),
        "IF((Z!B2-E!B2)<0,EXP(Z!B2-E!B2)/(1+EXP(Z!B2-E!B2)),1/(1+EXP(-(Z!B2-E!B2))))",
        "sigmoid(Z − E)"),
    # Numbers below zero.
    (Z + -1.0, "Z!B2+(-1)", "Z + (-1)"),
    (Z - -1.0, "Z!B2-(-1)", "Z − (-1)"),
    (Z * -1.0, "Z!B2*(-1)", "Z × (-1)"),
    (-2.0 * Z, "(-2)*Z!B2", "(-2) × Z"),
    (-2.0 + Z, "-2+Z!B2", "-2 + Z"),
    (Z / -0.5, "Z!B2/(-0.5)", "Z / (-0.5)"),
    (-Number(-1.0), "-(-1)", "−(-1)"),
    (Where(Z > -1.0, Z, Number(-1.0)), "IF(Z!B2>-1,Z!B2,-1)", "if([Z > -1], Z, -1)"),
]
# fmt: on

every_example = pytest.mark.parametrize("example", EXAMPLES, ids=[e.cell for e in EXAMPLES])
every_bracket = pytest.mark.parametrize(
    ("expr", "cell", "written"), BRACKETS, ids=[cell for _, cell, _ in BRACKETS]
)


# --- Each reader, exactly ---


@every_example
def test_the_shape_of_each_example_is_known(example: Example) -> None:
    assert shape_of(example.expr) == example.shape


@every_example
def test_numpy_gives_each_example_its_value(example: Example) -> None:
    value = evaluate(example.expr, VALUES)
    assert value.dtype == np.float64
    assert value.shape == (example.shape.rows.size, example.shape.columns.size)
    assert difference(value, example.value) <= 1e-15


@every_example
def test_a_cell_has_the_formula_that_a_learner_can_trace(example: Example) -> None:
    *_, last = formulas(example.expr, Sheets(), "cell")
    assert (last.text, last.array) == (example.cell, example.array)


@every_example
def test_a_matrix_has_one_array_formula_that_reads_like_the_article(example: Example) -> None:
    *_, last = formulas(example.expr, Sheets(), "matrix")
    assert (last.text, last.array) == (example.matrix, not is_written_by_cell(example.expr))


def is_written_by_cell(expr: Expr) -> bool:
    """Whether no array formula gives an expression in every program: where rows are picked, for
    the largest of rows or columns, and for choices between parts of different shapes."""
    for node in walk(expr):
        if isinstance(node, (Pick, Largest, ColumnMin, ColumnMax)):
            return True
        if isinstance(node, (Comparison, Where)):
            condition = node.condition if isinstance(node, Where) else node
            chosen = (node.then, node.otherwise) if isinstance(node, Where) else ()
            parts = {shape_of(part) for part in (condition.left, condition.right, *chosen)}
            if len(parts - {SCALAR}) > 1:
                return True
    return False


@every_example
@pytest.mark.parametrize("style", STYLES)
def test_the_formulas_fill_each_cell_once(example: Example, style: Style) -> None:
    filled = [
        (window.row + i, window.column + j)
        for window in (each.window for each in formulas(example.expr, Sheets(), style))
        for i in range(window.rows)
        for j in range(window.columns)
    ]
    rows, columns = example.shape.rows.size, example.shape.columns.size
    assert sorted(filled) == [(i, j) for i in range(rows) for j in range(columns)]


@every_example
def test_the_notation_is_the_articles(example: Example) -> None:
    assert notation(example.expr) == example.notation


@every_example
def test_a_sentence_says_the_same(example: Example) -> None:
    assert sentence("N", example.expr, PHRASES) == f"N is {example.words}."


@pytest.mark.parametrize(
    ("expr", "words"),
    [
        (Where(Z > 0, Z, Number(0)) - E, "(where [Z > 0]: Z; elsewhere: 0) minus E"),
        (E - Where(Z > 0, Z, Number(0)), "E minus (where [Z > 0]: Z; elsewhere: 0)"),
    ],
)
def test_words_tell_where_a_choice_ends(expr: Expr, words: str) -> None:
    assert sentence("N", expr, PHRASES) == f"N is {words}."


@every_example
def test_the_last_cell_is_written_out_in_names(example: Example) -> None:
    pieces = first_cell(example.expr, *last_cell(example))
    assert named(pieces) == example.names


@every_example
def test_the_formula_is_written_in_shapes(example: Example) -> None:
    assert shape_arithmetic(example.expr) == example.shapes


def last_cell(example: Example) -> tuple[int, int]:
    """The row and the column of an example's last cell, from 0."""
    return example.shape.rows.size - 1, example.shape.columns.size - 1


@every_example
def test_operands_have_their_places_by_falks_scheme(example: Example) -> None:
    found = [f"{notation(operand.view)} {operand.place}" for operand in operands(example.expr)]
    assert ", ".join(found) == example.operands


@every_bracket
def test_a_formula_keeps_the_brackets_it_needs(expr: Expr, cell: str, written: str) -> None:
    *_, last = formulas(expr, Sheets(), "cell")
    assert last.text == cell


@every_bracket
def test_the_notation_keeps_the_brackets_it_needs(expr: Expr, cell: str, written: str) -> None:
    assert notation(expr) == written


READ_APART = {
    "subtractions": (Z - (E - H), (Z - E) - H),
    "divisions": (Z / (E * H), (Z / E) * H),
    "products": (Z * (E + H), Z * E + H),
    "signs": (-(Z + E), -Z + E),
    "totals": (Total(Z - rate), Total(Z) - rate),
    "functions": (Apply(Function.EXP, Z + E), Apply(Function.EXP, Z) + E),
    "choices": (Where(Z > 0, Z, E + H), Where(Z > 0, Z, E) + H),
    "comparisons": (Comparison("=", Z > 0, E), Comparison(">", Z, Comparison("=", Number(0), E))),
    "counts": (RowCount(X), RowCount(X.T)),
    "batches": (BatchSum(batch_loss), Total(batch_loss)),
    "extremes": (ColumnMax(Z), RowMax(Z)),
}


@pytest.mark.parametrize(("one", "other"), READ_APART.values(), ids=READ_APART)
def test_expressions_of_different_value_have_different_sentences(one: Expr, other: Expr) -> None:
    assert sentence("N", one, PHRASES) != sentence("N", other, PHRASES)


def test_a_number_may_be_given_as_a_whole_number() -> None:
    assert notation(Number(1)) == "1"


def test_the_sigmoid_of_a_very_large_or_small_number_overflows_nowhere() -> None:
    z = Matrix("z", Shape(ONE, Axis("number", 6)))
    values = {"z": np.array([[-1e300, -1e5, -745.0, 745.0, 1e5, 1e300]])}
    # NumPy's warnings are errors here, so none may come.
    sigmoid = evaluate(Apply(Function.SIGMOID, z), values)
    assert difference(sigmoid, [[0, 0, 0, 1, 1, 1]]) < 1e-300


def test_a_choice_does_not_mind_what_it_leaves_out() -> None:
    # As IF in a spreadsheet does not: EXP(1000) is never looked at.
    z = Matrix("z", Shape(ONE, Axis("number", 2)))
    chosen = evaluate(Where(z > 0, z, Apply(Function.EXP, z)), {"z": np.array([[1000.0, -1.0]])})
    assert difference(chosen, [[1000, math.exp(-1)]]) <= 1e-15


def test_an_order_that_leads_outside_gives_no_numbers() -> None:
    # As INDEX in a spreadsheet gives an error; no row is taken from the end instead.
    for outside in (0, -1, 3, math.nan):
        picked = evaluate(Pick(X, order), VALUES | {"order": np.array([[1], [outside], [2]])})
        assert picked.shape == (3, 3)
        assert np.isnan(picked).all()


def test_a_program_computes_one_step_after_the_other() -> None:
    steps = [("H", X @ wh), ("E", H - Z), ("loss", Total(E * E))]
    # What is computed inside takes the place of nothing outside.
    compute = program(["X", "wh", "Z"], steps, ["loss", "H"])
    loss, product = compute(VALUES["X"], VALUES["wh"], VALUES["Z"])
    assert np.array_equal(product, [[-8, 24], [-11, 48]])
    assert np.array_equal(loss, [[7**2 + 22**2 + 14**2 + 52**2]])


def test_a_loop_carries_on_what_it_computed_and_notes_a_number_each_time() -> None:
    steps = [("Z_new", rate * Z + E), ("E_new", E * 2), ("total", Total(Z_new))]
    repeat = loop(["rate"], {"Z": "Z_new", "E": "E_new"}, steps, ["total"])
    last_Z, last_E, totals = repeat(3, np.array([[0.5]]), np.zeros((2, 2)), np.ones((2, 2)))
    assert np.array_equal(last_Z, np.full((2, 2), 4 + 0.5 * (2 + 0.5 * 1)))
    assert np.array_equal(last_E, np.full((2, 2), 8))
    assert np.array_equal(totals, [[4 * 1], [4 * 2.5], [4 * 5.25]])


def test_a_program_refuses_a_node_that_has_no_numpy() -> None:
    with pytest.raises(ExpressionError, match="Convolution"):
        program(["Z"], [("E", -Convolution(Z))], ["E"])
    with pytest.raises(ExpressionError, match="Convolution"):
        loop(["Z"], {}, [("E", -Convolution(Z))], [])


# --- Nothing is left out ---


def nodes() -> set[str]:
    """The names of all node classes of the package, wherever they are defined."""
    for module in pkgutil.walk_packages(xlnn.maths.__path__, "xlnn.maths."):
        importlib.import_module(module.name)

    def below(node: type) -> set[type]:
        return {node}.union(*(below(child) for child in node.__subclasses__()))

    found = below(Expr) - {Expr}
    # By name: a dataclass with slots is made twice, and the first make may still be around.
    return {node.__name__ for node in found if node.__module__.startswith("xlnn.")}


def test_every_node_has_an_example_of_its_own() -> None:
    assert {type(example.expr).__name__ for example in EXAMPLES} == nodes()


def test_every_function_operator_and_relation_has_an_example() -> None:
    parts = [part for example in EXAMPLES for part in walk(example.expr)]
    assert {part.function for part in parts if isinstance(part, Apply)} == set(Function)
    operators = {part.operator for part in parts if isinstance(part, Arithmetic)}
    assert operators == set(get_args(Operator))
    relations = {part.relation for part in parts if isinstance(part, Comparison)}
    assert relations == set(get_args(Relation))


@dataclass(frozen=True)
class Convolution(Expr):
    """A node that no reader has heard of."""

    argument: Expr


@dataclass(frozen=True)
class Pooling(Expr):
    """A node that the reader of shapes alone has heard of."""

    argument: Matrix


shape_of.register(Pooling)(lambda expr: expr.argument.shape)

WHOLE = Window(0, 0, 2, 2)
READERS: dict[str, Callable[[Expr], object]] = {
    "shapes": shape_of,
    "evaluate": lambda expr: evaluate(expr, VALUES),
    "source": source,
    "formulas": lambda expr: list(formulas(expr, Sheets(), "cell")),
    "formulas of a matrix": lambda expr: list(formulas(expr, Sheets(), "matrix")),
    "formula": lambda expr: formula(expr, Sheets(), WHOLE, "matrix"),
    "notation": notation,
    "sentence": lambda expr: sentence("N", expr, PHRASES),
    "falk": operands,
    "first cell": first_cell,
    "shape arithmetic": shape_arithmetic,
}


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_every_reader_refuses_a_node_that_it_does_not_know(
    reader: Callable[[Expr], object],
) -> None:
    for expr in (Convolution(Z), Negative(Convolution(Z)), Z + Convolution(Z)):
        with pytest.raises(ExpressionError, match="Convolution"):
            reader(expr)


@pytest.mark.parametrize("reader", [name for name in READERS if name != "shapes"])
def test_a_node_is_refused_until_every_reader_knows_it(reader: str) -> None:
    # Shapes are asked first and often; whoever adds a node there must not be done.
    assert shape_of(Pooling(Z)) == S_N
    with pytest.raises(ExpressionError, match="Pooling"):
        READERS[reader](Pooling(Z))


# --- What readers cannot do, they refuse ---

COMPOUNDS = {
    "the sum of row maxima": Total(RowMax(Z)),
    "the sum of distances from row maxima": Total(Z - RowMax(Z)),
    "row maxima, transposed": RowMax(Z).T,
    "a sum, transposed": (Z + E).T,
    "rows of a transposed matrix, picked": Pick(wh.T, order),
    "the largest of each row, transposed": Largest(Z).T,
    "picked rows, transposed": Pick(X, order).T,
    "the sum of column maxima": Total(ColumnMax(Z)),
    "the sum of the largest": Total(Largest(Z) * Z),
}
every_compound = pytest.mark.parametrize("expr", COMPOUNDS.values(), ids=COMPOUNDS)


@pytest.mark.parametrize("style", STYLES)
def test_views_and_totals_of_unnamed_matrices_are_computed_right_or_refused(
    engine: Engine, style: Style, tmp_path: Path
) -> None:
    exprs = [expr for expr in COMPOUNDS.values() if has_formulas(expr, style)]
    assert wrong(engine, written(tmp_path, exprs, style), exprs, 1e-11) == {}


def has_formulas(expr: Expr, style: Style) -> bool:
    try:
        return bool(list(formulas(expr, Sheets(), style)))
    except ExpressionError:
        return False


@every_compound
def test_operands_are_views_of_a_named_matrix_or_the_expression_is_refused(expr: Expr) -> None:
    # An operand is a live copy, and its title a link to the sheet where that matrix stands.
    try:
        found = operands(expr)
    except ExpressionError:
        return
    assert [notation(operand.view) for operand in found if not is_view(operand.view)] == []


# --- Spreadsheets compute what NumPy computes ---


APART = 10
"""Rows from one expression to the next."""


def written(folder: Path, exprs: Sequence[Expr], style: Style) -> Path:
    """A workbook with a sheet for each matrix, from A1 on, and one for all expressions."""
    book = Workbook()
    book.remove(book.active)
    for name, values in VALUES.items():
        sheet = book.create_sheet(name)
        for row in values.tolist():
            sheet.append(row)
    sheet = book.create_sheet("examples")
    for number, expr in enumerate(exprs):
        for entry in formulas(expr, Sheets(), style):
            window = replace(entry.window, row=number * APART + entry.window.row)
            first = sheet.cell(window.row + 1, window.column + 1)
            text = f"={entry.text}"
            first.value = ArrayFormula(cells(window), text) if entry.array else text
    path = folder / f"{style}.xlsx"
    book.save(path)
    return path


def wrong(engine: Engine, path: Path, exprs: Sequence[Expr], tolerance: float) -> dict[str, object]:
    """What an engine computes otherwise than NumPy, by the formula of the last cell."""
    values = engine.recompute(path)
    found: dict[str, object] = {}
    for number, expr in enumerate(exprs):
        expected = evaluate(expr, VALUES)
        *_, last = formulas(expr, Sheets(), "cell")
        try:
            computed = block(values, "examples", number * APART + 1, 1, expected.shape)
        except AssertionError as error:
            found[last.text] = str(error)
            continue
        if not difference(computed, expected) <= tolerance:
            found[last.text] = computed.tolist(), expected.tolist()
    return found


@pytest.mark.parametrize("style", STYLES)
def test_engines_compute_what_numpy_computes(engine: Engine, style: Style, tmp_path: Path) -> None:
    # LibreOffice saves 15 digits.
    tolerance = 1e-11 if engine.name == "libreoffice" else 1e-12
    exprs = [*(example.expr for example in EXAMPLES), *(expr for expr, _, _ in BRACKETS)]
    assert wrong(engine, written(tmp_path, exprs, style), exprs, tolerance) == {}


NUMBERS = {  # what the live text of some examples is, with 3 decimals
    "X!C2": "6",
    "-2.5": "-2.5",
    "SUM(wh!B1:B3)/ROWS(wh!A1:B3)": "(-2 + 4 + 6)/3",
    "INDEX(X!C1:C2,order!A3)": "6",
    "SUM(batch_loss!A1:A3)/ROWS(X!A1:C2)": "6.5/2",
    "1/E!B2": "1/4",
    "E!B2*(1-E!B2)": "4×(1 − 4)",
    "EXP(Z!B2)": "e^-4",
    "IF(Z!B2>0,Z!B2,rate!A1*Z!B2)": "if([-4 > 0], -4, 0.5×-4)",
    "MMULT(pixels!A2:I2,weights!B1:B9)": "9×-1 + 8×-1 + 7×-1 + … + 1×-1",
}


def test_numbers_stand_where_the_names_do() -> None:
    cells_of_examples = {example.cell: example for example in EXAMPLES}
    for cell, expected in NUMBERS.items():
        assert in_numbers(cells_of_examples[cell]) == expected


def in_numbers(example: Example) -> str:
    def found(value: Value) -> float:
        return float(evaluate(value.expr, VALUES)[value.row, value.column])

    return shown_text(first_cell(example.expr, *last_cell(example)), found, 3)


def test_engines_write_what_the_text_in_numbers_says(engine: Engine, tmp_path: Path) -> None:
    path = written(tmp_path, [], "cell")
    book = load_workbook(path)
    texts, digits = book.create_sheet("texts"), book.create_sheet("settings")
    digits["A1"] = 3
    book.defined_names["digits"] = DefinedName("digits", attr_text="settings!$A$1")

    def found(value: Value) -> str:
        window = Window(value.row, value.column, 1, 1)
        written_out = formula(value.expr, Sheets(), window, "cell")
        assert not written_out.array, written_out
        return written_out.text

    for example in EXAMPLES:
        pieces = first_cell(example.expr, *last_cell(example))
        texts.append([f"={live_formula((*pieces, ' = '), found, 'digits')}"])
    book.save(path)
    values = engine.recompute(path)
    for row, example in enumerate(EXAMPLES, start=1):
        found_text, expected = values.value("texts", row, 1), f"{in_numbers(example)} = "
        assert same_text(found_text, expected, 9), (found_text, expected)
