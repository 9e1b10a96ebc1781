"""A file that means harm, or is broken, ends in a clear message, soon and in little memory.

Nothing in an audited file is run, followed or fetched.
"""

from __future__ import annotations

import http.server
import os
import re
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from conftest import engine_or_skip
from hostile import (
    RELATION,
    RELATIONS,
    STRINGS,
    STYLES,
    WORKBOOK,
    Harm,
    add_relation,
    blown_up,
    bombs_in_a_bomb,
    cell,
    changed,
    compound,
    compressed_with,
    damaged,
    doubling,
    empty_rows,
    encoded,
    entities,
    formula,
    linked,
    lying,
    many_entries,
    more_rows,
    nested,
    outside_entity,
    replaced,
    setting,
    truncated,
    twice,
    with_macros,
)

import xlnn
from xlnn.building import Built

if sys.platform == "win32":
    pytest.skip("the limits are those of POSIX", allow_module_level=True)

from confined import GIB, Confined

SECONDS, MEMORY = 10, GIB
"""What a command may take at most, whatever the file."""

FOUND, REFUSED = 1, 2
"""Exit statuses: something is wrong with the workbook, and: it cannot be read or used."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The worked example."""
    path = tmp_path_factory.mktemp("demo") / "demo.xlsx"
    return xlnn.build(xlnn.example("demo", {"extras": "none"}), path, audited=False)


@pytest.fixture(scope="module")
def confined(demo: Built) -> Iterator[Confined]:
    """Runs commands within limits."""
    confined = Confined(demo.path)
    yield confined
    confined.close()


def run(confined: Confined, *arguments: object) -> dict[str, Any]:
    """What a command ended with. Fails where it took too much, or crashed."""
    done = confined.run(*arguments)
    said = f"{done['output']}\n{done['errors']}"
    assert "Traceback" not in said, said
    assert "defect" not in said, said
    assert done["status"] in (0, FOUND, REFUSED), done
    assert done["seconds"] < SECONDS, done
    assert done["memory"] < MEMORY, done
    if done["status"] == REFUSED:
        (message,) = re.findall(r"^Error: .*", done["errors"], re.MULTILINE)
        assert len(message) < 500, message
    return done


# --- Refused --------------------------------------------------------------------------

SECOND = '<c r="B15"><v>9</v></c>'
WHOLE_SHEET = "A1:XFD1048576"

