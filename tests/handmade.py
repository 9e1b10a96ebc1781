"""Workbooks as teachers and analysts build them by hand, without xlnn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import openpyxl
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.formula import ArrayFormula
from openpyxl.worksheet.worksheet import Worksheet

Changes = Mapping[tuple[str, str], object]
"""What somebody has typed into cells afterwards, by sheet and cell."""


def _put(sheet: Worksheet, first: str, rows: Sequence[Sequence[object]]) -> None:
    cell = sheet[first]
    for i, row in enumerate(rows):
        for j, value in enumerate(row):
            sheet.cell(cell.row + i, cell.column + j).value = value


def _array(sheet: Worksheet, cells: str, formula: str) -> None:
    sheet[cells.split(":")[0]] = ArrayFormula(cells, formula)


def _each(sheet: Worksheet, cells: str, formula: str) -> None:
    """The same formula in every cell, with {c} and {r} for its column and row."""
    for row in sheet[cells] if ":" in cells else ((sheet[cells],),):
        for cell in row:
            cell.value = formula.format(c=cell.column_letter, r=cell.row, **_near(cell))


def _near(cell: object) -> dict[str, int]:
    row = cell.row  # type: ignore[attr-defined]
    return {f"up{n}": row - n for n in range(60) if row > n}


def _saved(book: openpyxl.Workbook, path: Path, changes: Changes | None) -> Path:
    for (sheet, cell), value in (changes or {}).items():
        if isinstance(value, ArrayFormula):
            book[sheet][cell.split(":")[0]] = value
        elif ":" in cell:
            _each(book[sheet], cell, str(value))
        else:
            book[sheet][cell] = value
    book.save(path)
    return path


# --- Article A, samples as columns ------------------------------------------------------


def samples_as_columns(path: Path, changes: Changes | None = None) -> Path:
    """The worked example of article A as textbooks of linear algebra write it: each sample is a
    column, the bias is the last column of the weights, and a row of ones stands under the inputs.
    Two epochs, each on a sheet of its own."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for epoch in (1, 2):
        sheet = book.create_sheet(f"Epoch {epoch}")
        sheet["A1"] = f"Backpropagation, epoch {epoch}"
        sheet.merge_cells("A1:F1")
        if epoch == 1:
            _put(sheet, "A2", [["learning rate", 0.1]])
            _put(sheet, "A4", [["X", 1, 1, 0], [None, 0, 0, 1], [None, 1, 1, 0], [None, 0, 1, 1]])
            _put(sheet, "A9", [["y", 1, 1, 0]])
            weights = [
                [0.42, 0.10, 0.60, 0.92, 0.46],
                [0.88, 0.73, 0.18, 0.11, 0.72],
                [0.55, 0.68, 0.47, 0.52, 0.08],
            ]
            _put(sheet, "B12", weights)
            _put(sheet, "B17", [[0.30, 0.25, 0.23, 0.69]])
        else:
            _put(sheet, "A4", [["X"]])
            _each(sheet, "B4:D7", "='Epoch 1'!{c}{r}")
            _put(sheet, "A9", [["y"]])
            _each(sheet, "B9:D9", "='Epoch 1'!{c}{r}")
            _array(sheet, "B12:F14", "='Epoch 1'!B61:F63")
            _array(sheet, "B17:E17", "='Epoch 1'!B66:E66")
        _put(sheet, "A8", [["ones", 1, 1, 1]])
        _put(sheet, "A11", [["W1 (last column: bias)"]])
        _put(sheet, "A16", [["W2"]])
        _put(sheet, "A19", [["Z1 = W1 X"]])
        _array(sheet, "B20:D22", "=MMULT(B12:F14,B4:D8)")
        _put(sheet, "A24", [["A1"]])
        _each(sheet, "B25:D27", "=1/(1+EXP(-{c}{up5}))")
        _put(sheet, "A28", [["ones", 1, 1, 1]])
        _put(sheet, "A30", [["Z2"]])
        _array(sheet, "B31:D31", "=MMULT(B17:E17,B25:D28)")
        _put(sheet, "A33", [["output"]])
        _each(sheet, "B34:D34", "=1/(1+EXP(-{c}31))")
        _put(sheet, "A36", [["error"]])
        _each(sheet, "B37:D37", "={c}9-{c}34")
        _put(sheet, "A39", [["slope output"]])
        _each(sheet, "B40:D40", "={c}34*(1-{c}34)")
        _put(sheet, "A42", [["slope hidden"]])
        _each(sheet, "B43:D45", "={c}{up18}*(1-{c}{up18})")
        _put(sheet, "A47", [["delta output"]])
        _each(sheet, "B48:D48", "={c}37*{c}40")
        _put(sheet, "A50", [["error hidden"]])
        _array(sheet, "B51:D53", "=MMULT(TRANSPOSE(B17:D17),B48:D48)")
        _put(sheet, "A55", [["delta hidden"]])
        _each(sheet, "B56:D58", "={c}{up5}*{c}{up13}")
        _put(sheet, "A60", [["W1 new"]])
        _array(
            sheet,
            "B61:F63",
            "=B12:F14+'Epoch 1'!$B$2*MMULT(B56:D58,TRANSPOSE(B4:D8))",
        )
        _put(sheet, "A65", [["W2 new"]])
        _array(sheet, "B66:E66", "=B17:E17+'Epoch 1'!$B$2*MMULT(B48:D48,TRANSPOSE(B25:D28))")
    return _saved(book, path, changes)


