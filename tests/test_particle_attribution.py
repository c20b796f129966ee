"""Gradients of particles against closed forms, finite differences and certificates."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from smearjax import SmearedLikelihood
from smearjax.interpret import (
    Replacements,
    draw_replacements,
    integrated_gradients,
    particle_gradients,
    transport_slope,
)
from smearjax.interpret.attribution.plan import transport_plan
from smearjax.jets import Jets, load_jets
from smearjax.networks import EFN, PFN, LipschitzEFN, network_scores

SAMPLE = load_jets("sample")
NARROW = SAMPLE[np.flatnonzero(np.asarray(SAMPLE.multiplicity) <= 30)[:24]]


def toy_jets(n_jets=6, n=5, seed=0):
    """Jets with holes in their rows, in float64."""
    rng = np.random.default_rng(seed)
    mask = rng.uniform(size=(n_jets, n)) < 0.7
    mask[:, 2] = True
    pt = np.where(mask, rng.uniform(10, 100, (n_jets, n)), 0.0)
    return Jets(pt, *rng.normal(0, 0.2, (2, n_jets, n)), mask)


def pair_energy(jets):
    """Σ_ij z_i z_j ω_ij²."""
    z = jets.pt / jets.pt.sum(axis=1, keepdims=True)
    y, phi = (x[:, :, None] - x[:, None, :] for x in (jets.y, jets.phi))
    return (z[:, :, None] * z[:, None, :] * (y**2 + phi**2)).sum(axis=(1, 2))


def along(jets):
    """Σ_i z_i (3 y_i − 4 φ_i)."""
    z = jets.pt / jets.pt.sum(axis=1, keepdims=True)
    return (z * (3 * jets.y - 4 * jets.phi)).sum(axis=1)


def fractions(jets):
    return jets.pt / jets.pt.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("name", ["pt", "y", "phi"])
def test_gradients_against_finite_differences(name):
    jets = toy_jets()
    with jax.enable_x64(True):
        found = particle_gradients(pair_energy, jets)
        for particle in range(5):
            sides = []
            for step in (1e-5, -1e-5):
                column = np.array(getattr(jets, name))
                column[:, particle] += np.where(jets.mask[:, particle], step, 0.0)
                sides.append(
                    np.asarray(pair_energy(jets.replace(**{name: column, "mask": jets.mask})))
                )
            slope = (sides[0] - sides[1]) / 2e-5
            np.testing.assert_allclose(
                getattr(found, name)[:, particle], slope, rtol=1e-6, atol=1e-9
            )
    np.testing.assert_allclose(found.score, pair_energy(jets), rtol=1e-12)
    assert (getattr(found, name)[~jets.mask] == 0).all()


def test_networks_have_no_slope_along_what_they_do_not_see():
    """Total momentum and place of the jet; and slopes are a network's own."""
    network = EFN((16, 16), (16,), key=jax.random.key(0))
    found = particle_gradients(network, NARROW)
    for sums in ((NARROW.pt * found.pt), found.y, found.phi):
        assert np.abs(sums.sum(axis=1)).max() < 1e-4 * np.abs(sums).max()
    np.testing.assert_allclose(found.score, network_scores(network, NARROW), atol=1e-5)
    one = jax.grad(lambda pt: network(pt, NARROW.y[5], NARROW.phi[5], NARROW.mask[5]))(
        jnp.asarray(NARROW.pt[5])
    )
    np.testing.assert_allclose(found.pt[5], np.asarray(one), rtol=1e-3, atol=1e-6)


def test_slope_of_a_linear_score():
    """|w|/pT_ref for every particle: 5/500."""
    found = transport_slope(along, toy_jets(), pt_ref=500.0)
    np.testing.assert_allclose(found.largest, 0.01, rtol=1e-5)
    np.testing.assert_allclose(found.slope[toy_jets().mask], 0.01, rtol=1e-5)
    assert (found.slope[~toy_jets().mask] == 0).all()


