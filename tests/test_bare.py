"""What engines are given of a workbook: packed as it is, and looked into while they compute."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

import xlnn
from xlnn.audit.engines import ironcalc
from xlnn.audit.engines.bare import write_bare_copy
from xlnn.audit.engines.ironcalc import IronCalc
from xlnn.audit.stored import package
from xlnn.audit.stored.markup import MAIN
from xlnn.audit.stored.package import packed, unpacked, whole
from xlnn.audit.stored.relations import OFFICE
from xlnn.audit.stored.workbook import StoredWorkbook
from xlnn.errors import WorkbookError
from xlnn.experiment.experiment import Experiment

SHEET = "xl/worksheets/sheet5.xml"


@pytest.fixture
def book(built: Callable[[Experiment], Path]) -> Path:
    return built(xlnn.example("demo"))


def with_sheet(source: Path, target: Path, before: bytes = b"", after: bytes = b"") -> Path:
    """A copy with something put around a sheet's document."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename == SHEET:
                head, end, rest = content.partition(b"?>")
                content = head + end + before + rest + after
            new.writestr(entry, content)
    return target


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_sheets_are_copied_byte_for_byte(book: Path, tmp_path: Path, method: int) -> None:
    source, target = tmp_path / "source.xlsx", tmp_path / "target.xlsx"
    with zipfile.ZipFile(book) as old, zipfile.ZipFile(source, "w", method) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    size = write_bare_copy(source, target)
    with zipfile.ZipFile(source) as full, zipfile.ZipFile(target) as bare:
        assert bare.testzip() is None
        sheets = [name for name in full.namelist() if name.startswith("xl/worksheets/sheet")]
        assert sheets
        for name in ("xl/workbook.xml", "xl/sharedStrings.xml", *sheets):
            assert bare.read(name) == full.read(name)
            assert bare.getinfo(name).compress_type == method
        assert not [name for name in bare.namelist() if "drawing" in name or "chart" in name]
        assert size >= sum(bare.getinfo(name).file_size for name in sheets)
    values, expected = IronCalc().recompute(source), StoredWorkbook(book).load()
    assert values.value("wout", 6, 2) == expected.value("wout", 6, 2)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (b"<!DOCTYPE worksheet>", b"", "document type"),
        (b"", b"<!--\0-->", "not UTF-8"),
    ],
)
def test_while_an_engine_computes_a_sheet_is_refused_that_others_could_misunderstand(
    book: Path, tmp_path: Path, before: bytes, after: bytes, said: str
) -> None:
    bad = with_sheet(book, tmp_path / "bad.xlsx", before, after)
    with pytest.raises(WorkbookError, match=rf"bad\.xlsx.*{said}"):
        IronCalc().recompute(bad)
    assert not ironcalc._waiting  # what was at work is ended, not asked again
    assert IronCalc().recompute(book).value("Start", 1, 1) is not None


def test_what_the_directory_says_wrongly_of_an_entry_is_refused(book: Path, tmp_path: Path) -> None:
    content = bytearray(book.read_bytes())
    with zipfile.ZipFile(book) as archive:
        entry = archive.getinfo(SHEET)
    content[entry.header_offset : entry.header_offset + 4] = b"none"
    bad = tmp_path / "bad.xlsx"
    bad.write_bytes(content)
    with pytest.raises(WorkbookError, match=r"bad\.xlsx.*damaged"):
        IronCalc().recompute(bad)


def test_a_damaged_sheet_is_refused_by_every_way_of_copying(book: Path, tmp_path: Path) -> None:
    content = bytearray(book.read_bytes())
    with zipfile.ZipFile(book) as archive:
        entry = archive.getinfo(SHEET)
    name, extra = struct.unpack_from("<2H", content, entry.header_offset + 26)
    middle = entry.header_offset + 30 + name + extra + entry.compress_size // 2
    content[middle : middle + 8] = bytes(8)
    bad = tmp_path / "bad.xlsx"
    bad.write_bytes(content)
    with pytest.raises(WorkbookError, match=r"bad\.xlsx"):
        write_bare_copy(bad, tmp_path / "copy.xlsx")
    with pytest.raises(WorkbookError, match=r"bad\.xlsx"):
        IronCalc().recompute(bad)


def test_an_entry_that_is_cut_off_is_no_entry() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a", b"some text")
    entry = zipfile.ZipFile(file).getinfo("a")
    entry.compress_size = 1 << 20
    with pytest.raises(zipfile.BadZipFile, match="cut off"):
        list(packed(file, entry))


