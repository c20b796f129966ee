"""The spectral function against a double loop over particles."""

from __future__ import annotations

import equinox as eqx
import jax
import numpy as np
import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import N_JETS, WIDTH, as_jets, batch, random_jets

from smearjax.jets import Jets
from smearjax.metric import spectral_function

kinds = st.sampled_from(oracles.OMEGAS)


def rows(spectra) -> list[oracles.Spectrum]:
    """The library's spectra as oracle spectra, so that the oracle can measure between the two."""
    omega, weight = (np.asarray(v, np.float64) for v in (spectra.omega, spectra.weight))
    return [oracles.Spectrum(o, w) for o, w in zip(omega, weight, strict=True)]


def assert_same_spectra(spectra, expected, tolerance=1e-12):
    """Equal as measures: insensitive to the order of entries with the same ω."""
    for got, want in zip(rows(spectra), expected, strict=True):
        size = tolerance * want.total
        assert abs(got.total - want.total) <= size
        assert oracles.semd(got, want, p=1) <= size * max(1, want.omega[0])


@given(jets=batch(), omega=kinds, normalize=st.booleans())
def test_entries_are_those_of_the_double_loop(jets, omega, normalize):
    with jax.enable_x64(True):
        spectra = spectral_function(as_jets(jets), omega=omega, normalize=normalize)
    expected = [oracles.spectrum(j, omega, normalize) for j in jets]
    assert_same_spectra(spectra, expected)
    for got, want in zip(np.asarray(spectra.omega), expected, strict=True):
        np.testing.assert_allclose(got[: len(want.omega)], want.omega, rtol=1e-10, atol=1e-15)
        assert not got[len(want.omega) :].any()


@given(jets=batch(), omega=kinds)
def test_layout(jets, omega):
    with jax.enable_x64(True):
        spectra = spectral_function(as_jets(jets), beta=0.5, omega=omega, normalize=False)
        spectra = jax.tree.map(np.asarray, spectra)
    m = WIDTH * (WIDTH - 1) // 2 + 1
    assert spectra.omega.shape == spectra.weight.shape == (N_JETS, m)
    assert spectra.total.shape == (N_JETS,)
    assert (np.diff(spectra.omega, axis=1) <= 0).all()
    assert (spectra.omega >= 0).all()
    assert (spectra.weight >= 0).all()
    assert float(spectra.beta) == 0.5
    totals = [oracles.energies(j, omega, normalize=False).sum() ** 2 for j in jets]
    np.testing.assert_allclose(spectra.total, totals, rtol=1e-13)
    np.testing.assert_allclose(spectra.weight.sum(axis=1), totals, rtol=1e-13)


def test_omega_is_not_raised_to_beta():
    jets = as_jets(random_jets(0, [3, 5]))
    with jax.enable_x64(True):
        one, half = (spectral_function(jets, beta=b) for b in (1.0, 0.5))
    np.testing.assert_array_equal(one.omega, half.omega)


@given(jets=batch())
def test_moments_are_the_jet_mass(jets):
    with jax.enable_x64(True):
        for omega, factor in (("chord", 2), ("one_minus_cos", 1)):
            s = spectral_function(as_jets(jets), omega=omega, normalize=False)
            moment = np.sum(np.asarray(s.weight) * np.asarray(s.omega) ** 2, axis=1)
            expected = [factor * oracles.mass_squared(j) for j in jets]
            scale = np.asarray(s.total)
            assert (np.abs(moment - expected) <= 1e-10 * np.abs(expected) + 1e-15 * scale).all()


