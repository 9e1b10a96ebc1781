"""Other libraries write the formulas of a workbook, each in its best documented way.

    python peers.py LIBRARY FORMULAS OUTPUT

FORMULAS holds for each sheet its name and its rows of (column from 0, formula, value). Prints the
seconds that reading them took, which are not the library's.
"""

from __future__ import annotations

import marshal
import sys
import time
from collections.abc import Iterable
from pathlib import Path

Row = tuple[int, list[tuple[int, str, float]]]
"""A row from 0, and its cells: column, formula with its ``=``, value."""
Sheets = list[tuple[str, list[Row]]]


def openpyxl(sheets: Sheets, path: str) -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets:
        sheet = book.create_sheet(name)
        for row, cells in rows:
            for column, formula, _ in cells:
                sheet.cell(row + 1, column + 1, formula)
    book.save(path)


def openpyxl_write_only(sheets: Sheets, path: str) -> None:
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    for name, rows in sheets:
        sheet = book.create_sheet(name)
        for row in _filled(rows):
            sheet.append(row)
    book.save(path)


def _filled(rows: list[Row]) -> Iterable[list[str | None]]:
    """Every row from the first on, from the first column on: append knows no places."""
    last = -1
    for row, cells in rows:
        for _ in range(last + 1, row):
            yield []
        last = row
        line: list[str | None] = [None] * (cells[-1][0] + 1)
        for column, formula, _ in cells:
            line[column] = formula
        yield line


def xlsxwriter(sheets: Sheets, path: str) -> None:
    from xlsxwriter import Workbook

    book = Workbook(path, {"constant_memory": True})
    for name, rows in sheets:
        sheet = book.add_worksheet(name)
        for row, cells in rows:
            for column, formula, value in cells:
                sheet.write_formula(row, column, formula, None, value)
    book.close()


LIBRARIES = {
    "openpyxl": openpyxl,
    "openpyxl write-only": openpyxl_write_only,
    "XlsxWriter": xlsxwriter,
}


if __name__ == "__main__":
    library, formulas, output = sys.argv[1:]
    start = time.perf_counter()
    read = marshal.loads(Path(formulas).read_bytes())
    print(time.perf_counter() - start)
    LIBRARIES[library](read, output)
