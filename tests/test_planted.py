"""Planted jets: where the plants sit, at which distance, in whom; and what the nuisance reaches."""

import math

import numpy as np
import oracles
import pytest

from smearjax import Jets, load_jets
from smearjax.planted import Plant, cores, few_emissions, plant, plant_at


def pair_angles(jets: Jets) -> np.ndarray:
    """ΔR of every two particles of every jet, −1 for padding."""
    y, phi = (np.asarray(a, np.float64) for a in (jets.y, jets.phi))
    delta = np.hypot(y[:, :, None] - y[:, None], phi[:, :, None] - phi[:, None])
    both = np.asarray(jets.mask)[:, :, None] & np.asarray(jets.mask)[:, None]
    return np.where(both, delta, -1.0)


def one(jets: Jets, i: int, leave_out: int | None = None) -> oracles.Jet:
    """Jet i for the slow oracle, perhaps without one particle."""
    real = np.array(jets.mask[i])
    if leave_out is not None:
        real[leave_out] = False
    return oracles.jet(np.stack([jets.pt[i], jets.y[i], jets.phi[i]], axis=1)[real])


@pytest.mark.parametrize(
    "nuisance", [few_emissions(400, seed=3), cores(load_jets("sample")[:200], radius=0.09)]
)
def test_the_nuisance_is_narrow_and_alike_in_both_classes(nuisance):
    assert pair_angles(nuisance).max() < 0.2
    assert nuisance.label.mean() == 0.5
    by_class = [nuisance.multiplicity[nuisance.label == c] for c in (0, 1)]
    spread = math.sqrt(sum(np.var(n) / len(n) for n in by_class))
    assert abs(by_class[0].mean() - by_class[1].mean()) < 3 * spread


def test_few_emissions_have_the_densities_they_claim():
    jets = few_emissions(4000, seed=5)
    np.testing.assert_allclose(jets.total_pt, 525, rtol=1e-6)
    assert np.unique(jets.multiplicity).tolist() == [3, 4, 5]
    emitted = jets.mask[:, 1:]
    z = jets.pt[:, 1:][emitted] / 525
    r = np.hypot(jets.y, jets.phi)[:, 1:][emitted]
    for values, low, high in ((z, 1e-3, 0.15), (r, 0.01, 0.1)):
        u = np.log(values / low) / math.log(high / low)  # uniform where p(x) ∝ 1/x
        assert np.abs(np.quantile(u, [0.25, 0.5, 0.75]) - [0.25, 0.5, 0.75]).max() < 0.02
    assert (few_emissions(50, seed=1).pt == few_emissions(50, seed=1).pt).all()
    assert not (few_emissions(50, seed=1).pt == few_emissions(50, seed=2).pt).all()


def test_cores_keep_what_is_near_the_hardest_particle():
    jets = load_jets("sample")[:50]
    kept = cores(jets, radius=0.1)
    for i in range(50):
        full = one(jets, i)
        first = np.argmax(full.pt)
        turn = (full.phi - full.phi[first] + np.pi) % (2 * np.pi) - np.pi
        near = np.hypot(full.y - full.y[first], turn) < 0.1
        np.testing.assert_array_equal(np.sort(one(kept, i).pt), np.sort(full.pt[near]))
    assert not (cores(jets, seed=1).label == cores(jets, seed=2).label).all()


