"""Changes to a workbook's file that make something wrong: seeded, of many kinds.

Written as somebody would who knows the file format, and the network from the workbook's own Map,
but not the audit. A change is made in the XML of the zip. The values that formulas carry along then
stay as they are, as when somebody tampers with a file, or are dropped or computed anew, as when a
program saves it.
"""

from __future__ import annotations

import random
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

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
_REFERENCE = re.compile(
    r"(?<![\w!])(\w+)!\$?([A-Z]{1,3})\$?(\d+)(?::\$?([A-Z]{1,3})\$?(\d+))?(?![\w(])"
)
_NAME = re.compile(r'(?<![\w!.$"])([A-Za-z_]\w*)(?![\w(!.])')
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


# --- Mutations ------------------------------------------------------------------------


@dataclass(frozen=True)
class Mutation:
    """A change, and what an audit must say of it."""

    what: str
    place: Place
    before: object
    after: object
    kinds: frozenset[str]
    """The kinds of finding of which one must be told of each cell that must be named."""
    named: frozenset[Place]
    """The cells that must be named as causes."""
    touched: frozenset[Place]
    """The cells that may be: no other one was changed."""
    edits: Mapping[str, str | None] = field(repr=False)
    whole_sheets: frozenset[str] = frozenset()
    """Sheets any cell of which may be named, and one must."""
    carried: Carried | None = None
    """What must happen to the values that formulas carry along; anything if None."""


Mutator = Callable[[Book, random.Random], Mutation | None]
"""Makes a change of one kind; None where the workbook has nothing to change so."""

MUTATORS: dict[str, Mutator] = {}


def mutator(what: str) -> Callable[[Mutator], Mutator]:
    """Enters a kind of change."""

    def enter(make: Mutator) -> Mutator:
        MUTATORS[what] = make
        return make

    return enter


def mutations(book: Book, seed: int, each: int) -> Iterator[tuple[str, Mutation, Carried]]:
    """At most so many changes of every kind that a workbook can have, of every other kind one less,
    no two the same, with what happens to the values that formulas carry along."""
    done: set[tuple[object, ...]] = set()
    for number, (what, make) in enumerate(MUTATORS.items()):
        found, wanted = 0, each - (number + seed) % 2
        for attempt in range(4 * each):
            name = f"{what}/{seed}/{attempt}"
            chooser = random.Random(name)
            made = make(book, chooser)
            if made is None:
                continue
            key = what, made.place, str(made.after)
            if key in done:
                continue
            done.add(key)
            carried: Carried = made.carried or chooser.choice(
                ["kept", "kept", "kept", "dropped", "dropped", "recomputed"]
            )
            yield name, made, carried
            found += 1
            if found == wanted:
                break


def _formula_change(
    book: Book, cell: Cell, what: str, formula: str | None, *kinds: str, **more: Any
) -> Mutation | None:
    """Another formula in a cell, or in all cells of an array."""
    if formula is None or formula == cell.formula:
        return None
    touched = book.touched_by(cell)
    return Mutation(
        what,
        cell.place,
        cell.formula,
        formula,
        frozenset(kinds or ("changed-formula",)),
        touched,
        touched,
        book.with_formula(cell, formula),
        **more,
    )


def _some(chooser: random.Random, cells: list[Cell]) -> Cell | None:
    return chooser.choice(cells) if cells else None


def _any_formula(book: Book, chooser: random.Random) -> Cell:
    """A formula with a number for a value: mostly a result, at times a copy of one."""
    pools = [book.results] * 7 + [book.copies] * 2
    numbers = [cell for cell in book.others if cell.kind == "n" and cell.value]
    if numbers:
        pools += [numbers] * (3 if len(numbers) > 30 else 1)
    return chooser.choice(chooser.choice([pool for pool in pools if pool]))


def _typed_over(
    book: Book, cell: Cell, what: str, content: str, kind: str, after: object
) -> Mutation:
    """Something that is no formula in a cell. Of an array formula all cells lose it."""
    touched = book.touched_by(cell)
    return Mutation(
        what,
        cell.place,
        cell.formula,
        after,
        frozenset({"hard-coded"}),
        touched,
        touched,
        book.with_cell(cell, content, kind),
    )


# --- Values over formulas ---


