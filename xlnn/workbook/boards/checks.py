"""The sheet Checks: NumPy's numbers, as constants, against the live ones, matrix by matrix."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet.worksheet import Worksheet

from xlnn.maths.expr import SCALAR
from xlnn.training.trace import Trace
from xlnn.workbook.boards.board import (
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
from xlnn.workbook.texts import Texts
from xlnn.workbook.theme_file import Theme

NAME = "Checks"

MOST_CELLS = 20_000
"""The constants that are kept; where all epochs would need more, the last ones must do."""

TOLERANCE = 1e-9

VERDICT, TOLERANCE_ROW, CHANGED, WORST = 5, 6, 7, 8
"""The rows of the verdict and of what it follows from."""

WORDS_ROW, WORDS = 10, ("agrees", "differs", "changed", "same")
"""The words of the verdicts: formulas read them, so that none holds a word of any language."""

FIRST = 17
"""The row of the first matrix."""

NAMES, EPOCH, BATCH, DIFFERENCE, SAYS, CONSTANTS = 1, 2, 3, 4, 5, 10
"""The columns of the table, and the first one of the constants."""


def checks_board(plan: Plan) -> Board:
    """The board of the checks."""
    return _Checks(plan).board


def overall(plan: Plan) -> Block:
    """The cell of the overall verdict."""
    return next(block for block in checks_board(plan).blocks if block.name == "overall")


class _Checks:
    """Draws the board."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.board = board = Board(plan, NAME, "checks")
        board.head(START, MAP, LOSS)
        checked = _checked(plan)
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
        last_input = self.row - 1
        gaps = [self._area(area) for area in computed]
        self._total("changed", CHANGED, changes, FIRST, last_input)
        self._total("worst", WORST, gaps, last_input + 1, self.row - 1)
        self._verdicts(changes, gaps)
        if len(computed) < sum(1 for area in plan.matrices() if area.expr is not None):
            board.say(4, 1, "text", "some")
        board.freeze = cell_name(FIRST, 2)
        board.printed = f"A1:{cell_name(self.row, CONSTANTS - 2)}"
        board.widths = {NAMES: 30.0, 2: 32.0, DIFFERENCE: 14.0, SAYS: 32.0}

    def _setting(self, name: str) -> Block:
        row = self.plan.setting_row(name)
        live = f"{SETTINGS}!{cell_name(row, SETTINGS_COLUMN)}"
        self.board.say(self.row, NAMES, "link", "", live, text=name)
        constant = self._constant(name, lambda trace: trace[name, trace.epochs[0]], SCALAR, name)
        return self._difference(
            name, live, live, constant, lambda values: values.setting(name), single=True
        )

    def _area(self, area: Area) -> Block:
        live = range_reference(area, NAME)
        place = f"{area.sheet}!{area.range}"
        self.board.say(self.row, NAMES, "link", "", place, text=area.matrix)
        self.board.say(self.row, EPOCH, "value", "", text=str(area.epoch))
        self.board.say(self.row, BATCH, "value", "", text=str(area.batch))
        title = f"{area.matrix}, {area.epoch}" + (
            f", {area.batch}" if self.plan.batches > 1 else ""
        )
        constant = self._constant(
            area.matrix,
            lambda trace: trace[area.matrix, area.epoch, area.batch],
            area.shape,
            title,
        )
        single = area.shape.size == 1
        return self._difference(
            area.matrix, live, place, constant, lambda values: values.of(area), single
        )

    def _constant(self, name: str, fill, shape, title: str) -> Block:  # type: ignore[no-untyped-def]
        """NumPy's numbers, below those of the matrices before."""
        block = self.board.put(
            f"{name}_numpy", self.below + 1, CONSTANTS, shape, Typed(fill), "constant", title=title
        )
        self.below = block.last_row + 2
        return block

    def _difference(  # type: ignore[no-untyped-def]
        self, name: str, live: str, place: str, constant: Block, found, single: bool
    ) -> Block:
        def text(block: Block, i: int, j: int) -> str:
            if single:
                cell = live.partition(":")[0]
                return f"ABS({cell}-{constant.cell()})/MAX(1,ABS({constant.cell()}))"
            kept = constant.range
            return f"MAX(ABS({live}-{kept})/IF(ABS({kept})>1,ABS({kept}),1))"

        def give(values: Values) -> Contents:
            kept = values.of(constant)
            gaps = np.abs(found(values) - kept) / np.maximum(1.0, np.abs(kept))
            return np.array([[gaps.max()]])

        block = self.board.put(
            f"{name}_difference", self.row, DIFFERENCE, SCALAR, Written(text, give, not single),
            kind="large ",
        )  # fmt: skip
        self.row += 1
        return block

    def _total(self, name: str, row: int, of: list[Block], first: int, last: int) -> None:
        """The largest of some differences."""
        self.board.say(row, 1, "key", name + "_largest")
        column = f"{cell_name(first, DIFFERENCE)}:{cell_name(last, DIFFERENCE)}"
        self.board.put(
            name, row, 2, SCALAR,
            Written(
                lambda block, i, j: f"MAX({column})",
                lambda values: np.array([[max(values.of(block).item() for block in of)]]),
            ),
            kind="large ",
        )  # fmt: skip

    def _verdicts(self, changes: list[Block], gaps: list[Block]) -> None:
        agrees, differs, changed, same = (
            f"$B${row}" for row in range(WORDS_ROW + 1, WORDS_ROW + 1 + len(WORDS))
        )
        tolerance = self.tolerance.absolute()
        any_changed = f"$B${CHANGED}>0"

        def is_changed(values: Values) -> bool:
            return any(values.of(block).item() > 0 for block in changes)

        def said(values: Values, gap: float) -> str:
            if is_changed(values):
                return "changed"
            return "agrees" if gap <= values.of(self.tolerance).item() else "differs"

        def put(name: str, row: int, column: int, text: str, give) -> None:  # type: ignore[no-untyped-def]
            self.board.put(
                name, row, column, SCALAR,
                Written(
                    lambda block, i, j: text,
                    lambda values: texts_of([values.word(f"checks.{give(values)}")]),
                ),
                "words",
            )  # fmt: skip

        for block in changes:
            put(
                f"{block.name}_verdict", block.row, SAYS,
                f"IF({block.cell()}>0,{changed},{same})",
                lambda values, block=block: "changed" if values.of(block).item() > 0 else "same",
            )  # fmt: skip
        for block in gaps:
            put(
                f"{block.name}_verdict", block.row, SAYS,
                f"IF({any_changed},{changed},IF({block.cell()}<={tolerance},{agrees},{differs}))",
                lambda values, block=block: said(values, values.of(block).item()),
            )  # fmt: skip
        self.board.say(VERDICT, 1, "key", "overall")
        put(
            "overall", VERDICT, 2,
            f"IF({any_changed},{changed},IF($B${WORST}<={tolerance},{agrees},{differs}))",
            lambda values: said(values, max(values.of(block).item() for block in gaps)),
        )  # fmt: skip


