"""A recipe that does not fit fails when the step is made, with a message that names the parts."""

from __future__ import annotations

import re

import pytest

from xlnn.errors import ExpressionError, ShapeError
from xlnn.maths.expr import (
    ONE,
    SCALAR,
    Axis,
    BatchSum,
    Column,
    ColumnMax,
    ColumnMin,
    ColumnSum,
    Comparison,
    Expr,
    Largest,
    Matrix,
    Pick,
    RowCount,
    RowMax,
    RowSum,
    Shape,
    Total,
)
from xlnn.maths.recipe import Draft

# Three of each, so that sizes alone would let everything pass.
sample, feature, neuron = Axis("sample", 3), Axis("feature", 3), Axis("neuron", 3)


lr = Matrix("learning_rate", SCALAR)
X = Matrix("X", Shape(sample, feature))
y = Matrix("y", Shape(sample, neuron))
wh = Matrix("wh", Shape(feature, neuron))
bh = Matrix("bh", Shape(ONE, neuron))
Z = Matrix("Z", Shape(sample, neuron))


@pytest.fixture
def draft() -> Draft:
    """A recipe with X, y, wh, bh and one step, in which every matrix is square."""
    draft = Draft()
    draft.setting("learning_rate")
    draft.datum(0, "X", sample, feature)
    draft.datum(0, "y", sample, neuron)
    draft.parameter(1, "wh", feature, neuron)
    draft.parameter(1, "bh", ONE, neuron)
    draft.step(2, "Z", X @ wh + bh)
    return draft


def names(*parts: str) -> str:
    """A pattern for a message that holds all of these, in this order."""
    return ".*".join(re.escape(part) for part in parts)


# --- Sizes ---


def test_a_product_needs_as_many_columns_as_rows() -> None:
    draft = Draft()
    X = draft.datum(0, "X", Axis("sample", 3), Axis("feature", 4))
    wh = draft.parameter(1, "wh", Axis("feature", 5), Axis("neuron", 2))
    message = names("X · wh", "X has 4 × feature across", "wh has 5 × feature down")
    with pytest.raises(ShapeError, match=message):
        draft.step(2, "hidden_layer_input", X @ wh)


def test_matrices_that_are_added_have_the_same_rows() -> None:
    draft = Draft()
    y = draft.datum(0, "y", Axis("sample", 3), Axis("output", 1))
    output = draft.datum(0, "output", Axis("sample", 4), Axis("output", 1))
    message = names("y − output", "output has 4 × sample in its rows", "3 × sample")
    with pytest.raises(ShapeError, match=message):
        draft.step(5, "E", y - output)


def test_matrices_that_are_compared_have_the_same_columns() -> None:
    draft = Draft()
    a = draft.datum(0, "a", Axis("sample", 3), Axis("output", 2))
    b = draft.datum(0, "b", Axis("sample", 3), Axis("output", 3))
    message = names("[a > b]", "b has 3 × output in its columns", "2 × output")
    with pytest.raises(ShapeError, match=message):
        draft.step(2, "c", a > b)
    with pytest.raises(ShapeError, match=names("[a = b]", "3 × output")):
        draft.step(2, "c", Comparison("=", a, b))


def test_what_goes_with_every_column_is_one_column() -> None:
    draft = Draft()
    several = draft.datum(0, "several", Axis("sample", 3), Axis("output", 2))
    single = draft.datum(0, "single", Axis("sample", 3), Axis("output", 1))
    classes = draft.datum(0, "classes", ONE, Axis("class", 2))
    with pytest.raises(ShapeError, match=names("several has 2 × output across, not one")):
        draft.step(4, "predicted", Column(several) > classes)
    # Not of its own accord: a column of outputs is no column of classes.
    with pytest.raises(ShapeError, match=names("2 × class in its columns", "1 × output")):
        draft.step(4, "predicted", single > classes)
    shape = Shape(single.shape.rows, classes.shape.columns)
    assert draft.step(4, "predicted", Column(single) > classes).shape == shape


def test_an_order_is_one_column_of_row_numbers() -> None:
    draft = Draft()
    X = draft.datum(0, "X", Axis("sample", 5), Axis("feature", 3))
    order = draft.draw(0, "order", Axis("place", 2), ONE)
    message = names("an order is one column of row numbers", "X is 5×3")
    with pytest.raises(ShapeError, match=message):
        draft.step(0, "X_batch", Pick(X, X))
    with pytest.raises(ShapeError, match=names("order", "orderᵀ is 1×2")):
        draft.step(0, "X_batch", Pick(X, order.T))
    assert draft.step(0, "X_batch", Pick(X, order)).shape == Shape(
        Axis("place", 2), X.shape.columns
    )


