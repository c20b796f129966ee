"""Permutation importance against closed forms, and exchanges of particles by hand."""

import numpy as np
import pytest
from gaussian_balls import ball_draws, correlated, of_ball

from smearjax.evaluate import ado, auc
from smearjax.interpret import (
    Replacements,
    marginal_replacements,
    particle_groups,
    particle_importance,
    permutation_importance,
)
from smearjax.interpret.attribution.exchange import laid_on, with_particles_of
from smearjax.jets import Jets, JetsError, load_jets
from smearjax.metric import semd_distance, spectral_function
from smearjax.observables import ObservableLibrary

JETS = load_jets("sample")[::20]


def reordered(cov, epsilon, w, exchanged):
    """arccos(r)/π, r the correlation of w·x before and after the exchange of some x."""
    mean, spread = of_ball(cov, epsilon)
    new = np.diag(np.asarray(exchanged, float))
    after = w @ (np.eye(len(w)) - new + new @ mean)  # coefficients of x in the mean after
    variance = after @ cov @ after + w @ new @ spread @ new @ w
    return np.arccos(w @ cov @ after / np.sqrt(w @ cov @ w * variance)) / np.pi


@pytest.mark.parametrize("epsilon", [np.inf, 1.0, 0.4])
@pytest.mark.parametrize("w", [pytest.param((1.0, 1.0), marks=pytest.mark.slow), (2.0, -1.0)])
def test_share_of_reordered_pairs(epsilon, w):
    x, cov = correlated(700, 0.8)
    library = ObservableLibrary({"a": x[:, 0], "b": x[:, 1]})
    label = np.arange(len(x)) % 2
    drawn = (
        marginal_replacements(len(x), draws=4) if np.isinf(epsilon) else ball_draws(x, epsilon, 4)
    )
    found = permutation_importance(lambda t: t @ np.array(w), library, label, drawn)
    for name, exchanged in (("a", (1, 0)), ("b", (0, 1))):
        one = found.reordered[name]
        expected = reordered(cov, epsilon, np.array(w), exchanged)
        assert one.value == pytest.approx(expected, abs=2 * (one.hi - one.lo) + 0.005)
        assert 0 < one.hi - one.lo < 0.05


def test_marginal_draws_make_much_of_nothing():
    """f = a + 5 (a − b)² is nearly a where a ≈ b: only draws at random call b important.

    Var(a − b) = .02, so that on the data the second term is .1 ± .14.
    """
    x, _ = correlated(700, 0.99)
    library = ObservableLibrary({"a": x[:, 0], "b": x[:, 1]})
    label = np.arange(len(x)) % 2

    def f(t):
        return t[:, 0] + 5 * (t[:, 0] - t[:, 1]) ** 2

    anywhere = permutation_importance(f, library, label, marginal_replacements(len(x), draws=3))
    near = permutation_importance(f, library, label, ball_draws(x, 0.1, 3))
    both = permutation_importance(
        f, library, label, marginal_replacements(len(x), draws=3), groups={"both": ("a", "b")}
    )
    assert anywhere.reordered["b"].value > 0.3
    assert near.reordered["b"].value < 0.06
    # Exchanged together they are on the data, and nothing is left.
    assert both.reordered["both"].value == pytest.approx(0.5, abs=0.03)


def test_losses_by_hand():
    """Of the jets that have replacements, with weights."""
    rng = np.random.default_rng(0)
    values = {name: rng.normal(size=60) for name in "ab"}
    label, weight = np.arange(60) % 2, np.linspace(1.0, 3.0, 60)
    index = np.stack([(np.arange(60) + 7) % 60, (np.arange(60) * 11 + 1) % 60], axis=1)
    index[10:25] = -1
    library = ObservableLibrary(values)
    found = permutation_importance(
        lambda t: t[:, 0] * t[:, 1], library, label, Replacements(index, 3.0), weight
    )
    rows = np.flatnonzero(index[:, 0] >= 0)
    before = (values["a"] * values["b"])[rows]
    after = [values["a"][index[rows, d]] * values["b"][rows] for d in (0, 1)]
    some = label[rows], weight[rows]
    assert found.reordered["a"].value == pytest.approx(
        1 - np.mean([ado(before, x, *some) for x in after])
    )
    lost = auc(before, *some) - np.mean([auc(x, *some) for x in after])
    assert found.auc_loss["a"].value == pytest.approx(lost)
    assert (found.left_out, found.n_jets, found.epsilon) == (0.25, 45, 3.0)
    assert "balls of ε = 3 GeV; 45 jets, 25.0% left out" in str(found)


