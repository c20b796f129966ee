"""Kernels K(d | ε): how much a jet at distance d counts at resolution ε."""

from __future__ import annotations

from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from smearjax._expect import expect
from smearjax._numerics import safe_log, safe_sqrt
from smearjax.jets.arrays import is_traced


class Gaussian(eqx.Module):
    """K = exp(−d²/2ε²): positive definite in the SEMD, factorises over independent scales.

    >>> from smearjax.smearing import Gaussian
    >>> float(Gaussian().log(jnp.array(9.0), 3.0))      # d² = 9 GeV², ε = 3 GeV
    -0.5
    """

    compact: ClassVar[bool] = False
    formula: ClassVar[str] = "K = exp(−d²/2ε²)"

    def log(self, squared_distance: Array, epsilon: Array | float) -> Array:
        """Ln K for d² in GeV² and ε in GeV."""
        return -0.5 * squared_distance / epsilon**2


class Sigmoid(eqx.Module):
    """K = σ((ε − d)/τ), which tends to the hard ball as the temperature τ (GeV) → 0.

    Raises:
        ValueError: a concrete τ that is not positive and finite.

    >>> from smearjax.smearing import Sigmoid
    >>> float(Sigmoid(tau=0.5).log(jnp.array(9.0), 3.0))      # d = ε: ln ½
    -0.6931472
    """

    tau: Array
    compact: ClassVar[bool] = False
    formula: ClassVar[str] = "K = σ((ε − d)/τ)"

    def __init__(self, tau: Array | float = 0.5):
        if not is_traced(tau) and not np.all((np.asarray(tau) > 0) & np.isfinite(tau)):
            raise ValueError(f"tau must be positive and finite, in GeV; got {tau}")
        self.tau = tau if isinstance(tau, jax.Array) else jnp.asarray(tau, float)

    def log(self, squared_distance: Array, epsilon: Array | float) -> Array:
        """Ln K for d² in GeV² and ε in GeV."""
        return jax.nn.log_sigmoid((epsilon - safe_sqrt(squared_distance)) / self.tau)


class HardBall(eqx.Module):
    """K = Θ(ε − d): every jet within ε counts once (arXiv:2501.07643).

    Its sums have no derivative in ε.

    >>> from smearjax.smearing import HardBall
    >>> HardBall().log(jnp.array([4.0, 16.0]), 3.0)
    Array([  0., -inf], dtype=float32)
    """

    compact: ClassVar[bool] = True
    formula: ClassVar[str] = "K = Θ(ε − d)"

    def log(self, squared_distance: Array, epsilon: Array | float) -> Array:
        """Ln K for d² in GeV² and ε in GeV."""
        return jnp.where(squared_distance <= epsilon**2, jnp.zeros_like(squared_distance), -jnp.inf)


class Epanechnikov(eqx.Module):
    """K = max(0, 1 − d²/ε²), compact and continuous.

    >>> from smearjax.smearing import Epanechnikov
    >>> float(Epanechnikov().log(jnp.array(4.5), 3.0))      # ln ½
    -0.6931472
    """

    compact: ClassVar[bool] = True
    formula: ClassVar[str] = "K = max(0, 1 − d²/ε²)"

    def log(self, squared_distance: Array, epsilon: Array | float) -> Array:
        """Ln K for d² in GeV² and ε in GeV."""
        return safe_log(1.0 - squared_distance / epsilon**2)


Kernel = Gaussian | Sigmoid | HardBall | Epanechnikov


def checked_kernel(kernel: Kernel) -> Kernel:
    """The kernel, or a ValueError if it is none (its name or its class, say)."""
    kinds = (Gaussian, Sigmoid, HardBall, Epanechnikov)
    expect("kernel", kernel, kinds, "a kernel such as Gaussian() or Sigmoid(tau=0.5)")
    return kernel
