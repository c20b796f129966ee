"""Exact distances of chosen pairs against the definition."""

from __future__ import annotations

import logging
import weakref

import jax
import numpy as np
import oracles
import pytest
from oracles import Jet
from strategies import as_jets, random_jets

from smearjax import Jets, load_jets
from smearjax.metric.exact import exact_squared_distances
from smearjax.metric.host import chosen_pairs, merge, steps

WIDTH = 16
SIZES = [5, 1, 9, 2, 16, 3, 9, 7]


def all_pairs(n: int, m: int):
    return np.stack(np.meshgrid(np.arange(n), np.arange(m), indexing="ij"), axis=-1).reshape(-1, 2)


def from_definition(first, second, pairs, beta=1.0, omega="delta_r"):
    """SEMD_{β,2} of pairs of lists of oracle jets, and the size of the terms that cancel in it."""
    a, b = ([oracles.spectrum(jet, omega) for jet in jets] for jets in (first, second))
    want = [oracles.semd(a[i], b[j], 2, beta) for i, j in pairs]
    return np.array(want), np.array([oracles.spread(a[i], b[j], 2, beta) for i, j in pairs])


def assert_right(got, want, scale):
    assert got.dtype == np.float64
    assert got.shape == want.shape
    assert (np.abs(got - want) <= 1e-11 * want + 1e-14 * scale).all()


def extended_spectrum(one: Jet, omega: str):
    """Quantiles and edges from the definitions in extended precision (64 bits of mantissa)."""
    pt, y, phi = (np.asarray(values, np.longdouble) for values in (one.pt, one.y, one.phi))
    i, j = np.triu_indices(len(pt), 1)
    dy, dphi, turn = y[i] - y[j], phi[i] - phi[j], 8 * np.arctan(np.longdouble(1))
    dphi -= turn * np.round(dphi / turn)
    if omega == "delta_r":
        weight, angle = pt, np.sqrt(dy**2 + dphi**2)
    else:
        weight = pt * np.cosh(y)
        half = (np.sinh(dy / 2) ** 2 + np.sin(dphi / 2) ** 2) / (np.cosh(y[i]) * np.cosh(y[j]))
        angle = {"chord": 2 * np.sqrt(half), "one_minus_cos": np.sqrt(2 * half)}.get(
            omega, 2 * np.arcsin(np.sqrt(half))
        )
    z = weight / weight.sum()
    order = np.argsort(-angle, kind="stable")
    return np.append(angle[order], 0), np.append(np.cumsum((2 * z[i] * z[j])[order]), 1)


def extended_semd(a: Jet, b: Jet, omega: str) -> float:
    """SEMD_{1,2} in extended precision."""
    (q_a, u_a), (q_b, u_b) = extended_spectrum(a, omega), extended_spectrum(b, omega)
    edges = np.sort(np.concatenate([u_a, u_b]))
    middle = edges - np.diff(edges, prepend=np.longdouble(0)) / 2
    difference = (
        q_a[np.searchsorted(u_a, middle).clip(max=len(q_a) - 1)]
        - q_b[np.searchsorted(u_b, middle).clip(max=len(q_b) - 1)]
    )
    return float(np.sum(np.diff(edges, prepend=np.longdouble(0)) * difference**2))


@pytest.mark.parametrize("omega", oracles.OMEGAS)
def test_the_definition(omega):
    first, second = random_jets(1, SIZES), random_jets(2, SIZES[::-1])
    pairs = all_pairs(len(first), len(second))
    a, b = as_jets(first, WIDTH), as_jets(second, WIDTH)
    for beta in (0.5, 1.0, 2.0):
        got = exact_squared_distances(a, b, pairs, beta=beta, omega=omega)
        assert_right(got, *from_definition(first, second, pairs, beta, omega))


def test_jets_of_the_sample():
    """Many particles and many ties: the stored angles are multiples of 3e-5."""
    jets = load_jets("sample")[:24]
    pairs = np.stack([np.arange(12), np.arange(12, 24)], axis=1)
    columns = (jets.pt, jets.y, jets.phi)
    listed = [Jet(*(np.float64(v[k][jets.mask[k]]) for v in columns)) for k in range(24)]
    spectra = [oracles.spectrum_fast(jet) for jet in listed]
    want = [oracles.semd_fast(spectra[i], spectra[j]) for i, j in pairs]
    np.testing.assert_allclose(exact_squared_distances(jets, jets, pairs), want, rtol=1e-11)


@pytest.mark.parametrize("omega", ["delta_r", "angle"])
@pytest.mark.parametrize("move", [1e-5, 1e-9])
def test_near_identical_jets(omega, move):
    """One particle moved. An ulp of an angle is 1e-16, so a move of 1e-9 is known to 1e-7."""
    jets = random_jets(4, [7, 9, 12, 16, 16, 16])
    moved = [jet.changed(phi=jet.phi + move * (np.arange(len(jet.pt)) == 2)) for jet in jets]
    pairs = np.stack([np.arange(len(jets))] * 2, axis=1)
    got = exact_squared_distances(as_jets(jets, WIDTH), as_jets(moved, WIDTH), pairs, omega=omega)
    want = np.array([extended_semd(a, b, omega) for a, b in zip(jets, moved, strict=True)])
    assert (want > 0).all()
    assert (want < move**2).all()
    np.testing.assert_allclose(got, want, rtol=1e-10 if move > 1e-6 else 1e-6)


