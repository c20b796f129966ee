"""Turned and mirrored jets: closed forms, and what cannot change."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from smearjax.evaluate import auc
from smearjax.interpret import isometry_attack
from smearjax.jets import load_jets
from smearjax.jets.transforms import center
from smearjax.networks import EFN, PFN, network_scores
from smearjax.observables import efps, multigraphs


@pytest.fixture(scope="module")
def jets():
    return load_jets("sample")[::50]


def spread_in_y(jets):
    """Σ z_i (y_i − ȳ)² in 1e-4 square radians, less for quarks."""
    about = center(jets)
    return -1e4 * (jets.pt * about.y**2).sum(axis=1) / jets.pt.sum(axis=1)


def test_the_spread_along_an_axis_runs_between_the_eigenvalues(jets):
    """Turned by δ from a principal axis it is λ₁ cos²δ + λ₂ sin²δ, and δ comes within π/K of it."""
    turns = 64
    found = isometry_attack(spread_in_y, jets, -20.0, turns=turns)
    about, z = center(jets), np.asarray(jets.pt / jets.pt.sum(axis=1, keepdims=True), np.float64)
    angles = np.stack([about.y, about.phi]).astype(np.float64)
    moments = -1e4 * np.einsum("ni,ani,bni->nab", z, angles, angles)
    low, high = np.linalg.eigvalsh(moments).T
    near = np.sin(np.pi / turns) ** 2 * (high - low) + 1e-3
    for got, exact in ((found.lowest, low), (found.highest, high)):
        assert (np.abs(got - exact) <= near).all()
    expected = (low <= -20.0) & (high > -20.0)
    assert found.flipped.value == pytest.approx(expected.mean(), abs=0.03)
    assert found.before.value == pytest.approx(auc(spread_in_y(jets), jets.label), abs=1e-6)
    worst = np.where(np.asarray(jets.label) == 1, low, high)
    assert found.auc.value == pytest.approx(auc(worst, jets.label), abs=0.02)
    assert found.auc.hi < found.before.lo


def test_what_depends_on_angles_between_particles_only_cannot_be_attacked(jets):
    graph = multigraphs(2)[1]

    def polynomial(jets):
        return -1e3 * efps(jets, [graph])[:, 0]

    found = isometry_attack(polynomial, jets, -50.0, turns=4)
    np.testing.assert_allclose(found.lowest, found.highest, rtol=2e-4)
    assert found.auc.value == pytest.approx(found.before.value, abs=2e-3)


@pytest.mark.parametrize("kind", [pytest.param(EFN, marks=pytest.mark.slow), PFN])
def test_networks_and_weights(jets, kind):
    network = kind((8,), (8,), key=jax.random.key(0))
    plain = isometry_attack(network, jets, turns=3)
    scores = network_scores(network, jets)
    rounding = 1e-4 * np.abs(scores) + 1e-5
    assert (plain.lowest <= scores + rounding).all()
    assert (plain.highest >= scores - rounding).all()
    assert plain.before.value == pytest.approx(auc(scores, jets.label), abs=1e-3)
    heavy = np.where(np.arange(len(jets)) < 40, 1.0, 0.0)
    some = isometry_attack(network, jets.replace(weight=heavy), turns=3)
    alone = isometry_attack(network, jets[:40], turns=3)
    assert some.auc.value == pytest.approx(alone.auc.value, abs=1e-6)
    assert some.flipped.value == pytest.approx(alone.flipped.value, abs=1e-6)


def test_bad_arguments(jets):
    for changed, message in (
        ({"threshold": np.inf, "turns": 2}, "threshold must be a finite number"),
        ({"threshold": 0.0, "turns": 0}, "turns must be at least 1"),
    ):
        with pytest.raises(ValueError, match=message):
            isometry_attack(spread_in_y, jets, **changed)
    with pytest.raises(ValueError, match="no labels"):
        isometry_attack(spread_in_y, jets.replace(label=None))
