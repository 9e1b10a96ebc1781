"""The line in numbers at the top of each step: what it says, and that it follows the cells."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from editing import typed
from lint import read_raw

import xlnn
from xlnn.audit.engines import Engine
from xlnn.audit.engines.values import Values
from xlnn.audit.wording import same_text
from xlnn.building import Built
from xlnn.errors import ExpressionError
from xlnn.experiment.experiment import Experiment
from xlnn.maths.expr import (
    ONE,
    SCALAR,
    Apply,
    Axis,
    Comparison,
    Expr,
    Function,
    Matrix,
    Number,
    Shape,
    Total,
    Where,
)
from xlnn.maths.first_cell import MOST_VALUES, Value, first_cell, named
from xlnn.maths.live_text import live_formula, shown_number
from xlnn.maths.recipe import Step
from xlnn.maths.shape_arithmetic import shape_arithmetic
from xlnn.workbook.live_texts import live_texts, named_text
from xlnn.workbook.plan import IN_NUMBERS

Z = Matrix("Z", Shape(Axis("sample", 2), Axis("neuron", 2)))
E, H = Matrix("E", Z.shape), Matrix("H", Z.shape)
rate = Matrix("rate", SCALAR)


def row(name: str, size: int) -> Matrix:
    return Matrix(name, Shape(ONE, Axis("feature", size)))


# --- Names ----------------------------------------------------------------------------

BRACKETS = [
    (Z - (E - H), "Z[1,1] − (E[1,1] − H[1,1])"),
    (Z - E - H, "Z[1,1] − E[1,1] − H[1,1]"),
    ((Z + E) * H, "(Z[1,1] + E[1,1])×H[1,1]"),
    (Z / (E * H), "Z[1,1]/(E[1,1]×H[1,1])"),
    (Z * -1.0, "Z[1,1]×(-1)"),
    (-(Z + E), "−(Z[1,1] + E[1,1])"),
    (1 / Apply(Function.SIGMOID, Z), "1/(1/(1+e^−(Z[1,1])))"),
    (Apply(Function.SIGMOID, Z - E), "1/(1+e^−(Z[1,1] − E[1,1]))"),
    (Apply(Function.EXP, Z - E), "e^(Z[1,1] − E[1,1])"),
    (Total(row("a", 2) - rate), "a[1,1] − rate + (a[1,2] − rate)"),
    (Comparison(">", Z > 0, E), "[[Z[1,1] > 0] > E[1,1]]"),
]


@pytest.mark.parametrize(("expr", "expected"), BRACKETS, ids=[text for _, text in BRACKETS])
def test_names_keep_the_brackets_they_need(expr: Expr, expected: str) -> None:
    assert named(first_cell(expr)) == expected


def test_up_to_eight_terms_are_written_and_of_more_the_first_three_and_the_last() -> None:
    def product(terms: int) -> str:
        return named(first_cell(row("a", terms) @ row("b", terms).T))

    assert product(8).count("×") == 8
    assert product(9) == "a[1,1]×b[1,1] + a[1,2]×b[1,2] + a[1,3]×b[1,3] + … + a[1,9]×b[1,9]"


def test_of_long_names_fewer_terms_are_written() -> None:
    a, b = row("a" * 20, 6), row("b" * 20, 6)
    assert named(first_cell(a @ b.T)).count("×") == 4
    assert named(first_cell(row("a", 6) @ row("b", 6).T)).count("×") == 6


def test_whatever_is_written_a_formula_is_short_and_read_in_one_go() -> None:
    many: Expr = Z
    for _ in range(100):
        many = many + E
    wide = row("a", 8)
    product = wide @ row("b", 8).T
    for expr in (many, many * many, Total(wide * (product + product + product)), product / many):
        pieces = first_cell(expr)
        assert sum(isinstance(piece, Value) for piece in pieces) <= MOST_VALUES
        text = live_formula(pieces, lambda value: "'a long name of a sheet'!AAA1048576", "digits")
        assert len(text) < 8_000


def test_a_text_in_a_formula_is_quoted() -> None:
    assert live_formula(('a"b', "c"), str, "digits") == '"a""bc"'


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ExpressionError):
        shape_arithmetic((Z + E).T)


# --- Numbers --------------------------------------------------------------------------

SHOWN = [
    (1.48, 4, "1.48"),
    (1.0, 4, "1"),
    (-0.0, 4, "0"),
    (-0.00001, 4, "0"),
    (0.12345, 4, "0.1235"),  # halves go away from zero
    (-0.12345, 4, "-0.1235"),
    (2.675, 2, "2.68"),  # also where the double is a little less
    (0.1 + 0.2, 17, "0.3"),  # no more than 15 digits
    (123456789.123456, 4, "123456789.1235"),
    (0.0001, 4, "0.0001"),
    (1234.0, -2, "1200"),
    (1e19, 4, "10000000000000000000"),
    (-1.5e300, 4, "-1.5E+300"),
    (1e300, -9999, "0"),
]


@pytest.mark.parametrize(("value", "digits", "text"), SHOWN)
def test_a_number_is_written_as_a_spreadsheet_does(value: float, digits: int, text: str) -> None:
    assert shown_number(value, digits) == text


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_no_cell_can_hold_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="cannot be shown"):
        shown_number(value, 4)


SAME = [
    ("1×0.42 = 1.48", "1×0.42 = 1.48", True),
    ("1×0,42 = 1,48", "1×0.42 = 1.48", True),  # where people write a comma
    ("max(0,5, 1)", "max(0.5, 1)", True),
    ("1×0.4201 = 1.48", "1×0.42 = 1.48", True),  # on the knife edge
    ("1×0.42000000000000000001 = 1.48", "1×0.42 = 1.48", True),
    ("1.5e+300 = 1", "1.5E+300 = 1", True),
    ("-0 = 0", "0 = 0", True),
    ("1×0.43 = 1.48", "1×0.42 = 1.48", False),
    ("1×-0.42 = 1.48", "1×0.42 = 1.48", False),
    ("1+0.42 = 1.48", "1×0.42 = 1.48", False),
    ("1×0.42", "1×0.42 = 1.48", False),
    ("#VALUE!", "1×0.42 = 1.48", False),
    (1.48, "1.48", False),
    (None, "1.48", False),
]


@pytest.mark.parametrize(("found", "expected", "same"), SAME)
def test_texts_are_compared_by_their_numbers(found: object, expected: str, same: bool) -> None:
    assert same_text(found, expected, 4) == same


# --- On the sheets --------------------------------------------------------------------

RANDOM = np.random.default_rng(3)
STYLES = (
    ("demo", "cell"), ("demo", "matrix"), ("xor", "cell"), ("home-draw-away", "cell"),
    ("home-draw-away", "matrix"),
)  # fmt: skip
EXPERIMENTS = {
    **{
        f"{name}, {style}": xlnn.example(name, {"formulas": style, "show": [1]})
        for name, style in STYLES
    },
    "leaky, scaled, tested": Experiment(
        X=RANDOM.normal(size=(12, 3)) * 1e6,
        y=RANDOM.uniform(size=(12, 2)),
        hidden=(9, 2),
        activation="leaky-relu",
        output_activation="linear",
        scale="minmax",
        scale_targets="standard",
        test_fraction=0.25,
        batch_size=4,
        optimizer="adam",
        epochs=6,
        show=[3, 5],
    ),
}


def last_number(text: str) -> float:
    return float(re.split(" = ", text)[-1])


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_text_recomputes_and_ends_with_its_cell(
    name: str,
    engine: Engine,
    kept: Callable[[Experiment], Built],
    recomputed: Callable[[Engine, Mapping[str, Path]], Mapping[str, Values]],
) -> None:
    books = {name: kept(experiment) for name, experiment in EXPERIMENTS.items()}
    values = recomputed(engine, {name: book.path for name, book in books.items()})[name]
    raw, plan = read_raw(books[name].path), books[name].plan
    steps = [name for name, member in plan.recipe.members.items() if isinstance(member, Step)]
    texts = list(live_texts(plan))
    assert [text.sheet for text in texts] == [n for n in steps if n not in plan.recipe.curves]
    for text in texts:
        cell = raw.sheets[text.sheet].cells[f"A{IN_NUMBERS}"]
        assert (cell.kind, cell.formula) == ("str", text.formula)
        found = values.value(text.sheet, text.row, text.column)
        assert type(found) is str, (text.sheet, found)
        assert same_text(found, str(cell.text), 4), (text.sheet, found, cell.text)
        if engine.name != "gnumeric":  # which writes more digits than there are
            # IronCalc keeps the sign of what is rounded to 0.
            assert re.sub(r"-0(?![.\d])", "0", found) == cell.text
        area = text.area
        result = values.value(area.sheet, area.row, area.column)
        assert isinstance(result, float | int)
        assert abs(last_number(found) - result) <= 0.5001e-4


def test_every_step_has_the_same_layout(kept: Callable[[Experiment], Built]) -> None:
    book = kept(EXPERIMENTS["demo, cell"])
    raw = read_raw(book.path)
    for sheet in book.plan.sheets:
        column = {row: raw.sheets[sheet.name].cells.get(f"A{row}") for row in range(1, 13)}
        said = [row for row, cell in column.items() if cell is not None and cell.text]
        assert {1, 2, 4, 8, 9, 10, 12} <= set(said)
        is_step = isinstance(sheet.member, Step)
        assert {row in said for row in (3, 6, 7)} == {is_step}
        if isinstance(sheet.member, Step):
            assert column[6] is not None
            assert column[6].text == named_text(sheet.member)


def test_the_words_of_the_first_step_are_those_of_the_article(
    built: Callable[[Experiment], Path],
) -> None:
    cells = read_raw(built(xlnn.example("demo"))).sheets["hidden_layer_input"].cells
    assert [cells[f"A{row}"].text for row in (6, 7, 8)] == [
        "hidden_layer_input[1,1] = X[1,1]×wh[1,1] + X[1,2]×wh[2,1] + X[1,3]×wh[3,1] + "
        "X[1,4]×wh[4,1] + bh[1,1]",
        "1×0.42 + 0×0.1 + 1×0.6 + 0×0.92 + 0.46 = 1.48",
        "3×4 · 4×3 + 1×3 → 3×3 (samples × hidden neurons)",
    ]


def test_a_text_follows_an_input_and_the_digits(
    kept: Callable[[Experiment], Built], engine: Engine, tmp_path: Path
) -> None:
    demo = kept(xlnn.example("demo"))
    digits = demo.plan.setting_row("digits")
    changed = {("X", "B15"): 0.5, ("wh", "B15"): 0.25, ("Settings", f"B{digits}"): 1}
    values = engine.recompute(typed(demo.path, tmp_path / "changed.xlsx", changed))
    text = values.value("hidden_layer_input", IN_NUMBERS, 1)
    expected = "0.5×0.3 + 0×0.1 + 1×0.6 + 0×0.9 + 0.5 = 1.2"
    assert same_text(text, expected, 9), text


def test_nothing_is_left_of_a_choice_in_names() -> None:
    chosen = Where(Z > 0, Z, Number(0.0))
    assert named(first_cell(chosen)) == "if([Z[1,1] > 0], Z[1,1], 0)"
