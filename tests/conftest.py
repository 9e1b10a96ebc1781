"""What the tests share: engines that may or must be there, and small experiments."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest

import xlnn
from xlnn.audit.engines import ENGINES, Engine
from xlnn.errors import EngineError
from xlnn.experiment.experiment import Experiment

hypothesis.settings.register_profile(
    "ci", deadline=None, derandomize=True, print_blob=True, database=None
)
hypothesis.settings.register_profile("local", deadline=None, print_blob=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "local")

REQUIRE = "XLNN_REQUIRE_ENGINES"
"""Set where LibreOffice and Gnumeric must be tested, not skipped when they are missing."""


def engine_or_skip(name: str) -> Engine:
    """An engine, installed. Skips the test without it, unless engines are required."""
    engine = ENGINES[name]
    try:
        engine.version()
    except EngineError as error:
        if os.environ.get(REQUIRE):
            raise
        pytest.skip(str(error))
    return engine


@pytest.fixture(params=list(ENGINES))
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each engine in turn."""
    return engine_or_skip(request.param)


@pytest.fixture
def built(tmp_path: Path) -> Callable[[Experiment], Path]:
    """Writes an experiment's workbook, without auditing it, and gives its path."""

    def write(experiment: Experiment, name: str = "workbook.xlsx") -> Path:
        path = tmp_path / name
        xlnn.build(experiment, path, audited=False)
        return path

    return write
