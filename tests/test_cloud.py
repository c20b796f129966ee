"""Balls, neighbours and pair counts of jets, as the points and as exact SEMD have them."""

from __future__ import annotations

import logging

import jax
import numpy as np
import pytest
from test_certified import N_NEAR, N_REAL, crowd, crowd_cloud, exact_matrix, stacked
from test_counts import between

from smearjax import SmearedLikelihood, load_jets
from smearjax.metric import Cloud, count_balls, count_pairs, find_neighbours, fit_space
from smearjax.metric.pairs import ball_counts, certified, nearest
from smearjax.smearing import Sigmoid

# Five wherever the number does not matter: another number means another compilation.
RADII = [7.0, 25.0, 3.0, 1e3, 11.0]


@pytest.fixture(scope="module")
def cloud():
    return crowd_cloud()


@pytest.fixture(scope="module")
def exact(cloud):
    """Exact d in GeV of all pairs, by brute force."""
    return float(cloud.space.pt_ref) * np.sqrt(exact_matrix())


@pytest.fixture(scope="module")
def dense(cloud):
    """d² as the points have it, in the order of the jets."""
    return dense_squared(cloud, cloud)


def dense_squared(cloud: Cloud, others: Cloud) -> np.ndarray:
    """In float64, jets in the order in which they were given."""
    (a, n), (b, m) = (
        (np.float64(p.vectors)[: len(c)], np.float64(p.norm)[: len(c)])
        for c, p in ((cloud, cloud.points.points), (others, others.points.points))
    )
    d2 = np.empty((len(cloud), len(others)))
    d2[np.ix_(cloud.order, others.order)] = np.maximum(n[:, None] + m - 2 * a @ b.T, 0)
    return d2


def without_self(d: np.ndarray) -> np.ndarray:
    return np.where(np.eye(len(d), dtype=bool), np.inf, d)


def balls(d: np.ndarray, radii) -> np.ndarray:
    return np.stack([(d <= r).sum(axis=1) for r in radii], axis=1)


def assert_neighbours(found, d: np.ndarray):
    """The nearest by distance, then by number; ∞ and −1 where there are no more."""
    k = found.distance.shape[1]
    padded = np.pad(d, ((0, 0), (0, k)), constant_values=np.inf)
    index = np.argsort(padded, axis=1, kind="stable")[:, :k]
    distance = np.take_along_axis(padded, index, axis=1)
    np.testing.assert_array_equal(found.distance, distance)
    np.testing.assert_array_equal(found.index, np.where(np.isfinite(distance), index, -1))


def test_a_cloud_holds_the_jets_in_order(cloud):
    jets = crowd()
    assert len(cloud) == len(jets)
    assert cloud.jets is jets
    np.testing.assert_array_equal(np.sort(cloud.order), np.arange(len(jets)))
    want = cloud.space.points(jets, np.arange(len(jets)))[cloud.order]
    got = cloud.points[: len(jets)]
    for one, other in zip(jax.tree.leaves(got), jax.tree.leaves(want), strict=True):
        np.testing.assert_array_equal(one, other)
    assert (np.asarray(cloud.points.points.identity)[len(jets) :] == -1).all()


def test_counts_of_the_points(cloud, dense):
    d2 = without_self(dense)
    radii = [between(d2, f) for f in (0.3, 0.02, 0.9, 0.1)] + [1e7]
    found = count_balls(cloud, radii)
    assert found.counts.dtype == np.int32
    assert found.recomputed is None
    np.testing.assert_array_equal(found.epsilon, radii)
    np.testing.assert_array_equal(found.counts[:, :4], balls(np.sqrt(d2), radii[:4]))
    assert (found.counts[:, 4] == len(cloud) - 1).all()
    np.testing.assert_array_equal(count_balls(cloud, radii[0]).counts, found.counts[:, :1])


def test_neighbours_of_the_points(cloud, dense):
    """Right to float32's rounding of d², at the places where they are."""
    d2 = without_self(dense)
    found = find_neighbours(cloud, 6)
    assert found.index.dtype.kind == "i"
    assert found.recomputed is None
    want = np.sort(d2, axis=1)[:, :6]
    largest = np.asarray(cloud.points.points.norm)[: len(cloud)].max()
    np.testing.assert_allclose(found.distance**2, want, atol=1e-5 * largest)
    chosen = np.take_along_axis(d2, found.index, axis=1)
    np.testing.assert_allclose(chosen, want, atol=1e-5 * largest)
    assert (np.diff(found.distance, axis=1) >= 0).all()
    assert (np.diff(np.sort(found.index, axis=1), axis=1) > 0).all()


