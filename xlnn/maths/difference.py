"""How far two numbers are apart: as they are up to 1, as a share of what they should be beyond."""

from __future__ import annotations

import numpy as np

from xlnn.maths.evaluate import Array


def differences(found: Array | float, expected: Array | float) -> Array:
    """|a − b| / max(1, |b|), cell by cell."""
    gaps: Array = np.abs(found - expected) / np.maximum(1.0, np.abs(expected))
    return gaps


def difference_formula(found: str, expected: str) -> str:
    """The same of two cells, as a formula."""
    return f"ABS({found}-{expected})/MAX(1,ABS({expected}))"


def largest_difference_formula(found: str, expected: str) -> str:
    """The largest of two ranges of one shape, as an array formula."""
    return f"MAX(ABS({found}-{expected})/IF(ABS({expected})>1,ABS({expected}),1))"
