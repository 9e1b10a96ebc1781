"""Text that recurs is written as if each occurrence had been written out."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlnn.workbook import pattern as module
from xlnn.workbook.number_texts import number_texts
from xlnn.workbook.pattern import SLOT, IrregularError, Pattern, learn


def row(epoch: int, i: int) -> str:
    """A row of a sheet with 7 rows for each epoch; its formula reads a matrix that stands once."""
    own, source = 12 + 7 * epoch + i, 95 + i
    return f'<row r="{own}"><c r="B{own}"><f>X!C{source}*wh!D12+0%</f></c></row>'


def rows_of(pattern: Pattern, epoch: int, rows: int) -> str:
    repeated = pattern.rows(epoch, rows)
    return b"".join(repeated.text(page, None) for page in repeated.pages()).decode()


@pytest.mark.parametrize("page", [1, 100, 1 << 19])
def test_rows_read_as_if_each_were_written_out(page: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE", page)
    learned = learn(row, 300, 950)
    for epoch in (0, 1, 12, 299):  # row numbers get new digits at different places
        assert rows_of(learned, epoch, 950) == "".join(row(epoch, i) for i in range(950))


@pytest.mark.parametrize("page", [1, 100, 1 << 19])
def test_bands_read_as_if_each_were_written_out(page: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE", page)
    repeated = learn(row, 2000).bands(2000)
    found = b"".join(repeated.text(page, None) for page in repeated.pages())
    assert found.decode() == "".join(row(epoch, 0) for epoch in range(2000))


def test_slots_are_filled_in_order() -> None:
    repeated = learn(lambda e, i: f"{i}:{SLOT},{SLOT};", 1, 12).rows(0, 12)
    numbers = np.arange(24.0).reshape(12, 2) / 8
    found = b"".join(
        repeated.text(page, numbers[page.start : page.stop]) for page in repeated.pages()
    )
    assert found.decode() == "".join(
        f"{i}:{a:g},{b:g};" for i, (a, b) in enumerate(numbers.tolist())
    )


IRREGULAR: dict[str, Callable[[int, int], str]] = {
    "a letter changes": lambda e, i: f"{'ABCDEFGHIJ'[i]}1",
    "a letter changes in the last row": lambda e, i: "B1" if i == 9 else "A1",
    "a number grows unevenly": lambda e, i: f"A{i * i}",
    "a number shrinks": lambda e, i: f"A{100 - i}",
    "a number shrinks from epoch to epoch": lambda e, i: f"A{100 - e}",
    "both at once": lambda e, i: f"A{e * i}",
    "another number of numbers": lambda e, i: "A1" * (i + 1),
}


@pytest.mark.parametrize("name", IRREGULAR)
def test_what_follows_no_pattern_is_refused(name: str) -> None:
    with pytest.raises(IrregularError):
        learn(IRREGULAR[name], 4, 10)


# --- Numbers --------------------------------------------------------------------------


def printed(number: float) -> str:
    """A number as Python prints it, without what says nothing."""
    text = repr(number).removesuffix(".0")
    return "0" if text == "-0" else text


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_numbers_are_their_shortest_texts(numbers: list[float]) -> None:
    found = number_texts(np.array(numbers))
    assert [text.decode() for text in found] == [printed(number) for number in numbers]


def test_numbers_of_every_size_are_their_shortest_texts() -> None:
    random = np.random.default_rng(1)
    numbers = random.normal(size=40_000) * 10.0 ** random.integers(-24, 24, 40_000)
    rounded = np.round(numbers[:5000], 6)
    powers = 10.0 ** np.arange(-320, 309)
    edges = [math.nextafter(power, side) for power in powers for side in (0, math.inf)]
    for some in (numbers, -numbers, rounded, powers, -powers, np.array(edges)):
        found = [text.decode() for text in number_texts(some)]
        assert found == [printed(number) for number in some.tolist()]


def test_no_numbers_have_no_texts() -> None:
    assert number_texts(np.empty((0, 3))) == []
