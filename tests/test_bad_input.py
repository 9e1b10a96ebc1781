"""Bad input gets a clear error, and nothing is lost.

Every refusal has exit status 2, names the place, the clash and the way out, shows no traceback,
and leaves no file behind. What stood there before stands there still, byte for byte.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from xlnn.cli import main

TABLE = "a,b,t\n1,2,0\n3,4,1\n"
DATA = "[data]\nX = [[1, 0], [0, 1]]\ny = [1, 0]\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own for each test, with a good table."""
    monkeypatch.chdir(tmp_path)
    Path("good.csv").write_text(TABLE, "utf-8")
    return tmp_path


def refusal(*arguments: str) -> str:
    """The message of a command that must be refused, and must leave the folder as it was."""
    before = contents()
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2, result.output
    assert "Error: " in result.stderr
    assert "Traceback" not in result.output
    # This word is for errors that nobody thought of.
    assert "defect" not in result.stderr
    assert result.stdout == ""
    assert contents() == before
    return result.stderr


def contents() -> dict[Path, bytes]:
    """Every file below this folder."""
    return {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}


def assert_says(message: str, words: Sequence[str]) -> None:
    """Whether a message holds the essential words."""
    missing = [word for word in words if word not in message]
    assert not missing, f"{missing} not in: {message}"


# --- Tables ---------------------------------------------------------------------------

BAD_TABLES = {
    "text": ("a,b,t\n1,2,0\n3,x,1\n5,6,1\n", ["bad.csv", "row 3", "'b'", "'x'", "finite number"]),
    "blank": ("a,b,t\n1,,0\n3,4,1\n", ["row 2", "'b'", "blank", "fill"]),
    "nan": ("a,b,t\nnan,2,0\n3,4,1\n", ["row 2", "'a'", "'nan'", "leave the rows"]),
    "infinity": ("a,b,t\n1,2,0\n3,4,-inf\n", ["row 3", "'t'", "'-inf'"]),
    "blank row": ("a,b,t\n1,2,0\n\n3,4,1\n", ["row 3", "'a'", "blank"]),
    "thousands": ("a,b,t\n1_000,2,0\n3,4,1\n", ["row 2", "'1_000'"]),
    "categories": ("a,b,t\nred,2,0\nblue,4,1\n", ["'a'", "text", "'red'", "'blue'", "--feature"]),
    "one class": ("a,b,t\n1,2,yes\n3,4,yes\n", ["labels in t", "'yes'", "at least two classes"]),
    "a blank label": ("a,b,t\n1,2,yes\n3,4,\n5,6,no\n", ["sample 2", "in t", "blank"]),
    "labels that look alike": (
        "a,b,t\n1,2,yes\n3,4,Yes\n",
        ["'yes'", "'Yes'", "capitals", "alike"],
    ),
    "a label among numbers": ("a,b,t\n1,2,0\n3,4,1\n5,6,no\n", ["row 4", "'t'", "'no'"]),
    "a target out of reach": (
        "a,b,t\n1,2,0\n3,4,2\n",
        ["'t'", "is 2", "sigmoid", "between 0 and 1", "scale", "linear"],
    ),
    "zero rows": ("a,b,t\n", ["header", "no rows", "at least one sample"]),
    "empty": ("", ["is empty"]),
    "blank lines only": ("\n\n\n", ["is empty"]),
    "two columns of a name": ("a,a,t\n1,2,0\n", ["two columns", "'a'", "rename"]),
    "a row too long": ("a,b,t\n1,2,0,9\n", ["line 2", "3 fields", "4"]),
    "a row too short": ("a,b,t\n1,2\n3,4,1\n", ["row 2", "'t'", "blank"]),
    "no target": ("a,b\n1,2\n", ["no column 't'", "'a', 'b'"]),
}


@pytest.mark.parametrize("case", BAD_TABLES)
def test_a_bad_table_is_refused_and_its_cells_are_named(case: str) -> None:
    text, words = BAD_TABLES[case]
    Path("bad.csv").write_text(text, "utf-8")
    assert_says(refusal("build", "bad.csv", "--target", "t"), ["bad.csv", *words])


