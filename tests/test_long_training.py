"""Long training: silence in a pipe, and nothing half-written after Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

LONG = "build", "demo", "--epochs", "1000000", "--show", "1,-1", "--no-audit", "-o"
COMMAND = sys.executable, "-m", "xlnn", *LONG


def start(target: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*COMMAND, str(target)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "80"},
        # Tests that run in the background are started deaf to Ctrl-C, and so would be this.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def test_a_pipe_shows_no_bar(tmp_path: Path) -> None:
    with start(tmp_path / "long.xlsx") as process:
        time.sleep(4)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert b"%" not in errors
    assert b"training" not in errors
    assert errors.splitlines()[-1] == b"Interrupted: nothing was left half-written."
    assert not list(tmp_path.glob(".*"))
    assert not list(tmp_path.glob("*.xlsx"))
