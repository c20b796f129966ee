"""The exact distance against its definition, its closed form and other people's code."""

from __future__ import annotations

from pathlib import Path

import jax
import numpy as np
import oracles
import ot
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import Jet
from strategies import as_jets, batch, betas, powers, random_jets

from smearjax.metric import semd, semd_distance, spectral_function

kinds = st.sampled_from(oracles.OMEGAS)


def library_semd(first, second, beta=1.0, omega="delta_r", p=2.0, normalize=True, width=7):
    """SEMD of two lists of oracle jets in float64, as numpy."""
    with jax.enable_x64(True):
        a, b = (
            spectral_function(as_jets(j, width), beta, omega, normalize) for j in (first, second)
        )
        return np.asarray(semd(a, b, p))


def assert_close(got, want, scale, rtol=1e-10):
    """Equal to rtol, down to the rounding of the terms (of size `scale`) that cancel."""
    got, want, scale = (np.asarray(v) for v in (got, want, scale))
    assert (np.abs(got - want) <= rtol * np.abs(want) + 1e-13 * scale).all(), (got, want, scale)


@given(first=batch(), second=batch(), beta=betas, omega=kinds, p=powers)
def test_quantile_integral(first, second, beta, omega, p):
    spectra = [[oracles.spectrum(j, omega) for j in jets] for jets in (first, second)]
    pairs = list(zip(*spectra, strict=True))
    want = [oracles.semd(a, b, p, beta) for a, b in pairs]
    scale = [oracles.spread(a, b, p, beta) for a, b in pairs]
    assert_close(library_semd(first, second, beta, omega, p), want, scale)


@given(first=batch(), second=batch(), beta=betas, omega=kinds)
def test_closed_form(first, second, beta, omega):
    """Oracle 1: arXiv:2410.05379 eq. 2.19."""
    spectra = [[oracles.spectrum(j, omega) for j in jets] for jets in (first, second)]
    pairs = list(zip(*spectra, strict=True))
    want = [oracles.semd_closed_form(a, b, beta) for a, b in pairs]
    scale = [oracles.spread(a, b, 2, beta) for a, b in pairs]
    assert_close(library_semd(first, second, beta, omega), want, scale)


def test_whole_jets_of_the_sample(sample_jets):
    jets = sample_jets[0][:24]
    width = max(len(j.pt) for j in jets)
    spectra = [oracles.spectrum(j) for j in jets]
    for b, p in ((1.0, 2.0), (0.5, 2.0), (1.0, 1.0)):
        want = [oracles.semd(x, y, p, b) for x, y in zip(spectra[:12], spectra[12:], strict=True)]
        got = library_semd(jets[:12], jets[12:], b, p=p, width=width)
        np.testing.assert_allclose(got, want, rtol=1e-11)


def test_specter():
    """SPECTER 1.2.0 in float64 (experiments/specter_reference.py).

    Its "euclidean" and "cylindrical" values are good to 1e-12. "spherical" forms 1 − cosθ by
    subtraction, which still leaves 1e-11 on these jets.
    """
    with np.load(Path(__file__).parent / "data" / "specter_reference.npz") as stored:
        reference = dict(stored)
    assert reference["specterpy_version"] == "1.2.0"
    n = len(reference["z"]) // 2
    cases = (
        ("euclidean", "phi", "delta_r", 1),
        ("cylindrical", "phi_turned", "delta_r", 1),
        ("spherical", "phi", "one_minus_cos", 2),
    )
    for metric, azimuth, omega, exponent in cases:
        rows = zip(reference["z"], reference["y"], reference[azimuth], strict=True)
        jets = [Jet(z[z > 0], y[z > 0], phi[z > 0]) for z, y, phi in rows]
        for beta, value in zip(reference["beta"], reference[metric], strict=True):
            got = library_semd(jets[:n], jets[n:], exponent * beta, omega, width=24) / beta**2
            np.testing.assert_allclose(got, value, rtol=1e-11)


