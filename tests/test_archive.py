"""The zip that a workbook is: whole, reproducible, its last entries exchangeable."""

from __future__ import annotations

import io
import sys
import threading
import zipfile
from collections.abc import Iterator

import pytest

from xlnn.audit.stored.package import packed
from xlnn.errors import OutputError
from xlnn.workbook import archive as module
from xlnn.workbook.archive import Archive

ENTRIES = {"a/first.xml": b"<a/>" * 100_000, "b é.xml": b"", "c.xml": bytes(range(256)) * 3000}


def chunks(content: bytes) -> Iterator[bytes]:
    for start in range(0, len(content), 70_000):
        yield content[start : start + 70_000]


def written(entries: dict[str, bytes]) -> tuple[io.BytesIO, Archive]:
    file = io.BytesIO()
    archive = Archive(file)
    for name, content in entries.items():
        archive.add(name, chunks(content))
    archive.finish()
    return file, archive


def read(file: io.BytesIO) -> dict[str, bytes]:
    """What another reader finds, checksums compared."""
    with zipfile.ZipFile(file) as found:
        assert found.testzip() is None
        return {name: found.read(name) for name in found.namelist()}


def test_other_readers_find_every_entry() -> None:
    file, archive = written(ENTRIES)
    archive.close()
    assert read(file) == ENTRIES
    assert len(file.getvalue()) < sum(map(len, ENTRIES.values())) / 20


def test_the_same_entries_are_the_same_bytes() -> None:
    first, second = (written(ENTRIES) for _ in range(2))
    first[1].close()
    second[1].close()
    assert first[0].getvalue() == second[0].getvalue()


def test_the_last_entries_can_be_written_again() -> None:
    file, archive = written(ENTRIES)
    archive.cut("b é.xml")
    archive.add("b é.xml", [b"new"])
    archive.finish()
    archive.close()
    assert read(file) == {"a/first.xml": ENTRIES["a/first.xml"], "b é.xml": b"new"}
    alone, other = written({"a/first.xml": ENTRIES["a/first.xml"], "b é.xml": b"new"})
    other.close()
    assert file.getvalue() == alone.getvalue()  # nothing of what was there before is left


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_entries_of_another_zip_are_taken_over_as_they_are(method: int) -> None:
    other, file = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(other, "w", method) as source:
        for name, content in ENTRIES.items():
            source.writestr(name, content)
    archive = Archive(file)
    archive.add("first.xml", [b"<first/>"])
    for entry in zipfile.ZipFile(other).infolist():
        archive.add_packed(entry, packed(other, entry))
    archive.add("last.xml", [b"<last/>"])
    archive.finish()
    archive.close()
    assert read(file) == {"first.xml": b"<first/>", **ENTRIES, "last.xml": b"<last/>"}


def test_what_fails_while_chunks_are_made_is_raised_and_the_second_thread_ends() -> None:
    def failing() -> Iterator[bytes]:
        yield b"some"
        raise ArithmeticError("no more")

    before = threading.active_count()
    archive = Archive(io.BytesIO())
    with pytest.raises(ArithmeticError, match="no more"):
        archive.add("a", failing())
    archive.close()
    assert threading.active_count() == before


def test_the_interpreter_is_handed_over_as_before_when_all_are_done() -> None:
    before = sys.getswitchinterval()

    def nested() -> Iterator[bytes]:
        assert sys.getswitchinterval() < before
        other = written(ENTRIES)[1]  # while the first one is at work
        other.close()
        assert sys.getswitchinterval() < before
        yield b"x"

    archive = Archive(io.BytesIO())
    archive.add("a", nested())
    assert sys.getswitchinterval() == before
    archive.close()
    assert sys.getswitchinterval() == before


def test_what_fails_in_the_second_thread_is_raised() -> None:
    class Full(io.BytesIO):
        def write(self, content: object) -> int:
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        add_to(Archive(Full()))


def test_an_entry_too_large_for_any_program_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST", 100_000)
    with pytest.raises(OutputError, match="larger than the 4 GB"):
        add_to(Archive(io.BytesIO()))


def add_to(archive: Archive) -> None:
    try:
        archive.add("xl/worksheets/sheet1.xml", chunks(b"x" * 200_000))
        archive.finish()
    finally:
        archive.close()
