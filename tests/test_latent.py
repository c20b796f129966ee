"""Latent spaces: vectors as explicit sums, known dimensions, and a log angularity found again."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from network_kinds import EVERY, KEY, SAFE, UNSAFE, centred, in_float64, particles
from wrong_kinds import not_refused

from smearjax.interpret.latent import effective_dimension, latent_filters, latent_importance
from smearjax.interpret.log_angularity import fit_log_angularity
from smearjax.jets import Jets, load_jets
from smearjax.networks import EFN, Ensemble, MomentEFN, network_scores
from smearjax.networks.inference import latent_vectors


class LogAngularityNetwork(MomentEFN):
    """Φ = 2 + 3 ln(0.05 + r), and as much of cos 2ψ as is asked for."""

    def filters(self, angles):
        r2 = angles[:, :1] ** 2 + angles[:, 1:] ** 2
        cosine = (angles[:, :1] ** 2 - angles[:, 1:] ** 2) / r2
        return 2 + 3 * jnp.log(0.05 + jnp.sqrt(r2)) + 0.1 * (self.order - 1) * cosine


class StraightNetwork(MomentEFN):
    """Φ = r, which is no logarithm."""

    def filters(self, angles):
        return jnp.sqrt(angles[:, :1] ** 2 + angles[:, 1:] ** 2)


@pytest.fixture(scope="module")
def jets():
    return load_jets("sample")[:200]


def two_rings(share, n=30):
    """Jets of two pairs of particles, back to back at 0.1 and 0.2, the inner with that share."""
    pt = np.tile([share, share, 1 - share, 1 - share], (n, 1))
    y = np.tile([0.1, -0.1, 0.2, -0.2], (n, 1))
    return Jets(pt=pt, y=y, phi=np.zeros((n, 4)))


def test_vectors_are_sums_over_particles(jets):
    for name, filtered in SAFE.items():
        network = filtered if name != "moment" else MomentEFN((10, 3), (4,), order=1, key=KEY)
        found = latent_vectors(network, jets)
        assert found.dtype == np.float32
        some = [centred(*particles(jets, i)) for i in range(0, 200, 20)]
        phi = latent_filters(network, np.concatenate([angles for _, angles in some]))
        ends = np.cumsum([len(z) for z, _ in some])[:-1]
        want = [z @ part for (z, _), part in zip(some, np.split(phi, ends), strict=True)]
        assert np.ptp(want) > 0.1
        np.testing.assert_allclose(found[::20], want, atol=2e-5)


def test_a_moment_network_keeps_products_and_shows_functions(jets):
    network = SAFE["moment"]
    z, angles = centred(*particles(jets, 3))
    phi = latent_filters(network, angles)
    assert phi.shape == (len(z), 3)
    vector = latent_vectors(network, jets[3:4])[0]
    np.testing.assert_allclose(vector[:3], z @ phi, atol=1e-5)
    np.testing.assert_allclose(vector[3:5], z @ (phi[:, :1] * phi[:, :2]), atol=1e-5)
    np.testing.assert_allclose(vector[-1], z @ phi[:, 2] ** 3, atol=1e-5)


def test_the_output_is_made_of_vectors(jets):
    """Of an ensemble, with a member that needs pid."""
    network = EVERY["ensemble"]
    vectors = latent_vectors(network, jets)
    assert vectors.shape == (200, network.latent_size)
    output = network._of_latent(jnp.asarray(vectors))
    np.testing.assert_allclose(output, network_scores(network, jets), atol=2e-5)
    assert latent_vectors(network, jets[:0]).shape == (0, network.latent_size)


def test_no_block_is_compiled_twice(monkeypatch):
    traces = []
    packed_latent = EFN.packed_latent

    def counted(self, *arguments):
        traces.append(arguments[0].shape)
        return packed_latent(self, *arguments)

    monkeypatch.setattr(EFN, "packed_latent", counted)
    network, many = EFN((7, 6), (3,), key=KEY), load_jets("sample")[:1200]
    whole = latent_vectors(network, many)
    np.testing.assert_allclose(latent_vectors(network, many[300:1100]), whole[300:1100], atol=1e-5)
    latent_vectors(EFN((7, 6), (3,), key=jax.random.key(8)), many[:700])
    assert traces == [(16_384,)]


def turned(rng, size):
    return np.linalg.qr(rng.normal(size=(size, size)))[0]


def test_a_gaussian_has_its_dimensions():
    rng = np.random.default_rng(4)
    variance = np.array([8.0, 4.0, 2.0, 1.0, 0.05, 0.02])
    latent = rng.normal(size=(4000, 6)) * np.sqrt(variance)
    found = effective_dimension(latent)
    want = variance.sum() ** 2 / np.sum(variance**2)
    assert abs(found.participation_ratio - want) < 4 * found.participation_ratio_err
    assert found.participation_ratio_err < 0.05
    # 14 of 15.07 in three, 15 in four.
    assert (found.for_90_percent, found.for_99_percent) == (3, 4)
    np.testing.assert_allclose(found.eigenvalue, np.linalg.eigvalsh(np.cov(latent.T))[::-1],
                               rtol=1e-3)  # fmt: skip
    shuffled = latent[:, rng.permutation(6)] + 100.0
    for other in (shuffled, latent @ turned(rng, 6), 7 * latent):
        again = effective_dimension(other)
        assert again.participation_ratio == pytest.approx(found.participation_ratio, rel=1e-9)
        assert again.participation_ratio_err == pytest.approx(
            found.participation_ratio_err, rel=1e-6
        )
    assert effective_dimension(latent * [1, 0, 0, 0, 0, 0]).participation_ratio == 1.0
    assert "participation ratio" in str(found)


def test_the_error_is_the_scatter_of_other_jets():
    rng = np.random.default_rng(5)
    many = [effective_dimension(rng.normal(size=(400, 3)) * [2.0, 1.0, 1.0]) for _ in range(60)]
    scatter = np.std([one.participation_ratio for one in many], ddof=1)
    assert np.mean([one.participation_ratio_err for one in many]) == pytest.approx(scatter, rel=0.3)


def test_importance_against_finite_differences(jets):
    """And blind to how a scale is shared between Φ and F."""
    with jax.enable_x64(True):
        network = in_float64(EFN((9, 4), (8,), key=jax.random.key(1)))
        rng = np.random.default_rng(6)
        vectors = rng.uniform(0.2, 1.0, (50, 4))
        found = latent_importance(network, vectors)
        step = 1e-6
        output = network._of_latent(jnp.asarray(vectors))
        for a in range(4):
            moved = network._of_latent(jnp.asarray(vectors + step * np.eye(4)[a]))
            slope = np.asarray(moved - output) / step
            want = vectors[:, a].std() * np.sqrt(np.mean(slope**2))
            assert found[a] == pytest.approx(want, rel=1e-3)
        scaled = eqx.tree_at(lambda n: n.f_layers[0].weight, network, replace_fn=lambda w: w / 5)
        np.testing.assert_allclose(latent_importance(scaled, 5 * vectors), found, rtol=1e-6)


def exact(kind, order=1):
    return in_float64(kind((1,), (1,), order=order, key=KEY))


def test_a_log_angularity_is_found_again(jets):
    with jax.enable_x64(True):
        found = fit_log_angularity(exact(LogAngularityNetwork), jets)
    np.testing.assert_allclose(found.c, [2.0, 3.0, 0.05], rtol=1e-5)
    np.testing.assert_allclose(found.c_err, 0, atol=1e-4)
    np.testing.assert_allclose(found.fitted(found.radius), found.mean, rtol=1e-6)
    assert found.r_squared == pytest.approx(1, abs=1e-9)
    assert found.residual < 1e-6
    assert found.radial == pytest.approx(1, abs=1e-12)
    assert not found.at_edge
    assert found.share.sum() == pytest.approx(1)


def test_what_is_not_radial_is_seen(jets):
    """0.2 cos 2ψ averages to nothing and has the deviation 0.2/√2."""
    radii = np.geomspace(0.01, 0.4, 20)
    with jax.enable_x64(True):
        found = fit_log_angularity(exact(LogAngularityNetwork, 3), jets, radii=radii, directions=32)
    np.testing.assert_allclose(found.c, [2.0, 3.0, 0.05], rtol=1e-5)
    np.testing.assert_allclose(found.spread, 0.2 / np.sqrt(2), rtol=1e-9)
    mean = 2 + 3 * np.log(0.05 + radii)
    variance = found.share @ (mean - found.share @ mean) ** 2
    assert found.radial == pytest.approx(variance / (variance + 0.02), rel=1e-9)
    # Along one direction Φ is moved by a constant only.
    assert found.c_err[0] == pytest.approx(0.2 * np.sin(0.34 * np.pi), abs=0.02)
    assert found.c_err[2] < 1e-5


def test_a_straight_line_is_no_log_angularity(jets):
    with jax.enable_x64(True):
        found = fit_log_angularity(exact(StraightNetwork), jets)
    assert found.at_edge
    assert "no such angle" in str(found)
    forced = np.linalg.lstsq(
        np.stack([np.ones(48), np.log(0.05 + found.radius)], 1) * np.sqrt(found.share)[:, None],
        found.mean * np.sqrt(found.share), rcond=None,
    )[1][0]  # fmt: skip
    least = found.share @ (found.mean - found.fitted(found.radius)) ** 2
    assert 0 < least < 0.01 * forced


def test_weights_say_where_the_energy_is():
    radii = [0.05, 0.1, 0.15, 0.2, 0.25]
    jets = two_rings(0.375)
    mixed = Jets(
        *(np.concatenate([getattr(jets, a)] * 2) for a in ("pt", "y", "phi")),
        weight=np.repeat([1.0, 3.0], 30),
    )
    with jax.enable_x64(True), pytest.raises(ValueError, match="nearest to pT of the jets at 4"):
        fit_log_angularity(exact(StraightNetwork), mixed, radii=radii)
    wide = mixed.replace(y=mixed.y * np.where(np.arange(60) < 30, 0.5, 1.25)[:, None])
    with jax.enable_x64(True):
        found = fit_log_angularity(exact(StraightNetwork), wide, radii=[0.05, 0.1, 0.125, 0.25])
    # Weights 1 : 3; of each jet 3/8 of the pT is at the inner ring.
    np.testing.assert_allclose(found.share, np.array([3, 5, 9, 15]) / 32, rtol=1e-5)


CASES = """
latent_filters(efn, [0.0, 0.1]) | angles must be finite numbers (P, 2)
latent_filters(efn, [["a", "b"]]) | angles must be finite numbers
latent_filters(efn, [[0.0, float("nan")]]) | angles must be finite numbers
latent_filters(pfn, [[0.0, 0.1]]) | a PFN's sees z as well
latent_filters(Ensemble([efn]), [[0.0, 0.1]]) | one of its members
latent_filters(EFN, [[0.0, 0.1]]) | network is the class EFN
latent_vectors(None, jets) | network is a NoneType
latent_vectors(efn, "sample") | jets is a str
effective_dimension(np.zeros(3)) | vectors must be finite numbers (N, L)
effective_dimension(np.zeros((1, 3))) | at least 2 jets
effective_dimension(np.ones((9, 3))) | the same for every jet
effective_dimension(np.full((9, 3), np.nan)) | vectors must be finite
effective_dimension(np.eye(3), replicas=1) | replicas must be at least 2
latent_importance(efn, np.eye(3)) | vectors have 3 columns and the network's latent space has 4
latent_importance("efn", np.eye(3)) | network is a str
fit_log_angularity(efn, jets) | network has 4 filters; the fit is of one
fit_log_angularity(pfn, jets) | a PFN's sees z as well
fit_log_angularity(one, "sample") | jets is a str
fit_log_angularity(one, jets[:0]) | jets must be some
fit_log_angularity(one, jets, radii=[0.1, 0.2]) | radii must be at least 4
fit_log_angularity(one, jets, radii=[0.0, 0.1, 0.2, 0.3]) | positive rising
fit_log_angularity(one, jets, directions=1) | directions must be at least 2
fit_log_angularity(dead, jets) | network has a constant Φ
"""
BEFORE = """
import jax, numpy as np
from smearjax import load_jets
from smearjax.interpret.latent import *
from smearjax.interpret.log_angularity import *
from smearjax.networks import *
from smearjax.networks.inference import latent_vectors
jets, key = load_jets("sample")[:20], jax.random.key(0)
efn, pfn, one = EFN((4,), (4,), key=key), PFN((4,), (4,), key=key), MomentEFN((4, 1), (4,), key=key)
dead = jax.tree.map(lambda leaf: 0 * leaf, one)
"""


def test_every_wrong_call_is_named():
    assert not_refused(CASES, BEFORE) == ""


def test_refusals_name_the_kind():
    for network in UNSAFE.values():
        with pytest.raises(ValueError, match="network is a PFN"):
            latent_filters(network, np.zeros((1, 2)))
    with pytest.raises(ValueError, match="one of its members"):
        latent_filters(Ensemble([SAFE["efn"]]), np.zeros((1, 2)))
