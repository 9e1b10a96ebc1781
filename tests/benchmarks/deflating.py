"""Compresses the entries of a workbook with zlib's default level, and prints the seconds.

python deflating.py WORKBOOK
"""

from __future__ import annotations

import sys
import time
import zipfile
import zlib

CHUNK = 1 << 20

if __name__ == "__main__":
    seconds = 0.0
    with zipfile.ZipFile(sys.argv[1]) as archive:
        for name in archive.namelist():
            with archive.open(name) as entry:
                deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
                while chunk := entry.read(CHUNK):
                    start = time.perf_counter()
                    deflate.compress(chunk)
                    seconds += time.perf_counter() - start
                start = time.perf_counter()
                deflate.flush()
                seconds += time.perf_counter() - start
    print(seconds)
