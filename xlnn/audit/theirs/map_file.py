"""Reads a map: a TOML file that tells where the matrices of somebody's workbook are.

[network]                       # the keys of an experiment file, with the same meaning
hidden = [3]

[training]
learning_rate = "Net!B2"        # a number, or the cell that holds it

[layout]
sheet = "Net"                   # of ranges that name none
transpose = true                # samples are columns; a single matrix may say otherwise

[matrices]                      # those of the first epoch
X = "B5:D8"
wh = { range = "B10:F12", bias = "last" }

[epochs]                        # the same again, for each further epoch
count = 5
rows = 30

[epoch.2.matrices]              # or one by one
wh = "Epoch2!B10:F12"
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from xlnn.audit.theirs import map_values as values
from xlnn.errors import ExperimentError, MapError
from xlnn.experiment.description import CHOICES
from xlnn.experiment.nearest import nearest
from xlnn.experiment.toml import SECTIONS, line_of, read_text
from xlnn.experiment.values import choice, text
from xlnn.workbook.plan import Moment

End = Literal["first", "last"]

_NETWORK = tuple(SECTIONS["network"])
_TRAINING = tuple(
    key for key in SECTIONS["training"] if key not in ("epochs", "shuffle", "stop_below")
)
_KEYS: Mapping[str, tuple[str, ...]] = {
    "data": ("scale", "scale_targets"),
    "network": _NETWORK,
    "training": _TRAINING,
    "layout": ("sheet", "transpose"),
    "epochs": ("count", "rows", "columns", "sheets"),
    "batches": ("rows", "columns", "sheets"),
}
_TOP = ("title", *_KEYS, "matrices", "epoch")
_ENTRY = ("range", "transpose", "ones", "bias", "negate", "times", "repeat")


@dataclass(frozen=True, slots=True)
class Entry:
    """What a map says of one matrix."""

    name: str
    place: str
    """Where it says so: file, line and section."""
    ranges: Sequence[Sequence[str]]
    """Ranges side by side in rows."""
    transpose: bool
    ones: End | None = None
    bias: End | None = None
    times: float = 1.0
    by: str | None = None
    repeat: bool = True


@dataclass(frozen=True, slots=True)
class Repetition:
    """Where the same blocks stand again."""

    place: str
    count: int | None
    rows: int
    columns: int
    sheets: Sequence[str]


@dataclass(frozen=True, slots=True)
class MapFile:
    """A map as it stands in its file, each value looked at alone."""

    path: Path
    text: str
    sheet: str | None
    described: Mapping[str, Any]
    """What is said of the network and its training, by the names of a Description's fields."""
    settings: Mapping[str, float | str]
    """Numbers that the recipe reads: as they are, or the cells where they stand."""
    epochs: Repetition | None
    batches: Repetition | None
    entries: Mapping[Moment, Mapping[str, Entry | None]]
    """By epoch and batch and by name; None for a matrix that is said not to be there."""

    @property
    def first(self) -> Mapping[str, Entry | None]:
        """The entries of the first epoch."""
        return self.entries[Moment(1, 1)]

    def place(self, section: str, key: str) -> str:
        """``theirs.toml, line 7, [matrices]``."""
        return line_of(self.path, self.text, section, key)


def read_map(path: str | Path) -> MapFile:
    """A map. Raises MapError that names file, line and key."""
    path = Path(path)
    try:
        content = read_text(path)
        document = tomllib.loads(content)
    except ExperimentError as error:
        raise MapError(str(error)) from error
    except (ValueError, RecursionError) as error:
        raise MapError(f"{path} is not valid TOML: {error}") from error
    return _Reader(path, content).read(document)


