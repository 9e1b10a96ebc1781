"""Tables of a person's own: CSV, TSV, Excel and Parquet, read with pandas.

Every cell that is used must be a finite number; a single target may hold the names of classes. A
cell that is not is named by its row, as a spreadsheet counts rows (the header is row 1), and by
its column.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from xlnn.errors import DataError, ExperimentError
from xlnn.experiment.labels import are_labels, encode
from xlnn.experiment.matrix import Array
from xlnn.experiment.nearest import nearest

if TYPE_CHECKING:
    import pandas as pd

SUFFIXES = (".csv", ".tsv", ".xlsx", ".xlsm", ".parquet")

COMMAS = "write decimal points, not commas, and nothing between thousands, "

NAMED_CELLS = 5
"""How many bad cells an error names before it only counts."""


@dataclass(frozen=True, slots=True)
class Table:
    """The numbers of a table, and the names of its columns."""

    X: Array
    """samples × features"""
    y: Array
    """samples × targets"""
    feature_names: tuple[str, ...]
    target_names: tuple[str, ...]
    class_names: tuple[str, ...] | None = None
    """The classes, if the target holds their names."""
    sample_names: tuple[str, ...] | None = None

    @property
    def fields(self) -> dict[str, Any]:
        """The fields of an experiment that a table gives."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


def read_table(
    path: str | Path,
    target: Sequence[str],
    features: Sequence[str] | None = None,
    sheet: str | None = None,
    names: str | None = None,
    classes: Sequence[str] | None = None,
) -> Table:
    """The chosen columns of a table; without ``features``, all that are no target and not
    ``names``, the column that names the samples. ``classes`` are those of its labels, in order.

    Raises DataError for a file that cannot be read, a column that is not there, and cells
    that are blank, text, NaN or infinite.
    """
    path = Path(path)
    if sheet is not None and path.suffix.lower() not in (".xlsx", ".xlsm"):
        raise DataError(f"{path} has no sheets: leave out the sheet {sheet!r}")
    frame = _frame(path, sheet)
    columns = list(frame.columns)
    if not target:
        raise DataError(
            f'{path}: which column is to be learned? Name it with --target or target = ["…"]; '
            f"there are {_listed(columns)}"
        )
    chosen = [column for column in columns if column not in target and column != names]
    wanted = chosen if features is None else list(features)
    unnamed = [column for column in wanted if column in frame.attrs.get("unnamed", ())]
    if unnamed and features is None:
        raise DataError(
            f"{path}: {unnamed[0]} has no header (is it only a count of the rows?): give it a "
            "name, or choose columns with --feature or features = […]"
        )
    for column in [*target, *wanted, *([names] if names else [])]:
        if column not in columns:
            raise DataError(
                f"{path} has no column {column!r}{nearest(column, columns)}; it has "
                f"{_listed(columns)}{_hint(column)}"
            )
    if len(set(target)) < len(target) or len(set(wanted)) < len(wanted):
        raise DataError(f"{path}: a column is named twice as target or feature: name it once")
    both = [column for column in wanted if column in target]
    if both:
        raise DataError(f"{path}: column {both[0]!r} cannot be a feature and a target at once")
    if not wanted:
        raise DataError(
            f"{path}: no column is left to learn from: {_listed(columns)} is the target"
        )
    if not len(frame):
        raise DataError(f"{path} has a header but no rows: give at least one sample")
    samples = tuple(map(str, frame[names])) if names else None
    if len(target) == 1 and are_labels(list(frame[target[0]])):
        X = _numbers(path, frame, wanted)
        try:
            found = encode(list(frame[target[0]]), target[0], classes)
        except ExperimentError as error:
            raise DataError(f"{path}: {error}") from error
        return Table(X, found.y, tuple(wanted), found.names, found.classes, samples)
    numbers = _numbers(path, frame, [*wanted, *target])
    X, y = numbers[:, : len(wanted)], numbers[:, len(wanted) :]
    named = None if classes is None else tuple(map(str, classes))
    return Table(X, y, tuple(wanted), tuple(target), named, samples)


def _frame(path: Path, sheet: str | None) -> pd.DataFrame:
    """The table as it stands in the file: every cell as it is, columns named by its header."""
    import pandas as pd

    if not path.exists():
        raise DataError(f"{path} does not exist")
    try:
        if path.suffix.lower() == ".parquet":
            frame = pd.read_parquet(path).astype(object)
            frame.columns = pd.Index([str(column) for column in frame.columns])
            _check_header(path, list(frame.columns))
            return frame
        if path.suffix.lower() in (".xlsx", ".xlsm"):
            with pd.ExcelFile(path) as book:
                names = [str(name) for name in book.sheet_names]
                if sheet is not None and sheet not in names:
                    raise DataError(
                        f"{path} has no sheet {sheet!r}{nearest(sheet, names)}; it has "
                        f"{_listed(names)}"
                    )
                cells = pd.read_excel(
                    book, sheet_name=sheet or 0, header=None, dtype=object, na_filter=False
                )
        elif path.suffix.lower() in (".csv", ".tsv"):
            cells = pd.read_csv(
                path,
                sep=_separator(path),
                header=None,
                dtype=str,
                keep_default_na=False,
                na_filter=False,
                skip_blank_lines=False,
                encoding="utf-8-sig",
            )
        else:
            raise DataError(f"{path}: a table ends in {', '.join(SUFFIXES)}")
    except ImportError as error:
        raise DataError(f"{path}: reading Parquet needs pyarrow: pip install pyarrow") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not text in UTF-8: save it as CSV UTF-8") from error
    except pd.errors.ParserError as error:
        detail = _first_line(error).rpartition("error: ")[2]
        raise DataError(
            f"{path}: not every row has as many cells as the header ({detail})"
        ) from error
    except pd.errors.EmptyDataError as error:
        raise DataError(f"{path} is empty, or its first line, the header, is") from error
    except DataError:
        raise
    except Exception as error:  # every parser has its own exceptions; none is for a user to see
        raise DataError(f"{path} cannot be read as a table: {_first_line(error)}") from error
    return _with_header(path, cells)


