"""How far two smeared classes differ at one ε: R, B and their slopes, for many weightings at once.

Arrays have the jets x first and C weightings last. member[x, a] is the weight with which jet x
counts in class a; f[x, a] = Σ_{j≠x} member[j, a] K(x, j), and g = df/d ln ε. A jet may belong to
other classes in other columns, so bootstrap replicas and permuted labels need no code of their own.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from smearjax.smearing.sums import GLUON, QUARK

PerJet = Float[np.ndarray, "N 2 C"]
Curves = Float[np.ndarray, " C"]


class PairMeans(NamedTuple):
    """Means over pairs without self-pairs (U-statistics), classes a and b first: (2, 2, C).

    Attributes:
        F: F_ab = ⟨K⟩_ab.
        G: dF_ab/d ln ε.
        norm: the weight of all pairs.
    """

    F: Float[np.ndarray, "2 2 C"]
    G: Float[np.ndarray, "2 2 C"]
    norm: Float[np.ndarray, "2 2 C"]


def pair_means(f: PerJet, g: PerJet, member: PerJet) -> PairMeans:
    """F_ab = Σ_x member_a f_b / (M_a M_b − Σ_x member_a member_b), M the class totals."""
    total = member.sum(axis=0)
    norm = total[:, None] * total[None] - np.einsum("nac,nbc->abc", member, member)
    of_f, of_g = (np.einsum("nac,nbc->abc", member, some) / norm for some in (f, g))
    return PairMeans(of_f, of_g, norm)


def dimensions(means: PairMeans) -> Float[np.ndarray, "2 2 C"]:
    """D_ab = d ln F_ab/d ln ε; NaN where F underflows."""
    there = means.F > 0
    return np.where(there, means.G, np.nan) / np.where(there, means.F, 1.0)


def contrast(means: PairMeans) -> tuple[Curves, Curves]:
    """R = 1 − ρ and −dR/d ln ε; NaN where a mean underflows."""
    rho = _rho(means)
    return 1 - rho, 0.5 * rho * _tilt(dimensions(means))


def contrast_errors(
    f: PerJet, g: PerJet, member: PerJet, means: PairMeans
) -> tuple[Curves, Curves]:
    """Standard errors of R and of −dR/d ln ε: the influence of each jet, squared and summed."""
    rho, d = _rho(means), dimensions(means)
    tilt = _tilt(d)
    mean = np.where(means.F > 0, means.F, np.nan)
    of_r, of_slope = (np.zeros(member[:, 0].shape) for _ in range(2))
    for own, other in ((GLUON, QUARK), (QUARK, GLUON)):
        total = member[:, own].sum(axis=0)
        norm = means.norm[own] / total
        f_own, g_own = (some[:, own] / norm[own] / mean[own, own] for some in (f, g))
        f_other, g_other = (some[:, other] / norm[other] / mean[own, other] for some in (f, g))
        of_jet = f_other - f_own
        turn = 2 * (g_other - d[own, other] * f_other) - 2 * (g_own - d[own, own] * f_own)
        share = member[:, own] / total
        of_r += share * of_jet
        of_slope += share * (tilt * of_jet + turn)
    # A jet that belongs to both classes moves both, hence squares of sums.
    by_r, by_slope = (np.sqrt(np.sum(of**2, axis=0)) for of in (of_r, of_slope))
    return rho * by_r, 0.5 * rho * by_slope


def votes(f: PerJet, g: PerJet, member: PerJet) -> tuple[Curves, Curves]:
    """B and −dB/d ln ε; sums of one jet may share any factor, and those of both classes do."""
    balanced = member / member.sum(axis=0)
    n, m = (some / member.sum(axis=0) for some in (f, g))
    volume = n.sum(axis=1, keepdims=True)
    heard = volume > 0
    # Shares before products: where a replica leaves out all that is near, products underflow.
    share, drift = (np.where(heard, part / np.where(heard, volume, 1.0), 0.0) for part in (n, m))
    vote = share[:, QUARK] - share[:, GLUON]
    turn = 2 * (drift[:, QUARK] * share[:, GLUON] - share[:, QUARK] * drift[:, GLUON])
    signed = 0.5 * (balanced[:, QUARK] - balanced[:, GLUON])
    return np.sum(signed * vote, axis=0), -np.sum(signed * turn, axis=0)


def _rho(means: PairMeans) -> Curves:
    """ρ = F_qg/√(F_qq F_gg)."""
    there = (means.F > 0).all(axis=(0, 1))
    f = np.where(there, means.F, np.nan)
    return f[QUARK, GLUON] / (np.sqrt(f[QUARK, QUARK]) * np.sqrt(f[GLUON, GLUON]))


def _tilt(d: Float[np.ndarray, "2 2 C"]) -> Curves:
    """2D_qg − D_qq − D_gg."""
    return 2 * d[QUARK, GLUON] - d[QUARK, QUARK] - d[GLUON, GLUON]
