"""Slow and obviously right: smearing in plain numpy float64, from a dense matrix of d².

Written from the definitions alone (arXiv:2501.07643).
Class 0 = gluon, 1 = quark. A pair that may not see itself has d² = ∞ here, so that K = 0.
Weight columns: `weight` (N,) of the reference jets; everything else is spelled out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest

COMPACT = {"hard", "epanechnikov"}
NAMES = ("gaussian", "sigmoid", "hard", "epanechnikov")
# For tests of several seconds a kernel: a soft one and a compact one at once, the others if asked.
FIRST = ("gaussian", "hard")
every_kernel = pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[] if name in FIRST else [pytest.mark.slow]) for name in NAMES],
)


def log_kernel(name: str, d2, epsilon: float, tau: float = 0.5) -> np.ndarray:
    """ln K(d | ε) from the four formulas, −∞ outside a compact kernel or for a self-pair."""
    d2 = np.asarray(d2, np.float64)
    with np.errstate(divide="ignore"):
        if name == "gaussian":
            return -d2 / (2 * epsilon**2)
        if name == "sigmoid":
            return -np.logaddexp(0, (np.sqrt(d2) - epsilon) / tau)
        if name == "hard":
            return np.log(1.0 * (np.sqrt(d2) <= epsilon))
        return np.log(np.maximum(1 - d2 / epsilon**2, 0))


def kernel(name: str, d2, epsilon: float, tau: float = 0.5) -> np.ndarray:
    """K(d | ε)."""
    return np.exp(log_kernel(name, d2, epsilon, tau))


def squared_distances(rows, columns) -> np.ndarray:
    """Dense d² (GeV²) of two `Points`, ∞ between two points of one jet."""
    norm_a, norm_b = (np.asarray(p.norm, np.float64) for p in (rows, columns))
    vec_a, vec_b = (np.asarray(p.vectors, np.float64) for p in (rows, columns))
    d2 = np.maximum(norm_a[:, None] + norm_b - 2 * vec_a @ vec_b.T, 0)
    return np.where(np.asarray(rows.identity)[:, None] == np.asarray(columns.identity), np.inf, d2)


@dataclass(frozen=True)
class Ball:
    """What a smeared likelihood says at one ε; arrays (N,), or (N, 2) for both classes."""

    n: np.ndarray
    empty: np.ndarray
    one_class: np.ndarray
    nonpositive: np.ndarray
    score: np.ndarray
    log_ratio: np.ndarray
    log_density: np.ndarray


def ball(name, d2, label, weight, epsilon, own=None, tau=0.5) -> Ball:
    """Every quantity of §3, jet by jet. `own`: (class, weight) of each query jet, or None."""
    log_k = log_kernel(name, d2, epsilon, tau)
    total = [weight[label == c].sum() for c in (0, 1)]
    found = []
    for x in range(len(d2)):
        # A factor common to all of a jet's kernels drops out of everything but n itself.
        top = log_k[x].max()
        k = np.exp(log_k[x] - top) if np.isfinite(top) else np.zeros(len(label))
        n = [math.fsum((weight * k)[label == c]) for c in (0, 1)]
        squares = math.fsum(weight**2 * k**2)
        n_eff = sum(n) ** 2 / squares if squares > 0 else 0.0
        nothing = not (k * (weight != 0)).any()
        empty = nothing if name in COMPACT else n_eff < 2
        nonpositive = not empty and min(n) < 0
        share = min(n) / sum(n) if sum(n) else 0.0
        missing = min(n) == 0 if name in COMPACT else share * n_eff < 0.5
        one_class = not empty and not nonpositive and missing
        left = [total[c] - (own[1][x] if own and own[0][x] == c else 0) for c in (0, 1)]
        log_n = [top + math.log(v) if v > 0 else -math.inf for v in n]
        density = [log_n[c] - math.log(left[c]) for c in (0, 1)]
        assert empty or any(n), "weights that cancel exactly have no score; choose others"
        if empty or nonpositive:
            score = ratio = 0.0
        else:
            score = log_n[1] - log_n[0] - math.log(total[1] / total[0])
            if name in COMPACT:
                q, g = ((n[c] * math.exp(top) + 0.5) / (left[c] + 1) for c in (1, 0))
                ratio = math.log(q / g)
            else:
                ratio = density[1] - density[0]
        found.append(
            (np.array(n) * math.exp(top), empty, one_class, nonpositive, score, ratio, density)
        )
    return Ball(*(np.array(column) for column in zip(*found, strict=True)))


def smear(name, d2, weight, values, epsilon, tau=0.5) -> np.ndarray:
    """f(x|ε) = ΣwKf/ΣwK; the mean of f over the reference where the ball is empty."""
    log_k = log_kernel(name, d2, epsilon, tau)
    out = []
    for row in log_k:
        k = np.exp(row - row.max()) if np.isfinite(row.max()) else np.zeros_like(row)
        n_eff = np.sum(weight * k) ** 2 / max(np.sum((weight * k) ** 2), 1e-300)
        empty = not k.any() if name in COMPACT else n_eff < 2
        w = weight if empty or np.sum(weight * k) <= 0 else weight * k
        out.append(np.sum(w * values) / np.sum(w))
    return np.array(out)


def auc(score, label, weight=None) -> float:
    """Weighted fraction of quark–gluon pairs in the right order, ties ½, every pair looked at."""
    w = np.ones(len(label)) if weight is None else weight
    s, b = label == 1, label == 0
    right = (score[s][:, None] > score[b]) + 0.5 * (score[s][:, None] == score[b])
    return float(w[s] @ right @ w[b] / (w[s].sum() * w[b].sum()))


def cross_entropy(log_ratio, label, weight, prior=0.5) -> float:
    """Σ_c π_c ⟨−ln p(c|x)⟩ over class c, p(q|x) = π_q L/(π_q L + π_g)."""
    posterior = 1 / (1 + (1 - prior) / prior * np.exp(-log_ratio))
    loss = -np.log(np.where(label == 1, posterior, 1 - posterior))
    return sum(
        p * np.average(loss[label == c], weights=weight[label == c])
        for c, p in ((0, 1 - prior), (1, prior))
    )


def pair_mean(values, label, weight, a: int, b: int) -> float:
    """Mean of a function over pairs i of class a, j of class b, i ≠ j, by double loop."""
    top = bottom = 0.0
    for i in np.flatnonzero(label == a):
        for j in np.flatnonzero(label == b):
            if i != j:
                top += weight[i] * weight[j] * values[i, j]
                bottom += weight[i] * weight[j]
    return top / bottom


def r_of(k, label, weight) -> float:
    """R = 1 − F_qg/√(F_qq F_gg) from dense kernel values with zero diagonal, fast."""
    f = {}
    for a, b in ((0, 0), (0, 1), (1, 1)):
        wa, wb = (np.where(label == c, weight, 0.0) for c in (a, b))
        f[a, b] = wa @ k @ wb / (wa.sum() * wb.sum() - (wa @ wb))
    return 1 - f[0, 1] / math.sqrt(f[0, 0] * f[1, 1])


def b_of(k, label, weight) -> float:
    """B = E_x[s_x Σ_j s_j w_j K/W_j / Σ_j w_j K/W_j]; no vote where negative weights win."""
    total = np.where(label == 1, weight[label == 1].sum(), weight[label == 0].sum())
    sign = np.where(label == 1, 1.0, -1.0)
    share = weight / total
    near = [(np.sum(sign * share * row), np.sum(share * row)) for row in k]
    votes = np.array([top / bottom if bottom > 0 else 0.0 for top, bottom in near])
    return float(0.5 * np.sum(share * sign * votes))


def without_self(k) -> np.ndarray:
    """The kernel matrix with its diagonal at 0."""
    return k * (1 - np.eye(len(k)))


# Jets that live in Euclidean spaces -------------------------------------------------------------

PT_REF = 525.0
_EDGE = 1 / 8  # (T/2 / T)³: an edge of the embedding's grid for every even T, so no residual


def _now(values) -> np.ndarray:
    """In the precision that JAX computes in at the moment."""
    import jax.numpy as jnp

    return np.asarray(values, jnp.zeros(()).dtype)


def jets_on_a_line(position, label=None, weight=None):
    """Two-particle jets with d(A, B) = |position_A − position_B| exactly (GeV), at pt_ref PT_REF.

    Both particles' angle is the only difference: SEMD = w(θ_A − θ_B)², w = 2z(1−z) = 1/8.
    """
    from smearjax import Jets

    z = (1 - math.sqrt(1 - 2 * _EDGE)) / 2
    position = np.asarray(position, np.float64)
    theta = (position - position.min() + 10) / (PT_REF * math.sqrt(_EDGE))
    pt = np.tile([400 * (1 - z), 400 * z], (len(theta), 1))
    arrays = pt, np.stack([np.zeros_like(theta), theta], 1), np.zeros_like(pt)
    return Jets(*map(_now, arrays), mask=pt > 0, label=label, weight=weight)


def jets_in_a_plane(x, y, label=None):
    """Three-particle jets with d² = (x_A − x_B)² + (y_A − y_B)² + a constant (residual), in GeV.

    Particle 1 is at distance a(x) from 2 and b(y) < a from 3; 2 and 3 are always .7 apart. The pair
    weights put a on U < (1/2)³ and b up to (3/4)³, both edges of the grid for T a multiple of 4.
    """
    from smearjax import Jets

    low, high, apart = _EDGE, 27 / 64, 0.7
    first = (1 + math.sqrt(1 - 2 * high)) / 2
    z = np.array([first, low / (2 * first), (high - low) / (2 * first)])
    a = 1.35 + np.asarray(x) / (PT_REF * math.sqrt(low))
    b = 0.95 + np.asarray(y) / (PT_REF * math.sqrt(high - low))
    assert np.all((a > b) & (b > apart) & (a - b < apart))
    along = (a**2 + b**2 - apart**2) / (2 * a)
    zero = np.zeros_like(a)
    y, phi = np.stack([zero, a, along], 1), np.stack([zero, zero, np.sqrt(b**2 - along**2)], 1)
    arrays = np.tile(400 * z, (len(a), 1)), y, phi
    return Jets(*map(_now, arrays), mask=np.ones((len(a), 3), bool), label=label)


def sample(number: int, dtype=np.float64, weight=None, skip: int = 0):
    """Jets of the embedded sample with 25–32 or 49–64 constituents: only two shapes to compile."""
    from smearjax import Jets, load_jets

    jets = load_jets("sample")
    n = jets.multiplicity
    jets = jets[((n > 24) & (n <= 32)) | ((n > 48) & (n <= 64))][skip : skip + number]
    arrays = (np.asarray(v[:, :64], dtype) for v in (jets.pt, jets.y, jets.phi))
    return Jets(*arrays, mask=jets.mask[:, :64], label=jets.label, weight=weight)
