"""What eyes make of colours: contrast, and how colours look without one kind of cone.

Nothing here comes from xlnn. Colours are RRGGBB; linear ones are three numbers from 0 to 1.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Colour = npt.NDArray[np.float64]

# Machado, Oliveira, Fernandes (2009), A physiologically-based model for simulation of color vision
# deficiency, table 1, severity 1.0: they act on linear colours.
DEFICIENCIES = {
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}

_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
_WHITE = np.array([0.95047, 1.0, 1.08883])


def linear(colour: str) -> Colour:
    """A colour of sRGB as parts of light."""
    parts = np.array([int(colour[i : i + 2], 16) / 255 for i in (0, 2, 4)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2: from 1 to 21."""
    dark, light = sorted(float(linear(c) @ [0.2126, 0.7152, 0.0722]) for c in (one, other))
    return (light + 0.05) / (dark + 0.05)


def seen_with(deficiency: str, colour: str) -> Colour:
    """A colour as it looks with a deficiency, as parts of light."""
    return np.clip(np.array(DEFICIENCIES[deficiency]) @ linear(colour), 0, 1)


def difference(one: Colour, other: Colour) -> float:
    """How different two colours look: the distance in CIE Lab (1976)."""
    return float(np.linalg.norm(_lab(one) - _lab(other)))


def _lab(light: Colour) -> Colour:
    ratio = _XYZ @ light / _WHITE
    root = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return np.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])
