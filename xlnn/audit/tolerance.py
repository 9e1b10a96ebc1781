"""How far two numbers may be apart."""

from __future__ import annotations

from xlnn.errors import EngineError

TOLERANCE = 1e-9
"""The largest difference |a − b| / max(1, |b|) that is let pass by default."""


def check_tolerance(tolerance: float) -> None:
    """Raises EngineError for what is no tolerance."""
    if not tolerance >= 0:
        raise EngineError(f"the tolerance is {tolerance}: give a number from 0 on, such as 1e-9")


def drift_note(where: str, cells: int) -> str:
    """What is said of a training that is so unstable that its last digits grow."""
    return (
        f"{where} differences in the last digit grow, or decide between equal numbers: {cells:,} "
        "cells are right by the cells that they read, but are not NumPy's; a smaller learning rate "
        "steadies such a training"
    )
