"""The parts of a workbook's zip that tell what the others are.

- ``[Content_Types].xml`` says of what kind each part is, by its name or by how that ends.
- A part's relations stand beside it in ``_rels``: each has an identity, a kind and a target, which
  is absolute or relative to the part's folder.
- ``xl/workbook.xml`` lists the sheets by the identities of its relations. Some of what it says
  counts sheets from 0: the one that is shown, and names that hold on one sheet only.
"""

from __future__ import annotations

import io
import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from xlnn.audit.reports.patch import Patch, changed, elements, in_attribute, plain_attribute
from xlnn.audit.stored.markup import MAIN, STRICT, local, parse
from xlnn.audit.stored.relations import Relation

OFFICE = {
    MAIN: "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    STRICT: "http://purl.oclc.org/ooxml/officeDocument/relationships",
}
"""The namespace of relations beside that of a workbook."""

_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

SHEETS = "application/vnd.openxmlformats-officedocument.spreadsheetml."
WORKBOOK_TYPE = SHEETS + "sheet.main+xml"
"""The kind of an .xlsx; that of an .xlsm or of a template differs."""


def relations_entry(part: str) -> str:
    """The entry with the relations of a part; of the whole package, given nothing."""
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def write_relations(relations: Iterable[Relation]) -> bytes:
    """The entry with some relations."""
    body = b"".join(
        b'<Relationship Id="%s" Type="%s" Target="%s"%s/>'
        % (
            plain_attribute(each.id),
            plain_attribute(each.type),
            plain_attribute(each.target),
            b' TargetMode="External"' if each.external else b"",
        )
        for each in relations
    )
    return b'%s<Relationships xmlns="%s/relationships">%s</Relationships>' % (
        _HEAD,
        _PACKAGE.encode(),
        body,
    )


@dataclass(frozen=True, slots=True)
class ContentTypes:
    """Of what kind the parts are."""

    by_ending: Mapping[str, str]
    by_part: Mapping[str, str]
    """By entry, without the slash that stands in front there."""

    @classmethod
    def read(cls, document: bytes) -> ContentTypes:
        """What an entry says."""
        found = _small(document)
        return cls(
            {each["Extension"]: each["ContentType"] for name, each in found if name == "Default"},
            {
                each["PartName"].lstrip("/"): each["ContentType"]
                for name, each in found
                if name == "Override"
            },
        )

    def with_parts(self, parts: Mapping[str, str]) -> ContentTypes:
        """The same with more parts, or with other kinds."""
        return replace(self, by_part={**self.by_part, **parts})

    def without(self, parts: Iterable[str]) -> ContentTypes:
        """The same without some parts."""
        gone = set(parts)
        return replace(
            self, by_part={name: kind for name, kind in self.by_part.items() if name not in gone}
        )

    def document(self) -> bytes:
        """The entry that says so."""
        endings = b"".join(
            b'<Default Extension="%s" ContentType="%s"/>'
            % (plain_attribute(ending), plain_attribute(kind))
            for ending, kind in self.by_ending.items()
        )
        parts = b"".join(
            b'<Override PartName="/%s" ContentType="%s"/>'
            % (plain_attribute(part), plain_attribute(kind))
            for part, kind in self.by_part.items()
        )
        return b'%s<Types xmlns="%s/content-types">%s%s</Types>' % (
            _HEAD,
            _PACKAGE.encode(),
            endings,
            parts,
        )


def book_namespace(document: bytes) -> str:
    """The namespace of a workbook: MAIN, or STRICT."""
    return STRICT if STRICT.encode() in document[:2000] else MAIN


def sheets_of(document: bytes) -> dict[str, str]:
    """By the name of each sheet, the identity of its relation."""
    return {
        given["name"]: next(value for key, value in given.items() if local(key) == "id")
        for name, given in _raw(document)
        if local(name) == "sheet"
    }


def with_first_sheet(document: bytes, name: str, identity: str) -> bytes:
    """``xl/workbook.xml`` with one more sheet, the first, which is shown when it is opened."""
    patches = []
    found = elements(document)
    numbers = [int(e.attributes["sheetId"]) for e in found if e.local == "sheet" and e.depth == 3]
    for element in found:
        given = element.attributes
        if element.local == "sheets" and element.depth == 2:
            sheet = (
                b'<%ssheet xmlns:r="%s" name="%s" sheetId="%d" r:id="%s"/>'
                % (
                    element.prefix.encode(),
                    OFFICE[book_namespace(document)].encode(),
                    in_attribute(name),
                    max(numbers, default=0) + 1,
                    in_attribute(identity),
                )
            )  # fmt: skip
            patches.append(Patch(element.inside, sheet))
        elif element.local == "workbookView" and element.depth == 3:
            patches.append(Patch(element.start, attributes={"activeTab": "0", "firstSheet": "0"}))
        elif element.local == "definedName" and "localSheetId" in given:
            moved = str(int(given["localSheetId"]) + 1)
            patches.append(Patch(element.start, attributes={"localSheetId": moved}))
    return changed(document, patches)


def _small(document: bytes) -> list[tuple[str, dict[str, str]]]:
    """The elements of a document with their attributes, without namespaces."""
    return [
        (local(name), {local(key): value for key, value in given.items()})
        for name, given in _raw(document)
    ]


def _raw(document: bytes) -> list[tuple[str, dict[str, str]]]:
    found: list[tuple[str, dict[str, str]]] = []
    parse(io.BytesIO(document), lambda name, given: found.append((name, given)))
    return found
