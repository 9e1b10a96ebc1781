"""What people call the matrices of a network.

A label is read as words, ``dW1`` as d, W, 1, and these as a role: what kind of matrix, of which
layer. Some labels may mean several; they come with the likeliest first.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Kind = Literal[
    "X", "y", "w", "b", "net", "act", "E", "terms", "loss", "mean_loss", "slope", "delta", "back",
    "w_gradient", "b_gradient", "w_new", "b_new", "learning_rate", "ones", "epoch",
]  # fmt: skip

Layer = int | Literal["hidden", "output"] | None


@dataclass(frozen=True, slots=True)
class Role:
    """What a label may mean."""

    kind: Kind
    layer: Layer = None
    """Counted from 1, the output layer being the last."""


_SIGNS = {
    "ŷ": " yhat ", "Ŷ": " yhat ", "η": " eta ", "α": " alpha ", "δ": " delta ", "Δ": " change ",
    "∂": " d ", "σ": " sigmoid ", "Σ": " sum ", "∑": " sum ", "θ": " theta ", "∇": " gradient ",
    "²": " squared ", "′": "'", "’": "'", "ε": " error ",
}  # fmt: skip

_STEP = re.compile(r"^\s*(step|schritt)\s*\d+\s*[:.)\-–]?\s*", re.IGNORECASE)
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")

_FUNCTION = re.compile(
    r"^\s*(?:sigmoid|sigma|tanh|relu|act|f|g|s)\s*(?P<prime>'?)\s*\(", re.IGNORECASE
)
"""A function of something, or its derivative: f'(net h)."""

_RATE = {"lernrate", "lr", "eta", "alpha", "learningrate", "stepsize", "rate", "learnrate"}
_NEW = {"new", "updated", "next", "after", "neu", "upd", "final"}
_HIDDEN = {"hidden", "h", "hid", "hiddenlayer", "ih", "verborgen"}
_OUTPUT = {"output", "out", "o", "outputs", "outputlayer", "ho", "ausgabe"}
_NEURON = {"out", "output", "o", "y", "hidden", "h", "neuron", "unit", "class"}
_WEIGHTS = {
    "w", "weight", "weights", "gewichte", "theta", "wh", "wout", "wo", "wih", "who", "wxh", "why",
}  # fmt: skip
_BIASES = {"b", "bias", "biases", "bh", "bout", "bo"}
_SLOPE = {"slope", "slopes", "derivative", "derivatives", "deriv", "prime"}
_ERROR = {"error", "errors", "err", "e", "residual", "residuals", "difference", "diff", "fehler"}
_TOTAL = {"total", "sum", "loss", "cost", "sse", "overall", "mse"}
_NET = {"z", "net", "preactivation", "weighted", "netinput", "s"}
_ACTIVATION = {"a", "act", "activation", "activations", "activated", "sigmoid", "tanh", "relu"}
_PREDICTION = {
    "output", "out", "outputs", "yhat", "prediction", "predictions", "pred", "predicted", "o",
    "ypred", "yp", "answer",
}  # fmt: skip
_INPUT = {"x", "input", "inputs", "feature", "features", "i", "eingabe", "xs"}
_TARGET = {
    "target", "targets", "t", "actual", "actuals", "label", "labels", "desired", "expected",
    "truth", "true", "ziel", "ytrue", "class",
}  # fmt: skip


def is_heading(label: str) -> bool:
    """Whether a label may be the name of a neuron, above its column: ``out``, ``h1``."""
    words = [word for word in _words(label) if not word.isdigit()]
    return bool(words) and {*words} <= _NEURON


@lru_cache(maxsize=4096)
def roles(label: str) -> tuple[Role, ...]:
    """What a label may mean, the likeliest first; nothing where it tells nothing."""
    text = label
    for sign, name in _SIGNS.items():
        text = text.replace(sign, name)
    text = unicodedata.normalize("NFKC", _STEP.sub("", text))
    outer = re.sub(r"\([^()]*\)|\[[^\[\]]*\]", " ", text)
    inner = _words(" ".join(re.findall(r"\(([^()]*)\)", text)))
    if not outer.strip():
        outer = text
    head = re.split(r":=|=|:", outer)[0] or outer
    words = _words(head)
    if not words or len(words) > 8:
        return ()
    if applied := _FUNCTION.match(text):
        kind: Kind = "slope" if applied["prime"] else "act"
        return (Role(kind, _layer(inner, _number(inner))),)
    new = bool({*words, *inner} & _NEW) or bool(re.search(r"[A-Za-z0-9]\s*['*+]\s*$", head))
    plain = [word for word in words if word not in _NEW and not word.isdigit()]
    number = _number(words)
    return tuple(dict.fromkeys(_roles(plain, number, new, inner)))


def _number(words: Sequence[str]) -> int | None:
    return next((int(word) for word in reversed(words) if word.isdigit()), None)


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text.replace("_", " "))]


