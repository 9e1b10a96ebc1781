"""The tables of the README."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain

from tests.benchmarks.results import Result

Ratio = tuple[str, str, str]
"""What it is of, what is wanted, what was measured."""

Results = Mapping[tuple[str, int], Result]
"""By name and size."""

MIB = 1 << 20


def tables(found: Results) -> Iterator[str]:
    """Everything as Markdown."""
    if any(each.size for each in found.values()):
        yield "| formula cells | written by | seconds | cells a second | peak MiB | bytes a cell |"
        yield "|--:|---|--:|--:|--:|--:|"
        for (name, _), each in found.items():
            if each.size:
                yield f"| {_row(name, each)} | {each.bytes_a_cell:.1f} |"
        yield ""
    yield "| formula cells | recalculated by | seconds | cells a second | peak MiB |"
    yield "|--:|---|--:|--:|--:|"
    for (name, _), each in found.items():
        if each.cells and not each.size:
            yield f"| {_row(name, each)} |"
    yield ""
    yield "| ratio | wanted | measured |"
    yield "|---|--:|--:|"
    for what, wanted, measured in chain(*(part(found) for part in _PARTS)):
        yield f"| {what} | {wanted} | {measured} |"


def _row(name: str, each: Result) -> str:
    peak = each.peak / MIB
    return f"{each.cells:,} | {name} | {each.seconds:.2f} | {each.rate:,.0f} | {peak:.0f}"


def _writing(found: Results) -> Iterator[Ratio]:
    large = max((size for name, size in found if name == "openpyxl"), default=None)
    if large is None:
        return
    cell, matrix = found["xlnn, cell", large], found["xlnn, matrix", large]
    write_only = found["openpyxl write-only", large]
    at = f"at {cell.cells:,} cells"
    for peer, least in (("openpyxl write-only", "≥ 4"), ("openpyxl", ""), ("XlsxWriter", "≥ 15")):
        rate = cell.rate / found[peer, large].rate
        yield f"cells a second, xlnn to {peer}, {at}", least, f"{rate:.1f}"
    deflate = cell.seconds / found["zlib level 6 alone", large].seconds
    yield f"time, xlnn to deflating the same bytes, {at}", "≤ 1.5", f"{deflate:.2f}"
    for name, size in found:
        if name == "xlnn, cell":
            one, other = found["xlnn, cell", size], found["xlnn, matrix", size]
            wanted = "≥ 2" if size == large else ""
            what = f"cells a second, style matrix to cell, at {one.cells:,} cells"
            yield what, wanted, f"{other.rate / one.rate:.2f}"
    yield f"peak memory, {at}", "≤ 200 MiB", f"{max(cell.peak, matrix.peak) / MIB:.0f} MiB"
    if small := found.get(("xlnn, cell", 200_000)):
        yield f"peak memory, to that at {small.cells:,}", "≤ 1.2", f"{cell.peak / small.peak:.2f}"
    if double := found.get(("xlnn, cell", 2 * large)):
        growth = double.seconds / cell.seconds
        yield f"time for {double.cells:,} cells, to {cell.cells:,}", "≤ 2.2", f"{growth:.2f}"
        beyond = _beyond(matrix, found["xlnn, matrix", 2 * large]) / _beyond(cell, double)
        what = f"cells a second, style matrix to cell, of the cells beyond {cell.cells:,}"
        yield what, "≥ 2", f"{beyond:.2f}"
    extra = cell.bytes_a_cell - write_only.bytes_a_cell
    yield f"bytes a cell more than openpyxl write-only, {at}", "≤ 16", f"{extra:.1f}"


def _opening(found: Results) -> Iterator[Ratio]:
    for engine, wanted in (("IronCalc", "≥ 5"), ("LibreOffice", "")):
        rates = [_of(found, f"{engine}, {style}").rate for style in ("matrix", "cell")]
        yield f"{engine}: cells a second, matrix to cell", wanted, f"{rates[0] / rates[1]:.1f}"


def _auditing(found: Results) -> Iterator[Ratio]:
    for (name, size), audit in found.items():
        if name.startswith("xlnn audit"):
            style = name.rpartition(" ")[2]
            alone = found[f"IronCalc, {style}", size]
            what = f"xlnn audit to IronCalc alone, {style}, at {audit.cells:,} cells"
            yield f"time, {what}", "≤ 1.5", f"{audit.seconds / alone.seconds:.2f}"
            yield f"peak memory, {what}", "≤ 1.5", f"{audit.peak / alone.peak:.2f}"


def _starting(found: Results) -> Iterator[Ratio]:
    if ("help", 0) in found:
        start = found["help", 0].seconds / found["python", 0].seconds
        yield "time, xlnn --help to python -c pass", "≤ 4", f"{start:.1f}"


_PARTS = _writing, _opening, _auditing, _starting
"""What is promised, and what was measured."""


def _beyond(one: Result, double: Result) -> float:
    """Cells a second of what a larger workbook has more."""
    return (double.cells - one.cells) / (double.seconds - one.seconds)


def _of(found: Results, name: str) -> Result:
    return next(result for (each, _), result in found.items() if each == name)
