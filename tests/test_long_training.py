"""Long training: a bar on a terminal, silence in a pipe, and nothing half-written after Ctrl-C."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pty = pytest.importorskip("pty", reason="terminals are opened another way")

LONG = "build", "demo", "--epochs", "1000000", "--show", "1,-1", "--no-audit", "-o"
COMMAND = sys.executable, "-m", "xlnn", *LONG

PATIENCE = 120
"""Seconds after which a process is given up. It takes two, on a machine with nothing else to do."""


@contextmanager
def started(target: Path, errors: int) -> Iterator[subprocess.Popen[bytes]]:
    """A long build, which is ended whatever happens."""
    with subprocess.Popen(
        [*COMMAND, str(target), "--force"],
        stdout=subprocess.DEVNULL,
        stderr=errors,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "80"},
        # Tests that run in the background are started deaf to Ctrl-C, and so would be this.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def shown_until(terminal: int, wanted: bytes) -> bytes:
    """What a terminal shows until something appears in it, or nobody is left who could write."""
    shown, end = b"", time.monotonic() + PATIENCE
    while wanted not in shown:
        ready, _, _ = select.select([terminal], [], [], max(0, end - time.monotonic()))
        assert ready, f"{wanted!r} did not appear in {shown!r}"
        try:
            read = os.read(terminal, 4096)
        except OSError:  # Linux's way to say that the other end was closed
            break
        if not read:
            break
        shown += read
    return shown


def test_a_terminal_shows_a_bar_and_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    target = tmp_path / "out" / "long.xlsx"
    target.parent.mkdir()
    target.write_bytes(b"the old one")
    ours, theirs = pty.openpty()
    try:
        with started(target, theirs) as process:
            os.close(theirs)
            bar = shown_until(ours, b"%")
            assert b"training" in bar
            assert b"/1000000" in bar
            process.send_signal(signal.SIGINT)
            end = shown_until(ours, b"half-written.")
            assert process.wait(PATIENCE) == 130
    finally:
        os.close(ours)
    assert b"Interrupted: nothing was left half-written." in end
    assert [path.name for path in target.parent.iterdir()] == ["long.xlsx"]
    assert target.read_bytes() == b"the old one"


def test_a_pipe_shows_no_bar(tmp_path: Path) -> None:
    with started(tmp_path / "long.xlsx", subprocess.PIPE) as process:
        time.sleep(4)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=PATIENCE)
    assert b"%" not in errors
    assert b"training" not in errors
    assert errors.splitlines()[-1] == b"Interrupted: nothing was left half-written."
    assert not list(tmp_path.glob(".*"))
    assert not list(tmp_path.glob("*.xlsx"))