def test_optimal_transport_of_the_pair_angles():
    """POT's one-dimensional transport between the angles, which knows nothing of jets."""
    first, second = random_jets(3, [2, 5, 7, 6]), random_jets(4, [7, 1, 6, 3])
    a, b = ([oracles.spectrum(j) for j in jets] for jets in (first, second))
    for p, metric in ((1, "cityblock"), (2, "sqeuclidean")):
        want = [
            ot.emd2_1d(x.omega, y.omega, x.weight, y.weight / y.total * x.total, metric=metric)
            for x, y in zip(a, b, strict=True)
        ]
        np.testing.assert_allclose(library_semd(first, second, p=p), want, rtol=1e-10)
    want = [
        float(ot.wasserstein_1d(x.omega, y.omega, x.weight, y.weight, p=3))
        for x, y in zip(a, b, strict=True)
    ]
    np.testing.assert_allclose(library_semd(first, second, p=3), want, rtol=1e-10)


def test_one_jet_meets_all():
    jets, single = random_jets(10, [3, 4, 5, 6]), random_jets(11, [5])
    want = library_semd(jets, single * 4, p=1.5)
    np.testing.assert_array_equal(library_semd(jets, single, p=1.5), want)
    np.testing.assert_array_equal(
        library_semd(single, jets, p=1.5), library_semd(single * 4, jets, p=1.5)
    )


def test_distance_is_the_root_in_gev():
    jets, others = random_jets(12, [3, 4]), random_jets(13, [5, 2])
    with jax.enable_x64(True):
        a, b = (spectral_function(as_jets(j)) for j in (jets, others))
        for p in (1.0, 1.5, 2.0, 3.0):
            want = 525 * np.asarray(semd(a, b, p)) ** (1 / p)
            np.testing.assert_allclose(np.asarray(semd_distance(a, b, 525.0, p)), want, rtol=1e-14)


def test_float32_is_right_to_a_few_mev(sample_jets):
    jets = sample_jets[0][:60]
    width = max(len(j.pt) for j in jets)
    jets = [Jet(*(v.astype(np.float32) for v in (j.pt, j.y, j.phi))) for j in jets]
    single = [spectral_function(as_jets(j, width, np.float32)) for j in (jets[:30], jets[30:])]
    got = semd_distance(*single, pt_ref=525.0)
    assert got.dtype == np.float32
    double = [oracles.spectrum_fast(j.changed()) for j in jets]
    want = [
        525 * oracles.semd_fast(a, b) ** 0.5 for a, b in zip(double[:30], double[30:], strict=True)
    ]
    assert np.max(np.abs(np.asarray(got) - want)) < 4e-3


def single_precision(seed, sizes, **options):
    return spectral_function(as_jets(random_jets(seed, sizes), dtype=np.float32), **options)


@pytest.mark.parametrize("p", [0.999, 0.0, -1.0, np.nan, np.inf])
@pytest.mark.parametrize("function", [semd, lambda a, b, p: semd_distance(a, b, 525.0, p)])
def test_impossible_p(function, p):
    a = single_precision(0, [2, 3])
    with pytest.raises(ValueError, match="p"):
        function(a, a, p)


def test_mismatches_are_refused():
    a, b = single_precision(0, [2, 3]), single_precision(1, [2, 3])
    with pytest.raises(ValueError, match=r"2.*3|3.*2"):
        semd(a, single_precision(2, [2, 3, 4]))
    with pytest.raises(ValueError, match="chord"):
        semd(a, single_precision(1, [2, 3], omega="chord"))
    with pytest.raises(ValueError, match=r"beta|β"):
        semd(a, single_precision(1, [2, 3], beta=0.5))
    with pytest.raises(ValueError, match="total"):
        semd(a, single_precision(1, [2, 3], normalize=False))
    for p in (1, 2, 3):
        assert np.isfinite(np.asarray(semd(a, b, p))).all()


def test_totals_are_compared_relatively():
    """1 % is refused at any scale; the rounding of a normalisation is not."""
    one = random_jets(14, [4])[0]
    for scale in (1e-3, 1.0, 1e3):
        base, off = (one.changed(pt=f * scale * one.pt) for f in (1, 1.005))
        a, b, c = (
            spectral_function(as_jets([j], dtype=np.float32), normalize=False)
            for j in (base, off, base.changed(pt=scale * one.pt * (1 + 1e-7)))
        )
        with pytest.raises(ValueError, match="total"):
            semd(a, b)
        assert float(semd(a, c)[0]) < 1e-6 * float(a.total[0])
