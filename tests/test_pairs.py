"""Streamed pair sums against a dense matrix: values, self-pairs, derivatives, memory."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import smearing_oracles as slow

from smearjax.metric.pairs import Points, kernel_sums, nearest_squared_distance
from smearjax.smearing import Epanechnikov, Gaussian, HardBall, Sigmoid

EPSILON = np.array([0.7, 1.5, 4.0])
KERNELS = {
    "gaussian": Gaussian(),
    "sigmoid": Sigmoid(tau=0.25),
    "hard": HardBall(),
    "epanechnikov": Epanechnikov(),
}
SMOOTH = ["gaussian", pytest.param("sigmoid", marks=pytest.mark.slow)]


def cloud(seed: int, n: int, identity=None, dtype=np.float64, width: int = 3) -> Points:
    """Random points with residuals; numbered from 0 unless told."""
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(n, width)) * 2
    norm = (vectors**2).sum(axis=1) + rng.uniform(0, 0.2, n)
    number = np.arange(n) if identity is None else identity
    return Points(
        jnp.asarray(vectors, dtype), jnp.asarray(norm, dtype), jnp.asarray(number, jnp.int32)
    )


def weights_of(seed: int, n: int, columns: int = 2) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.5, 1, (n, columns))


def dense_sums(name, rows, columns, weights, epsilon, squares, tau=0.25):
    d2 = slow.squared_distances(rows, columns)
    out = []
    for e in epsilon:
        k = slow.kernel(name, d2, e, tau)
        one = [k @ weights] + ([k**2 @ weights**2] if squares else [])
        out.append(np.concatenate(one, axis=1))
    return np.array(out)


def streamed(kernel, rows, columns, weights, epsilon, squares=False):
    log_scale = jnp.zeros((len(epsilon), len(rows)), rows.norm.dtype)
    return kernel_sums(epsilon, kernel, rows, columns, weights, log_scale, squares)


@slow.every_kernel
@pytest.mark.parametrize(("n", "m"), [(1, 1), (512, 1025), (1025, 2047)])
def test_sums_across_block_borders(name, n, m):
    """Rows and columns on both sides of a block's border, sharing some of their jets."""
    with jax.enable_x64(True):
        rows, columns = cloud(1, n, np.arange(n) + m // 2), cloud(2, m)
        w = weights_of(3, m)
        got = streamed(KERNELS[name], rows, columns, jnp.asarray(w), jnp.asarray(EPSILON), True)
        want = dense_sums(name, rows, columns, w, EPSILON, True)
        assert got.shape == (3, n, 4)
        np.testing.assert_allclose(got, want, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(("n", "m"), [(1, 1), (513, 1025), (40, 2049)])
def test_nearest(n, m):
    with jax.enable_x64(True):
        rows, columns = cloud(4, n), cloud(5, m)
        got = np.asarray(nearest_squared_distance(rows, columns))
        want = slow.squared_distances(rows, columns).min(axis=1)
        np.testing.assert_allclose(got, want, rtol=1e-12)
        if (n, m) == (1, 1):  # the only column is the jet itself
            assert np.isinf(got).all()


def test_float32_against_float64():
    """Default precision: the product cancels, and 1e-5 of the largest norm is what is left."""
    rows, columns = cloud(6, 600, dtype=np.float32), cloud(7, 1100, dtype=np.float32)
    w = weights_of(8, 1100)
    got = streamed(
        Gaussian(), rows, columns, jnp.asarray(w, jnp.float32), jnp.asarray(EPSILON, jnp.float32)
    )
    assert got.dtype == jnp.float32
    want = dense_sums("gaussian", rows, columns, w, EPSILON, False)
    np.testing.assert_allclose(got, want, rtol=2e-4, atol=2e-4 * np.abs(want).max())


def test_a_jet_never_sees_itself_or_its_copies():
    """Four copies of each jet under one number see the other jets and nothing of each other."""
    with jax.enable_x64(True):
        single = cloud(9, 300)
        ones, tight = jnp.ones((1200, 1)), jnp.asarray([1e-3])
        copies = single[np.tile(np.arange(300), 4)]
        assert not np.asarray(streamed(HardBall(), copies, copies, ones, tight)).any()
        wide = jnp.asarray([2.0])
        got = streamed(Gaussian(), copies, copies, ones, wide)
        alone = streamed(Gaussian(), single, single, ones[:300], wide)
        np.testing.assert_allclose(got, 4 * np.tile(alone, (1, 4, 1)), rtol=1e-12)
        # The same place under another number is another jet.
        twins = cloud(9, 300, np.arange(300) + 300)
        hard = streamed(HardBall(), single, twins, ones[:300], jnp.asarray([0.7]))
        assert np.asarray(hard).min() >= 1


def test_negative_numbers_match_nothing():
    """As the docstring of `Points` promises, also if both sides are negative."""
    with jax.enable_x64(True):
        one, other = cloud(10, 5, np.full(5, -1)), cloud(11, 6, np.full(6, -1))
        want = dense_sums(
            "gaussian",
            cloud(10, 5),
            cloud(11, 6, np.arange(6) + 9),
            np.ones((6, 1)),
            EPSILON,
            False,
        )
        got = streamed(Gaussian(), one, other, jnp.ones((6, 1)), jnp.asarray(EPSILON))
        np.testing.assert_allclose(got, want, rtol=1e-12)
        assert np.isfinite(nearest_squared_distance(one, other)).all()


def test_log_scale_is_a_mere_factor():
    """It changes the answer by e^{−scale}, and prevents underflow where that matters."""
    with jax.enable_x64(True):
        rows, columns = cloud(12, 20), cloud(13, 30, np.arange(30) + 100)
        ones, epsilon = jnp.ones((30, 1)), jnp.asarray([0.02])
        nearest = nearest_squared_distance(rows, columns)
        scale = Gaussian().log(nearest, epsilon[0])[None]
        got = kernel_sums(epsilon, Gaussian(), rows, columns, ones, scale)[0, :, 0]
        d2 = slow.squared_distances(rows, columns)
        want = np.exp(-(d2 - d2.min(axis=1, keepdims=True)) / (2 * 0.02**2)).sum(axis=1)
        np.testing.assert_allclose(got, want, rtol=1e-7)
        assert np.min(got) >= 1 - 1e-9
        plain = streamed(Gaussian(), rows, columns, ones, epsilon)
        assert np.asarray(plain).min() == 0  # that is what the scale is for


@pytest.mark.parametrize("name", SMOOTH)
def test_derivatives_in_epsilon_and_tau(name):
    """Forward, reverse, forward over reverse, vmap: all equal differences of the dense sums."""
    rng = np.random.default_rng(14)
    with jax.enable_x64(True):
        rows, columns = cloud(15, 30), cloud(16, 40)
        w = weights_of(17, 40)
        mix = jnp.asarray(rng.normal(size=(2, 30, 4)))

        def make(tau):
            return Sigmoid(tau=tau) if name == "sigmoid" else Gaussian()

        def value(x):
            kernel = make(x[2])
            sums = streamed(kernel, rows, columns, jnp.asarray(w), x[:2], squares=True)
            return jnp.sum(mix * jnp.sin(sums))

        def dense(x):
            sums = dense_sums(name, rows, columns, w, x[:2], True, x[2])
            return float(np.sum(np.asarray(mix) * np.sin(sums)))

        def gradient(f, x, h):
            unit = np.eye(3) * h
            return np.array([(f(x + u) - f(x - u)) / (2 * h) for u in unit])

        x = np.array([0.9, 2.0, 0.4])
        want = gradient(dense, x, 1e-5)
        np.testing.assert_allclose(jax.jit(jax.grad(value))(x), want, rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(jax.jacfwd(value)(jnp.asarray(x)), want, rtol=1e-6, atol=1e-6)
        second = np.array(
            [
                (gradient(dense, x + u, 1e-4) - gradient(dense, x - u, 1e-4)) / 2e-3
                for u in np.eye(3) * 1e-3
            ]
        )
        scale = np.abs(second).max()
        hessian = jax.jit(jax.jacrev(jax.grad(value)))
        np.testing.assert_allclose(hessian(x), second, rtol=2e-4, atol=2e-5 * scale)
        v = jnp.asarray([0.3, -0.2, 0.1])
        change = jax.jvp(lambda x: jax.vjp(value, x)[1](1.0)[0], (jnp.asarray(x),), (v,))[1]
        np.testing.assert_allclose(change, second @ np.asarray(v), rtol=2e-4, atol=2e-5 * scale)
        if name == "gaussian":
            assert want[2] == 0


@slow.every_kernel
def test_vmap_over_epsilon(name):
    with jax.enable_x64(True):
        rows, columns = cloud(18, 30), cloud(19, 40)
        w = jnp.asarray(weights_of(20, 40))

        def at_one(e):
            return streamed(KERNELS[name], rows, columns, w, e[None])[0]

        epsilon = jnp.asarray(EPSILON)
        got = jax.vmap(at_one)(epsilon)
        want = streamed(KERNELS[name], rows, columns, w, epsilon)
        np.testing.assert_allclose(got, want, rtol=1e-13)
        slope = jax.vmap(jax.jacfwd(at_one))(epsilon)
        back = jax.vmap(jax.jacrev(at_one))(epsilon)
        np.testing.assert_allclose(slope, back, rtol=1e-12)
        assert np.isfinite(slope).all()
        if name != "hard":
            assert np.asarray(slope).any()


def dense_jax(name, rows, columns, w, epsilon):
    """The dense sum in jax.numpy, differentiable everywhere that the stream is."""
    difference = rows.norm[:, None] + columns.norm - 2 * rows.vectors @ columns.vectors.T
    other = rows.identity[:, None] != columns.identity
    d2 = jnp.where(other, difference, 1.0)
    if name == "gaussian":
        k = jnp.exp(-d2 / (2 * epsilon[:, None, None] ** 2))
    else:
        k = jax.nn.sigmoid((epsilon[:, None, None] - jnp.sqrt(d2)) / 0.25)
    return jnp.where(other, k, 0.0) @ w


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize(("n", "m"), [(520, 1030)])
def test_reverse_mode_through_points_and_weights(name, n, m):
    """Vectors, norms, weights and ε in one backward pass, block borders crossed."""
    with jax.enable_x64(True):
        rows, columns = cloud(21, n), cloud(22, m)
        w = jnp.asarray(weights_of(23, m))
        epsilon = jnp.asarray([0.9, 2.5])
        mix = jnp.asarray(np.random.default_rng(24).normal(size=(2, n, 2)))

        def with_vectors(x, sums):
            a, b, na, nb, w, epsilon = x
            one, two = Points(a, na, rows.identity), Points(b, nb, columns.identity)
            return jnp.sum(mix * sums(one, two, w, epsilon))

        def stream(one, two, w, e):
            return streamed(KERNELS[name], one, two, w, e)

        def dense(one, two, w, e):
            return dense_jax(name, one, two, w, e)

        x = (rows.vectors, columns.vectors, rows.norm, columns.norm, w, epsilon)
        got_value, got = jax.jit(jax.value_and_grad(lambda x: with_vectors(x, stream)))(x)
        want_value, want = jax.value_and_grad(lambda x: with_vectors(x, dense))(x)
        np.testing.assert_allclose(got_value, want_value, rtol=1e-10)
        for g, v in zip(got, want, strict=True):
            np.testing.assert_allclose(g, v, rtol=1e-8, atol=1e-9 * np.abs(v).max())


def temporary_bytes(function, n: int) -> int:
    """What the compiled function allocates beside arguments and results, for n points."""
    points = cloud(25, n, dtype=np.float32, width=8)
    compiled = jax.jit(function).lower(points).compile()
    return compiled.memory_analysis().temp_size_in_bytes


def sums_of(points):
    ones = jnp.ones((len(points), 2), points.norm.dtype)
    epsilon = jnp.asarray([1.0, 2.0, 4.0], points.norm.dtype)
    return streamed(Sigmoid(tau=0.25), points, points, ones, epsilon)


def gradient_in_vectors(points):
    def value(vectors):
        return sums_of(Points(vectors, jnp.sum(vectors**2, axis=1), points.identity)).sum()

    return jax.grad(value)(points.vectors)


def gradient_in_epsilon(points):
    def value(x):
        ones = jnp.ones((len(points), 2), points.norm.dtype)
        return streamed(Sigmoid(tau=x[1]), points, points, ones, x[:1]).sum()

    return jax.grad(value)(jnp.asarray([2.0, 0.25], points.norm.dtype))


@pytest.mark.parametrize("function", [sums_of, gradient_in_epsilon, gradient_in_vectors])
def test_memory_grows_like_n(function):
    """Never like N²: further points cost some copies of themselves, not pairs with all others."""
    n = 1 << 14
    small, large = (temporary_bytes(function, size) for size in (n, 2 * n))
    of_a_point = 4 * (8 + 1 + 1)  # eight numbers, norm and identity
    assert large - small <= 16 * n * of_a_point
    assert small < 4 * n**2 / 5


def test_derivative_costs_one_pass():
    """The slope is computed beside the value: value and gradient take at most 2.5 × the flops."""
    points = cloud(26, 2048, dtype=np.float32, width=64)
    ones = jnp.ones((2048, 2), np.float32)

    def value(x):
        return streamed(Gaussian(), points, points, ones, x).sum()

    def flops(function):
        cost = jax.jit(function).lower(jnp.asarray([2.0], np.float32)).compile().cost_analysis()
        return cost["flops"]

    assert flops(jax.value_and_grad(value)) <= 2.5 * flops(value)
