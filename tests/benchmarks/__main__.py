"""Runs everything and prints the tables of the README."""

from __future__ import annotations

import re
import statistics
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from tests.benchmarks.experiment import write_experiment
from tests.benchmarks.formulas import extract
from tests.benchmarks.peers import LIBRARIES
from tests.benchmarks.process import Measured, measure
from xlnn.audit.engines.bare import write_bare_copy

HERE = Path(__file__).parent
STYLES = ("cell", "matrix")
XLNN = ("-m", "xlnn")
RECALCULATED = 200_000
"""The size of the workbooks that are audited and opened."""


@dataclass(frozen=True, slots=True)
class Result:
    """The median of some runs."""

    seconds: float
    peak: float
    cells: int = 0
    size: int = 0

    @property
    def rate(self) -> float:
        return self.cells / self.seconds


class Runs:
    """Everything that is measured, and the folder where it happens."""

    def __init__(self, folder: Path, repeats: int) -> None:
        self.folder, self.repeats = folder, repeats
        self.results: dict[tuple[str, int], Result] = {}

    def take_turns(
        self, size: int, tasks: dict[str, Callable[[], tuple[Measured, int, int]]]
    ) -> None:
        """Runs tasks in turn, several times, and keeps each one's medians."""
        runs = defaultdict(list)
        for repeat in range(self.repeats):
            for name, task in tasks.items():
                click.echo(f"\r\x1b[K{size:,} cells, run {repeat + 1}: {name}", nl=False, err=True)
                runs[name].append(task())
        click.echo("\r\x1b[K", nl=False, err=True)
        for name, found in runs.items():
            self.results[name, size] = Result(
                statistics.median(each.seconds for each, _, _ in found),
                statistics.median(each.peak for each, _, _ in found),
                found[0][1],
                found[0][2],
            )

    def experiment(self, size: int, style: str) -> Path:
        path = self.folder / f"{size}-{style}.toml"
        if not path.exists():
            write_experiment(path, size, style)
        return path

    def workbook(self, size: int, style: str) -> Path:
        return self.folder / f"{size}-{style}.xlsx"

    def build(self, size: int, style: str) -> tuple[Measured, int, int]:
        source, target = self.experiment(size, style), self.workbook(size, style)
        target.unlink(missing_ok=True)
        done = measure([*XLNN, "build", str(source), "-o", str(target), "--no-audit"])
        found = re.search(r"([\d,]+) formula cells", done.output)
        assert found is not None, done.output
        return done, int(found[1].replace(",", "")), target.stat().st_size

    def peer(self, library: str, formulas: Path, cells: int) -> tuple[Measured, int, int]:
        target = self.folder / "peer.xlsx"
        done = measure([str(HERE / "peers.py"), library, str(formulas), str(target)])
        own = done.seconds - float(done.output)  # reading the formulas is not the library's work
        return Measured(own, done.peak, ""), cells, target.stat().st_size

    def deflate(self, size: int) -> tuple[Measured, int, int]:
        done = measure([str(HERE / "deflating.py"), str(self.workbook(size, "cell"))])
        return Measured(float(done.output), done.peak, ""), 0, 0

    def recalculate(self, engine: str, path: Path, cells: int) -> tuple[Measured, int, int]:
        return measure(["-m", "tests.benchmarks.recalculating", engine, str(path)]), cells, 0

    def audit(self, path: Path, cells: int) -> tuple[Measured, int, int]:
        return measure([*XLNN, "audit", str(path)]), cells, 0


@click.command()
@click.option("--sizes", default="10000,100000,200000,1000000,2000000", show_default=True)
@click.option(
    "--peers", "most", default=1_000_000, show_default=True, help="Largest size of peers."
)
@click.option("--repeats", default=3, show_default=True)
def main(sizes: str, most: int, repeats: int) -> None:
    """Measure xlnn beside openpyxl, XlsxWriter, zlib, IronCalc and LibreOffice."""
    wanted = [int(size) for size in sizes.split(",")]
    with tempfile.TemporaryDirectory(prefix="xlnn-benchmarks-") as name:
        runs = Runs(Path(name), repeats)
        for size in wanted:
            measure_size(runs, size, size <= most)
        measure_recalculation(runs)
        measure_start(runs)
    click.echo("\n".join(tables(runs, wanted)))


def measure_size(runs: Runs, size: int, with_peers: bool) -> None:
    """One size: xlnn in both styles, deflating, and the other libraries."""
    tasks = {f"xlnn, {style}": lambda style=style: runs.build(size, style) for style in STYLES}
    if with_peers:
        _, cells, _ = runs.build(size, "cell")
        formulas = runs.folder / "formulas"
        assert extract(runs.workbook(size, "cell"), formulas) > 0.9 * cells
        number = extract(runs.workbook(size, "cell"), formulas)
        tasks |= {
            library: lambda library=library: runs.peer(library, formulas, number)
            for library in LIBRARIES
        }
    tasks["zlib level 6 alone"] = lambda: runs.deflate(size)
    runs.take_turns(size, tasks)


