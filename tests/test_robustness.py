"""Smallest flips against closed forms, certificates and exact projections."""

import itertools
import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from smearjax.analysis.sections.robustness import curve_record, flip_record
from smearjax.evaluate import Interval, auc, weighted_median
from smearjax.interpret import (
    AttackCurve,
    Flips,
    IsometryAttack,
    NoiseCurve,
    attack_curve,
    flips,
    noise_curve,
)
from smearjax.interpret.batches import split
from smearjax.interpret.robustness.noise import NOISES
from smearjax.interpret.robustness.transport import affordable, transport_cost
from smearjax.jets import Jets, load_jets
from smearjax.networks import EFN, PFN, LipschitzEFN, network_scores
from smearjax.report.schema_sections import check_sections


def even_jets(n_jets=12, n=5, seed=0):
    """Jets of particles with about equal momenta, for which long moves are not needed."""
    rng = np.random.default_rng(seed)
    pt = rng.uniform(50, 100, (n_jets, n))
    return Jets(pt.astype(np.float32), *rng.normal(0, 0.1, (2, n_jets, n)).astype(np.float32))


def narrow_jets(number):
    """Real jets that all fit into one width."""
    jets = load_jets("sample")
    return jets[np.flatnonzero(np.asarray(jets.multiplicity) <= 32)[:: 400 // number][:number]]


CHARGES = np.array([[1.0, 0.2], [-0.5, 0.8], [0.1, -2.0], [0.3, 0.3], [1.0, 1.0]])


def linear(jets):
    """Σ z_i c_i·p̂_i."""
    z = jets.pt / jets.pt.sum(axis=1, keepdims=True)
    charge = jnp.zeros((z.shape[1], 2)).at[:5].set(CHARGES)
    return (z * (charge[:, 0] * jets.y + charge[:, 1] * jets.phi)).sum(axis=1)


def test_smallest_flip_of_a_linear_score():
    """All goes to the particle of the largest |c|: |s − t| pT_ref / max |c|."""
    jets = even_jets()
    for threshold in (0.0, 0.05):
        found = flips(linear, jets, threshold, pt_ref=500.0, reach=2.0, steps=300, restarts=1)
        exact = np.abs(found.value) * 500.0 / np.hypot(*CHARGES.T).max()
        np.testing.assert_allclose(found.value, np.asarray(linear(jets)) - threshold, rtol=1e-4)
        assert (found.cost >= exact * (1 - 1e-3)).all()
        assert np.median(found.cost / exact) < 1.03
        assert found.robustness.value == np.sort(found.cost)[5]


@pytest.mark.slow
def test_a_certified_bound_is_never_beaten():
    network = LipschitzEFN((16, 16), (16,), emd_scale=5.0, pt_ref=525.0, key=jax.random.key(0))
    jets = narrow_jets(24)
    middle = float(np.median(network_scores(network, jets)))
    found = flips(network, jets, middle, pt_ref=525.0, steps=60, restarts=1)
    assert np.isfinite(found.cost).sum() > 6
    assert (found.cost >= np.abs(found.value) * network.emd_scale / 2 - 1e-3).all()


@pytest.mark.slow
def test_more_steps_and_restarts_change_little():
    network = EFN((16, 16), (16,), key=jax.random.key(1))
    jets = narrow_jets(64)
    middle = float(np.median(network_scores(network, jets)))
    few, many = (
        flips(network, jets, middle, pt_ref=525.0, steps=steps, restarts=restarts).cost
        for steps, restarts in ((100, 2), (300, 6))
    )
    assert np.median(few) == pytest.approx(np.median(many), rel=0.1)


@pytest.mark.parametrize("seed", range(3))
def test_projection_is_the_exact_one(seed):
    """λ from the sorted lengths: Σ z max(|Δ| − λ, 0) pT_ref = budget."""
    rng = np.random.default_rng(seed)
    z = rng.dirichlet(np.ones(9), size=4)
    move = rng.normal(size=(4, 9, 2))
    budget = np.array([1e-3, 20.0, 100.0, 1e4])
    with jax.enable_x64(True):
        found = np.asarray(affordable(*map(jnp.asarray, (z, move, budget, 100.0, 9.0))))
        cost = np.asarray(transport_cost(*map(jnp.asarray, (z, found, 100.0))))
    for jet in range(4):
        far = np.hypot(*move[jet].T)
        order = np.argsort(-far)
        weight, reach = np.cumsum(z[jet][order]), np.cumsum((z[jet] * far)[order])
        lengths = (reach - budget[jet] / 100) / weight
        kept = np.flatnonzero(lengths < far[order])
        cut = max(lengths[kept[-1]], 0.0)
        expected = move[jet] * (np.maximum(far - cut, 0) / far)[:, None]
        np.testing.assert_allclose(found[jet], expected, atol=1e-9)
    assert (cost <= budget * (1 + 1e-9)).all()


def test_reach_holds():
    move = jnp.asarray(np.random.default_rng(0).normal(size=(2, 5, 2)), jnp.float32)
    z = jnp.full((2, 5), 0.2)
    short = affordable(z, move, jnp.full(2, jnp.inf), jnp.float32(500), jnp.float32(0.3))
    assert float(jnp.linalg.norm(short, axis=-1).max()) == pytest.approx(0.3, rel=1e-5)


@pytest.mark.slow
def test_splitting_shows_who_is_collinear_safe():
    jets = jax.tree.map(jnp.asarray, narrow_jets(20))
    bare = Jets(jets.pt, jets.y, jets.phi, jets.mask)
    safe, unsafe = (kind((16, 8), (8,), key=jax.random.key(2)) for kind in (EFN, PFN))
    for network, same in ((safe, True), (unsafe, False)):
        both = [network_scores(network, j) for j in (bare, split(bare, 3))]
        assert np.allclose(*both, atol=1e-5) == same
    middle = float(np.median(network_scores(unsafe, bare)))
    found = flips(unsafe, bare, middle, pt_ref=525.0, copies=3, steps=20, restarts=1)
    assert (found.cost < 0.1).any()


def test_auc_falls_with_the_budget():
    jets = narrow_jets(40)
    network = EFN((16, 16), (16,), key=jax.random.key(3))
    curve = attack_curve(network, jets, [0.0, 1.0, 4.0, 16.0], pt_ref=525.0, steps=20)
    values = [one.value for one in curve.auc]
    np.testing.assert_allclose(curve.scores[0], network_scores(network, jets), atol=1e-4)
    assert values[0] == pytest.approx(auc(curve.scores[0], jets.label))
    assert values == sorted(values, reverse=True)
    assert values[0] - values[-1] > 0.1
    quark = np.asarray(jets.label) == 1
    for less, more in itertools.pairwise(curve.scores):
        assert (more[quark] <= less[quark] + 1e-5).all()
        assert (more[~quark] >= less[~quark] - 1e-5).all()
    unsorted = attack_curve(network, jets, [4.0, 0.0, 16.0, 1.0], pt_ref=525.0, steps=20)
    np.testing.assert_array_equal(unsorted.scores, curve.scores[[2, 0, 3, 1]])


def test_weighted_median():
    values, weight = np.array([3.0, 1.0, np.inf, 2.0]), np.array([1.0, 2.0, 0.0, 1.0])
    assert weighted_median(values, weight) == 1.0
    assert weighted_median(values, np.array([1.0, 1, 1, 0])) == 3.0
    assert weighted_median(values, np.array([0.0, 1, 2, 0])) == np.inf


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"pt_ref": 0.0}, "pt_ref must be positive"),
        ({"threshold": np.nan}, "threshold must be a finite number"),
        ({"reach": 4.0}, "reach must be between 0 and π"),
        ({"copies": 0}, "copies must be at least 1"),
        ({"steps": 0}, "steps must be at least 1"),
        ({"restarts": 0}, "restarts must be at least 1"),
    ],
)
def test_bad_arguments(changed, message):
    with pytest.raises(ValueError, match=message):
        flips(linear, even_jets(), **({"pt_ref": 500.0} | changed))


