"""How long work tells how far it is."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called now and then while something takes long."""

    def __call__(self, work: str, done: int, total: int) -> None:
        """Of a kind of work, such as ``writing``, so much more is done, of a total."""
        ...


def silent(work: str, done: int, total: int) -> None:
    """Tells nobody."""
