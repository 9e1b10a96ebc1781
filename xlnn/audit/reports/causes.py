"""Each cause with the cells that inherit a wrong number from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from xlnn.audit.report import Finding


@dataclass(frozen=True, slots=True)
class Cause:
    """A cell that is wrong in itself, and those that are wrong because of it."""

    finding: Finding
    heirs: tuple[Finding, ...]


def place(finding: Finding) -> str:
    """Where a finding is: ``d_output!B16``, as ``origin`` says it; a sheet; or the workbook."""
    if not finding.cell:
        return finding.sheet or "workbook"
    return f"{finding.sheet}!{finding.cell}"


def by_cause(findings: Iterable[Finding]) -> tuple[list[Cause], list[Finding]]:
    """The causes in their order, and the findings of which no cause is told."""
    findings = list(findings)
    heirs: dict[str, list[Finding]] = {place(each): [] for each in findings if each.cause}
    others: list[Finding] = []
    for finding in findings:
        if not finding.cause:
            heirs.get(finding.origin or "", others).append(finding)
    # One cell can have several findings; what inherits from it is told with the first.
    causes = [
        Cause(finding, tuple(heirs.pop(place(finding), ())))
        for finding in findings
        if finding.cause
    ]
    return causes, others


def said(finding: Finding) -> str:
    """The message without the place, for where that stands beside it."""
    if finding.message.startswith(f"{place(finding)} ("):
        return finding.message.partition("): ")[2] or finding.message
    return finding.message
