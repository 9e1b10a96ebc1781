"""The zip that a workbook is, opened so that no file can do harm.

Whoever audits a workbook has it from somebody else. So before anything is unpacked it is known how
much that gives, and what a reader could take for one thing and a spreadsheet program for another
is refused: two entries of one name, or a workbook that does not start where all of them do.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from xml.parsers import expat

from xlnn.errors import WorkbookError
from xlnn.workbook.archive import LARGEST, UTF8

WORKBOOK, RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
STRINGS, STYLES = "xl/sharedStrings.xml", "xl/styles.xml"
CONTENT_TYPES, PACKAGE_RELATIONS = "[Content_Types].xml", "_rels/.rels"

MACROS = "vbaProject.bin"
"""The end of the name of the entry that holds a workbook's macros."""

MAX_RATIO = 60
"""How many times its size a file may unpack to. Large workbooks of xlnn's give 4 to 8 times, a
million empty cells 10 times."""

SMALL = 16 << 20
"""Up to these bytes unpacked, the ratio tells nothing."""

MAX_DIRECTORY = 8 << 20
"""The bytes of a zip's list of its entries; each takes about 100."""

METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""The methods that spreadsheet programs use. Others may ask for gigabytes to unpack at all."""

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How the container of older Office files begins, in which encrypted ones are kept, too."""

_END = b"PK\x05\x06"

_LOCAL = struct.Struct("<26x2H")
"""What stands before an entry: at its end how long the name is that follows, and what follows that.
"""

_CHUNK = 1 << 20


@contextmanager
def opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """A workbook's zip. Raises WorkbookError, also for what reading its parts raises."""
    if not path.exists():
        raise WorkbookError(f"{path} does not exist")
    if path.is_dir():
        raise WorkbookError(f"{path} is a folder, not a workbook")
    if not path.is_file():
        raise WorkbookError(f"{path} is not a file")
    with plainly(path), path.open("rb") as file:
        _check_start(path, file)
        _check_directory(path, file)
        with zipfile.ZipFile(file) as archive:
            _check_entries(path, archive)
            yield archive


@contextmanager
def plainly(path: Path) -> Iterator[None]:
    """Tells plainly, as WorkbookError, what reading a workbook's parts can raise."""
    try:
        yield
    except zipfile.BadZipFile as error:
        raise WorkbookError(f"{path} is not an .xlsx workbook, or is damaged: {error}") from error
    except (LookupError, expat.ExpatError, zlib.error, ValueError, EOFError) as error:
        raise WorkbookError(f"{path} is a damaged workbook, or none: {_said(error)}") from error
    except (NotImplementedError, RuntimeError) as error:
        # A compression or an encryption that zipfile does not know.
        raise WorkbookError(f"{path} cannot be unpacked: {error}") from error
    except OSError as error:
        raise WorkbookError(f"{path} cannot be read: {error.strerror or error}") from error


def unpacked_size(archive: zipfile.ZipFile) -> int:
    """The bytes that all entries give, as the directory says; whoever unpacks them sees to it."""
    return sum(entry.file_size for entry in archive.infolist())


def whole(archive: zipfile.ZipFile, name: str) -> bytes:
    """What an entry holds, and no more than the directory says: ZipFile.read would unpack all that
    there is, and cut it off afterwards."""
    with archive.open(name) as file:
        return file.read(archive.getinfo(name).file_size)


