"""The sheet Checks: NumPy's numbers, as constants, against the live ones, matrix by matrix."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from functools import partial
from itertools import accumulate

import numpy as np

from xlnn.maths.difference import (
    difference_formula,
    differences,
    largest_difference_formula,
)
from xlnn.maths.expr import SCALAR, Shape
from xlnn.maths.recipe import Step
from xlnn.workbook.boards.board import (
    AS_BUILT,
    Block,
    Board,
    Contents,
    Typed,
    Values,
    numbers,
    range_reference,
    texts_of,
)
from xlnn.workbook.boards.contents import Written
from xlnn.workbook.plan import LOSS, MAP, SETTINGS, SETTINGS_COLUMN, START, Area, Plan, cell_name

NAME = "Checks"

MOST_CELLS = 20_000
"""The constants that are kept; where all epochs would need more, the last ones must do."""

TOLERANCE = 1e-9

VERDICT, TOLERANCE_ROW, CHANGED, WORST = 5, 6, 7, 8
"""The rows of the verdict and of what it follows from."""

OVERALL = cell_name(VERDICT, 2)
"""The cell of the overall verdict."""

WORDS_ROW, WORDS = 10, ("agrees", "differs", "changed", "same")
"""The words of the verdicts: formulas read them, so that none holds a word of any language."""

FIRST = 17
"""The row of the first matrix."""

NAMES, EPOCH, BATCH, DIFFERENCE, SAYS, CONSTANTS = 1, 2, 3, 4, 5, 10
"""The columns of the table, and the first one of the constants."""


def checks_board(plan: Plan) -> Board:
    """The board of the checks."""
    return _Checks(plan).board


class _Checks:
    """Draws the board."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.board = board = Board(plan, NAME, "checks")
        board.head(START, MAP, LOSS)
        checked = list(_checked(plan))
        inputs = [area for area in checked if area.expr is None]
        computed = [area for area in checked if area.expr is not None]
        board.say(TOLERANCE_ROW, 1, "key", "tolerance")
        self.tolerance = board.put(
            "tolerance", TOLERANCE_ROW, 2, SCALAR, Typed(lambda trace: numbers([TOLERANCE])),
            "input", kind="large ",
        )  # fmt: skip
        board.say(WORDS_ROW, 1, "subtitle", "words")
        for row, key in enumerate(WORDS, start=WORDS_ROW + 1):
            board.say(row, 1, "key", f"{key}_when")
            board.say(row, 2, "words", key)
        for column, key in (
            (NAMES, "matrix"), (EPOCH, "epoch"), (BATCH, "batch"), (DIFFERENCE, "difference"),
            (SAYS, "verdict"),
        ):  # fmt: skip
            board.say(FIRST - 1, column, "column title", key)
        board.say(FIRST - 3, CONSTANTS, "subtitle", "constants")
        self.row, self.below = FIRST, FIRST
        changes = [self._setting(name) for name in plan.recipe.settings]
        changes += [self._area(area) for area in inputs]
        gaps = [self._area(area) for area in computed]
        self._total("changed", CHANGED, changes)
        self._total("worst", WORST, gaps)
        self._verdicts(changes, gaps)
        if not _fit(plan.matrices()):
            board.say(4, 1, "text", "some")
        board.freeze = cell_name(FIRST, 2)
        board.printed = f"A1:{cell_name(self.row, CONSTANTS - 2)}"
        board.widths = {NAMES: 30.0, 2: 32.0, DIFFERENCE: 14.0, SAYS: 32.0}

    def _setting(self, name: str) -> Block:
        """The row of a setting; tells the block of its change."""
        row = self.plan.setting_row(name)
        place = f"{SETTINGS}!{cell_name(row, SETTINGS_COLUMN)}"
        self.board.say(self.row, NAMES, "link", "", place, text=name)
        live = _Live(name, place, None)
        content = Typed(lambda trace: trace[name, trace.epochs[0]], copied=name)
        return self._difference(live, self._constant(name, content, SCALAR, is_input=True))

    def _area(self, area: Area) -> Block:
        """The row of a matrix; tells the block of its largest difference."""
        name = area.matrix
        self.board.say(self.row, NAMES, "link", "", f"{area.sheet}!{area.range}", text=name)
        self.board.say(self.row, EPOCH, "value", "", text=str(area.epoch))
        self.board.say(self.row, BATCH, "value", "", text=str(area.batch))
        when = [area.epoch, area.batch] if self.plan.batches > 1 else [area.epoch]
        live = _Live(name, range_reference(area, NAME), area)
        content = Typed(lambda trace: trace[name, area.epoch, area.batch], copied=area)
        title = ", ".join(map(str, (name, *when)))
        is_input = area.expr is None
        return self._difference(live, self._constant(title, content, area.shape, is_input))

    def _constant(self, title: str, content: Typed, shape: Shape, is_input: bool) -> Block:
        """NumPy's numbers, below those of the matrices before."""
        name = f"{AS_BUILT if is_input else 'numpy '}{title}"
        block = self.board.put(
            name, self.below + 1, CONSTANTS, shape, content, "constant", title=title
        )
        self.below = block.last_row + 2
        return block

    def _difference(self, live: _Live, constant: Block) -> Block:
        """The largest |a − b| / max(1, |b|) of a live matrix and its constants."""
        single = constant.shape.size == 1

        def text(block: Block, i: int, j: int) -> str:
            if single:
                cell, kept = live.place.partition(":")[0], constant.cell()
                return difference_formula(cell, kept)
            return largest_difference_formula(live.place, constant.range)

        def give(values: Values) -> Contents:
            return np.array([[differences(live.of(values), values.of(constant)).max()]])

        block = self.board.put(
            f"{live.name}_difference", self.row, DIFFERENCE, SCALAR,
            Written(text, give, array=not single), kind="large ",
        )  # fmt: skip
        self.row += 1
        return block

    def _total(self, name: str, row: int, of: Sequence[Block]) -> None:
        """The largest of some differences, which stand below each other."""
        self.board.say(row, 1, "key", f"{name}_largest")
        column = f"{of[0].cell()}:{of[-1].cell()}"

        def give(values: Values) -> Contents:
            return np.array([[max(values.of(block).item() for block in of)]])

        content = Written(lambda block, i, j: f"MAX({column})", give)
        self.board.put(name, row, 2, SCALAR, content, kind="large ")

    def _verdicts(self, changes: Sequence[Block], gaps: Sequence[Block]) -> None:
        agrees, differs, changed, same = (
            f"$B${row}" for row in range(WORDS_ROW + 1, WORDS_ROW + 1 + len(WORDS))
        )
        tolerance, any_changed = self.tolerance.absolute(), f"$B${CHANGED}>0"

        def said(values: Values, of: Sequence[Block]) -> str:
            if max(values.of(block).item() for block in changes) > 0:
                return "changed"
            gap = max(values.of(block).item() for block in of)
            return "agrees" if gap <= values.of(self.tolerance).item() else "differs"

        for block in changes:
            self._verdict(
                block.row, SAYS, f"IF({block.cell()}>0,{changed},{same})", _change_of(block)
            )
        self.board.say(VERDICT, 1, "key", "overall")
        places = [(block.row, SAYS, block.cell(), [block]) for block in gaps]
        for row, column, cell, of in (*places, (VERDICT, 2, f"$B${WORST}", list(gaps))):
            text = f"IF({any_changed},{changed},IF({cell}<={tolerance},{agrees},{differs}))"
            self._verdict(row, column, text, partial(said, of=of))

    def _verdict(self, row: int, column: int, text: str, said: Callable[[Values], str]) -> None:
        """A cell that says in words what was found."""
        content = Written(
            lambda block, i, j: text,
            lambda values: texts_of([values.word(f"checks.{said(values)}")]),
        )
        name = "overall" if row == VERDICT else "verdict"
        self.board.put(name, row, column, SCALAR, content, "words")


