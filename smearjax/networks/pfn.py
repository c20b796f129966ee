"""The Particle Flow Network: as the Energy Flow Network, but not bound to be IRC safe."""

from __future__ import annotations

from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from smearjax.networks.jet_network import JetNetwork, Pool
from smearjax.networks.layers import (
    Dense,
    checked_widths,
    dense_stack,
    expect_length_scale,
    linear_last,
    with_relu,
)

SPECIES = (22, 211, -211, 321, -321, 130, 2112, -2112, 2212, -2212, 11, -11, 13, -13)
"""PDG numbers that get an input of their own; all others share one more."""


class PFN(JetNetwork):
    r"""Particle Flow Network: s = F(Σ_i Φ(z_i, p̂_i / ``length_scale``[, id_i])), arXiv:1810.05165.

    Φ and F are fully connected with ReLU, by default of the published sizes; z and p̂ as in
    `JetNetwork`. z enters Φ as it is, so soft and collinear particles count: it is not IRC safe.
    With ``particle_id`` Φ also sees which particle it is, as one input for each of γ, π±, K±, K⁰_L,
    n, n̄, p, p̄, e±, μ± and one for all others.

    Args:
        phi_sizes: widths of Φ's layers, the last being the latent dimension.
        f_sizes: widths of F's hidden layers.
        length_scale: radians by which angles are divided before Φ.
        particle_id: whether Φ sees the PDG numbers.
        key: JAX random key of the initial weights.

    Raises:
        ValueError: if a width or the length scale is not positive; jets without pid where they are
            needed.

    >>> import jax, jax.numpy as jnp
    >>> network = PFN((8,), (8,), particle_id=True, key=jax.random.key(0))
    >>> pt, y, phi = jnp.array([3.0, 1.0]), jnp.array([0.0, 0.1]), jnp.array([0.1, 0.2])
    >>> ids = jnp.array([[211, -211], [22, 22]])
    >>> pions, photons = (network(pt, y, phi, pid=pid) for pid in ids)
    >>> bool(pions == photons)
    False
    """

    phi_layers: tuple[Dense, ...]
    f_layers: tuple[Dense, ...]
    phi_sizes: tuple[int, ...] = eqx.field(static=True)
    f_sizes: tuple[int, ...] = eqx.field(static=True)
    length_scale: float = eqx.field(static=True)
    particle_id: bool = eqx.field(static=True)

    def __init__(
        self,
        phi_sizes: Sequence[int] = (100, 100, 256),
        f_sizes: Sequence[int] = (100, 100, 100),
        length_scale: float = 0.13,
        particle_id: bool = False,
        *,
        key: PRNGKeyArray,
    ):
        self.phi_sizes, self.f_sizes = checked_widths(phi_sizes=phi_sizes, f_sizes=f_sizes)
        expect_length_scale(length_scale)
        self.length_scale = float(length_scale)
        self.particle_id = bool(particle_id)
        phi_key, f_key = jax.random.split(key)
        inputs = 3 + (len(SPECIES) + 1) * self.particle_id
        self.phi_layers = dense_stack((inputs, *self.phi_sizes), phi_key)
        self.f_layers = dense_stack((self.phi_sizes[-1], *self.f_sizes, 1), f_key)

    @property
    def needs_pid(self) -> bool:
        """Whether Φ sees the PDG numbers; a choice, no number with a unit."""
        return self.particle_id

    def _of_particles(
        self, z: Array, angles: Array, pid: Array | None, pool: Pool
    ) -> Float[Array, "N L"]:
        """Σ_i Φ(z_i, p̂_i[, id_i])."""
        inputs = [z[:, None], angles / self.length_scale]
        if pid is not None and self.particle_id:
            inputs.append(one_hot(pid).astype(z.dtype))
        return pool(with_relu(self.phi_layers, jnp.concatenate(inputs, axis=-1)))

    def _of_latent(self, latent: Array) -> Array:
        """F."""
        return linear_last(self.f_layers, latent)[:, 0]


def one_hot(pid: Array) -> Array:
    """Which of `SPECIES` each particle is; the last column marks those that are none.

    >>> import jax.numpy as jnp
    >>> one_hot(jnp.array([22, 310])).sum(axis=0).tolist()
    [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    """
    known = pid[:, None] == jnp.array(SPECIES, pid.dtype)
    return jnp.concatenate([known, ~known.any(axis=1, keepdims=True)], axis=1)
