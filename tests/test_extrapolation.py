"""Curves at N → ∞: dense arithmetic on every subset, closed forms of Gaussians, halves of jets."""

from __future__ import annotations

import math

import jax
import numpy as np
import pytest
import smearing_oracles as slow
from scipy.special import roots_hermitenorm
from scipy.stats import norm

from smearjax import SmearedLikelihood
from smearjax.smearing import HardBall, epsilon_curve
from smearjax.smearing.extrapolation import extrapolate
from smearjax.smearing.subsets import GROUPS, LEVELS, Division

NAMES = ("auc", "cross_entropy", "R", "B")
SIGMA, MU = 10.0, 7.0  # GeV


def line(seed: int, n: int, weight=None):
    """Two Gaussians N(±µ, σ²) on a line."""
    label = (np.arange(n) % 2).astype(np.int8)
    x = np.random.default_rng(seed).normal(MU * (2.0 * label - 1), SIGMA)
    jets = slow.jets_on_a_line(x, label, weight)
    return SmearedLikelihood(jets, pt_ref=slow.PT_REF, cells=2), x, label


def closed_forms(epsilon: float) -> dict[str, float]:
    """For N → ∞: ln L(x|ε) = 2µx/(σ² + ε²), and convolutions of Gaussians."""
    node, share = roots_hermitenorm(200)
    share = share / share.sum()
    half = MU * (MU + SIGMA * node) / (SIGMA**2 + epsilon**2)
    return {
        "auc": float(norm.cdf(math.sqrt(2) * MU / SIGMA)),
        "cross_entropy": float(share @ np.logaddexp(0, -2 * half)),
        "R": 1 - math.exp(-2 * MU**2 / (epsilon**2 + 2 * SIGMA**2)),
        "B": float(share @ np.tanh(half)),
    }


@pytest.mark.parametrize("weighted", [False, True])
def test_against_every_subset_by_itself(weighted):
    n, epsilon, seed = 230, 2.0, 3
    weight = np.random.default_rng(2).uniform(0.3, 2, n) if weighted else np.ones(n)
    with jax.enable_x64(True):
        likelihood, x, label = line(1, n, weight)
        got = extrapolate(likelihood, [epsilon], seed=seed)
    division = Division(label, weight, seed)
    d2 = (x[:, None] - x) ** 2
    np.fill_diagonal(d2, np.inf)

    def curves(rows) -> list[float]:
        """AUC, cross-entropy, R, B and the fraction of empty balls, the slow way."""
        w, lab, near = weight[rows], label[rows], d2[np.ix_(rows, rows)]
        ball = slow.ball("gaussian", near, lab, w, epsilon)
        k = slow.kernel("gaussian", near, epsilon)
        ratio = ball.log_density[:, 1] - ball.log_density[:, 0]
        return [
            slow.auc(ball.score, lab, w),
            slow.cross_entropy(ratio, lab, w),
            slow.r_of(k, lab, w),
            slow.b_of(k, lab, w),
            np.average(ball.empty, weights=w),
        ]

    def ladder(keep) -> np.ndarray:
        """Means over subsets at N, N/2, N/4, N/8: (L, 5)."""
        found = []
        for level in range(LEVELS):
            subset = division.subset(level)
            numbers = range(2**level)
            parts = [np.flatnonzero((subset == number) & keep) for number in numbers]
            found.append(np.mean([curves(rows) for rows in parts], axis=0))
        return np.array(found)

    def limit(values, terms) -> np.ndarray:
        """Least squares in 1/n with weights n; polyfit takes their roots."""
        inverse = 2.0 ** np.arange(LEVELS)
        return np.polyfit(inverse, values, terms, w=inverse**-0.5)[-1]

    at_n = ladder(np.ones(n, bool))
    left_out = np.array([limit(ladder(division.group != g), 2) for g in range(GROUPS)])
    spread = left_out - left_out.mean(axis=0)
    jets_err = np.sqrt((GROUPS - 1) / GROUPS * np.sum(spread**2, axis=0))
    fit_err = np.abs(limit(at_n, 2) - limit(at_n, 1))
    assert tuple(got.curves) == NAMES
    np.testing.assert_allclose(got.empty_fraction[:, 0], at_n[:, 4], rtol=1e-12)
    for c, name in enumerate(NAMES):
        of = got.curves[name]
        np.testing.assert_allclose(of.at_n[:, 0], at_n[:, c], rtol=1e-7, err_msg=name)
        np.testing.assert_allclose(of.limit[0], limit(at_n, 2)[c], rtol=1e-6, err_msg=name)
        np.testing.assert_allclose(of.jets_err[0], jets_err[c], rtol=1e-5, err_msg=name)
        np.testing.assert_allclose(of.fit_err[0], fit_err[c], rtol=1e-4, err_msg=name)
        np.testing.assert_allclose(of.limit_err, np.hypot(of.jets_err, of.fit_err))


