"""IronCalc, the engine that comes with xlnn: https://www.ironcalc.com."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from threading import Timer
from typing import IO, Any

import ironcalc
import numpy as np
import numpy.typing as npt

from xlnn.audit.cell_values import ErrorValue
from xlnn.audit.engines import ironcalc_process
from xlnn.audit.engines.bare import check_parts, copy_parts
from xlnn.audit.engines.computed import ComputedSheet, ComputedWorkbook, Others
from xlnn.audit.engines.values import Values
from xlnn.errors import EngineError, WorkbookError

LEAST_MEMORY, MEMORY_PER_BYTE = 1 << 30, 16
"""The bytes of memory that IronCalc may take, and for each byte of an unpacked workbook, if that is
more. It needs about 9 for each."""

SECONDS, SECONDS_PER_MEGABYTE = 5, 1
"""The seconds that it may compute, and for each megabyte. It needs about 0.2 for each."""

PATIENCE = 10
"""How many times as long it is waited for: other programs compute at the same time."""

BYTES_A_CELL = 16
"""A cell takes at least so many bytes of an unpacked workbook. How many that has it says itself."""

KEPT = 16 << 20
"""After a workbook of more bytes than this its process is ended, to free the memory."""


class IronCalc:
    """Loads the workbook in a process of its own and evaluates every formula."""

    name = "ironcalc"

    def version(self) -> str:
        return str(ironcalc.__version__)

    def recompute(self, path: Path) -> Values:
        with tempfile.TemporaryDirectory(prefix="xlnn-") as folder:
            bare, values = Path(folder, "workbook.xlsx"), Path(folder, "values")
            process = _Process.take()  # it starts while the copy is written
            usable = False
            try:
                size = copy_parts(path, bare)
                process.ask(bare, values, size)
                check_parts(path, bare)  # meanwhile it computes
                process.wait_for(path)
                usable = size <= KEPT
            finally:
                process.put_back(usable)
            with values.open("rb") as file:
                return _read(file)


class _Process:
    """A process that computes one workbook after the other: to start it takes about as long as a
    small workbook does."""

    def __init__(self) -> None:
        self._owner = os.getpid()
        self._memory = self._seconds = 0
        self._timer: Timer | None = None
        try:
            self._process = subprocess.Popen(
                # -P: not from the script's folder, where ironcalc is this file.
                [sys.executable, "-P", ironcalc_process.__file__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except OSError as error:
            raise EngineError(f"IronCalc cannot be started: {error.strerror}") from error

    @classmethod
    def take(cls) -> _Process:
        """One that waits for work, or a new one."""
        while _waiting:
            process = _waiting.pop()
            # After a fork, those that were started before belong to the other process.
            if process._owner == os.getpid() and process._process.poll() is None:
                return process
        return cls()

    def put_back(self, usable: bool) -> None:
        """Keeps it for the next workbook, or ends it."""
        if usable and not _waiting:
            _waiting.append(self)
        else:
            self.end()

    def end(self) -> None:
        """Ends it, whatever it does."""
        if self._timer is not None:
            self._timer.cancel()
        if self._owner == os.getpid():
            self._process.kill()
            self._process.communicate()

    def ask(self, bare: Path, values: Path, size: int) -> None:
        """Has it compute a workbook of so many bytes, unpacked, and write the values to a file."""
        self._memory = max(LEAST_MEMORY, MEMORY_PER_BYTE * size)
        self._seconds = SECONDS + SECONDS_PER_MEGABYTE * size // 1_000_000
        limits = {"memory": self._memory, "seconds": self._seconds}
        files = {"path": str(bare), "values": str(values)}
        question = {**files, "cells": size // BYTES_A_CELL, **limits}
        self._timer = Timer(PATIENCE * self._seconds, self._process.kill)
        self._timer.daemon = True
        self._timer.start()
        assert self._process.stdin is not None  # it is a pipe
        with suppress(BrokenPipeError):  # it has ended, so it gives no answer
            self._process.stdin.write(json.dumps(question).encode() + b"\n")
            self._process.stdin.flush()

    def wait_for(self, path: Path) -> None:
        """Waits until the values of a workbook are written. Raises WorkbookError."""
        assert self._process.stdout is not None  # it is a pipe
        answer = self._process.stdout.readline()
        if self._timer is not None:
            self._timer.cancel()
        if not answer:
            self._process.wait()
            raise WorkbookError(
                f"{path}: IronCalc did not get through with it in {self._seconds} seconds of "
                f"computing and {self._memory / (1 << 30):.1f} GiB of memory: it holds formulas "
                "that ask for more than those of any network, or that no program can read"
            )
        told = json.loads(answer)
        if "error" in told:
            raise WorkbookError(f"{path}: IronCalc cannot load it: {told['error']}")
        if "unwritten" in told:
            raise EngineError(f"the values of IronCalc cannot be written: {told['unwritten']}")


_waiting: list[_Process] = []
"""The process that has nothing to do."""


@atexit.register
def _end_all() -> None:
    while _waiting:
        _waiting.pop().end()


def _read(file: IO[bytes]) -> ComputedWorkbook:
    """The values that the process has written."""
    texts: dict[str, str] = {}
    sheets = {}
    while line := file.readline():
        told = json.loads(line)
        sheets[told["name"]] = _sheet(told, file, texts)
    return ComputedWorkbook(sheets)


def _sheet(told: Mapping[str, Any], file: IO[bytes], texts: dict[str, str]) -> ComputedSheet:
    """A sheet, of which a line has told. Sheets share their texts, which are kept once."""
    place, number = ironcalc_process.PLACE, ironcalc_process.NUMBER
    rows, columns, numbers = (
        _array(file, kind, told["numbers"]) for kind in (place, place, number)
    )
    at = [_array(file, place, told["others"]) for _ in range(3)]
    known = [
        ErrorValue(value) if is_error else texts.setdefault(value, value)
        for value, is_error in told["contents"]
    ]
    return ComputedSheet(rows, columns, numbers, Others(*at, known=known))


def _array(file: IO[bytes], kind: str, number: int) -> npt.NDArray[Any]:
    """Numbers as the process has written them."""
    found = np.fromfile(file, kind, number)
    if len(found) < number:
        raise EngineError("the values of IronCalc are cut off")
    return found
