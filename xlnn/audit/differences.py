"""The result of a comparison of two workbooks, A and B."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from xlnn.audit.report import finite

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["label", "input", "formula", "value", "kept"]

KINDS: dict[Kind, str] = {
    "label": "a heading of the data",
    "input": "a number that formulas read and none computes",
    "formula": "what is entered in a cell: another formula, or a value over one",
    "value": "what a formula gives, recomputed in both workbooks",
    "kept": "a number that stands for what is not live, which no formula reads",
}
"""What can differ block by block, and what it means."""

OTHERWISE = "computed otherwise"
"""What is said of a matrix for which the settings ask for another step."""

Content = float | str | bool | None
"""A number, a text, a formula with its ``=``, or nothing."""


@dataclass(frozen=True, slots=True)
class CellPair:
    """A cell that is not the same in both workbooks. It may have moved with the plan."""

    cell_a: str
    cell_b: str
    a: Content
    b: Content


@dataclass(frozen=True, slots=True)
class SettingDifference:
    """A key on the sheet Settings with what it says; None where it is not there."""

    key: str
    a: Content
    b: Content


@dataclass(frozen=True, slots=True)
class BlockDifference:
    """A matrix of one epoch and batch, or a block of another sheet, that is not the same."""

    kind: Kind
    sheet: str
    matrix: str
    """The matrix, or the name of the block."""
    what: str = ""
    """Of what is not the matrix itself, such as ``copy of X``."""
    step: int | None = None
    epoch: int | None = None
    """None for what there is once."""
    batch: int | None = None
    """None where an epoch has one, or where it belongs to the epoch."""
    size: int = 1
    """How many cells the block has."""
    count: int = 1
    """How many of them differ."""
    largest: float | None = None
    """The largest |a − b| / max(1, |b|); None where one of the two is no number."""
    at: CellPair | None = None
    """Where that is."""
    cells: tuple[CellPair, ...] = ()
    """The first of the cells that differ, or all of them."""
    follows: bool = False
    """Of values: whether the formulas are the same, so that what they read made the difference."""


@dataclass(frozen=True, slots=True)
class Unmatched:
    """What cannot be compared, as the workbooks do not both have it, or not in one shape."""

    what: Literal["sheet", "matrix", "shape", "number", "epochs", "batches", "blocks"]
    name: str
    a: str | None
    """What A has of it; None if it has it not."""
    b: str | None


@dataclass(frozen=True, slots=True)
class Differences:
    """What differs between two workbooks."""

    a: str
    b: str
    tolerance: float
    """The largest difference of two values that is let pass."""
    engine: str
    version: str
    """What recomputed the values; empty where the files are identical."""
    identical: bool
    """Whether the files are the same, byte for byte; then nothing else was looked at."""
    compared: int
    """How many cells were compared."""
    settings: tuple[SettingDifference, ...] = ()
    blocks: tuple[BlockDifference, ...] = ()
    """By kind as KINDS lists them, and in order of computation."""
    unmatched: tuple[Unmatched, ...] = ()
    notes: tuple[str, ...] = ()
    """What a reader should know besides."""
    seconds: float = 0.0

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return not (self.settings or self.blocks or self.unmatched)

    def of(self, kind: Kind) -> tuple[BlockDifference, ...]:
        """The blocks of a kind, in order of computation."""
        return tuple(block for block in self.blocks if block.kind == kind)

    def to_dict(self) -> dict[str, Any]:
        """All of it for JSON; what cannot be a number there is null."""
        return finite({"a": self.a, "b": self.b, "same": self.same, **asdict(self)})  # type: ignore[no-any-return]

    def to_frame(self) -> pd.DataFrame:
        """A row for each setting and each block; ``cell``, ``a`` and ``b`` tell of the largest
        difference, or of the first cell."""
        import pandas as pd

        columns = [
            *("kind", "sheet", "matrix", "what", "step", "epoch", "batch"),
            *("count", "size", "largest", "cell_a", "cell_b", "a", "b", "follows"),
        ]
        nothing = (None,) * 3
        rows: list[tuple[Any, ...]] = [
            ("setting", "Settings", s.key, "", *nothing, 1, 1, None, "", "", s.a, s.b, False)
            for s in self.settings
        ]
        rows += [
            (u.what, "", u.name, "only one has it", *nothing, *nothing, "", "", u.a, u.b, False)
            for u in self.unmatched
        ]
        for block in self.blocks:
            cell = block.at or block.cells[0]
            rows.append(
                (
                    *(block.kind, block.sheet, block.matrix, block.what),
                    *(block.step, block.epoch, block.batch),
                    *(block.count, block.size, block.largest),
                    *(cell.cell_a, cell.cell_b, cell.a, cell.b, block.follows),
                )
            )
        return pd.DataFrame(rows, columns=columns)
