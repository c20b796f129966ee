"""The rules of the smeared likelihood: who sees whom, what is stored, what is compiled again."""

from __future__ import annotations

import importlib
import logging

import jax
import numpy as np
import pytest
import smearing_oracles as slow

from smearjax import Jets, SmearedLikelihood
from smearjax.evaluate import auc
from smearjax.smearing import (
    Gaussian,
    HardBall,
    Sigmoid,
    epsilon_curve,
    find_scales,
    information,
)

N = 64  # reference jets, and as many queries: one shape, one compilation
GRID = np.array([4.0, 7.0, 12.0, 30.0])
WEIGHT = np.random.default_rng(1).uniform(0.2, 3, N)


@pytest.fixture(scope="module")
def built():
    """float64 likelihoods without and with weights, and the query jets."""
    with jax.enable_x64(True):
        found = {
            "ones": SmearedLikelihood(slow.sample(N)),
            "positive": SmearedLikelihood(slow.sample(N, weight=WEIGHT)),
        }
    return found, slow.sample(N, skip=N)


@pytest.fixture(scope="module")
def single():
    """A float32 likelihood, the default."""
    return SmearedLikelihood(slow.sample(N, np.float32))


def test_new_epsilon_and_tau_do_not_recompile(single, caplog):
    single.with_kernel(Sigmoid(tau=0.5)).log_ratio(None, 5.0)
    single.with_kernel(Sigmoid(tau=0.5)).score(None, 5.0)
    with jax.log_compiles(), caplog.at_level(logging.WARNING, logger="jax"):
        for tau, epsilon in ((0.3, 4.0), (1.7, 9.0)):
            like = single.with_kernel(Sigmoid(tau=tau))
            like.log_ratio(None, epsilon)
            like.score(None, epsilon)
    assert [r.getMessage() for r in caplog.records if "Compiling" in r.getMessage()] == []


@pytest.mark.slow
def test_a_few_jets_more_do_not_recompile(single):
    """References and queries of nearly one size are filled up to the same size."""
    jets = slow.sample(N, np.float32)
    compiled = [
        found
        for module in ("passes", "curves", "moments", "scales")
        for found in vars(importlib.import_module(f"smearjax.smearing.{module}")).values()
        if hasattr(found, "_cache_size")
    ]
    assert len(compiled) >= 8
    sizes = []
    for n, m in ((N, 40), (N - 2, 30), (N - 6, 37)):
        like = single.restrict(np.arange(n))
        like.score(None, 5.0)
        like.log_ratio(jets[:m], [5.0, 6.0])
        like.balls(jets[:m], 5.0)
        like.log_density(jets[:m], 5.0)
        like.smear(np.arange(n), jets[:m], 5.0)
        information(like, [6.0], replicas=3)
        epsilon_curve(like, None, [6.0], replicas=3)
        find_scales(like)
        sizes.append([function._cache_size() for function in compiled])
    assert sizes[0] == sizes[1] == sizes[2]


def test_permuted_labels_do_not_leak():
    """Leave-one-out totals would rank equal counts by the true label; `score` does not."""
    rng = np.random.default_rng(7)
    n, replicas, epsilon = 200, 60, 1.0
    position = rng.uniform(0, 100, n)
    d2 = (position[:, None] - position) ** 2
    np.fill_diagonal(d2, np.inf)
    got, expected, leaking = [], [], []
    with jax.enable_x64(True):
        for _ in range(replicas):
            label = rng.permutation(np.arange(n) % 2)
            like = SmearedLikelihood(
                slow.jets_on_a_line(position, label.astype(np.int8)),
                kernel=HardBall(),
                pt_ref=slow.PT_REF,
                cells=2,
            )
            got.append(auc(np.round(np.asarray(like.score(None, epsilon))[0], 9), label))
            inside = d2 <= epsilon**2
            q, g = inside @ label, inside @ (1 - label)
            share = np.where(q + g == 0, 0.5, q / np.maximum(q + g, 1))  # orders like q/g
            expected.append(slow.auc(share, label))
            # The tempting formula: also balls that hold nothing get the ratio of left-out totals.
            leak = np.log((q + 1e-9) / (n / 2 - label)) - np.log((g + 1e-9) / (n / 2 - 1 + label))
            leaking.append(slow.auc(leak, label))
    np.testing.assert_allclose(got, expected, atol=1e-9)
    error = np.std(got, ddof=1) / replicas**0.5
    assert np.mean(got) < 0.5 + 3 * error
    assert np.mean(got) > 0.4
    assert np.mean(leaking) > 0.5 + 3 * error
    surplus = np.array(leaking) - got
    assert surplus.mean() > 10 * surplus.std(ddof=1) / replicas**0.5


