"""The look comes from a workbook that a person edits, and the one of the templates can be read by
everybody."""

from __future__ import annotations

import filecmp
import hashlib
import io
import zipfile
from collections.abc import Callable
from copy import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from click.testing import CliRunner
from colours import DEFICIENCIES, contrast, difference, linear, seen_with
from lint import lint, read_raw
from openpyxl import Workbook
from openpyxl.styles import Border, Font, NamedStyle, PatternFill, Protection, Side
from openpyxl.styles.colors import Color
from openxml_audit import OpenXmlValidator

import xlnn
from xlnn.bundled import THEME, folder
from xlnn.cli import main
from xlnn.errors import ExperimentError, ThemeError
from xlnn.experiment.experiment import Experiment
from xlnn.workbook import theme as meaning
from xlnn.workbook.colours import colour_name, palette_of, rgb
from xlnn.workbook.theme import load_theme, new_book
from xlnn.workbook.theme_file import PREFIX, Theme

BUNDLED = folder() / THEME

LEAST_CONTRAST, LEAST_DIFFERENCE = 4.5, 10.0

SMALL = {
    "X": [[1, 2], [3, 4]],
    "y": [0, 1],
    "hidden": (2,),
    "epochs": 3,
    "show": [1, 2, -1],
    "extras": "none",
}

ALL_EXTRAS = xlnn.example("xor", {"extras": "all"})
"""A workbook with every sheet that there is."""


def named(book: Workbook, name: str) -> NamedStyle:
    """A style of a workbook, which openpyxl keeps to itself."""
    return book._named_styles[PREFIX + name]


def edited(target: Path, change: Callable[[Workbook], None]) -> Path:
    """A theme in which somebody has changed something."""
    book = openpyxl.load_workbook(BUNDLED)
    change(book)
    book.save(target)
    return target


def colourful(book: Workbook) -> None:
    """Changes a fill, a font, a number format, and what a chart takes."""
    result = named(book, "result")
    result.fill = PatternFill("solid", start_color="C6E0B4", end_color="C6E0B4")
    font = copy(result.font)
    font.name, font.color = "Georgia", Color(rgb="FF1F3D0C")
    result.font = font
    named(book, "operand").fill = PatternFill("solid", start_color="D9D2E9", end_color="D9D2E9")
    named(book, "number").number_format = "0.00000"
    named(book, "series 1").font = Font(color="FF7030A0")
    named(book, "gridline").border = Border(bottom=Side(style="thin", color="FFAABBCC"))


def style_of(book: Workbook, sheet: str, cell: str) -> tuple[str, str, str, str]:
    """The fill, the font, its colour and the number format of a cell."""
    found = book[sheet][cell]
    return (
        found.fill.fgColor.rgb[-6:],
        found.font.name,
        found.font.color.rgb[-6:],
        found.number_format,
    )


# --- Everybody can read it ------------------------------------------------------------


def poor(theme: Theme) -> list[str]:
    """The styles whose text is hard to read on its fill."""
    return [
        name
        for name in theme.styles
        if contrast(theme.colour(name), theme.fill(name)) < LEAST_CONTRAST
    ]


def test_text_stands_out_from_its_fill() -> None:
    theme = load_theme()
    assert len(theme.styles) > 40
    assert poor(theme) == []


def test_poor_contrast_is_seen(tmp_path: Path) -> None:
    def fade(book: Workbook) -> None:
        named(book, "note").font = Font(color="FF999999")
        named(book, "band").fill = PatternFill("solid", start_color="FFFFFFAA")

    assert poor(load_theme(edited(tmp_path / "faded.xlsx", fade))) == ["note", "band"]


def test_the_contrast_is_that_of_wcag() -> None:
    assert contrast("000000", "FFFFFF") == pytest.approx(21)
    assert contrast("777777", "FFFFFF") == pytest.approx(4.48, abs=0.005)
    assert contrast("FF0000", "FFFFFF") == pytest.approx(4.0, abs=0.005)


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_results_and_operands_are_told_apart_without_a_kind_of_cone(deficiency: str) -> None:
    theme = load_theme()
    result, operand = (seen_with(deficiency, theme.fill(n)) for n in ("result", "operand"))
    assert difference(result, operand) > LEAST_DIFFERENCE


def test_results_and_operands_have_different_borders() -> None:
    styles = load_theme().styles
    sides = [
        {getattr(styles[name].border, side).style for side in ("left", "right", "top", "bottom")}
        for name in ("result", "operand")
    ]
    assert [len(side) for side in sides] == [1, 1]
    assert sides[0] != sides[1]


