"""Whole training runs end where those of scikit-learn and PyTorch end.

The witness in reference.py is written from the same definitions as xlnn; these libraries are not.
They train the same networks from the same start weights, and the losses on the way and the
weights at the end must be the same.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
import pytest
from recomputed import beyond, difference

import xlnn
from xlnn.experiment.experiment import Experiment
from xlnn.training.trace import Trace

if TYPE_CHECKING:
    from sklearn.neural_network import MLPClassifier, MLPRegressor

Array = np.ndarray
Choices = Mapping[str, object]

TOLERANCE = 1e-9

SAMPLES, INPUTS, EPOCHS, LR = 11, 3, 30, 0.05
"""In batches of 4 the last one has 3 samples: a mean over samples is not a mean over batches."""

GENERATOR = np.random.default_rng(5)
X = GENERATOR.normal(size=(SAMPLES, INPUTS))

# What can be learned from X, but not exactly.
HIDDEN_TRUTH = X @ GENERATOR.normal(size=(INPUTS, 3)) + 0.3 * GENERATOR.normal(size=(SAMPLES, 3))
NUMBERS = np.tanh(HIDDEN_TRUTH)[:, :2]
CLASSES = HIDDEN_TRUTH.argmax(axis=1)
ONE_HOT = np.eye(3)[CLASSES]
LABELS = (HIDDEN_TRUTH > 0).astype(np.float64)

TARGETS = {
    "linear, squared-error": NUMBERS,
    "sigmoid, cross-entropy": LABELS[:, :1],
    "several sigmoids, cross-entropy": LABELS[:, :2],
    "softmax, cross-entropy": ONE_HOT,
}
"""The targets of every output that scikit-learn has, with the only loss that it has for it."""


def start_of(hidden: tuple[int, ...], outputs: int) -> tuple[list[Array], list[Array]]:
    """Weights and biases, layer by layer."""
    generator = np.random.default_rng(6)
    sizes = (INPUTS, *hidden, outputs)
    weights = [generator.uniform(-1, 1, shape) for shape in itertools.pairwise(sizes)]
    return weights, [generator.uniform(-1, 1, neurons) for neurons in sizes[1:]]


def names_of(hidden: tuple[int, ...]) -> list[str]:
    """What the layers' matrices are called after their first letter."""
    numbered = [f"h_{layer}" for layer in range(1, len(hidden) + 1)]
    return [*(["h"] if len(hidden) == 1 else numbered), "out"]


def trained(y: Array, hidden: tuple[int, ...], **choices: object) -> Trace:
    """The same run in xlnn. Libraries average the gradient over the samples."""
    weights, biases = start_of(hidden, y.shape[1])
    start = {}
    for layer, name in enumerate(names_of(hidden)):
        start |= {f"w{name}": weights[layer], f"b{name}": biases[layer][None]}
    rest = {"gradient": "mean", "learning_rate": LR, "epochs": EPOCHS}
    experiment = Experiment(X=X, y=y, hidden=hidden, weights=start, **(rest | choices))
    return xlnn.run(experiment, epochs=[EPOCHS])


def assert_same(
    trace: Trace, weights: list[Array], biases: list[Array], losses: list[float]
) -> None:
    """Both ended with the same weights, which are not those they began with, and had the same mean
    loss in every epoch."""
    found = {"losses": difference(trace.loss / SAMPLES, losses)}
    hidden = tuple(trace.experiment.hidden)
    for name, w, b in zip(names_of(hidden), weights, biases, strict=True):
        assert np.abs(w - trace.experiment.weights[f"w{name}"]).max() > 0.01
        found[f"w{name}"] = difference(trace[f"w{name}_new", EPOCHS], w)
        found[f"b{name}"] = difference(trace[f"b{name}_new", EPOCHS], b.reshape(1, -1))
    assert beyond(TOLERANCE, found) == {}


# --- scikit-learn ---

SKLEARN_HIDDEN = {"sigmoid": "logistic", "tanh": "tanh", "relu": "relu", "linear": "identity"}

