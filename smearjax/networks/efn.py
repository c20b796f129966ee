"""The Energy Flow Network: an IRC-safe network on a set of particles."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from smearjax._numerics import wrap_phi
from smearjax.jets.arrays import HostOrDevice

Pool = Callable[[Array], Array]


class Dense(eqx.Module):
    """x ↦ x·W + b on the last axis, He-uniform W (limit √(6/inputs)) and b = 0, as in Keras.

    >>> import jax, jax.numpy as jnp
    >>> Dense(2, 3, key=jax.random.key(0))(jnp.zeros((5, 2))).shape
    (5, 3)
    """

    weight: Float[Array, "inputs outputs"]
    bias: Float[Array, " outputs"]

    def __init__(self, inputs: int, outputs: int, *, key: PRNGKeyArray):
        limit = (6.0 / inputs) ** 0.5
        self.weight = jax.random.uniform(
            key, (inputs, outputs), dtype=jnp.float32, minval=-limit, maxval=limit
        )
        self.bias = jnp.zeros(outputs, dtype=jnp.float32)

    def __call__(self, x: Float[Array, "... inputs"]) -> Float[Array, "... outputs"]:
        """x·W + b."""
        return jnp.matmul(x, self.weight) + jnp.expand_dims(self.bias, range(x.ndim - 1))


class EFN(eqx.Module):
    r"""Energy Flow Network: logit = F(Σ_i z_i Φ(p̂_i)), arXiv:1810.05165.

    z_i = pT_i / Σ pT, and p̂_i = (y_i − ȳ, φ_i − φ̄) / ``length_scale`` with (ȳ, φ̄) the jet's pT
    centroid and Δφ wrapped; Φ and F are fully connected with ReLU, by default of the published
    sizes. The one output is a logit: trained with cross-entropy on balanced classes it estimates
    ln p(jet|quark) − ln p(jet|gluon). Particles enter weighted by z, so the output is infrared
    and collinear safe, and blind to order and padding.

    Calling it takes one jet's arrays (n,) (``jax.vmap`` for a batch):
    ``network(pt, y, phi, mask=None) -> ()``. ``pt`` in GeV (only fractions matter), ``y`` and
    ``phi`` in radians. A jet without pT gives the logit of an empty sum. It computes in
    the dtype of its weights. For many jets use `smearjax.networks.network_scores`.

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
        if not phi_sizes or any(size < 1 for size in (*phi_sizes, *f_sizes)):
            raise ValueError(
                f"phi_sizes and f_sizes must hold positive widths, phi_sizes at least one; "
                f"got phi_sizes={tuple(phi_sizes)}, f_sizes={tuple(f_sizes)}"
            )
        if not length_scale > 0:
            raise ValueError(f"length_scale must be positive radians, got {length_scale}")
        self.phi_sizes = tuple(int(size) for size in phi_sizes)
        self.f_sizes = tuple(int(size) for size in f_sizes)
        self.length_scale = float(length_scale)
        phi_key, f_key = jax.random.split(key)
        self.phi_layers = _stack((2, *self.phi_sizes), phi_key)
        self.f_layers = _stack((self.phi_sizes[-1], *self.f_sizes, 1), f_key)

    def __call__(
        self,
        pt: Float[HostOrDevice, " n"],
        y: Float[HostOrDevice, " n"],
        phi: Float[HostOrDevice, " n"],
        mask: Bool[HostOrDevice, " n"] | None = None,
    ) -> Float[Array, ""]:
        """The logit of one jet."""
        pt, y, phi = (jnp.asarray(column) for column in (pt, y, phi))
        if mask is not None:
            pt = jnp.where(mask, pt, 0.0)

        def pool(values: Array) -> Array:
            return jnp.sum(values, axis=0, keepdims=True)

        return self._logits(pt, y, phi, pool, lambda per_jet: per_jet)[0]

    def packed(
        self,
        pt: Float[Array, " P"],
        y: Float[Array, " P"],
        phi: Float[Array, " P"],
        jet_of: Int[Array, " P"],
        n_jets: int,
    ) -> Float[Array, " N"]:
        """Logits (n_jets,) of jets whose particles lie one after another in flat arrays.

        No particle is padding but the tail, so nothing is computed in vain.

        Args:
            pt: (P,) in GeV.
            y: (P,) rapidities.
            phi: (P,) in radians.
            jet_of: (P,) rising jet number of every particle; n_jets marks a slot to be left out.
            n_jets: number of logits.

        Raises nothing. Source: the class (arXiv:1810.05165).

        >>> import jax, jax.numpy as jnp
        >>> network = EFN((8,), (8,), key=jax.random.key(0))
        >>> pt, y, phi = jnp.array([3.0, 1.0, 2.0]), jnp.zeros(3), jnp.array([0.1, 0.2, 0.3])
        >>> network.packed(pt, y, phi, jnp.array([0, 0, 1]), 2).shape
        (2,)
        """

        def pool(values: Array) -> Array:
            return jax.ops.segment_sum(values, jet_of, n_jets + 1, indices_are_sorted=True)

        return self._logits(pt, y, phi, pool, lambda per_jet: per_jet[jet_of])[:n_jets]

    def _logits(self, pt: Array, y: Array, phi: Array, pool: Pool, spread: Pool) -> Array:
        """The network; ``pool`` sums over each jet, ``spread`` hands a jet's value to its parts."""
        z, y, phi = centre(pt, y, phi, pool, spread)
        angles = jnp.stack([y, phi], axis=-1) / self.length_scale
        dtype = self.phi_layers[0].weight.dtype
        hidden = angles.astype(dtype)
        for layer in self.phi_layers:
            hidden = jax.nn.relu(layer(hidden))
        hidden = pool(z.astype(dtype)[:, None] * hidden)
        for layer in self.f_layers[:-1]:
            hidden = jax.nn.relu(layer(hidden))
        return self.f_layers[-1](hidden)[:, 0]


def centre(pt: Array, y: Array, phi: Array, pool: Pool, spread: Pool) -> tuple[Array, Array, Array]:
    """Fractions z and angles about the pT centroid, Δφ wrapped about the circular mean.

    >>> import jax.numpy as jnp
    >>> pool, spread = lambda x: jnp.sum(x, keepdims=True), lambda x: x
    >>> pt, y, phi = jnp.array([3.0, 1.0]), jnp.zeros(2), jnp.array([3.1, -3.1])
    >>> z, y, phi = centre(pt, y, phi, pool, spread)
    >>> z.round(2), phi.round(3)
    (Array([0.75, 0.25], dtype=float32), Array([-0.021,  0.062], dtype=float32))
    """
    total = pool(pt)
    z = pt / spread(jnp.where(total > 0, total, 1.0))
    # The mean direction only chooses the branch of φ, hence no gradient through it.
    branch = jax.lax.stop_gradient(jnp.arctan2(pool(z * jnp.sin(phi)), pool(z * jnp.cos(phi))))
    phi = wrap_phi(phi - spread(branch))
    return z, y - spread(pool(z * y)), phi - spread(pool(z * phi))


def _stack(sizes: Sequence[int], key: PRNGKeyArray) -> tuple[Dense, ...]:
    """Dense layers from each size to the next."""
    keys = jax.random.split(key, len(sizes) - 1)
    return tuple(
        Dense(inputs, outputs, key=k)
        for inputs, outputs, k in zip(sizes[:-1], sizes[1:], keys, strict=True)
    )
