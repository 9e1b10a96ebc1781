"""Several workbooks are audited at once; a broken one costs nothing but itself."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner, Result
from editing import with_cell
from ill_fated import pretend
from lint import lint
from openxml_audit import OpenXmlValidator

import xlnn
from xlnn.audit.many import audit_many, workbooks_in
from xlnn.audit.report import Report
from xlnn.audit.reports.summary import Result as Audited
from xlnn.audit.reports.summary import Unreadable
from xlnn.cli import main
from xlnn.errors import WorkbookError


def run_audit(*arguments: object) -> Result:
    """``xlnn audit`` with some arguments."""
    return CliRunner().invoke(main, ["audit", *map(str, arguments)])


def audited(*names: str, jobs: int = 2) -> list[Audited]:
    """What comes of workbooks of some names."""
    with closing(audit_many([Path(name) for name in names], pretend, jobs)) as results:
        return list(results)


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a right workbook, a wrong one, one that is none, and what is passed over."""
    folder = tmp_path_factory.mktemp("books")
    right = folder / "right.xlsx"
    xlnn.build(xlnn.example("demo", {"extras": "none"}), right, audited=False)
    with_cell(right, folder / "wrong.xlsx", "d_output", "B16", "<v>0.5</v>")
    (folder / "broken.xlsx").write_text("a,b\n1,2\n")
    for name in ("~$right.xlsx", ".hidden.xlsx", "notes.txt"):
        (folder / name).write_text("no workbook")
    (folder / "folder.xlsx").mkdir()
    assert run_audit(right, "--report", folder / "report.xlsx").exit_code == 0
    return folder


# --- The processes --------------------------------------------------------------------


def test_results_come_in_the_order_given() -> None:
    results = audited("slow 1", "quick 2", "slow 3", "quick 4", "quick 5")
    assert [each.workbook for each in results] == [
        "slow 1", "quick 2", "slow 3", "quick 4", "quick 5",
    ]  # fmt: skip
    processes = {each.seconds for each in results if isinstance(each, Report)}
    assert len(processes) == 2
    assert os.getpid() not in processes


def test_whatever_ends_a_process_costs_one_workbook() -> None:
    names = "killed", "right 1", "crashes", "exits", "fails", "unreadable", "engine", "right 2"
    results = audited(*names)
    assert [each.workbook for each in results] == list(names)
    errors = {each.workbook: each.error for each in results if isinstance(each, Unreadable)}
    assert list(errors) == [name for name in names if not name.startswith("right")]
    assert all(error.startswith(name) for name, error in errors.items())
    assert "more memory than there is" in errors["killed"]
    assert "crashed (SIGSEGV)" in errors["crashes"]
    assert "exit status 3" in errors["exits"]
    assert "ZeroDivisionError: division by zero" in errors["fails"]
    assert "is not an .xlsx workbook" in errors["unreadable"]


def test_all_that_crash_are_named_with_one_process_and_leave_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    results = audited("killed 1", "killed 2", "right", jobs=1)
    assert [isinstance(each, Unreadable) for each in results] == [True, True, False]
    assert list(tmp_path.iterdir()) == []


def test_who_stops_listening_leaves_no_process() -> None:
    with closing(audit_many([Path("quick"), Path("slow 1"), Path("slow 2")], pretend, 2)) as some:
        assert next(some).workbook == "quick"
    assert multiprocessing.active_children() == []


