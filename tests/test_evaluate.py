import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.metrics import roc_auc_score
from sklearn.metrics import roc_curve as sklearn_roc_curve

from smearjax.evaluate import (
    Interval,
    ado,
    ado_matrix,
    ado_where_different,
    auc,
    auc_columns,
    bootstrap_interval,
    bootstrap_weights,
    inverse_background_efficiency,
    roc_curve,
    soft_ado,
)


def slow_auc(scores, label, weight):
    total, norm_ = 0.0, 0.0
    for f_s, w_s in zip(scores[label == 1], weight[label == 1], strict=True):
        for f_b, w_b in zip(scores[label == 0], weight[label == 0], strict=True):
            total += w_s * w_b * (1.0 if f_s > f_b else 0.5 if f_s == f_b else 0.0)
            norm_ += w_s * w_b
    return total / norm_


def slow_ado(f, g, label, weight):
    total, norm_ = 0.0, 0.0
    for s in np.flatnonzero(label == 1):
        for b in np.flatnonzero(label == 0):
            up_f, up_g = np.sign(float(f[s] > f[b]) - float(f[s] < f[b])), (g[s] > g[b])
            sign_g = float(up_g) - float(g[s] < g[b])
            total += weight[s] * weight[b] * (0.5 + 0.5 * up_f * sign_g)
            norm_ += weight[s] * weight[b]
    return total / norm_


@st.composite
def scored_jets(draw):
    n = draw(st.integers(2, 30))
    values = st.sampled_from([-np.inf, -2.0, -0.0, 0.0, 1e-300, 1.0, 3.5, np.inf])
    f, g = (np.array(draw(st.lists(values, min_size=n, max_size=n))) for _ in range(2))
    label = np.array(draw(st.lists(st.integers(0, 1), min_size=n, max_size=n)))
    label[:2] = [0, 1]
    weight = np.array(draw(st.lists(st.integers(-1, 4), min_size=n, max_size=n)), dtype=float)
    weight[:2] = 40.0  # keeps both class totals positive
    return f, g, label, weight


def toy(n, seed=0, ties=False):
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 2, n)
    scores = label + rng.normal(size=n)
    if ties:
        scores = np.round(scores, 1)
    weight = rng.uniform(0.1, 2.0, n)
    return scores, label, weight


@given(scored_jets())
@settings(deadline=None, max_examples=150)
def test_auc_and_ado_match_loops_over_pairs(case):
    f, g, label, weight = case
    assert auc(f, label, weight) == pytest.approx(slow_auc(f, label, weight), abs=1e-12)
    assert ado(f, g, label, weight) == pytest.approx(slow_ado(f, g, label, weight), abs=1e-12)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_auc_and_curve_match_sklearn(ties, dtype):
    scores, label, weight = toy(3000, ties=ties)
    scores = scores.astype(dtype)
    expected = roc_auc_score(label, scores, sample_weight=weight)
    assert auc(scores, label, weight) == pytest.approx(expected, abs=1e-13)
    assert auc(scores, label) == pytest.approx(roc_auc_score(label, scores), abs=1e-13)
    fpr, tpr, threshold = sklearn_roc_curve(
        label, scores, sample_weight=weight, drop_intermediate=False
    )
    curve = roc_curve(scores, label, weight)
    np.testing.assert_allclose(curve.signal_efficiency, tpr, atol=1e-13)
    np.testing.assert_allclose(curve.background_efficiency, fpr, atol=1e-13)
    np.testing.assert_allclose(curve.threshold, threshold)


def test_auc_of_gaussians_is_the_closed_form():
    separation = 1.2
    grid = (np.arange(20_000) + 0.5) / 20_000
    background = norm.ppf(grid)
    scores = np.concatenate([background + separation, background])
    label = np.repeat([1, 0], 20_000)
    assert auc(scores, label) == pytest.approx(norm.cdf(separation / np.sqrt(2)), abs=1e-5)
    rejection = inverse_background_efficiency(scores, label, 0.5)
    assert rejection == pytest.approx(1 / norm.sf(separation), rel=1e-3)


