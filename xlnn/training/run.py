"""Runs a recipe epoch by epoch."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import numpy as np

from xlnn.errors import TrainingError
from xlnn.experiment.experiment import Experiment
from xlnn.maths.evaluate import Array, Values
from xlnn.maths.schedule import Schedule
from xlnn.progress import Progress, silent
from xlnn.training.kept import Kept
from xlnn.training.order import batch_orders
from xlnn.training.programs import Programs
from xlnn.training.start import start_values
from xlnn.training.trace import Trace

LOOK = 0.05
"""Seconds of training between two looks at whether the weights are still numbers."""


def run(
    experiment: Experiment,
    epochs: Sequence[int] | None = None,
    progress: Progress = silent,
) -> Trace:
    """Trains for all epochs, or until the loss falls below the experiment's bound, and keeps the
    matrices of some.

    ``epochs`` are those to keep (default: the experiment's ``show``, else all). Raises
    TrainingError when the numbers overflow, or for epochs that there are not.
    """
    last = last_epoch(experiment, progress)
    wanted = set(epochs or experiment.shown(last) or range(1, last + 1))
    kept = tuple(sorted(wanted))
    if kept[0] < 1 or kept[-1] > last:
        raise TrainingError(f"epochs to keep must lie between 1 and {last}: {kept}")
    training = _Training(experiment, last, progress)
    values = Kept(experiment.schedule, kept)
    values.put_constants(training.constants)
    for epoch in kept:
        training.advance_to(epoch - 1)
        for found in training.matrices():
            values.put(found)
    training.advance_to(last)
    values.finish()
    return Trace(experiment, kept, values, training.curves)


def last_epoch(experiment: Experiment, progress: Progress = silent) -> int:
    """The last epoch that is trained: the first whose loss falls below the experiment's bound,
    if it has one, else the last that it asks for."""
    if experiment.stop_below is None:
        return experiment.epochs
    if experiment not in _LAST:
        _LAST[experiment] = _stop(experiment, experiment.stop_below, progress)
    return _LAST[experiment]


_LAST: WeakKeyDictionary[Experiment, int] = WeakKeyDictionary()
"""Where training stopped, of experiments with a bound: found by training them."""


def _stop(experiment: Experiment, bound: float, progress: Progress) -> int:
    training = _Training(experiment, experiment.epochs, progress)
    training.advance_to(experiment.epochs, bound)
    return training.epoch


@dataclass(frozen=True, slots=True)
class Course:
    """The compiled programs of a schedule."""

    schedule: Schedule
    first: Programs = field(init=False)
    last: Programs = field(init=False)

    def __post_init__(self) -> None:
        first = Programs(self.schedule.recipe)
        same = self.schedule.last is self.schedule.recipe
        object.__setattr__(self, "first", first)
        object.__setattr__(self, "last", first if same else Programs(self.schedule.last))

    def at(self, batch: int) -> Programs:
        """The programs of a batch, which counts from 1."""
        return self.last if batch == self.schedule.batches else self.first

    def epoch(
        self, values: Values, drawn: Sequence[Mapping[str, Array]]
    ) -> Iterator[dict[str, Array]]:
        """All matrices of an epoch that are not constant: those of each batch, then the measures.

        ``values`` holds the constants, and what the epoch starts from; ``drawn`` what is drawn for
        each batch.
        """
        state = dict(values)
        measured: dict[str, list[Array]] = {name: [] for name in self.first.measured}
        for batch, given in enumerate(drawn, start=1):
            programs = self.at(batch)
            steps = programs.steps({**state, **given})
            yield {name: state[name] for name in programs.carried} | dict(given) | steps
            state |= {name: steps[new] for name, new in programs.recipe.renewed.items()}
            for name, found in measured.items():
                found.append(steps[name])
        yield self.first.measures(values, measured)


class _Training:
    """A run on its way."""

    def __init__(self, experiment: Experiment, epochs: int, progress: Progress) -> None:
        self.experiment, self.epochs, self.progress = experiment, epochs, progress
        self.course = Course(experiment.schedule)
        programs = self.course.first
        settings = {name: np.array([[value]]) for name, value in experiment.settings.items()}
        start = start_values(experiment)
        fixed = {name: start[name] for name in start if name not in programs.carried}
        self.constants = programs.prepared({**settings, **experiment.data, **fixed})
        self.epoch = 0
        """The last epoch that was trained."""
        self._noted = np.zeros((epochs, len(programs.noted)))
        self._constants = [self.constants[name] for name in programs.constants]
        self._state: Sequence[Array] = [start[name] for name in programs.carried]
        self._together = 1

    @property
    def curves(self) -> dict[str, Array]:
        """What was measured of every epoch, by name."""
        return self.course.first.curves(self._noted, self.constants)

    def advance_to(self, last: int, bound: float = -np.inf) -> None:
        """Trains up to an epoch, or to the first whose loss is below a bound, and computes no more
        than that needs. Training may have gone further than ``epoch`` tells then.

        Raises TrainingError where something is no number any more.
        """
        loss = self.course.first.noted.index("loss")
        while self.epoch < last:
            before, state = self.epoch, self._state
            number = min(self._together, last - before)
            started = time.perf_counter()
            with np.errstate(all="ignore"):
                noted = self._train(number)
            self._noted[before : before + number] = noted
            below = np.flatnonzero(noted[:, loss] < bound)
            if len(below):  # whatever comes after it
                self.epoch += int(below[0]) + 1
                return
            self.epoch += number
            if not (np.isfinite(noted).all() and all(np.isfinite(m).all() for m in self._state)):
                # Trained again, matrix by matrix, from where all was well.
                self.epoch, self._state = before, state
                for _ in range(number):
                    deque(self.matrices(), maxlen=0)
            self.progress("training", number, self.epochs)
            if time.perf_counter() - started < LOOK:
                self._together *= 2

    def _train(self, number: int) -> Array:
        """Trains some epochs; gives the noted curves: epochs × curves."""
        course, constants = self.course, self._constants
        if course.schedule.batches == 1 and not course.first.drawn:
            *self._state, noted = course.first.loop(number, *constants, *self._state)
            return noted
        carried, found = len(self._state), []
        for epoch in range(self.epoch + 1, self.epoch + number + 1):
            start, state = self._state, self._state
            parts = []
            for batch, drawn in enumerate(self._drawn(epoch), start=1):
                results = course.at(batch).update(*constants, *drawn.values(), *state)
                state = results[:carried]
                parts.append(results[carried:])
            measured = [np.concatenate(part) for part in zip(*parts, strict=True)]
            notes = course.first.notes(*constants, *start, *measured)
            found.append([note.item() for note in notes])
            self._state = state
        return np.array(found)

    def matrices(self) -> Iterator[dict[str, Array]]:
        """Trains an epoch and gives all its matrices: those of each batch, then the measures.

        Raises TrainingError where one holds something that is no number.
        """
        programs = self.course.first
        epoch = self.epoch + 1
        carried = dict(zip(programs.carried, self._state, strict=True))
        found: dict[str, Array] = {}
        drawn = list(self._drawn(epoch))
        for batch, found in enumerate(
            self.course.epoch({**self.constants, **carried}, drawn), start=1
        ):
            for name, value in found.items():
                if not np.isfinite(value).all():
                    raise self._overflow(epoch, min(batch, len(drawn)), name, value)
            if batch == len(drawn):
                self._state = [found[new] for new in programs.recipe.renewed.values()]
            yield found
        self.epoch = epoch
        self._noted[epoch - 1] = [found[name].item() for name in programs.noted]
        self.progress("training", 1, self.epochs)

    def _drawn(self, epoch: int) -> Iterator[dict[str, Array]]:
        """What is drawn for each batch of an epoch."""
        experiment, programs = self.experiment, self.course.first
        if not programs.drawn:
            yield {}
            return
        samples, batch = len(self.constants["y"]), programs.recipe.shapes["order"].rows.size
        for order in batch_orders(
            samples, batch, epoch, shuffle=experiment.shuffle, seed=experiment.seed
        ):
            yield {"order": order}

    def _overflow(self, epoch: int, batch: int, name: str, value: Array) -> TrainingError:
        several = self.course.schedule.batches > 1
        where = f"epoch {epoch}, batch {batch}," if several else f"epoch {epoch}"
        way_out = f"; --epochs {epoch - 1} writes the epochs before it" if epoch > 1 else ""
        what = "grows beyond the largest number that a computer holds"
        if np.isnan(value).any():
            what = "is no number any more"
        return TrainingError(
            f"in {where} {name} {what}: choose a smaller learning rate, or smaller data and start "
            f"values{way_out}",
            epoch,
        )
