"""Counts, neighbours and compact kernels of the pair engine against a dense matrix."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import smearing_oracles as slow

from smearjax.metric.pairs import (
    Points,
    ball_counts,
    in_order,
    kernel_sums,
    nearest,
    nearest_squared_distance,
)
from smearjax.metric.pairs.counts import later_counts
from smearjax.smearing import Epanechnikov, HardBall

SIZES = [(1, 1), (127, 129), (513, 128), (1025, 2100)]
# In no order; 3² and 150² are distances that occur, 10⁷ GeV is beyond every jet.
EPSILON = np.array([3.0, 1e7, 6.5**0.5, 0.5, 2.0, 150.0, 1e-3, 20.5**0.5])


def points_of(vectors, extra, identity, dtype=np.float32) -> Points:
    """Points whose norms hold `extra` beside the length of the vectors."""
    norm = np.sum(np.asarray(vectors, np.float64) ** 2, axis=1) + extra
    number = np.arange(len(norm)) if identity is None else identity
    return Points(
        jnp.asarray(vectors, dtype), jnp.asarray(norm, dtype), jnp.asarray(number, jnp.int32)
    )


def lattice(seed: int, n: int, identity=None, dtype=np.float32) -> Points:
    """Clumps on whole numbers: float32 makes every d² without rounding, and ties abound."""
    rng = np.random.default_rng(seed)
    vectors = 100 * rng.integers(-1, 2, (n, 3)) + rng.integers(-4, 5, (n, 3))
    return points_of(vectors, rng.integers(0, 2, n), identity, dtype)


def rough(seed: int, n: int, width: int = 40, scale=1.0, offset=100.0) -> Points:
    """The same twelve clumps for all seeds, far from the centre: rounding moves float32 d²."""
    middles = 30 * np.random.default_rng(0).normal(size=(12, width))
    rng = np.random.default_rng(seed)
    spread = middles[rng.integers(0, 12, n)] + rng.normal(size=(n, width))
    vectors = np.float32(offset + scale * spread)
    return points_of(vectors, scale**2 * rng.uniform(0, 0.2, n), None)


def widened(points: Points) -> Points:
    """The same numbers in float64."""
    vectors, norm = (jnp.asarray(np.float64(v)) for v in (points.vectors, points.norm))
    return Points(vectors, norm, points.identity)


def picked(points: Points, rows) -> Points:
    """Some of the points, without a compilation for each shape."""
    return jax.tree.map(lambda leaf: jnp.asarray(np.asarray(leaf)[rows]), points)


def ordered(points: Points) -> Points:
    return picked(points, in_order(points))


def dense(rows: Points, columns: Points) -> np.ndarray:
    """d² in float64, ∞ between two points of one jet; negative numbers match nothing."""
    (a, n, here), (b, m, there) = (
        (np.float64(p.vectors), np.float64(p.norm), np.asarray(p.identity)) for p in (rows, columns)
    )
    d2 = np.maximum(n[:, None] + m - 2 * a @ b.T, 0)
    return np.where((here[:, None] == there) & (there >= 0), np.inf, d2)


def between(d2: np.ndarray, fraction: float) -> float:
    """A radius that no float32 rounding of a d² reaches across."""
    values = np.sort(np.sqrt(d2[np.isfinite(d2)]))
    near = values[int(fraction * len(values)) :][:200]
    gap = np.argmax(np.diff(near))
    return 0.5 * float(near[gap] + near[gap + 1])


def within(d2: np.ndarray, epsilon) -> np.ndarray:
    """Entries of each row up to each ε² (as float32 has it), for finite d²."""
    reach = np.square(np.asarray(epsilon, np.float32)).astype(np.float64)
    return np.stack([(np.isfinite(d2) & (d2 <= e)).sum(axis=1) for e in reach], axis=1)


def assert_nearest(found, d2: np.ndarray, k: int):
    """The k smallest of each row, each at a place where it is, none twice."""
    distance, place = (np.asarray(part) for part in found)
    assert distance.shape == place.shape == (len(d2), k)
    want = np.sort(np.pad(d2, ((0, 0), (0, k)), constant_values=np.inf), axis=1)[:, :k]
    np.testing.assert_array_equal(distance, want)
    there = np.isfinite(want)
    np.testing.assert_array_equal(place >= 0, there)
    assert (place[~there] == -1).all()
    row = np.nonzero(there)[0]
    np.testing.assert_array_equal(d2[row, place[there]], want[there])
    assert len(np.unique(np.stack([row, place[there]]), axis=1).T) == len(row)


@pytest.mark.parametrize(("n", "m"), SIZES)
def test_counts_across_block_borders(n, m):
    """Unordered and in order, radii in no order, rows and columns that share jets, ties."""
    rows, columns = lattice(1, n, np.arange(n) + m // 2), lattice(2, m)
    for one, other in ((rows, columns), (ordered(rows), ordered(columns))):
        got = ball_counts(one, other, jnp.asarray(EPSILON, jnp.float32))
        assert got.dtype == jnp.int32
        np.testing.assert_array_equal(got, within(dense(one, other), EPSILON))


@pytest.mark.parametrize("n", [1, 300, 1537])
def test_later_counts(n):
    """Every pair once, at the earlier of the two; twice their sum is all pairs."""
    epsilon = jnp.asarray(EPSILON, jnp.float32)
    for points in (lattice(3, n), ordered(lattice(3, n)), lattice(3, n, np.arange(n) // 3)):
        got = np.asarray(later_counts(points, epsilon))
        d2 = dense(points, points)
        np.testing.assert_array_equal(got, within(np.where(np.tri(n), np.inf, d2), EPSILON))
        np.testing.assert_array_equal(2 * got.sum(axis=0), within(d2, EPSILON).sum(axis=0))


@pytest.mark.parametrize(
    ("n", "m", "k"),
    [(1, 1, 3), (127, 129, 10), (511, 513, 600), (1025, 2100, 70)],
)
def test_nearest_across_block_borders(n, m, k):
    """Also more neighbours than there are jets, and than a block has groups."""
    rows, columns = lattice(4, n, np.arange(n) + m // 2), lattice(5, m)
    for one, other in ((rows, columns), (ordered(rows), ordered(columns))):
        d2 = dense(one, other)
        assert_nearest(nearest(one, other, k), d2, k)
        if n == 1025:
            np.testing.assert_array_equal(nearest_squared_distance(one, other), d2.min(axis=1))


@pytest.mark.parametrize("number", ["copies", "strangers", "mixed"])
def test_identities(number):
    """Copies of a jet never see each other; negative numbers see even their equals."""
    n = 300
    identity = {
        "copies": np.arange(n) % 100,
        "strangers": np.full(n, -1),
        "mixed": np.where(np.arange(n) % 2, np.arange(n) % 50, -(np.arange(n) % 7) - 1),
    }[number]
    points = picked(lattice(6, 100), np.arange(n) % 100)
    points = Points(points.vectors, points.norm, jnp.asarray(identity, jnp.int32))
    d2 = dense(points, points)
    epsilon = jnp.asarray(EPSILON, jnp.float32)
    np.testing.assert_array_equal(ball_counts(points, points, epsilon), within(d2, EPSILON))
    later = within(np.where(np.tri(n), np.inf, d2), EPSILON)
    np.testing.assert_array_equal(later_counts(points, epsilon), later)
    assert_nearest(nearest(points, points, 7), d2, 7)
    np.testing.assert_array_equal(nearest_squared_distance(points, points), d2.min(axis=1))


def test_float64_is_kept():
    """d² of 1e-6 beside norms of 3e4 are lost in float32."""
    with jax.enable_x64(True):
        base = lattice(7, 300, dtype=np.float64)
        moved = np.asarray(base.vectors) + 1e-3
        twins = points_of(moved, 0.0, np.arange(300) + 300, np.float64)
        still = points_of(base.vectors, 0.0, None, np.float64)
        counts = ball_counts(still, twins, jnp.asarray([1.7e-3, 1.8e-3]))
        near = np.asarray(nearest_squared_distance(still, twins))
        np.testing.assert_allclose(near, 3e-6, rtol=1e-4)
        assert not np.asarray(counts)[:, 0].any()
        d2 = ((np.asarray(still.vectors)[:, None] - moved) ** 2).sum(axis=-1)
        np.testing.assert_array_equal(counts[:, 1], (d2 <= 1.8e-3**2).sum(axis=1))


def compact_sums(kernel, rows, columns, weights, epsilon):
    scale = jnp.zeros((len(epsilon), len(rows)), rows.norm.dtype)
    return kernel_sums(epsilon, kernel, rows, columns, weights, scale)


@pytest.mark.parametrize(
    ("name", "kernel"), [("hard", HardBall()), ("epanechnikov", Epanechnikov())]
)
def test_compact_kernels_skip_and_lose_nothing(name, kernel):
    """Sums and their ε-derivatives on ordered clumps, from an ε of one clump to one beyond all."""
    with jax.enable_x64(True):
        rows, columns = (
            widened(ordered(rough(seed, n, width=6))) for seed, n in ((13, 600), (14, 2100))
        )
        w = np.random.default_rng(15).normal(0.5, 1, (2100, 2))
        d2 = dense(rows, columns)
        sums = partial(compact_sums, kernel, rows, columns, jnp.asarray(w))
        sums_and_slopes = jax.jit(lambda e: jax.jvp(sums, (e,), (jnp.ones(3),)))
        for epsilon in ([2.0, 0.3, 4.0], [40.0, 9.0, 3e6]):
            got, slope = sums_and_slopes(jnp.asarray(epsilon))
            want = np.stack([slow.kernel(name, d2, x) @ w for x in epsilon])
            assert (np.abs(want[0]).sum(axis=1) > 0).mean() > 0.5
            np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-9)
            inside = [np.where(d2 < x**2, d2, 0.0) * 2 / x**3 @ w for x in epsilon]
            want = np.stack(inside) if name == "epanechnikov" else 0 * want
            np.testing.assert_allclose(slope, want, rtol=1e-8, atol=1e-9)


def test_reverse_mode_through_points_of_a_compact_kernel():
    """Vectors, norms and weights, with the blocks remade that the value may skip."""
    with jax.enable_x64(True):
        rows, columns = (
            widened(ordered(rough(seed, n, width=3))) for seed, n in ((16, 520), (17, 1030))
        )
        rng = np.random.default_rng(18)
        mix, w = jnp.asarray(rng.normal(size=(2, 520, 1))), jnp.asarray(rng.normal(size=(1030, 1)))
        epsilon = jnp.asarray([1.5, 4.0])

        def value(sums, x):
            one = Points(x[0], x[1], rows.identity)
            return jnp.sum(mix * sums(one, Points(x[2], x[3], columns.identity), x[4]))

        def streamed(one, other, w):
            return compact_sums(Epanechnikov(), one, other, w, epsilon)

        def whole(one, other, w):
            d2 = one.norm[:, None] + other.norm - 2 * one.vectors @ other.vectors.T
            k = jnp.maximum(1 - d2 / epsilon[:, None, None] ** 2, 0)
            return jnp.where(one.identity[:, None] == other.identity, 0.0, k) @ w

        x = (rows.vectors, rows.norm, columns.vectors, columns.norm, w)
        got, want = (jax.jit(jax.grad(partial(value, sums)))(x) for sums in (streamed, whole))
        for one, other in zip(got, want, strict=True):
            assert np.asarray(other).any()
            np.testing.assert_allclose(one, other, rtol=1e-8, atol=1e-9 * np.abs(other).max())


def test_new_radii_do_not_recompile():
    points = lattice(19, 300)
    sizes = []
    for factor in (1.0, 0.1, 1e3):
        epsilon = jnp.asarray(factor * EPSILON[::-1], jnp.float32)
        ball_counts(points, points, epsilon)
        later_counts(points, epsilon)
        sizes.append((ball_counts._cache_size(), later_counts._cache_size()))
    assert sizes[0] == sizes[1] == sizes[2]