def test_auc_invariances():
    scores, label, weight = toy(500, ties=True)
    value = auc(scores, label, weight)
    assert auc(np.exp(scores), label, weight) == pytest.approx(value, abs=1e-14)
    assert auc(-scores, label, weight) == pytest.approx(1 - value, abs=1e-12)
    assert auc(scores, 1 - label, weight) == pytest.approx(1 - value, abs=1e-12)
    assert auc(scores, label, 7 * weight) == pytest.approx(value, abs=1e-12)
    order = np.random.default_rng(1).permutation(500)
    assert auc(scores[order], label[order], weight[order]) == pytest.approx(value, abs=1e-12)
    assert auc(np.zeros(500), label, weight) == pytest.approx(0.5, abs=1e-12)


def test_a_weight_counts_like_copies_and_a_negative_one_takes_back():
    scores, label, _ = toy(200, ties=True)
    counts = np.random.default_rng(2).integers(1, 4, 200)
    copies = np.repeat(np.arange(200), counts)
    assert auc(scores, label, counts) == pytest.approx(auc(scores[copies], label[copies]))
    extra = np.concatenate([np.arange(200), [0, 1, 0, 1]])
    weight = np.concatenate([np.ones(200), [1.0, 1.0, -1.0, -1.0]])
    assert auc(scores[extra], label[extra], weight) == pytest.approx(auc(scores, label))


def test_auc_columns_match_auc(monkeypatch):
    rng = np.random.default_rng(3)
    scores, label = np.round(rng.normal(size=(300, 7)), 1), rng.integers(0, 2, 300)
    weight = rng.uniform(-0.1, 2.0, (300, 7))
    one_by_one = [auc(scores[:, k], label) for k in range(7)]
    np.testing.assert_allclose(auc_columns(scores, label), one_by_one, atol=1e-13)
    shared = [auc(scores[:, k], label, weight[:, 0]) for k in range(7)]
    np.testing.assert_allclose(auc_columns(scores, label, weight[:, 0]), shared, atol=1e-12)
    own = [auc(scores[:, k], label, weight[:, k]) for k in range(7)]
    replicas = [auc(scores[:, 0], label, weight[:, k]) for k in range(7)]
    for block in (2**21, 1, 700):
        monkeypatch.setattr("smearjax.evaluate.roc._BLOCK", block)
        np.testing.assert_allclose(auc_columns(scores, label, weight), own, atol=1e-12)
        got = auc_columns(scores[:, :1], label, weight)
        np.testing.assert_allclose(got, replicas, atol=1e-12)
    with pytest.raises(ValueError, match="same number of columns"):
        auc_columns(np.zeros((300, 0)), label)


def test_rejection():
    scores, label = [4, 3, 2, 1, 0, 0], [0, 1, 1, 0, 0, 0]
    for efficiency in (0.25, 0.5, 0.75, 1.0):
        value = inverse_background_efficiency(scores, label, efficiency)
        assert value == pytest.approx(4.0)
    # Efficiency ½ is first reached with nothing passing; from (½, ¼) to (1, ¼) nothing is added.
    assert inverse_background_efficiency(scores, [1, 0, 1, 0, 0, 0], 0.5) == np.inf
    assert inverse_background_efficiency(scores, [1, 0, 1, 0, 0, 0], 0.75) == pytest.approx(4.0)
    # One tie of all: the diagonal.
    assert inverse_background_efficiency([1, 1, 1, 1], [1, 1, 0, 0], 0.25) == pytest.approx(4.0)


def test_infinite_scores_are_legal_and_tie_with_each_other():
    scores, label = [np.inf, np.inf, 0.0, -np.inf, -np.inf], [1, 0, 1, 0, 1]
    assert auc(scores, label) == pytest.approx((1.5 + 1 + 0.5) / 6)
    curve = roc_curve(scores, label)
    np.testing.assert_allclose(curve.signal_efficiency, [0, 1 / 3, 2 / 3, 1])
    np.testing.assert_array_equal(curve.threshold, [np.inf, np.inf, 0.0, -np.inf])


