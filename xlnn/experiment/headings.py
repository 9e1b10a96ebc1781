"""What stands beside the rows and above the columns of a matrix."""

from __future__ import annotations

from typing import Protocol

from xlnn.maths.expr import ONE, Axis


class Names(Protocol):
    """The names that the data brings along."""

    @property
    def sample_names(self) -> tuple[str, ...]: ...
    @property
    def feature_names(self) -> tuple[str, ...]: ...
    @property
    def target_names(self) -> tuple[str, ...]: ...


def headings(names: Names, axis: Axis) -> list[str]:
    """One heading for each place along an axis; hidden neurons are h1, h2, …"""
    if axis == ONE:
        return [""]
    given = {
        "sample": names.sample_names,
        "feature": names.feature_names,
        "output": names.target_names,
    }
    if axis.name in given:
        return list(given[axis.name])
    return [f"h{i + 1}" for i in range(axis.size)]
