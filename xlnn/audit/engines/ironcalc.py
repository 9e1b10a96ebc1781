"""IronCalc, the engine that comes with xlnn: https://www.ironcalc.com."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from threading import Timer
from typing import IO, Any

import ironcalc
import numpy as np
import numpy.typing as npt

from xlnn.audit.cell_values import ErrorValue
from xlnn.audit.engines import ironcalc_process
from xlnn.audit.engines.bare import write_bare_copy
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

KEPT = 16 << 20
"""After a workbook of more bytes than this its process is ended, to free the memory."""


class IronCalc:
    """Loads the workbook in a process of its own and evaluates every formula."""

    name = "ironcalc"

    def version(self) -> str:
        return str(ironcalc.__version__)

    def recompute(self, path: Path) -> Values:
        with tempfile.TemporaryDirectory(prefix="xlnn-") as folder:
            bare = Path(folder, "workbook.xlsx")
            process = _Process.take()  # it starts while the copy is written
            usable = False
            try:
                size = write_bare_copy(path, bare)
                memory = max(LEAST_MEMORY, MEMORY_PER_BYTE * size)
                seconds = SECONDS + SECONDS_PER_MEGABYTE * size // 1_000_000
                values = process.compute(path, bare, memory, seconds)
                usable = size <= KEPT
            finally:
                process.put_back(usable)
            return values


class _Process:
    """A process that computes one workbook after the other: to start it takes about as long as a
    small workbook does."""

    def __init__(self) -> None:
        self._owner = os.getpid()
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
        if self._owner == os.getpid():
            self._process.kill()
            self._process.communicate()

    def compute(self, path: Path, bare: Path, memory: int, seconds: int) -> Values:
        """The values of a workbook. Raises WorkbookError."""
        given, answers = self._process.stdin, self._process.stdout
        assert given is not None  # both are pipes
        assert answers is not None
        question = {"path": str(bare), "memory": memory, "seconds": seconds}
        timer = Timer(PATIENCE * seconds, self._process.kill)
        timer.daemon = True
        timer.start()
        try:
            given.write(json.dumps(question).encode() + b"\n")
            given.flush()
            values = _read(answers)
        except (BrokenPipeError, EOFError):
            self._process.wait()
            raise WorkbookError(
                f"{path}: IronCalc did not get through with it in {seconds} seconds of computing "
                f"and {memory / (1 << 30):.1f} GiB of memory: it holds formulas that ask for more "
                "than those of any network, or that no program can read"
            ) from None
        finally:
            timer.cancel()
        if isinstance(values, str):
            raise WorkbookError(f"{path}: IronCalc cannot load it: {values}")
        return values


_waiting: list[_Process] = []
"""The process that has nothing to do."""


@atexit.register
def _end_all() -> None:
    while _waiting:
        _waiting.pop().end()


def _read(answers: IO[bytes]) -> ComputedWorkbook | str:
    """What the process has answered: the values, or what is wrong."""
    line = answers.readline()
    if not line:
        raise EOFError
    answer = json.loads(line)
    if "error" in answer:
        return str(answer["error"])
    texts: dict[str, str] = {}
    return ComputedWorkbook(dict(_sheet(answers, texts) for _ in range(answer["sheets"])))


def _sheet(answers: IO[bytes], texts: dict[str, str]) -> tuple[str, ComputedSheet]:
    """A sheet by its name. Sheets share their texts, which are kept once."""
    line = answers.readline()
    if not line:
        raise EOFError
    told = json.loads(line)
    place, number = ironcalc_process.PLACE, ironcalc_process.NUMBER
    rows, columns, numbers = (
        _array(answers, kind, told["numbers"]) for kind in (place, place, number)
    )
    at = [_array(answers, place, told["others"]) for _ in range(3)]
    known = [
        ErrorValue(value) if is_error else texts.setdefault(value, value)
        for value, is_error in told["contents"]
    ]
    return told["name"], ComputedSheet(rows, columns, numbers, Others(*at, known=known))


def _array(answers: IO[bytes], kind: str, number: int) -> npt.NDArray[Any]:
    """Numbers as the process has handed them over."""
    wanted = np.dtype(kind).itemsize * number
    read = answers.read(wanted)
    if len(read) < wanted:
        raise EOFError
    return np.frombuffer(read, dtype=kind)
