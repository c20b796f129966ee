"""Errors of the flow of one jet, and of its flips, against resampling."""

from __future__ import annotations

import math

import jax
import numpy as np
import pytest
import smearing_oracles as slow
from bisection import bisected

from smearjax import SmearedLikelihood
from smearjax.interpret.explain import explain

LINE = np.geomspace(1.5, 30.0, 9)


def on_a_line(position, label):
    """What is said of the first of many jets on a line."""
    with jax.enable_x64(True):
        like = SmearedLikelihood(slow.jets_on_a_line(position, label), pt_ref=slow.PT_REF, cells=2)
        return explain(like, 0, LINE, replicas=200)


def resampled(rng, label):
    """How often each jet but the first is drawn, class by class."""
    counts = np.zeros(len(label))
    for c in (0, 1):
        rows = np.flatnonzero((label == c) & (np.arange(len(label)) > 0))
        counts[rows] = rng.multinomial(len(rows), np.full(len(rows), 1 / len(rows)))
    return counts


def ratio_on_a_line(counts, label, d2, x):
    """Ln L at ln ε = x."""
    k = counts * np.exp(-d2 * (0.5 * math.exp(-2 * x)))
    of_class = [k[label == c].sum() / counts[label == c].sum() for c in (0, 1)]
    return math.log(of_class[1] / of_class[0])


@pytest.mark.slow
def test_band_against_resampling():
    """The reference is drawn again and again."""
    rng = np.random.default_rng(7)
    n, at, h = 801, [3, 6], 1e-4
    label = (np.arange(n) % 2).astype(np.int8)
    position = rng.normal(0, 10, n) + 4 * label
    position[0] = 4.0
    got, d2 = on_a_line(position, label), (position - position[0]) ** 2
    spread = []
    for _ in range(400):
        counts = resampled(rng, label)
        low, here, high = (
            np.array([ratio_on_a_line(counts, label, d2, math.log(LINE[e]) + s) for e in at])
            for s in (-h, 0, h)
        )
        spread.append([*here, *((high - low) / (2 * h))])
    want = np.std(spread, axis=0)
    np.testing.assert_allclose((got.hi - got.lo)[at] / 2, want[:2], rtol=0.2)
    np.testing.assert_allclose(got.slope_err[at], want[2:], rtol=0.2)
    assert np.all((got.lo < got.value) & (got.value < got.hi))
    assert np.all(np.abs(got.bias) < want.max())


@pytest.mark.slow
def test_error_of_a_flip_against_resampling():
    """The zeros of resampled curves scatter by the error that is quoted."""
    rng = np.random.default_rng(2)
    n, ends = 801, np.log(LINE[[0, -1]])
    label = (np.arange(n) % 2).astype(np.int8)
    # Quarks near by and far out, gluons in between: ln L falls through 0 with ε.
    far = 25 * (rng.uniform(size=n) < 0.2)
    position = np.where(label == 1, rng.normal(0, 4, n) + far, rng.normal(0, 7, n))
    position[0] = 0.0
    (flip,) = on_a_line(position, label).flips
    zeros = []
    for _ in range(100):
        counts = resampled(rng, label)

        def ratio(x, counts=counts):
            return ratio_on_a_line(counts, label, position**2, x)

        if ratio(ends[0]) * ratio(ends[1]) < 0:
            zeros.append(math.exp(bisected(ratio, *ends)))
    assert len(zeros) > 95
    assert flip.epsilon_err == pytest.approx(np.std(zeros), rel=0.3)
    assert abs(flip.epsilon - np.median(zeros)) < flip.epsilon_err
