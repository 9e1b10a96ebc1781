"""Rows, columns and sheets that somebody inserted or deleted are one cause, not hundreds."""

from __future__ import annotations

from pathlib import Path

import pytest
from editing import typed, with_inserted, without_sheet

import xlnn

SHIFTS = {
    "above all blocks": ("slope_output_layer", "row", 10, 1),
    "of the first sheet": ("X", "row", 5, 2),
    "between two samples": ("X", "row", 16, 1),
    "between a copy and the result": ("d_output", "column", 4, 1),
    "before all columns": ("E", "column", 1, 3),
    "of a weight, deleted": ("wh", "row", 3, -1),
    "between two epochs": ("output", "row", 22, 1),
}
"""What is inserted or deleted where: sheet, rows or columns, before which, how many."""


@pytest.fixture(scope="module", params=["cell", "matrix"])
def right(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    experiment = xlnn.example("demo", {"epochs": 2, "extras": "none", "formulas": request.param})
    path = tmp_path_factory.mktemp("shifts") / "right.xlsx"
    return xlnn.build(experiment, path, audited=False).path


@pytest.mark.parametrize("where", SHIFTS)
def test_what_was_inserted_is_the_only_cause(where: str, right: Path, tmp_path: Path) -> None:
    sheet, what, _, count = SHIFTS[where]
    report = xlnn.audit(with_inserted(right, tmp_path / "shifted.xlsx", *SHIFTS[where]))
    (finding,) = report.findings
    assert (finding.kind, finding.sheet, finding.cause) == ("structure", sheet, True)
    assert finding.message.startswith(
        f"{abs(count)} {what}{'s were' if abs(count) > 1 else ' was'} "
        f"{'inserted' if count > 0 else 'deleted'} on the sheet {sheet}: "
    )


def test_what_stands_below_all_blocks_may_move(right: Path, tmp_path: Path) -> None:
    assert xlnn.audit(with_inserted(right, tmp_path / "below.xlsx", "E", "row", 90)).ok


def test_a_row_whose_numbers_were_deleted_is_not_one_that_was_inserted(
    right: Path, tmp_path: Path
) -> None:
    cells = {("X", f"{column}15"): None for column in "BCDE"}
    report = xlnn.audit(typed(right, tmp_path / "gone.xlsx", cells))
    assert {each.kind for each in report.causes} == {"missing"}


@pytest.mark.parametrize("sheet", ["X", "wout", "E", "d_output"])
def test_a_sheet_that_was_deleted_is_the_only_cause(
    sheet: str, right: Path, tmp_path: Path
) -> None:
    report = xlnn.audit(without_sheet(right, tmp_path / "without.xlsx", sheet))
    (cause,) = report.causes
    assert (cause.kind, cause.sheet) == ("missing", sheet)
    lost = [each for each in report.findings if "#REF!" in str(each.found)]
    assert lost
    assert all(f"the sheet {sheet}, which is missing" in each.message for each in lost)
