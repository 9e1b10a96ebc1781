"""The names that the recipe has for what labels tell."""

from __future__ import annotations

from collections.abc import Iterator

from xlnn.audit.theirs.draft.labels import Kind, Layer, Role

_PAIRS: dict[Kind, tuple[str, str]] = {
    "w": ("wh{}", "wout"),
    "b": ("bh{}", "bout"),
    "net": ("hidden_layer_input{}", "output_layer_input"),
    "act": ("hiddenlayer_activations{}", "output"),
    "slope": ("slope_hidden_layer{}", "slope_output_layer"),
    "delta": ("d_hiddenlayer{}", "d_output"),
    "w_gradient": ("wh{}_gradient", "wout_gradient"),
    "b_gradient": ("bh{}_gradient", "bout_gradient"),
    "w_new": ("wh{}_new", "wout_new"),
    "b_new": ("bh{}_new", "bout_new"),
}
"""Of a hidden layer, and of the output layer."""

_SINGLE: dict[Kind, tuple[str, ...]] = {
    "X": ("X",),
    "y": ("y",),
    "E": ("E",),
    "terms": ("squared_error", "cross_entropy"),
    "loss": ("loss",),
    "mean_loss": ("mean_loss",),
}


def names(role: Role, hidden: int) -> Iterator[str]:
    """What a role may be called in a network of so many hidden layers, the likeliest first."""
    if role.kind in _SINGLE:
        yield from _SINGLE[role.kind]
    elif role.kind in _PAIRS:
        of_hidden, of_output = _PAIRS[role.kind]
        for layer in _layers(role.layer, hidden):
            yield of_output if layer == hidden + 1 else of_hidden.format(_number(layer, hidden))
    elif role.kind == "back":
        for layer in _layers(role.layer, hidden):
            if layer <= hidden:
                yield f"Error_at_hidden_layer{_number(layer, hidden)}"


def weights(hidden: int) -> list[str]:
    """The weights of every layer, from the first one on."""
    return [f"wh{_number(layer, hidden)}" for layer in range(1, hidden + 1)] + ["wout"]


def _number(layer: int, hidden: int) -> str:
    return f"_{layer}" if hidden > 1 else ""


def _layers(layer: Layer, hidden: int) -> list[int]:
    """The layers that may be meant, counted from 1; the last is the output layer."""
    if layer == "output":
        return [hidden + 1]
    if layer == "hidden":
        return list(range(1, hidden + 1))
    if isinstance(layer, int) and 1 <= layer <= hidden + 1:
        return [layer]
    return list(range(1, hidden + 2))
