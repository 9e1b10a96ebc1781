"""A map held against its workbook: the network that it tells of, and where every matrix stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, Literal

from xlnn.audit.cell_values import is_number
from xlnn.audit.stored.workbook import StoredWorkbook
from xlnn.audit.theirs.blocks import Block, Cells, together
from xlnn.audit.theirs.gradients import gradient_names, with_gradients
from xlnn.audit.theirs.map_file import Entry, MapFile
from xlnn.audit.theirs.overlaps import without_overlaps
from xlnn.audit.theirs.ranges import RangeError, Ranges
from xlnn.audit.theirs.repetition import repeated
from xlnn.audit.theirs.told import DEFAULTS, Told
from xlnn.errors import MapError, WorkbookError
from xlnn.experiment.nearest import nearest
from xlnn.maths.expr import Axis, Shape
from xlnn.maths.recipe import Recipe
from xlnn.maths.schedule import Schedule
from xlnn.workbook.plan import Moment

MAX_WORK = 2_000_000_000
"""So many numbers are derived at most, over all epochs."""

START = Moment(1, 1)

Blocks = dict[Moment, dict[str, list[Block]]]
"""By epoch and batch, and by matrix."""

Role = Literal["matrix", "copy", "left"]


@dataclass(frozen=True)
class WorkbookMap:
    """Where the matrices of somebody's workbook are."""

    file: MapFile
    schedule: Schedule
    settings: Mapping[str, float | Block]
    """The numbers that the recipe reads, or where they stand."""
    blocks: Mapping[Moment, Mapping[str, tuple[Block, ...]]]
    """By epoch and batch, and by matrix. What does not recur in each batch is at batch 1."""

    @property
    def epochs(self) -> int:
        """The last epoch that the map tells of."""
        return max(moment.epoch for moment in self.blocks)

    def at(self, moment: Moment, matrix: str) -> Block | None:
        """The block of a matrix itself."""
        found = self.blocks.get(moment, {}).get(matrix, ())
        return next((block for block in found if block.role == "matrix"), None)


def held_against(file: MapFile, book: StoredWorkbook) -> WorkbookMap:
    """The map of a workbook. Raises MapError where the map contradicts itself, WorkbookError where
    the workbook has not what it tells of."""
    return _Settling(file, Ranges(book.sheets, book.names, file.sheet), book).settled()


