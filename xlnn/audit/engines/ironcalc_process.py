"""Runs IronCalc for another process, which asks line by line; a script of its own.

    {"path": …, "memory": bytes, "seconds": …}  →  {"sheets": […]}, then the numbers | {"error": …}

A formula can ask for any amount of memory and time, or for more recursion than a stack holds, which
ends the process that computes it. So that is this one, within limits. It imports nothing of xlnn's,
to start at once.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import ironcalc

PLACE, NUMBER = "i", "d"
"""How places and numbers are handed over, as ``array`` calls it."""


BYTES_A_CELL = 16
"""A cell takes at least so many bytes of a file, which is not compressed."""


def main() -> None:
    """Answers until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who asks decides when this ends
    questions = sys.stdin.buffer
    answers = os.fdopen(os.dup(1), "wb")
    # Rust prints about panics, and about cells whose old values it does not know.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    for line in questions:
        question = json.loads(line)
        _limit(question["memory"], question["seconds"])
        _answer(question["path"], answers)
        answers.flush()


def _limit(memory: int, seconds: int) -> None:
    """Limits the memory, and the time from now on. Not every system can."""
    try:
        import resource
    except ImportError:
        return
    used = int(time.process_time()) + 1
    for what, limit in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, used + seconds)):
        try:
            most = resource.getrlimit(what)[1]
            unlimited = most == resource.RLIM_INFINITY
            resource.setrlimit(what, (limit if unlimited else min(limit, most), most))
        except (ValueError, OSError):
            continue
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    except (ValueError, OSError):
        return


def _answer(path: str, answers: IO[bytes]) -> None:
    try:
        model = ironcalc.load_from_xlsx(path)
        model.evaluate()
        sheets, arrays = _values(model, Path(path).stat().st_size)
    except BaseException as error:
        # A panic in Rust arrives as an exception that is no Exception.
        answers.write(json.dumps({"error": str(error) or type(error).__name__}).encode() + b"\n")
        return
    answers.write(json.dumps({"sheets": sheets}).encode() + b"\n")
    for numbers in arrays:
        numbers.tofile(answers)


def _values(model: ironcalc.Model, size: int) -> tuple[list[dict[str, Any]], list[array[Any]]]:
    """By sheet its name, how many cells hold numbers, and what the others hold; and of each sheet
    the rows, the columns and the numbers of the former. ``size`` is that of the file."""
    sheets: list[dict[str, Any]] = []
    arrays: list[array[Any]] = []
    for properties in model.get_worksheets_properties():
        sheets.append({"name": properties["name"], "numbers": 0, "others": []})
        arrays += array(PLACE), array(PLACE), array(NUMBER)
    value_of, kind_of, error = (
        model.get_cell_value,
        model.get_cell_type,
        ironcalc.CellType.ErrorValue,
    )
    for index, row, column in _cells(model, len(sheets), size // BYTES_A_CELL):
        value = value_of(index, row, column)
        if type(value) is float:
            arrays[3 * index].append(row)
            arrays[3 * index + 1].append(column)
            arrays[3 * index + 2].append(value)
        elif value is not None:
            # Errors come back as texts; only the type tells them from what somebody typed.
            is_error = (
                type(value) is str
                and value.startswith("#")
                and kind_of(index, row, column) == error
            )
            sheets[index]["others"].append((row, column, value, is_error))
    for index, sheet in enumerate(sheets):
        sheet["numbers"] = len(arrays[3 * index])
    return sheets, arrays


def _cells(model: ironcalc.Model, sheets: int, most: int) -> Iterator[tuple[int, int, int]]:
    """The sheet, row and column of each cell, and of blank ones between them if there are not more
    than ``most`` in all: a list of those that are filled takes 100 bytes for each."""
    corners = [model.get_sheet_dimensions(index) for index in range(sheets)]
    if sum((bottom - top + 1) * (right - left + 1) for top, bottom, left, right in corners) > most:
        yield from model.get_all_cells()
        return
    for index, (top, bottom, left, right) in enumerate(corners):
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                yield index, row, column


if __name__ == "__main__":
    main()
