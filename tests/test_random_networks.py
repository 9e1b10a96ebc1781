"""Whatever the network, NumPy, the witness and the spreadsheet programs agree.

Hypothesis invents networks and looks for one that IronCalc computes otherwise than the witness in
reference.py. A few networks at the edges go through every engine.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from networks import (
    BIASES,
    HIDDEN,
    OPTIMISERS,
    OUTPUTS,
    Moment,
    Network,
    drowned,
    moderate,
    start_shapes,
)
from recomputed import beyond, block, difference, error_cells, recompute_all
from reference import ARTICLE, Array, Matrices, Rules

import xlnn
from xlnn.audit.engines import ENGINES, Engine
from xlnn.audit.engines.values import Values
from xlnn.training.trace import Trace
from xlnn.workbook.plan import Plan
from xlnn.workbook.write import plan_of

TOLERANCE = 1e-9

# Programs add in different orders, so each sum is off by about 1e-16 of its largest term. Where
# large terms cancel, that is all that is left, and the steps after it pass it on, multiplied by
# the weights and the inputs. With inputs up to 3 it stays far below the tolerance: of 16,000 random
# networks, summed forwards and backwards, none differed by more than 5e-12.
# With cross-entropy none of 400 was further than 2e-11 from the witness.
LARGEST_INPUT = 3

MODERATE, EXTREME = 50.0, 1e5
"""Start weights: up to where sums begin to saturate, and far beyond EXP's largest argument, 709."""

# --- Comparing ---


def orders_of(network: Network, trace: Trace) -> list[list[int]]:
    """In which order each epoch sees the samples, counted from 1. Each must see all of them."""
    samples = list(range(1, len(network.X) + 1))
    if "order" not in trace.values.names:
        assert network.batch_size == "all"
        assert not network.shuffle
        return [samples] * network.epochs
    orders = []
    for epoch in range(1, network.epochs + 1):
        parts = [trace["order", epoch, batch] for batch in range(1, network.batches + 1)]
        assert [len(part) for part in parts[:-1]] == [network.size] * (network.batches - 1)
        order = [int(number) for number in np.concatenate(parts)[:, 0]]
        assert sorted(order) == samples
        assert network.shuffle or order == samples
        orders.append(order)
    return orders


def trace_differences(trace: Trace, expected: Mapping[Moment, Matrices]) -> dict[str, float]:
    """How far a trace that has kept every epoch is from what is expected, matrix by matrix.

    Fails where one of the two has a matrix that the other lacks.
    """
    assert set(trace.values.names) - set(trace.recipe.settings) == set(expected[1, 1])
    found = {
        f"{name}, epoch {epoch}, batch {batch}": difference(trace[name, epoch, batch], matrix)
        for (epoch, batch), matrices in expected.items()
        for name, matrix in matrices.items()
    }
    losses = [matrices["loss"].item() for (_, batch), matrices in expected.items() if batch == 1]
    return found | {"losses": difference(trace.loss, losses)}


def workbook_differences(
    values: Values, plan: Plan, expected: Mapping[Moment, Matrices]
) -> dict[str, float]:
    """How far every matrix in a workbook is from the expected one, by name, epoch and batch, and
    the loss of each epoch, also of those that are not shown.

    Fails where the workbook lacks an expected matrix of a shown epoch.
    """
    found, places = {}, set()
    for area in plan.matrices():
        shape = area.shape.rows.size, area.shape.columns.size
        numbers = block(values, area.sheet, area.row, area.column, shape)
        moment = area.epoch, area.batch
        places.add((area.matrix, *moment))
        place = f"{area.matrix}, epoch {area.epoch}, batch {area.batch}"
        found[place] = difference(numbers, expected[moment][area.matrix])
        if area.matrix == "loss":
            column = [matrices["loss"] for (_, batch), matrices in expected.items() if batch == 1]
            first = area.row - area.epoch + 1
            numbers = block(values, area.sheet, first, area.column, (len(column), 1))
            found["losses"] = difference(numbers, np.concatenate(column))
    assert "losses" in found
    for (epoch, batch), matrices in expected.items():
        for name, matrix in matrices.items() if epoch in plan.epochs else ():
            # What is the same for all batches of an epoch, or for all epochs, may stand once.
            same = ((name, epoch, 1), (name, plan.epochs[0], 1))
            assert (name, epoch, batch) in places or any(
                place in places and np.array_equal(expected[place[1:]][name], matrix)
                for place in same
            ), f"{name} of epoch {epoch}, batch {batch} is missing"
    return found


