"""What stands for leptons: the metric about an origin, and networks that keep it."""

from __future__ import annotations

import jax
import numpy as np
import ot
import pytest
from network_kinds import EVERY

from smearjax import Jets, SmearedLikelihood, load_jets
from smearjax.metric import (
    Cloud,
    count_balls,
    exact_squared_distances,
    find_neighbours,
    fit_space,
    origin_space,
    sum_space,
)
from smearjax.networks import (
    EFN,
    PFN,
    AboutOrigin,
    Ensemble,
    TrainingConfig,
    load_network,
    network_scores,
    save_network,
    train_network,
)

PT_REF = 20.0


@pytest.fixture(scope="module")
def leptons():
    """A lepton at the origin with 0 to 30 particles around it, the more the closer."""
    rng = np.random.default_rng(4)
    pt, y, phi = [], [], []
    for number in rng.integers(0, 31, 300):
        radius, turn = 0.4 * rng.random(number), rng.uniform(-np.pi, np.pi, number)
        pt.append(np.append(12.0, rng.exponential(0.8, number)).astype(np.float32))
        y.append(np.append(0.0, radius * np.cos(turn)).astype(np.float32))
        phi.append(np.append(0.0, radius * np.sin(turn)).astype(np.float32))
    return Jets.from_lists(pt, y, phi, label=np.arange(300) % 2)


def slow(jets, i, j, beta=1.0):
    """d² in GeV² by optimal transport on a line, in float64."""
    sides = []
    for k in (i, j):
        mask = np.asarray(jets.mask[k])
        pt, y, phi = (np.asarray(a[k], np.float64)[mask] for a in (jets.pt, jets.y, jets.phi))
        sides.append((np.hypot(y, phi) ** beta, pt / pt.sum()))
    (a, w), (b, v) = sides
    return PT_REF**2 * ot.emd2_1d(a, b, w, v, metric="sqeuclidean")


@pytest.mark.parametrize(("beta", "cells"), [(0.5, 4), (1.0, 64)])
def test_every_transport_lies_in_its_interval(leptons, beta, cells):
    """Few cells, so that the residuals matter, and many, so that only rounding does."""
    points = origin_space(leptons, beta=beta, cells=cells, pt_ref=PT_REF).points(leptons)
    pairs = np.random.default_rng(1).choice(len(leptons), (300, 2))
    a, b = pairs[pairs[:, 0] != pairs[:, 1]].T
    d = np.sqrt([slow(leptons, i, j, beta) for i, j in zip(a, b, strict=True)])
    vectors, residual, norm, rounding = (
        np.asarray(x, np.float64)
        for x in (points.points.vectors, points.residual, points.points.norm, points.rounding)
    )
    np.testing.assert_allclose(norm, (vectors**2).sum(axis=1) + residual**2, rtol=1e-5)
    apart, lost = np.linalg.norm(vectors[a] - vectors[b], axis=1), rounding[a] + rounding[b]
    low = np.hypot(apart, residual[a] - residual[b]) - lost
    high = np.hypot(apart, residual[a] + residual[b]) + lost
    assert np.all((low <= d) & (d <= high))
    assert np.median((high - low) / d) < (0.5 if cells == 4 else 0.05)


def test_two_particles_in_closed_form():
    """z₂ = w at R: q is R on a stretch w, so d² = w R² + v Q² − 2 min(w, v) R Q."""
    (w, r), (v, q) = (0.2, 0.3), (0.5, 0.1)
    jets = Jets(
        pt=np.array([[1 - w, w], [1 - v, v]]),
        y=np.array([[0, r * np.cos(2)], [0, -q]]),
        phi=np.array([[2 * np.pi, r * np.sin(2) - 2 * np.pi], [0, 0]]),
    )
    with jax.enable_x64(True):
        found = find_neighbours(Cloud(jets, origin_space(jets, cells=512, pt_ref=1.0)), 1)
    d = np.sqrt(w * r**2 + v * q**2 - 2 * min(w, v) * r * q)
    np.testing.assert_allclose(found.distance[:, 0], d, rtol=1e-4)
    assert np.all(np.abs(found.distance[:, 0] - d) <= found.half_width[:, 0] + 1e-12)


def test_it_knows_the_origin_and_turns_about_it(leptons):
    """Turned about the lepton at no cost, unlike moved; split and soft particles cost nothing."""
    space = origin_space(leptons, pt_ref=PT_REF)
    # All as wide as the split ones, so that one shape is compiled.
    pt, y, phi, mask = (np.concatenate([a, np.zeros_like(a)], axis=1)
                        for a in (leptons.pt, leptons.y, leptons.phi, leptons.mask))  # fmt: skip
    width = leptons.pt.shape[1]
    halves = np.where(np.arange(2 * width) < width, np.float32(0.25), np.float32(0.75))
    twice = [np.tile(a[:, :width], (1, 2)) for a in (pt, y, phi, mask)]
    soft = [a.copy() for a in (pt, y, phi, mask)]
    for column, more in zip(soft, (1e-9, 0.3, 0.1, True), strict=True):
        column[:, width] = more
    leptons = Jets(pt, y, phi, mask)
    changed = {
        "turned": Jets(pt, phi, -y, mask),
        "split": Jets(halves * twice[0], *twice[1:]),
        "soft": Jets(*soft),
        "moved": Jets(pt, y + np.float32(0.1) * mask, phi, mask),
    }
    here = np.asarray(space.points(leptons).points.vectors, np.float64)
    moved = {
        name: np.linalg.norm(here - np.asarray(space.points(jets).points.vectors), axis=1)
        for name, jets in changed.items()
    }
    for name in ("turned", "split", "soft"):
        assert moved[name].max() < 1e-2, name
    # Particles at the lepton, most of the momentum, are .1 away now: nearly .1 · 20 GeV.
    assert np.median(moved["moved"]) > 1.0