@mutator("wrong value over a formula")
def _wrong_value(book: Book, chooser: random.Random) -> Mutation | None:
    cell = _any_formula(book, chooser)
    if chooser.random() < 0.1 and book.lines:
        line = chooser.choice(book.lines)
        return _typed_over(book, line, "text over a line", "<is><t>7</t></is>", "inlineStr", "7")
    value = round(cell.number + chooser.uniform(0.5, 2), 3)
    return _typed_over(book, cell, "wrong value", f"<v>{value}</v>", "", value)


@mutator("right value over a formula")
def _right_value(book: Book, chooser: random.Random) -> Mutation | None:
    cell = _any_formula(book, chooser)
    return _typed_over(book, cell, "right value", f"<v>{cell.value}</v>", "", cell.value)


@mutator("text over a formula")
def _text_over(book: Book, chooser: random.Random) -> Mutation | None:
    cell = _any_formula(book, chooser)
    text = chooser.choice(["n/a", "0,5", cell.value, "see note"])
    content = f"<is><t>{text}</t></is>"
    return _typed_over(book, cell, "text", content, "inlineStr", repr(text))


@mutator("text in an input")
def _text_in_input(book: Book, chooser: random.Random) -> Mutation | None:
    settings = [
        cell
        for cell in book.cells["Settings"].values()
        if f"Settings!{cell.name}" in book.names.values()
    ]
    cell = chooser.choice(chooser.choice([book.inputs, book.inputs, settings]))
    text = chooser.choice(["n/a", "0,5", cell.value, "high"])
    return Mutation(
        "text",
        cell.place,
        cell.value,
        repr(text),
        frozenset({"wrong-value"}),
        frozenset({cell.place}),
        frozenset({cell.place}),
        book.with_cell(cell, f"<is><t>{text}</t></is>", "inlineStr"),
    )


@mutator("deleted formula")
def _deleted(book: Book, chooser: random.Random) -> Mutation | None:
    cell = _any_formula(book, chooser)
    touched = book.touched_by(cell)
    gone = chooser.random() < 0.5
    return Mutation(
        "deleted",
        cell.place,
        cell.formula,
        None,
        # What else an array formula has filled are values without one.
        frozenset({"missing", "hard-coded"} if len(touched) > 1 else {"missing"}),
        touched,
        touched,
        book.with_cell(cell, "" if gone else " "),
    )


@mutator("deleted input")
def _deleted_input(book: Book, chooser: random.Random) -> Mutation | None:
    cell = chooser.choice(book.inputs)
    place = frozenset({cell.place})
    return Mutation(
        "deleted",
        cell.place,
        cell.value,
        None,
        frozenset({"missing"}),
        place,
        place,
        book.with_cell(cell, ""),
    )


@mutator("value that is carried along")
def _stale(book: Book, chooser: random.Random) -> Mutation | None:
    cell = _any_formula(book, chooser)
    members = sorted(book.touched_by(cell))
    _, name = chooser.choice(members)
    member = book.cells[cell.sheet].get(name)
    if member is None or member.kind != "n" or not member.value:
        return None
    value = repr(member.number + chooser.choice([-1, 1]) * chooser.uniform(0.001, 1))
    entry = book.entries[member.sheet]
    text = book.parts[entry]
    old = text[member.start : member.end]
    new = re.sub(r"<v>[^<]*</v>", f"<v>{value}</v>", old)
    place = frozenset({member.place})
    return Mutation(
        "value",
        member.place,
        member.value,
        value,
        frozenset({"stale-value"}),
        place,
        place,
        {entry: text[: member.start] + new + text[member.end :]},
        carried="kept",
    )


# --- Formulas ---


def _flipped_sign(formula: str, chooser: random.Random) -> str:
    """One plus made a minus or the other way round; else the whole with a minus."""
    signs = [
        found.start() for found in re.finditer(r"(?<=[\w)])[+-]", formula) if found.start() > 0
    ]
    if not signs or chooser.random() < 0.2:
        return f"-({formula})"
    place = chooser.choice(signs)
    other = "-" if formula[place] == "+" else "+"
    return formula[:place] + other + formula[place + 1 :]


@mutator("sign")
def _sign(book: Book, chooser: random.Random) -> Mutation | None:
    cell = chooser.choice(book.results)
    assert cell.formula is not None
    if '"' in cell.formula:
        return None
    return _formula_change(book, cell, "sign", _flipped_sign(cell.formula, chooser))