def _checked(plan: Plan) -> list[Area]:
    """The matrices that are checked: all, or if these are too many, those of the first and the last
    shown epoch, of the last one, or of its last batch; always what all epochs have in common."""
    areas, last = list(plan.matrices()), plan.epochs[-1]
    once = set(plan.once)
    found: list[Area] = []
    ends: Sequence[Callable[[Area], bool]] = (
        lambda area: True,
        lambda area: area.epoch in (plan.epochs[0], last),
        lambda area: area.epoch == last,
        lambda area: area.epoch == last and area.batch in (plan.batches, 1),
    )
    for wanted in ends:
        found = [area for area in areas if area.matrix in once or wanted(area)]
        if sum(area.shape.size for area in found) <= MOST_CELLS:
            break
    return found


def checks_cells(plan: Plan) -> int:
    """How many constants there are."""
    return sum(area.shape.size for area in _checked(plan))


def dress_checks(sheet: Worksheet, board: Board, texts: Texts, trace: Trace, theme: Theme) -> None:
    """Colours the verdicts by what they say."""
    verdicts = [block for block in board.blocks if block.name.endswith("_verdict")]
    last = max(block.row for block in verdicts)
    ranges = cell_name(VERDICT, 2), f"{cell_name(FIRST, SAYS)}:{cell_name(last, SAYS)}"
    styles = {"agrees": "good", "differs": "bad", "changed": "changed"}
    for range_ in ranges:
        first = range_.partition(":")[0]
        for row, word in enumerate(WORDS, start=WORDS_ROW + 1):
            if word in styles:
                style = styles[word]
                rule = FormulaRule(  # type: ignore[no-untyped-call]
                    formula=[f"{first}=$B${row}"],
                    font=Font(color=theme.colour(style)),
                    fill=PatternFill(bgColor=theme.fill(style)),
                )
                sheet.conditional_formatting.add(range_, rule)