@pytest.mark.parametrize("omega", oracles.OMEGAS)
def test_a_jet_is_at_no_distance_from_itself(omega):
    """Exactly, also from a copy that stands elsewhere in another set with other padding."""
    jets = random_jets(5, SIZES)
    a, b = as_jets(jets, WIDTH), as_jets(jets[::-1] + random_jets(6, [17]), 20)
    same = np.stack([np.arange(len(jets))] * 2, axis=1)
    turned = np.stack([np.arange(len(jets)), np.arange(len(jets))[::-1]], axis=1)
    for beta in (0.7, 1.0):
        assert not exact_squared_distances(a, a, same, beta=beta, omega=omega).any()
        assert not exact_squared_distances(a, b, turned, beta=beta, omega=omega).any()


def test_representations_of_one_jet():
    """Order of particles, holes between them, a zero-energy particle, a collinear split."""
    one = Jet(np.array([3.0, 2.0, 1.0]), np.array([0.0, 0.3, -0.2]), np.array([0.1, 0.0, 0.4]))
    other = random_jets(7, [6])[0]
    turned, split = (Jet(one.pt[k], one.y[k], one.phi[k]) for k in ([2, 0, 1], [0, 1, 2, 1]))
    split.pt[[1, 3]] = 0.75, 1.25
    forms = as_jets([one, turned, split, other], WIDTH)
    pt, mask = (np.concatenate([v, v[:1]]) for v in (forms.pt, forms.mask))
    y, phi = (np.concatenate([v, v[:1]]) for v in (forms.y, forms.phi))
    for column in (pt, y, phi, mask):
        column[4] = np.roll(column[4], 9)
    mask[4, 3] = True  # with pt = 0
    jets = Jets(pt, y, phi, mask)
    far = exact_squared_distances(jets, jets, [[k, 3] for k in (0, 1, 2, 4)])
    np.testing.assert_allclose(far, far[0], rtol=1e-13)
    near = exact_squared_distances(jets, jets, [[0, 1], [0, 2], [0, 4]])
    np.testing.assert_allclose(near, 0, atol=1e-16)


def test_ties():
    """Squares: many equal angles and equal edges, in one jet and between two."""
    square = np.array([[0.0, 0.0], [0.0, 0.5], [0.5, 0.0], [0.5, 0.5]]).T
    jets = [Jet(np.array(pt), *square) for pt in ([1.0] * 4, [1.0, 2.0, 1.0, 2.0], [2.0] * 4)]
    jets.append(Jet(np.ones(3), np.zeros(3), np.array([0.0, 0.5, 0.5])))
    pairs = all_pairs(4, 4)
    found = exact_squared_distances(as_jets(jets, WIDTH), as_jets(jets, WIDTH), pairs)
    assert_right(found, *from_definition(jets, jets, pairs))


def test_one_particle_gives_the_angular_spread():
    """Oracle 4: Σ_{i<j} 2 E_i E_j ω_ij², and 0 between two single particles."""
    jets = random_jets(8, [1, 8, 1])
    found = exact_squared_distances(as_jets(jets, WIDTH), as_jets(jets, WIDTH), [[0, 1], [0, 2]])
    s = oracles.spectrum(jets[1])
    np.testing.assert_allclose(found, [s.weight @ s.omega**2, 0.0], rtol=1e-13)


def test_single_precision_jets_are_upcast():
    """On either side of the library, host or device: the same bits as their float64 copies."""
    jets = as_jets(random_jets(9, SIZES), WIDTH, np.float32)
    wide = Jets(*(np.float64(v) for v in (jets.pt, jets.y, jets.phi)), mask=jets.mask)
    pairs = all_pairs(len(jets), len(jets))
    want = exact_squared_distances(wide, wide, pairs, omega="angle")
    assert not jax.config.jax_enable_x64
    for a in (jets, jax.tree.map(jax.numpy.asarray, jets)):
        np.testing.assert_array_equal(exact_squared_distances(a, a, pairs, omega="angle"), want)


def test_order_and_repeats():
    """Each pair by itself, in whatever company; the distance is symmetric to the bit."""
    jets = as_jets(random_jets(10, SIZES), WIDTH)
    table = exact_squared_distances(jets, jets, all_pairs(8, 8)).reshape(8, 8)
    np.testing.assert_array_equal(table, table.T)
    pairs = np.random.default_rng(11).integers(0, 8, (200, 2))
    for form in (pairs, pairs.astype(np.uint8), pairs.tolist(), jax.numpy.asarray(pairs)):
        found = exact_squared_distances(jets, jets, form)
        np.testing.assert_array_equal(found, table[pairs[:, 0], pairs[:, 1]])
    none = exact_squared_distances(jets, jets, np.zeros((0, 2), int))
    assert (none.shape, none.dtype) == ((0,), np.float64)