def test_each_class_carries_its_share_and_every_jet_its_momentum():
    nuisance = few_emissions(4000, seed=7)
    plants = [Plant(0.01, quark=0.8, gluon=0.2), Plant(0.002, quark=0.3, gluon=0.3, angle=0.3)]
    planted = plant(nuisance, plants, seed=8)
    for k, plan in enumerate(plants):
        for c, odds in ((1, plan.quark), (0, plan.gluon)):
            share = planted.present[nuisance.label == c, k].mean()
            assert share == pytest.approx(odds, abs=4 * math.sqrt(odds * (1 - odds) / 2000))
    # Independent of one another and of the nuisance.
    assert abs(np.corrcoef(planted.present[nuisance.label == 1].T)[0, 1]) < 4 / math.sqrt(2000)
    np.testing.assert_allclose(planted.jets.total_pt, 525, rtol=1e-6)
    np.testing.assert_array_equal(planted.jets.mask[:, -2:], planted.present)
    for k, plan in enumerate(plants):
        rows = planted.present[:, k]
        column = planted.jets.pt.shape[1] - 2 + k
        np.testing.assert_allclose(planted.jets.pt[rows, column], 525 * plan.momentum, rtol=1e-5)
        angle = np.hypot(planted.jets.y[rows, column], planted.jets.phi[rows, column])
        np.testing.assert_allclose(angle, plan.angle, rtol=1e-5)
    same, other = plant(nuisance, plants, seed=8), plant(nuisance, plants, seed=9)
    np.testing.assert_array_equal(same.jets.y, planted.jets.y)
    assert not np.array_equal(other.present, planted.present)


def test_distances_are_those_of_the_slow_metric():
    planted = plant(
        few_emissions(40, seed=1), [Plant(0.01, 0.7, 0.4), Plant(0.001, 0.5, 0.5, angle=0.3)]
    )
    for k in (0, 1):
        carriers = np.flatnonzero(planted.present[:, k])
        column = planted.jets.pt.shape[1] - 2 + k
        found = planted.distances(k)
        assert len(found) == len(carriers) > 5
        for i, distance in zip(carriers, found, strict=True):
            spectra = [
                oracles.spectrum(jet)
                for jet in (one(planted.jets, i), one(planted.jets, i, column))
            ]
            want = 525 * math.sqrt(oracles.semd(*spectra))
            assert distance == pytest.approx(want, rel=1e-5)


@pytest.mark.parametrize("epsilon0", [3.0, 15.0, 60.0])
@pytest.mark.parametrize(
    "nuisance", [few_emissions(600, seed=2), cores(load_jets("sample")[:600])], ids=["few", "cores"]
)
def test_a_plant_sits_at_the_scale_asked_for(epsilon0, nuisance):
    planted = plant(nuisance, [plant_at(epsilon0, nuisance, quark=0.9, gluon=0.9)])
    distances = planted.distances()
    assert np.median(distances) == pytest.approx(epsilon0, rel=0.03)
    low, high = np.quantile(distances, [0.05, 0.95]) / epsilon0
    assert 0.7 < low < high < 1.3


def test_wide_plants_follow_the_leading_order():
    """z → ½(ε0/(pT·angle))² where the nuisance is narrow against the plant's angle."""
    points = Jets(pt=[[525.0]] * 4, y=[[0.0]] * 4, phi=[[0.0]] * 4, label=[0, 1, 0, 1])
    found = plant_at(5.0, points, quark=1.0, gluon=0.0)
    assert found.momentum == pytest.approx(0.5 * (5.0 / 210) ** 2, rel=2e-3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: few_emissions(1), "n_jets must be at least 2"),
        (lambda: cores(few_emissions(4), radius=0.0), "radius must be a positive"),
        (lambda: Plant(1.5, 0.5, 0.5), "momentum must be a fraction"),
        (lambda: Plant(0.1, 1.5, 0.5), "quark must be a probability"),
        (lambda: Plant(0.1, 0.5, -0.1), "gluon must be a probability"),
        (lambda: Plant(0.1, 0.5, 0.5, angle=-1.0), "angle must be a positive"),
        (lambda: plant(few_emissions(4).replace(label=None), []), "jets have no labels"),
        (lambda: plant(few_emissions(4), [Plant(0.6, 1, 1)] * 2), "plants take 1.2"),
        (lambda: plant_at(500.0, few_emissions(4), quark=1, gluon=0), "reaches .* GeV"),
        (lambda: plant_at(-1.0, few_emissions(4), quark=1, gluon=0), "epsilon0 must be"),
    ],
)
def test_wrong_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_there_is_no_such_plant():
    with pytest.raises(IndexError):
        plant(few_emissions(4), [Plant(0.1, 1, 1)]).distances(1)
