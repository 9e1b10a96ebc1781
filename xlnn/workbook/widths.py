"""How wide the columns of a matrix's sheet are."""

from __future__ import annotations

from collections.abc import Callable

from xlnn.experiment.experiment import Experiment
from xlnn.experiment.headings import headings
from xlnn.workbook.plan import Placement, Sheet

LEAST_WIDTH, MOST_WIDTH, MOST_HEADING, GAP_WIDTH = 13.0, 30.0, 60.0, 3.0
"""In characters."""


def column_widths(
    sheet: Sheet, experiment: Experiment, title_of: Callable[[Placement], str]
) -> dict[int, float]:
    """By column from 1, in characters: wide enough for numbers, headings and titles, within
    reason."""
    widths, placements = {1: LEAST_WIDTH}, sheet.arrangement.placements
    for column in range(2, sheet.last_column + 1):
        widths[column] = GAP_WIDTH
    for placement in placements:
        columns = range(placement.column, placement.column + placement.columns)
        if placement.shown:
            texts = headings(experiment, placement.shape.columns)
            for column, text in zip(columns, texts, strict=True):
                _widen(widths, column, len(text) + 2)
            if placement.place != "beside":
                labels = headings(experiment, placement.shape.rows)
                _widen(widths, placement.column - 1, max(map(len, labels)) + 2, MOST_HEADING)
    for placement in placements:
        onward = [
            other.column
            for other in placements
            if other.title_row == placement.title_row and other.column > placement.column
        ]
        if onward:  # else the title may run on to the right
            columns = range(placement.column, placement.column + placement.columns)
            room = sum(widths[column] for column in range(placement.column, min(onward)))
            missing = len(title_of(placement)) * 1.1 + 1 - room
            for column in columns:
                widths[column] += max(0.0, missing / len(columns))
    return widths


def _widen(widths: dict[int, float], column: int, wanted: float, most: float = MOST_WIDTH) -> None:
    widths[column] = max(widths[column], min(most, max(LEAST_WIDTH, wanted)))