def _references(book: Book, formula: str) -> list[tuple[int, int, str, int, int, int, int]]:
    """Where a formula refers to cells, and to which: sheet, top, left, bottom, right."""
    found = []
    for each in _REFERENCE.finditer(formula):
        sheet, left, top, right, bottom = each.groups()
        first = column_index_from_string(left)
        last = column_index_from_string(right) if right else first
        corners = int(top), first, int(bottom or top), last
        found.append((each.start(), each.end(), sheet, *corners))
    for each in _NAME.finditer(formula):
        block = book.by_name.get(each[1])
        if block is not None:
            last_row, last_column = block.top + block.rows - 1, block.left + block.columns - 1
            corners = block.top, block.left, last_row, last_column
            found.append((each.start(), each.end(), block.sheet, *corners))
    return found


def _written(sheet: str, top: int, left: int, bottom: int, right: int) -> str:
    first = f"{sheet}!{column_letters(left)}{top}"
    return first if (top, left) == (bottom, right) else f"{first}:{column_letters(right)}{bottom}"


def _shifted(book: Book, chooser: random.Random, down: int, across: int) -> Mutation | None:
    cell = chooser.choice([*book.results, *book.copies])
    assert cell.formula is not None
    found = _references(book, cell.formula)
    if not found:
        return None
    start, end, sheet, top, left, bottom, right = chooser.choice(found)
    if min(top + down, left + across) < 1:
        return None
    there = _written(sheet, top + down, left + across, bottom + down, right + across)
    if chooser.random() < 0.3 and (top, left) != (bottom, right):  # only one end
        there = _written(sheet, top, left, bottom + abs(down), right + abs(across))
    return _formula_change(
        book,
        cell,
        "shifted",
        cell.formula[:start] + there + cell.formula[end:],
        "changed-formula",
        "blank-precedent",
    )


@mutator("reference shifted by a row")
def _row_shift(book: Book, chooser: random.Random) -> Mutation | None:
    return _shifted(book, chooser, chooser.choice([-1, 1]), 0)


@mutator("reference shifted by a column")
def _column_shift(book: Book, chooser: random.Random) -> Mutation | None:
    return _shifted(book, chooser, 0, chooser.choice([-1, 1]))


def _replacing(
    old: str, new: str | Callable[[re.Match[str]], str], *, results: bool = True
) -> Mutator:
    """One place of a pattern in a formula replaced."""

    def make(book: Book, chooser: random.Random) -> Mutation | None:
        cells = [
            cell
            for cell in (book.results if results else book.copies)
            if re.search(old, cell.formula or "")
        ]
        cell = _some(chooser, cells)
        if cell is None:
            return None
        assert cell.formula is not None
        found = chooser.choice(list(re.finditer(old, cell.formula)))
        there = new(found) if callable(new) else found.expand(new)
        formula = cell.formula[: found.start()] + there + cell.formula[found.end() :]
        return _formula_change(book, cell, "replaced", formula)

    return make


MUTATORS["learning rate dropped"] = _replacing(r"learning_rate\*", "")
MUTATORS["learning rate applied twice"] = _replacing(
    r"learning_rate\*", "learning_rate*learning_rate*"
)
MUTATORS["learning rate in the delta"] = _replacing(r"^(E\w*(?:!\w+)?\*.*)$", r"(\1)*learning_rate")
MUTATORS["slope dropped"] = _replacing(r"\*slope_\w+(?:![A-Z]+\d+)?", "")
MUTATORS["bias dropped"] = _replacing(r"\+b(?:h|out)\w*(?:![A-Z]+\d+)?$", "")
MUTATORS["constant of the maths changed"] = _replacing(
    r"(?<![\w.!$])[12](?![\w.!])", lambda found: str(int(found[0]) + 1)
)
MUTATORS["factor added"] = _replacing(r"^(.*)$", r"1.01*(\1)")
MUTATORS["rounded"] = _replacing(r"^(.*)$", r"ROUND(\1,2)")


