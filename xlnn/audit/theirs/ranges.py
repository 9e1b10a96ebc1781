"""Ranges as people write them: ``'My sheet'!$B$3:$E$5``, a single cell, a defined name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from xlnn.audit.stored.references import column_number, quoted
from xlnn.experiment.nearest import nearest
from xlnn.workbook.plan import MAX_COLUMNS, MAX_ROWS, cell_name, range_name

_RANGE = re.compile(
    r"\$?([A-Za-z]{1,3})\$?([1-9]\d{0,6})(?::\$?([A-Za-z]{1,3})\$?([1-9]\d{0,6}))?", re.ASCII
)


class RangeError(ValueError):
    """What is wrong with a range, without the place where it is written."""


@dataclass(frozen=True, slots=True)
class Range:
    """A rectangle of cells, given its first one; rows and columns count from 1."""

    sheet: str
    row: int
    column: int
    rows: int = 1
    columns: int = 1

    def __str__(self) -> str:
        return f"{quoted(self.sheet)}!{self.cells}"

    @property
    def cells(self) -> str:
        """``B3:E5``, or ``B3`` for one cell."""
        if self.rows == self.columns == 1:
            return cell_name(self.row, self.column)
        return range_name(self.row, self.column, self.rows, self.columns)

    @property
    def last(self) -> tuple[int, int]:
        """Its last row and column."""
        return self.row + self.rows - 1, self.column + self.columns - 1


@dataclass(frozen=True, slots=True)
class Ranges:
    """Reads ranges of one workbook."""

    sheets: Sequence[str]
    names: Sequence[tuple[str, str, bool]] = ()
    """Defined names, as ``StoredWorkbook.names`` has them."""
    default: str | None = None
    """The sheet of a range that names none."""

    def read(self, text: str) -> Range:
        """The rectangle that a text names. Raises RangeError."""
        sheet, cells = _split(text.strip().removeprefix("="))
        corners = _RANGE.fullmatch(cells)
        if corners is None:
            meaning = None if sheet else self._meaning(cells)
            if meaning is None:
                raise RangeError(
                    f'{text!r} is no range of cells: write one such as "Sheet1!B3:E5", or a single '
                    f"cell{self._nearest_name(cells)}"
                )
            sheet, cells = _split(meaning)
            corners = _RANGE.fullmatch(cells)
            if corners is None or sheet is None:
                raise RangeError(f"the name {text} means {meaning}, which is no range of cells")
        left, top, right, bottom = corners.groups()
        columns = sorted(column_number(letters.upper()) for letters in (left, right or left))
        rows = sorted(int(number) for number in (top, bottom or top))
        if rows[1] > MAX_ROWS or columns[1] > MAX_COLUMNS:
            raise RangeError(
                f"{text} lies outside of a sheet, whose last cell is "
                f"{cell_name(MAX_ROWS, MAX_COLUMNS)}"
            )
        return Range(
            self._sheet(sheet, text),
            rows[0],
            columns[0],
            rows[1] - rows[0] + 1,
            columns[1] - columns[0] + 1,
        )

    def sheet(self, name: str) -> str:
        """A sheet's name as the workbook has it; capitals count the same. Raises RangeError."""
        found = [each for each in self.sheets if each.casefold() == name.casefold()]
        if not found:
            raise RangeError(
                f"the workbook has no sheet {name!r}{nearest(name, self.sheets)}; it has "
                f"{', '.join(self.sheets)}"
            )
        return found[0]

    def _sheet(self, name: str | None, text: str) -> str:
        if name is not None:
            return self.sheet(name)
        if self.default is not None:
            return self.sheet(self.default)
        if len(self.sheets) == 1:
            return self.sheets[0]
        raise RangeError(
            f'{text!r} names no sheet, and there are {len(self.sheets)}: write "Sheet!{text}", or '
            "sheet = … in [layout] for all"
        )

    def _meaning(self, name: str) -> str | None:
        found = [meaning for each, meaning, _ in self.names if each.casefold() == name.casefold()]
        return found[0] if len(found) == 1 else None

    def _nearest_name(self, name: str) -> str:
        return nearest(name, [each for each, _, _ in self.names]) if name.isidentifier() else ""


def _split(text: str) -> tuple[str | None, str]:
    """The sheet, if one is named, and the cells."""
    sheet, mark, cells = text.rpartition("!")
    if not mark:
        return None, cells
    if len(sheet) > 1 and sheet[0] == sheet[-1] == "'":
        sheet = sheet[1:-1].replace("''", "'")
    return sheet, cells
