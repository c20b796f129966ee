"""Blocks of pairs that are never made: the bound behind it, and the order that makes it bite."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from test_counts import EPSILON, dense, lattice, ordered, picked, points_of, rough, within
from test_pairs import temporary_bytes

from smearjax.metric.pairs import (
    Points,
    ball_counts,
    in_bucket,
    in_order,
    nearest,
    nearest_squared_distance,
    reduce_pairs,
    squared_distances,
)
from smearjax.metric.pairs import engine as engine_module
from smearjax.metric.pairs.blocks import GROUP, Blocks, blocks, squared_gaps
from smearjax.metric.pairs.certified import candidates, sure_counts
from smearjax.metric.pairs.counts import later_counts
from smearjax.metric.pairs.points import CertifiedPoints

# Geometry of the skipping; two minutes on two cores.
pytestmark = pytest.mark.slow


def from_all_blocks(monkeypatch, function, **static):
    """The function made anew, with an engine that believes every block to be within reach."""

    def no_bound(one, others):
        return jnp.full(others.norm.shape, -jnp.inf, others.norm.dtype)

    made = jax.jit(partial(function.__wrapped__, **static))

    def call(*arguments):
        with monkeypatch.context() as patch:
            patch.setattr(engine_module, "squared_gaps", no_bound)
            return made(*arguments)

    return call


def test_skipping_changes_nothing(monkeypatch):
    """Same bits as from all blocks, in float32 where rounding decides about many pairs."""
    all_balls, all_later = (from_all_blocks(monkeypatch, f) for f in (ball_counts, later_counts))
    all_nearest = from_all_blocks(monkeypatch, nearest, k=5)
    for arrange in (ordered, lambda points: points):
        points, others = arrange(rough(8, 1500)), arrange(rough(9, 2100))
        number = jnp.asarray(np.asarray(others.identity) + 1500)
        others = Points(others.vectors, others.norm, number)
        some = dense(picked(points, slice(300)), others)
        near = np.sqrt(np.quantile(some, [1e-4, 1e-3, 0.01, 0.05, 0.3])).astype(np.float32)
        epsilon = jnp.asarray(near)
        want = all_balls(points, others, epsilon)
        assert np.asarray(want)[:, 0].any()
        for largest in range(5):
            # The same shape, so the same compiled function, with only these within reach.
            got = ball_counts(points, others, jnp.asarray(np.minimum(near, near[largest])))
            np.testing.assert_array_equal(
                got, np.asarray(want)[:, [*range(largest), *[largest] * (5 - largest)]]
            )
        np.testing.assert_array_equal(later_counts(points, epsilon), all_later(points, epsilon))
        got, want = nearest(points, others, 5)[0], all_nearest(points, others)[0]
        np.testing.assert_array_equal(got, want)


def on_a_line(position, rounding: float = 0.0) -> CertifiedPoints:
    """Points at these places (GeV), known to that much, the list in order."""
    place = np.sort(np.float32(position))
    points = points_of(place[:, None], 0.0, np.full(len(place), -1))
    return CertifiedPoints(points, jnp.zeros(len(place)), jnp.full(len(place), rounding))


def test_skipping_leaves_out_no_pair_in_doubt(monkeypatch):
    """Certified counts and candidates where each block of 1,024 columns is 5 GeV long.

    Distances are known to 5 GeV, so that intervals reach into blocks beyond the radii.
    """
    all_sure = from_all_blocks(monkeypatch, sure_counts)
    all_candidates = from_all_blocks(monkeypatch, candidates, k=3)
    rng = np.random.default_rng(21)
    rows, columns = (on_a_line(rng.uniform(0, 20, n), 2.5) for n in (2000, 4096))
    for radii, some_sure in (([1.0, 50.0], False), ([1000.0, 400.0], True)):
        squared = jnp.asarray(radii, jnp.float32)
        counts, bits = sure_counts(rows, columns, squared)
        want = all_sure(rows, columns, squared)
        assert np.asarray(want[0]).any() == some_sure
        assert np.asarray(want[1]).any()
        np.testing.assert_array_equal(counts, want[0])
        np.testing.assert_array_equal(bits, want[1])
    np.testing.assert_array_equal(candidates(rows, columns, 3), all_candidates(rows, columns))


def test_the_last_row_to_find_a_neighbour_decides():
    """Most rows have theirs in the nearest block of columns, a few in the next one."""
    rng = np.random.default_rng(22)
    rows = on_a_line(rng.uniform(0, 5, 500)).points
    near_and_far = np.concatenate([rng.uniform(0, 1, 1024), rng.uniform(7, 8, 1024)])
    columns = on_a_line(near_and_far).points
    d2 = dense(rows, columns)
    assert (d2.argmin(axis=1) >= 1024).sum() > 50
    smallest = nearest_squared_distance(rows, columns)
    np.testing.assert_allclose(smallest, d2.min(axis=1), atol=1e-4)
    found = nearest(rows, columns, 2)[0]
    np.testing.assert_allclose(found, np.sort(d2, axis=1)[:, :2], atol=1e-4)


@partial(jax.jit, static_argnames="once")
def blocks_met(points: Points, reach: float, once: bool = False) -> jax.Array:
    """How many blocks of columns each row meets."""

    def start(rows):
        return jnp.zeros(len(rows[0]), jnp.int32)

    def met(carry, d2, rows, columns):
        return carry + 1

    side = (points, ())
    return reduce_pairs(side, side, start, met, lambda carry: reach, once)


def test_far_blocks_are_never_made():
    """As many as the bound leaves, and few of them once the points are in order."""
    points = ordered(rough(10, 8192, width=8))
    rows, columns = blocks((points, ()), 512), blocks((points, ()), 1024)
    gaps = np.asarray(jax.vmap(squared_gaps, (0, None))(rows, columns))
    for reach in (1.0, 400.0):
        want = np.repeat((gaps <= reach).sum(axis=1), 512)
        np.testing.assert_array_equal(blocks_met(points, reach), want)
    assert blocks_met(points, 1.0).mean() < 0.4 * 8
    assert (blocks_met(points, 1e12) == 8).all()
    # Of 8 blocks of 1,024 columns, rows 0 to 1,023 meet 8, the next 1,024 rows 7, and so on.
    want = np.repeat(np.arange(8, 0, -1), 1024)
    np.testing.assert_array_equal(blocks_met(points, 1e12, once=True), want)


@pytest.mark.parametrize("width", [1, 3, 40])
def test_gaps_are_lower_bounds(width):
    """Of every d² as computed, blocks of many points and of one, opposite and alike."""
    rng = np.random.default_rng(11)

    @jax.jit
    def least(points, others):
        """Of each block pair: the bound, and the smallest d² as the engine makes it."""
        one, other = (blocks((p, ()), GROUP) for p in (points, others))
        d2 = jax.vmap(jax.vmap(squared_distances, (None, 0)), (0, None))
        smallest = d2(one.side[0], other.side[0]).min(axis=(2, 3))
        return jax.vmap(squared_gaps, (0, None))(one, other), smallest

    @jax.jit
    def least_alone(points, others):
        """The same with a block for every point."""
        one, other = (
            jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:])[:, None], b.side[0])
            for b in (blocks((p, ()), GROUP) for p in (points, others))
        )
        boxes = [
            Blocks((p, ()), *[p.vectors[:, 0, :32]] * 2, p.norm[:, 0], p.identity)
            for p in (one, other)
        ]
        gaps = jax.vmap(squared_gaps, (0, None))(*boxes)
        return gaps, squared_distances(*(jax.tree.map(lambda v: v[:, 0], p) for p in (one, other)))

    for draw in range(12):
        scale, offset = 10.0 ** rng.uniform(-4, 2), 10.0 ** rng.uniform(-1, 4)
        points = ordered(rough(100 + draw, 3 * GROUP, width, scale, offset))
        sign = 1 if draw % 2 else -1  # opposite: the widest gap for their norms
        others = rough(200 + draw, 4 * GROUP, width, scale, offset)
        others = ordered(Points(sign * others.vectors, others.norm, others.identity))
        for pair in (least, least_alone):
            gaps, smallest = (np.asarray(v, np.float64) for v in pair(points, others))
            assert (gaps <= smallest).all()
            if sign < 0 and offset > 100 * scale:
                assert (gaps > 0.5 * smallest).mean() > 0.9 * min(1, 32 / width)


def assert_tree(leading: np.ndarray):
    """Halves at a power of two times the group size, apart along some component."""
    if len(leading) <= GROUP:
        return
    half = GROUP
    while 2 * half < len(leading):
        half *= 2
    first, rest = leading[:half], leading[half:]
    assert (first.max(axis=0) <= rest.min(axis=0)).any()
    assert_tree(first)
    assert_tree(rest)


@pytest.mark.parametrize("n", [1, 128, 129, 300, 2100])
def test_order(n):
    """Each jet once, leaves that are compact; traced points stay as they are."""
    points = rough(12, n)
    order = in_order(points)
    np.testing.assert_array_equal(np.sort(order), np.arange(n))
    leading = np.asarray(points.vectors)[:, :32]
    assert_tree(leading[order])
    if n == 2100:
        assert volume(leading[order]) < 0.7 * volume(leading)
    traced = jax.jit(lambda points: points[in_order(points)].identity)(points)
    np.testing.assert_array_equal(traced, np.arange(n))


def volume(leading: np.ndarray) -> float:
    """Mean extent of the boxes around groups of the list."""
    whole = leading[: len(leading) // GROUP * GROUP].reshape(-1, GROUP, leading.shape[1])
    return float(np.ptp(whole, axis=1).mean())


def test_buckets():
    """Few sizes, at most an eighth or a group larger, and nobody sees what was added."""
    filled = set()
    for n in (1, 128, 129, 1024, 1025, 1100, 1160, 5000, 16385, 16500, 17000, 10**6 + 1):
        leaves = (((n, 2), "f4"), ((n,), "f4"), ((n,), "i4"))
        shapes = (jax.ShapeDtypeStruct(*leaf) for leaf in leaves)
        size = jax.eval_shape(lambda *leaves: in_bucket(Points(*leaves)), *shapes).norm.shape[0]
        assert n <= size <= max(1.125 * n, n + GROUP - 1)
        filled.add(size)
    assert len(filled) == 8
    points = ordered(lattice(20, 1030))
    full = in_bucket(points)
    assert len(full) == 1152  # the last blocks of rows and of columns hold little else
    d2 = dense(points, points)
    found = np.asarray(ball_counts(full, full, jnp.asarray(EPSILON, jnp.float32)))
    np.testing.assert_array_equal(found[:1030], within(d2, EPSILON))
    assert not found[1030:].any()
    distance, place = (np.asarray(part) for part in nearest(full, full, 3))
    np.testing.assert_array_equal(distance[:1030], np.sort(d2, axis=1)[:, :3])
    assert place.max() < 1030
    assert (place[1030:] == -1).all()


@pytest.mark.parametrize("function", ["ball_counts", "nearest"])
def test_memory_grows_like_n(function):
    """Doubling N at most doubles it, and no matrix of all pairs would fit."""
    epsilon = jnp.asarray(EPSILON, jnp.float32)
    run = {
        "ball_counts": lambda points: ball_counts(points, points, epsilon),
        "nearest": lambda points: nearest(points, points, 10),
    }[function]
    small, large = (temporary_bytes(run, n) for n in (1 << 14, 1 << 15))
    assert large <= 2.5 * small
    assert large < 4 * (1 << 15) ** 2 / 50
