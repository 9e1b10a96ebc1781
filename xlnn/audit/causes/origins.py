"""Which cause each wrong number comes from.

A cell that only inherits reads, by its own formula, a cell that was found wrong before it; so the
causes are handed on from cell to cell in the order of computation.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from xlnn.audit.causes.precedents import Rectangle, names_in, precedents
from xlnn.audit.report import Finding
from xlnn.audit.same_formula import same_formula
from xlnn.audit.stored.references import position, quoted

FOLLOWING = ("wrong-value", "error-value", "stale-value")
"""The kinds of findings that may follow from what a cell reads."""

UNCOMPUTED = ("hidden", "manual-calculation", "displayed-precision")
"""The kinds of findings that make no number wrong, as it is recomputed."""

LOST = "#REF!"
"""What stands in a formula for cells that are not there any more."""

_REFERRED = r"(?:\$?[A-Z]{1,3}\$?\d+(?::\$?[A-Z]{1,3}\$?\d+)?)?"
"""What may follow it, or the name of a sheet: a cell, a range, or nothing."""

FEW = 64
"""A rectangle of up to so many cells is looked through cell by cell."""


@dataclass(slots=True)
class Origins:
    """Follows wrong numbers back to where they begin."""

    names: Mapping[str, str]
    """The workbook's defined names, in small letters, with their meanings."""
    missing: Mapping[str, Set[str]] = field(default_factory=dict)
    """The sheets that are not there, and the names of what stood on them, in small letters."""
    formulas: dict[tuple[str, str], str] = field(default_factory=dict)
    """The formula of each cell whose number may be wrong by what it reads."""

    def note(self, finding: Finding, formula: str) -> None:
        """Keeps the formula of a cell whose number may be wrong by what it reads."""
        self.formulas[finding.sheet, finding.cell] = formula

    def traced(self, findings: Sequence[Finding]) -> list[Finding]:
        """The findings, given in order of computation, those that inherit with their origins."""
        causes: dict[str, dict[tuple[int, int], int]] = defaultdict(dict)
        lost: dict[str, int] = {}
        strays = {number for number, each in enumerate(findings) if each.kind == "extra"}
        names = {
            each.matrix.casefold(): number
            for number, each in enumerate(findings)
            if each.kind == "structure"
        }
        traced: list[Finding] = []
        for number, finding in enumerate(findings):
            origin: int | None = number
            formula = self.formulas.get((finding.sheet, finding.cell))
            if formula is not None:
                read = set(_causes(precedents(formula, finding.sheet, self.names), causes, lost))
                # A stray number among the cells of a sum makes it wrong, and so does a name that
                # means something else; and what the file carries is old wherever something before
                # it is.
                if finding.cause and finding.kind != "stale-value":
                    read &= strays
                read |= {names[name] for name in names_in(formula) & names.keys()}
                if read or not finding.cause:
                    origin = min(read, default=None)
                    cause = None if origin is None else findings[origin]
                    finding = self._inherited(finding, cause)
            elif gone := _gone(finding, lost):
                # With a sheet that was deleted, formulas have lost their references to it.
                origin = min(lost[sheet] for sheet in gone)
                finding = self._inherited(finding, findings[origin])
            if finding.sheet in self.missing:
                lost[finding.sheet] = number
                names |= dict.fromkeys(self.missing[finding.sheet], number)
            if origin is not None and finding.kind not in UNCOMPUTED:
                causes[finding.sheet].setdefault(position(finding.cell), origin)
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
        return replace(finding, cause=False, origin=place, message=message)


def _gone(finding: Finding, missing: Iterable[str]) -> set[str]:
    """The missing sheets that a formula has lost its references to, where that is all that is
    other in it than in the one expected; some programs keep the cell, others do not."""
    found, expected = str(finding.found), str(finding.expected)
    gone: set[str] = set()
    if finding.kind != "changed-formula" or LOST not in found:
        return gone
    for sheet in missing:
        without = re.sub(rf"(?<![\w.]){re.escape(quoted(sheet))}!{_REFERRED}", LOST, expected)
        if without != expected:
            gone.add(sheet)
        expected = without
    return gone if same_formula(re.sub(f"{LOST}{_REFERRED}", LOST, found), expected) else set()


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
