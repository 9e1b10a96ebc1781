"""From what a person names to an experiment: an example, an experiment file, a table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from xlnn.errors import ExperimentError
from xlnn.experiment.examples import example, examples
from xlnn.experiment.experiment import Experiment
from xlnn.experiment.nearest import nearest
from xlnn.experiment.table import SUFFIXES, read_table
from xlnn.experiment.toml import load_toml


def load(
    source: str | Path,
    *,
    target: Sequence[str] = (),
    features: Sequence[str] | None = None,
    sheet: str | None = None,
    names: str | None = None,
    **fields: Any,
) -> Experiment:
    """The experiment of an example's name, an experiment file (.toml) or a table.

    ``fields`` are fields of Experiment that win over the file's. A table (.csv, .tsv, .xlsx,
    .parquet) needs ``target``, the columns to be learned; ``names`` is a column that names the
    samples. Raises ExperimentError or DataError.
    """
    path = Path(source)
    suffix = path.suffix.lower()
    if suffix in SUFFIXES:
        return _from_table(path, target, features, sheet, names, fields)
    if target or features or sheet or names:
        raise ExperimentError(
            f"{source}: --target, --feature, --names and --sheet go with a table "
            f"({', '.join(SUFFIXES)}); an experiment names its columns itself"
        )
    if suffix == ".toml":
        return load_toml(path, fields)
    known = examples()
    if str(source) in known:
        return example(str(source), fields)
    raise ExperimentError(
        f"{source!s} is no example{nearest(str(source), known)}, no experiment (.toml) "
        f"and no table ({', '.join(SUFFIXES)}): xlnn examples lists the examples"
    )


def _from_table(
    path: Path,
    target: Sequence[str],
    features: Sequence[str] | None,
    sheet: str | None,
    names: str | None,
    fields: dict[str, Any],
) -> Experiment:
    table = read_table(path, target, features, sheet, names)
    title = f"{', '.join(target)} of {path.name}"
    try:
        return Experiment(
            **{
                **table.fields,
                "name": path.stem,
                "sources": (path,),
                "title": title,
                **fields,
            }
        )
    except ExperimentError as error:
        if error.field in fields:
            option = "--" + str(error.field).replace("_", "-")
            raise ExperimentError(f"{option}: {error}", error.field) from error
        raise ExperimentError(f"{path}: {error}", error.field) from error