@pytest.mark.parametrize(
    ("deficiency", "one", "other"),
    [
        # What is known to be confused, at the same lightness; and what is not.
        ("protanopia", "C00000", "4F4A00"),
        ("deuteranopia", "A35A00", "7A7A00"),
        ("tritanopia", "4472C4", "007F7F"),
    ],
)
def test_the_simulation_confuses_what_people_confuse(deficiency: str, one: str, other: str) -> None:
    confused = difference(seen_with(deficiency, one), seen_with(deficiency, other))
    assert confused < difference(linear(one), linear(other)) / 2


def test_the_difference_is_that_of_cie_lab() -> None:
    assert difference(linear("FFFFFF"), linear("000000")) == pytest.approx(100, abs=0.1)
    assert difference(linear("FF0000"), linear("00FF00")) == pytest.approx(170.6, abs=0.1)
    assert np.allclose(seen_with("tritanopia", "FFFFFF"), 1, atol=1e-5)  # white stays white


# --- The theme decides ----------------------------------------------------------------


def test_an_edited_theme_changes_the_workbook(
    built: Callable[[Experiment], Path], tmp_path: Path
) -> None:
    theme = edited(tmp_path / "mine.xlsx", colourful)
    cells = {}
    for name, chosen in (("plain", None), ("changed", theme)):
        book = openpyxl.load_workbook(built(Experiment(**SMALL, theme=chosen)))
        cells[name] = {
            style_of(book, "output", cell.coordinate)
            for row in book["output"].iter_rows()
            for cell in row
            if cell.style == "xlnn result"
        }
    assert cells == {
        "plain": {("FFF2A8", "Calibri", "000000", "0.000")},
        "changed": {("C6E0B4", "Georgia", "1F3D0C", "0.00000")},
    }


def test_an_edited_theme_changes_the_chart_and_what_sentences_call_its_colours(
    built: Callable[[Experiment], Path], tmp_path: Path
) -> None:
    path = built(Experiment(**SMALL, theme=edited(tmp_path / "mine.xlsx", colourful)))
    with zipfile.ZipFile(path) as archive:
        chart = archive.read("xl/charts/chart1.xml").decode()
    assert "7030A0" in chart
    assert "AABBCC" in chart
    assert "1F4E9E" not in chart
    said = [cell.text or "" for cell in read_raw(path).sheets["Start"].cells.values()]
    assert any("green is what the step computes and purple is" in text for text in said)
    assert not any("yellow" in text for text in said)


def test_formulas_numbers_and_places_do_not_follow_the_theme(
    built: Callable[[Experiment], Path], tmp_path: Path
) -> None:
    theme = edited(tmp_path / "mine.xlsx", colourful)
    plain, mine = (read_raw(built(replace(ALL_EXTRAS, theme=chosen))) for chosen in (None, theme))
    assert plain.names == mine.names
    assert list(plain.sheets) == list(mine.sheets)
    for name, sheet in plain.sheets.items():
        other = mine.sheets[name]
        assert sheet.links == other.links
        assert sheet.cells.keys() == other.cells.keys()
        for place, cell in sheet.cells.items():
            assert cell.formula == other.cells[place].formula, (name, place)
            assert cell.kind == other.cells[place].kind, (name, place)
            if cell.kind == "n":
                assert cell.text == other.cells[place].text, (name, place)


@pytest.mark.parametrize(
    "chosen", [Experiment(**SMALL), ALL_EXTRAS], ids=["no extra sheets", "all sheets"]
)
def test_a_workbook_with_another_theme_is_valid_audits_clean_and_repeats_to_the_byte(
    chosen: Experiment, tmp_path: Path
) -> None:
    theme = edited(tmp_path / "mine.xlsx", colourful)
    experiment = replace(chosen, theme=theme, language="de", protect=True)
    one = xlnn.build(experiment, tmp_path / "one.xlsx")
    two = xlnn.build(experiment, tmp_path / "two.xlsx")
    assert one.report is not None
    assert one.report.ok
    assert filecmp.cmp(one.path, two.path, shallow=False)
    assert OpenXmlValidator(max_errors=0).validate(one.path).errors == []


def test_a_workbook_with_another_theme_falls_into_no_trap(
    built: Callable[[Experiment], Path], tmp_path: Path
) -> None:
    theme = edited(tmp_path / "mine.xlsx", colourful)
    assert lint(built(Experiment(**SMALL, theme=theme, language="de", protect=True))) == []