def check(network: Network, styles: Sequence[str] = ()) -> None:
    """A network's trace, and its workbook as IronCalc computes it, equal the witness."""
    expected = check_trace(network)
    for style in styles or [network.style]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "network.xlsx")
            plan = write(replace(network, style=style), path)
            values = ENGINES["ironcalc"].recompute(path)
        check_values(values, plan, expected)


def check_trace(network: Network) -> dict[Moment, Matrices]:
    """A network's trace equals the witness, whose matrices are returned."""
    every = xlnn.run(network.experiment, epochs=range(1, network.epochs + 1))
    expected = network.expected(orders_of(network, every))
    assert beyond(TOLERANCE, trace_differences(every, expected)) == {}
    return expected


def write(network: Network, path: Path) -> Plan:
    """Writes a network's workbook."""
    trace = xlnn.run(network.experiment)
    assert trace.epochs == tuple(sorted(network.show))
    xlnn.write(trace, path)
    return plan_of(trace)


def check_values(values: Values, plan: Plan, expected: Mapping[Moment, Matrices]) -> None:
    """A workbook, as an engine computes it, has what is expected."""
    assert error_cells(values, plan)[:9] == []
    assert beyond(TOLERANCE, workbook_differences(values, plan, expected)) == {}


# --- Networks of the article's kind, with any numbers ---


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
        # The logarithm of a probability must be a number where the probability rounds to 0.
        rules=draw(st.sampled_from([ARTICLE, Rules(loss="cross-entropy")])),
    )


@settings(max_examples=6)
@given(network=networks(MODERATE))
def test_any_network_recomputes_to_the_numbers_of_the_witness(network: Network) -> None:
    check(network)


@settings(max_examples=6)
@given(network=networks(EXTREME))
def test_saturated_networks_have_numbers_in_every_cell(network: Network) -> None:
    check(network)


# --- Networks of every kind, with moderate numbers ---


@st.composite
def trainings(draw: st.DrawFn) -> Network:
    """Small networks of every shape and kind."""
    output, loss = draw(st.sampled_from(OUTPUTS))
    biases, update_biases = draw(st.sampled_from(BIASES))
    rules = Rules(
        activation=draw(st.sampled_from(HIDDEN)),
        output_activation=output,
        loss=loss,
        leak=draw(st.sampled_from([0.01, 0.2])),
        threshold=draw(st.sampled_from([0.0, -0.25])),
        threshold_slope=draw(st.sampled_from([1.0, 0.5])),
        gradient=draw(st.sampled_from(["sum", "mean"])),
        update_biases=update_biases,
        optimizer=draw(st.sampled_from(OPTIMISERS)),
        momentum=draw(st.sampled_from([0.9, 0.5])),
        beta1=draw(st.sampled_from([0.9, 0.5])),
        beta2=draw(st.sampled_from([0.999, 0.9])),
        epsilon=draw(st.sampled_from([1e-8, 1e-3])),
    )
    assume(not drowned(rules, biases))
    samples = draw(st.integers(1, 6))
    return moderate(
        draw(st.integers(0, 2**32 - 1)),
        rules,
        samples=samples,
        inputs=draw(st.integers(1, 4)),
        hidden=tuple(draw(st.lists(st.integers(1, 4), max_size=4))),
        outputs=draw(st.integers(2 if output == "softmax" else 1, 3)),
        biases=biases,
        lr=draw(st.sampled_from([0.02, 0.005])),
        epochs=3,
        show=tuple(draw(st.sets(st.integers(1, 3), min_size=1))),
        style="cell",
        batch_size=draw(st.one_of(st.just("all"), st.integers(1, samples))),
        shuffle=draw(st.booleans()),
        operands=draw(st.sampled_from(["none", "auto"])),
    )


