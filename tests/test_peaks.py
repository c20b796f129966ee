"""Peaks of the information per ln ε: closed forms, planted jets, nothing where nothing is."""

import dataclasses
import math

import numpy as np
import pytest

from smearjax import SmearedLikelihood, information, load_jets
from smearjax.jets import split_rows
from smearjax.planted import cores, few_emissions, kappa, plant, plant_at, plant_curves
from smearjax.smearing import agreed_scales, permuted, scale_peaks

GRID = np.geomspace(2, 80, 17)


@pytest.mark.parametrize(
    ("quark", "gluon", "of_r"),
    [(0.8, 0.2, 0.879), (0.6, 0.4, 0.813), (0.5, 0.3, 0.829), (0.11, 0.10, 1.17)],
)
def test_kappa_of_r_as_published(quark, gluon, of_r):
    assert kappa(quark, gluon)[0] == pytest.approx(of_r, abs=1e-3 if of_r < 1 else 5e-3)


def test_kappa_of_b_depends_on_the_sum_of_presences():
    for quark, gluon in ((0.9, 0.1), (0.6, 0.4), (0.55, 0.45)):
        assert kappa(quark, gluon)[1] == pytest.approx(kappa(0.8, 0.2)[1], abs=1e-4)
    assert kappa(0.3, 0.1)[1] == pytest.approx(kappa(0.35, 0.05)[1], abs=1e-4)
    # a + b = 1: B ∝ (1 − e)/(1 + e) = tanh(x/4), x = ε0²/ε²; d/dlnε is largest where
    # (x/2) tanh(x/4) = 1.
    x = 2 / kappa(0.8, 0.2)[1] ** 2
    assert x / 2 * math.tanh(x / 4) == pytest.approx(1, abs=2e-3)


def test_closed_forms_are_those_of_many_jets():
    """Two places on a line, occupied with the odds of a plant: no nuisance, fixed counts."""
    import smearing_oracles as slow

    n, epsilon0 = 1000, 10.0
    label = np.repeat([0, 1], n).astype(np.int8)
    place = np.concatenate([np.arange(n) < 0.3 * n, np.arange(n) < 0.5 * n])
    jets = slow.jets_on_a_line(epsilon0 * place, label)
    info = information(
        SmearedLikelihood(jets, pt_ref=slow.PT_REF, cells=2), [2.0, 6.0, 15.0], replicas=2
    )
    r, b = plant_curves(info.epsilon, epsilon0, quark=0.5, gluon=0.3)
    np.testing.assert_allclose(info.R, r, atol=2e-3)
    np.testing.assert_allclose(info.B, b, atol=2e-3)


def planted_information(epsilon0, n=1000, nuisance=None, quark=0.8, gluon=0.2, angles=(0.4,)):
    nuisance = few_emissions(n, seed=31) if nuisance is None else nuisance
    plants = [
        plant_at(scale, nuisance, quark=quark, gluon=gluon, angle=angle)
        for scale, angle in zip(epsilon0, angles, strict=True)
    ]
    planted = plant(nuisance, plants, seed=32)
    scales = [float(np.median(planted.distances(k))) for k in range(len(plants))]
    return SmearedLikelihood(planted.jets), scales


@pytest.mark.parametrize("curve", ["minus_dR", "minus_dB"])
@pytest.mark.parametrize("epsilon0", [6.0, 15.0, 45.0])
def test_a_plant_is_found_where_it_is(epsilon0, curve):
    likelihood, (scale,) = planted_information([epsilon0])
    (peak,) = scale_peaks(information(likelihood, GRID, replicas=20), curve)
    of_r, of_b = kappa(0.8, 0.2)
    found = peak.distance / (of_r if curve == "minus_dR" else of_b)
    assert found == pytest.approx(scale, rel=0.15)
    # Bootstrap and truth, with 5 % of room for the interplay of plant and nuisance.
    error = found * peak.epsilon_err / peak.epsilon
    assert abs(found - scale) < 3 * error + 0.05 * scale
    assert 0 < peak.height_err < peak.height / 3


def test_two_plants_are_two_peaks():
    likelihood, scales = planted_information([4.0, 60.0], n=2000, angles=(0.3, 0.4))
    info = information(likelihood, np.geomspace(1, 120, 25), replicas=20)
    of_b = kappa(0.8, 0.2)[1]
    found = [peak.distance / of_b for peak in scale_peaks(info)]
    np.testing.assert_allclose(found, scales, rtol=0.2)


def test_nothing_planted_nothing_found():
    """A plant that both classes carry alike, and none at all."""
    for odds in (0.5, 0.0):
        nuisance = few_emissions(600, seed=41)
        plants = [plant_at(12.0, nuisance, quark=odds, gluon=odds)]
        likelihood = SmearedLikelihood(plant(nuisance, plants, seed=42).jets)
        info = information(likelihood, GRID, replicas=20)
        null = permuted(likelihood, GRID, permutations=100)
        assert scale_peaks(info) == scale_peaks(info, "minus_dR") == []
        for curve in ("minus_dR", "minus_dB"):
            assert null.p_value(info, curve) > 0.01


@pytest.mark.slow
def test_agreement_of_halves():
    nuisance = cores(load_jets("sample")[:1600], seed=51)
    planted = plant(nuisance, [plant_at(25.0, nuisance, quark=0.9, gluon=0.1)], seed=52)
    likelihood = SmearedLikelihood(planted.jets)
    halves = [likelihood.restrict(rows) for rows in split_rows(planted.jets, (0.5, 0.5))]
    infos = [information(one, GRID, replicas=20) for one in (likelihood, *halves)]
    (scale,) = agreed_scales(infos)
    assert len(scale) == 6
    of_r, of_b = kappa(0.9, 0.1)
    np.testing.assert_allclose(math.sqrt(2) * np.array(scale[::2]) / of_r, 25, rtol=0.2)
    np.testing.assert_allclose(math.sqrt(2) * np.array(scale[1::2]) / of_b, 25, rtol=0.2)
    # A second data set with its peak elsewhere: nothing is agreed upon.
    moved = dataclasses.replace(infos[1], epsilon=infos[1].epsilon * 1.3)
    assert agreed_scales([infos[0], moved]) == []


def test_wrong_arguments():
    likelihood = SmearedLikelihood(few_emissions(40))
    info = information(likelihood, [3.0, 9.0], replicas=2)
    with pytest.raises(ValueError, match="curve is 'R'"):
        scale_peaks(info, "R")
    with pytest.raises(ValueError, match="at least 5"):
        scale_peaks(info)
    with pytest.raises(ValueError, match="infos is empty"):
        agreed_scales([])
    with pytest.raises(ValueError, match="nothing differs"):
        kappa(0.5, 0.5)
    with pytest.raises(ValueError, match="epsilon0 must be"):
        plant_curves([1.0], -1.0, 0.5, 0.2)