SKLEARN_OPTIMISERS: Mapping[str, tuple[Choices, Choices]] = {
    "gradient-descent": (
        {"solver": "sgd", "momentum": 0, "nesterovs_momentum": False},
        {"optimizer": "gradient-descent"},
    ),
    "momentum": (
        {"solver": "sgd", "momentum": 0.8, "nesterovs_momentum": False},
        {"optimizer": "momentum", "momentum": 0.8},
    ),
    "nesterov": (
        {"solver": "sgd", "momentum": 0.8, "nesterovs_momentum": True},
        {"optimizer": "nesterov", "momentum": 0.8},
    ),
    # scikit-learn adds epsilon to the root before it corrects it, xlnn after, as in the algorithm
    # of the paper. With next to none of it, both are the same; PyTorch below is for the rest.
    "adam": (
        {"solver": "adam", "beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-30},
        {"optimizer": "adam", "beta1": 0.8, "beta2": 0.99, "epsilon": 1e-30},
    ),
}
"""What an optimiser is called there, and here."""


def fitted(
    kind: str, hidden: tuple[int, ...], activation: str, size: int, options: Choices
) -> MLPClassifier | MLPRegressor:
    """scikit-learn's network, trained from our start weights."""
    networks = pytest.importorskip("sklearn.neural_network")
    from sklearn.exceptions import ConvergenceWarning

    y = TARGETS[kind]
    made = networks.MLPRegressor if kind.startswith("linear") else networks.MLPClassifier
    network = made(
        hidden_layer_sizes=hidden,
        activation=SKLEARN_HIDDEN[activation],
        alpha=0,
        batch_size=size,
        learning_rate_init=LR,
        max_iter=1,
        shuffle=False,
        tol=0,
        n_iter_no_change=10 * EPOCHS,
        random_state=0,
        warm_start=True,
        **options,
    )
    targets = {"sigmoid, cross-entropy": y[:, 0], "softmax, cross-entropy": CLASSES}.get(kind, y)
    with warnings.catch_warnings():
        # It says after any number of epochs that there might have been more.
        warnings.simplefilter("ignore", ConvergenceWarning)
        # A network has weights once it has been fitted; these are replaced, and training begins
        # anew from them, with an optimiser that remembers nothing.
        network.fit(X, targets)
        network.coefs_, network.intercepts_ = start_of(hidden, y.shape[1])
        network.set_params(max_iter=EPOCHS).fit(X, targets)
    assert network.n_iter_ == EPOCHS
    return network


def assert_sklearn_agrees(
    kind: str, hidden: tuple[int, ...], activation: str, size: int, optimizer: str
) -> None:
    options, choices = SKLEARN_OPTIMISERS[optimizer]
    network = fitted(kind, hidden, activation, size, options)
    output, loss = kind.removeprefix("several ").replace("sigmoids", "sigmoid").split(", ")
    assert network.out_activation_ == {"sigmoid": "logistic", "linear": "identity"}.get(
        output, output
    )
    y = TARGETS[kind]
    trace = trained(
        y,
        hidden,
        activation=activation,
        output_activation=output,
        loss=loss,
        batch_size=size,
        **choices,
    )
    # The first loss is from before we gave the weights. It averages squares over the outputs, too.
    outputs = y.shape[1] if loss == "squared-error" else 1
    losses = [each * outputs for each in network.loss_curve_[-EPOCHS:]]
    assert_same(trace, network.coefs_, network.intercepts_, losses)


@pytest.mark.parametrize("size", [SAMPLES, 4], ids=["all samples at once", "batches"])
@pytest.mark.parametrize("optimizer", SKLEARN_OPTIMISERS)
@pytest.mark.parametrize("kind", TARGETS)
def test_scikit_learn_trains_every_output_with_every_optimiser(
    kind: str, optimizer: str, size: int
) -> None:
    assert_sklearn_agrees(kind, (4,), "tanh", size, optimizer)


@pytest.mark.parametrize("hidden", [(), (4,), (4, 3), (3, 4, 2)], ids=str)
@pytest.mark.parametrize("activation", SKLEARN_HIDDEN)
def test_scikit_learn_trains_hidden_layers_of_every_kind(
    activation: str, hidden: tuple[int, ...]
) -> None:
    assert_sklearn_agrees("softmax, cross-entropy", hidden, activation, 4, "nesterov")


# --- PyTorch ---

TORCH_OPTIMISERS: Mapping[str, tuple[str, Choices, Choices]] = {
    "gradient-descent": ("SGD", {}, {"optimizer": "gradient-descent"}),
    "momentum": ("SGD", {"momentum": 0.8}, {"optimizer": "momentum", "momentum": 0.8}),
    "nesterov": (
        "SGD",
        {"momentum": 0.8, "nesterov": True},
        {"optimizer": "nesterov", "momentum": 0.8},
    ),
    "adam": ("Adam", {}, {"optimizer": "adam"}),
    "adam with a large epsilon": (
        "Adam",
        {"betas": (0.8, 0.99), "eps": 0.05},
        {"optimizer": "adam", "beta1": 0.8, "beta2": 0.99, "epsilon": 0.05},
    ),
}

TORCH_OUTPUTS = {
    "linear, squared-error": NUMBERS,
    "tanh, squared-error": NUMBERS,
    "sigmoid, squared-error": LABELS[:, :2],
    "relu, squared-error": np.abs(NUMBERS),
    "leaky-relu, squared-error": NUMBERS,
    # It has no rule of its own: PyTorch goes back through it by itself.
    "softmax, squared-error": ONE_HOT,
    "sigmoid, cross-entropy": LABELS[:, :2],
    "softmax, cross-entropy": ONE_HOT,
}


def assert_torch_agrees(torch: ModuleType, kind: str, activation: str, optimizer: str) -> None:
    """The same network in PyTorch, which finds the gradients by itself."""
    output, loss = kind.split(", ")
    y, hidden, size, leak = TORCH_OUTPUTS[kind], (4, 3), 4, 0.1
    activations = {
        "linear": lambda x: x,
        "tanh": torch.tanh,
        "sigmoid": torch.sigmoid,
        "relu": torch.relu,
        "leaky-relu": lambda x: torch.nn.functional.leaky_relu(x, leak),
        "softmax": lambda x: torch.softmax(x, dim=1),
    }
    entropies = {
        "sigmoid": torch.nn.functional.binary_cross_entropy_with_logits,
        "softmax": torch.nn.functional.cross_entropy,
    }
    weights, biases = (
        [torch.tensor(matrix, requires_grad=True) for matrix in matrices]
        for matrices in start_of(hidden, y.shape[1])
    )
    name, options, choices = TORCH_OPTIMISERS[optimizer]
    training = getattr(torch.optim, name)([*weights, *biases], lr=LR, **options)
    losses = []
    for _ in range(EPOCHS):
        total = 0.0
        for first in range(0, SAMPLES, size):
            signal, target = (torch.tensor(part[first : first + size]) for part in (X, y))
            for w, b in zip(weights[:-1], biases[:-1], strict=True):
                signal = activations[activation](signal @ w + b)
            signal = signal @ weights[-1] + biases[-1]
            if loss == "cross-entropy":
                cost = entropies[output](signal, target, reduction="sum")
            else:
                cost = ((target - activations[output](signal)) ** 2).sum() / 2
            total += cost.item()
            training.zero_grad()
            (cost / len(target)).backward()
            training.step()
        losses.append(total / SAMPLES)
    trace = trained(
        y,
        hidden,
        activation=activation,
        output_activation=output,
        loss=loss,
        leak=leak,
        batch_size=size,
        **choices,
    )
    ended = ([each.detach().numpy() for each in matrices] for matrices in (weights, biases))
    assert_same(trace, *ended, losses)


@pytest.mark.parametrize("optimizer", TORCH_OPTIMISERS)
def test_pytorch_trains_with_every_optimiser(optimizer: str) -> None:
    torch = pytest.importorskip("torch")
    assert_torch_agrees(torch, "softmax, cross-entropy", "leaky-relu", optimizer)


@pytest.mark.parametrize("kind", TORCH_OUTPUTS)
def test_pytorch_trains_every_output(kind: str) -> None:
    torch = pytest.importorskip("torch")
    assert_torch_agrees(torch, kind, "sigmoid", "momentum")
