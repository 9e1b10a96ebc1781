"""A formula cell under audit: what stands in it, and what is said of it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from xlnn.audit.cell_values import is_number
from xlnn.audit.report import Finding
from xlnn.audit.same_formula import same_formula, with_old_names
from xlnn.audit.stored.references import Corners, range_of
from xlnn.audit.stored.workbook import StoredWorkbook
from xlnn.workbook.plan import Area, cell_name


@dataclass(frozen=True, slots=True)
class Place:
    """A formula cell under audit."""

    book: StoredWorkbook
    area: Area
    i: int
    j: int

    @property
    def row(self) -> int:
        return self.area.row + self.i

    @property
    def column(self) -> int:
        return self.area.column + self.j

    @property
    def sheet(self) -> str:
        return self.area.sheet

    @property
    def formula(self) -> str | None:
        """What stands in it, with its ``=``; None for a value."""
        stored = self.book.formula(self.sheet, self.row, self.column)
        return None if stored is None else stored.text

    def compare_formula(self, text: str, corners: Corners | None) -> Finding | None:
        """The finding if the file does not hold the formula that belongs here."""
        return compare_formula(self.book, self, text, corners)

    def finding(
        self,
        kind: str,
        expected: float | str | None,
        found: float | str | None,
        cause: bool,
        message: str,
    ) -> Finding:
        cell = cell_name(self.row, self.column)
        what = f", batch {self.area.batch}" if self.area.batch > 1 else ""
        if self.area.role == "operand":
            what += f", copy of {self.area.reads[0]}"
        return Finding(
            kind=kind,
            sheet=self.area.sheet,
            cell=cell,
            matrix=self.area.matrix,
            step=self.area.number,
            epoch=self.area.epoch,
            expected=expected,
            found=found,
            cause=cause,
            message=f"{self.area.sheet}!{cell} (step {self.area.number}, epoch {self.area.epoch}"
            f"{what}): {message}",
        )


@dataclass(frozen=True, slots=True)
class CellOf:
    """A formula cell of what is no matrix of the recipe."""

    sheet: str
    row: int
    column: int
    name: str

    def finding(
        self,
        kind: str,
        expected: float | str | None,
        found: float | str | None,
        cause: bool,
        message: str,
    ) -> Finding:
        cell = cell_name(self.row, self.column)
        return Finding(
            kind=kind,
            sheet=self.sheet,
            cell=cell,
            matrix=self.name,
            step=None,
            epoch=None,
            expected=expected,
            found=found,
            cause=cause,
            message=f"{self.sheet}!{cell} ({self.name}): {message}",
        )


def compare_formula(
    book: StoredWorkbook, cell: Place | CellOf, text: str, corners: Corners | None
) -> Finding | None:
    """The finding if the file does not hold in a cell the formula that belongs there."""
    stored = book.formula(cell.sheet, cell.row, cell.column)
    if stored is None:
        typed = book.constant(cell.sheet, cell.row, cell.column)
        if typed is None:
            return cell.finding("missing", text, None, True, f"the cell is empty, not {text}")
        found = typed if is_number(typed) else str(typed)
        return cell.finding(
            "hard-coded", text, found, True, f"holds {found!r} instead of the formula {text}"
        )
    said = with_old_names(stored.text, book.renamed)
    if same_formula(said, text) and stored.array == corners:
        return None
    written, wanted = _entered(stored.text, stored.array), _entered(text, corners)
    if links := links_in(stored.text):
        named = dict(enumerate(book.external_links, start=1))
        files = " and ".join(named.get(link, "of no name") for link in links)
        return cell.finding(
            "external-link",
            wanted,
            written,
            True,
            f"the formula is {written}, which reads another file, {files}, that was not opened; it "
            f"should be {wanted}",
        )
    message = f"the formula is {written}, not {wanted}"
    if corners and stored.array and same_formula(said, text):
        message = f"the formula {wanted} fills {range_of(stored.array)}, not {range_of(corners)}"
    return cell.finding("changed-formula", wanted, written, True, message)


_LINKED = re.compile(r"\[(\d+)\][^!\[\]]*!")
"""A reference to another workbook as a file has it: the number of the link in brackets."""


def links_in(formula: str) -> list[int]:
    """The numbers of the links to other workbooks that a formula has."""
    return sorted({int(number) for number in _LINKED.findall(formula)})


def was_computed(book: StoredWorkbook, cell: Place | CellOf) -> bool:
    """Whether the file carries a value for a formula. Of an array formula the first cell
    tells: openpyxl drops its value and keeps the old ones of the others."""
    stored = book.formula(cell.sheet, cell.row, cell.column)
    row, column = (
        stored.array[:2] if stored is not None and stored.array else (cell.row, cell.column)
    )
    return book.value(cell.sheet, row, column) is not None


def _entered(text: str, corners: Corners | None) -> str:
    """A formula as people see it: array formulas in braces."""
    return f"{{{text}}}" if corners else text
