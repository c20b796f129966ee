"""What needs FastJet, against slow clustering in numpy; needs the extra pythia."""

import numpy as np
import pytest

from smearjax.jets import Jets, load_jets
from smearjax.observables import angularity, n_subjettiness, soft_drop_multiplicity

pytestmark = pytest.mark.usefixtures("fastjet")


@pytest.fixture
def fastjet():
    return pytest.importorskip("fastjet")


def few_jets(number=12, longest=12):
    """The hardest particles of some jets of the sample, in float64."""
    jets = load_jets("sample")[:number]
    hardest = (np.asarray(a[:, :longest], np.float64) for a in (jets.pt, jets.y, jets.phi))
    return Jets(*hardest)


def particles(jets, jet):
    there = jets.mask[jet]
    return [np.asarray(a[jet])[there] for a in (jets.pt, jets.y, jets.phi)]


def separation(a, b):
    """ΔR of (pt, y, phi)."""
    return np.hypot(a[1] - b[1], np.angle(np.exp(1j * (a[2] - b[2]))))


def added(a, b):
    """E-scheme sum of four-momenta (px, py, pz, E)."""
    return a + b


def seen(p):
    """(pt, y, phi) of (px, py, pz, E)."""
    return np.hypot(p[0], p[1]), 0.5 * np.log((p[3] + p[2]) / (p[3] - p[2])), np.arctan2(p[1], p[0])


def cambridge(pt, y, phi, merge, see):
    """The tree of the nearest pairs: (node, left, right) until one is left."""
    left = [(node, None) for node in start(pt, y, phi, merge)]
    while len(left) > 1:
        pairs = [(i, j) for j in range(len(left)) for i in range(j)]
        i, j = min(pairs, key=lambda ij: separation(see(left[ij[0]][0]), see(left[ij[1]][0])))
        merged = (merge(left[i][0], left[j][0]), (left[i], left[j]))
        left = [node for k, node in enumerate(left) if k not in (i, j)] + [merged]
    return left[0]


def start(pt, y, phi, merge):
    if merge is added:
        return [
            p * np.array([np.cos(f), np.sin(f), np.sinh(r), np.cosh(r)])
            for p, r, f in zip(pt, y, phi, strict=True)
        ]
    return list(zip(pt, y, phi, strict=True))


def winner(a, b):
    harder = max(a, b, key=lambda node: node[0])
    return (a[0] + b[0], *harder[1:])


@pytest.mark.parametrize(("z_cut", "beta"), [(0.007, -1.0), (0.05, 0.0)])
def test_soft_drop_multiplicity_by_slow_declustering(z_cut, beta):
    jets = few_jets()
    expected = []
    for jet in range(len(jets)):
        node, passed = cambridge(*particles(jets, jet), added, seen), 0
        while node[1] is not None:
            soft, hard = sorted(node[1], key=lambda branch: seen(branch[0])[0])
            fraction = seen(soft[0])[0] / (seen(soft[0])[0] + seen(hard[0])[0])
            passed += fraction > z_cut * separation(seen(soft[0]), seen(hard[0])) ** beta
            node = hard
        expected.append(passed)
    assert max(expected) > 1
    np.testing.assert_array_equal(soft_drop_multiplicity(jets, z_cut, beta), expected)


def test_angularity_about_the_winner_take_all_axis():
    jets = few_jets()
    expected = []
    for jet in range(len(jets)):
        pt, y, phi = particles(jets, jet)
        axis = cambridge(pt, y, phi, winner, lambda node: node)[0]
        distance = np.array([separation(axis, p) for p in zip(pt, y, phi, strict=True)])
        expected.append((pt / pt.sum()) @ np.sqrt(distance))
    found = angularity(jets, 1.0, 0.5, axis="winner_take_all")
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    assert (np.abs(found - angularity(jets, 1.0, 0.5)) > 1e-4).any()


def test_subjettiness_of_three_particles():
    """kT merges one pair first; the softer one's distance to the harder one is what is left."""
    rng = np.random.default_rng(0)
    pt, y, phi = rng.uniform(5, 50, (20, 3)), *rng.normal(0, 0.3, (2, 20, 3))
    found = n_subjettiness(Jets(pt, y, phi), 2)
    for jet in range(20):
        rows = np.stack([pt[jet], y[jet], phi[jet]], axis=1)
        pairs = [(0, 1), (0, 2), (1, 2)]
        kt = [min(rows[i, 0], rows[j, 0]) * separation(rows[i], rows[j]) for i, j in pairs]
        assert found[jet] == pytest.approx(min(kt) / pt[jet].sum(), rel=1e-9)


def test_subjettiness_falls_with_axes_and_vanishes():
    jets = few_jets()
    values = np.stack([n_subjettiness(jets, n) for n in (1, 2, 3, 40)])
    assert (np.diff(values[:3], axis=0) < 0).all()
    np.testing.assert_allclose(values[3], 0, atol=1e-12)
    split = Jets(*(np.concatenate([f * a, f * a], axis=1) for f, a in
                   ((0.5, jets.pt), (1, jets.y), (1, jets.phi))))  # fmt: skip
    np.testing.assert_allclose(n_subjettiness(split, 2), values[1], rtol=1e-6)


@pytest.mark.usefixtures("no_fastjet")
def test_missing_fastjet_is_named():
    for call in (soft_drop_multiplicity, lambda jets: n_subjettiness(jets, 2)):
        with pytest.raises(ImportError, match=r"FastJet.*pip install 'smearjax\[pythia\]'"):
            call(load_jets("sample")[:2])
