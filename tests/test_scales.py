"""The best ε: the gradient's answer against a fine scan, from any start, in few evaluations."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import smearing_oracles as slow

from smearjax import SmearedLikelihood, find_scales
from smearjax.evaluate import auc
from smearjax.smearing import Epanechnikov, Gaussian, HardBall, Sigmoid, scales
from smearjax.smearing.scales import auc_optimum, cross_entropy

SCAN = np.geomspace(0.7, 100.0, 201)
SPACING = np.log(SCAN[1] / SCAN[0])


@pytest.fixture(scope="module")
def real():
    """200 real jets in float32, the default."""
    return SmearedLikelihood(slow.sample(200, np.float32))


def scan(likelihood, prior=0.5):
    """C on the fine grid, one ε after another, and its lowest point."""
    at = jax.jit(lambda like, t: cross_entropy(like, t, prior))
    values = np.array([at(likelihood, t) for t in jnp.log(jnp.asarray(SCAN))])
    return values, SCAN[np.argmin(values)]


KERNELS = {"gaussian": Gaussian(), "sigmoid": Sigmoid(tau=0.8)}


@pytest.fixture(scope="module")
def scanned(real):
    return {name: scan(real.with_kernel(kernel)) for name, kernel in KERNELS.items()}


@pytest.mark.parametrize("name", ["gaussian", pytest.param("sigmoid", marks=pytest.mark.slow)])
@pytest.mark.parametrize("start", [None, 0.7, 2.0, 6.0, 25.0, 100.0])
def test_agrees_with_a_fine_scan(real, scanned, name, start):
    values, best = scanned[name]
    solution = find_scales(real.with_kernel(KERNELS[name]), start)
    assert solution.converged
    assert solution.evaluations <= len(SCAN) // 10
    assert abs(np.log(solution.epsilon / best)) <= SPACING
    assert solution.cross_entropy <= values.min() + 1e-5


@pytest.mark.parametrize("prior", [0.2, 0.8])
def test_prior(real, prior):
    values, best = scan(real, prior)
    solution = find_scales(real, prior=prior)
    assert solution.prior == prior
    assert abs(np.log(solution.epsilon / best)) <= SPACING
    assert solution.cross_entropy <= values.min() + 1e-5


@pytest.mark.parametrize(
    ("name", "weighted", "prior"),
    [("gaussian", False, 0.5), ("gaussian", True, 0.3), ("sigmoid", True, 0.3)],
)
def test_cross_entropy_against_slow_numpy(name, weighted, prior):
    """Leave-one-out, totals left out too, every ball counted; its slope against differences."""
    rng = np.random.default_rng(1)
    n = 60
    label = (rng.random(n) < 0.4).astype(np.int8)
    position = rng.normal(0, 6, n) + 6 * label
    weight = (
        rng.choice([0.5, 2.0, 1.3, -0.1], n, p=[0.3, 0.3, 0.3, 0.1]) if weighted else np.ones(n)
    )
    d2 = (position[:, None] - position) ** 2
    np.fill_diagonal(d2, np.inf)

    def want(epsilon):
        k = slow.kernel(name, d2, epsilon, 0.8)
        ratio = np.zeros(n)
        for x in range(n):
            parts = []
            for c in (0, 1):
                left = weight[label == c].sum() - weight[x] * (label[x] == c)
                parts.append((k[x] @ (weight * (label == c))) / left)
            ratio[x] = np.log(parts[1] / parts[0])
        return slow.cross_entropy(ratio, label, weight, prior)

    with jax.enable_x64(True):
        jets = slow.jets_on_a_line(position, label, weight)
        like = SmearedLikelihood(jets, kernel=KERNELS[name], pt_ref=slow.PT_REF, cells=2)
        like = like.with_kernel(Gaussian() if name == "gaussian" else Sigmoid(tau=0.8))
        with_slope = jax.jit(jax.value_and_grad(lambda like, t: cross_entropy(like, t, prior), 1))
        for epsilon in (5.0, 12.0):
            t = np.log(epsilon)
            value, slope = with_slope(like, t)
            assert float(value) == pytest.approx(want(epsilon), rel=1e-8)
            h = 1e-5
            difference = (want(np.exp(t + h)) - want(np.exp(t - h))) / (2 * h)
            assert float(slope) == pytest.approx(difference, rel=1e-5, abs=1e-9)


def test_many_jets_begin_where_parts_of_them_lead(real, monkeypatch):
    plain = find_scales(real)
    monkeypatch.setattr(scales, "_FEW", 75)
    solution = find_scales(real)
    assert solution.history[0, 0] != plain.history[0, 0]
    assert solution.epsilon == pytest.approx(plain.epsilon, rel=0.005)
    assert solution.converged


def test_few_jets_of_a_class_are_not_cut_further(monkeypatch):
    monkeypatch.setattr(scales, "_FEW", 20)
    rng = np.random.default_rng(4)
    label = (np.arange(200) < 12).astype(np.int8)
    jets = slow.jets_on_a_line(rng.normal(0, 8, 200) + 8 * label, label)
    assert find_scales(SmearedLikelihood(jets, pt_ref=slow.PT_REF, cells=2)).converged


def test_where_it_falls_at_an_end_it_has_not_converged():
    """Two jets of each class in one place each: the larger ε, the worse, down to the least one."""
    jets = slow.jets_on_a_line(np.array([0.0, 1.0, 60.0, 61.0]), np.array([0, 0, 1, 1]))
    likelihood = SmearedLikelihood(jets, pt_ref=slow.PT_REF, cells=2)
    solution = find_scales(likelihood)
    assert not solution.converged
    assert solution.epsilon == pytest.approx(0.5 * np.sqrt(likelihood.leave_one_out.nearest.min()))
    assert "NOT converged" in str(solution)


def test_history_is_what_was_computed(real):
    solution = find_scales(real, 30.0)
    assert solution.history.shape[1] == 3
    assert solution.history[0, 0] == pytest.approx(30.0, rel=1e-5)
    at = jax.jit(jax.value_and_grad(lambda t: cross_entropy(real, t)))
    for epsilon, value, slope in solution.history[:3]:
        got = at(jnp.log(jnp.asarray(epsilon, jnp.float32)))
        np.testing.assert_allclose(got, (value, slope), rtol=2e-3, atol=2e-5)
    assert np.min(solution.history[:, 1]) >= solution.cross_entropy - 1e-6
    assert solution.n_jets == tuple(np.bincount(np.asarray(real.label)))
    assert solution.convention == real.convention
    assert "converged" in str(solution)


@pytest.mark.slow
def test_weights_move_the_answer():
    """Weights that drop half of the jets give the answer of the other half."""
    rng = np.random.default_rng(3)
    label = (rng.random(120) < 0.5).astype(np.int8)
    position, keep = rng.normal(0, 6, 120) + 8 * label, np.arange(120) % 2
    options = {"pt_ref": slow.PT_REF, "cells": 2}
    every = SmearedLikelihood(slow.jets_on_a_line(position, label), **options)
    weight = np.where(keep, 7.5, 0.0)
    weighted = SmearedLikelihood(slow.jets_on_a_line(position, label, weight), **options)
    one, two = find_scales(weighted, 10.0), find_scales(every.restrict(keep == 1), 10.0)
    assert one.epsilon == pytest.approx(two.epsilon, rel=0.01)
    assert one.cross_entropy == pytest.approx(two.cross_entropy, rel=1e-4)


@pytest.mark.parametrize("seed", [0, pytest.param(5, marks=pytest.mark.slow)])
def test_nothing_to_find(seed):
    """Meaningless labels: C falls towards ln 2 at ε = ∞, and no ε beyond all distances is best."""
    rng = np.random.default_rng(seed)
    label = rng.permutation(np.arange(100) % 2).astype(np.int8)
    jets = slow.jets_on_a_line(rng.normal(0, 10, 100), label)
    solution = find_scales(SmearedLikelihood(jets, pt_ref=slow.PT_REF, cells=2))
    assert solution.epsilon < 1000 or not solution.converged
    assert solution.cross_entropy > 0.69  # below ln 2 = .6931 a jet must have seen its own label


def test_auc_optimum(real):
    """On the scan's highest point or between its neighbours, for the hard ball too."""
    grid = np.geomspace(3, 60, 31)
    for kernel in (Gaussian(), HardBall()):
        like = real.with_kernel(kernel)
        values = [auc(np.asarray(s), np.asarray(like.label)) for s in like.score(None, grid)]
        epsilon, best = auc_optimum(like, grid)
        top = int(np.argmax(values))
        assert grid[max(top - 1, 0)] <= epsilon <= grid[min(top + 1, 30)]
        assert values[top] <= best + 1e-9 <= values[top] + 0.02


