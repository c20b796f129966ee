"""The flow of one jet: dense sums, differences, bisection, resampling, neighbours looked for."""

from __future__ import annotations

import math
from itertools import pairwise

import jax
import numpy as np
import pytest
import smearing_oracles as slow
from bisection import bisected
from wrong_kinds import not_refused

from smearjax import SmearedLikelihood, load_jets
from smearjax.interpret.crossings import zero_crossings
from smearjax.interpret.explain import explain
from smearjax.interpret.explanation import Explanation
from smearjax.metric import exact_squared_distances
from smearjax.smearing import Gaussian, HardBall, Sigmoid

GRID = np.geomspace(2.0, 60.0, 9)
KERNELS = {"gaussian": Gaussian(), "sigmoid": Sigmoid(tau=0.5), "hard": HardBall()}


def weights_of(n: int, negative: bool = False):
    rng = np.random.default_rng(1)
    return rng.choice([1.3, -0.2], n, p=[0.9, 0.1]) if negative else rng.uniform(0.5, 2.0, n)


@pytest.fixture(scope="module")
def sample():
    """120 jets in float64 with event weights, their likelihood, and the dense d²."""
    with jax.enable_x64(True):
        jets = slow.sample(120, weight=weights_of(120))
        like = SmearedLikelihood(jets)
        points = like.leave_one_out.points
        return jets, like, slow.squared_distances(points, points)


@pytest.mark.parametrize("name", KERNELS)
def test_value_slope_and_ball_against_dense_sums(sample, name):
    jets, like, d2 = sample
    label, weight = np.asarray(jets.label), np.asarray(jets.weight)
    h = 1e-5
    with jax.enable_x64(True):
        like = like.with_kernel(KERNELS[name])
        for row in (3, 40):
            got = explain(like, row, GRID, replicas=2)
            own = (label[[row]], weight[[row]])
            want, up, down = (
                [slow.ball(name, d2[[row]], label, weight, e * f, own) for e in GRID]
                for f in (1, math.exp(h), math.exp(-h))
            )
            assert (got.jet, got.label) == (row, label[row])
            for kind in ("empty", "one_class"):
                np.testing.assert_array_equal(
                    getattr(got, kind), [getattr(w, kind)[0] for w in want]
                )
            np.testing.assert_allclose(
                got.value, [w.log_ratio[0] for w in want], rtol=1e-7, atol=1e-9
            )
            if KERNELS[name].compact:
                assert np.isnan(got.slope).all()
                continue
            pairs = list(zip(up, down, strict=True))
            rise = [(a.log_ratio[0] - b.log_ratio[0]) / (2 * h) for a, b in pairs]
            told = ~got.empty & ~np.array([a.empty[0] | b.empty[0] for a, b in pairs])
            assert told.sum() >= 4
            np.testing.assert_allclose(got.slope[told], np.array(rise)[told], rtol=2e-6, atol=1e-7)
            assert np.isnan(got.slope[got.empty]).all()
            assert np.isnan(got.lo[got.empty]).all()
            assert np.isnan(got.hi[got.empty]).all()


def test_gaussian_slope_is_the_difference_of_mean_squared_distances(sample):
    """d ln L/d ln ε = ⟨d²/ε²⟩_q − ⟨d²/ε²⟩_g."""
    jets, like, d2 = sample
    label, weight = np.asarray(jets.label), np.asarray(jets.weight)
    with jax.enable_x64(True):
        got = explain(like, 5, GRID[3:], replicas=2)
    others = np.arange(120) != 5
    for e, epsilon in enumerate(GRID[3:]):
        k = weight * slow.kernel("gaussian", d2[5], epsilon)
        q, g = (
            np.average(d2[5][others & (label == c)], weights=k[others & (label == c)])
            for c in (1, 0)
        )
        assert got.slope[e] == pytest.approx((q - g) / epsilon**2, rel=1e-7)


@pytest.mark.slow
def test_a_reference_jet_is_asked_as_leave_one_out_asks_it():
    like = SmearedLikelihood(load_jets("sample")[:200])
    whole = np.asarray(like.log_ratio(None, GRID))
    for row in (0, 21, -1):
        got = explain(like, row, GRID, replicas=2)
        np.testing.assert_allclose(got.value, whole[:, row], rtol=1e-4, atol=1e-5)
    assert got.jet == 199
    outside = load_jets("sample")[200:201]
    got = explain(like, outside, GRID, replicas=2)
    np.testing.assert_allclose(got.value, like.log_ratio(outside, GRID)[:, 0], rtol=1e-4, atol=1e-5)
    assert got.jet is None
    assert got.label == outside.label[0]


