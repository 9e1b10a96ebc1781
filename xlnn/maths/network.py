"""What shapes a recipe: sizes, functions, and the way of training."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from xlnn.maths.activations import Activation
from xlnn.maths.expr import Axis
from xlnn.maths.losses import Loss
from xlnn.maths.optimisers import Optimiser
from xlnn.maths.scaling import Scaling

Biases = Literal["none", "neuron", "layer"]
Classes = Literal["none", "two", "one-hot"]


@dataclass(frozen=True)
class Network:
    """A network, its data and its training, as far as they decide which matrices there are."""

    samples: int
    """Training samples."""
    inputs: int
    hidden: tuple[int, ...]
    """Neurons of each hidden layer."""
    outputs: int
    activation: Activation
    output_activation: Activation
    loss: Loss
    optimiser: Optimiser
    scaling: Scaling
    """Of the inputs."""
    target_scaling: Scaling
    biases: Biases = "neuron"
    """None, one for each neuron, or one for each layer."""
    update_biases: bool = True
    mean: bool = False
    """Whether gradients are averaged over the samples, not summed."""
    batch: int | None = None
    """Samples of an update; None where each update sees all samples in the order of the data."""
    batches: int = 1
    """Updates of an epoch."""
    test_samples: int = 0
    """Samples that are only measured."""
    classes: Classes = "none"
    """Whether the targets tell classes: two, in one column, or one column for each."""

    def named(self, name: str, layer: int) -> str:
        """A matrix of a hidden layer, counted from 0: with the layer's number if there are
        several."""
        return f"{name}_{layer + 1}" if len(self.hidden) > 1 else name

    @cached_property
    def feature(self) -> Axis:
        return Axis("feature", self.inputs)

    @cached_property
    def hidden_neurons(self) -> tuple[Axis, ...]:
        """The axis of each hidden layer."""
        return tuple(
            Axis(self.named("hidden neuron", i), size) for i, size in enumerate(self.hidden)
        )

    @cached_property
    def output(self) -> Axis:
        return Axis("output", self.outputs)

    @property
    def sample(self) -> Axis:
        return Axis("sample", self.samples)

    @property
    def test_sample(self) -> Axis:
        return Axis("test sample", self.test_samples)