def test_only_the_first_few_of_many_bad_cells_are_named() -> None:
    rows = "".join(f"{i},,{i}\n" for i in range(1000))
    Path("bad.csv").write_text(f"a,b,t\n{rows}", "utf-8")
    message = refusal("build", "bad.csv", "--target", "t")
    assert_says(message, ["row 2 of 'b'", "and 995 more"])
    assert len(message) < 500


@pytest.mark.parametrize("suffix", [".xlsx", ".parquet"])
def test_cells_of_other_tables_are_named_too(suffix: str) -> None:
    frame = pd.DataFrame({"a": [1.0, np.nan, 3.0], "t": [0.0, 1.0, np.inf]})
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
        frame.to_parquet("bad.parquet")
    else:
        frame.to_excel("bad.xlsx", index=False)
    message = refusal("build", f"bad{suffix}", "--target", "t")
    assert_says(message, [f"bad{suffix}", "row 3 of 'a'", "row 4 of 't'", "inf"])


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".parquet"])
def test_a_missing_label_is_no_class_of_its_own(suffix: str) -> None:
    frame = pd.DataFrame({"a": [1.0, 2.0, 3.0], "t": ["yes", None, "no"]})
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
        frame.to_parquet("bad.parquet")
    elif suffix == ".xlsx":
        frame.to_excel("bad.xlsx", index=False)
    else:
        frame.to_csv("bad.csv", index=False)
    message = refusal("build", f"bad{suffix}", "--target", "t")
    assert_says(message, [f"bad{suffix}", "sample 2", "in t", "blank"])


def test_only_a_single_target_may_be_text() -> None:
    Path("bad.csv").write_text("a,b,t\n1,2,yes\n3,4,no\n", "utf-8")
    message = refusal("build", "bad.csv", "--target", "t", "--target", "b")
    assert_says(message, ["bad.csv", "'t'", "text", "'yes'"])


def test_an_unknown_column_is_named_with_the_nearest() -> None:
    message = refusal("build", "good.csv", "--target", "tt")
    assert_says(message, ["good.csv", "no column 'tt'", '"t"', "'a', 'b', 't'"])
    message = refusal("build", "good.csv", "--target", "t", "--feature", "aa")
    assert_says(message, ["no column 'aa'", 'did you mean "a"'])


def test_a_table_without_a_target_is_asked_for_it() -> None:
    assert_says(refusal("build", "good.csv"), ["good.csv", "--target", "'a', 'b', 't'"])


def test_a_column_cannot_be_feature_and_target_at_once() -> None:
    message = refusal("build", "good.csv", "--target", "t", "--feature", "t")
    assert_says(message, ["'t'", "feature and a target"])


def test_a_sheet_that_is_not_there_is_named() -> None:
    pd.DataFrame({"a": [1], "t": [0]}).to_excel("table.xlsx", index=False)
    message = refusal("build", "table.xlsx", "--target", "t", "--sheet", "nope")
    assert_says(message, ["table.xlsx", "nope"])


UNREADABLE = {
    "noise.csv": bytes(range(256)),
    "latin.csv": "a,b,t\n1,é,0\n".encode("latin-1"),
    "noise.xlsx": bytes(range(256)) * 4,
    "noise.parquet": bytes(range(256)) * 4,
    "empty.xlsx": b"",
    "empty.parquet": b"",
    "noise.toml": bytes(range(256)),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_an_unreadable_file_is_named(name: str) -> None:
    Path(name).write_bytes(UNREADABLE[name])
    options = [] if name.endswith(".toml") else ["--target", "t"]
    assert_says(refusal("build", name, *options), [name])


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".xlsx", ".parquet", ".toml"])
def test_a_missing_file_is_named(suffix: str) -> None:
    options = [] if suffix == ".toml" else ["--target", "t"]
    assert_says(refusal("build", f"none{suffix}", *options), [f"none{suffix} does not exist"])


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".parquet", ".toml"])
def test_a_folder_instead_of_a_file_is_named(suffix: str) -> None:
    Path(f"folder{suffix}").mkdir()
    options = [] if suffix == ".toml" else ["--target", "t"]
    assert_says(refusal("build", f"folder{suffix}", *options), [f"folder{suffix}"])


def test_a_source_that_is_nothing_known_gets_the_nearest_example() -> None:
    message = refusal("build", "demmo")
    assert_says(message, ["demmo", 'did you mean "demo"', ".toml", ".csv", "xlnn examples"])


