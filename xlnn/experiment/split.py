"""Which samples are trained, and which are held out to test what was learned."""

from __future__ import annotations

import numpy as np

HOLDING_OUT = 2
"""Tells this generator from those that draw other things with the same seed."""


def held_out(samples: int, fraction: float, seed: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The rows to train and the rows to test, each in the order of the data, counted from 0.

    At least one sample is tested if ``fraction`` is not 0, and at least one is trained.
    """
    tested = min(max(1, round(samples * fraction)), samples - 1) if fraction else 0
    drawn = np.random.default_rng((seed, HOLDING_OUT)).permutation(samples)[:tested]
    trained = np.ones(samples, np.bool_)
    trained[drawn] = False
    return tuple(np.flatnonzero(trained).tolist()), tuple(np.flatnonzero(~trained).tolist())
