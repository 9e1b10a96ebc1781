"""Stands in for an audit: what happens to a workbook is told by its name."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from xlnn.audit.report import Finding, Report
from xlnn.errors import EngineError, WorkbookError


def pretend(path: Path) -> Report:
    """A report, or what goes wrong with an audit."""
    fate = path.name.partition(" ")[0]
    match fate:
        case "killed":
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
        case "slow":
            time.sleep(0.7)
    wrong = Finding("extra", "X", "A1", "X", 0, 1, None, None, True, "X!A1: extra")
    return Report(str(path), 1e-9, 1, (), (wrong,) if fate == "wrong" else (), seconds=os.getpid())
