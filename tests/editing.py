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
from openpyxl.utils import column_index_from_string, get_column_letter

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


def with_inserted(
    source: Path, target: Path, sheet: str, what: str, at: int, count: int = 1
) -> Path:
    """A copy with rows or columns inserted before one of them, or with a negative count deleted
    from it on, and all references changed with them, as programs do."""
    part = part_of(source, sheet)

    def moved(column: str, row: str) -> tuple[str, int]:
        numbers = {"row": int(row), "column": column_index_from_string(column)}
        if numbers[what] >= at:
            numbers[what] += count
        return get_column_letter(numbers["column"]), numbers["row"]

    def reference(found: re.Match[str]) -> str:
        text = found["first"]
        for end in re.findall(r"\$?[A-Z]{1,3}\$?\d+", text):
            column, row = re.sub(r"\d", "", end), re.sub(r"[$A-Z]", "", end)
            there = moved(column.replace("$", ""), row)
            both = "$" * column.startswith("$"), "$" * column.endswith("$")
            text = text.replace(end, f"\0{both[0]}{there[0]}\0{both[1]}{there[1]}", 1)
        return found["sheet"] + text.replace("\0", "")

    def formulas(text: str, own: bool) -> str:
        first = r"(?P<first>\$?[A-Z]{1,3}\$?\d+(?::\$?[A-Z]{1,3}\$?\d+)?)(?![\w(])"
        text = re.sub(rf"(?<![\w.])(?P<sheet>{sheet}!){first}", reference, text)
        return re.sub(rf"(?<![\w.!$:])(?P<sheet>){first}", reference, text) if own else text

    def change(name: str, text: str) -> str:
        own = name == part
        text = re.sub(
            r"(<f\b[^>]*>|<definedName [^>]*>)([^<]*)",
            lambda found: found[1] + formulas(found[2], own),
            text,
        )
        if own:
            text = re.sub(
                r'(<row r=")(\d+)', lambda found: f"{found[1]}{moved('A', found[2])[1]}", text
            )
            text = re.sub(
                r'(<c r="|<f t="array" ref=")([A-Z]+\d+(?::[A-Z]+\d+)?)',
                lambda found: found[1] + formulas(found[2], own),
                text,
            )
        return text

    return rewritten(source, target, change)


def without_sheet(source: Path, target: Path, sheet: str) -> Path:
    """A copy without a sheet, whose cells formulas and names have lost, as programs leave them."""
    lost = re.compile(rf"(?<![\w.]){sheet}!(?=\$?[A-Z])")

    def change(name: str, text: str) -> str:
        if name == "xl/workbook.xml":
            text, count = re.subn(rf'<sheet [^>]*name="{sheet}"[^>]*/>', "", text)
            assert count == 1, f"there are {count} sheets {sheet}"
        return re.sub(
            r"(<f\b[^>]*>|<definedName [^>]*>)([^<]*)",
            lambda found: found[1] + lost.sub("#REF!", found[2]),
            text,
        )

    return rewritten(source, target, change)
