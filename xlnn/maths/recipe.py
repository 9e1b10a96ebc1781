"""A recipe: the ordered steps of one update of a network, as data.

A step is its number in the article, the name of one matrix, and one expression for it.
Values, formulas, words, layout and audit are all derived from the recipe.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from xlnn.errors import ExpressionError, ShapeError
from xlnn.maths.evaluate import Evaluator, evaluator
from xlnn.maths.expr import SCALAR, Axis, Expr, Matrix, Shape, matrices
from xlnn.maths.shapes import shape_of


@dataclass(frozen=True, slots=True)
class Given:
    """A matrix that a recipe starts from: data (step 0) or a parameter (step 1)."""

    number: int
    name: str
    shape: Shape


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


@dataclass(frozen=True)
class Recipe:
    """One update of a network: from data and parameters to the next parameters."""

    settings: tuple[str, ...]
    """Single numbers that the experiment chooses and the formulas read, such as learning_rate."""
    data: tuple[Given, ...]
    parameters: tuple[Given, ...]
    steps: tuple[Step, ...]
    renewed: Mapping[str, str]
    """For each parameter, the matrix that takes its place in the next update."""
    loss: Expr
    """The loss of this update, one number, which no sheet shows as a step."""

    @cached_property
    def shapes(self) -> Mapping[str, Shape]:
        """The shape of every matrix by name, in order of the steps."""
        members: tuple[Given | Step, ...] = (*self.data, *self.parameters, *self.steps)
        return {member.name: member.shape for member in members}

    @cached_property
    def evaluators(self) -> Mapping[str, Evaluator]:
        """What computes each step's matrix, by name, in order of the steps."""
        return {step.name: evaluator(step.expr) for step in self.steps}


@dataclass(slots=True)
class Draft:
    """A recipe while it is being written down."""

    settings: list[str] = field(default_factory=list)
    data: list[Given] = field(default_factory=list)
    parameters: list[Given] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    renewed: dict[str, str] = field(default_factory=dict)
    _known: dict[str, Matrix] = field(default_factory=dict)

    def setting(self, name: str) -> Matrix:
        """A number that the experiment chooses."""
        self.settings.append(name)
        return self._named(name, SCALAR)

    def datum(self, number: int, name: str, rows: Axis, columns: Axis) -> Matrix:
        """A matrix of the data."""
        self.data.append(Given(number, name, Shape(rows, columns)))
        return self._named(name, Shape(rows, columns))

    def parameter(self, number: int, name: str, rows: Axis, columns: Axis) -> Matrix:
        """A matrix that training changes."""
        self.parameters.append(Given(number, name, Shape(rows, columns)))
        return self._named(name, Shape(rows, columns))

    def step(self, number: int, name: str, expr: Expr) -> Matrix:
        """A computed matrix. Raises ShapeError where the parts of ``expr`` do not fit."""
        self._check_known(f"step {number}, {name}", expr)
        self.steps.append(Step(number, name, expr, shape_of(expr)))
        return self._named(name, shape_of(expr))

    def renew(self, number: int, parameter: Matrix, expr: Expr) -> Matrix:
        """The step that computes what takes a parameter's place in the next update."""
        if parameter.name not in [given.name for given in self.parameters]:
            raise ExpressionError(f"step {number}: {parameter.name} is no parameter to be renewed")
        if shape_of(expr) != parameter.shape:
            raise ShapeError(
                f"step {number}: {parameter.name} is {_axes(parameter.shape)}, "
                f"but what should replace it is {_axes(shape_of(expr))}"
            )
        new = self.step(number, f"{parameter.name}_new", expr)
        self.renewed[parameter.name] = new.name
        return new

    def recipe(self, loss: Expr) -> Recipe:
        """The finished recipe. Raises ShapeError for a loss that is not one number."""
        self._check_known("the loss", loss)
        if shape_of(loss) != SCALAR:
            raise ShapeError(f"a loss is one number, this one is {shape_of(loss)}")
        return Recipe(
            tuple(self.settings),
            tuple(self.data),
            tuple(self.parameters),
            tuple(self.steps),
            dict(self.renewed),
            loss,
        )

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