@mutator("slope of the wrong matrix")
def _wrong_slope(book: Book, chooser: random.Random) -> Mutation | None:
    return _with_other_matrix(
        book,
        chooser,
        lambda block: block.matrix.startswith("slope_"),
        lambda block, other: (
            other.matrix.startswith(("slope_", "output", "hidden"))
            and other.matrix != block.matrix
            and (other.epoch, other.batch) == (block.epoch, block.batch)
        ),
    )


def _with_other_matrix(
    book: Book,
    chooser: random.Random,
    is_meant: Callable[[Block], bool],
    fits: Callable[[Block, Block], bool],
) -> Mutation | None:
    """A formula that reads, instead of one matrix, another one in its place."""
    cells = list(book.results)
    chooser.shuffle(cells)
    for cell in cells:
        assert cell.formula is not None
        read = []
        for reference in _references(book, cell.formula):
            block = book.block_at(reference[2], reference[3], reference[4])
            if block is not None and is_meant(block) and block.sheet != cell.sheet:
                read.append((reference, block))
        if not read:
            continue
        _, block = chooser.choice(read)
        others = [
            other
            for other in book.blocks
            if other != block
            and other.rows >= block.rows
            and other.columns >= block.columns
            and fits(block, other)
        ]
        if not others:
            continue
        other, formula = chooser.choice(others), cell.formula
        for (start, end, _, *corners), each in sorted(read, reverse=True):
            if each == block:
                top, left, bottom, right = corners
                down, across = other.top - block.top, other.left - block.left
                there = _written(
                    other.sheet, top + down, left + across, bottom + down, right + across
                )
                formula = formula[:start] + there + formula[end:]
        return _formula_change(book, cell, "other matrix", formula)
    return None


@mutator("link to the wrong epoch or batch")
def _wrong_moment(book: Book, chooser: random.Random) -> Mutation | None:
    return _with_other_matrix(
        book,
        chooser,
        lambda block: True,
        lambda block, other: (other.matrix, other.shape) == (block.matrix, block.shape),
    )


@mutator("updated before it was used")
def _updated_before(book: Book, chooser: random.Random) -> Mutation | None:
    # What is computed of the new weights, from this result, would go in a circle: none is a cause
    # but the changed cell.
    return _with_other_matrix(
        book,
        chooser,
        lambda block: re.fullmatch(r"[wb](h|out)(_\d)?", block.matrix) is not None,
        lambda block, other: (
            other.matrix == f"{block.matrix}_new"
            and (other.epoch, other.batch, other.shape) == (block.epoch, block.batch, block.shape)
        ),
    )


@mutator("formula that reads itself")
def _circle(book: Book, chooser: random.Random) -> Mutation | None:
    cell = chooser.choice([*book.results, *book.copies])
    return _formula_change(book, cell, "circle", f"{cell.formula}+0*{cell.sheet}!{cell.name}")


@mutator("transposed product")
def _transposed(book: Book, chooser: random.Random) -> Mutation | None:
    cells = [
        cell
        for cell in book.results
        if "MMULT(" in (cell.formula or "") or (cell.formula or "").count("*") > 1
    ]
    chooser.shuffle(cells)
    for cell in cells:
        assert cell.formula is not None
        if cell.array:
            formula = _swapped(cell.formula, chooser)
        else:
            formula = _turned(book, cell.formula, chooser)
        if formula is not None and formula != cell.formula:
            return _formula_change(
                book, cell, "transposed", formula, "changed-formula", "blank-precedent"
            )
    return None


def _swapped(formula: str, chooser: random.Random) -> str | None:
    """A product of matrices with one factor turned, or its factors swapped."""
    factor = r"(TRANSPOSE\([\w!:]+\)|[\w!:]+)"
    found = re.search(rf"MMULT\({factor},{factor}\)", formula)
    if found is None:
        return None
    left, right = found[1], found[2]

    def turned(text: str) -> str:
        inside = re.fullmatch(r"TRANSPOSE\((.*)\)", text)
        return inside[1] if inside else f"TRANSPOSE({text})"

    there = chooser.choice([(right, left), (turned(left), right), (left, turned(right))])
    return formula[: found.start()] + f"MMULT({there[0]},{there[1]})" + formula[found.end() :]