def test_smeared_values(sample):
    jets, like, d2 = sample
    f = np.asarray(jets.multiplicity, float)
    weight, h = np.asarray(jets.weight), 1e-4
    with jax.enable_x64(True):
        got = explain(like, 7, GRID, values=f, level=40.0, replicas=2)
    value, up, down = (
        [slow.smear("gaussian", d2[[7]], weight, f, e * s)[0] for e in GRID]
        for s in (1, math.exp(h), math.exp(-h))
    )
    np.testing.assert_allclose(got.value, value, rtol=1e-9)
    told = ~got.empty
    rise = (np.array(up) - np.array(down)) / (2 * h)
    np.testing.assert_allclose(got.slope[told], rise[told], rtol=1e-5, atol=1e-7)
    assert (got.quantity, got.level) == ("f", 40.0)


# Flips --------------------------------------------------------------------------------------------


def log_ratio_of(sample, name, row):
    """Slow ln L of one jet against ln ε."""
    jets, _, d2 = sample
    label, weight = np.asarray(jets.label), np.asarray(jets.weight)
    own = (label[[row]], weight[[row]])
    return lambda x: slow.ball(name, d2[[row]], label, weight, math.exp(x), own).log_ratio[0]


def test_flips_against_bisection_on_a_fine_grid(sample):
    fine, step, found = np.log(np.geomspace(3.0, 60.0, 209)), 26, 0
    for row in range(36):
        value = log_ratio_of(sample, "gaussian", row)
        values = np.array([value(x) for x in fine])
        there = np.flatnonzero(values != 0)
        there = there[there >= there[there % step == 0][0]]  # before it, the grid's balls are empty
        turns = [(i, j) for i, j in pairwise(there) if (values[i] > 0) != (values[j] > 0)]
        with jax.enable_x64(True):
            got = explain(sample[1], row, np.exp(fine[::step]), replicas=2)
        assert len(got.flips) == len(turns)
        for flip, (i, j) in zip(got.flips, turns, strict=True):
            want = bisected(value, fine[i], fine[j])
            assert math.log(flip.epsilon) == pytest.approx(want, abs=5e-5)
            assert (flip.below, flip.above) == (int(values[i] > 0), int(values[j] > 0))
            found += 1
    assert found >= 5


def test_flips_of_a_hard_ball_are_steps_through_zero(sample):
    found = 0
    for row in range(20):
        value = log_ratio_of(sample, "hard", row)
        with jax.enable_x64(True):
            got = explain(sample[1].with_kernel(HardBall()), row, GRID, replicas=2)
        for flip in got.flips:
            below, above = (value(math.log(flip.epsilon) + step) for step in (-5e-5, 5e-5))
            assert below * above <= 0
            assert (below > 0) == (flip.below == 1) or below == 0
            assert np.isnan([flip.slope, flip.epsilon_err]).all()
            found += 1
        signs = np.sign(got.value[got.value != 0])
        assert len(got.flips) == np.sum(np.diff(signs) != 0)
    assert found >= 5


def test_a_dip_between_grid_points_is_found():
    """(x − 1.2)(x − 1.8) is positive at 1 and 2: only the slopes tell of the two zeros between."""

    def dip(x):
        return (x - 1.2) * (x - 1.8)

    x = np.array([0.0, 1.0, 2.0, 3.0])
    found = zero_crossings(dip, x, dip(x), 2 * x - 3)
    np.testing.assert_allclose([crossing.x for crossing in found], [1.2, 1.8], atol=1e-4)
    assert [crossing.rises for crossing in found] == [False, True]
    blind = zero_crossings(dip, x, dip(x), np.full(4, np.nan))
    assert blind == []
    silent = zero_crossings(lambda x: 0.0, x, np.zeros(4), np.full(4, np.nan))
    assert silent == []


# Neighbours ---------------------------------------------------------------------------------------


