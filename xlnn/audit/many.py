"""Audits several workbooks at once, in processes of their own.

A process is told one workbook after the other. One that ends on the way, whatever ended it, costs
the workbook that it had, and nothing else.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import tempfile
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnContext
from pathlib import Path

from xlnn.audit.report import Report
from xlnn.audit.reports.report_files import is_report
from xlnn.audit.reports.summary import Result, Unreadable
from xlnn.errors import WorkbookError, XlnnError
from xlnn.progress import Progress, silent

AUDITING = "auditing"
"""What the progress of several workbooks is called."""

PATIENCE = 5.0
"""Seconds that a process has to end by itself."""

Task = Callable[[Path], Report]
"""What audits a workbook; other processes must be able to import it."""


BOOKS = (".xlsx", ".xlsm")


def cores() -> int:
    """How many processes can work at once here."""
    if hasattr(os, "sched_getaffinity"):  # Linux tells of those that this process may use
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def workbooks_in(paths: Iterable[Path]) -> tuple[list[Path], list[Path]]:
    """The paths, each once; instead of a folder the workbooks in it, by their names. And the
    earlier reports in folders, which are none.

    Nor are files that a program has opened (``~$name.xlsx``) and hidden ones. Raises WorkbookError
    for a folder without any.
    """
    found: dict[Path, None] = {}
    reports: dict[Path, None] = {}
    for path in paths:
        if not path.is_dir():
            found[path] = None
            continue
        try:
            entries = sorted(path.iterdir())
        except OSError as error:
            raise WorkbookError(f"{path} cannot be read: {error.strerror or error}") from error
        inside = [
            each
            for each in entries
            if each.suffix.lower() in BOOKS
            and not each.name.startswith(("~$", "."))
            and each.is_file()
        ]
        reports.update((each, None) for each in inside if is_report(each))
        inside = [each for each in inside if each not in reports]
        if not inside:
            raise WorkbookError(f"{path} holds no workbook ({' or '.join(BOOKS)}) to audit")
        found.update(dict.fromkeys(inside))
    return list(found), list(reports)


def audit_many(
    paths: Sequence[Path], task: Task, jobs: int, progress: Progress = silent
) -> Generator[Result, None, None]:
    """The results in the order of the paths, each as soon as it and those before it are there.

    ``jobs`` processes work at once. Close the iterator to end them before all is done.
    """
    waiting, done = deque(enumerate(paths)), dict[int, Result]()
    # Spawned, not forked: the threads that NumPy or an engine may have do not survive a fork.
    context = multiprocessing.get_context("spawn")
    # What a process that was ended leaves behind goes with this folder.
    with tempfile.TemporaryDirectory(prefix="xlnn-") as folder:
        workers: dict[Connection, _Worker] = {}
        try:
            progress(AUDITING, 0, len(paths))
            for number in range(len(paths)):
                while number not in done:
                    while waiting and len(workers) < jobs:
                        worker = _Worker(context, task, folder)
                        worker.give(*waiting.popleft())
                        workers[worker.connection] = worker
                    for ready in wait(list(workers)):
                        worker = workers[ready]  # type: ignore[index]  # all are connections
                        done[worker.number] = worker.result()
                        progress(AUDITING, 1, len(paths))
                        if waiting and worker.is_alive:
                            worker.give(*waiting.popleft())
                        else:
                            del workers[worker.connection]
                            worker.dismiss()
                yield done.pop(number)
        finally:
            for worker in workers.values():
                worker.process.terminate()
            for worker in workers.values():
                worker.end()


class _Worker:
    """A process that audits one workbook after the other."""

    def __init__(self, context: SpawnContext, task: Task, folder: str) -> None:
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(theirs, task, folder), daemon=True)
        self.process.start()
        theirs.close()  # so that the connection ends when the process does
        self.is_alive = True
        self.number, self._path = -1, Path()

    def give(self, number: int, path: Path) -> None:
        """Has it audit a workbook."""
        self.number, self._path = number, path
        try:
            self.connection.send(path)
        except OSError:
            self.is_alive = False  # the result says so

    def result(self) -> Result:
        """What came of the workbook that it has."""
        try:
            result: Result = self.connection.recv()
        except (EOFError, OSError):
            self.is_alive = False
            self.process.join(PATIENCE)
            return Unreadable(str(self._path), self._end())
        return result

    def _end(self) -> str:
        """How the process ended."""
        code, what = self.process.exitcode, f"{self._path}: the process that audited it"
        if code is None or code >= 0:
            return f"{what} ended before it was done (exit status {code})"
        if -code == getattr(signal, "SIGKILL", None):
            return (
                f"{what} was killed: it may have needed more memory than there is; fewer at once "
                "need less (--jobs 1)"
            )
        return f"{what} crashed ({signal.Signals(-code).name})"

    def dismiss(self) -> None:
        """Lets it go: nothing is left to do, or it has gone already."""
        try:
            self.connection.send(None)
        except OSError:
            self.process.terminate()
        self.end()

    def end(self) -> None:
        """Waits until it has ended, and sees to it that it does."""
        self.process.join(PATIENCE)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self.connection.close()


def _work(connection: Connection, task: Task, folder: str) -> None:
    """What the process does."""
    # Ctrl-C reaches all processes of a terminal. The one that started this one ends it, by a
    # signal that lets it tidy up and end the programs that it has started.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    tempfile.tempdir = folder
    with suppress(EOFError):  # the one that started this one is gone
        for path in iter(connection.recv, None):
            connection.send(_audited(task, path))


def _audited(task: Task, path: Path) -> Result:
    try:
        return task(path)
    except XlnnError as error:
        return Unreadable(str(path), str(error))
    except Exception as error:
        if os.environ.get("XLNN_DEBUG"):
            traceback.print_exc()
        return Unreadable(
            str(path),
            f"{path}: xlnn failed unexpectedly ({type(error).__name__}: {error}). This is a defect "
            "of xlnn, please report it",
        )
