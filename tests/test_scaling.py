"""ε_min(N) and ε*(N): uniform points of known dimension, dense distances, honest errors."""

from __future__ import annotations

import jax
import numpy as np
import pytest
from points_in_space import dense, likelihood_of

from smearjax import find_scales
from smearjax.extremes.scaling import Scales, scales_of, scaling, scaling_of, subset_rows


def test_scales_against_dense_distances():
    rng = np.random.default_rng(1)
    vectors, label = rng.normal(0, 10, (80, 3)), (np.arange(80) % 5 < 2).astype(int)
    likelihood = likelihood_of(vectors, label)
    found = scales_of(likelihood, best=False)
    d = dense(vectors)
    g, q = (np.flatnonzero(label == c) for c in (0, 1))

    def median(rows, columns):
        return d[np.ix_(rows, columns)].min(axis=1)

    want = {
        "gg": np.median(median(g, g)),
        "gq": np.median(np.concatenate([median(g, q), median(q, g)])),
        "qq": np.median(median(q, q)),
        "all": np.median(d.min(axis=1)),
        "best": np.nan,
    }
    assert found._asdict() == pytest.approx(want, rel=1e-5, nan_ok=True)


@pytest.mark.slow
@pytest.mark.parametrize(("k", "exponent"), [(1, -1.0), (3, -1 / 3)])
def test_uniform_points_scale_with_their_dimension(k, exponent):
    """Median distance to the nearest of N in a cube: (ln 2/(N V_k))^{1/k}, edges aside."""
    rng = np.random.default_rng(2)
    with jax.enable_x64(True):
        likelihood = likelihood_of(rng.uniform(0, 1, (1024, k)))
        found = scaling(likelihood, [64, 128, 256], subsets=8, best=False)
    volume = {1: 2.0, 3: 4 / 3 * np.pi}[k]
    for name in ("gg", "gq", "qq", "all"):
        curve = getattr(found, name)
        # Half balls at the walls: the slope is a little steeper in more dimensions.
        edge = {1: 0.02, 3: 0.03}[k]
        assert np.all(np.abs(curve.exponent - exponent) < 4 * curve.exponent_err + edge)
        want = (np.log(2) / (curve.number * volume)) ** (1 / k)
        assert curve.epsilon[-1] / want[-1] == pytest.approx(1, abs=0.15)
        assert np.all(curve.epsilon_err < 0.1 * curve.epsilon)
    assert found.subsets.tolist() == [8, 4, 2]
    assert np.isnan(found.best.epsilon).all()
    assert np.isnan(found.best.exponent).all()
    assert len(str(found).splitlines()) == 4


def test_subsets_are_disjoint_and_have_as_many_of_each_class():
    label = np.arange(300) % 3 == 0
    likelihood = likelihood_of(np.random.default_rng(3).normal(size=(300, 2)), label)
    plan = subset_rows(likelihood, [10, 40, 100], 3, seed=4)
    assert [len(rows) for rows in plan] == [3, 2, 1]
    for size, rows in zip((10, 40, 100), plan, strict=True):
        every = np.concatenate(rows)
        assert len(np.unique(every)) == len(every)
        assert [label[some].sum() for some in rows] == [size] * len(rows)
        assert [len(some) for some in rows] == [2 * size] * len(rows)
    again = subset_rows(likelihood, [10, 40, 100], 3, seed=4)
    for one, two in zip(plan, again, strict=True):
        np.testing.assert_array_equal(one, two)


def test_errors_of_a_power_law():
    """ε = N^{−.3} with noise ∝ N^{−1/2}: means, slopes and their errors over 200 histories."""
    rng, sizes, many = np.random.default_rng(5), 50 * 2 ** np.arange(7), [16, 16, 16, 8, 4, 2, 1]
    values, slopes = [], []
    for _ in range(200):
        found = []
        for size, count in zip(sizes, many, strict=True):
            noise = rng.normal(0, 1.5 / np.sqrt(size), count)
            found.append([Scales(*(5 * [size**-0.3 * np.exp(e)])) for e in noise])
        curve = scaling_of(sizes.tolist(), found).gq
        values.append((np.log(curve.epsilon) + 0.3 * np.log(sizes)) * curve.epsilon)
        values[-1] = values[-1] / curve.epsilon_err
        slopes.append((curve.exponent + 0.3) / curve.exponent_err)
    for pulls in (np.array(values), np.array(slopes)):
        assert np.all(np.abs(pulls.mean(axis=0)) < 4 / np.sqrt(200))
        assert np.all(np.abs(pulls.std(axis=0) - 1) < 0.25)


def test_what_was_not_found_is_left_out():
    scales = [[Scales(8, 8, 8, 8, np.nan)] * 2, [Scales(4, 4, 4, 4, 6), Scales(4, 4, 4, 4, 5)]]
    found = scaling_of([100, 200], scales)
    assert np.isnan(found.best.epsilon[0])
    assert found.best.epsilon[1] == pytest.approx(np.sqrt(30))
    assert np.isnan(found.best.exponent).all()
    assert found.gq.exponent == pytest.approx(-1)
    assert found.gg.number.tolist() == [99, 199]
    assert found.all.number.tolist() == [199, 399]
    assert found.best.number.tolist() == [200, 400]


@pytest.mark.slow
def test_best_of_each_subset():
    """Two classes in space: as `find_scales` says of the very subsets, and larger than d_min."""
    rng = np.random.default_rng(6)
    label = np.arange(128) % 2
    likelihood = likelihood_of(rng.normal(np.outer(8 * label, [1, 0, 0]), 10), label)
    found = scaling(likelihood, [32, 64], subsets=2, seed=1)
    plan = subset_rows(likelihood, [32, 64], 2, seed=1)
    want = [[find_scales(likelihood.restrict(rows)).epsilon for rows in some] for some in plan]
    np.testing.assert_allclose(found.best.epsilon, [np.exp(np.log(w).mean()) for w in want])
    assert np.all(found.best.epsilon > found.all.epsilon)
    assert found.best.exponent[0] == pytest.approx(
        np.log(found.best.epsilon[1] / found.best.epsilon[0]) / np.log(2)
    )


@pytest.mark.parametrize("sizes", [[], [20, 10], [10, 10], [10, 41], [1, 10], [2.0, 4.0], 10])
def test_wrong_sizes(sizes):
    likelihood = likelihood_of(np.random.default_rng(7).normal(size=(80, 2)))
    with pytest.raises(
        ValueError, match="sizes must be whole numbers that rise from 2 or more to 40"
    ):
        scaling(likelihood, sizes)


def test_wrong_arguments():
    likelihood = likelihood_of(np.random.default_rng(7).normal(size=(80, 2)))
    with pytest.raises(ValueError, match="subsets must be at least 1"):
        scaling(likelihood, [10], subsets=0)
    with pytest.raises(ValueError, match="found has 1 entries for 2 sizes"):
        scaling_of([10, 20], [[]])