def test_bad_arguments_of_the_curve():
    jets = load_jets("sample")[:4]
    with pytest.raises(ValueError, match="no labels"):
        attack_curve(linear, jets.replace(label=None), [1.0], pt_ref=500.0)
    with pytest.raises(ValueError, match="budgets must be a list"):
        attack_curve(linear, jets, [-1.0], pt_ref=500.0)
    network = PFN((8,), (8,), particle_id=True, key=jax.random.key(0))
    with pytest.raises(ValueError, match="needs pid"):
        flips(network, even_jets(), pt_ref=500.0)


@pytest.mark.parametrize("kind", NOISES)
def test_noise_moves_jets(kind):
    jets = load_jets("sample")[::25]
    weak, strong = {
        "pt": (0.02, 0.8), "angles": (0.002, 0.15), "lost": (0.1, 30.0), "added": (0.1, 80.0),
    }[kind]  # fmt: skip

    def few_and_narrow(jets):
        z = jets.pt / jets.pt.sum(axis=1, keepdims=True)
        y = jets.y - (z * jets.y).sum(axis=1, keepdims=True)
        return -(z * jnp.abs(y)).sum(axis=1)

    curve = noise_curve(few_and_narrow, jets, kind, [weak, strong], pt_ref=525.0)
    moved, areas = [one.value for one in curve.moved], [one.value for one in curve.auc]
    clean = auc(np.asarray(few_and_narrow(jets)), jets.label)
    assert moved[0] < 3.0 < 5.0 < moved[1]
    assert areas[0] == pytest.approx(clean, abs=0.02)
    if kind == "angles":
        assert areas[1] < areas[0]


