"""Writes a trace as a workbook: whole, or not at all."""

from __future__ import annotations

import io
import os
import platform
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

import numpy
import openpyxl
from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.xml.functions import tostring

from xlnn.errors import OutputError
from xlnn.experiment.experiment import Experiment
from xlnn.training.trace import Trace
from xlnn.version import VERSION
from xlnn.workbook.cells import Page, clean_text
from xlnn.workbook.map_sheet import map_page
from xlnn.workbook.matrix_sheet import matrix_page
from xlnn.workbook.plan import (
    START,
    Plan,
    default_epochs,
    draw_plan,
)
from xlnn.workbook.settings_sheet import settings_page
from xlnn.workbook.start_sheet import Evidence, start_page
from xlnn.workbook.stream import stream
from xlnn.workbook.texts import Texts, load_texts
from xlnn.workbook.theme import new_book, style_sheet

WRITTEN = datetime(1980, 1, 1)
"""The time of writing that every workbook carries, so that the same input gives the same bytes."""


def plan_for(experiment: Experiment) -> Plan:
    """The plan of an experiment's workbook. Raises PlanError where it does not fit."""
    recipe = experiment.recipe
    epochs = experiment.show or default_epochs(recipe, experiment.epochs)
    return draw_plan(recipe, tuple(epochs), experiment.formulas, experiment.operands)


def write(
    trace: Trace, path: str | Path, *, force: bool = False, evidence: Evidence | None = None
) -> bool:
    """Writes the workbook of a trace; False when the very same file is there already.

    A file that exists is replaced only with ``force``, and only once the new one is whole.
    Raises OutputError where it exists or cannot be written, PlanError where it does not fit.
    """
    path = Path(path)
    with beside(path, force=force) as draft:
        write_draft(trace, draft, evidence)
        return keep(draft, path, force=force)


def write_draft(trace: Trace, path: Path, evidence: Evidence | None = None) -> None:
    """Writes the workbook of a trace to a path, replacing what is there."""
    plan = plan_of(trace)
    with path.open("wb") as file:
        _save(plan, trace, evidence, load_texts(), file)


def plan_of(trace: Trace) -> Plan:
    """The plan for the epochs that a trace has kept."""
    experiment = trace.experiment
    return draw_plan(trace.recipe, trace.epochs, experiment.formulas, experiment.operands)


# --- Files ----------------------------------------------------------------------------


@contextmanager
def beside(path: Path, *, force: bool) -> Iterator[Path]:
    """A temporary file in the folder of ``path``, gone when the block ends.

    Raises OutputError before any work where the result could not be put in place.
    """
    if path.suffix.lower() != ".xlsx":
        raise OutputError(f"{path}: a workbook's name ends in .xlsx")
    if path.is_dir():
        raise OutputError(f"{path} is a folder: name a file in it")
    if force and path.exists() and not os.access(path, os.W_OK):
        raise OutputError(f"{path} is write-protected: choose another file with -o")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(
            prefix=f".{path.stem}.", suffix=".part", dir=path.resolve().parent
        )
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written ({error.strerror}): choose another place with -o"
        ) from error
    os.close(handle)
    draft = Path(name)
    try:
        yield draft
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def keep(draft: Path, path: Path, *, force: bool) -> bool:
    """Puts a finished draft in its place; False when the same bytes stand there already."""
    if path.exists():
        if path.read_bytes() == draft.read_bytes():
            return False
        if not force:
            raise OutputError(
                f"{path} exists and is different: nothing was written; replace it with --force, "
                "or choose another file with -o"
            )
        draft.chmod(path.stat().st_mode & 0o777)
    else:
        draft.chmod(0o666 & ~_umask())
    draft.replace(path.resolve())  # a link keeps leading to where it led
    return True


def _umask() -> int:
    """The mode bits that new files do without; it can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


# --- The book -------------------------------------------------------------------------


def _save(
    plan: Plan, trace: Trace, evidence: Evidence | None, texts: Texts, file: io.BufferedWriter
) -> None:
    book, styles = new_book()
    pages = [
        start_page(plan, trace, texts, _versions(), evidence),
        map_page(plan, texts),
        settings_page(plan, trace, texts, VERSION),
        *(matrix_page(plan, sheet, trace, texts) for sheet in plan.sheets),
    ]
    rows = {}
    for number, page in enumerate(pages, start=1):
        _dress(book.create_sheet(page.name), page)
        rows[f"xl/worksheets/sheet{number}.xml"] = (page.dimension, page.rows)
    for name, place in plan.names.items():
        book.defined_names[name] = DefinedName(name, attr_text=place)
    book.properties.title = clean_text(trace.experiment.title)
    book.properties.creator = f"xlnn {VERSION}"
    book.calculation.fullCalcOnLoad = True
    skeleton = io.BytesIO()
    book.save(skeleton)
    book.properties.created = book.properties.modified = WRITTEN
    core = tostring(book.properties.to_tree())
    replaced = {"docProps/core.xml": core, "xl/styles.xml": style_sheet(book)}
    stream(skeleton, file, rows, styles, replaced)


def _dress(sheet: Worksheet, page: Page) -> None:
    """What surrounds the cells of a sheet: widths, links, frozen headings, the printed page."""
    for column, width in page.widths.items():
        sheet.column_dimensions[get_column_letter(column)].width = round(width, 1)
    for cell, place in page.links:
        sheet[cell].hyperlink = Hyperlink(ref=cell, location=place)
    sheet.freeze_panes = page.freeze
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToHeight = 1 if page.name == START else 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.sheet_view.showGridLines = False


def _versions() -> str:
    return (
        f"Built by xlnn {VERSION} with Python {platform.python_version()}, "
        f"NumPy {numpy.__version__} and openpyxl {openpyxl.__version__}."
    )