def _layer(words: Sequence[str], number: int | None) -> Layer:
    """The layer that words tell. From input to hidden is the hidden one, and so on."""
    there = set(words)
    if "wh" in there or "bh" in there or "wih" in there or "wxh" in there:
        return number or "hidden"
    if there & {"wout", "wo", "who", "why", "bout", "bo"}:
        return "output"
    if there & _HIDDEN and there & _OUTPUT:
        last = [word for word in words if word in _HIDDEN | _OUTPUT][-1]
        return "output" if last in _OUTPUT else "hidden"
    if there & _HIDDEN:
        return number if number and there & {"hidden", "hiddenlayer"} else "hidden"
    if there & _OUTPUT:
        return "output"
    return number


def _roles(words: list[str], number: int | None, new: bool, inner: list[str]) -> list[Role]:
    joined, there = "".join(words), set(words)
    layer = _layer(words, number)
    if layer is None:
        layer = _layer(inner, None)
    if joined in _RATE:
        return [Role("learning_rate")]
    if joined in ("epoch", "iteration", "pass", "epoche"):
        return [Role("epoch", number)]
    if joined in ("one", "ones", "biasunit"):
        return [Role("ones")]
    if not words:
        return [Role("ones")] if number == 1 else []
    if words[0] in ("d", "de", "dl", "dc") and (found := _derivative(words, number)):
        return found
    if (there & {"gradient", "gradients", "grad", "change"}) or words[0] in ("dw", "db"):
        if there & (_BIASES | {"db"}):
            return [Role("b_gradient", layer)]
        return [Role("w_gradient", layer)]
    if there & _SLOPE:
        return [Role("slope", layer)]
    if "delta" in there or "deltas" in there or (words[0] == "d" and len(words) > 1):
        return _delta(there, layer)
    if "sum" in there and layer in ("hidden", "output") and not there & _ERROR:
        return [Role("net", layer)]
    if there & (_ERROR | _TOTAL) and not there & {"weighted"}:
        return _error(there, layer)
    if there & _WEIGHTS:
        return [Role("w_new" if new else "w", layer)]
    if there & _BIASES:
        return [Role("b_new" if new else "b", layer)]
    if "input" in there and (there & _HIDDEN or there & _OUTPUT):
        return [Role("net", layer)]
    if there & _NET:
        return [Role("net", layer)]
    if there & _ACTIVATION:
        return [Role("act", layer)]
    if there & _HIDDEN:
        role = [Role("act", "hidden" if layer == "output" else layer)]
        return role if there & _OUTPUT else [*role, Role("net", layer)]
    if there & _TARGET:
        return [Role("y")]
    if there & {"yhat", "pred", "prediction", "predictions", "predicted"} or joined == "yhat":
        return [Role("act", "output")]
    if joined in _PREDICTION or there & {"output", "outputs", "out"}:
        return [Role("act", "output")]
    if joined in _INPUT or there & {"input", "inputs", "features"}:
        return [Role("X")]
    if joined == "y":
        return [Role("y"), Role("net", "output"), Role("act", "output")]
    return []


def _derivative(words: Sequence[str], number: int | None) -> list[Role]:
    """Of ``dE/dz1``: the derivative of the error by something."""
    rest = list(words[1:]) if words[0] != "d" else list(words[2:])
    if words[0] == "d" and len(words) > 1 and words[1] not in ("e", "l", "c", "error", "loss"):
        return []
    if not rest or rest[0] not in ("d", "dw", "db", "dz", "da", "dnet", "dout", "dh", "dy", "do"):
        return []
    of = [word for word in [rest[0].removeprefix("d"), *rest[1:]] if word]
    layer = _layer(of, number)
    if set(of) & _WEIGHTS:
        return [Role("w_gradient", layer)]
    if set(of) & _BIASES:
        return [Role("b_gradient", layer)]
    if set(of) & _NET:
        return [Role("delta", layer)]
    if set(of) <= {"out", "a", "h", "o", "y"} and set(of) & {"out", "a"}:
        inside = "hidden" if "h" in of else layer
        return [Role("back", inside), Role("E")]
    if set(of) <= {"y", "o", "output"}:
        return [Role("delta", "output"), Role("E")]
    return [Role("delta", layer), Role("back", layer)]


def _delta(there: Set[str], layer: Layer) -> list[Role]:
    if there & _WEIGHTS:
        return [Role("w_gradient", layer)]
    if there & _BIASES:
        return [Role("b_gradient", layer)]
    if there & {"a", "activation"}:
        return [Role("back", layer)]
    return [Role("delta", layer)]


def _error(there: Set[str], layer: Layer) -> list[Role]:
    squared = bool(there & {"squared", "square", "sq", "quadratic", "half", "mse", "sse"})
    if there & {"mean", "average", "avg", "mse"}:
        return [Role("mean_loss"), Role("loss")]
    if there & _TOTAL:
        return [Role("loss"), Role("mean_loss")]
    if squared or there & {"cross", "entropy"}:
        return [Role("terms"), Role("loss")]
    if there & _HIDDEN:
        return [Role("back", "hidden" if layer == "output" else layer)]
    return [Role("E"), Role("terms"), Role("loss")]
