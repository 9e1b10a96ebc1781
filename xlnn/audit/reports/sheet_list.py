"""``xl/workbook.xml``, which lists the sheets by the identities of their relations. Some of what it
says counts sheets from 0: the one that is shown, and names that hold on one sheet only."""

from __future__ import annotations

import io

from xlnn.audit.reports.patch import Patch, changed, elements, in_attribute
from xlnn.audit.stored.markup import MAIN, STRICT, local, parse
from xlnn.audit.stored.relations import OFFICE


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


def _raw(document: bytes) -> list[tuple[str, dict[str, str]]]:
    found: list[tuple[str, dict[str, str]]] = []
    parse(io.BytesIO(document), lambda name, given: found.append((name, given)))
    return found