def test_ado_oracles():
    f, label, weight = toy(2000)
    g = f + np.random.default_rng(4).normal(size=2000)
    assert ado(f, label, label, weight) == pytest.approx(auc(f, label, weight), abs=1e-12)
    assert ado(f, f, label, weight) == pytest.approx(1.0, abs=1e-12)
    value = ado(f, g, label, weight)
    assert 0.55 < value < 0.95
    assert ado(g, f, label, weight) == pytest.approx(value, abs=1e-12)
    assert ado(f, -g, label, weight) == pytest.approx(1 - value, abs=1e-12)
    assert ado(np.tanh(f), g**3, label, weight) == pytest.approx(value, abs=1e-12)
    assert ado(f, np.zeros(2000), label) == pytest.approx(0.5, abs=1e-12)
    # Unweighted pair counts are integers below 2^53: the result is exact.
    pairs = np.sign(np.subtract.outer(f[label == 1], f[label == 0]))
    pairs = pairs * np.sign(np.subtract.outer(g[label == 1], g[label == 0]))
    assert ado(f, g, label) == 0.5 + 0.5 * pairs.sum() / pairs.size


def test_ado_matrix_is_symmetric_with_the_pairs():
    f, label, weight = toy(300)
    scores = {"f": f, "minus": -f, "coarse": np.round(f)}
    matrix = ado_matrix(scores, label, weight)
    assert [list(row) for row in matrix.values()] == [list(scores)] * 3
    assert matrix["f"]["minus"] == pytest.approx(0.0, abs=1e-12)
    assert matrix["coarse"]["f"] == matrix["f"]["coarse"] == ado(f, np.round(f), label, weight)
    assert matrix["coarse"]["coarse"] < 1


def test_bootstrap_weights_are_multinomial():
    counts = bootstrap_weights(50, 4000, seed=5)
    assert counts.shape == (4000, 50)
    assert (counts.sum(axis=1) == 50).all()
    assert counts.min() >= 0
    np.testing.assert_allclose(counts.mean(axis=0), 1.0, atol=0.08)
    assert counts.var(axis=0).mean() == pytest.approx(1 - 1 / 50, abs=0.02)
    np.testing.assert_array_equal(counts, bootstrap_weights(50, 4000, seed=5))
    assert (counts != bootstrap_weights(50, 4000, seed=6)).any()


def test_bootstrap_error_of_the_auc_is_delong():
    scores, label, _ = toy(1500, seed=7)
    f, g = scores[label == 1], scores[label == 0]
    above = (f[:, None] > g).astype(float)
    by_signal, by_background = above.mean(axis=1), above.mean(axis=0)
    delong = np.sqrt(by_signal.var(ddof=1) / len(f) + by_background.var(ddof=1) / len(g))
    interval = bootstrap_interval(auc, scores, label, n_replicas=600, level=0.6827)
    assert interval.value == auc(scores, label)
    assert 0.5 * (interval.hi - interval.lo) == pytest.approx(delong, rel=0.12)
    assert abs(interval.bias) < 4 * delong / np.sqrt(600)


def test_bootstrap_interval_covers():
    truth, hits = norm.cdf(1 / np.sqrt(2)), 0
    for seed in range(120):
        scores, label, _ = toy(200, seed=100 + seed)
        interval = bootstrap_interval(auc, scores, label, n_replicas=50, seed=seed)
        hits += interval.lo <= truth <= interval.hi
    assert abs(hits / 120 - 0.68) < 4 * np.sqrt(0.68 * 0.32 / 120)


def test_bootstrap_bias_is_reported_and_moves_neither_end():
    x = np.random.default_rng(8).normal(size=40)

    def variance(x, weight):
        mean = np.average(x, weights=weight)
        return np.average((x - mean) ** 2, weights=weight)

    interval = bootstrap_interval(variance, x, n_replicas=4000)
    assert interval.bias == pytest.approx(-x.var() / 40, rel=0.25)
    assert interval.lo < interval.value < interval.hi
    counts = bootstrap_weights(40, 4000)
    replicas = np.array([variance(x, c) for c in counts])
    expected = x.var() + np.quantile(replicas - replicas.mean(), [0.16, 0.84])
    np.testing.assert_allclose([interval.lo, interval.hi], expected)


def test_bootstrap_uses_event_weights_and_any_arrays():
    scores, label, weight = toy(400)
    interval = bootstrap_interval(auc, scores, label, weight=weight, n_replicas=20)
    assert interval.value == auc(scores, label, weight)
    assert interval == bootstrap_interval(auc, scores, label, weight=weight, n_replicas=20)
    other = bootstrap_interval(auc, scores, label, weight=weight, n_replicas=20, seed=1)
    assert other.lo != interval.lo
    both = bootstrap_interval(ado, scores, np.round(scores), label, n_replicas=20)
    assert both.lo < both.value < both.hi


