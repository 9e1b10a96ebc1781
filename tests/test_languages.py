"""The sentences come in several languages; nothing else on the sheets depends on the language."""

from __future__ import annotations

import filecmp
import re
import string
import tomllib
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from click.testing import CliRunner
from lint import RawBook, lint, read_raw
from openxml_audit import OpenXmlValidator
from test_lint import EXPERIMENTS

import xlnn
from xlnn.audit.self_description import read_description, to_json
from xlnn.audit.stored.workbook import StoredWorkbook
from xlnn.bundled import folder, languages
from xlnn.cli import main
from xlnn.errors import ExperimentError, XlnnError
from xlnn.experiment.experiment import Experiment
from xlnn.maths.expr import Axis
from xlnn.workbook.boards.extras import EXTRAS
from xlnn.workbook.texts import axis_name, load_texts, number_text

SOURCE, TRANSLATION = "en", "de"

SAME = {
    # What is the same word in both languages, a name, or all placeholders.
    *("links.start", "links.map", "matrix.shape", "start.steps_columns.1"),
    *("colours.orange", "phrases.plus", "phrases.minus", "phrases.negative"),
    "rates.learning_rate",
}
"""The texts that may read the same in the translation."""

SMALL = {"X": [[1, 2], [3, 4]], "y": [0, 1], "hidden": (2, 2), "epochs": 3, "show": [1, 2, -1]}

ALL_EXTRAS = xlnn.example("xor", {"extras": "all"})
"""A workbook with every sheet that there is."""


def chosen(name: str) -> Experiment:
    """An experiment by its name: without extra sheets, or with all."""
    return ALL_EXTRAS if name == "xor" else replace(EXPERIMENTS[name], extras="none")


def texts_of(language: str) -> dict[str, Any]:
    """The text file of a language, as it is."""
    return tomllib.loads((folder() / "texts" / f"{language}.toml").read_text(encoding="utf-8"))


