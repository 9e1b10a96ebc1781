"""A copy is marked at the right places whatever program wrote the workbook, and however."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lint import MAIN, OFFICE, sheet_name_flaw

from xlnn.audit.report import Finding, Report
from xlnn.audit.reports import findings_sheet, marks, patch
from xlnn.audit.reports.marks import Mark, mark_patches
from xlnn.audit.reports.patch import Patch, changed, with_attributes
from xlnn.audit.reports.report_files import is_report
from xlnn.audit.reports.saving import save_reports
from xlnn.audit.reports.style_sheet import StyleSheet, no_styles
from xlnn.audit.stored.workbook import StoredWorkbook
from xlnn.errors import OutputError

TRANSITIONAL = MAIN.strip("{}")
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
RELATIONS = OFFICE.strip("{}")
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"

STYLES = (
    f'<styleSheet xmlns="{TRANSITIONAL}" xmlns:mc="urn:m" xmlns:x14ac="urn:a" '
    'mc:Ignorable="x14ac"><numFmts count="1"><numFmt numFmtId="170" '
    'formatCode="0.00&quot;m&quot;"/></numFmts>'
    '<fonts count="1" x14ac:knownFonts="1"><font><b/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border/></borders>'
    '<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf fontId="0"/>'
    '<xf numFmtId="170" applyNumberFormat="1"><protection locked="0"/></xf></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
    '<dxfs count="0"/><extLst><ext uri="{x}"/></extLst></styleSheet>'
)


def package(
    path: Path,
    sheets: Mapping[str, str],
    styles: str | None = STYLES,
    book: str = "",
    parts: Mapping[str, str] | None = None,
    kind: str = f"{KIND}.sheet.main+xml",
    relations: str = "",
    types: str = "",
) -> Path:
    """A workbook made by hand: the XML of its sheets by name, and what else is said."""
    listed = "".join(
        f'<sheet name="{name}" sheetId="{i + 4}" r:id="s{i}"/>' for i, name in enumerate(sheets)
    )
    worksheets = "".join(
        f'<Relationship Id="s{i}" Type="{RELATIONS}/worksheet" Target="worksheets/sheet{i}.xml"/>'
        for i in range(len(sheets))
    )
    if styles is not None:
        worksheets += f'<Relationship Id="st" Type="{RELATIONS}/styles" Target="/xl/styles.xml"/>'
        types += f'<Override PartName="/xl/styles.xml" ContentType="{KIND}.styles+xml"/>'
    entries = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="{KIND}.worksheet+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}"/>{types}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r" '
        f'Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{TRANSITIONAL}" xmlns:r="{RELATIONS}">'
        f"<sheets>{listed}</sheets>{book}</workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        f"{worksheets}{relations}</Relationships>",
        **{f"xl/worksheets/sheet{i}.xml": text for i, text in enumerate(sheets.values())},
        **({} if styles is None else {"xl/styles.xml": styles}),
        **(parts or {}),
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in entries.items():
            archive.writestr(name, text)
    return path


def sheet(inside: str, namespace: str = TRANSITIONAL) -> str:
    """A sheet's XML."""
    return f'<?xml version="1.0"?>\n<worksheet xmlns="{namespace}">{inside}</worksheet>'


def finding(name: str, cell: str, cause: bool = True) -> Finding:
    """A finding in a cell."""
    return Finding("wrong-value", name, cell, "X", 2, 1, 1.0, 2.0, cause, f"{name}!{cell} is wrong")


def copied(path: Path, *findings: Finding) -> Path:
    """The marked copy."""
    target = path.with_name("copy.xlsx")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    save_reports([Report(str(path), 1e-9, 1, (), findings, sha256=sha256)], target)
    return target


def part(path: Path, name: str) -> str:
    with zipfile.ZipFile(path) as archive:
        return archive.read(name).decode()


