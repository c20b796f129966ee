"""Jets that stand in for others: who may, how often, and who has none."""

import numpy as np
import pytest
from scipy.stats import chisquare

from smearjax import SmearedLikelihood, load_jets
from smearjax.interpret import Replacements, draw_replacements, marginal_replacements
from smearjax.metric import semd_distance, spectral_function
from smearjax.smearing import Epanechnikov, Gaussian, HardBall

JETS = load_jets("sample")[:300]


@pytest.mark.parametrize(
    "kernel",
    [
        Gaussian(),
        HardBall(),
        pytest.param(Epanechnikov(), marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("epsilon", [8.0, pytest.param(20.0, marks=pytest.mark.slow)])
def test_means_over_draws_are_smeared_values(kernel, epsilon):
    """Σ_j P(j|i) f(x_j) = f(x_i|ε), and the same balls are empty."""
    likelihood = SmearedLikelihood(JETS, kernel=kernel)
    drawn = draw_replacements(likelihood, epsilon, draws=400)
    values = np.asarray(JETS.multiplicity, np.float64)
    there = drawn.there
    np.testing.assert_array_equal(there, ~np.asarray(likelihood.balls(None, epsilon).empty[0]))
    assert drawn.left_out == np.mean(~there)
    lent = values[drawn.index[there]]
    away = lent.mean(axis=1) - np.asarray(likelihood.smear(values, None, epsilon))[0, there]
    error = lent.std(axis=1) / np.sqrt(400)
    np.testing.assert_allclose(away[error == 0], 0.0, atol=1e-3)  # one neighbour only
    pull = (away / np.maximum(error, 1e-9))[error > 0]
    assert abs(pull.mean()) < 4 / np.sqrt(len(pull))
    assert 0.85 < pull.std() < 1.2


def test_each_jet_is_drawn_as_often_as_its_kernel_says():
    """Against distances and kernels of one jet by hand."""
    jets = JETS[:40].replace(weight=np.linspace(0.0, 2.0, 40))
    drawn = draw_replacements(SmearedLikelihood(jets, pt_ref=525.0), 12.0, draws=4000)
    spectra = spectral_function(jets)
    distance = np.array(
        [semd_distance(spectra[3:4], spectra[j : j + 1], 525.0)[0] for j in range(40)]
    )
    share = np.asarray(jets.weight) * np.exp(-(distance**2) / 288)
    share[3] = 0.0
    expected = 4000 * share / share.sum()
    counted = np.bincount(drawn.index[3], minlength=40)
    assert (counted[[0, 3]] == 0).all()  # weightless, and the jet itself
    often = expected > 5
    rest = [counted[~often].sum()], [expected[~often].sum()]
    assert (
        chisquare(np.append(counted[often], rest[0]), np.append(expected[often], rest[1])).pvalue
        > 1e-3
    )


def test_nobody_stands_in_for_themselves():
    for drawn in (
        marginal_replacements(300, draws=50),
        draw_replacements(SmearedLikelihood(JETS), 8.0, draws=50),
    ):
        own = np.arange(300)[:, None]
        assert not (drawn.index == own).any()
        assert drawn.draws == 50


def test_any_other_jet_may_be_drawn_by_its_weight():
    weight = np.array([1.0, 0.0, 3.0, 4.0, 2.0])
    drawn = marginal_replacements(5, draws=20000, weight=weight).index
    for jet in range(5):
        expected = np.where(np.arange(5) == jet, 0.0, weight)
        counted = np.bincount(drawn[jet], minlength=5)
        some = expected > 0
        assert counted[~some].sum() == 0
        assert chisquare(counted[some], 20000 * expected[some] / expected.sum()).pvalue > 1e-3


def test_a_large_ball_holds_all_jets():
    """As ε → ∞ all jets are drawn alike."""
    drawn = draw_replacements(SmearedLikelihood(JETS), 1e5, draws=200)
    counted = np.bincount(drawn.index.ravel(), minlength=300)
    assert chisquare(counted).pvalue > 1e-3
    assert drawn.left_out == 0


def test_the_seed_decides():
    likelihood = SmearedLikelihood(JETS)
    one, same, other = (draw_replacements(likelihood, 9.0, seed=s).index for s in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


def test_draws_that_cannot_be_are_refused():
    likelihood = SmearedLikelihood(JETS, kernel=HardBall())
    with pytest.raises(ValueError, match="all balls of ε = 1e-05 GeV are empty"):
        draw_replacements(likelihood, 1e-5)
    weight = np.ones(300)
    weight[7] = -0.1
    with pytest.raises(ValueError, match="1 negative or NaN"):
        draw_replacements(SmearedLikelihood(JETS.replace(weight=weight)), 5.0)
    assert Replacements([[1], [-1]]).left_out == 0.5
