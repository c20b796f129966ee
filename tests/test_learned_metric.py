"""Weighted metrics and how they are learned: slow sums, differences, a plant that must be found."""

import itertools
import math

import jax
import jax.numpy as jnp
import numpy as np
import oracles
import pytest

from smearjax import Jets, SmearedLikelihood, load_jets
from smearjax.evaluate import auc
from smearjax.extremes import neighbourhood_fit
from smearjax.metric import Cloud, count_balls, find_neighbours, weighted_space
from smearjax.planted import few_emissions, plant, plant_at
from smearjax.smearing import MetricConfig, learn_metric
from smearjax.smearing.metric_training import Numbers, _cross_entropy, by_class, embedded

CELLS = 16
QUICK = MetricConfig(stretches=4, cells=CELLS, beta_steps=0, steps=30, batch=256)


def doubles(n: int) -> Jets:
    """Jets of the sample in float64, so that the library's float32 does not blur comparisons."""
    jets = load_jets("sample")[:n]
    return jax.tree.map(lambda a: a.astype(np.float64) if a.dtype == np.float32 else a, jets)


def slow_means(jets: Jets, beta: float) -> np.ndarray:
    """Mean of q^β over the cells of U, from the definition: (N, T)."""
    edges = (np.arange(CELLS + 1) / CELLS) ** 3
    rows = []
    for i in range(len(jets)):
        real = jets.mask[i]
        spectrum = oracles.spectrum(
            oracles.Jet(jets.pt[i][real], jets.y[i][real], jets.phi[i][real])
        )
        upper = np.cumsum(spectrum.weight)
        lower = upper - spectrum.weight
        row = []
        for a, b in itertools.pairwise(edges):
            overlap = np.clip(np.minimum(upper, b) - np.maximum(lower, a), 0, None)
            row.append(math.fsum(overlap * spectrum.omega**beta) / (b - a))
        rows.append(row)
    return np.array(rows)


