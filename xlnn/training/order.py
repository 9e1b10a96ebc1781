"""In which order an epoch sees the samples, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from xlnn.maths.evaluate import Array

SHUFFLING = 1
"""Tells the generator of the orders from those that draw other things with the same seed."""


def batch_orders(
    samples: int, batch: int, epoch: int, *, shuffle: bool, seed: int
) -> Iterator[Array]:
    """The numbers of the samples in each batch of an epoch, one column each, counted from 1.

    Each epoch has a generator of its own, so that its order does not depend on the others.
    """
    numbers = np.arange(1.0, samples + 1)
    if shuffle:
        numbers = np.random.default_rng((seed, SHUFFLING, epoch)).permutation(numbers)
    for first in range(0, samples, batch):
        yield numbers[first : first + batch, np.newaxis]
