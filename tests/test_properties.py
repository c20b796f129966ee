"""What the distance must obey: the closed forms, symmetries and bounds of the spectral metric."""

from __future__ import annotations

import jax
import numpy as np
import oracles
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from oracles import Jet
from strategies import as_jets, batch, betas, powers, random_jets
from test_semd import assert_close, library_semd

from smearjax.metric import semd_distance, spectral_function

kinds = st.sampled_from(oracles.OMEGAS)


@given(jets=batch(), beta=betas, omega=kinds)
def test_one_particle_partner(jets, beta, omega):
    """Oracles 2 and 4: Σ_{i<j} 2 E_i E_j ω_ij^{2β}, and 0 between two single particles."""
    single = [oracles.jet([(5, 0.3, -2)])]
    spectra = [oracles.spectrum(j, omega) for j in jets]
    want = [s.weight @ s.omega ** (2 * beta) for s in spectra]
    assert_close(library_semd(jets, single, beta, omega), want, want)
    lonely = [Jet(j.pt[:1], j.y[:1], j.phi[:1]) for j in jets]
    assert not library_semd(lonely, single, beta, omega).any()


@given(z=st.floats(0.01, 0.99), w=st.floats(0.01, 0.99), r=st.floats(1e-3, 1), s=st.floats(1e-3, 1))
def test_two_particles(z, w, r, s):
    """Oracle 3: w_Aθ_A² + w_Bθ_B² − 2 min(w_A, w_B) θ_Aθ_B."""
    a = [oracles.jet([(z, 0, 0), (1 - z, r, 0)])]
    b = [oracles.jet([(w, 0, 3), (1 - w, 0, 3 + s)])]
    w_a, w_b = 2 * z * (1 - z), 2 * w * (1 - w)
    want = w_a * r**2 + w_b * s**2 - 2 * min(w_a, w_b) * r * s
    assert_close(library_semd(a, b), want, w_a * r**2 + w_b * s**2)


@given(jets=batch())
def test_jet_mass(jets):
    """Oracle 5: to one particle of the same energy 2m² with the chord, m² with 1 − cosθ."""
    energy = [oracles.energies(j, "chord", normalize=False).sum() for j in jets]
    single = [oracles.jet([(e, 0, 1)]) for e in energy]
    m2 = np.array([oracles.mass_squared(j) for j in jets])
    for omega, factor in (("chord", 2), ("one_minus_cos", 1)):
        got = library_semd(jets, single, omega=omega, normalize=False)
        assert_close(got, factor * m2, np.square(energy) / 10)


def test_triangle_and_pair_are_degenerate():
    """Oracle 6: different events with the same spectral function."""
    side = 0.4
    triangle = oracles.jet([(4, 0, 0), (1, side, 0), (1, side / 2, side * 3**0.5 / 2)])
    pair = oracles.jet([(1, 0, 0), (1, 0, side)])
    assert library_semd([triangle], [pair])[0] < 1e-30


@given(
    first=batch(),
    second=batch(),
    energy=st.floats(0.1, 10),
    angle=st.floats(0.1, 1),
    beta=betas,
    p=powers,
)
def test_scaling(first, second, energy, angle, beta, p):
    """Oracle 7: E → λE (unnormalised), ω → κω multiplies by λ²κ^{pβ}."""
    # Equal totals, since an unnormalised jet meets only jets of its own total.
    first, second = ([j.changed(pt=j.pt / j.pt.sum()) for j in jets] for jets in (first, second))
    scaled = [
        [Jet(energy * j.pt, angle * j.y, angle * (j.phi - j.phi[0])) for j in jets]
        for jets in (first, second)
    ]
    # Nothing may wrap, or stretching would not scale the angles.
    assume(all(np.ptp(j.phi) < np.pi for j in first + second))
    plain = library_semd(first, second, beta, p=p, normalize=False)
    spectra = [[oracles.spectrum(j) for j in jets] for jets in (first, second)]
    scale = [oracles.spread(a, b, p, beta) for a, b in zip(*spectra, strict=True)]
    factor = energy**2 * angle ** (p * beta)
    got = library_semd(*scaled, beta, p=p, normalize=False)
    assert_close(got / factor, plain, 100 * np.array(scale))


def split(j: Jet) -> Jet:
    """The first particle as two collinear ones of 30 % and 70 %."""
    pt = np.append(j.pt, 0.7 * j.pt[0])
    pt[0] *= 0.3
    return Jet(pt, np.append(j.y, j.y[0]), np.append(j.phi, j.phi[0]))


def with_ghost(j: Jet) -> Jet:
    """One more particle of no energy."""
    return Jet(np.append(j.pt, 0), np.append(j.y, 0.77), np.append(j.phi, j.phi[0] + 0.5))


def moved(turn: float, shift: float = 0.0, flip: bool = False):
    """Rotation about (0, 0) of the plane, translation in y and φ, reflection."""
    c, s = np.cos(turn), np.sin(turn)

    def move(j: Jet) -> Jet:
        x, y = j.y, (-1 if flip else 1) * (j.phi - j.phi[0])
        phi = s * x + c * y + shift + 2.9
        return Jet(j.pt, c * x - s * y + shift, np.remainder(phi + np.pi, 2 * np.pi) - np.pi)

    return move


