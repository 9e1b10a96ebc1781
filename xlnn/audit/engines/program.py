"""Runs a spreadsheet program that is installed on the machine."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress

from xlnn.errors import EngineError

SECONDS, SECONDS_PER_MEGABYTE = 120, 6
"""Seconds after which a program is given up, and for each megabyte of unpacked workbooks. What
LibreOffice takes of a sheet is less than half a second for each."""


def find_program(names: Sequence[str], install: str) -> str:
    """The path of the first of some programs that is installed.

    Raises EngineError, saying how to install it, if none is.
    """
    for name in names:
        found = shutil.which(name)
        if found:
            return found
    raise EngineError(f"{names[0]} is not installed: {install}")


def program_version(program: str) -> str:
    """The version that a program prints of itself."""
    found = re.search(r"\d+(\.\d+)+", run_program([program, "--version"]))
    return found.group() if found else "unknown"


def run_program(arguments: Sequence[str], size: int = 0) -> str:
    """What a program prints that is given workbooks of ``size`` bytes, unpacked.

    Raises EngineError where it fails or takes too long.
    """
    seconds = SECONDS + SECONDS_PER_MEGABYTE * size // 1_000_000
    try:
        process = subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            # soffice is a script that starts another program, which is to end with it.
            start_new_session=True,
        )
    except OSError as error:
        raise EngineError(f"{arguments[0]} cannot be started: {error.strerror}") from error
    try:
        output, errors = process.communicate(timeout=seconds)
    except BaseException as error:
        _end(process)
        if isinstance(error, subprocess.TimeoutExpired):
            raise EngineError(f"{arguments[0]} did not finish within {seconds} s") from error
        raise
    if process.returncode:
        last = (errors or output).strip().splitlines()[-1:]
        raise EngineError(f"{arguments[0]} failed: {last[0] if last else process.returncode}")
    return output + errors


def _end(process: subprocess.Popen[str]) -> None:
    """Ends a program and whatever it has started."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.communicate()