SAMPLES_AS_COLUMNS = """
title = "Article A, samples as columns"

[training]
learning_rate = "'Epoch 1'!B2"

[layout]
sheet = "Epoch 1"
transpose = true

[epochs]
sheets = ["Epoch 1", "Epoch 2"]

[matrices]
X = { range = "B4:D8", ones = "last" }
y = "B9:D9"
wh = { range = "B12:F14", bias = "last" }
wout = { range = "$B$17:$E$17", bias = "last" }
hidden_layer_input = "B20:D22"
hiddenlayer_activations = { range = "B25:D28", ones = "last" }
output_layer_input = "B31:D31"
output = "B34:D34"
E = "B37:D37"
slope_output_layer = "B40:D40"
slope_hidden_layer = "B43:D45"
d_output = "B48:D48"
Error_at_hidden_layer = "B51:D53"
d_hiddenlayer = "B56:D58"
wh_new = { range = "B61:F63", bias = "last" }
wout_new = { range = "B66:E66", bias = "last" }
"""

# --- Article B, by hand -----------------------------------------------------------------


def article_b(path: Path, changes: Changes | None = None) -> Path:
    """The 2-2-2 network of article B as it is worked by hand: every weight in a cell of its own,
    one bias for each layer, which never changes, and errors as output minus target."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "By hand"
    _put(
        sheet,
        "A1",
        [
            ["i1", 0.03, "w1", 0.11, "w5", 0.44, "target 1", 0.01],
            ["i2", 0.09, "w2", 0.27, "w6", 0.48, "target 2", 0.99],
            ["b1", 0.39, "w3", 0.19, "w7", 0.23, "eta", 0.3],
            ["b2", 0.42, "w4", 0.52, "w8", 0.29],
        ],
    )
    _put(
        sheet,
        "A6",
        [
            ["h1", "=B1*D1+B2*D2+B3", "out h1", "=1/(1+EXP(-B6))"],
            ["h2", "=B1*D3+B2*D4+B3", "out h2", "=1/(1+EXP(-B7))"],
            ["y1", "=D6*F1+D7*F2+B4", "out y1", "=1/(1+EXP(-B8))", "E1", "=(H1-D8)^2/2"],
            ["y2", "=D6*F3+D7*F4+B4", "out y2", "=1/(1+EXP(-B9))", "E2", "=(H2-D9)^2/2"],
            ["total error", "=SUM(F8:F9)"],
        ],
    )
    _put(
        sheet,
        "A12",
        [
            ["dE/dy1", "=(D8-H1)*D8*(1-D8)", "dE/dout h1", "=B12*F1+B13*F3"],
            ["dE/dy2", "=(D9-H2)*D9*(1-D9)", "dE/dout h2", "=B12*F2+B13*F4"],
            ["dE/dh1", "=D12*D6*(1-D6)"],
            ["dE/dh2", "=D13*D7*(1-D7)"],
        ],
    )
    _put(
        sheet,
        "A17",
        [
            ["w1 new", "=D1-$H$3*B14*B1", "w5 new", "=F1-$H$3*B12*D6"],
            ["w2 new", "=D2-$H$3*B14*B2", "w6 new", "=F2-$H$3*B12*D7"],
            ["w3 new", "=D3-$H$3*B15*B1", "w7 new", "=F3-$H$3*B13*D6"],
            ["w4 new", "=D4-$H$3*B15*B2", "w8 new", "=F4-$H$3*B13*D7"],
        ],
    )
    return _saved(book, path, changes)


ARTICLE_B = """
[network]
hidden = [2]
bias_per = "layer"

