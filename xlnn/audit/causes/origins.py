"""Which cause each wrong number comes from.

A cell that only inherits reads, by its own formula, a cell that was found wrong before it; so the
causes are handed on from cell to cell in the order of computation.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from xlnn.audit.causes.precedents import Rectangle, precedents
from xlnn.audit.report import Finding
from xlnn.audit.stored_sheet import column_number

FEW = 64
"""A rectangle of up to so many cells is looked through cell by cell."""


@dataclass(slots=True)
class Origins:
    """Follows wrong numbers back to where they begin."""

    names: Mapping[str, str]
    """The workbook's defined names, in small letters, with their meanings."""
    missing: Set[str] = frozenset()
    """The sheets that are not there."""
    formulas: dict[tuple[str, str], str] = field(default_factory=dict)
    """The formula of each cell that inherits."""

    def note(self, finding: Finding, formula: str) -> None:
        """Keeps the formula of a cell that inherits a wrong number."""
        self.formulas[finding.sheet, finding.cell] = formula

    def traced(self, findings: Sequence[Finding]) -> list[Finding]:
        """The findings, given in order of computation, those that inherit with their origins."""
        causes: dict[str, dict[tuple[int, int], int]] = defaultdict(dict)
        lost: dict[str, int] = {}
        traced: list[Finding] = []
        for number, finding in enumerate(findings):
            origin: int | None = number
            if not finding.cause:
                formula = self.formulas.get((finding.sheet, finding.cell), "")
                read = precedents(formula, finding.sheet, self.names)
                origin = min(_causes(read, causes, lost), default=None)
                finding = self._inherited(finding, None if origin is None else findings[origin])
            elif finding.sheet in self.missing:
                lost[finding.sheet] = number
            if origin is not None:
                causes[finding.sheet].setdefault(row_and_column(finding.cell), origin)
            traced.append(finding)
        return traced

    def _inherited(self, finding: Finding, cause: Finding | None) -> Finding:
        """The finding with the cause that it comes from, if that is known."""
        place, where = None, "a cell that it reads"
        if cause is not None:
            place = where = f"{cause.sheet}!{cause.cell}"
            if cause.sheet in self.missing:
                where = f"the sheet {cause.sheet}, which is missing"
        message = f"{finding.message}, inherited from {where}"
        return replace(finding, origin=place, message=message)


def _causes(
    read: Sequence[Rectangle],
    causes: Mapping[str, Mapping[tuple[int, int], int]],
    lost: Mapping[str, int],
) -> Iterator[int]:
    """The causes of wrong numbers in some rectangles, by their places in the findings."""
    for each in read:
        if each.sheet in lost:
            yield lost[each.sheet]
        known = causes.get(each.sheet)
        if not known:
            continue
        if each.size <= FEW:
            for row in range(each.top, each.bottom + 1):
                for column in range(each.left, each.right + 1):
                    if (row, column) in known:
                        yield known[row, column]
        else:
            for (row, column), cause in known.items():
                if each.top <= row <= each.bottom and each.left <= column <= each.right:
                    yield cause


def row_and_column(cell: str) -> tuple[int, int]:
    """Row 16 and column 2 for ``B16``."""
    letters = cell.rstrip("0123456789")
    return int(cell[len(letters) :]), column_number(letters)
