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


ELSEWHERE: dict[str, dict[tuple[str, str], object]] = {
    "inputs typed a row lower": {("y", "B15"): None, ("y", "B18"): 0},
    "inputs typed a column further": {
        **{("y", f"B{row}"): None for row in (15, 16, 17)},
        **{("y", f"C{row}"): 1 for row in (15, 16, 17)},
    },
    "a row cleared and totals below": {
        **{("squared_error", f"{column}15"): None for column in "BD"},
        **{
            ("squared_error", f"{column}{row}"): f"=SUM({column}{row - 3}:{column}{row - 1})"
            for column in "BD"
            for row in (18, 26)
        },
    },
}
"""What only looks as if something had been inserted."""


@pytest.mark.parametrize("what", ELSEWHERE)
def test_what_was_typed_elsewhere_hides_nothing(what: str, right: Path, tmp_path: Path) -> None:
    wrong = {("E", "B15"): "=y!B15+output!B15", ("d_output", "B15"): 4}
    report = xlnn.audit(typed(right, tmp_path / "typed.xlsx", ELSEWHERE[what] | wrong))
    assert not [each for each in report.findings if each.kind == "structure"]
    assert {("E", "B15"), ("d_output", "B15")} <= {(c.sheet, c.cell) for c in report.causes}


def test_other_findings_are_told_beside_a_row_that_was_inserted(
    right: Path, tmp_path: Path
) -> None:
    stray = typed(right, tmp_path / "stray.xlsx", {("E", "H3"): 5, ("E", "B23"): None})
    path = with_inserted(stray, tmp_path / "shifted.xlsx", "E", "row", 10)
    (finding,) = xlnn.audit(path).findings
    assert "1 row was inserted on the sheet E" in finding.message
    path = without_sheet(path, tmp_path / "both.xlsx", "wout")
    assert {each.kind for each in xlnn.audit(path).causes} == {"structure", "missing"}


def test_a_formula_that_lost_more_than_a_sheet_is_a_cause(right: Path, tmp_path: Path) -> None:
    path = without_sheet(right, tmp_path / "without.xlsx", "E")
    path = typed(path, tmp_path / "typed.xlsx", {("squared_error", "B15"): "=#REF!*7+output!B16"})
    assert ("squared_error", "B15") in {(each.sheet, each.cell) for each in xlnn.audit(path).causes}


@pytest.mark.parametrize(("gone", "kind"), [("bh_new", "hard-coded"), ("E", "changed-formula")])
def test_what_is_wrong_beside_a_sheet_that_was_deleted_is_told_too(
    gone: str, kind: str, right: Path, tmp_path: Path
) -> None:
    content = 5 if kind == "hard-coded" else "=1-1/(1+EXP(-output_layer_input!B15))"
    changed = typed(right, tmp_path / "typed.xlsx", {("output", "B15"): content})
    report = xlnn.audit(without_sheet(changed, tmp_path / "without.xlsx", gone))
    causes = {(each.kind, each.sheet) for each in report.causes}
    assert {("missing", gone), (kind, "output")} <= causes


def test_without_a_sheet_that_no_matrix_reads_the_network_is_compared_as_ever(
    tmp_path: Path,
) -> None:
    experiment = xlnn.example("demo", {"epochs": 2, "extras": ["Checks"]})
    built = xlnn.build(experiment, tmp_path / "right.xlsx", audited=False)
    path = built.path
    changed = typed(path, tmp_path / "typed.xlsx", {("E", "B16"): "=output!B16-y!B16"})
    report = xlnn.audit(without_sheet(changed, tmp_path / "without.xlsx", "Checks"))
    whole = xlnn.audit(without_sheet(path, tmp_path / "only.xlsx", "Checks"))
    assert [(each.kind, each.sheet) for each in whole.causes] == [("missing", "Checks")]
    assert {("missing", "Checks"), ("changed-formula", "E")} == {
        (each.kind, each.sheet) for each in report.causes
    }
    assert whole.engines[0].cells >= built.plan.formula_cells