def test_slopes_are_finite_without_momentum():
    jets = Jets([[100.0, 0.0, 0.5]], [[0.0, 0.1, 0.2]], [[0.0, 0.1, -0.1]], [[True] * 3])
    network = PFN((8, 8), (8,), key=jax.random.key(0))
    found = transport_slope(network, jets, pt_ref=500.0)
    assert np.isfinite(found.slope).all()
    assert found.slope[0, 1] == 0.0
    # Φ of a PFN does not vanish with z: the softest has the largest slope.
    assert found.largest[0] == found.slope[0, 2] > 3 * found.largest_hard[0] > 0


def test_a_certified_slope_is_never_passed():
    network = LipschitzEFN((16, 16), (16,), emd_scale=5.0, pt_ref=525.0, key=jax.random.key(0))
    found = transport_slope(network, NARROW, pt_ref=525.0)
    bound = 2 / network.emd_scale
    assert found.largest.max() < bound * (1 + 1e-4)
    assert found.largest.max() > 0.05 * bound


def test_integrated_gradients_of_quadratic_forms():
    """f = zᵀ K z: ψ integrates to K(z_A + z_B) along the line."""
    jets, other = toy_jets(), toy_jets(seed=1)
    with jax.enable_x64(True):
        found = integrated_gradients(pair_energy, jets, other, steps=4)
        last, first = integrated_gradients(pair_energy, jets, other, rows=[3, 0], steps=4).values
    np.testing.assert_allclose([last, first], found.values[[3, 0]], atol=1e-12)
    for jet in range(len(jets)):
        a, b = fractions(jets)[jet], fractions(other)[jet]
        place = np.concatenate(
            [[jets.y[jet], jets.phi[jet]], [other.y[jet], other.phi[jet]]], axis=1
        )
        squared = ((place[:, :, None] - place[:, None, :]) ** 2).sum(axis=0)
        psi = squared @ np.concatenate([a, b])
        with jax.enable_x64(True):
            plan = np.asarray(transport_plan(*map(jnp.asarray, (a, b, place.T[:5], place.T[5:]))))
        expected = a * psi[:5] - plan @ psi[5:]
        np.testing.assert_allclose(found.values[jet], expected, atol=1e-12)
    np.testing.assert_allclose(found.missing, 0.0, atol=1e-12)
    np.testing.assert_allclose(found.base, pair_energy(other), rtol=1e-12)
    assert np.isnan(found.errors).all()


@pytest.mark.parametrize("seed", range(3))
def test_plans_have_both_jets_as_their_sums(seed):
    """And cost little more than the best."""
    import ot

    rng = np.random.default_rng(seed)
    a, b = rng.dirichlet(np.ones(20), size=2)
    a[3] = 0.0
    a /= a.sum()
    places = rng.normal(0, 0.2, (2, 20, 2))
    with jax.enable_x64(True):
        plan = np.asarray(transport_plan(*map(jnp.asarray, (a, b, *places))))
    np.testing.assert_allclose(plan.sum(axis=1), a, atol=1e-12)
    np.testing.assert_allclose(plan.sum(axis=0), b, atol=1e-12)
    assert plan.min() >= 0
    cost = ((places[0][:, None] - places[1]) ** 2).sum(axis=2)
    assert (plan * cost).sum() < 1.2 * ot.emd2(a, b, cost)


@pytest.mark.slow
def test_the_same_jet_as_baseline_leaves_next_to_nothing():
    efn = EFN((16, 16), (16,), key=jax.random.key(0))
    same = integrated_gradients(efn, NARROW, NARROW, steps=4)
    axis = integrated_gradients(efn, NARROW, steps=4)
    assert np.abs(same.values).sum() < 0.05 * np.abs(axis.values).sum()


def test_the_axis_is_a_jet_without_structure():
    """Σ z |p̂ − axis|² is linear: each particle has its term."""
    with jax.enable_x64(True):
        found = integrated_gradients(along, toy_jets())
    jets = toy_jets()
    z = fractions(jets)
    away = [x - (z * x).sum(axis=1, keepdims=True) for x in (jets.y, jets.phi)]
    np.testing.assert_allclose(found.values, z * (3 * away[0] - 4 * away[1]), atol=1e-12)
    np.testing.assert_allclose(found.base, found.score, atol=1e-12)


