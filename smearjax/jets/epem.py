"""Energies and polar angles to transverse momenta and rapidities."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from smearjax.jets.arrays import (
    HostOrDevice,
    blank,
    common_float,
    float_array,
    is_traced,
    mask_array,
)
from smearjax.jets.checks import refuse


def massless_coordinates(energy: Any, theta: Any, mask: Any) -> tuple[HostOrDevice, HostOrDevice]:
    """Momenta E sin θ in GeV and rapidities −ln tan(θ/2), zeros in the padding."""
    energy, theta = common_float(float_array("energy", energy), float_array("theta", theta))
    if energy.shape != theta.shape or energy.ndim != 2:
        raise ValueError(
            f"energy has shape {energy.shape}, theta {theta.shape}; expected (N, n) for both"
        )
    inside = energy != 0 if mask is None else mask_array(mask)
    if inside.shape != energy.shape:
        raise ValueError(f"mask has shape {inside.shape}, energy has {energy.shape}; they differ")
    energy, theta = blank(energy, inside), blank(theta, inside)
    xp = np if isinstance(theta, np.ndarray) and isinstance(inside, np.ndarray) else jnp
    if not is_traced(energy, theta, inside):
        host_energy, host_theta = np.asarray(energy), np.asarray(theta)
        keep = "remove those particles or events before they enter"
        for name, array in (("energy", host_energy), ("theta", host_theta)):
            refuse(~np.isfinite(array), array, f"{name} is NaN or infinite", keep)
        refuse(host_energy < 0, host_energy, "energy is negative", keep)
        wide = host_theta.astype(np.float64)
        refuse(
            ((wide <= 0) | (wide >= np.pi)) & np.asarray(inside),
            host_theta,
            "theta is not strictly between 0 and π",
            "expected polar angles in radians, off the beam axis (np.radians for degrees)",
        )
    safe = xp.where(inside, theta, theta.dtype.type(np.pi / 2))
    y = xp.where(inside, -xp.log(xp.tan(safe / 2)), theta.dtype.type(0))
    return energy * xp.sin(safe), y