def test_bootstrap_of_an_infinite_rejection_is_infinite_not_nan():
    label = np.arange(60) % 2
    scores = label + np.linspace(0, 1.2, 60)
    interval = bootstrap_interval(inverse_background_efficiency, scores, label, n_replicas=50)
    assert (interval.value, interval.hi, interval.bias) == (np.inf, np.inf, np.inf)
    assert "inf" in str(interval)


def test_interval_prints_with_the_digits_of_its_error():
    assert str(Interval(0.81234, 0.80, 0.825, -0.001)) == "0.812 +0.013 -0.012 (68%, bias -0.001)"
    assert str(Interval(12.0, 12.0, 12.0, 0.0)).startswith("12.0000 +0.0000")


GOOD = dict(scores=[0.0, 1.0, 2.0, 3.0], label=[0, 1, 0, 1])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict(scores=[np.nan, 1.0, np.nan, 0.0]), "2 scores are NaN .first at jet 0, 2"),
        (dict(scores=[[0.0, 1.0, 2.0, 3.0]]), r"scores must have shape \(N,\), got \(1, 4\)"),
        (dict(scores=["a", "b", "c", "d"]), "scores must be real numbers"),
        (dict(scores=[1j, 0, 0, 0]), "scores must be real numbers"),
        (dict(scores=[], label=[]), "scores are empty"),
        (dict(scores=1.0), "scores must have shape"),
        (dict(label=None), "label is None"),
        (dict(label=[0, 1, 0]), r"label must have shape \(4,\)"),
        (dict(label=[0, 1, 2, -1]), "2 labels are neither 0 nor 1 .first at jet 2, 3"),
        (dict(label=[0.0, 1.0, np.nan, 1.0]), "1 labels are neither"),
        (dict(label=["q", "g", "q", "g"]), "label must hold 0 and 1"),
        (dict(label=[1, 1, 1, 1]), "one class only, signal"),
        (dict(label=[0, 0, 0, 0]), "one class only, background"),
        (dict(weight=[1.0, 1.0]), r"weight must have shape \(4,\)"),
        (dict(weight=np.ones((4, 2))), r"weight must have shape \(4,\)"),
        (dict(weight=[1.0, np.nan, np.inf, 1.0]), "2 weights are not finite"),
        (dict(weight=[1.0, -1.0, 1.0, 0.5]), "weight sums to -0.5 over the signal"),
        (dict(weight=[0.0, 1.0, 0.0, 1.0]), "weight sums to 0 over the background"),
        (dict(weight=["a"] * 4), "weight must be real numbers"),
    ],
)
def test_bad_input_is_named(change, message):
    arguments = GOOD | change
    for function in (auc, roc_curve, inverse_background_efficiency):
        with pytest.raises(ValueError, match=message):
            function(**arguments)
    if "scores" not in change:
        with pytest.raises(ValueError, match=message):
            ado(arguments.pop("scores"), [1, 2, 3, 4], **arguments)


def test_bad_options_are_named():
    scores, label = GOOD["scores"], GOOD["label"]
    for efficiency in (0.0, -1.0, 1.5, np.nan):
        with pytest.raises(ValueError, match="signal_efficiency must be in"):
            inverse_background_efficiency(scores, label, efficiency)
    with pytest.raises(ValueError, match="f and g must have the same shape"):
        ado(scores, [1.0, 2.0], label)
    with pytest.raises(ValueError, match="same number of columns"):
        auc_columns(np.zeros((4, 3)), label, np.ones((4, 2)))
    with pytest.raises(ValueError, match=r"shape \(N, K\), got \(4,\)"):
        auc_columns(scores, label)
    with pytest.raises(ValueError, match="at least one array"):
        bootstrap_interval(auc)
    with pytest.raises(ValueError, match="n_replicas must be at least 2"):
        bootstrap_interval(auc, scores, label, n_replicas=1)
    with pytest.raises(ValueError, match="level in"):
        bootstrap_interval(auc, scores, label, level=1.0)
    with pytest.raises(ValueError, match="same length"):
        bootstrap_interval(auc, scores, [0, 1])
    with pytest.raises(ValueError, match=r"replica \d+ of 200 \(4 jets\): "):
        bootstrap_interval(auc, scores, label)
    with pytest.raises(ValueError, match="NaN on 5 of 5 replicas"):
        bootstrap_interval(lambda x, weight: np.nan, scores, n_replicas=5)
    with pytest.raises(ValueError, match="at least 1"):
        bootstrap_weights(0, 5)


