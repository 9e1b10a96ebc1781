"""LibreOffice Calc, run without a window."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from xlnn.audit.engines.bare import write_bare_copy
from xlnn.audit.engines.program import find_program, program_version, run_program
from xlnn.audit.engines.values import Values
from xlnn.audit.stored.workbook import StoredWorkbook
from xlnn.errors import WorkbookError

INSTALL = (
    "apt-get install libreoffice-calc on Debian and Ubuntu, else from libreoffice.org or your "
    "platform's package manager"
)
PROGRAMS = ("soffice", "libreoffice", "/Applications/LibreOffice.app/Contents/MacOS/soffice")

_SETTINGS = {
    # LibreOffice believes the values in a file unless its profile says 0, always recalculate.
    ("Office.Calc/Formula/Load", "OOXMLRecalcMode"): "0",
    # Nothing in an audited file is followed (2: never update links), fetched or run.
    ("Office.Calc/Content/Update", "Link"): "2",
    ("Office.Common/Security/Scripting", "DisableMacrosExecution"): "true",
    ("Office.Common/Security/Scripting", "DisableActiveContent"): "true",
    ("Office.Common/Security/Scripting", "BlockUntrustedRefererLinks"): "true",
    ("Office.Common/Security/Scripting", "MacroSecurityLevel"): "3",
    # WEBSERVICE() would still ask a server: it is led to a port where nobody answers.
    ("Inet/Settings", "ooInetProxyType"): "2",
    ("Inet/Settings", "ooInetHTTPProxyName"): "127.0.0.1",
    ("Inet/Settings", "ooInetHTTPProxyPort"): "9",
    ("Inet/Settings", "ooInetHTTPSProxyName"): "127.0.0.1",
    ("Inet/Settings", "ooInetHTTPSProxyPort"): "9",
    ("Inet/Settings", "ooInetNoProxy"): "",
}

_ITEMS = "".join(
    f'<item oor:path="/org.openoffice.{path}"><prop oor:name="{name}" oor:op="fuse">'
    f"<value>{value}</value></prop></item>\n"
    for (path, name), value in _SETTINGS.items()
)
PROFILE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    f'<oor:items xmlns:oor="http://openoffice.org/2001/registry">\n{_ITEMS}</oor:items>\n'
)
"""What a profile of our own says: the file ``user/registrymodifications.xcu``."""


class LibreOffice:
    """Converts the workbook to a new one, recalculating everything on the way."""

    name = "libreoffice"

    def version(self) -> str:
        return program_version(find_program(PROGRAMS, INSTALL))

    def recompute(self, path: Path) -> Values:
        (values,) = self.recompute_all([path])
        return values

    def recompute_all(self, paths: Sequence[Path]) -> list[Values]:
        """What it computes of several workbooks, with one start, which takes longer than most of
        them do."""
        program = find_program(PROGRAMS, INSTALL)
        with tempfile.TemporaryDirectory(prefix="xlnn-") as folder:
            # A profile of our own: the user's settings neither matter nor change, and
            # several conversions can run at once.
            profile = Path(folder, "profile")
            (profile / "user").mkdir(parents=True)
            (profile / "user" / "registrymodifications.xcu").write_text(PROFILE)
            sources = [Path(folder, f"workbook{number}.xlsx") for number in range(len(paths))]
            size = sum(map(write_bare_copy, paths, sources))
            results = Path(folder, "recomputed")
            run_program(
                [
                    program,
                    f"-env:UserInstallation={profile.as_uri()}",
                    "--headless",
                    "--norestore",
                    "--convert-to",
                    "xlsx:Calc MS Excel 2007 XML",
                    "--outdir",
                    str(results),
                    *map(str, sources),
                ],
                size,
            )
            return [
                _loaded(path, results / source.name)
                for path, source in zip(paths, sources, strict=True)
            ]


def _loaded(path: Path, result: Path) -> Values:
    if not result.exists():
        raise WorkbookError(f"{path}: LibreOffice cannot load it")
    return StoredWorkbook(result).load()
