"""The smeared likelihood against slow numpy: sums, scores, categories, derivatives, bookkeeping."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import oracles
import pytest
import smearing_oracles as slow

from smearjax import SmearedLikelihood
from smearjax.smearing import Epanechnikov, Gaussian, HardBall, Sigmoid

N = 64  # reference jets, and as many queries: one shape, one compilation
GRID = np.array([4.0, 7.0, 12.0, 30.0])
TAU = 0.5
KERNELS = {
    "gaussian": Gaussian(),
    "sigmoid": Sigmoid(tau=TAU),
    "hard": HardBall(),
    "epanechnikov": Epanechnikov(),
}
WEIGHTS = {
    "ones": np.ones(N),
    "positive": np.random.default_rng(1).uniform(0.2, 3, N),
    "negative": np.random.default_rng(2).choice([1.0, 1.7, -1.03], N, p=[0.5, 0.3, 0.2]),
    "zeros": np.random.default_rng(3).choice([0.0, 1.0, 2.5], N, p=[0.3, 0.5, 0.2]),
}


@pytest.fixture(scope="module")
def built():
    """float64 likelihoods by kind of weight, and the query jets."""
    with jax.enable_x64(True):
        found = {key: SmearedLikelihood(slow.sample(N, weight=w)) for key, w in WEIGHTS.items()}
    return found, slow.sample(N, skip=N)


@pytest.fixture(scope="module")
def single():
    """A float32 likelihood, the default."""
    return SmearedLikelihood(slow.sample(N, np.float32))


def on_a_line(position, label, kernel, weight=None, labels=None):
    """Two-particle jets in a one-dimensional space, in GeV."""
    jets = slow.jets_on_a_line(position, np.asarray(label, np.int8), weight)
    return SmearedLikelihood(jets, labels, kernel, pt_ref=slow.PT_REF, cells=2)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        pytest.param(name, key, marks=[] if name in slow.FIRST else [pytest.mark.slow])
        for key in WEIGHTS
        for name in slow.NAMES
        if key != "zeros" or name == "hard"
    ],
)
def test_everything_against_slow_numpy(built, name, key):
    """Leave-one-out and outside jets: log ratio, score, densities, categories, smeared values."""
    likelihoods, jets = built
    values = np.random.default_rng(5).normal(size=N)
    with jax.enable_x64(True):
        like = likelihoods[key].with_kernel(KERNELS[name])
        label, weight = np.asarray(like.label), WEIGHTS[key]
        reference = like.leave_one_out.points
        for query in (None, like.queries(jets)):
            points = reference if query is None else query.points
            d2 = slow.squared_distances(points, reference)
            own = (label, weight) if query is None else None
            got_ratio = np.asarray(like.log_ratio(query, GRID))
            got_score = np.asarray(like.score(query, GRID))
            got_density = np.asarray(like.log_density(query, GRID))
            got_smeared = np.asarray(like.smear(values, query, GRID))
            kinds = like.balls(query, GRID)
            for e, epsilon in enumerate(GRID):
                want = slow.ball(name, d2, label, weight, epsilon, own, TAU)
                close = {"rtol": 1e-7, "atol": 1e-9}
                np.testing.assert_array_equal(kinds.empty[e], want.empty)
                np.testing.assert_array_equal(kinds.one_class[e], want.one_class)
                np.testing.assert_array_equal(kinds.nonpositive[e], want.nonpositive)
                np.testing.assert_allclose(got_score[e], want.score, **close)
                np.testing.assert_allclose(got_ratio[e], want.log_ratio, **close)
                np.testing.assert_allclose(got_density[e], want.log_density, **close)
                smeared = slow.smear(name, d2, weight, values, epsilon, TAU)
                np.testing.assert_allclose(got_smeared[e], smeared, rtol=1e-6, atol=1e-8)


def test_the_cases_above_are_not_idle(built):
    """Empty, one-class and non-positive balls all occur in the comparison above."""
    with jax.enable_x64(True):
        for kernel in (Gaussian(), HardBall()):
            kinds = built[0]["negative"].with_kernel(kernel).balls(None, GRID)
            assert all(np.asarray(kind).any() for kind in kinds)
            assert not np.asarray(kinds.empty & kinds.one_class).any()


def test_distances_are_those_of_the_metric(built):
    """d² and the nearest distances behind the sums against the exact SEMD of the jets."""
    like = built[0]["ones"]
    jets = slow.sample(N)
    label = np.asarray(like.label)
    spectra = [
        oracles.spectrum_fast(
            oracles.Jet(*(np.asarray(v)[i][jets.mask[i]] for v in (jets.pt, jets.y, jets.phi)))
        )
        for i in range(40)
    ]
    points = like.leave_one_out.points
    d2 = slow.squared_distances(points, points)
    for i in range(40):
        for j in range(i):
            exact = float(like.pt_ref) * oracles.semd_fast(spectra[i], spectra[j]) ** 0.5
            assert abs(np.sqrt(d2[i, j]) / exact - 1) < 0.02
    want = np.stack([d2[:, label == c].min(axis=1) for c in (0, 1)], 1)
    np.testing.assert_allclose(like.leave_one_out.nearest, want, rtol=1e-10)


def test_float32_agrees(built, single):
    """Default precision against float64, where no jet sits on the edge of a category."""
    with jax.enable_x64(True):
        want = np.asarray(built[0]["ones"].log_ratio(None, GRID))
        wide = np.asarray(built[0]["ones"].balls(None, GRID).empty)
    got = np.asarray(single.log_ratio(None, GRID))
    same = wide == np.asarray(single.balls(None, GRID).empty)
    assert same.mean() > 0.995
    np.testing.assert_allclose(got[same], want[same], rtol=5e-3, atol=5e-3)
    assert single.log_ratio(None, 5.0).dtype == jnp.float32


def test_shapes(single):
    outside = single.queries(slow.sample(N, np.float32, skip=N))
    assert single.log_ratio(outside, 5.0).shape == (N,)
    assert single.log_ratio(None, [5.0]).shape == (1, N)
    assert single.score(None, GRID).shape == (4, N)
    assert single.log_density(outside, GRID).shape == (4, N, 2)
    assert single.smear(np.zeros(N), outside, 5.0).shape == (1, N)
    assert {kind.shape for kind in single.balls(outside, GRID)} == {(4, N)}


@slow.every_kernel
def test_empty_one_class_and_mixed_by_hand(name):
    """A lonely jet, four of one class, and a mixed group, far from each other, on a line."""
    position = [0.0, 100, 100.5, 101, 101.5, 200, 200.5, 201, 201.5]
    label = [0, 1, 1, 1, 1, 0, 0, 1, 1]
    with jax.enable_x64(True):
        # A narrow edge: beyond it, only the very nearest jet would count for a lonely one.
        kernel = Sigmoid(tau=0.1) if name == "sigmoid" else KERNELS[name]
        like, epsilon = on_a_line(position, label, kernel), 3.0
        kinds = [np.asarray(kind)[0] for kind in like.balls(None, epsilon)]
        score = np.asarray(like.score(None, epsilon))[0]
        ratio = np.asarray(like.log_ratio(None, epsilon))
    np.testing.assert_array_equal(kinds[0], [True] + [False] * 8)
    np.testing.assert_array_equal(kinds[1], [False] + [True] * 4 + [False] * 4)
    assert not kinds[2].any()
    assert score[0] == 0
    assert ratio[0] == 0
    assert np.isfinite(ratio).all()
    assert np.all(ratio[1:5] > 0)
    if name in slow.COMPACT:
        assert np.all(score[1:5] == np.inf)
    if name == "hard":  # totals 6 quarks and 3 gluons; n + ½ over W + 1, the jet itself left out
        np.testing.assert_allclose(ratio[1:5], np.log((3.5 / 6) / (0.5 / 4)), rtol=1e-12)
        np.testing.assert_allclose(score[5:], np.log([1, 1, 1 / 4, 1 / 4]), atol=1e-12)
        np.testing.assert_allclose(ratio[5:7], np.log((2.5 / 7) / (1.5 / 3)))
        np.testing.assert_allclose(ratio[7:], np.log((1.5 / 6) / (2.5 / 4)))


def test_unit_negative_weights():
    """Weights ±1, as generators make them: sums that cancel hold jets and are not empty."""
    position, label = [0.0, 1, 2, 100, 101, 102], [1, 1, 0, 0, 0, 1]
    weight = np.array([1.0, 1, -1, 3, 3, 1])
    with jax.enable_x64(True):
        like = on_a_line(position, label, HardBall(), weight)
        kinds = like.balls(None, 5.0)
        # About jet 0: one quark of weight 1 and one gluon of weight −1.
        assert [bool(kind[0, 0]) for kind in kinds] == [False, False, True]
        assert float(like.score(None, 5.0)[0, 0]) == 0


def test_soft_ball_with_one_neighbour_is_empty():
    """n_eff = 1 for one neighbour, however near: exactly 0."""
    with jax.enable_x64(True):
        like = on_a_line([0.0, 1, 500, 501, 502, 503], [0, 1, 0, 1, 1, 1], Gaussian())
        empty = np.asarray(like.balls(None, 20.0).empty)[0]
        np.testing.assert_array_equal(empty, [True, True, False, False, False, False])
        score, ratio = (np.asarray(f(None, 20.0)).ravel() for f in (like.score, like.log_ratio))
        assert not score[empty].any()
        assert not ratio[empty].any()
        assert ratio[2] > 0


def test_no_underflow(single):
    """At 0.05 GeV every kernel value is 0 in float32; the log-sum-exp is not."""
    density = np.asarray(single.log_density(None, [0.05, 0.5]))
    assert np.isfinite(density).all()
    assert density.min() < -1000
    points = single.leave_one_out.points
    log_k = slow.log_kernel("gaussian", slow.squared_distances(points, points), 0.05)
    label = np.asarray(single.label)
    for c in (0, 1):
        n = np.logaddexp.reduce(log_k[:, label == c], axis=1)
        total = np.sum(label == c) - (label == c)
        np.testing.assert_allclose(density[0, :, c], n - np.log(total), rtol=2e-3)
    slope = jax.jacfwd(lambda e: single.log_density(None, e)[0].sum())(0.05)
    assert np.isfinite(slope)


def test_gaussian_identity(built):
    """∂ ln n_c/∂ ln ε = ⟨d²/ε²⟩ over the kernel weights of class c."""
    like, jets = built[0]["positive"], built[1]
    label, weight = np.asarray(like.label), WEIGHTS["positive"]
    with jax.enable_x64(True):
        for query in (None, like.queries(jets)):
            points = like.leave_one_out.points if query is None else query.points
            d2 = slow.squared_distances(points, like.leave_one_out.points)

            def log_n(t, query=query):
                return like.log_density(query, jnp.exp(t))[0]

            for epsilon in (0.3, 4.0, 25.0):
                got = jax.jacfwd(log_n)(jnp.log(epsilon))
                for c in (0, 1):
                    d2_c, w = d2[:, label == c], weight[label == c]
                    k = w * np.exp(-(d2_c - d2_c.min(axis=1, keepdims=True)) / (2 * epsilon**2))
                    finite = np.where(np.isfinite(d2_c), d2_c, 0)
                    want = (k * finite).sum(axis=1) / k.sum(axis=1) / epsilon**2
                    np.testing.assert_allclose(got[:, c], want, rtol=1e-8)


@pytest.mark.parametrize("name", ["gaussian", pytest.param("sigmoid", marks=pytest.mark.slow)])
def test_derivatives_of_the_log_ratio(built, name):
    """Value and derivatives in ε and τ, under jit and vmap, against differences."""
    like = built[0]["positive"]
    with jax.enable_x64(True):

        def ratio(x):
            kernel = Gaussian() if name == "gaussian" else Sigmoid(tau=x[1])
            return like.with_kernel(kernel).log_ratio(None, x[0])

        x = jnp.asarray([6.0, 0.8])
        got = jax.jit(jax.jacfwd(ratio))(x)
        h = 1e-5
        want = np.stack(
            [(ratio(x + h * u) - ratio(x - h * u)) / (2 * h) for u in np.eye(2)], axis=1
        )
        smooth = ~np.any(
            [np.asarray(ratio(x + h * s * u)) == 0 for u in np.eye(2) for s in (-1, 1)], axis=0
        )
        assert smooth.mean() > 0.5
        np.testing.assert_allclose(got[smooth], want[smooth], rtol=1e-6, atol=1e-8)
        mix = jnp.asarray(np.random.default_rng(6).normal(size=N))
        back = jax.jit(jax.grad(lambda x: jnp.sum(mix * ratio(x))))(x)
        np.testing.assert_allclose(back, mix @ got, rtol=1e-10)

        def of_epsilon(e):
            return jnp.sum(mix * ratio(jnp.stack([e, x[1]])))

        value, slope = jax.jit(jax.vmap(jax.value_and_grad(of_epsilon)))(jnp.asarray(GRID))
        at_one = jax.jit(jax.value_and_grad(of_epsilon))
        for e, epsilon in enumerate(GRID):
            alone = at_one(jnp.asarray(epsilon))
            np.testing.assert_allclose((value[e], slope[e]), alone, rtol=1e-10)
        second = jax.jit(jax.jacfwd(jax.grad(of_epsilon)))(6.0)
        want = (at_one(6.0 + h)[1] - at_one(6.0 - h)[1]) / (2 * h)
        np.testing.assert_allclose(second, want, rtol=1e-5)


@pytest.mark.parametrize("kernel", [Gaussian(), HardBall(), Epanechnikov()])
def test_a_resolution_beyond_all_distances(kernel):
    """However large ε is, a jet never counts itself: L = 1 up to what compact kernels add."""
    with jax.enable_x64(True):
        like = on_a_line(np.arange(20.0), np.arange(20) % 2, kernel)
        for epsilon in (1e4, 2e6, 1e9):
            density = np.asarray(like.log_density(None, epsilon))
            np.testing.assert_allclose(density, 0, atol=1e-5)
