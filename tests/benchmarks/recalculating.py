"""An engine loads a workbook and recalculates all of it, and nothing else.

    python recalculating.py ironcalc|libreoffice WORKBOOK

For IronCalc the file must be one that it can load (see xlnn.audit.engines.bare).
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from xlnn.audit.engines.libreoffice import INSTALL, PROGRAMS, RECALCULATE
from xlnn.audit.engines.program import find_program


def ironcalc(path: str) -> None:
    import ironcalc

    ironcalc.load_from_xlsx(path).evaluate()


def libreoffice(path: str) -> None:
    """Exports the first sheet as text, which takes no time: what counts is loading."""
    with tempfile.TemporaryDirectory() as folder:
        profile = Path(folder, "user")
        profile.mkdir()
        (profile / "registrymodifications.xcu").write_text(RECALCULATE)
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


if __name__ == "__main__":
    {"ironcalc": ironcalc, "libreoffice": libreoffice}[sys.argv[1]](sys.argv[2])
