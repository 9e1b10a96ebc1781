"""Which files are reports: a report replaces an earlier one, and nothing else."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from pathlib import Path

from xlnn.audit.reports.summary import MARK
from xlnn.errors import OutputError

ENDINGS = (".json", ".html", ".xlsx")

GENERATOR = f'<meta name="generator" content="{MARK}">'
"""What tells a report from other pages."""

FINDINGS_ENTRY = "xl/worksheets/xlnn_findings.xml"
"""What tells a report from other workbooks."""

_JSON = re.compile(r'\s*\[?\s*\{\s*"workbook":\s*"(?:[^"\\]|\\.)*",\s*"(ok|error)":')
"""How a report begins."""


def check_report_path(path: Path, workbooks: Sequence[Path]) -> None:
    """Raises OutputError for a report that could not or must not be written, before any work is
    done: an earlier report is replaced, nothing else."""
    if path.suffix.lower() not in ENDINGS:
        raise OutputError(f"{path}: a report's name ends in {', '.join(ENDINGS)}")
    if not path.parent.is_dir():
        raise OutputError(f"{path}: the folder {path.parent} does not exist")
    for workbook in workbooks:
        if path.resolve() == workbook.resolve() or (
            path.exists() and workbook.exists() and path.samefile(workbook)
        ):
            raise OutputError(f"{path} is to be audited: choose another name for the report")
    if path.exists() and not is_report(path):
        raise OutputError(f"{path} exists and is no earlier report: choose another name")


def is_report(path: Path) -> bool:
    """Whether a file was written here, and by nobody else since."""
    if not path.is_file():
        return False
    if path.suffix.lower() == ".xlsx":
        try:
            with zipfile.ZipFile(path) as archive:
                # A program that saves the workbook calls its parts as it likes.
                return FINDINGS_ENTRY in archive.namelist()
        except (zipfile.BadZipFile, OSError, ValueError):
            return False
    with path.open(encoding="utf-8", errors="replace") as file:
        start = file.read(1000)
    if path.suffix.lower() == ".html":
        return GENERATOR in start
    return _JSON.match(start) is not None
