"""What the tests share: engines that may or must be there, and small experiments."""

from __future__ import annotations

import os
import pickle
import shutil
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from functools import cache
from pathlib import Path

import hypothesis
import pytest
from recomputed import recompute_all

import xlnn
from xlnn.audit.engines import ENGINES, Engine
from xlnn.audit.engines.values import Values
from xlnn.building import Built
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
    missing = _missing(name)
    if missing and os.environ.get(REQUIRE):
        raise missing
    if missing:
        pytest.skip(str(missing))
    return ENGINES[name]


@cache
def _missing(name: str) -> EngineError | None:
    """Why an engine is not there. Each program is started once to be asked."""
    try:
        ENGINES[name].version()
    except EngineError as error:
        return error
    return None


@pytest.fixture(params=list(ENGINES))
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each engine in turn."""
    return engine_or_skip(request.param)


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Experiment], Built]:
    """Builds each experiment's workbook once, without auditing it, for all tests that ask for it.

    The file is everybody's: a test that changes it takes a copy. Sheets besides those of the
    matrices are written only where an experiment names some: they take most of the time.
    """
    done: dict[bytes, Built] = {}

    def build(experiment: Experiment) -> Built:
        if experiment.extras == "auto":
            experiment = replace(experiment, extras="none")
        key = pickle.dumps([getattr(experiment, field.name) for field in fields(experiment)])
        if key not in done:
            path = tmp_path_factory.mktemp("kept") / "workbook.xlsx"
            done[key] = xlnn.build(experiment, path, audited=False)
        return done[key]

    return build


@pytest.fixture(scope="session")
def recomputed() -> Callable[[Engine, Mapping[str, Path]], Mapping[str, Values]]:
    """What an engine computes of several workbooks, each time that it is asked the same ones: to
    start a program takes longer than most of them do."""
    done: dict[tuple[str, ...], Mapping[str, Values]] = {}

    def recompute(engine: Engine, paths: Mapping[str, Path]) -> Mapping[str, Values]:
        key = engine.name, *map(str, paths.values())
        if key not in done:
            values = recompute_all(engine, list(paths.values()))
            done[key] = dict(zip(paths, values, strict=True))
        return done[key]

    return recompute


@pytest.fixture
def built(kept: Callable[[Experiment], Built], tmp_path: Path) -> Callable[[Experiment], Path]:
    """Gives the path of a copy of an experiment's workbook, which was not audited."""

    def write(experiment: Experiment) -> Path:
        return Path(shutil.copyfile(kept(experiment).path, tmp_path / "workbook.xlsx"))

    return write
