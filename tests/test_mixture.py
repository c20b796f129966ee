"""A mixture of scales: the optimum from scipy, known answers, bad input."""

import numpy as np
import pytest
import smearing_oracles as slow
from scipy.optimize import minimize

from smearjax import SmearedLikelihood, load_jets
from smearjax.evaluate import auc
from smearjax.smearing import learn_mixture


def line(seed: int, n: int):
    """Two classes on a line: a wide difference, and a fine comb that only small ε resolve."""
    rng = np.random.default_rng(seed)
    label = (np.arange(n) % 2).astype(np.int8)
    tooth = rng.integers(0, 12, n) + 0.5 * (rng.random(n) < np.where(label == 1, 0.85, 0.15))
    drift = np.where(rng.random(n) < 0.3, 3 * label, 0)
    return slow.jets_on_a_line(4.0 * (tooth + drift) + rng.normal(0, 0.2, n), label)


def make(n=300, **more):
    jets = line(1, 2 * n)
    likelihood = SmearedLikelihood(jets[:n], pt_ref=slow.PT_REF, cells=2)
    return likelihood, jets[n:], learn_mixture(likelihood, jets[n:], [0.5, 2.0, 12.0], **more)


def objective(numbers, ratios, label):
    """½ Σ_c ⟨softplus(∓ s)⟩ written out."""
    score = numbers[-1] + np.asarray(numbers[:-1]) @ ratios
    loss = np.logaddexp(0, np.where(label == 1, -score, score))
    return 0.5 * (loss[label == 1].mean() + loss[label == 0].mean())


def test_the_optimum_is_scipys():
    """Learning ends at the constrained minimum of the written-out objective."""
    jets = line(2, 200)
    likelihood = SmearedLikelihood(jets, pt_ref=slow.PT_REF, cells=2)
    grid, label = [0.5, 2.0, 12.0], np.asarray(jets.label)
    mixture = learn_mixture(likelihood, line(3, 400), grid, replicas=2)
    ratios = np.asarray(likelihood.log_ratio(None, grid), np.float64)
    best = minimize(
        objective, [0.3, 0.3, 0.3, 0.0], (ratios, label), bounds=[(0, None)] * 3 + [(None, None)]
    )
    found = objective([*mixture.weight, mixture.offset], ratios, label)
    assert best.fun <= found + 1e-9
    assert found < best.fun + 1e-4
    np.testing.assert_allclose(mixture.weight, best.x[:-1], atol=0.03)


def test_it_is_no_worse_than_the_best_single_scale():
    likelihood, validation, mixture = make(replicas=5)
    ratios = np.asarray(likelihood.log_ratio(validation, mixture.epsilon), np.float64)
    label = np.asarray(validation.label)
    singles = [objective([1.0, 0.0], row[None], label) for row in ratios]
    np.testing.assert_allclose(mixture.single, singles, rtol=1e-6)
    assert mixture.cross_entropy < min(singles)
    score = mixture.score(validation)
    np.testing.assert_allclose(
        objective([*mixture.weight, mixture.offset], ratios, label),
        mixture.cross_entropy,
        rtol=1e-5,
    )
    np.testing.assert_allclose(score, mixture.offset + mixture.weight @ ratios, rtol=1e-6)
    assert auc(score, label) > max(auc(row, label) for row in ratios) - 0.01
    assert (mixture.weight >= 0).all()
    assert (mixture.weight_err > 0).all()
    assert mixture.n_jets == (150, 150)
    assert len(str(mixture).splitlines()) == 5


def test_weight_lies_where_the_information_is():
    """The comb of half a tooth is resolved by .5 GeV only; 12 GeV sees next to nothing of it."""
    _, _, mixture = make(n=600, replicas=2)
    assert mixture.weight[0] > 0.3
    assert mixture.weight[0] > mixture.weight[1]


def test_the_same_seed_gives_the_same():
    one, two, other = (make(n=100, replicas=3, seed=s)[2] for s in (0, 0, 1))
    np.testing.assert_array_equal(one.weight_err, two.weight_err)
    np.testing.assert_array_equal(one.weight, other.weight)
    assert not np.array_equal(one.weight_err, other.weight_err)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"epsilon": [3.0, 2.0]}, "epsilon must rise"),
        ({"epsilon": [-1.0]}, "epsilon must be"),
        ({"replicas": 1}, "replicas must be at least 2"),
        ({"validation": None}, "label"),
    ],
)
def test_wrong_arguments(more, message):
    jets = load_jets("sample")[:40]
    asked = {"validation": jets, "epsilon": [5.0, 9.0]} | more
    if asked["validation"] is None:
        asked["validation"] = jets.replace(label=None)
    with pytest.raises(ValueError, match=message):
        learn_mixture(SmearedLikelihood(jets), **asked)
