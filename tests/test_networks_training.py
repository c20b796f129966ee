from dataclasses import replace

import jax
import numpy as np
import pytest
from sklearn.metrics import log_loss

from smearjax.evaluate import auc
from smearjax.jets import Jets, JetsError, concatenate, load_jets, split
from smearjax.networks import EFN, CrossEntropy, TrainingConfig, network_scores, train_network
from smearjax.networks.epoch import learning_rates
from smearjax.networks.labels import labels_and_weights
from smearjax.observables import jet_mass

SMALL = TrainingConfig(epochs=3, progress=False)


def efn(*phi_sizes, seed=0):
    """An untrained network with layers of these widths."""
    return EFN(phi_sizes, phi_sizes[:1], key=jax.random.key(seed))


@pytest.fixture(scope="module")
def parts():
    return split(load_jets("sample"), (0.05, 0.05, 0.9))


def weights_of(trained):
    return [np.asarray(leaf) for leaf in jax.tree.leaves(trained.network)]


def test_cross_entropy_is_sklearns():
    rng = np.random.default_rng(0)
    logit, label, weight = rng.normal(size=50), rng.integers(0, 2, 50), rng.uniform(0, 2, 50)
    expected = log_loss(label, 1 / (1 + np.exp(-logit)), sample_weight=weight)
    logit = logit.astype(np.float32)
    assert float(CrossEntropy()(logit, label, weight)) == pytest.approx(expected, rel=1e-5)
    far = np.array([300.0, -300.0, 300.0], np.float32)
    assert float(CrossEntropy()(far, np.array([1, 0, 0]), np.ones(3))) == pytest.approx(100.0)


def test_a_weight_counts_like_copies_and_a_negative_one_takes_back():
    rng = np.random.default_rng(1)
    logit, label = rng.normal(size=30).astype(np.float32), rng.integers(0, 2, 30)
    counts = rng.integers(1, 4, 30)
    copies = np.repeat(np.arange(30), counts)
    expected = float(CrossEntropy()(logit[copies], label[copies], np.ones(len(copies))))
    assert float(CrossEntropy()(logit, label, counts * 1.0)) == pytest.approx(expected, rel=1e-5)
    back = np.append(np.arange(30), [0, 0])
    weight = np.append(np.ones(30), [3.0, -3.0])
    expected = float(CrossEntropy()(logit, label, np.ones(30)))
    got = float(CrossEntropy()(logit[back], label[back], weight))
    assert got == pytest.approx(expected, rel=1e-5)


def test_classes_are_balanced():
    zero = np.zeros((4, 1))
    jets = Jets(zero + 500, zero, zero, label=[1, 0, 0, 0], weight=[8.0, 2.0, -1.0, 1.0])
    label, weight = labels_and_weights(jets)
    np.testing.assert_array_equal(label, [1, 0, 0, 0])
    np.testing.assert_allclose(weight, [2.0, 2.0, -1.0, 1.0])


