"""Reads a workbook as it stands in the file: formulas, inputs and cached values."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl import Workbook
from openpyxl.utils import range_boundaries
from openpyxl.worksheet._read_only import ReadOnlyWorksheet
from openpyxl.worksheet.formula import ArrayFormula, DataTableFormula
from openpyxl.worksheet.worksheet import Worksheet

from xlnn.errors import WorkbookError


def load_quietly(path: Path, *, values: bool) -> Workbook:
    """A workbook read by openpyxl, with formulas or with cached values.

    Raises WorkbookError for a file that is missing, or no workbook.
    """
    with _told_plainly(path), path.open("rb") as file:
        return openpyxl.load_workbook(file, data_only=values)


def read_tables(path: Path, sheets: Collection[str]) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of some sheets as values, without reading the others.

    Raises WorkbookError for a file that is missing, no workbook, or lacks one of the sheets.
    """
    with _told_plainly(path), path.open("rb") as file:
        book = openpyxl.load_workbook(file, data_only=True, read_only=True)
        tables = {}
        for name in sheets:
            if name not in book.sheetnames:
                raise WorkbookError(
                    f"{path} has no sheet {name}: xlnn did not build it, or the sheet was deleted"
                )
            sheet = book[name]
            assert isinstance(sheet, ReadOnlyWorksheet)
            sheet.reset_dimensions()  # what a file says of its size need not be so
            tables[name] = list(sheet.iter_rows(values_only=True))
        return tables


@contextmanager
def _told_plainly(path: Path) -> Iterator[None]:
    """Turns whatever reading a file can raise into a WorkbookError that says what is wrong."""
    if not path.exists():
        raise WorkbookError(f"{path} does not exist")
    if path.is_dir():
        raise WorkbookError(f"{path} is a folder, not a workbook")
    try:
        with warnings.catch_warnings():
            # What other programs saved lacks a style here and an extension there.
            warnings.simplefilter("ignore")
            yield
    except WorkbookError:
        raise
    except (zipfile.BadZipFile, KeyError) as error:
        raise WorkbookError(f"{path} is not an .xlsx workbook") from error
    except OSError as error:
        raise WorkbookError(f"{path} cannot be read: {error.strerror or error}") from error
    except Exception as error:  # a damaged file can fail anywhere in the parsers
        raise WorkbookError(f"{path} is a damaged workbook: {error}") from error


@dataclass(frozen=True, slots=True)
class Stored:
    """A formula in a file."""

    text: str
    """With its ``=``, as it stands there."""
    array: tuple[int, int, int, int] | None
    """First row, first column, last row, last column of an array formula."""


class StoredWorkbook:
    """A workbook as it stands in a file. Rows and columns count from 1."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._formulas = load_quietly(path, values=False)
        self._arrays: dict[str, dict[tuple[int, int], Stored]] = {}

    @cached_property
    def _values(self) -> Workbook:
        return load_quietly(self.path, values=True)

    @property
    def sheets(self) -> list[str]:
        return list(self._formulas.sheetnames)

    def formula(self, sheet: str, row: int, column: int) -> Stored | None:
        """The formula of a cell, also where it lies inside an array formula's range."""
        inside = self._array_cells(sheet).get((row, column))
        if inside is not None:
            return inside
        cell = self._formulas[sheet].cell(row, column)
        if cell.data_type == "f" and isinstance(cell.value, str):
            return Stored(cell.value, None)
        if isinstance(cell.value, DataTableFormula):
            return Stored("={TABLE}", None)
        return None

    def constant(self, sheet: str, row: int, column: int) -> Any:
        """What is typed into a cell that holds no formula; None for an empty one."""
        return self._formulas[sheet].cell(row, column).value

    def cached(self, sheet: str, row: int, column: int) -> Any:
        """The value that the file carries along with a formula; None if it has none."""
        return self._values[sheet].cell(row, column).value

    def _array_cells(self, sheet: str) -> dict[tuple[int, int], Stored]:
        if sheet not in self._arrays:
            self._arrays[sheet] = _find_arrays(self._formulas[sheet])
        return self._arrays[sheet]


def _find_arrays(sheet: Worksheet) -> dict[tuple[int, int], Stored]:
    """Every cell inside an array formula. openpyxl knows the first of them only."""
    cells = {}
    for row in sheet.iter_rows():
        for cell in row:
            if isinstance(cell.value, ArrayFormula):
                left, top, right, bottom = range_boundaries(cell.value.ref)
                corners = int(top or 1), int(left or 1), int(bottom or 1), int(right or 1)
                stored = Stored(cell.value.text or "", corners)
                for i in range(corners[0], corners[2] + 1):
                    for j in range(corners[1], corners[3] + 1):
                        cells[i, j] = stored
    return cells
