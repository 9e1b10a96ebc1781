"""An engine's numbers of a mapped workbook, beside what NumPy makes of its inputs.

*Derived* is what the recipe gives from the inputs alone. *Current* is what the workbook has now:
each mapped matrix as it stands there, and each that is not mapped as its step gives it from those.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from xlnn.audit.recomputed import Evidence
from xlnn.audit.stored.workbook import StoredWorkbook
from xlnn.audit.theirs.blocks import Block
from xlnn.audit.theirs.workbook_map import START, WorkbookMap
from xlnn.maths.evaluate import Array, evaluate
from xlnn.maths.expr import ONE, Matrix, Number, Shape
from xlnn.maths.recipe import Given, Step
from xlnn.training.order import batch_orders
from xlnn.training.run import Course
from xlnn.workbook.plan import Moment

KEPT = 2_000_000
"""Up to so many cells the matrices of all moments are kept, to look into mistakes."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A matrix of one moment, beside what it should be."""

    moment: Moment
    step: Step
    """What it is compared with: a step of the recipe, or one that takes over what is there."""
    block: Block | None
    """None where it is not mapped."""
    found: Array | None
    """What stands in the block, as its author has it, NaN for what is no number; None where it
    is not mapped, or entirely blank."""
    derived: Array
    """What the inputs give, as the recipe has it."""
    own: Array
    """What its own step gives from what stands in the workbook, as the recipe has it."""
    values: dict[str, Array]
    """What stands in the workbook at ``reads_at``, by name."""
    reads_at: Moment
    carried: bool = False
    """Whether it is what the update before has left."""


