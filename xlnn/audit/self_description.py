"""What a workbook says of itself on Settings and Map, and the plan that follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from xlnn.audit.cell_values import Value, is_number
from xlnn.audit.stored.workbook import StoredWorkbook
from xlnn.errors import WorkbookError, XlnnError
from xlnn.experiment.description import CHOICES, Description
from xlnn.experiment.extras import chosen_extras
from xlnn.maths.formulas import Style
from xlnn.maths.schedule import schedule_of
from xlnn.workbook.boards.extras import choose
from xlnn.workbook.layout import Shows, draw_plan
from xlnn.workbook.map_sheet import COLUMNS
from xlnn.workbook.plan import MAP, MAX_COLUMNS, MAX_ROWS, SETTINGS, SETTINGS_COLUMN, Plan
from xlnn.workbook.settings_sheet import parse_epoch_ranges

MapEntry = dict[str, str | int | list[str]]


@dataclass(frozen=True, slots=True)
class SelfDescription:
    """The sheets that tell a program what a workbook is."""

    path: Path
    settings: Mapping[str, Any]
    """The keys of the sheet Settings with their values."""
    entries: Sequence[tuple[int, MapEntry]]
    """The rows of the sheet Map with their numbers, as ``xlnn map --json`` lists them."""

    @property
    def epochs(self) -> int:
        """How many epochs were trained; 0 if the Settings do not tell."""
        return self._number("epochs")

    @property
    def seed(self) -> int:
        return self._number("seed")

    @property
    def shuffle(self) -> bool:
        return self.settings.get("shuffle") in (True, "true")

    def _number(self, key: str) -> int:
        value = self.settings.get(key)
        return int(value) if is_number(value) and value >= 0 else 0


def read_description(book: StoredWorkbook) -> SelfDescription:
    """What a workbook says of itself.

    Raises WorkbookError for a file that is no workbook of xlnn's.
    """
    for name in (MAP, SETTINGS):
        if name not in book.sheets:
            raise WorkbookError(
                f"{book.path} has no sheet {name}: the sheet was deleted, or xlnn did not build it "
                '(for a workbook of anyone\'s "xlnn map --suggest" drafts a map, which "xlnn audit '
                '--map" takes)'
            )
    settings = {
        row[0]: row[1]
        for row in book.sheet(SETTINGS).rows(SETTINGS_COLUMN)
        if len(row) > 1 and isinstance(row[0], str) and row[1] is not None
    }
    return SelfDescription(
        book.path, settings, _map_entries(book.path, book.sheet(MAP).rows(len(COLUMNS)))
    )


def to_json(description: SelfDescription) -> dict[str, Any]:
    """What ``xlnn map --json`` prints: title, version and every matrix with its place."""
    return {
        "title": str(description.settings.get("title", "")),
        "xlnn": str(description.settings.get("xlnn", "")),
        "matrices": [entry for _, entry in description.entries],
    }


def _map_entries(path: Path, rows: Sequence[Sequence[Value]]) -> list[tuple[int, MapEntry]]:
    header = next((i for i, row in enumerate(rows) if tuple(row[: len(COLUMNS)]) == COLUMNS), None)
    if header is None:
        raise WorkbookError(f"{path}: its sheet {MAP} has no header {', '.join(COLUMNS)}")
    entries = []
    for number, row in enumerate(rows[header + 1 :], start=header + 2):
        if not row or row[0] is None:
            continue
        # A row ends where its last filled cell does: what an input reads is blank.
        padded = [*row, *[None] * len(COLUMNS)]
        cells = dict(zip(COLUMNS, padded, strict=False))
        entry: MapEntry = {}
        for column, value in cells.items():
            if column in ("step", "epoch", "batch", "rows", "columns"):
                if not is_number(value) or not float(value).is_integer():
                    raise WorkbookError(
                        f"{path}: row {number} of its sheet {MAP} has {value!r} as {column}, "
                        "which is not a whole number"
                    )
                entry[column] = int(value)
            elif column == "reads":
                entry[column] = str(value).split(", ") if value else []
            else:
                entry[column] = str(value)
        entries.append((number, entry))
    return entries


def read_plan(description: SelfDescription) -> Plan:
    """The plan that a workbook was built on, drawn again from its Settings.

    Raises WorkbookError where the Settings do not tell it.
    """
    settings = description.settings
    try:
        described = Description(
            samples=_whole(settings, "samples"),
            inputs=_whole(settings, "inputs"),
            hidden=_sizes(settings, "hidden"),
            outputs=_whole(settings, "outputs"),
            test_samples=_whole(settings, "test_samples", least=0),
            batch_size=_batch_size(settings),
            activation=_choice(settings, "activation"),
            output_activation=_choice(settings, "output_activation"),
            biases=_choice(settings, "biases"),
            bias_per=_choice(settings, "bias_per"),
            update_biases=_choice(settings, "update_biases"),
            loss=_choice(settings, "loss"),
            shuffle=_choice(settings, "shuffle"),
            optimizer=_choice(settings, "optimizer"),
            gradient=_choice(settings, "gradient"),
            scale=_choice(settings, "scale"),
            scale_targets=_choice(settings, "scale_targets"),
            classes=_choice(settings, "classes"),
        )
        # Each layer and each epoch has several matrices, which the Map lists.
        listed = max(1, len(description.entries))
        if len(described.hidden) > listed:
            raise ValueError(
                f"it tells of {len(described.hidden):,} hidden layers, but the Map of {listed:,} "
                "matrices"
            )
        epochs = parse_epoch_ranges(str(settings.get("show", "")), most=listed)
        return _plan(
            described,
            epochs,
            _choice(settings, "formulas"),
            _choice(settings, "operands"),
            _extras(settings),
        )
    except (XlnnError, ValueError) as error:
        raise WorkbookError(
            f"{description.path}: its sheet {SETTINGS} does not describe a network: {error}"
        ) from error


@lru_cache(maxsize=4)
def _plan(
    described: Description,
    epochs: tuple[int, ...],
    style: Style,
    operands: Shows,
    extras: str | tuple[str, ...],
) -> Plan:
    """The plan of some settings: workbooks that are audited together are often alike."""
    plan = draw_plan(schedule_of(described.network), epochs, style, operands)
    return replace(plan, extras=choose(plan, extras))


def _whole(settings: Mapping[str, Any], key: str, least: int = 1) -> int:
    value = settings.get(key)
    if not is_number(value) or not float(value).is_integer():
        raise ValueError(f"{key} is {value!r}, not a whole number")
    if not least <= value <= MAX_ROWS:
        raise ValueError(f"{key} is {value}, not between {least} and {MAX_ROWS}")
    return int(value)


def _batch_size(settings: Mapping[str, Any]) -> str | int:
    if settings.get("batch_size") == "all":
        return "all"
    size = _whole(settings, "batch_size")
    if size > _whole(settings, "samples"):
        raise ValueError(f"batch_size is {size}, more than there are samples")
    return size


def _sizes(settings: Mapping[str, Any], key: str) -> tuple[int, ...]:
    text = str(settings.get(key, "")).removesuffix(".0")
    if text == "none":
        return ()
    sizes = tuple(int(size) for size in text.split(",") if size.strip())
    if not sizes or any(not 1 <= size <= MAX_COLUMNS for size in sizes):
        raise ValueError(f"{key} is {text!r}")
    return sizes


def _extras(settings: Mapping[str, Any]) -> str | tuple[str, ...]:
    listed = [name.strip() for name in str(settings.get("extras", "none")).split(",")]
    return chosen_extras(listed)


def _choice(settings: Mapping[str, Any], key: str) -> Any:
    value = settings.get(key)
    for choice in CHOICES[key]:
        # Programs may save the texts true and false as truth values.
        if value == choice or (isinstance(choice, bool) and value == str(choice).lower()):
            return choice
    raise ValueError(f"{key} is {value!r}, none of {CHOICES[key]}")
