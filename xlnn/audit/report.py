"""What an audit found: findings, evidence, verdict."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be."""

    kind: str
    """changed-formula, hard-coded, wrong-value, stale-value, error-value, missing, structure."""
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
        report = {"workbook": self.workbook, "ok": self.ok, **asdict(self)}
        if not self.notes:
            del report["notes"]
        return _finite(report)  # type: ignore[no-any-return]

    def to_frame(self) -> pd.DataFrame:
        """The findings as a table, one row each."""
        import pandas as pd

        columns = list(Finding.__dataclass_fields__)
        rows = [[getattr(finding, column) for column in columns] for finding in self.findings]
        return pd.DataFrame(rows, columns=columns)


def _finite(value: Any) -> Any:
    """The same without NaN and infinity, which JSON does not have."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _finite(content) for key, content in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(content) for content in value]
    return value
