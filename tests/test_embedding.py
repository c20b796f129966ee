"""The embedding's certified intervals against exact float64 distances."""

from __future__ import annotations

import jax
import numpy as np
import oracles
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import Jet
from strategies import as_jets, batch, betas, random_jets
from test_gradients import degenerate_pairs

from smearjax.metric import distance_interval, embed, embed_jets, spectral_function

PT_REF = 525.0
POWER = 3  # of the grid: cell edges (k/T)^3


def stored(jets, dtype):
    """The jets with the values that the precision leaves of them, in float64."""
    return [Jet(*(v.astype(dtype).astype(np.float64) for v in (j.pt, j.y, j.phi))) for j in jets]


def spectra_of(jets, omega="delta_r"):
    make = oracles.spectrum_fast if omega == "delta_r" else lambda j: oracles.spectrum(j, omega)
    return [make(j) for j in jets]


def exact(first, second, beta=1.0):
    """d of pair i of spectra by the definition, in float64."""
    return np.array(
        [oracles.semd_fast(a, b, 2, beta) ** 0.5 for a, b in zip(first, second, strict=True)]
    )


def intervals(first, second, dtype, beta=1.0, omega="delta_r", cells=256, width=7):
    """(lower, estimate, upper) of pair i as float64."""
    with jax.enable_x64(dtype == np.float64):
        a, b = (
            embed(spectral_function(as_jets(jets, width, dtype), dtype(beta), omega), cells)
            for jets in (first, second)
        )
        found = distance_interval(a, b)
        assert all(bound.dtype == dtype for bound in found)
        return [np.asarray(bound, np.float64) for bound in found]


def assert_certified(d, bounds):
    lower, estimate, upper = bounds
    assert np.isfinite(lower).all()
    assert np.isfinite(upper).all()
    assert (lower >= 0).all()
    assert (lower <= estimate).all()
    assert (estimate <= upper).all()
    outside = np.nonzero((d < lower) | (d > upper))[0]
    assert not len(outside), [(i, lower[i], d[i], upper[i]) for i in outside[:5]]


@pytest.fixture(scope="module")
def sample(sample_jets):
    """Width of the longest jet and the jets of the sample, as float32 leaves them."""
    jets = stored(sample_jets[0], np.float32)
    return max(len(j.pt) for j in jets), jets


@pytest.fixture(scope="module")
def embedded(sample):
    """The whole sample's exact spectra and its streamed float32 embedding."""
    width, jets = sample
    return spectra_of(jets), embed_jets(as_jets(jets, width, np.float32))


def pairs_of(embedded, i, k):
    """Exact distances and intervals of jets i against jets k of the sample."""
    spectra, e = embedded
    d = exact([spectra[a] for a in i], [spectra[b] for b in k])
    return d, [np.asarray(bound, np.float64) for bound in distance_interval(e[i], e[k])]


def test_random_pairs_of_the_sample(embedded):
    """Certified, and right to 1e-3 at the 99th percentile with 256 cells."""
    i, k = np.random.default_rng(0).integers(len(embedded[0]), size=(2, 2000))
    d, bounds = pairs_of(embedded, i, k)
    assert_certified(d, bounds)
    relative = np.abs(bounds[1] / d - 1)[i != k]
    assert np.percentile(relative, 99) < 1e-3
    # Half-width of the interval in GeV, nearly all of the projection.
    assert PT_REF * np.median(bounds[2] - bounds[0]) / 2 < 0.004


def test_nearest_neighbours_of_the_sample(embedded):
    """Certified, and right to 4e-3 at the 99th percentile."""
    vectors = np.asarray(embedded[1].vectors, np.float64)
    vectors = vectors - vectors.mean(axis=0)
    norm = np.sum(vectors**2, axis=1)
    i = np.arange(100)
    squared = norm[i, None] + norm - 2 * vectors[i] @ vectors.T
    squared[i, i] = np.inf
    d, bounds = pairs_of(embedded, i, np.argmin(squared, axis=1))
    assert_certified(d, bounds)
    assert np.percentile(np.abs(bounds[1] / d - 1), 99) < 4e-3


