"""Angularities: momentum fractions and angles about an axis, each to a power."""

from __future__ import annotations

from typing import Literal

import numpy as np
from jaxtyping import Float

from smearjax._expect import expect, expect_number
from smearjax._numerics import wrap_phi
from smearjax.jets.clustering import winner_take_all_axis
from smearjax.jets.container import Jets
from smearjax.observables.blocks import in_blocks


def angularity(
    jets: Jets,
    kappa: float = 1.0,
    beta: float = 1.0,
    *,
    axis: Literal["centroid", "winner_take_all"] = "centroid",
) -> Float[np.ndarray, " N"]:
    r"""Generalised angularity λ^κ_β = Σ z_i^κ ΔR_i^β, (N,) float64, radian^β (arXiv:1408.3122).

    z_i = pT_i / Σ pT, and ΔR_i = √(Δy² + Δφ²) is the distance to the axis; 0⁰ = 1. Only κ = 1 is
    infrared and collinear safe. (0, 0) is the multiplicity, (2, 0) the square of p_T^D, (1, ½)
    the Les Houches angularity, (1, 1) the girth, (1, 2) about m²/pT².

    Args:
        jets: N jets.
        kappa: power κ ≥ 0 of momentum fractions.
        beta: power β ≥ 0 of angles; the literature divides by R₀^β besides.
        axis: "centroid", the pT-weighted mean of the constituents' directions, or
            "winner_take_all", which soft recoil does not move: the particle that is left when
            Cambridge/Aachen gives each merged pair the direction of the harder one (FastJet, extra
            `pythia`).

    Raises:
        ValueError: `jets` are no Jets, a negative power, no such axis.
        ImportError: FastJet is missing (pip install 'smearjax[pythia]').

    >>> from smearjax.jets import Jets
    >>> jets = Jets(pt=[[3.0, 1.0]], y=[[0.0, 0.4]], phi=[[0.0, 0.0]])
    >>> angularity(jets, kappa=2.0, beta=0.0)       # 9/16 + 1/16
    array([0.625])
    """
    expect("jets", jets, Jets, "Jets, from load_jets(...) or Jets(pt, y, phi)")
    for name, power in (("kappa", kappa), ("beta", beta)):
        expect_number(name, power, -1e-300, np.inf, "at least 0 and finite")
    if axis == "centroid":
        return in_blocks(lambda j: _angularity(j, np.hypot(j.y, j.phi), kappa, beta), jets)
    if axis != "winner_take_all":
        raise ValueError(f"axis must be 'centroid' or 'winner_take_all'; got {axis!r}")
    y, phi = winner_take_all_axis(jets).T[:, :, None]
    host = [np.asarray(part, np.float64) for part in (jets.pt, jets.y, jets.phi)]
    distance = np.hypot(host[1] - y, wrap_phi(host[2] - phi))
    return _angularity(Jets(*host, mask=np.asarray(jets.mask)), distance, kappa, beta)


def girth(jets: Jets) -> Float[np.ndarray, " N"]:
    r"""Girth (width, the angularity λ^1_1) g = Σ z_i ΔR_i, (N,) float64, radians.

    z_i = pT_i / Σ pT, and ΔR_i = √(Δy² + Δφ²) is taken from the pT centroid of the constituents
    (not from the jet's four-momentum or a winner-take-all axis). arXiv:1106.3076.

    Args:
        jets: N jets.

    Raises:
        ValueError: `jets` are no Jets.

    >>> from smearjax.jets import Jets
    >>> girth(Jets(pt=[[3.0, 1.0]], y=[[0.0, 0.4]], phi=[[0.0, 0.0]]))
    array([0.15])
    """
    return angularity(jets, 1.0, 1.0)


def _angularity(
    jets: Jets, distance: Float[np.ndarray, "K n"], kappa: float, beta: float
) -> Float[np.ndarray, " K"]:
    z = jets.pt / jets.pt.sum(axis=1, keepdims=True)
    return np.where(jets.mask, z**kappa * distance**beta, 0.0).sum(axis=1)
