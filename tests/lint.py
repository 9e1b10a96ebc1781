"""A lint for workbooks: what Excel does not forgive though every free engine does.

It reads the XML in the zip, not through a library that would hide cached values and array
entry, and shares no code with xlnn. The numbers of the rules are those of EXCEL_FACTS.md.
"""

from __future__ import annotations

import math
import posixpath
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from openpyxl.formula import Tokenizer
from openpyxl.formula.tokenizer import Token

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
OFFICE = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
PACKAGE = "{http://schemas.openxmlformats.org/package/2006/relationships}"
CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"

MAX_ROWS, MAX_COLUMNS, MAX_FORMULA, MAX_TEXT = 1_048_576, 16_384, 8_192, 32_767
MAX_QUOTED = 255
"""Characters of a text inside a formula."""

MAX_LINKS = 65_530
"""Links on one sheet; Excel repairs a file with more by throwing them away."""

ALLOWED_FUNCTIONS = {
    *(
        "ABS",
        "CHOOSE",
        "COLUMN",
        "COLUMNS",
        "EXP",
        "IF",
        "INDEX",
        "ISNUMBER",
        "LN",
        "MATCH",
        "MAX",
        "MIN",
        "MMULT",
    ),
    *("ROUND", "ROW", "ROWS", "SQRT", "SUM", "SUMPRODUCT", "TANH", "TRANSPOSE"),
}
"""All of them are in Excel 2007 and in the three engines."""

TELLING = ("Start", "Walkthrough", "Predict", "Checks")
"""The sheets where formulas fetch texts: verdicts, classes, names of samples."""

ALLOWED_NUMBERS = {"0", "1", "2"}
"""Those of the maths itself. Every other number is a choice, and choices are cells."""

FIXED_TIME = (1980, 1, 1, 0, 0, 0)
"""The oldest that a zip can hold, so nothing but a constant."""


@dataclass(frozen=True, slots=True)
class Trap:
    """Something that Excel would trip over."""

    rule: int
    place: str
    message: str


# --- The file -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RawCell:
    """A cell as it is written."""

    kind: str
    """The attribute ``t``: n (number), inlineStr, s, str, b, e."""
    text: str | None
    """The content of ``<v>`` or of the inline string."""
    formula: str | None
    formula_kind: str
    """The attribute ``t`` of ``<f>``: normal, array, shared, dataTable."""
    array: str | None
    """The range of an array formula, on its first cell."""
    quoted: bool
    """Whether its style says quotePrefix."""
    marked: bool
    """Whether it has metadata, as dynamic arrays do."""


@dataclass(frozen=True, slots=True)
class RawSheet:
    """A sheet as it is written."""

    part: str
    cells: Mapping[str, RawCell]
    links: tuple[str, ...]
    """The places in the workbook that its hyperlinks lead to."""


@dataclass(frozen=True, slots=True)
class RawBook:
    """A workbook as it is written."""

    sheets: Mapping[str, RawSheet]
    names: Mapping[str, str]
    full_calc_on_load: bool
    parts: tuple[str, ...]
    relations: tuple[tuple[str, str], ...]
    """From which part of the zip to which other one."""
    charts: Mapping[str, tuple[str, ...]]
    """By part, the cells that a chart shows."""
    times: frozenset[tuple[int, ...]]
    """The times of the zip's entries."""
    written: frozenset[str]
    """When docProps/core.xml says it was created and modified."""

    def number(self, sheet: str, cell: str) -> float:
        """A cell's number, cached or typed."""
        found = self.sheets[sheet].cells[cell]
        assert found.kind == "n", f"{sheet}!{cell} holds no number: {found}"
        assert found.text is not None, f"{sheet}!{cell} is empty"
        return float(found.text)


