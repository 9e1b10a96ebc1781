"""No formula of any workbook falls into a trap of EXCEL_FACTS.md, and the lint would see it.

Microsoft Excel cannot be run here and the free engines forgive what it does not, so this is
the only thing that keeps Excel from showing #VALUE! or repairing the file.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from editing import rewritten
from lint import (
    MAX_LINKS,
    RawCell,
    RawSheet,
    column_letters,
    lint,
    lint_formula,
    read_raw,
    sheet_name_flaw,
)

import xlnn
from xlnn.building import Built
from xlnn.experiment.experiment import Experiment
from xlnn.workbook.layout import draw_plan
from xlnn.workbook.map_sheet import map_page
from xlnn.workbook.stream import hyperlinks
from xlnn.workbook.texts import load_texts

RANDOM = np.random.default_rng(7)


def some(samples: int, inputs: int, outputs: int, **fields: object) -> Experiment:
    """An experiment with data of these sizes, and numbers that need all 17 digits."""
    X = RANDOM.normal(size=(samples, inputs)) / 3
    y = RANDOM.uniform(size=(samples, outputs))
    return Experiment(X=X, y=y, **fields)


def told_classes(samples: int, classes: int, **fields: object) -> Experiment:
    """An experiment whose targets tell classes: a column for each, or one column of 0 and 1."""
    X = RANDOM.normal(size=(samples, 3)) / 3
    which = np.arange(samples) % classes
    return Experiment(X=X, y=which if classes == 2 else np.eye(classes)[which], **fields)


SOFTMAX = {"output_activation": "softmax", "loss": "cross-entropy"}

EXPERIMENTS = {
    "demo": xlnn.example("demo"),
    "demo as matrices": xlnn.example("demo", {"formulas": "matrix"}),
    "two hidden layers": some(4, 3, 2, hidden=(3, 2), epochs=2),
    "two hidden layers as matrices": some(4, 3, 2, hidden=(3, 2), epochs=2, formulas="matrix"),
    "long products": some(12, 12, 1, hidden=(12,), operands="none"),
    "long products as matrices": some(12, 12, 1, hidden=(12,), formulas="matrix"),
    "one sample": some(1, 2, 1, hidden=(2,), operands="all"),
    "one of everything": some(1, 1, 1, hidden=(1,), epochs=2, formulas="matrix"),
    "three outputs": some(2, 2, 3, hidden=(2,), epochs=3),
    "gaps between epochs": some(3, 2, 1, hidden=(2,), epochs=9, show=[1, 2, 5, -1]),
    "gaps as matrices": some(3, 2, 1, hidden=(2,), epochs=9, show=[2, 9], formulas="matrix"),
    "no operands": some(3, 2, 1, hidden=(2,), epochs=2, operands="none"),
    "no operands as matrices": some(
        3, 2, 1, hidden=(2,), epochs=2, operands="none", formulas="matrix"
    ),
    "too many for names": some(1, 1, 1, hidden=(1,), epochs=26, formulas="matrix"),
    "strange headings": some(
        2, 4, 1, hidden=(2,), feature_names=['=HYPERLINK("x")', "+1", "@x", "-<b>&"], title="=1+1"
    ),
    "two classes": told_classes(5, 2, loss="cross-entropy", epochs=4, show=[1, 2, -1]),
    "two classes as matrices": told_classes(
        5, 2, loss="cross-entropy", epochs=2, formulas="matrix"
    ),
    "three classes": told_classes(7, 3, **SOFTMAX, epochs=2),
    "three classes as matrices": told_classes(7, 3, **SOFTMAX, epochs=2, formulas="matrix"),
    "softmax without its loss": told_classes(4, 3, output_activation="softmax", activation="relu"),
    "batches": some(5, 2, 1, hidden=(2,), batch_size=2, shuffle=True, epochs=3),
    "batches as matrices": told_classes(
        5, 2, hidden=(2,), batch_size=2, epochs=6, show=[1, 2, 3, 6], formulas="matrix"
    ),
    "scaled and tested": told_classes(
        9, 3, **SOFTMAX, scale="standard", test_fraction=0.3, optimizer="adam", epochs=2
    ),
    "scaled and tested as matrices": some(
        8,
        3,
        2,
        scale="minmax",
        scale_targets="minmax",
        test_fraction=0.25,
        optimizer="nesterov",
        epochs=2,
        formulas="matrix",
    ),
    "leaky and linear": some(
        4,
        3,
        2,
        activation="leaky-relu",
        output_activation="linear",
        scale_targets="standard",
        optimizer="momentum",
        gradient="mean",
        epochs=2,
    ),
    "threshold": some(
        4, 2, 1, hidden=(), output_activation="threshold", bias_per="layer", epochs=2
    ),
}


WITH_EXTRAS = (
    "demo as matrices",
    "three classes as matrices",
    "batches",
    "scaled and tested",
)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_no_workbook_falls_into_a_trap(name: str, built: Callable[[Experiment], Path]) -> None:
    assert lint(built(EXPERIMENTS[name])) == []


@pytest.mark.parametrize("name", WITH_EXTRAS)
def test_no_sheet_that_teaches_falls_into_a_trap(
    name: str, built: Callable[[Experiment], Path]
) -> None:
    assert lint(built(replace(EXPERIMENTS[name], extras="all"))) == []


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_number_in_the_file_reads_back_to_the_very_same_double(
    name: str, kept: Callable[[Experiment], Built]
) -> None:
    written = kept(EXPERIMENTS[name])
    book = read_raw(written.path)
    for area in written.plan.matrices():
        expected = written.trace[area.matrix, area.epoch, area.batch]
        found = [
            [
                book.number(area.sheet, f"{column_letters(area.column + j)}{area.row + i}")
                for j in range(expected.shape[1])
            ]
            for i in range(expected.shape[0])
        ]
        assert np.array_equal(found, expected), (area.matrix, area.epoch, area.batch)


def test_the_map_of_many_epochs_has_no_more_links_than_excel_holds() -> None:
    # Excel throws away the links of a sheet with more, and calls the file damaged.
    for batch_size, epochs in (("all", 4000), (1, 800)):
        experiment = some(5, 1, 1, hidden=(1,), epochs=epochs, batch_size=batch_size)
        plan = draw_plan(experiment.schedule, range(1, epochs + 1))
        links = b"".join(hyperlinks(map_page(plan, load_texts()).links)).count(b"<hyperlink ")
        assert MAX_LINKS - len(plan.recipe.members) < links <= MAX_LINKS


# --- The lint itself: what it must flag, and what it must pass --------------------------

LARGEST = {
    cell: RawCell("n", "1", formula, "normal", None, False, False)
    for cell, formula in (("B6", "MAX(X!B6:E6)"), ("B7", "MAX(X!B6:D6)"), ("B8", "SUM(X!B6:E6)"))
}
SHEETS = {
    **dict.fromkeys(("X", "wh", "a b", "wh1", "R", "Loss")),
    "max": RawSheet("xl/worksheets/sheet6.xml", LARGEST, ()),
}
NAMES = {"X": "X!$B$6:$E$8", "wh": "wh!$B$6:$D$9", "learning_rate": "Settings!$B$5"}

BAD = [
    # 1: what handles arrays is an array formula
    (1, "MMULT(X!B6:E6,wh!B6:B9)"),
    (1, "MMULT(X,wh)"),
    (1, "SUMPRODUCT(X!B6:E6,TRANSPOSE(wh!B6:B9))"),
    (1, "SUM(X!B6:E6*wh!B6:E6)"),
    (1, "MAX(X!B6:E6-wh!B6:E6)"),
    (1, "X!B6:E6*2"),
    (1, "X+1"),
    (1, "IF(X!B6:E6<0,0,1)"),
    (1, "SUMPRODUCT(IF(X!B6:E6<0,0,1))"),
    (1, "SUMPRODUCT(X!B6:E6,wh!B6:B9)"),
    (1, "ROW(X!B6:B8)^0"),
    (1, "ROWS(X!B6:B8*2)"),
    (1, "MIN(X!B6:E6-wh!B6:E6)"),
    (1, "INDEX(X!B6:E6,wh!B6)"),
    (1, "INDEX(X!B6:B8,wh!B6:B8)"),
    (1, "INDEX(X!B6:C8,1,wh!B6)"),
    (1, "MATCH(X!B6:E6,X!B6:E6,0)"),
    (1, "SUMPRODUCT(X!B6:E6*ROWS(X!B6:E6))"),
    # 1: nothing newer than Excel 2010
    (1, "_xlfn.CONCAT(X!B6)"),
    (1, "LET(a,1,a)"),
    (1, "SEQUENCE(2)"),
    (1, "OFFSET(X!B6,1,1)"),
    # 7: nothing overflows
    (7, "1/(1+EXP(-X!B6))"),
    (7, "EXP(X!B6)"),
    (7, "IF(X!B6<0,1/(1+EXP(-X!B6)),EXP(X!B6)/(1+EXP(X!B6)))"),
    (7, "IF(X!B6<0,EXP(X!B7)/(1+EXP(X!B7)),1/(1+EXP(-X!B6)))"),
    (7, "IF(X!B6<1,EXP(X!B6),0)"),
    (7, "LN(1+EXP(ABS(X!B6)))"),
    (7, "EXP(X!B6-wh!B6)"),
    (7, "EXP(X!B6+max!B6)"),  # max!B6 has the largest of X!B6:E6, max!B7 that of X!B6:D6
    (7, "EXP(X!B7-max!B6)"),
    (7, "EXP(X!F6-max!B6)"),
    (7, "EXP(X!E6-max!B7)"),
    (7, "EXP(wh!B6-max!B6)"),
    (7, "EXP(X!B6-max!B8)"),
    # 8: a sign before a power
    (8, "-X!B6^2"),
    (8, "1+-X!B6^2"),
    (8, "2*(-X!B6^2)"),
    # 9: names
    (9, "wh1!B6"),
    (9, "R!B6"),
    (9, "nowhere!B6"),
    (9, "unknown_name*2"),
    # 10: limits
    (9, "X!A1048577"),
    (9, "X!XFE1"),
    # No formula holds a number that the experiment chose.
    (0, "wh!B6+0.1*X!B6"),
    (0, "X!B6*10"),
    (0, 'IF(X!B6<0,"low",1)'),
    # Texts are joined from texts and from numbers that are rounded as a cell says.
    (0, '"low"'),
    (0, 'X!B6&" = "&ROUND(X!C6,learning_rate)'),
    (0, 'ROUND(X!B6,2)&" = "&ROUND(X!C6,learning_rate)'),
    (0, 'ROUND(X!B6*0.5,learning_rate)&"x"'),
    (0, '1&"x"'),
    (0, 'ROUND(X!B6&"x",learning_rate)&"x"'),
    (0, 'X!B6+("a"&"b")'),
    (0, "ROUND(X!B6,learning_rate)"),
    (1, 'TEXT(X!B6,"0.00")&"x"'),
    (1, 'ROUND(X!B6:E6,learning_rate)&"x"'),
    (9, 'ROUND(X!B6,digits)&"x"'),
    (10, f'"{"x" * 256}"&ROUND(X!B6,learning_rate)'),
]

GOOD = [
    (False, "X!B6*wh!B6+X!C6*wh!B7"),
    (False, "SUMPRODUCT(X!B6:E6,wh!B6:E6)"),
    (False, "SUMPRODUCT(X!B6:E6*wh!B6:E6-2)/2"),
    (False, "SUM(X!B6:E6)+MAX(X!B6:E6)"),
    (False, "SUM(X)"),
    (False, "learning_rate*X!B6"),
    (False, "X!B6:B6"),
    (False, "Loss!B7/ROWS(X!B6:E8)"),
    (False, "(X!B6-MIN(X!B6:B8))/(MAX(X!B6:B8)-MIN(X!B6:B8))"),
    (False, "INDEX(X!B6:B8,wh!B6)"),
    (False, "IF(MATCH(MAX(X!B6:E6),X!B6:E6,0)=COLUMNS(X!B6:C6),1,0)"),
    (True, "MMULT(X!B6:E8,wh!B6:D9)"),
    (True, "MMULT(TRANSPOSE(ROW(X)^0),X)"),
    (True, "X+learning_rate*MMULT(TRANSPOSE(X),wh)"),
    (False, "IF(X!B6<0,EXP(X!B6)/(1+EXP(X!B6)),1/(1+EXP(-X!B6)))"),
    (False, "IF((X!B6+1)<0,EXP(X!B6+1)/(1+EXP(X!B6+1)),1/(1+EXP(-(X!B6+1))))"),
    (False, "IF(X!B6>=0,1/(1+EXP(-X!B6)),EXP(X!B6)/(1+EXP(X!B6)))"),
    (True, "IF(X<0,EXP(X)/(1+EXP(X)),1/(1+EXP(-X)))"),
    (False, "MAX(X!B6,0)-X!B6*wh!B6+LN(1+EXP(-ABS(X!B6)))"),
    (True, "EXP(X!B6:E6-MAX(X!B6:E6))"),
    (False, "EXP(X!E6-max!B6)"),
    (True, "EXP(X!B6:E6-max!B6:B6)"),
    (False, "(-X!B6)^2"),
    (False, "1-X!B6^2"),
    (False, "-(X!B6^2)"),
    (False, "'wh1'!B6+'a b'!B6+'R'!B6"),
    (False, "X!$XFD$1048576"),
    (
        False,
        'ROUND(X!B6,learning_rate)&"×0.5 = 1e-3 ""x"" "&ROUND(INDEX(X!B6:B8,wh!B6),learning_rate)',
    ),
    (False, '"1/(1+e^−("&ROUND(X!B6,learning_rate)&"))"'),
]


@pytest.mark.parametrize(("rule", "formula"), BAD)
def test_a_trap_is_flagged(rule: int, formula: str) -> None:
    assert rule in [broken for broken, _ in lint_formula(formula, False, NAMES, SHEETS)]


@pytest.mark.parametrize(("array", "formula"), GOOD)
def test_a_good_formula_passes(array: bool, formula: str) -> None:
    assert list(lint_formula(formula, array, NAMES, SHEETS)) == []


@pytest.mark.parametrize("formula", ["MMULT(X,wh)", "X!B6:E6*2", "IF(X!B6:E6<0,0,1)"])
def test_what_is_a_trap_in_a_plain_formula_is_none_in_an_array_formula(formula: str) -> None:
    assert list(lint_formula(formula, False, NAMES, SHEETS))
    assert not list(lint_formula(formula, True, NAMES, SHEETS))


@pytest.mark.parametrize("name", ["History", "a/b", "x" * 32, "𝒳" * 16, "'x", "x'", "", "a[1]"])
def test_an_illegal_sheet_name_is_flagged(name: str) -> None:
    assert sheet_name_flaw(name)


@pytest.mark.parametrize("name", ["X", "wh1", "a b", "x" * 31, "it's"])
def test_a_legal_sheet_name_passes(name: str) -> None:
    assert sheet_name_flaw(name) is None


TAMPERINGS = {
    # What is changed in an entry of the zip, and the rule that this breaks.
    "a cached value dropped": (3, "output", r"(</f>)<v>[^<]*</v>", r"\1"),
    "a cached text": (3, "output", r'(<c r="B15" s="\d+")(><f>)', r'\1 t="str"\2'),
    "a text without its value": (3, "output", r' t="str"(>.*?</f>)<v>[^<]*</v>', r"\1"),
    "a number for a text": (3, "output", r' t="str"(>.*?</f>)<v>[^<]*</v>', r"\1<v>1</v>"),
    "no full calculation": (3, "workbook", ' fullCalcOnLoad="1"', ""),
    "a shared formula": (2, "output", "<f>", '<f t="shared" ref="B15:B17" si="0">'),
    "a data table": (2, "output", "<f>", '<f t="dataTable" ref="B15:B17">'),
    "a dynamic array": (1, "output", '<c r="B15"', '<c r="B15" cm="1"'),
    "an array over other formulas": (1, "output", "<f>", '<f t="array" ref="B15:B17">'),
    "an array over an empty cell": (3, "output", "<f>", '<f t="array" ref="B15:C15">'),
    "an array without a range": (1, "output", "<f>", '<f t="array">'),
    "a second =": (11, "output", "<f>", "<f>="),
    "a formula too long": (10, "output", "<f>", "<f>" + " " * 8_192),
    "17 digits cut to 15": (
        4,
        "hidden_layer_input",
        "<v>1.8900000000000001<",
        "<v>1.89000000000000<",
    ),
    "a number that is none": (10, "X", "<v>1</v>", "<v>inf</v>"),
    "a text too long": (10, "sharedStrings", "<t>", "<t>" + "x" * 32_767),
    "a text like a formula": (11, "sharedStrings", "<t>", "<t>="),
    "a typed error": (11, "X", r'(<c r="B15" s="\d+")><v>1<', r'\1 t="e"><v>#N/A<'),
    "a cell below the last row": (10, "X", '<c r="B15"', '<c r="B1048577"'),
    "a cell beyond the last column": (10, "X", '<c r="B15"', '<c r="XFE12"'),
    "a name like a cell": (9, "workbook", '<definedName name="wh"', '<definedName name="wh1"'),
    "a name like a column": (9, "workbook", '<definedName name="wh"', '<definedName name="R"'),
    "a name for nothing": (9, "workbook", ">wh!", ">wh1!"),
    "a sheet twice": (9, "workbook", 'name="y" sheetId', 'name="x" sheetId'),
    "a sheet called History": (9, "workbook", 'name="Start"', 'name="history"'),
    "a time of writing": (12, "core", "1980-01-01T", "2024-01-01T"),
    "a chart of a sheet that is not there": (9, "chart1", "'Loss'!", "'Lost'!"),
    "a chart of a blank cell": (13, "chart1", r"\$C\$7<", "$C$70<"),
    "a chart of a heading": (13, "chart1", r"\$C\$7<", "$C$6<"),
    "a chart of nothing": (13, "chart1", "<xVal>.*</yVal>", ""),
    "a chart that is not there": (13, "drawing1.xml.rels", "chart1.xml", "chart2.xml"),
}


@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_a_trap_in_the_file_is_flagged(
    tampering: str, built: Callable[[Experiment], Path], tmp_path: Path
) -> None:
    rule, part, pattern, replacement = TAMPERINGS[tampering]
    path = built(EXPERIMENTS["demo"])
    sheets = {name: Path(sheet.part).name for name, sheet in read_raw(path).sheets.items()}

    def change(name: str, text: str) -> str:
        if Path(name).name not in (sheets.get(part, f"{part}.xml"), part):
            return text
        changed, count = re.subn(pattern, replacement, text, count=1)
        assert count == 1, f"{pattern} is not in {name}"
        return changed

    target = rewritten(path, tmp_path / "tampered.xlsx", change)
    assert rule in [trap.rule for trap in lint(target)]


def test_a_calc_chain_and_a_time_in_the_zip_are_flagged(
    built: Callable[[Experiment], Path],
) -> None:
    path = built(EXPERIMENTS["demo"])
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/calcChain.xml", "<calcChain/>")
    assert [trap.rule for trap in lint(path)] == [3, 12]


def test_the_lint_sees_array_entry_and_every_cell_of_an_array(
    built: Callable[[Experiment], Path],
) -> None:
    # Else it would pass whatever it is given.
    cells = read_raw(built(EXPERIMENTS["demo as matrices"])).sheets["output"].cells
    assert cells["B15"].formula_kind == "array"
    assert cells["B15"].array == "B15:B17"
    assert isinstance(cells["B17"], RawCell)
    assert cells["B17"].formula is None
