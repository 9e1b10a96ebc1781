"""Runs IronCalc for another process, which asks line by line; a script of its own.

    {"path": …, "values": …, "cells": …, "memory": bytes, "seconds": …}
    →  {} | {"error": …} | {"unwritten": …}

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
from collections.abc import Iterable, Sequence
from itertools import product
from pathlib import Path
from typing import IO

import ironcalc

PLACE, NUMBER = "i", "d"
"""How places and numbers are handed over, as ``array`` calls it."""

Content = tuple[bool | str, bool]
"""What is no number: a truth value or a text, and whether that is an error."""


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
        answer = _answer(question["path"], question["values"], question["cells"])
        answers.write(json.dumps(answer).encode() + b"\n")
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


def _answer(path: str, values: str, most: int) -> dict[str, str]:
    """Computes a workbook of at most so many cells, and writes its values to a file: who asks can
    end this before reading them, so that they are in memory once."""
    try:
        model = ironcalc.load_from_xlsx(path)
        model.evaluate()
        names = [properties["name"] for properties in model.get_worksheets_properties()]
        cells = _cells(model, len(names), most)
        try:
            with Path(values).open("wb") as file:
                for index, name in enumerate(names):
                    _tell(model, index, name, cells[index], file)
        except OSError as error:
            return {"unwritten": error.strerror or str(error)}
    except BaseException as error:
        # A panic in Rust arrives as an exception that is no Exception.
        return {"error": str(error) or type(error).__name__}
    return {}


def _tell(
    model: ironcalc.Model,
    index: int,
    name: str,
    cells: Iterable[tuple[int, int]],
    file: IO[bytes],
) -> None:
    """Writes a sheet: its name, how many cells hold numbers and how many something else, and
    what that can be; then rows, columns and numbers of the former, and rows, columns and contents
    of the latter."""
    value_of, kind_of = model.get_cell_value, model.get_cell_type
    error = ironcalc.CellType.ErrorValue
    rows, columns, other_rows, other_columns, which = (array(PLACE) for _ in range(5))
    numbers: array[float] = array(NUMBER)
    contents: dict[Content, int] = {}
    for row, column in cells:
        value = value_of(index, row, column)
        if isinstance(value, float):
            rows.append(row)
            columns.append(column)
            numbers.append(value)
        elif value is not None:
            # Errors come back as texts; only the type tells them from what somebody typed.
            is_error = (
                type(value) is str
                and value.startswith("#")
                and kind_of(index, row, column) == error
            )
            other_rows.append(row)
            other_columns.append(column)
            which.append(contents.setdefault((value, is_error), len(contents)))
    told = {
        "name": name,
        "numbers": len(numbers),
        "others": len(which),
        "contents": list(contents),
    }
    file.write(json.dumps(told).encode() + b"\n")
    for part in (rows, columns, numbers, other_rows, other_columns, which):
        part.tofile(file)


def _cells(model: ironcalc.Model, sheets: int, most: int) -> Sequence[Iterable[tuple[int, int]]]:
    """Of each sheet the row and the column of each cell, and of blank ones between them if there
    are not more than ``most`` in all: a list of those that are filled takes 100 bytes for each."""
    corners = [model.get_sheet_dimensions(index) for index in range(sheets)]
    spans = [
        (range(top, bottom + 1), range(left, right + 1)) for top, bottom, left, right in corners
    ]
    if sum(len(rows) * len(columns) for rows, columns in spans) <= most:
        return [product(*each) for each in spans]
    filled: list[list[tuple[int, int]]] = [[] for _ in corners]
    for index, row, column in model.get_all_cells():
        filled[index].append((row, column))
    return filled


if __name__ == "__main__":
    main()
