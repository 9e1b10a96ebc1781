"""Neural networks as annotated Excel workbooks: every number live, explained and proven.

    import xlnn

    experiment = xlnn.Experiment(X=X, y=y, hidden=(3,), epochs=5, learning_rate=0.1)
    trace = xlnn.run(experiment)                  # trace["d_output", 1] is a NumPy array
    xlnn.write(trace, "outputs/mine.xlsx")
    report = xlnn.audit("outputs/mine.xlsx")      # report.ok, report.findings

Names are imported when first used, so that ``import xlnn`` costs next to nothing.
"""

from __future__ import annotations

from xlnn.version import VERSION

TYPE_CHECKING = False
"""True for type checkers, as in typing, which takes long to import."""

if TYPE_CHECKING:
    from typing import Any

    from xlnn.audit.audit import audit as audit
    from xlnn.audit.compare import compare as compare
    from xlnn.audit.differences import Differences as Differences
    from xlnn.audit.report import Finding as Finding
    from xlnn.audit.report import Report as Report
    from xlnn.building import build as build
    from xlnn.errors import XlnnError as XlnnError
    from xlnn.experiment.examples import example as example
    from xlnn.experiment.examples import examples as examples
    from xlnn.experiment.experiment import Experiment as Experiment
    from xlnn.experiment.source import load as load
    from xlnn.training.run import run as run
    from xlnn.training.trace import Trace as Trace
    from xlnn.workbook.write import write as write

__version__ = VERSION

_HOMES = {
    "Differences": "xlnn.audit.differences",
    "Experiment": "xlnn.experiment.experiment",
    "Finding": "xlnn.audit.report",
    "Report": "xlnn.audit.report",
    "Trace": "xlnn.training.trace",
    "XlnnError": "xlnn.errors",
    "audit": "xlnn.audit.audit",
    "build": "xlnn.building",
    "compare": "xlnn.audit.compare",
    "example": "xlnn.experiment.examples",
    "examples": "xlnn.experiment.examples",
    "load": "xlnn.experiment.source",
    "run": "xlnn.training.run",
    "write": "xlnn.workbook.write",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'xlnn' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])


# The folder xlnn/audit and the function xlnn.audit share a name, and Python binds a folder's name
# when it is first imported. So that happens here, where it costs nothing, and is undone.
import xlnn.audit  # noqa: E402, F401

globals().pop("audit")
