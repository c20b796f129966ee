"""The metric under jit, vmap and new values: same numbers, no new compilation."""

from __future__ import annotations

import logging

import jax
import numpy as np
import oracles
import pytest
from strategies import as_jets, random_jets

from smearjax.jets import Jets
from smearjax.metric import distance_interval, embed, semd, semd_distance, spectral_function


def distances(first, second, beta=1.0):
    a, b = (spectral_function(jets, beta) for jets in (first, second))
    return semd_distance(a, b, 525.0)


@pytest.fixture
def compilations(caplog):
    """Names of what XLA compiled so far."""
    with jax.log_compiles(), caplog.at_level(logging.WARNING, logger="jax"):
        yield lambda: [r.getMessage() for r in caplog.records if "Compiling" in r.getMessage()]


def test_new_values_do_not_recompile(compilations):
    sizes = [4, 3, 5]

    def everything(seed, beta, pt_ref):
        jets, others = (as_jets(random_jets(s, sizes), 6, np.float32) for s in (seed, seed + 1))
        a, b = (spectral_function(j, np.float32(beta)) for j in (jets, others))
        semd_distance(a, b, np.float32(pt_ref))
        distance_interval(embed(a, 16), embed(b, 16))

    everything(30, 1.0, 525.0)
    before = len(compilations())
    assert before > 0
    for seed, beta, pt_ref in ((32, 1.0, 525.0), (34, 0.37, 525.0), (36, 2.0, 100.0)):
        everything(seed, beta, pt_ref)
    assert compilations()[before:] == []


def test_one_trace_for_all_beta_under_jit():
    first, second = (as_jets(random_jets(s, [4, 5]), 6, np.float32) for s in (40, 41))
    traces = []

    @jax.jit
    def compiled(first, second, beta):
        traces.append(beta)
        return distances(first, second, beta)

    for beta in (0.25, 0.5, 1.0, 2.0):
        beta = np.float32(beta)
        got, want = compiled(first, second, beta), distances(first, second, beta)
        np.testing.assert_allclose(got, want, rtol=1e-5)
    assert len(traces) == 1


def test_vmap_over_beta():
    first, second = (as_jets(random_jets(s, [4, 5])) for s in (42, 43))
    betas = np.array([0.25, 0.5, 1.0, 2.0])
    with jax.enable_x64(True):
        got = jax.vmap(lambda beta: distances(first, second, beta))(betas)
        want = [np.asarray(distances(first, second, beta)) for beta in betas]
        np.testing.assert_allclose(got, want, rtol=1e-13)


def test_vmap_over_jets():
    first, second = (random_jets(s, [4, 5, 2]) for s in (44, 45))
    a, b = (oracles.padded(jets, 6) for jets in (first, second))

    def single(a, b):
        one, two = (Jets(**{k: v[None] for k, v in side.items()}) for side in (a, b))
        return distances(one, two)[0]

    with jax.enable_x64(True):
        want = distances(as_jets(first, 6), as_jets(second, 6))
        np.testing.assert_allclose(jax.vmap(single)(a, b), want, rtol=1e-13)


def test_gradient_per_jet_under_jit():
    """vmap of grad equals the gradient of the sum: pairs do not talk to each other."""
    first, second = (oracles.padded(random_jets(s, [4, 5, 2]), 6) for s in (46, 47))
    mask = first.pop("mask")

    def single(a, mask, b):
        one, two = (
            Jets(**{k: v[None] for k, v in side.items()}) for side in (a | {"mask": mask}, b)
        )
        return distances(one, two)[0]

    def together(a):
        return distances(Jets(**a, mask=mask), Jets(**second)).sum()

    with jax.enable_x64(True):
        got = jax.jit(jax.vmap(jax.grad(single)))(first, mask, second)
        want = jax.grad(together)(first)
        for name in want:
            np.testing.assert_allclose(got[name], want[name], rtol=1e-11, atol=1e-11)


def test_concrete_checks_do_not_break_jit():
    """Unequal totals raise on concrete input; under jit nothing is checked and nothing raises."""
    jets = as_jets(random_jets(48, [3, 4]), dtype=np.float32)
    others = as_jets(random_jets(49, [3, 4]), dtype=np.float32)

    def value(first, second):
        a, b = (spectral_function(j, normalize=False) for j in (first, second))
        return semd(a, b)

    with pytest.raises(ValueError, match="total"):
        value(jets, others)
    assert jax.jit(value)(jets, others).shape == (2,)


@pytest.mark.parametrize("count", [0, 1])
def test_few_jets(count):
    """No jet gives no distance; one jet is like many."""
    jets = as_jets(random_jets(50, [3, 4]), dtype=np.float32)[:count]
    s = spectral_function(jets)
    assert semd(s, s).shape == (count,)
    lower, estimate, upper = distance_interval(embed(s, 8), embed(s, 8))
    assert lower.shape == estimate.shape == upper.shape == (count,)
