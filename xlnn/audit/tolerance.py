"""How far two numbers may be apart."""

from __future__ import annotations

from xlnn.errors import EngineError

TOLERANCE = 1e-9
"""The largest difference |a − b| / max(1, |b|) that is let pass by default."""


def check_tolerance(tolerance: float) -> None:
    """Raises EngineError for what is no tolerance."""
    if not tolerance >= 0:
        raise EngineError(f"the tolerance is {tolerance}: give a number from 0 on, such as 1e-9")
