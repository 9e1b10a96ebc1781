"""A map that cannot be used is refused with its file, its line, the clash and the way out."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import handmade
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import xlnn
from xlnn.audit.engines import ENGINES
from xlnn.audit.recomputed import Evidence
from xlnn.audit.stored.workbook import StoredWorkbook
from xlnn.audit.theirs.comparison import compare
from xlnn.audit.theirs.map_file import read_map
from xlnn.audit.theirs.ranges import Range, RangeError, Ranges
from xlnn.audit.theirs.workbook_map import WorkbookMap, held_against
from xlnn.cli import main
from xlnn.errors import MapError, WorkbookError, XlnnError


@pytest.fixture(scope="module")
def workbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return handmade.samples_as_rows(tmp_path_factory.mktemp("theirs") / "theirs.xlsx")


@pytest.fixture(scope="module")
def book(workbook: Path) -> StoredWorkbook:
    return StoredWorkbook(workbook)


@pytest.fixture(scope="module")
def computed(workbook: Path) -> Evidence:
    engine = ENGINES["ironcalc"]
    return Evidence(engine=engine.name, version=engine.version(), values=engine.recompute(workbook))


@pytest.fixture(scope="module")
def settle(workbook: Path, book: StoredWorkbook) -> Callable[[str], WorkbookMap]:
    """Holds a map against the workbook, as an audit does first of all."""

    def held(text: str) -> WorkbookMap:
        path = workbook.parent / "theirs.toml"
        path.write_text(text, "utf-8")
        return held_against(read_map(path), book)

    return held


def changed(old: str, new: str) -> str:
    assert old in handmade.SAMPLES_AS_ROWS
    return handmade.SAMPLES_AS_ROWS.replace(old, new, 1)


def added(lines: str) -> str:
    return handmade.SAMPLES_AS_ROWS + lines


WRONG: dict[str, tuple[str, str]] = {
    "unknown section": (
        added("[matrix]\n"),
        "unknown key or section 'matrix' (did you mean \"matrices\"?)",
    ),
    "unknown key": (
        changed("learning_rate = ", "learning_rat = "),
        "[training]: unknown key 'learning_rat' (did you mean \"learning_rate\"?)",
    ),
    "unknown matrix": (
        changed("hidden_layer_input", "hidden_layer_inputs"),
        "has no matrix 'hidden_layer_inputs' (did you mean \"hidden_layer_input\"?); it has X, y,",
    ),
    "unknown key of a matrix": (
        changed('wh = "A12:B13"', 'wh = { range = "A12:B13", transposed = true }'),
        "wh has an unknown key 'transposed' (did you mean \"transpose\"?)",
    ),
    "no such choice": (
        added('[network]\nactivation = "sigmoyd"\n'),
        "[network]: activation is 'sigmoyd' (did you mean \"sigmoid\"?); there are",
    ),
    "no such sheet": (
        changed('"A4:B7"', '"XOR nets!A4:B7"'),
        "the workbook has no sheet 'XOR nets' (did you mean \"XOR net\"?); it has XOR net",
    ),
    "no range": (changed('"A4:B7"', '"A4-B7"'), "'A4-B7' is no range of cells"),
    "no range at all": (changed('"A4:B7"', "4"), "range is 4: give a range such as"),
    "outside of any sheet": (
        changed('"A4:B7"', '"A4:B9999999"'),
        "lies outside of a sheet, whose last cell is XFD1048576",
    ),
    "wrong shape": (
        changed('wh = "A12:B13"', 'wh = "A12:B14"'),
        "wh is mapped to 'XOR net'!A12:B14, which is 3×2, but it must be 2×2 (features × hidden "
        "neurons; X has 4 samples of 2 inputs, y has 4 samples of 1 outputs, hidden is [2]): if "
        'biases stand in it, write bias = "last" or bias = "first"',
    ),
    "wrong way round": (
        changed('y = "C4:C7"', 'y = { range = "C4:C7", transpose = true }'),
        "is 4×1, transposed 1×4",
    ),
    "a whole sheet": (changed('"A4:B7"', '"A1:XFD1048576"'), "1,048,576"),
    "a block of a whole sheet": (
        changed('E = "K16:K19"', 'E = "A1:XFD1048576"'),
        "E is mapped to 'XOR net'!A1:XFD1048576, which is 1,048,576×16,384",
    ),
    "beyond what is filled": (
        changed('"A4:B7"', '"A4:B700"').replace('"C4:C7"', '"C4:C700"'),
        "nothing stands beyond row",
    ),
    "no inputs": (changed('X = "A4:B7"\n', ""), "X is not mapped"),
    "no start weights": (changed('wout = "G12:G13"\n', ""), "wout is not mapped: these are start"),
    "no hidden weights": (changed('wh = "A12:B13"\n', ""), "wh is not mapped"),
    "no biases": (
        changed('bh = "D12:E12"\n', ""),
        'if these biases stand beside the weights, write bias = "last" with wh, and biases = false',
    ),
    "no learning rate": (changed('learning_rate = "B1"', ""), "learning_rate is not given"),
    "a learning rate of several cells": (
        changed('"B1"', '"B1:B2"'),
        "learning_rate is mapped to 'XOR net'!B1:B2: give a single cell",
    ),
    "a learning rate that is none": (
        changed('"B1"', "true"),
        "give a number such as 0.1, or a cell",
    ),
    "the same cells twice": (
        changed('output = "I16:I19"', 'output = "G16:G19"'),
        "output at 'XOR net'!G16:G19 overlaps output_layer_input at 'XOR net'!G16:G19",
    ),
    "blocks that overlap": (
        changed('E = "K16:K19"', 'E = "I17:I20"'),
        "overlaps",
    ),
    "epochs that overlap": (changed("rows = 20", "rows = 2"), "(and at [epochs], if"),
    "epochs that leave the sheet": (
        changed("rows = 20", "columns = 9000"),
        "would leave the sheet the 3th time",
    ),
    "epochs without a count": (
        changed("count = 3\n", ""),
        "line 5: give count, the number of epochs",
    ),
    "epochs in two ways": (
        changed("rows = 20", "rows = 20\ncolumns = 2"),
        "give one of rows, columns and sheets",
    ),
    "no number of an epoch": (added("[epoch.two.matrices]\nE = 'K36:K39'\n"), "must bear a number"),
    "a matrix twice": (
        added("[epoch.1.matrices]\nE = 'K36:K39'\n"),
        "E of epoch 1 is mapped twice",
    ),
    "too many batches": (
        added("[epoch.1.batch.2.matrices]\nE = 'K36:K39'\n"),
        "for batch 2, but an epoch has one batch",
    ),
    "batches without a size": (
        added("[batches]\nrows = 5\n"),
        "leave [batches] out, or give batch_",
    ),
    "a batch that is too large": (
        changed("[training]", "[training]\nbatch_size = 5"),
        "batch_size is 5, but there are 4 samples",
    ),
    "ones beside weights": (
        changed('wh = "A12:B13"', 'wh = { range = "A12:B13", ones = "last" }'),
        'for biases that stand beside weights write bias = "last"',
    ),
    "biases beside inputs": (
        changed('X = "A4:B7"', 'X = { range = "A4:C7", bias = "last" }'),
        "bias goes with weights",
    ),
    "biases twice": (
        changed('wh = "A12:B13"', 'wh = { range = "A11:B13", bias = "first" }'),
        "bh is mapped twice",
    ),
    "times nothing": (
        changed('E = "K16:K19"', 'E = { range = "K16:K19", times = 0 }'),
        "times is 0",
    ),
    "times what is not there": (
        changed('E = "K16:K19"', 'E = { range = "K16:K19", times = "momentum" }'),
        "is times momentum, which this training has not",
    ),
    "ranges that form no rectangle": (
        changed('E = "K16:K19"', 'E = [["K16", "K17"], ["K18:K19"]]'),
        "equally wide",
    ),
    "a loss that does not go with the output": (
        added('[network]\noutput_activation = "tanh"\n').replace(
            "[training]", '[training]\nloss = "cross-entropy"', 1
        ),
        "cross-entropy compares probabilities",
    ),
    "no TOML": (added("= ?"), "is not valid TOML"),
    "a section that is none": (
        added("epoch = 3\n").replace("epoch = 3", "[epoch]\n2 = 3"),
        "is a section",
    ),
}
"""A map, and what is said of it."""


@pytest.mark.parametrize("wrong", list(WRONG))
def test_a_wrong_map_is_refused(wrong: str, settle: Callable[[str], WorkbookMap]) -> None:
    text, said = WRONG[wrong]
    with pytest.raises((MapError, WorkbookError)) as error:
        settle(text)
    assert said in str(error.value)
    assert "theirs.toml" in str(error.value)


def test_the_line_is_named(settle: Callable[[str], WorkbookMap]) -> None:
    text = changed('wh = "A12:B13"', 'wh = "A12:B14"')
    line = text.splitlines().index('wh = "A12:B14"') + 1
    with pytest.raises(MapError, match=rf"theirs\.toml, line {line}, \[matrices\]: wh is mapped"):
        settle(text)


def test_huge_ranges_are_refused_at_once(settle: Callable[[str], WorkbookMap]) -> None:
    began = time.perf_counter()
    for name in ("a whole sheet", "a block of a whole sheet", "beyond what is filled"):
        with pytest.raises(XlnnError):
            settle(WRONG[name][0])
    huge = changed('y = "C4:C7"', 'y = "C1:C1048576"').replace('"A4:B7"', '"A1:B1048576"', 1)
    with pytest.raises(XlnnError):
        settle(huge)
    assert time.perf_counter() - began < 2


def test_the_command_ends_with_2(workbook: Path, tmp_path: Path) -> None:
    (tmp_path / "theirs.toml").write_text(WRONG["unknown key"][0], "utf-8")
    map_file = str(tmp_path / "theirs.toml")
    result = CliRunner().invoke(main, ["audit", str(workbook), "--map", map_file])
    assert result.exit_code == 2
    assert "did you mean" in result.output
    result = CliRunner().invoke(main, ["audit", str(workbook), "--map", str(tmp_path / "no.toml")])
    assert result.exit_code == 2
    assert "does not exist" in result.output


# --- Ranges -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("'My sheet'!A1:B2", Range("My sheet", 1, 1, 2, 2)),
        ("'It''s'!$C$7", Range("It's", 7, 3)),
        ("=it's!b2:a1", Range("It's", 1, 1, 2, 2)),
        ("B3:E5", Range("My sheet", 3, 2, 3, 4)),
        ("rate", Range("It's", 4, 1)),
        ("XFD1048576", Range("My sheet", 1_048_576, 16_384)),
    ],
)
def test_ranges_are_read_as_people_write_them(text: str, found: Range) -> None:
    ranges = Ranges(["My sheet", "It's"], [("Rate", "'It''s'!$A$4", False)], "my sheet")
    assert ranges.read(text) == found
    assert ranges.read(str(found)) == found


@pytest.mark.parametrize("text", ["", "A", "1", "A0", "AAAA1", "A1:", "A1,B2", "x!", "!A1", "'!A1"])
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(RangeError):
        Ranges(["My sheet"]).read(text)


# --- Anything ---------------------------------------------------------------------------

NAMES = [
    "title", "network", "training", "layout", "matrices", "epochs", "batches", "epoch", "data",
    "X", "y", "wh", "bh", "wout", "bout", "E", "output", "loss", "wh_new", "wh_gradient", "wh_1",
    "hidden", "activation", "biases", "bias_per", "learning_rate", "batch_size", "optimizer",
    "scale", "sheet", "transpose", "count", "rows", "columns", "sheets", "2", "1", "batch",
    "range", "ones", "bias", "negate", "times", "repeat", "order",
]  # fmt: skip
TEXTS = [
    "A4:B7", "C4:C7", "A12:B13", "D12:E12", "G12:G13", "I12", "B1", "'XOR net'!A4:B7",
    "A1:XFD1048576", "last", "first", "layer", "adam", "momentum", "learning_rate", "XOR net",
    "none", "minmax", "",
]  # fmt: skip

scalars = st.one_of(
    st.sampled_from(TEXTS), st.text(max_size=5), st.booleans(), st.integers(-3, 40),
    st.sampled_from([10**12, 10**400, -1]), st.floats(), st.none().map(lambda _: "A1"),
)  # fmt: skip
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(st.sampled_from(NAMES), st.text(max_size=3)), inner, max_size=4),
    ),
    max_leaves=12,
)
changes = st.lists(
    st.tuples(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4), values), max_size=6
)


def toml(value: object) -> str:
    """A value as TOML has it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoted(key)} = {toml(v)}" for key, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, str):
        return quoted(value)
    return str(value)


