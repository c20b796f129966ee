"""The Moment Energy Flow Network: few learned functions of the angle, and their moments."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from smearjax._expect import expect_whole
from smearjax.jets.arrays import HostOrDevice
from smearjax.networks.jet_network import JetNetwork, Pool
from smearjax.networks.layers import (
    Dense,
    checked_widths,
    dense_stack,
    expect_length_scale,
    linear_last,
)

Growth = tuple[Int[HostOrDevice, " M"], Int[HostOrDevice, " M"]]
_BLOCK = 256


class MomentEFN(JetNetwork):
    r"""Moment EFN: F sees ⟨Φ^a⟩, ⟨Φ^a Φ^b⟩, … up to order k, arXiv:2403.08854.

    s = F(⟨Φ^{a_1} ⋯ Φ^{a_m}⟩, a_1 ≤ … ≤ a_m ≤ L, m ≤ k),   ⟨X⟩ = Σ_i z_i X(p̂_i / length_scale)

    Φ has L outputs, the last of ``phi_sizes``, and no activation on them; ReLU elsewhere; z and p̂
    as in `JetNetwork`. Every moment is weighted by z, so the output is infrared and collinear safe.
    The effective latent size C(L + k, k) counts the zeroth moment, which is 1 and is left out.

    Args:
        phi_sizes: widths of Φ's layers, the last being L.
        f_sizes: widths of F's hidden layers.
        order: k, the highest order of the moments; 1 is an EFN.
        length_scale: radians by which angles are divided before Φ.
        key: JAX random key of the initial weights.

    Raises:
        ValueError: if a width, the order or the length scale is not positive.

    >>> import jax, jax.numpy as jnp
    >>> network = MomentEFN((8, 2), (8,), order=3, key=jax.random.key(0))
    >>> network.effective_latent_size
    10
    """

    phi_layers: tuple[Dense, ...]
    f_layers: tuple[Dense, ...]
    phi_sizes: tuple[int, ...] = eqx.field(static=True)
    f_sizes: tuple[int, ...] = eqx.field(static=True)
    order: int = eqx.field(static=True)
    length_scale: float = eqx.field(static=True)

    def __init__(
        self,
        phi_sizes: Sequence[int] = (100, 100, 4),
        f_sizes: Sequence[int] = (100, 100, 100),
        order: int = 2,
        length_scale: float = 0.13,
        *,
        key: PRNGKeyArray,
    ):
        self.phi_sizes, self.f_sizes = checked_widths(phi_sizes=phi_sizes, f_sizes=f_sizes)
        expect_whole("order", order, least=1)
        expect_length_scale(length_scale)
        self.order = int(order)
        self.length_scale = float(length_scale)
        phi_key, f_key = jax.random.split(key)
        self.phi_layers = dense_stack((2, *self.phi_sizes), phi_key)
        moments = self.effective_latent_size - 1
        self.f_layers = dense_stack((moments, *self.f_sizes, 1), f_key)

    @property
    def effective_latent_size(self) -> int:
        """C(L + k, k), the number of moments, the zeroth one included; dimensionless."""
        return comb(self.phi_sizes[-1] + self.order, self.order)

    def filters(self, angles: Float[Array, "P 2"]) -> Float[Array, "P L"]:
        r"""The L functions Φ^a(p̂ / ``length_scale``) of which moments are taken.

        Any invertible affine map of them can be undone by F, so their scale and sign say nothing.

        Args:
            angles: (P, 2) y and φ about the jet's centroid, in radians.

        Returns:
            (P, L), dimensionless.

        Raises nothing. Source: arXiv:2403.08854.

        >>> import jax, jax.numpy as jnp
        >>> network = MomentEFN((8, 2), (8,), order=3, key=jax.random.key(0))
        >>> network.filters(jnp.zeros((5, 2))).shape
        (5, 2)
        """
        return linear_last(self.phi_layers, angles / self.length_scale)

    def _of_particles(
        self, z: Array, angles: Array, pid: Array | None, pool: Pool
    ) -> Float[Array, "N M"]:
        """⟨Φ^{a_1} ⋯ Φ^{a_m}⟩."""
        return moments(z, self.filters(angles), self.order, pool)

    def _of_latent(self, latent: Array) -> Array:
        """F."""
        return linear_last(self.f_layers, latent)[:, 0]


def moments(
    z: Float[Array, " P"], phi: Float[Array, "P L"], order: int, pool: Pool
) -> Float[Array, "N M"]:
    """Sums over particles of z and 1 to ``order`` of the columns, each set of columns once.

    A particle's products of highest order, by far the most, are made and summed block by block, and
    made again for gradients, so that they need no room at once.

    >>> import jax.numpy as jnp
    >>> one_jet = lambda values: values.sum(axis=0, keepdims=True)
    >>> moments(jnp.array([0.5]), jnp.array([[2.0, 3.0]]), 2, one_jet).tolist()
    [[1.0, 1.5, 2.0, 3.0, 4.5]]
    """
    products = z[:, None] * phi
    found = [pool(products)]
    for m, grown in enumerate(_growth(phi.shape[1], order), start=2):
        if m == order:
            found.append(_in_blocks(products, phi, grown, pool))
        else:
            products = _grow(products, phi, grown)
            found.append(pool(products))
    return jnp.concatenate(found, axis=1)


def _grow(products: Array, phi: Array, grown: Growth) -> Float[Array, "P M"]:
    """Products of one order more."""
    parent, factor = grown
    return products[:, parent] * phi[:, factor]


def _in_blocks(products: Array, phi: Array, grown: Growth, pool: Pool) -> Float[Array, "N M"]:
    """Sums of `_grow`'s products."""
    number = len(grown[0])
    blocks = -(-number // _BLOCK)
    if blocks == 1:
        return pool(_grow(products, phi, grown))
    parts = [jnp.pad(i, (0, blocks * _BLOCK - number)).reshape(blocks, _BLOCK) for i in grown]
    summed = jax.checkpoint(lambda part: pool(_grow(products, phi, part)))
    found = jax.lax.map(summed, tuple(parts))
    return jnp.moveaxis(found, 0, 1).reshape(found.shape[1], -1)[:, :number]


def _growth(size: int, order: int) -> list[Growth]:
    """For orders 2 and up: which monomial of the order before, times which column of Φ.

    A monomial grows only by columns from its last one on, so that none is made twice.
    """
    last, steps = np.arange(size), []
    for _ in range(order - 1):
        parent = np.repeat(np.arange(len(last)), size - last)
        factor = np.concatenate([np.arange(one, size) for one in last])
        steps.append((parent, factor))
        last = factor
    return steps