def test_the_same_seed_gives_the_same_weights(parts):
    train, validation, _ = parts
    start = efn(16, 16)
    first, again = (train_network(start, train, validation, SMALL, seed=4) for _ in range(2))
    for a, b in zip(weights_of(first), weights_of(again), strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(first.validation_loss, again.validation_loss)
    other = train_network(start, train, validation, SMALL, seed=5)
    assert (weights_of(first)[0] != weights_of(other)[0]).any()


def test_a_few_jets_are_learned_by_heart(parts):
    few = parts[0][:40]
    config = TrainingConfig(
        epochs=150,
        batch_size=10,
        patience=150,
        learning_rate=5e-3,
        rotate=False,
        progress=False,
    )
    trained = train_network(efn(64, 64), few, few, config)
    assert trained.validation_loss.min() < 0.25
    assert auc(network_scores(trained.network, few), few.label) > 0.97


def test_the_best_epoch_is_kept_and_training_stops(parts):
    few, validation = parts[0][:40], parts[1]
    config = TrainingConfig(epochs=200, batch_size=10, patience=5, rotate=False, progress=False)
    trained = train_network(efn(32, 32), few, validation, config)
    assert len(trained.validation_loss) == trained.best_epoch + 6 < 200
    assert trained.best_epoch == np.argmin(trained.validation_loss)
    label, weight = labels_and_weights(validation)
    loss = CrossEntropy()(network_scores(trained.network, validation), label, weight)
    assert float(loss) == pytest.approx(trained.validation_loss.min(), rel=1e-6)
    assert f"epoch {trained.best_epoch + 1} of {len(trained.train_loss)}" in repr(trained)


def test_doubled_weights_train_like_doubled_jets(parts):
    train, validation, _ = parts
    train = train[:60]
    heavy = np.arange(60) < 20
    weighted = train.replace(weight=np.where(heavy, 2.0, 1.0))
    doubled = concatenate([train, train[heavy]])
    # One batch an epoch holds all jets, so both follow the same gradient.
    config = TrainingConfig(epochs=5, batch_size=100, rotate=False, progress=False)
    a, b = (train_network(efn(8), jets, validation, config) for jets in (weighted, doubled))
    plain = train_network(efn(8), train, validation, config)
    scores = [network_scores(t.network, validation) for t in (a, b, plain)]
    assert a.train_loss == pytest.approx(b.train_loss, rel=1e-5)
    np.testing.assert_allclose(scores[0], scores[1], atol=1e-4)
    assert np.abs(scores[0] - scores[2]).max() > 1e-3


def test_negative_weights_take_jets_back(parts):
    train, validation, _ = parts
    train, extra = train[:60], train[60:70]
    both = concatenate(
        [train, extra.replace(weight=np.ones(10)), extra.replace(weight=-np.ones(10))]
    )
    config = TrainingConfig(epochs=5, batch_size=100, rotate=False, progress=False)
    a, b = (train_network(efn(8), jets, validation, config) for jets in (train, both))
    scores = [network_scores(t.network, validation) for t in (a, b)]
    # Weights are scaled to mean 1: Adam does not see the scale, its first steps' ε almost not.
    np.testing.assert_allclose(scores[0], scores[1], atol=1e-3)


@pytest.mark.slow
def test_the_efn_beats_the_mass():
    train, validation, test = split(load_jets("sample"), (0.5, 0.1, 0.4))
    trained = train_network(
        EFN(key=jax.random.key(0)), train, validation, TrainingConfig(epochs=12, progress=False)
    )
    scores = network_scores(trained.network, test)
    assert auc(scores, test.label) > auc(-jet_mass(test), test.label) + 0.04


def test_one_particle_jets_can_be_trained_on():
    zero = np.zeros((6, 1), np.float32)
    jets = Jets(zero + 500, zero, zero, label=[0, 1, 0, 1, 0, 1])
    trained = train_network(efn(16, 16), jets, jets, SMALL)
    np.testing.assert_allclose(trained.validation_loss, np.log(2), atol=0.05)


def test_bad_input_is_named(parts):
    train, validation, _ = parts
    quarks = train[train.label == 1]
    weightless = train.replace(weight=np.where(train.label == 1, 1.0, -1.0))
    for bad, message in (
        (Jets(train.pt, train.y, train.phi), "have no labels"),
        (quarks, f"none of the {len(quarks)} jets is gluon"),
        (train[train.label == 0], "is quark"),
        (weightless, r"weights of the \d+ gluon .label 0. jets sum to -\d+"),
        (train[:0], "are empty"),
    ):
        with pytest.raises(JetsError, match=f"training jets.*{message}"):
            train_network(efn(4), bad, validation, SMALL)
        with pytest.raises(JetsError, match=f"validation jets.*{message}"):
            train_network(efn(4), train, bad, SMALL)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict(epochs=0), "epochs must be at least 1, a whole number; got 0"),
        (dict(batch_size=-3), "batch_size must be at least 1"),
        (dict(patience=0), "patience must be at least 1"),
        (dict(learning_rate=0.0), "learning_rate must be positive"),
        (dict(learning_rate=float("nan")), "learning_rate must be positive"),
        (dict(clip_norm=0.0), "clip_norm must be positive"),
        (dict(weight_decay=-0.1), "weight_decay must not be negative"),
    ],
)
def test_bad_settings_are_named(change, message):
    with pytest.raises(ValueError, match=message):
        TrainingConfig(**change)


def test_a_diverging_loss_is_reported(parts):
    train, validation, _ = parts
    config = TrainingConfig(learning_rate=1e30, epochs=3, progress=False)
    with pytest.raises(FloatingPointError, match=r"lower learning_rate=1e\+30"):
        train_network(efn(16), train, validation, config)


def test_nothing_is_compiled_twice(parts, monkeypatch):
    traces = []
    packed = EFN.packed

    def counted(self, *arguments):
        traces.append(arguments[-1])
        return packed(self, *arguments)

    monkeypatch.setattr(EFN, "packed", counted)
    config = TrainingConfig(epochs=4, progress=False)
    for seed, rate in enumerate((1e-3, 2e-3)):
        changed = replace(config, learning_rate=rate)
        train_network(efn(9, 7, seed=seed), *parts[:2], changed, seed=seed)
    # One trace of the step and one of the validation scores, by their numbers of jets.
    assert sorted(traces) == [50, 512]


def test_weights_decay_and_long_gradients_are_cut(parts):
    train, validation, _ = parts
    one = replace(SMALL, epochs=1, batch_size=len(train), learning_rate=1e-2, rotate=False)
    start = efn(8)
    plain, decayed, cut = (
        train_network(start, train, validation, replace(one, **change)).network
        for change in ({}, {"weight_decay": 0.5}, {"clip_norm": 1e-12})
    )
    for before, a, b in zip(start.f_layers, plain.f_layers, decayed.f_layers, strict=True):
        # AdamW: the step, and rate × decay × weight.
        np.testing.assert_allclose(a.weight - b.weight, 0.005 * before.weight, atol=2e-6)
        np.testing.assert_array_equal(a.bias, b.bias)
    # Adam's step is as long for any gradient that is not tiny beside its 1e-8.
    for before, after in zip(start.f_layers, cut.f_layers, strict=True):
        np.testing.assert_allclose(before.weight, after.weight, atol=1e-5)
    assert np.abs(start.f_layers[0].weight - plain.f_layers[0].weight).max() > 5e-3


def test_the_rates_of_both_schedules():
    np.testing.assert_allclose(
        learning_rates(replace(SMALL, schedule="constant", learning_rate=0.5), 3), 0.5
    )
    falling = learning_rates(replace(SMALL, learning_rate=0.5), 1000)
    assert falling[0] == 0.5
    assert falling[500] == pytest.approx(0.25)
    assert 0 < falling[-1] < 1e-5
    assert (np.diff(falling) < 0).all()


def test_a_trained_network_can_be_trained_further(parts):
    train, validation, _ = parts
    first = train_network(efn(16), train, validation, SMALL)
    again = train_network(first.network, train, validation, SMALL)
    assert again.train_loss[0] < first.train_loss[0]
