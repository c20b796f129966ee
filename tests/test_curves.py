"""AUC(ε) with bands: every number against slow numpy loops over the same bootstrap counts."""

from __future__ import annotations

import jax
import numpy as np
import pytest
import smearing_oracles as slow

from smearjax import SmearedLikelihood
from smearjax.evaluate import bootstrap_weights
from smearjax.smearing import Gaussian, HardBall, epsilon_curve

GRID = np.array([0.4, 1.0, 3.0])
REPLICAS, SEED = 6, 3


def on_a_line(seed: int, n: int, kernel, weight=None):
    """n two-particle jets on a line, quarks to the right; the likelihood and the jets."""
    rng = np.random.default_rng(seed)
    label = (rng.random(n) < 0.4).astype(np.int8)
    position = rng.normal(0, 12, n) + 8 * label
    # The origin of the line must be the same for every set of jets.
    jets = slow.jets_on_a_line(np.append(position, -200.0))[:n]
    jets = type(jets)(jets.pt, jets.y, jets.phi, mask=jets.mask, label=label, weight=weight)
    return SmearedLikelihood(jets, kernel=kernel, pt_ref=slow.PT_REF, cells=2), jets, position


def counts_of(label, seed):
    """Multinomial counts class by class, (replicas, N), and the data in front."""
    counts = np.ones((REPLICAS + 1, len(label)))
    for c in (0, 1):
        rows = np.flatnonzero(label == c)
        counts[1:, rows] = bootstrap_weights(len(rows), REPLICAS, seed + c)
    return counts


def replica_scores(name, d2, label, weight, counts, epsilon, values=None):
    """Ranking score of each jet under each replica's reference weights, jet by jet."""
    if values is not None:
        return [slow.smear(name, d2, weight * c, values, epsilon) for c in counts]
    return [slow.ball(name, d2, label, weight * c, epsilon).score for c in counts]


def rounded(score):
    """Ties that differ in the last bit tie."""
    return np.round(score, 9)


# Half of the combinations, each of which costs a compilation, run with -m slow.
CASES = [
    pytest.param(name, out, key, marks=[pytest.mark.slow] if (name == "hard") ^ out ^ key else [])
    for name in ("hard", "gaussian")
    for out in (False, True)
    for key in (False, True)
]


@pytest.mark.parametrize(("name", "outside", "smeared"), CASES)
def test_bands_against_bootstrap_loops(name, outside, smeared):
    """Pair weights w_i w_j, i ≠ j; together, reference alone, test alone; empty balls as ties."""
    kernel = HardBall() if name == "hard" else Gaussian()
    n, m = 48, 40
    rng = np.random.default_rng(11)
    weight = rng.choice([0.53, 1.0, 2.1, -0.37], n, p=[0.3, 0.3, 0.3, 0.1])
    with jax.enable_x64(True):
        like, _, position = on_a_line(1, n, kernel, weight)
        query, test_position, test_label, test_weight = (
            None,
            position,
            np.asarray(like.label),
            weight,
        )
        if outside:
            test_weight = rng.choice([1.0, 3.0, -0.25], m, p=[0.6, 0.3, 0.1])
            test, query, test_position = on_a_line(2, m, kernel, test_weight)
            test_label = np.asarray(test.label)
        values = rng.normal(size=n) if smeared else None
        curve = epsilon_curve(like, query, GRID, values=values, replicas=REPLICAS, seed=SEED)
    label = np.asarray(like.label)
    d2 = (test_position[:, None] - position) ** 2
    if not outside:
        np.fill_diagonal(d2, np.inf)
    counts = counts_of(label, SEED)
    test_counts = counts_of(test_label, SEED + 2) if outside else counts
    for e, epsilon in enumerate(GRID):
        scores = [
            rounded(s) for s in replica_scores(name, d2, label, weight, counts, epsilon, values)
        ]
        both = [
            slow.auc(s, test_label, test_weight * c)
            for s, c in zip(scores, test_counts, strict=True)
        ]
        reference = [slow.auc(s, test_label, test_weight) for s in scores]
        test = [slow.auc(scores[0], test_label, test_weight * c) for c in test_counts]
        close = {"rtol": 1e-7, "atol": 1e-9}
        np.testing.assert_allclose(curve.auc[e], both[0], **close)
        replicas = np.array(both[1:])
        np.testing.assert_allclose(curve.auc_bias[e], replicas.mean() - both[0], **close)
        lo, hi = np.quantile(replicas - replicas.mean(), [0.16, 0.84]) + both[0]
        np.testing.assert_allclose((curve.auc_lo[e], curve.auc_hi[e]), (lo, hi), **close)
        np.testing.assert_allclose(
            curve.auc_err_reference[e], np.std(reference[1:], ddof=1), **close
        )
        np.testing.assert_allclose(curve.auc_err_test[e], np.std(test[1:], ddof=1), **close)
        ball = slow.ball(name, d2, label, weight, epsilon)
        full = ~ball.empty
        want = slow.auc(scores[0][full], test_label[full], test_weight[full])
        np.testing.assert_allclose(curve.auc_nonempty[e], want, **close)
        share = np.abs(test_weight) / np.abs(test_weight).sum()
        for fraction, kind in (
            (curve.empty_fraction, ball.empty),
            (curve.one_class_fraction, ball.one_class),
            (curve.nonpositive_fraction, ball.nonpositive),
        ):
            np.testing.assert_allclose(fraction[e], share @ kind, **close)
    assert curve.n_jets == (np.sum(test_label == 0), np.sum(test_label == 1))
    slope = np.gradient(curve.auc, np.log(GRID))
    np.testing.assert_allclose(curve.minus_dauc, -slope, rtol=1e-12)