def read_raw(path: Path) -> RawBook:
    """The workbook in a file."""
    with zipfile.ZipFile(path) as archive:
        book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
        targets = {
            relation.get("Id"): "xl/" + relation.get("Target", "").removeprefix("/xl/")
            for relation in ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
        }
        styles = ElementTree.fromstring(archive.read("xl/styles.xml"))
        quoted = [style.get("quotePrefix") == "1" for style in styles.find(f"{MAIN}cellXfs")]
        shared = _shared_texts(archive)
        sheets = {}
        for entry in book.iter(f"{MAIN}sheet"):
            part = targets[entry.get(f"{OFFICE}id")]
            root = ElementTree.fromstring(archive.read(part))
            sheets[entry.get("name", "")] = RawSheet(
                part,
                {cell.get("r", ""): _cell(cell, quoted, shared) for cell in root.iter(f"{MAIN}c")},
                tuple(link.get("location", "") for link in root.iter(f"{MAIN}hyperlink")),
            )
        calculation = book.find(f"{MAIN}calcPr")
        core = ElementTree.fromstring(archive.read("docProps/core.xml"))
        return RawBook(
            sheets,
            {name.get("name", ""): name.text or "" for name in book.iter(f"{MAIN}definedName")},
            calculation is not None and calculation.get("fullCalcOnLoad") in ("1", "true"),
            tuple(archive.namelist()),
            tuple(_relations(archive)),
            {
                part: _shown_cells(archive.read(part))
                for part in archive.namelist()
                if "/chart" in part
            },
            frozenset(entry.date_time for entry in archive.infolist()),
            frozenset(
                child.text or "" for child in core if child.tag.endswith(("}created", "}modified"))
            ),
        )


def _shared_texts(archive: zipfile.ZipFile) -> list[str]:
    if "xl/sharedStrings.xml" not in archive.namelist():
        return []
    root = ElementTree.fromstring(archive.read("xl/sharedStrings.xml"))
    return ["".join(entry.itertext()) for entry in root]


