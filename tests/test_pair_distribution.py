"""F(ε), D(ε) and their errors: dense counts, closed forms, fresh samples, the bootstrap."""

from __future__ import annotations

import numpy as np
import pytest
import smearing_oracles as slow
from points_in_space import dense, likelihood_of
from scipy import stats

from smearjax import SmearedLikelihood
from smearjax.extremes.local_slope import slope_rows
from smearjax.extremes.pair_distribution import pair_distribution
from smearjax.extremes.pair_variance import BallMoments, all_pairs, covariance_of_fractions
from smearjax.smearing.replicas import class_counts

KINDS = ("gg", "gq", "qq", "all")


def moments_of(position, label, radii):
    """Counts about every point of a line, by a dense matrix."""
    d = dense(position[:, None])
    near = d[:, :, None] <= radii
    counts = np.stack([near[:, label == c].sum(axis=1) for c in (0, 1)], axis=1)
    return BallMoments.of(counts, label)


def test_covariance_is_that_of_fresh_samples():
    """12 gluons and 9 quarks, drawn 3,000 times: what is estimated from each, and what they do."""
    rng, n_jets, radii = np.random.default_rng(1), (12, 9), np.array([0.3, 1.0, 2.5])
    label = np.repeat([0, 1], n_jets)
    total, fractions, estimates = all_pairs(n_jets), [], []
    for _ in range(3000):
        position = rng.normal(label, np.where(label == 1, 0.5, 1.0))
        moments = moments_of(position, label, radii)
        fractions.append(moments.pairs / total[:, None])
        estimates.append(covariance_of_fractions(moments, n_jets))
    fractions, mean = np.array(fractions).reshape(3000, 9), np.mean(estimates, axis=0)
    found = mean.transpose(0, 2, 1, 3).reshape(9, 9)
    want = np.cov(fractions.T)
    of_want = np.sqrt((np.outer(np.diag(want), np.diag(want)) + want**2) / 3000)
    of_found = np.std(estimates, axis=0).transpose(0, 2, 1, 3).reshape(9, 9) / np.sqrt(3000)
    assert np.all(np.abs(found - want) < 4.5 * np.hypot(of_want, of_found))
    np.testing.assert_allclose(np.diag(found), np.diag(want), rtol=0.1)
    p = fractions.mean(axis=0)
    binomial = p * (1 - p) / np.repeat(total, 3)
    assert np.all(np.diag(want)[[1, 2, 4, 5]] > 1.5 * binomial[[1, 2, 4, 5]])


def test_the_textbook_variances():
    """One and two samples on a line, with ⟨p⟩ and ⟨p_x²⟩ by quadrature."""
    n_jets, epsilon, spread = (12, 9), 1.0, {0: 1.0, 1: 0.5}
    x = np.linspace(-8, 8, 4001)

    def mean(values, c):
        return np.trapezoid(values * stats.norm.pdf(x, c, spread[c]), x)

    def within(c):
        law = stats.norm(c, spread[c])
        return law.cdf(x + epsilon) - law.cdf(x - epsilon)

    n = n_jets[0]
    p, p2 = mean(within(0), 0), mean(within(0) ** 2, 0)
    of_gg = n * (n - 1) / 2 * p * (1 - p) + n * (n - 1) * (n - 2) * (p2 - p**2)
    g, q = n_jets
    p = mean(within(1), 0)
    about_q, about_g = mean(within(0) ** 2, 1), mean(within(1) ** 2, 0)
    of_gq = q * g * (p * (1 - p) + (g - 1) * (about_q - p**2) + (q - 1) * (about_g - p**2))
    rng, label = np.random.default_rng(2), np.repeat([0, 1], n_jets)
    estimates = [
        covariance_of_fractions(
            moments_of(
                rng.normal(label, np.where(label == 1, 0.5, 1.0)), label, np.array([epsilon])
            ),
            n_jets,
        )
        for _ in range(2000)
    ]
    found = np.mean(estimates, axis=0)[:, :, 0, 0] * np.outer(*2 * [all_pairs(n_jets)])
    assert found[0, 0] == pytest.approx(of_gg, rel=0.08)
    assert found[1, 1] == pytest.approx(of_gq, rel=0.08)
    assert found[0, 2] == pytest.approx(0, abs=1e-9)


