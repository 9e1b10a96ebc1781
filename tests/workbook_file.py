"""A workbook's file, read once, cell by cell with its Map; many changed copies of it are written.

Written against the file format alone; it shares nothing with the readers of xlnn.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from lint import cells_of, column_letters
from openpyxl.utils import column_index_from_string

from xlnn.audit.engines import ENGINES

Place = tuple[str, str]
"""A sheet and a cell, such as ``("d_output", "B16")``."""

Carried = Literal["kept", "dropped", "recomputed"]
"""What happens to the values that formulas carry along."""

WORKBOOK, RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
STRINGS, TYPES = "xl/sharedStrings.xml", "[Content_Types].xml"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

_CELL = re.compile(r'<c r="([A-Z]+)(\d+)"( s="\d+")?(?: t="(\w+)")?(?:/>|>(.*?)</c>)', re.DOTALL)
_FORMULA = re.compile(r'<f(?: t="array" ref="([^"]+)")?[^>]*>(.*?)</f>', re.DOTALL)
_VALUE = re.compile(r"<v>(.*?)</v>|<is><t[^>]*>(.*?)</t></is>", re.DOTALL)
REFERENCE = re.compile(
    r"(?<![\w!])(\w+)!\$?([A-Z]{1,3})\$?(\d+)(?::\$?([A-Z]{1,3})\$?(\d+))?(?![\w(])"
)
NAME = re.compile(r'(?<![\w!.$"])([A-Za-z_]\w*)(?![\w(!.])')
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'", "&amp;": "&"}


def unescaped(text: str) -> str:
    """XML's text as it is meant."""
    return re.sub("|".join(_ENTITIES), lambda found: _ENTITIES[found[0]], text)


def escaped(text: str) -> str:
    """A text as XML has it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


# --- The workbook ---------------------------------------------------------------------


@dataclass(frozen=True)
class Cell:
    """A cell as it stands in the file."""

    sheet: str
    column: int
    row: int
    style: str
    kind: str
    formula: str | None
    array: str | None
    """The range of an array formula, on its first cell."""
    value: str | None
    start: int
    end: int
    """Where it stands in the sheet's XML."""

    @property
    def name(self) -> str:
        return f"{column_letters(self.column)}{self.row}"

    @property
    def place(self) -> Place:
        return self.sheet, self.name

    @property
    def number(self) -> float:
        return float(self.value or "nan")


@dataclass(frozen=True)
class Block:
    """A matrix of an epoch and a batch, as the Map tells."""

    matrix: str
    epoch: int
    batch: int
    sheet: str
    top: int
    left: int
    rows: int
    columns: int
    kind: str

    def holds(self, row: int, column: int) -> bool:
        down, across = row - self.top, column - self.left
        return 0 <= down < self.rows and 0 <= across < self.columns

    @property
    def range(self) -> str:
        last = f"{column_letters(self.left + self.columns - 1)}{self.top + self.rows - 1}"
        return f"{column_letters(self.left)}{self.top}:{last}"

    @property
    def shape(self) -> tuple[int, int]:
        return self.rows, self.columns


