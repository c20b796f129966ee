"""How much momentum lies around a lepton."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from smearjax._expect import expect, expect_positive
from smearjax._numerics import ArrayLike, wrap_phi
from smearjax.jets.container import Jets


def isolation(jets: Jets, leptons: ArrayLike, radius: float) -> Float[np.ndarray, " N"]:
    r"""Isolation I(R₀) = Σ_{i: ΔR_i < R₀} pT_i / pT_ℓ, (N,) float64, dimensionless.

    ΔR_i is the distance of particle i from the lepton, which is not among the particles. Source:
    arXiv:2102.02278.

    Args:
        jets: what is around each of N leptons, pT in GeV.
        leptons: (N, 3) pT in GeV, rapidity, φ in radians.
        radius: R₀ in radians.

    Raises:
        ValueError: wrong shapes, pT of a lepton or radius not positive.

    >>> from smearjax.jets import Jets
    >>> around = Jets(pt=[[3.0, 2.0]], y=[[0.0, 0.2]], phi=[[0.1, 0.3]])
    >>> isolation(around, [[10.0, 0.0, 0.0]], radius=0.2)
    array([0.3])
    """
    expect("jets", jets, Jets, "Jets, from load_jets(...) or Jets(pt, y, phi)")
    expect_positive("radius", radius, "radians")
    given = np.asarray(leptons, np.float64)
    if given.shape != (len(jets), 3):
        raise ValueError(f"leptons have shape {given.shape}; expected ({len(jets)}, 3): pT, y, φ")
    if not (np.isfinite(given).all() and (given[:, 0] > 0).all()):
        bad = np.flatnonzero(~(np.isfinite(given).all(axis=1) & (given[:, 0] > 0)))
        raise ValueError(
            f"leptons have no finite direction with pT > 0 in {len(bad)} of {len(given)} rows "
            f"(first: {bad[0]}); select them away first"
        )
    lepton_pt, lepton_y, lepton_phi = given.T[:, :, None]
    pt, y, phi = (np.asarray(column, np.float64) for column in (jets.pt, jets.y, jets.phi))
    distance = np.hypot(y - lepton_y, wrap_phi(phi - lepton_phi))
    return np.where(distance < radius, pt, 0.0).sum(axis=1) / lepton_pt[:, 0]
