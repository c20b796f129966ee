"""What networks of every kind promise: their definitions, sets, safety, files."""

import itertools
import math
from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from network_kinds import EVERY, KEY, SAFE, UNSAFE, centred, in_float64, particles

from smearjax.jets import Jets, JetsError, load_jets
from smearjax.networks import (
    PFN,
    Ensemble,
    LipschitzEFN,
    MomentEFN,
    TrainingConfig,
    load_network,
    moment_efn,
    network_scores,
    save_network,
    train_network,
)
from smearjax.networks.moment_efn import moments
from smearjax.networks.pfn import SPECIES, one_hot

every_kind = pytest.mark.parametrize("kind", EVERY)
safe_kinds = pytest.mark.parametrize("kind", SAFE)


@pytest.fixture(scope="module")
def jets():
    return load_jets("sample")[:60]


def relu_layers(layers, x, last_too=True):
    for k, layer in enumerate(layers):
        x = x @ np.asarray(layer.weight, np.float64) + np.asarray(layer.bias, np.float64)
        if last_too or k < len(layers) - 1:
            x = np.maximum(x, 0)
    return x


def slow_pfn(network, pt, y, phi, pid):
    """The definition, particle by particle."""
    z, angles = centred(pt, y, phi)
    latent = 0.0
    for z_i, angle, one in zip(z, angles, pid, strict=True):
        inputs = [z_i, *(angle / network.length_scale)]
        if network.particle_id:
            inputs += [one == species for species in SPECIES] + [one not in SPECIES]
        latent = latent + relu_layers(network.phi_layers, np.array(inputs, float))
    return relu_layers(network.f_layers, latent, last_too=False)[0]


def slow_moments(network, pt, y, phi):
    """Every moment as an explicit sum over particles."""
    z, angles = centred(pt, y, phi)
    values = relu_layers(network.phi_layers, angles / network.length_scale, last_too=False)
    size = values.shape[1]
    return np.array([
        sum(z_i * math.prod(row[a] for a in some) for z_i, row in zip(z, values, strict=True))
        for order in range(1, network.order + 1)
        for some in itertools.combinations_with_replacement(range(size), order)
    ])  # fmt: skip


def slow_lipschitz(network, pt, y, phi):
    """The definition with the orthogonal matrix nearest to each weight, pairs sorted."""

    def through(layers, x):
        for layer in layers:
            u, _, v = np.linalg.svd(np.asarray(layer.weight, np.float64), full_matrices=False)
            x = layer.stretch * x @ u @ v + np.asarray(layer.bias, np.float64)
            pairs = np.sort(x.reshape(*x.shape[:-1], -1, 2), axis=-1)
            x = np.concatenate([pairs[..., 1], pairs[..., 0]], axis=-1)
        return x

    z, angles = centred(pt, y, phi)
    latent = z @ through(network.phi_layers, angles / network.length_scale)
    weight = np.asarray(network.last.weight, np.float64)
    weight = network.last.stretch * weight / max(1, np.linalg.norm(weight))
    return float((through(network.f_layers, latent) @ weight + network.last.bias)[0])


def test_pfn_is_its_definition(jets):
    for network in UNSAFE.values():
        expected = [
            slow_pfn(network, *particles(jets, i), np.asarray(jets.pid[i])[jets.mask[i]])
            for i in range(20)
        ]
        assert np.ptp(expected) > 0.1
        np.testing.assert_allclose(network_scores(network, jets[:20]), expected, rtol=1e-5)


def test_moments_are_explicit_sums(jets):
    network = SAFE["moment"]
    assert network.effective_latent_size == math.comb(3 + 3, 3) == 20
    for i in range(2):
        arrays = particles(jets, i)
        moments = slow_moments(network, *arrays)
        assert len(moments) == network.latent_size == 19
        output = relu_layers(network.f_layers, moments, last_too=False)[0]
        assert float(network(*(a.astype(np.float32) for a in arrays))) == pytest.approx(
            output, abs=2e-5
        )


@pytest.mark.parametrize(("size", "order"), [(1, 4), (2, 3), (4, 2), (16, 4), (5, 1)])
def test_every_moment_is_there_once(size, order):
    """Also where those of the highest order are made block by block, as for 16 functions."""
    rng = np.random.default_rng(size)
    z, phi = rng.dirichlet(np.ones(3)), rng.normal(size=(3, size))
    expected = [
        z @ np.prod(phi[:, some], axis=1)
        for m in range(1, order + 1)
        for some in itertools.combinations_with_replacement(range(size), m)
    ]
    with jax.enable_x64(True):
        found = moments(jnp.asarray(z), jnp.asarray(phi), order, lambda v: v.sum(0, keepdims=True))
    assert found.shape == (1, math.comb(size + order, order) - 1)
    np.testing.assert_allclose(found[0], expected, rtol=1e-12, atol=1e-14)


