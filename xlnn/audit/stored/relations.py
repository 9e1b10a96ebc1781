"""Relations: which part of a workbook leads to which other one.

Those of a part stand beside it in ``_rels``: each has an identity, a kind and a target, which is
absolute or relative to the part's folder.
"""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass

from xlnn.audit.stored.markup import (
    HEAD,
    MAIN,
    PACKAGE,
    STRICT,
    local,
    parse,
    plain_attribute,
)

OFFICE = {
    MAIN: "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    STRICT: "http://purl.oclc.org/ooxml/officeDocument/relationships",
}
"""By the namespace of a workbook, how the types of its relations begin."""


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation as a ``.rels`` entry has it."""

    id: str
    type: str
    target: str
    """A path, from the root or from the folder of the part that it belongs to, or a URL."""
    external: bool
    """Whether it leads out of the file."""
    folder: str = "/"

    @property
    def kind(self) -> str:
        """The end of its type, such as ``worksheet``."""
        return self.type.rpartition("/")[2]

    @property
    def entry(self) -> str:
        """The entry of the zip that it leads to. Raises ValueError for what is outside; nothing
        there is ever opened."""
        if self.external:
            raise ValueError(f"{self.target}, which a part of it is to be, is another file")
        return posixpath.normpath(posixpath.join("/", self.folder, self.target)).lstrip("/")


def relations_of(archive: zipfile.ZipFile, entry: str) -> list[Relation]:
    """The relations in a ``.rels`` entry. Raises ValueError or KeyError where it is damaged."""
    folder = posixpath.dirname(posixpath.dirname(entry))
    found: dict[str, Relation] = {}

    def start(name: str, attributes: dict[str, str]) -> None:
        if local(name) == "Relationship":
            id = attributes["Id"]
            if id in found:
                raise ValueError(f"{entry} has two relations {id[:40]!r}")
            found[id] = Relation(
                id,
                attributes.get("Type", ""),
                attributes["Target"],
                attributes.get("TargetMode") == "External",
                folder,
            )

    with archive.open(entry) as file:
        parse(file, start)
    return list(found.values())


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
        HEAD,
        PACKAGE,
        body,
    )
