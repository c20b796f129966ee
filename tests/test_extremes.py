"""Leading-log closed forms, laws of smallest distances, neighbourhoods of known dimension."""

from __future__ import annotations

import numpy as np
import pytest
import smearing_oracles as slow
from points_in_space import dense
from scipy import integrate, stats

from smearjax import load_jets
from smearjax.extremes.extreme_laws import ExtremeValue, Weibull, ks_distance, ks_p_values
from smearjax.extremes.leading_log import LeadingLog
from smearjax.extremes.mean_law import mean_law, missed
from smearjax.extremes.neighbourhoods import _nearest, neighbourhood_fit
from smearjax.metric import Cloud, fit_space

# α_s = .12, pT = 525 GeV, R = .4: ε_min in GeV and its local exponent for N = 10³ … 10⁶.
TABLE = {
    "gg": [(5.5, -0.274), (3.1, -0.239), (1.8, -0.214), (1.1, -0.196)],
    "gq": [(2.7, -0.322), (1.4, -0.281), (0.74, -0.252), (0.43, -0.231)],
    "qq": [(0.75, -0.411), (0.31, -0.358), (0.14, -0.321), (0.07, -0.294)],
}


@pytest.mark.parametrize("pair", TABLE)
def test_leading_log_table(pair):
    leading, number = LeadingLog(), 10.0 ** np.arange(3, 7)
    epsilon, exponent = np.array(TABLE[pair]).T
    found = leading.nearest(pair, number)
    assert np.all(np.abs(found - epsilon) <= np.where(epsilon >= 1, 0.05, 0.006))
    np.testing.assert_allclose(leading.exponent(pair, number), exponent, atol=6e-4)
    np.testing.assert_allclose(number * leading.fraction(pair, found), np.log(2), rtol=1e-12)
    np.testing.assert_allclose(exponent, -1 / leading.dimension(pair, found), atol=6e-4)


@pytest.mark.parametrize("pair", TABLE)
def test_leading_log_slopes(pair):
    leading, h = LeadingLog(alpha_s=0.1, pt=300.0, radius=0.8), 1e-6
    epsilon = np.geomspace(0.1, 300, 20)
    casimirs = {"gg": 6, "gq": 13 / 3, "qq": 8 / 3}[pair]
    tau = epsilon**2 / (2 * 300**2 * 0.8**2)
    want = np.exp(-0.1 * casimirs / (2 * np.pi) * np.log(tau) ** 2)
    np.testing.assert_allclose(leading.fraction(pair, epsilon), want, rtol=1e-12)
    up, down = (np.log(leading.fraction(pair, epsilon * np.exp(s))) for s in (h, -h))
    np.testing.assert_allclose(leading.dimension(pair, epsilon), (up - down) / (2 * h), rtol=1e-6)
    number = np.geomspace(10, 1e8, 9)
    up, down = (np.log(leading.nearest(pair, number * np.exp(s))) for s in (h, -h))
    np.testing.assert_allclose(leading.exponent(pair, number), (up - down) / (2 * h), rtol=1e-6)
    assert leading.fraction(pair, 2 * leading.largest) == 1
    assert leading.dimension(pair, 2 * leading.largest) == 0


def test_leading_log_arguments():
    with pytest.raises(ValueError, match="pair is 'qg'; expected one of gg, gq, qq"):
        LeadingLog().fraction("qg", 1.0)
    with pytest.raises(ValueError, match="number must be at least 1"):
        LeadingLog().nearest("gg", [10.0, 0.5])
    with pytest.raises(ValueError, match="epsilon must be positive"):
        LeadingLog().dimension("gg", 0.0)
    with pytest.raises(ValueError, match="alpha_s must be a positive number"):
        LeadingLog(alpha_s=-0.1)


def test_weibull_fit_is_scipys():
    rng = np.random.default_rng(1)
    shapes, scales = np.array([0.4, 1.0, 3.0, 12.0]), np.array([5.0, 0.2, 30.0, 1e3])
    d = scales[:, None] * rng.weibull(shapes[:, None], (4, 80))
    fit = Weibull.fit(d)
    for k in range(4):
        shape, _, scale = stats.weibull_min.fit(d[k], floc=0)
        assert fit.shape[k] == pytest.approx(shape, rel=1e-3)
        assert fit.scale[k] == pytest.approx(scale, rel=1e-3)
        law = stats.weibull_min(fit.shape[k], scale=fit.scale[k])
        np.testing.assert_allclose(fit.cdf(d)[k], law.cdf(d[k]), rtol=1e-12)
        assert ks_distance(fit, d)[k] == pytest.approx(stats.kstest(d[k], law.cdf).statistic)
        assert (
            law.logpdf(d[k]).sum() >= stats.weibull_min(shape, 0, scale).logpdf(d[k]).sum() - 1e-9
        )


