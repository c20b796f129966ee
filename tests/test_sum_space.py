"""Sums of metrics: distances add up, intervals hold, and what cannot be added is refused."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from smearjax import SmearedLikelihood, load_jets
from smearjax.metric import (
    Cloud,
    count_balls,
    exact_squared_distances,
    find_neighbours,
    fit_space,
    sum_space,
    weighted_space,
)

BETAS, COEFFICIENTS, PT_REF = (0.5, 1.0), np.array([0.2, 0.7]), 500.0


@pytest.fixture(scope="module")
def jets():
    return load_jets("sample")[:300]


def both(jets, cells=8):
    parts = [fit_space(jets, beta=beta, cells=cells, pt_ref=PT_REF) for beta in BETAS]
    return sum_space(parts, COEFFICIENTS)


def exact(jets, pairs):
    """d² in GeV² from the particles, in float64."""
    squares = [exact_squared_distances(jets, jets, pairs, beta=beta) for beta in BETAS]
    return PT_REF**2 * (COEFFICIENTS @ np.array(squares))


def test_every_exact_distance_lies_in_its_interval(jets):
    """Few cells, so that the residuals matter."""
    rng = np.random.default_rng(1)
    pairs = rng.choice(len(jets), (400, 2))
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    points = both(jets).points(jets)
    a, b = pairs.T
    vectors, residual, norm, rounding = (
        np.asarray(x, np.float64)
        for x in (points.points.vectors, points.residual, points.points.norm, points.rounding)
    )
    np.testing.assert_allclose(norm, (vectors**2).sum(axis=1) + residual**2, rtol=1e-5)
    apart = ((vectors[a] - vectors[b]) ** 2).sum(axis=1)
    lost = rounding[a] + rounding[b]
    low = np.hypot(np.sqrt(apart), residual[a] - residual[b]) - lost
    high = np.hypot(np.sqrt(apart), residual[a] + residual[b]) + lost
    d = np.sqrt(exact(jets, pairs))
    assert np.all((low <= d) & (d <= high))
    assert np.median((high - low) / d) < 0.2


def test_neighbours_and_balls_are_those_of_the_sum(jets):
    with jax.enable_x64(True):
        wide = jax.tree.map(lambda x: x.astype(np.float64) if x.dtype == np.float32 else x, jets)
        some = wide[:60]
        rows, columns = np.triu_indices(60, 1)
        d = np.zeros((60, 60))
        d[rows, columns] = np.sqrt(exact(some, np.stack([rows, columns], axis=1)))
        d += d.T + np.diag(np.full(60, np.inf))
        cloud = Cloud(some, both(wide, cells=128))
        found = find_neighbours(cloud, 1)
        rows = np.arange(60)
        off = np.abs(found.distance[:, 0] - d[rows, found.index[:, 0]])
        assert np.all(off <= found.half_width[:, 0])
        np.testing.assert_allclose(found.distance[:, 0], d.min(axis=1), rtol=1e-2)
        radius = 25.0
        sure = (np.abs(d - radius) > 0.05).all(axis=1)
        counts = count_balls(cloud, [radius]).counts[:, 0]
        np.testing.assert_array_equal(counts[sure], (d <= radius).sum(axis=1)[sure])
        assert sure.sum() > 40


def test_one_part_is_that_part(jets):
    part = fit_space(jets, beta=0.7)
    alone = SmearedLikelihood(jets, space=part).log_ratio(None, 20.0)
    twice_as_far = SmearedLikelihood(jets, space=sum_space([part], [4.0])).log_ratio(None, 40.0)
    np.testing.assert_allclose(alone, twice_as_far, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda j: sum_space([], []), "each of the 0 parts"),
        (lambda j: sum_space([fit_space(j)], [1.0, 2.0]), "each of the 1 parts"),
        (lambda j: sum_space([fit_space(j)], [-1.0]), "must be a positive number"),
        (
            lambda j: sum_space([fit_space(j), fit_space(j, omega="chord")], [1.0, 1.0]),
            "parts differ",
        ),
        (
            lambda j: sum_space([fit_space(j), fit_space(j, pt_ref=1.0)], [1.0, 1.0]),
            "parts differ",
        ),
        (lambda j: sum_space([both(j), fit_space(j)], [1.0, 1.0]), "give its own parts"),
        (lambda j: count_balls(Cloud(j, both(j)), [1.0], exact=True), "in a SumSpace"),
        (
            lambda j: SmearedLikelihood(j, space=weighted_space(j, [1.0]), pt_ref=3.0),
            "space brings its own pt_ref",
        ),
    ],
)
def test_wrong_arguments(jets, call, message):
    with pytest.raises(ValueError, match=message):
        call(jets)