def test_colours_of_the_documents_own_theme_come_along(
    built: Callable[[Experiment], Path], tmp_path: Path
) -> None:
    # Excel's palette offers these first, and lighter and darker shades of them.
    def office(book: Workbook) -> None:
        named(book, "result").fill = PatternFill("solid", start_color=Color(theme=6, tint=0.6))
        named(book, "series 1").font = Font(color=Color(theme=4))
        named(book, "series 2").font = Font(color=Color(indexed=10))
        document = book.loaded_theme.decode().replace("9BBB59", "123456")
        book.loaded_theme = document.encode()

    path = edited(tmp_path / "office.xlsx", office)
    theme = load_theme(path)
    assert theme.fill("result") == "79AEE3"
    assert theme.colour("series 1") == "4F81BD"
    assert theme.colour("series 2") == "FF0000"
    book = openpyxl.load_workbook(built(Experiment(**SMALL, theme=path)))
    assert b"123456" in book.loaded_theme
    assert named(book, "result").fill.fgColor.theme == 6


def test_a_colour_is_found_however_it_is_told() -> None:
    palette = palette_of(None)
    assert rgb(None, palette, ()) is None
    assert rgb(Color(auto=True), palette, ()) is None
    assert rgb(Color(rgb="FF12abCD"), palette, ()) == "12ABCD"
    assert rgb(Color(theme=1), palette, ()) == "000000"
    assert rgb(Color(theme=0, tint=-0.5), palette, ()) == "808080"
    assert rgb(Color(theme=1, tint=0.5), palette, ()) == "808080"
    assert rgb(Color(indexed=2), palette, ("00000000", "00FFFFFF", "00FF0000")) == "FF0000"
    assert rgb(Color(indexed=64), palette, ()) is None


@pytest.mark.parametrize(
    ("colour", "name"),
    [
        ("FFF2A8", "yellow"),
        ("F6B26B", "orange"),
        ("DCEBF7", "blue"),
        ("C6E0B4", "green"),
        ("D9D2E9", "purple"),
        ("FFC7CE", "red"),
        ("FFCCE6", "pink"),
        ("FFFFFF", "white"),
        ("D9D9D9", "grey"),
        ("000000", "black"),
    ],
)
def test_a_colour_has_a_name(colour: str, name: str) -> None:
    assert colour_name(colour) == name


# --- The file -------------------------------------------------------------------------


def test_the_theme_shows_and_explains_each_style() -> None:
    book = openpyxl.load_workbook(BUNDLED)
    (sheet,) = book.worksheets
    assert sheet.sheet_state == "visible"
    shown = {row[0].value: row for row in sheet.iter_rows() if row[1].style == row[0].value}
    assert {name.removeprefix(PREFIX) for name in shown} == set(load_theme().styles)
    for name, row in shown.items():
        assert str(row[2].value).endswith("."), name
        style = book._named_styles[name]
        # Excel changes both when a style is modified; here nothing may be set by hand.
        assert row[1].font.color == style.font.color, name
        assert row[1].fill.fgColor == style.fill.fgColor, name
        assert row[1].number_format == style.number_format, name


def test_the_theme_is_small_and_valid() -> None:
    assert BUNDLED.stat().st_size < 20_000
    # The cells' own texts are no harm; openpyxl, which wrote the file, knows no other way.
    errors = OpenXmlValidator(max_errors=0).validate(BUNDLED).errors
    assert [error for error in errors if "inline-string" not in str(error)] == []


def test_every_style_of_the_theme_has_a_use() -> None:
    theme = load_theme()
    book, numbers = new_book(theme)
    used = {name.removeprefix(PREFIX) for name in book.named_styles} | set(meaning.SERIES)
    used |= {meaning.GRIDLINE, *meaning.KINDS.values(), *meaning.DENSE.values()}
    assert set(theme.styles) <= used
    assert len(set(numbers.values())) == len(numbers)


@pytest.mark.parametrize("role", [*meaning.NUMBERS, *meaning.TAUGHT])
def test_a_style_of_numbers_has_the_look_of_its_role_and_the_format_of_its_kind(
    role: str,
) -> None:
    book, _ = new_book(load_theme())
    plain = named(book, role)
    formats = {
        "": "0.000",
        "whole ": "General",
        "large ": "0.000E+00",
        "precise ": "0.000000",
        "share ": "0.0%",
    }
    assert formats.keys() == meaning.KINDS.keys()
    for kind, expected in formats.items():
        style = named(book, kind + role)
        assert style.number_format == expected
        assert (style.font, style.fill, style.border) == (plain.font, plain.fill, plain.border)
        assert style.protection == plain.protection
    dense = named(book, f"grid {role}")
    assert (dense.number_format, dense.font.sz, dense.alignment.horizontal) == ("0.00", 8, "center")
    assert dense.fill == plain.fill


