"""Whatever the network, NumPy, the witness and the spreadsheet programs agree.

Hypothesis invents networks and looks for one that IronCalc computes otherwise than the witness in
reference.py. A few networks at the edges go through every engine.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from recomputed import beyond, difference, differences, error_cells
from reference import Array, train

import xlnn
from xlnn.audit.engines import ENGINES, Engine
from xlnn.experiment.experiment import Experiment
from xlnn.workbook.write import plan_of

TOLERANCE = 1e-9

# Programs add in different orders, so each sum is off by about 1e-16 of its largest term. Where
# large terms cancel, that is all that is left, and the steps after it pass it on, multiplied by
# the weights and the inputs. With inputs up to 3 it stays far below the tolerance: of 16,000 random
# networks, summed forwards and backwards, none differed by more than 5e-12.
LARGEST_INPUT = 3

MODERATE, EXTREME = 50.0, 1e5
"""Start weights: up to where sums begin to saturate, and far beyond EXP's largest argument, 709."""


@dataclass(frozen=True)
class Network:
    """What an experiment is made of."""

    X: Array
    y: Array
    hidden: tuple[int, ...]
    start: dict[str, Array]
    lr: float
    epochs: int
    show: tuple[int, ...]
    style: str

    @property
    def experiment(self) -> Experiment:
        return Experiment(
            X=self.X,
            y=self.y,
            hidden=self.hidden,
            weights=self.start,
            learning_rate=self.lr,
            epochs=self.epochs,
            show=self.show,
            formulas=self.style,
        )

    @property
    def expected(self) -> dict[int, dict[str, Array]]:
        return train(self.X, self.y, self.start, self.lr, self.epochs)


def start_shapes(inputs: int, hidden: tuple[int, ...], outputs: int) -> dict[str, tuple[int, int]]:
    """The start matrices by name, with their sizes."""
    shapes = {}
    below = inputs
    for layer, neurons in enumerate(hidden, start=1):
        ending = f"_{layer}" if len(hidden) > 1 else ""
        shapes[f"wh{ending}"] = below, neurons
        shapes[f"bh{ending}"] = 1, neurons
        below = neurons
    return {**shapes, "wout": (below, outputs), "bout": (1, outputs)}


@st.composite
def networks(draw: st.DrawFn, largest_weight: float) -> Network:
    """Small networks of all shapes."""
    samples = draw(st.integers(1, 6))
    inputs = draw(st.integers(1, 5))
    hidden = tuple(draw(st.lists(st.integers(1, 5), min_size=1, max_size=2)))
    outputs = draw(st.integers(1, 3))
    epochs = draw(st.integers(1, 4))

    def numbers(least: float, most: float, shape: tuple[int, int]) -> Array:
        return draw(arrays(np.float64, shape, elements=st.floats(least, most)))

    return Network(
        X=numbers(-LARGEST_INPUT, LARGEST_INPUT, (samples, inputs)),
        y=numbers(0, 1, (samples, outputs)),
        hidden=hidden,
        start={
            name: numbers(-largest_weight, largest_weight, shape)
            for name, shape in start_shapes(inputs, hidden, outputs).items()
        },
        lr=draw(st.floats(0.001, 1)),
        epochs=epochs,
        show=tuple(draw(st.sets(st.integers(1, epochs), min_size=1))),
        style=draw(st.sampled_from(["cell", "matrix"])),
    )


def check(network: Network, engine: Engine) -> None:
    """A network's trace, and its workbook as an engine computes it, equal the witness."""
    trace, expected = xlnn.run(network.experiment), network.expected
    found = {
        f"{name}, epoch {epoch}": difference(trace[name, epoch], matrix)
        for epoch in trace.epochs
        for name, matrix in expected[epoch].items()
    }
    assert beyond(TOLERANCE, found) == {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "network.xlsx")
        xlnn.write(trace, path)
        values = engine.recompute(path)
    plan = plan_of(trace)
    assert error_cells(values, plan) == []
    assert beyond(TOLERANCE, differences(values, plan, expected)) == {}


@settings(max_examples=40)
@given(network=networks(MODERATE))
def test_any_network_recomputes_to_the_numbers_of_the_witness(network: Network) -> None:
    check(network, ENGINES["ironcalc"])


@settings(max_examples=40)
@given(network=networks(EXTREME))
def test_saturated_networks_have_numbers_in_every_cell(network: Network) -> None:
    check(network, ENGINES["ironcalc"])


def some(
    samples: int,
    inputs: int,
    hidden: tuple[int, ...],
    outputs: int,
    weight: float,
    **choices: object,
) -> Network:
    """A network with random numbers, always the same."""
    generator = np.random.default_rng(1)
    epochs = 2
    return Network(
        X=generator.uniform(-LARGEST_INPUT, LARGEST_INPUT, (samples, inputs)),
        y=generator.uniform(size=(samples, outputs)),
        hidden=hidden,
        start={
            name: generator.uniform(-weight, weight, shape)
            for name, shape in start_shapes(inputs, hidden, outputs).items()
        },
        lr=0.1,
        epochs=epochs,
        show=(1, 2),
        **choices,
    )


SAMPLE = {
    "saturated, cell": some(4, 3, (4,), 2, EXTREME, style="cell"),
    "saturated, matrix": some(4, 3, (4,), 2, EXTREME, style="matrix"),
    # Sums of more terms than are written out, of rows by columns, and of columns by columns.
    "wide, cell": some(10, 9, (9,), 1, 2, style="cell"),
    # Where a matrix has one row or one column, or is one cell, array formulas are at their limits.
    "one of each, matrix": some(1, 1, (1,), 1, 2, style="matrix"),
    "two hidden layers, matrix": some(3, 2, (4, 3), 3, 2, style="matrix"),
}


@pytest.mark.parametrize("network", SAMPLE.values(), ids=SAMPLE)
def test_engines_compute_what_the_witness_computes(engine: Engine, network: Network) -> None:
    check(network, engine)