def measure_recalculation(runs: Runs) -> None:
    """Opening and auditing a workbook in both styles."""
    tasks = {}
    for style in STYLES:
        _, cells, _ = runs.build(RECALCULATED, style)
        path = runs.workbook(RECALCULATED, style)
        bare = runs.folder / f"bare-{style}.xlsx"
        write_bare_copy(path, bare)
        tasks |= {
            f"IronCalc, {style}": lambda b=bare, c=cells: runs.recalculate("ironcalc", b, c),
            f"audit, {style}": lambda p=path, c=cells: runs.audit(p, c),
            f"LibreOffice, {style}": lambda p=path, c=cells: runs.recalculate("libreoffice", p, c),
        }
    runs.take_turns(RECALCULATED, tasks)


def measure_start(runs: Runs) -> None:
    """Starting and ending, with nothing to do."""
    runs.take_turns(
        0,
        {
            "python -c pass": lambda: (measure(["-c", "pass"]), 0, 0),
            "xlnn --help": lambda: (measure([*XLNN, "--help"]), 0, 0),
            "nothing, IronCalc": lambda: (measure(["-c", "import ironcalc"]), 0, 0),
        },
    )


# --- Tables ---------------------------------------------------------------------------


def tables(runs: Runs, sizes: list[int]) -> Iterator[str]:
    """Everything as Markdown."""
    found = runs.results
    yield "| formula cells | written by | seconds | cells a second | peak MiB | bytes a cell |"
    yield "|--:|---|--:|--:|--:|--:|"
    for (name, size), each in found.items():
        if each.size:
            yield (
                f"| {each.cells:,} | {name} | {each.seconds:.2f} | {each.rate:,.0f} | "
                f"{each.peak / 2**20:.0f} | {each.size / each.cells:.1f} |"
            )
    yield ""
    yield "| formula cells | recalculated by | seconds | cells a second | peak MiB |"
    yield "|--:|---|--:|--:|--:|"
    for (_, size), each in found.items():
        if each.cells and not each.size:
            name = next(n for (n, s), e in found.items() if e is each)
            yield (
                f"| {each.cells:,} | {name} | {each.seconds:.2f} | {each.rate:,.0f} | "
                f"{each.peak / 2**20:.0f} |"
            )
    yield ""
    yield "| ratio | required | measured |"
    yield "|---|--:|--:|"
    for what, required, measured in ratios(runs, sizes):
        yield f"| {what} | {required} | {measured} |"


def ratios(runs: Runs, sizes: list[int]) -> Iterator[tuple[str, str, str]]:
    """What is promised, and what was measured."""
    found = runs.results
    large = max(size for size in sizes if ("openpyxl", size) in found)
    cell, matrix = found["xlnn, cell", large], found["xlnn, matrix", large]
    at = f"{large:,} cells"
    for peer, least in (("openpyxl write-only", 4), ("XlsxWriter", 15), ("openpyxl", 0)):
        rate = cell.rate / found[peer, large].rate
        yield f"cells a second, to {peer}, {at}", f"≥ {least}" if least else "", f"{rate:.1f}"
    deflate = found["zlib level 6 alone", large]
    yield (
        f"time, to deflating the same bytes, {at}",
        "≤ 1.5",
        f"{cell.seconds / deflate.seconds:.2f}",
    )
    for size in sizes:
        one, other = found["xlnn, cell", size], found["xlnn, matrix", size]
        required = "≥ 2" if size == large else ""
        yield (
            f"cells a second, matrix to cell, {size:,} cells",
            required,
            f"{other.rate / one.rate:.2f}",
        )
    yield f"peak memory, {at}", "≤ 200 MiB", f"{max(cell.peak, matrix.peak) / 2**20:.0f} MiB"
    if ("xlnn, cell", 200_000) in found:
        small = found["xlnn, cell", 200_000]
        yield "peak memory, to that of 200,000 cells", "≤ 1.2", f"{cell.peak / small.peak:.2f}"
    if ("xlnn, cell", 2_000_000) in found:
        double = found["xlnn, cell", 2_000_000]
        yield (
            "time for 2,000,000 cells, to 1,000,000",
            "≤ 2.2",
            f"{double.seconds / cell.seconds:.2f}",
        )
    write_only = found["openpyxl write-only", large]
    extra = cell.size / cell.cells - write_only.size / write_only.cells
    yield f"bytes a cell more than openpyxl write-only, {at}", "≤ 16", f"{extra:.1f}"
    engines = found["IronCalc, cell", RECALCULATED], found["IronCalc, matrix", RECALCULATED]
    start = found["nothing, IronCalc", 0].seconds
    rates = [each.cells / (each.seconds - start) for each in engines]
    yield "IronCalc: cells a second, matrix to cell", "≥ 5", f"{rates[1] / rates[0]:.1f}"
    office = [found[f"LibreOffice, {style}", RECALCULATED].rate for style in STYLES]
    yield "LibreOffice: cells a second, matrix to cell", "", f"{office[1] / office[0]:.1f}"
    for style in STYLES:
        audit, engine = (
            found[f"audit, {style}", RECALCULATED],
            found[f"IronCalc, {style}", RECALCULATED],
        )
        yield (
            f"audit: time, to IronCalc alone, {style}",
            "",
            f"{audit.seconds / engine.seconds:.1f}",
        )
    start_up = found["xlnn --help", 0].seconds / found["python -c pass", 0].seconds
    yield "time of xlnn --help, to python -c pass", "≤ 4", f"{start_up:.1f}"


if __name__ == "__main__":
    main()
