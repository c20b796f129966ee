"""Jets to jets: momentum fractions, coordinates about the jet's centre, φ on one branch."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from smearjax.jets.arrays import HostOrDevice
from smearjax.jets.container import Jets

# 2π = high + low, where k·high is exact in float32 for small k: wrapping then keeps Δφ's every bit.
_TWO_PI_HIGH = 6.28125
_TWO_PI_LOW = 2.0 * np.pi - _TWO_PI_HIGH


def normalise(jets: Jets) -> Jets:
    r"""Jets whose pt are the fractions $z_i = p_{T,i} / \sum_j p_{T,j}$.

    Args:
        jets: N jets; numpy stays numpy, and it works under jit.

    Returns:
        Jets with pt of sum 1 (no unit); everything else as it was.

    Raises nothing. Source: the z_i of arXiv:1810.05165.

    Example:
        >>> from smearjax.jets import load_jets, normalise
        >>> normalise(load_jets("sample")).total_pt[:2]
        array([1., 1.], dtype=float32)
    """
    return eqx.tree_at(lambda j: j.pt, jets, jets.pt / jets.total_pt[:, None])


def wrap(jets: Jets) -> Jets:
    r"""Jets with every $\phi$ brought to $(-\pi, \pi]$ by whole turns.

    Args:
        jets: N jets; numpy stays numpy, and it works under jit.

    Returns:
        Jets that differ in phi (radians) only.

    Raises nothing. Source: smearjax's own definition.

    Example:
        >>> from smearjax.jets import Jets, wrap
        >>> wrap(Jets(pt=[[300.0, 200.0]], y=[[0.0, 0.0]], phi=[[6.0, 0.2]])).phi
        array([[-0.283,  0.2  ]], dtype=float32)
    """
    return eqx.tree_at(lambda j: j.phi, jets, _wrapped(jets.phi))


def center(jets: Jets) -> Jets:
    r"""Jets in coordinates about their pT-weighted centroid.

    $y_i \to y_i - \sum_j z_j y_j$ and $\phi_i \to \delta_i - \sum_j z_j \delta_j$, wrapped to
    $(-\pi, \pi]$, where $\delta_i$ is $\phi_i$ from the hardest particle, wrapped likewise. For a
    jet that fits into a half turn the result does not depend on that starting point. These are the
    inputs of an Energy Flow Network (arXiv:1810.05165).

    Args:
        jets: N jets; numpy stays numpy, and it works under jit.

    Returns:
        Jets with y and phi (radians) about the centroid, 0 in the padding.

    Raises nothing.

    Example:
        >>> from smearjax.jets import Jets, center
        >>> jets = center(Jets(pt=[[300.0, 100.0]], y=[[0.0, 0.4]], phi=[[3.1, -3.1]]))
        >>> jets.y
        array([[-0.1,  0.3]], dtype=float32)
        >>> jets.phi
        array([[-0.0208,  0.0624]], dtype=float32)
    """
    xp = _namespace(jets.pt, jets.y, jets.phi, jets.mask)
    z = jets.pt / jets.total_pt[:, None]
    hardest = xp.argmax(jets.pt, axis=1)[:, None]
    delta = _wrapped(jets.phi - xp.take_along_axis(jets.phi, hardest, axis=1))
    y = jets.y - (z * jets.y).sum(axis=1, keepdims=True)
    phi = _wrapped(delta - (z * delta).sum(axis=1, keepdims=True))
    zero = y.dtype.type(0)
    positions = (xp.where(jets.mask, y, zero), xp.where(jets.mask, phi, zero))
    return eqx.tree_at(lambda j: (j.y, j.phi), jets, positions)


def _namespace(*arrays: HostOrDevice) -> Any:
    """Numpy if all arrays are numpy's, jax.numpy otherwise."""
    return np if all(isinstance(array, np.ndarray) for array in arrays) else jnp


def _wrapped(phi: Float[HostOrDevice, "N n"]) -> Float[HostOrDevice, "N n"]:
    """Angles in (−π, π]; the number of turns has no derivative."""
    xp = _namespace(phi)
    number = phi.dtype.type
    turns = xp.round(phi * number(0.5 / np.pi))
    inside = (phi - turns * number(_TWO_PI_HIGH)) - turns * number(_TWO_PI_LOW)
    return xp.where(inside <= number(-np.pi), -inside, inside)
