"""Files that mean harm, or are broken: what somebody who audits workbooks may be sent."""

from __future__ import annotations

import re
import struct
import zipfile
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path

Parts = dict[str, bytes]
"""The entries of a workbook's zip by name."""

Harm = Callable[[Path, Path], object]
"""Writes a file, given a right workbook and the path."""

LAST_ROW = 1_048_576
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
WORKBOOK, RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
STRINGS, STYLES = "xl/sharedStrings.xml", "xl/styles.xml"


# --- Writing --------------------------------------------------------------------------


def parts_of(path: Path) -> Parts:
    """The entries of a workbook's zip."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write_parts(path: Path, parts: Mapping[str, bytes | str]) -> None:
    """Writes a zip."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def part_of(parts: Parts, sheet: str) -> str:
    """The entry that holds a sheet."""
    number = re.search(rf'name="{sheet}"[^>]*r:id="(\w+)"', parts[WORKBOOK].decode())
    assert number is not None
    relation = rf'<Relationship [^>]*Target="/(\S+)" Id="{number[1]}"'
    found = re.search(relation, parts[RELATIONS].decode())
    assert found is not None
    return found[1]


def changed(change: Callable[[Parts], object]) -> Harm:
    """The workbook with its entries changed."""

    def write(source: Path, target: Path) -> None:
        parts = parts_of(source)
        change(parts)
        write_parts(target, parts)

    return write


def replaced(part: str, old: str, new: str) -> Harm:
    """The workbook with the first of some text in an entry replaced; a sheet by its name."""

    def change(parts: Parts) -> None:
        name = part if part in parts else part_of(parts, part)
        text = parts[name].decode()
        assert old in text, f"{old} is not in {part}"
        parts[name] = text.replace(old, new, 1).encode()

    return changed(change)


def cell(sheet: str, place: str, attributes: str, content: str) -> Harm:
    """The workbook with a cell's attributes, but for its place and style, and content replaced."""

    def change(parts: Parts) -> None:
        name = part_of(parts, sheet)
        pattern = rf'(<c r="{place}" s="\d+")[^>]*?(/>|>.*?</c>)'
        text, count = re.subn(
            pattern, lambda found: f"{found[1]} {attributes}>{content}</c>", parts[name].decode()
        )
        assert count == 1
        parts[name] = text.encode()

    return changed(change)


def formula(text: str, sheet: str = "d_output", place: str = "B16") -> Harm:
    """The workbook with another formula."""
    return cell(sheet, place, "", f"<f>{text}</f><v>1</v>")


def more_rows(sheet: str, rows: str) -> Harm:
    """The workbook with rows below those of a sheet."""
    return replaced(sheet, "</sheetData>", f"{rows}</sheetData>")


def setting(key: str, value: object) -> Harm:
    """The workbook with a value on Settings replaced, next to its key."""

    def change(parts: Parts) -> None:
        name = part_of(parts, "Settings")
        texts = re.findall(r"<si>(.*?)</si>", parts[STRINGS].decode(), re.DOTALL)
        number = next(i for i, text in enumerate(texts) if re.sub("<.*?>", "", text) == key)
        content = f"<v>{value}</v>"
        kind = "n"
        if isinstance(value, str):
            kind, content = "inlineStr", f"<is><t>{value}</t></is>"
        pattern = rf'(<c r="A(\d+)"[^>]*t="s"><v>{number}</v></c><c r="B\2" s="\d+")[^>]*>.*?</c>'
        text, count = re.subn(
            pattern, rf'\1 t="{kind}">{content}</c>', parts[name].decode(), count=1
        )
        assert count == 1, key
        parts[name] = text.encode()

    return changed(change)


# --- Zips ----------------------------------------------------------------------------