def test_exact_counts_pair_for_pair(cloud, exact):
    """Also at a radius that is some pair's distance, just below it, and among the twins."""
    d = without_self(exact)
    twins = exact[np.arange(N_NEAR), N_REAL + np.arange(N_NEAR)]
    edges = [exact[3, 77], np.nextafter(exact[3, 77], 0), twins[5], np.median(twins), 1e-9]
    for radii in (edges, RADII):
        found = count_balls(cloud, radii, exact=True)
        np.testing.assert_array_equal(found.counts, balls(d, radii))
    assert balls(d, edges)[3].tolist()[0] == balls(d, edges)[3].tolist()[1] + 1


@pytest.mark.parametrize("radius", [9e5, 1e6, 1.5e6, 1e7])
def test_exact_counts_beyond_every_jet(cloud, radius):
    """Whatever stands for a jet and itself or for padding inside the engine."""
    found = count_balls(cloud, [radius, *RADII[1:]], exact=True)
    assert (found.counts[:, 0] == len(cloud) - 1).all()


@pytest.mark.parametrize("k", [1, 5])
def test_exact_neighbours_pair_for_pair(cloud, exact, k):
    """Twins, copies and one-particle jets, whose ties go by number."""
    assert_neighbours(find_neighbours(cloud, k, exact=True), without_self(exact))


def test_every_neighbour_is_certified(cloud, exact):
    """No exact distance is further from the one given than it is said, and that is not much."""
    found = find_neighbours(cloud, 6)
    true = np.take_along_axis(without_self(exact), found.index, axis=1)
    assert (np.abs(found.distance - true) <= found.half_width).all()
    assert (found.distance == 0).any()  # twins that d² cannot tell apart are not thereby certain
    assert (found.half_width > 0).all()
    assert np.median(found.half_width) < 0.02 * np.median(found.distance)
    assert (find_neighbours(cloud, 6, exact=True).half_width == 0).all()


@pytest.mark.parametrize("exactly", [False, True])
def test_more_neighbours_than_jets(exactly):
    found = find_neighbours(Cloud(crowd()[:5]), 7, exact=exactly)
    assert np.isfinite(found.distance[:, :4]).all()
    assert np.isinf(found.distance[:, 4:]).all()
    assert (found.index[:, 4:] == -1).all()
    assert np.isfinite(found.half_width[:, :4]).all()
    assert np.isinf(found.half_width[:, 4:]).all()
    np.testing.assert_array_equal(np.sort(found.index[:, :4])[2], [0, 1, 3, 4])


@pytest.mark.slow
def test_float64():
    """The same exact answers, from points in double precision."""
    with jax.enable_x64(True):
        jets = crowd(dtype=np.float64)
        cloud = Cloud(jets)
        assert cloud.points.residual.dtype == np.float64
        d = without_self(float(cloud.space.pt_ref) * np.sqrt(exact_matrix()))
        found = count_balls(cloud, RADII, exact=True)
        np.testing.assert_array_equal(found.counts, balls(d, RADII))
        assert_neighbours(find_neighbours(cloud, 2, exact=True), d)
        squared = without_self(dense_squared(cloud, cloud))
        np.testing.assert_array_equal(
            count_balls(cloud, RADII).counts, balls(np.sqrt(squared), RADII)
        )


def test_other_jets(exact):
    """Among another cloud of the space: jets of one number are not the same jet."""
    jets, rows, columns = crowd(), np.arange(0, 260), np.arange(10, 277)
    space = fit_space(jets)
    one, other = Cloud(jets[rows], space), Cloud(jets[columns], space)
    d = exact[np.ix_(rows, columns)]
    for radii in (RADII, [1e-9] * 5):
        found = count_balls(one, radii, other, exact=True)
        np.testing.assert_array_equal(found.counts, balls(d, radii))
    assert found.counts[10:].all()
    assert_neighbours(find_neighbours(one, 5, other, exact=True), d)
    d2 = dense_squared(one, other)
    radii = [between(d2, 0.2), *[1e7] * 4]
    np.testing.assert_array_equal(count_balls(one, radii, other).counts, balls(np.sqrt(d2), radii))
    found = find_neighbours(one, 6, other)
    chosen = np.take_along_axis(d2, found.index, axis=1)
    np.testing.assert_allclose(chosen, np.sort(d2, axis=1)[:, :6], atol=0.1)


