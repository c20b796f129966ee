"""Sums of signs over signal-background pairs, without visiting the pairs."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Int


def agreements(
    f: np.ndarray,
    g: np.ndarray,
    signal: Bool[np.ndarray, " N"],
    weight: Float[np.ndarray, " N"],
) -> Float[np.ndarray, " S"]:
    """Σ_b w_b sgn(f_s − f_b) sgn(g_s − g_b) of each signal jet.

    The product of the two signs is four counts of background below in both, and sums over each
    alone: sgn(f_s − f_b) = [f_b < f_s] + [f_b ≤ f_s] − 1, and alike for g.
    """
    w_background = weight[~signal]
    by_f = np.argsort(f[~signal])
    f_sorted, w_sorted = f[~signal][by_f], w_background[by_f]
    by_g = np.argsort(g[~signal])
    g_sorted = g[~signal][by_g]
    rank = np.empty_like(by_g)
    rank[by_g] = np.arange(len(by_g))
    rank = rank[by_f]
    f_below = [np.searchsorted(f_sorted, f[signal], side=side) for side in ("left", "right")]
    g_below = [np.searchsorted(g_sorted, g[signal], side=side) for side in ("left", "right")]
    # Where nothing ties with the background the two sides are one query.
    f_sides, g_sides = (
        1 if np.array_equal(sides[0], sides[1]) else 2 for sides in (f_below, g_below)
    )
    count = np.concatenate([i for i in f_below[:f_sides] for _ in range(g_sides)])
    bound = np.concatenate([j for _ in range(f_sides) for j in g_below[:g_sides]])
    both = _weight_below(rank, w_sorted, count, bound).reshape(f_sides * g_sides, -1)
    both = both.sum(axis=0) * (4 / (f_sides * g_sides))
    f_total = np.append(0.0, np.cumsum(w_sorted))
    g_total = np.append(0.0, np.cumsum(w_background[by_g]))
    return both - sum(f_total[i] for i in f_below) - sum(g_total[j] for j in g_below) + f_total[-1]


def excess_agreements(
    f: np.ndarray,
    g: np.ndarray,
    h: np.ndarray,
    signal: Bool[np.ndarray, " N"],
    weight: Float[np.ndarray, " N"],
) -> Float[np.ndarray, " S"]:
    """Σ_b w_b sgn(f_s − f_b) [sgn(g_s − g_b) − sgn(h_s − h_b)] of each signal jet, where g differs.

    Where g and h agree nothing is left; where they do not, twice the agreement of f with g.
    """
    excess = agreements(f, g, signal, weight) - agreements(f, h, signal, weight)
    place = np.cumsum(signal) - 1
    for tied in _groups_of_ties(g, signal):
        mine = signal[tied]
        among = agreements(f[tied], h[tied], mine, weight[tied])
        excess[place[tied[mine]]] += among
    return excess


def _groups_of_ties(g: np.ndarray, signal: Bool[np.ndarray, " N"]) -> list[np.ndarray]:
    """The jets that share a value of g with jets of the other class."""
    order = np.argsort(g, kind="stable")
    edges = np.flatnonzero(g[order][1:] != g[order][:-1]) + 1
    groups = (rows for rows in np.split(order, edges) if len(rows) > 1)
    return [rows for rows in groups if 0 < signal[rows].sum() < len(rows)]


def _weight_below(
    rank: Int[np.ndarray, " B"],
    weight: Float[np.ndarray, " B"],
    count: Int[np.ndarray, " Q"],
    bound: Int[np.ndarray, " Q"],
) -> Float[np.ndarray, " Q"]:
    """Σ weight over the first ``count`` entries whose rank is below ``bound`` (a wavelet matrix).

    Bit by bit from the highest, the entries are stably parted into those with the bit 0 and 1. A
    query's entries stay one range [lo, hi): where its bound has the bit, the zeros are all below
    and are added, and it goes on among the ones; otherwise it goes on among the zeros.
    """
    lo, hi = np.zeros_like(count), count
    total = np.zeros(len(count))
    for level in reversed(range(len(rank).bit_length())):
        zero: Bool[np.ndarray, " B"] = (rank >> level) & 1 == 0
        n_zeros = np.append(0, np.cumsum(zero))
        zero_weight = np.append(0.0, np.cumsum(np.where(zero, weight, 0.0)))
        has_bit = (bound >> level) & 1 == 1
        total += np.where(has_bit, zero_weight[hi] - zero_weight[lo], 0.0)
        lo_zero, hi_zero = n_zeros[lo], n_zeros[hi]
        lo = np.where(has_bit, n_zeros[-1] + lo - lo_zero, lo_zero)
        hi = np.where(has_bit, n_zeros[-1] + hi - hi_zero, hi_zero)
        rank = np.concatenate([rank[zero], rank[~zero]])
        weight = np.concatenate([weight[zero], weight[~zero]])
    return total