class Numbers:
    """Follows the training of a mapped workbook, update by update."""

    def __init__(self, map: WorkbookMap, book: StoredWorkbook, evidence: Evidence) -> None:
        self.map, self.book, self.evidence = map, book, evidence
        self.course = Course(map.schedule)
        self.recipe = recipe = map.schedule.recipe
        self.settings: dict[str, Array] = {}
        for name, given in map.settings.items():
            number = np.array([[given]]) if isinstance(given, float) else self._typed(given)
            self.settings[name] = number
        read = {
            given.name: self._start(given, map.at(START, given.name))
            for given in (*recipe.data, *recipe.parameters, *recipe.states)
        }
        self.state = {name: read[name] for name in recipe.renewed}
        self.given = {name: value for name, value in read.items() if name not in self.state}
        self.history: dict[Moment, dict[str, Array]] = {}
        """What stands in the workbook, by moment; of a long training the last two, and the
        first."""
        cells = sum(shape.size for shape in recipe.shapes.values())
        self._long = cells * map.epochs * map.schedule.batches > KEPT

    def _typed(self, block: Block) -> Array:
        return block.ours(block.typed(self.evidence.values, self.book), self.settings)

    def _start(self, given: Given, block: Block | None) -> Array:
        """What training starts from."""
        if block is not None:
            return self._typed(block)
        assert given.start is not None  # a map without data or weights is refused
        return np.full((given.shape.rows.size, given.shape.columns.size), given.start)

    def checked(self) -> Iterator[Checked]:
        """Every matrix that is computed, in order of computation."""
        schedule, recipe = self.map.schedule, self.recipe
        fixed = self.settings | self.given
        right = self.course.first.prepared(fixed)
        for step in recipe.prepared:
            yield self._step(step, START, right[step.name], fixed)
        derived, current = dict(self.state), dict(self.state)
        before = START
        for epoch in range(1, self.map.epochs + 1):
            drawn = list(self._drawn(epoch))
            updates = self.course.epoch(right | derived, drawn)
            start = current
            measured: dict[str, list[Array]] = {name: [] for name in self.course.first.measured}
            for batch in range(1, schedule.batches + 1):
                moment, found = Moment(epoch, batch), next(updates)
                values = fixed | current | drawn[batch - 1]
                if moment != START:
                    yield from self._carried(moment, before, found, values)
                yield from self._copies(moment, right, values)
                if batch == 1:
                    start = {name: values[name] for name in current}
                for step in schedule.at(batch).steps:
                    yield self._step(step, moment, found[step.name], values)
                yield from self._left(moment, right, values)
                current = {name: values[new] for name, new in recipe.renewed.items()}
                derived = {name: found[new] for name, new in recipe.renewed.items()}
                for name, parts in measured.items():
                    parts.append(values[name])
                self._keep(moment, values)
                before = moment
            values = fixed | start | {n: np.concatenate(p) for n, p in measured.items()}
            found = next(updates)
            for step in recipe.measures:
                yield self._step(step, Moment(epoch, 1), found[step.name], values)

    def _drawn(self, epoch: int) -> Iterator[dict[str, Array]]:
        """Which samples each batch sees: as the workbook says, else one after the other."""
        if not self.recipe.drawn:
            yield {}
            return
        samples, size = self.recipe.shapes["y"].rows.size, self.recipe.shapes["order"].rows.size
        orders = batch_orders(samples, size, epoch, shuffle=False, seed=0)
        for batch, order in enumerate(orders, start=1):
            block = self.map.at(Moment(epoch, batch), "order")
            yield {"order": order if block is None else self._typed(block)}

    def _step(
        self, step: Step, moment: Moment, derived: Array, values: dict[str, Array]
    ) -> Checked:
        """A step beside its block; what stands there is taken into the values."""
        own = evaluate(step.expr, values)
        block = self.map.at(moment, step.name)
        found, values[step.name] = self._there(block, own)
        return Checked(moment, step, block, found, derived, own, values, moment)

    def _there(self, block: Block | None, own: Array) -> tuple[Array | None, Array]:
        """What stands in a block, and the same as the recipe has it: ``own`` where it tells
        nothing."""
        if block is None or self._is_blank(block):
            return None, own
        found = block.cells.numbers(self.evidence.values)
        factor = block.factor(self.settings)
        tells = bool(np.isfinite(factor)) and factor != 0
        return found, block.ours(found, self.settings) if tells else own

    def _carried(
        self,
        moment: Moment,
        before: Moment,
        derived: Mapping[str, Array],
        values: dict[str, Array],
    ) -> Iterator[Checked]:
        """The start weights of a later update, which the one before has left."""
        for name, new in self.recipe.renewed.items():
            member, block, own = self.recipe.members[name], self.map.at(moment, name), values[name]
            step = Step(member.number, name, Matrix(new, member.shape), member.shape)
            found, values[name] = self._there(block, own)
            there = self.history[before]
            yield Checked(moment, step, block, found, derived[name], own, there, before, True)

    def _copies(
        self, moment: Moment, right: Mapping[str, Array], values: dict[str, Array]
    ) -> Iterator[Checked]:
        """What is the same in all epochs, where it stands once more, and the ones beside
        matrices."""
        for name, blocks in self.map.blocks.get(moment, {}).items():
            for block in blocks:
                member = self.recipe.members[name]
                if block.role == "copy":
                    own = values[name]
                    step = Step(member.number, name, Matrix(name, member.shape), member.shape)
                    found, values[name] = self._there(block, own)
                    there = self.given | {name: own}
                    yield Checked(moment, step, block, found, right[name], own, there, moment, True)
                elif block.role == "ones":
                    ones = Shape(member.shape.rows, ONE)
                    step = Step(member.number, name, Number(1), ones)
                    own = block.ours(np.ones((block.cells.rows, block.cells.columns)), {})
                    found, _ = self._there(block, own)
                    yield Checked(moment, step, block, found, own, own, values, moment)

    def _left(
        self, moment: Moment, right: Mapping[str, Array], values: dict[str, Array]
    ) -> Iterator[Checked]:
        """Biases that no update changes, where they stand beside weights that it has changed."""
        for name, blocks in self.map.blocks.get(moment, {}).items():
            for block in blocks:
                if block.role == "left":
                    member = self.recipe.members[name]
                    step = Step(member.number, name, Matrix(name, member.shape), member.shape)
                    found, _ = self._there(block, values[name])
                    yield Checked(
                        moment, step, block, found, right[name], values[name], values, moment, True
                    )

    def _keep(self, moment: Moment, values: dict[str, Array]) -> None:
        self.history[moment] = values
        if self._long and len(self.history) > 3:
            # The first one stays, and the two last.
            del self.history[list(self.history)[1]]

    def _is_blank(self, block: Block) -> bool:
        """Whether nothing at all stands in the cells of a block."""
        for part in block.cells.ranges:
            stored = self.book.sheet(part.sheet)
            for row in range(part.row, part.row + part.rows):
                for column in range(part.column, part.column + part.columns):
                    if (row, column) in stored.formulas or (row, column) in stored.values:
                        return False
        return True