# --- Experiment files -----------------------------------------------------------------

BAD_TOML = {
    "syntax": ("[data]\nX = [[1, 0]\ny = [1]\n", ["not valid TOML", "line 3"]),
    "brackets without end": (f"x = {'[' * 20_000}{']' * 20_000}\n", ["not valid TOML"]),
    "unknown section": (f"{DATA}[trainning]\nepochs = 2\n", ["line 4", "trainning", '"training"']),
    "unknown key": (f"{DATA}[training]\nepoch = 2\n", ["line 5", "[training]", '"epochs"']),
    "unknown key at the top": (f"titel = 'a'\n{DATA}", ["line 1", "'titel'", '"title"']),
    "a key of another section": (f"{DATA}hidden = 3\n", ["line 4", "[data]", "'hidden'"]),
    "unknown start matrix": (f"{DATA}[start]\nwx = [[1]]\n", ["line 5", "[start]", "'wx'", '"wh"']),
    "learning rate as text": (
        f'{DATA}[training]\nlearning_rate = "fast"\n',
        ["line 5", "learning_rate", "'fast'", "a number such as 0.1"],
    ),
    "learning rate not finite": (
        f"{DATA}[training]\nlearning_rate = nan\n",
        ["line 5", "learning_rate", "nan", "a number such as 0.1"],
    ),
    "learning rate true": (
        f"{DATA}[training]\nlearning_rate = true\n",
        ["line 5", "learning_rate", "a number such as 0.1"],
    ),
    "half an epoch": (f"{DATA}[training]\nepochs = 2.5\n", ["line 5", "epochs", "whole number"]),
    "an epoch that is not there": (
        f"{DATA}[workbook]\nshow = [5]\n",
        ["line 5", "epoch 5", "1 to"],
    ),
    "no neurons": (f"{DATA}[network]\nhidden = [0]\n", ["line 5", "hidden", "from 1"]),
    "unknown activation": (
        f'{DATA}[network]\nactivation = "sigmoyd"\n',
        ["line 5", "'sigmoyd'", '"sigmoid"'],
    ),
    "weights that do not fit": (
        f"{DATA}[start]\nwh = [[1, 2, 3]]\n",
        ["line 5", "wh is 1×3", "2×3", "give wh 2 rows of 3"],
    ),
    "weights of another network": (
        f"{DATA}[start]\nwh_1 = [[1, 2, 3]]\n",
        ["line 5", "wh_1", "wh, bh, wout, bout"],
    ),
    "rows that do not fit": (
        "[data]\nX = [[1, 2], [3, 4]]\ny = [1]\n",
        ["line 3", "X has 2", "y has 1", "one row of y"],
    ),
    "ragged rows": (
        "[data]\nX = [[1, 2], [3]]\ny = [1, 2]\n",
        ["line 2", "rows of X have different lengths", "same number of columns"],
    ),
    "a text among the numbers": (
        '[data]\nX = [[1, 2], [3, "a"]]\ny = [1, 2]\n',
        ["line 2", "X[2, 2]", "'a'", "not a number"],
    ),
    "NaN among the numbers": (
        "[data]\nX = [[1, nan], [inf, 4]]\ny = [1, 2]\n",
        ["line 2", "X holds 2", "[1, 2], [2, 1]", "fill them in"],
    ),
    "zero rows": ("[data]\nX = []\ny = []\n", ["line 2", "X is empty", "at least one row"]),
    "rows of nothing": ("[data]\nX = [[], []]\ny = [1, 2]\n", ["line 2", "X is empty"]),
    "no data": ("title = 'a'\n", ["[data] has no X", "file and target"]),
    "no y": ("[data]\nX = [[1]]\n", ["[data] has no y"]),
    "both data and file": (f"{DATA}file = 'good.csv'\n", ["line 2", "either X or file"]),
    "a file that is not there": (
        "[data]\nfile = 'none.csv'\ntarget = 't'\n",
        ["line 2", "none.csv does not exist"],
    ),
    "a column that is not there": (
        "[data]\nfile = 'good.csv'\ntarget = 'tt'\n",
        ["good.csv", "no column 'tt'", '"t"'],
    ),
    "no target": ("[data]\nfile = 'good.csv'\n", ["good.csv", "target"]),
    "a target that is no name": (
        "[data]\nfile = 'good.csv'\ntarget = 3\n",
        ["line 3", "list of column names", "3"],
    ),
    "too large for a sheet": (f"{DATA}[network]\nhidden = [20000]\n", ["16,384", "columns", "fit"]),
}


