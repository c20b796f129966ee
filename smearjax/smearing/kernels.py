"""Kernels K(d | ε): how much a jet at distance d counts at resolution ε."""

from __future__ import annotations

import abc
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from smearjax._expect import expect
from smearjax._numerics import safe_log, safe_sqrt
from smearjax.jets.arrays import is_traced


class _Kernel(eqx.Module):
    """What all kernels share."""

    @abc.abstractmethod
    def log(self, squared_distance: Array, epsilon: Array | float) -> Array:
        """Ln K."""

    def scaled(
        self, squared_distance: Array, epsilon: Array | float, log_scale: Array | float
    ) -> Array:
        """K e^{−s}, finite wherever ln K − s is small, although K may underflow.

        Arguments, shapes, units and errors as for `log`, and `log_scale`: s, dimensionless, any
        shape that broadcasts. Source: the class.

        >>> from smearjax.smearing import Gaussian
        >>> float(Gaussian().scaled(jnp.array(1800.0), 3.0, -100.0))      # e^{−100} / e^{−100}
        1.0
        """
        return jnp.exp(self.log(squared_distance, epsilon) - log_scale)


class Gaussian(_Kernel):
    """K = exp(−d²/2ε²): positive definite in the SEMD, factorises over independent scales.

    Dimensionless; d and ε in GeV. Raises nothing. Source: smearjax's choice for the smearing of
    arXiv:2501.07643, positive definite because d is a Hilbert-space distance (arXiv:2305.03751).

    >>> from smearjax.smearing import Gaussian
    >>> float(Gaussian().log(jnp.array(9.0), 3.0))      # d² = 9 GeV², ε = 3 GeV
    -0.5
    """

    compact: ClassVar[bool] = False
    formula: ClassVar[str] = "K = exp(−d²/2ε²)"

    def log(self, squared_distance: Array, epsilon: Array | float) -> Array:
        """Ln K = −d²/2ε², dimensionless, of the shape that d² and ε broadcast to.

        Args:
            squared_distance: d² in GeV², any shape.
            epsilon: ε in GeV, a number or an array that broadcasts against d².

        Raises nothing. Source: the class.

        >>> Gaussian().log(jnp.array([0.0, 18.0]), 3.0)
        Array([-0., -1.], dtype=float32)
        """
        return squared_distance * (-0.5 / epsilon**2)  # one product a pair, as has its slope


class Sigmoid(_Kernel):
    """K = σ((ε − d)/τ), which tends to the hard ball as the temperature τ (GeV) → 0.

    Dimensionless. Source: the hard ball of arXiv:2501.07643 with its edge smoothed.

    Args:
        tau: τ in GeV, a number; differentiable.

    Raises:
        ValueError: a concrete τ that is not positive and finite.

    >>> from smearjax.smearing import Sigmoid
    >>> float(Sigmoid(tau=0.5).log(jnp.array(9.0), 3.0))      # d = ε: ln ½
    -0.693
    """

    tau: Array
    compact: ClassVar[bool] = False
    formula: ClassVar[str] = "K = σ((ε − d)/τ)"

    def __init__(self, tau: Array | float = 0.5):
        if not is_traced(tau) and not np.all((np.asarray(tau) > 0) & np.isfinite(tau)):
            raise ValueError(f"tau must be positive and finite, in GeV; got {tau}")
        self.tau = tau if isinstance(tau, jax.Array) else jnp.asarray(tau, float)

    def log(self, squared_distance: Array, epsilon: Array | float) -> Array:
        """Ln K = ln σ((ε − √d²)/τ).

        Arguments, shapes, units and errors as for `Gaussian.log`. Source: the class.

        >>> float(Sigmoid(tau=0.5).log(jnp.array(16.0), 3.0))      # d = ε + 2τ: ln σ(−2)
        -2.127
        """
        return jax.nn.log_sigmoid((epsilon - safe_sqrt(squared_distance)) / self.tau)

    def scaled(
        self, squared_distance: Array, epsilon: Array | float, log_scale: Array | float
    ) -> Array:
        """K e^{−s} = 1/(e^s + e^{s + (d − ε)/τ}): one exponential a pair.

        Arguments, shapes, units and errors as for `Gaussian.scaled`. Source: the class.

        >>> float(Sigmoid(tau=0.5).scaled(jnp.array(10000.0), 3.0, -194.0))      # d = ε + 194 τ
        1.0
        """
        beyond = log_scale + (safe_sqrt(squared_distance) - epsilon) / self.tau
        # Beyond e⁸⁰ the quotient is 0 in float32, and a larger power would overflow.
        return 1.0 / (jnp.exp(log_scale) + jnp.exp(jnp.minimum(beyond, 80.0)))


