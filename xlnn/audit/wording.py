"""Whether the sentences in numbers follow the cells that they tell of.

Such a text is right by its own cells: a wrong number in one of them is named where it stands.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from xlnn.audit.causes.origins import Origins
from xlnn.audit.cell_values import ErrorValue, Value
from xlnn.audit.place import Place
from xlnn.audit.recomputed import Matrices, Recomputed
from xlnn.audit.report import Finding
from xlnn.audit.scan import Line
from xlnn.audit.stored.workbook import StoredWorkbook
from xlnn.workbook.live_texts import LiveText, live_text
from xlnn.workbook.plan import DIGITS, Moment, Plan

_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?")
"""A number as some program writes it, with a point or a comma. A minus between two numbers is no
hyphen, and commas between numbers are followed by a blank."""

ROUNDING = 1.01
"""Where a number stands between two, programs may round to either: one in the last digit."""

EXACT = 1e-12
"""What programs that write more digits than they have may add to a number."""


def check_text(
    book: StoredWorkbook,
    plan: Plan,
    name: str,
    line: Line,
    found: Sequence[Recomputed],
    origins: Origins,
) -> Finding | None:
    """What is wrong with the text that tells, in numbers, how a step's first cell is computed."""
    text = live_text(plan, name)
    place = Place(book, text.area, text.row - text.area.row, text.column - text.area.column)
    for each in found:
        each.count(1, text.area.number)
    wanted = f"={text.formula}"
    is_same = line.formula is not None and line.formula.entry == wanted
    if not is_same and (changed := place.compare_formula(wanted, None)):
        return changed
    wrong = None
    for each in found:
        wrong = wrong or _check_value(text, place, plan, each)
    wrong = wrong or _check_cached(text, place, plan, found[0], line.carried)
    if wrong is not None:
        origins.note(wrong, wanted)
    return wrong


def _check_value(text: LiveText, place: Place, plan: Plan, each: Recomputed) -> Finding | None:
    """The finding if an engine computes anything but the text that its own numbers give."""
    value, expected = _value(text, each), _expected(text, plan, each.matrices)
    program = f"{each.engine} {each.version}"
    if isinstance(value, ErrorValue):
        # Without numbers to tell of, the cells that it reads are to blame.
        cause = expected is not None
        message = f"{program} computes {value}, not a text"
        return place.finding("error-value", expected, str(value), cause, message)
    if expected is None or same_text(value, expected, _digits(plan, each)):
        return None
    message = f"{program} computes {value!r}, its cells give {expected!r}"
    said = None if value is None else str(value)
    return place.finding("wrong-value", expected, said, True, message)


def _check_cached(
    text: LiveText, place: Place, plan: Plan, each: Recomputed, cached: Value
) -> Finding | None:
    """The finding if the file carries another text than the formula gives."""
    value = _value(text, each)
    if cached is None or not isinstance(value, str):
        return None  # a program that does not compute has saved the file
    digits = _digits(plan, each)
    if isinstance(value, ErrorValue) or same_text(cached, value, digits):
        return None
    derived = _expected(text, plan, each.derived)
    if derived is not None and not same_text(value, derived, digits):
        return None  # it tells of a wrong number, which is named where it stands
    message = f"the file carries the text {cached!r}, but the formula gives {value!r}"
    return place.finding("stale-value", value, str(cached), True, message)


def _value(text: LiveText, each: Recomputed) -> Value:
    return each.values.value(text.sheet, text.row, text.column)


def _digits(plan: Plan, each: Recomputed) -> float:
    """How many decimals are shown; NaN if that is no number."""
    return float(each.matrices.at(DIGITS, Moment(plan.epochs[0], 1)).item())


def _expected(text: LiveText, plan: Plan, matrices: Matrices) -> str | None:
    """The text that some numbers give; None where one of them is none."""
    area = text.area
    values = matrices.read(area)
    if values is None or area.matrix not in matrices:
        return None
    values[area.matrix] = matrices.at(area.matrix, area.reads_at)
    try:
        return text.text(values, matrices.at(DIGITS, Moment(plan.epochs[0], 1)).item())
    except ValueError:
        return None


def same_text(found: Value, expected: str, digits: float) -> bool:
    """Whether two texts say the same in numbers that are as good as equal, however a program
    writes them."""
    if not isinstance(found, str) or _NUMBER.split(found) != _NUMBER.split(expected):
        return False
    numbers = zip(_numbers(found), _numbers(expected), strict=True)
    unit = ROUNDING * 10.0 ** min(-digits, 300)
    return all(abs(a - b) <= unit + EXACT * abs(b) for a, b in numbers)


def _numbers(text: str) -> list[float]:
    return [float(number.replace(",", ".")) for number in _NUMBER.findall(text)]