def test_reading_the_theme_leaves_it_as_it_is(built: Callable[[Experiment], Path]) -> None:
    before = hashlib.sha256(BUNDLED.read_bytes()).digest()
    built(Experiment(**SMALL))
    assert hashlib.sha256(BUNDLED.read_bytes()).digest() == before


# --- What cannot be used --------------------------------------------------------------


def test_a_missing_style_is_named_with_the_way_out(tmp_path: Path) -> None:
    def forget(book: Workbook) -> None:
        book._named_styles.remove(named(book, "neuron output"))
        for place, style in enumerate(book._named_styles):
            style._style.xfId = place

    path = edited(tmp_path / "lacking.xlsx", forget)
    with pytest.raises(
        ThemeError, match=r"lacks the cell style 'xlnn neuron output'.*--copy theme"
    ):
        load_theme(path)


def test_a_workbook_that_is_no_theme_is_refused(tmp_path: Path) -> None:
    Workbook().save(tmp_path / "any.xlsx")
    with pytest.raises(ThemeError, match=r"lacks the cell styles 'xlnn title'.* more"):
        load_theme(tmp_path / "any.xlsx")


def test_a_theme_that_locks_the_inputs_is_refused(tmp_path: Path) -> None:
    def lock(book: Workbook) -> None:
        named(book, "input").protection = Protection(locked=True)

    with pytest.raises(ThemeError, match="'xlnn input' is locked"):
        load_theme(edited(tmp_path / "locked.xlsx", lock))


def damaged() -> bytes:
    """A theme whose styles are no XML."""
    target = io.BytesIO()
    with zipfile.ZipFile(BUNDLED) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, content[: len(content) // 2] if "styles" in name else content)
    return target.getvalue()


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04", damaged()])
def test_a_damaged_theme_is_refused_before_any_work(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xlnn.building.run", lambda *_: pytest.fail("it was trained"))
    path = tmp_path / "mine.xlsx"
    path.write_bytes(content)
    with pytest.raises(ThemeError, match=r"mine\.xlsx is no \.xlsx workbook, or a damaged one"):
        xlnn.build(Experiment(**SMALL, theme=path), tmp_path / "out.xlsx")
    assert list(tmp_path.iterdir()) == [path]


def test_a_theme_that_is_not_there_is_refused_with_the_line(tmp_path: Path) -> None:
    with pytest.raises(ExperimentError, match="there is no such file"):
        Experiment(**SMALL, theme=tmp_path / "none.xlsx")
    path = tmp_path / "exp.toml"
    path.write_text('[data]\nX = [[1]]\ny = [0]\n[workbook]\ntheme = "none.xlsx"\n')
    with pytest.raises(ExperimentError, match=r"line 5, \[workbook\]: theme is .*none\.xlsx"):
        xlnn.load(path)
    path.write_text("[data]\nX = [[1]]\ny = [0]\n[workbook]\ntheme = 3\n")
    with pytest.raises(ExperimentError, match="theme is 3: give the name of a file"):
        xlnn.load(path)


# --- How it is chosen -----------------------------------------------------------------


def test_a_theme_is_named_beside_the_experiment(tmp_path: Path) -> None:
    theme = edited(tmp_path / "mine.xlsx", colourful)
    path = tmp_path / "exp.toml"
    path.write_text('[data]\nX = [[1]]\ny = [0]\n[workbook]\ntheme = "mine.xlsx"\n')
    experiment = xlnn.load(path)
    assert experiment.theme == theme
    assert theme in experiment.sources  # so that nothing replaces it


def test_the_command_copies_a_theme_and_builds_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    copied = CliRunner().invoke(main, ["examples", "--copy", "theme"])
    assert copied.exit_code == 0
    assert filecmp.cmp(THEME, BUNDLED, shallow=False)
    done = CliRunner().invoke(
        main, ["build", "demo", "--theme", THEME, "--extras", "none", "-o", "mine.xlsx"]
    )
    assert done.exit_code == 0, done.output
    refused = CliRunner().invoke(main, ["build", "demo", "--theme", THEME, "-o", THEME, "--force"])
    assert refused.exit_code == 2
    assert "is what the experiment is read from" in refused.output
    missing = CliRunner().invoke(main, ["build", "demo", "--theme", "none.xlsx"])
    assert missing.exit_code == 2
    assert "--theme: theme is 'none.xlsx'" in missing.output