@pytest.mark.parametrize("c", [-0.2, 0.0, 0.15, 0.6])
def test_extreme_value_law_is_scipys(c):
    """cdf and draws; L-moments of the fitted law are those of the distances."""
    rng = np.random.default_rng(2)
    d = -stats.genextreme(c, -7.0, 2.0).rvs(200, random_state=rng)[None]
    fit = ExtremeValue.fit(d)
    law = stats.genextreme(fit.c[0], -fit.location[0], fit.scale[0])
    np.testing.assert_allclose(fit.cdf(d)[0], law.sf(-d[0]), rtol=1e-9, atol=1e-12)
    drawn = fit.draw(4000, rng)[0]
    assert stats.kstest(-drawn, law.cdf).pvalue > 1e-3
    x = np.sort(-d[0])
    weights = [np.ones(200), np.arange(200) / 199]
    weights.append(weights[1] * (np.arange(200) - 1) / 198)
    for r, weight in enumerate(weights):
        moment = integrate.quad(lambda u, r=r: law.ppf(u) * u**r, 0, 1, limit=200)[0]
        assert moment == pytest.approx(np.mean(weight * x), rel=2e-3)
    long = -stats.genextreme(c, -7.0, 2.0).rvs(40000, random_state=rng)[None]
    far = ExtremeValue.fit(long)
    assert (far.c[0], far.location[0], far.scale[0]) == pytest.approx((c, 7.0, 2.0), abs=0.06)
    assert far.least[0] == (pytest.approx(7 - 2 / c, rel=0.2) if c > 0 else far.least[0])
    assert np.isneginf(far.least[0]) or far.c[0] > 0


def test_a_weibull_law_is_an_extreme_value_law():
    d = np.linspace(0.5, 9, 30)[None]
    shape, scale = np.array([3.0]), np.array([5.0])
    same = ExtremeValue(1 / shape, scale, scale / shape)
    np.testing.assert_allclose(same.cdf(d), Weibull(shape, scale).cdf(d), rtol=1e-10)
    assert same.least[0] == pytest.approx(0, abs=1e-12)


def test_p_values_are_uniform_and_have_power():
    """Uniform under the law itself though its parameters are fitted; small for two heaps."""
    rng = np.random.default_rng(3)
    d = 4.0 * rng.weibull(2.5, (400, 40))
    for law in (Weibull, ExtremeValue):
        p = ks_p_values(law.fit(d), d, 99, rng)
        assert stats.kstest(p, "uniform").pvalue > 1e-3
        assert np.mean(p <= 0.05) == pytest.approx(0.05, abs=0.035)
    mixed = np.concatenate([rng.weibull(8, (50, 100)), 4 * rng.weibull(8, (50, 100))], axis=1)
    assert np.all(ks_p_values(Weibull.fit(mixed), mixed, 99, rng) <= 0.01)


def test_missed_is_hypergeometric():
    counts = np.array([0, 1, 5, 30, 90, 100])
    want = stats.hypergeom.pmf(0, 100, counts, 12)
    np.testing.assert_allclose(missed(counts, 100, 12), want, rtol=1e-9, atol=1e-300)
    many = missed(np.array([40]), 400_000, 10_000)
    assert many[0] == pytest.approx((1 - 1e-4) ** 10_000, rel=0.02)


def test_the_typical_dimension_is_that_of_the_median():
    """Jets with F_x = (ε/s_x)^{D_x}: the median of the mean law falls as N^{−1/D}."""
    rng = np.random.default_rng(9)
    powers, scales = rng.uniform(1, 8, (50, 1)), rng.uniform(20, 60, (50, 1))
    radii = np.geomspace(0.5, 40, 121)
    fraction = np.minimum((radii / scales) ** powers, 1)
    total, size, h = 10_000_000, 100, 0.1
    parts = np.round(0.5 * total * fraction).astype(np.int64)[None].repeat(2, axis=0)
    law, *moved = (mean_law(parts, total, round(size * np.exp(s)), radii) for s in (0, -h, h))
    slope = np.log(moved[1].median / moved[0].median) / (
        np.log(round(size * np.exp(h))) - np.log(round(size * np.exp(-h)))
    )
    assert -1 / law.dimension == pytest.approx(slope, rel=0.01)
    np.testing.assert_allclose(law.survival, ((1 - fraction) ** size).mean(axis=0), atol=1e-4)
    # Parts alike have no scatter: what is left is that of the 50 jets.
    assert law.survival_err.max() < 1e-4
    weight = fraction * (1 - fraction) ** size
    there = np.array([np.interp(law.median, radii, row) for row in weight])[:, None]
    influence = there * (powers - law.dimension) / there.mean()
    assert law.dimension_err == pytest.approx(influence.std() / np.sqrt(50), rel=0.1)


