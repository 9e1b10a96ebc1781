"""What a trained network answers to new samples: steps 2 to 4 alone, from raw data to raw answers.

The parameters are those that training has found, and new samples are scaled by what was measured
of the training samples.
"""

from __future__ import annotations

from xlnn.maths.expr import ONE, Axis
from xlnn.maths.forward import forward, start_parameters
from xlnn.maths.measuring import chosen
from xlnn.maths.network import Network
from xlnn.maths.recipe import Draft, Recipe


def prediction(network: Network, samples: Axis) -> Recipe:
    """The recipe of answering some samples: rows of ``X``, or of ``X_raw`` where inputs are scaled.

    Its data are these samples and what training has measured (``X_min`` …). ``output`` is the
    answer; ``output_raw`` the same in the unit of the targets, where these are scaled;
    ``predicted`` the chosen class, where the targets tell classes.
    """
    draft = Draft()
    scaling, target_scaling = network.scaling, network.target_scaling
    if scaling.fit is None:
        X = draft.datum(0, "X", samples, network.feature)
    else:
        raw = draft.datum(0, "X_raw", samples, network.feature)
        for measure in scaling.measures:
            draft.datum(0, f"X_{measure}", ONE, network.feature)
        X = draft.step(0, "X", scaling.scale(raw, *scaling.measured(draft, "X")))
    if network.classes == "two":
        draft.datum(0, "classes", ONE, Axis("class", 2))
    signals = forward(draft, draft.step, network, X, start_parameters(draft, network))
    output = signals.output
    if target_scaling.fit is not None:
        for measure in target_scaling.measures:
            draft.datum(0, f"y_{measure}", ONE, network.output)
        restored = target_scaling.restore(output, *target_scaling.measured(draft, "y"))
        draft.step(4, "output_raw", restored)
    if network.classes != "none":
        draft.step(4, "predicted", chosen(draft, network, output))
    return draft.recipe()
