"""IronCalc, the engine that comes with xlnn: https://www.ironcalc.com."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import ironcalc

from xlnn.audit.cell_values import ErrorValue, Value, as_numbers
from xlnn.audit.engines.bare import write_bare_copy
from xlnn.audit.engines.values import Values
from xlnn.errors import WorkbookError
from xlnn.maths.evaluate import Array


class IronCalc:
    """Loads the workbook into this process and evaluates every formula."""

    name = "ironcalc"

    def version(self) -> str:
        return str(ironcalc.__version__)

    def recompute(self, path: Path) -> Values:
        with tempfile.TemporaryDirectory(prefix="xlnn-") as folder, _silence():
            bare = Path(folder, "workbook.xlsx")
            try:
                write_bare_copy(path, bare)
                model = ironcalc.load_from_xlsx(str(bare))
                model.evaluate()
            except BaseException as error:
                # A panic in Rust arrives as an exception that is no Exception.
                if isinstance(error, Exception) or type(error).__name__ == "PanicException":
                    raise WorkbookError(f"{path}: IronCalc cannot load it: {error}") from error
                raise
        return _Model(model)


@contextmanager
def _silence() -> Iterator[None]:
    """Keeps what Rust prints away from the user and from reports that go to the output: about a
    panic, which the exception tells too, and about cells whose old values it does not know."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept, nowhere = {number: os.dup(number) for number in (1, 2)}, os.open(os.devnull, os.O_WRONLY)
    for number in kept:
        os.dup2(nowhere, number)
    try:
        yield
    finally:
        for number, before in kept.items():
            os.dup2(before, number)
            os.close(before)
        os.close(nowhere)


class _Model:
    def __init__(self, model: ironcalc.Model) -> None:
        self._model = model
        names = [sheet["name"] for sheet in model.get_worksheets_properties()]
        self._sheets = {name: index for index, name in enumerate(names)}

    def value(self, sheet: str, row: int, column: int) -> Value:
        index = self._sheets[sheet]
        value: Value = self._model.get_cell_value(index, row, column)
        if isinstance(value, str):
            kind = self._model.get_cell_type(index, row, column)
            # Errors come back as texts; only the type tells them from what somebody typed.
            return ErrorValue(value) if kind == ironcalc.CellType.ErrorValue else value
        return value

    def numbers(self, sheet: str, row: int, column: int, rows: int, columns: int) -> Array:
        index, cell = self._sheets[sheet], self._model.get_cell_value
        across = range(column, column + columns)
        return as_numbers(
            [cell(index, i, j) for i in range(row, row + rows) for j in across], rows, columns
        )
