"""Runs everything and prints the tables of the README."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click

from tests.benchmarks.process import Measured, measure
from tests.benchmarks.results import Result, median
from tests.benchmarks.tables import tables

HERE = Path(__file__).parent
XLNN = "-m", "xlnn"
STYLES = "cell", "matrix"
LIBRARIES = "openpyxl", "openpyxl write-only", "XlsxWriter"

OPENED, AUDITED = 200_000, 1_000_000
"""The sizes of the workbooks that are opened, and of those that are audited."""

Task = Callable[[], Result]


@click.command()
@click.option("--sizes", default="10000,100000,200000,1000000,2000000", show_default=True)
@click.option("--largest-of-peers", "most", default=1_000_000, show_default=True)
@click.option("--repeats", default=3, show_default=True)
@click.option("--audit-only", is_flag=True, help="Measure no writing and no starting.")
def main(sizes: str, most: int, repeats: int, audit_only: bool) -> None:
    """Measure xlnn beside openpyxl, XlsxWriter, zlib, IronCalc and LibreOffice."""
    with tempfile.TemporaryDirectory(prefix="xlnn-benchmarks-") as name:
        bench = _Bench(Path(name), repeats)
        if not audit_only:
            for size in map(int, sizes.split(",")):
                bench.measure_writing(size, with_peers=size <= most)
            bench.measure_start()
        bench.measure_beside_ironcalc(OPENED, "LibreOffice", bench.open_in_libreoffice)
        bench.measure_beside_ironcalc(AUDITED, "xlnn audit", bench.audit)
    click.echo("\n".join(tables(bench.results)))


class _Bench:
    """Everything that is measured, in a folder of its own."""

    def __init__(self, folder: Path, repeats: int) -> None:
        self._folder, self._repeats = folder, repeats
        self.results: dict[tuple[str, int], Result] = {}

    def measure_writing(self, size: int, with_peers: bool) -> None:
        """xlnn in both styles, the other libraries, and compressing alone."""
        tasks: dict[str, Task] = {
            f"xlnn, {style}": partial(self._build, size, style) for style in STYLES
        }
        if with_peers:
            cells = self._build(size, "cell").cells
            formulas = self._folder / "formulas"
            found = self._run("formulas.py", self._workbook(size, "cell"), formulas)
            if int(found.output) != cells:
                raise RuntimeError(f"{found.output} formulas found, not {cells}")
            for library in LIBRARIES:
                tasks[library] = partial(self._write, library, formulas, cells)
        tasks["zlib level 6 alone"] = partial(self._deflate, size)
        self._take_turns(size, tasks)

    def measure_beside_ironcalc(
        self, size: int, name: str, task: Callable[[Path, int], Result]
    ) -> None:
        """A task with a workbook of so many cells, in both styles, beside IronCalc alone."""
        tasks: dict[str, Task] = {}
        for style in STYLES:
            path, bare, cells = self._built(size, style)
            tasks |= {
                f"IronCalc, {style}": partial(self._recalculate, "ironcalc", bare, cells),
                f"{name}, {style}": partial(task, path, cells),
            }
        self._take_turns(size, tasks)

    def measure_start(self) -> None:
        """Starting and ending, with nothing to do."""
        commands = {"python": ["-c", "pass"], "help": [*XLNN, "--help"]}
        tasks: dict[str, Task] = {
            name: partial(_started, command) for name, command in commands.items()
        }
        self._take_turns(0, tasks)

    def _take_turns(self, size: int, tasks: dict[str, Task]) -> None:
        """Runs tasks in turn, several times, and keeps each one's medians."""
        runs: dict[str, list[Result]] = {name: [] for name in tasks}
        for number in range(1, self._repeats + 1):
            for name, task in tasks.items():
                click.echo(f"{size:,} cells, run {number}: {name}", err=True)
                runs[name].append(task())
        self.results |= {(name, size): median(found) for name, found in runs.items()}

    # --- Processes ---

    def _run(self, script: str, *arguments: str | Path) -> Measured:
        return measure([str(HERE / script), *map(str, arguments)])

    def _workbook(self, size: int, style: str) -> Path:
        return self._folder / f"{size}-{style}.xlsx"

    def _build(self, size: int, style: str) -> Result:
        target = self._workbook(size, style)
        source = target.with_suffix(".toml")
        if not source.exists():
            self._run("experiment.py", source, str(size), style)
        target.unlink(missing_ok=True)
        done = measure([*XLNN, "build", str(source), "-o", str(target), "--no-audit"])
        found = re.search(r"([\d,]+) formula cells;", done.output)
        if found is None:
            raise RuntimeError(done.output)
        cells = int(found[1].replace(",", ""))
        return Result(done.seconds, done.peak, cells, target.stat().st_size)

    def _built(self, size: int, style: str) -> tuple[Path, Path, int]:
        """A workbook, the copy that IronCalc can load, and the number of formula cells."""
        cells = self._build(size, style).cells
        path, bare = self._workbook(size, style), self._folder / f"bare-{size}-{style}.xlsx"
        self._run("recalculating.py", "bare", path, bare)
        return path, bare, cells

    def _write(self, library: str, formulas: Path, cells: int) -> Result:
        target = self._folder / "other.xlsx"
        done = self._run("peers.py", library, formulas, target)
        # Reading the formulas is not the library's work.
        return Result(done.seconds - float(done.output), done.peak, cells, target.stat().st_size)

    def _deflate(self, size: int) -> Result:
        done = self._run("deflating.py", self._workbook(size, "cell"))
        return Result(float(done.output), done.peak)

    def _recalculate(self, engine: str, path: Path, cells: int) -> Result:
        done = self._run("recalculating.py", engine, path)
        return Result(done.seconds, done.peak, cells)

    def open_in_libreoffice(self, path: Path, cells: int) -> Result:
        return self._recalculate("libreoffice", path, cells)

    def audit(self, path: Path, cells: int) -> Result:
        done = measure([*XLNN, "audit", str(path)])
        return Result(done.seconds, done.peak, cells)


def _started(command: list[str]) -> Result:
    done = measure(command)
    return Result(done.seconds, done.peak)


if __name__ == "__main__":
    main()