def test_one_number_of_each_batch_is_added(draft: Draft) -> None:
    message = names("Σbatches(Z)", "one number of each batch is added", "Z is 3×3")
    with pytest.raises(ShapeError, match=message):
        draft.step(5, "sum", BatchSum(Z))
    total = draft.step(5, "total", Total(Z))
    assert draft.measure(5, "sum", BatchSum(total)).shape == SCALAR


# --- Axes: square matrices ---


def test_a_forgotten_transpose_cannot_hide_in_a_square_product(draft: Draft) -> None:
    message = names("X · Z", "X has 3 × feature across", "Z has 3 × sample down")
    with pytest.raises(ShapeError, match=message):
        draft.step(10, "gradient", X @ Z)
    assert draft.step(10, "gradient", X.T @ Z).shape == wh.shape


def test_a_transpose_too_many_cannot_hide_in_a_square_sum(draft: Draft) -> None:
    message = names("Z − yᵀ", "yᵀ has 3 × neuron in its rows", "3 × sample")
    with pytest.raises(ShapeError, match=message):
        draft.step(5, "E", Z - y.T)


def test_samples_are_not_multiplied_by_features_cell_by_cell(draft: Draft) -> None:
    message = names("Z ∘ wh", "wh has 3 × feature in its rows", "3 × sample")
    with pytest.raises(ShapeError, match=message):
        draft.step(7, "d", Z * wh)


def test_a_sum_of_each_row_is_no_sum_of_each_column(draft: Draft) -> None:
    # The mistake of the article's R listing: one number for each sample in place of each neuron.
    message = names("bh is 1×3", "what should replace it is 3×3")
    with pytest.raises(ExpressionError, match=message):
        draft.renew(11, bh, bh + lr * RowSum(Z))
    assert draft.renew(11, bh, bh + lr * ColumnSum(Z)).shape == bh.shape


# --- Names ---


@pytest.mark.parametrize(
    ("expr", "unnamed"),
    [
        ((X + X) @ wh, "X + X"),
        (X @ (wh * 2), "wh × 2"),
        (X @ (wh @ wh.T), "wh · whᵀ"),
        (ColumnSum(Z * Z), "Z ∘ Z"),
        (RowSum(-Z), "−Z"),
        (RowMax(Z - y), "Z − y"),
        (ColumnMin(Z / 2), "Z / 2"),
        (ColumnMax(-Z), "−Z"),
        (Largest(Z + bh), "Z + bh"),
        (RowCount(Z * y), "Z ∘ y"),
        (Column(Z @ wh.T), "Z · whᵀ"),
        (Pick(X + X, Column(lr)), "X + X"),
        (Pick(X, lr * 2), "learning_rate × 2"),
        (BatchSum(lr + 1), "learning_rate + 1"),
    ],
    ids=[
        "left factor",
        "right factor",
        "product",
        "column sum",
        "row sum",
        "row maximum",
        "column minimum",
        "column maximum",
        "largest",
        "row count",
        "column",
        "picked rows",
        "order",
        "batch sum",
    ],
)
def test_what_is_multiplied_or_summed_has_a_name(draft: Draft, expr: Expr, unnamed: str) -> None:
    with pytest.raises(ExpressionError, match=names(f"{unnamed} has no name", "step of its own")):
        draft.step(2, "product", expr)


@pytest.mark.parametrize("name", ["learning_rate", "X", "wh", "Z"])
def test_a_name_is_used_once(draft: Draft, name: str) -> None:
    uses = {
        "step": lambda: draft.step(3, name, Z * 2),
        "setting": lambda: draft.setting(name),
        "datum": lambda: draft.datum(0, name, sample, feature),
        "prepare": lambda: draft.prepare(name, X * 2),
        "draw": lambda: draft.draw(0, name, sample, ONE),
        "parameter": lambda: draft.parameter(1, name, feature, neuron),
        "state": lambda: draft.state(name, wh.shape, 0),
        "measure": lambda: draft.measure(5, name, Z * 2),
        "curve": lambda: draft.curve(name, Total(Z)),
    }
    if name == "learning_rate":  # whoever asks for a setting again gets the same one
        del uses["setting"]
    for use in uses.values():
        with pytest.raises(ExpressionError, match=f"two matrices are called {name}$"):
            use()


