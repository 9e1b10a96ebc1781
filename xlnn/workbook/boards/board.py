"""A board: a sheet on which blocks of cells stand freely, unlike the bands of a matrix's sheet.

What stands on a board, and where, follows from the plan alone, so an audit can draw it again. Words
are keys here; a language's texts take their place when the sheet is written.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from xlnn.maths.evaluate import Array
from xlnn.maths.expr import ONE, Axis, Shape
from xlnn.maths.formulas import Formula
from xlnn.training.trace import Trace
from xlnn.workbook.plan import Area, Plan, cell_name, range_name

COUNTED = "counted "
"""How the name of an axis begins whose places bear no names but numbers."""

AS_BUILT = "as built "
"""How the name of a block begins that holds what an input was when the workbook was built."""

ROW_HEIGHT = 15
"""Of a usual row, in points."""

Contents = npt.NDArray[Any]
"""What cells show: float64, NaN for an empty text; or texts, as objects."""


class Readable(Protocol):
    """What a formula can read: a rectangle of a sheet."""

    @property
    def sheet(self) -> str: ...
    @property
    def row(self) -> int: ...
    @property
    def column(self) -> int: ...
    @property
    def shape(self) -> Shape: ...


class Values(Protocol):
    """The numbers that the contents of a board are computed from."""

    def of(self, source: Area | Block) -> Contents:
        """Those of a matrix, or of a block."""
        ...

    def setting(self, name: str) -> Array:
        """That of a setting: 1×1."""
        ...

    def names(self, axis: Axis) -> Sequence[str]:
        """The names along an axis."""
        ...

    def word(self, key: str) -> str:
        """A text, by ``section.key``."""
        ...


class Content(Protocol):
    """What stands in the cells of a block."""

    def formula(self, block: Block, i: int, j: int) -> Formula | None:
        """The formula of a cell, row and column from 0; None where there is a value, or what an
        array formula fills from another cell."""
        ...

    def value(self, block: Block, values: Values) -> Contents | None:
        """What the block shows; None where that is typed."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """A rectangle of cells on a board."""

    sheet: str
    name: str
    row: int
    column: int
    shape: Shape
    content: Content
    style: str
    """The role of its cells, as the theme calls it: input, result, operand, constant, words."""
    kind: str = ""
    """How its numbers are shown: the beginning of a style's name, such as ``whole``."""
    like: str | None = None
    """The matrix of the recipe whose kind of numbers it has, instead of ``kind``."""
    title: str | None = None
    """Stands above it, at its headings' place where it has none."""
    headings: bool = False
    """Whether the names along its columns stand above it."""
    labels: bool = False
    """Whether the names along its rows stand before it."""
    slack: float = 1
    """How much less exactly than others its numbers are known: differences of nearly equal ones."""
    scale: Block | None = None
    """The numbers that these are differences of."""

    @property
    def range(self) -> str:
        return range_name(self.row, self.column, self.shape.rows.size, self.shape.columns.size)

    def cell(self, i: int = 0, j: int = 0) -> str:
        """A cell of it as a formula on the same sheet names it."""
        return cell_name(self.row + i, self.column + j)

    def absolute(self, i: int = 0, j: int = 0) -> str:
        """The same, so that the formula could be copied elsewhere: ``$B$6``."""
        return absolute(cell_name(self.row + i, self.column + j))

    @property
    def last_row(self) -> int:
        return self.row + self.shape.rows.size - 1

    @property
    def last_column(self) -> int:
        return self.column + self.shape.columns.size - 1

    @property
    def is_input(self) -> bool:
        """Whether it holds what an input was when the workbook was built."""
        return self.name.startswith(AS_BUILT)

    @property
    def is_typed(self) -> bool:
        return isinstance(self.content, Typed)

    @property
    def is_words(self) -> bool:
        return self.style in ("words", "verdict")


@dataclass(frozen=True, slots=True)
class Typed:
    """Values: inputs, or constants."""

    fill: Callable[[Trace], Contents]
    """What stands there when the workbook is built."""
    choices: Sequence[float] | None = None
    """What may stand there; None for any number."""
    exact: Sequence[float] | None = None
    """What must stand there, cell by cell; None where it may be changed."""
    copied: Area | str | None = None
    """Of constants: the matrix or setting whose numbers they are while no input is changed."""

    def formula(self, block: Block, i: int, j: int) -> Formula | None:
        return None

    def value(self, block: Block, values: Values) -> Contents | None:
        return None


@dataclass(frozen=True, slots=True)
class Words:
    """A text on a board."""

    row: int
    column: int
    style: str
    key: str
    """In the texts: of the board's section, or ``section.key``. Empty for words that are the same
    in every language."""
    fields: Mapping[str, object] = field(default_factory=dict)
    """What fills the places in the text; of words without key, ``text``."""
    link: str | None = None
    """The place in the workbook that it leads to."""


