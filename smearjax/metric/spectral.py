"""The spectral function of a jet: which pair energies sit at which angles."""

from __future__ import annotations

import warnings
from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from smearjax._expect import expect, expect_number
from smearjax._numerics import ArrayLike, pairwise_sum, safe_power, sort_falling
from smearjax.jets.arrays import HostOrDevice, is_traced
from smearjax.jets.container import Jets
from smearjax.metric.angles import angle_convention
from smearjax.metric.ties import share_ties


class PrecisionWarning(UserWarning):
    """float64 input that JAX, with 64-bit mode off, computes in float32."""


class Spectra(eqx.Module):
    """Spectral functions of N jets, sorted from the largest angle down.

    Attributes:
        omega: (N, m) angles ω_n ≥ 0, falling along each row; padding has ω = 0 and weight 0.
        weight: (N, m) weights, 2 E_i E_j for a pair and Σ E_i² for the entry at ω = 0.
        total: (N,) total weight (ΣE)² of each jet; 1 if the jets were normalised.
        beta: scalar β, the exponent with which angles enter the metric.
        convention: name of the angle, a key of `smearjax.metric.ANGLES`.
        constituents: n, the padded number of particles the entries were made from.
    """

    omega: Float[Array, "N m"]
    weight: Float[Array, "N m"]
    total: Float[Array, " N"]
    beta: Float[Array, ""]
    convention: str = eqx.field(static=True)
    constituents: int = eqx.field(static=True)

    def __len__(self) -> int:
        return self.omega.shape[0]

    def __getitem__(self, index) -> Spectra:
        """The spectra of the jets that a slice, mask or integer array picks."""
        rows = (self.omega[index], self.weight[index], self.total[index])
        return Spectra(*rows, self.beta, self.convention, self.constituents)

    @property
    def quantile(self) -> Float[Array, "N m"]:
        """q_n = ω_n^β, (N, m): the quantile function on entry n, in radian^β."""
        return safe_power(share_ties(self.omega, self.weight), self.beta)

    @property
    def upper(self) -> Float[Array, "N m"]:
        """U_n = Σ_{l ≤ n} w_l, (N, m), dimensionless: entry n covers (U_{n−1}, U_n)."""
        return jnp.cumsum(self.weight, axis=1)


def spectral_function(
    jets: Jets,
    beta: ArrayLike = 1.0,
    omega: str = "delta_r",
    normalize: bool = True,
) -> Spectra:
    r"""Spectral function of each jet.

    s(ω) = Σ_i E_i² δ(ω) + Σ_{i<j} 2 E_i E_j δ(ω − ω_ij)       (arXiv:2305.03751)

    Its total weight is (ΣE)². The entries come sorted by falling ω, so that cumulating them gives
    U = 1 − S without the rounding that cumulating from S = 0 suffers where q is steep.

    Args:
        jets: N jets of n padded constituents; pT in GeV, y and φ in radians.
        beta: exponent β > 0 of the angles, ω^β (not ω^β/β); differentiable, dimensionless.
        omega: "delta_r": ω = √(Δy² + Δφ²) and E = pT. The other three weigh by energy,
            E = pT cosh y: "angle": the opening angle θ, "chord": ω² = 2(1 − cos θ),
            "one_minus_cos": ω² = 1 − cos θ.
        normalize: divide each jet's E_i by ΣE, so that the total weight is 1.

    Returns:
        `Spectra` with m = n(n − 1)/2 + 1 entries a jet, in the precision of the jets.

    Raises:
        ValueError: if `omega` is none of the four names, or a concrete `beta` is not positive.

    Where two particles coincide (ω = 0) every derivative of ω is returned as 0. Where angles of a
    jet tie, what is computed from them has its true derivative along motions that keep the tie and
    0 along motions that break it (there is none), whatever the order of the particles.

    >>> from smearjax import Jets, spectral_function
    >>> two_particles = Jets(pt=[[300.0, 100.0]], y=[[0.0, 0.3]], phi=[[0.0, 0.4]])
    >>> s = spectral_function(two_particles)
    >>> s.omega[0], s.weight[0]     # ω = 0.5 with 2·¾·¼, and ω = 0 with (¾)² + (¼)²
    (Array([0.5, 0. ], dtype=float32), Array([0.375, 0.625], dtype=float32))
    """
    expect("jets", jets, Jets, "Jets, from load_jets(...) or Jets(pt, y, phi)")
    angle_convention(omega)
    if not is_traced(beta):
        expect_number("beta", beta, 0, np.inf, "positive and finite")
    warn_if_downcast(jets.pt)
    return _spectral_function(jets, jnp.asarray(beta, dtype_of(jets.pt)), omega, normalize)


@partial(jax.jit, static_argnums=(2, 3))
def _spectral_function(jets: Jets, beta: Array, omega: str, normalize: bool) -> Spectra:
    """The compiled part, on jets known to be good."""
    angle = angle_convention(omega)
    n = jets.pt.shape[1]
    first, second = np.triu_indices(n, k=1)
    pt, y, phi = (jnp.asarray(column) for column in (jets.pt, jets.y, jets.phi))
    energy = jnp.where(jets.mask, angle.weight(pt, y), 0.0)
    total = pairwise_sum(energy)
    if normalize:
        energy = energy / total[:, None]
        total = jnp.ones_like(total)
    pair_weight = 2.0 * energy[:, first] * energy[:, second]
    pair_omega = angle.omega(y[:, first], y[:, second], phi[:, first], phi[:, second])
    pair_omega = jnp.where(pair_weight > 0, pair_omega, 0.0)
    self_weight = pairwise_sum(energy * energy)[:, None]
    entries, weights = sort_falling(
        jnp.concatenate([pair_omega, jnp.zeros_like(self_weight)], axis=1),
        jnp.concatenate([pair_weight, self_weight], axis=1),
    )
    return Spectra(entries, weights, total**2, beta, omega, n)


def dtype_of(values: HostOrDevice) -> np.dtype:
    """The dtype in which JAX computes on these values under the current 64-bit mode."""
    return jax.dtypes.canonicalize_dtype(values.dtype)


def warn_if_downcast(values: HostOrDevice) -> None:
    """Warn when float64 jets are about to be computed in float32."""
    if np.dtype(values.dtype) == np.float64 and dtype_of(values) == np.float32:
        warnings.warn(
            "the jets are float64 but JAX computes in float32 with its 64-bit mode off; use "
            "`with jax.enable_x64(True):` to keep float64, or give float32 jets",
            PrecisionWarning,
            stacklevel=3,
        )
