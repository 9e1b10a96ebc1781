"""Gnumeric, through its converter ssconvert."""

from __future__ import annotations

import tempfile
from pathlib import Path

from xlnn.audit.engines.bare import write_bare_copy
from xlnn.audit.engines.program import find_program, program_version, run_program
from xlnn.audit.engines.values import Values
from xlnn.audit.stored.workbook import StoredWorkbook
from xlnn.errors import WorkbookError

INSTALL = (
    "apt-get install gnumeric on Debian and Ubuntu, else from gnumeric.org or your platform's "
    "package manager"
)
PROGRAMS = ("ssconvert",)


class Gnumeric:
    """Converts the workbook to a new one, recalculating everything on the way."""

    name = "gnumeric"

    def version(self) -> str:
        return program_version(find_program(PROGRAMS, INSTALL))

    def recompute(self, path: Path) -> Values:
        program = find_program(PROGRAMS, INSTALL)
        with tempfile.TemporaryDirectory(prefix="xlnn-") as folder:
            source, result = Path(folder, "workbook.xlsx"), Path(folder, "recomputed.xlsx")
            size = write_bare_copy(path, source)
            run_program([program, "--recalc", str(source), str(result)], size)
            if not result.exists():
                raise WorkbookError(f"{path}: Gnumeric cannot load it")
            return StoredWorkbook(result).load()
