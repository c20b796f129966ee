"""Jets changed while a network learns: what is kept, what it costs, and what it is good for."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import ot
import pytest

from smearjax.interpret import flips
from smearjax.jets import load_jets
from smearjax.jets.transforms import center
from smearjax.networks import (
    EFN,
    PFN,
    Adversary,
    Augmentation,
    Splits,
    TrainingConfig,
    train_network,
)
from smearjax.networks.epoch import turned
from smearjax.networks.packing import Particles, batch_width, flatten, gather_batch

N_JETS, PT_REF = 12, 500.0


@pytest.fixture(scope="module")
def particles() -> Particles:
    """A dozen jets, with slots to spare."""
    flat = flatten(center(load_jets("sample")[:N_JETS]), with_pid=True)
    order = np.arange(N_JETS, dtype=np.int32)
    width = batch_width(np.asarray(flat.count), [order[None]]) + 5
    return gather_batch(jax.tree.map(jnp.asarray, flat), jnp.asarray(order), width)


def nothing(particles: Particles) -> jax.Array:
    raise AssertionError("what the network says does not matter here")


def jet(particles: Particles, number: int) -> np.ndarray:
    """(3, n) fractions, y, φ of one jet in float64."""
    columns = (particles.pt, particles.y, particles.phi)
    mine = np.stack([np.asarray(c, np.float64)[particles.jet_of == number] for c in columns])
    mine[0] /= mine[0].sum()
    return mine


def emd(one: np.ndarray, other: np.ndarray) -> float:
    """Energy mover's distance of two jets in GeV, by linear programming."""
    ground = np.hypot(*(one[k][:, None] - other[k] for k in (1, 2)))
    return PT_REF * float(ot.emd2(one[0] / one[0].sum(), other[0] / other[0].sum(), ground))


@pytest.mark.parametrize("budget", [0.0, 3.0])
@pytest.mark.parametrize("probability", [0.3, 1.0])
def test_splits_keep_each_jet_within_its_budget(particles, budget, probability):
    splits = Splits(PT_REF, budget, probability)
    after = splits(particles, nothing, N_JETS, jax.random.key(0))
    assert (np.diff(after.jet_of) >= 0).all()
    costs = []
    for number in range(N_JETS):
        before, now = jet(particles, number), jet(after, number)
        assert now.shape[1] > before.shape[1]
        assert (now[0] > 0).all()
        for k in (1, 2):
            assert now[0] @ now[k] == pytest.approx(before[0] @ before[k], abs=2e-7)
        costs.append(emd(before, now))
    assert max(costs) <= budget + 1e-3
    if budget:
        assert max(costs) > 0.1 * budget
    total = after.total(after.pt, N_JETS)
    np.testing.assert_allclose(total, particles.total(particles.pt, N_JETS), rtol=1e-6)
    np.testing.assert_array_equal(total[-1], 0.0)


def test_all_or_none_split(particles):
    none = Splits(PT_REF, 3.0, 0.0)(particles, nothing, N_JETS, jax.random.key(0))
    for column, before in zip(none, particles, strict=True):
        used = np.asarray(none.jet_of) < N_JETS
        np.testing.assert_array_equal(np.asarray(column)[used],
                                      np.asarray(before)[particles.jet_of < N_JETS])  # fmt: skip
    every = Splits(PT_REF, 3.0, 1.0)(particles, nothing, N_JETS, jax.random.key(0))
    assert (every.jet_of < N_JETS).sum() == 2 * (particles.jet_of < N_JETS).sum()
    kinds = np.asarray(every.pid)[np.asarray(every.jet_of) < N_JETS].reshape(-1, 2)
    np.testing.assert_array_equal(kinds[:, 0], kinds[:, 1])


@pytest.mark.parametrize("kind", [EFN, PFN])
def test_only_what_is_not_infrared_and_collinear_safe_sees_collinear_splits(particles, kind):
    network = kind((8,), (8,), key=jax.random.key(1))
    after = Splits(PT_REF)(particles, nothing, N_JETS, jax.random.key(2))
    change = network.packed(*after, N_JETS) - network.packed(*particles, N_JETS)
    biggest = float(np.abs(change).max())
    assert biggest < 2e-5 if kind is EFN else biggest > 1e-2


