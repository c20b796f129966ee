"""What the smearing floor cannot be asked: each a clear error, none from inside jax."""

from __future__ import annotations

import numpy as np
import pytest
import smearing_oracles as slow

from smearjax import SmearedLikelihood
from smearjax.smearing import Sigmoid, epsilon_curve

LABEL = np.arange(8) % 2
BUILD = {
    "labels missing": ({"label": None}, {}, "labels are missing"),
    "one class": ({"label": np.ones(8)}, {}, "at least 2 gluon jets; got 0"),
    "one quark": ({"label": np.arange(8) == 3}, {}, "at least 2 quark jets; got 1"),
    "labels of a third kind": ({}, {"labels": LABEL + 1}, "0 .gluon. or 1 .quark.; 4 are neither"),
    "labels NaN": ({}, {"labels": np.where(LABEL, np.nan, 0)}, "4 are neither"),
    "labels short": ({}, {"labels": LABEL[:5]}, r"shape \(8,\)"),
    "labels square": ({}, {"labels": np.stack([LABEL] * 2)}, r"shape \(8,\)"),
    "a class without weight": ({"weight": np.where(LABEL, 0.0, 1)}, {}, "quark jets sum to 0"),
    "negative total": ({"weight": np.where(LABEL, 1.0, -1)}, {}, "gluon jets sum to -4"),
    "pt_ref zero": ({}, {"pt_ref": 0.0}, "pt_ref must be positive"),
    "pt_ref negative": ({}, {"pt_ref": -525.0}, "pt_ref must be positive"),
    "pt_ref NaN": ({}, {"pt_ref": np.nan}, "pt_ref must be positive"),
    "pt_ref infinite": ({}, {"pt_ref": np.inf}, "pt_ref must be positive"),
    "beta zero": ({}, {"beta": 0.0}, "beta must be positive"),
    "angle unknown": ({}, {"omega": "delta"}, "omega"),
    "no cells": ({}, {"cells": 0}, "cells must be at least 1"),
}


def small(weight=None, label=LABEL):
    label = None if label is None else np.asarray(label, np.int8)
    return slow.jets_on_a_line(np.arange(8.0) ** 1.5, label, weight)


@pytest.mark.parametrize("case", BUILD)
def test_bad_reference(case):
    jets, options, message = BUILD[case]
    with pytest.raises(ValueError, match=message):
        SmearedLikelihood(small(**jets), **({"cells": 2} | options))


@pytest.mark.parametrize(
    "epsilon", [0.0, -1.0, np.nan, np.inf, [], [1.0, -2.0], [1.0, np.nan]], ids=str
)
@pytest.mark.parametrize("ask", ["log_ratio", "score", "log_density", "balls"])
def test_bad_epsilon(epsilon, ask):
    like = SmearedLikelihood(small(), cells=2)
    with pytest.raises(ValueError, match="epsilon must be positive and finite"):
        getattr(like, ask)(None, epsilon)


def test_two_dimensional_epsilon():
    like = SmearedLikelihood(small(), cells=2)
    with pytest.raises(ValueError, match="one-dimensional"):
        like.log_ratio(None, np.ones((2, 2)))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.ones(7), "values must be 8 finite numbers"),
        (np.ones((8, 2)), "values must be 8"),
        (np.where(LABEL, np.nan, 1), "4 not finite"),
        (np.where(LABEL, np.inf, 1), "4 not finite"),
    ],
)
def test_bad_values(values, message):
    with pytest.raises(ValueError, match=message):
        SmearedLikelihood(small(), cells=2).smear(values, None, 5.0)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([0, 1, 2, 3, 3], "a jet twice"),
        ([0, 1, 2, -6, 3], "a jet twice"),
        ([0, 2, 4, 6], "at least 2 quark"),
        ([1, 3, 0], "at least 2 gluon"),
        ([0, 1, 2, 8], "rows"),
        (np.ones(5, bool), "rows"),
        ([0.0, 1.0, 2.0, 3.0], "rows"),
    ],
)
def test_bad_rows(rows, message):
    with pytest.raises(ValueError, match=message):
        SmearedLikelihood(small(), cells=2).restrict(rows)


@pytest.mark.parametrize("tau", [0.0, -0.5, np.nan, np.inf])
def test_bad_temperature(tau):
    with pytest.raises(ValueError, match="tau must be positive"):
        Sigmoid(tau=tau)


GRID = np.array([0.4, 1.0, 3.0])


@pytest.fixture(scope="module")
def asked():
    """A likelihood of 30 jets on a line and the jets."""
    rng = np.random.default_rng(10)
    jets = slow.jets_on_a_line(rng.normal(0, 12, 30), (np.arange(30) % 3 == 0).astype(np.int8))
    return SmearedLikelihood(jets, pt_ref=slow.PT_REF, cells=2), jets


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"replicas": 1}, "replicas must be at least 2"),
        ({"replicas": 0}, "replicas must be at least 2"),
        ({"labels": np.arange(30) % 2}, "leave-one-out takes labels and weights of the reference"),
        ({"weight": np.ones(30)}, "leave-one-out takes labels and weights of the reference"),
        ({"values": np.ones(29)}, "values must be 30 finite numbers"),
        ({"values": np.full(30, np.nan)}, "values must be 30 finite numbers"),
        ({"values": np.ones((30, 2))}, "values must be 30 finite numbers"),
    ],
)
def test_bad_options(asked, options, message):
    with pytest.raises(ValueError, match=message):
        epsilon_curve(asked[0], None, GRID, **{"replicas": 2, **options})


@pytest.mark.parametrize("epsilon", [0.0, [-1.0, 2.0], [np.nan], [np.inf], []])
def test_bad_grid(asked, epsilon):
    with pytest.raises(ValueError, match="epsilon must be positive and finite"):
        epsilon_curve(asked[0], None, epsilon, replicas=2)


def test_epsilon_twice(asked):
    """No slope between two equal ε: an error, never a NaN or a division by zero."""
    with pytest.raises(ValueError, match="epsilon"):
        epsilon_curve(asked[0], None, [2.0, 2.0, 3.0], replicas=2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"labels": np.ones(30)}, "at least 2 gluon"),
        ({"labels": np.arange(30)}, "0 .gluon. or 1 .quark."),
        ({"labels": np.arange(7) % 2}, r"shape \(30,\)"),
        ({"weight": np.full(30, np.nan)}, "30 not finite"),
        ({"weight": -np.ones(30)}, "sum to -"),
        ({"weight": np.ones(3)}, "weight must be 30"),
    ],
)
def test_bad_test_jets(asked, options, message):
    with pytest.raises(ValueError, match=message):
        epsilon_curve(asked[0], asked[1], GRID, replicas=2, **options)


def test_queries_need_labels(asked):
    with pytest.raises(ValueError, match="labels are missing"):
        epsilon_curve(asked[0], asked[0].queries(asked[1]), GRID, replicas=2)
