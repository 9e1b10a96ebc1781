"""Experiments written as TOML: the sections and keys of an experiment file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from xlnn.errors import DataError, ExperimentError
from xlnn.experiment.experiment import Experiment
from xlnn.experiment.nearest import nearest
from xlnn.experiment.table import read_table

SECTIONS: Mapping[str, Mapping[str, str]] = {
    "": {"title": "title", "notes": "notes"},
    "data": {
        "X": "X",
        "y": "y",
        "file": "",
        "sheet": "",
        "target": "",
        "features": "",
        "names": "",
        "classes": "class_names",
        "scale": "scale",
        "scale_targets": "scale_targets",
        "test_fraction": "test_fraction",
    },
    "network": {
        "hidden": "hidden",
        "activation": "activation",
        "output_activation": "output_activation",
        "biases": "biases",
        "bias_per": "bias_per",
        "leak": "leak",
        "threshold": "threshold",
        "threshold_slope": "threshold_slope",
    },
    # Besides these, [start] holds start matrices by their names.
    "start": {"method": "start", "seed": "seed", "generator": "generator", "skip": "skip"},
    "training": {
        "loss": "loss",
        "epochs": "epochs",
        "learning_rate": "learning_rate",
        "batch_size": "batch_size",
        "optimizer": "optimizer",
        "momentum": "momentum",
        "beta1": "beta1",
        "beta2": "beta2",
        "epsilon": "epsilon",
        "gradient": "gradient",
        "update_biases": "update_biases",
        "shuffle": "shuffle",
        "stop_below": "stop_below",
    },
    "workbook": {
        "show": "show",
        "formulas": "formulas",
        "operands": "operands",
        "extras": "extras",
        "accuracy": "accuracy",
        "language": "language",
        "theme": "theme",
        "protect": "protect",
    },
}
"""For each section and key the experiment's field; none for keys that say where data is."""

PARAMETERS = ("wh", "bh", "wout", "bout")
"""The start matrices, whose names may bear the number of a layer."""

_PARAMETER = re.compile(rf"({'|'.join(PARAMETERS)})(_\d+)?")


def load_toml(path: str | Path, overrides: Mapping[str, Any] | None = None) -> Experiment:
    """The experiment in a TOML file; ``overrides`` (fields by name) win over the file.

    Raises ExperimentError that names file, line and key, or DataError for its table.
    """
    path = Path(path)
    text = read_text(path)
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ExperimentError(f"{path} is not valid TOML: {error}") from error
    fields = _fields(path, text, document)
    fields |= {"name": path.stem} | dict(overrides or {})
    fields["sources"] = (path, *fields.get("sources", ()))
    try:
        return Experiment(**fields)
    except ExperimentError as error:
        raise _placed(error, path, text, dict(overrides or {})) from error


def read_text(path: Path) -> str:
    """A file's text. Raises ExperimentError for one that cannot be read."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise ExperimentError(f"{path} does not exist") from error
    except UnicodeDecodeError as error:
        raise ExperimentError(f"{path} is not a text file in UTF-8") from error
    except OSError as error:
        raise ExperimentError(f"{path} cannot be read: {error.strerror}") from error


def _fields(path: Path, text: str, document: dict[str, Any]) -> dict[str, Any]:
    """The experiment's fields in a document. Refuses what it does not know."""
    fields: dict[str, Any] = {}
    weights: dict[str, Any] = {}
    for key, value in document.items():
        if key in SECTIONS and isinstance(value, dict):
            for inner, content in value.items():
                if key == "start" and _PARAMETER.fullmatch(inner):
                    weights[inner] = content
                elif inner not in SECTIONS[key]:
                    known = [*SECTIONS[key], *(PARAMETERS if key == "start" else ())]
                    raise _unknown(path, text, key, inner, known)
                elif SECTIONS[key][inner]:
                    fields[SECTIONS[key][inner]] = content
        elif key in SECTIONS[""]:
            fields[SECTIONS[""][key]] = value
        elif key in SECTIONS:
            raise ExperimentError(
                f"{line_of(path, text, '', key)}: {key} is a section: write [{key}]"
            )
        else:
            raise _unknown(path, text, "", key, [*SECTIONS[""], *filter(None, SECTIONS)])
    if isinstance(fields.get("theme"), str):
        fields["theme"] = path.parent / fields["theme"]
    data = document.get("data", {})
    if "file" in data:
        fields |= _table(path, text, data)
    else:
        for key in ("sheet", "target", "features", "names"):
            if key in data:
                raise ExperimentError(f"{line_of(path, text, 'data', key)}: {key} goes with file")
    for key in ("X", "y"):
        if key not in fields:
            raise ExperimentError(f"{path}: [data] has no {key}: give X and y, or file and target")
    return fields | {"weights": weights}


