"""Writes the draft of a map."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from xlnn.audit.theirs.draft.labels import roles
from xlnn.audit.theirs.draft.pieces import Piece
from xlnn.audit.theirs.draft.placing import Line, Placed
from xlnn.audit.theirs.draft.spots import Spot
from xlnn.audit.theirs.draft.trials import Trial
from xlnn.audit.theirs.ranges import Range

HEAD = """\
# A draft of a map of {name}, by the labels beside its blocks{and_numbers}.
# Each line tells where a matrix stands; what is left out is not compared. Before you trust an
# audit, look above all at {check}.
"""


def written(
    path: Path, trial: Trial, placed: Placed, changed: Mapping[str, Any], rate: Spot | None
) -> tuple[str, int]:
    """The draft, and the number of its lines that are to be looked at."""
    return _Writing(path, trial, placed, dict(trial.described) | dict(changed), rate).text()


def written_without(
    path: Path, found: Sequence[Spot], rate: Spot | None, missing: Sequence[str]
) -> str:
    """A draft of what was found where the rest is missing: all matrices as comments."""
    lines = [
        HEAD.format(name=path.name, and_numbers="", check="what was not found"),
        *(f"# not found: {each}" for each in missing),
        "",
        "[training]",
        _rate_line(rate, None),
        "",
        "[matrices]",
    ]
    for spot in found:
        if told := roles(spot.label):
            kinds = " or ".join(dict.fromkeys(role.kind for role in told))
            lines.append(f"# {_comment(spot.label)}: {spot.range} ({kinds}?)")
    return "\n".join(lines) + "\n"


class _Writing:
    def __init__(
        self,
        path: Path,
        trial: Trial,
        placed: Placed,
        described: Mapping[str, Any],
        rate: Spot | None,
    ) -> None:
        self.path, self.trial, self.placed = path, trial, placed
        self.described, self.rate = described, rate
        first = placed.epochs[0].values()
        sheets = Counter(part.sheet for line in first for part in line.piece.parts)
        self.sheet = sheets.most_common(1)[0][0]
        turned = Counter(line.piece.transpose for line in first if not line.piece.is_single)
        self.transpose = bool(turned) and turned.most_common(1)[0][0]
        self.unsure = 0

    def text(self) -> tuple[str, int]:
        shift = _shift(self.placed.epochs)
        body = [*self._settings(), *self._layout(), *self._epochs(shift), "[matrices]"]
        body += self._matrices(self.placed.epochs[0], shift is not None)
        if shift is None:
            for number, here in enumerate(self.placed.epochs[1:], start=2):
                if here:
                    body += ["", f"[epoch.{number}.matrices]", *self._matrices(here, False)]
        body += ["", *self._lost()] if self.placed.lost else []
        check = "the sections [network] and [training], and at the start weights"
        if self.unsure:
            check = f"the {self.unsure} lines with a remark"
        head = HEAD.format(name=self.path.name, and_numbers=" and by its numbers", check=check)
        return "\n".join([head, *body]) + "\n", self.unsure

    # --- Sections ---

    def _settings(self) -> Iterator[str]:
        described = self.described
        yield "[network]"
        if not any(name.startswith("wh") for name in self.trial.pieces):
            yield "hidden = []"
        yield self._choice("activation", "sigmoid")
        yield self._choice("output_activation", "sigmoid")
        yield f"biases = {json.dumps(described['biases'])}"
        if described["biases"] and described["bias_per"] != "neuron":
            yield f"bias_per = {json.dumps(described['bias_per'])}"
        yield ""
        yield "[training]"
        if self.rate is None:
            self.unsure += 1
        yield _rate_line(self.rate, self.sheet)
        yield self._choice("loss", "squared-error")
        yield self._choice("gradient", "sum")
        if described["biases"]:
            yield f"update_biases = {json.dumps(described.get('update_biases', True))}"
        yield ""

    def _choice(self, key: str, usual: str) -> str:
        """A choice; one that is not the usual was made because the numbers fit."""
        chosen = self.described.get(key, usual)
        if chosen == usual:
            return f"{key} = {json.dumps(usual)}"
        self.unsure += 1
        return f'{key} = {json.dumps(chosen)}  # check: so the numbers fit; not with "{usual}"'

    def _layout(self) -> Iterator[str]:
        yield "[layout]"
        yield f"sheet = {_text(self.sheet)}"
        if self.transpose:
            yield "transpose = true  # samples are columns"
        yield ""

    def _epochs(self, shift: tuple[str, object] | None) -> Iterator[str]:
        if shift is None:
            return
        way, value = shift
        yield "[epochs]"
        if way == "sheets":
            assert isinstance(value, list)
            yield f"sheets = [{', '.join(map(_text, value))}]"
        else:
            yield f"count = {len(self.placed.epochs)}"
            yield f"{way} = {value}"
        yield ""

    def _matrices(self, here: Mapping[str, Line], repeated: bool) -> Iterator[str]:
        later = self.placed.epochs[1] if len(self.placed.epochs) > 1 else {}
        for line in here.values():
            options = []
            if line.piece.transpose != self.transpose and not line.piece.is_single:
                options.append(f"transpose = {json.dumps(line.piece.transpose)}")
            for key in ("ones", "bias"):
                if end := getattr(line.piece, key):
                    options.append(f'{key} = "{end}"')
            if line.piece.negate:
                options.append("negate = true")
            if repeated and line.name not in later:
                options.append("repeat = false")
            ranges = self._ranges_text(line.piece)
            value = f"{{ range = {ranges}, {', '.join(options)} }}" if options else ranges
            if line.remark:
                self.unsure += 1
                yield f"# {line.remark}:"
            yield f"{line.name} = {value}"

    def _ranges_text(self, piece: Piece) -> str:
        def one(part: Range) -> str:
            return _text(part.cells if part.sheet == self.sheet else str(part))

        if len(piece.ranges) == len(piece.ranges[0]) == 1:
            return one(piece.ranges[0][0])
        rows = [f"[{', '.join(map(one, row))}]" for row in piece.ranges]
        return f"[{', '.join(rows)}]"

    def _lost(self) -> Iterator[str]:
        yield "# Left out, though a label tells something of it:"
        for spot, why in self.placed.lost:
            yield f"#   {spot.range} {_comment(spot.label)}: {why}"


def _rate_line(rate: Spot | None, sheet: str | None) -> str:
    if rate is None:
        return "learning_rate = 0.1  # check: no label tells it: give the number, or its cell"
    same = rate.range.sheet == sheet
    return f"learning_rate = {_text(rate.range.cells if same else str(rate.range))}"


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _comment(label: str) -> str:
    """A label as it may stand in a comment, which ends with its line."""
    plain = "".join(sign if sign.isprintable() else " " for sign in label)
    return json.dumps(plain[:40], ensure_ascii=False)


# --- Epochs ---------------------------------------------------------------------------


def _shift(epochs: Sequence[Mapping[str, Line]]) -> tuple[str, object] | None:
    """How all blocks of each epoch stand beside those of the one before, if all do alike."""
    if len(epochs) < 2:
        return None
    first = epochs[0]
    sheets = [_sheet_of(here) for here in epochs]
    moves = set()
    for number, here in enumerate(epochs[1:], start=1):
        for name, line in here.items():
            if name not in first or not _is_same(line.piece, first[name].piece):
                return None
            moves |= set(_moves(first[name].piece, line.piece, number))
        lacking = set(first) - set(here) - {"X", "y"}
        if lacking - {name for name in first if name[0] in "wb" and "_" not in name}:
            return None
    if len(moves) != 1:
        return None
    down, across, same_sheet = moves.pop()
    on_sheets = None not in sheets and len(set(sheets)) == len(sheets)
    if not same_sheet and down == across == 0 and on_sheets:
        return "sheets", sheets
    if same_sheet and (down > 0) != (across > 0) and (down + across).is_integer():
        return ("rows", int(down)) if down else ("columns", int(across))
    return None


def _sheet_of(here: Mapping[str, Line]) -> str | None:
    """The one sheet on which the computed blocks of an epoch stand."""
    found = {
        part.sheet
        for name, line in here.items()
        if name not in ("X", "y")
        for part in line.piece.parts
    }
    return found.pop() if len(found) == 1 else None


def _is_same(one: Piece, other: Piece) -> bool:
    """Whether two pieces differ in their place alone."""
    shapes = [[(part.rows, part.columns) for part in piece.parts] for piece in (one, other)]
    return shapes[0] == shapes[1] and replace(one, ranges=other.ranges) == other


def _moves(first: Piece, later: Piece, times: int) -> Iterator[tuple[float, float, bool]]:
    for one, other in zip(first.parts, later.parts, strict=True):
        same = one.sheet == other.sheet
        yield (other.row - one.row) / times, (other.column - one.column) / times, same
