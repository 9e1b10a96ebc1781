"""The table that is built: so many formula cells, as a real one would have them.

python experiment.py FILE CELLS STYLE
"""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path

import numpy as np

FEATURES, HIDDEN, OUTPUTS = 8, (8, 8), 1


def write_experiment(path: Path, cells: int, style: str) -> None:
    """An experiment file with about so many formula cells: up to 1,000 samples, all shown."""
    # Input, activations, slope, error and delta of each layer, for each sample.
    a_sample = 5 * (sum(HIDDEN) + OUTPUTS)
    samples = min(1000, cells // a_sample // 4)
    sizes = pairwise((FEATURES, *HIDDEN, OUTPUTS))
    parameters = sum((below + 1) * above for below, above in sizes)
    # In each epoch the renewed parameters, and from the second on those it starts from.
    epochs = round((cells + parameters) / (a_sample * samples + 2 * parameters))
    random = np.random.default_rng(1)
    X = random.uniform(size=(samples, FEATURES)).round(3)
    y = (X @ random.normal(size=(FEATURES, OUTPUTS)) > 0).astype(int)
    path.write_text(
        f"""title = "A table of {samples} samples"
[data]
X = {X.tolist()}
y = {y.tolist()}
[network]
hidden = {list(HIDDEN)}
[training]
epochs = {epochs}
learning_rate = 0.01
[workbook]
show = "all"
extras = "none"
formulas = "{style}"
operands = "none"
"""
    )


if __name__ == "__main__":
    write_experiment(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
