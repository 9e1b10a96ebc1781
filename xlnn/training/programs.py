"""A recipe as compiled functions: what is prepared once, an update, and what is measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from functools import cached_property

import numpy as np

from xlnn.maths.evaluate import Array, Program, Values, evaluate, loop, program
from xlnn.maths.expr import Expr, Matrix, substitute, walk
from xlnn.maths.recipe import Recipe, Step


class Programs:
    """The functions of one recipe. All take matrices in the order of the names given here."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        recurrence = recipe.recurrence
        self.constants = (*recipe.settings, *(n for n in recurrence if recurrence[n] == "once"))
        """The names of what is the same in all epochs."""
        self.drawn = tuple(given.name for given in recipe.drawn)
        self.carried = tuple(recipe.renewed)
        """The names of what goes from one update to the next."""
        computed = {step.name for step in recipe.steps}
        read = [name for step in recipe.measures for name in step.reads]
        self.measured = tuple(dict.fromkeys(name for name in read if name in computed))
        """The names of what measures read of an update."""
        derived = {*recipe.curves, *self.constants}
        self.noted = tuple(
            step.name
            for step in recipe.measures
            if step.name in recipe.curves and not set(step.reads) <= derived
        )
        """The names of the curves that do not follow from others."""

    @cached_property
    def loop(self) -> Program:
        """Epochs of a single update each, of which nothing is drawn: how many, constants and
        carried to the next carried, and the noted curves of each epoch."""
        recipe = self.recipe
        steps = needed((*recipe.steps, *recipe.measures), (*recipe.renewed.values(), *self.noted))
        kept = {*recipe.renewed.values(), *self.noted}
        return loop(self.constants, recipe.renewed, merged(steps, kept), self.noted)

    @cached_property
    def update(self) -> Program:
        """From constants, drawn and carried to the next carried, then what is measured, with no
        step that these do without."""
        results = (*self.recipe.renewed.values(), *self.measured)
        arguments = (*self.constants, *self.drawn, *self.carried)
        return _program(arguments, needed(self.recipe.steps, results), results)

    @cached_property
    def notes(self) -> Program:
        """From constants, carried and what is measured to the noted curves."""
        arguments = (*self.constants, *self.carried, *self.measured)
        return _program(arguments, needed(self.recipe.measures, self.noted), self.noted)

    def curves(self, noted: Array, constants: Values) -> dict[str, Array]:
        """All curves of many epochs, given those that were noted: epochs × curves."""
        found = {name: noted[:, [place]] for place, name in enumerate(self.noted)}
        for step in self.recipe.measures:
            if step.name in self.recipe.curves and step.name not in found:
                found[step.name] = evaluate(step.expr, {**constants, **found})
        return {name: found[name][:, 0] for name in self.recipe.curves}

    @cached_property
    def _steps(self) -> Program:
        arguments = (*self.constants, *self.drawn, *self.carried)
        steps = self.recipe.steps
        return _program(arguments, steps, [step.name for step in steps])

    @cached_property
    def _measures(self) -> Program:
        arguments = (*self.constants, *self.carried, *self.measured)
        steps = self.recipe.measures
        return _program(arguments, steps, [step.name for step in steps])

    def prepared(self, given: Values) -> dict[str, Array]:
        """Settings and data, and what is made of them once."""
        values = dict(given)
        for step in self.recipe.prepared:
            values[step.name] = evaluate(step.expr, values)
        return values

    def steps(self, values: Values) -> dict[str, Array]:
        """Every step of an update, by name, from what it starts from."""
        arguments = [values[name] for name in (*self.constants, *self.drawn, *self.carried)]
        with np.errstate(all="ignore"):
            found = self._steps(*arguments)
        return {step.name: value for step, value in zip(self.recipe.steps, found, strict=True)}

    def measures(self, values: Values, measured: Mapping[str, Sequence[Array]]) -> dict[str, Array]:
        """What is measured of an epoch, by name, from the values that it starts from, and of what
        is ``measured`` those of each batch."""
        stacked = [np.concatenate(measured[name]) for name in self.measured]
        arguments = [values[name] for name in (*self.constants, *self.carried)]
        with np.errstate(all="ignore"):
            found = self._measures(*arguments, *stacked)
        return {step.name: value for step, value in zip(self.recipe.measures, found, strict=True)}


def needed(steps: Sequence[Step], results: Iterable[str]) -> list[Step]:
    """The steps without which the results could not be computed, in their order."""
    wanted, found = set(results), []
    for step in reversed(steps):
        if step.name in wanted:
            wanted |= set(step.reads)
            found.append(step)
    return found[::-1]


def merged(steps: Sequence[Step], kept: Set[str]) -> list[tuple[str, Expr]]:
    """The steps without those that only one other reads, once: these become a part of it, so that
    their matrices are given back to memory at once. Those ``kept`` stay."""
    read = Counter(
        node.name for step in steps for node in walk(step.expr) if isinstance(node, Matrix)
    )
    inside: dict[str, Expr] = {}
    lines = []
    for step in steps:
        expr = substitute(step.expr, inside)
        if read[step.name] == 1 and step.name not in kept:
            inside[step.name] = expr
        else:
            lines.append((step.name, expr))
    return lines


def _program(arguments: Sequence[str], steps: Iterable[Step], results: Sequence[str]) -> Program:
    return program(arguments, [(step.name, step.expr) for step in steps], results)
