"""Shapley values against closed forms, axioms, and the shap package's."""

from pathlib import Path

import numpy as np
import pytest
from gaussian_balls import ball_draws, correlated, of_ball

from smearjax import SmearedLikelihood, load_jets
from smearjax.interpret import (
    Replacements,
    draw_replacements,
    marginal_replacements,
    shapley_values,
)
from smearjax.observables import ObservableLibrary, named_library

REFERENCE = Path(__file__).parent / "data" / "shap_reference.npz"


def as_library(x):
    return ObservableLibrary({f"x{k}": column for k, column in enumerate(np.asarray(x).T)})


def function(x):
    """As in experiments/shap_reference.py."""
    return x[:, 0] * x[:, 1] + np.maximum(x[:, 2] - x[:, 3], 0) + np.exp(0.5 * x[:, 4]) * x[:, 0]


def background_of(n_jets, first):
    """The jets from the first on stand in for all before."""
    index = np.tile(np.arange(first, n_jets), (n_jets, 1))
    return Replacements(index)


def test_stored_values_of_the_shap_package():
    with np.load(REFERENCE) as stored:
        x, expected, base = stored["x"], stored["values"], stored["base"]
    found = shapley_values(function, as_library(x), background_of(len(x), 5), range(5))
    assert found.exact
    np.testing.assert_allclose(found.values, expected, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(found.base, base, rtol=1e-12)
    np.testing.assert_allclose(found.values[:, 5], 0.0, atol=1e-12)  # which is not used


def test_the_shap_package_where_it_is_installed():
    shap = pytest.importorskip("shap")
    x = np.random.default_rng(3).normal(size=(24, 6))
    masker = shap.maskers.Independent(x[4:], max_samples=20)
    expected = shap.ExactExplainer(function, masker)(x[:4])
    found = shapley_values(function, as_library(x), background_of(24, 4), range(4))
    np.testing.assert_allclose(found.values, expected.values, rtol=1e-10, atol=1e-12)


def test_linear_functions():
    """φ_a = w_a (x_a − mean of the draws), whatever the draws."""
    x = np.random.default_rng(0).normal(size=(30, 5))
    w = np.array([1.0, -2.0, 0.5, 0.0, 3.0])
    drawn = marginal_replacements(30, draws=7)
    expected = w * (x[:4] - x[drawn.index[:4]].mean(axis=1))
    for options in ({}, {"permutations": 7}):
        found = shapley_values(lambda t: t @ w, as_library(x), drawn, range(4), **options)
        np.testing.assert_allclose(found.values, expected, atol=1e-12)


def test_two_that_mislead():
    """f = a − b of near-duplicates: draws at random make each as important as f is not.

    x' | x ~ N(M x, C) in a Gaussian ball; φ_a = a − (M x)_a, and at random φ_a = a. The score has
    variance 2(1 − ρ) = .02, the values at random have 1, and those of the ball what it holds.
    """
    x, cov = correlated(1500, 0.99)
    rows = np.arange(0, 1500, 50)
    near = shapley_values(lambda t: t[:, 0] - t[:, 1], as_library(x), ball_draws(x, 0.3, 100), rows)
    anywhere = shapley_values(
        lambda t: t[:, 0] - t[:, 1], as_library(x), marginal_replacements(1500, draws=100), rows
    )
    sign = np.array([1.0, -1.0])
    pull = (anywhere.values - sign * x[rows]) / anywhere.errors
    assert np.abs(pull).mean() < 1.1
    mean, spread = of_ball(cov, 0.3)
    expected = sign * (x[rows] - x[rows] @ mean.T)
    exact_error = np.sqrt(np.diag(spread) / 100)
    np.testing.assert_allclose(near.errors, np.tile(exact_error, (len(rows), 1)), rtol=0.4)
    # 1,500 neighbours stand for the density, but for its tails.
    central = np.abs(x[rows]).max(axis=1) < 2
    assert np.abs((near.values - expected) / exact_error)[central].mean() < 1.3
    score = np.std(near.score)
    assert min(np.std(anywhere.values, axis=0)) > 5 * score
    assert max(np.std(near.values, axis=0)) < 1.5 * score


def test_axioms():
    """Efficiency, symmetry, nothing for what is not used, and additivity."""
    x = np.random.default_rng(1).normal(size=(20, 4))
    x[:, 1] = x[:, 0]
    drawn = marginal_replacements(20, draws=4)

    def f(t):
        return t[:, 0] * t[:, 1] * t[:, 2] + np.abs(t[:, 0] + t[:, 1])

    def g(t):
        return np.exp(t[:, 2])

    found, other, both = (
        shapley_values(h, as_library(x), drawn, [2, 9]) for h in (f, g, lambda t: f(t) + 2 * g(t))
    )
    np.testing.assert_allclose(found.values.sum(axis=1), found.score - found.base, atol=1e-12)
    np.testing.assert_allclose(found.values[:, 0], found.values[:, 1], atol=1e-12)
    np.testing.assert_allclose(found.values[:, 3], 0.0, atol=1e-12)
    np.testing.assert_allclose(both.values, found.values + 2 * other.values, atol=1e-12)
    assert found.importance["x3"] == pytest.approx(0.0, abs=1e-12)


def test_sampled_orders_tell_their_errors():
    """Of products of four: pairs of opposite orders have all products of two exactly."""
    x = np.random.default_rng(2).normal(size=(60, 6))
    drawn = marginal_replacements(60, draws=1)

    def f(t):
        return function(t) + t[:, 0] * t[:, 1] * t[:, 2] * t[:, 3]

    exact = shapley_values(f, as_library(x), drawn, range(40))
    some = shapley_values(f, as_library(x), drawn, range(40), permutations=100)
    assert exact.exact
    assert not some.exact
    np.testing.assert_allclose(some.values.sum(axis=1), some.score - some.base, atol=1e-12)
    pull = (some.values - exact.values)[:, :4] / some.errors[:, :4]
    assert np.sqrt(np.mean(pull**2)) == pytest.approx(1.0, abs=0.25)
    np.testing.assert_allclose(some.values[:, 4:], exact.values[:, 4:], atol=1e-12)


def test_many_are_sampled_unasked():
    x = np.random.default_rng(2).normal(size=(10, 14))
    found = shapley_values(lambda t: t.sum(axis=1), as_library(x), marginal_replacements(10), [0])
    assert not found.exact
    assert found.values.sum() == pytest.approx((found.score - found.base)[0])


def test_groups_move_together():
    """A group of all has the whole difference; columns in no group stay the jet's own."""
    x = np.random.default_rng(2).normal(size=(10, 3))
    drawn = marginal_replacements(10, draws=3)

    def f(t):
        return t[:, 0] * t[:, 1] + t[:, 2]

    whole = shapley_values(f, as_library(x), drawn, [4], groups={"all": ("x0", "x1", "x2")})
    np.testing.assert_allclose(whole.values[0, 0], (whole.score - f(x[drawn.index[4]]).mean())[0])
    for options in ({}, {"permutations": 3}):
        part = shapley_values(f, as_library(x), drawn, [4], groups={"last": ("x2",)}, **options)
        expected = x[4, 2] - x[drawn.index[4], 2].mean()
        np.testing.assert_allclose(part.values[0, 0], expected)


@pytest.mark.slow
def test_jets_of_a_ball_share_out_what_smearing_takes():
    """Σφ = f(x) − f(x|ε), and nothing is said of jets with empty balls."""
    jets = load_jets("sample")[:400]
    likelihood = SmearedLikelihood(jets)
    library = named_library(jets)
    drawn = draw_replacements(likelihood, 4.0, draws=300)
    empty = np.flatnonzero(~drawn.there)[0]
    rows = np.append(np.flatnonzero(drawn.there)[:8], empty)
    found = shapley_values(lambda t: t[:, 0], library, drawn, rows, permutations=300)
    smeared = np.asarray(likelihood.smear(library["multiplicity"].astype(float), None, 4.0))[
        0, rows
    ]
    np.testing.assert_allclose(found.base[:-1], smeared[:-1], atol=4 * 12 / np.sqrt(300))
    assert np.isnan(found.values[-1]).all()
    assert np.isnan(found.base[-1])
    assert found.epsilon == 4.0
