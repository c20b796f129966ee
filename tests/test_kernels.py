"""Kernels: formulas, limits, and derivatives that are finite everywhere."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import smearing_oracles as slow

from smearjax import SmearedLikelihood
from smearjax.evaluate import auc
from smearjax.smearing import Epanechnikov, Gaussian, HardBall, Sigmoid

FAR = 1e12  # d² (GeV²) where a jet meets itself or padding
MAKE = {
    "gaussian": lambda tau: Gaussian(),
    "sigmoid": lambda tau: Sigmoid(tau=tau),
    "hard": lambda tau: HardBall(),
    "epanechnikov": lambda tau: Epanechnikov(),
}
D2 = np.concatenate([[0.0, 1e-12, 1e-8], np.geomspace(1e-4, 1e6, 41), [FAR]])


@pytest.mark.parametrize("name", slow.NAMES)
@pytest.mark.parametrize("epsilon", [0.05, 3.0, 500.0])
def test_formula(name, epsilon):
    with jax.enable_x64(True):
        got = MAKE[name](0.3).log(jnp.asarray(D2), epsilon)
    np.testing.assert_allclose(got, slow.log_kernel(name, D2, epsilon, 0.3), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", slow.NAMES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_derivatives_are_finite(name, dtype):
    """K and ln K: value, slope and curvature in d², ε and τ, from d = 0 to the far value."""

    def value(x):
        d2, epsilon, tau = x
        return jnp.exp(MAKE[name](tau).log(d2, epsilon))

    def log_value(x):
        d2, epsilon, tau = x
        return MAKE[name](tau).log(d2, epsilon)

    with jax.enable_x64(dtype == np.float64):
        for epsilon in (0.05, 3.0, 500.0):
            x = tuple(
                jnp.asarray(v, dtype)
                for v in np.broadcast_arrays(np.append(D2, epsilon**2), epsilon, 0.5)
            )
            for function in (value, log_value):
                slope = jax.vmap(jax.grad(function))(x)
                curvature = jax.vmap(jax.jacfwd(jax.grad(function)))(x)
                for leaf in jax.tree.leaves((slope, curvature)):
                    assert np.isfinite(leaf).all()
            assert np.isfinite(value(x)).all()
            assert np.all(value(x)[np.append(D2, 0) == FAR] == 0)


@pytest.mark.parametrize("name", ["gaussian", "sigmoid", "epanechnikov"])
def test_slopes_against_differences(name):
    """Inside the support and away from its edge."""
    epsilon, tau = 3.0, 0.4
    with jax.enable_x64(True):
        d2 = jnp.asarray([0.5, 2.0, 6.0])

        def log_k(e, t):
            return MAKE[name](t).log(d2, e)

        step = 1e-5
        for argument in (0, 1):
            at = jnp.asarray([epsilon, tau])
            shift = jnp.zeros(2).at[argument].set(step)
            want = (log_k(*(at + shift)) - log_k(*(at - shift))) / (2 * step)
            got = jax.jacfwd(log_k, argument)(*at)
            np.testing.assert_allclose(got, want, rtol=1e-7, atol=1e-9)


@pytest.fixture(scope="module")
def likelihood():
    return SmearedLikelihood(slow.sample(250, np.float32))


def test_sigmoid_tends_to_the_hard_ball(likelihood):
    """Counts and AUC as τ → 0, at an ε that no distance touches; and not before τ is small."""
    points = likelihood.leave_one_out.points
    d = np.sqrt(slow.squared_distances(points, points))
    label = np.asarray(likelihood.label)
    near = np.sort(d[np.isfinite(d) & (d > 5) & (d < 7)])
    gap = int(np.argmax(np.diff(near)))
    epsilon, room = float(near[gap : gap + 2].mean()), float(np.diff(near)[gap]) / 2
    hard = likelihood.with_kernel(HardBall())
    counts = np.stack([np.sum((d <= epsilon) & (label == c), axis=1) for c in (0, 1)], 1)
    hard_density = np.asarray(hard.log_density(None, epsilon))[0]
    totals = np.stack([np.sum(label == c) - (label == c) for c in (0, 1)], 1)
    np.testing.assert_allclose(np.exp(hard_density) * totals, counts, rtol=1e-5)
    errors = []
    for tau in (2.0, 0.2, room / 20):
        soft = likelihood.with_kernel(Sigmoid(tau=tau))
        soft_counts = np.exp(np.asarray(soft.log_density(None, epsilon))[0]) * totals
        errors.append(np.abs(soft_counts - counts).max())
    assert errors[0] > 1
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] < 1e-5
    # n_eff < 2 is "empty" for a soft kernel, nothing within ε for a hard one: same jets, same AUC.
    many = counts.sum(axis=1) >= 2
    assert many.mean() > 0.25
    hard_score, soft_score = (np.asarray(k.score(None, epsilon))[0] for k in (hard, soft))
    both = many & (counts > 0).all(axis=1)
    np.testing.assert_allclose(soft_score[both], hard_score[both], atol=1e-4)
    want = auc(np.round(hard_score[many], 3), label[many])
    one_sided = np.where(
        counts[:, 0] == 0, np.inf, np.where(counts[:, 1] == 0, -np.inf, soft_score)
    )
    assert abs(auc(np.round(one_sided[many], 3), label[many]) - want) < 1e-9


def test_leaves_are_arrays():
    """τ is a leaf, so a new τ needs no new compilation and can be differentiated."""
    assert len(jax.tree.leaves(Sigmoid(tau=0.5))) == 1
    assert [len(jax.tree.leaves(k())) for k in (Gaussian, HardBall, Epanechnikov)] == [0, 0, 0]
