"""Surrogates of black boxes whose observables and coefficients are known."""

import numpy as np
import pytest

from smearjax.evaluate import ado, auc
from smearjax.interpret import surrogate
from smearjax.observables import ObservableLibrary


def toy(n=4000, seed=0):
    """Three normal observables with class means apart."""
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 2, n)
    return ObservableLibrary({name: label + rng.normal(size=n) for name in "abc"}), label


def test_a_linear_black_box_is_found():
    """Coefficients in the ratio of the black box's, whatever it does to its scale."""
    library, label = toy()
    black_box = np.exp(2 * library["a"] - library["b"])
    found = surrogate(black_box, library, label, model="linear")
    assert found.ado.value > 0.98
    assert found.coefficients["a"] / found.coefficients["b"] == pytest.approx(-2.0, rel=0.05)
    assert abs(found.coefficients["c"]) < 0.02 * found.coefficients["a"]
    assert found.gap.lo < found.gap.value < found.gap.hi < 0.02


def test_a_tree_sees_what_a_line_does_not():
    library, label = toy()
    black_box = -np.abs(library["a"] - 0.5)
    linear, tree = (surrogate(black_box, library, label, model=m) for m in ("linear", "tree"))
    assert abs(linear.ado.value - 0.5) < 0.05
    assert tree.ado.value > 0.97
    assert tree.coefficients == {}


def test_the_numbers_are_of_the_half_not_trained_on():
    """By hand, on the same halves; a forest that only remembers says nothing there."""
    library, label = toy(600)
    black_box = np.random.default_rng(1).normal(size=600)
    found = surrogate(black_box, library, label, seed=3)
    test = np.array_split(np.random.default_rng(3).permutation(600), 2)[1]
    told = found(library.columns("abc"))[test]
    assert found.n_jets == (300, 300)
    assert found.ado.value == ado(told, black_box[test], label[test])
    assert found.auc.value == auc(told, label[test])
    assert found.black_box_auc.value == auc(black_box[test], label[test])
    assert found.ado.value == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("model", ["linear", "tree"])
def test_jets_without_weight_teach_nothing(model):
    library, label = toy()
    ours = np.arange(len(label)) % 2 == 0
    black_box = np.where(ours, library["a"], -5 * library["b"])
    found = surrogate(black_box, library, label, ours.astype(float), model=model)
    assert found.ado.value > 0.97


def test_only_the_order_of_the_scores_matters():
    library, label = toy(300)
    black_box = library["a"] + library["b"]
    one, other = (
        surrogate(b, library, label)(library.columns("abc")) for b in (black_box, np.exp(black_box))
    )
    np.testing.assert_array_equal(one, other)
    assert "tree of 3 observables: ADO" in str(surrogate(black_box, library, label))


def test_tables_of_another_width_are_refused():
    library, label = toy(200)
    with pytest.raises(ValueError, match=r"expected \(N, 3\), columns a, b, c"):
        surrogate(library["a"], library, label)(np.zeros((4, 2)))
    small = ObservableLibrary({"a": library["a"][:40]})
    with pytest.raises(ValueError, match="at least 100 jets, got 40"):
        surrogate(library["a"][:40], small, label[:40])
