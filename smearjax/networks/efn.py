"""The Energy Flow Network: an IRC-safe network on a set of particles."""

from __future__ import annotations

from collections.abc import Sequence

import equinox as eqx
import jax
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


class EFN(JetNetwork):
    r"""Energy Flow Network: s = F(Σ_i z_i Φ(p̂_i / ``length_scale``)), arXiv:1810.05165.

    Φ and F are fully connected with ReLU, by default of the published sizes; z and p̂ as in
    `JetNetwork`. Particles enter weighted by z, so the output is infrared and collinear safe. A
    jet without pT gives the output of an empty sum.

    Args:
        phi_sizes: widths of Φ's layers, the last being the latent dimension.
        f_sizes: widths of F's hidden layers.
        length_scale: radians by which angles are divided before Φ.
        key: JAX random key of the initial weights.

    Raises:
        ValueError: if a width or the length scale is not positive.

    >>> import jax, jax.numpy as jnp
    >>> network = EFN((8,), (8,), key=jax.random.key(0))
    >>> pt = jnp.array([[3.0, 1.0, 0.0], [2.0, 1.0, 1.0]])
    >>> y = jnp.array([[0.1, 0.2, 0.0], [0.1, 0.2, 0.1]])
    >>> phi = jnp.array([[3.1, -3.1, 0.0], [3.1, -3.1, 3.1]])
    >>> one, split = jax.jit(jax.vmap(network))(pt, y, phi)
    >>> bool(jnp.allclose(one, split, atol=1e-5))
    True
    """

    phi_layers: tuple[Dense, ...]
    f_layers: tuple[Dense, ...]
    phi_sizes: tuple[int, ...] = eqx.field(static=True)
    f_sizes: tuple[int, ...] = eqx.field(static=True)
    length_scale: float = eqx.field(static=True)

    def __init__(
        self,
        phi_sizes: Sequence[int] = (100, 100, 256),
        f_sizes: Sequence[int] = (100, 100, 100),
        length_scale: float = 0.13,
        *,
        key: PRNGKeyArray,
    ):
        self.phi_sizes, self.f_sizes = checked_widths(phi_sizes=phi_sizes, f_sizes=f_sizes)
        expect_length_scale(length_scale)
        self.length_scale = float(length_scale)
        phi_key, f_key = jax.random.split(key)
        self.phi_layers = dense_stack((2, *self.phi_sizes), phi_key)
        self.f_layers = dense_stack((self.phi_sizes[-1], *self.f_sizes, 1), f_key)

    def filters(self, angles: Float[Array, "P 2"]) -> Float[Array, "P L"]:
        r"""Φ_a(p̂ / ``length_scale``): what a particle there adds to the latent vector, over its z.

        Args:
            angles: (P, 2) y and φ about the jet's centroid, in radians.

        Returns:
            (P, L), dimensionless; none is negative.

        Raises nothing. Source: arXiv:1810.05165.

        >>> import jax, jax.numpy as jnp
        >>> EFN((8, 3), (8,), key=jax.random.key(0)).filters(jnp.zeros((5, 2))).shape
        (5, 3)
        """
        return with_relu(self.phi_layers, angles / self.length_scale)

    def _of_particles(
        self, z: Array, angles: Array, pid: Array | None, pool: Pool
    ) -> Float[Array, "N L"]:
        """Σ_i z_i Φ(p̂_i)."""
        return pool(z[:, None] * self.filters(angles))

    def _of_latent(self, latent: Array) -> Array:
        """F."""
        return linear_last(self.f_layers, latent)[:, 0]
