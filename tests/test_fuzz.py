"""Whatever stands on the sheets that a workbook tells of itself, the audit gives a report or says
what is wrong with the file, and never fails otherwise."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from workbook_file import Book, escaped

import xlnn
from xlnn.audit.report import KINDS, Report
from xlnn.audit.self_description import read_description, to_json
from xlnn.audit.stored.workbook import StoredWorkbook
from xlnn.errors import WorkbookError

SHEETS = ("Map", "Settings")


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Book]:
    """A workbook of everything that Settings and Map can tell of."""

    @cache
    def build() -> Book:
        path = tmp_path_factory.mktemp("right") / "right.xlsx"
        experiment = xlnn.Experiment(
            X=[[0.1, 2], [1, -0.5], [0.3, 0.4]],
            y=[0, 1, 1],
            hidden=(2, 1),
            batch_size=2,
            epochs=3,
            show=(1, 3),
            optimizer="momentum",
            extras=("Checks",),
        )
        return Book(xlnn.build(experiment, path, audited=False).path)

    return build


# What a person, a program or somebody with bad intentions could leave in a cell.
NUMBERS = st.one_of(
    st.integers(-3, 40),
    st.sampled_from([0.5, -0.0, 1e15, 1e300, -1e300, 2**31, 2**63, 16_384, 1_048_576, 1_048_577]),
    st.floats(allow_nan=False, allow_infinity=False),
)
TEXTS = st.one_of(
    st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFF, exclude_categories=["Cs"])),
    st.sampled_from(
        [
            *("", " ", "0", "-1", "1-", "1-9999999999", "3-1", "1, 1", "1,,2", "²", "٣", "1e3"),
            *("true", "none", "all", "auto", "None", "nan", "inf", "A1", "B15:", "XFD1048577"),
            *("X", "wh", "Map", "sigmoid", "softmax", "adam", "batch", "matrix", "cell", "=1+1"),
            *("Checks, Predict", "Walkthrough", "16384, 16384", "1, " * 300, "9" * 5000),
        ]
    ),
)
CONTENTS = st.one_of(
    NUMBERS.map(lambda number: ("", f"<v>{number!r}</v>")),
    TEXTS.map(lambda text: ("inlineStr", f"<is><t>{escaped(text)}</t></is>")),
    st.sampled_from(
        [
            ("", ""),
            ("b", "<v>1</v>"),
            ("e", "<v>#REF!</v>"),
            ("str", "<f>1/0</f><v>x</v>"),
            ("", "<f>1+1</f>"),
        ]
    ),
)


@st.composite
def edits(draw: st.DrawFn, book: Book) -> dict[str, str]:
    """One sheet of the two with a few cells, or with a row, replaced."""
    sheet = draw(st.sampled_from(SHEETS))
    entry = book.entries[sheet]
    cells = sorted(
        (c for c in book.cells[sheet].values() if sheet == "Map" or c.column == 2 or c.row > 9),
        key=lambda cell: cell.start,
    )
    text = book.parts[entry]
    chosen = draw(st.lists(st.sampled_from(cells), min_size=1, max_size=3, unique=True))
    for cell in sorted(chosen, key=lambda cell: -cell.start):
        kind, content = draw(CONTENTS)
        attribute = f' t="{kind}"' if kind else ""
        new = f'<c r="{cell.name}"{cell.style}{attribute}>{content}</c>' if content else ""
        text = text[: cell.start] + new + text[cell.end :]
    if draw(st.booleans()):
        row = draw(st.sampled_from(cells)).row
        start = text.find(f'<row r="{row}"')
        end = text.find("</row>", start)
        if start >= 0:
            text = text[:start] + text[end + len("</row>") :]
    return {entry: text}


def outcome(path: Path) -> Report | WorkbookError:
    """What the audit ends with."""
    try:
        return xlnn.audit(path)
    except WorkbookError as error:
        return error


def told(path: Path) -> str | None:
    """Why what a workbook tells of itself cannot be read, if it cannot."""
    try:
        to_json(read_description(StoredWorkbook(path)))
    except WorkbookError as error:
        return str(error)
    return None


@settings(max_examples=40)
@given(data=st.data())
def test_whatever_settings_and_map_say_the_audit_ends_in_a_report_or_a_plain_error(
    data: st.DataObject,
    book: Callable[[], Book],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzzed.xlsx"
    book().write(data.draw(edits(book())), path, "kept")
    found = outcome(path)
    if isinstance(found, WorkbookError):
        assert path.name in str(found)
        assert len(str(found)) < 2000
    else:
        assert {finding.kind for finding in found.findings} <= set(KINDS)
    said = told(path)
    assert said is None or path.name in said