def test_restrict_is_building_from_the_subset(built):
    """Same pt_ref, same distances, any order of rows; only the origin of the vectors differs."""
    like = built[0]["positive"]
    rows = np.random.default_rng(8).permutation(N)[:40]
    jets = slow.sample(N, weight=WEIGHT)
    with jax.enable_x64(True):
        part = like.restrict(rows)
        fresh = SmearedLikelihood(jets[rows], pt_ref=float(like.pt_ref))
        np.testing.assert_array_equal(part.label, fresh.label)
        np.testing.assert_allclose(part.reference.totals, fresh.reference.totals, rtol=1e-14)
        for kernel in (Gaussian(), HardBall()):
            one, two = part.with_kernel(kernel), fresh.with_kernel(kernel)
            for query in (None, built[1]):
                np.testing.assert_allclose(
                    one.log_ratio(query, GRID), two.log_ratio(query, GRID), rtol=1e-6, atol=1e-8
                )
        mask = np.isin(np.arange(N), rows)
        np.testing.assert_allclose(
            like.restrict(mask).log_ratio(None, 9.0),
            like.restrict(np.sort(rows)).log_ratio(None, 9.0),
        )


def test_points_of_the_full_set_never_see_themselves(built):
    """Split one embedding into a reference and the rest, and ask about both parts."""
    like = built[0]["ones"]
    with jax.enable_x64(True):
        part = like.restrict(np.arange(40))
        inside, rest = np.arange(20), np.arange(40, N)
        query = part.queries(like.leave_one_out.points[np.concatenate([inside, rest])])
        hard = part.with_kernel(HardBall())
        every = like.leave_one_out.points
        d2 = slow.squared_distances(every, every)[:, :40]
        counts = np.exp(hard.log_density(query, 9.0))[0] * np.asarray(part.reference.totals)
        label = np.asarray(like.label)[:40]
        for row, x in enumerate(np.concatenate([inside, rest])):
            want = [np.sum((d2[x] <= 81) & (label == c)) for c in (0, 1)]
            np.testing.assert_allclose(counts[row], want, atol=1e-9)
        np.testing.assert_allclose(
            np.exp(hard.log_density(None, 9.0))[0, :20]
            * (np.asarray(part.reference.totals) - np.eye(2)[label[:20]]),
            counts[:20],
            atol=1e-9,
        )


def test_pt_ref():
    """Mean scalar sum of pT unless given; it scales every distance, and queries inherit it."""
    jets = slow.sample(N)
    others = slow.sample(N, skip=N)
    with jax.enable_x64(True):
        like = SmearedLikelihood(jets)
        assert float(like.pt_ref) == pytest.approx(jets.pt.sum(axis=1).mean(), rel=1e-12)
        twice = SmearedLikelihood(jets, pt_ref=2 * float(like.pt_ref))
        assert twice.convention["pt_ref_gev"] == pytest.approx(2 * float(like.pt_ref))
        heavier = Jets(3 * others.pt, others.y, others.phi, mask=others.mask)
        for query in (None, others):
            np.testing.assert_allclose(
                twice.log_ratio(query, 2 * GRID), like.log_ratio(query, GRID), rtol=1e-8, atol=1e-9
            )
        # A query's own momentum plays no part: d is pT_ref times a distance of normalised jets.
        np.testing.assert_allclose(
            like.log_ratio(heavier, GRID), like.log_ratio(others, GRID), rtol=1e-6, atol=1e-7
        )


def test_a_query_on_top_of_a_reference_jet_sees_it(built):
    """Jets from outside are never left out, even if they are the very same particles."""
    like = built[0]["ones"].with_kernel(HardBall())
    with jax.enable_x64(True):
        label = np.asarray(like.label)
        outside = np.exp(like.log_density(slow.sample(N), 9.0))[0] * np.asarray(
            like.reference.totals
        )
        within = np.exp(like.log_density(None, 9.0))[0] * (
            np.asarray(like.reference.totals) - np.eye(2)[label]
        )
        np.testing.assert_allclose(outside - within, np.eye(2)[label], atol=1e-9)


def test_smearing_keeps_constants_and_linear_maps(single):
    rng = np.random.default_rng(9)
    f = rng.normal(size=N)
    got = np.asarray(single.smear(f, None, GRID))
    np.testing.assert_allclose(single.smear(np.full(N, 3.25), None, GRID), 3.25, rtol=1e-6)
    np.testing.assert_allclose(single.smear(1e6 + f, None, GRID), 1e6 + got, atol=0.5)
    assert np.all(np.abs(got) <= np.abs(f).max() + 1e-5)
    wide = np.asarray(single.smear(f, None, 1e5))[0]
    np.testing.assert_allclose(wide, (f.sum() - f) / (N - 1), atol=1e-5)


def test_convention(single):
    convention = single.with_kernel(HardBall()).convention
    assert convention["kernel"] == "K = Θ(ε − d)"
    assert (convention["beta"], convention["p"], convention["cells"]) == (1.0, 2, 256)
    assert convention["pt_ref_gev"] == pytest.approx(float(single.pt_ref))
