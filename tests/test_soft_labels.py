"""R(ε), B(ε) and the cross-entropy with a network's probability in place of the labels."""

from __future__ import annotations

import jax
import numpy as np
import pytest
import smearing_oracles as slow

from smearjax import SmearedLikelihood, information
from smearjax.smearing import epsilon_curve

GRID = np.array([1.0, 4.0, 15.0])


def toy(seed, n, weight=None, separation=5.0, width=6.0):
    """Two Gaussian classes on a line, and the true probability of each jet to be a quark jet."""
    rng = np.random.default_rng(seed)
    label = rng.permutation(np.arange(n) % 2).astype(np.int8)
    position = rng.normal(0, width, n) + separation * label
    log_ratio = separation * (position - separation / 2) / width**2
    jets = slow.jets_on_a_line(position, label, weight)
    likelihood = SmearedLikelihood(jets, pt_ref=slow.PT_REF, cells=2)
    return likelihood, position, label, 1 / (1 + np.exp(-log_ratio))


def kernel_matrix(position, epsilon):
    return slow.without_self(np.exp(-((position[:, None] - position) ** 2) / (2 * epsilon**2)))


def test_certain_probabilities_are_labels():
    weight = np.random.default_rng(0).uniform(0.3, 2, 80)
    with jax.enable_x64(True):
        like, _, label, _ = toy(1, 80, weight)
        hard = information(like, GRID, replicas=6)
        soft = information(like, GRID, probability=label, replicas=6)
    for name in vars(hard):
        np.testing.assert_allclose(getattr(soft, name), getattr(hard, name), rtol=1e-9, atol=1e-12)


def test_r_and_b_against_double_loops():
    n, rng = 60, np.random.default_rng(2)
    weight, probability = rng.uniform(0.3, 2, n), rng.uniform(0, 1, n)
    with jax.enable_x64(True):
        like, position, _, _ = toy(3, n, weight)
        got = information(like, GRID, probability=probability, replicas=4)
    member = weight * np.stack([1 - probability, probability])
    total = member.sum(axis=1)
    for e, epsilon in enumerate(GRID):
        k = kernel_matrix(position, epsilon)
        f = np.empty((2, 2))
        for a in (0, 1):
            for b in (0, 1):
                pairs = [member[a, i] * member[b, j] * k[i, j] for i in range(n) for j in range(n)]
                norm = sum(
                    member[a, i] * member[b, j] for i in range(n) for j in range(n) if i != j
                )
                f[a, b] = sum(pairs) / norm
        assert got.R[e] == pytest.approx(1 - f[0, 1] / np.sqrt(f[0, 0] * f[1, 1]), rel=1e-9)
        share = member / total[:, None]
        votes = ((share[1] - share[0]) @ k) / ((share[1] + share[0]) @ k)
        assert got.B[e] == pytest.approx(0.5 * (share[1] - share[0]) @ votes, rel=1e-9, abs=1e-12)


def test_slopes_against_differences():
    h = 1e-4
    with jax.enable_x64(True):
        like, _, _, probability = toy(4, 60)
        here, up, down = (
            information(like, GRID * np.exp(s * h), probability=probability, replicas=4)
            for s in (0, 1, -1)
        )
    np.testing.assert_allclose(here.minus_dR, -(up.R - down.R) / (2 * h), rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(here.minus_dB, -(up.B - down.B) / (2 * h), rtol=1e-6, atol=1e-8)


@pytest.mark.slow
def test_errors_are_the_scatter_of_other_samples():
    """Forty samples of 400 jets: the scatter of R is known to about a tenth."""
    found = []
    for seed in range(40):
        like, _, _, probability = toy(100 + seed, 400)
        found.append(information(like, GRID, probability=probability, replicas=20))
    scatter = np.std([info.R for info in found], axis=0, ddof=1)
    said = np.mean([info.R_err for info in found], axis=0)
    np.testing.assert_allclose(said, scatter, rtol=0.35)
    said = np.mean([info.B_err for info in found], axis=0)
    scatter = np.std([info.B for info in found], axis=0, ddof=1)
    np.testing.assert_allclose(said, scatter, rtol=0.35)


def test_true_probabilities_have_the_curves_of_the_labels_with_less_noise():
    like, _, _, probability = toy(7, 3000)
    hard = information(like, GRID, replicas=20)
    soft = information(like, GRID, probability=probability, replicas=20)
    for curve in ("R", "B"):
        a, b = getattr(hard, curve), getattr(soft, curve)
        error = getattr(hard, f"{curve}_err")
        assert np.all(np.abs(a - b) < 4 * error)
        assert np.all(a > 5 * error)
        assert np.all(getattr(soft, f"{curve}_err") < 0.6 * error)


def test_a_coarse_network_has_learned_large_scales_only():
    """Classes that alternate along the line every 4 GeV; the network knows only the slow trend."""
    rng = np.random.default_rng(8)
    n = 3000
    position = rng.uniform(0, 120, n)
    slow_part, fast_part = (
        0.25 * np.sin(position / 20),
        0.25 * np.sign(np.sin(position * np.pi / 4)),
    )
    label = (rng.uniform(size=n) < 0.5 + slow_part + fast_part).astype(np.int8)
    like = SmearedLikelihood(slow.jets_on_a_line(position, label), pt_ref=slow.PT_REF, cells=2)
    grid = [0.5, 8.0]
    truth = information(like, grid, replicas=20)
    network = information(like, grid, probability=0.5 + slow_part, replicas=20)
    assert network.R[0] < 0.7 * truth.R[0]
    assert network.R[1] == pytest.approx(truth.R[1], abs=4 * truth.R_err[1])


@pytest.mark.parametrize("certain", [False, True])
def test_cross_entropy_of_smeared_probabilities(certain):
    n = 80
    weight = np.random.default_rng(9).uniform(0.3, 2, n)
    like, position, label, probability = toy(10, n, weight)
    values = np.clip(label, 1e-6, 1 - 1e-6) if certain else probability
    curve = epsilon_curve(like, None, GRID, values=values, replicas=4)
    prior = weight @ values / weight.sum()
    balanced = weight / np.where(label == 1, weight[label == 1].sum(), weight[label == 0].sum())
    for e, epsilon in enumerate(GRID):
        k = kernel_matrix(position, epsilon) * weight
        smeared = k @ values / k.sum(axis=1)
        empty = k.sum(axis=1) ** 2 < 2 * (k**2).sum(axis=1)
        smeared = np.where(empty, prior, smeared)
        ratio = np.log(smeared / (1 - smeared)) - np.log(prior / (1 - prior))
        loss = np.logaddexp(0, np.where(label == 1, -ratio, ratio))
        want = 0.5 * balanced @ loss
        assert curve.cross_entropy[e] == pytest.approx(want, rel=2e-2 if certain else 2e-4)
        assert curve.cross_entropy_err[e] > 0


def test_values_that_are_no_probabilities_have_no_cross_entropy():
    like, position, _, _ = toy(11, 60)
    curve = epsilon_curve(like, None, GRID, values=position, replicas=3)
    assert np.isnan(curve.cross_entropy).all()
    assert np.isfinite(curve.auc).all()


@pytest.mark.parametrize(
    "probability", [np.full(60, 1.5), np.full(60, np.nan), np.zeros(59), np.full(60, "a")]
)
def test_bad_probabilities_are_named(probability):
    like = toy(12, 60)[0]
    with pytest.raises(ValueError, match="probability must be 60 numbers from 0 to 1"):
        information(like, GRID, probability=probability)