def _turned(book: Book, formula: str, chooser: random.Random) -> str | None:
    """A sum of products that reads one of its matrices with rows and columns exchanged."""
    read: dict[Block, list[tuple[int, int, int, int]]] = {}
    for start, end, sheet, top, left, bottom, right in _references(book, formula):
        block = book.block_at(sheet, top, left)
        if block is not None and (top, left) == (bottom, right):
            read.setdefault(block, []).append((start, end, top - block.top, left - block.left))
    several = [block for block, places in read.items() if len(places) > 1]
    if not several:
        return None
    block = chooser.choice(several)
    for start, end, i, j in sorted(read[block], reverse=True):
        there = _written(block.sheet, *(block.top + j, block.left + i) * 2)
        formula = formula[:start] + there + formula[end:]
    return formula


@mutator("row sum for a column sum")
def _row_sum(book: Book, chooser: random.Random) -> Mutation | None:
    cells = [
        cell
        for cell in book.results
        if re.search(r"SUM\(\w+![A-Z]+\d+:[A-Z]+\d+\)|ROW\(", cell.formula or "")
        and cell.sheet != "Loss"
    ]
    cell = _some(chooser, cells)
    if cell is None:
        return None
    assert cell.formula is not None
    ones = re.search(r"MMULT\(TRANSPOSE\(ROW\(([\w!]+):\w+\)\^0\),(\w+)\)", cell.formula)
    if ones is not None:
        there = f"TRANSPOSE(MMULT({ones[2]},TRANSPOSE(COLUMN({ones[2]})^0)))"
        formula = cell.formula[: ones.start()] + there + cell.formula[ones.end() :]
        return _formula_change(book, cell, "row sum", formula)
    found = re.search(r"SUM\((\w+)!([A-Z]+)(\d+):[A-Z]+\d+\)", cell.formula)
    if found is None:
        return None
    block = book.block_at(found[1], int(found[3]), column_index_from_string(found[2]))
    if block is None:
        return None
    row = int(found[3]) + chooser.randrange(block.rows)
    there = _written(found[1], row, block.left, row, block.left + block.columns - 1)
    formula = cell.formula[: found.start()] + f"SUM({there})" + cell.formula[found.end() :]
    return _formula_change(book, cell, "row sum", formula)


@mutator("formula that reads a blank cell")
def _blank(book: Book, chooser: random.Random) -> Mutation | None:
    cell = chooser.choice(book.results)
    assert cell.formula is not None
    found = [each for each in _references(book, cell.formula) if each[3:5] == each[5:7]]
    if not found:
        return None
    start, end, sheet, top, left, _, _ = chooser.choice(found)
    blank = _written(sheet, *(top, left + 40) * 2)
    formula = cell.formula[:start] + blank + cell.formula[end:]
    return _formula_change(book, cell, "blank", formula, "changed-formula", "blank-precedent")


@mutator("link to another workbook")
def _external(book: Book, chooser: random.Random) -> Mutation | None:
    cell = chooser.choice([*book.results, *book.copies])
    made = _formula_change(book, cell, "link", "[1]Sheet1!A1", "external-link")
    assert made is not None
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    link = "xl/externalLinks/externalLink1.xml"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.externalLink+xml"
    edits = {
        **made.edits,
        link: f'<externalLink xmlns="{main}"><externalBook xmlns:r="{OFFICE}" r:id="rId1">'
        '<sheetNames><sheetName val="Sheet1"/></sheetNames></externalBook></externalLink>',
        "xl/externalLinks/_rels/externalLink1.xml.rels": f'<Relationships xmlns="{package}">'
        f'<Relationship Id="rId1" Type="{OFFICE}/externalLinkPath" Target="other.xlsx" '
        'TargetMode="External"/></Relationships>',
        RELATIONS: book.parts[RELATIONS].replace(
            "</Relationships>",
            f'<Relationship Type="{OFFICE}/externalLink" Target="/{link}" Id="rIdX"/>'
            "</Relationships>",
        ),
        TYPES: book.parts[TYPES].replace(
            "</Types>", f'<Override PartName="/{link}" ContentType="{kind}"/></Types>'
        ),
        WORKBOOK: book.parts[WORKBOOK].replace(
            "</sheets>",
            f'</sheets><externalReferences><externalReference xmlns:r="{OFFICE}" r:id="rIdX"/>'
            "</externalReferences>",
        ),
    }
    return Mutation(**{**_fields(made), "edits": edits})


