"""A recipe: the ordered steps of training a network, as data.

A step is its number in the article, the name of one matrix, and one expression for it.
Values, formulas, words, layout and audit are all derived from the recipe.

Not everything is computed equally often: data is prepared once, an update is computed for each
batch of each epoch, and an epoch is measured when its batches are done.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from xlnn.errors import ExpressionError, ShapeError
from xlnn.maths.expr import SCALAR, Axis, Expr, Matrix, Shape, matrices
from xlnn.maths.shapes import shape_of

Recurrence = Literal["once", "update", "epoch"]
"""once: the same in all epochs. update: anew in each batch. epoch: once in each epoch."""


@dataclass(frozen=True, slots=True)
class Given:
    """A matrix that a recipe starts from: data (step 0), or what training changes (step 1)."""

    number: int
    name: str
    shape: Shape
    start: float | None = None
    """What every cell of an optimiser's own matrix starts from; None where it is not always the
    same number."""


@dataclass(frozen=True, slots=True)
class Step:
    """A matrix that a recipe computes."""

    number: int
    name: str
    expr: Expr
    shape: Shape

    @property
    def reads(self) -> tuple[str, ...]:
        """The names of the matrices in the expression, in order of appearance."""
        return tuple(matrix.name for matrix in matrices(self.expr))


Member = Given | Step


@dataclass(frozen=True)
class Recipe:
    """The training of a network: from data and parameters to the next parameters, with what is
    measured on the way."""

    settings: tuple[str, ...]
    """Single numbers that the experiment chooses and the formulas read, such as learning_rate."""
    data: tuple[Given, ...]
    prepared: tuple[Step, ...]
    """What is made of the data once, before training."""
    drawn: tuple[Given, ...]
    """Values of each update: the order of the samples."""
    parameters: tuple[Given, ...]
    """Weights and biases. Those that are not renewed stay as they are."""
    states: tuple[Given, ...]
    """What an optimiser carries from one update to the next, besides the parameters."""
    steps: tuple[Step, ...]
    """One update."""
    measures: tuple[Step, ...]
    """What is computed of each epoch: the loss above all. Parameters are those that the epoch
    starts from; what stands in a BatchSum is that of every batch."""
    renewed: Mapping[str, str]
    """For each parameter and state that an update changes, the matrix that takes its place."""
    downhill: Mapping[str, Expr]
    """For each parameter that an update changes, minus the gradient of the loss (of its mean over
    the samples, where gradients are averaged): the direction in which it falls fastest."""
    curves: tuple[str, ...]
    """The measures of one number, which are listed for every epoch."""

    @cached_property
    def members(self) -> Mapping[str, Member]:
        """Every matrix by name, in order of computation."""
        every: Iterable[Member] = (
            *self.data,
            *self.prepared,
            *self.drawn,
            *self.parameters,
            *self.states,
            *self.steps,
            *self.measures,
        )
        return {member.name: member for member in every}

    @cached_property
    def shapes(self) -> Mapping[str, Shape]:
        """The shape of every matrix by name, in order of computation."""
        return {name: member.shape for name, member in self.members.items()}

    @cached_property
    def recurrence(self) -> Mapping[str, Recurrence]:
        """How often each matrix is computed, or given, by name."""
        fixed = {given.name for given in self.parameters if given.name not in self.renewed}
        once = {*(given.name for given in self.data), *(step.name for step in self.prepared)}
        once |= fixed
        measured = {step.name for step in self.measures}
        return {
            name: "once" if name in once else "epoch" if name in measured else "update"
            for name in self.members
        }


@dataclass(slots=True)
class Draft:
    """A recipe while it is being written down."""

    settings: list[str] = field(default_factory=list)
    data: list[Given] = field(default_factory=list)
    prepared: list[Step] = field(default_factory=list)
    drawn: list[Given] = field(default_factory=list)
    parameters: list[Given] = field(default_factory=list)
    states: list[Given] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    measures: list[Step] = field(default_factory=list)
    renewed: dict[str, str] = field(default_factory=dict)
    downhill: dict[str, Expr] = field(default_factory=dict)
    curves: list[str] = field(default_factory=list)
    _known: dict[str, Matrix] = field(default_factory=dict)

    def setting(self, name: str) -> Matrix:
        """A number that the experiment chooses; the same one when it is asked for again."""
        if name in self.settings:
            return self._known[name]
        setting = self._named(name, SCALAR)
        self.settings.append(name)
        return setting

    def datum(self, number: int, name: str, rows: Axis, columns: Axis) -> Matrix:
        """A matrix of the data."""
        return self._give(self.data, number, name, Shape(rows, columns))

    def prepare(self, name: str, expr: Expr) -> Matrix:
        """A matrix that is made of the data, once. Raises ExpressionError where it would read what
        is not the same in all epochs."""
        given, made = (each.name for each in self.data), (each.name for each in self.prepared)
        once = {*self.settings, *given, *made}
        for matrix in matrices(expr):
            if matrix.name in self._known and matrix.name not in once:
                raise ExpressionError(f"{name} is prepared once, but reads {matrix.name}")
        return self._compute(self.prepared, 0, name, expr)

    def draw(self, number: int, name: str, rows: Axis, columns: Axis) -> Matrix:
        """A matrix of values that each update has anew."""
        return self._give(self.drawn, number, name, Shape(rows, columns))

    def parameter(self, number: int, name: str, rows: Axis, columns: Axis) -> Matrix:
        """A matrix that training may change."""
        return self._give(self.parameters, number, name, Shape(rows, columns))

    def state(self, name: str, shape: Shape, start: float) -> Matrix:
        """A matrix that an optimiser carries along, and the number that fills it at first."""
        return self._give(self.states, 1, name, shape, start)

    def step(self, number: int, name: str, expr: Expr) -> Matrix:
        """A matrix that each update computes. Raises ShapeError where the parts of ``expr`` do not
        fit."""
        return self._compute(self.steps, number, name, expr)

    def renew(self, number: int, given: Matrix, expr: Expr) -> Matrix:
        """The step that computes what takes the place of a parameter or state."""
        if given.name not in [each.name for each in (*self.parameters, *self.states)]:
            raise ExpressionError(f"step {number}: {given.name} is no parameter to be renewed")
        if shape_of(expr) != given.shape:
            raise ShapeError(
                f"step {number}: {given.name} is {_axes(given.shape)}, "
                f"but what should replace it is {_axes(shape_of(expr))}"
            )
        new = self.step(number, f"{given.name}_new", expr)
        self.renewed[given.name] = new.name
        return new

    def measure(self, number: int, name: str, expr: Expr) -> Matrix:
        """A matrix that is computed once in each epoch."""
        return self._compute(self.measures, number, name, expr)

    def curve(self, name: str, expr: Expr) -> Matrix:
        """One number that is measured in each epoch and listed for all of them (step 5).

        Raises ShapeError for more than one number.
        """
        if shape_of(expr) != SCALAR:
            raise ShapeError(f"{name} is one number, this is {shape_of(expr)}")
        self.curves.append(name)
        return self.measure(5, name, expr)

    def known(self, name: str) -> Matrix:
        """A matrix that was given or computed before. Raises ExpressionError for another name."""
        if name not in self._known:
            raise ExpressionError(f"{name} is not computed before it is asked for")
        return self._known[name]

    def recipe(self) -> Recipe:
        """The finished recipe."""
        return Recipe(
            tuple(self.settings),
            tuple(self.data),
            tuple(self.prepared),
            tuple(self.drawn),
            tuple(self.parameters),
            tuple(self.states),
            tuple(self.steps),
            tuple(self.measures),
            dict(self.renewed),
            dict(self.downhill),
            tuple(self.curves),
        )

    def _give(
        self, to: list[Given], number: int, name: str, shape: Shape, start: float | None = None
    ) -> Matrix:
        to.append(Given(number, name, shape, start))
        return self._named(name, shape)

    def _compute(self, to: list[Step], number: int, name: str, expr: Expr) -> Matrix:
        self._check_known(f"step {number}, {name}", expr)
        to.append(Step(number, name, expr, shape_of(expr)))
        return self._named(name, shape_of(expr))

    def _named(self, name: str, shape: Shape) -> Matrix:
        if name in self._known:
            raise ExpressionError(f"two matrices are called {name}")
        self._known[name] = Matrix(name, shape)
        return self._known[name]

    def _check_known(self, place: str, expr: Expr) -> None:
        for matrix in matrices(expr):
            known = self._known.get(matrix.name)
            if known is None:
                raise ExpressionError(f"{place}: {matrix.name} is not computed before it")
            if known != matrix:
                raise ShapeError(
                    f"{place}: {matrix.name} is {_axes(known.shape)} in this recipe, "
                    f"not {_axes(matrix.shape)}"
                )


def _axes(shape: Shape) -> str:
    return f"{shape} ({shape.rows.name} × {shape.columns.name})"
