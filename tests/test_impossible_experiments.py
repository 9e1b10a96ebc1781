"""What cannot be is refused in words that name the place, the clash and the way out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from xlnn.cli import main
from xlnn.errors import XlnnError
from xlnn.experiment.experiment import Experiment

X = np.arange(12.0).reshape(6, 2)
BINARY = [0, 1, 0, 1, 1, 0]

REFUSED = {
    "one class": ({"y": ["a"] * 6}, "all labels in y are 'a'.*at least two classes"),
    "labels that differ by a blank": (
        {"y": ["a", "b", "a ", "b", "a", "b"]},
        r"'a' \(2 samples\) and 'a ' \(1\) .*blanks or capitals",
    ),
    "labels that differ by a capital": (
        {"y": ["Yes", "no", "yes", "no", "no", "no"]},
        "'Yes'.*'yes'.*blanks or capitals",
    ),
    "a label that is missing": ({"y": ["a", "b", "", "b", "a", "b"]}, "sample 3 in y is blank"),
    "a class that is not trained": (
        {"y": ["a", "b", "c", "a", "b", "b"], "test_fraction": 0.5, "seed": 1},
        "no training sample is of the class 'b'.*another seed",
    ),
    "one of two classes that is not trained": (
        {"y": [0, 0, 0, 1, 0, 0], "test_fraction": 0.8, "seed": 1},
        "no training sample is of the class '1'",
    ),
    "targets that a sigmoid cannot reach": (
        {"y": [1, 2, 3, 4, 5, 6]},
        "'y1' is 2, but a sigmoid output lies between 0 and 1.*scale_targets.*linear",
    ),
    "targets that tanh cannot reach": (
        {"y": [0, -1.5, 0, 0, 0, 0], "output_activation": "tanh"},
        "'y1' is -1.5.*between -1 and 1",
    ),
    "targets that relu cannot reach": (
        {"y": [0, -0.5, 7, 0, 0, 0], "output_activation": "relu"},
        "'y1' is -0.5.*from 0 on",
    ),
    "targets that are out of range when scaled": (
        {"y": [1, 2, 3, 4, 5, 6], "scale_targets": "standard"},
        "when scaled.*between 0 and 1",
    ),
    "softmax with one output": (
        {"y": BINARY, "output_activation": "softmax"},
        "softmax.*only one.*sigmoid",
    ),
    "softmax in a hidden layer": (
        {"y": BINARY, "activation": "softmax"},
        "activation is 'softmax'.*there are",
    ),
    "cross-entropy of a line": (
        {"y": BINARY, "loss": "cross-entropy", "output_activation": "linear"},
        "cross-entropy.*sigmoid or softmax",
    ),
    "probabilities that do not add up": (
        {"y": [[1, 1]] * 6, "loss": "cross-entropy", "output_activation": "softmax"},
        "sample 1 add up to 2",
    ),
    "a constant column under scaling": (
        {"X": [[1, 5], [2, 5], [3, 5]], "y": [0, 1, 0], "scale": "standard"},
        "column 'x2' of X is 5 in all.*divide by 0.*leave the column out",
    ),
    "a constant target under scaling": (
        {"y": [3] * 6, "scale_targets": "minmax"},
        "column 'y1' of y is 3 in all",
    ),
    "classes under scaling": (
        {"y": ["a", "b", "a", "b", "a", "b"], "scale_targets": "minmax"},
        "scale_targets is for targets that are numbers",
    ),
    "a batch larger than the data": (
        {"y": BINARY, "batch_size": 7},
        "batch_size is 7, but there are 6 samples.*at most 6",
    ),
    "a batch larger than what is trained": (
        {"y": BINARY, "batch_size": 6, "test_fraction": 0.34},
        r"batch_size is 6, but there are 4 samples to train \(2 are held out\)",
    ),
    "a batch of nothing": ({"y": BINARY, "batch_size": 0}, "batch_size is 0"),
    "half a batch": ({"y": BINARY, "batch_size": 2.5}, "batch_size is 2.5"),
    "all samples held out": ({"y": BINARY, "test_fraction": 1}, "test_fraction is 1.*below 1"),
    "one sample held out of one": (
        {"X": [[1]], "y": [1], "test_fraction": 0.5},
        "there is only one",
    ),
    "momentum of 1": ({"y": BINARY, "momentum": 1}, "momentum is 1.*below 1"),
    "a leak that falls": ({"y": BINARY, "leak": -0.1}, "leak is -0.1"),
    "accuracy without classes": (
        {"y": [0.1] * 6, "accuracy": True},
        "accuracy needs targets that tell classes",
    ),
    "names of classes that are none": (
        {"y": [1, 2, 1, 2, 1, 2], "class_names": ["a", "b"], "output_activation": "linear"},
        "classes are named, but the targets do not tell any",
    ),
    "a single class with a name": (
        {"y": [0] * 6, "class_names": ["a", "b"]},
        "classes are named, but the targets do not tell any",
    ),
    "an epsilon of 0": ({"y": BINARY, "epsilon": 0}, "epsilon is 0"),
    "numbers that are classes": ({"y": [1, 2, 3, 1, 2, 3]}, "write them as words"),
    "an unknown optimiser": (
        {"y": BINARY, "optimizer": "adma"},
        "optimizer is 'adma'.*did you mean \"adam\"",
    ),
    "names of the wrong number of classes": (
        {"y": BINARY, "class_names": ["a", "b", "c"]},
        "there are 3 names of classes, but 2 classes",
    ),
}


@pytest.mark.parametrize("refused", REFUSED)
def test_an_experiment_that_cannot_be_is_refused(refused: str) -> None:
    fields, said = REFUSED[refused]
    with pytest.raises(XlnnError, match=said):
        Experiment(**{"X": X, **fields})


@pytest.mark.parametrize(
    "fields",
    [
        {"y": [1, 2, 3, 4, 5, 6], "scale_targets": "minmax"},
        {"y": [1, 2, 3, 4, 5, 6], "output_activation": "linear"},
        {"y": BINARY, "batch_size": 6},
        {"y": BINARY, "loss": "Cross_Entropy"},
        {"y": BINARY, "activation": "leaky_relu"},
        {"X": [[1, 5], [2, 5], [3, 5]], "y": [0, 1, 0]},
    ],
)
def test_the_ways_out_are_ways_out(fields: dict[str, object]) -> None:
    Experiment(**{"X": X, **fields})


TABLE = "a,b,kind\n1,5,x\n2,5,y\n3,5,x\n4,5,y\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--target", "a"], "sigmoid output lies between 0 and 1"),
        (["--target", "kind", "--scale", "minmax"], "--scale: column 'b' of X is 5"),
        (["--target", "kind", "--batch-size", "9"], "--batch-size: batch_size is 9"),
        (["--target", "kind", "--output-activation", "softmax"], "--output-activation: softmax"),
        (["--target", "kind", "--target", "a"], "column 'kind' holds text"),
        (["--target", "kind", "--names", "who"], "no column 'who'"),
        (["--target", "kind", "--test-fraction", "2"], "--test-fraction: test_fraction is 2"),
    ],
)
def test_the_command_says_which_option_is_at_fault(
    arguments: list[str], said: str, tmp_path: Path
) -> None:
    table = tmp_path / "table.csv"
    table.write_text(TABLE, encoding="utf-8")
    if arguments[1] == "a":
        arguments = [*arguments, "--feature", "b"]
    done = CliRunner().invoke(main, ["build", str(table), *arguments])
    assert done.exit_code == 2, done.output
    assert said in done.output
    assert "Traceback" not in done.output


def test_labels_in_a_table_are_told_apart_by_their_rows(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("a,kind\n1,x\n2,X\n3,y\n", encoding="utf-8")
    done = CliRunner().invoke(main, ["build", str(table), "--target", "kind"])
    assert done.exit_code == 2
    assert "the labels 'x' (1 samples) and 'X' (1) in kind differ by blanks" in done.output


def test_a_toml_file_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "exp.toml"
    path.write_text("[data]\nX = [[1], [2]]\ny = [0, 1]\n[training]\nbatch_size = 3\n", "utf-8")
    done = CliRunner().invoke(main, ["build", str(path)])
    assert done.exit_code == 2
    assert "line 5, [training]: batch_size is 3" in done.output