def test_few_jets_have_no_error():
    label = np.array([0, 0, 0, 1, 1, 1, 1])
    moments = moments_of(np.arange(7.0), label, np.array([1.5]))
    covariance = covariance_of_fractions(moments, (3, 4))
    assert np.isnan(covariance[0, 0]).all()
    assert np.isfinite(covariance[2, 2]).all()


def test_fractions_of_real_jets():
    """Against all distances at once; all pairs are the three kinds together."""
    jets = slow.sample(300, np.float32)
    likelihood = SmearedLikelihood(jets)
    radii = np.geomspace(2, 200, 12)
    found = pair_distribution(likelihood, radii)
    points = likelihood.leave_one_out.points
    d, label = np.sqrt(slow.squared_distances(points, points)), np.asarray(jets.label)
    upper, total = np.triu_indices(300, 1), label[:, None] + label
    for kind, members in (("gg", [0]), ("gq", [1]), ("qq", [2]), ("all", [0, 1, 2])):
        some = d[upper][np.isin(total[upper], members)]
        curve = getattr(found, kind)
        np.testing.assert_allclose(curve.F, (some[:, None] <= radii).mean(axis=0), atol=1e-12)
        assert curve.n_pairs == len(some)
    assert found.n_jets == (np.sum(label == 0), np.sum(label == 1))
    assert len(str(found).splitlines()) == 14
    assert np.isnan(found.gg.D[found.gg.F == 0]).all()
    assert found.all.F_err[-1] < 1e-3


def test_a_line_has_one_dimension():
    """Uniform on [0, 1]: F = 2ε − ε², D = 2(1 − ε)/(2 − ε)."""
    rng = np.random.default_rng(3)
    jets = slow.jets_on_a_line(rng.uniform(0, 100, 1200), np.arange(1200) % 2)
    radii = np.geomspace(0.3, 60, 41)
    found = pair_distribution(SmearedLikelihood(jets, pt_ref=slow.PT_REF, cells=2), radii)
    u = radii / 100
    for kind in KINDS:
        curve = getattr(found, kind)
        inner = slice(4, -4)
        assert np.all(np.abs(curve.F - (2 * u - u**2)) < 4 * curve.F_err)
        off = curve.D - 2 * (1 - u) / (2 - u)
        assert np.all(np.abs(off[inner]) < 4 * curve.D_err[inner])
        assert curve.dimension_at(1.0)[0] == pytest.approx(1, abs=0.05)


@pytest.mark.slow
def test_pulls_of_f_and_d():
    """Normal points in 2 and 5 dimensions, d²/2σ² ~ χ²: 40 samples scatter as the errors say."""
    radii, sigma = np.geomspace(2, 60, 31), 10.0
    x, step = radii**2 / (2 * sigma**2), 1e-5
    rng = np.random.default_rng(4)
    for k in (2, 5):
        law = stats.chi2(k)
        truth = np.log([law.cdf(x * np.exp(2 * s)) for s in (-step, 0.0, step)])
        dimension = (truth[2] - truth[0]) / (2 * step)
        of_f, of_d, some = [], [], slice(*((9, 26, 4) if k == 2 else (14, 28, 4)))
        for _ in range(40):
            found = pair_distribution(likelihood_of(rng.normal(0, sigma, (300, k))), radii)
            curves = [getattr(found, kind) for kind in KINDS]
            of_f.append([(c.F - np.exp(truth[1]))[some] / c.F_err[some] for c in curves])
            of_d.append([(c.D - dimension)[some] / c.D_err[some] for c in curves])
        for pulls in map(np.array, (of_f, of_d)):
            assert np.all(np.abs(pulls.mean(axis=0)) < 4.5 / np.sqrt(40))
            # 40 samples know a deviation to 11 %.
            assert np.all(np.abs(pulls.std(axis=0) - 1) < 0.45)
            assert pulls.std() == pytest.approx(1, abs=0.12)