def packed(file: IO[bytes], entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """What an entry holds, as it stands compressed in the file."""
    file.seek(entry.header_offset)
    header = file.read(_LOCAL.size)
    if len(header) < _LOCAL.size or not header.startswith(b"PK\3\4"):
        raise zipfile.BadZipFile(f"{entry.filename} is not where it should be")
    name, extra = _LOCAL.unpack(header)
    encoding = "utf-8" if entry.flag_bits & UTF8 else "cp437"
    if file.read(name) != entry.orig_filename.encode(encoding, "replace"):
        raise zipfile.BadZipFile(f"{entry.filename} has another name where it stands")
    file.seek(extra, 1)
    left = entry.compress_size
    while left:
        chunk = file.read(min(left, _CHUNK))
        if not chunk:
            raise zipfile.BadZipFile(f"{entry.filename} is cut off")
        left -= len(chunk)
        yield chunk


def unpacked(file: IO[bytes], entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """What an entry holds, in chunks. Unlike zipfile it takes nothing that follows unseen: raises
    BadZipFile where the entry is not just as long as the directory says, or has another sum."""
    size = checksum = 0
    for chunk in _inflated(file, entry):
        size, checksum = size + len(chunk), zlib.crc32(chunk, checksum)
        if size > entry.file_size:
            break
        yield chunk
    if size != entry.file_size or checksum != entry.CRC:
        raise zipfile.BadZipFile(f"{entry.filename} is not what the directory says")


def _inflated(file: IO[bytes], entry: zipfile.ZipInfo) -> Iterator[bytes]:
    if entry.compress_type == zipfile.ZIP_STORED:
        yield from packed(file, entry)
        return
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    for chunk in packed(file, entry):
        while piece := inflater.decompress(chunk, _CHUNK):
            yield piece
            chunk = inflater.unconsumed_tail
    if not inflater.eof or inflater.unused_data:
        raise zipfile.BadZipFile(f"{entry.filename} does not end where it should")


def _said(error: Exception) -> str:
    """What an exception says; a KeyError quotes its message."""
    return str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)


def _check_start(path: Path, file: IO[bytes]) -> None:
    """Names what is often taken for an .xlsx file."""
    if file.read(len(_OLE)) != _OLE:
        return
    header = file.read(512 - len(_OLE))
    names = b""
    if len(header) == 512 - len(_OLE):
        shift = struct.unpack_from("<H", header, 30 - len(_OLE))[0]
        first = struct.unpack_from("<I", header, 48 - len(_OLE))[0]
        if shift in (9, 12) and first < 1 << 30:
            file.seek((first + 1) << shift)
            names = file.read(1 << 16)  # the directory's first entries
    if "EncryptedPackage".encode("utf-16-le") in names:
        raise WorkbookError(
            f"{path} is encrypted: open it with its password in a spreadsheet program and save it "
            "without one"
        )
    raise WorkbookError(
        f"{path} is a file of Excel 97-2003, or of another older program, whatever it is called: "
        "save it as an .xlsx workbook (Excel 2007 or later)"
    )


def _check_directory(path: Path, file: IO[bytes]) -> None:
    """Refuses a list of entries that takes long to read alone."""
    size = file.seek(0, 2)
    file.seek(max(0, size - (1 << 16) - 22))
    tail = file.read()
    file.seek(0)
    end = tail.rfind(_END)
    if end < 0 or len(tail) < end + 20:
        return  # zipfile tells what it is not
    # Where 4 bytes do not suffice for the number, all are set.
    listed = min(struct.unpack_from("<I", tail, end + 12)[0], size)
    if listed > MAX_DIRECTORY:
        raise WorkbookError(
            f"{path} holds so many entries that their list takes {_megabytes(listed)}: "
            "no workbook does"
        )


def _check_entries(path: Path, archive: zipfile.ZipFile) -> None:
    entries = archive.infolist()
    names: set[str] = set()
    for entry in entries:
        name = entry.filename.casefold()
        if name in names:
            raise WorkbookError(f"{path} is damaged: it holds {entry.filename} twice")
        names.add(name)
        if entry.flag_bits & 0x1:
            raise WorkbookError(f"{path} cannot be unpacked: {entry.filename} is encrypted")
        if entry.compress_type not in METHODS:
            raise WorkbookError(
                f"{path} cannot be unpacked: {entry.filename} is compressed as no spreadsheet "
                "program does it"
            )
    size, there = unpacked_size(archive), path.stat().st_size
    if max([there, *(entry.file_size for entry in entries)]) > LARGEST:
        raise WorkbookError(
            f"{path} is larger than the 4 GB that spreadsheet programs open, or says so of a part"
        )
    if sum(entry.compress_size for entry in entries) > there:
        raise WorkbookError(f"{path} is damaged: its entries are longer than the file")
    if size > max(SMALL, MAX_RATIO * there):
        raise WorkbookError(
            f"{path} has {_megabytes(there)} but would unpack to {_megabytes(size)}: no workbook "
            "does, and it was not unpacked"
        )


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