def test_subsets_are_disjoint_and_alike():
    label = (np.arange(1000) % 5 < 2).astype(np.int8)
    division = Division(label, np.ones(1000), 1)
    for level in range(LEVELS):
        subset = division.subset(level)
        sizes = [np.bincount(subset[label == c], minlength=2**level) for c in (0, 1)]
        assert len(sizes[0]) == 2**level
        assert np.ptp(sizes, axis=1).max() <= LEVELS  # ranks dealt out in turn, then joined
    finer, coarser = division.subset(2), division.subset(1)
    assert {(f, c) for f, c in zip(finer, coarser, strict=True)} == {(0, 0), (1, 0), (2, 1), (3, 1)}
    left_out = (division.weight == 0).sum(axis=0)
    assert left_out[0] == 0
    assert np.ptp(left_out[1:]) <= 16
    assert left_out.sum() == 1000
    again, other = (Division(label, np.ones(1000), seed) for seed in (1, 2))
    np.testing.assert_array_equal(again.finest, division.finest)
    assert (other.finest != division.finest).any()


@pytest.fixture(scope="module")
def gaussians():
    """Twenty extrapolations from 400 jets at three ε; what an exact ln L gives on the same jets."""
    grid = [0.5, 3.0, 30.0]
    found, exact = [], []
    for seed in range(20):
        likelihood, x, label = line(seed, 400)
        found.append(extrapolate(likelihood, grid))
        truth = {"auc": np.full(len(grid), slow.auc(x, label))}
        ratios = [2 * MU * x / (SIGMA**2 + epsilon**2) for epsilon in grid]
        losses = [slow.cross_entropy(ratio, label, np.ones(400)) for ratio in ratios]
        exact.append(truth | {"cross_entropy": np.array(losses)})
    return grid, found, exact


@pytest.mark.parametrize("name", NAMES)
def test_limits_are_the_closed_forms(gaussians, name):
    grid, found, _ = gaussians
    for e, epsilon in enumerate(grid):
        of = [x.curves[name] for x in found]
        limit, err = (np.array([getattr(one, k)[e] for one in of]) for k in ("limit", "limit_err"))
        scatter = limit.std(ddof=1)
        miss = limit.mean() - closed_forms(epsilon)[name]
        assert abs(miss) < 3 * scatter / math.sqrt(len(found)), epsilon
        # The error says how much the limit scatters; the jackknife is not too small on average.
        assert 0.75 < np.sqrt(np.mean(err**2)) / scatter < 2


def test_finite_n_is_not_the_limit(gaussians):
    """Against the exact ln L on the same jets, which takes the noise of the jets out."""
    grid, found, exact = gaussians

    def pull(name: str, which: str, e: int) -> float:
        miss = [
            np.atleast_2d(getattr(one.curves[name], which))[0, e] - truth[name][e]
            for one, truth in zip(found, exact, strict=True)
        ]
        return abs(np.mean(miss)) / (np.std(miss, ddof=1) / math.sqrt(len(miss)))

    for name, e in (("auc", 0), ("auc", 1), ("auc", 2), ("cross_entropy", 0), ("cross_entropy", 1)):
        assert pull(name, "at_n", e) > 3.5, (name, grid[e])
        assert pull(name, "limit", e) < 3, (name, grid[e])


def test_one_data_set_within_its_errors():
    """AUC = Φ(√2 µ/σ) at every ε; at no ε is it that of 1,500 jets."""
    grid = np.array([0.1, 0.5, 2.0, 10.0, 40.0])
    far = extrapolate(line(78, 1500)[0], grid)
    want = closed_forms(1.0)["auc"]
    auc = far.curves["auc"]
    assert np.all(np.abs(auc.limit - want) < 2 * auc.limit_err)
    assert abs(auc.at_n[0, 0] - want) > 2 * auc.at_n_err[0]
    assert auc.resolved[2:].all()
    assert not auc.resolved[0]
    assert np.all(np.diff(far.empty_fraction, axis=0) >= 0)
    np.testing.assert_allclose(far.n_jets, [1500, 750, 375, 187.5])
    for name in ("R", "B"):
        of = far.curves[name]
        closed = np.array([closed_forms(epsilon)[name] for epsilon in grid])
        assert np.all(np.abs(of.limit - closed) < 2.5 * of.limit_err)