def test_a_setting_may_be_asked_for_again(draft: Draft) -> None:
    assert draft.setting("learning_rate") == lr
    assert draft.setting("momentum") == draft.setting("momentum")
    assert draft.recipe().settings == ("learning_rate", "momentum")


def test_what_was_given_or_computed_can_be_asked_for_by_name(draft: Draft) -> None:
    assert [draft.known(name) for name in ("X", "wh", "Z", "learning_rate")] == [X, wh, Z, lr]
    with pytest.raises(ExpressionError, match="E is not computed before it is asked for"):
        draft.known("E")


def test_a_parameter_is_renewed_once(draft: Draft) -> None:
    draft.renew(10, wh, wh * lr)
    with pytest.raises(ExpressionError, match="two matrices are called wh_new"):
        draft.renew(10, wh, wh + lr)


def test_a_step_reads_only_what_is_computed_before_it(draft: Draft) -> None:
    E = Matrix("E", Z.shape)
    with pytest.raises(ExpressionError, match="step 7, d_output: E is not computed before it"):
        draft.step(7, "d_output", Z * E)
    with pytest.raises(ExpressionError, match="step 5, E: E is not computed before it"):
        draft.step(5, "E", y - E)


def test_a_step_reads_no_matrix_of_another_recipe(draft: Draft) -> None:
    # The same name, but the samples of a smaller batch.
    batch = Matrix("X", Shape(Axis("sample", 2), feature))
    with pytest.raises(ExpressionError, match="X"):
        draft.step(3, "smaller", batch * 2)


# --- Renewal and what is measured ---


def test_what_replaces_a_parameter_has_its_shape(draft: Draft) -> None:
    message = names("step 10", "wh is 3×3", "what should replace it is 1×3")
    with pytest.raises(ExpressionError, match=message):
        draft.renew(10, wh, bh)


def test_what_replaces_a_square_parameter_is_not_transposed(draft: Draft) -> None:
    # "wh is 3×3, but what should replace it is 3×3" would tell nobody what is wrong.
    with pytest.raises(ExpressionError, match=names("step 10", "wh", "feature")):
        draft.renew(10, wh, wh.T)


def test_only_parameters_are_renewed(draft: Draft) -> None:
    # Renewed data would be other data in the second epoch.
    with pytest.raises(ExpressionError, match="X"):
        draft.renew(10, X, X * lr)


def test_states_are_renewed_as_parameters_are(draft: Draft) -> None:
    velocity = draft.state("wh_velocity", wh.shape, 0.0)
    with pytest.raises(ShapeError, match=names("step 10", "wh_velocity is 3×3", "feature")):
        draft.renew(10, velocity, velocity.T)
    draft.renew(10, velocity, velocity + lr * (X.T @ Z))
    draft.renew(10, wh, wh + draft.known("wh_velocity_new"))
    assert draft.recipe().renewed == {"wh_velocity": "wh_velocity_new", "wh": "wh_new"}


def test_a_curve_is_one_number(draft: Draft) -> None:
    with pytest.raises(ShapeError, match="loss is one number, this is 3×3"):
        draft.curve("loss", Z * Z)
    loss = draft.curve("loss", Total(Z * Z))
    recipe = draft.recipe()
    assert recipe.curves == ("loss",)
    assert loss.shape == SCALAR
    assert recipe.members["loss"].expr == Total(Z * Z)


@pytest.mark.parametrize("what", ["curve", "measure", "prepare"])
def test_what_is_measured_or_prepared_reads_only_what_is_computed(draft: Draft, what: str) -> None:
    E = Matrix("E", Z.shape)
    makers = {
        "curve": draft.curve,
        "measure": lambda name, expr: draft.measure(5, name, expr),
        "prepare": draft.prepare,
    }
    with pytest.raises(ExpressionError, match="E is not computed before it"):
        makers[what]("loss", Total(E * E))
    assert "loss" not in draft.recipe().members


def test_each_matrix_recurs_as_often_as_it_is_computed(draft: Draft) -> None:
    draft.prepare("X_scaled", X * 2)
    draft.draw(0, "order", sample, ONE)
    draft.state("bh_velocity", bh.shape, 0.0)
    draft.renew(11, bh, bh * lr)
    draft.measure(5, "E", y - Z)
    draft.curve("loss", Total(Z))
    assert draft.recipe().recurrence == {
        "X": "once",
        "y": "once",
        "X_scaled": "once",
        "order": "update",
        "wh": "once",  # not renewed, so the same in all epochs
        "bh": "update",
        "bh_velocity": "update",
        "Z": "update",
        "bh_new": "update",
        "E": "epoch",
        "loss": "epoch",
    }
