"""Jets weighted to stand for other jets: closure where the ratio is known."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from smearjax.jets import Jets
from smearjax.networks import EFN, MLC, TrainingConfig, domain_weights

CONFIG = TrainingConfig(epochs=15, learning_rate=5e-3, progress=False)


def pairs(width: float, number: int, seed: int) -> Jets:
    """Two equal particles on a line of random direction, at normal distances of that width."""
    rng = np.random.default_rng(seed)
    half = 0.5 * width * np.abs(rng.normal(size=number))
    turn = rng.uniform(0, 2 * np.pi, number)
    ends = np.array([1.0, -1.0]) * half[:, None]
    columns = (
        np.full((number, 2), 250.0),
        ends * np.cos(turn)[:, None],
        ends * np.sin(turn)[:, None],
    )
    return Jets(*(column.astype(np.float32) for column in columns))


def distance(jets: Jets) -> np.ndarray:
    return np.hypot(*(np.asarray(x[:, 0] - x[:, 1], np.float64) for x in (jets.y, jets.phi)))


@pytest.mark.parametrize("loss", [None, MLC()])
def test_the_ratio_of_two_normal_densities(loss):
    source, target = pairs(0.2, 2000, 0), pairs(0.15, 2000, 1)
    config = CONFIG if loss is None else TrainingConfig(
        epochs=15, learning_rate=5e-3, progress=False, loss=loss
    )  # fmt: skip
    found = domain_weights(EFN((32, 32), (32,), key=jax.random.key(0)), source, target, config)
    r = distance(source)
    exact = 0.2 / 0.15 * np.exp(-0.5 * r**2 * (1 / 0.15**2 - 1 / 0.2**2))
    assert np.corrcoef(np.log(found.weight), np.log(exact))[0, 1] > 0.9
    for power in (1, 2):
        want = np.mean(distance(target) ** power)
        before, after = np.mean(r**power), np.average(r**power, weights=found.weight)
        assert abs(after - want) < 0.3 * abs(before - want)
    assert found.weight.mean() == pytest.approx(1.0)
    share = found.weight.sum() ** 2 / len(r) / (found.weight**2).sum()
    assert found.effective_share == pytest.approx(share)
    # P(|target| < |source|) of two half-normal numbers is (2/π) arctan(σ_s/σ_t).
    assert found.auc.value == pytest.approx(2 / np.pi * np.arctan(0.2 / 0.15), abs=0.02)


def test_alike_samples_get_alike_weights():
    found = domain_weights(
        EFN((8,), (8,), key=jax.random.key(0)), pairs(0.2, 400, 2), pairs(0.2, 400, 3),
        TrainingConfig(epochs=2, progress=False),
    )  # fmt: skip
    assert abs(found.auc.value - 0.5) < 0.06
    assert found.effective_share > 0.9


def test_few_jets_are_refused():
    network, jets = EFN((4,), (4,), key=jax.random.key(0)), pairs(0.2, 40, 0)
    with pytest.raises(ValueError, match="target has 10 jets; weights need at least 20"):
        domain_weights(network, jets, jets[:10])