@dataclass(slots=True)
class _Settling:
    """A map while it is held against its workbook."""

    file: MapFile
    ranges: Ranges
    book: StoredWorkbook
    told: Told = field(init=False)
    cells: dict[tuple[Moment, str], Cells] = field(default_factory=dict)
    _ends: dict[str, tuple[int, int]] = field(default_factory=dict)

    def settled(self) -> WorkbookMap:
        if self.file.sheet is not None:
            self._read(self.file.place("layout", "sheet"), self.ranges.sheet, self.file.sheet)
        for moment, entry in self._entries():
            self.cells[moment, entry.name] = self._cells(entry)
        first = {name: cells for (at, name), cells in self.cells.items() if at == START}
        self.told = Told(self.file, first)
        schedule = self.told.schedule()
        names = {entry.name for _, entry in self._entries()}
        schedule = with_gradients(schedule, names & set(gradient_names(schedule.recipe)))
        for given in (*schedule.recipe.data, *schedule.recipe.parameters):
            self._check_filled(given.name)
        blocks = self._written(schedule)
        self._check_given(schedule.recipe, blocks)
        settings = dict(self._settings(schedule.recipe, blocks))
        placed = [
            (moment, block)
            for moment, here in blocks.items()
            for found in here.values()
            for block in found
        ]
        for moment, block in repeated(self.file, schedule, blocks, self.ranges):
            if not block.implied or self._is_filled(block.cells):
                placed.append((moment, block))
        self._check_work(schedule, max(moment.epoch for moment, _ in placed))
        settled: dict[Moment, dict[str, tuple[Block, ...]]] = {}
        for moment, block in sorted(without_overlaps(schedule, placed), key=itemgetter(0)):
            there = settled.setdefault(moment, {})
            there[block.matrix] = (*there.get(block.matrix, ()), block)
        return WorkbookMap(self.file, schedule, settings, settled)

    def _written(self, schedule: Schedule) -> Blocks:
        """The blocks that the map tells of itself."""
        blocks: Blocks = {}
        for moment, entry in self._entries():
            self._check_moment(schedule, moment, entry)
            here = blocks.setdefault(moment, {})
            for block in self._blocks(schedule, moment, entry):
                for other in here.get(block.matrix, ()):
                    if "ones" not in (block.role, other.role):
                        raise MapError(
                            f"{block.place}: {block.matrix} is mapped twice, to {other.cells} and "
                            f"to {block.cells} (biases that stand beside the weights are mapped "
                            "with them): leave one out"
                        )
                here.setdefault(block.matrix, []).append(block)
        return blocks

    def _check_work(self, schedule: Schedule, epochs: int) -> None:
        cells = sum(shape.size for shape in schedule.recipe.shapes.values())
        if (work := cells * epochs * schedule.batches) > MAX_WORK:
            raise MapError(
                f"{self.file.path}: {epochs:,} epochs of this network are {work:,} numbers to "
                f"derive, but at most {MAX_WORK:,} are: map fewer epochs"
            )

    def _entries(self) -> Iterator[tuple[Moment, Entry]]:
        for moment, here in self.file.entries.items():
            for entry in here.values():
                if entry is not None:
                    yield moment, entry

    # --- Ranges ---

    def _read(self, place: str, reader: Any, text: str) -> Any:
        try:
            return reader(text)
        except RangeError as error:
            kind = WorkbookError if "has no sheet" in str(error) else MapError
            raise kind(f"{place}: {error}") from error

    def _cells(self, entry: Entry) -> Cells:
        rows = [
            [self._read(f"{entry.place}: {entry.name}", self.ranges.read, text) for text in row]
            for row in entry.ranges
        ]
        try:
            return together(rows)
        except ValueError as error:
            raise MapError(f"{entry.place}: {entry.name}: {error}") from error

    def _is_filled(self, cells: Cells) -> bool:
        """Whether a number or a formula stands in every cell."""
        for part in cells.ranges:
            stored = self.book.sheet(part.sheet)
            for row in range(part.row, part.row + part.rows):
                for place in ((row, part.column + j) for j in range(part.columns)):
                    if place not in stored.formulas and not is_number(stored.values.get(place)):
                        return False
        return True

    def _end(self, sheet: str) -> tuple[int, int]:
        """The last row and the last column of a sheet in which anything stands."""
        if sheet not in self._ends:
            stored = self.book.sheet(sheet)
            ends = zip(stored.values.end, stored.formulas.end, strict=True)
            row, column = (max(both) for both in ends)
            self._ends[sheet] = row, column
        return self._ends[sheet]

    # --- Blocks ---

    def _check_moment(self, schedule: Schedule, moment: Moment, entry: Entry) -> None:
        recipe, batches = schedule.recipe, schedule.batches
        if entry.name not in recipe.members:
            known = [
                *recipe.members,
                *(n for n in gradient_names(recipe) if n not in recipe.members),
            ]
            raise MapError(
                f"{entry.place}: this network has no matrix {entry.name!r}"
                f"{nearest(entry.name, known)}; it has {', '.join(known)}"
            )
        if entry.by is not None and entry.by not in recipe.settings:
            raise MapError(
                f"{entry.place}: {entry.name} is times {entry.by}, which this training has not; it "
                f"has {', '.join(recipe.settings)}"
            )
        if moment.batch > batches:
            several = f"{batches} batches" if batches > 1 else "one batch"
            raise MapError(
                f"{entry.place}: {entry.name} is mapped for batch {moment.batch}, but an epoch has "
                f"{several} (batch_size in [training])"
            )
        if moment.batch > 1 and recipe.recurrence[entry.name] == "epoch":
            raise MapError(
                f"{entry.place}: {entry.name} is measured once in each epoch: move it to "
                f"[epoch.{moment.epoch}.matrices]"
            )

    def _blocks(self, schedule: Schedule, moment: Moment, entry: Entry) -> Iterator[Block]:
        """The block of an entry, and those of the biases or the ones that stand in its range."""
        recipe = schedule.at(moment.batch)
        cells, shape = self.cells[moment, entry.name], recipe.shapes[entry.name]
        if entry.bias and entry.ones:
            raise MapError(f"{entry.place}: {entry.name} has both ones and bias: leave one out")
        if entry.ones and shape.rows.name not in ("sample", "place", "test sample"):
            raise MapError(
                f"{entry.place}: {entry.name} has ones, which go with inputs and activations: for "
                'biases that stand beside weights write bias = "last"'
            )
        biases = _biases(recipe, entry.name) if entry.bias else None
        if entry.bias and biases is None:
            raise MapError(
                f"{entry.place}: {entry.name} has bias, but this network has no biases that stand "
                "beside it: bias goes with weights, where there is a bias for each neuron"
            )
        rows, columns = shape.rows.size + bool(entry.bias), shape.columns.size + bool(entry.ones)
        found = cells.rows, cells.columns
        if found != ((columns, rows) if entry.transpose else (rows, columns)):
            raise MapError(
                self._shape_clash(
                    entry,
                    cells,
                    Shape(Axis(shape.rows.name, rows), Axis(shape.columns.name, columns)),
                )
            )

        def cut(row: int, column: int, rows: int, columns: int) -> Cells:
            if entry.transpose:
                return cells.cut(column, row, columns, rows)
            return cells.cut(row, column, rows, columns)

        down, across = int(entry.bias == "first"), int(entry.ones == "first")
        inner = shape.rows.size, shape.columns.size
        again = recipe.recurrence[entry.name] == "once" and moment != START
        role: Role = "copy" if again else "matrix"
        common: dict[str, Any] = {
            "transpose": entry.transpose, "place": entry.place, "repeat": entry.repeat,
        }  # fmt: skip
        scaled = common | {"times": entry.times, "by": entry.by}
        yield Block(entry.name, cut(down, across, *inner), role=role, **scaled)
        if biases is not None:
            row = cut(0 if down else inner[0], 0, 1, inner[1])
            fixed = biases not in recipe.renewed and biases not in recipe.renewed.values()
            role = "matrix"
            if fixed and entry.name in recipe.renewed.values():
                role = "left"
            elif fixed and moment != START:
                role = "copy"
            yield Block(biases, row, role=role, **scaled)
        if entry.ones:
            column = cut(0, 0 if across else inner[1], inner[0], 1)
            yield Block(entry.name, column, role="ones", **common)

    def _shape_clash(self, entry: Entry, cells: Cells, wanted: Shape) -> str:
        """What to say of a range whose shape is not the matrix's."""
        rows, columns = cells.rows, cells.columns
        is_shape = f"{rows:,}×{columns:,}"
        ours = (columns, rows) if entry.transpose else (rows, columns)
        if entry.transpose:
            is_shape += f", transposed {columns:,}×{rows:,}"
        axes = [f"{wanted.rows.name}s", f"{wanted.columns.name}s"]
        if entry.bias:
            axes[0] += " and a bias"
        if entry.ones:
            axes[1] += " and a column of ones"
        way_out = "give the range of the whole matrix and nothing else"
        size = wanted.rows.size, wanted.columns.size
        if ours[::-1] == size:
            way_out = f"write transpose = {str(not entry.transpose).lower()}"
        elif ours == (size[0] + 1, size[1]) and not entry.bias and entry.name.startswith("w"):
            way_out = 'if biases stand in it, write bias = "last" or bias = "first"'
        elif ours == (size[0], size[1] + 1) and not entry.ones:
            way_out = 'if ones stand in it, write ones = "last" or ones = "first"'
        return (
            f"{entry.place}: {entry.name} is mapped to {cells}, which is {is_shape}, but it must "
            f"be {size[0]:,}×{size[1]:,} ({axes[0]} × {axes[1]}; {self.told.words()}): {way_out}"
        )

    def _check_given(self, recipe: Recipe, blocks: Blocks) -> None:
        """What everything is derived from must be there: data and start values."""
        here = blocks.get(START, {})
        for given in (*recipe.data, *recipe.parameters):
            blocks_of = [block for block in here.get(given.name, ()) if block.role == "matrix"]
            if not blocks_of:
                what = "start values" if given.number else "data"
                other = ""
                if given.name.startswith("b"):
                    weights = "w" + given.name[1:]
                    other = (
                        f'; if these biases stand beside the weights, write bias = "last" with '
                        f"{weights}, and biases = false in [network] if there are none"
                    )
                raise MapError(
                    f"{self.file.place('', 'matrices')}: {given.name} is not mapped: these are "
                    f"{what}, without which nothing can be derived{other}"
                )

    def _check_filled(self, name: str) -> None:
        """Data and start values are not read beyond what is filled of a sheet."""
        entry = self.file.first.get(name)
        for each in self.cells[START, name].ranges if entry is not None else ():
            last_row, last_column = self._end(each.sheet)
            if each.last[0] > last_row or each.last[1] > last_column:
                assert entry is not None  # it has ranges
                raise WorkbookError(
                    f"{entry.place}: {name} is mapped to {each}, but on that sheet nothing stands "
                    f"beyond row {last_row} and column {last_column}"
                )

    def _settings(self, recipe: Recipe, blocks: Blocks) -> Iterator[tuple[str, float | Block]]:
        """The numbers that the recipe reads."""
        for name in recipe.settings:
            section = "network" if name in ("leak", "threshold", "threshold_slope") else "training"
            given = self.file.settings.get(name)
            if isinstance(given, str):
                place = f"{self.file.place(section, name)}: {name}"
                cell = self._read(place, self.ranges.read, given)
                if (cell.rows, cell.columns) != START:
                    raise MapError(f"{place} is mapped to {cell}: give a single cell")
                yield name, Block(name, together([[cell]]), place=place)
            elif given is None and name == "learning_rate" and _learns(recipe, blocks):
                raise MapError(
                    f"{self.file.place('', 'training')}: learning_rate is not given: write "
                    'learning_rate = 0.1, or the cell that holds it, such as "Net!B2", in '
                    "[training]"
                )
            else:
                yield name, float(DEFAULTS[name] if given is None else given)


def _learns(recipe: Recipe, blocks: Blocks) -> bool:
    """Whether anything that is mapped depends on the learning rate."""
    new = set(recipe.renewed.values())
    return any(
        moment != START
        or any(name in new or block.by for name, found in here.items() for block in found)
        for moment, here in blocks.items()
    )


def _biases(recipe: Recipe, weights: str) -> str | None:
    """The biases that may stand beside weights, or beside something of the same shape."""
    if not weights.startswith("w"):
        return None
    stem = weights.removesuffix("_new")
    for name in (f"b{weights[1:]}", f"b{stem[1:]}"):  # biases that are never renewed stay
        if name in recipe.shapes:
            same = recipe.shapes[name].columns == recipe.shapes[weights].columns
            return name if same else None
    return None
