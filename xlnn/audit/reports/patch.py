"""Changes to an XML document that leave all of its other bytes as they are.

A workbook that another program wrote holds much that only that program knows. Reading it into a
tree and writing it again would lose some of that: declarations of namespaces, extensions, the very
digits of numbers. So places are found by a parser, and only there something is put in.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO

from xlnn.audit.stored.markup import CHUNK, local, parse_places
from xlnn.workbook.strings import cell_text

_TAG = re.compile(rb"""<[^>"']*(?:"[^"]*"[^>"']*|'[^']*'[^>"']*)*>""")
_ATTRIBUTE = re.compile(rb"""\s+([^\s=]+)\s*=\s*("[^"]*"|'[^']*')""")


@dataclass(frozen=True, slots=True)
class Patch:
    """A change at a place in a document."""

    place: int
    """In bytes."""
    before: bytes = b""
    """What is put in there."""
    attributes: Mapping[str, str | None] | None = None
    """Attributes of the tag that begins there, which are set, or taken away where None."""
    content: bytes = b""
    """What is put in right after that tag."""


@dataclass(frozen=True, slots=True)
class Element:
    """An element of a document that is held as a whole."""

    name: str
    """With its prefix."""
    attributes: Mapping[str, str]
    depth: int
    """1 for the root."""
    start: int
    inside: int
    """Where its first tag has ended."""
    last: int
    """Where its last tag begins; ``inside`` if it has none."""
    end: int

    @property
    def local(self) -> str:
        """The name without its prefix."""
        return local(self.name)

    @property
    def prefix(self) -> str:
        """``x:``, or nothing."""
        return self.name[: len(self.name) - len(self.local)]


def elements(document: bytes) -> list[Element]:
    """All elements in their order."""
    found: list[Element] = []
    opened: list[tuple[int, str, dict[str, str], int]] = []

    def start(name: str, attributes: dict[str, str], place: int) -> None:
        opened.append((len(found), name, attributes, place))
        found.append(Element(name, attributes, 0, 0, 0, 0, 0))

    def end(_name: str, place: int) -> None:
        depth = len(opened)
        index, name, attributes, begins = opened.pop()
        inside = _tag(document, begins).end()
        if document[inside - 2 : inside] == b"/>":
            last = stop = inside
        else:
            last, stop = place, document.index(b">", place) + 1
        found[index] = Element(name, attributes, depth, begins, inside, last, stop)

    parse_places(io.BytesIO(document), start, end)
    return found


def patched(file: IO[bytes], patches: Iterable[Patch]) -> Iterator[bytes | bytearray]:
    """The document with the changes, in pieces. Of those at one place, what is put in before
    comes first, in the order given."""
    buffer, begins, here = b"", 0, 0  # the place of the buffer, and what of it has been given
    for patch in sorted(patches, key=lambda each: (each.place, each.attributes is not None)):
        while begins + len(buffer) < patch.place:
            yield buffer[here:]
            begins, here = begins + len(buffer), 0
            if not (buffer := file.read(CHUNK)):
                raise ValueError(f"a document has no byte {patch.place}")
        yield buffer[here : patch.place - begins] + patch.before
        here = patch.place - begins
        if patch.attributes is None:
            continue
        while not (tag := _TAG.match(buffer, here)):
            if not (more := file.read(CHUNK)):
                raise ValueError(f"a tag that begins at byte {patch.place} does not end")
            buffer, begins, here = buffer[here:] + more, begins + here, 0
        yield _with_content(with_attributes(tag.group(), patch.attributes), patch.content)
        here = tag.end()
    yield buffer[here:]
    while chunk := file.read(CHUNK):
        yield chunk


def changed(document: bytes, patches: Iterable[Patch]) -> bytes:
    """The same for a document that is held as a whole."""
    return b"".join(patched(io.BytesIO(document), patches))


def with_attributes(tag: bytes, attributes: Mapping[str, str | None]) -> bytes:
    """A start tag with attributes set, or taken away where None."""
    left = {name.encode(): value for name, value in attributes.items()}

    def change(found: re.Match[bytes]) -> bytes:
        if found[1] not in left:
            return found[0]
        value = left.pop(found[1])
        return b"" if value is None else _attribute(found[1], value)

    tag = _ATTRIBUTE.sub(change, tag)
    stop = len(tag) - (2 if tag.endswith(b"/>") else 1)
    added = b"".join(_attribute(name, value) for name, value in left.items() if value is not None)
    return tag[:stop].rstrip() + added + tag[stop:]


def in_attribute(text: str) -> bytes:
    """A text as it stands in an attribute of a workbook, in signs that every encoding has."""
    return cell_text(text).replace('"', "&quot;").encode("ascii", "xmlcharrefreplace")


def _attribute(name: bytes, value: str) -> bytes:
    return b' %s="%s"' % (name, in_attribute(value))


def _with_content(tag: bytes, content: bytes) -> bytes:
    if not content or not tag.endswith(b"/>"):
        return tag + content
    name = re.split(rb"[\s/>]", tag[1:], maxsplit=1)[0]
    return tag[:-2].rstrip() + b">" + content + b"</" + name + b">"


def _tag(document: bytes, place: int) -> re.Match[bytes]:
    found = _TAG.match(document, place)
    assert found is not None  # the parser has seen it
    return found