def leaves(tree: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text with its path; lists by their places. Notes are compared on their own."""
    if isinstance(tree, Mapping):
        for key, value in tree.items():
            if key != "note":
                yield from leaves(value, f"{path}.{key}" if path else key)
    elif isinstance(tree, list):
        for place, value in enumerate(tree):
            yield from leaves(value, f"{path}.{place}")
    else:
        yield path, tree


def placeholders(text: str) -> list[str]:
    """The places to fill in: those by name in any order, those without a name as often."""
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


def flaws(source: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """What is wrong with a translation."""
    ours, theirs = dict(leaves(source)), dict(leaves(other))
    found = [f"{key} is missing" for key in ours.keys() - theirs.keys()]
    found += [f"{key} is not in the source" for key in theirs.keys() - ours.keys()]
    for key in ours.keys() & theirs.keys():
        if placeholders(ours[key]) != placeholders(theirs[key]):
            found.append(f"{key} has other places to fill in")
        letters = re.search(r"[^\W\d_]{2}", re.sub(r"\{\w*\}", "", ours[key]))
        if letters and ours[key] == theirs[key] and key not in SAME:
            found.append(f"{key} is not translated")
    notes = [[{**note, "text": None} for note in texts["note"]] for texts in (source, other)]
    if notes[0] != notes[1]:
        found.append("the notes are on other matrices, or on other conditions")
    for ours_note, theirs_note in zip(source["note"], other["note"], strict=False):
        if ours_note["text"] == theirs_note["text"]:
            found.append(f"the note {ours_note['text']!r} is not translated")
    return found


# --- The text files -------------------------------------------------------------------


@pytest.mark.parametrize("language", [name for name in languages() if name != SOURCE])
def test_a_translation_is_complete(language: str) -> None:
    assert flaws(texts_of(SOURCE), texts_of(language)) == []


def test_what_may_be_the_same_is_the_same() -> None:
    # Else the list would excuse what it need not.
    ours, theirs = dict(leaves(texts_of(SOURCE))), dict(leaves(texts_of(TRANSLATION)))
    assert [key for key in SAME if ours[key] != theirs[key]] == []


def damage_section(texts: dict[str, Any]) -> None:
    del texts["curve"]


def damage_key(texts: dict[str, Any]) -> None:
    texts["start"]["more"] = "mehr"


def damage_list(texts: dict[str, Any]) -> None:
    texts["start"]["read"].pop()


def damage_placeholder(texts: dict[str, Any]) -> None:
    texts["matrix"]["title"] = "Schritt {nummer}: {name}"


def damage_position(texts: dict[str, Any]) -> None:
    texts["phrases"]["plus"] = "{} plus etwas"


def damage_translation(texts: dict[str, Any]) -> None:
    texts["why"]["E"] = texts_of(SOURCE)["why"]["E"]


def damage_condition(texts: dict[str, Any]) -> None:
    texts["note"][0]["when"] = {"activation": "tanh"}


def damage_notes(texts: dict[str, Any]) -> None:
    texts["note"].pop()


def damage_note(texts: dict[str, Any]) -> None:
    texts["note"][3]["text"] = texts_of(SOURCE)["note"][3]["text"]


@pytest.mark.parametrize(
    "damage",
    [
        damage_section,
        damage_key,
        damage_list,
        damage_placeholder,
        damage_position,
        damage_translation,
        damage_condition,
        damage_notes,
        damage_note,
    ],
)
def test_a_flaw_of_a_translation_is_found(damage: Callable[[dict[str, Any]], None]) -> None:
    texts = deepcopy(texts_of(TRANSLATION))
    before = len(flaws(texts_of(SOURCE), texts))
    damage(texts)
    assert len(flaws(texts_of(SOURCE), texts)) > before


# --- What depends on the language -----------------------------------------------------


def without_texts(book: RawBook) -> dict[str, object]:
    """All of a workbook but the texts that may be in another language."""
    return {
        sheet: {
            place: (
                cell.kind,
                cell.formula,
                cell.formula_kind,
                cell.array,
                cell.text if cell.kind == "n" else None,
            )
            for place, cell in found.cells.items()
        }
        for sheet, found in book.sheets.items()
    } | {"names": book.names, "links": {name: s.links for name, s in book.sheets.items()}}


@pytest.mark.parametrize(
    "name",
    ["demo as matrices", "gaps between epochs", "batches", "scaled and tested", "threshold", "xor"],
)
def test_only_texts_depend_on_the_language(name: str, built: Callable[[Experiment], Path]) -> None:
    books = [
        read_raw(built(replace(chosen(name), language=language)))
        for language in (SOURCE, TRANSLATION)
    ]
    assert without_texts(books[0]) == without_texts(books[1])
    titles = [book.sheets["output"].cells["A1"].text or "" for book in books]
    assert [title.split()[0] for title in titles] == ["Step", "Schritt"]


ENGLISH = re.compile(
    r"\b(the|of|and|is|are|it|to|what|which|each|every|by|from|with|sheet|layer|epoch|cells?)\b",
    re.IGNORECASE,
)

GERMAN = re.compile(r"\b(der|die|das|ist|und|von|mit|jede[rs]?|Schritt|Epoche)\b")


def translated() -> set[str]:
    """The English texts that are whole and have more than a word, which may be a matrix's name."""
    ours, theirs = (set(dict(leaves(texts_of(each))).values()) for each in (SOURCE, TRANSLATION))
    return {text for text in ours - theirs if " " in text and "{" not in text}


def english_texts(path: Path) -> dict[str, str]:
    """The texts of a workbook that read like English sentences, or are those of its sheets."""
    found, known = {}, translated()
    with ZipFile(path) as archive:
        for part in archive.namelist():
            if part.startswith("xl/charts/"):
                texts = re.findall("<a:t>([^<]*)</a:t>", archive.read(part).decode())
                found |= {f"{part}, {text}": text for text in texts if text in known}
    for name, sheet in read_raw(path).sheets.items():
        for place, cell in sheet.cells.items():
            text = cell.text or ""
            # Names of matrices and notation are the article's in every language, and what
            # programs read stays as it is; so does the article's own title.
            programs = name == "Settings" and place[0] in "AB" and f"B{place[1:]}" in sheet.cells
            programs = programs or (name == "Map" and place[1:] not in ("1", "2", "3"))
            if cell.kind == "n" or programs or "Sunil Ray" in text:
                continue
            if text in known or (len(ENGLISH.findall(text)) > 1 and not GERMAN.search(text)):
                found[f"{name}!{place}"] = text
    return found


@pytest.mark.parametrize("name", ["gaps between epochs", "batches", "scaled and tested", "xor"])
def test_no_sentence_stays_english(name: str, built: Callable[[Experiment], Path]) -> None:
    assert english_texts(built(replace(chosen(name), language=TRANSLATION))) == {}


def test_english_sentences_are_seen(built: Callable[[Experiment], Path]) -> None:
    found = english_texts(built(ALL_EXTRAS))
    assert len(found) > 100
    # On every sheet with sentences, and in every chart.
    assert {"Start", "Map", "Settings", "Loss", *EXTRAS} <= {key.split("!")[0] for key in found}
    assert len({key.split(",")[0] for key in found if key.startswith("xl/charts/")}) == 3


def test_the_layer_of_an_axis_comes_from_the_texts() -> None:
    texts = {name: load_texts(name) for name in (SOURCE, TRANSLATION)}
    axis = Axis("hidden neuron_2", 3)
    assert axis_name(texts[SOURCE], axis.name) == "hidden neurons of layer 2"
    assert axis_name(texts[TRANSLATION], axis.name) == "verborgene Neuronen der Schicht 2"


def test_numbers_in_sentences_are_written_as_the_language_writes_them() -> None:
    assert number_text(load_texts(SOURCE), 12345, ",") == "12,345"
    assert number_text(load_texts(TRANSLATION), 12345, ",") == "12.345"
    assert number_text(load_texts(TRANSLATION), 0.5, "g") == "0,5"


# --- A German workbook is as good -----------------------------------------------------


def test_a_german_workbook_is_valid_audits_clean_and_repeats_to_the_byte(tmp_path: Path) -> None:
    experiment = Experiment(**SMALL, language="de", batch_size=1, extras="none")
    one = xlnn.build(experiment, tmp_path / "one.xlsx")
    two = xlnn.build(experiment, tmp_path / "two.xlsx")
    assert one.report is not None
    assert one.report.ok
    assert filecmp.cmp(one.path, two.path, shallow=False)
    assert lint(one.path) == []
    assert OpenXmlValidator(max_errors=0).validate(one.path).errors == []


def test_the_map_is_the_same_for_programs(built: Callable[[Experiment], Path]) -> None:
    found = []
    for language in (SOURCE, TRANSLATION):
        book = StoredWorkbook(built(replace(ALL_EXTRAS, language=language)))
        found.append(read_description(book))
    assert to_json(found[0]) == to_json(found[1])
    assert [each.settings["language"] for each in found] == [SOURCE, TRANSLATION]


# --- How it is chosen -----------------------------------------------------------------


def test_an_unknown_language_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(ExperimentError, match='language is \'fr\'; there are "de", "en"'):
        Experiment(**SMALL, language="fr")
    path = tmp_path / "exp.toml"
    path.write_text('[data]\nX = [[1]]\ny = [0]\n[workbook]\nlanguage = "fr"\n')
    with pytest.raises(ExperimentError, match=r"exp\.toml, line 5, \[workbook\]: language is"):
        xlnn.load(path)
    with pytest.raises(XlnnError, match="there are no texts in 'fr'; there are de, en"):
        load_texts("fr")


def test_the_languages_are_the_files_of_the_folder() -> None:
    files = {path.stem for path in (folder() / "texts").iterdir()}
    assert set(languages()) == files
    assert {SOURCE, TRANSLATION} <= files


def test_the_command_builds_in_german(tmp_path: Path) -> None:
    path = tmp_path / "demo.xlsx"
    asked = ["--language", "de", "--extras", "none"]
    done = CliRunner().invoke(main, ["build", "demo", *asked, "-o", str(path)])
    assert done.exit_code == 0, done.output
    assert any(
        (cell.text or "").startswith("Ein Netz mit ")
        for cell in read_raw(path).sheets["Start"].cells.values()
    )
    assert CliRunner().invoke(main, ["audit", str(path)]).exit_code == 0
    assert "de or en" in CliRunner().invoke(main, ["build", "--help"]).output