def test_beside_semd_it_adds_its_square(leptons):
    parts = [fit_space(leptons, pt_ref=PT_REF), origin_space(leptons, pt_ref=PT_REF)]
    weights = np.array([0.7, 1.4])
    both = sum_space(parts, weights)
    found = find_neighbours(Cloud(leptons, both), 1)
    rows = np.arange(0, 300, 7)
    pairs = np.stack([rows, found.index[rows, 0]], axis=1)
    semd = PT_REF**2 * exact_squared_distances(leptons, leptons, pairs)
    ring = np.array([slow(leptons, i, j) for i, j in pairs])
    d = np.sqrt(weights @ np.array([semd, ring]))
    assert np.all(np.abs(found.distance[rows, 0] - d) <= found.half_width[rows, 0] + 1e-6)
    np.testing.assert_allclose(found.distance[rows, 0], d, rtol=0.05, atol=0.01)
    with pytest.raises(ValueError, match="in a OriginSpace"):
        count_balls(Cloud(leptons, parts[1]), [1.0], exact=True)
    like = SmearedLikelihood(leptons, space=parts[1])
    assert "distance to the origin" in like.convention["metric"]


@pytest.mark.parametrize("kind", ["pfn_id", pytest.param("ensemble", marks=pytest.mark.slow)])
def test_a_network_about_the_origin_is_the_network_of_centred_jets(kind):
    """Where the centroid is at the origin both agree; moved, only the one that keeps it changes."""
    plain = EVERY[kind]
    kept = AboutOrigin(plain)
    jets = load_jets("sample")[:20]
    wide = {k: np.asarray(getattr(jets, k), np.float64) for k in ("pt", "y", "phi")}
    z = wide["pt"] / wide["pt"].sum(axis=1, keepdims=True)
    y = wide["y"] - (z * wide["y"]).sum(axis=1, keepdims=True)
    hardest = np.take_along_axis(wide["phi"], wide["pt"].argmax(axis=1)[:, None], axis=1)
    phi = np.angle(np.exp(1j * (wide["phi"] - hardest)))
    phi -= (z * phi).sum(axis=1, keepdims=True)
    at = jets.replace(y=np.float32(y * jets.mask), phi=np.float32(phi * jets.mask))
    away = at.replace(y=at.y + np.float32(0.2) * jets.mask)
    expected = network_scores(plain, jets)
    np.testing.assert_allclose(network_scores(kept, at), expected, rtol=1e-3, atol=2e-5)
    np.testing.assert_allclose(network_scores(plain, away), expected, rtol=1e-3, atol=2e-5)
    assert np.abs(network_scores(kept, away) - expected).max() > 1e-3
    one = kept(away.pt[0], away.y[0], away.phi[0], away.mask[0], away.pid[0])
    np.testing.assert_allclose(one, network_scores(kept, away[:1])[0], rtol=1e-4, atol=1e-6)


def test_training_keeps_the_origin(leptons):
    """Classes that differ by where the lepton is and by nothing else."""
    label = np.asarray(leptons.label)
    shift = np.where(label == 1, 0.15, 0.0).astype(np.float32)[:, None] * leptons.mask
    jets = leptons.replace(y=leptons.y + shift)
    config = TrainingConfig(epochs=15, batch_size=20, learning_rate=0.01, progress=False)
    plain = EFN((16,), (16,), key=jax.random.key(1))
    losses = [
        train_network(network, jets[:200], jets[200:], config).validation_loss.min()
        for network in (AboutOrigin(plain), plain)
    ]
    assert losses[0] < 0.35
    assert losses[1] > 0.6


def test_it_is_saved_with_what_it_holds(tmp_path):
    inner = Ensemble(
        [EFN((4,), (4,), key=jax.random.key(0)), PFN((3,), (4,), key=jax.random.key(1))]
    )
    save_network(tmp_path / "kept.eqx", AboutOrigin(inner))
    again, jets = load_network(tmp_path / "kept.eqx"), load_jets("sample")[:20]
    assert again.keeps_origin
    np.testing.assert_array_equal(
        network_scores(again, jets), network_scores(AboutOrigin(inner), jets)
    )


def test_no_ensemble_of_both_kinds():
    network = EFN((4,), (4,), key=jax.random.key(0))
    with pytest.raises(ValueError, match="different coordinates"):
        Ensemble([network, AboutOrigin(network)])
    assert Ensemble([AboutOrigin(network)]).keeps_origin
