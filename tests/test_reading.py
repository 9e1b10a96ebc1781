"""The audit reads what spreadsheet programs write, and refuses what can do harm."""

from __future__ import annotations

import zipfile
from pathlib import Path

import openpyxl
import pytest

from xlnn.audit.cell_values import ErrorValue
from xlnn.audit.stored.references import column_number
from xlnn.audit.stored.sheet import Stored
from xlnn.audit.stored.workbook import StoredWorkbook
from xlnn.errors import WorkbookError

RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="t" Target="{target}"/></Relationships>'
)
WORKBOOK = (
    '<x:workbook xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
    '<x:sheets><x:sheet name="S" sheetId="1" r:id="rId1"/></x:sheets></x:workbook>'
)


def workbook_of(
    folder: Path, sheet: str, strings: str = "", target: str = "worksheets/one.xml"
) -> StoredWorkbook:
    """A workbook of one sheet, with the given XML as it could come from any program."""
    path = folder / "some.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", WORKBOOK)
        archive.writestr("xl/_rels/workbook.xml.rels", RELATIONS.format(target=target))
        archive.writestr("xl/worksheets/one.xml", sheet)
        if strings:
            archive.writestr("xl/sharedStrings.xml", strings)
    return StoredWorkbook(path)


def test_values_of_every_type_are_read(tmp_path: Path) -> None:
    book = workbook_of(
        tmp_path,
        "<worksheet><sheetData><row>"
        '<c r="A1"><v>0.30000000000000004</v></c>'
        '<c r="B1" t="s"><v>1</v></c>'
        '<c r="C1" t="inlineStr"><is><r><t>a</t></r><r><t> &lt;b</t></r></is></c>'
        '<c r="D1" t="b"><v>1</v></c>'
        '<c r="E1" t="e"><f>1/0</f><v>#DIV/0!</v></c>'
        '<c r="F1" t="str"><f>"x"</f><v>x</v></c>'
        '<c r="G1" s="3"/><c t="n"><v>7</v></c>'
        "</row></sheetData></worksheet>",
        "<sst><si><t>one</t></si><si><r><t>t</t></r><r><t>wo</t></r></si></sst>",
    )
    values = [book.value("S", 1, column) for column in range(1, 9)]
    assert values == [0.1 + 0.2, "two", "a <b", True, "#DIV/0!", "x", None, 7]
    assert isinstance(values[4], ErrorValue)
    assert book.constant("S", 1, 5) is None
    assert book.constant("S", 1, 1) == 0.1 + 0.2
    assert book.sheet("S").rows(8) == [[0.1 + 0.2, "two", "a <b", True, "#DIV/0!", "x", None, 7]]


def test_blanks_between_elements_and_pronunciation_are_no_text(tmp_path: Path) -> None:
    book = workbook_of(
        tmp_path,
        '<worksheet>\n <sheetData>\n  <row r="1">\n   <c r="A1" t="inlineStr">\n    <is>\n'
        '     <t>name</t>\n    </is>\n   </c>\n   <c r="B1" t="s">\n    <v>0</v>\n   </c>\n'
        "  </row>\n </sheetData>\n</worksheet>",
        "<sst>\n <si>\n  <t>東京</t>\n  <rPh><t>トウキョウ</t></rPh>\n </si>\n</sst>",
    )
    assert book.sheet("S").rows(8) == [["name", "東京"]]


def test_shared_formulas_as_excel_saves_them_are_moved_to_their_cells(tmp_path: Path) -> None:
    book = workbook_of(
        tmp_path,
        '<worksheet><sheetData><row r="1"><c r="B1"><f t="shared" ref="B1:B2" si="0">A1*$C$1</f>'
        '<v>1</v></c></row><row r="2"><c r="B2"><f t="shared" si="0"/><v>2</v></c></row>'
        "</sheetData></worksheet>",
    )
    assert book.formula("S", 1, 2) == Stored("=A1*$C$1", None)
    assert book.formula("S", 2, 2) == Stored("=A2*$C$1", None)