REFUSALS: dict[str, tuple[Harm, str]] = {
    # The zip.
    "an empty file": (lambda _, path: path.write_bytes(b""), "not an .xlsx"),
    "a text": (lambda _, path: path.write_text("a,b\n1,2\n"), "not an .xlsx"),
    "a folder": (lambda _, path: path.mkdir(), "is a folder|holds no workbook"),
    "a truncated zip": (truncated, "not an .xlsx workbook, or is damaged"),
    "a damaged zip": (damaged, "damaged"),
    "a zip bomb in a sheet": (blown_up("d_output", "</sheetData>", size=400), "unpack to 40"),
    "a zip bomb in the texts": (blown_up(STRINGS), "unpack to 40"),
    "a zip bomb in the workbook": (blown_up(WORKBOOK), "unpack to 40"),
    "a zip bomb in the styles": (blown_up(STYLES), "unpack to 40"),
    "a zip bomb of cells": (
        blown_up("X", "</sheetData>", '<row r="99"><c r="A99"><v>1</v></c></row>'),
        "unpack to 40",
    ),
    "a zip bomb whose headers lie": (lying, "damaged|unpack"),
    "entries without number": (many_entries, "entries"),
    "zips in the zip": (bombs_in_a_bomb, "unpack to 40"),
    "two sheets under one name in the zip": (twice("xl/worksheets/sheet5.xml"), "twice"),
    "another compression": (compressed_with(zipfile.ZIP_LZMA), "compressed"),
    # Other formats.
    "a password": (compound("EncryptionInfo", "EncryptedPackage"), "encrypted.*password"),
    "an .xls": (compound("Workbook"), "Excel 97-2003"),
    "an .xls of Excel 5": (compound("Book"), "Excel 97-2003"),
    # Markup.
    **{
        f"entities that grow, in {part}": (entities(part), "entities|document type")
        for part in (WORKBOOK, RELATIONS, STRINGS, "d_output", "Map")
    },
    "an entity from another file": (outside_entity("file:///etc/passwd"), "entities"),
    "a sheet that is not UTF-8": (encoded("d_output", "utf-16"), "not UTF-8"),
    "texts that are not UTF-8": (
        changed(lambda parts: parts.update({STRINGS: parts[STRINGS].replace(b"Map", b"M\xe4p")})),
        "damaged",
    ),
    "elements in each other": (nested("d_output", 200_000, closed=True), "deep|IronCalc"),
    "elements that never end": (nested(WORKBOOK, 2_000_000, closed=False), "deep"),
    "half a sheet": (replaced("d_output", "</sheetData>", ""), "damaged.*d_output|ill-formed"),
    # Parts that are elsewhere.
    "no workbook": (changed(lambda parts: parts.pop(WORKBOOK)), "not an .xlsx"),
    "no relations": (changed(lambda parts: parts.pop(RELATIONS)), "workbook.xml.rels"),
    "no such sheet": (
        changed(lambda parts: parts.pop("xl/worksheets/sheet5.xml")),
        "sheet5.xml",
    ),
    **{
        f"a sheet at {target}": (
            replaced(RELATIONS, 'Target="/xl/worksheets/sheet5.xml"', f'Target="{target}"'),
            "is not there|is another file",
        )
        for target in (
            "../../../../etc/passwd",
            "/etc/passwd",
            "file:///etc/passwd",
            "http://127.0.0.1:9/sheet.xml",
            'http://127.0.0.1:9/sheet.xml" TargetMode="External',
        )
    },
    "another workbook beside it": (
        replaced("_rels/.rels", 'Target="xl/workbook.xml"', 'Target="xl/other.xml"'),
        "xl/other.xml",
    ),
    "other texts beside it": (
        replaced(RELATIONS, "sharedStrings.xml", "others.xml"),
        "others.xml",
    ),
    "two parts of one relation": (
        replaced(
            RELATIONS,
            "</Relationships>",
            '<Relationship Id="rId5" Type="x" Target="/xl/worksheets/sheet9.xml"/></Relationships>',
        ),
        "two relations",
    ),
    "two sheets of one name": (
        replaced(WORKBOOK, 'name="squared_error"', 'name="e"'),
        "two sheets are called",
    ),
    # Cells.
    "a cell far outside": (
        replaced("d_output", 'r="B16"', 'r="ZZZZ99999999"'),
        "99999999",
    ),
    "a row far outside": (replaced("d_output", 'row r="16"', 'row r="1048577"'), "1048577"),
    "a row before the first": (replaced("d_output", 'row r="16"', 'row r="-16"'), "-16"),
    "a column far outside": (replaced("d_output", 'r="B16"', 'r="XFE16"'), "XFE"),
    "a cell that stands twice": (
        more_rows("X", '<row r="15"><c r="B15"><v>9</v></c></row>'),
        "B15",
    ),
    "an array formula that fills the sheet": (
        cell("d_output", "B16", "", '<f t="array" ref="B16:XFD1048576">1</f><v>1</v>'),
        "fill|IronCalc",
    ),
    "an array formula that fills nothing": (
        cell("d_output", "B16", "", '<f t="array" ref="B17:A1">1</f><v>1</v>'),
        "B17:A1|IronCalc",
    ),
    "a shared formula with a text of its own": (
        more_rows(
            "X",
            '<row r="90"><c r="A90"><f t="shared" ref="A90:B90" si="1">X!B15</f></c>'
            '<c r="B90"><f t="shared" si="1">X!B15</f></c></row>',
        ),
        "B90",
    ),
    "hidden columns that are none": (
        replaced("d_output", "<cols>", '<cols><col min="-5" max="-3" hidden="1"/>'),
        "columns",
    ),
    "a shared formula that nobody has": (
        cell("d_output", "B16", "", '<f t="shared" si="7"/><v>1</v>'),
        "B16",
    ),
    **{
        f"{text} as a number": (cell("d_output", "B16", 't="n"', f"<v>{text}</v>"), "B16")
        for text in ("1e999", "nan", "-inf", "abc", "1_000", "0x10")
    },
    **{
        f"the text {number}": (cell("d_output", "B16", 't="s"', f"<v>{number}</v>"), "B16")
        for number in (99999, -1, 10**30)
    },
    # Formulas that ask for too much.
    "a text without end": (doubling(), "IronCalc"),
    "more parentheses than a stack holds": (
        formula("(" * 20_000 + "1" + ")" * 20_000),
        "IronCalc",
    ),
    # A network that no memory holds.
    **{
        f"{key} {value}": (setting(key, value), "Settings")
        for key, value in {
            "samples": 1_048_576,
            "inputs": 16_384,
            "hidden": ", ".join(["16384"] * 3),
            "outputs": 1_048_576,
            "show": "1-99999999999",
            "batch_size": -1,
        }.items()
    },
    "a network of ten thousand layers": (setting("hidden", ", ".join(["1"] * 10_000)), "Settings"),
    "a number of samples that is none": (setting("samples", "1e999"), "Settings"),
}