@pytest.mark.parametrize("limit", [1, 30, 100])
def test_blocks_do_not_matter(monkeypatch, limit):
    """Few entries a block and a piece: not a bit changes, and two blocks are held at most."""
    first, second = (as_jets(random_jets(seed, SIZES * 2), WIDTH) for seed in (13, 14))
    pairs = np.random.default_rng(15).permutation(all_pairs(16, 16))
    cases = [(first, second), (first, first)]
    want = [exact_squared_distances(a, b, pairs) for a, b in cases]
    visits, arrays = [], []
    original = chosen_pairs.step_functions

    def watched(jets, *rest):
        assert sum(array() is not None for array in arrays) <= 1
        steps = original(jets, *rest)
        visits.append(len(steps.quantile))
        arrays.append(weakref.ref(steps.quantile))
        return steps

    monkeypatch.setattr(chosen_pairs, "step_functions", watched)
    monkeypatch.setattr(chosen_pairs, "_ENTRIES", limit)
    monkeypatch.setattr(steps, "_PIECE", limit)
    for (a, b), expected in zip(cases, want, strict=True):
        np.testing.assert_array_equal(exact_squared_distances(a, b, pairs), expected)
    assert max(visits) < limit + steps.entries(16)
    if limit == 1:  # a block a jet: each of a once, all of b for each; for one set half of b,
        assert len(visits) == (16 + 16 * 16) + (16 * 17 // 2 - 1)  # and the last is still there


def test_parts_do_not_matter(monkeypatch):
    """Pairs shared out to threads a few at a time, the last of them fewer: not a bit changes."""
    jets, pairs = as_jets(random_jets(12, SIZES), WIDTH), all_pairs(8, 8)
    want = exact_squared_distances(jets, jets, pairs)
    monkeypatch.setattr(merge, "_PAIRS", 10)
    np.testing.assert_array_equal(exact_squared_distances(jets, jets, pairs), want)


def test_jets_without_a_pair_are_not_touched(monkeypatch):
    jets = as_jets(random_jets(16, SIZES), WIDTH)
    seen = []
    original = chosen_pairs.step_functions
    monkeypatch.setattr(
        chosen_pairs,
        "step_functions",
        lambda jets, *rest: seen.append(len(jets)) or original(jets, *rest),
    )
    exact_squared_distances(jets, jets, [[2, 5], [5, 2], [2, 2]])
    assert seen == [2]


def test_new_pairs_do_not_recompile(caplog):
    jets = as_jets(random_jets(17, SIZES), WIDTH)
    exact_squared_distances(jets, jets, [[0, 1]])
    with jax.log_compiles(), caplog.at_level(logging.WARNING, logger="jax"):
        exact_squared_distances(jets[1:], jets, all_pairs(7, 8), beta=0.3)
    assert [r.getMessage() for r in caplog.records if "Compiling" in r.getMessage()] == []


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ([0, 1], r"pairs has shape \(2,\).*\(P, 2\)"),
        ([[0, 1, 2]], r"pairs has shape \(1, 3\)"),
        ([[0], [0, 1]], "pairs is no array"),
        (np.zeros((2, 2)), r"pairs has dtype float64.*astype\(int\)"),
        (np.zeros((2, 2), bool), "pairs has dtype bool"),
        (
            [[0, 0], [0, 3], [5, 0]],
            r"2 of 3 rows, first row 1: \[0, 3\]; expected 0 to 3 .* 0 to 2",
        ),
        ([[0, 0], [-1, 0]], r"1 of 2 rows, first row 1: \[-1, 0\]"),
        (np.array([[2**63, 0]], np.uint64), "first row 0"),
    ],
)
def test_bad_pairs_are_refused(pairs, message):
    a, b = (as_jets(random_jets(18, sizes), WIDTH) for sizes in ([2, 3, 4, 5], [2, 3, 4]))
    with pytest.raises(ValueError, match=message):
        exact_squared_distances(a, b, pairs)


def test_bad_options_are_refused():
    jets = as_jets(random_jets(19, [2, 3]), WIDTH)
    for pairs in ([[0, 0]], np.zeros((0, 2), int)):
        with pytest.raises(ValueError, match="beta must be positive"):
            exact_squared_distances(jets, jets, pairs, beta=0.0)
        with pytest.raises(ValueError, match="omega must be one of"):
            exact_squared_distances(jets, jets, pairs, omega="delta_q")


def test_without_a_cpu_of_jax(monkeypatch):
    """JAX_PLATFORMS may name an accelerator only, which then does it."""
    jets = as_jets(random_jets(20, SIZES), WIDTH)
    want = exact_squared_distances(jets, jets, all_pairs(8, 8))

    def unknown(backend):
        raise RuntimeError(f"Unknown backend {backend}")

    monkeypatch.setattr(jax, "local_devices", unknown)
    np.testing.assert_array_equal(exact_squared_distances(jets, jets, all_pairs(8, 8)), want)
