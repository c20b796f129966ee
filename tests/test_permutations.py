"""R(ε) and B(ε) of permuted labels: against relabelled jets, and as a null distribution."""

import jax
import numpy as np
import pytest
import smearing_oracles as slow

from smearjax import SmearedLikelihood, information
from smearjax.smearing import HardBall, permuted
from smearjax.smearing.columns import Permutations

CURVES = ("R", "minus_dR", "B", "minus_dB")


def toy(seed: int, n: int, shift: float, weight=None):
    rng = np.random.default_rng(seed)
    label = (np.arange(n) % 5 < 2).astype(np.int8)
    position = rng.normal(0, 8, n) + shift * label
    jets = slow.jets_on_a_line(position, label, weight)
    return SmearedLikelihood(jets, pt_ref=slow.PT_REF, cells=2), jets


@pytest.mark.parametrize("key", ["ones", "positive", "negative"])
def test_each_row_is_what_relabelled_jets_give(key):
    rng = np.random.default_rng(1)
    weight = {
        "ones": None,
        "positive": rng.uniform(0.3, 2, 60),
        "negative": rng.choice([1.3, -0.4], 60, p=[0.85, 0.15]),
    }[key]
    grid = [1.0, 5.0, 20.0]
    with jax.enable_x64(True):
        likelihood, jets = toy(2, 60, 4.0, weight)
        null = permuted(likelihood, grid, permutations=11, seed=3)
        labels = Permutations(likelihood, 11, 3).permuted
        for p in range(11):
            other = SmearedLikelihood(jets, labels[:, p], pt_ref=slow.PT_REF, cells=2)
            want = information(other, grid, replicas=2)
            for curve in CURVES:
                found = getattr(null, curve)[p]
                np.testing.assert_allclose(found, getattr(want, curve), rtol=1e-8, atol=1e-11)
    assert (labels.sum(axis=0) == np.sum(jets.label)).all()
    assert len(np.unique(labels, axis=1).T) == 11
    assert null.n_jets == (36, 24)


@pytest.mark.slow
def test_p_values_tell_signal_from_null():
    grid = [2.0, 5.0, 12.0]
    signal, _ = toy(4, 200, 8.0)
    null = permuted(signal, grid, permutations=99)
    for curve in CURVES:
        assert null.p_value(information(signal, grid, replicas=2), curve) == pytest.approx(0.01)
    found = []
    for seed in range(30):
        nothing, _ = toy(100 + seed, 80, 0.0)
        band = permuted(nothing, grid, permutations=59, seed=seed)
        found.append(band.p_value(information(nothing, grid, replicas=2), "minus_dB"))
    # Uniform in (0, 1]: mean ½, deviation √(1/12) of one.
    assert np.mean(found) == pytest.approx(0.5, abs=3 / np.sqrt(12 * 30))
    assert np.std(found) > 0.18


def test_bands_hold_their_share():
    likelihood, _ = toy(5, 100, 0.0)
    null = permuted(likelihood, [3.0, 9.0], permutations=200)
    for curve in CURVES:
        low, high = null.band(curve, coverage=0.8)
        values = getattr(null, curve)
        np.testing.assert_allclose(
            ((values >= low) & (values <= high)).mean(axis=0), 0.8, atol=0.01
        )
    assert len(str(null).splitlines()) == 4
    again = permuted(likelihood, [3.0, 9.0], permutations=200)
    np.testing.assert_array_equal(again.R, null.R)


def test_wrong_arguments():
    likelihood, _ = toy(6, 40, 1.0)
    with pytest.raises(ValueError, match="Gaussian kernel"):
        permuted(likelihood.with_kernel(HardBall()), [3.0])
    with pytest.raises(ValueError, match="permutations must be at least 2"):
        permuted(likelihood, [3.0], permutations=1)
    with pytest.raises(ValueError, match="another grid"):
        permuted(likelihood, [3.0], permutations=2).p_value(information(likelihood, [4.0]))