def test_an_adversary_reaches_the_most_that_a_linear_loss_allows(particles):
    """Σ_i z_i w·p̂_i rises by |w| budget / pT_ref at most, wherever the momentum is moved from."""
    w = jnp.array([3.0, -4.0])

    def losses(some):
        z = some.fraction(N_JETS)
        return some.total(z * (w[0] * some.y + w[1] * some.phi), N_JETS)[:N_JETS]

    adversary = Adversary(PT_REF, budget=2.0, steps=10)
    after = adversary(particles, losses, N_JETS, jax.random.key(0))
    risen = losses(after) - losses(particles)
    most = 5.0 * 2.0 / PT_REF
    assert (risen <= most * (1 + 1e-4)).all()
    assert (risen > 0.95 * most).all()
    for name in ("pt", "pid", "jet_of"):
        np.testing.assert_array_equal(getattr(after, name), getattr(particles, name))


def test_an_adversary_keeps_to_its_budget_and_finds_a_larger_loss(particles):
    network = EFN((16,), (16,), key=jax.random.key(1))

    def losses(some):
        return network.packed(*some, N_JETS)

    adversary = Adversary(PT_REF, budget=2.0)
    after = adversary(particles, losses, N_JETS, jax.random.key(0))
    costs = [emd(jet(particles, number), jet(after, number)) for number in range(N_JETS)]
    assert max(costs) < 2.0 + 1e-3
    assert (losses(after) > losses(particles)).all()
    stay = Adversary(PT_REF, budget=0.0)(particles, losses, N_JETS, jax.random.key(0))
    np.testing.assert_allclose(stay.y, particles.y, atol=1e-7)


def test_turned_jets_keep_their_shape(particles):
    after = turned(particles, N_JETS, jax.random.key(5))
    np.testing.assert_allclose(
        np.hypot(after.y, after.phi), np.hypot(particles.y, particles.phi), atol=1e-6
    )


@pytest.mark.parametrize(
    "augmentation",
    [pytest.param(Splits(PT_REF, 1.0), marks=pytest.mark.slow), Adversary(PT_REF, 1.0, 1)],
)
def test_training_takes_it(augmentation):
    jets = load_jets("sample")[::20]
    network = EFN((8,), (8,), key=jax.random.key(0))
    plain = TrainingConfig(epochs=2, progress=False)
    other = TrainingConfig(epochs=2, progress=False, augmentation=augmentation)
    losses = [
        train_network(network, jets[:150], jets[150:], config).train_loss
        for config in (plain, other, other)
    ]
    assert (losses[0] != losses[1]).all()
    np.testing.assert_array_equal(losses[1], losses[2])


@pytest.mark.slow
def test_hardened_networks_are_harder_to_flip():
    """Adversarial training moves the median smallest flip up by more than the errors of both."""
    jets = load_jets("sample")
    train, held, test = jets[:2600], jets[2600:3000], jets[3000:3200]
    found = []
    for augmentation in (None, Adversary(PT_REF, 4.0)):
        network = EFN((50, 50), (50,), key=jax.random.key(0))
        config = TrainingConfig(epochs=15, progress=False, augmentation=augmentation)
        trained = train_network(network, train, held, config).network
        found.append(flips(trained, test, pt_ref=PT_REF, steps=60).robustness)
    assert found[1].lo > found[0].hi


BAD = r"""
Splits(pt_ref=0.0) | pt_ref must be positive
Splits(500.0, budget=-1.0) | budget must be an energy of at least 0 GeV; got -1.0
Splits(500.0, probability=1.5) | probability must be a probability from 0 to 1
Adversary(500.0, budget=float("nan")) | budget must be an energy
Adversary(500.0, 1.0, steps=0) | steps must be at least 1
"""


@pytest.mark.parametrize("case", BAD.strip().splitlines())
def test_what_makes_no_sense_is_refused(case):
    call, message = case.split(" | ")
    with pytest.raises(ValueError, match=message):
        eval(call)


def test_the_base_class_is_no_augmentation():
    with pytest.raises(TypeError):
        Augmentation()  # pyright: ignore[reportAbstractUsage]
