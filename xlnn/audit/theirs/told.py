"""The network that a map tells of: its sizes by the ranges, its functions and training by the
sections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any

from xlnn.audit.theirs.blocks import Cells
from xlnn.audit.theirs.map_file import Entry, MapFile
from xlnn.audit.theirs.map_values import MAX_LAYERS
from xlnn.errors import ExperimentError, MapError
from xlnn.experiment.checks import check_batches, check_outputs
from xlnn.experiment.description import Description
from xlnn.experiment.experiment import Experiment
from xlnn.maths.schedule import Schedule, schedule_of

MAX_CELLS = 5_000_000
"""The largest matrix that is derived."""

DEFAULTS: Mapping[str, Any] = {
    each.name: each.default for each in fields(Experiment) if each.default is not MISSING
}
"""What an experiment has without being told."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a map tells of the first epoch."""

    file: MapFile
    cells: Mapping[str, Cells]
    """By matrix, as they stand in the workbook."""

    @property
    def entries(self) -> Mapping[str, Entry | None]:
        return self.file.first

    def schedule(self) -> Schedule:
        """The steps of the network. Raises MapError where the map does not tell one."""
        described = self.file.described
        raw = {
            name: f"{name}_raw" if described.get(key, "none") != "none" else name
            for name, key in (("X", "scale"), ("y", "scale_targets"))
        }
        samples, inputs = self._needed(raw["X"])
        _, outputs = self._needed(raw["y"])
        tested = self.size(raw["X"].replace("X", "X_test"))
        given: dict[str, Any] = {
            each.name: DEFAULTS[each.name] for each in fields(Description) if each.name in DEFAULTS
        }
        given |= described
        given |= {
            "samples": samples, "inputs": inputs, "hidden": self.hidden(), "outputs": outputs,
            "test_samples": tested[0] if tested else 0, "classes": "none", "shuffle": False,
        }  # fmt: skip
        self._check_sizes(given)
        key = "batch_size"
        try:
            check_batches(given["batch_size"], samples)
            key = "output_activation"
            check_outputs(given["output_activation"], given["loss"], outputs)
        except ExperimentError as error:
            section = "training" if key == "batch_size" else "network"
            raise MapError(f"{self.file.place(section, key)}: {error}") from error
        return schedule_of(Description(**given).network)

    def size(self, name: str) -> tuple[int, int] | None:
        """The rows and columns of a matrix as the recipe has it, by its range alone; None if it
        is not mapped."""
        entry = self.entries.get(name)
        if entry is None:
            return None
        rows, columns = self.cells[name].rows, self.cells[name].columns
        if entry.transpose:
            rows, columns = columns, rows
        return rows - bool(entry.bias), columns - bool(entry.ones)

    def hidden(self) -> tuple[int, ...]:
        """The neurons of each hidden layer: as the map says, else as the weights tell."""
        if "hidden" in self.file.described:
            return tuple(self.file.described["hidden"])
        if (one := self.size("wh")) is not None:
            return (one[1],)
        sizes: list[int] = []
        while (found := self.size(f"wh_{len(sizes) + 1}")) and len(sizes) < MAX_LAYERS:
            sizes.append(found[1])
        if not sizes:
            raise MapError(
                f"{self.file.place('', 'matrices')}: wh is not mapped: write wh = … in [matrices] "
                "(wh_1, wh_2 … for several hidden layers), or hidden = [] in [network] if there "
                "is no hidden layer"
            )
        return tuple(sizes)

    def words(self) -> str:
        """Where the sizes of the network come from."""
        found = []
        for name, counted in (("X", "inputs"), ("y", "outputs")):
            for each in (name, f"{name}_raw"):
                if (size := self.size(each)) is not None:
                    found.append(f"{each} has {size[0]:,} samples of {size[1]:,} {counted}")
        found.append(f"hidden is {list(self.hidden())}")
        return ", ".join(found)

    def _needed(self, name: str) -> tuple[int, int]:
        """The size of a matrix that must be mapped."""
        found, entry = self.size(name), self.entries.get(name)
        if found is None or entry is None:
            raise MapError(
                f"{self.file.place('', 'matrices')}: {name} is not mapped: without it nothing can "
                f'be derived; write {name} = "Sheet1!B3:E5" in [matrices]'
            )
        if min(found) < 1:
            raise MapError(
                f"{entry.place}: {name} is mapped to {self.cells[name]}, in which no cell is left "
                "besides the ones: give the range with both, or leave ones out"
            )
        return found

    def _check_sizes(self, given: Mapping[str, Any]) -> None:
        hidden = given["hidden"]
        rows = max(given["samples"], given["inputs"], given["test_samples"], *hidden, 0)
        columns = max(given["inputs"], given["outputs"], *hidden)
        if rows * columns > MAX_CELLS:
            raise MapError(
                f"{self.file.path}: a matrix of this network would have up to {rows:,}×{columns:,} "
                f"cells, but at most {MAX_CELLS:,} are audited: look at the ranges of X and y, and "
                "at hidden"
            )
