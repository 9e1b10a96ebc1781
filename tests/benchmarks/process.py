"""Runs a process and measures it, together with the processes that it starts.

The system counts for a child at least what its parent held when it started it. So whoever measures
imports nothing large.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

PROCESSES = Path("/proc")
"""What Linux tells of the processes that run."""

INTERVAL = 0.02
"""The seconds between two looks at the memory."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A process that has ended."""

    seconds: float
    peak: int
    """The most memory, in bytes, that it held at once, with all processes that it had started: on
    Linux; elsewhere the most that a single one held."""
    output: str


def measure(arguments: Sequence[str]) -> Measured:
    """Runs Python with some arguments. Raises RuntimeError if it fails."""
    command = [sys.executable, *arguments]
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        watch = _Watch(process.pid)
        output = process.stdout.read()
        # wait4 tells the memory of this very child, or of the largest that it has waited for.
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        together = watch.end()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
    kibibytes = usage.ru_maxrss if sys.platform != "darwin" else usage.ru_maxrss / 1024
    return Measured(seconds, max(int(kibibytes * 1024), together), output)


class _Watch:
    """Looks now and then at what a process holds with those that it has started."""

    def __init__(self, process: int) -> None:
        self._process, self._peak, self._over = process, 0, Event()
        self._thread = Thread(target=self._look, daemon=True)
        self._thread.start()

    def end(self) -> int:
        """The most bytes that were held at once."""
        self._over.set()
        self._thread.join()
        return self._peak

    def _look(self) -> None:
        while not self._over.wait(INTERVAL):
            self._peak = max(self._peak, _held(self._process))


def _held(process: int) -> int:
    """The bytes that a process and all those below it hold; 0 where the system does not tell."""
    pages: dict[int, int] = {}
    started: dict[int, list[int]] = {}
    for folder in PROCESSES.glob("[0-9]*"):
        try:
            # The name, in brackets, may hold anything.
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            pages[int(folder.name)] = int((folder / "statm").read_text().split()[1])
        except (OSError, IndexError):
            continue  # it has ended
        started.setdefault(parent, []).append(int(folder.name))
    held, below = 0, [process]
    while below:
        each = below.pop()
        held += pages.get(each, 0)
        below += started.get(each, ())
    return held * os.sysconf("SC_PAGE_SIZE") if held else 0