def quoted(text: str) -> str:
    plain = "".join(f"\\U{ord(sign):08X}" for sign in text if not 0xD800 <= ord(sign) < 0xE000)
    return f'"{plain}"'


def base() -> dict[str, object]:
    import tomllib

    return tomllib.loads(handmade.SAMPLES_AS_ROWS)


@given(changes)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_map_says_only_our_errors_come(
    settle: Callable[[str], WorkbookMap],
    book: StoredWorkbook,
    computed: Evidence,
    found: list[tuple[list[str], object]],
) -> None:
    document = base()
    for keys, value in found:
        here = document
        for key in keys[:-1]:
            inner = here.get(key)
            if not isinstance(inner, dict):
                inner = here[key] = {}
            here = inner
        here[keys[-1]] = value
    text = "\n".join(f"{quoted(key)} = {toml(value)}" for key, value in document.items())
    with suppress(MapError, WorkbookError):
        compare(settle(text), book, computed, 1e-9)


@given(st.text(max_size=200))
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_text_is_a_map_only_our_errors_come(
    settle: Callable[[str], WorkbookMap], text: str
) -> None:
    with suppress(MapError, WorkbookError):
        settle("".join(sign for sign in text if not 0xD800 <= ord(sign) < 0xE000))


def test_a_deep_or_endless_document_is_refused(settle: Callable[[str], WorkbookMap]) -> None:
    for text in ("a = " + "[" * 100_000, "a = " + "9" * 10_000, "[a" + ".a" * 5_000 + "]"):
        with pytest.raises(MapError):
            settle(text)