def test_optimum_at_the_end_of_the_grid(real):
    grid = np.geomspace(100, 400, 5)
    values = [auc(np.asarray(s), np.asarray(real.label)) for s in real.score(None, grid)]
    assert int(np.argmax(values)) in (0, 4)
    epsilon, best = auc_optimum(real, grid)
    assert epsilon == pytest.approx(grid[np.argmax(values)])
    assert best == pytest.approx(max(values), abs=1e-6)


@pytest.mark.parametrize("kernel", [HardBall(), Epanechnikov()])
def test_compact_kernels_have_no_gradient(real, kernel):
    with pytest.raises(ValueError, match="not smooth in epsilon; use the Gaussian or Sigmoid"):
        find_scales(real.with_kernel(kernel))


@pytest.mark.parametrize("start", [0.0, -3.0, np.nan, np.inf])
def test_bad_start(real, start):
    with pytest.raises(ValueError, match="start must be a positive"):
        find_scales(real, start)


@pytest.mark.parametrize("prior", [0.0, 1.0, -0.5, 1.5, np.nan])
def test_bad_prior(real, prior):
    with pytest.raises(ValueError, match="prior must be strictly between 0 and 1"):
        find_scales(real, prior=prior)


@pytest.mark.parametrize(
    "epsilon", [np.array([]), np.array([1.0, -1.0, 2.0]), np.array([np.nan, 1.0])]
)
def test_bad_grid(real, epsilon):
    with pytest.raises(ValueError, match="epsilon must be positive and finite"):
        auc_optimum(real, epsilon)
