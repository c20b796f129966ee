"""The Lipschitz Energy Flow Network: a certified bound on what a small change of a jet can do."""

from __future__ import annotations

from collections.abc import Sequence

import equinox as eqx
import jax
from jaxtyping import Array, Float, PRNGKeyArray

from smearjax._expect import expect_positive
from smearjax.networks.jet_network import JetNetwork, Pool
from smearjax.networks.layers import checked_widths, expect_length_scale
from smearjax.networks.lipschitz_layers import (
    BoundedSum,
    OrthogonalDense,
    orthogonal_stack,
    with_sorting,
)


class LipschitzEFN(JetNetwork):
    r"""Energy Flow Network whose output moves by at most EMD/``emd_scale``, arXiv:2311.07652.

    |s(J) − s(J')| ≤ EMD(J, J')/emd_scale,
    EMD(J, J') = pt_ref · min_f Σ_ij f_ij |p̂_i − p̂'_j|,   Σ_j f_ij = z_i, Σ_i f_ij = z'_j

    s = F(Σ_i z_i Φ(p̂_i/length_scale)) with z and p̂ as in `JetNetwork`: fractions and angles about
    each jet's own centroid, so the EMD is that of jets centred and scaled to one pT. For jets not
    centred the bound holds with 2·EMD, since centroids lie no farther apart than the EMD of the
    fractions. Φ keeps distances or shortens them; F stretches them by at most
    pt_ref·length_scale/emd_scale, each of its layers by an equal factor (`OrthogonalDense`), and
    GroupSort between them only sorts; so the bound needs no search. It is a bound in EMD, not in
    SEMD: a rotation is free in SEMD and moves an EFN's output.

    Args:
        phi_sizes: even widths of Φ's layers, the last being the latent dimension.
        f_sizes: even widths of F's hidden layers.
        emd_scale: GeV of EMD that may move the output by 1 (1/L of a Lipschitz constant L).
        pt_ref: GeV by which the EMD of fractions is multiplied, the jets' typical pT.
        length_scale: radians by which angles are divided before Φ.
        key: JAX random key of the initial weights.

    Raises:
        ValueError: if a width, a scale or pt_ref is not positive, or a width is odd.

    >>> import jax, jax.numpy as jnp
    >>> network = LipschitzEFN((8, 8), (8,), emd_scale=10.0, key=jax.random.key(0))
    >>> pt, phi = jnp.array([250.0, 250.0]), jnp.zeros(2)
    >>> near, far = (network(pt, jnp.array([-y, y]), phi) for y in (0.10, 0.12))
    >>> bool(abs(near - far) <= 525.0 * 0.02 / 10.0)        # 10.5 GeV of EMD
    True
    """

    phi_layers: tuple[OrthogonalDense, ...]
    f_layers: tuple[OrthogonalDense, ...]
    last: BoundedSum
    phi_sizes: tuple[int, ...] = eqx.field(static=True)
    f_sizes: tuple[int, ...] = eqx.field(static=True)
    emd_scale: float = eqx.field(static=True)
    pt_ref: float = eqx.field(static=True)
    length_scale: float = eqx.field(static=True)

    def __init__(
        self,
        phi_sizes: Sequence[int] = (100, 100, 256),
        f_sizes: Sequence[int] = (100, 100, 100),
        emd_scale: float = 10.0,
        pt_ref: float = 525.0,
        length_scale: float = 0.13,
        *,
        key: PRNGKeyArray,
    ):
        self.phi_sizes, self.f_sizes = checked_widths(phi_sizes=phi_sizes, f_sizes=f_sizes)
        odd = [size for size in (*self.phi_sizes, *self.f_sizes) if size % 2]
        if odd:
            raise ValueError(f"phi_sizes and f_sizes must be even to be sorted in pairs; got {odd}")
        expect_positive("emd_scale", emd_scale, "GeV")
        expect_positive("pt_ref", pt_ref, "GeV")
        expect_length_scale(length_scale)
        self.emd_scale, self.pt_ref = float(emd_scale), float(pt_ref)
        self.length_scale = float(length_scale)
        phi_key, f_key, last_key = jax.random.split(key, 3)
        total = self.pt_ref * self.length_scale / self.emd_scale
        stretch = total ** (1 / (len(self.f_sizes) + 1))
        self.phi_layers = orthogonal_stack((2, *self.phi_sizes), 1.0, phi_key)
        self.f_layers = orthogonal_stack((self.phi_sizes[-1], *self.f_sizes), stretch, f_key)
        self.last = BoundedSum((*self.phi_sizes, *self.f_sizes)[-1], stretch, key=last_key)

    def filters(self, angles: Float[Array, "P 2"]) -> Float[Array, "P L"]:
        r"""Φ_a(p̂ / ``length_scale``): what a particle there adds to the latent vector, over its z.

        As a vector it changes by no more than |Δp̂| / ``length_scale``.

        Args:
            angles: (P, 2) y and φ about the jet's centroid, in radians.

        Returns:
            (P, L), dimensionless.

        Raises nothing. Source: arXiv:2311.07652.

        >>> import jax, jax.numpy as jnp
        >>> network = LipschitzEFN((8, 4), (8,), key=jax.random.key(0))
        >>> network.filters(jnp.zeros((5, 2))).shape
        (5, 4)
        """
        return with_sorting(self.phi_layers, angles / self.length_scale)

    def _of_particles(
        self, z: Array, angles: Array, pid: Array | None, pool: Pool
    ) -> Float[Array, "N L"]:
        """Σ_i z_i Φ(p̂_i)."""
        return pool(z[:, None] * self.filters(angles))

    def _of_latent(self, latent: Array) -> Array:
        """F."""
        return self.last(with_sorting(self.f_layers, latent))[:, 0]
