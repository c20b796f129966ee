"""The space of an analysis: an orthogonal turn, its unit, its derivatives, its chunks."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from strategies import as_jets, random_jets

from smearjax import Jets, SmearedLikelihood, load_jets
from smearjax.metric import embed_jets, fit_space
from smearjax.metric import space as space_module

CELLS = 16


@pytest.fixture(scope="module")
def jets():
    """300 jets: enough for the directions of 32 numbers, not for those of 512."""
    return load_jets("sample")[:300]


@pytest.fixture(scope="module")
def turned(jets):
    return fit_space(jets, cells=CELLS)


def in_float64(jets: Jets) -> Jets:
    """The same numbers in double precision."""
    pt, y, phi = (np.float64(v) for v in (jets.pt, jets.y, jets.phi))
    return Jets(pt, y, phi, mask=jets.mask, label=jets.label)


def wide(values) -> np.ndarray:
    return np.asarray(values, np.float64)


def test_directions_are_orthonormal_and_principal(jets, turned):
    """Columns of Q, by falling variance; no other T directions hold more of it."""
    q = turned.directions
    assert q.shape == (2 * CELLS, CELLS)
    assert q.dtype == np.float64
    np.testing.assert_allclose(q.T @ q, np.eye(CELLS), atol=1e-12)
    e = wide(embed_jets(jets, cells=CELLS).vectors)
    offset = e - e.mean(axis=0)
    variance = np.sum((offset @ q) ** 2, axis=0)
    want = np.sort(np.linalg.svd(offset, compute_uv=False) ** 2)[::-1]
    np.testing.assert_allclose(variance, want[:CELLS], rtol=1e-6, atol=1e-6 * want[0])
    np.testing.assert_allclose(turned.centre, e.mean(axis=0), atol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("cells", [CELLS, 64])
def test_nothing_is_lost(jets, cells, dtype):
    """‖v‖² + r² = pt_ref² (‖e − centre‖² + r_e²), jet by jet, for the fitted jets and others."""
    with jax.enable_x64(dtype == np.float64):
        known, others = jets, load_jets("sample")[300:340]
        if dtype == np.float64:
            known, others = in_float64(known), in_float64(others)
        space = fit_space(known, cells=cells)
        assert (space.directions is None) == (cells == 64)  # 300 < 4 · 2 · 64
        for some in (known, others):
            e, made = embed_jets(some, cells=cells), space.points(some)
            vectors, norm, r = map(wide, (made.points.vectors, made.points.norm, made.residual))
            assert made.points.vectors.dtype == made.residual.dtype == dtype
            assert vectors.shape == (len(some), 2 * cells if cells == 64 else cells)
            offset = wide(e.vectors) - wide(space.centre)
            whole = np.sum(offset**2, axis=1) + wide(e.residual) ** 2
            want = float(space.pt_ref) ** 2 * whole
            unit = np.finfo(dtype).eps
            np.testing.assert_allclose(np.sum(vectors**2, axis=1) + r**2, want, rtol=40 * unit)
            np.testing.assert_allclose(norm, want, rtol=40 * unit)
            assert (wide(made.rounding) >= float(space.pt_ref) * wide(e.rounding)).all()


def test_distances_are_kept(jets, turned):
    """‖v_A − v_B‖ never exceeds pt_ref ‖e_A − e_B‖, and what is missing is in the residuals."""
    e, made = embed_jets(jets, cells=CELLS), turned.points(jets)
    a, b = np.random.default_rng(0).integers(0, 300, (2, 2000))
    unit = float(turned.pt_ref)
    before = unit * np.linalg.norm(wide(e.vectors)[a] - wide(e.vectors)[b], axis=1)
    after = np.linalg.norm(wide(made.points.vectors)[a] - wide(made.points.vectors)[b], axis=1)
    left_out = np.sqrt(wide(made.residual) ** 2 - (unit * wide(e.residual)) ** 2)
    slack = wide(made.rounding)[a] + wide(made.rounding)[b]
    assert (after <= before + slack).all()
    assert (before**2 - after**2 <= (left_out[a] + left_out[b]) ** 2 + 2 * slack * before).all()


def test_unit(jets, turned):
    """The mean pT by default; every length is proportional to it."""
    assert float(turned.pt_ref) == pytest.approx(np.mean(wide(jets.total_pt)), rel=1e-6)
    double = fit_space(jets, cells=CELLS, pt_ref=2 * float(turned.pt_ref))
    one, other = turned.points(jets[:50]), double.points(jets[:50])
    for name in ("residual", "rounding"):
        np.testing.assert_allclose(getattr(other, name), 2 * getattr(one, name), rtol=1e-6)
    np.testing.assert_allclose(other.points.vectors, 2 * one.points.vectors, rtol=1e-6)
    np.testing.assert_allclose(other.points.norm, 4 * one.points.norm, rtol=1e-6)


def test_identity(jets, turned):
    assert (np.asarray(turned.points(jets[:5]).points.identity) == -1).all()
    number = np.array([7, 3, 3, -2, 0])
    np.testing.assert_array_equal(turned.points(jets[:5], number).points.identity, number)


@pytest.mark.parametrize("cells", [CELLS, 64])
def test_chunks_change_nothing(monkeypatch, jets, cells):
    """To the last bit."""
    space, number, some = fit_space(jets, cells=cells), np.arange(20), jets[:20]
    want = space.points(some, number)
    for size in (1, 7, 20):
        monkeypatch.setattr(space_module, "_CHUNK", size)
        got = space.points(some, number)
        assert jax.tree.structure(got) == jax.tree.structure(want)
        for one, other in zip(jax.tree.leaves(got), jax.tree.leaves(want), strict=True):
            assert one.dtype == other.dtype
            np.testing.assert_array_equal(one, other)


def test_chunks_in_float64_change_less_than_the_rounding(monkeypatch, jets):
    """A matrix product of one row is summed in another order than one of many."""
    with jax.enable_x64(True):
        some = in_float64(jets)
        space = fit_space(some, cells=CELLS)
        want = space.points(some[:9])
        monkeypatch.setattr(space_module, "_CHUNK", 1)
        got = space.points(some[:9])
        moved = np.linalg.norm(got.points.vectors - want.points.vectors, axis=1)
        assert (moved <= 0.1 * want.rounding).all()
        assert (np.abs(got.residual - want.residual) <= 0.1 * want.rounding).all()


def test_only_some_jets_of_a_large_sample_are_used(monkeypatch, jets):
    """Evenly spread, and as many as allowed."""
    monkeypatch.setattr(space_module, "_JETS_USED", 150)
    space, want = fit_space(jets, cells=CELLS), fit_space(jets[::2], cells=CELLS)
    np.testing.assert_array_equal(space.centre, want.centre)
    np.testing.assert_array_equal(space.directions, want.directions)
    assert float(space.pt_ref) == pytest.approx(np.mean(wide(jets.total_pt)), rel=1e-6)


@pytest.mark.parametrize("numbers", ["turned", "all"])
def test_derivative_in_beta(numbers):
    """Of vectors, norms and residuals in a space that stays, against differences in float64."""
    fitted, some = (as_jets(random_jets(seed, [5, 3, 4, 5] * 10), 5) for seed in (1, 2))
    with jax.enable_x64(True):
        fixed = fit_space(fitted, beta=0.8, cells=4 if numbers == "turned" else 8, pt_ref=500.0)
        assert (fixed.directions is None) == (numbers == "all")
        kept = fixed.points(some).points.vectors.shape[1]
        mix = jnp.asarray(np.random.default_rng(3).normal(size=(40, kept + 2)))

        def value(beta):
            made = eqx.tree_at(lambda space: space.beta, fixed, beta).points(some)
            sides = made.points.norm[:, None] / 500, made.residual[:, None]
            return jnp.sum(mix * jnp.concatenate([made.points.vectors, *sides], axis=1))

        assert_derivative(value)


def assert_derivative(value):
    """Value and derivative at β = 0.8 under jit, against what concrete β give."""
    beta, h = jnp.asarray(0.8), 1e-5
    want = (value(beta + h) - value(beta - h)) / (2 * h)
    assert abs(float(want)) > 1
    got, slope = jax.jit(jax.value_and_grad(value))(beta)
    np.testing.assert_allclose(got, value(beta), rtol=1e-9)
    np.testing.assert_allclose(slope, want, rtol=1e-6)


@pytest.mark.slow
def test_derivative_of_a_likelihood_in_beta():
    """The space is fitted within: its centre moves with β, and distances do not feel it."""
    some, label = as_jets(random_jets(4, [3, 5, 4, 2, 5, 4] * 5), 5), np.arange(30) % 2
    with jax.enable_x64(True):

        def value(beta):
            likelihood = SmearedLikelihood(some, label, beta=beta, cells=8, pt_ref=500.0)
            return jnp.sum(likelihood.log_ratio(None, 40.0) * jnp.arange(30))

        assert_derivative(value)


def test_no_jets(turned, jets):
    """No jet makes no point."""
    made = turned.points(jets[:0])
    assert len(made) == 0
    assert made.points.vectors.shape == (0, CELLS)


def test_bad_arguments(jets):
    """Arguments of the wrong kind: tests/test_cloud.py, without the shape hook."""
    for pt_ref in (0.0, -1.0, np.nan, np.inf):
        with pytest.raises(ValueError, match="pt_ref"):
            fit_space(jets, pt_ref=pt_ref)
    with pytest.raises(ValueError, match="beta"):
        fit_space(jets, beta=-1.0)
    with pytest.raises(ValueError, match="cells"):
        fit_space(jets, cells=0)
    with pytest.raises(ValueError, match="omega"):
        fit_space(jets, omega="delta_q")
