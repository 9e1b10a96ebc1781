"""Writes reports to a file in the format of its name."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from xlnn.audit.report import Report
from xlnn.audit.reports.html_report import write_page
from xlnn.audit.reports.json_report import write_json
from xlnn.audit.reports.marked_copy import write_marked_copy
from xlnn.audit.reports.summary import Result
from xlnn.audit.reports.summary_book import write_summary_book
from xlnn.errors import OutputError
from xlnn.workbook.files import usual_mode

Writer = Callable[[Sequence[Result], IO[bytes]], None]


def _write_book(results: Sequence[Result], file: IO[bytes]) -> None:
    """A marked copy of a single workbook; of several a list, as no file holds them all."""
    if len(results) == 1 and isinstance(results[0], Report):
        write_marked_copy(results[0], file)
    else:
        write_summary_book(results, file)


WRITERS: Mapping[str, Writer] = {".json": write_json, ".html": write_page, ".xlsx": _write_book}
"""By the ending of a file's name: all of ENDINGS."""


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
