"""Stands in for an audit: what happens to a workbook is told by its name."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from xlnn.audit.report import Finding, Report
from xlnn.errors import EngineError, WorkbookError


def pretend(path: Path) -> Report:
    """A report, or what goes wrong with an audit."""
    fate = path.stem.partition(" ")[0]
    match fate:
        case "killed":
            tempfile.mkdtemp()
            os.kill(os.getpid(), signal.SIGKILL)
        case "crashes":
            os.kill(os.getpid(), signal.SIGSEGV)
        case "exits":
            os._exit(3)
        case "fails":
            raise ZeroDivisionError("division by zero")
        case "unreadable":
            raise WorkbookError(f"{path} is not an .xlsx workbook")
        case "engine":
            raise EngineError(f"{path}: soffice failed")
        case "starts":
            code = "import os, sys, time; print(os.getpid(), file=open(sys.argv[1], 'w')); "
            command = [sys.executable, "-c", f"{code}time.sleep(60)", path.with_suffix(".pid")]
            subprocess.run(command, check=True)
        case "slow":
            time.sleep(0.7)
    wrong = Finding("extra", "X", "A1", "X", 0, 1, None, None, True, "X!A1: extra")
    return Report(str(path), 1e-9, 1, (), (wrong,) if fate == "wrong" else (), seconds=os.getpid())