@dataclass(frozen=True, slots=True)
class _Live:
    """What is held against constants: a matrix, or a setting."""

    name: str
    place: str
    """As a formula names it."""
    area: Area | None
    """None for a setting."""

    def of(self, values: Values) -> Contents:
        return values.setting(self.name) if self.area is None else values.of(self.area)


def _change_of(block: Block) -> Callable[[Values], str]:
    return lambda values: "changed" if values.of(block).item() > 0 else "same"


def _checked(plan: Plan) -> Iterator[Area]:
    """The matrices that are checked: all, or if these are too many, those of the first and the last
    shown epoch, of the last one, or of its first and its last batch; always all inputs, and what
    all epochs have in common."""
    first, last = plan.epochs[0], plan.epochs[-1]
    batches = range(1, plan.batches + 1)
    for moments in (
        (set(plan.epochs), batches), ({first, last}, batches), ({last}, batches),
    ):  # fmt: skip
        if _fit(_matrices(plan, *moments)):
            return _matrices(plan, *moments)
    return _matrices(plan, {last}, (1, plan.batches))


def _matrices(plan: Plan, epochs: Set[int], batches: Container[int]) -> Iterator[Area]:
    """In order of computation the matrices of some batches of some epochs, and what always is
    checked; epochs that have nothing of these are not looked at, as there may be a great many."""
    recipe, shown = plan.recipe, set(plan.epochs)
    is_given = any(
        not isinstance(recipe.members[name], Step) and name not in recipe.renewed
        for name in (*plan.each_update, *plan.each_epoch)
    )
    for name in plan.once:
        yield plan.matrix(name, plan.epochs[0])
    for epoch in plan.epochs:
        if epoch in epochs or epoch - 1 not in shown or is_given:
            for area in plan.matrices_of(epoch):
                if area.expr is None or (epoch in epochs and area.batch in batches):
                    yield area


def _fit(areas: Iterable[Area]) -> bool:
    """Whether these are not too many; no more are looked at than it takes to tell."""
    return all(cells <= MOST_CELLS for cells in accumulate(area.shape.size for area in areas))


def checks_cells(plan: Plan) -> int:
    """How many constants there are; if there are too many, only as many as it takes to tell."""
    cells = 0
    for cells in accumulate(area.shape.size for area in _checked(plan)):
        if cells > MOST_CELLS:
            break
    return cells