@dataclass(slots=True)
class _Reader:
    """A map while it is being read."""

    path: Path
    text: str
    transpose: bool = False
    entries: dict[Moment, dict[str, Entry | None]] = field(default_factory=dict)

    def read(self, document: Mapping[str, Any]) -> MapFile:
        self._known("", document, _TOP)
        for section in ("matrices", "epoch", *_KEYS):
            self._table("", section, document.get(section, {}))
        for section, keys in _KEYS.items():
            self._known(section, document.get(section, {}), keys)
        self._value("", document, "title", text, "")
        layout = document.get("layout", {})
        sheet = self._value("layout", layout, "sheet", text, None)
        self.transpose = self._value("layout", layout, "transpose", values.yes_or_no, False)
        described = self._described(document)
        settings = {
            key: self._number(section, key, document[section][key])
            for section in ("network", "training")
            for key in document.get(section, {})
            if key in values.SETTINGS
        }
        self._matrices("matrices", document.get("matrices", {}), Moment(1, 1))
        for key, table in document.get("epoch", {}).items():
            self._epoch(key, table)
        return MapFile(
            path=self.path,
            text=self.text,
            sheet=sheet,
            described=described,
            settings=settings,
            epochs=self._repetition("epochs", document),
            batches=self._repetition("batches", document),
            entries=self.entries,
        )

    # --- Sections ---

    def _described(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """The choices of a network, each checked alone."""
        found: dict[str, Any] = {}
        for section in ("data", "network", "training"):
            table = document.get(section, {})
            for key in table:
                if key in CHOICES:

                    def one_of(value: Any, name: str) -> object:
                        return choice(name, value, CHOICES[name])

                    found[key] = self._value(section, table, key, one_of, None)
        if "hidden" in (network := document.get("network", {})):
            found["hidden"] = self._value("network", network, "hidden", values.sizes, None)
        if "batch_size" in (training := document.get("training", {})):
            found["batch_size"] = training["batch_size"]  # held against the samples later
        return found

    def _number(self, section: str, key: str, value: Any) -> float | str:
        if isinstance(value, str):
            return value
        return float(self._value(section, {key: value}, key, values.number, 0.0))

    def _repetition(self, section: str, document: Mapping[str, Any]) -> Repetition | None:
        if section not in document:
            return None
        table = document[section]
        place = self._line(section, "")
        ways = [key for key in ("rows", "columns", "sheets") if key in table]
        if len(ways) != 1:
            raise MapError(
                f"{place}: give one of rows, columns and sheets: how far the blocks of each stand "
                "below or to the right of the one before, or the sheets that hold them"
            )
        sheets = self._value(section, table, "sheets", values.sheets, ())
        count = self._value(section, table, "count", values.count, None)
        if sheets and count not in (None, len(sheets)):
            raise MapError(
                f"{self._line(section, 'count')}: count is {count}, but there are {len(sheets)} "
                "sheets: leave it out"
            )
        if section == "epochs" and not sheets and count is None:
            raise MapError(f"{place}: give count, the number of epochs")
        return Repetition(
            place,
            len(sheets) or count,
            self._value(section, table, "rows", values.distance, 0),
            self._value(section, table, "columns", values.distance, 0),
            sheets,
        )

    def _epoch(self, key: str, table: Any) -> None:
        section = f"epoch.{key}"
        epoch = self._counted("epoch", key)
        self._known(section, self._table("epoch", key, table), ("matrices", "batch"))
        self._matrices(f"{section}.matrices", table.get("matrices", {}), Moment(epoch, 1))
        batches = self._table(section, "batch", table.get("batch", {}))
        for number, inner in batches.items():
            inside = f"{section}.batch.{number}"
            batch = self._counted(f"{section}.batch", number)
            self._known(inside, self._table(f"{section}.batch", number, inner), ("matrices",))
            self._matrices(f"{inside}.matrices", inner.get("matrices", {}), Moment(epoch, batch))

    def _matrices(self, section: str, table: Any, moment: Moment) -> None:
        here = self.entries.setdefault(moment, {})
        for name, value in self._table("", section, table).items():
            if name in here:
                raise MapError(
                    f"{self._line(section, name)}: {name} of epoch {moment.epoch} is mapped twice, "
                    "here and in another section: leave one out"
                )
            here[name] = None if value is False else self._entry(section, name, value)

    def _entry(self, section: str, name: str, value: Any) -> Entry:
        place = self._line(section, name)
        table = value if isinstance(value, dict) else {"range": value}
        for key in table:
            if key not in _ENTRY:
                raise MapError(
                    f"{place}: {name} has an unknown key {key!r}{nearest(key, _ENTRY)}; known "
                    f"here: {', '.join(_ENTRY)}"
                )
        if "range" not in table:
            raise MapError(f'{place}: {name} has no range: write range = "Sheet1!B3:E5"')

        def get(key: str, reader: Callable[[Any, str], Any], default: Any) -> Any:
            return self._at(place, table, key, reader, default, prefix=f"{name}: ")

        times, by = 1.0, None
        if isinstance(table.get("times"), str):
            by = get("times", values.setting, None)
        else:
            times = get("times", values.factor, 1.0)
        if get("negate", values.yes_or_no, False):
            times = -times
        return Entry(
            name=name,
            place=place,
            ranges=get("range", values.ranges, ()),
            transpose=get("transpose", values.yes_or_no, self.transpose),
            ones=get("ones", values.end, None),
            bias=get("bias", values.end, None),
            times=times,
            by=by,
            repeat=get("repeat", values.yes_or_no, True),
        )

    # --- Values ---

    def _line(self, section: str, key: str) -> str:
        if not key:
            top, _, inner = section.rpartition(".")
            return line_of(self.path, self.text, "", section) if not top else self._line(top, inner)
        return line_of(self.path, self.text, section, key)

    def _known(self, section: str, table: Mapping[str, Any], keys: Sequence[str]) -> None:
        for key in table:
            if key not in keys:
                what = "key" if section else "key or section"
                raise MapError(
                    f"{self._line(section, key)}: unknown {what} {key!r}{nearest(key, keys)}; "
                    f"known here: {', '.join(keys)}"
                )

    def _table(self, section: str, key: str, value: Any) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            full = f"{section}.{key}".lstrip(".")
            raise MapError(f"{self._line(section, key)}: {key} is a section: write [{full}]")
        return value

    def _counted(self, section: str, key: str) -> int:
        if not key.isascii() or not key.isdigit() or not 1 <= int(key[:9]) <= values.MAX_UPDATES:
            raise MapError(
                f"{self._line(section, key)}: [{section}.{key}] must bear a number from 1 to "
                f"{values.MAX_UPDATES:,}, such as [{section}.2.matrices]"
            )
        return int(key)

    def _value(
        self,
        section: str,
        table: Mapping[str, Any],
        key: str,
        reader: Callable[[Any, str], Any],
        default: Any,
    ) -> Any:
        return self._at(self._line(section, key), table, key, reader, default)

    def _at(
        self,
        place: str,
        table: Mapping[str, Any],
        key: str,
        reader: Callable[[Any, str], Any],
        default: Any,
        prefix: str = "",
    ) -> Any:
        if key not in table:
            return default
        try:
            return reader(table[key], key)
        except ExperimentError as error:
            raise MapError(f"{place}: {prefix}{error}") from error
