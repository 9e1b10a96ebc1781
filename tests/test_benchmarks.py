"""The benchmarks measure what they say: the sizes asked for, and the same formulas everywhere."""

from __future__ import annotations

import marshal
import subprocess
import sys
import time
from pathlib import Path

import openpyxl
import pytest
from benchmarks import peers
from benchmarks.experiment import write_experiment
from benchmarks.formulas import extract
from benchmarks.process import measure
from benchmarks.results import Result, median
from benchmarks.tables import tables

import xlnn

BENCHMARKS = Path(__file__).parent / "benchmarks"


@pytest.mark.parametrize("cells", [10_000, 100_000, 1_000_000, 2_000_000])
@pytest.mark.parametrize("style", ["cell", "matrix"])
def test_experiments_have_the_size_that_was_asked_for(
    cells: int, style: str, tmp_path: Path
) -> None:
    from xlnn.building import expect

    write_experiment(tmp_path / "table.toml", cells, style)
    expected = expect(xlnn.load(tmp_path / "table.toml"))
    assert abs(expected.formula_cells / cells - 1) < 0.15
    assert expected.style == style


def test_the_other_libraries_write_the_very_formulas(tmp_path: Path) -> None:
    write_experiment(tmp_path / "table.toml", 3000, "cell")
    built = xlnn.build(xlnn.load(tmp_path / "table.toml"), tmp_path / "own.xlsx", audited=False)
    assert extract(built.path, tmp_path / "formulas") == built.size.formula_cells
    sheets = marshal.loads((tmp_path / "formulas").read_bytes())
    own = openpyxl.load_workbook(built.path)
    expected = {
        (sheet.title, cell.coordinate): cell.value
        for sheet in own
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    }
    numbers = {f"sheet{i}": name for i, name in enumerate(own.sheetnames, start=1)}
    for write in (peers.openpyxl, peers.openpyxl_write_only):
        write(sheets, str(tmp_path / "other.xlsx"))
        found = {
            (numbers[sheet.title], cell.coordinate): cell.value
            for sheet in openpyxl.load_workbook(tmp_path / "other.xlsx")
            for row in sheet.iter_rows()
            for cell in row
            if cell.value is not None
        }
        assert found == expected


def test_a_process_is_measured_by_itself() -> None:
    # In a process that holds little: its children would count what it holds.
    code = (
        "from benchmarks.process import measure\n"
        "small = measure(['-c', 'print(7)'])\n"
        "block = 'import time; x = bytearray(range(100)) * 1_500_000; time.sleep(0.3)'\n"
        "large = measure(['-c', block])\n"
        "print(small.output.strip(), small.peak, large.peak, large.seconds)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=BENCHMARKS.parent, capture_output=True, check=True
    )
    output, *found = done.stdout.split()
    small, large, seconds = map(float, found)
    assert output == b"7"
    assert small < 60_000_000
    assert 150_000_000 < large < 210_000_000
    assert seconds > 0.3
    with pytest.raises(RuntimeError, match="ended with 3"):
        measure(["-c", "raise SystemExit(3)"])


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks Linux for each process")
def test_the_memory_of_processes_counts_together() -> None:
    block = "x = bytearray(range(100)) * 1_000_000; time.sleep(0.5)"
    code = (
        "import subprocess, sys, time\n"
        f"other = subprocess.Popen([sys.executable, '-c', {'import time; ' + block!r}])\n"
        f"{block}\n"
        "other.wait()\n"
    )
    found = measure(["-c", code])
    assert found.peak > 200_000_000


def test_deflating_is_timed_without_the_start_of_the_process(tmp_path: Path) -> None:
    write_experiment(tmp_path / "table.toml", 3000, "cell")
    built = xlnn.build(xlnn.load(tmp_path / "table.toml"), tmp_path / "own.xlsx", audited=False)
    start = time.perf_counter()
    script = [sys.executable, str(BENCHMARKS / "deflating.py"), str(built.path)]
    printed = subprocess.run(script, capture_output=True, text=True, check=True).stdout
    assert 0 < float(printed) < time.perf_counter() - start


def test_the_tables_hold_every_measurement_and_every_promise() -> None:
    names = ["xlnn, cell", "xlnn, matrix", "openpyxl", "openpyxl write-only", "XlsxWriter"]
    found = {(name, 1000): Result(2.0, 1e8, 1000, 30_000) for name in names}
    found["xlnn, matrix", 1000] = Result(0.5, 1e8, 1000, 20_000)
    found["zlib level 6 alone", 1000] = Result(4.0, 1e8)
    for style in ("cell", "matrix"):
        for name in ("IronCalc", "LibreOffice"):
            found[f"{name}, {style}", 200] = Result(1.0, 1e8, 200)
        found[f"IronCalc, {style}", 1000] = Result(4.0, 1e8, 1000)
        found[f"xlnn audit, {style}", 1000] = Result(5.0, 1.2e8, 1000)
    found |= {("help", 0): Result(0.03, 1e7), ("python", 0): Result(0.02, 1e7)}
    text = "\n".join(tables(found))
    assert "| 1,000 | xlnn, cell | 2.00 | 500 | 95 | 30.0 |" in text
    assert "| cells a second, style matrix to cell, at 1,000 cells | ≥ 2 | 4.00 |" in text
    assert "| time, xlnn to deflating the same bytes, at 1,000 cells | ≤ 1.5 | 0.50 |" in text
    what = "xlnn audit to IronCalc alone, cell, at 1,000 cells"
    assert f"| time, {what} | ≤ 1.5 | 1.25 |" in text
    assert f"| peak memory, {what} | ≤ 1.5 | 1.20 |" in text
    found["xlnn, cell", 2000] = Result(3.0, 1e8, 2000, 60_000)
    found["xlnn, matrix", 2000] = Result(0.75, 1e8, 2000, 40_000)
    text = "\n".join(tables(found))
    assert "| time for 2,000 cells, to 1,000 | ≤ 2.2 | 1.50 |" in text
    assert "style matrix to cell, of the cells beyond 1,000 | ≥ 2 | 4.00 |" in text
    assert "| time, xlnn --help to python -c pass | ≤ 4 | 1.5 |" in text


def test_medians_are_of_all_runs() -> None:
    runs = [Result(seconds, 10 * seconds, 5, 6) for seconds in (3.0, 1.0, 2.0)]
    assert median(runs) == Result(2.0, 20.0, 5, 6)
