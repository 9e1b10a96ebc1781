"""On a protected sheet the inputs can be changed, and nothing else; no password is asked for."""

from __future__ import annotations

import filecmp
import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path
from xml.etree import ElementTree
from zipfile import ZipFile

import openpyxl
import pytest
from click.testing import CliRunner
from conftest import engine_or_skip
from editing import rewritten, saved_by
from lint import MAIN, lint, read_raw
from openpyxl import Workbook
from openxml_audit import OpenXmlValidator
from test_lint import EXPERIMENTS, some

import xlnn
from xlnn.audit.engines import ENGINES
from xlnn.building import Built
from xlnn.cli import main
from xlnn.experiment.experiment import Experiment
from xlnn.workbook.boards.extras import draw_boards
from xlnn.workbook.plan import DIGITS, LOSS, SETTINGS, START, Plan, cell_name
from xlnn.workbook.theme import KINDS, NUMBERS, TAUGHT, load_theme, new_book

SMALL = {"X": [[1, 2], [3, 4]], "y": [0, 1], "hidden": (2,), "epochs": 3, "show": [1, 2, -1]}

FEW = {**SMALL, "extras": "none"}
"""Where the sheets besides those of the matrices add nothing."""

SAMPLE = 0.123456
"""Stands in the legend on Start, in a cell of each colour."""

ALLOWED = {"selectLockedCells", "selectUnlockedCells", "formatColumns", "formatRows"}


OPEN = {
    "xor": {"Walkthrough", "Predict", "Boundary", "Rates", "GradientCheck", "Checks"},
    "three outputs, batches": {"Walkthrough", "Boundary", "order"},
}
"""Sheets that have inputs, besides those that always do."""


def open_cells(path: Path) -> set[str]:
    """The cells that are not locked, but for the sample of the legend on Start, which shows how
    inputs look."""
    book = openpyxl.load_workbook(path)
    return {
        f"{sheet.title}!{cell.coordinate}"
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if not cell.protection.locked and not (sheet.title == START and cell.value == SAMPLE)
    }


def inputs_of(plan: Plan) -> set[str]:
    """The cells that a person may change: every number that no formula gives, but for the constants
    that others are held against, and for lists."""
    settings = (*plan.recipe.settings, DIGITS)
    cells = {f"{SETTINGS}!{cell_name(plan.setting_row(name), 2)}" for name in settings}
    blocks = [block for board in draw_boards(plan) for block in board.blocks]
    typed = [block for block in blocks if block.is_typed and block.style != "constant"]
    for area in (*(area for area in plan.matrices() if area.expr is None), *typed):
        cells |= {
            f"{area.sheet}!{cell_name(area.row + i, area.column + j)}"
            for i in range(area.shape.rows.size)
            for j in range(area.shape.columns.size)
        }
    return cells


def experiment_of(name: str) -> Experiment:
    """An experiment by its name: without extra sheets, or with all."""
    if name == "xor":
        return xlnn.example("xor", {"extras": "all"})
    if name == "three outputs, batches":  # choices of the batch, and of the output on the grid
        return some(6, 2, 3, batch_size=4, epochs=2, extras=["Walkthrough", "Boundary"])
    return replace(EXPERIMENTS[name], extras="none")


@pytest.mark.parametrize(
    ("name", "protect"),
    [
        *product(["demo", "gaps as matrices"], [True, False]),
        *product(["batches", "scaled and tested", "two classes", "xor"], [True]),
        ("three outputs, batches", True),
    ],
)
def test_the_inputs_and_nothing_else_are_open(
    name: str, protect: bool, kept: Callable[[Experiment], Built]
) -> None:
    built = kept(replace(experiment_of(name), protect=protect))
    expected = inputs_of(built.plan)
    assert open_cells(built.path) == expected
    assert len(expected) > 10
    assert {place.partition("!")[0] for place in expected} >= {SETTINGS, *OPEN.get(name, ())}
    book = openpyxl.load_workbook(built.path)
    # What is open has the colour of inputs, and what is a formula is not open.
    theme = load_theme()
    for place in expected:
        sheet, _, cell = place.partition("!")
        assert book[sheet][cell].fill.fgColor.rgb[-6:] == theme.fill("input")
        assert book[sheet][cell].data_type == "n"


def test_every_style_of_inputs_is_open_and_no_other() -> None:
    book, numbers = new_book(load_theme())
    kinds = [*KINDS, "grid "]
    open_styles = {
        style.name.removeprefix("xlnn ")
        for style in book._named_styles
        if not style.protection.locked
    }
    assert open_styles == {f"{kind}input" for kind in kinds}
    assert {f"{kind}{role}" for kind in kinds for role in (*NUMBERS, *TAUGHT)} <= set(numbers)


def test_all_sheets_are_protected_without_a_password(
    built: Callable[[Experiment], Path],
) -> None:
    path = built(Experiment(**SMALL, protect=True))
    with ZipFile(path) as archive:
        sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
        assert len(sheets) == len(read_raw(path).sheets)
        for name in sheets:
            root = ElementTree.fromstring(archive.read(name))
            found = root.find(f"{MAIN}sheetProtection")
            assert found is not None, name
            said = found.attrib
            assert said["sheet"] == "1"
            assert {key for key, value in said.items() if value == "0"} == ALLOWED
            assert not {"password", "hashValue", "saltValue", "algorithmName"} & said.keys()
            order = [child.tag.removeprefix(MAIN) for child in root]
            assert order.index("sheetProtection") == order.index("sheetData") + 1


def test_nothing_is_protected_and_nothing_hidden_by_default(
    built: Callable[[Experiment], Path],
) -> None:
    with ZipFile(built(Experiment(**SMALL))) as archive:
        for name in archive.namelist():
            if name.startswith("xl/"):
                content = archive.read(name)
                assert b"<sheetProtection" not in content, name