def test_moments_made_in_blocks_have_the_same_gradients(monkeypatch):
    rng = np.random.default_rng(1)
    z, phi = jnp.asarray(rng.dirichlet(np.ones(5))), jnp.asarray(rng.normal(size=(5, 4)))
    by_jet = partial(jax.ops.segment_sum, segment_ids=jnp.array([0, 0, 1, 1, 2]), num_segments=3)

    def slope(block):
        monkeypatch.setattr(moment_efn, "_BLOCK", block)
        return jax.grad(lambda phi: jnp.sum(jnp.sin(moments(z, phi, 3, by_jet))))(phi)

    np.testing.assert_allclose(slope(6), slope(1000), rtol=1e-5, atol=1e-6)


def test_order_one_is_an_efn_but_for_the_last_activation(jets):
    moment = MomentEFN((6, 4), (5,), order=1, key=KEY)
    assert moment.latent_size == 4
    assert moment.effective_latent_size == 5


def test_lipschitz_is_its_definition(jets):
    network = SAFE["lipschitz"]
    expected = [slow_lipschitz(network, *particles(jets, i)) for i in range(20)]
    assert np.ptp(expected) > 0.1
    np.testing.assert_allclose(network_scores(network, jets[:20]), expected, atol=2e-5)


def test_an_ensemble_is_the_mean(jets):
    members = EVERY["ensemble"].members
    expected = np.mean([network_scores(member, jets) for member in members], axis=0)
    np.testing.assert_allclose(network_scores(EVERY["ensemble"], jets), expected, atol=1e-5)
    assert EVERY["ensemble"].needs_pid


@every_kind
def test_order_padding_and_what_stands_in_it_do_not_matter(kind, jets):
    network = EVERY[kind]
    expected = network_scores(network, jets)
    rng = np.random.default_rng(0)
    order = rng.permuted(np.tile(np.arange(jets.pt.shape[1] + 30), (len(jets), 1)), axis=1)
    columns = (jets.pt, jets.y, jets.phi, jets.mask, jets.pid)
    wide = [np.pad(a, ((0, 0), (0, 30))) for a in columns]
    pt, y, phi, mask, pid = (np.take_along_axis(a, order, axis=1) for a in wide)
    moved = Jets(pt, y, phi, mask, pid)
    scale = 1e-5 * np.abs(expected).max()
    np.testing.assert_allclose(network_scores(network, moved), expected, atol=scale)
    junk = [np.where(mask, a, rng.normal(size=a.shape).astype(a.dtype)) for a in (pt, y, phi)]
    ids = np.where(mask, pid, 11)
    batched = jax.jit(jax.vmap(network))(*junk, mask, ids)
    np.testing.assert_allclose(batched, expected, atol=scale)


@safe_kinds
def test_infrared_and_collinear_safety(kind, jets):
    with jax.enable_x64(True):
        network = eqx.filter_jit(in_float64(SAFE[kind]))
        for i in range(2):
            pt, y, phi = particles(jets, i)
            value = float(network(pt, y, phi))
            extra = 0.0, y[0] + 0.3, phi[0]
            soft = [np.append(a, b) for a, b in zip((pt, y, phi), extra, strict=True)]
            assert float(network(*soft)) == pytest.approx(value, abs=1e-12)
            soft[0][-1] = 1e-9 * pt.sum()
            assert 0 < abs(float(network(*soft)) - value) < 1e-6
            split = [np.append(a, a[0]) for a in (pt, y, phi)]
            split[0][[0, -1]] = [0.3 * pt[0], 0.7 * pt[0]]
            assert float(network(*split)) == pytest.approx(value, abs=1e-12)


@safe_kinds
def test_gradients_are_safe_too(kind, jets):
    with jax.enable_x64(True):
        network = in_float64(SAFE[kind])
        gradient = jax.jit(jax.grad(network, argnums=(0, 1, 2)))
        pt, y, phi = particles(jets, 0)
        expected = gradient(pt, y, phi)
        split = [np.append(a, a[0]) for a in (pt, y, phi)]
        split[0][[0, -1]] = [0.3 * pt[0], 0.7 * pt[0]]
        by_pt, by_y, by_phi = gradient(*split)
        # Energy may go to either part; moving both parts moves the whole particle.
        np.testing.assert_allclose(by_pt[np.array([0, -1])], expected[0][0], atol=1e-13)
        for part, whole in ((by_y, expected[1]), (by_phi, expected[2])):
            assert float(part[0] + part[-1]) == pytest.approx(float(whole[0]), abs=1e-11)
            assert float(part[0]) == pytest.approx(0.3 * float(whole[0]), abs=1e-11)
        extra = 0.0, y[0] + 0.3, phi[0]
        soft = [np.append(a, b) for a, b in zip((pt, y, phi), extra, strict=True)]
        there = np.ones(len(soft[0]), bool)
        by_pt, by_y, by_phi = gradient(*soft, there)
        assert np.isfinite(by_pt).all()
        assert by_pt[-1] != 0
        assert by_y[-1] == by_phi[-1] == 0
        step = 1e-6 * pt.sum()
        up = [soft[0] + step * (np.arange(len(soft[0])) == len(pt)), *soft[1:]]
        slope = (network(*up) - network(*soft, there)) / step
        assert float(by_pt[-1]) == pytest.approx(float(slope), rel=1e-3)