def test_networks_are_complete():
    """An EFN up to the quadrature; a PFN but for the mere presence of soft particles."""
    efn = EFN((16, 16), (16,), key=jax.random.key(0))
    found = integrated_gradients(efn, NARROW)
    spread = np.abs(found.score - found.base).max()
    assert np.abs(found.missing).max() < 2e-3 * spread
    assert found.values[NARROW.mask].std() > 0.01 * spread
    pfn = PFN((16, 16), (16,), key=jax.random.key(0))
    found = integrated_gradients(pfn, NARROW, steps=64)
    axis_alone = found.base
    y, phi = (np.concatenate([np.asarray(x), x[:, :1]], axis=1) for x in (NARROW.y, NARROW.phi))
    with_axis = [np.concatenate([np.zeros_like(NARROW.pt), NARROW.total_pt[:, None]], axis=1)]
    z = fractions(NARROW)
    for x, given in ((y, NARROW.y), (phi, NARROW.phi)):
        hardest = np.take_along_axis(given, np.argmax(NARROW.pt, axis=1)[:, None], axis=1)
        delta = (given - hardest + np.pi) % (2 * np.pi) - np.pi
        x[:, -1] = (hardest[:, 0] + (z * delta).sum(axis=1)).astype(x.dtype)
    mask = np.concatenate([NARROW.mask, np.ones((len(NARROW), 1), bool)], axis=1)
    begin = network_scores(pfn, Jets(*with_axis, y, phi, mask))
    end = np.concatenate([NARROW.pt, np.zeros((len(NARROW), 1), np.float32)], axis=1)
    finish = network_scores(pfn, Jets(end, y, phi, mask))
    jump = (begin - axis_alone) + (found.score - finish)
    assert np.abs(jump).max() > 0.1 * np.abs(found.score - axis_alone).max()
    np.testing.assert_allclose(found.missing, jump, atol=0.02 * np.abs(jump).max())


@pytest.mark.slow
def test_means_over_neighbours():
    """As over baselines one by one; turned copies of a jet leave nothing to tell."""
    jets = NARROW
    drawn = draw_replacements(SmearedLikelihood(jets), 6.0, draws=2)
    efn = EFN((16, 16), (16,), key=jax.random.key(0))
    found = integrated_gradients(efn, jets, drawn, steps=8)
    there = drawn.there
    assert 0 < there.sum() < len(jets)
    each = [
        integrated_gradients(efn, jets, Replacements(drawn.index[:, [d]], 6.0), steps=8)
        for d in range(2)
    ]
    values = np.stack([one.values[there] for one in each])
    np.testing.assert_allclose(found.values[there], values.mean(axis=0), atol=1e-6)
    expected = values.std(axis=0, ddof=1) / np.sqrt(2)
    np.testing.assert_allclose(found.errors[there], expected, atol=1e-4)
    assert np.isnan(found.values[~there]).all()
    assert np.isnan(found.missing[~there]).all()
    assert found.epsilon == 6.0
    asked = [int(np.flatnonzero(~there)[0]), *map(int, np.flatnonzero(there)[[2, 0]])]
    some = integrated_gradients(efn, jets, drawn, rows=asked, steps=8)
    np.testing.assert_array_equal(some.rows, asked)
    for name in ("values", "errors", "score", "base", "missing"):
        np.testing.assert_allclose(getattr(some, name), getattr(found, name)[asked], atol=1e-5)
    copy = Jets(
        *(np.concatenate([a, b]) for a, b in ((NARROW.pt, NARROW.pt), (NARROW.y, -NARROW.y),
                                              (NARROW.phi, NARROW.phi)))
    )  # fmt: skip
    twin = (np.arange(48) + 24) % 48
    same = integrated_gradients(efn, copy, Replacements(twin[:, None]), steps=4)
    np.testing.assert_allclose(same.base, same.score, atol=1e-4)
