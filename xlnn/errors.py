"""The exceptions that xlnn raises on purpose.

Each message names the place, the clash and the way out. Only the command line
turns them into printed messages and exit codes.
"""

from __future__ import annotations


class XlnnError(Exception):
    """Anything that a user can put right."""

    exit_code = 2


class ExpressionError(XlnnError):
    """A matrix expression that cannot be formed, evaluated or written."""


class ShapeError(ExpressionError):
    """Two matrices whose rows and columns do not fit together."""


class ExperimentError(XlnnError):
    """An experiment that asks for something impossible.

    ``field`` is the experiment's field at fault, when it is a single one, so that a
    reader of files can add the file, the section and the line.
    """

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class DataError(XlnnError):
    """A file or table that cannot be used as data."""


class TrainingError(XlnnError):
    """Training that left the range of numbers.

    ``epoch`` is the one where that happened, if it is told; the epochs before it can be trained.
    """

    def __init__(self, message: str, epoch: int | None = None) -> None:
        super().__init__(message)
        self.epoch = epoch


class ThemeError(XlnnError):
    """A theme workbook that cannot be used."""


class PlanError(XlnnError):
    """A workbook that does not fit a spreadsheet's limits."""


class OutputError(XlnnError):
    """A file that cannot or must not be written."""


class WorkbookError(XlnnError):
    """A file that is no workbook, or none that xlnn can read."""


class MapError(XlnnError):
    """A map that does not tell where the matrices of a workbook are."""


class EngineError(XlnnError):
    """A spreadsheet engine that is missing or failed."""
