"""A workbook while it is written: openpyxl builds the book, the sheets are streamed into it."""

from __future__ import annotations

import io
import platform
import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import IO

import numpy
import openpyxl
from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.xml.functions import tostring

from xlnn.progress import Progress, silent
from xlnn.training.trace import Trace
from xlnn.version import VERSION
from xlnn.workbook.archive import Archive
from xlnn.workbook.boards.extras import draw_boards, formula_cells
from xlnn.workbook.boards.page import board_page
from xlnn.workbook.cells import Page, clean_text
from xlnn.workbook.labels import LabelSource
from xlnn.workbook.loss_sheet import loss_page
from xlnn.workbook.map_sheet import map_page
from xlnn.workbook.matrix_sheet import matrix_page
from xlnn.workbook.plan import START, Plan
from xlnn.workbook.settings_sheet import settings_page
from xlnn.workbook.start_sheet import Evidence, start_page
from xlnn.workbook.stream import sheet_chunks
from xlnn.workbook.strings import SharedStrings
from xlnn.workbook.texts import load_texts
from xlnn.workbook.theme import coloured, load_theme, new_book, style_sheet

WRITTEN = datetime(1980, 1, 1)
"""The time of writing that every workbook carries, so that the same input gives the same bytes."""

START_ENTRY, STRINGS_ENTRY = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
"""The last two entries: Start tells what the audit of the others has found, in shared strings."""

_REGISTRATION = {
    "[Content_Types].xml": (
        b"</Types>",
        b'<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-'
        b'officedocument.spreadsheetml.sharedStrings+xml"/></Types>',
    ),
    "xl/_rels/workbook.xml.rels": (
        b"</Relationships>",
        b'<Relationship Id="rIdStrings" Type="http://schemas.openxmlformats.org/officeDocument/'
        b'2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
    ),
}
"""Where the entry of the shared strings, of which openpyxl knows nothing, is made known."""


class Draft:
    """A workbook in an open file."""

    def __init__(self, plan: Plan, trace: Trace, file: IO[bytes]) -> None:
        experiment = trace.experiment
        self._plan, self._trace = plan, trace
        self._theme = load_theme(experiment.theme)
        self._texts = coloured(load_texts(experiment.language), self._theme)
        self._book, self._styles = new_book(self._theme)
        self._strings = SharedStrings()
        self._strings_before_start = 0
        self._start_skeleton = b""
        """Start without cells, as openpyxl wrote it."""
        self._archive = Archive(file)

    def __enter__(self) -> Draft:
        return self

    def __exit__(self, *_error: object) -> None:
        self._archive.close()

    def write(self, evidence: Evidence | None = None, progress: Progress = silent) -> None:
        """Writes the whole workbook."""
        plan, trace, texts = self._plan, self._trace, self._texts
        labels = LabelSource(trace.experiment, self._strings)
        pages = [
            self._start(evidence),
            map_page(plan, texts),
            settings_page(plan, trace, texts, VERSION),
            loss_page(plan, trace, texts, self._theme),
            *(board_page(board, trace, texts, self._theme) for board in draw_boards(plan)),
            *(matrix_page(plan, sheet, trace, texts, labels) for sheet in plan.sheets),
        ]
        entries = {f"xl/worksheets/sheet{i}.xml": page for i, page in enumerate(pages, start=1)}
        tell = partial(progress, "writing", total=plan.formula_cells + formula_cells(plan))
        for name, content in self._book_entries(pages):
            if name == START_ENTRY:
                self._start_skeleton = content
            elif name in entries:
                self._add_sheet(name, entries[name], content, tell)
            else:
                self._archive.add(name, [content])
        self._finish(pages[0], tell)

    def note(self, evidence: Evidence) -> None:
        """Writes Start again, with what an audit has found."""
        self._archive.cut(START_ENTRY)
        self._strings.forget_after(self._strings_before_start)
        self._finish(self._start(evidence), lambda cells: None)

    def _book_entries(self, pages: Sequence[Page]) -> Iterator[tuple[str, bytes]]:
        """The entries of the book as openpyxl writes it: with sheets, but without cells."""
        book = self._book
        for page in pages:
            sheet = book.create_sheet(page.name)
            _dress(sheet, page)
            if self._trace.experiment.protect:
                _protect(sheet)
        for name, place in self._plan.names.items():
            book.defined_names[name] = DefinedName(name, attr_text=place)
        book.properties.title = clean_text(self._trace.experiment.title)
        book.properties.creator = f"xlnn {VERSION}"
        book.calculation.fullCalcOnLoad = True
        skeleton = io.BytesIO()
        book.save(skeleton)
        book.properties.created = book.properties.modified = WRITTEN
        replaced = {
            "docProps/core.xml": tostring(book.properties.to_tree()),
            "xl/styles.xml": style_sheet(book),
        }
        with zipfile.ZipFile(skeleton) as source:
            for name in source.namelist():
                content = replaced.get(name) or source.read(name)
                if name in _REGISTRATION:
                    content = content.replace(*_REGISTRATION[name])
                yield name, content

    def _start(self, evidence: Evidence | None) -> Page:
        return start_page(self._plan, self._trace, self._texts, self._versions(), evidence)

    def _versions(self) -> str:
        """The programs that built it."""
        return str(self._texts["start"]["built_by"]).format(
            xlnn=VERSION,
            python=platform.python_version(),
            numpy=numpy.__version__,
            openpyxl=openpyxl.__version__,
        )

    def _finish(self, start: Page, progress: Callable[[int], None]) -> None:
        self._strings_before_start = len(self._strings)
        self._add_sheet(START_ENTRY, start, self._start_skeleton, progress)
        self._archive.add(STRINGS_ENTRY, self._strings.document())
        self._archive.finish()

    def _add_sheet(
        self, entry: str, page: Page, skeleton: bytes, progress: Callable[[int], None]
    ) -> None:
        chunks = sheet_chunks(page, skeleton, self._styles, self._strings, progress)
        self._archive.add(entry, chunks)


def _dress(sheet: Worksheet, page: Page) -> None:
    """What surrounds the cells of a sheet: widths, frozen headings, the printed page."""
    for column, width in page.widths.items():
        sheet.column_dimensions[get_column_letter(column)].width = round(width, 1)
    sheet.freeze_panes = page.freeze
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToHeight = int(page.name == START or page.one_page)
    if page.printed is not None:
        sheet.print_area = page.printed
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.sheet_view.showGridLines = False
    if page.dress is not None:
        page.dress(sheet)


def _protect(sheet: Worksheet) -> None:
    """Protects a sheet, without a password, from changes by accident. Which cells stay open to
    change is told by their styles; selecting them all and the widths of columns stay free."""
    protection = sheet.protection
    protection.enable()
    protection.objects = protection.scenarios = True
    protection.formatColumns = protection.formatRows = False  # what is false is allowed