class HardBall(_Kernel):
    """K = Θ(ε − d): every jet within ε (GeV) counts once (arXiv:2501.07643).

    Its sums have no derivative in ε. Dimensionless. Raises nothing.

    >>> from smearjax.smearing import HardBall
    >>> HardBall().log(jnp.array([4.0, 16.0]), 3.0)      # d = 2 and 4 GeV, ε = 3 GeV
    Array([  0., -inf], dtype=float32)
    """

    compact: ClassVar[bool] = True
    formula: ClassVar[str] = "K = Θ(ε − d)"

    def log(self, squared_distance: Array, epsilon: Array | float) -> Array:
        """Ln K = 0 where d² ≤ ε², −∞ elsewhere.

        Arguments, shapes, units and errors as for `Gaussian.log`. Source: arXiv:2501.07643.

        >>> HardBall().log(jnp.array([9.0, 9.1]), 3.0)
        Array([  0., -inf], dtype=float32)
        """
        return jnp.where(squared_distance <= epsilon**2, jnp.zeros_like(squared_distance), -jnp.inf)

    def scaled(
        self, squared_distance: Array, epsilon: Array | float, log_scale: Array | float
    ) -> Array:
        """K e^{−s} = e^{−s} where d² ≤ ε², 0 elsewhere.

        Arguments, shapes, units and errors as for `Gaussian.scaled`. Source: the class.

        >>> HardBall().scaled(jnp.array([9.0, 9.1]), 3.0, 0.0).tolist()
        [1.0, 0.0]
        """
        return jnp.where(squared_distance <= epsilon**2, jnp.exp(-log_scale), 0.0)


class Epanechnikov(_Kernel):
    """K = max(0, 1 − d²/ε²), compact and continuous.

    Dimensionless; d and ε in GeV. Raises nothing. Source: Epanechnikov's kernel of density
    estimation without its normalisation, which cancels between classes.

    >>> from smearjax.smearing import Epanechnikov
    >>> float(Epanechnikov().log(jnp.array(4.5), 3.0))      # d² = ε²/2: ln ½
    -0.693
    """

    compact: ClassVar[bool] = True
    formula: ClassVar[str] = "K = max(0, 1 − d²/ε²)"

    def log(self, squared_distance: Array, epsilon: Array | float) -> Array:
        """Ln K = ln(1 − d²/ε²), −∞ where d ≥ ε.

        Arguments, shapes, units and errors as for `Gaussian.log`. Source: the class.

        >>> Epanechnikov().log(jnp.array([4.5, 9.0]), 3.0)
        Array([-0.693,   -inf], dtype=float32)
        """
        return safe_log(1.0 - squared_distance / epsilon**2)


Kernel = Gaussian | Sigmoid | HardBall | Epanechnikov


def checked_kernel(kernel: Kernel) -> Kernel:
    """The kernel, or a ValueError if it is none (its name or its class, say)."""
    kinds = (Gaussian, Sigmoid, HardBall, Epanechnikov)
    expect("kernel", kernel, kinds, "a kernel such as Gaussian() or Sigmoid(tau=0.5)")
    return kernel