@pytest.mark.parametrize(
    ("omega", "dtype"), [*((o, np.float32) for o in oracles.OMEGAS), ("delta_r", np.float64)]
)
def test_every_beta_and_angle_on_real_jets(sample, dtype, omega):
    jets = [Jet(j.pt[:24], j.y[:24], j.phi[:24]) for j in sample[1][:40]]
    spectra = spectra_of(jets, omega)
    for beta in (0.25, 0.5, 1.0, 2.0):
        d = exact(spectra[:20], spectra[20:], beta)
        assert_certified(d, intervals(jets[:20], jets[20:], dtype, beta, omega, width=24))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shift", [1e-7, 1e-5, 1e-3])
def test_nearly_identical_jets(sample, dtype, shift):
    """One particle moved a little: ‖a − b‖² from norms would cancel here."""
    jets = sample[1][:24]
    moved = stored([j.changed(y=j.y + shift * (np.arange(len(j.y)) == 0)) for j in jets], dtype)
    spectra = spectra_of(jets), spectra_of(moved)
    for beta in (0.5, 1.0, 2.0):
        d = exact(*spectra, beta)
        assert_certified(d, intervals(jets, moved, dtype, beta, width=sample[0]))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_across_half_a_turn(sample, dtype):
    """φ near ±π, where wrapping costs float32 digits unless 2π is subtracted in two parts."""
    jets = [
        j.changed(phi=np.remainder(j.phi - j.phi[0], 2 * np.pi) - np.pi) for j in sample[1][:60]
    ]
    jets = stored(jets, dtype)
    assert sum(np.ptp(j.phi) > 6 for j in jets) > 50
    d = exact(spectra_of(jets[:30]), spectra_of(jets[30:]))
    assert_certified(d, intervals(jets[:30], jets[30:], dtype, width=sample[0]))


@settings(max_examples=12)
@given(first=batch(), second=batch(), beta=betas, omega=st.sampled_from(oracles.OMEGAS))
@pytest.mark.slow
def test_small_jets(first, second, beta, omega):
    for dtype in (np.float32, np.float64):
        first, second = stored(first, dtype), stored(second, dtype)
        d = exact(spectra_of(first, omega), spectra_of(second, omega), beta)
        assert_certified(d, intervals(first, second, dtype, beta, omega, cells=32))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("omega", ["delta_r", "chord"])
def test_degenerate_jets(dtype, omega):
    """Coincident particles, ties, one particle, angles of 1e-12, each against each."""
    sides = []
    for side in degenerate_pairs():
        rows = zip(side["pt"], side["y"], side["phi"], side["mask"], strict=True)
        sides.append([Jet(pt[m], y[m], phi[m]) for pt, y, phi, m in rows])
    first, second = (stored(side, dtype) for side in sides)
    spectra = spectra_of(first, omega), spectra_of(second, omega)
    for beta in (0.25, 1.0, 2.0):
        d = exact(*spectra, beta)
        assert_certified(d, intervals(first, second, dtype, beta, omega, cells=64))


def distances_between(vectors):
    return np.linalg.norm(vectors[:, None] - vectors, axis=-1)


@pytest.mark.parametrize("cells", [1, 7, 256, 512])
@pytest.mark.parametrize("beta", [0.5, 1.0])
def test_agrees_with_numpy(cells, beta):
    """Projection and residual, by merging the quantile function with the grid."""
    jets = random_jets(60, [1, 2, 5, 7])
    with jax.enable_x64(True):
        e = embed(spectral_function(as_jets(jets), beta), cells)
        vectors, residual = np.asarray(e.vectors), np.asarray(e.residual)
    modes, rest = divmod(vectors.shape[1], cells)
    assert rest == 0
    want = [oracles.embed(oracles.spectrum(j), cells, POWER, modes, beta) for j in jets]
    expected = np.array([v.ravel() for v, _ in want])
    # Distances only: a shift of all vectors or another order of the coordinates is free.
    np.testing.assert_allclose(
        distances_between(vectors), distances_between(expected), rtol=1e-10, atol=1e-13
    )
    np.testing.assert_allclose(residual, [r for _, r in want], rtol=1e-9, atol=1e-13)


