"""The ready examples: experiment files that come with the package, to copy and change."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xlnn.bundled import folder
from xlnn.errors import ExperimentError

if TYPE_CHECKING:
    from xlnn.experiment.experiment import Experiment

DEMO = "demo"
"""The worked example of article A."""


def examples() -> dict[str, str]:
    """The titles of the ready examples by name."""
    return {
        name: str(tomllib.loads(path.read_text(encoding="utf-8")).get("title", name))
        for name, path in _files().items()
    }


def example(name: str, overrides: Mapping[str, Any] | None = None) -> Experiment:
    """A ready example. Raises ExperimentError for a name that is none."""
    from xlnn.experiment.experiment import nearest
    from xlnn.experiment.toml import load_toml

    files = _files()
    if name not in files:
        raise ExperimentError(
            f"there is no example {name!r}{nearest(name, files)}; there are {', '.join(files)}"
        )
    return load_toml(files[name], overrides)


def example_file(name: str) -> Path | None:
    """The file of a ready example, if there is one of this name."""
    return _files().get(name)


def _files() -> dict[str, Path]:
    return {path.stem: path for path in sorted((folder() / "examples").glob("*.toml"))}
