"""What an audit found: findings, evidence, verdict."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

KINDS = {
    "structure": "Settings, Map, names and sheets do not tell of one and the same workbook",
    "missing": "a sheet, a block, a formula or an input is not there",
    "hard-coded": "a value stands where a formula belongs, even if it is the right one",
    "changed-formula": "the formula is not the one of this step, even if its value agrees",
    "inconsistent": "a formula that differs from those of the same kind around it",
    "blank-precedent": "a formula reads a blank cell, which counts as 0",
    "extra": "a formula or a value stands among the cells of a block, but belongs to none",
    "error-value": "the formula gives an error",
    "wrong-value": "the number is not what NumPy derives, or not what must stand there",
    "stale-value": "the file carries another value than the formula gives",
    "hidden": "a sheet, row or column cannot be seen",
    "manual-calculation": "the workbook is not recalculated when an input changes",
    "displayed-precision": "every number is rounded to the digits that are shown",
    "external-link": "the workbook refers to other files; nothing of them was read",
}
"""What can be found, and what it means."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be."""

    kind: str
    """One of KINDS."""
    sheet: str
    cell: str
    matrix: str
    step: int | None
    epoch: int | None
    expected: float | str | None
    found: float | str | None
    cause: bool
    """Whether the cell is wrong in itself, rather than by what it is computed from."""
    message: str
    origin: str | None = None
    """Of what inherits a wrong number: the cause that it comes from, as ``d_output!B16``."""
    diagnosis: str | None = None
    """What was done instead of the step, where that was recognised, as ``slope-missing``."""


def sheet_cause(
    kind: str,
    sheet: str,
    cell: str,
    message: str,
    *,
    matrix: str | None = None,
    expected: float | str | None = None,
    found: float | str | None = None,
) -> Finding:
    """A cause that is of no step: on a sheet, whose matrix it is of unless told, or of the workbook
    as a whole."""
    whose = sheet if matrix is None else matrix
    return Finding(kind, sheet, cell, whose, None, None, expected, found, True, message)


@dataclass(frozen=True, slots=True)
class StepResult:
    """How far an engine's numbers are from NumPy's in one step of the article."""

    step: int | None
    """None for sheets that are no step's, such as Predict."""
    cells: int
    max_abs_diff: float
    max_rel_diff: float


@dataclass(frozen=True, slots=True)
class EngineResult:
    """How far an engine's numbers are from NumPy's."""

    name: str
    version: str
    cells: int
    """Formula cells compared."""
    max_abs_diff: float
    """The largest |a − b|."""
    max_rel_diff: float
    """The largest |a − b| / max(1, |b|), which is held against the tolerance."""
    steps: tuple[StepResult, ...] = ()
    """The same for each step, in their order."""
    seconds: float = 0.0
    """What it took to recompute the workbook."""


@dataclass(frozen=True, slots=True)
class Report:
    """The result of an audit."""

    workbook: str
    tolerance: float
    cells: int
    """Formula cells in the workbook's plan."""
    engines: tuple[EngineResult, ...]
    findings: tuple[Finding, ...]
    """In order of computation."""
    notes: tuple[str, ...] = ()
    """What a reader should know though nothing is wrong."""
    sha256: str = ""
    """Of the file that was audited."""
    seconds: float = 0.0
    """What the whole audit took."""
    audited: str = ""
    """When it ended: date, time and time zone as ISO 8601 has them."""
    map: str = ""
    """The map of a workbook of anyone's, and the hash of that file."""
    map_sha256: str = ""
    skipped: tuple[str, ...] = ()
    """The matrices that the workbook has not, by its map: nothing was compared of them."""

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    @property
    def causes(self) -> tuple[Finding, ...]:
        """The findings that are wrong in themselves."""
        return tuple(finding for finding in self.findings if finding.cause)

    def to_dict(self) -> dict[str, Any]:
        """The report as the JSON file has it; what cannot be a number there is null."""
        report: dict[str, Any] = {"workbook": self.workbook, "ok": self.ok, **asdict(self)}
        for key in ("notes", "skipped", "map", "map_sha256"):
            if not report[key]:
                del report[key]
        for finding in report["findings"]:
            for key in ("origin", "diagnosis"):
                if finding[key] is None:
                    del finding[key]
        return finite(report)  # type: ignore[no-any-return]

    def to_frame(self) -> pd.DataFrame:
        """The findings as a table, one row each."""
        import pandas as pd

        columns = list(Finding.__dataclass_fields__)
        rows = [[getattr(finding, column) for column in columns] for finding in self.findings]
        return pd.DataFrame(rows, columns=columns)


def now() -> str:
    """The time, as ``Report.audited`` has it."""
    return datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")


def finite(value: Any) -> Any:
    """The same without NaN and infinity, which JSON does not have."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: finite(content) for key, content in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(content) for content in value]
    return value