def test_interval_is_the_one_of_the_definition():
    """|d² − (‖e_A − e_B‖² + r_A² + r_B²)| ≤ 2 r_A r_B, widened by float64 rounding only."""
    first, second = random_jets(61, [5, 7, 3, 6]), random_jets(62, [6, 2, 7, 5])
    lower, estimate, upper = intervals(first, second, np.float64, cells=16)
    with jax.enable_x64(True):
        modes = embed(spectral_function(as_jets(first)), 16).vectors.shape[1] // 16
    for i, (a, b) in enumerate(zip(first, second, strict=True)):
        (e_a, r_a), (e_b, r_b) = (
            oracles.embed(oracles.spectrum(j), 16, POWER, modes) for j in (a, b)
        )
        middle = np.sum((e_a - e_b) ** 2) + r_a**2 + r_b**2
        assert estimate[i] == pytest.approx(middle**0.5, rel=1e-10)
        assert lower[i] == pytest.approx((middle - 2 * r_a * r_b) ** 0.5, rel=1e-8)
        assert upper[i] == pytest.approx((middle + 2 * r_a * r_b) ** 0.5, rel=1e-8)


def test_more_cells_are_never_worse():
    first, second = random_jets(63, [5, 7, 3, 6]), random_jets(64, [6, 2, 7, 5])
    widths = []
    for cells in (1, 2, 4, 8, 16, 64, 256):
        lower, _, upper = intervals(first, second, np.float64, cells=cells)
        widths.append(upper**2 - lower**2)
    assert (np.diff(widths, axis=0) < 1e-12).all()
    assert (widths[-1] < 0.05 * widths[0]).all()


def test_one_jet_meets_all():
    jets, single = random_jets(65, [3, 4, 5]), random_jets(66, [6])
    for found, want in zip(
        intervals(jets, single, np.float32), intervals(jets, single * 3, np.float32), strict=True
    ):
        np.testing.assert_allclose(found, want, rtol=1e-6)


def test_streaming_changes_nothing(sample, embedded):
    """`embed_jets` keeps the order of the jets and adds nothing but its shorter padding."""
    width, jets = sample
    some = np.random.default_rng(5).permutation(len(jets))[:40]
    want = embed(spectral_function(as_jets([jets[i] for i in some], width, np.float32)))
    got = embedded[1][some]
    np.testing.assert_allclose(got.vectors, want.vectors, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(got.residual, want.residual, rtol=1e-3, atol=1e-6)


def test_padding_changes_nothing():
    jets = random_jets(67, [1, 2, 7, 4])
    tight, wide = (
        embed(spectral_function(as_jets(jets, width, np.float32)), 64) for width in (7, 30)
    )
    np.testing.assert_allclose(tight.vectors, wide.vectors, rtol=2e-6, atol=1e-7)
    np.testing.assert_allclose(tight.residual, wide.residual, rtol=1e-4, atol=1e-6)


def single_precision(**options):
    return spectral_function(as_jets(random_jets(68, [2, 3]), dtype=np.float32), **options)


@pytest.mark.parametrize("cells", [0, -1])
def test_impossible_cells(cells):
    with pytest.raises(ValueError, match="cells"):
        embed(single_precision(), cells)


def test_mismatched_embeddings():
    a = embed(single_precision(), 16)
    with pytest.raises(ValueError, match=r"16.*8|8.*16"):
        distance_interval(a, embed(single_precision(), 8))
    with pytest.raises(ValueError, match="chord"):
        distance_interval(a, embed(single_precision(omega="chord"), 16))
    with pytest.raises(ValueError, match=r"beta|β"):
        distance_interval(a, embed(single_precision(beta=0.5), 16))


def test_unnormalised_spectra_are_refused():
    with pytest.raises(ValueError, match="normali"):
        embed(single_precision(normalize=False), 16)
