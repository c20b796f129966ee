import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from smearjax.jets import Jets, center, load_jets
from smearjax.networks import EFN, network_scores
from smearjax.networks.inference import pack
from smearjax.networks.packing import (
    batch_width,
    chunks,
    epoch_order,
    flatten,
    gather_batch,
    ladder,
)


@pytest.fixture(scope="module")
def network():
    return EFN((20, 16), (12, 8), key=jax.random.key(3))


@pytest.fixture(scope="module")
def jets():
    return load_jets("sample")[:60]


def in_float64(network):
    return jax.tree.map(lambda leaf: leaf.astype(jnp.float64), network)


def slow_logit(network, pt, y, phi):
    """The definition in numpy, particle by particle, float64."""
    z = pt / pt.sum()
    turned = np.angle(np.exp(1j * (phi - phi[0])))
    centroid = (z * y).sum(), (z * turned).sum()
    latent = 0.0
    for z_i, y_i, phi_i in zip(z, y, turned, strict=True):
        hidden = np.array([y_i - centroid[0], phi_i - centroid[1]]) / network.length_scale
        for layer in network.phi_layers:
            hidden = np.maximum(hidden @ np.asarray(layer.weight, np.float64) + layer.bias, 0)
        latent = latent + z_i * hidden
    for layer in network.f_layers[:-1]:
        latent = np.maximum(latent @ np.asarray(layer.weight, np.float64) + layer.bias, 0)
    return float((latent @ np.asarray(network.f_layers[-1].weight, np.float64))[0])


def particles(jets, i):
    return [np.asarray(a[i], np.float64)[jets.mask[i]] for a in (jets.pt, jets.y, jets.phi)]


def test_scores_are_the_definition(network, jets):
    expected = [slow_logit(network, *particles(jets, i)) for i in range(len(jets))]
    scores = network_scores(network, jets)
    assert scores.dtype == np.float32
    assert np.ptp(expected) > 0.1
    np.testing.assert_allclose(scores, expected, atol=2e-6)
    batched = jax.jit(jax.vmap(network))(jets.pt, jets.y, jets.phi, jets.mask)
    np.testing.assert_allclose(batched, expected, atol=2e-6)


def test_published_layers_are_the_default():
    network = EFN(key=jax.random.key(0))
    shapes = [layer.weight.shape for layer in (*network.phi_layers, *network.f_layers)]
    assert shapes == [
        (2, 100),
        (100, 100),
        (100, 256),
        (256, 100),
        (100, 100),
        (100, 100),
        (100, 1),
    ]
    for layer in network.phi_layers:
        limit = np.sqrt(6 / layer.weight.shape[0])
        assert 0.9 * limit < float(jnp.abs(layer.weight).max()) <= limit
        assert not layer.bias.any()


def test_order_padding_and_what_stands_in_it_do_not_matter(network, jets):
    expected = network_scores(network, jets)
    rng = np.random.default_rng(0)
    order = rng.permuted(np.tile(np.arange(jets.pt.shape[1] + 30), (len(jets), 1)), axis=1)
    wide = [np.pad(a, ((0, 0), (0, 30))) for a in (jets.pt, jets.y, jets.phi, jets.mask)]
    pt, y, phi, mask = (np.take_along_axis(a, order, axis=1) for a in wide)
    np.testing.assert_allclose(network_scores(network, Jets(pt, y, phi, mask)), expected, atol=2e-6)
    junk = [np.where(mask, a, rng.normal(size=a.shape).astype(a.dtype)) for a in (pt, y, phi)]
    batched = jax.jit(jax.vmap(network))(*junk, mask)
    np.testing.assert_allclose(batched, expected, atol=2e-6)


def test_a_score_does_not_depend_on_the_other_jets(network, jets):
    together = network_scores(network, jets)
    np.testing.assert_allclose(network_scores(network, jets[7:9]), together[7:9], atol=2e-6)
    np.testing.assert_allclose(network_scores(network, jets[[7]]), together[[7]], atol=2e-6)


def test_turning_the_detector_in_phi_changes_nothing(network, jets):
    expected = network_scores(network, jets)
    for turn in (0.5, 2.0, np.pi, 5.0, -9.0):
        phi = np.where(jets.mask, jets.phi + np.float32(turn), 0)
        wrapped = np.where(jets.mask, np.angle(np.exp(1j * phi)), 0).astype(np.float32)
        for moved in (phi, wrapped):
            scores = network_scores(network, Jets(jets.pt, jets.y, moved, jets.mask))
            np.testing.assert_allclose(scores, expected, atol=5e-5)


def test_gradients_match_finite_differences(network, jets):
    with jax.enable_x64(True):
        logit = eqx.filter_jit(in_float64(network))
        arrays = particles(jets, 1)
        for k, gradient in enumerate(jax.grad(logit, argnums=(0, 1, 2))(*arrays)):
            for i in (0, 3):
                step = 1e-6 * max(1.0, abs(arrays[k][i]))
                up, down = ([a.copy() for a in arrays] for _ in range(2))
                up[k][i] += step
                down[k][i] -= step
                slope = (logit(*up) - logit(*down)) / (2 * step)
                assert float(gradient[i]) == pytest.approx(float(slope), rel=1e-5, abs=1e-9)


