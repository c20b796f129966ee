"""The split product and the way accelerators cut a pass: same answers, certified, on any device."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from test_certified import crowd_cloud, exact_matrix
from test_cloud import RADII, balls, without_self
from test_pairs import cloud, streamed, weights_of

from smearjax.metric import count_balls, find_neighbours
from smearjax.metric.pairs import ball_counts, counts, engine, nearest, sums, tuning
from smearjax.metric.pairs.certified import half_width
from smearjax.metric.pairs.engine import squared_distances
from smearjax.metric.pairs.products import product, product_error
from smearjax.smearing import Gaussian, Sigmoid

SPLIT = "BF16_BF16_F32_X3"


def vectors(seed: int, n: int, length: int = 256) -> np.ndarray:
    """Components of very different sizes, as those of principal directions."""
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(n, length)) * np.geomspace(30, 1e-4, length)).astype(np.float32)


def hostile(length: int = 64) -> np.ndarray:
    """Every component as far from its upper half as can be, and all products of one sign."""
    return np.full((1, length), 1 + 2.0**-8 - 2.0**-16 - 2.0**-23, np.float32)


def error_of(a: np.ndarray, b: np.ndarray) -> float:
    """Largest error of `product` in units of ‖a‖‖b‖."""
    wide_a, wide_b = np.float64(a), np.float64(b)
    size = np.linalg.norm(wide_a, axis=1)[:, None] * np.linalg.norm(wide_b, axis=1)
    got = np.float64(product(jnp.asarray(a), jnp.asarray(b)))
    return float(np.max(np.abs(got - wide_a @ wide_b.T) / size))


@pytest.mark.parametrize("precision", [None, "tensorfloat32", "bfloat16", SPLIT])
def test_no_product_is_worse_than_its_bound(precision):
    """Settings for networks, which want one fast pass, do not touch distances."""
    with jax.default_matmul_precision(precision):
        bound = product_error(256, jnp.dtype(np.float32))
        assert error_of(vectors(1, 200), vectors(2, 300)) <= bound
        assert error_of(hostile(256), hostile(256)) <= bound
    assert bound == pytest.approx(2.0**-14 + 2 * 768 * 2.0**-24 if precision == SPLIT else 2.0**-16)


def test_the_split_is_one():
    """Halves lose what the bound says they may: much more than float32, much less than bfloat16."""
    with jax.default_matmul_precision(SPLIT):
        lost = error_of(hostile(), hostile())
    assert 2.0**-18 < lost < 2.0**-14
    assert error_of(hostile(), hostile()) < 2.0**-22


def test_float64_is_never_split():
    with jax.enable_x64(True), jax.default_matmul_precision(SPLIT):
        a, b = np.float64(vectors(3, 50)), np.float64(vectors(4, 60))
        np.testing.assert_allclose(product(jnp.asarray(a), jnp.asarray(b)), a @ b.T, rtol=1e-10)
        assert product_error(256, jnp.dtype(np.float64)) == 256 * 2.0**-53


def test_slopes_are_those_of_the_whole_vectors():
    a, b = (jnp.asarray(vectors(seed, 40)) for seed in (5, 6))

    def total(a, b):
        return jnp.sum(jnp.sin(0.01 * product(a, b)))

    want = jax.grad(total, argnums=(0, 1))(a, b)
    with jax.default_matmul_precision(SPLIT):
        got = jax.grad(total, argnums=(0, 1))(a, b)
    for one, other in zip(got, want, strict=True):
        np.testing.assert_allclose(one, other, atol=2e-3 * np.abs(other).max())


def test_the_interval_holds_what_the_split_loses():
    points = crowd_cloud().points
    wide = np.float64(points.points.vectors)
    norm = np.float64(points.points.norm)
    true = norm[:, None] + norm - 2 * wide @ wide.T
    side = (points.points, (points.residual, points.rounding))
    with jax.default_matmul_precision(SPLIT):
        d2 = squared_distances(points.points, points.points)
        width = np.float64(half_width(d2, side, side))
    real = norm < 1e11
    off = np.abs(np.float64(d2) - np.maximum(true, 0))[np.ix_(real, real)]
    assert np.all(off <= width[np.ix_(real, real)])


def test_exact_answers_do_not_depend_on_the_split():
    """More pairs are left open, and all of them are computed."""
    here = crowd_cloud()
    exact = without_self(float(here.space.pt_ref) * np.sqrt(exact_matrix()))
    plain = count_balls(here, RADII, exact=True)
    with jax.default_matmul_precision(SPLIT):
        found = count_balls(here, RADII, exact=True)
        near = find_neighbours(here, 5, exact=True)
    np.testing.assert_array_equal(found.counts, balls(exact, RADII))
    assert (found.recomputed or 0) > (plain.recomputed or 0) > 0
    np.testing.assert_allclose(near.distance, np.sort(exact, axis=1)[:, :5], rtol=1e-12)


@pytest.fixture
def accelerated(monkeypatch):
    """Passes cut as on an accelerator, with blocks small enough to have several of them."""
    small = tuning._ACCELERATOR._replace(
        rows=640, columns=384, near_rows=384, near_columns=256, unrolled=3
    )
    for module in (engine, counts, sums):
        monkeypatch.setattr(module, "tuning", lambda: small)
    jax.clear_caches()
    yield
    jax.clear_caches()


def answers():
    """Sums with derivatives, counts and neighbours of two clouds."""
    rows, columns = cloud(21, 900), cloud(22, 1500)
    weights = jnp.asarray(weights_of(23, 1500))
    epsilon = jnp.asarray([0.5, 1.0, 2.0, 3.0])

    def total(epsilon, kernel):
        return streamed(kernel, rows, columns, weights, epsilon, True)

    return (
        [total(epsilon, kernel) for kernel in (Gaussian(), Sigmoid(tau=0.3))],
        jax.jacfwd(total)(epsilon, Sigmoid(tau=0.3)),
        jax.grad(lambda e: jnp.sum(jnp.cos(total(e, Gaussian()))))(epsilon),
        ball_counts(rows, columns, epsilon),
        nearest(rows, columns, 7),
    )


@pytest.fixture(scope="module")
def on_a_cpu():
    with jax.enable_x64(True):
        return jax.tree.map(np.asarray, answers())


@pytest.mark.slow
def test_an_accelerator_gives_the_same(on_a_cpu, accelerated):
    with jax.enable_x64(True):
        got = jax.tree.map(np.asarray, answers())
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-10), got, on_a_cpu
    )