def slow_ado_where_different(f, g, h, label, weight):
    total, norm_ = 0.0, 0.0
    for s in np.flatnonzero(label == 1):
        for b in np.flatnonzero(label == 0):
            sign = [float(x[s] > x[b]) - float(x[s] < x[b]) for x in (f, g, h)]
            different = weight[s] * weight[b] * (0.5 - 0.5 * sign[1] * sign[2])
            total += different * (0.5 + 0.5 * sign[0] * sign[1])
            norm_ += different
    return total / norm_ if norm_ > 1e-9 else np.nan


@given(scored_jets(), st.integers(0, 10**6))
def test_ado_where_different_matches_loops_over_pairs(case, seed):
    f, g, label, weight = case
    h = np.random.default_rng(seed).permutation(f)
    weight = np.abs(weight)
    expected = slow_ado_where_different(f, g, h, label, weight)
    found = ado_where_different(f, g, h, label, weight)
    assert found == pytest.approx(expected, abs=1e-9, nan_ok=True)


def test_ado_where_different_at_its_ends():
    f, label, weight = toy(400)
    g = np.random.default_rng(1).normal(size=400)
    nothing = np.zeros(400)
    assert ado_where_different(f, g, nothing, label, weight) == pytest.approx(
        ado(f, g, label, weight), abs=1e-12
    )
    assert ado_where_different(g, g, f, label) == pytest.approx(1.0, abs=1e-12)
    assert ado_where_different(f, g, f, label) == pytest.approx(0.0, abs=1e-12)
    assert np.isnan(ado_where_different(f, g, 2 * g, label))


def test_soft_ado_tends_to_ado():
    f, label, weight = toy(300)
    g = f + np.random.default_rng(2).normal(size=300)
    with jax.enable_x64(True):
        near = soft_ado(f, g, label, weight, width_f=1e-9, width_g=1e-9)
        tied = soft_ado(np.round(f), g, label, weight, width_f=1e-9, width_g=1e-9)
    assert float(near) == pytest.approx(ado(f, g, label, weight), abs=1e-12)
    assert float(tied) == pytest.approx(ado(np.round(f), g, label, weight), abs=1e-12)


def test_soft_ado_by_loops_and_its_gradient():
    f, label, weight = toy(150)
    g = np.random.default_rng(3).normal(size=150)
    signal = label == 1
    steps = [np.tanh(np.subtract.outer(x[signal], x[~signal]) / w) for x, w in ((f, 0.5), (g, 2.0))]
    pairs = np.outer(weight[signal], weight[~signal])
    expected = 0.5 + 0.5 * (pairs * steps[0] * steps[1]).sum() / pairs.sum()
    with jax.enable_x64(True):

        def value(f, width):
            return soft_ado(f, g, label, weight, width_f=width, width_g=2.0)

        assert float(value(f, 0.5)) == pytest.approx(expected, rel=1e-12)
        slopes = jax.grad(value, (0, 1))(jnp.asarray(f), 0.5)
        step = np.random.default_rng(4).normal(size=150)
        for slope, up, down in (
            (slopes[0] @ step, value(f + 1e-6 * step, 0.5), value(f - 1e-6 * step, 0.5)),
            (slopes[1], value(f, 0.5 + 1e-6), value(f, 0.5 - 1e-6)),
        ):
            assert float(slope) == pytest.approx(float(up - down) / 2e-6, rel=1e-6)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"width_f": 0.0}, "width_f must be one positive"),
        ({"width_g": [1.0, 2.0]}, "width_g must be one positive"),
        ({"f": [1.0, np.inf, 2.0, 3.0]}, "f has infinite"),
        ({"f": [1.0, 2.0]}, "same shape"),
        ({"label": [1, 1, 1, 1]}, "one class only"),
    ],
)
def test_soft_ado_refuses(changed, message):
    arguments = {"f": [4.0, 3, 2, 1], "g": [4.0, 1, 3, 2], "label": [1, 1, 0, 0]}
    with pytest.raises(ValueError, match=message):
        soft_ado(**(arguments | {"width_f": 1.0, "width_g": 1.0} | changed))
