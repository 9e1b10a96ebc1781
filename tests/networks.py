"""Networks of every kind that the tests invent, with moderate numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from reference import ARTICLE, Array, Matrices, Rules, train, train_in_batches

from xlnn.experiment.experiment import Experiment

Moment = tuple[int, int]
"""An epoch and one of its batches, both counted from 1."""


@dataclass(frozen=True, kw_only=True)
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
    rules: Rules = ARTICLE
    biases: str = "neuron"
    """One for each ``neuron``, one for each ``layer``, or ``none``."""
    batch_size: str | int = "all"
    shuffle: bool = False
    seed: int = 0
    operands: str = "auto"

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
            operands=self.operands,
            biases=self.biases != "none",
            bias_per="layer" if self.biases == "layer" else "neuron",
            batch_size=self.batch_size,
            shuffle=self.shuffle,
            seed=self.seed,
            accuracy=False,
            extras="none",
            **asdict(self.rules),
        )

    @property
    def size(self) -> int:
        """The samples of a batch."""
        return len(self.X) if self.batch_size == "all" else int(self.batch_size)

    @property
    def batches(self) -> int:
        return -(-len(self.X) // self.size)

    def expected(self, orders: Sequence[Sequence[int]]) -> dict[Moment, Matrices]:
        """What the witness computes, seeing the samples in these orders, one for each epoch."""
        given = self.X, self.y, self.start, self.lr
        if self.batch_size == "all" and not self.shuffle:
            trained = train(*given, self.epochs, self.rules)
            return {(epoch, 1): matrices for epoch, matrices in trained.items()}
        return train_in_batches(*given, orders, self.size, self.rules)


def start_shapes(
    inputs: int, hidden: tuple[int, ...], outputs: int, biases: str = "neuron"
) -> dict[str, tuple[int, int]]:
    """The start matrices by name, with their sizes."""
    shapes = {}
    below = inputs
    for layer, neurons in enumerate((*hidden, outputs), start=1):
        name = "out" if layer > len(hidden) else f"h_{layer}" if len(hidden) > 1 else "h"
        shapes[f"w{name}"] = below, neurons
        if biases != "none":
            shapes[f"b{name}"] = 1, neurons if biases == "neuron" else 1
        below = neurons
    return shapes


HIDDEN = ("sigmoid", "tanh", "relu", "leaky-relu", "linear", "threshold")
OUTPUTS = (
    *((activation, "squared-error") for activation in (*HIDDEN, "softmax")),
    ("sigmoid", "cross-entropy"),
    ("softmax", "cross-entropy"),
)
OPTIMISERS = ("gradient-descent", "momentum", "nesterov", "adam")
BIASES = (("neuron", True), ("layer", True), ("neuron", False), ("layer", False), ("none", True))
"""How many there are, and whether they are updated."""

REACH = {"tanh": (-1, 1), "relu": (0, 2), "leaky-relu": (-2, 2), "linear": (-2, 2)}
"""Within which targets lie that an output can reach; other outputs lie between 0 and 1."""


def moderate(
    seed: int,
    rules: Rules,
    *,
    samples: int,
    inputs: int,
    hidden: tuple[int, ...],
    outputs: int,
    biases: str,
    **choices: object,
) -> Network:
    """A network whose numbers are drawn evenly, always the same for a seed.

    So small that training is stable, and so arbitrary that no input of a relu or a threshold lies
    within rounding of where its slope jumps, and no gradient but for rounding is 0.
    """
    generator = np.random.default_rng(seed)
    low, high = REACH.get(rules.output_activation, (0, 1))
    y = generator.uniform(low, high, (samples, outputs))
    if rules.output_activation == "softmax":
        y /= y.sum(axis=1, keepdims=True)
    shapes = start_shapes(inputs, hidden, outputs, biases)
    return Network(
        X=generator.uniform(-2, 2, (samples, inputs)),
        y=y,
        hidden=hidden,
        # A sum of many terms is kept as small as one of few.
        start={
            name: generator.uniform(-1.5, 1.5, shape) / np.sqrt(shape[0])
            for name, shape in shapes.items()
        },
        rules=rules,
        biases=biases,
        seed=seed % 1000,
        **choices,
    )


def drowned(rules: Rules, biases: str) -> bool:
    """Whether what is learned has nothing but rounding for a gradient, and learns from it.

    To add the same to all inputs of a softmax changes nothing, so one bias for all of them has no
    gradient: what is computed of it is the rounding of a sum, which programs add in different
    orders, and Adam divides it by its own size.
    """
    return (
        rules.output_activation == "softmax"
        and biases == "layer"
        and rules.update_biases
        and rules.optimizer == "adam"
    )


def invented(seed: int, *, extras: bool = False) -> Experiment:
    """A small network of any kind, always the same for a seed, as an experiment."""
    generator = np.random.default_rng(seed)

    def one(choices: Sequence[Any]) -> Any:
        return choices[generator.integers(len(choices))]

    output, loss = one(OUTPUTS)
    biases, update_biases = one(BIASES)
    rules = Rules(
        activation=one(HIDDEN),
        output_activation=output,
        loss=loss,
        gradient=one(["sum", "mean"]),
        update_biases=update_biases,
        optimizer=one(OPTIMISERS),
    )
    samples, epochs = one([2, 3, 4]), one([1, 1, 2])
    network = moderate(
        seed,
        rules,
        samples=samples,
        inputs=one([1, 2, 3]),
        hidden=tuple(one([1, 2, 3]) for _ in range(one([0, 1, 1, 1, 2]))),
        outputs=one([2, 3]) if output == "softmax" else one([1, 1, 2]),
        biases="neuron" if drowned(rules, biases) else biases,
        lr=one([0.1, 0.02]),
        epochs=epochs,
        show=tuple(range(1, epochs + 1)),
        style=one(["cell", "matrix"]),
        # In batches there are about as many cells again.
        batch_size="all" if epochs == 2 else one(["all", "all", samples - 1]),
        shuffle=one([False, True]),
        operands=one(["none", "auto"]),
    )
    return replace(network.experiment, extras="auto" if extras else "none")