[training]
learning_rate = "H3"
update_biases = false

[matrices]
X = { range = "B1:B2", transpose = true }
y = { range = "H1:H2", transpose = true }
wh = [["D1", "D3"], ["D2", "D4"]]
bh = "B3"
wout = [["F1", "F3"], ["F2", "F4"]]
bout = "B4"
hidden_layer_input = { range = "B6:B7", transpose = true }
hiddenlayer_activations = { range = "D6:D7", transpose = true }
output_layer_input = { range = "B8:B9", transpose = true }
output = { range = "D8:D9", transpose = true }
squared_error = { range = "F8:F9", transpose = true }
loss = "B10"
d_output = { range = "B12:B13", transpose = true, negate = true }
Error_at_hidden_layer = { range = "D12:D13", transpose = true, negate = true }
d_hiddenlayer = { range = "B14:B15", transpose = true, negate = true }
wh_new = [["B17", "B19"], ["B18", "B20"]]
wout_new = [["D17", "D19"], ["D18", "D20"]]
"""

# --- Samples as rows, several epochs below each other -------------------------------------


def samples_as_rows(path: Path, changes: Changes | None = None, epochs: int = 3) -> Path:
    """A table of samples with the target beside it and a 2-2-1 network without surprises: plain
    formulas, gradients as matrices of their own, each epoch below the one before."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "XOR net"
    _put(sheet, "A1", [["η", 0.5]])
    _put(sheet, "A3", [["x1", "x2", "target"], [0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0]])
    for top in range(10, 10 + 20 * epochs, 20):
        first, last = top + 6, top + 9
        w, d, n = top + 2, top + 12, top + 16
        sheet[f"A{top}"] = f"Epoch {1 + top // 20}"
        for row, labels in (
            (top + 1, ("W1", "b1", "W2", "b2")),
            (top + 11, ("dW1", "db1", "dW2", "db2")),
            (top + 15, ("W1 new", "b1 new", "W2 new", "b2 new")),
        ):
            for column, label in zip("ADGI", labels, strict=True):
                sheet[f"{column}{row}"] = label
        labels = ("Z1", "A1", "Z2", "y hat", "error", "delta output", "delta hidden")
        for column, label in zip("ADGIKMO", labels, strict=True):
            sheet[f"{column}{top + 5}"] = label
        if top == 10:
            _put(sheet, "A12", [[0.5, -0.4, None, 0.1, -0.2, None, 0.7, None, 0.05]])
            _put(sheet, "A13", [[0.3, 0.8, None, None, None, None, -0.6]])
        else:
            for cells in (f"A{w}:B{w + 1}", f"D{w}:E{w}", f"G{w}:G{w + 1}", f"I{w}"):
                _each(sheet, cells, "={c}{up6}")
        for row, data in zip(range(first, last + 1), range(4, 8), strict=True):
            for z, a in (("A", "D"), ("B", "E")):
                sheet[f"{z}{row}"] = f"=$A{data}*{z}{w}+$B{data}*{z}{w + 1}+{a}{w}"
                sheet[f"{a}{row}"] = f"=1/(1+EXP(-{z}{row}))"
            sheet[f"G{row}"] = f"=D{row}*G{w}+E{row}*G{w + 1}+I{w}"
            sheet[f"I{row}"] = f"=1/(1+EXP(-G{row}))"
            sheet[f"K{row}"] = f"=C{data}-I{row}"
            sheet[f"M{row}"] = f"=K{row}*I{row}*(1-I{row})"
            sheet[f"O{row}"] = f"=M{row}*$G${w}*D{row}*(1-D{row})"
            sheet[f"P{row}"] = f"=M{row}*$G${w + 1}*E{row}*(1-E{row})"
        _array(sheet, f"A{d}:B{d + 1}", f"=MMULT(TRANSPOSE(A4:B7),O{first}:P{last})")
        sheet[f"D{d}"], sheet[f"E{d}"] = f"=SUM(O{first}:O{last})", f"=SUM(P{first}:P{last})"
        sheet[f"G{d}"] = f"=SUMPRODUCT(D{first}:D{last},M{first}:M{last})"
        sheet[f"G{d + 1}"] = f"=SUMPRODUCT(E{first}:E{last},M{first}:M{last})"
        sheet[f"I{d}"] = f"=SUM(M{first}:M{last})"
        for cells in (f"A{n}:B{n + 1}", f"D{n}:E{n}", f"G{n}:G{n + 1}", f"I{n}"):
            _each(sheet, cells, "={c}{up14}+$B$1*{c}{up4}")
    return _saved(book, path, changes)


