"""Writes reports to a file in the format of its name, replacing nothing but an earlier report."""

from __future__ import annotations

import os
import re
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from xlnn.audit.report import Report
from xlnn.audit.reports.html_report import GENERATOR, write_page
from xlnn.audit.reports.json_report import write_json
from xlnn.audit.reports.marked_copy import FINDINGS_ENTRY, write_marked_copy
from xlnn.audit.reports.summary import Result
from xlnn.audit.reports.summary_book import write_summary_book
from xlnn.errors import OutputError
from xlnn.workbook.files import usual_mode

_JSON = re.compile(r'\s*\[?\s*\{\s*"workbook":\s*"(?:[^"\\]|\\.)*",\s*"(ok|error)":')
"""How a report begins."""

Writer = Callable[[Sequence[Result], IO[bytes]], None]


def _write_book(results: Sequence[Result], file: IO[bytes]) -> None:
    """A marked copy of a single workbook; of several a list, as no file holds them all."""
    if len(results) == 1 and isinstance(results[0], Report):
        write_marked_copy(results[0], file)
    else:
        write_summary_book(results, file)


WRITERS: Mapping[str, Writer] = {".json": write_json, ".html": write_page, ".xlsx": _write_book}


def check_report_path(path: Path, workbooks: Sequence[Path]) -> None:
    """Raises OutputError for a report that could not or must not be written, before any work is
    done: an earlier report is replaced, nothing else."""
    if path.suffix.lower() not in WRITERS:
        raise OutputError(f"{path}: a report's name ends in {', '.join(WRITERS)}")
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


def save_reports(results: Sequence[Result], path: Path) -> None:
    """Writes a report on one workbook or on several. Raises OutputError, and then leaves what was
    there before."""
    try:
        handle, name = tempfile.mkstemp(
            prefix=f".{path.stem}.", suffix=".part", dir=path.resolve().parent
        )
        draft = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                WRITERS[path.suffix.lower()](results, file)
            draft.chmod(usual_mode(path))
            draft.replace(path.resolve())  # a link keeps leading to where it led
        finally:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}") from error
