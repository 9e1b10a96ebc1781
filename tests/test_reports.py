"""Reports say all that an audit found, can be read by programs and people, and change nothing."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner, Result
from conftest import engine_or_skip
from editing import rewritten, typed, with_cell
from lint import lint, read_raw
from openxml_audit import OpenXmlValidator
from recomputed import recompute_all

import xlnn
from xlnn.audit.report import KINDS, EngineResult, Finding, Report, StepResult
from xlnn.audit.reports import html_report
from xlnn.audit.reports.saving import save_reports
from xlnn.audit.reports.summary import Unreadable
from xlnn.audit.stored.workbook import StoredWorkbook
from xlnn.building import Built
from xlnn.cli import main

STRANGE = """<script>alert('"x"')</script> & 'more'"""
"""A sheet's name that a browser or an XML reader could trip over; no program would take it."""


def run_audit(*arguments: object, color: bool = False) -> Result:
    """``xlnn audit`` with some arguments."""
    return CliRunner().invoke(main, ["audit", *map(str, arguments)], color=color)


def finding(cell: str, sheet: str = "d_output", **fields: Any) -> Finding:
    """A finding made by hand."""
    given = {"kind": "wrong-value", "matrix": sheet, "step": 7, "epoch": 1, "expected": 0.25}
    more = {"found": 0.5, "cause": True, "message": f"{sheet}!{cell} (step 7, epoch 1): is wrong"}
    return Finding(sheet=sheet, cell=cell, **{**given, **more, **fields})


def heirs(number: int, origin: str) -> list[Finding]:
    """So many findings that come from one cell."""
    return [finding(f"C{i}", "wh_new", cause=False, origin=origin) for i in range(1, number + 1)]


