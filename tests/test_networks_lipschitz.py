"""The certified bound under attack: no pair of jets passes it, and the strongest come close."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import ot
import pytest

from smearjax.jets import load_jets, split
from smearjax.networks import LipschitzEFN, TrainingConfig, network_scores, train_network
from smearjax.networks.lipschitz_layers import BoundedSum, OrthogonalDense, group_sort

PT_REF, EMD_SCALE = 525.0, 20.0


@pytest.fixture(scope="module")
def network():
    train, validation, _ = split(load_jets("sample"), (0.25, 0.05, 0.7))
    start = LipschitzEFN((32, 32), (32,), emd_scale=EMD_SCALE, key=jax.random.key(0))
    config = TrainingConfig(epochs=6, learning_rate=1e-2, progress=False)
    return train_network(start, train, validation, config).network


def emd(one, other):
    """Exact EMD of jets (z, angles) about their centroids, in GeV."""
    (z, angles), (w, others) = (
        (z / z.sum(), angles - (z / z.sum()) @ angles) for z, angles in (one, other)
    )
    cost = np.linalg.norm(angles[:, None] - others[None], axis=-1)
    return PT_REF * ot.emd2(z, w, cost)


def output(network, z, angles):
    """The network on fractions and angles, float64."""
    return network(z, angles[:, 0], angles[:, 1])


def particles(jets, i):
    mask = np.asarray(jets.mask[i])
    pt, y, phi = (np.asarray(a[i], np.float64)[mask] for a in (jets.pt, jets.y, jets.phi))
    return pt / pt.sum(), np.stack([y, np.angle(np.exp(1j * (phi - phi[0])))], axis=1)


def in_float64(network):
    return jax.tree.map(lambda leaf: leaf.astype(jnp.float64), network)


def test_real_jets_keep_the_bound(network):
    jets = load_jets("sample")[:60]
    scores = network_scores(network, jets).astype(np.float64)
    every = [particles(jets, i) for i in range(60)]
    ratios = [
        EMD_SCALE * abs(scores[i] - scores[j]) / emd(every[i], every[j])
        for i in range(60)
        for j in range(i)
    ]
    assert 0.02 < max(ratios) <= 1


def test_random_jets_keep_the_bound(network):
    rng = np.random.default_rng(5)
    with jax.enable_x64(True):
        double = eqx.filter_jit(in_float64(network))
        for size in (1e-3, 0.03, 0.4):
            for _ in range(40):
                z, w = rng.dirichlet(np.full(6, 0.5), size=2)
                one = rng.normal(scale=0.2, size=(6, 2))
                other = one + rng.normal(scale=size, size=(6, 2))
                moved = float(output(double, z, one)) - float(output(double, w, other))
                assert EMD_SCALE * abs(moved) <= emd((z, one), (w, other)) * (1 + 1e-6)


def attack(network, steps=300):
    """Two jets of the largest shift per EMD that gradients find: (ratio to the bound, jets).

    Two particles move apart along a line; both jets share the energies, so that the transport that
    moves each particle costs at least the EMD, which is computed exactly at the end.
    """
    shift = 1e-4

    def ratio(numbers):
        z = jax.nn.softmax(numbers["z"])
        moved = numbers["angles"] + shift * numbers["move"]
        one, other = (a - z @ a for a in (numbers["angles"], moved))
        cost = PT_REF * jnp.sum(z * jnp.sqrt(jnp.sum((one - other) ** 2, axis=1) + 1e-20))
        return (output(network, z, other) - output(network, z, one)) * network.emd_scale / cost

    rng = np.random.default_rng(0)
    adam, best = optax.adam(0.03), 0.0
    step = jax.jit(jax.vmap(jax.value_and_grad(lambda numbers: -ratio(numbers))))
    numbers = {
        "z": jnp.asarray(rng.normal(size=(64, 5))),
        "angles": jnp.asarray(rng.normal(scale=0.15, size=(64, 5, 2))),
        "move": jnp.asarray(rng.normal(size=(64, 5, 2))),
    }
    state, found = adam.init(numbers), None
    for _ in range(steps):
        value, slope = step(numbers)
        if float(-value.min()) > best:
            best, k = float(-value.min()), int(value.argmin())
            found = jax.tree.map(lambda a, k=k: np.asarray(a[k]), numbers)
        slope = jax.tree.map(lambda a: jnp.where(jnp.isfinite(a), a, 0.0), slope)
        update, state = adam.update(slope, state)
        numbers = optax.apply_updates(numbers, update)
    z = np.asarray(jax.nn.softmax(found["z"]))
    pair = (z, found["angles"]), (z, found["angles"] + shift * found["move"])
    shift_of_output = float(output(network, *pair[1]) - output(network, *pair[0]))
    return network.emd_scale * abs(shift_of_output) / emd(*pair), pair


def test_the_strongest_attack_comes_near_the_bound_and_never_past_it(network):
    with jax.enable_x64(True):
        reached, _ = attack(in_float64(network))
    print(f"the attack reaches {reached:.3f} of the bound")
    assert 0.3 < reached <= 1 + 1e-6


@pytest.mark.parametrize("shape", [(2, 40), (40, 8), (30, 30)])
@pytest.mark.parametrize("stretch", [0.2, 3.0])
def test_no_layer_stretches_more_than_it_says(shape, stretch):
    """Whatever its weights: singular values of float64 numpy."""
    rng = np.random.default_rng(1)
    begun = OrthogonalDense(*shape, stretch, key=jax.random.key(2))
    for weight in (
        np.asarray(begun.weight),
        rng.normal(size=shape),
        rng.exponential(size=shape) * 1e-3,
        np.outer(*(rng.normal(size=n) for n in shape)),
        100 * np.eye(*shape) + rng.normal(size=shape),
    ):
        layer = eqx.tree_at(lambda one: one.weight, begun, jnp.asarray(weight, jnp.float32))
        sizes = np.linalg.svd(np.asarray(layer.bounded_weight, np.float64))[1]
        assert sizes.max() <= stretch * (1 + 2e-6)
        assert sizes.max() > 0.98 * stretch
    at_first = np.linalg.svd(np.asarray(begun.bounded_weight, np.float64))[1]
    np.testing.assert_allclose(at_first, stretch, rtol=1e-3)


@pytest.mark.parametrize("size", [0.1, 1.0, 30.0])
def test_the_last_layer_stretches_no_more_than_it_says(size):
    last = BoundedSum(10, 3.0, key=jax.random.key(2))
    last = eqx.tree_at(lambda one: one.weight, last, size * last.weight)
    slope = np.asarray(jax.grad(lambda x: last(x)[0])(jnp.ones(10)), np.float64)
    assert np.linalg.norm(slope) == pytest.approx(3 * min(size, 1.0), rel=1e-5)


def test_sorting_keeps_entries_and_gradients():
    x = jnp.asarray(np.random.default_rng(3).normal(size=(50, 8)), jnp.float32)
    np.testing.assert_array_equal(np.sort(group_sort(x)), np.sort(x))
    jacobian = np.asarray(jax.vmap(jax.jacobian(group_sort))(x))
    kept = jacobian @ jacobian.transpose(0, 2, 1)
    np.testing.assert_allclose(kept, np.broadcast_to(np.eye(8), kept.shape))


def test_a_smaller_bound_gives_a_flatter_network():
    jets = load_jets("sample")[:50]
    wide, narrow = (
        LipschitzEFN((8, 8), (8,), emd_scale=scale, key=jax.random.key(1)) for scale in (5.0, 50.0)
    )
    np.testing.assert_allclose(
        network_scores(wide, jets), 10 * network_scores(narrow, jets), rtol=1e-3, atol=1e-4
    )


def test_the_bound_is_shared_by_the_layers_of_f():
    network = LipschitzEFN((8, 8), (8, 6), emd_scale=5.0, pt_ref=500.0, key=jax.random.key(1))
    stretches = [layer.stretch for layer in (*network.f_layers, network.last)]
    assert np.prod(stretches) == pytest.approx(500.0 * 0.13 / 5.0)
    assert len(set(stretches)) == 1
    assert {layer.stretch for layer in network.phi_layers} == {1.0}
