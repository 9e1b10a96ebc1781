"""What people and programs do to a workbook after it was built."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import openpyxl
from conftest import engine_or_skip
from lint import cells_of, read_raw

WRONG = 12345
"""A number that no formula of the tests gives."""


def rewritten(source: Path, target: Path, change: Callable[[str, str], str]) -> Path:
    """A copy with entries of the zip changed: ``change`` takes a name and its text."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for entry in old.infolist():
            new.writestr(entry, change(entry.filename, old.read(entry).decode()))
    return target


def part_of(source: Path, sheet: str) -> str:
    """The part of the zip that holds a sheet."""
    book = openpyxl.load_workbook(source, read_only=True)
    part = str(book[sheet]._worksheet_path)
    book.close()
    return part


def with_cell(
    source: Path, target: Path, sheet: str, cell: str, content: str, kind: str = "n"
) -> Path:
    """A copy with the XML inside one cell replaced, and every cached value as it was."""
    part = part_of(source, sheet)
    kind = ' t="inlineStr"' if content.startswith("<is>") else f' t="{kind}"'

    def change(name: str, text: str) -> str:
        if name != part:
            return text
        pattern = rf'(<c r="{cell}" s="\d+")[^>]*?(/>|>.*?</c>)'
        changed, count = re.subn(pattern, rf"\1{kind}>{content}</c>", text)
        assert count == 1, f"{sheet} has {count} cells {cell}"
        return changed

    return rewritten(source, target, change)


def with_wrong_values(source: Path, target: Path) -> Path:
    """A copy in which every value that a formula carries along is WRONG."""
    arrays = {
        sheet.part: "|".join(
            member
            for cell in sheet.cells.values()
            for member in (cells_of(cell.array) if cell.array else ())
        )
        for sheet in read_raw(source).sheets.values()
    }

    def change(name: str, text: str) -> str:
        if name not in arrays:
            return text
        text = re.sub(r"(</f>)<v>[^<]*", rf"\1<v>{WRONG}", text)
        if arrays[name]:
            # Inside an array formula's range the cells after the first hold values alone.
            inside = rf'(<c r="(?:{arrays[name]})" s="\d+">)<v>[^<]*'
            text = re.sub(inside, rf"\1<v>{WRONG}", text)
        return text

    return rewritten(source, target, change)


def typed(source: Path, target: Path, cells: Mapping[tuple[str, str], object]) -> Path:
    """A copy with cells typed over, saved by openpyxl, which drops all cached values."""
    book = openpyxl.load_workbook(source)
    for (sheet, cell), value in cells.items():
        book[sheet][cell] = value
    book.save(target)
    return target


def saved_by(program: str, source: Path, folder: Path) -> Path:
    """The workbook as a program writes it when somebody presses Save."""
    (saved,) = all_saved_by(program, [source], folder)
    return saved


def all_saved_by(program: str, sources: Sequence[Path], folder: Path) -> list[Path]:
    """Workbooks of different names as a program writes them. LibreOffice is started once."""
    targets = [folder / f"{source.stem} saved by {program}.xlsx" for source in sources]
    if program == "openpyxl":
        return [typed(*each, {}) for each in zip(sources, targets, strict=True)]
    engine_or_skip(program)
    if program == "gnumeric":
        for source, target in zip(sources, targets, strict=True):
            _run("ssconvert", str(source), str(target))
        return targets
    _run(
        "soffice",
        f"-env:UserInstallation={(folder / 'profile').as_uri()}",
        *("--headless", "--norestore", "--convert-to", "xlsx:Calc MS Excel 2007 XML"),
        *("--outdir", str(folder / "out"), *map(str, sources)),
    )
    for source, target in zip(sources, targets, strict=True):
        shutil.move(folder / "out" / source.name, target)
    return targets


def _run(*arguments: str) -> None:
    subprocess.run(arguments, capture_output=True, check=True, timeout=300)