@pytest.mark.parametrize("name", ["hard", "gaussian"])
def test_cross_entropy(name):
    """On a hard ball from the finite log ratio; on outside jets no totals are left out."""
    with jax.enable_x64(True):
        kernel = HardBall() if name == "hard" else Gaussian()
        like, _, position = on_a_line(3, 60, kernel)
        _, jets, test_position = on_a_line(4, 50, kernel)
        curve = epsilon_curve(like, jets, GRID * 4, replicas=2)
    label, ones = np.asarray(like.label), np.ones(60)
    d2 = (test_position[:, None] - position) ** 2
    for e, epsilon in enumerate(GRID * 4):
        if name == "hard":
            ratio = slow.ball(name, d2, label, ones, epsilon).log_ratio
        else:  # every ball counts with its log-sum-exp, also with n_eff < 2
            log_k = slow.log_kernel(name, d2, epsilon)
            q, g = (np.logaddexp.reduce(log_k[:, label == c], axis=1) for c in (1, 0))
            ratio = q - g - np.log(np.sum(label == 1) / np.sum(label == 0))
        want = slow.cross_entropy(ratio, np.asarray(jets.label), np.ones(50))
        np.testing.assert_allclose(curve.cross_entropy[e], want, rtol=1e-8)
    assert np.all(curve.cross_entropy_err > 0)


@pytest.mark.slow
def test_grid_equals_one_at_a_time(monkeypatch):
    """The counts of a whole grid come from one pass; groups of ε do not change a number."""
    like, _, _ = on_a_line(5, 80, HardBall())
    grid = np.geomspace(0.3, 30, 4)
    together = epsilon_curve(like, None, grid, replicas=4)
    alone = [epsilon_curve(like, None, [e], replicas=4) for e in grid]
    monkeypatch.setattr(
        "smearjax.smearing.replicas._NUMBERS", 8 * 80 * 5 * 3
    )  # groups of three, the last one padded
    grouped = epsilon_curve(like, None, grid, replicas=4)
    for name in (
        "auc",
        "auc_lo",
        "auc_hi",
        "auc_err_test",
        "auc_err_reference",
        "empty_fraction",
        "cross_entropy",
    ):
        values = getattr(together, name)
        np.testing.assert_array_equal(values, [getattr(c, name)[0] for c in alone])
        np.testing.assert_array_equal(values, getattr(grouped, name))
    assert np.isnan([c.minus_dauc[0] for c in alone]).all()


def test_same_seed_same_numbers():
    like, jets, _ = on_a_line(6, 80, Gaussian())
    first, again, other = (epsilon_curve(like, jets, GRID, replicas=4, seed=s) for s in (0, 0, 1))
    for name in ("auc_lo", "auc_hi", "auc_err_test", "cross_entropy_err", "minus_dauc_err"):
        np.testing.assert_array_equal(getattr(first, name), getattr(again, name))
        assert not np.array_equal(getattr(first, name), getattr(other, name))
    np.testing.assert_array_equal(first.auc, other.auc)