def _fields(made: Mutation) -> dict[str, Any]:
    return {name: getattr(made, name) for name in Mutation.__dataclass_fields__}


# --- Whole sheets ---


def _on_sheet(
    what: str,
    sheet: str,
    before: object,
    after: object,
    kind: str,
    edits: Mapping[str, str | None],
    *sheets: str,
) -> Mutation:
    """A change for which no single cell is to blame."""
    return Mutation(
        what,
        (sheet, ""),
        before,
        after,
        frozenset({kind} if kind else ()),
        frozenset(),
        frozenset(),
        edits,
        frozenset(sheets or (sheet,)),
    )


@mutator("two sheets exchanged")
def _exchanged(book: Book, chooser: random.Random) -> Mutation | None:
    """Two sheets, each with formulas, under each other's names."""
    sheets = sorted({block.sheet for block in book.blocks if block.kind == "formula"} - {"Loss"})
    one, other = chooser.sample(sheets, 2)
    if chooser.random() < 0.5:
        names = {f'name="{one}"': f'name="{other}"', f'name="{other}"': f'name="{one}"'}
        start, end = "<sheets>", "</sheets>"
        before, _, rest = book.parts[WORKBOOK].partition(start)
        listed, _, after = rest.partition(end)
        listed = re.sub("|".join(names), lambda found: names[found[0]], listed)
        edits: dict[str, str | None] = {WORKBOOK: f"{before}{start}{listed}{end}{after}"}
    else:
        entries = book.entries[one], book.entries[other]
        edits = {entries[0]: book.parts[entries[1]], entries[1]: book.parts[entries[0]]}
    # Rows without a formula in common may be missing in the one and extra in the other.
    return _on_sheet("exchanged", one, one, other, "", edits, one, other)


@mutator("deleted sheet")
def _deleted_sheet(book: Book, chooser: random.Random) -> Mutation | None:
    sheet = chooser.choice([s for s in book.entries if s not in ("Map", "Settings")])
    entry = book.entries[sheet]
    listed = re.search(rf'<sheet [^>]*?name="{sheet}"[^>]*?/>', book.parts[WORKBOOK])
    assert listed is not None
    edits: dict[str, str | None] = {
        WORKBOOK: book.parts[WORKBOOK].replace(listed[0], ""),
        RELATIONS: re.sub(
            rf'<Relationship [^>]*Target="/{entry}"[^>]*/>', "", book.parts[RELATIONS]
        ),
        TYPES: re.sub(rf'<Override PartName="/{entry}"[^>]*/>', "", book.parts[TYPES]),
        entry: None,
        entry.replace("worksheets/", "worksheets/_rels/") + ".rels": None,
    }
    return _on_sheet("deleted", sheet, sheet, None, "missing", edits)


@mutator("row of the Map")
def _map(book: Book, chooser: random.Random) -> Mutation | None:
    cells = [c for c in book.cells["Map"].values() if c.row > 4 and c.value]
    cell = chooser.choice(cells)
    if cell.kind == "n":
        after: object = cell.number + 1
        edits = book.with_cell(cell, f"<v>{after}</v>")
    else:
        after = {6: "B99:C100", 9: "constant"}.get(cell.column, f"{cell.value}x")
        edits = book.with_cell(cell, f"<is><t>{after}</t></is>", "inlineStr")
    return _on_sheet("Map", "Map", f"{cell.name}: {cell.value}", after, "structure", edits)


@mutator("defined name that means something else")
def _moved_name(book: Book, chooser: random.Random) -> Mutation | None:
    """Of a setting, which formulas of both styles call by its name."""
    settings = {n: p for n, p in book.names.items() if p.startswith("Settings!")}
    name = chooser.choice(sorted(settings))
    cell = settings[name].partition("!")[2]
    other = f"X!{book.inputs[0].name}"
    before, after = (
        re.sub(r"([A-Z]+)([0-9]+)$", r"$\1$\2", each) for each in (settings[name], other)
    )
    text = book.parts[WORKBOOK].replace(f'name="{name}">{before}<', f'name="{name}">{after}<')
    assert text != book.parts[WORKBOOK]
    # What reads it is right by its formula, but not what its step gives.
    readers = {
        place
        for each in (*book.results, *book.copies, *book.lines, *book.others)
        if re.search(rf"\b{name}\b", each.formula or "")
        for place in book.touched_by(each)
    }
    place = "Settings", cell
    return Mutation(
        "name",
        place,
        settings[name],
        other,
        frozenset({"structure"}),
        frozenset({place}),
        frozenset({place, *readers}),
        {WORKBOOK: text},
    )