def test_a_map_that_is_no_text_is_refused(workbook: Path, tmp_path: Path) -> None:
    shutil.copyfile(workbook, tmp_path / "binary.toml")
    for path in (tmp_path / "binary.toml", tmp_path):
        with pytest.raises(MapError):
            xlnn.audit(workbook, map=path)


DOUBTS: dict[str, tuple[dict[str, str], list[str]]] = {
    "a sign too many": (
        {"E": '{ range = "K16:K19", negate = true }'},
        ["every number of E ('XOR net'!K16:K19) has the other sign", "should not say negate"],
    ),
    "two blocks exchanged": (
        {"output": '"G16:G19"', "output_layer_input": '"I16:I19"'},
        ["which the map calls output, are those of output_layer_input: are ranges", "exchanged?"],
    ),
    "from the heading on": (
        {"E": '"K15:K18"'},
        ["the numbers of E stand one row lower than the map says: in 'XOR net'!K16:K19"],
    ),
    "a column beside": (
        {"hiddenlayer_activations": '"C16:D19"', "wh_gradient": '"B22:C23"'},
        ["the numbers of wh_gradient stand one column to the left", "one column to the right"],
    ),
}
"""What is wrong in a map that can be read, and what is said of it."""


@pytest.mark.parametrize("what", DOUBTS)
def test_a_map_that_may_be_wrong_is_told_as_one(what: str, workbook: Path, tmp_path: Path) -> None:
    lines, said = DOUBTS[what]
    text = handmade.SAMPLES_AS_ROWS
    for name, range_ in lines.items():
        text = re.sub(rf"(?m)^{name} = .*$", f"{name} = {range_}", text)
    (tmp_path / "map.toml").write_text(text, "utf-8")
    report = xlnn.audit(workbook, map=tmp_path / "map.toml")
    assert report.causes
    notes = "\n".join(report.notes)
    for words in said:
        assert words in notes