SAMPLES_AS_ROWS = """
[training]
learning_rate = "B1"

[epochs]
count = 3
rows = 20

[matrices]
X = "A4:B7"
y = "C4:C7"
wh = "A12:B13"
bh = "D12:E12"
wout = "G12:G13"
bout = "I12"
hidden_layer_input = "A16:B19"
hiddenlayer_activations = "D16:E19"
output_layer_input = "G16:G19"
output = "I16:I19"
E = "K16:K19"
d_output = "M16:M19"
d_hiddenlayer = "O16:P19"
wh_gradient = "A22:B23"
bh_gradient = "D22:E22"
wout_gradient = "G22:G23"
bout_gradient = "I22"
wh_new = "A26:B27"
bh_new = "D26:E26"
wout_new = "G26:G27"
bout_new = "I26"
"""

# --- Other layouts, for which a map is drafted ------------------------------------------


def with_headings(path: Path, changes: Changes | None = None) -> Path:
    """Blocks side by side under merged titles, with the names of features, samples and neurons at
    their edges; errors as output minus target, and gradients averaged over the samples."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "ANN demo"
    sheet["B1"] = "My first neural network"
    sheet.merge_cells("B1:H1")
    _put(sheet, "B3", [["Learning Rate", None, 0.2]])
    sheet["B5"] = "Input layer (X)"
    sheet.merge_cells("B5:D5")
    _put(sheet, "B6", [["age", "income", None, None, "buys"]])
    _put(sheet, "F5", [["Target (y)"]])
    for row, values in enumerate([[0.2, 0.4, None, None, 0], [0.9, 0.1, None, None, 1]], start=7):
        _put(sheet, f"A{row}", [[f"person {row - 6}", *values]])
    _put(sheet, "A9", [["person 3", 0.5, 0.7, None, None, 1]])
    neurons = ["h1", "h2", "h3"]
    _put(sheet, "B12", [["Weights input -> hidden", *[None] * 3, "Weights hidden -> output"]])
    _put(sheet, "A13", [[None, *neurons], ["age", 0.1, 0.2, 0.3], ["income", 0.4, -0.5, 0.6]])
    _put(sheet, "F14", [[0.7], [-0.8], [0.9]])
    _put(sheet, "B18", [["Hidden bias", *[None] * 3, "Output bias"], [0.01, 0.02, 0.03]])
    sheet["F19"] = 0.05
    titles = ["Hidden layer input", *[None] * 3, "Hidden activations (sigmoid)", *[None] * 3]
    _put(sheet, "B22", [[*titles, "Output layer input", None, "Prediction"]])
    _put(sheet, "B23", [[*neurons, None, *neurons]])
    _array(sheet, "B24:D26", "=MMULT(B7:C9,B14:D15)+B19:D19")
    _array(sheet, "F24:H26", "=1/(1+EXP(-B24:D26))")
    _array(sheet, "J24:J26", "=MMULT(F24:H26,F14:F16)+F19")
    _array(sheet, "L24:L26", "=1/(1+EXP(-J24:J26))")
    _put(sheet, "B29", [["Error (output - target)", None, "Delta output", None, "Delta hidden"]])
    _array(sheet, "B30:B32", "=L24:L26-F7:F9")
    _array(sheet, "D30:D32", "=B30:B32*L24:L26*(1-L24:L26)")
    _array(sheet, "F30:H32", "=MMULT(D30:D32,TRANSPOSE(F14:F16))*F24:H26*(1-F24:H26)")
    _put(sheet, "B35", [["Gradient weights hidden-output", None, "Gradient weights input-hidden"]])
    _array(sheet, "B36:B38", "=MMULT(TRANSPOSE(F24:H26),D30:D32)/3")
    _array(sheet, "D36:F37", "=MMULT(TRANSPOSE(B7:C9),F30:H32)/3")
    _put(sheet, "B41", [["New weights hidden-output", None, "New weights input-hidden"]])
    _put(sheet, "H41", [["New hidden bias", *[None] * 3, "New output bias"]])
    _array(sheet, "B42:B44", "=F14:F16-D3*B36:B38")
    _array(sheet, "D42:F43", "=B14:D15-D3*D36:F37")
    for column, of in zip("HIJ", ("BF", "CG", "DH"), strict=True):
        sheet[f"{column}42"] = f"={of[0]}19-$D$3*AVERAGE({of[1]}30:{of[1]}32)"
    sheet["L42"] = "=F19-D3*AVERAGE(D30:D32)"
    return _saved(book, path, changes)


def two_hidden_layers(path: Path, changes: Changes | None = None) -> Path:
    """Two hidden layers of tanh and a linear output under the names that xlnn has, without biases;
    each epoch to the right of the one before."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    _put(sheet, "A1", [["eta", 0.05]])
    _put(sheet, "A3", [["X", None, None, "y"], [0.2, 0.4, None, 0.5], [0.9, 0.1, None, -0.2]])
    _put(sheet, "A6", [[0.5, 0.7, None, 0.1]])
    for first in (1, 9):
        c = [get_column_letter(first + n) for n in range(6)]
        b = [get_column_letter(first - 8 + n) if first > 8 else "" for n in range(3)]
        for cell, label in (
            (f"{c[0]}10", "wh_1"), (f"{c[0]}14", "wh_2"), (f"{c[0]}19", "wout"),
            (f"{c[0]}23", "hidden_layer_input_1"), (f"{c[0]}28", "hiddenlayer_activations_1"),
            (f"{c[0]}33", "hidden_layer_input_2"), (f"{c[3]}33", "hiddenlayer_activations_2"),
            (f"{c[0]}38", "output_layer_input"), (f"{c[2]}38", "output"), (f"{c[4]}38", "E"),
            (f"{c[0]}43", "d_output"), (f"{c[2]}43", "d_hiddenlayer_2"),
            (f"{c[0]}48", "d_hiddenlayer_1"), (f"{c[0]}60", "wh_1_new"),
            (f"{c[0]}64", "wh_2_new"), (f"{c[0]}69", "wout_new"),
        ):  # fmt: skip
            sheet[cell] = label
        w1, w2 = f"{c[0]}11:{c[2]}12", f"{c[0]}15:{c[1]}17"
        w3, a1 = f"{c[0]}20:{c[0]}21", f"{c[0]}29:{c[2]}31"
        a2, d1 = f"{c[3]}34:{c[4]}36", f"{c[0]}49:{c[2]}51"
        d2, d3 = f"{c[2]}44:{c[3]}46", f"{c[0]}44:{c[0]}46"
        if first == 1:
            _put(sheet, "A11", [[0.1, 0.2, 0.3], [0.4, -0.5, 0.6]])
            _put(sheet, "A15", [[0.1, 0.2], [0.3, 0.4], [-0.5, 0.6]])
            _put(sheet, "A20", [[0.3], [-0.7]])
        else:
            _array(sheet, w1, f"={b[0]}61:{b[2]}62")
            _array(sheet, w2, f"={b[0]}65:{b[1]}67")
            _array(sheet, w3, f"={b[0]}70:{b[0]}71")
        for cells, formula in (
            (f"{c[0]}24:{c[2]}26", f"=MMULT($A$4:$B$6,{w1})"),
            (a1, f"=TANH({c[0]}24:{c[2]}26)"),
            (f"{c[0]}34:{c[1]}36", f"=MMULT({a1},{w2})"),
            (a2, f"=TANH({c[0]}34:{c[1]}36)"),
            (f"{c[0]}39:{c[0]}41", f"=MMULT({a2},{w3})"),
            (f"{c[2]}39:{c[2]}41", f"={c[0]}39:{c[0]}41"),
            (f"{c[4]}39:{c[4]}41", f"=$D$4:$D$6-{c[2]}39:{c[2]}41"),
            (d3, f"={c[4]}39:{c[4]}41"),
            (d2, f"=MMULT({d3},TRANSPOSE({w3}))*(1-{a2}^2)"),
            (d1, f"=MMULT({d2},TRANSPOSE({w2}))*(1-{a1}^2)"),
            (f"{c[0]}61:{c[2]}62", f"={w1}+$B$1*MMULT(TRANSPOSE($A$4:$B$6),{d1})"),
            (f"{c[0]}65:{c[1]}67", f"={w2}+$B$1*MMULT(TRANSPOSE({a1}),{d2})"),
            (f"{c[0]}70:{c[0]}71", f"={w3}+$B$1*MMULT(TRANSPOSE({a2}),{d3})"),
        ):
            _array(sheet, cells, formula)
    return _saved(book, path, changes)
