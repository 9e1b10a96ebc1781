"""The README is true: its files and commands, run in order, print what it says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from xlnn.cli import main

README = Path(__file__).parent.parent / "README.md"

FILE = re.compile(r"<!-- file: (\S+) -->\n```\w+\n(.*?)```", re.DOTALL)
CONSOLE = re.compile(r"```console\n(.*?)```", re.DOTALL)


def test_every_console_block_prints_what_it_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = README.read_text(encoding="utf-8")
    for name, content in FILE.findall(text):
        (tmp_path / name).write_text(content, encoding="utf-8")
    blocks = CONSOLE.findall(text)
    assert len(blocks) >= 6
    for block in blocks:
        command, _, shown = block.partition("\n")
        printed = _run(command.removeprefix("$ "))
        if shown.endswith("…\n"):
            shown = shown.removesuffix("…\n")
            printed = printed[: len(shown)]
        assert _masked(printed) == _masked(shown), command


def _run(command: str) -> str:
    """What a command prints, if it ends well. Those of xlnn run in this process. That workbooks
    differ, or that something was found, is a good end, which the status tells, too."""
    program, *arguments = command.split()
    if program == "xlnn":
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == int(
            "they differ" in result.stdout or " 1 cause" in result.stdout
        ), result.output
        return result.stdout
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _masked(text: str) -> str:
    """Without what differs between machines: versions, differences in the last bit, times."""
    text = re.sub(r"\d+\.\d+\.\d+", "VERSION", text)
    text = re.sub(r"\d\.\de[+-]\d\d", "DIFFERENCE", text)
    return re.sub(r", \d+\.\d s$|(?<=DIFFERENCE) +\d+\.\d$", " TIME", text, flags=re.MULTILINE)
