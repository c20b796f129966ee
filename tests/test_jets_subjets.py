"""Subjets against a slow clustering in numpy, and against their limits; needs the extra pythia."""

from importlib import import_module

import jax.numpy as jnp
import numpy as np
import pytest

from smearjax.jets import Jets, load_jets
from smearjax.jets.subjets import subjets

POWERS = {"cambridge": 0, "kt": 1, "antikt": -1}


@pytest.mark.usefixtures("no_fastjet")
def test_missing_fastjet_is_named():
    with pytest.raises(ImportError, match=r"fastjet.*pip install 'smearjax\[pythia\]'"):
        subjets(load_jets("sample")[:2], 0.1)


@pytest.mark.parametrize("radius", [0.0, -0.1, float("nan"), float("inf"), 1e-13, 1000.0])
def test_radius_out_of_range(radius):
    with pytest.raises(ValueError, match="radius must be a number of radians between"):
        subjets(load_jets("sample")[:2], radius)


@pytest.fixture
def fastjet():
    return pytest.importorskip("fastjet")


def rapidity(p):
    """Of (px, py, pz, E), by its definition."""
    return 0.5 * np.log((p[3] + p[2]) / (p[3] - p[2]))


def four_momenta(pt, y, phi):
    return np.stack([pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(y), pt * np.cosh(y)], axis=1)


def coordinates(momenta):
    """Rows (pt, y, phi) of four-momenta."""
    return np.array([[np.hypot(p[0], p[1]), rapidity(p), np.arctan2(p[1], p[0])] for p in momenta])


def falling(rows):
    return rows[np.argsort(-rows[:, 0])]


def slow_clustering(momenta, radius, power):
    """Inclusive jets by looking at all pairs again after every step, O(n³)."""
    left, done = [np.array(p) for p in momenta], []
    while left:
        pt, y, phi = coordinates(left).T
        beam = pt ** (2.0 * power)
        turn = (phi[:, None] - phi + np.pi) % (2 * np.pi) - np.pi
        pairs = np.minimum(beam[:, None], beam) * ((y[:, None] - y) ** 2 + turn**2) / radius**2
        pairs[np.diag_indices(len(left))] = beam
        i, j = np.unravel_index(np.argmin(pairs), pairs.shape)
        if i == j:
            done.append(left.pop(i))
        else:
            merged = left[i] + left[j]
            left = [p for k, p in enumerate(left) if k not in (i, j)] + [merged]
    return falling(coordinates(done))


def random_jets(number, seed):
    """Lists of 1 to 24 particles with soft and hard ones, across φ = π."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 25, number)
    pt = [rng.exponential(30.0, n) ** 1.5 + 0.1 for n in sizes]
    y = [rng.normal(rng.uniform(-2, 2), 0.2, n) for n in sizes]
    phi = [rng.normal(3.1, 0.2, n) for n in sizes]
    return pt, y, phi


def rows_of(jets, i):
    """(pt, y, phi) of jet i's constituents."""
    there = jets.mask[i]
    return np.stack([np.asarray(a[i])[there] for a in (jets.pt, jets.y, jets.phi)], axis=1)


def assert_same(found, expected, atol):
    """Same particles in the same order of pt, angles up to whole turns."""
    assert found.shape == expected.shape
    np.testing.assert_allclose(found[:, 0], expected[:, 0], rtol=atol)
    np.testing.assert_allclose(found[:, 1], expected[:, 1], atol=atol)
    np.testing.assert_allclose(np.sin(0.5 * (found[:, 2] - expected[:, 2])), 0, atol=atol)


@pytest.mark.usefixtures("fastjet")
@pytest.mark.parametrize("radius", [0.1, 0.2, 0.4])
@pytest.mark.parametrize("algorithm", POWERS)
def test_against_slow_clustering(algorithm, radius):
    lists = random_jets(25, seed=1)
    found = subjets(Jets.from_lists(*lists), radius, algorithm=algorithm)
    kinds = dict.fromkeys(POWERS, 0)
    for i, one in enumerate(zip(*lists, strict=True)):
        by_hand = {
            name: slow_clustering(four_momenta(*one), radius, power)
            for name, power in POWERS.items()
        }
        assert_same(rows_of(found, i), by_hand[algorithm], atol=1e-9)
        for name, other in by_hand.items():
            this = by_hand[algorithm]
            kinds[name] += other.shape != this.shape or not np.allclose(other, this)
    # The jets tell the three algorithms apart.
    assert all(kinds[name] > 3 for name in POWERS if name != algorithm)


