"""The architecture is kept: imports go one way, the maths is said once."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from xlnn.audit.reports.report_files import ENDINGS
from xlnn.audit.reports.saving import WRITERS
from xlnn.workbook.boards.extras import EXTRAS
from xlnn.workbook.dress.dresses import DRESSES

PACKAGE = Path(__file__).parent.parent / "xlnn"

MAY_IMPORT = {
    "maths": set(),
    "experiment": {"maths"},
    "training": {"maths", "experiment"},
    "workbook": {"maths", "experiment", "training"},
    "audit": {"maths", "experiment", "training", "workbook"},
}
"""Besides itself, and the files at the top that everybody uses."""

EVERYBODYS = {"errors", "bundled", "progress", "version"}


def imports(path: Path) -> set[str]:
    """The parts of xlnn that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("xlnn."):
            found.add(node.module.split(".")[1])
        elif isinstance(node, ast.Import):
            found |= {n.name.split(".")[1] for n in node.names if n.name.startswith("xlnn.")}
    return found


@pytest.mark.parametrize("folder", list(MAY_IMPORT))
def test_imports_go_one_way(folder: str) -> None:
    allowed = MAY_IMPORT[folder] | EVERYBODYS | {folder}
    files = list((PACKAGE / folder).rglob("*.py"))
    assert files
    for path in files:
        assert imports(path) <= allowed, path


@pytest.mark.parametrize("said_once", ["np.exp", "np.tanh", "np.log"])
def test_functions_are_computed_in_the_evaluator_alone(said_once: str) -> None:
    files = {path.name for path in PACKAGE.rglob("*.py") if said_once in path.read_text("utf-8")}
    assert files == {"evaluate.py"}


@pytest.mark.parametrize("said_once", ["MMULT(", "SUMPRODUCT(", '"EXP('])
def test_formulas_are_written_in_the_formula_reader_alone(said_once: str) -> None:
    files = {path.name for path in PACKAGE.rglob("*.py") if said_once in path.read_text("utf-8")}
    assert files == {"formulas.py"}


def test_whatever_is_told_apart_by_a_name_is_known_by_it() -> None:
    assert set(DRESSES) <= set(EXTRAS)
    assert set(WRITERS) == set(ENDINGS)
