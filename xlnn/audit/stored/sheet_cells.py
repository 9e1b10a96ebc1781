"""Takes the cells of a sheet one after the other: what their names, types, formulas and values
mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite, nan

from xlnn.audit.cell_values import ErrorValue
from xlnn.audit.formula_text import moved
from xlnn.audit.same_formula import same_formula
from xlnn.audit.stored.plain_rows import Piece, attributes_in, meant
from xlnn.audit.stored.references import (
    Corners,
    Position,
    column_number,
    corners,
    number_of_cells,
    row_number,
)
from xlnn.audit.stored.row_shape import CellShape, RowShape
from xlnn.audit.stored.sheet import Stored, StoredSheet
from xlnn.workbook.plan import MAX_COLUMNS, cell_name

ALWAYS_FILLED = 100_000
"""An array formula may fill so many cells that the file does not hold: each is remembered."""

MAX_FORMULA = 8_192
"""The characters of a formula in Excel; longer ones take long to move."""

LEAST = {"ht": 1.0, "width": 0.5}
"""The least height of a row, in points, and width of a column, in digits, that can be seen."""


class SheetCells:
    """The cells of a sheet, whoever finds them in its XML."""

    def __init__(self, texts: list[str]) -> None:
        self.sheet = StoredSheet()
        self._texts = texts
        self._columns: dict[str, int] = {}
        self._patterns: dict[str, tuple[str, str]] = {}
        self._arrays: list[tuple[Stored, Corners]] = []
        self._row = self._column = 0
        self._row_text = ""

    def row(self, digits: str | None, attributes: Mapping[str, str]) -> None:
        """A row begins; without a number it is the next one."""
        self._row_text = str(self._row + 1) if digits is None else digits
        self._row, self._column = row_number(self._row_text), 0
        if attributes and _is_hidden(attributes, "ht"):
            self.sheet.hidden_rows.append(self._row)

    def columns(self, attributes: Mapping[str, str]) -> None:
        """How some columns look."""
        if _is_hidden(attributes, "width"):
            said = attributes.get("min", ""), attributes.get("max", "")
            first, last = (int(text) if _is_whole(text) else 0 for text in said)
            if not 1 <= first <= last:
                raise ValueError(f"it tells of columns {said[0][:20]!r} to {said[1][:20]!r}")
            self.sheet.hidden_columns.append((first, min(last, MAX_COLUMNS)))

    def cell(
        self,
        letters: str | None,
        digits: str,
        kind: str,
        formula: str | None,
        attributes: Mapping[str, str],
        value: str | None,
    ) -> None:
        """A cell: its column and its row, if it names them, the type of its value, its formula with
        the attributes of that, and its value as text."""
        sheet = self.sheet
        at = self._position(letters, digits)
        self._check_empty(*at)
        if formula is not None:
            if attributes:
                self._put_formula(at, formula, attributes)
            else:
                sheet.formulas.put(*at, Stored(f"={formula}", None))
        # A formula that nobody computed has an empty value, or none.
        if value:
            sheet.values.put(*at, self._typed(value, kind, at))
        elif value is not None and kind in ("str", "inlineStr"):
            sheet.values.put(*at, value)

    def alike(self, shape: RowShape, groups: Sequence[str], escaped: bool) -> bool:
        """The cells of a row of a known shape, of which some may be escaped; nothing is done, and
        said so, if any of them has been there before, or has a text that is not there."""
        values, formulas, row = self.sheet.values, self.sheet.formulas, self._row
        if row in values.rows or row in formulas.rows or values.far or formulas.far:
            return False
        if by_column := shape.values_by_column:
            found = shape.values(groups, self._texts)
            if found is None:
                return False
            contents = [None, *found]
            values.rows[row] = [contents[place] for place in by_column]
        if by_column := shape.formulas_by_column:
            plain = shape.formulas(groups)
            texts = map(meant, plain) if escaped else plain
            entered = [None, *[Stored("=" + text, None) for text in texts]]
            formulas.rows[row] = [entered[place] for place in by_column]
        return True

    def plain(self, pieces: Sequence[Piece], escaped: bool) -> Sequence[CellShape] | None:
        """Some cells as they are found in plain XML, of which some may be escaped. This is
        ``cell`` for each, written out for the most frequent: a number, a formula, a shared text.
        Tells what the cells are like where there are no others."""
        row, row_text, columns = self._row, self._row_text, self._columns
        values, formulas = self.sheet.values, self.sheet.formulas
        # Cells come from left to right, as a rule; then none can stand twice.
        is_new = not (row in values.rows or row in formulas.rows or values.far or formulas.far)
        last = 0
        shape: list[CellShape] | None = []
        for letters, digits, kind, begin, formula, mark, value, inline, _ in pieces:
            shared = kind == "s"
            usual = not kind or shared or kind == "n"
            if escaped and usual:
                usual = not ("&" in value or "_" in value)
            if not usual or inline or len(begin) > 2 or digits != row_text:
                shape = None
                if letters:
                    self._plain_cell(letters, digits, kind, begin, formula, mark, value, inline)
                    last = max(last, self._column)
                continue
            column = columns.get(letters)
            if column is None:
                column = columns[letters] = column_number(letters)
            if column > last and is_new:
                last = column
            else:
                self._check_empty(row, column)
            if begin:
                text = meant(formula) if escaped else formula
                formulas.put(row, column, Stored("=" + text, None))
            if value:
                at = row, column
                content = self._shared(value, at) if shared else self._number(value, at)
                values.put(row, column, content)
            if shape is not None:
                shape.append((letters, kind, bool(begin), bool(value)))
        return shape

    def _check_empty(self, row: int, column: int) -> None:
        """Refuses a cell that has been there before."""
        sheet = self.sheet
        if sheet.formulas.at(row, column) or sheet.values.at(row, column) is not None:
            raise ValueError(f"the cell {cell_name(row, column)} stands twice")

    def _plain_cell(
        self,
        letters: str,
        digits: str,
        kind: str,
        begin: str,
        formula: str,
        mark: str,
        value: str,
        inline: str,
    ) -> None:
        text: str | None = meant(value) if mark else None
        if inline:
            text = meant(inline.split(">", 2)[2])
        self.cell(
            letters,
            digits,
            kind or "n",
            meant(formula) if begin else None,
            attributes_in(begin),
            text,
        )

    def fill_arrays(self) -> None:
        """Lets every cell of an array formula tell it, but those that have one of their own."""
        sheet = self.sheet
        number = sum(number_of_cells(corners) for _, corners in self._arrays)
        enough = number <= ALWAYS_FILLED
        if not enough and number > ALWAYS_FILLED + len(sheet.values) + len(sheet.formulas):
            # The cells that an array formula fills stand in a file, with their values.
            raise ValueError(f"array formulas fill {number:,} cells, more than it has")
        for stored, filled in self._arrays:
            sheet.formulas.fill(filled, stored)

    def _position(self, letters: str | None, digits: str) -> Position:
        """The row and the column of a cell; without a name it is the next one."""
        if letters is None:
            self._column += 1
            return self._row, self._column
        if digits != self._row_text:
            self._row, self._row_text = row_number(digits), digits
        column = self._columns.get(letters)
        if column is None:
            column = self._columns[letters] = column_number(letters)
        self._column = column
        return self._row, column

    def _put_formula(self, at: Position, text: str, attributes: Mapping[str, str]) -> None:
        kind = attributes.get("t", "normal")
        if kind == "array":
            filled = corners(attributes["ref"])
            if filled is None:
                reference = attributes["ref"]
                raise ValueError(f"an array formula fills {reference[:40]!r}, which is no range")
            stored = Stored(f"={text}", filled)
            self.sheet.formulas.put(*at, stored)
            self._arrays.append((stored, filled))
            return
        if kind == "shared":
            number, here = attributes.get("si", ""), cell_name(*at)
            if number not in self._patterns and not text:
                raise ValueError(f"the cell {here} repeats a formula that no cell before it has")
            pattern, origin = self._patterns.setdefault(number, (f"={text}", here))
            if len(pattern) > MAX_FORMULA:
                raise ValueError(f"the cell {origin} has a formula of {len(pattern):,} characters")
            repeated = moved(pattern, origin, here)
            if text and not same_formula(text, repeated):
                # Programs take the one, or the other.
                raise ValueError(f"the cell {here} has the formula {text[:40]!r}, and repeats one")
            text = repeated
        elif kind == "dataTable":
            text = "TABLE()"
        self.sheet.formulas.put(*at, Stored(f"={text}", None))

    def _typed(self, text: str, kind: str, at: Position) -> float | str | bool:
        """A value of a type."""
        if kind == "n":
            return self._number(text, at)
        if kind == "s":
            return self._shared(text, at)
        if kind == "b":
            return text.strip() not in ("0", "false")
        if kind == "e":
            return ErrorValue(text)
        return text

    def _shared(self, text: str, at: Position) -> str:
        number = int(text) if _is_whole(text) else -1
        if not 0 <= number < len(self._texts):
            here = cell_name(*at)
            raise ValueError(f"the cell {here} has the text {text[:20]!r}, which is not there")
        return self._texts[number]

    def _number(self, text: str, at: Position) -> float:
        try:
            number = float(text)
        except ValueError:
            number = nan
        # Python also reads 1_000 and digits of other scripts, which no program takes for numbers.
        if not isfinite(number) or "_" in text or not text.isascii():
            raise ValueError(f"the cell {cell_name(*at)} has {text[:40]!r} as a number")
        return number


def _is_hidden(attributes: Mapping[str, str], size: str) -> bool:
    """Whether a row or a column cannot be seen: it is hidden, or of no height or width."""
    if attributes.get("hidden") in ("1", "true"):
        return True
    return size in attributes and float(attributes[size]) < LEAST[size]


def _is_whole(text: str) -> bool:
    """Whether a text is a whole number as files have it."""
    return text.isascii() and text.isdigit() and len(text) < 10