def test_the_bootstrap_agrees_where_jets_are_scarce():
    rng = np.random.default_rng(5)
    likelihood = likelihood_of(rng.normal(0, 10, (400, 2)))
    radii = np.geomspace(0.4, 40, 19)
    found = pair_distribution(likelihood, radii, replicas=400)
    for kind in KINDS:
        curve = getattr(found, kind)
        assert curve.F_replicas.shape == (400, 19)
        ratio = curve.F_replicas.std(axis=0, ddof=1) / curve.F_err
        np.testing.assert_allclose(ratio[12:], 1, atol=0.15)
        of_d = curve.D_replicas.std(axis=0, ddof=1) / curve.D_err
        np.testing.assert_allclose(of_d[-4:-1], 1, atol=0.2)
        # A handful of pairs: w_i w_j of a pair scatters by √3, pairs themselves by 1.
        assert ratio[0] == pytest.approx(np.sqrt(3), abs=0.35)


def test_replicas_are_pair_weights():
    rng = np.random.default_rng(6)
    vectors, label = rng.normal(0, 10, (60, 2)), np.arange(60) % 3 == 0
    radii = np.array([3.0, 12.0])
    found = pair_distribution(likelihood_of(vectors, label), radii, replicas=3, seed=7)
    drawn = class_counts(label.astype(int), 3, 7)[:, 1:]
    d = dense(vectors)
    for r in range(3):
        for e, radius in enumerate(radii):
            near = (d <= radius).astype(float)
            for kind, (a, b) in (("gg", (0, 0)), ("gq", (0, 1)), ("qq", (1, 1))):
                want = slow.pair_mean(near, label, drawn[:, r], a, b)
                assert getattr(found, kind).F_replicas[r, e] == pytest.approx(want, rel=1e-6)


def test_slopes_are_exact_for_polynomials_and_linear():
    x = np.sort(np.random.default_rng(8).uniform(0, 4, 30))
    weight = np.random.default_rng(9).uniform(0.1, 3, (30, 30))
    rows = slope_rows(x, x, weight, 0.9, degree=2)
    np.testing.assert_allclose(rows @ (3 + 2 * x - 0.7 * x**2), 2 - 1.4 * x, atol=1e-8)
    # numpy's own weighted fit, at one place.
    y, near = np.sin(2 * x), np.abs(x - x[12]) < 0.9
    w = (1 - (np.abs(x - x[12])[near] / 0.9) ** 3) ** 3 * weight[12, near]
    fit = np.polyfit(x[near] - x[12], y[near], 2, w=np.sqrt(w))
    assert rows[12] @ y == pytest.approx(fit[1], rel=1e-9)
    assert np.isnan(slope_rows(x[:2], x[:1], np.ones((1, 2)), 9.0, degree=2)).all()


def test_wrong_arguments():
    likelihood = likelihood_of(np.random.default_rng(10).normal(0, 10, (40, 2)))
    with pytest.raises(ValueError, match="epsilon must rise"):
        pair_distribution(likelihood, [3.0, 2.0])
    with pytest.raises(ValueError, match="window must be a factor above 1"):
        pair_distribution(likelihood, [3.0], window=1.0)
    with pytest.raises(ValueError, match="replicas must be at least 0"):
        pair_distribution(likelihood, [3.0], replicas=-1)
    weighted = slow.jets_on_a_line(np.arange(9.0), np.arange(9) % 2, np.arange(1.0, 10.0))
    with pytest.raises(ValueError, match="unequal weights"):
        pair_distribution(SmearedLikelihood(weighted, pt_ref=slow.PT_REF, cells=2), [3.0])
    curve = pair_distribution(likelihood, [3.0, 9.0]).gg
    with pytest.raises(ValueError, match="epsilon must be between 3 and 9 GeV"):
        curve.dimension_at(10.0)
