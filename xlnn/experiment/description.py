"""A network as plain words and numbers, as an experiment and a workbook's Settings hold it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from xlnn.maths.activations import ACTIVATIONS, SOFTMAX
from xlnn.maths.losses import LOSSES
from xlnn.maths.network import Network
from xlnn.maths.optimisers import OPTIMISERS
from xlnn.maths.scaling import SCALINGS

CHOICES: Mapping[str, tuple[object, ...]] = {
    "activation": tuple(name for name in ACTIVATIONS if name != SOFTMAX.name),
    "output_activation": tuple(ACTIVATIONS),
    "biases": (True, False),
    "bias_per": ("neuron", "layer"),
    "update_biases": (True, False),
    "loss": tuple(LOSSES),
    "optimizer": tuple(OPTIMISERS),
    "gradient": ("sum", "mean"),
    "shuffle": (True, False),
    "scale": tuple(SCALINGS),
    "scale_targets": tuple(SCALINGS),
    "start": ("uniform", "normal", "xavier", "he", "zeros"),
    "generator": ("default", "legacy"),
    "classes": ("none", "two", "one-hot"),
    "accuracy": ("auto", True, False),
    "formulas": ("cell", "matrix"),
    "operands": ("auto", "all", "none"),
    "protect": (True, False),
}
"""The values of the fields that have a fixed list."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Description:
    """What decides which matrices there are, in the words of an experiment file."""

    samples: int
    """For training."""
    inputs: int
    hidden: tuple[int, ...]
    outputs: int
    activation: str
    output_activation: str
    biases: bool
    bias_per: str
    update_biases: bool
    loss: str
    batch_size: str | int
    shuffle: bool
    optimizer: str
    gradient: str
    scale: str
    scale_targets: str
    test_samples: int
    classes: Any

    @property
    def network(self) -> Network:
        batched = self.batch_size != "all" or self.shuffle
        size = self.samples if self.batch_size == "all" else int(self.batch_size)
        return Network(
            samples=self.samples,
            inputs=self.inputs,
            hidden=self.hidden,
            outputs=self.outputs,
            activation=ACTIVATIONS[self.activation],
            output_activation=ACTIVATIONS[self.output_activation],
            loss=LOSSES[self.loss],
            optimiser=OPTIMISERS[self.optimizer],
            scaling=SCALINGS[self.scale],
            target_scaling=SCALINGS[self.scale_targets],
            biases="none" if not self.biases else "layer" if self.bias_per == "layer" else "neuron",
            update_biases=self.update_biases,
            mean=self.gradient == "mean",
            batch=size if batched else None,
            test_samples=self.test_samples,
            classes=self.classes,
        )
