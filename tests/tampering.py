"""Changes to a workbook's file that make something wrong: seeded, of many kinds.

Written as somebody would who knows the file format, and the network from the workbook's own Map,
but not the audit. A change is made in the XML of the zip. The values that formulas carry along then
stay as they are, as when somebody tampers with a file, or are dropped or computed anew, as when a
program saves it.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from xml.sax.saxutils import escape

from lint import column_letters
from openpyxl.utils import column_index_from_string
from workbook_file import (
    NAME,
    OFFICE,
    REFERENCE,
    RELATIONS,
    TYPES,
    WORKBOOK,
    Block,
    Book,
    Carried,
    Cell,
    Place,
)

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


@mutator("right value over a formula that is kept elsewhere")
def _kept_elsewhere(book: Book, chooser: random.Random) -> Mutation | None:
    """Where no program looks for it."""
    cell = _any_formula(book, chooser)
    formula = escape((cell.formula or "").removeprefix("="))
    kept = chooser.choice(
        [
            f"<!-- <f>{formula}</f> -->",
            f'<q:f xmlns:q="urn:q">{formula}</q:f>',
            f"<extLst><ext><f>{formula}</f></ext></extLst>",
            f"<?f <f>{formula}</f>?>",
        ]
    )
    made = _typed_over(book, cell, "kept", f"<v>{cell.value}</v>{kept}", "", kept)
    # Whoever else writes values would read the formula.
    return replace(made, carried="kept")


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
    for each in REFERENCE.finditer(formula):
        sheet, left, top, right, bottom = each.groups()
        first = column_index_from_string(left)
        last = column_index_from_string(right) if right else first
        corners = int(top), first, int(bottom or top), last
        found.append((each.start(), each.end(), sheet, *corners))
    for each in NAME.finditer(formula):
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
    """Of a setting, which formulas of both styles call by its name, or of a matrix."""
    formulas = [each.formula for each in book.results if each.formula]
    used = [
        name
        for name in sorted(book.names)
        if any(re.search(rf"\b{name}\b(?!!)", formula) for formula in formulas)
    ]
    name = chooser.choice(used)
    meaning = book.names[name]
    if meaning.startswith("Settings!"):
        other = f"X!{book.inputs[0].name}"
    else:
        other = re.sub(r"\d+", lambda row: str(int(row[0]) + 1), meaning.partition("!")[2])
        other = f"{meaning.partition('!')[0]}!{other}"
    before, after = (re.sub(r"\b([A-Z]+)([0-9]+)\b", r"$\1$\2", each) for each in (meaning, other))
    text = book.parts[WORKBOOK].replace(f'name="{name}">{before}<', f'name="{name}">{after}<')
    assert text != book.parts[WORKBOOK]
    sheet, _, cells = meaning.partition("!")
    place = sheet, cells.partition(":")[0]
    return Mutation(
        "name",
        place,
        meaning,
        other,
        frozenset({"structure"}),
        frozenset({place}),
        frozenset({place}),
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


@mutator("precision as displayed")
def _displayed(book: Book, chooser: random.Random) -> Mutation | None:
    text = book.parts[WORKBOOK].replace("<calcPr ", '<calcPr fullPrecision="0" ')
    assert text != book.parts[WORKBOOK]
    return _on_sheet("precision", "", "1", "0", "displayed-precision", {WORKBOOK: text})


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