def test_nearest_of_subsets_is_exact():
    """Real jets: for each fixed jet and subset the least exact distance, or one as small."""
    from smearjax.metric import exact_squared_distances

    jets = slow.sample(260, np.float32)
    cloud = Cloud(jets, fit_space(jets, pt_ref=525.0))
    order = np.random.default_rng(4).permutation(260)
    fixed, subsets = order[:4], order[4:].reshape(8, 32)
    found = _nearest(cloud, fixed, subsets)
    pairs = np.stack(np.meshgrid(fixed, subsets, indexing="ij"), axis=-1).reshape(-1, 2)
    exact = 525.0 * np.sqrt(exact_squared_distances(jets, jets, pairs))
    want = exact.reshape(4, 8, 32).min(axis=2)
    np.testing.assert_allclose(found, want, rtol=5e-3)
    assert np.mean(found == pytest.approx(want, rel=1e-12)) > 0.8
    assert np.all(found >= want * (1 - 1e-12))


def test_a_line():
    """Uniform points: Weibull laws of shape 1, F_x = 2ε, and the pooled law (1 − 2ε)^N."""
    rng = np.random.default_rng(5)
    position = rng.uniform(0, 400, 9000)
    jets = slow.jets_on_a_line(position)
    cloud = Cloud(jets, fit_space(jets, cells=2, pt_ref=slow.PT_REF))
    inner = np.flatnonzero(np.abs(position - 200) < 150)[:40]
    found = neighbourhood_fit(cloud, inner, 60, subsets=70, replicas=99)
    assert found.nearest.shape == (40, 70)
    for value, error in ((found.shape, found.shape_err), (found.dimension, found.dimension_err)):
        pull = (value - 1) / error
        assert abs(pull.mean()) < 4 / np.sqrt(40)
        assert 0.7 < pull.std() < 1.35
    np.testing.assert_allclose(found.weibull.scale, 400 / (2 * 60), rtol=0.45)
    assert stats.kstest(found.weibull_p, "uniform").pvalue > 1e-3
    assert found.pooled_p > 0.01
    law = np.maximum(1 - 2 * found.epsilon / 400, 0) ** 60
    bulk = (law > 0.05) & (law < 0.95)
    for curve, error in ((found.law, found.law_err), (found.pooled, found.pooled_err)):
        assert np.all(np.abs(curve - law)[bulk] < 4 * error[bulk])
        assert np.all(error[bulk] < 0.05)
    assert found.median == pytest.approx(200 * (1 - 0.5 ** (1 / 60)), rel=0.05)
    assert abs(found.typical_dimension - 1) < 4 * found.typical_dimension_err
    assert found.typical_dimension_err < 0.1
    assert len(str(found).splitlines()) == 6


@pytest.mark.slow
def test_a_plane_and_a_line_beside_it():
    """Shapes 2 and 1; each neighbourhood has a Weibull law, all of them together have none."""
    rng = np.random.default_rng(6)
    n = 6000
    on_line = np.arange(n) % 2 == 0
    x = rng.uniform(-30, 30, n)
    y = np.where(on_line, -28.0, rng.uniform(0, 30, n))
    jets = slow.jets_in_a_plane(x, y)
    cloud = Cloud(jets, fit_space(jets, cells=64, pt_ref=slow.PT_REF))
    inner = np.abs(x) < 22
    line = np.flatnonzero(on_line & inner)[:25]
    plane = np.flatnonzero(~on_line & inner & (np.abs(y - 15) < 8))[:25]
    found = neighbourhood_fit(cloud, np.concatenate([line, plane]), 30, replicas=99)
    assert found.nearest.shape[1] == 2975 // 30
    for rows, shape in ((slice(0, 25), 1), (slice(25, 50), 2)):
        pull = (found.shape - shape)[rows] / found.shape_err[rows]
        assert abs(pull.mean()) < 4 / np.sqrt(25)
        assert pull.std() < 1.5
        # c of the extreme-value law is 1/shape.
        assert np.median(found.extreme.c[rows]) == pytest.approx(1 / shape, abs=0.15)
    assert np.mean(found.weibull_p < 0.05) < 0.2
    assert found.pooled_p == pytest.approx(0.01)
    d = dense(np.stack([x, y], axis=1))[found.jets]
    assert np.all(found.nearest.min(axis=1) >= d.min(axis=1) - 1e-3)


def test_wrong_arguments():
    jets = load_jets("sample")[:300]
    cloud = Cloud(jets)
    with pytest.raises(ValueError, match="fixed: rows name a jet twice"):
        neighbourhood_fit(cloud, [1, 1], 5)
    with pytest.raises(ValueError, match="use at most 29"):
        neighbourhood_fit(cloud, range(4), 60)
    with pytest.raises(ValueError, match="for 40 use at most 3"):
        neighbourhood_fit(cloud, range(4), 20, subsets=40)
    with pytest.raises(ValueError, match="size must be at least 1"):
        neighbourhood_fit(cloud, range(4), 0)
    with pytest.raises(ValueError, match="subsets must be at least 5"):
        neighbourhood_fit(cloud, range(4), 4, subsets=4)
    with pytest.raises(ValueError, match="replicas must be at least 1"):
        neighbourhood_fit(cloud, range(4), 4, replicas=0)
    twice = Cloud(jets[np.arange(300) // 2])
    with pytest.raises(ValueError, match="copy in cloud, at distance 0"):
        neighbourhood_fit(twice, range(0, 20, 2), 20)