def test_what_is_not_used_is_not_important():
    """With ties, which are no reordering."""
    label = np.arange(100) % 2
    library = ObservableLibrary({"a": np.arange(100) // 7, "b": np.arange(100)})
    found = permutation_importance(
        lambda t: t[:, 0], library, label, marginal_replacements(100, draws=2)
    )
    assert found.reordered["b"].value == found.auc_loss["b"].value == 0.0
    assert found.ranking == ("a", "b")


def test_groups_of_particles_by_hand():
    ranks, zones = (particle_groups(JETS, by) for by in ("rank", "distance"))
    for groups in (ranks, zones):
        np.testing.assert_array_equal(sum(m.astype(int) for m in groups.values()), JETS.mask)
    for jet in range(0, len(JETS), 40):
        pt = np.where(JETS.mask[jet], JETS.pt[jet], 0)
        assert pt[ranks["hardest"][jet]] == pt.max()
        assert sorted(pt[ranks["4 to 10"][jet]])[::-1] == sorted(pt)[::-1][3:10]
        z = pt / pt.sum()
        phi = (JETS.phi[jet] - JETS.phi[jet][np.argmax(pt)] + np.pi) % (2 * np.pi) - np.pi
        r = np.hypot(JETS.y[jet] - z @ JETS.y[jet], phi - z @ phi)
        np.testing.assert_array_equal(
            zones["0.05 to 0.1"][jet], JETS.mask[jet] & (r >= 0.05) & (r < 0.1)
        )
    kinds = particle_groups(
        Jets([[1.0, 2.0, 3.0, 4.0]], *np.zeros((2, 1, 4)), pid=[[22, -211, 130, -11]]), "kind"
    )
    assert [int(np.argmax(mask)) for mask in kinds.values()] == [1, 0, 3, 2]


def turned(jets, angle, mirrored, dy, dphi, factor):
    """The same jets elsewhere, turned, reflected, and of other momentum."""
    y, phi = np.asarray(jets.y, float), np.asarray(jets.phi, float)
    if mirrored:
        y = -y
    c, s = np.cos(angle), np.sin(angle)
    moved = np.where(jets.mask, [c * y - s * phi + dy, s * y + c * phi + dphi], 0.0)
    return Jets(jets.pt.astype(float) * factor, *moved)


@pytest.mark.parametrize("mirrored", [False, True])
def test_turned_jets_are_laid_on_themselves(mirrored):
    from smearjax.jets import center

    one = center(JETS[:30])
    other = turned(one, 2.3, mirrored, 0.7, 2.9, 1.7)
    both = Jets(
        *(np.concatenate([np.asarray(getattr(one, name), float), getattr(other, name)])
          for name in ("pt", "y", "phi"))
    )  # fmt: skip
    rows = np.arange(30)
    there = laid_on(both, rows, rows + 30)
    for name in ("pt", "y", "phi"):
        np.testing.assert_allclose(getattr(there, name), getattr(one, name), atol=2e-5, rtol=1e-5)


def test_exchanged_particles_by_hand():
    rows, drawn = np.array([0, 5]), np.array([3, 1])
    group = particle_groups(JETS, "rank")["2 to 3"]
    mixed, lent = with_particles_of(JETS, rows, drawn, group), laid_on(JETS, rows, drawn)
    scale = JETS.total_pt[rows] / JETS.total_pt[drawn]
    for place, (row, other) in enumerate(zip(rows, drawn, strict=True)):
        kept = JETS.pt[row][JETS.mask[row] & ~group[row]]
        come = JETS.pt[other][group[other]] * scale[place]
        np.testing.assert_allclose(
            mixed.pt[place][mixed.mask[place]], np.append(kept, come), rtol=1e-6
        )
    # Laid on another jet, a jet is itself to SEMD, and its centroid is there.
    apart = semd_distance(spectral_function(lent), spectral_function(JETS[drawn]), 525.0)
    assert np.max(apart) < 0.05
    z = lent.pt / lent.total_pt[:, None]
    centre = JETS.pt[rows] / JETS.total_pt[rows][:, None]
    np.testing.assert_allclose((z * lent.y).sum(1), (centre * JETS.y[rows]).sum(1), atol=1e-4)


def test_only_the_particles_that_a_score_sees_matter():
    def largest(jets):
        return jets.pt.max(axis=1)

    groups = particle_groups(JETS, "rank")
    drawn = marginal_replacements(len(JETS), draws=2)
    few = {name: groups[name] for name in ("hardest", "4 to 10")}
    found = particle_importance(largest, JETS, few, drawn)
    assert found.reordered["hardest"].value > 0.1
    # A jet of few particles may get one that is harder than its own.
    assert found.reordered["4 to 10"].value < 0.01


def test_bad_exchanges_are_refused():
    drawn = marginal_replacements(len(JETS))
    with pytest.raises(JetsError, match="jets have none"):
        particle_groups(JETS.replace(pid=None), "kind")
    group = JETS.mask & (np.arange(len(JETS)) == 0)[:, None]
    with pytest.raises(ValueError, match="leaves 1 jets without particles, jet 0 the first"):
        with_particles_of(JETS, np.array([0, 1]), np.array([1, 0]), group)
    with pytest.raises(ValueError, match=r"groups\['hard'\] is float64 of shape \(3,\)"):
        particle_importance(lambda jets: jets.pt[:, 0], JETS, {"hard": np.ones(3)}, drawn)
    some = np.where(JETS.label[:, None] == 1, drawn.index, -1)
    groups = particle_groups(JETS, "rank")
    with pytest.raises(ValueError, match="among them a whole class"):
        particle_importance(lambda jets: jets.pt[:, 0], JETS, groups, Replacements(some, 2.0))
