"""Runs ``xlnn`` commands one by one, each in a child of its own, and tells what it took.

A script: for each line, a list of arguments, it prints status, output, seconds of computing and the
most memory, of the child or of a program that it started. A right workbook is audited before, so
that all that is imported is there and a command takes no longer than its work.
"""

from __future__ import annotations

import atexit
import json
import os
import resource
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path
from typing import IO, Any, NoReturn

GIB = 1 << 30


class Confined:
    """Commands that cannot do more harm than the limits let them."""

    def __init__(self, right: Path) -> None:
        command = [sys.executable, __file__, str(right)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, *arguments: object) -> dict[str, Any]:
        """What a command ended with."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([str(argument) for argument in arguments]) + "\n")
        self._process.stdin.flush()
        found: dict[str, Any] = json.loads(self._process.stdout.readline())
        return found

    def close(self) -> None:
        """Ends it."""
        self._process.communicate()


def _measured(arguments: list[str]) -> dict[str, Any]:
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        child = os.fork()
        if child == 0:
            _become(arguments, output, errors)
        _, status, used = os.wait4(child, 0)
        said = []
        for file in (output, errors):
            file.seek(0)
            said.append(file.read().decode("utf-8", "replace"))
    return {
        "status": os.waitstatus_to_exitcode(status),
        "output": said[0],
        "errors": said[1],
        # Linux counts a child together with the children that it waited for. What others compute
        # at the same time does not count.
        "seconds": used.ru_utime + used.ru_stime,
        "memory": used.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
    }


def _become(arguments: list[str], *files: IO[bytes]) -> NoReturn:
    """Is the command, and ends with it."""
    for number, file in enumerate(files, start=1):
        os.dup2(file.fileno(), number)
    # Far above what is allowed: they only protect the machine that tests.
    resource.setrlimit(resource.RLIMIT_AS, (4 * GIB, 4 * GIB))
    resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
    sys.argv = ["xlnn", *arguments]
    status = 99
    try:
        main()
        status = 0
    except SystemExit as end:
        status = int(end.code or 0)
    except BaseException:
        traceback.print_exc()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    from xlnn.__main__ import main

    for line in sys.stdin:
        print(json.dumps(_measured(json.loads(line))), flush=True)