def _table(path: Path, text: str, data: dict[str, Any]) -> dict[str, Any]:
    for key in ("X", "y"):
        if key in data:
            raise ExperimentError(
                f"{line_of(path, text, 'data', key)}: give either {key} or file, not both"
            )
    columns = {}
    for key in ("target", "features"):
        value = data.get(key)
        names = [value] if isinstance(value, str) else value
        columns[key] = names
        named = isinstance(names, list) and all(isinstance(name, str) for name in names)
        if names is not None and not named:
            raise ExperimentError(
                f"{line_of(path, text, 'data', key)}: give a list of column names, not {value!r}"
            )
    if not all(isinstance(data.get(key, ""), str) for key in ("file", "sheet", "names")):
        raise ExperimentError(
            f"{line_of(path, text, 'data', 'file')}: give file, sheet and names as texts"
        )
    try:
        table = read_table(
            path.parent / data["file"],
            target=columns["target"] or [],
            features=columns["features"],
            sheet=data.get("sheet"),
            names=data.get("names"),
            classes=_classes(path, text, data),
        )
    except DataError as error:
        raise DataError(f"{line_of(path, text, 'data', 'file')}: {error}") from error
    return table.fields | {"sources": (path.parent / data["file"],)}


def _classes(path: Path, text: str, data: dict[str, Any]) -> list[str] | None:
    """The names of the classes, if they are given."""
    names = data.get("classes")
    if names is not None and not isinstance(names, list):
        raise ExperimentError(
            f"{line_of(path, text, 'data', 'classes')}: give a list of names, not {names!r}"
        )
    return names


def _placed(
    error: ExperimentError, path: Path, text: str, overrides: Mapping[str, Any]
) -> ExperimentError:
    """The same error with the place in the file in front, unless an option was at fault."""
    if error.field in overrides:
        option = "--" + str(error.field).replace("_", "-")
        return ExperimentError(f"{option}: {error}", error.field)
    for section, keys in SECTIONS.items():
        for key, field in keys.items():
            if error.field == field and field:
                return ExperimentError(f"{line_of(path, text, section, key)}: {error}", field)
    if error.field and _PARAMETER.fullmatch(error.field):
        return ExperimentError(f"{line_of(path, text, 'start', error.field)}: {error}", error.field)
    return ExperimentError(f"{path}: {error}", error.field)


def _unknown(path: Path, text: str, section: str, key: str, known: list[str]) -> ExperimentError:
    what = "key" if section else "key or section"
    return ExperimentError(
        f"{line_of(path, text, section, key)}: unknown {what} {key!r}{nearest(key, known)}; known "
        f"here: {', '.join(known)}"
    )


def line_of(path: Path, text: str, section: str, key: str) -> str:
    """``exp.toml, line 7, [start]``: where a key stands, as well as the text tells."""
    current = ""
    where = f", [{section}]" if section else ""
    for number, line in enumerate(text.splitlines(), start=1):
        header = re.match(r"\s*\[+\s*([\w.-]+)\s*\]+", line)
        if header:
            current = header.group(1)
            if current == key and not section:
                return f"{path}, line {number}{where}"
        elif current == section and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=", line):
            return f"{path}, line {number}{where}"
    return f"{path}{where}"
