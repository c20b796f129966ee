"""R(ε), B(ε), their slopes and errors: double loops, differences, resampling, planted scales."""

from __future__ import annotations

import math

import jax
import numpy as np
import pytest
import smearing_oracles as slow

from smearjax import SmearedLikelihood, information
from smearjax.smearing import HardBall, Sigmoid
from smearjax.smearing.replicas import class_counts


def toy(seed: int, n: int, weight=None):
    """Two overlapping classes on a line, of different sizes."""
    rng = np.random.default_rng(seed)
    label = rng.permutation(np.arange(n) % 5 < 2).astype(np.int8)
    position = rng.normal(0, np.where(label == 1, 6, 10)) + 5 * label
    jets = slow.jets_on_a_line(position, label, weight)
    return SmearedLikelihood(jets, pt_ref=slow.PT_REF, cells=2), position, label


def kernel_matrix(position, epsilon):
    return slow.without_self(np.exp(-((position[:, None] - position) ** 2) / (2 * epsilon**2)))


@pytest.mark.parametrize("key", ["ones", "positive", "negative"])
def test_r_and_b_against_double_loops(key):
    n, grid = 60, np.array([1.0, 4.0, 15.0])
    rng = np.random.default_rng(1)
    weight = {
        "ones": np.ones(n),
        "positive": rng.uniform(0.2, 3, n),
        "negative": rng.choice([1.3, -0.4], n, p=[0.85, 0.15]),
    }[key]
    with jax.enable_x64(True):
        like, position, label = toy(2, n, weight)
        got = information(like, grid, replicas=4)
        points = like.leave_one_out.points
        d2 = slow.squared_distances(points, points)
        np.testing.assert_allclose(
            np.sqrt(d2[0, 1:]), np.abs(position[0] - position[1:]), rtol=1e-9
        )
    for e, epsilon in enumerate(grid):
        k = kernel_matrix(position, epsilon)
        f = {(a, b): slow.pair_mean(k, label, weight, a, b) for a, b in ((0, 0), (0, 1), (1, 1))}
        rho = f[0, 1] / math.sqrt(f[0, 0] * f[1, 1])
        assert got.R[e] == pytest.approx(1 - rho, rel=1e-9)
        slope = k * np.where(np.isfinite(d2), d2, 0) / epsilon**2
        d = {ab: slow.pair_mean(slope, label, weight, *ab) / f[ab] for ab in f}
        want = 0.5 * rho * (2 * d[0, 1] - d[0, 0] - d[1, 1])
        assert got.minus_dR[e] == pytest.approx(want, rel=1e-9)
        assert got.B[e] == pytest.approx(slow.b_of(k, label, weight), rel=1e-9, abs=1e-12)
    assert got.n_jets == (np.sum(label == 0), np.sum(label == 1))