SAME_JET = {
    "collinear split": split,
    "zero-energy particle": with_ghost,
    "reversed order": lambda j: Jet(j.pt[::-1], j.y[::-1], j.phi[::-1]),
    "translation through ±π": moved(0.0, 0.3),
    "rotation": moved(1.1),
    "reflection": moved(0.4, -0.2, flip=True),
    "rapidity sign": lambda j: j.changed(y=-j.y),
}


@pytest.mark.parametrize("change", SAME_JET)
def test_invariances(change):
    """Oracles 8 and 9; every jet here is narrow, so a rotated jet stays within half a turn."""
    first, second = random_jets(5, [1, 2, 5, 6, 4]), random_jets(6, [4, 5, 3, 6, 1])
    other = [SAME_JET[change](j) for j in first]
    for beta, p in ((1.0, 2.0), (0.5, 1.0)):
        want = library_semd(first, second, beta, p=p)
        np.testing.assert_allclose(library_semd(other, second, beta, p=p), want, rtol=1e-12)
        # Not 0: the weights' rounding, 1e-16, shifts the steps against each other.
        assert library_semd(first, other, beta, p=p).max() < 1e-14


@pytest.mark.parametrize("omega", ["angle", "chord", "one_minus_cos"])
def test_true_angles_are_rotation_invariant(omega):
    """Oracle 9 for the spherical angles: any rotation in space, with the energies kept."""
    jets = random_jets(7, [2, 5, 7])
    axis = np.array([0.2, -0.5, 0.8]) / np.linalg.norm([0.2, -0.5, 0.8])
    cross = np.cross(np.eye(3), axis)
    rotation = np.eye(3) - np.sin(0.7) * cross + (1 - np.cos(0.7)) * cross @ cross
    turned = []
    for j in jets:
        momenta = np.stack((np.cos(j.phi), np.sin(j.phi), np.sinh(j.y))) * j.pt
        px, py, pz = rotation @ momenta
        turned.append(Jet(np.hypot(px, py), np.arcsinh(pz / np.hypot(px, py)), np.arctan2(py, px)))
    assert library_semd(jets, turned, omega=omega).max() < 1e-16
    others = random_jets(8, [6, 3, 4])
    want = library_semd(jets, others, omega=omega)
    np.testing.assert_allclose(library_semd(turned, others, omega=omega), want, rtol=1e-12)


@given(a=batch(), b=batch(), c=batch(), beta=betas, omega=kinds, p=powers)
def test_metric_axioms(a, b, c, beta, omega, p):
    """Oracle 10: triangle inequality, symmetry, d(A, A) = 0."""
    with jax.enable_x64(True):
        s, t, u = (spectral_function(as_jets(j), beta, omega) for j in (a, b, c))
        ab, bc, ac, ba = (
            np.asarray(semd_distance(x, y, 525.0, p)) for x, y in ((s, t), (t, u), (s, u), (t, s))
        )
        assert not np.asarray(semd_distance(s, s, 525.0, p)).any()
    # The p-th root magnifies the rounding of the weights' sums.
    slack = 525 * 4 * 1e-15 ** (1 / p)
    assert (ac <= (ab + bc) * (1 + 1e-12) + slack).all()
    np.testing.assert_allclose(ab, ba, rtol=1e-12, atol=slack)


def regular_polygon(radius: float, n: int) -> Jet:
    angle = 2 * np.pi * np.arange(n) / n
    return Jet(np.ones(n), radius * np.cos(angle), radius * np.sin(angle))


def beads(length: float, n: int) -> Jet:
    return Jet(np.ones(n), length * (np.arange(n) + 0.5) / n, np.zeros(n))


@pytest.mark.parametrize(
    ("shape", "closed_form"),
    [(regular_polygon, oracles.ring_distance_squared), (beads, oracles.line_distance_squared)],
)
def test_best_ring_and_line(shape, closed_form):
    """Oracle 12: a ring and a line as the limit of ever more particles, approached like 1/n²."""
    for j in random_jets(9, [5, 6]):
        squared, size = closed_form(oracles.spectrum(j))
        for n in (16, 96):
            error = library_semd([j], [shape(size, n)], width=n)[0] - squared
            assert abs(error) < 3 * (size / n) ** 2
        at_best, *beside = library_semd([j], [shape(f * size, 96) for f in (1, 0.9, 1.1)], width=96)
        assert at_best < min(beside)


def test_bounded_by_optimal_transport(sample_jets):
    """Oracle 13: d_SEMD(A, B) ≤ 2 W₂(A, B)."""
    jets = [Jet(j.pt[:30], j.y[:30], j.phi[:30]) for j in sample_jets[0][:24]]
    nudged = [j.changed(y=j.y + 1e-3 * np.sin(40 * j.phi)) for j in jets]
    for first, second in ((jets[:12], jets[12:]), (jets, nudged)):
        bound = [4 * oracles.transport_squared(a, b) for a, b in zip(first, second, strict=True)]
        got = library_semd(first, second, width=30)
        assert (got <= bound).all()
        assert (got > 0).all()
