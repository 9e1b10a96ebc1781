"""The formulas of a workbook, put down where other libraries can read them fast.

    python formulas.py WORKBOOK TARGET

Prints how many there are.
"""

from __future__ import annotations

import html
import marshal
import re
import sys
import zipfile
from pathlib import Path

_ROW = re.compile(r'<row r="(\d+)".*?</row>', re.DOTALL)
_CELL = re.compile(r'<c r="([A-Z]+)\d+"[^>]*><f>([^<]*)</f><v>([^<]*)</v></c>')


def extract(workbook: Path, target: Path) -> int:
    """Writes the sheets of a workbook for ``peers.py``; gives the number of formulas."""
    sheets = []
    count = 0
    with zipfile.ZipFile(workbook) as archive:
        for name in sorted(archive.namelist()):
            if not name.startswith("xl/worksheets/"):
                continue
            text = archive.read(name).decode()
            rows = []
            for row in _ROW.finditer(text):
                cells = [
                    (_column(letters), f"={html.unescape(formula)}", _value(value))
                    for letters, formula, value in _CELL.findall(row[0])
                ]
                if cells:
                    rows.append((int(row[1]) - 1, cells))
                    count += len(cells)
            if rows:
                # References need the sheets' own names only to be looked up, not to be written.
                sheets.append((Path(name).stem, rows))
    target.write_bytes(marshal.dumps(sheets))
    return count


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


if __name__ == "__main__":
    print(extract(Path(sys.argv[1]), Path(sys.argv[2])))


def _value(text: str) -> float | str:
    """What a formula gives: a number, or a text."""
    try:
        return float(text)
    except ValueError:
        return html.unescape(text)
