"""openxml-audit, which knows the Open XML SDK's rules, finds nothing in the workbooks."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from editing import rewritten
from openxml_audit import OpenXmlValidator

import xlnn
from xlnn.experiment.experiment import Experiment

EXPERIMENTS = {
    "demo": xlnn.example("demo"),
    "demo as matrices": xlnn.example("demo", {"formulas": "matrix"}),
    "epochs": Experiment(X=[[1, 2], [3, 4]], y=[0, 1], hidden=(2, 2), epochs=3, show=[1, 2, -1]),
    "strange headings": Experiment(
        X=[[1e9, 2]], y=[[0, 1]], feature_names=['=HYPERLINK("x")', " <b>& "], formulas="matrix"
    ),
}


def findings(path: Path) -> list[str]:
    """Everything that openxml-audit finds, mere advice too."""
    return [str(error) for error in OpenXmlValidator(max_errors=0).validate(path).errors]


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_nothing_is_found(name: str, built: Callable[[Experiment], Path]) -> None:
    assert findings(built(EXPERIMENTS[name])) == []


@pytest.mark.parametrize(
    ("pattern", "replacement"),
    [("<v>", "<w/><v>"), (' s="1"', ' s="many"')],
)
def test_a_broken_sheet_is_found(
    pattern: str, replacement: str, built: Callable[[Experiment], Path], tmp_path: Path
) -> None:
    def change(name: str, text: str) -> str:
        return re.sub(pattern, replacement, text, count=1) if name.endswith("sheet4.xml") else text

    target = rewritten(built(EXPERIMENTS["demo"]), tmp_path / "broken.xlsx", change)
    assert any("sheet4.xml" in finding for finding in findings(target))