@pytest.mark.parametrize("omega", oracles.OMEGAS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_padding_changes_nothing(omega, dtype):
    jets = random_jets(1, [1, 2, 7, 4])
    with jax.enable_x64(True):
        tight, wide = (
            spectral_function(as_jets(jets, width, dtype), omega=omega) for width in (7, 19)
        )
    m = tight.omega.shape[1]
    assert tight.omega.dtype == wide.omega.dtype == dtype
    np.testing.assert_array_equal(wide.omega[:, :m], tight.omega)
    assert_same_spectra(wide, rows(tight), tolerance=4 * np.finfo(dtype).eps)


def test_values_in_the_padding_are_never_read():
    arrays = oracles.padded(random_jets(2, [3, 5]), 6)
    clean = Jets(**arrays)
    dirty = clean
    for name in ("y", "phi"):
        values = arrays[name].copy()
        values[~arrays["mask"]] = 1e3
        dirty = eqx.tree_at(lambda jets, name=name: getattr(jets, name), dirty, values)
    assert dirty.y.max() == dirty.phi.max() == 1e3
    with jax.enable_x64(True):
        for omega in oracles.OMEGAS:
            got, want = (spectral_function(j, omega=omega) for j in (dirty, clean))
            np.testing.assert_array_equal(got.omega, want.omega)
            np.testing.assert_array_equal(got.weight, want.weight)


@pytest.mark.parametrize("omega", oracles.OMEGAS)
def test_float32_agrees_with_float64(omega, sample_jets):
    jets = [oracles.Jet(j.pt[:40], j.y[:40], j.phi[:40]) for j in sample_jets[0][:30]]
    single = as_jets(jets, 40, np.float32)
    double = jax.tree.map(
        lambda leaf: leaf.astype(np.float64) if leaf.dtype != bool else leaf, single
    )
    got = spectral_function(single, omega=omega)
    with jax.enable_x64(True):
        want = spectral_function(double, omega=omega)
    assert got.omega.dtype == got.weight.dtype == got.total.dtype == np.float32
    assert want.omega.dtype == want.weight.dtype == want.total.dtype == np.float64
    np.testing.assert_allclose(got.omega, want.omega, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(got.total, want.total, rtol=1e-6)
    for a, b in zip(rows(got), rows(want), strict=True):
        assert oracles.semd(a, b, p=1) < 1e-6


def test_tiny_angles_keep_their_digits():
    """1 − cosθ of nearly collinear particles must not be computed as 1 − cosθ."""
    for angle in (1e-3, 1e-6, 1e-9):
        one = oracles.jet([(1, 0.2, 0.4), (2, 0.2 + angle, 0.4), (1, 0.2, 0.4 + angle)])
        with jax.enable_x64(True):
            for omega in oracles.OMEGAS:
                got = np.asarray(spectral_function(as_jets([one]), omega=omega).omega)[0, :3]
                # 0.2 + 1e-9 itself is rounded; compare with the difference that is really there.
                np.testing.assert_allclose(got, oracles.spectrum(one, omega).omega[:3], rtol=1e-9)


def test_a_narrow_jet_far_forward():
    one = oracles.jet([(3, 6.0, 0.0), (2, 6.001, 0.001), (1, 5.9995, -0.0005)])
    with jax.enable_x64(True):
        for omega in oracles.OMEGAS:
            got = np.asarray(spectral_function(as_jets([one]), omega=omega).omega)[0, :3]
            np.testing.assert_allclose(got, oracles.spectrum(one, omega).omega[:3], rtol=1e-9)


def test_a_single_particle_has_the_self_entry_only():
    jets = as_jets([oracles.jet([(2, 0, 0)])], width=1, dtype=np.float32)
    s = spectral_function(jets, normalize=False)
    assert s.omega.shape == (1, 1)
    assert float(s.omega[0, 0]) == 0
    assert float(s.weight[0, 0]) == float(s.total[0]) == 4


@pytest.mark.parametrize("name", ["", "Delta_R", "cos", "deltaR"])
def test_unknown_omega(name):
    with pytest.raises(ValueError, match=r"omega.*delta_r"):
        spectral_function(as_jets(random_jets(0, [2]), dtype=np.float32), omega=name)


@pytest.mark.parametrize("beta", [0.0, -1.0, np.nan, np.inf])
def test_impossible_beta(beta):
    with pytest.raises(ValueError, match="beta"):
        spectral_function(as_jets(random_jets(0, [2]), dtype=np.float32), beta=beta)