class Book:
    """A workbook that was read once, of which many changed copies are written."""

    def __init__(self, path: Path) -> None:
        with zipfile.ZipFile(path) as archive:
            self.parts = {name: archive.read(name).decode() for name in archive.namelist()}
        targets = {
            found[2]: found[1].lstrip("/")
            for found in re.finditer(
                r'<Relationship [^>]*Target="([^"]+)" Id="([^"]+)"', self.parts[RELATIONS]
            )
        }
        self.entries = {
            found[1]: targets[found[2]]
            for found in re.finditer(
                r'<sheet [^>]*?name="([^"]+)"[^>]*r:id="([^"]+)"', self.parts[WORKBOOK]
            )
        }
        texts = re.findall(r"<si>(.*?)</si>", self.parts[STRINGS], re.DOTALL)
        self.texts = [unescaped(re.sub("<.*?>", "", text)) for text in texts]
        self.cells = {
            sheet: {cell.name: cell for cell in self._cells_of(sheet)} for sheet in self.entries
        }
        self.names = {
            found[1]: found[2].replace("$", "")
            for found in re.finditer(
                r'<definedName name="(\w+)">(.*?)</definedName>', self.parts[WORKBOOK]
            )
        }
        self.blocks = list(self._blocks())

    def _cells_of(self, sheet: str) -> Iterator[Cell]:
        for found in _CELL.finditer(self.parts[self.entries[sheet]]):
            letters, row, style, kind, content = found.groups()
            formula = _FORMULA.search(content or "")
            value = _VALUE.search(content or "")
            text = None if value is None else unescaped(value[1] or value[2] or "")
            if kind == "s" and text is not None:
                text = self.texts[int(text)]
            yield Cell(
                sheet,
                column_index_from_string(letters),
                int(row),
                style or "",
                kind or "n",
                unescaped(formula[2]) if formula else None,
                formula[1] if formula else None,
                text,
                found.start(),
                found.end(),
            )

    def _blocks(self) -> Iterator[Block]:
        rows: dict[int, dict[int, str]] = {}
        for cell in self.cells["Map"].values():
            rows.setdefault(cell.row, {})[cell.column] = cell.value or ""
        for row, found in rows.items():
            if row > 4:
                left, top = re.match(r"([A-Z]+)(\d+)", found[6]).groups()  # type: ignore[union-attr]
                yield Block(
                    found[1],
                    int(float(found[3])),
                    int(float(found[4])),
                    found[5],
                    int(top),
                    column_index_from_string(left),
                    int(float(found[7])),
                    int(float(found[8])),
                    found[9],
                )

    @cached_property
    def filled(self) -> dict[Place, Cell]:
        """The first cell of the array formula that fills each cell of one."""
        return {
            (cell.sheet, member): cell
            for cells in self.cells.values()
            for cell in cells.values()
            if cell.array
            for member in cells_of(cell.array)
        }

    @cached_property
    def by_name(self) -> dict[str, Block]:
        """The blocks that defined names mean."""
        ranges = {f"{block.sheet}!{block.range}": block for block in self.blocks}
        return {name: ranges[place] for name, place in self.names.items() if place in ranges}

    def block_at(self, sheet: str, row: int, column: int) -> Block | None:
        """The matrix in which a cell lies."""
        return next((b for b in self.blocks if b.sheet == sheet and b.holds(row, column)), None)

    # --- Cells to choose from ---

    @cached_property
    def results(self) -> list[Cell]:
        """The formulas of matrices; of an array its first cell."""
        return [cell for cell in self._formulas if self._is_result(cell)]

    @cached_property
    def copies(self) -> list[Cell]:
        """The formulas beside results: what they are computed from, again."""
        return [
            cell
            for cell in self._formulas
            if cell.sheet in self._matrices and not self._is_result(cell) and cell.name != "A7"
        ]

    @cached_property
    def lines(self) -> list[Cell]:
        """How the first cell of a step is computed, in numbers."""
        return [c for c in self._formulas if c.sheet in self._matrices and c.name == "A7"]

    @cached_property
    def others(self) -> list[Cell]:
        """The formulas of sheets that are no matrix's."""
        return [c for c in self._formulas if c.sheet not in self._matrices and c.sheet != "Loss"]

    @cached_property
    def inputs(self) -> list[Cell]:
        """The cells that a person may change."""
        found = []
        for block in self.blocks:
            if block.kind == "input":
                cells = self.cells[block.sheet]
                found += [cells[name] for name in cells_of(block.range)]
        return found

    @cached_property
    def _formulas(self) -> list[Cell]:
        return [
            cell
            for cells in self.cells.values()
            for cell in cells.values()
            if cell.formula is not None
        ]

    @cached_property
    def _matrices(self) -> set[str]:
        return {block.sheet for block in self.blocks if block.sheet != "Loss"}

    def _is_result(self, cell: Cell) -> bool:
        block = self.block_at(cell.sheet, cell.row, cell.column)
        return block is not None and block.kind == "formula"

    # --- Changed texts ---

    def touched_by(self, cell: Cell) -> frozenset[Place]:
        """The cells that a formula fills."""
        members = cells_of(cell.array) if cell.array else [cell.name]
        return frozenset((cell.sheet, member) for member in members)

    def with_cell(self, cell: Cell, content: str, kind: str = "") -> dict[str, str]:
        """The sheet's entry with another content of a cell; without one the cell is gone."""
        entry = self.entries[cell.sheet]
        text = self.parts[entry]
        attribute = f' t="{kind}"' if kind else ""
        new = f'<c r="{cell.name}"{cell.style}{attribute}>{content}</c>' if content else ""
        return {entry: text[: cell.start] + new + text[cell.end :]}

    def with_formula(self, cell: Cell, formula: str) -> dict[str, str]:
        """The sheet's entry with another formula in a cell, which carries the old value along."""
        entry = f' t="array" ref="{cell.array}"' if cell.array else ""
        kind = cell.kind if cell.kind != "n" else ""
        content = f"<f{entry}>{escaped(formula)}</f><v>{escaped(cell.value or '')}</v>"
        return self.with_cell(cell, content, kind)

    def with_new_cell(self, sheet: str, row: int, column: int, content: str) -> dict[str, str]:
        """The sheet's entry with a cell where none was."""
        entry = self.entries[sheet]
        text = self.parts[entry]
        new = f'<c r="{column_letters(column)}{row}">{content}</c>'
        before = [c for c in self.cells[sheet].values() if c.row == row and c.column < column]
        if before:
            place = max(before, key=lambda cell: cell.column).end
            return {entry: text[:place] + new + text[place:]}
        start = re.search(rf'<row r="{row}"[^>]*?(/?)>', text)
        if start is not None and not start[1]:
            return {entry: text[: start.end()] + new + text[start.end() :]}
        if start is not None:
            return {
                entry: text[: start.start()] + f'<row r="{row}">{new}</row>' + text[start.end() :]
            }
        later = [found for found in re.finditer(r'<row r="(\d+)"', text) if int(found[1]) > row]
        place = later[0].start() if later else text.index("</sheetData>")
        return {entry: text[:place] + f'<row r="{row}">{new}</row>' + text[place:]}

    # --- Writing ---

    def write(self, edits: Mapping[str, str | None], path: Path, carried: Carried) -> Path:
        """Writes a copy with some entries changed or, with None, left out."""
        parts: dict[str, str | None] = {**self.parts, **edits}
        if carried == "dropped":
            for name, text in parts.items():
                if name.startswith("xl/worksheets/sheet") and text is not None:
                    parts[name] = re.sub(r"</f><v>[^<]*</v>", "</f>", text)
        _write(parts, path)
        if carried == "recomputed":
            _write(self._recomputed(parts, path), path)
        return path

    def _recomputed(self, parts: Mapping[str, str | None], path: Path) -> dict[str, str | None]:
        """The entries with the values that IronCalc computes of the changed workbook."""
        values = ENGINES["ironcalc"].recompute(path)
        found: dict[str, str | None] = dict(parts)
        for sheet, entry in self.entries.items():
            text = parts[entry]
            if text is None or "<f" not in text:
                continue
            inside = {
                member
                for array in re.findall(r'<f t="array" ref="([^"]+)"', text)
                for member in cells_of(array)
            }

            def renewed(cell: re.Match[str], sheet: str = sheet, inside: set[str] = inside) -> str:
                letters, row, style, _, content = cell.groups()
                formula = _FORMULA.search(content or "")
                if formula is None and f"{letters}{row}" not in inside:
                    return cell[0]
                value = values.value(sheet, int(row), column_index_from_string(letters))
                kind = ""
                if isinstance(value, str):
                    kind = ' t="e"' if type(value) is not str else ' t="str"'
                shown = "" if value is None else escaped(repr(value) if kind == "" else str(value))
                start = f'<c r="{letters}{row}"{style or ""}{kind}>'
                return f"{start}{formula[0] if formula else ''}<v>{shown}</v></c>"

            found[entry] = _CELL.sub(renewed, text)
        return found


def _write(parts: Mapping[str, str | None], path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in parts.items():
            if text is not None:
                archive.writestr(name, text)
