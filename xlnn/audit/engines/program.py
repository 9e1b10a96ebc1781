"""Runs a spreadsheet program that is installed on the machine."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence

from xlnn.errors import EngineError

TIMEOUT = 1800
"""Seconds after which a program is given up."""


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


def run_program(arguments: Sequence[str]) -> str:
    """What a program prints. Raises EngineError where it fails or takes too long."""
    try:
        done = subprocess.run(
            arguments,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise EngineError(f"{arguments[0]} did not finish within {TIMEOUT} s") from error
    except OSError as error:
        raise EngineError(f"{arguments[0]} cannot be started: {error.strerror}") from error
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise EngineError(f"{arguments[0]} failed: {last[0] if last else done.returncode}")
    return done.stdout + done.stderr
