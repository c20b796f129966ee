"""Ratios of energy correlation functions: whether a jet has one, two or three prongs."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from smearjax.jets.container import Jets
from smearjax.observables.efp import efps
from smearjax.observables.multigraphs import Multigraph

_PAIR = Multigraph([(0, 1)])
_TRIANGLE = Multigraph([(0, 1), (1, 2), (0, 2)])


def c2(jets: Jets, beta: float = 1.0) -> Float[np.ndarray, " N"]:
    r"""C₂ = e₃/e₂², (N,) float64, dimensionless (arXiv:1305.0007).

    e₂ = Σ_{i<j} z_i z_j ΔR_ij^β,   e₃ = Σ_{i<j<k} z_i z_j z_k (ΔR_ij ΔR_jk ΔR_ki)^β

    with z = pT/ΣpT: the energy flow polynomials of an edge and of a triangle, over 2 and 6.
    Small for two prongs. 0 where there are fewer than three particles.

    Args:
        jets: N jets; float64 jets are computed in float32 where JAX's 64-bit mode is off.
        beta: power β > 0 of the angles.

    Raises:
        ValueError: `jets` are no Jets, beta not positive.

    >>> from smearjax.jets import Jets
    >>> three = Jets(pt=[[1.0, 1.0, 1.0]], y=[[0.0, 0.3, 0.3]], phi=[[0.0, 0.0, 0.4]])
    >>> c2(three)         # (.3·.4·.5/27) / ((.3 + .4 + .5)/9)²
    array([0.125])
    """
    return _ratio(jets, beta, 2)


def d2(jets: Jets, beta: float = 1.0) -> Float[np.ndarray, " N"]:
    r"""D₂ = e₃/e₂³, (N,) float64, dimensionless (arXiv:1409.6298).

    The correlation functions e₂ and e₃ are those of `c2`. Small for two prongs, and less dependent
    on the mass than C₂. 0 where there are fewer than three particles.

    Args:
        jets: N jets; float64 jets are computed in float32 where JAX's 64-bit mode is off.
        beta: power β > 0 of the angles.

    Raises:
        ValueError: `jets` are no Jets, beta not positive.

    >>> from smearjax.jets import Jets
    >>> three = Jets(pt=[[1.0, 1.0, 1.0]], y=[[0.0, 0.3, 0.3]], phi=[[0.0, 0.0, 0.4]])
    >>> d2(three)         # (.3·.4·.5/27) / ((.3 + .4 + .5)/9)³
    array([0.9375])
    """
    return _ratio(jets, beta, 3)


def _ratio(jets: Jets, beta: float, power: int) -> Float[np.ndarray, " N"]:
    """e₃/e₂^power."""
    pair, triangle = np.asarray(efps(jets, (_PAIR, _TRIANGLE), beta=beta), np.float64).T
    e2 = pair / 2
    return np.divide(triangle / 6, e2**power, out=np.zeros_like(e2), where=e2 > 0)