def test_degenerate_jets_give_finite_scores_and_gradients(network):
    one = [np.array([[v, 0.0]], np.float32) for v in (500.0, 1.5, 3.0)]
    coincident = [np.full((1, 2), v, np.float32) for v in (250.0, 1.5, 3.0)]
    scores = [network_scores(network, Jets(*arrays)) for arrays in (one, coincident)]
    np.testing.assert_allclose(scores[0], scores[1], atol=1e-6)
    gradient = jax.jit(jax.grad(lambda arrays: network(*arrays)))
    for arrays in (one, coincident, [np.zeros((1, 2), np.float32)] * 3):
        assert all(np.isfinite(g).all() for g in gradient([a[0] for a in arrays]))


def test_a_jet_of_10_000_particles(network):
    rng = np.random.default_rng(0)
    pt, y, phi = (rng.uniform(0.01, 0.4, (2, 20_000)).astype(np.float32) for _ in range(3))
    pt[1, 10_000:] = 0
    jets = Jets(pt, y, phi, mask=pt > 0)
    expected = [slow_logit(network, *particles(jets, i)) for i in range(2)]
    np.testing.assert_allclose(network_scores(network, jets), expected, atol=1e-4)


def test_nothing_is_compiled_twice(network, jets, monkeypatch):
    traces = []
    packed = EFN.packed

    def counted(self, *arguments):
        traces.append(arguments[0].shape)
        return packed(self, *arguments)

    other = EFN((7, 5), (3,), key=jax.random.key(0))
    monkeypatch.setattr(EFN, "packed", counted)
    many = load_jets("sample")[:1500]
    network_scores(other, many)
    network_scores(other, many[100:1400])
    twin = eqx.tree_at(lambda n: n.f_layers[0].bias, other, jnp.ones(3))
    network_scores(twin, many[:500])
    assert traces == [(16_384,)]


def test_scores_of_device_arrays_and_float64(network, jets):
    expected = network_scores(network, jets)
    on_device = jax.tree.map(jnp.asarray, jets)
    np.testing.assert_array_equal(network_scores(network, on_device), expected)
    wide = Jets(*(np.asarray(a, np.float64) for a in (jets.pt, jets.y, jets.phi)), mask=jets.mask)
    np.testing.assert_allclose(network_scores(network, wide), expected, atol=2e-6)


def test_blocks_hold_every_jet_once(jets):
    assert sum(block.n_jets for block in pack(jets)) == len(jets)
    count = np.array([5, 3, 8, 1, 1, 1, 1, 8])
    assert list(chunks(count, width=8, n_slots=3)) == [(0, 2), (2, 3), (3, 6), (6, 7), (7, 8)]


def test_batches_are_the_jets_asked_for(jets):
    flat = jax.tree.map(jnp.asarray, flatten(center(jets)))
    index = jnp.array([4, 60, 0, 4])
    pt, y, _, pid, jet_of = gather_batch(flat, index, 300)
    assert pid is None
    count = jets.multiplicity
    np.testing.assert_array_equal(np.bincount(jet_of)[:4], [count[4], 0, count[0], count[4]])
    assert int((jet_of == 4).sum()) == 300 - 2 * count[4] - count[0]
    np.testing.assert_array_equal(pt[jet_of == 3], jets.pt[4][jets.mask[4]])
    np.testing.assert_array_equal(y[jet_of == 2], center(jets).y[0][jets.mask[0]])
    assert not pt[jet_of == 4].any()


@pytest.mark.parametrize(("n_jets", "batch_size"), [(10, 3), (12, 4), (5, 100), (1, 1)])
def test_an_epoch_holds_every_jet_once(n_jets, batch_size):
    count = np.arange(n_jets) % 4
    order = epoch_order(count, batch_size, (0, 1))
    assert order.shape[1] <= batch_size
    used = order[order < n_jets]
    np.testing.assert_array_equal(np.sort(used), np.arange(n_jets))
    assert ((order == n_jets).sum(axis=1) <= 1).all()
    np.testing.assert_array_equal(order, epoch_order(count, batch_size, (0, 1)))


def test_batches_are_alike_in_particles():
    """No batch stands out, and every epoch deals anew, in the batch of the largest jet too."""
    count = load_jets("sample").multiplicity
    orders = [epoch_order(count, 50, (0, epoch)) for epoch in range(5)]
    sums = np.array([count[order].sum(axis=1) for order in orders])
    assert np.abs(sums / (50 * count.mean()) - 1).max() < 0.025
    assert batch_width(np.append(count, 0), orders) < 1.04 * 50 * count.mean()
    with_largest = [order[(order == np.argmax(count)).any(axis=1)][0] for order in orders]
    shared = [len(np.intersect1d(with_largest[0], other)) for other in with_largest[1:]]
    assert max(shared) < 8


def test_the_ladder_of_widths_is_short_and_close():
    sizes = np.arange(1, 20_000)
    steps = np.array([ladder(int(size)) for size in sizes])
    assert (steps >= sizes).all()
    assert ((steps - sizes) <= sizes / 31).all()
    assert len(np.unique(steps)) < 32 * 15


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict(phi_sizes=()), "phi_sizes at least one"),
        (dict(phi_sizes=(8, 0)), "positive widths"),
        (dict(f_sizes=(-1,)), "positive widths"),
        (dict(length_scale=0.0), "length_scale must be positive"),
        (dict(length_scale=float("nan")), "length_scale must be positive"),
    ],
)
def test_bad_sizes_are_named(change, message):
    with pytest.raises(ValueError, match=message):
        EFN(**change, key=jax.random.key(0))