def nearest_kink(network: Network, expected: Mapping[Moment, Matrices]) -> float:
    """How near an input comes to where its activation or its slope jumps, but is not there exactly:
    programs that round differently could then be on different sides.

    An input of nothing but zeros is 0 in any program: that of a layer without biases above neurons
    that are all off.
    """
    rules = network.rules
    kinks = {"relu": 0.0, "leaky-relu": 0.0, "threshold": rules.threshold}
    nearest = np.inf
    for matrices in expected.values():
        for name, matrix in matrices.items():
            hidden = name.startswith("hidden_layer_input")
            activation = rules.activation if hidden else rules.output_activation
            if activation in kinks and (hidden or name == "output_layer_input"):
                away = np.abs(matrix - kinks[activation])
                nearest = min(nearest, away[matrix != 0].min(initial=np.inf))
    return nearest


# Smaller networks would say more, but each takes a second: the first that is found must do.
@settings(max_examples=4, phases=set(Phase) - {Phase.shrink, Phase.explain})
@given(network=trainings())
def test_any_training_recomputes_to_the_numbers_of_the_witness_and_can_be_taught(
    network: Network,
) -> None:
    every = xlnn.run(network.experiment, epochs=range(1, network.epochs + 1))
    # Numbers that are drawn evenly come that near once in thousands of networks.
    assume(nearest_kink(network, network.expected(orders_of(network, every))) > TOLERANCE)
    check(network, styles=["cell", "matrix"])
    with tempfile.TemporaryDirectory() as folder:
        taught = replace(network.experiment, extras="auto", epochs=1, show=None)
        report = xlnn.build(taught, Path(folder, "taught.xlsx")).report
    assert report is not None
    assert report.ok, report.findings[:3]


SHAPES = ((), (3,), (4, 2), (2, 3, 2), (3, 2, 2, 3))
BATCHES = (
    ("all", False),
    ("all", True),
    (1, True),
    (2, False),
    (3, True),
    ("all", False),
    (7, False),
)


