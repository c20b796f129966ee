"""How far a jet is, in the spectral metric, from the nearest ring and the nearest line."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import jax
import numpy as np
from jaxtyping import Float

from smearjax._expect import expect, expect_positive
from smearjax.jets.container import Jets
from smearjax.metric.host.steps import WHOLE, entries, step_functions

Entries = Float[np.ndarray, " M"]

# Spectral entries handled at once: some ten MB.
_ENTRIES = 1 << 18


def ring_distance(jets: Jets, pt_ref: float) -> Float[np.ndarray, " N"]:
    r"""SEMD distance to the nearest uniform ring, (N,) float64, GeV.

    d² = pT_ref² (T₁ − 2 r*²),   r* = (2/π) Σ_n ω_n [sin(πU_n/2) − sin(πU_{n−1}/2)]

    with T₁ = Σ_n w_n ω_n², the entries of the spectral function by falling angle and U_n their
    weights cumulated: a ring of radius r has the quantile function 2r cos(πU/2), and r* minimises
    the distance at β = 1. Source: the shapes of arXiv:2305.03751.

    Args:
        jets: N jets.
        pt_ref: the energy that stands for one jet, GeV.

    Raises:
        ValueError: `jets` are no Jets, pt_ref not positive.

    A particle is a ring of radius 0:

    >>> from smearjax.jets import Jets
    >>> ring_distance(Jets(pt=[[500.0]], y=[[0.0]], phi=[[0.0]]), pt_ref=500.0)
    array([0.])
    """
    return _distance(jets, pt_ref, _along_ring)


def line_distance(jets: Jets, pt_ref: float) -> Float[np.ndarray, " N"]:
    r"""SEMD distance to the nearest uniform straight line, (N,) float64, GeV.

    d² = pT_ref² (T₁ − L*²/6),   L* = 6 Σ_n ω_n [w_n − (2/3)(U_n^{3/2} − U_{n−1}^{3/2})]

    with T₁ = Σ_n w_n ω_n², the entries of the spectral function by falling angle and U_n their
    weights cumulated: a line of length L has the quantile function L(1 − √U), and L* minimises
    the distance at β = 1. Source: the shapes of arXiv:2305.03751.

    Args:
        jets: N jets.
        pt_ref: the energy that stands for one jet, GeV.

    Raises:
        ValueError: `jets` are no Jets, pt_ref not positive.

    >>> from smearjax.jets import Jets
    >>> line_distance(Jets(pt=[[500.0]], y=[[0.0]], phi=[[0.0]]), pt_ref=500.0)
    array([0.])
    """
    return _distance(jets, pt_ref, _along_line)


def _along_ring(omega: Entries, below: Entries, above: Entries) -> Entries:
    """Parts of ⟨q, √2 cos(πU/2)⟩, the projection on the rings' direction of unit length."""
    return 2**1.5 / np.pi * omega * (np.sin(0.5 * np.pi * above) - np.sin(0.5 * np.pi * below))


def _along_line(omega: Entries, below: Entries, above: Entries) -> Entries:
    """Parts of ⟨q, √6 (1 − √U)⟩, the projection on the lines' direction of unit length."""
    return 6**0.5 * omega * (above - below - 2 / 3 * (above**1.5 - below**1.5))


def _distance(
    jets: Jets, pt_ref: float, along: Callable[[Entries, Entries, Entries], Entries]
) -> Float[np.ndarray, " N"]:
    """What a projection on one direction leaves of each jet's quantile function."""
    expect("jets", jets, Jets, "Jets, from load_jets(...) or Jets(pt, y, phi)")
    expect_positive("pt_ref", pt_ref, "GeV")
    host: Jets = jax.tree.map(np.asarray, jets)
    count = np.asarray(host.multiplicity)
    order = np.argsort(count, kind="stable")
    total = np.cumsum(entries(count[order]))
    distance = np.zeros(len(jets))
    for rows in np.split(order, np.flatnonzero(np.diff(total // _ENTRIES)) + 1):
        steps = step_functions(host[rows], 1.0, "delta_r", _run)
        first = steps.start[:-1]
        above = steps.upper / WHOLE
        below = np.concatenate([[0.0], above[:-1]])
        below[first] = 0.0
        length = np.add.reduceat(steps.quantile**2 * (above - below), first)
        taken = np.add.reduceat(along(steps.quantile, below, above), first)
        distance[rows] = pt_ref * np.sqrt(np.maximum(length - taken**2, 0.0))
    return distance


def _run(function: Callable[[Any], None], items: Iterable[Any]) -> None:
    for item in items:
        function(item)
