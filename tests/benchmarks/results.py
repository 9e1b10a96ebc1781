"""What was measured."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Result:
    """A run, or the median of several."""

    seconds: float
    peak: float
    """The most memory that was held, in bytes."""
    cells: int = 0
    """Formula cells."""
    size: int = 0
    """The bytes of the file that was written."""

    @property
    def rate(self) -> float:
        """Cells a second."""
        return self.cells / self.seconds

    @property
    def bytes_a_cell(self) -> float:
        return self.size / self.cells


def median(results: Sequence[Result]) -> Result:
    """The medians of some runs of the same."""
    return Result(
        statistics.median(result.seconds for result in results),
        statistics.median(result.peak for result in results),
        results[0].cells,
        results[0].size,
    )