def test_neighbours_against_brute_force(sample):
    """Each stands for 1/k of the kernel weight; exact distances from the particles."""
    jets, like, d2 = sample
    label, weight = np.asarray(jets.label), np.asarray(jets.weight)
    total = np.array([weight[label == c].sum() for c in (0, 1)])
    total[label[11]] -= weight[11]
    with jax.enable_x64(True):
        got = explain(like, 11, GRID, shown_at=[5.0, 30.0], neighbours=5, replicas=2)
    exact = float(like.pt_ref) * np.sqrt(
        exact_squared_distances(jets, jets, np.stack([np.full(120, 11), np.arange(120)], axis=1))
    )
    for ball, epsilon in zip(got.neighbourhoods, (5.0, 30.0), strict=True):
        assert ball.epsilon == epsilon
        share = weight / total[label] * np.exp(-(exact**2) / (2 * epsilon**2))
        share[11] = 0
        order = np.argsort(exact)
        running = np.cumsum(share[order]) / share.sum()
        parts = (0.1, 0.3, 0.5, 0.7, 0.9)
        picked = [order[np.flatnonzero(running >= part)[0]] for part in parts]
        if len(set(picked)) == 5:
            np.testing.assert_array_equal(ball.index, picked)
        else:
            assert set(picked) <= set(ball.index)
        assert len(set(ball.index.tolist())) == 5
        np.testing.assert_allclose(ball.distance, exact[ball.index], rtol=3e-3)
        np.testing.assert_array_equal(ball.label, label[ball.index])
        assert np.all(np.diff(ball.distance) >= 0)
        ratio = slow.ball(
            "gaussian", d2[[11]], label, weight, epsilon, (label[[11]], weight[[11]])
        ).log_ratio[0]
        assert ball.quark_share == pytest.approx(1 / (1 + math.exp(-ratio)), rel=1e-6)
        k = weight * slow.kernel("gaussian", d2[11], epsilon)
        assert ball.n_eff == pytest.approx(k.sum() ** 2 / (k**2).sum(), rel=1e-6)


@pytest.mark.slow
def test_a_hard_ball_shows_what_lies_within():
    like = SmearedLikelihood(load_jets("sample")[:200], kernel=HardBall())
    got = explain(like, 5, GRID, shown_at=[1.0, 8.0, 40.0], neighbours=200, replicas=2)
    points = like.leave_one_out.points
    d = np.sqrt(slow.squared_distances(points, points)[5])
    for ball in got.neighbourhoods:
        assert set(ball.index) == set(np.flatnonzero(d <= ball.epsilon))
        assert ball.n_eff == pytest.approx(len(ball.index))
    assert len(got.neighbourhoods[0].index) == 0
    assert np.isnan(got.neighbourhoods[0].quark_share)
    few = explain(like, 5, GRID, shown_at=[8.0], neighbours=2, replicas=2).neighbourhoods[0]
    assert set(few.index) <= set(got.neighbourhoods[1].index)


@pytest.mark.slow
def test_negative_weights_are_reported():
    jets = slow.sample(80, np.float32, weight=weights_of(80, negative=True))
    like = SmearedLikelihood(jets)
    for row in range(0, 80, 9):
        got = explain(like, row, GRID, replicas=2)
        kinds = like.balls(None, GRID)
        np.testing.assert_array_equal(got.nonpositive, np.asarray(kinds.nonpositive)[:, row])
        assert np.isfinite(got.value).all()
        told = ~(got.empty | got.nonpositive)
        assert np.isfinite(got.lo[told]).all()
        assert np.isnan(got.slope[~told]).all()


def test_the_same_seed_gives_the_same_words():
    like = SmearedLikelihood(load_jets("sample")[:200])
    one, two = (explain(like, 21, GRID, replicas=2) for _ in range(2))
    np.testing.assert_array_equal(one.lo, two.lo)
    assert isinstance(one, Explanation)
    assert str(one) == str(two)
    words = str(one)
    assert "jet 21 (quark)" in words
    assert words.count("ball of ε") == 3
    assert "flip: gluon below, quark above ε = " in words


WRONG = """
explain(likelihood, 200, [3.0]) | jet 200 is not among the 200
explain(likelihood, jets[:2], [3.0]) | jet holds 2 jets
explain(likelihood, 1.5, [3.0]) | jet is a float
explain(likelihood, None, [3.0]) | jet is a NoneType
explain(jets, 1, [3.0]) | likelihood is a Jets
explain(likelihood, 1, [3.0, 2.0]) | must rise
explain(likelihood, 1, [-3.0]) | positive and finite
explain(likelihood, 1, "a") | epsilon must be numbers
explain(likelihood, 1, [3.0], replicas=1) | replicas must be at least 2
explain(likelihood, 1, [3.0], neighbours=0) | neighbours must be at least 1
explain(likelihood, 1, [3.0], neighbours=2.5) | neighbours must be at least 1
explain(likelihood, 1, [3.0], values=[1.0, 2.0]) | values must be 200
explain(likelihood, 1, [3.0], level="half") | level must be a finite number
explain(likelihood, 1, [3.0], shown_at=[0.0]) | positive and finite
"""


def test_wrong_arguments():
    before = """
from smearjax import SmearedLikelihood, load_jets
from smearjax.interpret.explain import explain
jets = load_jets("sample")[:200]
likelihood = SmearedLikelihood(jets)
"""
    assert not_refused(WRONG, before) == ""