def test_an_array_formula_belongs_to_every_cell_of_its_range(tmp_path: Path) -> None:
    book = workbook_of(
        tmp_path,
        '<worksheet><sheetData><row r="3"><c r="B3"><f t="array" ref="B3:C4">X*2</f><v>1</v></c>'
        '<c r="C3"><v>2</v></c></row></sheetData></worksheet>',
        target="/xl/worksheets/one.xml",
    )
    stored = Stored("=X*2", (3, 2, 4, 3))
    assert [book.formula("S", row, column) for row in (3, 4) for column in (2, 3)] == [stored] * 4
    assert book.formula("S", 3, 4) is None


def test_a_workbook_by_openpyxl_reads_as_openpyxl_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "theirs.xlsx"
    theirs = openpyxl.Workbook()
    sheet = theirs.active
    for row in range(1, 40):
        for column in (1, 2, 27, 30):
            sheet.cell(row, column, row / column if row % 3 else f"text {row}")
    sheet["C1"] = "=SUM(A1:B1)"
    theirs.save(path)
    book = StoredWorkbook(path)
    assert book.formula("Sheet", 1, 3) == Stored("=SUM(A1:B1)", None)
    cells = openpyxl.load_workbook(path)["Sheet"].iter_rows(max_row=39)
    for cell in (cell for row in cells for cell in row if cell.data_type != "f"):
        assert book.value("Sheet", cell.row, cell.column) == cell.value


@pytest.mark.parametrize(("letters", "number"), [("A", 1), ("Z", 26), ("AA", 27), ("XFD", 16384)])
def test_columns_count_from_a(letters: str, number: int) -> None:
    assert column_number(letters) == number


def test_entities_are_refused_before_they_grow(tmp_path: Path) -> None:
    bomb = (
        '<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
        '<worksheet><sheetData><row><c t="str"><v>&b;</v></c></row></sheetData></worksheet>'
    )
    with pytest.raises(WorkbookError, match="entities"):
        workbook_of(tmp_path, bomb).sheet("S")


@pytest.mark.parametrize(
    "sheet",
    [
        "<worksheet><sheetData>",
        '<worksheet><sheetData><row r="1"><c r="A1"><v>one</v></c></row></sheetData></worksheet>',
        '<worksheet><sheetData><row r="x"/></sheetData></worksheet>',
        '<worksheet><sheetData><row><c t="s"><v>5</v></c></row></sheetData></worksheet>',
        '<worksheet><sheetData><row><c r="A1"><f t="shared" si="9"/></c></row></sheetData>'
        "</worksheet>",
    ],
)
def test_a_damaged_sheet_is_a_workbook_error(tmp_path: Path, sheet: str) -> None:
    with pytest.raises(WorkbookError):
        workbook_of(tmp_path, sheet).sheet("S")


@pytest.mark.parametrize("corners", ["A1:XFD1048576", "A1:A200000", "B2:A1", "A1:XFE1", "x"])
def test_an_array_formula_that_fills_more_than_there_is_is_refused_before_it_does(
    corners: str, tmp_path: Path
) -> None:
    sheet = (
        '<worksheet><sheetData><row r="1"><c r="A1">'
        f'<f t="array" ref="{corners}">1</f></c></row></sheetData></worksheet>'
    )
    with pytest.raises(WorkbookError, match="on the sheet S"):
        workbook_of(tmp_path, sheet).sheet("S")


def test_the_cells_of_array_formulas_tell_them_but_those_with_a_formula_of_their_own(
    tmp_path: Path,
) -> None:
    sheet = (
        '<worksheet><sheetData><row r="1"><c r="A1"><f t="array" ref="A1:B2">X</f></c>'
        '<c r="B1"><f>1+1</f></c></row></sheetData></worksheet>'
    )
    book = workbook_of(tmp_path, sheet)
    filled = Stored("=X", (1, 1, 2, 2))
    found = [book.formula("S", row, column) for row in (1, 2) for column in (1, 2)]
    assert found == [filled, Stored("=1+1", None), filled, filled]
