"""Which matrix of which epoch each block of a workbook is, by its label, its shape and its
numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from xlnn.audit.engines.values import Values
from xlnn.audit.theirs.draft.labels import Kind, roles
from xlnn.audit.theirs.draft.names import names
from xlnn.audit.theirs.draft.pieces import Piece, matching, of
from xlnn.audit.theirs.draft.spots import Spot
from xlnn.audit.theirs.draft.trials import Trial, arranged, cells_in_order, derive
from xlnn.audit.theirs.gradients import SUFFIX
from xlnn.maths.evaluate import Array
from xlnn.maths.recipe import Recipe

MAX_EPOCHS = 200
"""The epochs that are told apart."""

AHEAD = 3
"""A block may be missing in so many epochs less one before the one that it belongs to."""

SIGNED = ("E", "d_", "Error_at")
"""How the names begin of what many have as output minus target; gradients besides."""


@dataclass(slots=True)
class Line:
    """A line of the draft."""

    name: str
    piece: Piece
    fits: bool
    """Whether its numbers are what the inputs give."""
    label: str
    remark: str = ""


@dataclass(slots=True)
class Placed:
    """The blocks of a workbook by epoch and name."""

    epochs: list[dict[str, Line]]
    lost: list[tuple[Spot, str]] = field(default_factory=list)
    """Blocks whose labels tell something, but that are no matrix, and why."""
    renews_biases: bool = True
    """Whether biases have a next value, if there are any: those that nobody updates stay."""
    right: int = 0
    """The number of lines whose numbers are what the inputs give."""


def place(
    trial: Trial, found: Sequence[Spot], values: Values, rate: float, changed: Mapping[str, object]
) -> Placed:
    """Every block whose label tells what it is, or whose numbers do."""
    return _Placing(trial, found, values, rate, changed).placed()


class _Placing:
    def __init__(
        self,
        trial: Trial,
        found: Sequence[Spot],
        values: Values,
        rate: float,
        changed: Mapping[str, object],
    ) -> None:
        self.trial, self.found, self.values = trial, found, values
        course = trial.course(values, **changed)
        self.recipe: Recipe = course.schedule.recipe
        self.hidden = sum(name.startswith("wh") for name in trial.pieces)
        count = self._epochs()
        self.derived = derive(trial, course, values, rate, count)
        self.epochs: list[dict[str, Line]] = [{} for _ in range(count)]
        self.result = Placed(self.epochs)
        self.used = {
            cell.cells + cell.sheet for piece in trial.pieces.values() for cell in piece.parts
        }

    def placed(self) -> Placed:
        for name, piece in self.trial.pieces.items():
            self.epochs[0][name] = Line(name, piece, True, "")
        if self.trial.order:
            kinds: tuple[Kind, ...] = ("w_gradient", "w_new")
            for kind in kinds:
                self._listed(kind)
        unlabelled = []
        for spot in self.found:
            if spot.range.cells + spot.range.sheet in self.used or self._is_part(spot):
                continue
            candidates = self._candidates(spot)
            if candidates:
                self._place(spot, candidates)
            elif not roles(spot.label):
                unlabelled.append(spot)
        for spot in unlabelled:
            self._place_by_numbers(spot)
        self._turn_signs()
        order = {name: place for place, name in enumerate(self.recipe.members)}
        for number, here in enumerate(self.epochs):
            self.epochs[number] = dict(sorted(here.items(), key=lambda each: order[each[0]]))
        first = self.epochs[0]
        renewed = [line for name, line in first.items() if name.endswith("_new")]
        self.result.renews_biases = not renewed or any(
            line.name.startswith("b") or line.piece.bias for line in renewed
        )
        lines = [line for here in self.epochs for line in here.values()]
        self.result.right = sum(line.fits for line in lines) - len(self.trial.pieces)
        return self.result

    def _epochs(self) -> int:
        """How many epochs there are: as often as most of what recurs does."""
        often = Counter(
            candidates[0] for spot in self.found if (candidates := self._candidates(spot))
        )
        recurring = [
            count
            for name, count in often.items()
            if self.recipe.recurrence.get(name) == "update" or name.endswith("_gradient")
        ]
        if not recurring:
            return 1
        counts = Counter(recurring)
        most = max(counts, key=lambda count: (counts[count], count))
        return min(most, MAX_EPOCHS)

    def _candidates(self, spot: Spot) -> list[str]:
        """The matrices that a label may mean, as far as this network has them."""
        found = [name for role in roles(spot.label) for name in names(role, self.hidden)]
        beside = any(piece.bias for piece in self.trial.pieces.values())
        return [
            name
            for name in dict.fromkeys(found)
            if name in self.recipe.members and not (beside and name.startswith("b"))
        ]

    def _is_part(self, spot: Spot) -> bool:
        """Whether a block is among numbered cells that have been taken together."""
        return any(
            part.sheet == spot.range.sheet
            and spot.range.row <= part.row <= spot.range.last[0]
            and spot.range.column <= part.column <= spot.range.last[1]
            for here in self.epochs
            for line in here.values()
            for part in line.piece.parts
        )

    # --- By label ---

    def _place(self, spot: Spot, candidates: Sequence[str]) -> None:
        shaped: list[tuple[str, int, Piece, bool]] = []
        for name in candidates:
            free = [epoch for epoch, here in enumerate(self.epochs) if name not in here]
            for epoch in free[:AHEAD]:
                shaped += [
                    (name, epoch, piece, fits) for piece, fits in self._ways(spot, name, epoch)
                ]
        chosen = next((each for each in shaped if each[3]), shaped[0] if shaped else None)
        if chosen is None:
            self.result.lost.append((spot, self._why(candidates)))
            return
        name, epoch, piece, fits = chosen
        line = Line(name, piece, fits, spot.label)
        if not fits:
            line.remark = "check: its numbers are not what the inputs give"
            others = dict.fromkeys(other for other, *_ in shaped if other != name)
            if others:
                line.remark += f"; it may as well be {' or '.join(others)}"
        elif name != candidates[0] and not spot.lines:
            line.remark = f'by its numbers; its label "{_short(spot.label)}" may mean another'
        self.epochs[epoch][name] = line

    def _why(self, candidates: Sequence[str]) -> str:
        taken = [name for name in candidates if all(name in here for here in self.epochs)]
        if len(taken) == len(candidates):
            return f"{' or '.join(taken)}, which stands elsewhere as well"
        sizes = ", ".join(f"{name} is {self.recipe.shapes[name]}" for name in candidates)
        return f"its shape is another ({sizes})"

    def _ways(self, spot: Spot, name: str, epoch: int) -> Iterator[tuple[Piece, bool]]:
        """How a block may be a matrix of an epoch."""
        derived = self.derived[epoch]
        return matching(
            of(spot.range),
            self.values,
            derived[name],
            self._beside(name, derived),
            self.trial.transpose,
        )

    def _beside(self, name: str, derived: Mapping[str, Array]) -> Array | None:
        """The biases that may stand beside weights."""
        if not any(piece.bias for piece in self.trial.pieces.values()) or name[0] != "w":
            return None
        fixed = f"b{name[1:].removesuffix('_new')}"
        return derived.get(f"b{name[1:]}", derived.get(fixed))

    def _listed(self, kind: Kind) -> None:
        """Numbered cells, in the order that the start weights have."""
        cells = cells_in_order(self.found, kind)
        layers = [name for name in self.trial.pieces if name.startswith("w")]
        shapes = [self.trial.pieces[name].matrix(self.values).shape for name in layers]
        if len(cells) != sum(rows * columns for rows, columns in shapes):
            return
        for name, (rows, columns) in zip(layers, shapes, strict=True):
            here, cells = cells[: rows * columns], cells[rows * columns :]
            piece = arranged(here, rows, columns, self.trial.order)
            full = f"{name}{kind.removeprefix('w')}"
            if full in self.recipe.members:
                wanted = self.derived[0][full]
                for found, is_right in matching(piece, self.values, wanted, None, False):
                    remark = "" if is_right else "check: its numbers are not what the inputs give"
                    self.epochs[0][full] = Line(full, found, is_right, "", remark)
                    break

    def _turn_signs(self) -> None:
        """Blocks whose numbers do not tell their sign have that of the others."""
        for here in self.epochs:
            signed = [line for line in here.values() if _is_signed(line.name)]
            right = [line.piece.negate for line in signed if line.fits]
            if right and sum(right) * 2 > len(right):
                for line in signed:
                    if not line.fits:
                        line.piece = replace(line.piece, negate=True)

    # --- By numbers ---

    def _place_by_numbers(self, spot: Spot) -> None:
        """A block without a label that tells anything, if its numbers are those of a matrix."""
        if spot.range.rows == spot.range.columns == 1:
            return
        for epoch, here in enumerate(self.epochs):
            for name in self.recipe.members:
                if name in here:
                    continue
                way = next((p for p, fits in self._ways(spot, name, epoch) if fits), None)
                if way is not None:
                    remark = "found by its numbers: no label tells it"
                    here[name] = Line(name, way, True, spot.label, remark)
                    return


def _is_signed(name: str) -> bool:
    return name.startswith(SIGNED) or name.endswith(SUFFIX)


def _short(label: str) -> str:
    return label if len(label) <= 40 else label[:39] + "…"