def _relations(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    for rels in archive.namelist():
        if rels.endswith(".rels"):
            folder = posixpath.dirname(posixpath.dirname(rels))
            source = posixpath.join(folder, posixpath.basename(rels).removesuffix(".rels"))
            for relation in ElementTree.fromstring(archive.read(rels)):
                target = posixpath.join("/", folder, relation.get("Target", ""))
                if relation.get("TargetMode") != "External":
                    yield source, posixpath.normpath(target).removeprefix("/")


def _shown_cells(chart: bytes) -> tuple[str, ...]:
    return tuple(formula.text or "" for formula in ElementTree.fromstring(chart).iter(f"{CHART}f"))


def _cell(cell: ElementTree.Element, quoted: list[bool], shared: list[str]) -> RawCell:
    kind = cell.get("t", "n")
    value, formula = cell.find(f"{MAIN}v"), cell.find(f"{MAIN}f")
    text = None if value is None else value.text
    if kind == "inlineStr":
        text = "".join(cell.itertext())
    elif kind == "s":
        text = shared[int(text or 0)]
    return RawCell(
        kind,
        text,
        None if formula is None else formula.text or "",
        "normal" if formula is None else formula.get("t", "normal"),
        None if formula is None else formula.get("ref"),
        quoted[int(cell.get("s", "0"))],
        cell.get("cm") is not None or cell.get("vm") is not None,
    )


# --- The lint of a workbook -----------------------------------------------------------


def lint(path: Path) -> list[Trap]:
    """Everything in a workbook that Excel would trip over; nothing, if it is well written."""
    book = read_raw(path)
    traps = [*_lint_book(book)]
    for name, sheet in book.sheets.items():
        traps += _lint_sheet(name, sheet)
        here = {**book.sheets, "": sheet}  # a reference without a sheet is to its own
        for place, cell in sheet.cells.items():
            if cell.formula and not cell.formula.startswith("="):
                array = cell.formula_kind == "array"
                for rule, message in lint_formula(cell.formula, array, book.names, here):
                    traps.append(Trap(rule, f"{name}!{place}", f"{message}: {cell.formula}"))
    return traps


def _lint_book(book: RawBook) -> Iterator[Trap]:
    if not book.full_calc_on_load:
        yield Trap(3, "xl/workbook.xml", "fullCalcOnLoad is not set")
    if any("calcChain" in part for part in book.parts):
        yield Trap(3, "xl/calcChain.xml", "a calcChain is written")
    if book.times != {FIXED_TIME}:
        yield Trap(12, "the zip", f"entries carry the times {sorted(book.times)}")
    if book.written - {"1980-01-01T00:00:00Z"}:
        yield Trap(12, "docProps/core.xml", f"written at {sorted(book.written)}")
    yield from _lint_names("sheet name", list(book.sheets), sheet_name_flaw)
    yield from _lint_names("defined name", list(book.names), defined_name_flaw)
    for name, place in book.names.items():
        for flaw in _reference_flaws(place, {}, book.sheets):
            yield Trap(9, name, f"the name stands for {place}: {flaw}")

    for source, target in book.relations:
        if target not in book.parts:
            yield Trap(13, source, f"leads to {target}, which is not there")
    for part, shown in book.charts.items():
        yield from _lint_chart(book, part, shown)


def _lint_chart(book: RawBook, part: str, shown: tuple[str, ...]) -> Iterator[Trap]:
    if part not in [target for _, target in book.relations]:
        yield Trap(13, part, "a chart that stands nowhere")
    if not shown:
        yield Trap(13, part, "a chart that shows nothing")
    for place in shown:
        flaws = list(_reference_flaws(place, {}, book.sheets))
        for flaw in flaws:
            yield Trap(9, part, f"the chart shows {place}: {flaw}")
        if not flaws:
            name, members = _cells_behind(place, book.names)
            for member in members:
                cell = book.sheets[name].cells.get(member)
                if cell is None or cell.kind != "n" or cell.text is None:
                    yield Trap(13, part, f"the chart shows {name}!{member}, which has no number")


def _lint_names(what: str, names: list[str], flaw_of: object) -> Iterator[Trap]:
    assert callable(flaw_of)
    for name in names:
        flaw = flaw_of(name)
        if flaw:
            yield Trap(9, name, f"{what}: {flaw}")
        if [other.casefold() for other in names].count(name.casefold()) > 1:
            yield Trap(9, name, f"{what}: there are two but for capitals")


def sheet_name_flaw(name: str) -> str | None:
    """Why Excel would not take a sheet's name."""
    if not name or len(name.encode("utf-16-le")) > 62:
        return "empty, or longer than 31 UTF-16 units"
    if re.search(r"[\[\]:*?/\\]", name):
        return r"holds one of []:*?/\ "
    if name[0] == "'" or name[-1] == "'":
        return "an apostrophe at an end"
    return "Excel keeps History for itself" if name.casefold() == "history" else None


def defined_name_flaw(name: str) -> str | None:
    """Why Excel would not take a defined name."""
    if not re.fullmatch(r"[^\W\d][\w.]*", name) or len(name) > 255:
        return "not a letter or _ and then letters, digits, dots and _, up to 255"
    return "reads like a cell" if reads_like_a_cell(name) else None


def reads_like_a_cell(word: str) -> bool:
    """Whether Excel may take a word for a cell, in either of its two notations."""
    if re.fullmatch(r"R(\d*)(C\d*)?|C\d*", word, re.IGNORECASE):
        return True
    found = re.fullmatch(r"([A-Z]{1,3})\d+", word, re.IGNORECASE)
    return found is not None and _column_number(found[1]) <= MAX_COLUMNS


def _lint_sheet(name: str, sheet: RawSheet) -> Iterator[Trap]:
    if len(sheet.links) > MAX_LINKS:
        yield Trap(10, name, f"{len(sheet.links)} links, Excel holds {MAX_LINKS}")
    inside: dict[str, str] = {}
    for place, cell in sheet.cells.items():
        full = f"{name}!{place}"
        row, column = _corner(place)
        if row > MAX_ROWS or column > MAX_COLUMNS:
            yield Trap(10, full, "outside the sheet")
        if cell.formula is not None:
            yield from _lint_entry(full, cell)
            for member in _members(cell.array) if cell.array else [place]:
                if inside.setdefault(member, place) != place:
                    yield Trap(1, full, f"{member} is filled by {inside[member]} too")
                text, found = gives_text(cell.formula), sheet.cells.get(member)
                text = text or (
                    name in TELLING
                    and found is not None
                    and found.kind == "str"
                    and may_give_text(cell.formula)
                )
                yield from _lint_cached(f"{name}!{member}", found, text)
            if cell.array and _members(cell.array)[0] != place:
                yield Trap(1, full, f"an array formula of {cell.array} not on its first cell")
        elif cell.kind == "n":
            if cell.text is not None:
                yield from _lint_number(full, cell.text)
        elif cell.kind in ("inlineStr", "s"):
            yield from _lint_text(full, cell)
        else:
            yield Trap(11, full, f"a cell of the kind {cell.kind}: {cell.text}")


def _lint_entry(place: str, cell: RawCell) -> Iterator[Trap]:
    """How a formula is entered."""
    if cell.formula_kind not in ("normal", "array"):
        yield Trap(2, place, f"a formula of the kind {cell.formula_kind}")
    if cell.formula_kind == "array" and not cell.array:
        yield Trap(1, place, "an array formula without its range")
    if cell.marked:
        yield Trap(1, place, "a dynamic array")
    if not cell.formula or cell.formula.startswith("="):
        yield Trap(11, place, f"no formula after the = that Excel adds: {cell.formula!r}")
    if len(cell.formula or "") + 1 > MAX_FORMULA:
        yield Trap(10, place, f"a formula of {len(cell.formula or '') + 1} characters")


def _lint_cached(place: str, cell: RawCell | None, text: bool) -> Iterator[Trap]:
    if cell is None or cell.text is None:
        yield Trap(3, place, "a formula without its value")
    elif text:
        if cell.kind != "str" or cell.text is None:
            yield Trap(3, place, f"a formula's value is no text: {cell.kind} {cell.text}")
    elif cell.kind != "n":
        yield Trap(3, place, f"a formula's value is no number: {cell.kind} {cell.text}")
    else:
        yield from _lint_number(place, cell.text)


def _lint_number(place: str, text: str) -> Iterator[Trap]:
    number = float(text)
    if not math.isfinite(number):
        yield Trap(10, place, f"{text} is no number in Excel")
    shortest = repr(number).removesuffix(".0")
    if text != shortest:
        yield Trap(4, place, f"{text} is not the shortest text of its number, {shortest}")


def _lint_text(place: str, cell: RawCell) -> Iterator[Trap]:
    text = cell.text or ""
    if len(text.encode("utf-16-le")) > 2 * MAX_TEXT:
        yield Trap(10, place, f"a text of {len(text)} characters")
    if text.startswith(("=", "+", "-", "@")) and not cell.quoted:
        yield Trap(11, place, f"without quotePrefix Excel would compute it once edited: {text}")


# --- The lint of a formula ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Node:
    """A part of a formula."""

    kind: str
    """call, infix, prefix, postfix, brackets, range, number, text or constant."""
    text: str
    """The function, operator, reference or number."""
    parts: tuple[Node, ...] = ()


def lint_formula(
    formula: str,
    array: bool = False,
    names: Mapping[str, str] | None = None,
    sheets: Mapping[str, object] | None = None,
) -> Iterator[tuple[int, str]]:
    """The rules that a formula breaks, and how. ``formula`` has no ``=`` in front.

    ``names`` are the workbook's defined names with their places, ``sheets`` has its sheets.
    """
    names, sheets = names or {}, sheets or {}
    tree = parse(formula)
    yield from _joined_texts(tree)
    for node in _walk(tree):
        if node.kind == "call" and node.text not in ALLOWED_FUNCTIONS:
            yield 1, f"the function {node.text} is not on the list"
        if node.kind == "number" and node.text not in ALLOWED_NUMBERS:
            yield 0, f"the number {node.text} should be a cell"
        if node.kind == "constant":
            yield 0, f"the constant {node.text}"
        if node.kind == "infix" and node.text == "^" and node.parts[0].kind == "prefix":
            yield 8, "Excel takes the sign before the power"
        if node.kind == "range":
            for flaw in _reference_flaws(node.text, names, sheets):
                yield 9, flaw
        if node.kind == "call" and node.text == "INDEX":
            # Gnumeric counts rows where Excel counts along a single row.
            sizes = _sizes(node.parts[0], names)
            rows, columns = sizes.pop() if len(sizes) == 1 else (0, 0)
            in_row = len(node.parts) == 3 and node.parts[1].text == "1" and rows == 1
            if not in_row and (len(node.parts) != 2 or columns != 1):
                yield 1, "INDEX of anything but a place in a column, or in row 1 of a row"
    if not array:
        for message in _plain(tree, names):
            yield 1, message
    for message in _unguarded(tree, frozenset(), lambda node: _falls(node, names, sheets)):
        yield 7, message


def gives_text(formula: str) -> bool:
    """Whether a formula joins texts."""
    if formula.startswith("="):
        return False  # another rule tells
    tree = parse(formula)
    return tree.kind == "infix" and tree.text == "&"


def may_give_text(formula: str) -> bool:
    """Whether a formula gives what some cell holds, which may be a text."""
    if formula.startswith("="):
        return False  # another rule tells
    tree = parse(formula)
    return tree.kind == "range" or tree.text in ("IF", "INDEX")


def _joined_texts(tree: Node, outermost: bool = True) -> Iterator[tuple[int, str]]:
    """What may be wrong where texts are joined: & is the outermost operator, and what it joins is
    a text in quotes or a number that is rounded to as many digits as a cell says."""
    if tree.kind == "infix" and tree.text == "&":
        if not outermost:
            yield 0, "texts are joined inside"
        for part in tree.parts:
            if part.kind == "infix" and part.text == "&":
                yield from _joined_texts(part)
            elif part.kind == "text":
                if len(part.text) - 2 > MAX_QUOTED:
                    yield 10, f"a text of {len(part.text) - 2} characters inside a formula"
            elif part.text == "ROUND" and len(part.parts) == 2 and part.parts[1].kind == "range":
                yield from _joined_texts(part.parts[0], outermost=False)
            else:
                yield 0, f"{_printed(part)} is joined to a text, but not rounded by a cell"
        return
    if tree.kind == "text" and tree.text != '""':  # what is not there shows nothing
        yield 0, f"the constant {tree.text}"
    if tree.text == "ROUND":
        yield 0, "a number is rounded that is no part of a text"
    for part in tree.parts:
        yield from _joined_texts(part, outermost=False)


def _plain(node: Node, names: Mapping[str, str]) -> Iterator[str]:
    """What a plain formula may not do with ranges: Excel up to 2019 would give #VALUE!, and
    Excel 365 would write an @ in front."""
    if node.kind == "range":
        if _size(node.text, names) != (1, 1):
            yield f"the range {node.text} in a plain formula"
    elif node.kind == "call" and node.text in ("TRANSPOSE", "MMULT", "ROW", "COLUMN"):
        yield f"{node.text} in a plain formula"
    elif node.kind == "call" and node.text in TAKE_RANGES:
        places = TAKE_RANGES[node.text]
        for place, part in enumerate(node.parts):
            if part.kind != "range" or (places and place not in places):
                yield from _plain(part, names)
    elif node.kind == "call" and node.text == "SUMPRODUCT":
        sizes = {size for part in node.parts for size in _sizes(part, names)} - {(1, 1)}
        if len(sizes) > 1:
            yield f"SUMPRODUCT of different shapes: {sorted(sizes)}"
        for part in node.parts:
            for inner in _walk(part):
                if inner.kind == "call":
                    yield f"{inner.text} inside SUMPRODUCT in a plain formula"
    else:
        for part in node.parts:
            yield from _plain(part, names)


TAKE_RANGES: dict[str, tuple[int, ...]] = {
    **dict.fromkeys(("SUM", "MAX", "MIN", "ROWS", "COLUMNS"), ()),
    "INDEX": (0,),
    "MATCH": (1,),
}
"""The functions that take ranges in plain formulas, and as which of their arguments; () for all."""


def _unguarded(node: Node, safe: frozenset[str], falls: Callable[[Node], bool]) -> Iterator[str]:
    """The EXP whose argument nothing keeps from being large. ``safe`` has the arguments that
    an IF around here has found not to be positive, ``falls`` tells of others that are not."""
    if node.kind == "call" and node.text == "EXP":
        argument = _bare(node.parts[0])
        if not (falls(argument) or _printed(argument) in safe):
            yield f"EXP({_printed(argument)}) may overflow"
    if node.kind == "call" and node.text == "IF" and len(node.parts) == 3:
        condition, then, otherwise = node.parts
        yield from _unguarded(condition, safe, falls)
        below, above = _found(condition)
        yield from _unguarded(then, safe | below, falls)
        yield from _unguarded(otherwise, safe | above, falls)
    else:
        for part in node.parts:
            yield from _unguarded(part, safe, falls)


def _falls(argument: Node, names: Mapping[str, str], sheets: Mapping[str, object]) -> bool:
    """Whether an argument of EXP is never positive: minus a size, or numbers less the largest of
    them, which MAX gives here or in the cells that are subtracted."""
    if argument.kind == "prefix":
        return argument.text == "-" and _bare(argument.parts[0]).text == "ABS"
    if argument.kind != "infix" or argument.text != "-":
        return False
    numbers, largest = argument.parts
    if largest.text == "MAX":
        return True
    if numbers.kind != "range" or largest.kind != "range":
        return False
    sheet, members = _cells_behind(largest.text, names)
    found = sheets.get(sheet)
    rows = [cell for member in members if (cell := _row_of_max(found, member, names))]
    numbers_sheet, numbers_there = _cells_behind(numbers.text, names)
    return (
        len(rows) == len(members) == len({_corner(cell)[0] for cell in numbers_there})
        and {sheet for sheet, _ in rows} == {numbers_sheet}
        and set(numbers_there) <= {cell for _, cells in rows for cell in cells}
        and all(len({_corner(cell)[0] for cell in cells}) == 1 for _, cells in rows)
    )


def _row_of_max(sheet: object, cell: str, names: Mapping[str, str]) -> tuple[str, list[str]] | None:
    """The sheet and the cells whose largest number a cell holds."""
    if not isinstance(sheet, RawSheet) or cell not in sheet.cells:
        return None
    formula = sheet.cells[cell].formula
    tree = parse(formula) if formula else None
    if tree is None or tree.text != "MAX" or [part.kind for part in tree.parts] != ["range"]:
        return None
    return _cells_behind(tree.parts[0].text, names)


def _cells_behind(text: str, names: Mapping[str, str]) -> tuple[str, list[str]]:
    """The sheet and the cells of a reference, or of a defined name."""
    sheet, _, cells = names.get(text, text).rpartition("!")
    cells = cells.replace("$", "")
    if sheet.startswith("'"):
        sheet = sheet[1:-1].replace("''", "'")
    return sheet, _members(cells) if re.fullmatch(r"[A-Z]+\d+(:[A-Z]+\d+)?", cells) else []


def _found(condition: Node) -> tuple[frozenset[str], frozenset[str]]:
    """What is not positive where a condition ``x<0`` holds, and where it does not."""
    nothing: frozenset[str] = frozenset()
    if condition.kind != "infix" or condition.parts[1].text != "0":
        return nothing, nothing
    x = condition.parts[0]
    same, opposite = frozenset([_printed(x)]), frozenset([f"-{_printed(x, tight=True)}"])
    if condition.text in ("<", "<="):
        return same, opposite
    return (opposite, same) if condition.text in (">", ">=") else (nothing, nothing)


def _reference_flaws(
    text: str, names: Mapping[str, str], sheets: Mapping[str, object]
) -> Iterator[str]:
    """What is wrong with a reference such as ``X!B6:E8``, ``'a b'!B6``, or a name."""
    sheet, _, cells = text.rpartition("!")
    if not sheet:
        if not re.fullmatch(r"\$?[A-Z]+\$?\d+(:\$?[A-Z]+\$?\d+)?", cells) and cells not in names:
            yield f"{cells} is no cell and no defined name"
        return
    if sheet.startswith("'"):
        sheet = sheet[1:-1].replace("''", "'")
    elif not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", sheet) or reads_like_a_cell(sheet):
        yield f"the sheet {sheet} must stand in quotes"
    if sheet not in sheets:
        yield f"there is no sheet {sheet}"
    corners = [_corner(cell) for cell in cells.replace("$", "").split(":")]
    if any(row > MAX_ROWS or column > MAX_COLUMNS for row, column in corners):
        yield f"{cells} is outside the sheet"


def _sizes(node: Node, names: Mapping[str, str]) -> set[tuple[int, int]]:
    return {_size(inner.text, names) for inner in _walk(node) if inner.kind == "range"}


def _size(text: str, names: Mapping[str, str]) -> tuple[int, int]:
    """The rows and columns of a reference."""
    cells = names.get(text, text).rpartition("!")[2].replace("$", "")
    if not re.fullmatch(r"[A-Z]+\d+(:[A-Z]+\d+)?", cells):
        return 1, 1  # no reference that is known; another rule tells
    corners = [_corner(cell) for cell in cells.split(":")]
    return corners[-1][0] - corners[0][0] + 1, corners[-1][1] - corners[0][1] + 1


def _corner(cell: str) -> tuple[int, int]:
    found = re.fullmatch(r"([A-Z]+)(\d+)", cell)
    assert found, f"{cell} is no cell"
    return int(found[2]), _column_number(found[1])


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def _members(array: str) -> list[str]:
    """Every cell of a range, row by row."""
    corners = [_corner(cell) for cell in array.split(":")]
    (top, left), (bottom, right) = corners[0], corners[-1]
    return [
        f"{column_letters(column)}{row}"
        for row in range(top, bottom + 1)
        for column in range(left, right + 1)
    ]


def cells_of(array: str) -> list[str]:
    """``B6, C6, B7, C7`` for ``B6:C7``."""
    return _members(array)


def column_letters(column: int) -> str:
    """``AB`` for 28."""
    letters = ""
    while column:
        column, letter = divmod(column - 1, 26)
        letters = chr(65 + letter) + letters
    return letters


# --- Reading a formula ----------------------------------------------------------------

BINDING = dict.fromkeys(("=", "<", ">", "<=", ">=", "<>"), 1) | {
    "&": 2,
    "+": 3,
    "-": 3,
    "*": 4,
    "/": 4,
    "^": 5,
}
"""Excel's. A sign binds closer than all of them."""


def parse(formula: str) -> Node:
    """The tree of a formula, bound as Excel binds."""
    tokens = [t for t in Tokenizer(f"={formula}").items if t.type != Token.WSPACE]
    tree, rest = _expression(tokens, 1)
    assert not rest, f"cannot read {formula} from {rest[0].value} on"
    return tree


def _expression(tokens: list[Token], least: int) -> tuple[Node, list[Token]]:
    left, tokens = _operand(tokens)
    while tokens and tokens[0].type == Token.OP_IN and BINDING[tokens[0].value] >= least:
        operator = tokens[0].value
        right, tokens = _expression(tokens[1:], BINDING[operator] + 1)
        left = Node("infix", operator, (left, right))
    return left, tokens


def _operand(tokens: list[Token]) -> tuple[Node, list[Token]]:
    token, tokens = tokens[0], tokens[1:]
    if token.type == Token.OP_PRE:
        inner, tokens = _operand(tokens)
        return Node("prefix", token.value, (inner,)), tokens
    if token.type == Token.FUNC:
        parts, tokens = _arguments(tokens)
        node = Node("call", token.value[:-1].upper(), tuple(parts))
    elif token.type == Token.PAREN:
        parts, tokens = _arguments(tokens)
        node = Node("brackets", "", tuple(parts))
    else:
        kinds = {Token.RANGE: "range", Token.NUMBER: "number", Token.TEXT: "text"}
        node = Node(kinds.get(token.subtype, "constant"), token.value)
    while tokens and tokens[0].type == Token.OP_POST:
        node, tokens = Node("postfix", tokens[0].value, (node,)), tokens[1:]
    return node, tokens


def _arguments(tokens: list[Token]) -> tuple[list[Node], list[Token]]:
    parts = []
    while tokens[0].subtype != Token.CLOSE:
        if tokens[0].type == Token.SEP:
            tokens = tokens[1:]
        part, tokens = _expression(tokens, 1)
        parts.append(part)
    return parts, tokens[1:]


def _walk(node: Node) -> Iterator[Node]:
    yield node
    for part in node.parts:
        yield from _walk(part)


def _bare(node: Node) -> Node:
    """Without the brackets around it."""
    return _bare(node.parts[0]) if node.kind == "brackets" else node


def _printed(node: Node, tight: bool = False) -> str:
    """The same text for the same formula, however it was bracketed."""
    node = _bare(node)
    parts = [_printed(part, tight=node.kind != "call") for part in node.parts]
    if node.kind == "call":
        return f"{node.text}({','.join(parts)})"
    if node.kind == "infix":
        text = node.text.join(parts)
        return f"({text})" if tight else text
    return node.text + "".join(parts)
