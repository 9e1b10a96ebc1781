"""Long training: a bar on a terminal, silence in a pipe, and nothing half-written after Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pty = pytest.importorskip("pty", reason="terminals are opened another way")

LONG = "build", "demo", "--epochs", "1000000", "--show", "1,-1", "--no-audit", "-o"
COMMAND = sys.executable, "-m", "xlnn", *LONG


def start(target: Path, errors: int | None) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*COMMAND, str(target)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if errors is None else errors,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "80"},
        # Tests that run in the background are started deaf to Ctrl-C, and so would be this.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def read_until(terminal: int, wanted: bytes, seconds: float = 60) -> bytes:
    """What a terminal shows until something appears in it."""
    shown, end = b"", time.monotonic() + seconds
    while wanted not in shown and time.monotonic() < end:
        shown += os.read(terminal, 4096)
    return shown


def test_a_terminal_shows_a_bar_and_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    target = tmp_path / "out" / "long.xlsx"
    target.parent.mkdir()
    target.write_bytes(b"the old one")
    ours, theirs = pty.openpty()
    with start(target, theirs) as process:
        os.close(theirs)
        shown = read_until(ours, b"%")
        assert b"training" in shown
        assert b"/1000000" in shown
        process.send_signal(signal.SIGINT)
        shown += read_until(ours, b"Interrupted")
        assert process.wait(30) == 130
    os.close(ours)
    assert b"Interrupted: nothing was left half-written" in shown
    assert [path.name for path in target.parent.iterdir()] == ["long.xlsx"]
    assert target.read_bytes() == b"the old one"


def test_a_pipe_shows_no_bar(tmp_path: Path) -> None:
    with start(tmp_path / "long.xlsx", None) as process:
        time.sleep(4)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert b"%" not in errors
    assert b"training" not in errors
    assert errors.splitlines()[-1] == b"Interrupted: nothing was left half-written."
    assert not list(tmp_path.glob(".*"))
    assert not list(tmp_path.glob("*.xlsx"))
