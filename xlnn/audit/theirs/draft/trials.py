"""What the labels may mean all together: inputs, targets and weights that fit each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise, product
from typing import Any

import numpy as np

from xlnn.audit.engines.values import Values
from xlnn.audit.theirs.draft.labels import Kind, roles
from xlnn.audit.theirs.draft.names import weights
from xlnn.audit.theirs.draft.pieces import Piece, of, ways_round, with_ones
from xlnn.audit.theirs.draft.spots import Spot
from xlnn.audit.theirs.gradients import gradient_names, with_gradients
from xlnn.audit.theirs.told import DEFAULTS
from xlnn.experiment.description import Description
from xlnn.maths.evaluate import Array
from xlnn.maths.recipe import Recipe
from xlnn.maths.schedule import schedule_of
from xlnn.training.run import Course

MOST = 300
"""So many ways to read the labels are tried at most."""

CHOSEN = (
    "activation", "output_activation", "loss", "optimizer", "gradient", "scale", "scale_targets",
    "batch_size", "shuffle",
)  # fmt: skip
"""What a description has without being told."""


@dataclass(frozen=True)
class Trial:
    """One way to read the labels of what everything is derived from."""

    pieces: Mapping[str, Piece]
    order: str = ""
    """Of single weights in a list: ``neuron`` if those of a neuron follow each other, or
    ``input``."""
    described: Mapping[str, Any] = field(default_factory=dict)

    @property
    def transpose(self) -> bool:
        """Whether samples are columns."""
        return self.pieces["X"].transpose

    def given(self, values: Values) -> dict[str, Array]:
        """The numbers that everything is derived from."""
        found = {name: piece.matrix(values) for name, piece in self.pieces.items()}
        for name, piece in self.pieces.items():
            if piece.bias:
                found[f"b{name[1:]}"] = piece.biases(values)
        return found

    def course(self, values: Values, **changed: Any) -> Course:
        """The training of this network, with the gradients as steps of their own."""
        given = self.given(values)
        hidden = [name for name in given if name.startswith("wh")]
        described = {name: DEFAULTS[name] for name in CHOSEN}
        described |= {"update_biases": True, **self.described, **changed}
        network = Description(
            samples=len(given["X"]),
            inputs=given["X"].shape[1],
            hidden=tuple(given[name].shape[1] for name in hidden),
            outputs=given["y"].shape[1],
            test_samples=0,
            classes="none",
            **described,
        ).network
        schedule = schedule_of(network)
        return Course(with_gradients(schedule, set(gradient_names(schedule.recipe))))


def derive(
    trial: Trial, course: Course, values: Values, rate: float, epochs: int
) -> list[dict[str, Array]]:
    """Every matrix of the first epochs."""
    given = trial.given(values)
    recipe: Recipe = course.schedule.recipe
    settings = {name: np.array([[DEFAULTS[name]]]) for name in recipe.settings}
    settings["learning_rate"] = np.array([[rate]])
    fixed = {name: value for name, value in given.items() if name not in recipe.renewed}
    state = {name: given[name] for name in recipe.renewed}
    found = []
    for _ in range(epochs):
        update, measures = course.epoch(settings | fixed | state, [{}])
        found.append(given | fixed | update | measures)
        state = {name: update[new] for name, new in recipe.renewed.items()}
    return found


def trials(found: Sequence[Spot], values: Values) -> Iterator[Trial]:
    """Every way to read the labels in which inputs, targets and weights fit each other."""
    of_kind = {kind: _first(found, kind) for kind in ("X", "y", "w", "b")}
    number = 0
    for x, y in product(of_kind["X"], of_kind["y"]):
        if x is y:
            continue
        for inputs, targets in product(_inputs(x, values), ways_round(of(y.range), False)):
            if len(inputs.matrix(values)) != len(targets.matrix(values)):
                continue
            sizes = inputs.matrix(values).shape[1], targets.matrix(values).shape[1]
            base = {"X": inputs, "y": targets}
            for trial in _weighted(base, of_kind["w"], sizes, values):
                for whole in _biased(trial, of_kind["b"], values):
                    yield whole
                    number += 1
                    if number == MOST:
                        return


def _first(found: Sequence[Spot], kind: Kind) -> list[Spot]:
    """The spots that a label may say are of some kind, the surest first."""
    said = [
        (list(kinds).index(kind), len(kinds), place, spot)
        for place, spot in enumerate(found)
        if kind in (kinds := dict.fromkeys(role.kind for role in roles(spot.label)))
    ]
    return [spot for _, _, _, spot in sorted(said, key=lambda each: each[:3])]


def _inputs(spot: Spot, values: Values) -> Iterator[Piece]:
    for turned in ways_round(of(spot.range), False):
        yield from with_ones(turned, values)


# --- Weights --------------------------------------------------------------------------


def cells_in_order(found: Sequence[Spot], kind: Kind) -> list[Piece]:
    """The cells that labels number one by one, such as w1, w2 …"""
    numbered: dict[int, Piece] = {}
    for spot in found:
        here = spot.range
        if len(spot.lines) != here.rows * here.columns:
            continue
        for place, line in enumerate(spot.lines):
            digits = "".join(sign for sign in line if sign.isdigit())
            if digits and kind in {role.kind for role in roles(line)}:
                down, across = (place, 0) if here.columns == 1 else (0, place)
                cell = replace(
                    here, row=here.row + down, column=here.column + across, rows=1, columns=1
                )
                numbered.setdefault(int(digits[:6]), of(cell))
    return [numbered[number] for number in sorted(numbered)]


def arranged(cells: Sequence[Piece], rows: int, columns: int, order: str) -> Piece:
    """Numbered cells as a matrix."""
    single = [cell.ranges[0][0] for cell in cells]
    if order == "neuron":
        lines = [[single[j * rows + i] for j in range(columns)] for i in range(rows)]
    else:
        lines = [single[i * columns : (i + 1) * columns] for i in range(rows)]
    return Piece(tuple(tuple(line) for line in lines))


def _weighted(
    base: Mapping[str, Piece], spots_of: Sequence[Spot], sizes: tuple[int, int], values: Values
) -> Iterator[Trial]:
    """The inputs and targets with weights that fit them."""
    inputs, outputs = sizes
    listed = cells_in_order(spots_of, "w")
    hidden, rest = divmod(len(listed), inputs + outputs)
    if listed and hidden and not rest:
        split = inputs * hidden
        for order in ("neuron", "input"):
            wh = arranged(listed[:split], inputs, hidden, order)
            wout = arranged(listed[split:], hidden, outputs, order)
            yield Trial({**base, "wh": wh, "wout": wout}, order)
    by_layer = _by_layer(spots_of)
    names = weights(len(by_layer) - 1)
    if not by_layer:
        return
    first = base["X"].transpose
    ways = [
        [
            replace(turned, bias=bias)
            for turned in ways_round(of(spot.range), first)
            for bias in ("", "last", "first")
        ]
        for spot in by_layer
    ]
    for chosen in product(*ways) if len(ways) <= 4 else ():
        if len({bool(piece.bias) for piece in chosen}) > 1:
            continue
        shapes = [piece.matrix(values).shape for piece in chosen]
        ends = shapes[0][0] == inputs and shapes[-1][1] == outputs
        if ends and all(one[1] == other[0] for one, other in pairwise(shapes)):
            yield Trial({**base, **dict(zip(names, chosen, strict=True))})


def _by_layer(spots_of: Sequence[Spot]) -> list[Spot]:
    """The first block of weights of each layer, in the order of the layers."""
    first: dict[int, Spot] = {}
    for place, spot in enumerate(spots_of):
        role = next(role for role in roles(spot.label) if role.kind == "w")
        layer = {"hidden": 1, "output": 1_000, None: 500 + place}.get(role.layer, role.layer)  # type: ignore[arg-type]
        assert isinstance(layer, int)
        first.setdefault(layer, spot)
    return [first[layer] for layer in sorted(first)]


# --- Biases ---------------------------------------------------------------------------


def _biased(trial: Trial, spots_of: Sequence[Spot], values: Values) -> Iterator[Trial]:
    """The same with biases, as far as labels tell of any."""
    names = [name for name in trial.pieces if name.startswith("w")]
    neurons = [trial.pieces[name].matrix(values).shape[1] for name in names]
    if any(trial.pieces[name].bias for name in names):
        yield replace(trial, described={"biases": True, "bias_per": "neuron"})
        return
    for per, pieces in _bias_pieces(spots_of, neurons, trial.transpose, values):
        biases = {f"b{name[1:]}": piece for name, piece in zip(names, pieces, strict=True)}
        described = {"biases": True, "bias_per": per}
        yield replace(trial, pieces={**trial.pieces, **biases}, described=described)
    yield replace(trial, described={"biases": False, "bias_per": "neuron"})


def _bias_pieces(
    spots_of: Sequence[Spot], neurons: Sequence[int], transpose: bool, values: Values
) -> Iterator[tuple[str, list[Piece]]]:
    listed = cells_in_order(spots_of, "b")
    if len(listed) == len(neurons):
        yield "layer", listed
    if listed and len(listed) == sum(neurons):
        ends = np.cumsum([0, *neurons]).tolist()
        yield (
            "neuron",
            [arranged(listed[a:b], 1, b - a, "input") for a, b in pairwise(ends)],
        )
    layers: dict[object, Spot] = {}
    for spot in spots_of:
        role = next(role for role in roles(spot.label) if role.kind == "b")
        layers.setdefault(role.layer, spot)
    blocks = list(layers.values())
    if len(blocks) != len(neurons):
        return
    fitting = []
    for spot, size in zip(blocks, neurons, strict=True):
        ways = ways_round(of(spot.range), transpose)
        fitting.append([way for way in ways if way.matrix(values).shape == (1, size)][:1])
    if all(fitting):
        yield "neuron", [ways[0] for ways in fitting]
    elif all(spot.range.rows == spot.range.columns == 1 for spot in blocks):
        yield "layer", [of(spot.range) for spot in blocks]