@pytest.mark.parametrize("case", BAD_TOML)
def test_a_bad_experiment_file_is_refused_and_the_line_is_named(case: str) -> None:
    text, words = BAD_TOML[case]
    Path("bad.toml").write_text(text, "utf-8")
    message = refusal("build", "bad.toml")
    # A network that is too large is no mistake of the file's.
    place = [] if case == "too large for a sheet" else ["bad.toml"]
    assert_says(message, [*place, *words])


# --- Options --------------------------------------------------------------------------

BAD_OPTIONS = {
    "--learning-rate fast": ["--learning-rate", "'fast'", "float"],
    "--learning-rate nan": ["--learning-rate", "nan", "a number such as 0.1"],
    "--learning-rate inf": ["--learning-rate", "inf", "a number such as 0.1"],
    "--epochs 0": ["--epochs", "0", "from 1"],
    "--epochs 99999999999999999999": ["--epochs"],
    "--hidden 0": ["--hidden", "0", "from 1"],
    "--hidden three": ["--hidden", "three"],
    "--show 9": ["--show", "epoch 9", "1 to 1"],
    "--show some": ["--show", "'some'", "1,2,-1"],
    "--formulas cel": ["--formulas", "'cel'", '"cell"', '"matrix"'],
    "--activation sigmoyd": ["--activation", "'sigmoyd'", '"sigmoid"'],
    "--seed -1": ["--seed", "-1", "from 0"],
    "--batch-size few": ["--batch-size", "'few'"],
    "--batch-size 3": ["--batch-size", "batch_size is 3", "2 samples", '"all"'],
    "--loss cross-entropy --output-activation tanh": ["--loss", "tanh", "sigmoid or softmax"],
    "--output-activation softmax": ["--output-activation", "only one", "sigmoid"],
    "--activation softmax": ["--activation", "'softmax'", '"sigmoid"', '"relu"'],
    "--optimizer adm": ["--optimizer", "'adm'", '"adam"'],
    "--scale mnmax": ["--scale", "'mnmax'", '"minmax"'],
    "--test-fraction 1": ["--test-fraction", "below 1"],
    "--test-fraction 0.9": ["--test-fraction", "class", "held out", "hold fewer out"],
    "--nonsense": ["--nonsense"],
}


@pytest.mark.parametrize("options", BAD_OPTIONS)
def test_a_bad_option_is_named(options: str) -> None:
    message = refusal("build", "good.csv", "--target", "t", *options.split())
    assert_says(message, BAD_OPTIONS[options])


TOO_LARGE = {
    "--hidden 20000": ["16,384", "columns", "at most 16,377", "hidden neuron"],
    "--epochs 1000000 --show all": ["1,048,576", "rows", "show at most", "epochs (--show)"],
    "--epochs 1048571 --show 1": ["Loss", "1,048,576", "rows", "train at most 1,048,570"],
    "--epochs 600000 --show all --batch-size 1": ["1,048,576", "2 batches", "epochs (--show)"],
}


@pytest.mark.parametrize("options", TOO_LARGE)
def test_a_network_that_cannot_fit_is_refused_with_what_would_fit(options: str) -> None:
    message = refusal("build", "good.csv", "--target", "t", *options.split())
    assert_says(message, TOO_LARGE[options])


def test_a_table_that_cannot_fit_is_refused_with_what_would_fit() -> None:
    Path("many.csv").write_text("a,b,t\n" + "1,2,0\n" * 100_000, "utf-8")
    options = ["--target", "t", "--epochs", "11", "--show", "all"]
    message = refusal("build", "many.csv", *options)
    assert_says(message, ["1,048,576", "rows", "show at most 10 epochs"])


# --- The output -----------------------------------------------------------------------

BUILD = ["build", "good.csv", "--target", "t", "--hidden", "1", "--no-audit"]


