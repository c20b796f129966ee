"""The learning curve against exact laws, scipy's own fit, and repeated experiments."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import curve_fit

from smearjax.evaluate import learning_curve

NUMBER = np.array([1e3, 3e3, 1e4, 3e4, 1e5])


def law(n, limit, amplitude, alpha):
    return limit - amplitude * n**-alpha


@pytest.mark.parametrize(
    ("limit", "amplitude", "alpha"), [(0.88, 1.5, 0.4), (0.9, 0.3, 0.1), (0.45, -2.0, 0.7)]
)
def test_an_exact_law_is_found(limit, amplitude, alpha):
    curve = learning_curve(NUMBER, law(NUMBER, limit, amplitude, alpha), np.full(5, 1e-4))
    assert curve.limit == pytest.approx(limit, abs=1e-5)
    assert curve.amplitude == pytest.approx(amplitude, rel=1e-3)
    assert curve.alpha == pytest.approx(alpha, rel=1e-3)
    assert curve.chi2 == pytest.approx(0, abs=1e-6)
    assert curve.degrees == 2
    value, _ = curve.at(1e6)
    assert value == pytest.approx(law(1e6, limit, amplitude, alpha), abs=1e-5)


def test_it_is_scipys_weighted_fit():
    rng = np.random.default_rng(0)
    error = rng.uniform(0.5e-3, 3e-3, 5)
    value = law(NUMBER, 0.87, 2.0, 0.45) + error * rng.normal(size=5)
    found, _ = curve_fit(law, NUMBER, value, (0.87, 2.0, 0.45), error, maxfev=20_000)
    curve = learning_curve(NUMBER, value, error)
    np.testing.assert_allclose((curve.limit, curve.amplitude, curve.alpha), found, rtol=2e-3)
    pulls = (law(NUMBER, *found) - value) / error
    assert curve.chi2 == pytest.approx(pulls @ pulls, rel=1e-4)


def test_errors_are_the_scatter_of_repeated_experiments():
    rng = np.random.default_rng(1)
    error = np.full(5, 5e-4)
    curves = [
        learning_curve(NUMBER, law(NUMBER, 0.88, 2.0, 0.45) + error * rng.normal(size=5), error)
        for _ in range(60)
    ]
    for name in ("limit", "alpha"):
        scatter = np.std([getattr(curve, name) for curve in curves], ddof=1)
        said = np.median([getattr(curve, f"{name}_err") for curve in curves])
        assert said == pytest.approx(scatter, rel=0.3)
    beyond = np.std([float(curve.at(1e6)[0]) for curve in curves], ddof=1)
    said = np.median([float(curve.at(1e6)[1]) for curve in curves])
    assert said == pytest.approx(beyond, rel=0.3)


@pytest.mark.parametrize(
    ("number", "value", "error", "message"),
    [
        ([1, 10], [0.1, 0.2], [0.1, 0.1], "at least 3 different numbers of jets"),
        ([10, 10, 10], [0.1] * 3, [0.1] * 3, "at least 3 different numbers of jets"),
        ([0, 10, 100], [0.1] * 3, [0.1] * 3, "from 1 on"),
        ([1, 10, 100], [0.1] * 2, [0.1] * 3, "lists of one length"),
        ([1, 10, 100], [0.1, np.nan, 0.2], [0.1] * 3, "must be finite"),
        ([1, 10, 100], [0.1] * 3, [0.1, 0.0, 0.1], "error positive"),
    ],
)
def test_bad_points_are_named(number, value, error, message):
    with pytest.raises(ValueError, match=message):
        learning_curve(number, value, error)