@pytest.mark.usefixtures("fastjet")
@pytest.mark.parametrize("algorithm", POWERS)
def test_small_radius_gives_the_particles_back(algorithm):
    jets = load_jets("sample")[:300]
    found = subjets(jets, 1e-6, algorithm=algorithm)
    # A few particles of the sample have exactly the direction of another.
    alike = np.flatnonzero(found.multiplicity == jets.multiplicity)
    assert len(alike) > 290
    for i in alike:
        given, back = (
            one[np.lexsort(one.T[::-1])] for one in (rows_of(jets, i), rows_of(found, i))
        )
        assert_same(back, given, atol=1e-5)


@pytest.mark.usefixtures("fastjet")
@pytest.mark.parametrize("algorithm", POWERS)
def test_large_radius_gives_the_momentum_of_the_jet(algorithm):
    lists = random_jets(40, seed=2)
    found = subjets(Jets.from_lists(*lists), 50.0, algorithm=algorithm)
    assert found.pt.shape == (40, 1)
    for i, one in enumerate(zip(*lists, strict=True)):
        assert_same(rows_of(found, i), coordinates([four_momenta(*one).sum(axis=0)]), atol=1e-9)


@pytest.mark.usefixtures("fastjet")
def test_collinear_splitting_changes_nothing():
    pt, y, phi = random_jets(30, seed=3)
    split = [np.append(0.3 * p[:1], np.append(0.7 * p[:1], p[1:])) for p in pt]
    twice = [[np.insert(a, 0, a[0]) for a in each] for each in (y, phi)]
    one = subjets(Jets.from_lists(pt, y, phi), 0.1)
    two = subjets(Jets.from_lists(split, *twice), 0.1)
    for i in range(30):
        assert_same(rows_of(two, i), rows_of(one, i), atol=1e-9)


@pytest.mark.usefixtures("fastjet")
def test_jets_keep_their_order_labels_weights_and_type(monkeypatch, capsys):
    jets = load_jets("sample")[:11].replace(weight=np.linspace(-1, 2, 11))
    whole = subjets(jets, 0.1)
    monkeypatch.setattr(import_module("smearjax.jets.clustering"), "_CHUNK", 4)
    found = subjets(jets, 0.1, progress=True)
    assert "clustering" in capsys.readouterr().err
    for name in ("pt", "y", "phi", "mask"):
        np.testing.assert_array_equal(getattr(found, name), getattr(whole, name))
    np.testing.assert_array_equal(found.label, jets.label)
    np.testing.assert_array_equal(found.weight, jets.weight)
    assert found.pid is None
    assert (np.diff(np.where(found.mask, found.pt, 0.0), axis=1) <= 0).all()
    assert found.pt.dtype == np.float32
    assert subjets(Jets.from_lists(*random_jets(3, seed=4)), 0.1).pt.dtype == np.float64
    on_device = subjets(jets.replace(pt=jnp.asarray(jets.pt)), 0.1)
    np.testing.assert_array_equal(on_device.pt, whole.pt)


@pytest.mark.usefixtures("fastjet")
def test_particles_without_pt_are_left_out():
    jets = Jets([[0.0, 5.0, 3.0]], [[0.0, 0.0, 1.0]], [[0.0] * 3], mask=[[True] * 3])
    assert subjets(jets, 0.1).pt.tolist() == [[5.0, 3.0]]


def test_another_algorithm_is_refused():
    with pytest.raises(ValueError, match="algorithm is 'cone'; expected cambridge, kt or antikt"):
        subjets.__wrapped__(load_jets("sample")[:2], 0.1, algorithm="cone")