def test_copies_do_not_see_each_other():
    """A hard ball so small that it holds nothing: replicas hold nothing either, and AUC stays ½."""
    with jax.enable_x64(True):
        like, _, _ = on_a_line(7, 60, HardBall())
        curve = epsilon_curve(like, None, [1e-6], replicas=10)
    assert curve.empty_fraction == [1.0]
    np.testing.assert_array_equal(curve.auc, 0.5)
    np.testing.assert_array_equal((curve.auc_lo, curve.auc_hi), 0.5)
    assert np.isnan(curve.auc_nonempty[0])


@pytest.mark.slow
def test_errors_shrink_with_their_own_sample():
    """Few reference jets and many test jets, and the other way round."""
    with jax.enable_x64(True):
        small, few, _ = on_a_line(8, 50, Gaussian())
        large, many, _ = on_a_line(9, 800, Gaussian())
        one = epsilon_curve(small, many, [2.0], replicas=40)
        other = epsilon_curve(large, few, [2.0], replicas=40)
    assert one.auc_err_reference[0] > max(one.auc_err_test[0], other.auc_err_reference[0])
    assert other.auc_err_test[0] > 2 * max(one.auc_err_test[0], other.auc_err_reference[0])


# Null oracles -------------------------------------------------------------------------------------


def two_classes(draw, seed, n):
    """Reference and test jets on one line, n a class each; draw(rng, label) gives positions."""
    rng = np.random.default_rng(seed)
    label = (np.arange(4 * n) % 2).astype(np.int8)
    position = draw(rng, label)
    jets = slow.jets_on_a_line(position, label)
    half = 2 * n
    like = SmearedLikelihood(jets[:half], pt_ref=slow.PT_REF, cells=2)
    return like, jets[half:], position[half:], label[half:]


def test_gaussian_null():
    """Classes N(±µ, σ²): a Gaussian kernel only widens both, so the AUC is Φ(√2 µ/σ) at every ε."""
    from scipy.stats import norm

    mu, sigma = 6.0, 10.0
    like, jets, position, label = two_classes(
        lambda rng, label: rng.normal(mu * (2.0 * label - 1), sigma), 12, 1500
    )
    curve = epsilon_curve(like, jets, [2.0, 5.0, 10.0, 25.0], replicas=8)
    best = slow.auc(position, label)
    assert abs(best - norm.cdf(2**0.5 * mu / sigma)) < 0.02
    # On the same test jets the exact order is the position's; smearing must not lose any of it.
    np.testing.assert_allclose(curve.auc, best, atol=0.006)
    assert np.ptp(curve.auc[1:]) < 0.003
    assert not curve.empty_fraction[1:].any()


def test_casimir_null():
    """Survival functions related by a power C_A/C_F = 9/4: AUC = 9/13 at every ε."""
    like, jets, position, label = two_classes(
        lambda rng, label: rng.exponential(np.where(label == 1, 90.0, 40.0)), 13, 1500
    )
    for kernel, grid in ((Gaussian(), [6.0, 15.0, 40.0]), (HardBall(), [15.0, 40.0])):
        curve = epsilon_curve(like.with_kernel(kernel), jets, grid, replicas=8)
        best = slow.auc(position, label)
        assert abs(best - 9 / 13) < 0.02
        np.testing.assert_allclose(curve.auc, best, atol=0.01)


def test_permuted_labels():
    """No information: the AUC lies within the permutation distribution, which leans below ½."""
    rng = np.random.default_rng(14)
    position, n = rng.normal(0, 10, 200), 200
    jets = slow.jets_on_a_line(position)
    found = []
    for _ in range(40):
        label = rng.permutation(np.arange(n) % 2).astype(np.int8)
        like = SmearedLikelihood(jets, label, pt_ref=slow.PT_REF, cells=2)
        found.append(epsilon_curve(like, None, [1.0], replicas=2).auc[0])
    d2 = (position[:, None] - position) ** 2
    np.fill_diagonal(d2, np.inf)
    k = np.exp(-d2 / 2)
    null = []
    for _ in range(400):
        label = rng.permutation(np.arange(n) % 2)
        null.append(slow.auc((k @ label) / k.sum(axis=1), label))
    assert abs(np.mean(found) - np.mean(null)) < 4 * np.std(null) * (1 / 40 + 1 / 400) ** 0.5
    assert 0.6 < np.std(found) / np.std(null) < 1.5
    assert np.mean(null) < 0.5


def test_prints_well():
    like, _, _ = on_a_line(10, 30, Gaussian())
    lines = str(epsilon_curve(like, None, GRID, replicas=2)).splitlines()
    assert len(lines) == 2 + len(GRID)
    assert "68 % bands" in lines[0]
