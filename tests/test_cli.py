"""The commands and the Python functions do what DESIGN.md says, and start instantly."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result
from lint import read_raw

import xlnn
from xlnn.cli import COMMANDS as HELPS
from xlnn.cli import main, options
from xlnn.errors import OutputError
from xlnn.help_page import HELP

COMMANDS = ["demo", "examples", "build", "map", "audit", "compare"]


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of its own for each test, since workbooks go to outputs/ by default."""
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> Result:
    """A command in this process."""
    return CliRunner().invoke(main, arguments)


def run_python(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Python in a process of its own."""
    # It prints × and Σ, also where the locale has no such signs.
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, encoding="utf-8", env=environment
    )


def text_of(path: str, sheet: str) -> str:
    """All texts of a sheet."""
    cells = read_raw(Path(path)).sheets[sheet].cells.values()
    return "\n".join(cell.text or "" for cell in cells)


# --- Help -----------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_every_command_helps(command: str, option: str) -> None:
    result = run(command, option)
    assert result.exit_code == 0
    assert f"Usage: main {command}" in result.stdout


def test_the_help_lists_every_command() -> None:
    result = run("--help")
    assert result.exit_code == 0
    assert set(COMMANDS) <= set(result.stdout.split())


@pytest.mark.parametrize(
    "arguments", [["--help"], ["build", "--help"], ["examples"], ["--version"]]
)
def test_help_and_examples_import_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys\n"
        "from xlnn.cli import main\n"
        f"main({arguments!r}, standalone_mode=False)\n"
        "print('loaded', {'pandas', 'openpyxl', 'ironcalc', 'numpy'} & set(sys.modules))\n"
    )
    done = run_python("-c", code)
    assert done.returncode == 0, done.stderr
    assert "loaded set()" in done.stdout


def test_python_m_xlnn_is_the_command() -> None:
    done = run_python("-m", "xlnn", "--version")
    assert done.returncode == 0
    assert xlnn.__version__ in done.stdout
    assert done.stderr == ""


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    run("demo")
    with subprocess.Popen(
        [sys.executable, "-m", "xlnn", "map", "outputs/demo.xlsx"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""


# --- Commands -------------------------------------------------------------------------


def test_examples_are_listed_with_a_line_each() -> None:
    result = run("examples")
    assert result.exit_code == 0
    for name, title in xlnn.examples().items():
        assert name in result.stdout
        assert title in result.stdout
    assert len(result.stdout.splitlines()) == len(xlnn.examples())


def test_the_demo_is_built_audited_and_reported() -> None:
    result = run("demo")
    assert result.exit_code == 0, result.output
    assert "demo.xlsx: written" in result.stdout
    assert "ironcalc" in result.stdout
    assert "all agree" in result.stdout
    start = text_of("outputs/demo.xlsx", "Start")
    assert "formula cells recomputed by ironcalc" in start
    assert "largest difference found" in start


def test_the_demo_can_be_run_twice_and_says_that_the_file_was_left() -> None:
    assert run("demo").exit_code == 0
    path = Path("outputs/demo.xlsx")
    before = path.stat()
    result = run("demo")
    assert result.exit_code == 0
    assert "left as it was, the very same file" in result.stdout
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == (before.st_mtime_ns, before.st_ino)
    assert [each.name for each in path.parent.iterdir()] == ["demo.xlsx"]


def test_quiet_prints_nothing() -> None:
    result = run("build", "demo", "--extras", "none", "--quiet")
    assert result.exit_code == 0
    assert result.output == ""
    assert Path("outputs/demo.xlsx").exists()


def test_no_audit_leaves_the_audit_out_and_the_workbook_says_so() -> None:
    result = run("build", "demo", "--extras", "none", "--no-audit", "-o", "plain.xlsx")
    assert result.exit_code == 0
    assert "agree" not in result.stdout
    assert "ironcalc" not in result.stdout
    assert "Not audited" in text_of("plain.xlsx", "Start")
    assert run("audit", "plain.xlsx").exit_code == 0


def test_options_win_over_the_file() -> None:
    options = (
        "--epochs 3 --show 1,-1 --learning-rate 0.5 --formulas matrix --title Mine --extras none"
    )
    assert run("build", "demo", *options.split(), "-o", "mine.xlsx").exit_code == 0
    book = read_raw(Path("mine.xlsx"))
    assert book.number("Settings", "B5") == 0.5
    assert book.sheets["Start"].cells["A1"].text == "Mine"
    assert any(cell.array == "B15:B17" for cell in book.sheets["d_output"].cells.values())
    lines = run("map", "mine.xlsx").stdout.splitlines()
    assert {line.split()[3] for line in lines if " d_output " in line} == {"1", "3"}


def test_layers_are_given_one_by_one() -> None:
    options = "--hidden 2 --hidden 4 --seed 7 --start xavier --extras none"
    Path("table.csv").write_text("a,b,t\n1,2,0\n3,4,1\n")
    assert run("build", "table.csv", "--target", "t", *options.split()).exit_code == 0
    sheets = read_raw(Path("outputs/table.xlsx")).sheets
    assert {"wh_1", "wh_2", "hidden_layer_input_2", "wh_1_new"} <= set(sheets)
    assert "2-2-4-1" in text_of("outputs/table.xlsx", "Start")


# --- Python ---------------------------------------------------------------------------


def test_the_python_functions_go_the_whole_way() -> None:
    X, y = [[1, 0], [0, 1], [1, 1]], [1, 0, 1]
    experiment = xlnn.Experiment(X=X, y=y, hidden=(3,), epochs=5, learning_rate=0.1)
    trace = xlnn.run(experiment)
    assert trace["d_output", 1].shape == (3, 1)
    assert trace["d_output", 1].dtype == np.float64
    assert trace.loss.shape == (5,)
    assert trace.loss[0] == pytest.approx((trace["E", 1] ** 2).sum() / 2, rel=1e-15)
    assert np.array_equal(trace["wh", 2], trace["wh_new", 1])
    with pytest.raises(KeyError, match="epoch 6"):
        trace["d_output", 6]
    Path("outputs").mkdir()
    assert xlnn.write(trace, "outputs/mine.xlsx")
    report = xlnn.audit("outputs/mine.xlsx")
    assert report.ok
    assert report.findings == ()
    assert report.to_frame().empty
    assert list(report.to_frame().columns) == [
        *("kind", "sheet", "cell", "matrix", "step", "epoch"),
        *("expected", "found", "cause", "message", "origin", "diagnosis"),
    ]


def test_writing_keeps_what_is_there_unless_forced() -> None:
    trace = xlnn.run(xlnn.example("demo"))
    assert xlnn.write(trace, "mine.xlsx")
    assert not xlnn.write(trace, "mine.xlsx")
    Path("mine.xlsx").write_bytes(b"other")
    with pytest.raises(OutputError, match="exists"):
        xlnn.write(trace, "mine.xlsx")
    assert Path("mine.xlsx").read_bytes() == b"other"
    assert xlnn.write(trace, "mine.xlsx", force=True)


def test_labels_of_dataframes_become_headings() -> None:
    X = pd.DataFrame({"size": [1.0, 2.0], "age": [3.0, 4.0]}, index=["Ann", "Bob"])
    y = pd.Series([0.0, 1.0], name="bought", index=X.index)
    trace = xlnn.run(xlnn.Experiment(X=X, y=y, hidden=(2,)))
    pd.testing.assert_frame_equal(trace.frame("X", 1), X, check_dtype=False)
    assert trace.frame("wh", 1).index.tolist() == ["size", "age"]
    assert trace.frame("E", 1).columns.tolist() == ["bought"]
    assert trace.frame("hidden_layer_input", 1).index.tolist() == ["Ann", "Bob"]
    xlnn.write(trace, "labels.xlsx")
    sheet = pd.read_excel("labels.xlsx", sheet_name="X", header=None)
    assert sheet.iloc[13, 1:].tolist() == ["size", "age"]
    assert sheet.iloc[14:, 0].tolist() == ["Ann", "Bob"]


def test_load_reads_examples_files_and_tables() -> None:
    assert xlnn.load("demo").X.shape == (3, 4)
    Path("mine.toml").write_text("[data]\nX = [[1]]\ny = [1]\n")
    assert xlnn.load("mine.toml").X.shape == (1, 1)
    Path("mine.csv").write_text("a,t\n1,0\n")
    assert xlnn.load("mine.csv", target=["t"], epochs=4).epochs == 4


@pytest.mark.parametrize(
    "before",
    [
        "import xlnn",
        "import xlnn.audit.audit, xlnn",
        "from xlnn.audit.report import Report; import xlnn",
        "from xlnn.audit.audit import audit; import xlnn",
        "import xlnn.cli.audit; import xlnn",
        "from xlnn import audit; import xlnn",
        "import xlnn, xlnn.audit.engines; xlnn.audit; import xlnn.audit.reports.saving",
        "from xlnn import *; import xlnn, xlnn.building",
    ],
)
def test_audit_is_callable_whatever_was_imported_before(before: str) -> None:
    done = run_python("-c", f"{before}\nprint(callable(xlnn.audit), callable(xlnn.Experiment))")
    assert done.stdout == "True True\n", done.stderr


# --- Start-up -------------------------------------------------------------------------


def test_the_kept_help_page_is_the_one_that_click_renders() -> None:
    rendered = CliRunner().invoke(main, ["--help"], prog_name="xlnn", terminal_width=80)
    assert rendered.output == HELP
    for option in ("--help", "-h"):
        assert run_python("-m", "xlnn", option).stdout == HELP


def test_the_list_of_commands_says_what_each_ones_help_does() -> None:
    context = click.Context(main)
    for name, says in HELPS.items():
        command = main.get_command(context, name)
        assert command is not None
        assert command.name == name
        assert (command.help or "").replace("\n", " ").startswith(says)


def test_the_help_page_needs_neither_click_nor_typing() -> None:
    code = (
        "import sys\n"
        "before = set(sys.modules)\n"  # an environment may load some at every start
        "sys.argv = ['xlnn', '--help']\n"
        "from xlnn.__main__ import main\n"
        "main()\n"
        "loaded = set(sys.modules) - before\n"
        "print('loaded', {'click', 'typing', 'pandas', 'openpyxl'} & loaded)\n"
    )
    assert "loaded set()" in run_python("-c", code).stdout


def test_the_engines_that_can_be_chosen_are_those_that_there_are() -> None:
    from xlnn.audit.engines import ENGINES

    assert list(options.ENGINES) == list(ENGINES)