@pytest.mark.slow
def test_half_and_full_data_agree():
    """Real jets: what depends on N does so no longer at the limit, where it is resolved."""
    jets = slow.sample(800, np.float32)
    likelihood = SmearedLikelihood(jets, pt_ref=slow.PT_REF)
    grid = [15.0, 25.0, 40.0]
    full = extrapolate(likelihood, grid)
    halves = [extrapolate(likelihood.restrict(np.arange(k, len(jets), 2)), grid) for k in (0, 1)]
    for name in NAMES:
        a, b, c = (x.curves[name] for x in (*halves, full))
        assert (a.resolved & b.resolved & c.resolved)[1:].all()
        assert np.all(np.abs(a.limit - b.limit) < 2.5 * np.hypot(a.limit_err, b.limit_err))
        assert np.all(np.abs((a.limit + b.limit) / 2 - c.limit) < c.limit_err)
    a, b, c = (x.curves["auc"] for x in (*halves, full))
    raw = c.at_n[0] - (a.at_n[0] + b.at_n[0]) / 2
    assert np.all(raw > 0)
    assert np.sum(np.abs((a.limit + b.limit) / 2 - c.limit)) < 0.6 * np.sum(raw)


def test_smeared_values():
    """A network that knows the truth: its smeared AUC has the same limit, and misses it by less."""
    grid = [0.5, 2.0, 10.0]
    likelihood, x, _ = line(5, 400)
    output = 1 / (1 + np.exp(-2 * MU * x / SIGMA**2))
    far = extrapolate(likelihood, grid, values=output)
    labels = extrapolate(likelihood, grid).curves["auc"]
    assert tuple(far.curves) == ("auc",)
    auc = far.curves["auc"]
    said = epsilon_curve(likelihood, None, grid, values=output, replicas=2)
    np.testing.assert_allclose(auc.at_n[0], said.auc, atol=1e-6)
    np.testing.assert_allclose(far.empty_fraction[0], said.empty_fraction, atol=1e-12)
    assert np.all(np.abs(auc.limit - closed_forms(1.0)["auc"]) < 2 * auc.limit_err)
    assert np.all(np.abs(auc.limit - auc.at_n[0]) < 0.5 * np.abs(labels.limit - labels.at_n[0]))
    assert np.all(auc.limit_err <= labels.limit_err)


def test_other_kernels():
    likelihood, _, _ = line(6, 400)
    far = extrapolate(likelihood.with_kernel(HardBall()), [1.0, 3.0, 5.0])
    assert tuple(far.curves) == ("auc", "cross_entropy")
    said = epsilon_curve(likelihood.with_kernel(HardBall()), None, [1.0, 3.0, 5.0], replicas=2)
    for name, want in (("auc", said.auc), ("cross_entropy", said.cross_entropy)):
        np.testing.assert_allclose(far.curves[name].at_n[0], want, rtol=1e-5)
    np.testing.assert_allclose(far.empty_fraction[0], said.empty_fraction)


def test_same_seed_same_numbers_and_print():
    likelihood, _, _ = line(8, 400)
    one, two, other = (extrapolate(likelihood, [2.0, 4.0, 8.0], seed=s) for s in (0, 0, 1))
    np.testing.assert_array_equal(one.curves["auc"].limit, two.curves["auc"].limit)
    assert not np.array_equal(one.curves["auc"].limit, other.curves["auc"].limit)
    np.testing.assert_allclose(one.curves["auc"].at_n[0], other.curves["auc"].at_n[0], rtol=1e-6)
    assert len(str(one).splitlines()) == 6
    assert "400 jets" in str(one)


def test_bad_input():
    likelihood, x, _ = line(9, 400)
    with pytest.raises(ValueError, match=r"80 gluon jets.*96 parts"):
        extrapolate(likelihood.restrict(np.arange(160)), [1.0])
    for epsilon in (0.0, [2.0, 1.0], [np.nan]):
        with pytest.raises(ValueError, match="epsilon must"):
            extrapolate(likelihood, epsilon)
    with pytest.raises(ValueError, match="values must be 400 finite numbers"):
        extrapolate(likelihood, [1.0], values=x[:-1])
    negative = np.where(np.arange(400) % 3 == 0, -1.4, 1.0)
    with pytest.raises(ValueError, match="needs a positive total"):
        extrapolate(line(9, 400, negative)[0], [1.0])