def test_noise_is_what_it_says():
    jets, rng = load_jets("sample")[:400], np.random.default_rng(0)
    there = np.asarray(jets.mask)
    ratio = np.log(NOISES["pt"](jets, 0.3, rng).pt[there] / jets.pt[there])
    assert np.std(ratio) == pytest.approx(0.3, rel=0.02)
    turned = NOISES["angles"](jets, 0.05, rng)
    assert np.std((turned.phi - jets.phi)[there]) == pytest.approx(0.05, rel=0.02)
    left = NOISES["lost"](jets, 2.0, rng)
    expected = np.exp(-jets.pt / 2.0)[there].sum() / len(jets)
    lost = (jets.multiplicity - left.multiplicity).mean()
    assert lost == pytest.approx(expected, rel=0.05)
    added = NOISES["added"](jets, 20.0, rng)
    assert (added.multiplicity - jets.multiplicity).mean() == pytest.approx(20, rel=0.05)
    assert (added.total_pt - jets.total_pt).mean() == pytest.approx(20, rel=0.05)


def test_bad_arguments_of_noise():
    jets = load_jets("sample")[:4]
    for changed, message in (
        ({"kind": "fog"}, "kind must be one of pt, angles, lost, added"),
        ({"strengths": [0.0]}, "strengths must be a list of positive"),
        ({"jets": jets.replace(label=None)}, "no labels"),
        ({"score": PFN((8,), (8,), particle_id=True, key=jax.random.key(0)), "kind": "added"},
         "needs pid"),
    ):  # fmt: skip
        asked = {"score": linear, "jets": jets, "kind": "pt", "strengths": [0.1]} | changed
        with pytest.raises(ValueError, match=message):
            noise_curve(**asked, pt_ref=500.0)


def test_what_is_found_is_what_the_page_takes():
    """The page's own check of the record, and infinite flips neither lost nor written."""
    area = Interval(0.8, 0.79, 0.81, 0.0)
    cost, none = np.array([2.0, np.inf, 0.01, 1.0]), np.full(4, np.inf)
    whole = Flips(cost, cost, cost, Interval(1.0, 0.9, 1.1, 0.0))
    lost = Flips(none, none, none, Interval(np.inf, np.inf, np.inf, np.nan))
    split = Flips(cost[::-1], cost, cost, Interval(1.0, 0.9, 1.1, 0.0))
    attack = AttackCurve(np.array([0.0, 2.0]), np.zeros((2, 4)), (area, area))
    turned = IsometryAttack(np.zeros(4), np.ones(4), area, area, area)
    noise = {"pt": NoiseCurve(np.array([0.1]), (area,), (area,))}
    record = (
        {"name": "EFN"}
        | flip_record(whole, split, None)
        | curve_record(attack, turned, area, noise)
    )
    assert record["cost"] == [0.01, 1.0, 2.0]
    assert (record["not_found"], record["free_share"]) == (1, 0.5)
    assert record["split_flip"]["value"] == 0.01
    never = flip_record(lost, lost, None)
    assert (never["flip"]["value"], never["split_flip"]["value"]) == (None, None)
    numbers = {"flipped": 4, "attacked": 4, "disturbed": 4}
    page = {"n_jets": numbers, "free_gev": 0.05, "networks": [record]}
    check_sections({"robustness": json.loads(json.dumps(page))})
