"""The updates of an epoch, and the recipe of each."""

from __future__ import annotations

from dataclasses import dataclass, replace

from xlnn.maths.backpropagation import backpropagation
from xlnn.maths.network import Network
from xlnn.maths.recipe import Recipe


@dataclass(frozen=True)
class Schedule:
    """An epoch: so many batches, of which the last may have fewer samples than the others."""

    recipe: Recipe
    """Of all batches but perhaps the last. What is not of a batch is the same in both."""
    last: Recipe
    batches: int
    network: Network

    def at(self, batch: int) -> Recipe:
        """The recipe of a batch, which counts from 1."""
        return self.last if batch == self.batches else self.recipe


def schedule_of(network: Network) -> Schedule:
    """The schedule of a network, whose ``batches`` follow from its samples and its ``batch``."""
    if network.batch is None:
        recipe = backpropagation(network)
        return Schedule(recipe, recipe, 1, network)
    batches, rest = divmod(network.samples, network.batch)
    network = replace(network, batches=batches + bool(rest))
    recipe = backpropagation(network)
    last = backpropagation(replace(network, batch=rest)) if rest else recipe
    return Schedule(recipe, last, network.batches, network)