def test_slopes_against_differences():
    h, grid = 1e-4, np.array([1.0, 6.0, 30.0])
    with jax.enable_x64(True):
        like, _, _ = toy(3, 60, np.random.default_rng(4).uniform(0.3, 2, 60))
        here, up, down = (
            information(like, grid * f, replicas=4) for f in (1, math.exp(h), math.exp(-h))
        )
    np.testing.assert_allclose(here.minus_dR, -(up.R - down.R) / (2 * h), rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(here.minus_dB, -(up.B - down.B) / (2 * h), rtol=1e-6, atol=1e-8)


@pytest.fixture(scope="module")
def resampled():
    """R, −dR, B, −dB of 600 replicas of 300 jets, slow; and what `information` says."""
    n, grid, h = 300, [2.0, 8.0], 1e-4
    rng = np.random.default_rng(5)
    weight = rng.uniform(0.5, 1.5, n)
    with jax.enable_x64(True):
        like, position, label = toy(6, n, weight)
        said = information(like, grid, replicas=300, seed=1)
    total = {c: weight[label == c].sum() for c in (0, 1)}
    spread = []
    for epsilon in grid:
        k = kernel_matrix(position, epsilon)
        up, down = (kernel_matrix(position, epsilon * math.exp(s * h)) for s in (1, -1))
        found = []
        for _ in range(600):
            counts = np.zeros(n)
            for c in (0, 1):
                rows = np.flatnonzero(label == c)
                counts[rows] = np.bincount(
                    rng.integers(0, len(rows), len(rows)), minlength=len(rows)
                )
            w = weight * counts
            # Replicas of B vote with all of a class's weight, as the data do.
            share = w / np.where(label == 1, w[label == 1].sum(), w[label == 0].sum())
            sign = 2.0 * label - 1
            vote = [(m @ (share * sign)) / (m @ share) for m in (k, up, down)]
            b = [0.5 * np.sum(share * sign * v) for v in vote]
            slope = [slow.r_of(m, label, w) for m in (up, down)]
            found.append(
                (
                    slow.r_of(k, label, w),
                    -(slope[0] - slope[1]) / (2 * h),
                    b[0],
                    -(b[1] - b[2]) / (2 * h),
                )
            )
        spread.append(np.std(found, axis=0, ddof=1))
    assert min(total.values()) > 0
    return said, np.array(spread)


@pytest.mark.parametrize(
    "column", [("R_err", 0), ("minus_dR_err", 1), ("B_err", 2), ("minus_dB_err", 3)]
)
def test_errors_against_resampling(resampled, column):
    said, spread = resampled
    name, i = column
    np.testing.assert_allclose(getattr(said, name), spread[:, i], rtol=0.25)


@pytest.mark.slow
def test_r_hardly_depends_on_the_number_of_jets():
    """On real jets: a quarter of them gives the same R within its error."""
    jets = slow.sample(500, np.float32)
    like = SmearedLikelihood(jets)
    grid = [4.0, 10.0, 30.0]
    full, part = (
        information(like, grid, replicas=2),
        information(like.restrict(np.arange(125)), grid, replicas=2),
    )
    assert np.all(np.abs(full.R - part.R) < 3 * part.R_err)
    assert np.all(part.R_err / full.R_err > 1.5)
    assert np.all(np.abs(full.minus_dR - part.minus_dR) < 3 * part.minus_dR_err)
    assert np.all(np.diff(full.R) < 0)


# Planted scales -----------------------------------------------------------------------------------


def peak(grid, values):
    """Maximum of a parabola through the highest point and its neighbours, in ln ε."""
    i = int(np.argmax(values))
    assert 0 < i < len(grid) - 1
    left, top, right = values[i - 1 : i + 2]
    shift = 0.5 * (right - left) / (2 * top - left - right)
    return math.exp(math.log(grid[i]) + shift * math.log(grid[i + 1] / grid[i]))


@pytest.mark.parametrize(
    ("a", "b", "kappa"),
    [(0.8, 0.2, 0.879), (0.6, 0.4, 0.813), (0.5, 0.3, 0.829), (0.11, 0.10, 1.17)],
)
def test_plant_at_one_distance(a, b, kappa):
    """Present with probability a in quarks, b in gluons, nothing else: κ from closed form.

    Fixed counts, so that the only randomness left is none: F_ab of the finite sample is exact.
    """
    n, epsilon0 = 1000, 15.0
    label = np.repeat([0, 1], n).astype(np.int8)
    present = np.concatenate([np.arange(n) < round(n * b), np.arange(n) < round(n * a)])
    with jax.enable_x64(True):
        like = SmearedLikelihood(
            slow.jets_on_a_line(epsilon0 * present, label), pt_ref=slow.PT_REF, cells=2
        )
        grid = np.geomspace(4, 30, 31)
        info = information(like, grid, replicas=2)

    def closed(p, q, same):
        far = np.exp(-(epsilon0**2) / (2 * grid**2))
        pairs = n * n - (n if same else 0)
        near = p * q * n * n + (1 - p) * (1 - q) * n * n - (n if same else 0)
        return (near + (p * (1 - q) + q * (1 - p)) * n * n * far) / pairs

    rho = closed(a, b, False) / np.sqrt(closed(a, a, True) * closed(b, b, True))
    np.testing.assert_allclose(info.R, 1 - rho, rtol=1e-7, atol=1e-12)
    if a - b > 0.1:
        assert math.sqrt(2) * peak(grid, info.minus_dR) / epsilon0 == pytest.approx(kappa, rel=0.01)
    else:  # the bias of the U-statistic is as large as the signal itself: use the N → ∞ curve
        limit = 1 - (
            far_limit(a, b, grid, epsilon0)
            / np.sqrt(far_limit(a, a, grid, epsilon0) * far_limit(b, b, grid, epsilon0))
        )
        found = peak(grid[1:-1], -np.gradient(limit, np.log(grid))[1:-1])
        assert math.sqrt(2) * found / epsilon0 == pytest.approx(kappa, rel=0.02)


def far_limit(p, q, grid, epsilon0):
    """F_ab of the plant for infinitely many jets."""
    return (
        p * q
        + (1 - p) * (1 - q)
        + (p * (1 - q) + q * (1 - p)) * np.exp(-(epsilon0**2) / (2 * grid**2))
    )


@pytest.fixture(scope="module")
def planted():
    """Three-particle jets: a broad nuisance along x, a plant of 20 GeV along y with .8 and .2."""
    rng = np.random.default_rng(7)
    n, epsilon0 = 1200, 20.0
    label = np.repeat([0, 1], n).astype(np.int8)
    present = rng.random(2 * n) < np.where(label == 1, 0.8, 0.2)
    x = rng.normal(0, 8, 2 * n).clip(-25, 25)
    with jax.enable_x64(True):
        jets = slow.jets_in_a_plane(x, epsilon0 * present, label)
        like = SmearedLikelihood(jets, pt_ref=slow.PT_REF, cells=256)
        grid = np.geomspace(5, 40, 25)
        return like, x, present, grid, information(like, grid, replicas=20), epsilon0


@pytest.mark.slow
def test_nuisance_cancels(planted):
    """d² = nuisance + signal: R peaks at κ·ε0/√2, as if the nuisance were not there."""
    like, x, present, grid, info, epsilon0 = planted
    points = like.leave_one_out.points
    d2 = slow.squared_distances(points[:40], points[:40])
    plane = (x[:40, None] - x[:40]) ** 2 + epsilon0**2 * (present[:40, None] ^ present[:40])
    constant = d2 - plane
    off = ~np.eye(40, dtype=bool)
    assert np.ptp(constant[off]) < 1e-6  # the residual's share, alike for all pairs, cancels in ρ
    assert math.sqrt(2) * peak(grid, info.minus_dR) / epsilon0 == pytest.approx(0.879, rel=0.06)
    exact = 1 - far_limit(0.8, 0.2, grid, epsilon0) / far_limit(0.8, 0.8, grid, epsilon0)
    assert np.all(np.abs(info.R - exact) < 4 * info.R_err)
    assert np.all(info.R_err < 0.05)


@pytest.mark.slow
def test_b_sees_the_same_scale(planted):
    _, _, _, grid, info, epsilon0 = planted
    assert math.sqrt(2) * peak(grid, info.minus_dB) / epsilon0 == pytest.approx(0.9, rel=0.25)


def test_nothing_to_find():
    """Permuted labels: R and B are 0 within their errors at every scale."""
    rng = np.random.default_rng(8)
    pulls = []
    for seed in range(12):
        label = rng.permutation(np.arange(200) % 2).astype(np.int8)
        jets = slow.jets_on_a_line(rng.normal(0, 10, 200), label)
        info = information(
            SmearedLikelihood(jets, pt_ref=slow.PT_REF, cells=2), [1.0, 5.0], replicas=20, seed=seed
        )
        pulls.append(info.R / info.R_err)
    assert np.abs(np.mean(pulls, axis=0)).max() < 1.5
    assert np.sqrt(np.mean(np.square(pulls))) < 3


def test_where_everything_is_far():
    """ε far below every distance: NaN for R where F underflows, as documented, and no warning."""
    with jax.enable_x64(True):
        label = (np.arange(60) % 5 < 2).astype(np.int8)
        jets = slow.jets_on_a_line(50.0 * np.arange(60), label)
        info = information(
            SmearedLikelihood(jets, pt_ref=slow.PT_REF, cells=2), [0.01, 100.0, 300.0], replicas=4
        )
    assert np.isnan(info.R[0])
    assert np.isfinite(info.R[1:]).all()
    assert np.isfinite(info.B).all()


def test_replicas_that_leave_out_what_is_near():
    """Classes in turn, 50 GeV apart: the other class at 50 GeV outweighs one's own by e⁵⁰⁰.

    A replica with none of a jet's neighbours at 50 GeV hears those at 100 GeV; further ones are
    beyond double precision.
    """
    label, replicas = (np.arange(60) % 2).astype(np.int8), 20
    with jax.enable_x64(True):
        jets = slow.jets_on_a_line(50.0 * np.arange(60), label)
        likelihood = SmearedLikelihood(jets, pt_ref=slow.PT_REF, cells=2)
        info = information(likelihood, [math.sqrt(7.5)], replicas=replicas)
    drawn = class_counts(label, replicas, 0)
    there = np.pad(drawn > 0, ((2, 2), (0, 0)))
    near, own = there[1:-3] | there[3:-1], there[:-4] | there[4:]
    assert (~near & own).any()
    agreement = np.where(near, -1.0, np.where(own, 1.0, 0.0))
    b = (agreement * drawn).mean(axis=0)
    assert info.B[0] == pytest.approx(b[0], abs=1e-12)
    assert info.B_err[0] == pytest.approx(b[1:].std(ddof=1), rel=1e-9)
    assert (info.minus_dB[0], info.minus_dB_err[0]) == pytest.approx((0, 0), abs=1e-9)
    assert math.log(1 - info.R[0]) == pytest.approx(500, abs=0.1)


def test_same_seed_same_numbers_and_print():
    like, _, _ = toy(9, 60)
    one, two, other = (information(like, [2.0, 9.0, 20.0], replicas=4, seed=s) for s in (0, 0, 1))
    np.testing.assert_array_equal(one.B_err, two.B_err)
    assert not np.array_equal(one.B_err, other.B_err)
    np.testing.assert_array_equal(one.R_err, other.R_err)
    assert len(str(one).splitlines()) == 5


@pytest.mark.parametrize("kernel", [HardBall(), Sigmoid(tau=0.5)])
def test_wrong_kernel(kernel):
    with pytest.raises(ValueError, match="Gaussian kernel"):
        information(toy(9, 60)[0].with_kernel(kernel), [2.0])


@pytest.mark.parametrize("replicas", [1, 0, -3])
def test_too_few_replicas(replicas):
    with pytest.raises(ValueError, match="replicas must be at least 2"):
        information(toy(9, 60)[0], [2.0], replicas=replicas)


@pytest.mark.parametrize("epsilon", [0.0, -2.0, np.nan, np.inf, [], [[1.0]]])
def test_bad_epsilon(epsilon):
    with pytest.raises(ValueError, match="epsilon must be"):
        information(toy(9, 60)[0], epsilon)
