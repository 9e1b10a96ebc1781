"""Relations: which part of a workbook leads to which other one."""

from __future__ import annotations

import posixpath
import zipfile
from dataclasses import dataclass

from xlnn.audit.stored.markup import local, parse


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
