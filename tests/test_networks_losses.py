"""Losses against what their minima must be: ratios, divergences, a sample turned into another."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import minimize
from wrong_kinds import not_refused

from smearjax.jets import load_jets
from smearjax.networks import (
    EFN,
    MLC,
    SQR,
    CrossEntropy,
    Loss,
    SquaredError,
    TrainingConfig,
    network_scores,
    train_network,
)

P = np.array([0.4, 0.3, 0.15, 0.1, 0.04, 0.01])
Q = np.array([0.05, 0.1, 0.15, 0.2, 0.2, 0.3])
LOSSES = (CrossEntropy(), SquaredError(), MLC(), MLC("softplus"), SQR(), SQR("softplus"))


def least(loss: Loss, model, start, label, weight):
    """The numbers at which the loss of a model's outputs is smallest, and that loss."""

    def value(numbers):
        return loss(model(numbers), label, weight)

    slope = jax.jit(jax.value_and_grad(value))
    found = minimize(lambda n: [np.asarray(a, float) for a in slope(jnp.asarray(n))], start,
                     jac=True, method="BFGS", options={"gtol": 1e-10})  # fmt: skip
    return found.x, float(found.fun)


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
def test_the_minimum_is_the_ratio(loss):
    """Six cells with densities p and q: one free output a cell."""
    label, weight = np.repeat([1, 0], 6), np.concatenate([P, Q])
    with jax.enable_x64(True):
        outputs, value = least(loss, lambda s: jnp.tile(s, 2), np.zeros(6), label, weight)
        ratio = np.asarray(loss.log_ratio(outputs))
    np.testing.assert_allclose(ratio, np.log(P / Q), atol=2e-5)
    mean = 0.5 * (P + Q)
    jensen_shannon = 0.5 * (P @ np.log(P / mean) + Q @ np.log(Q / mean))
    want = {
        "CrossEntropy": np.log(2) - jensen_shannon,
        "SquaredError": 0.5 * np.sum(P * Q / (P + Q)),
        "MLC": -0.5 * P @ np.log(P / Q),
        "SQR": np.sum(np.sqrt(P * Q)),
    }[type(loss).__name__]
    assert value == pytest.approx(want, rel=1e-8)


@pytest.mark.parametrize("loss", [CrossEntropy(), MLC(), SQR()], ids=repr)
def test_two_gaussians(loss):
    """N(±½, 1): ln p/q = x, KL = ½; the trained ratio turns one sample into the other."""
    rng, n = np.random.default_rng(7), 20_000
    x = np.concatenate([rng.normal(0.5, 1, n), rng.normal(-0.5, 1, n)])
    label, weight = np.repeat([1, 0], n), np.ones(2 * n)
    with jax.enable_x64(True):
        powers = jnp.stack([jnp.ones_like(x), x, x**2])
        numbers, value = least(loss, lambda a: a @ powers, np.zeros(3), label, weight)
        ratio = np.asarray(loss.log_ratio(jnp.asarray(numbers) @ powers))
    np.testing.assert_allclose(numbers, [0, 1, 0], atol=5 * 1.5 / np.sqrt(n))
    if isinstance(loss, MLC):
        # ⟨ln f⟩_P scatters by 1/√n.
        assert -2 * value == pytest.approx(0.5, abs=4 / np.sqrt(n))
    quark, gluon = x[:n], x[n:]
    weights = np.exp(ratio[n:])
    for power in (1, 2):
        values = weights * gluon**power
        error = np.hypot(values.std(), (quark**power).std()) / np.sqrt(n)
        assert abs(values.mean() - (quark**power).mean()) < 4 * error
    plain = abs(gluon.mean() - quark.mean())
    assert plain > 50 / np.sqrt(n)  # what the weights had to mend


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
def test_outputs_far_out_stay_finite(loss):
    label, weight = np.array([1, 0, 1, 0]), np.ones(4)
    outputs = np.array([-60.0, -60.0, 60.0, 60.0], np.float32)
    value, slope = jax.value_and_grad(lambda s: loss(s, label, weight))(jnp.asarray(outputs))
    assert np.isfinite(value)
    assert np.isfinite(slope).all()
    assert np.all(np.diff(np.asarray(loss.log_ratio(np.linspace(-60, 60, 200)))) > 0)


def test_a_network_learns_the_ratio_itself():
    jets = load_jets("sample")
    config = TrainingConfig(epochs=3, progress=False, loss=MLC())
    start = EFN((16, 16), (16,), key=jax.random.key(0))
    trained = train_network(start, jets[:400], jets[400:600], config)
    test = jets[600:1600]
    ratio = np.asarray(trained.loss.log_ratio(network_scores(trained.network, test)))
    label = np.asarray(test.label)
    # −2L is a lower bound of KL, and positive once something is learned.
    assert -2 * float(trained.loss(ratio, label, np.ones(len(test)))) > 0.02
    assert isinstance(trained.loss, MLC)


def test_what_is_no_loss_is_refused():
    cases = """
TrainingConfig(loss=MLC) | loss is the class MLC
TrainingConfig(loss="mse") | loss is a str
MLC("linear") | link must be
"""
    assert not not_refused(cases, "from smearjax.networks import MLC, TrainingConfig")