def _separator(path: Path) -> str:
    """A tab for .tsv; else what the header has most of: commas, semicolons (Excel in much of
    Europe) or tabs."""
    if path.suffix.lower() == ".tsv":
        return "\t"
    with path.open(encoding="utf-8-sig") as file:
        header = file.readline()
    return max(",;\t", key=header.count)


def _with_header(path: Path, cells: pd.DataFrame) -> pd.DataFrame:
    # Blank rows and columns at the end are nothing; one in between is a mistake and will be named.
    values = cells.to_numpy(dtype=object)
    rows, columns = values.shape
    while rows and all(_blank(cell) for cell in values[rows - 1]):
        rows -= 1
    while columns and all(_blank(cell) for cell in values[:rows, columns - 1]):
        columns -= 1
    if not rows:
        raise DataError(f"{path} is empty")
    cells = cells.iloc[:rows, :columns]
    header = [str(cell).strip() for cell in cells.iloc[0]]
    names = [name or f"column {i + 1}" for i, name in enumerate(header)]
    _check_header(path, names)
    frame = cells.iloc[1:].reset_index(drop=True).set_axis(names, axis="columns")
    frame.attrs["unnamed"] = [name for name, given in zip(names, header, strict=True) if not given]
    return frame


def _check_header(path: Path, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise DataError(f"{path} has two columns called {name!r}: rename one of them")


def _numbers(path: Path, frame: pd.DataFrame, columns: Sequence[str]) -> Array:
    """The columns as float64. Raises DataError naming the cells that are not finite numbers."""
    numbers = np.empty((len(frame), len(columns)))
    bad: list[str] = []
    worst: list[Any] = []
    count = 0
    for j, column in enumerate(columns):
        cells = list(frame[column])
        values = [_number(cell) for cell in cells]
        wrong = [i for i, value in enumerate(values) if value is None]
        texts = [cells[i] for i in wrong if not _blank(cells[i])]
        if len(texts) > len(cells) / 2 and not any(_is_inexact(cell) for cell in texts):
            examples = ", ".join(repr(text) for text in list(dict.fromkeys(texts))[:3])
            advice = COMMAS if any(map(_has_comma, texts)) else "give it as numbers, "
            raise DataError(
                f"{path}: column {column!r} holds text ({examples}): a network computes with "
                f"numbers only; {advice}name the rows with it (--names), or choose other columns "
                "with --feature or features = […]"
            )
        count += len(wrong)
        worst += [cells[i] for i in wrong]
        bad += [f"row {i + 2} of {column!r} is {_shown(cells[i])}" for i in wrong[:NAMED_CELLS]]
        numbers[:, j] = [math.nan if value is None else value for value in values]
    if count:
        advice = COMMAS if any(_has_comma(cell) for cell in worst) else ""
        more = f" and {count - NAMED_CELLS} more" if count > NAMED_CELLS else ""
        raise DataError(
            f"{path}: {'; '.join(bad[:NAMED_CELLS])}{more}: every cell must be a finite number; "
            f"{advice}fill them in or leave the rows or columns out"
        )
    return numbers


def _number(cell: Any) -> float | None:
    """A cell's finite number, or None."""
    if isinstance(cell, str):
        if cell.strip().lower() in ("true", "false"):
            return float(cell.strip().lower() == "true")  # as Excel's TRUE and FALSE arrive
        if "_" in cell:
            return None  # Python reads 1_000 as a number; people and spreadsheets do not
    try:
        value = float(cell)
    except (TypeError, ValueError):
        return None
    return value if math.isfinite(value) else None


def _is_inexact(cell: Any) -> bool:
    """NaN and infinity: numbers of a kind, not text."""
    try:
        float(cell)
    except (TypeError, ValueError):
        return False
    return True


def _has_comma(cell: Any) -> bool:
    return bool(re.fullmatch(r"\s*-?\d+,\d+\s*", str(cell)))


def _blank(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _shown(cell: Any) -> str:
    return "blank" if _blank(cell) else repr(cell)


def _hint(column: str) -> str:
    return ": name each column with its own --target or --feature" if "," in column else ""


def _listed(columns: Sequence[str]) -> str:
    shown = ", ".join(repr(column) for column in columns[:12])
    return f"{shown} and {len(columns) - 12} more" if len(columns) > 12 else shown


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0] or type(error).__name__