def test_small_rows_at_a_time(monkeypatch, cloud, exact):
    """Bits of a part of the rows, the last part filled up."""
    monkeypatch.setattr(certified, "_BYTES", 1)
    jets = stacked(*[crowd()] * 3)
    large = Cloud(jets, cloud.space)
    d = without_self(np.tile(exact, (3, 3)))
    np.testing.assert_array_equal(count_balls(large, RADII, exact=True).counts, balls(d, RADII))
    assert_neighbours(find_neighbours(large, 1, exact=True), d)


@pytest.mark.slow
def test_two_thousand_jets_pair_for_pair():
    """All exact distances by brute force, near-identical jets included."""
    real, near = 1900, 93
    jets = crowd(real, near)
    assert len(jets) == 2000
    cloud = Cloud(jets, fit_space(jets, cells=128))
    assert cloud.space.directions is not None
    d = without_self(float(cloud.space.pt_ref) * np.sqrt(exact_matrix(real, near)))
    for radii in (RADII, [1e-3, d[5, 9]]):
        found = count_balls(cloud, radii, exact=True)
        np.testing.assert_array_equal(found.counts, balls(d, radii))
        assert 0 < found.recomputed < 0.02 * 2000**2
    for k in (1, 10):
        found = find_neighbours(cloud, k, exact=True)
        assert_neighbours(found, d)
        assert found.recomputed < 2000 * (2 * k + 3)


def test_pairs_of_each_class(cloud, dense):
    """Each pair once, in 64 bits; all of them at an ε beyond all."""
    label = np.asarray(cloud.jets.label)
    d = np.sqrt(np.where(np.tri(len(cloud), dtype=bool), np.inf, dense))
    radii = [*(between(without_self(dense), f) for f in (0.3, 0.02, 0.9, 0.6)), 1e7]
    found = count_pairs(cloud, radii)
    np.testing.assert_array_equal(found.epsilon, radii)
    both = label[:, None] + label
    for number, counts in ((0, found.gg), (1, found.gq), (2, found.qq)):
        assert counts.dtype == np.int64
        want = [((d <= r) & np.isfinite(d) & (both == number)).sum() for r in radii]
        np.testing.assert_array_equal(counts, want)
    n = len(cloud)
    assert found.n_jets == (n - label.sum(), label.sum())
    assert found.gg[-1] + found.gq[-1] + found.qq[-1] == n * (n - 1) // 2
    np.testing.assert_array_equal(found.fractions[:, -1], 1.0)
    assert found.fractions.shape == (3, 5)


@pytest.mark.parametrize("quarks", [0, 1, 40])
def test_pairs_of_one_class(cloud, quarks):
    """Pairs that are not there are none, and their fraction is not a number."""
    label = np.zeros(40, int)
    label[:quarks] = 1
    jets = crowd()[:40].replace(label=label)
    found = count_pairs(Cloud(jets, cloud.space), [1e4])
    assert found.n_jets == (40 - quarks, quarks)
    n = np.array(found.n_jets)
    want = [n[0] * (n[0] - 1) // 2, n[0] * n[1], n[1] * (n[1] - 1) // 2]
    np.testing.assert_array_equal([found.gg[0], found.gq[0], found.qq[0]], want)
    np.testing.assert_array_equal(np.isnan(found.fractions[:, 0]), np.array(want) == 0)


def test_new_values_do_not_recompile(caplog, cloud):
    likelihood = SmearedLikelihood(load_jets("sample")[:300])

    def everything(epsilon, tau):
        radii = epsilon * np.arange(5, 0, -1)
        count_balls(cloud, radii)
        count_balls(cloud, radii, exact=True)
        count_pairs(cloud, radii)
        likelihood.with_kernel(Sigmoid(tau)).log_ratio(None, radii)

    everything(7.0, 0.5)
    with jax.log_compiles(), caplog.at_level(logging.WARNING, logger="jax"):
        everything(400.0, 0.25)
        everything(1e-3, 2.0)
    compiled = [r.getMessage() for r in caplog.records if "Compiling" in r.getMessage()]
    assert compiled == []


def test_few_sizes_are_compiled(cloud):
    """Clouds of up to 384 jets are filled up to the same size."""
    sizes = []
    for n in (277, 261, 270):
        some = Cloud(crowd()[:n], cloud.space)
        count_balls(some, RADII)
        count_balls(some, RADII, exact=True)
        find_neighbours(some, 6)
        compiled = (ball_counts, certified.sure_counts, nearest)
        sizes.append([function._cache_size() for function in compiled])
    assert sizes[0] == sizes[1] == sizes[2]