def report(*findings: Finding, workbook: str = "made.xlsx", **fields: Any) -> Report:
    """A report made by hand."""
    steps = (StepResult(7, 12, 2e-16, 1e-16), StepResult(None, 3, 0.0, 0.0))
    engine = EngineResult("ironcalc", "0.9.1", 15, 2e-16, 1e-16, steps, 0.25)
    return Report(workbook, 1e-9, 15, (engine,), findings, sha256="ab" * 32, seconds=1.5, **fields)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The worked example."""
    path = tmp_path_factory.mktemp("demo") / "demo.xlsx"
    return xlnn.build(xlnn.example("demo", {"extras": "none"}), path, audited=False)


@pytest.fixture
def wrong(demo: Built, tmp_path: Path) -> Path:
    """A workbook in which a formula was replaced by one that a browser could trip over."""
    cells = {("d_output", "B16"): '=IF(E!B16<0,"<b>",0)'}
    return typed(demo.path, tmp_path / "wrong.xlsx", cells)


@pytest.fixture
def raw(demo: Built, tmp_path: Path) -> Path:
    """A workbook in which a number stands over a formula, else as xlnn wrote it."""
    return with_cell(demo.path, tmp_path / "raw.xlsx", "d_output", "B16", "<v>0.5</v>")


# --- The terminal ---------------------------------------------------------------------


def test_the_terminal_names_causes_and_ends_with_the_verdict(wrong: Path) -> None:
    result = run_audit(wrong)
    assert result.exit_code == 1
    first, *_, last = result.stdout.splitlines()
    assert re.match(
        r"  changed-formula( \([a-z-]+\))?: d_output!B16 \(step 7, epoch 1\): the for", first
    )
    assert re.search(r"ironcalc .*\(allowed 1e-09\), \d+\.\d s\n", result.stdout)
    assert last == f"{wrong}: {last.partition(': ')[2]}"
    assert re.search(r": \d+ findings: 1 cause, \d+ inherited$", last)
    assert "step 7 " not in result.stdout
    assert "SHA-256" not in result.stdout


def test_what_inherits_is_told_by_cause_and_long_lists_are_cut(
    capsys: pytest.CaptureFixture[str],
) -> None:
    from xlnn.cli.outcome import print_report

    keys = ["slope-missing", "sign"]  # else they would be alike
    found = [finding(f"B{i}", diagnosis=keys[(i - 1) % 2]) for i in range(1, 14)]
    lost = finding("D1", cause=False)
    made = report(*found, *heirs(3, "d_output!B2"), lost, skipped=("E", "bh"), notes=("Look.",))
    assert print_report(made) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "  wrong-value (slope-missing): d_output!B1 (step 7, epoch 1): is wrong"
    assert lines[2] == "    3 cells inherit a wrong number from it, first wh_new!C1"
    assert "  … and 3 more: --report FILE lists all" in lines
    assert "  1 more cell inherits a wrong number from these" in lines
    assert "  not in the map, so not compared: E, bh" in lines
    assert "  note: Look." in lines
    assert lines[-1] == "made.xlsx: 17 findings: 13 causes, 4 inherited"


def test_verbose_shows_the_steps(demo: Built) -> None:
    shown = run_audit(demo.path, "-v").stdout
    assert re.search(r"\n    step 7 +\d+ +\d\.\de[+-]\d\d +\d\.\de[+-]\d\d\n", shown)
    assert hashlib.sha256(demo.path.read_bytes()).hexdigest() in shown
    assert shown.splitlines()[-1] == f"{demo.path}: all agree"


def test_colours_go_only_where_they_are_wanted(
    wrong: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "\x1b[31m" in run_audit(wrong, color=True).stdout
    assert "\x1b" not in run_audit(wrong).stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in run_audit(wrong, color=True).stdout


# --- JSON -----------------------------------------------------------------------------


def test_the_json_report_has_the_shape_that_design_gives(demo: Built, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    page = path.with_suffix(".html")
    assert run_audit(demo.path, "--report", path, "--report", page).exit_code == 0
    assert page.exists()  # as many reports as are asked for
    report = json.loads(path.read_text("utf-8"))
    first = ["workbook", "ok", "summary", "tolerance", "cells", "engines", "findings"]
    assert list(report) == [*first, "sha256", "seconds", "audited"]
    assert abs(datetime.now().astimezone() - datetime.fromisoformat(report["audited"])).days == 0
    assert report["sha256"] == hashlib.sha256(demo.path.read_bytes()).hexdigest()
    assert (report["workbook"], report["ok"]) == (str(demo.path), True)
    assert report["tolerance"] == 1e-9
    (engine,) = report["engines"]
    measured = {"cells", "max_abs_diff", "max_rel_diff"}
    assert set(engine) == {"name", "version", *measured, "steps", "seconds"}
    assert [step["step"] for step in engine["steps"]] == [*range(2, 12), None]
    assert all(set(step) == {"step", *measured} for step in engine["steps"])
    assert sum(step["cells"] for step in engine["steps"]) == engine["cells"]
    assert report["summary"] == {
        "verdict": "agrees",
        "causes": 0,
        "inherited": 0,
        "max_rel_diff": engine["max_rel_diff"],
        "seconds": report["seconds"],
    }


def test_the_json_report_on_several_is_a_list(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    nan = replace(report().engines[0], max_rel_diff=float("nan"), max_abs_diff=float("nan"))
    odd = finding("B2", found="\ud800", expected=float("inf"), origin="X!B1", cause=False)
    made = replace(report(odd), engines=(*report().engines, nan))
    save_reports([made, Unreadable("lost.xlsx", "lost.xlsx does not exist")], path)
    first, second = json.loads(path.read_text("utf-8"))
    assert first["summary"]["max_rel_diff"] is None  # something was no number
    assert first["findings"][0]["expected"] is None
    assert first["findings"][0]["found"] == "\ud800"
    assert first["findings"][0]["origin"] == "X!B1"
    assert second == {
        "workbook": "lost.xlsx",
        "ok": False,
        "summary": {
            "verdict": "not read",
            "causes": 0,
            "inherited": 0,
            "max_rel_diff": None,
            "seconds": None,
        },
        "error": "lost.xlsx does not exist",
    }


# --- HTML -----------------------------------------------------------------------------

VOID = {"meta", "link", "br", "hr", "img", "input"}


class Page(HTMLParser):
    """An HTML page, read by somebody else's parser."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == [], "elements that do not end"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self._open:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return "\n".join(self.texts)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of all elements of a kind."""
        return [attributes for name, attributes in self.tags if name == tag]