@pytest.mark.parametrize("kind", UNSAFE)
def test_a_pfn_sees_soft_particles_and_splittings(kind, jets):
    network = UNSAFE[kind]
    pt, y, phi = (a.astype(np.float32) for a in particles(jets, 0))
    pid = np.asarray(jets.pid[0])[jets.mask[0]]
    value = float(network(pt, y, phi, pid=pid))
    soft = [np.append(a, b).astype(np.float32) for a, b in zip((pt, y, phi), (1e-6, y[0], phi[0]),
                                                               strict=True)]  # fmt: skip
    assert abs(float(network(*soft, pid=np.append(pid, 22))) - value) > 1e-3
    # A particle of no pT is there if the mask says so.
    soft[0][-1] = 0.0
    present = np.ones(len(soft[0]), bool)
    there, absent = (
        float(network(*soft, mask, np.append(pid, 22)))
        for mask in (present, np.append(present[:-1], False))
    )
    assert absent == pytest.approx(value, rel=1e-5)
    assert abs(there - value) > 1e-3


def test_particle_ids_count_and_unknown_ones_share_an_input(jets):
    assert one_hot(jnp.array(SPECIES)).sum() == len(SPECIES)
    network = UNSAFE["pfn_id"]
    base = network_scores(network, jets)
    photons = jets.replace(pid=np.where(jets.mask, 22, 0))
    assert np.abs(network_scores(network, photons) - base).max() > 1e-2
    strange, charmed = (
        network_scores(network, jets.replace(pid=np.where(jets.mask, one, 0))) for one in (310, 411)
    )
    np.testing.assert_array_equal(strange, charmed)
    np.testing.assert_array_equal(
        network_scores(UNSAFE["pfn"], photons), network_scores(UNSAFE["pfn"], jets)
    )


def test_missing_particle_ids_are_named(jets):
    blind = jets.replace(pid=None)
    for network in (UNSAFE["pfn_id"], EVERY["ensemble"]):
        with pytest.raises(JetsError, match="the network needs pid"):
            network_scores(network, blind)
        with pytest.raises(JetsError, match="the network needs pid"):
            train_network(network, blind, jets)
        with pytest.raises(ValueError, match="got no pid; give jets with pid"):
            network(jets.pt[0], jets.y[0], jets.phi[0])


@every_kind
def test_a_file_gives_back_the_same_network(kind, jets, tmp_path):
    network = EVERY[kind]
    save_network(tmp_path / "network.eqx", network)
    again = load_network(tmp_path / "network.eqx")
    assert jax.tree.structure(again) == jax.tree.structure(network)
    np.testing.assert_array_equal(network_scores(again, jets), network_scores(network, jets))


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, marks=[] if kind == "moment" else [pytest.mark.slow])
        for kind in (*SAFE, *UNSAFE)
    ],
)
def test_every_kind_learns_a_few_jets(kind, jets):
    few = jets[:40]
    config = TrainingConfig(
        epochs=120, batch_size=10, patience=120, learning_rate=1e-2, rotate=False, progress=False
    )
    trained = train_network(EVERY[kind], few, few, config)
    assert trained.validation_loss.min() < {"lipschitz": 0.55}.get(kind, 0.35)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: PFN((), (3,), key=KEY), "phi_sizes at least one"),
        (lambda: PFN(length_scale=-1.0, key=KEY), "length_scale must be positive"),
        (lambda: MomentEFN(order=0, key=KEY), "order must be at least 1"),
        (lambda: MomentEFN((4, 0), key=KEY), "positive widths"),
        (lambda: LipschitzEFN((8, 7), key=KEY), r"must be even to be sorted in pairs; got \[7\]"),
        (lambda: LipschitzEFN(emd_scale=0.0, key=KEY), "emd_scale must be positive and finite"),
        (lambda: LipschitzEFN(pt_ref=float("inf"), key=KEY), "pt_ref must be positive and finite"),
        (lambda: Ensemble([]), "members are empty"),
    ],
)
def test_bad_settings_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()
