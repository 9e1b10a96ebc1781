"""Numbers as they stand in a file, many at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import orjson


def number_texts(numbers: npt.NDArray[np.float64]) -> list[bytes]:
    """For each number the shortest text that reads back to the same double, as Python prints it
    but for a useless ``.0``: ``0.1``, ``1``, ``1e-05``."""
    if not numbers.size:
        return []
    numbers = numbers.ravel() + 0.0  # makes 0 of -0, which Excel does not know
    listed = orjson.dumps(numbers, option=orjson.OPT_SERIALIZE_NUMPY)[1:-1] + b","
    listed = listed.replace(b".0,", b",")
    # Python prints small numbers in another way: 1.23e-05 and 1.2e-06, not 0.0000123 and 1.2e-6.
    sizes = np.abs(numbers)
    small = sizes < 1e-4
    if not small.any():
        return listed[:-1].split(b",")
    for digit in b"6789":
        listed = listed.replace(b"e-%c," % digit, b"e-0%c," % digit)
    texts = listed[:-1].split(b",")
    for i in np.flatnonzero(small & (sizes >= 1e-5)).tolist():
        sign, _, digits = texts[i].partition(b"0.0000")
        texts[i] = b"%b%b%b%be-05" % (sign, digits[:1], b"."[len(digits) < 2 :], digits[1:])
    return texts