def slow_squared_distances(means: np.ndarray, shares: np.ndarray) -> np.ndarray:
    c = np.repeat(shares / (CELLS // len(shares)), CELLS // len(shares))
    return np.einsum("j,abj->ab", c, (means[:, None] - means[None]) ** 2)


@pytest.mark.parametrize("beta", [1.0, 0.4])
def test_distances_are_weighted_differences_of_means(beta):
    shares = np.array([0.5, 0.2, 0.2, 0.1])
    with jax.enable_x64(True):
        jets = doubles(40)
        space = weighted_space(jets, 3 * shares, beta=beta, cells=CELLS, pt_ref=100.0)
        points = space.points(jets)
        vectors = np.asarray(points.points.vectors)
        found = ((vectors[:, None] - vectors[None]) ** 2).sum(axis=-1)
        want = 1e4 * slow_squared_distances(slow_means(jets, beta), shares)
        np.testing.assert_allclose(found, want, rtol=1e-8, atol=1e-12 * want.max())
        np.testing.assert_allclose(space.shares, shares, rtol=1e-12)
        assert float(np.max(points.residual)) == 0
        cloud = Cloud(jets, space)
        radius = float(np.sqrt(np.median(want)))
        counts = count_balls(cloud, [radius]).counts[:, 0]
        np.testing.assert_array_equal(counts, (want <= radius**2).sum(axis=1) - 1)


@pytest.mark.slow
def test_rounding_bounds_what_float32_loses():
    """The distance of two jets is off by at most their two bounds."""

    def distances(jets: Jets) -> tuple[np.ndarray, np.ndarray]:
        space = weighted_space(jets, [0.6, 0.1, 0.2, 0.1], beta=0.5, cells=CELLS, pt_ref=500.0)
        points = space.points(jets)
        vectors = np.asarray(points.points.vectors, np.float64)
        rounding = np.asarray(points.rounding, np.float64)
        return np.linalg.norm(vectors[:, None] - vectors[None], axis=2), rounding

    with jax.enable_x64(True):
        want, _ = distances(doubles(60))
    found, bound = distances(load_jets("sample")[:60])
    assert np.all(np.abs(found - want) <= bound[:, None] + bound[None])
    assert np.max(bound) < 0.01  # GeV: it says something


def test_widths_as_shares_are_semd_on_the_grid():
    """One cell a stretch: c_j = width_j gives the projected SEMD, never above the exact one."""
    edges = (np.arange(CELLS + 1) / CELLS) ** 3
    with jax.enable_x64(True):
        jets = doubles(12)
        space = weighted_space(jets, np.diff(edges), cells=CELLS, pt_ref=1.0)
        vectors = np.asarray(space.points(jets).points.vectors)
    for a in range(6):
        one, two = (
            oracles.spectrum(
                oracles.Jet(*(x[i][jets.mask[i]] for x in (jets.pt, jets.y, jets.phi)))
            )
            for i in (a, a + 6)
        )
        projected = float(((vectors[a] - vectors[a + 6]) ** 2).sum())
        assert projected <= oracles.semd(one, two) * (1 + 1e-9)
        assert projected == pytest.approx(oracles.semd(one, two), rel=0.15)


def slow_cross_entropy(numbers: np.ndarray, jets: Jets) -> float:
    """Leave-one-out, from the dense matrix; numbers: 4 logarithms, ln of each β, ln ε."""
    shares = np.exp(numbers[:4]) / np.exp(numbers[:4]).sum()
    betas = np.exp(numbers[4:-1])
    d2 = sum(
        slow_squared_distances(slow_means(jets, beta), some)
        for beta, some in zip(betas, shares.reshape(len(betas), -1), strict=True)
    )
    k = np.exp(-d2 / (2 * math.exp(2 * numbers[-1])))
    np.fill_diagonal(k, 0)
    quark = np.asarray(jets.label) == 1
    ratio = np.log(k[:, quark].sum(axis=1) / (quark.sum() - quark)) - np.log(
        k[:, ~quark].sum(axis=1) / ((~quark).sum() - ~quark)
    )
    loss = np.logaddexp(0, np.where(quark, -ratio, ratio))
    return 0.5 * (loss[quark].mean() + loss[~quark].mean())


@pytest.mark.parametrize("betas", [[0.4, 1.1], pytest.param([0.7], marks=pytest.mark.slow)])
def test_cross_entropy_and_its_derivatives(betas):
    """Shares, β and ε, through the spectral function, against the slow sum and its differences."""
    config = MetricConfig(stretches=4, cells=CELLS, betas=len(betas))
    start = np.array([0.3, -0.2, 0.1, 0.4, *np.log(betas), math.log(0.05)])
    with jax.enable_x64(True):
        jets = doubles(400)
        jets = jets[(jets.multiplicity > 24) & (jets.multiplicity < 33)][:50]  # one compilation

        def loss(flat):
            numbers = Numbers(flat[:4], flat[4:-1], flat[-1])
            both = by_class(jets, embedded(jets, jnp.exp(numbers.log_beta), config))
            return _cross_entropy(numbers, both, both)

        value, slope = (np.asarray(a) for a in jax.value_and_grad(loss)(jnp.asarray(start)))
    assert float(value) == pytest.approx(slow_cross_entropy(start, jets), rel=1e-9)
    h = 1e-5
    for k in range(len(start)):
        ends = [slow_cross_entropy(start + s * h * np.eye(len(start))[k], jets) for s in (1, -1)]
        assert float(slope[k]) == pytest.approx((ends[0] - ends[1]) / (2 * h), rel=1e-5, abs=1e-9)
    assert abs(float(slope[:4].sum())) < 1e-9  # a softmax knows no common shift


@pytest.mark.slow
def test_several_betas_make_the_metric_that_was_learned():
    """The space that is returned gives the validation jets the cross-entropy that was reported."""
    jets = load_jets("sample")
    train, validation = jets[:200], jets[200:300]
    config = MetricConfig(
        stretches=4, cells=CELLS, betas=2, beta_steps=0, steps=2, batch=64, beta=0.6
    )
    learned = learn_metric(train, validation, config)
    names = ["beta 0", "beta 1", "epsilon", "share 0", "share 1", "share 2", "share 3"]
    assert list(learned.numbers) == names
    assert [learned.numbers[name] for name in names[:2]] == pytest.approx([0.3, 1.2])
    assert sum(learned.numbers[name] for name in names[3:]) == pytest.approx(1)
    ratio = np.asarray(learned.likelihood(train).log_ratio(validation, learned.epsilon))
    quark = np.asarray(validation.label) == 1
    loss = np.logaddexp(0, np.where(quark, -ratio, ratio))
    found = 0.5 * (loss[quark].mean() + loss[~quark].mean())
    assert found == pytest.approx(learned.validation_cross_entropy, rel=2e-3)
    assert learned.likelihood(train).convention["beta"] == pytest.approx([0.3, 1.2])
    assert len(str(learned).splitlines()) == 7


@pytest.mark.slow
def test_weight_goes_where_the_classes_differ():
    """A soft plant at the widest angle is all in the first stretch of the quantile axis."""
    nuisance = few_emissions(1200, seed=11)
    plants = [plant_at(8.0, nuisance, quark=0.9, gluon=0.1)]
    jets = plant(nuisance, plants, seed=12).jets
    train, validation, test = jets[:700], jets[700:900], jets[900:]
    learned = learn_metric(train, validation, QUICK, seed=3)
    start = learn_metric(
        train, validation, MetricConfig(**(vars(QUICK) | {"steps": 1, "rate": 1e-9})), seed=3
    )
    assert float(learned.space.shares[0]) > 1.2 * float(start.space.shares[0])
    assert learned.validation_cross_entropy < start.validation_cross_entropy - 0.01

    def test_auc(likelihood, epsilon):
        return auc(np.asarray(likelihood.score(test, epsilon))[0], test.label)

    plain = max(test_auc(SmearedLikelihood(train), epsilon) for epsilon in (2.0, 4.0, 8.0))
    found = test_auc(learned.likelihood(train), learned.epsilon)
    assert found > plain - 0.01
    assert found > 0.85  # all that there is: .9 of one class, .1 of the other


@pytest.mark.slow
def test_beta_moves_by_gradient_and_lowers_the_loss():
    jets = load_jets("sample")
    jets = jets[(jets.multiplicity > 24) & (jets.multiplicity < 33)]
    train, validation = jets[:300], jets[300:500]
    # Both see all training jets in their only step with β fixed, which comes after the others.
    quick = {"stretches": 2, "cells": 8, "steps": 1, "beta": 2.0, "beta_jets": 300, "batch": 1000}
    fixed, moved = (
        learn_metric(train, validation, MetricConfig(**quick, beta_steps=steps)) for steps in (0, 8)
    )
    assert float(fixed.space.beta) == pytest.approx(2.0, rel=1e-6)
    assert abs(math.log(float(moved.space.beta) / 2)) > 0.05
    assert moved.history[0, 1] < fixed.history[0, 1] - 0.001
    assert set(moved.numbers) == {"beta", "epsilon", "share 0", "share 1"}
    assert len(str(moved).splitlines()) == 4


@pytest.mark.slow
def test_the_same_seed_learns_the_same():
    jets = few_emissions(300, seed=1)
    one, two, other = (learn_metric(jets[:200], jets[200:], QUICK, seed=s) for s in (0, 0, 1))
    np.testing.assert_array_equal(one.space.shares, two.space.shares)
    assert one.epsilon == two.epsilon
    assert not np.array_equal(one.history, other.history)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda j: weighted_space(j, [1.0, -1.0]), "shares must be"),
        (lambda j: weighted_space(j, [0.0, 0.0]), "shares must be"),
        (lambda j: weighted_space(j, [1.0, 1.0, 1.0], cells=8), "a multiple of the 3 shares"),
        (lambda j: weighted_space(j, [1.0], cells=0), "cells must be at least 1"),
        (lambda j: weighted_space(j, [1.0], pt_ref=-1.0), "pt_ref must be"),
        (lambda j: weighted_space(j[:0], [1.0]), "holds no jet"),
        (lambda j: MetricConfig(stretches=7), "a multiple of the 7 stretches"),
        (lambda j: MetricConfig(stretches=8, betas=3), "a multiple of the 3 betas"),
        (lambda j: MetricConfig(steps=0), "steps must be at least 1"),
        (lambda j: learn_metric(j.replace(label=None), j, QUICK), "label"),
        (lambda j: learn_metric(j, j.replace(label=None), QUICK), "label"),
        (
            lambda j: count_balls(Cloud(j, weighted_space(j, [1.0], cells=8)), [1.0], exact=True),
            "exact=True computes SEMD",
        ),
        (
            lambda j: find_neighbours(Cloud(j, weighted_space(j, [1.0], cells=8)), 1, exact=True),
            "exact=True computes SEMD",
        ),
        (
            lambda j: neighbourhood_fit(Cloud(j, weighted_space(j, [1.0], cells=8)), [0], 1),
            "neighbourhood_fit computes SEMD",
        ),
        (
            lambda j: SmearedLikelihood(j, space=weighted_space(j, [1.0], cells=8), beta=0.5),
            "space brings its own beta",
        ),
    ],
)
def test_wrong_arguments(call, message):
    with pytest.raises(ValueError, match=message):
        call(few_emissions(8))
