"""The network as a picture of cells: a column for each layer, its neurons below each other."""

from __future__ import annotations

from collections.abc import Iterator

from xlnn.experiment.headings import headings
from xlnn.maths.expr import Axis, Matrix, matrices
from xlnn.training.trace import Trace
from xlnn.workbook.cells import Cell, Link
from xlnn.workbook.plan import Plan, cell_name
from xlnn.workbook.texts import Texts

MOST_NEURONS = 8
"""Of a larger layer the first ones and the last one are drawn."""


class NetworkPicture:
    """A picture that begins in some row."""

    def __init__(self, plan: Plan, trace: Trace, texts: Texts) -> None:
        self._plan, self._trace, self._words = plan, trace, texts["picture"]
        network = plan.schedule.network
        self._layers = [network.feature, *network.hidden_neurons, network.output]
        self._drawn = [self._neurons(axis) for axis in self._layers]
        self.height = 2 + max(3, *map(len, self._drawn))

    @property
    def columns(self) -> int:
        """The columns that it takes."""
        return 2 * len(self._layers) - 1

    def _neurons(self, axis: Axis) -> list[str]:
        """What stands in a layer's cells."""
        names = [_short(name) for name in headings(self._trace.experiment, axis)]
        if len(names) <= MOST_NEURONS:
            return names
        first = MOST_NEURONS - 2
        between = self._words["more"].format(number=len(names) - first - 1)
        return [*names[:first], between, names[-1]]

    def row(self, offset: int) -> Iterator[Cell]:
        """The cells of a row of the picture, counted from 0."""
        for number, (axis, drawn) in enumerate(zip(self._layers, self._drawn, strict=True)):
            column = 1 + 2 * number
            last = len(self._layers) - 1
            kind = "input" if number == 0 else "output" if number == last else "hidden"
            if offset == 0:
                words = self._words[kind].format(number=axis.size, layer=number)
                yield Cell(column, "heading", words)
            elif offset == 1:
                yield Cell(column, "arrow", "" if number == 0 else self._activation(kind))
            else:
                # The neurons of each layer stand around the same middle.
                place = offset - 2 - (self.height - 2 - len(drawn)) // 2
                if 0 <= place < len(drawn):
                    style = "neuron" if kind == "hidden" else f"neuron {kind}"
                    yield Cell(column, style, drawn[place])
            if number < last:
                yield from self._between(number, offset, column + 1)

    def _activation(self, kind: str) -> str:
        experiment = self._trace.experiment
        return experiment.output_activation if kind == "output" else experiment.activation

    def _between(self, number: int, offset: int, column: int) -> Iterator[Cell]:
        """What leads from one layer to the next: its weights and biases, which are links."""
        middle = 2 + (self.height - 3) // 2
        if offset == middle:
            yield Cell(column, "arrow", "→")
        # Weights above the arrow, biases below.
        for place, matrix in zip((middle - 1, middle + 1), self._parameters(number), strict=False):
            if offset == place:
                yield Cell(column, "link", f"{matrix.name}  {matrix.shape}")

    def _parameters(self, number: int) -> list[Matrix]:
        """The weights into the layer after a layer, and its biases if it has any."""
        recipe = self._plan.recipe
        inputs = [
            step
            for step in recipe.steps
            if step.name.startswith(("hidden_layer_input", "output_layer_input"))
        ]
        step = inputs[number]
        given = {parameter.name for parameter in recipe.parameters}
        return [matrix for matrix in matrices(step.expr) if matrix.name in given]

    def links(self, first: int) -> Iterator[Link]:
        """The links of the picture when it begins in a row."""
        for offset in range(self.height):
            for cell in self.row(offset):
                if cell.style == "link":
                    name = str(cell.value).split()[0]
                    yield Link(cell_name(first + offset, cell.column), f"{name}!A1")


def _short(name: str) -> str:
    """A name that fits a neuron's cell."""
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


LONGEST = 16
"""The characters of a name in a neuron's cell."""
