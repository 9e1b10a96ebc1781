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


def batch_row(epoch: int, batch: int, i: int) -> str:
    """A row of a sheet with 5 rows for each batch and 4 batches for each epoch; its formula reads
    a matrix that stands once in each epoch."""
    own, source = 12 + 20 * epoch + 5 * batch + i, 95 + 3 * epoch
    return f'<row r="{own}"><c r="B{own}"><f>X!C{source}*wh!D12+E!B{9 * own}</f></c></row>'


def along(pattern: Pattern, axis: int, count: int, *start: int) -> str:
    """The text at so many places along an axis."""
    repeated = pattern.along(axis, count, start)
    return b"".join(repeated.text(page, None) for page in repeated.pages()).decode()


@pytest.mark.parametrize("page", [1, 100, 1 << 19])
def test_rows_read_as_if_each_were_written_out(page: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE", page)
    learned = learn(row, 300, 950)
    for epoch in (0, 1, 12, 299):  # row numbers get new digits at different places
        assert along(learned, 1, 950, epoch) == "".join(row(epoch, i) for i in range(950))


@pytest.mark.parametrize("page", [1, 100, 1 << 19])
def test_bands_read_as_if_each_were_written_out(page: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE", page)
    learned = learn(row, 2000, 1)
    assert along(learned, 0, 2000) == "".join(row(epoch, 0) for epoch in range(2000))


@pytest.mark.parametrize("page", [1, 100, 1 << 19])
def test_batches_read_as_if_each_were_written_out(
    page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAGE", page)
    learned = learn(batch_row, 300, 4, 5)
    for epoch, batch in ((0, 0), (0, 3), (1, 2), (47, 1), (299, 3)):
        found = along(learned, 2, 5, epoch, batch)
        assert found == "".join(batch_row(epoch, batch, i) for i in range(5))
    for epoch in (0, 12, 299):
        found = along(learned, 1, 4, epoch)
        assert found == "".join(batch_row(epoch, batch, 0) for batch in range(4))
    assert along(learned, 0, 300) == "".join(batch_row(epoch, 0, 0) for epoch in range(300))
    # A place may be told along every axis, also along the one that is written.
    found = along(learned, 0, 7, 290, 2, 4)
    assert found == "".join(batch_row(epoch, 2, 4) for epoch in range(290, 297))


def test_a_text_that_stands_once_is_its_own_pattern() -> None:
    learned = learn(lambda *place: f"A7*50%{place}", 1, 1, 1)
    for axis in range(3):
        assert along(learned, axis, 1) == "A7*50%(0, 0, 0)"


def test_slots_are_filled_in_order() -> None:
    repeated = learn(lambda e, i: f"{i}:{SLOT},{SLOT};", 1, 12).along(1, 12)
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
    with pytest.raises(IrregularError):
        learn(lambda epoch, _batch, i: IRREGULAR[name](epoch, i), 4, 3, 10)
    with pytest.raises(IrregularError):
        learn(lambda _epoch, batch, i: IRREGULAR[name](batch, i), 2, 4, 10)


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