def combinations(output: str, loss: str, optimizer: str) -> list[Network]:
    """Every activation of hidden layers, with ever other shapes, biases and batches."""
    found = []
    # Steps that have no common divisor with how many there are lead through all of them.
    first = 7 * OUTPUTS.index((output, loss)) + 3 * OPTIMISERS.index(optimizer)
    for place, activation in enumerate(HIDDEN, start=first):
        biases, update_biases = BIASES[3 * place % len(BIASES)]
        size, shuffle = BATCHES[2 * place % len(BATCHES)]
        rules = Rules(
            activation=activation,
            output_activation=output,
            loss=loss,
            gradient=("sum", "mean")[place // 2 % 2],
            update_biases=update_biases,
            optimizer=optimizer,
        )
        network = moderate(
            place,
            rules,
            samples=7,
            inputs=3,
            hidden=SHAPES[place % len(SHAPES)],
            outputs=3,
            biases="neuron" if drowned(rules, biases) else biases,
            lr=0.02,
            epochs=3,
            show=(1, 2, 3),
            style="cell",
            batch_size=size,
            shuffle=shuffle,
        )
        found.append(network)
    return found


@pytest.mark.parametrize("optimizer", OPTIMISERS)
@pytest.mark.parametrize(("output", "loss"), OUTPUTS, ids=map("+".join, OUTPUTS))
def test_every_combination_trains_as_the_witness_does(
    output: str, loss: str, optimizer: str
) -> None:
    for network in combinations(output, loss, optimizer):
        trace = xlnn.run(network.experiment)
        expected = network.expected(orders_of(network, trace))
        assert nearest_kink(network, expected) > TOLERANCE
        found = beyond(TOLERANCE, trace_differences(trace, expected))
        assert found == {}, network


def test_each_epoch_is_shuffled_anew_and_the_seed_decides_how() -> None:
    network = some(12, 2, (2,), 1, 2, style="cell", batch_size=5, shuffle=True)
    network = replace(network, epochs=3, show=(1, 2, 3))

    def orders(seed: int) -> list[list[int]]:
        seeded = replace(network, seed=seed)
        return orders_of(seeded, xlnn.run(seeded.experiment))

    # 12 samples have 479,001,600 orders.
    assert len({tuple(order) for order in orders(1) + orders(2)}) == 6
    assert orders(1) == orders(1)


# --- The edges, in every engine ---


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


def varied(style: str, rules: Rules, **choices: object) -> Network:
    """A network of five samples, three inputs and two outputs, with a choice of its own."""
    given = {"samples": 5, "inputs": 3, "hidden": (3,), "outputs": 2, "biases": "neuron"}
    training = {"lr": 0.02, "epochs": 2, "show": (1, 2), "style": style}
    return moderate(3, rules, **(given | training | choices))


SAMPLE = {
    "saturated, cell": some(4, 3, (4,), 2, EXTREME, style="cell"),
    "saturated, matrix": some(4, 3, (4,), 2, EXTREME, style="matrix"),
    # Where a matrix has one row or one column, or is one cell, array formulas are at their limits.
    "one of each, matrix": some(1, 1, (1,), 1, 2, style="matrix"),
    # A column of one cell is a range, too.
    "one sample at a time, of one, cell": varied("cell", ARTICLE, samples=1, batch_size=1),
    "adam, tanh, softmax, shuffled batches": varied(
        "matrix",
        Rules(
            activation="tanh",
            output_activation="softmax",
            loss="cross-entropy",
            optimizer="adam",
            gradient="mean",
        ),
        outputs=3,
        batch_size=2,
        shuffle=True,
    ),
    "nesterov, relu, linear, one sample at a time": varied(
        "cell",
        Rules(activation="relu", output_activation="linear", optimizer="nesterov"),
        samples=2,
        hidden=(3, 2),
        biases="layer",
        batch_size=1,
        epochs=3,
        show=(1, 3),
        operands="none",
    ),
    "momentum, leaky-relu, softmax with squared error": varied(
        "matrix",
        Rules(activation="leaky-relu", output_activation="softmax", optimizer="momentum"),
        biases="none",
        shuffle=True,
    ),
    "threshold, sigmoid with cross-entropy": varied(
        "cell",
        Rules(activation="threshold", threshold=0.1, loss="cross-entropy", update_biases=False),
        biases="layer",
        batch_size=3,
    ),
    "linear, relu, four hidden layers": varied(
        "cell",
        Rules(activation="linear", output_activation="relu"),
        hidden=(2, 1, 3, 2),
        outputs=1,
        operands="none",
    ),
}


@dataclass(frozen=True)
class Written:
    """A workbook, and what it must compute."""

    path: Path
    plan: Plan
    expected: dict[Moment, Matrices]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Written]:
    """The workbooks of all networks at the edges."""
    folder = tmp_path_factory.mktemp("networks")
    paths = {name: folder / f"{place}.xlsx" for place, name in enumerate(SAMPLE)}
    return {
        name: Written(path, write(SAMPLE[name], path), check_trace(SAMPLE[name]))
        for name, path in paths.items()
    }


def test_engines_compute_what_the_witness_computes(
    engine: Engine, sample: dict[str, Written]
) -> None:
    values = recompute_all(engine, [network.path for network in sample.values()])
    for (name, network), found in zip(sample.items(), values, strict=True):
        print(name)  # shown if it fails
        check_values(found, network.plan, network.expected)
