"""The ready examples: experiment files that come with the package, to copy and change."""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xlnn.bundled import THEME
from xlnn.bundled import folder as templates
from xlnn.errors import ExperimentError, OutputError

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
    from xlnn.experiment.nearest import nearest
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


def copy_example(name: str, folder: Path) -> list[Path]:
    """Copies the file of a ready example into a folder, with the table that it reads, to be
    changed there; of ``theme``, the theme of the workbooks. Raises ExperimentError for a name that
    is none, OutputError where one of them is there already."""
    files = _files_of(name)
    copies = [folder / file.name for file in files]
    for copy in copies:
        if copy.exists():
            raise OutputError(f"{copy} exists: nothing was copied; choose another folder")
    folder.mkdir(parents=True, exist_ok=True)
    for file, copy in zip(files, copies, strict=True):
        shutil.copyfile(file, copy)
    return copies


def _files_of(name: str) -> list[Path]:
    """What is copied under a name."""
    if name == Path(THEME).stem:
        return [templates() / THEME]
    if name not in _files():
        example(name)  # says which there are
    source = _files()[name]
    document = tomllib.loads(source.read_text(encoding="utf-8"))
    table = document.get("data", {}).get("file")
    return [source, source.parent / table] if table else [source]


def _files() -> dict[str, Path]:
    found = (templates() / "examples").glob("*.toml")
    return {path.stem: path for path in sorted(found, key=lambda path: path.stem)}
