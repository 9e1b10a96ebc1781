"""The report for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import IO, Any

from xlnn.audit.report import finite
from xlnn.audit.reports.summary import Result, Unreadable, summary


def write_json(results: Sequence[Result], file: IO[bytes]) -> None:
    """Of one workbook an object, of several a list of such."""
    documents = [_document(result) for result in results]
    content = documents[0] if len(documents) == 1 else documents
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    # A workbook can hold half of a character, which only JSON's own notation can write.
    file.write(text.encode("utf-8", "backslashreplace"))


def _document(result: Result) -> dict[str, Any]:
    row = asdict(summary(result))
    del row["workbook"]
    told = {"workbook": result.workbook, "ok": False, "summary": finite(row)}
    if isinstance(result, Unreadable):
        return {**told, "error": result.error}
    return {**told, **result.to_dict()}