@dataclass(slots=True)
class Board:
    """A board while it is drawn, and afterwards."""

    plan: Plan
    name: str
    section: str
    """Of the texts."""
    blocks: list[Block] = field(default_factory=list)
    """In order of computation."""
    words: list[Words] = field(default_factory=list)
    widths: dict[int, float] = field(default_factory=dict)
    """Of the columns that do not have the usual width, in characters."""
    freeze: str | None = None
    printed: str | None = None
    """What is printed: a reader's part of it. None for all."""
    one_page: bool = True
    ready: dict[tuple[int, str], Any] = field(default_factory=dict)
    """The expressions that were made ready, by their identities, and the styles of formulas."""

    def put(
        self,
        name: str,
        row: int,
        column: int,
        shape: Shape,
        content: Content,
        style: str = "result",
        **how: Any,
    ) -> Block:
        """A block at a place."""
        block = Block(self.name, name, row, column, shape, content, style, **how)
        self.blocks.append(block)
        return block

    def say(
        self, row: int, column: int, style: str, key: str, link: str | None = None, **fields: object
    ) -> None:
        """Words at a place."""
        self.words.append(Words(row, column, style, key, fields, link))

    def head(self, *links: str) -> None:
        """Title, what the sheet is for, and links to other sheets: rows 1 to 3."""
        self.say(1, 1, "title", "title")
        self.say(2, 1, "text", "about")
        for column, page in enumerate(links, start=1):
            self.say(3, column, "link", "", f"{page}!A1", text=page)

    @property
    def last_row(self) -> int:
        return max(*(block.last_row for block in self.blocks), *(words.row for words in self.words))

    @property
    def last_column(self) -> int:
        return max(
            *(block.last_column for block in self.blocks), *(words.column for words in self.words)
        )

    @property
    def formula_cells(self) -> int:
        """How many cells hold formulas."""
        return sum(block.shape.size for block in self.blocks if not block.is_typed)


class Derived:
    """The contents of a board's blocks, each computed from those before it."""

    def __init__(
        self,
        board: Board,
        area: Callable[[Area], Array],
        setting: Callable[[str], Array],
        names: Callable[[Axis], Sequence[str]],
        word: Callable[[str], str],
        typed: Callable[[Block], Contents],
    ) -> None:
        self._area, self.setting, self.names, self.word = area, setting, names, word
        self._found: dict[int, Contents] = {}
        for block in board.blocks:
            content = block.content.value(block, self)
            self._found[id(block)] = typed(block) if content is None else content

    def of(self, source: Area | Block) -> Contents:
        return self._found[id(source)] if isinstance(source, Block) else self._area(source)


def reference(source: Readable, sheet: str, i: int = 0, j: int = 0) -> str:
    """A cell of a source as a formula on some sheet names it."""
    cell = cell_name(source.row + i, source.column + j)
    return cell if source.sheet == sheet else f"{source.sheet}!{cell}"


def range_reference(
    source: Readable, sheet: str, i: int = 0, j: int = 0, rows: int = 0, columns: int = 0
) -> str:
    """A rectangle of a source, all of it by default, as a formula on some sheet names it."""
    found = range_name(
        source.row + i,
        source.column + j,
        rows or source.shape.rows.size,
        columns or source.shape.columns.size,
    )
    return found if source.sheet == sheet else f"{source.sheet}!{found}"


def absolute(range_: str) -> str:
    """``$B$6:$C$9`` for ``B6:C9``."""
    return ":".join(
        "$" + cell.rstrip("0123456789") + "$" + cell.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        for cell in range_.split(":")
    )


def cut(shape: Shape, rows: int, columns: int) -> Shape:
    """At most so many rows and columns of a shape."""
    return Shape(
        Axis(shape.rows.name, min(shape.rows.size, rows)),
        Axis(shape.columns.name, min(shape.columns.size, columns)),
    )


def column_of(name: str, size: int) -> Shape:
    """A single column."""
    return Shape(Axis(name, size), ONE)


def row_of(name: str, size: int) -> Shape:
    """A single row."""
    return Shape(ONE, Axis(name, size))


def numbers(*rows: Sequence[float]) -> Array:
    """Some rows as a matrix."""
    return np.array(rows, dtype=np.float64)


def texts_of(*rows: Sequence[str]) -> Contents:
    """Some rows of texts."""
    return np.array(rows, dtype=object)


def rows_below(height: float) -> int:
    """How many rows of usual height a chart of so many centimetres takes, and one to spare."""
    return math.ceil(height / 2.54 * 72 / ROW_HEIGHT) + 1


def cells(block: Block) -> Iterator[tuple[int, int]]:
    """The rows and columns of a block's cells, from 0."""
    for i in range(block.shape.rows.size):
        for j in range(block.shape.columns.size):
            yield i, j
