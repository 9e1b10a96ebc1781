"""What an audit comes to, in a sentence and in a row."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from xlnn.audit.report import Report, StepResult

MARK = "xlnn audit"
"""What tells a report that may be replaced from any other file."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that could not be audited."""

    workbook: str
    error: str


Result = Report | Unreadable

Verdict = Literal["agrees", "findings", "not read"]


@dataclass(frozen=True, slots=True)
class Summary:
    """One workbook among several."""

    workbook: str
    verdict: Verdict
    causes: int
    inherited: int
    max_rel_diff: float | None
    """The largest difference that any engine has found; None if nothing was compared."""
    seconds: float | None


def summary(result: Result) -> Summary:
    """The row of a workbook."""
    if isinstance(result, Unreadable):
        return Summary(result.workbook, "not read", 0, 0, None, None)
    causes = len(result.causes)
    return Summary(
        workbook=result.workbook,
        verdict="agrees" if result.ok else "findings",
        causes=causes,
        inherited=len(result.findings) - causes,
        max_rel_diff=largest(engine.max_rel_diff for engine in result.engines),
        seconds=result.seconds,
    )


def largest(differences: Iterable[float]) -> float | None:
    """The largest difference; NaN if one is, as then something was no number; None of none."""
    return max(differences, key=lambda each: (math.isnan(each), each), default=None)


def difference_text(difference: float | None) -> str:
    """A difference as people read it."""
    if difference is None:
        return ""
    return "no number" if math.isnan(difference) else f"{difference:.1e}"


def verdict(result: Result) -> str:
    """The verdict on a workbook: ``all agree``, or how much was found."""
    if isinstance(result, Unreadable):
        return "could not be read"
    if result.ok:
        return "all agree"
    row = summary(result)
    return (
        f"{counted(len(result.findings), 'finding')}: {counted(row.causes, 'cause')}, "
        f"{row.inherited:,} inherited"
    )


def verdict_of_all(results: Sequence[Result]) -> str:
    """The verdict on several workbooks."""
    verdicts = [summary(result).verdict for result in results]
    found = verdicts.count("findings")
    return (
        f"{verdicts.count('agrees'):,} of {len(verdicts):,} agree; {found:,} "
        f"{'has' if found == 1 else 'have'} findings; {verdicts.count('not read'):,} could not be "
        "read"
    )


def counted(number: int, what: str) -> str:
    """``1 cell``, ``2,000 cells``."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def inheriting(number: int, what: str = "cell") -> str:
    """How many cells, or what else, inherit a wrong number."""
    return f"{counted(number, what)} {'inherits' if number == 1 else 'inherit'} a wrong number"


def step_name(result: StepResult) -> str:
    """What a step is called, or the sheets that are no step's."""
    return "other sheets" if result.step is None else f"step {result.step}"


def exit_status(results: Sequence[Result]) -> int:
    """0 if all agree, 1 if something was found, 2 if a file could not be read."""
    worst = {"agrees": 0, "findings": 1, "not read": 2}
    return max((worst[summary(result).verdict] for result in results), default=0)