@pytest.mark.parametrize("what", REFUSALS)
def test_it_is_refused(what: str, demo: Built, confined: Confined, tmp_path: Path) -> None:
    harm, message = REFUSALS[what]
    path = tmp_path / "harm.xlsx"
    harm(demo.path, path)
    done = run(confined, "audit", path)
    assert done["status"] == REFUSED, done
    assert "harm.xlsx" in done["errors"]
    assert re.search(message, done["errors"]), done["errors"]


def test_the_map_of_a_bomb_is_refused_too(demo: Built, confined: Confined, tmp_path: Path) -> None:
    path = tmp_path / "harm.xlsx"
    blown_up("Map", "</sheetData>")(demo.path, path)
    done = run(confined, "map", path)
    assert done["status"] == REFUSED
    assert "unpack" in done["errors"]


def test_a_file_that_may_not_be_read_is_refused(
    demo: Built, confined: Confined, tmp_path: Path
) -> None:
    path = tmp_path / "harm.xlsx"
    path.write_bytes(demo.path.read_bytes())
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    done = run(confined, "audit", path)
    assert done["status"] == REFUSED
    assert "cannot be read" in done["errors"]


def test_a_pipe_is_refused_not_waited_for(confined: Confined, tmp_path: Path) -> None:
    path = tmp_path / "harm.xlsx"
    os.mkfifo(path)
    done = run(confined, "audit", path)
    assert done["status"] == REFUSED
    assert "not a file" in done["errors"]


# --- Found ----------------------------------------------------------------------------

CHANGED = r"changed-formula( \([a-z-]+\))?: d_output!B16"

FINDINGS: dict[str, tuple[Harm, str]] = {
    "a formula that reads itself": (
        formula("B16+1"),
        CHANGED,
    ),
    "a circle of formulas": (
        formula("Error_at_hidden_layer!D19"),
        CHANGED,
    ),
    "a formula that asks a server": (
        formula("_xlfn.WEBSERVICE(&quot;http://127.0.0.1:9/&quot;)"),
        CHANGED,
    ),
    "a formula that starts a program": (
        formula("cmd|' /c calc'!A0"),
        CHANGED,
    ),
    "a text of 32,000 characters": (
        formula("REPT(&quot;a&quot;,32000)"),
        CHANGED,
    ),
    "a link to another workbook": (linked("file:///etc/passwd"), "external-link"),
    "a link to a server": (linked("http://127.0.0.1:9/x.xlsx"), "external-link"),
    "a chosen number that is huge": (setting("learning_rate", 1e300), ""),
}


@pytest.mark.parametrize("what", FINDINGS)
def test_it_is_found(what: str, demo: Built, confined: Confined, tmp_path: Path) -> None:
    harm, message = FINDINGS[what]
    path = tmp_path / "harm.xlsx"
    harm(demo.path, path)
    done = run(confined, "audit", path)
    assert done["status"] == FOUND, done
    assert re.search(message, done["output"]), done["output"]


# --- Let pass -------------------------------------------------------------------------

PASSES: dict[str, Harm] = {
    "a million empty rows": more_rows("X", empty_rows('<row r="{0}" ht="20"/>')),
    "a million rows of an empty cell": more_rows(
        "X", empty_rows('<row r="{0}"><c r="A{0}" s="1"/></row>')
    ),
    "a sheet that says it is full": replaced(
        "d_output", '<dimension ref="A1:F19"', f'<dimension ref="{WHOLE_SHEET}"'
    ),
    "a style that is not there": replaced("d_output", 'r="B16" s="', 'r="B16" s="99999'),
}


