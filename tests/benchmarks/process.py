"""Runs a process and measures it.

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


@dataclass(frozen=True, slots=True)
class Measured:
    """A process that has ended."""

    seconds: float
    peak: int
    """The most memory it held, in bytes."""
    output: str


def measure(arguments: Sequence[str]) -> Measured:
    """Runs Python with some arguments. Raises RuntimeError if it fails."""
    command = [sys.executable, *arguments]
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        output = process.stdout.read()
        # wait4 tells the memory of this very child.
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
    kibibytes = usage.ru_maxrss if sys.platform != "darwin" else usage.ru_maxrss / 1024
    return Measured(seconds, int(kibibytes * 1024), output)