def truncated(source: Path, target: Path) -> None:
    content = source.read_bytes()
    target.write_bytes(content[: len(content) * 2 // 3])


def damaged(source: Path, target: Path) -> None:
    """A zip in which the first bytes of a sheet are others."""
    content = bytearray(source.read_bytes())
    with zipfile.ZipFile(source) as archive:
        entry = archive.getinfo("xl/worksheets/sheet3.xml")
    start = entry.header_offset + 30 + len(entry.filename)
    content[start : start + 40] = bytes(range(100, 140))
    target.write_bytes(content)


def blown_up(part: str, start: str = "", piece: str = " " * 1000, size: int = 40) -> Harm:
    """An entry of 40 MB in a file of less than one: a piece again and again, before the end of
    the element ``start``, or else of the document."""

    def write(source: Path, target: Path) -> None:
        parts = parts_of(source)
        name = part if part in parts else part_of(parts, part)
        text = parts.pop(name).decode()
        place = text.rindex("</") if not start else text.index(start)
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for other, content in parts.items():
                archive.writestr(other, content)
            with archive.open(name, "w", force_zip64=True) as entry:
                entry.write(text[:place].encode())
                some = (piece * (1_000_000 // len(piece))).encode()
                for _ in range(size):
                    entry.write(some)
                entry.write(text[place:].encode())

    return write


def lying(source: Path, target: Path) -> None:
    """A zip bomb whose headers say that it is small."""
    blown_up("d_output", "</sheetData>")(source, target)
    content = target.read_bytes()
    with zipfile.ZipFile(target) as archive:
        size = max(entry.file_size for entry in archive.infolist())
    target.write_bytes(content.replace(struct.pack("<I", size), struct.pack("<I", 5000)))


def many_entries(source: Path, target: Path) -> None:
    """A zip whose list of entries repeats itself 3,000 times."""
    content = source.read_bytes()
    end = content.rindex(b"PK\x05\x06")
    size, start = struct.unpack_from("<II", content, end + 12)
    listed = content[start : start + size] * 3000
    tail = content[end : end + 12] + struct.pack("<IIH", len(listed), start, 0)
    target.write_bytes(content[:start] + listed + tail)


def bombs_in_a_bomb(source: Path, target: Path) -> None:
    """Entries that are zips in turn, which must not be opened, and the largest ratio there is."""
    parts = parts_of(source)
    inner = target.with_suffix(".inner")
    write_parts(inner, {"zeros": bytes(10_000_000)})
    parts |= {f"xl/embeddings/{number}.xlsx": inner.read_bytes() for number in range(30)}
    inner.unlink()
    parts |= {f"xl/media/{number}.png": bytes(10_000_000) for number in range(4)}
    write_parts(target, parts)


def twice(part: str) -> Harm:
    """A zip with two entries of one name, of which programs take the one or the other."""

    def write(source: Path, target: Path) -> None:
        parts = parts_of(source)
        write_parts(target, parts)
        with zipfile.ZipFile(target, "a") as archive:
            # zipfile itself warns of a second entry.
            entry = zipfile.ZipInfo(part[:-1] + "X")
            archive.writestr(entry, parts[part])
        content = target.read_bytes()
        target.write_bytes(content.replace((part[:-1] + "X").encode(), part.encode()))

    return write


def compressed_with(method: int) -> Harm:
    """A zip whose sheets are compressed in a way that no spreadsheet program knows."""

    def write(source: Path, target: Path) -> None:
        with zipfile.ZipFile(target, "w", method) as archive:
            for name, content in parts_of(source).items():
                archive.writestr(name, content)

    return write


# --- Other formats -------------------------------------------------------------------


def compound(*streams: str) -> Harm:
    """The container of older Office files, with some streams in its directory."""

    def write(source: Path, target: Path) -> None:
        header = struct.pack(
            "<8s16xHHHHH6xIIIIIIIIII",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            *(0x3E, 3, 0xFFFE, 9, 6),
            *(0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0, 0),
        )
        header += b"\xff" * (512 - len(header))
        fat = struct.pack("<II", 0xFFFFFFFD, 0xFFFFFFFE).ljust(512, b"\xff")
        directory = b""
        for number, name in enumerate(["Root Entry", *streams]):
            encoded = name.encode("utf-16-le")
            directory += encoded.ljust(64, b"\0")
            directory += struct.pack("<HBB", len(encoded) + 2, 5 if number == 0 else 2, 1)
            directory = directory.ljust(128 * (number + 1), b"\0")
        target.write_bytes(header + fat + directory.ljust(512, b"\0") + bytes(4096))

    return write


# --- Markup --------------------------------------------------------------------------

BOMB = (
    "<!DOCTYPE bomb ["
    '<!ENTITY a "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 16}">' for a, b in pairwise("abcdefghi"))
    + "]>"
)


def entities(part: str) -> Harm:
    """A workbook one of whose entries declares entities that grow to 270 GB, and uses them."""

    def change(parts: Parts) -> None:
        name = part if part in parts else part_of(parts, part)
        text = parts[name].decode()
        text = re.sub(r"<\?xml.*?\?>", "", text)
        end = text.rindex("</")
        parts[name] = f"{BOMB}{text[:end]}<x>&i;</x>{text[end:]}".encode()

    return changed(change)


def outside_entity(path: str) -> Harm:
    """A workbook with a text that is to be read from another file."""

    def change(parts: Parts) -> None:
        text = parts[STRINGS].decode()
        start = f'<!DOCTYPE s [<!ENTITY x SYSTEM "{path}">]>'
        text = text.replace("<si>", "<si><t>&x;</t></si><si>", 1)
        parts[STRINGS] = start.encode() + text.encode()

    return changed(change)


def encoded(part: str, encoding: str) -> Harm:
    """A workbook one of whose entries is in another encoding than it says."""

    def change(parts: Parts) -> None:
        name = part if part in parts else part_of(parts, part)
        parts[name] = parts[name].decode().encode(encoding)

    return changed(change)


def nested(part: str, depth: int, *, closed: bool) -> Harm:
    """A workbook with elements deep in each other."""

    def change(parts: Parts) -> None:
        name = part if part in parts else part_of(parts, part)
        text = parts[name].decode()
        end = text.rindex("</")
        parts[name] = (
            text[:end] + "<a>" * depth + ("</a>" * depth + text[end:] if closed else "")
        ).encode()

    return changed(change)


# --- Sheets --------------------------------------------------------------------------


def empty_rows(content: str) -> str:
    """All the rows that a sheet can have below its first hundred."""
    return "".join(content.format(row) for row in range(100, LAST_ROW + 1))


def doubling() -> Harm:
    """A text that is twice as long in each of 60 cells, one after the other."""
    rows = '<row r="900"><c r="A900" t="inlineStr"><is><t>0123456789</t></is></c></row>'
    for row in range(901, 960):
        rows += f'<row r="{row}"><c r="A{row}"><f>A{row - 1}&amp;A{row - 1}</f></c></row>'
    return more_rows("X", rows)


def with_macros(parts: Parts) -> None:
    """Makes a workbook one with macros."""
    parts["xl/vbaProject.bin"] = b"\xd0\xcf\x11\xe0 some code"
    types = parts["[Content_Types].xml"].decode()
    main = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    assert main in types
    types = types.replace(main, "application/vnd.ms-excel.sheet.macroEnabled.main+xml")
    macros = '<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/></Types>'
    parts["[Content_Types].xml"] = types.replace("</Types>", macros).encode()
    project = "http://schemas.microsoft.com/office/2006/relationships/vbaProject"
    add_relation(parts, RELATIONS, project, "vbaProject.bin", external=False)


def add_relation(
    parts: Parts, entry: str, kind: str, target: str, *, external: bool, name: str = "rIdX"
) -> None:
    """Adds a relation to those of a part."""
    mode = ' TargetMode="External"' if external else ""
    relation = f'<Relationship Id="{name}" Type="{kind}" Target="{target}"{mode}/>'
    parts[entry] = (
        parts[entry].decode().replace("</Relationships>", f"{relation}</Relationships>").encode()
    )


def linked(target: str) -> Harm:
    """A workbook with a link to another one, which a formula reads."""

    def change(parts: Parts) -> None:
        main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        package = "http://schemas.openxmlformats.org/package/2006/relationships"
        link = "xl/externalLinks/externalLink1.xml"
        parts[link] = (
            f'<externalLink xmlns="{main}"><externalBook xmlns:r="{RELATION}" r:id="rId1">'
            '<sheetNames><sheetName val="Sheet1"/></sheetNames></externalBook></externalLink>'
        ).encode()
        parts["xl/externalLinks/_rels/externalLink1.xml.rels"] = (
            f'<Relationships xmlns="{package}"></Relationships>'.encode()
        )
        add_relation(
            parts,
            "xl/externalLinks/_rels/externalLink1.xml.rels",
            f"{RELATION}/externalLinkPath",
            target,
            external=True,
            name="rId1",
        )
        add_relation(parts, RELATIONS, f"{RELATION}/externalLink", link[3:], external=False)
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.externalLink+xml"
        parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(
            b"</Types>", f'<Override PartName="/{link}" ContentType="{kind}"/></Types>'.encode()
        )
        parts[WORKBOOK] = parts[WORKBOOK].replace(
            b"</sheets>",
            f'</sheets><externalReferences><externalReference xmlns:r="{RELATION}" r:id="rIdX"/>'
            "</externalReferences>".encode(),
        )

    def write(source: Path, target: Path) -> None:
        between = target.with_suffix(".between")
        changed(change)(source, between)
        formula("[1]Sheet1!A1")(between, target)
        between.unlink()

    return write