@pytest.mark.parametrize("what", PASSES)
def test_it_is_let_pass(what: str, demo: Built, confined: Confined, tmp_path: Path) -> None:
    path = tmp_path / "harm.xlsx"
    PASSES[what](demo.path, path)
    done = run(confined, "audit", path)
    assert done["status"] == 0, done


def test_macros_are_ignored_and_that_is_said(
    demo: Built, confined: Confined, tmp_path: Path
) -> None:
    path = tmp_path / "macros.xlsm"
    changed(with_macros)(demo.path, path)
    assert openpyxl.load_workbook(path, keep_vba=True).vba_archive is not None
    done = run(confined, "audit", path)
    assert done["status"] == 0, done
    assert "macros: they were ignored" in done["output"]


# --- Nothing is followed --------------------------------------------------------------


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    """The address of a server, and what it was asked for."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"4711")

        do_HEAD = do_OPTIONS = do_PROPFIND = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()
        thread.join()


CANARY = 4711


def test_no_engine_follows_what_leads_outside(
    demo: Built, server: tuple[str, list[str]], tmp_path: Path
) -> None:
    url, asked = server
    canary = tmp_path / "canary.xlsx"
    other = openpyxl.Workbook()
    other.active.title = "Sheet1"
    other.active["A1"] = CANARY
    other.save(canary)
    formulas = [
        "[1]Sheet1!A1",
        f"'[{canary.as_uri()}]Sheet1'!A1",
        f"'{canary.as_uri()}'#$Sheet1.A1",
        f"'{tmp_path}/[canary.xlsx]Sheet1'!A1",
        f"INDIRECT(\"'{canary.as_uri()}'#$Sheet1.A1\")",
        f"'[{url}/x.xlsx]Sheet1'!A1",
        f'_xlfn.WEBSERVICE("{url}/service")',
        f'WEBSERVICE("{url}/service")',
        f'_xlfn.IMAGE("{url}/image")',
        f'DDE("soffice","{canary}","A1")',
    ]
    rows = "".join(
        f'<row r="{row}"><c r="A{row}"><f>{text.replace("&", "&amp;")}</f></c></row>'
        for row, text in enumerate(formulas, start=900)
    )

    def change(parts: dict[str, bytes]) -> None:
        # A picture that is to be fetched.
        add_relation(
            parts,
            "xl/drawings/_rels/drawing1.xml.rels",
            f"{RELATION}/image",
            f"{url}/p",
            external=True,
        )

    steps = [linked(canary.as_uri()), more_rows("X", rows), changed(change)]
    path = demo.path
    for number, step in enumerate(steps):
        step(path, tmp_path / f"{number}.xlsx")
        path = tmp_path / f"{number}.xlsx"
    for name in ("ironcalc", "libreoffice", "gnumeric"):
        values = engine_or_skip(name).recompute(path)
        found = [values.value("X", row, 1) for row in range(900, 900 + len(formulas))]
        found.append(values.value("d_output", 16, 2))
        assert CANARY not in found, name
        assert values.value("output", 15, 2) == pytest.approx(0.789, abs=1e-3)
    assert asked == []


WATCHED = """
import sys
import xlnn
from xlnn.audit.audit import audit  # what is imported is opened, too

seen = []
sys.addaudithook(
    lambda event, given: seen.append(f"{event} {given[0]}")
    if event == "open" or event.startswith(("socket.", "os.system", "os.exec"))
    else None
)
report = audit(sys.argv[1])
seen.append(" ".join(finding.kind for finding in report.causes))
print("\\n".join(seen))
"""
"""Tells what an audit opens, and what it finds. A process of its own, as such a hook stays."""


def test_the_audit_itself_opens_nothing_else(demo: Built, tmp_path: Path) -> None:
    path = tmp_path / "linked.xlsx"
    linked("file:///etc/passwd")(demo.path, path)
    command = [sys.executable, "-c", WATCHED, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    *seen, found = done.stdout.splitlines()
    assert "external-link" in found
    assert f"open {path}" in seen
    assert not [each for each in seen if "passwd" in each or not each.startswith("open ")]