def test_a_right_map_is_not_doubted(workbook: Path, tmp_path: Path) -> None:
    (tmp_path / "map.toml").write_text(handmade.SAMPLES_AS_ROWS, "utf-8")
    assert xlnn.audit(workbook, map=tmp_path / "map.toml").notes == ()


def test_only_what_is_wrong_in_itself_casts_doubt_on_the_map(tmp_path: Path) -> None:
    signs = {("XOR net", f"K{row}"): f"=I{row}-C{row - 12}" for row in range(16, 20)}
    path = handmade.samples_as_rows(tmp_path / "signs.xlsx", signs)
    (tmp_path / "map.toml").write_text(handmade.SAMPLES_AS_ROWS, "utf-8")
    (note,) = xlnn.audit(path, map=tmp_path / "map.toml").notes
    assert note.startswith("every number of E ")


def test_numbers_that_were_copied_are_no_exchanged_ranges(tmp_path: Path) -> None:
    cells = {("XOR net", f"M{row}"): f"=K{row}" for row in range(16, 20)}
    path = handmade.samples_as_rows(tmp_path / "copied.xlsx", cells)
    (tmp_path / "map.toml").write_text(handmade.SAMPLES_AS_ROWS, "utf-8")
    report = xlnn.audit(path, map=tmp_path / "map.toml")
    assert {each.diagnosis for each in report.causes} == {"slope-missing"}
    assert report.notes == ()
