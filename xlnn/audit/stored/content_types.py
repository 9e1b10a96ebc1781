"""The part ``[Content_Types].xml``, which says of what kind each part is: by its name, or by how
that ends."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from xlnn.audit.stored.markup import HEAD, PACKAGE, local, parse, plain_attribute

SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml."
"""How the kinds of a workbook's parts begin."""

WORKBOOK_TYPE = SPREADSHEET + "sheet.main+xml"
"""The kind of an .xlsx; that of an .xlsm or of a template differs."""


@dataclass(frozen=True, slots=True)
class ContentTypes:
    """Of what kind the parts are."""

    by_ending: Mapping[str, str]
    by_part: Mapping[str, str]
    """By entry, without the slash that stands in front there."""

    @classmethod
    def read(cls, document: bytes) -> ContentTypes:
        """What an entry says."""
        found = _elements(document)
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
            HEAD,
            PACKAGE,
            endings,
            parts,
        )


def _elements(document: bytes) -> list[tuple[str, dict[str, str]]]:
    """The elements of a document with their attributes, without namespaces."""
    found: list[tuple[str, dict[str, str]]] = []

    def start(name: str, given: dict[str, str]) -> None:
        found.append((local(name), {local(key): value for key, value in given.items()}))

    parse(io.BytesIO(document), start)
    return found
