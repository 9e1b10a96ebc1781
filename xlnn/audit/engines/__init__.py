"""Spreadsheet programs that recompute a workbook; none shares code with xlnn.

Each engine has a file of its own. None believes a cached value: IronCalc computes all
formulas that it loads, the others are told to recalculate.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from time import perf_counter
from typing import Protocol

from xlnn.audit.engines.gnumeric import Gnumeric
from xlnn.audit.engines.ironcalc import IronCalc
from xlnn.audit.engines.libreoffice import LibreOffice
from xlnn.audit.engines.values import Values
from xlnn.errors import EngineError


class Engine(Protocol):
    """A program that can open a workbook and compute its formulas."""

    @property
    def name(self) -> str:
        """What it is called on the command line and in reports."""
        ...

    def version(self) -> str:
        """Its version. Raises EngineError, saying how to install it, where it is missing."""
        ...

    def recompute(self, path: Path) -> Values:
        """The values of all cells after computing all formulas. Raises EngineError."""
        ...


ENGINES: Mapping[str, Engine] = {
    engine.name: engine for engine in (IronCalc(), LibreOffice(), Gnumeric())
}
"""The engines by name; the first is the one that comes with xlnn."""


def engine_named(name: str) -> Engine:
    """An engine by its name. Raises EngineError for one that there is not."""
    if name not in ENGINES:
        raise EngineError(f"there is no engine {name!r}; there are {', '.join(ENGINES)}")
    return ENGINES[name]


def timed(engine: Engine, path: Path) -> tuple[Values, float]:
    """What an engine computes of a workbook, and the seconds that it took."""
    began = perf_counter()
    return engine.recompute(path), perf_counter() - began
