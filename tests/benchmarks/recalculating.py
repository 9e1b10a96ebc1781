"""An engine loads a workbook and recalculates all of it, and nothing else.

    python recalculating.py ironcalc|libreoffice WORKBOOK
    python recalculating.py bare WORKBOOK TARGET

IronCalc cannot load every file; ``bare`` makes a copy that it can, as the audit does.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path


def ironcalc(path: str) -> None:
    import ironcalc

    ironcalc.load_from_xlsx(path).evaluate()


def libreoffice(path: str) -> None:
    """Exports the first sheet as text, which takes no time: what counts is loading."""
    from xlnn.audit.engines.libreoffice import INSTALL, PROFILE, PROGRAMS
    from xlnn.audit.engines.program import find_program

    with tempfile.TemporaryDirectory() as folder:
        profile = Path(folder, "user")
        profile.mkdir()
        (profile / "registrymodifications.xcu").write_text(PROFILE)
        command = [
            find_program(PROGRAMS, INSTALL),
            f"-env:UserInstallation={Path(folder).as_uri()}",
            "--headless",
            "--convert-to",
            "csv",
            "--outdir",
            folder,
            path,
        ]
        subprocess.run(command, check=True, capture_output=True)


def bare(path: str, target: str) -> None:
    from xlnn.audit.engines.bare import write_bare_copy

    write_bare_copy(Path(path), Path(target))


if __name__ == "__main__":
    tasks = {"ironcalc": ironcalc, "libreoffice": libreoffice, "bare": bare}
    tasks[sys.argv[1]](*sys.argv[2:])
