"""A zip file that is written from front to back and compressed in a second thread.

The rules of the format that are kept here:

- An entry is a local header, then its compressed data. The header tells checksum and sizes, which
  are known afterwards: it is written twice, so that no reader needs a descriptor behind the data.
- The directory at the end lists all entries with the same facts and where each one starts.
- Sizes and places have 32 bits. What needs more is refused: no spreadsheet program opens it.
- Same input, same bytes: every entry carries the same time, and nothing of the machine.
"""

from __future__ import annotations

import struct
import sys
import threading
import zipfile
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO

from zlib_ng import zlib_ng

from xlnn.errors import OutputError

LEVEL = 5
"""The compression level of zlib-ng. Measured on the sheets of a million cells: zlib's own level 6
takes 2.5 times as long to save 2 %, while ISA-L takes a sixth of the time and adds 11 %."""

AHEAD = 8
"""How many chunks may wait for the second thread; more would only take memory."""

LARGEST = (1 << 32) - 1

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")

_VERSION = 20

UTF8 = 0x800
"""The flag of an entry whose name is in UTF-8."""

_TIME, _DATE = 0, 0x21
"""1 January 1980, the oldest date that a zip can hold."""


@dataclass(slots=True)
class _Entry:
    """What headers tell of an entry."""

    name: bytes
    start: int = 0
    checksum: int = 0
    packed: int = 0
    size: int = 0
    method: int = zipfile.ZIP_DEFLATED

    @property
    def facts(self) -> tuple[int, ...]:
        """The fields that both headers share."""
        return (
            _VERSION, UTF8, self.method, _TIME, _DATE, self.checksum, self.packed, self.size,
            len(self.name),
        )  # fmt: skip


class _QuickHandover:
    """While any archive is at work, a busy thread lets the second one have the interpreter after
    0.2 ms. Python's 5 ms would be as long for each chunk as it takes to compress it."""

    SECONDS = 2e-4

    def __init__(self) -> None:
        self._lock, self._users, self._before = threading.Lock(), 0, 0.0

    def __enter__(self) -> None:
        with self._lock:
            if not self._users:
                self._before = sys.getswitchinterval()
                sys.setswitchinterval(self.SECONDS)
            self._users += 1

    def __exit__(self, *_error: object) -> None:
        with self._lock:
            self._users -= 1
            if not self._users:
                sys.setswitchinterval(self._before)


_HANDOVER = _QuickHandover()


class Archive:
    """A zip file that is being written.

    Entries are added one after the other. ``finish`` completes the file; afterwards entries at its
    end may be taken off again with ``cut``, written anew, and the file finished once more.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._entries: list[_Entry] = []
        self._end = 0
        self._deflate = _deflater()
        self._second = ThreadPoolExecutor(max_workers=1)
        self._waiting: deque[Future[None]] = deque()

    def add(self, name: str, chunks: Iterable[bytes | bytearray]) -> None:
        """Writes an entry. Its chunks are made in this thread while others are compressed."""
        with _HANDOVER:
            self._later(self._begin, _Entry(name.encode()))
            self._later(self._begin_compressing)
            for chunk in chunks:
                self._later(self._compress, chunk)
            self._later(self._compress_rest)
            self._later(self._complete)

    def add_packed(self, entry: zipfile.ZipInfo, chunks: Iterable[bytes]) -> None:
        """Writes an entry of another zip, given in its chunks as it is compressed there."""
        name = entry.filename.encode()
        facts = _Entry(name, 0, entry.CRC, 0, entry.file_size, entry.compress_type)
        with _HANDOVER:
            self._later(self._begin, facts)
            for chunk in chunks:
                self._later(self._put, chunk)
            self._later(self._complete)

    def finish(self) -> None:
        """Writes the directory, and waits until everything is in the file.

        Raises OutputError for a file that is too large for any spreadsheet program.
        """
        with _HANDOVER:
            self._later(self._write_directory)
            while self._waiting:
                self._waiting.popleft().result()
        self._file.flush()

    def close(self) -> None:
        """Ends the second thread, whatever it still has to do."""
        self._second.shutdown(cancel_futures=True)

    def cut(self, name: str) -> None:
        """Takes an entry off a finished file, and all that were written after it."""
        index = [entry.name for entry in self._entries].index(name.encode())
        self._end = self._entries[index].start
        del self._entries[index:]

    # --- In the second thread ---

    def _later(self, task: Callable[..., None], *arguments: object) -> None:
        """Gives work to the second thread; raises what earlier work has raised."""
        self._waiting.append(self._second.submit(task, *arguments))
        while len(self._waiting) > AHEAD or (self._waiting and self._waiting[0].done()):
            self._waiting.popleft().result()

    def _begin(self, entry: _Entry) -> None:
        entry.start = self._end
        self._entries.append(entry)
        self._file.seek(entry.start)
        self._file.write(_LOCAL.pack(b"PK\3\4", *entry.facts, 0) + entry.name)

    def _begin_compressing(self) -> None:
        self._deflate = _deflater()

    def _compress(self, chunk: bytes | bytearray) -> None:
        entry = self._entries[-1]
        entry.checksum = zlib_ng.crc32(chunk, entry.checksum)
        entry.size += len(chunk)
        self._put(self._deflate.compress(chunk))

    def _put(self, packed: bytes) -> None:
        self._entries[-1].packed += len(packed)
        self._file.write(packed)

    def _compress_rest(self) -> None:
        self._put(self._deflate.flush())

    def _complete(self) -> None:
        entry = self._entries[-1]
        self._end = self._file.tell()
        if max(entry.size, self._end) > LARGEST:
            raise OutputError(
                f"{entry.name.decode()} would be larger than the 4 GB that spreadsheet programs "
                "open: show fewer epochs (--show)"
            )
        self._file.seek(entry.start)
        self._file.write(_LOCAL.pack(b"PK\3\4", *entry.facts, 0))
        self._file.seek(self._end)

    def _write_directory(self) -> None:
        self._file.seek(self._end)
        for entry in self._entries:
            header = b"PK\1\2", _VERSION, *entry.facts, 0, 0, 0, 0, 0, entry.start
            self._file.write(_CENTRAL.pack(*header) + entry.name)
        size, number = self._file.tell() - self._end, len(self._entries)
        self._file.write(_END.pack(b"PK\5\6", 0, 0, number, number, size, self._end, 0))
        self._file.truncate()


def _deflater() -> zlib_ng._Compress:
    return zlib_ng.compressobj(LEVEL, zlib_ng.DEFLATED, -15)