def page_of(path: Path) -> Page:
    """The page in a file. It fetches nothing, runs nothing, and leads nowhere else."""
    text = path.read_text("utf-8")
    assert text.startswith("<!doctype html>")
    assert "\ufffd" not in text
    for outside in ("http:", "https:", "url(", "@import", "//", "javascript:"):
        assert outside not in text, outside
    page = Page(text)
    used = {name for name, _ in page.tags}
    assert not used & {"script", "link", "img", "iframe", "object", "embed", "form", "base"}
    assert not [a for _, attributes in page.tags for a in attributes if a.startswith("on")]
    names = {a["id"] for _, a in page.tags if "id" in a}
    assert {str(a["href"]).removeprefix("#") for a in page.all("a")} <= names
    return page


def test_the_html_report_says_all_that_was_found(wrong: Path, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    assert run_audit(wrong, "--report", path).exit_code == 1
    page = page_of(path)
    found = xlnn.audit(wrong)
    for said in (
        "d_output!B16",
        '=IF(E!B16<0,"<b>",0)',
        "=E!B16*slope_output_layer!B16",
        "Error_at_hidden_layer!B20",
        found.sha256,
        "1e-09",
        found.engines[0].version,
        KINDS["changed-formula"],
        KINDS["wrong-value"],
    ):
        assert said in page.text, said
    assert KINDS["stale-value"] not in page.text  # there is none
    assert "b" not in {name for name, _ in page.tags}
    order = [
        page.text.index(each) for each in ("1 cause", "d_output!B16", "Evidence", found.sha256)
    ]
    assert order == sorted(order)


def test_what_inherits_stands_under_its_cause_and_long_lists_are_cut(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    many, few = heirs(60_000, "d_output!B1"), [finding("D4", "bh_new", cause=False, origin="E!B2")]
    causes = [finding("B1"), finding("B2", "E")]
    save_reports([report(*causes, *many, *few)], path)
    page = page_of(path)
    assert path.stat().st_size < 100_000
    text = page.text
    folded = "60,000 cells inherit a wrong number from it", "1 cell inherits a wrong number from it"
    order = ("d_output!B1", folded[0], "wh_new!C1", "wh_new!C50", "59,950 more", "E!B2", folded[1])
    places = [text.index(each) for each in (*order, "bh_new!D4")]
    assert places == sorted(places)
    assert "wh_new!C51" not in text
    assert [("open" in each) for each in page.all("details")] == [False, True, False]

    different = [finding(f"B{i}", diagnosis=str(i)) for i in range(1, 20_001)]
    save_reports([report(*different)], path)
    assert path.stat().st_size < 1_000_000
    assert "18,950 more; a .json report has all of them" in page_of(path).text


def test_causes_that_are_alike_are_told_together(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    alike = [finding(f"B{i}", diagnosis="sign") for i in range(1, 15)]
    other = finding("C1", diagnosis="slope-missing")
    after = heirs(2, "d_output!B1"), heirs(3, "d_output!B14")
    from xlnn.cli.outcome import print_report

    made = report(*alike, other, *after[0], *after[1])
    assert print_report(made) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[:4] == [
        "  wrong-value (sign): d_output!B1 (step 7, epoch 1): is wrong",
        "    13 more cells like it, last d_output!B14",
        "    5 cells inherit a wrong number from it, first wh_new!C1",
        "  wrong-value (slope-missing): d_output!C1 (step 7, epoch 1): is wrong",
    ]
    assert lines[-1] == "made.xlsx: 20 findings: 15 causes, 5 inherited"
    path = tmp_path / "report.html"
    save_reports([made], path)
    page = page_of(path)
    assert "13 more cells like it" in page.text
    assert "d_output!B14" in page.texts


def test_a_workbook_of_anyones_has_sheets_of_any_name(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    message = "'Epoch 1'!B2 (output, step 4, epoch 1): 1 and not 2"
    cause = finding("B2", "Epoch 1", matrix="output", message=message)
    heir = finding("B9", "Epoch 1", matrix="E", cause=False, origin="'Epoch 1'!B2")
    save_reports([report(cause, heir)], path)
    page = page_of(path)
    assert "1 cell inherits a wrong number from it" in page.text
    assert "output: 1 and not 2" in page.texts
    assert "'Epoch 1'!B9" in page.texts


def test_nothing_in_a_workbook_becomes_markup(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    odd = finding(
        "B2", STRANGE, kind=f"{STRANGE}1", found=f"{STRANGE}2", expected=f"{STRANGE}3",
        message=f"{STRANGE}4", diagnosis=f"{STRANGE}5",
    )  # fmt: skip
    other = finding("B3", STRANGE, cause=False, origin=f"{STRANGE}!B2")
    made = report(odd, other, workbook=f"{STRANGE}6", notes=(f"{STRANGE}7",), skipped=(STRANGE,))
    save_reports([made, Unreadable(f"{STRANGE}8", f"{STRANGE}9\x00\ud800")], path)
    text = path.read_text("utf-8").replace("\ufffd", "?")
    path.write_text(text.replace("?", ""), "utf-8")
    page = page_of(path)
    assert page.text.count("!B2") == page.text.count("!B3") == 1
    for end in (1, 2, 3, 4, 6, 7, 8, 9):
        assert f"{STRANGE}{end}" in page.text, end


def test_several_workbooks_are_listed_first_with_links(demo: Built, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    lost = Unreadable("lost.xlsx", "lost.xlsx does not exist")
    save_reports([report(), report(finding("B1")), lost], path)
    page = page_of(path)
    assert "1 of 3 agree; 1 has findings; 1 could not be read" in page.text
    assert "lost.xlsx does not exist" in page.text
    links = [each["href"] for each in page.all("a")]
    assert links[:3] == ["#workbook-1", "#workbook-2", "#workbook-3"]
    assert [each["id"] for each in page.all("section")] == [link[1:] for link in links[:3] if link]


def test_chromium_prints_it_whole(tmp_path: Path) -> None:
    # What is folded on a screen stands open on paper, and headings are repeated on every page.
    browser, reader = shutil.which("chromium"), shutil.which("pdftotext")
    if not browser or not reader:
        pytest.skip("chromium or pdftotext is not installed")
    path, printed = tmp_path / "report.html", tmp_path / "report.pdf"
    formula = "=" + "+".join(f"hidden_layer_input!B{i}*wh!B{i}" for i in range(100))
    cause = finding("B1", expected=formula, kind="changed-formula")
    save_reports([report(cause, *heirs(49, "d_output!B1"))], path)
    subprocess.run(
        [
            browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
            "--disable-background-networking", f"--user-data-dir={tmp_path / 'profile'}",
            "--no-pdf-header-footer", f"--print-to-pdf={printed}", path.as_uri(),
        ],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    shown = subprocess.run(
        [reader, "-layout", str(printed), "-"], check=True, capture_output=True, text=True
    ).stdout
    assert all(f"wh_new!C{i} " in shown for i in range(1, 50))
    assert formula in re.sub(r"\s", "", shown)
    tables = [page for page in shown.split("\f") if re.search(r"wh_new!C\d+ ", page)]
    assert len(tables) > 1
    assert all(re.search(r"cell +step +epoch +expected +found", page) for page in tables)


# --- A marked copy --------------------------------------------------------------------

CELL = re.compile(r"<(?:\w+:)?c r=\"(\w+)\"[^>]*?(?:/>|>(.*?)</(?:\w+:)?c>)", re.DOTALL)


def contents(path: Path) -> dict[tuple[str, str], str]:
    """What stands in the cells of every sheet that has something, byte for byte."""
    with zipfile.ZipFile(path) as archive:
        return {
            (name, cell): content
            for name in archive.namelist()
            if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name)
            for cell, content in CELL.findall(archive.read(name).decode())
            if content
        }


def marked(path: Path, *options: str) -> Path:
    """The marked copy of a workbook, which is left as it was."""
    before, target = path.read_bytes(), path.with_name(f"{path.stem}_report.xlsx")
    run_audit(path, "--report", target, *options)
    assert path.read_bytes() == before
    return target


def test_a_copy_lists_and_marks_every_finding_with_links_both_ways(raw: Path) -> None:
    copy = marked(raw)
    assert contents(copy) == contents(raw)
    found = xlnn.audit(raw).findings
    assert len(found) > 10
    book, before = openpyxl.load_workbook(copy), openpyxl.load_workbook(raw)
    assert book.sheetnames == ["Findings", *before.sheetnames]
    assert book.active is not None
    assert book.active.title == "Findings"
    assert [s.title for s in book.worksheets if s.sheet_view.tabSelected] == ["Findings"]
    sheet = book["Findings"]
    assert str(sheet["A2"].value).startswith(f"{len(found)} findings: 1 cause")
    assert hashlib.sha256(raw.read_bytes()).hexdigest() in [c.value for c in sheet["B"]]
    rows = {row[1].value: row for row in sheet.iter_rows() if row[1].hyperlink}
    assert list(rows) == [f"{each.sheet}!{each.cell}" for each in found]
    fills = set()
    for each in found:
        row, cell = rows[f"{each.sheet}!{each.cell}"], book[each.sheet][each.cell]
        assert row[1].hyperlink.location == f"{each.sheet}!{each.cell}"
        assert cell.hyperlink.location == f"Findings!A{row[0].row}"
        assert cell.hyperlink.tooltip.startswith(f"{each.kind}: {each.sheet}!{each.cell} (step")
        assert (row[0].value, row[2].value == "cause") == (each.kind, each.cause)
        old = before[each.sheet][each.cell]
        assert cell.number_format == old.number_format
        assert repr(cell.font) == repr(old.font)
        assert repr(cell.fill) != repr(old.fill)
        fills.add((each.cause, cell.fill.fgColor.rgb, cell.border.left.style == "medium"))
    (strong,) = (each for each in fills if each[0])
    assert strong[2]
    assert {colour for cause, colour, _ in fills if not cause} == {"FFFFC7CE"} != {strong[1]}
    # No other cell looks different.
    touched = {(each.sheet, each.cell) for each in found}
    for page in before:
        for row in page.iter_rows():
            for cell in row:
                if (page.title, cell.coordinate) not in touched:
                    assert repr(book[page.title][cell.coordinate].fill) == repr(cell.fill)
    linked = {(s.title, cell) for s in book.worksheets[1:] for cell in links_of(s)}
    assert linked == touched | {(s.title, cell) for s in before for cell in links_of(s)}


def links_of(sheet: Any) -> Iterator[str]:
    for row in sheet.iter_rows():
        yield from (cell.coordinate for cell in row if cell.hyperlink)


def test_a_copy_is_valid_and_the_same_every_time(raw: Path, tmp_path: Path) -> None:
    copy = marked(raw)
    assert lint(copy) == lint(raw) == []
    assert OpenXmlValidator(max_errors=0).validate(copy).errors == []
    made = xlnn.audit(raw)
    copies = [tmp_path / "one.xlsx", tmp_path / "two.xlsx"]
    for copy in copies:
        save_reports([made], copy)
    assert copies[0].read_bytes() == copies[1].read_bytes()


def test_a_copy_of_what_is_right_says_so(demo: Built, tmp_path: Path) -> None:
    copy = marked(Path(shutil.copyfile(demo.path, tmp_path / "right.xlsx")))
    assert lint(copy) == []
    assert contents(copy) == contents(demo.path)
    sheet = openpyxl.load_workbook(copy)["Findings"]
    assert sheet["A2"].value == "All agree"
    assert "step 7" in [cell.value for cell in sheet["B"]]
    assert xlnn.audit(copy).ok


@pytest.mark.parametrize("name", ["ironcalc", "libreoffice", "gnumeric"])
def test_a_copy_computes_what_the_workbook_does(name: str, raw: Path) -> None:
    before, after = recompute_all(engine_or_skip(name), [raw, marked(raw)])
    cells = 0
    for sheet in read_raw(raw).sheets:
        for (row, column), value in StoredWorkbook(raw).sheet(sheet).values.items():
            assert after.value(sheet, row, column) == before.value(sheet, row, column)
            cells += isinstance(value, float)
    assert cells > 100


def test_a_formula_that_was_found_stays_a_text(wrong: Path) -> None:
    sheet = openpyxl.load_workbook(marked(wrong))["Findings"]
    (cell,) = [c for c in sheet["H"] if c.value == '=IF(E!B16<0,"<b>",0)']
    assert cell.data_type != "f"
    assert cell.quotePrefix
    assert not [c for row in sheet.iter_rows() for c in row if c.data_type == "f"]


@pytest.mark.filterwarnings("ignore:Workbook contains no default style")  # Gnumeric's have none
@pytest.mark.parametrize("program", ["openpyxl", "libreoffice", "gnumeric"])
def test_a_copy_of_what_another_program_saved(program: str, raw: Path, tmp_path: Path) -> None:
    from editing import saved_by

    source = saved_by(program, raw, tmp_path)
    copy = marked(source)
    assert contents(copy) == contents(source)
    book, found = openpyxl.load_workbook(copy), xlnn.audit(source).findings
    assert ("d_output", "B16") in {(f.sheet, f.cell) for f in found if f.cause}
    for each in found:
        assert book[each.sheet][each.cell].hyperlink.location.startswith("Findings!A")
    again = xlnn.audit(copy).findings
    assert [(f.kind, f.sheet, f.cell) for f in again] == [(f.kind, f.sheet, f.cell) for f in found]


# --- What may be replaced -------------------------------------------------------------


def other_html(path: Path) -> None:
    path.write_text("<!doctype html><title>How xlnn audit works</title>", "utf-8")


def other_book(path: Path) -> None:
    openpyxl.Workbook().save(path)


@pytest.mark.parametrize(
    ("suffix", "other"),
    [(".html", other_html), (".xlsx", other_book), (".json", lambda path: path.write_text("{}"))],
)
def test_only_an_earlier_report_is_replaced(
    suffix: str, other: Callable[[Path], object], raw: Path, tmp_path: Path
) -> None:
    path = tmp_path / f"report{suffix}"
    other(path)
    before = path.read_bytes()
    result = run_audit(raw, "--report", path)
    assert result.exit_code == 2
    assert "is no earlier report" in result.stderr
    assert path.read_bytes() == before
    path.unlink()
    for _ in range(2):
        assert run_audit(raw, "--report", path).exit_code == 1
    if suffix == ".xlsx":  # who saves it in another program makes it his own
        openpyxl.load_workbook(path).save(path)
        assert "is no earlier report" in run_audit(raw, "--report", path).stderr


def test_the_audited_file_is_never_a_report(raw: Path, tmp_path: Path) -> None:
    before = raw.read_bytes()
    link = tmp_path / "link.xlsx"
    link.symlink_to(raw)
    for path in (raw, link):
        result = run_audit(raw, "--report", path)
        assert result.exit_code == 2
        assert "is to be audited" in result.stderr
    # Nor is a marked copy that is audited itself.
    copy = marked(raw)
    result = run_audit(copy, "--report", copy)
    assert "is to be audited" in result.stderr
    assert raw.read_bytes() == before
    assert run_audit(raw, "--report", tmp_path / "none" / "report.html").exit_code == 2
    assert run_audit(raw, "--report", tmp_path / "report.txt").exit_code == 2


def test_a_failure_leaves_the_earlier_report(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.html"
    save_reports([report()], path)
    before = path.read_bytes()
    monkeypatch.setattr(html_report, "_body", lambda _: iter([1]))
    with pytest.raises(AttributeError):
        save_reports([report()], path)
    assert path.read_bytes() == before
    made = xlnn.audit(raw)
    rewritten(raw, tmp_path / "later.xlsx", lambda _, text: f"{text}\n")
    shutil.copyfile(tmp_path / "later.xlsx", raw)
    with pytest.raises(xlnn.errors.OutputError, match="was changed while it was audited"):
        save_reports([made], tmp_path / "marked.xlsx")
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "later.xlsx", "raw.xlsx", "report.html",
    ]  # fmt: skip
