"""A person's table becomes X and y as it stands, whatever program wrote it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import xlnn
from xlnn.cli import main

FRAME = pd.DataFrame(
    {
        # openpyxl, which writes the Excel table, keeps 16 digits: these need no more.
        "height": [0.1, 1 / 3, -3e-7],
        "label": [0, 1, 1],
        "width": [12345678.9, 2, 3],
        "grade": [0.5, 0.25, 0.75],
    }
)

WRITERS = {
    ".csv": lambda path: FRAME.to_csv(path, index=False),
    ".tsv": lambda path: FRAME.to_csv(path, index=False, sep="\t"),
    ".xlsx": lambda path: FRAME.to_excel(path, index=False),
    ".parquet": lambda path: FRAME.to_parquet(path),
}


def csv(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    """A CSV file with a text, byte for byte."""
    path = folder / "table.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("suffix", WRITERS)
def test_every_kind_of_table_gives_the_same_numbers(suffix: str, tmp_path: Path) -> None:
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
    path = tmp_path / f"table{suffix}"
    WRITERS[suffix](path)
    experiment = xlnn.load(path, target=["label"])
    assert experiment.feature_names == ("height", "width", "grade")
    assert experiment.target_names == ("label",)
    # Exactly: a number must not lose its last bit on the way.
    assert np.array_equal(experiment.X, FRAME[["height", "width", "grade"]].to_numpy(float))
    assert np.array_equal(experiment.y, [[0], [1], [1]])
    assert experiment.name == "table"


def test_several_targets_and_features_stand_in_the_order_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    FRAME.to_csv(path, index=False)
    experiment = xlnn.load(path, target=["label", "grade"], features=["height", "width"])
    assert experiment.feature_names == ("height", "width")
    assert experiment.target_names == ("label", "grade")
    assert np.array_equal(experiment.X, FRAME[["height", "width"]])
    assert np.array_equal(experiment.y, FRAME[["label", "grade"]])
    turned = xlnn.load(path, target=["grade", "label"], features=["width", "height"])
    assert np.array_equal(turned.X, experiment.X[:, ::-1])
    assert np.array_equal(turned.y, experiment.y[:, ::-1])


def test_the_named_sheet_of_an_excel_table_is_read_else_the_first(tmp_path: Path) -> None:
    path = tmp_path / "table.xlsx"
    with pd.ExcelWriter(path) as writer:
        FRAME.to_excel(writer, sheet_name="first", index=False)
        (FRAME / 2).to_excel(writer, sheet_name="second", index=False)
    assert xlnn.load(path, target=["label"]).y.max() == 1
    assert xlnn.load(path, target=["label"], sheet="second").y.max() == 0.5


@pytest.mark.parametrize(
    "text",
    [
        "a,b,t\n1,2,0\n3,4,1\n",
        "a,b,t\n1,2,0\n3,4,1",
        "a,b,t\r\n1,2,0\r\n3,4,1\r\n",
        "a;b;t\n1;2;0\n3;4;1\n",
        '"a","b","t"\n"1","2","0"\n"3","4","1"\n',
        " a , b , t \n 1 , 2 , 0 \n 3 , 4 , 1 \n",
        "a,b,t\n1,2,0\n3,4,1\n\n\n",
        "a,b,t\n1,2,0\n3,4,1\n,,\n,,\n",
        "a,b,t\n1.0,2e0,0\n+3,4.,1\n",
    ],
    ids=[
        "plain",
        "no-last-newline",
        "crlf",
        "semicolons",
        "quotes",
        "blanks",
        "blank-lines",
        "empty-rows",
        "signs",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_csv_file_is_read_whoever_wrote_it(text: str, encoding: str, tmp_path: Path) -> None:
    experiment = xlnn.load(csv(tmp_path, text, encoding), target=["t"])
    assert experiment.feature_names == ("a", "b")
    assert np.array_equal(experiment.X, [[1, 2], [3, 4]])
    assert np.array_equal(experiment.y, [[0], [1]])


def test_a_comma_inside_quotes_is_part_of_a_heading(tmp_path: Path) -> None:
    path = csv(tmp_path, '"size, in cm",t\n1,0\n')
    assert xlnn.load(path, target=["t"]).feature_names == ("size, in cm",)


def test_a_column_of_text_that_nobody_asked_for_is_no_hindrance(tmp_path: Path) -> None:
    path = csv(tmp_path, "name,a,t\nAnn,1,0\nBob,2,1\n")
    assert np.array_equal(xlnn.load(path, target=["t"], features=["a"]).X, [[1], [2]])


def test_a_toml_file_names_its_table_from_its_own_folder(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    FRAME.to_csv(tmp_path / "data" / "table.csv", index=False)
    path = tmp_path / "mine.toml"
    path.write_text(
        '[data]\nfile = "data/table.csv"\ntarget = "label"\nfeatures = ["width"]\n', "utf-8"
    )
    experiment = xlnn.load(path)
    assert experiment.feature_names == ("width",)
    assert np.array_equal(experiment.y, [[0], [1], [1]])
    assert experiment.name == "mine"


@pytest.mark.parametrize(
    "y", [[0, 1, 1], [[0], [1], [1]], np.array([0, 1, 1]), FRAME["label"], FRAME[["label"]]]
)
def test_a_flat_target_vector_is_a_column(y: object) -> None:
    experiment = xlnn.Experiment(X=FRAME[["height", "width"]], y=y)
    assert np.array_equal(experiment.y, [[0], [1], [1]])


def test_a_table_becomes_a_workbook_with_its_headings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    FRAME.to_csv("people.csv", index=False)
    arguments = "build people.csv --target label --target grade --feature height --hidden 2"
    result = CliRunner().invoke(main, arguments.split())
    assert result.exit_code == 0, result.output
    assert "all agree" in result.stdout
    sheets = pd.read_excel("outputs/people.xlsx", sheet_name=["X", "y"], header=None)
    assert sheets["X"].iloc[13, 1:].tolist() == ["height"]
    assert sheets["y"].iloc[13, 1:].tolist() == ["label", "grade"]
    assert sheets["y"].iloc[14:, 1:].to_numpy(float).tolist() == [[0, 0.5], [1, 0.25], [1, 0.75]]