def hidden(path: Path) -> list[str]:
    """What of a workbook is not to be seen."""
    book = openpyxl.load_workbook(path)
    found = [sheet.title for sheet in book if sheet.sheet_state != "visible"]
    for sheet in book:
        dimensions = [*sheet.column_dimensions.items(), *sheet.row_dimensions.items()]
        found += [f"{sheet.title} {key}" for key, dimension in dimensions if dimension.hidden]
        found += [
            f"{sheet.title} {cell.coordinate}"
            for row in sheet.iter_rows()
            for cell in row
            if cell.protection.hidden
        ]
    return found


def test_nothing_is_hidden(built: Callable[[Experiment], Path], tmp_path: Path) -> None:
    assert hidden(built(Experiment(**SMALL, protect=True))) == []
    book = openpyxl.load_workbook(built(Experiment(**FEW, protect=True)))
    book[LOSS].column_dimensions["B"].hidden = True
    book[SETTINGS].sheet_state = "hidden"
    book.save(tmp_path / "hiding.xlsx")
    assert hidden(tmp_path / "hiding.xlsx") == [SETTINGS, f"{LOSS} B"]


def test_start_says_that_it_is_protected_and_what_can_be_changed(
    built: Callable[[Experiment], Path],
) -> None:
    for protect in (True, False):
        path = built(Experiment(**FEW, protect=protect))
        cells = read_raw(path).sheets[START].cells.values()
        said = [c.text for c in cells if "without a password" in (c.text or "")]
        assert len(said) == protect
        if protect:
            assert "inputs (blue) can be changed" in str(said)
    settings = openpyxl.load_workbook(path)[SETTINGS]
    assert ["protect", "false"] in [[row[0].value, row[1].value] for row in settings.iter_rows()]


def test_a_protected_workbook_is_valid_and_repeats_to_the_byte(tmp_path: Path) -> None:
    experiment = Experiment(**FEW, protect=True)
    first = xlnn.build(experiment, tmp_path / "first.xlsx")
    second = xlnn.build(experiment, tmp_path / "second.xlsx")
    assert first.report is not None
    assert first.report.ok
    assert filecmp.cmp(first.path, second.path, shallow=False)
    assert lint(first.path) == []
    assert OpenXmlValidator(max_errors=0).validate(first.path).errors == []


@pytest.mark.parametrize("engine", list(ENGINES))
def test_a_protected_workbook_audits_clean_also_after_an_input_was_changed(
    engine: str, built: Callable[[Experiment], Path], tmp_path: Path
) -> None:
    engine_or_skip(engine)
    path = built(Experiment(**FEW, protect=True, language="de"))
    assert xlnn.audit(path, engines=engine).ok
    book = openpyxl.load_workbook(path)
    place = min(cell for cell in open_cells(path) if cell.startswith("X!"))
    book["X"][place.partition("!")[2]].value = 2.5
    book.save(tmp_path / "changed.xlsx")
    assert xlnn.audit(tmp_path / "changed.xlsx", engines=engine).ok


def test_it_stays_protected_when_libreoffice_saves_it(
    built: Callable[[Experiment], Path], tmp_path: Path
) -> None:
    path = built(Experiment(**FEW, protect=True))
    try:
        saved = saved_by("libreoffice", path, tmp_path)
    except subprocess.CalledProcessError as error:
        pytest.fail(str(error.stderr))
    book = openpyxl.load_workbook(saved)
    assert all(sheet.protection.sheet for sheet in book)
    assert open_cells(saved) == open_cells(path)
    assert xlnn.audit(saved).ok


def test_the_command_and_the_file_ask_for_it(tmp_path: Path) -> None:
    path = tmp_path / "exp.toml"
    path.write_text('[data]\nX = [[1]]\ny = [0]\n[workbook]\nprotect = true\nextras = "none"\n')
    assert xlnn.load(path).protect is True
    target = tmp_path / "out.xlsx"
    for option, expected in ((None, True), ("--no-protect", False), ("--protect", True)):
        arguments = [str(path), "-o", str(target), "--force", *([option] if option else [])]
        done = CliRunner().invoke(main, ["build", *arguments])
        assert done.exit_code == 0, done.output
        book: Workbook = openpyxl.load_workbook(target)
        assert {sheet.protection.sheet for sheet in book} == {expected}
    path.write_text('[data]\nX = [[1]]\ny = [0]\n[workbook]\nprotect = "yes"\n')
    with pytest.raises(xlnn.XlnnError, match=r"line 5, \[workbook\]: protect is 'yes'"):
        xlnn.load(path)


def test_an_open_formula_would_be_found(
    built: Callable[[Experiment], Path], tmp_path: Path
) -> None:
    path = built(Experiment(**FEW, protect=True))
    sheet = read_raw(path).sheets["output"]
    place = next(place for place, cell in sheet.cells.items() if cell.formula)
    with ZipFile(path) as archive:
        text = archive.read("xl/styles.xml").decode()
    numbers = [
        number
        for number, xf in enumerate(ElementTree.fromstring(text).find(f"{MAIN}cellXfs"))
        for protection in [xf.find(f"{MAIN}protection")]
        if protection is not None and protection.get("locked") == "0"
    ]

    def change(name: str, content: str) -> str:
        if name != sheet.part:
            return content
        return re.sub(rf'(<c r="{place}" s=)"\d+"', rf'\1"{numbers[0]}"', content)

    opened = open_cells(rewritten(path, tmp_path / "open.xlsx", change))
    assert opened - open_cells(path) == {f"output!{place}"}
