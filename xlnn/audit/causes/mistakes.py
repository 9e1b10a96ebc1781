"""Typical mistakes: what a step gives when it is done in one of the ways in which people get it
wrong.

Each mistake is another expression in the place of the step's own, found by changing one node of it,
or the same expression read of other matrices. So a mistake is known for every step of every
network, and its numbers and its formula are derived as those of the step are.
"""

from __future__ import annotations

from collections.abc import Iterator

from xlnn.audit.causes.case import Case, Mistake, value_of
from xlnn.audit.causes.misread import misread
from xlnn.audit.causes.miswritten import miswritten
from xlnn.maths.expr import matrices


def mistakes(case: Case) -> Iterator[Mistake]:
    """What may have been done instead of a step, the likeliest first."""
    values = case.read(case.moment)
    if values is None:
        return
    for key, words, expr in miswritten(case):
        added = {m.name: case.at(m.name, case.moment) for m in matrices(expr)}
        value = value_of(expr, {**added, **values}, case)
        if value is not None:
            yield Mistake(key, words, expr, case.moment, value)
    yield from misread(case, values)
