"""Which boards are dressed, and how."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from openpyxl.worksheet.worksheet import Worksheet

from xlnn.training.trace import Trace
from xlnn.workbook.boards import boundary, checks, rates, walkthrough
from xlnn.workbook.boards.board import Board
from xlnn.workbook.dress.boundary import dress_boundary
from xlnn.workbook.dress.checks import dress_checks
from xlnn.workbook.dress.rates import dress_rates
from xlnn.workbook.dress.walkthrough import dress_walkthrough
from xlnn.workbook.texts import Texts
from xlnn.workbook.theme_file import Theme

Dress = Callable[[Worksheet, Board, Texts, Trace, Theme], None]

DRESSES: Mapping[str, Dress] = {
    walkthrough.NAME: dress_walkthrough,
    boundary.NAME: dress_boundary,
    rates.NAME: dress_rates,
    checks.NAME: dress_checks,
}
"""By the name of the board."""
