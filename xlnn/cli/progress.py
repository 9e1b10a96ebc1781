"""Shows on a terminal how far long work is: cells done, how many a second, time left."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from xlnn.progress import Progress

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

PATIENCE = 0.7
"""Seconds before anything is shown: what is done by then needs no progress."""

REDRAW = 0.1
"""Seconds between two looks."""

ENOUGH = 0.02
"""The part that must be done before the time left is told."""

CLEAR_LINE = "\r\x1b[K"


@contextmanager
def shown_progress(quiet: bool = False) -> Iterator[Progress]:
    """What tells a person at a terminal how far work is; silent everywhere else."""
    with shown_line(quiet) as line:
        yield line.update


@contextmanager
def shown_line(quiet: bool = False) -> Iterator[Line]:
    """The same where results are printed meanwhile: the line is to be cleared before."""
    line = Line(visible=not quiet and sys.stderr.isatty())
    try:
        yield line
    finally:
        line.clear()


TRAINING = "training"
"""What has a bar: nobody asks how many epochs a second there are."""

AUDITING = "auditing"
"""What is counted in workbooks: they are few, and the first is long in coming."""


class Line:
    """A line that is written over again and again, or a bar."""

    def __init__(self, visible: bool) -> None:
        self._visible, self._shown = visible, False
        self._bar: ProgressBar[int] | None = None
        self._work, self._started, self._drawn = "", 0.0, 0.0
        self._done = self._first = 0

    def update(self, work: str, done: int, total: int) -> None:
        """Of a kind of work, so much more is done, of a total; 0 if nobody can know how much."""
        if not self._visible:
            return
        now = time.monotonic()
        if work != self._work:
            self._end_bar()
            # The first piece was done before anybody looked at the clock.
            self._work, self._done, self._first, self._started = work, 0, done, now
            if not total:
                self._draw(f"{work} …", now)
                return
        self._done += done
        if work == AUDITING:
            left = (now - self._started) / self._done * (total - self._done) if self._done else 0
            when = f", {_duration(left)} left" if left else ""
            self._draw(f"{work}: {self._done:,} of {total:,} workbooks{when}", now)
            return
        if now - self._started <= PATIENCE:
            return
        if work == TRAINING:
            self._advance(done, total)
        elif now - self._drawn > REDRAW:
            rate = (self._done - self._first) / (now - self._started)
            text = f"{work}: {self._done:,} of {total:,}, {rate:,.0f} a second"
            if rate and self._done - self._first > ENOUGH * total:
                text += f", {_duration((total - self._done) / rate)} left"
            self._draw(text, now)

    def _advance(self, done: int, total: int) -> None:
        """Moves the bar on."""
        if self._bar is None:
            # Left to itself, click shows a percentage only where it shows no position. With both
            # and the time left, a bar of the usual width would not fit into 80 columns.
            self._bar = click.progressbar(
                length=total,
                label=TRAINING,
                file=sys.stderr,
                show_pos=True,
                show_percent=True,
                width=30,
            )
            self._bar.update(self._done)
        else:
            self._bar.update(done)

    def _end_bar(self) -> None:
        if self._bar is not None:
            self._bar.render_finish()
            self._bar = None

    def _draw(self, text: str, now: float) -> None:
        click.echo(f"{CLEAR_LINE}{text}", nl=False, err=True)
        self._drawn, self._shown = now, True

    def clear(self) -> None:
        """Takes the line away, so that what follows starts on an empty one."""
        self._end_bar()
        if self._shown:
            click.echo(CLEAR_LINE, nl=False, err=True)
            self._shown = False


def _duration(seconds: float) -> str:
    """Such as ``12 s`` or ``3:05 min``."""
    whole = round(seconds)
    return f"{whole} s" if whole < 100 else f"{whole // 60}:{whole % 60:02} min"
