"""Where a formula jumps: a comparison of equal numbers may come out either way.

Programs round the last digit differently, and some compare only 15 digits. Which of two equal
outputs is larger, or on which side of its kink a ReLU stands that gets 0 but for rounding, is then
nobody's mistake.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from xlnn.maths.evaluate import Array, Values, evaluate
from xlnn.maths.expr import Comparison, Expr, Largest, walk


def is_at_jump(expr: Expr, values: Values, i: int, j: int, tolerance: float) -> bool:
    """Whether, in a cell of its matrix, an expression compares numbers that are equal but for
    rounding. ``values`` holds the matrices that it reads."""
    return any(margin <= tolerance for margin in _margins(expr, values, i, j))


def _margins(expr: Expr, values: Values, i: int, j: int) -> Iterator[float]:
    """How far apart the numbers are that a cell's formula compares, relative to their size."""
    for node in walk(expr):
        if isinstance(node, Comparison):
            left, right = (_at(evaluate(side, values), i, j) for side in (node.left, node.right))
            yield abs(left - right) / max(1.0, abs(right))
        elif isinstance(node, Largest):
            matrix = evaluate(node.argument, values)
            row = np.sort(matrix[i])
            if len(row) > 1:
                yield float(row[-1] - row[-2]) / max(1.0, float(abs(row[-1])))


def _at(values: Array, i: int, j: int) -> float:
    """The number that goes with a cell: a single row or column goes with all."""
    rows, columns = values.shape
    return float(values[min(i, rows - 1), min(j, columns - 1)])
