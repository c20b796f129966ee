"""Normalising, centring and wrapping against complex-number and loop oracles."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smearjax.jets import Jets, center, load_jets, normalise, wrap


@pytest.fixture(scope="module")
def sample():
    return load_jets("sample")[:300]


def in_double(jets):
    return Jets(*(array.astype(np.float64) for array in (jets.pt, jets.y, jets.phi)), jets.mask)


def test_normalise(sample):
    z = normalise(in_double(sample))
    np.testing.assert_allclose(z.total_pt, 1.0, rtol=1e-14)
    np.testing.assert_allclose(z.pt * sample.total_pt[:, None], sample.pt, rtol=1e-6)
    assert (z.pt[~z.mask] == 0).all()
    assert isinstance(normalise(sample).pt, np.ndarray)
    assert normalise(sample).pt.dtype == np.float32


def test_center_puts_the_centroid_at_zero(sample):
    jets = in_double(sample)
    centred = center(jets)
    for array in (centred.y, centred.phi):
        np.testing.assert_allclose((jets.pt * array).sum(axis=1), 0.0, atol=1e-9)
        assert (array[~jets.mask] == 0).all()


def test_center_keeps_the_differences(sample):
    jets = in_double(sample)
    centred = center(jets)
    for i in range(20):
        n = jets.multiplicity[i]
        dy = jets.y[i, :n, None] - jets.y[i, None, :n]
        np.testing.assert_allclose(centred.y[i, :n, None] - centred.y[i, None, :n], dy, atol=1e-12)
        turn = np.exp(1j * (jets.phi[i, :n, None] - jets.phi[i, None, :n]))
        found = np.exp(1j * (centred.phi[i, :n, None] - centred.phi[i, None, :n]))
        np.testing.assert_allclose(found, turn, atol=1e-12)


@given(st.floats(-5, 5), st.integers(-1, 1))
def test_center_does_not_see_where_the_jet_points(angle, turns):
    rng = np.random.default_rng(1)
    pt, y, phi = rng.uniform(1, 5, (6, 9)), rng.normal(0, 0.3, (6, 9)), rng.normal(0, 0.3, (6, 9))
    moved = phi + angle + 2 * np.pi * turns * rng.integers(-1, 2, (6, 9))
    here, there = center(Jets(pt, y, phi)), center(Jets(pt, y + 1.3, moved))
    np.testing.assert_allclose(there.phi, here.phi, atol=1e-12)
    np.testing.assert_allclose(there.y, here.y, atol=1e-12)


def test_center_of_one_particle_is_the_origin():
    jets = center(Jets([[500.0, 0.0]], [[1.2, 0.0]], [[-3.1, 0.0]]))
    assert jets.y.tolist() == [[0.0, 0.0]]
    assert jets.phi.tolist() == [[0.0, 0.0]]


@pytest.mark.filterwarnings("ignore::smearjax.jets.UnitsWarning")
@given(st.lists(st.floats(-900, 900), min_size=1, max_size=20))
def test_wrap_is_a_whole_number_of_turns(angles):
    phi = np.array([angles])
    wrapped = wrap(Jets(np.ones_like(phi), np.zeros_like(phi), phi)).phi
    assert (wrapped > -np.pi).all()
    assert (wrapped <= np.pi).all()
    turns = (phi - wrapped) / (2 * np.pi)
    np.testing.assert_allclose(turns, np.round(turns), atol=1e-10)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_wrap_at_the_seam(dtype):
    pi = dtype(np.pi)
    phi = np.array([[-pi, pi, 0, -0.5]], dtype)
    wrapped = wrap(Jets(np.ones_like(phi), np.zeros_like(phi), phi)).phi
    assert wrapped.dtype == dtype
    assert wrapped.tolist() == [[float(pi), float(pi), 0.0, -0.5]]


def test_the_same_under_jit(sample):
    for change in (normalise, center, wrap):
        host, compiled = change(sample), jax.jit(change)(sample)
        assert isinstance(compiled.pt, jax.Array)
        for a, b in zip(jax.tree.leaves(host), jax.tree.leaves(compiled), strict=True):
            np.testing.assert_allclose(a, b, atol=1e-6)


def test_center_is_differentiable():
    with jax.enable_x64(True):
        pt, y = jnp.array([[3.0, 1.0, 0.0]]), jnp.array([[0.5, 0.1, 0.0]])

        def second(phi):
            return center(Jets(pt, y, phi)).phi[0, 1]

        slope = jax.grad(second)(jnp.array([[6.2, 0.1, 0.0]]))
        np.testing.assert_allclose(slope, [[-0.75, 0.75, 0.0]], atol=1e-14)
