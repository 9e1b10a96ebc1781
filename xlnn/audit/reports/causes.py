"""Each cause with the cells that inherit a wrong number from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain, groupby

from xlnn.audit.report import Finding
from xlnn.audit.stored.references import quoted


@dataclass(frozen=True, slots=True)
class Cause:
    """A cell that is wrong in itself, and those that are wrong because of it."""

    finding: Finding
    heirs: tuple[Finding, ...]
    alike: tuple[Finding, ...] = ()
    """The causes after it in which the same was done, of the same matrix and moment."""


def place(finding: Finding) -> str:
    """Where a finding is: ``d_output!B16`` or ``'My sheet'!B16``; a sheet; or the workbook."""
    if not finding.cell:
        return finding.sheet or "workbook"
    return f"{quoted(finding.sheet)}!{finding.cell}"


def by_cause(findings: Iterable[Finding]) -> tuple[list[Cause], list[Finding]]:
    """The causes in their order, and the findings of which no cause is told."""
    findings = list(findings)
    heirs: dict[str, list[Finding]] = {}
    causes: list[tuple[Finding, list[Finding]]] = []
    for finding in findings:
        if finding.cause:
            causes.append((finding, []))
            # One cell can have several findings; what inherits from it is told with the first.
            for name in (place(finding), f"{finding.sheet}!{finding.cell}"):
                heirs.setdefault(name, causes[-1][1])
    others: list[Finding] = []
    for finding in findings:
        if not finding.cause:
            heirs.get(finding.origin or "", others).append(finding)
    return [Cause(finding, tuple(own)) for finding, own in causes], others


def grouped(causes: Iterable[Cause]) -> list[Cause]:
    """The causes in their order, those that follow each other and are alike as one."""
    found: list[Cause] = []
    for _, group in groupby(causes, key=lambda cause: _likeness(cause.finding)):
        first, *others = group
        heirs = chain(first.heirs, *(other.heirs for other in others))
        found.append(Cause(first.finding, tuple(heirs), tuple(other.finding for other in others)))
    return found


def _likeness(finding: Finding) -> tuple[object, ...]:
    """What two causes have in common that are alike."""
    return finding.kind, finding.diagnosis, finding.sheet, finding.matrix, finding.epoch


def said(finding: Finding) -> str:
    """The message without the place, for where that stands beside it."""
    if not finding.message.startswith(f"{place(finding)} ("):
        return finding.message
    message = finding.message.partition("): ")[2] or finding.message
    # In a workbook of anyone's a sheet holds many matrices.
    return message if finding.matrix == finding.sheet else f"{finding.matrix}: {message}"
