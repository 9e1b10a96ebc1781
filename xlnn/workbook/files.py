"""Files that appear whole or not at all, and replace nothing unasked."""

from __future__ import annotations

import filecmp
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from xlnn.errors import OutputError

ROOM = 1.3
"""The size of a file is only estimated; so many times as much must be free."""


@contextmanager
def beside(path: Path, size: int, *, force: bool) -> Iterator[Path]:
    """A temporary file in the folder of ``path``, gone when the block ends.

    Raises OutputError before any work where the result could not be put in place, or a file of
    about ``size`` bytes has no room.
    """
    if path.suffix.lower() != ".xlsx":
        raise OutputError(f"{path}: a workbook's name ends in .xlsx")
    if path.is_dir():
        raise OutputError(f"{path} is a folder: name a file in it")
    if force and path.exists() and not os.access(path, os.W_OK):
        raise OutputError(f"{path} is write-protected: choose another file with -o")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(
            prefix=f".{path.stem}.", suffix=".part", dir=path.resolve().parent
        )
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written ({error.strerror}): choose another place with -o"
        ) from error
    os.close(handle)
    draft = Path(name)
    try:
        _check_room(draft.parent, size)
        yield draft
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def _check_room(folder: Path, size: int) -> None:
    """Raises OutputError where a file of about this size has no room."""
    free = shutil.disk_usage(folder).free
    if free < size * ROOM:
        raise OutputError(
            f"the workbook will have about {size / 1e6:,.0f} MB, but only {free / 1e6:,.0f} MB are "
            f"free in {folder}: choose another place with -o, or fewer epochs with --show"
        )


def keep(draft: Path, path: Path, *, force: bool) -> bool:
    """Puts a finished draft in its place; False when the same bytes stand there already."""
    if path.exists():
        if filecmp.cmp(path, draft, shallow=False):
            return False
        if not force:
            raise OutputError(
                f"{path} exists and is different: nothing was written; replace it with --force, "
                "or choose another file with -o"
            )
    draft.chmod(usual_mode(path))
    draft.replace(path.resolve())  # a link keeps leading to where it led
    return True


def usual_mode(path: Path) -> int:
    """The mode bits of a file that is to be replaced, or that any new one would have."""
    return path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()


def _umask() -> int:
    """The mode bits that new files do without; it can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