def test_an_audit_that_finds_nothing_does_without_openpyxl(book: Path) -> None:
    script = (
        "import sys; from xlnn.cli import main; main(sys.argv[1:], standalone_mode=False);"
        "print(sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    command = [sys.executable, "-c", script, "audit", str(book)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "all agree" in done.stdout
    assert "'numpy'" in done.stdout
    assert "openpyxl" not in done.stdout.splitlines()[-1]


# --- What the directory says wrongly -----------------------------------------------------

CHECKSUM, PACKED, SIZE = 16, 20, 24
"""Where these stand in an entry of the directory."""


def told(content: bytes, name: str, facts: dict[int, int]) -> bytes:
    """A zip whose directory says something else of an entry."""
    changed, at = bytearray(content), content.index(b"PK\1\2")
    while content[at : at + 4] == b"PK\1\2":
        lengths = struct.unpack_from("<3H", content, at + 28)
        if content[at + 46 : at + 46 + lengths[0]] == name.encode():
            for place, fact in facts.items():
                struct.pack_into("<I", changed, at + place, fact)
        at += 46 + sum(lengths)
    assert changed != content
    return bytes(changed)


def test_entries_that_are_longer_than_the_file_are_refused(book: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.xlsx"
    bad.write_bytes(told(book.read_bytes(), SHEET, {PACKED: book.stat().st_size}))
    with pytest.raises(WorkbookError, match=r"bad\.xlsx is damaged: its entries are longer"):
        write_bare_copy(bad, tmp_path / "copy.xlsx")


def test_what_no_program_opens_is_refused_before_it_is_copied(
    book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package, "LARGEST", 1000)
    with pytest.raises(WorkbookError, match=r"workbook\.xlsx is larger than the 4 GB"):
        write_bare_copy(book, tmp_path / "copy.xlsx")
    assert not (tmp_path / "copy.xlsx").exists()


def test_what_follows_unseen_in_an_entry_is_not_handed_on(book: Path, tmp_path: Path) -> None:
    long, bad = with_sheet(book, tmp_path / "long.xlsx", after=b" " * 9), tmp_path / "bad.xlsx"
    with zipfile.ZipFile(book) as archive:
        entry, content = archive.getinfo(SHEET), archive.read(SHEET)
    bad.write_bytes(told(long.read_bytes(), SHEET, {CHECKSUM: entry.CRC, SIZE: entry.file_size}))
    with zipfile.ZipFile(bad) as archive:
        assert archive.read(SHEET) == content  # so does whoever stops in time
    with pytest.raises(WorkbookError, match=rf"bad\.xlsx.*{SHEET}"):
        write_bare_copy(bad, tmp_path / "copy.xlsx")


def test_no_more_is_unpacked_than_the_directory_says(tmp_path: Path) -> None:
    size, file = 200 << 20, tmp_path / "zeros.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(size))
    facts = {CHECKSUM: zlib.crc32(bytes(10)), SIZE: 10}
    file.write_bytes(told(file.read_bytes(), "zeros", facts))
    tracemalloc.start()
    try:
        with zipfile.ZipFile(file) as archive, file.open("rb") as opened:
            assert whole(archive, "zeros") == bytes(10)
            entry = archive.getinfo("zeros")
            with pytest.raises(zipfile.BadZipFile):
                list(unpacked(opened, entry))
        assert tracemalloc.get_traced_memory()[1] < 10 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("part", ["_rels/workbook.xml.rels", "styles.xml", "workbook.xml"])
def test_a_part_that_is_no_sheet_cannot_be_handed_on_as_one(
    book: Path, tmp_path: Path, part: str
) -> None:
    bad = tmp_path / "bad.xlsx"
    with zipfile.ZipFile(book) as old, zipfile.ZipFile(bad, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "xl/_rels/workbook.xml.rels":
                kind = f"{OFFICE[MAIN]}/worksheet"
                one = f'<Relationship Id="rIdX" Type="{kind}" Target="/xl/{part}"/>'
                content = content.replace(b"</Relationships>", f"{one}</Relationships>".encode())
            new.writestr(name, content)
    with pytest.raises(WorkbookError, match=rf"bad\.xlsx.*{part} is to be a sheet"):
        write_bare_copy(bad, tmp_path / "copy.xlsx")