def names(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


# --- Rows and cells -------------------------------------------------------------------

MARKED = re.compile(r' s="\d+"')


def marked(inside: str, *cells: str) -> str:
    """What becomes of the inside of a sheet: its cells are marked with style 7, without links."""
    document = sheet(inside).encode()
    places = {
        (int(re.sub(r"\D", "", cell)), ord(cell[0]) - 64): Mark(True, "F!A1", "tip")
        for cell in cells
    }
    patches = mark_patches(io.BytesIO(document), places, lambda number, cause: 7)
    text = changed(document, patches).decode()
    return re.sub("<(x:)?hyperlinks>.*</(x:)?hyperlinks>", "", text).split('main">')[1][:-12]


@pytest.mark.parametrize(
    ("before", "cells", "after"),
    [
        ("<sheetData/>", ["B2"], '<sheetData><row r="2"><c r="B2" s="7"/></row></sheetData>'),
        (
            '<sheetData><row r="2" spans="1:1"/></sheetData>',
            ["B2", "A3"],
            '<sheetData><row r="2"><c r="B2" s="7"/></row><row r="3"><c r="A3" s="7"/></row>'
            "</sheetData>",
        ),
        (
            '<sheetData ><row r="2" ht="3"></row ></sheetData >',
            ["B2", "A1"],
            '<sheetData ><row r="1"><c r="A1" s="7"/></row><row r="2" ht="3"><c r="B2" s="7"/>'
            "</row ></sheetData >",
        ),
        (
            '<sheetData><row r="4"><c r="B4" t="s" s="3"><f>1&gt;0</f><v>5</v></c><c r="D4"/></row>'
            '<row r="9"/></sheetData>',
            ["A4", "B4", "C4", "D4", "E4", "F4", "C6"],
            '<sheetData><row r="4"><c r="A4" s="7"/><c r="B4" t="s" s="7"><f>1&gt;0</f><v>5</v></c>'
            '<c r="C4" s="7"/><c r="D4" s="7"/><c r="E4" s="7"/><c r="F4" s="7"/></row>'
            '<row r="6"><c r="C6" s="7"/></row><row r="9"/></sheetData>',
        ),
        (  # rows and cells that follow the ones before
            "<sheetData><row><c><v>1</v></c><c><v>2</v></c></row><row><c/></row></sheetData>",
            ["B1", "C1", "A2", "A3"],
            '<sheetData><row><c><v>1</v></c><c s="7"><v>2</v></c><c r="C1" s="7"/></row>'
            '<row><c s="7"/></row><row r="3"><c r="A3" s="7"/></row></sheetData>',
        ),
        (  # a > in a text of an attribute, single quotes, line breaks
            "<sheetData><row r='1' x='a>b'><c\n r = 'A1' s='2' ph='>'/></row></sheetData>",
            ["A1"],
            "<sheetData><row r='1' x='a>b'><c\n r = 'A1' s=\"7\" ph='>'/></row></sheetData>",
        ),
    ],
)
def test_cells_are_marked_and_put_in_where_they_belong(
    before: str, cells: list[str], after: str
) -> None:
    assert marked(before, *cells) == after


def test_prefixes_are_kept() -> None:
    document = (
        f'<x:worksheet xmlns:x="{TRANSITIONAL}"><x:sheetData><x:row r="1"><x:c r="A1"/></x:row>'
        "</x:sheetData><x:pageMargins/></x:worksheet>"
    ).encode()
    places = {(1, 1): Mark(True, "F!A1", "tip"), (2, 1): Mark(False, "F!A2", "tip")}
    text = changed(document, mark_patches(io.BytesIO(document), places, lambda n, c: 7)).decode()
    assert '<x:c r="A1" s="7"/></x:row><x:row r="2"><x:c r="A2" s="7"/></x:row>' in text
    assert '</x:sheetData><x:hyperlinks><x:hyperlink ref="A1" location="F!A1" tooltip' in text
    assert text.endswith("</x:hyperlinks><x:pageMargins/></x:worksheet>")
    ElementTree.fromstring(text)


@given(
    st.sets(st.tuples(st.integers(1, 6), st.integers(1, 5)), max_size=12),
    st.sets(st.tuples(st.integers(1, 7), st.integers(1, 6)), min_size=1, max_size=9),
    st.sets(st.integers(1, 6)),
)
def test_every_marked_cell_is_there_once_and_in_order(
    there: set[tuple[int, int]], wanted: set[tuple[int, int]], empty: set[int]
) -> None:
    rows = "".join(
        f'<row r="{row}" ht="9">'
        + "".join(
            f'<c r="{chr(64 + column)}{row}" s="3"><v>{row}{column}</v></c>'
            for column in range(1, 6)
            if (row, column) in there
        )
        + "</row>"
        for row in range(1, 7)
        if row in empty or row in {r for r, _ in there}
    ).replace(' ht="9"></row>', ' ht="9"/>')
    cells = [f"{chr(64 + column)}{row}" for row, column in wanted]
    root = ElementTree.fromstring(f"<w>{marked(f'<sheetData>{rows}</sheetData>', *cells)}</w>")
    found = [cell for row in root.iter("row") for cell in row]
    assert [int(row.get("r", "")) for row in root.iter("row")] == sorted(
        {row for row, _ in there | wanted} | empty
    )
    order = [(int(c.get("r", "")[1:]), ord(c.get("r", "")[0]) - 64) for c in found]
    assert order == sorted(there | wanted)
    for place, cell in zip(order, found, strict=True):
        assert cell.get("s") == ("7" if place in wanted else "3")
        value = cell.find("v")
        assert (None if value is None else value.text) == (
            f"{place[0]}{place[1]}" if place in there else None
        )


# --- Links ----------------------------------------------------------------------------


def links(path: Path, name: str = "xl/worksheets/sheet0.xml") -> dict[str, str | None]:
    """The links of a sheet."""
    root = ElementTree.fromstring(part(path, name))
    order = [child.tag.removeprefix(MAIN) for child in root]
    assert order.count("hyperlinks") <= 1
    return {link.get("ref", ""): link.get("location") for link in root.iter(f"{MAIN}hyperlink")}


DATA = '<sheetData><row r="1"><c r="A1"/><c r="B1"/></row></sheetData>'


@pytest.mark.parametrize(
    ("inside", "after"),
    [
        (DATA, ["sheetData", "hyperlinks"]),
        (f"{DATA}<pageMargins/>", ["sheetData", "hyperlinks", "pageMargins"]),
        (
            f"<sheetPr/>{DATA}<sheetProtection/><mergeCells/><conditionalFormatting/>"
            "<dataValidations/><printOptions/><drawing/><extLst/>",
            ["sheetPr", "sheetData", "sheetProtection", "mergeCells", "conditionalFormatting",
             "dataValidations", "hyperlinks", "printOptions", "drawing", "extLst"],
        ),
        (
            f"{DATA}<mergeCells/><hyperlinks/><pageMargins/>",
            ["sheetData", "mergeCells", "hyperlinks", "pageMargins"],
        ),
    ],
)  # fmt: skip
def test_links_stand_where_excel_wants_them(inside: str, after: list[str], tmp_path: Path) -> None:
    path = package(tmp_path / "a.xlsx", {"X": sheet(inside)})
    copy = copied(path, finding("X", "B1"))
    root = ElementTree.fromstring(part(copy, "xl/worksheets/sheet0.xml"))
    assert [child.tag.removeprefix(MAIN) for child in root] == after
    assert links(copy) == {"B1": "Findings!A12"}


def test_what_inherits_leads_to_its_cause_and_a_cause_comes_before_it(tmp_path: Path) -> None:
    path = package(tmp_path / "a.xlsx", {"X": sheet(DATA)})
    heir = replace(finding("X", "B1", cause=False), origin="X!A1")
    # The same cell inherits a wrong number, and is wrong in itself.
    copy = copied(path, finding("X", "A1"), heir, finding("X", "B1"))
    assert links(copy) == {"A1": "Findings!A12", "B1": "Findings!A14"}
    back = links(copy, "xl/worksheets/xlnn_findings.xml")
    assert back == {"B12": "X!A1", "B13": "X!B1", "I13": "Findings!A12", "B14": "X!B1"}
    book = openpyxl.load_workbook(copy)
    assert [book["Findings"][f"I{row}"].value for row in (12, 13, 14)] == [None, "X!A1", None]
    assert book["X"]["B1"].border.top.style == "medium"


def test_only_what_is_a_link_looks_like_one(tmp_path: Path) -> None:
    path = package(tmp_path / "a.xlsx", {"X": sheet(DATA)})
    heir = replace(finding("X", "B1", cause=False), origin="X!A1")
    copy = copied(path, finding("X", "A1"), heir, finding("gone", "A1"))
    listed = openpyxl.load_workbook(copy)["Findings"]
    linked = links(copy, "xl/worksheets/xlnn_findings.xml")
    assert listed["B14"].value == "gone!A1"
    assert "B14" not in linked
    underlined = {
        cell.coordinate
        for row in listed["A12:I14"]
        for cell in row
        if cell.font.underline and cell.value
    }
    assert underlined == {*linked} == {"B12", "B13", "I13"}


def test_links_that_are_there_stay(tmp_path: Path) -> None:
    inside = (
        f'{DATA}<hyperlinks><hyperlink ref="A1" location="Y!A1"/><hyperlink ref="C3:D9" '
        'location="Y!A2"/></hyperlinks><pageMargins/>'
    )
    path = package(tmp_path / "a.xlsx", {"X": sheet(inside)})
    found = [finding("X", cell) for cell in ("A1", "B1", "D9", "E9")]
    copy = copied(path, *found)
    assert list(links(copy).items()) == [
        ("A1", "Y!A1"), ("C3:D9", "Y!A2"), ("B1", "Findings!A13"), ("E9", "Findings!A15"),
    ]  # fmt: skip


def test_there_are_never_more_links_than_excel_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert marks.MAX_LINKS == findings_sheet.MAX_LINKS == 65_530
    monkeypatch.setattr(marks, "MAX_LINKS", 100)
    monkeypatch.setattr(findings_sheet, "MAX_LINKS", 100)
    monkeypatch.setattr(findings_sheet, "LISTED", 150)
    path = package(tmp_path / "a.xlsx", {"X": sheet(DATA)})
    copy = copied(path, *(finding("X", f"A{row}") for row in range(1, 201)))
    for name in ("xl/worksheets/sheet0.xml", "xl/worksheets/xlnn_findings.xml"):
        assert part(copy, name).count("<hyperlink ") == 100
    assert len(re.findall(r"<c [^>]*s=", part(copy, "xl/worksheets/sheet0.xml"))) == 200
    listed = [cell.value for cell in openpyxl.load_workbook(copy)["Findings"]["A"]]
    assert listed.count("wrong-value") == 150 + 1  # and what it means
    assert "… and 50 more: a .json report has all of them" in listed


def test_a_long_message_is_cut_and_strange_ones_are_written(tmp_path: Path) -> None:
    path = package(tmp_path / "a.xlsx", {"X": sheet(DATA)})
    for message in ("é" * 300, "\N{GRINNING FACE}" * 200, 'a "<b>" & \x01 _x0041_ \n end'):
        given = Finding("extra", "X", "A1", "X", None, None, None, message, True, message)
        copy = copied(path, given)
        (link,) = ElementTree.fromstring(part(copy, "xl/worksheets/sheet0.xml")).iter(
            f"{MAIN}hyperlink"
        )
        tip = link.get("tooltip", "")
        assert 200 < len(tip.encode("utf-16-le")) // 2 <= 255 or tip.startswith('extra: a "<b>" &')
        shown = StoredWorkbook(copy).sheet("Findings").values.values()
        assert message.replace("\x01", "\ufffd") in shown


# --- The book -------------------------------------------------------------------------


def test_names_of_sheets_and_what_counts_them(tmp_path: Path) -> None:
    book = (
        "<definedNames><definedName name='_xlnm.Print_Area' localSheetId='1'>Findings!$A$1"
        '</definedName><definedName name="all">Findings!$A$1</definedName></definedNames>'
    )
    selected = '<sheetViews><sheetView workbookViewId="0" tabSelected="1"/></sheetViews>'
    sheets = {"it's &lt;b&gt; &quot;1&quot;": sheet(selected + DATA), "findings": sheet(DATA)}
    path = package(tmp_path / "a.xlsx", sheets, book=book)
    name = 'it\'s <b> "1"'
    copy = copied(path, finding(name, "A1"), finding("lost", "A1"), finding("findings", ""))
    book_xml = ElementTree.fromstring(part(copy, "xl/workbook.xml"))
    listed = [each.get("name") for each in book_xml.iter(f"{MAIN}sheet")]
    assert listed == ["Findings 2", name, "findings"]
    assert [each.get("sheetId") for each in book_xml.iter(f"{MAIN}sheet")] == ["6", "4", "5"]
    assert not any(sheet_name_flaw(str(each)) for each in listed)
    ids = [each.get("localSheetId") for each in book_xml.iter(f"{MAIN}definedName")]
    assert ids == ["2", None]
    assert links(copy) == {"A1": "'Findings 2'!A12"}
    # What is not there has no link.
    back = links(copy, "xl/worksheets/xlnn_findings.xml")
    assert list(back.values()) == ["'it''s <b> \"1\"'!A1"]
    assert "tabSelected" not in part(copy, "xl/worksheets/sheet0.xml")
    book_read = openpyxl.load_workbook(copy)
    assert book_read.sheetnames == listed
    assert book_read.active is not None
    assert book_read.active.title == "Findings 2"


def test_views_show_the_findings_first(tmp_path: Path) -> None:
    book = '<bookViews><workbookView activeTab="1" firstSheet="1"/></bookViews>'
    path = package(tmp_path / "a.xlsx", {"X": sheet(DATA), "Y": sheet(DATA)})
    text = part(path, "xl/workbook.xml").replace("<sheets>", f"{book}<sheets>")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(tmp_path / "b.xlsx", "w") as new:
        for name in old.namelist():
            new.writestr(name, text if name == "xl/workbook.xml" else old.read(name))
    shown = part(copied(tmp_path / "b.xlsx"), "xl/workbook.xml")
    assert '<workbookView activeTab="0" firstSheet="0"/>' in shown


def test_macros_and_signatures_are_left_out(tmp_path: Path) -> None:
    microsoft = "http://schemas.microsoft.com/office/2006/relationships"
    macro = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
    signature = (
        f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r" '
        f'Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/><Relationship Id="o" '
        f'Type="{PACKAGE}/relationships/digital-signature/origin" Target="_xmlsignatures/o.sigs"/>'
        "</Relationships>"
    )
    path = package(
        tmp_path / "a.xlsm",
        {"X": sheet(DATA)},
        kind=macro,
        relations=f'<Relationship Id="v" Type="{microsoft}/vbaProject" Target="vbaProject.bin"/>',
        types='<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/>',
        parts={
            "_rels/.rels": signature,
            "xl/vbaProject.bin": "macros",
            "xl/_rels/vbaProject.bin.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
            f'<Relationship Id="s" Type="{microsoft}/vbaProjectSignature" '
            'Target="vbaProjectSignature.bin"/></Relationships>',
            "xl/vbaProjectSignature.bin": "signed",
            "_xmlsignatures/o.sigs": "",
            "xl/printerSettings1.bin": "kept",
        },
    )
    copy = copied(path, finding("X", "A1"))
    assert not [name for name in names(copy) if "vba" in name or "sig" in name]
    assert part(copy, "xl/printerSettings1.bin") == "kept"
    assert "macroEnabled" not in part(copy, "[Content_Types].xml")
    assert "vba" not in part(copy, "xl/_rels/workbook.xml.rels")
    assert openpyxl.load_workbook(copy).sheetnames == ["Findings", "X"]


def test_sheets_of_macros_are_refused(tmp_path: Path) -> None:
    kind = "http://schemas.microsoft.com/office/2006/relationships/xlMacrosheet"
    relation = f'<Relationship Id="m" Type="{kind}" Target="macrosheets/sheet1.xml"/>'
    path = package(tmp_path / "a.xlsm", {"X": sheet(DATA)}, relations=relation)
    with pytest.raises(OutputError, match=r"Excel 4 macros.*\.html or \.json"):
        copied(path, finding("X", "A1"))
    assert not (tmp_path / "copy.xlsx").exists()


def test_the_strict_kind_of_file_stays_strict(tmp_path: Path) -> None:
    path = package(tmp_path / "a.xlsx", {"X": sheet(DATA, STRICT)})
    strict = {
        TRANSITIONAL: STRICT,
        RELATIONS: "http://purl.oclc.org/ooxml/officeDocument/relationships",
    }
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(tmp_path / "b.xlsx", "w") as new:
        for name in old.namelist():
            text = old.read(name).decode()
            for a, b in strict.items():
                text = text.replace(a, b)
            new.writestr(name, text)
    copy = copied(tmp_path / "b.xlsx", finding("X", "A1"))
    for name in names(copy):
        assert not any(each in part(copy, name) for each in strict), name


# --- Styles ---------------------------------------------------------------------------


def test_a_style_is_kept_but_for_fill_and_border() -> None:
    styles = StyleSheet(STYLES.encode())
    fill, border = styles.add_fill("FF0000"), styles.add_border("00FF00")
    assert styles.marked(1, fill, border) == styles.marked(1, fill, border) == 2
    assert styles.marked(1, fill, None) == 3
    assert styles.marked(99, fill, None) == 4  # no such style: as the plain one
    text = styles.document().decode()
    root = ElementTree.fromstring(text)
    counts = {child.tag.removeprefix(MAIN): (child.get("count"), len(child)) for child in root}
    assert counts["fills"] == ("3", 3)
    assert counts["borders"] == ("2", 2)
    assert counts["cellXfs"] == ("5", 5)
    assert (
        '<xf numFmtId="170" applyNumberFormat="1" fillId="2" applyFill="1" borderId="1" '
        'applyBorder="1"><protection locked="0"/></xf>'
    ) in text
    assert '<xf fontId="0" fillId="2" applyFill="1"/></cellXfs>' in text
    # All else is as it was.
    assert 'mc:Ignorable="x14ac"' in text
    assert 'x14ac:knownFonts="1"' in text
    assert text.endswith(
        '</cellStyles><dxfs count="0"/><extLst><ext uri="{x}"/></extLst></styleSheet>'
    )


@pytest.mark.parametrize(
    "document",
    [
        no_styles(TRANSITIONAL).decode(),
        f'<styleSheet xmlns="{TRANSITIONAL}"><cellXfs><xf/></cellXfs></styleSheet>',
        f'<x:styleSheet xmlns:x="{TRANSITIONAL}"><x:fonts count="0"/><x:dxfs/></x:styleSheet>',
    ],
)
def test_lists_that_are_not_there_are_made(document: str) -> None:
    styles = StyleSheet(document.encode())
    fill = styles.add_fill("FF0000")
    assert fill == 2  # the first two are Excel's own
    number = styles.marked(0, fill, styles.add_border("00FF00"))
    root = ElementTree.fromstring(styles.document())
    parts = [child.tag.removeprefix(MAIN) for child in root]
    order = ["fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs"]
    assert parts == [each for each in order if each in parts]
    assert {"fonts", "fills", "borders", "cellXfs"} <= set(parts)
    cells = root.find(f"{MAIN}cellXfs")
    assert cells is not None
    assert cells[number].get("fillId") == "2"


@pytest.mark.parametrize("styles", [None, STYLES])
def test_a_copy_can_be_opened_with_and_without_styles(styles: str | None, tmp_path: Path) -> None:
    style = "" if styles is None else ' s="1"'
    data = f'<sheetData><row r="1"><c r="A1"{style}><v>0.5</v></c></row></sheetData>'
    path = package(tmp_path / "a.xlsx", {"X": sheet(data)}, styles)
    copy = copied(path, finding("X", "A1"), finding("X", "C7", cause=False))
    assert is_report(copy)
    book = openpyxl.load_workbook(copy)
    assert book["X"]["A1"].value == 0.5
    assert book["X"]["A1"].fill.fill_type == book["X"]["C7"].fill.fill_type == "solid"
    assert book["X"]["A1"].border.top.style == "medium"
    assert book["X"]["C7"].border.top is None or book["X"]["C7"].border.top.style is None
    if styles:
        assert book["X"]["A1"].number_format == '0.00"m"'
        assert not book["X"]["A1"].protection.locked


# --- Patches --------------------------------------------------------------------------


def test_attributes_are_set_added_and_taken_away() -> None:
    tag = b"<c  r='A1'\ts = \"3\" x:s='4'/>"
    assert with_attributes(tag, {"s": "7"}) == b"<c  r='A1' s=\"7\" x:s='4'/>"
    assert with_attributes(tag, {"s": None, "t": "<"}) == b"<c  r='A1' x:s='4' t=\"&lt;\"/>"
    assert with_attributes(b"<c>", {"s": "7"}) == b'<c s="7">'


def test_a_change_does_not_depend_on_where_the_file_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    document = b"<a>" + b"".join(b'<b n="%d" t="x>y"/>' % i for i in range(40)) + b"</a>"
    places = [match.start() for match in re.finditer(rb"<b", document)]
    patches = [Patch(place, attributes={"n": "0"}, content=b"!") for place in places[::3]]
    patches += [Patch(place, b"+") for place in places[::2]]
    whole = changed(document, patches)
    assert whole.count(b">!</b>") == 14
    assert whole.count(b"+<b") == 20
    for size in (1, 2, 7, 50):
        monkeypatch.setattr(patch, "CHUNK", size)
        assert changed(document, patches) == whole
