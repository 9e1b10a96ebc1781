"""Measures training: epochs a second of xlnn, a loop written by hand, and PyTorch (eager, CPU).

python -m tests.benchmarks.training

All train the same network from the same start by full-batch gradient descent, note the loss of each
epoch, and end with the same weights. They take turns; each line is the median.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import click
import numpy as np
import numpy.typing as npt

import xlnn
from xlnn.experiment.experiment import Experiment

Array = npt.NDArray[np.float64]
Weights = list[Array]
"""wh, bh, wout, bout."""

NETWORKS = {(3, 4, 3): 20_000, (100, 10, 16): 8_000, (1000, 2, 10): 2_000}
"""Samples, features and hidden neurons, with one output; and how many epochs are trained."""

RATE = 0.001


def by_hand(X: Array, y: Array, start: Weights, epochs: int) -> Array:
    """The loop that the article has, with NumPy alone."""

    def sigmoid(x: Array) -> Array:
        return 1 / (1 + np.exp(-x))

    wh, bh, wout, bout = start
    losses = []
    for _ in range(epochs):
        hidden = sigmoid(np.dot(X, wh) + bh)
        output = sigmoid(np.dot(hidden, wout) + bout)
        E = y - output
        losses.append(np.sum(E**2) / 2)
        d_output = E * (output * (1 - output))
        d_hidden = np.dot(d_output, wout.T) * (hidden * (1 - hidden))
        wout = wout + np.dot(hidden.T, d_output) * RATE
        bout = bout + np.sum(d_output, axis=0, keepdims=True) * RATE
        wh = wh + np.dot(X.T, d_hidden) * RATE
        bh = bh + np.sum(d_hidden, axis=0, keepdims=True) * RATE
    return wh


def with_xlnn(X: Array, y: Array, start: Weights, epochs: int) -> Array:
    """Without the time in which the experiment is put together."""
    trace = xlnn.run(_experiment(X, y, start, epochs))
    return trace["wh_new", -1]


def with_torch(X: Array, y: Array, start: Weights, epochs: int) -> Array:
    """Eager, in float64, with its own optimiser."""
    import torch

    inputs, targets = torch.tensor(X), torch.tensor(y)
    wh, bh, wout, bout = weights = [torch.tensor(each, requires_grad=True) for each in start]
    optimiser = torch.optim.SGD(weights, lr=RATE)
    losses = []
    for _ in range(epochs):
        hidden = torch.sigmoid(inputs @ wh + bh)
        output = torch.sigmoid(hidden @ wout + bout)
        loss = ((targets - output) ** 2).sum() / 2
        losses.append(loss.item())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    found: Array = wh.detach().numpy()
    return found


def _experiment(X: Array, y: Array, start: Weights, epochs: int) -> Experiment:
    return Experiment(
        X=X,
        y=y,
        hidden=(start[0].shape[1],),
        weights=dict(zip(("wh", "bh", "wout", "bout"), start, strict=True)),
        epochs=epochs,
        learning_rate=RATE,
        accuracy=False,
        show=[-1],
    )


@click.command()
@click.option("--repeats", default=5, show_default=True)
def main(repeats: int) -> None:
    """Measure training beside a loop written by hand and PyTorch."""
    ways: dict[str, Callable[[Array, Array, Weights, int], Array]] = {
        "xlnn": with_xlnn,
        "by hand": by_hand,
    }
    try:
        import torch

        torch.set_num_threads(1)
        ways["PyTorch"] = with_torch
    except ImportError:
        click.echo("PyTorch is not installed: measured without it", err=True)
    click.echo(f"| network | {' | '.join(ways)} | xlnn to by hand | xlnn to PyTorch |")
    click.echo(f"|---|{'--:|' * (len(ways) + 2)}")
    for sizes, epochs in NETWORKS.items():
        samples, features, hidden = sizes
        random = np.random.default_rng(1)
        X, y = random.uniform(size=(samples, features)), random.uniform(size=(samples, 1))
        start = [
            random.uniform(size=s) for s in ((features, hidden), (1, hidden), (hidden, 1), (1, 1))
        ]
        rates: dict[str, list[float]] = {name: [] for name in ways}
        weights = {}
        for _ in range(repeats):
            for name, train in ways.items():
                before = time.perf_counter()
                weights[name] = train(X, y, start, epochs)
                rates[name].append(epochs / (time.perf_counter() - before))
        for name, found in weights.items():
            if not np.allclose(found, weights["by hand"], rtol=1e-9, atol=1e-12):
                raise RuntimeError(f"{name} has trained something else")
        median = {name: statistics.median(found) for name, found in rates.items()}
        ratios = [
            f"{median['xlnn'] / median[name]:.2f}" if name in median else ""
            for name in ("by hand", "PyTorch")
        ]
        shown = " | ".join(f"{rate:,.0f}" for rate in median.values())
        click.echo(f"| {samples}×{features}-{hidden}-1 | {shown} | {' | '.join(ratios)} |")


if __name__ == "__main__":
    main()