# --- Hidden ---


@mutator("hidden sheet")
def _hidden_sheet(book: Book, chooser: random.Random) -> Mutation | None:
    sheet = chooser.choice([s for s in book.entries if s != "Start"])
    state = chooser.choice(["hidden", "veryHidden"])
    found = re.search(rf'<sheet [^>]*?name="{sheet}"[^>]*?/>', book.parts[WORKBOOK])
    assert found is not None
    text = book.parts[WORKBOOK].replace(
        found[0], found[0].replace('state="visible"', f'state="{state}"')
    )
    assert text != book.parts[WORKBOOK]
    return _on_sheet("hidden", sheet, "visible", state, "hidden", {WORKBOOK: text})


@mutator("hidden row")
def _hidden_row(book: Book, chooser: random.Random) -> Mutation | None:
    cell = chooser.choice([*book.results, *book.inputs])
    entry = book.entries[cell.sheet]
    row = f'<row r="{cell.row}"'
    how = chooser.choice(['hidden="1"', 'ht="0" customHeight="1"'])
    old = re.search(rf"{row}[^>]*>", book.parts[entry])
    assert old is not None
    new = re.sub(r' (ht|customHeight)="[^"]*"', "", old[0]).replace(row, f"{row} {how}")
    text = book.parts[entry].replace(old[0], new)
    return _on_sheet("hidden", cell.sheet, row, how, "hidden", {entry: text})


@mutator("hidden column")
def _hidden_column(book: Book, chooser: random.Random) -> Mutation | None:
    cell = chooser.choice([*book.results, *book.inputs])
    entry = book.entries[cell.sheet]
    text = book.parts[entry]
    columns = re.sub(rf'<col [^>]*min="{cell.column}" max="{cell.column}"[^>]*/>', "", text)
    new = f'<col min="{cell.column}" max="{cell.column}" width="9" hidden="1"/>'
    later = [c for c in re.finditer(r'<col [^>]*min="(\d+)"', columns) if int(c[1]) > cell.column]
    place = later[0].start() if later else columns.find("</cols>")
    if place < 0 or columns == text:
        return None
    text = columns[:place] + new + columns[place:]
    return _on_sheet("hidden", cell.sheet, "", cell.name, "hidden", {entry: text})


@mutator("manual calculation")
def _manual(book: Book, chooser: random.Random) -> Mutation | None:
    text = book.parts[WORKBOOK].replace("<calcPr ", '<calcPr calcMode="manual" ')
    assert text != book.parts[WORKBOOK]
    return _on_sheet("manual", "", "auto", "manual", "manual-calculation", {WORKBOOK: text})


# --- What was added ---


@mutator("formula where nothing belongs")
def _extra(book: Book, chooser: random.Random) -> Mutation | None:
    """Between the blocks of a sheet: below the first band's first row, left of the last column."""
    cell = chooser.choice([cell for cell in book.results if cell.sheet != "Loss"])
    cells = book.cells[cell.sheet]
    numbers = [c for c in cells.values() if c.row >= 15 and c.kind == "n" and c.value]
    last_row, last_column = (max(getattr(c, k) for c in numbers) for k in ("row", "column"))
    blank = [
        (row, column)
        for row in range(13, last_row + 1)
        for column in range(1, last_column + 1)
        if f"{column_letters(column)}{row}" not in cells
        or not cells[f"{column_letters(column)}{row}"].value
    ]
    if not blank:
        return None
    row, column = chooser.choice(blank)
    name = f"{column_letters(column)}{row}"
    if name in cells:
        return None  # an empty cell with a style
    content = chooser.choice(["<f>1+1</f><v>2</v>", f"<f>{cell.sheet}!{cell.name}</f>", "<v>7</v>"])
    place = cell.sheet, name
    return Mutation(
        "extra",
        place,
        None,
        content,
        frozenset({"extra"}),
        frozenset({place}),
        frozenset({place}),
        book.with_new_cell(cell.sheet, row, column, content),
    )