def test_a_file_that_exists_is_kept_byte_for_byte_without_force() -> None:
    old = b"something precious"
    Path("out.xlsx").write_bytes(old)
    message = refusal(*BUILD, "-o", "out.xlsx")
    assert_says(message, ["out.xlsx exists", "--force", "-o"])
    assert Path("out.xlsx").read_bytes() == old


def test_force_replaces_the_file() -> None:
    Path("out.xlsx").write_bytes(b"something old")
    result = CliRunner().invoke(main, [*BUILD, "-o", "out.xlsx", "--force"])
    assert result.exit_code == 0, result.output
    assert "out.xlsx: written" in result.stdout
    assert pd.read_excel("out.xlsx", sheet_name="X").size
    assert sorted(path.name for path in Path().iterdir()) == ["good.csv", "out.xlsx"]


def test_the_demo_keeps_a_file_that_exists_too() -> None:
    Path("outputs").mkdir()
    Path("outputs/demo.xlsx").write_bytes(b"mine")
    assert_says(refusal("demo"), ["demo.xlsx exists", "--force"])


@pytest.mark.parametrize("output", ["good.csv/out.xlsx", "good.csv/deep/out.xlsx"])
def test_a_folder_that_cannot_be_written_is_named(output: str) -> None:
    # The tests may run as root, who may write anywhere, but not below a file.
    assert_says(refusal(*BUILD, "-o", output), [output, "cannot be written", "-o"])


def test_a_default_folder_that_cannot_be_made_is_named() -> None:
    Path("outputs").write_text("a file")
    assert_says(refusal(*BUILD), ["outputs", "cannot be written", "-o"])


def test_an_output_that_is_a_folder_or_no_workbook_is_named() -> None:
    Path("folder.xlsx").mkdir()
    assert_says(refusal(*BUILD, "-o", "folder.xlsx"), ["folder.xlsx", "folder"])
    assert_says(refusal(*BUILD, "-o", "out.xls"), ["out.xls", ".xlsx"])


@pytest.mark.parametrize("report", ["report.pdf", "nowhere/report.json", "good.csv/report.json"])
def test_a_report_that_cannot_be_written_is_refused_before_any_work(report: str) -> None:
    # The workbook is missing too: had the work begun, the message would be another.
    assert_says(refusal("audit", "none.xlsx", "--report", report), [report])


# --- A build that is stopped ------------------------------------------------------------


@pytest.fixture
def half_built(folder: Path) -> subprocess.Popen[str]:
    """A build over an older workbook that is writing its new one just now."""
    X = np.random.default_rng(5).uniform(size=(3000, 12))
    frame = pd.DataFrame(X, columns=[f"x{i}" for i in range(11)] + ["t"])
    frame.to_csv("large.csv", index=False)
    Path("out.xlsx").write_bytes(b"the old workbook")
    # A shell may have started the tests with Ctrl-C switched off, which children inherit.
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from xlnn.cli import main; main()"
    )
    options = ["--target", "t", "--hidden", "20", "-o", "out.xlsx", "--force"]
    process = subprocess.Popen(
        [sys.executable, "-c", code, "build", "large.csv", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not any(path.stat().st_size for path in folder.glob(".*.part")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return process


def test_a_build_that_is_killed_leaves_the_old_workbook_whole(
    half_built: subprocess.Popen[str], folder: Path
) -> None:
    half_built.send_signal(signal.SIGKILL)
    half_built.communicate(timeout=60)
    assert half_built.returncode == -signal.SIGKILL
    assert Path("out.xlsx").read_bytes() == b"the old workbook"
    # What was written so far bears no name that anybody could take for a workbook.
    assert [path.name for path in folder.glob("*.xlsx")] == ["out.xlsx"]
    # And it hinders nobody.
    result = CliRunner().invoke(main, [*BUILD, "-o", "out.xlsx", "--force"])
    assert result.exit_code == 0, result.output


def test_a_build_that_is_interrupted_cleans_up(
    half_built: subprocess.Popen[str], folder: Path
) -> None:
    half_built.send_signal(signal.SIGINT)
    _, errors = half_built.communicate(timeout=60)
    assert half_built.returncode == 130
    assert Path("out.xlsx").read_bytes() == b"the old workbook"
    assert sorted(path.name for path in folder.iterdir()) == ["good.csv", "large.csv", "out.xlsx"]
    assert "Interrupted" in errors
    assert "Traceback" not in errors