def test_a_program_that_a_process_has_started_ends_with_it(tmp_path: Path) -> None:
    told = tmp_path / "starts.pid"
    with closing(audit_many([Path("quick"), tmp_path / "starts"], pretend, 2)) as some:
        assert next(some).workbook == "quick"
        while not told.exists() or not told.read_text().strip():
            time.sleep(0.05)
    with pytest.raises(ProcessLookupError):
        os.kill(int(told.read_text()), 0)


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is another thing there")
def test_ctrl_c_ends_all_and_leaves_nothing(books: Path, tmp_path: Path) -> None:
    copies = [shutil.copyfile(books / "right.xlsx", tmp_path / f"{i}.xlsx") for i in range(6)]
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    command = [sys.executable, "-m", "xlnn", "audit", *map(str, copies), "--jobs", "1"]
    with subprocess.Popen(
        [*command, "--report", str(tmp_path / "report.html")],
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()  # the first is done, the second has begun
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does, to all at once
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors == "Interrupted: nothing was left half-written.\n"
    assert list(temporary.iterdir()) == []
    assert not (tmp_path / "report.html").exists()
    for _ in range(50):
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    raise AssertionError("a process is left")


# --- Folders --------------------------------------------------------------------------


def test_of_a_folder_the_workbooks_are_audited(books: Path, tmp_path: Path) -> None:
    found = [books / name for name in ("broken.xlsx", "right.xlsx", "wrong.xlsx")]
    assert workbooks_in([books])[0] == found
    lost = tmp_path / "lost.xlsx"
    assert workbooks_in([found[2], lost, books])[0] == [found[2], lost, *found[:2]]
    (tmp_path / "empty").mkdir()
    with pytest.raises(WorkbookError, match="empty holds no workbook"):
        workbooks_in([tmp_path / "empty"])
    (tmp_path / "empty" / "old.XLSM").touch()
    assert len(workbooks_in([tmp_path / "empty"])[0]) == 1


# --- The command ----------------------------------------------------------------------


def test_a_folder_ends_with_a_row_for_each_and_a_verdict(books: Path, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    result = run_audit(books, "--jobs", "2", "--report", path)
    assert result.exit_code == 2
    right, wrong, broken = (books / f"{name}.xlsx" for name in ("right", "wrong", "broken"))
    assert f"{books / 'report.xlsx'} is an earlier report: it is not audited\n" in result.stderr
    assert f"Error: {broken} is not an .xlsx workbook" in result.stderr
    assert len(result.stderr.splitlines()) == 2
    lines = result.stdout.splitlines()
    verdicts = [line for line in lines if line.startswith((f"{right}: ", f"{wrong}: "))]
    assert verdicts[0] == f"{right}: all agree"
    assert re.fullmatch(r".*: \d+ findings: 1 cause, \d+ inherited", verdicts[1])
    assert "  hard-coded: d_output!B16" in result.stdout
    head, *rows, last = lines[-5:]
    assert head.split()[:4] == ["workbook", "verdict", "causes", "inherited"]
    assert [row.split()[0] for row in rows] == [str(broken), str(right), str(wrong)]
    assert rows[0].endswith("not read")
    assert re.search(r"agrees +0 +0 +\d\.\de[+-]\d\d +\d+\.\d$", rows[1])
    assert re.search(r"findings +1 +\d+ +\d\.\de[+-]\d\d +\d+\.\d$", rows[2])
    assert last == "1 of 3 agree; 1 has findings; 1 could not be read"
    assert [each["ok"] for each in json.loads(path.read_text("utf-8"))] == [False, True, False]


@pytest.mark.parametrize(("names", "status"), [(["right", "right 2"], 0), (["right", "wrong"], 1)])
def test_the_exit_status_is_the_worst(
    names: list[str], status: int, books: Path, tmp_path: Path
) -> None:
    shutil.copyfile(books / "right.xlsx", books / "right 2.xlsx")
    try:
        result = run_audit(*(books / f"{name}.xlsx" for name in names))
    finally:
        (books / "right 2.xlsx").unlink()
    assert result.exit_code == status
    assert result.stdout.splitlines()[-1].startswith(f"{2 - status} of 2 agree")


def test_a_missing_engine_is_named_once(
    books: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    result = run_audit(books, "--engine", "gnumeric")
    assert result.exit_code == 2
    assert result.output.count("not installed") == 1


def test_the_summary_workbook_lists_all(books: Path, tmp_path: Path) -> None:
    path = tmp_path / "report.xlsx"
    run_audit(books, "--report", path)
    assert lint(path) == []
    assert OpenXmlValidator(max_errors=0).validate(path).errors == []
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["Summary", "Findings", "Evidence"]
    summary = [[cell.value for cell in row] for row in book["Summary"].iter_rows(min_row=4)]
    assert summary[0][:4] == ["workbook", "verdict", "causes", "inherited"]
    assert [row[1] for row in summary[1:]] == ["not read", "agrees", "findings"]
    found = xlnn.audit(books / "wrong.xlsx")
    assert summary[3][2:4] == [1, len(found.findings) - 1]
    assert found.sha256 in summary[3]
    assert "is not an .xlsx workbook" in str(summary[1][-1])
    findings = list(book["Findings"].iter_rows(min_row=2, values_only=True))
    assert [f"{f.sheet}!{f.cell}" for f in found.findings] == [row[2] for row in findings]
    assert "E!B16*slope_output_layer!B16" in str(findings[0][7])
    evidence = list(book["Evidence"].iter_rows(min_row=2, values_only=True))
    assert {row[0] for row in evidence} == {str(books / f"{n}.xlsx") for n in ("right", "wrong")}
    assert {"all", "step 7", "other sheets"} <= {row[2] for row in evidence}


def test_a_terminal_shows_how_many_are_done(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from xlnn.cli import progress as module

    clock = iter([0.0, 2.0, 4.0])
    monkeypatch.setattr(module.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with module.shown_line() as line:
        line.update("auditing", 0, 12)
        line.update("auditing", 1, 12)
        line.clear()
        line.clear()
        line.update("auditing", 1, 12)
    assert capsys.readouterr().err.split(module.CLEAR_LINE) == [
        "",
        "auditing: 0 of 12 workbooks",
        "auditing: 1 of 12 workbooks, 22 s left",
        "",
        "auditing: 2 of 12 workbooks, 20 s left",
        "",
    ]
