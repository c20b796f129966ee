"""What all networks on sets of particles share: a latent vector that is a sum over particles."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from smearjax._numerics import wrap_phi
from smearjax.jets.arrays import HostOrDevice

Pool = Callable[[Array], Array]


class JetNetwork(eqx.Module):
    r"""A network whose latent vector is a sum over particles: s = F(Σ_i φ(z_i, p̂_i, id_i)).

    z_i = pT_i / Σ pT, and p̂_i = (y_i − ȳ, φ_i − φ̄) with (ȳ, φ̄) the jet's pT centroid and Δφ
    wrapped; in an `AboutOrigin` p̂_i = (y_i, φ_i). Being a sum, the latent vector is blind to order
    and padding. Subclasses say what the particles add up to (``_of_particles``) and what the output
    is (``_of_latent``).

    Calling it takes one jet's arrays (n,) (``jax.vmap`` for a batch):
    ``network(pt, y, phi, mask=None, pid=None) -> ()``. ``pt`` in GeV (only fractions matter), ``y``
    and ``phi`` in radians, ``pid`` PDG numbers if ``needs_pid``; without ``mask``, particles are
    where pt is not 0. It computes in the dtype of its weights. For many jets use
    `smearjax.networks.network_scores`.

    Raises:
        ValueError: ``pid`` is missing and the network needs it.

    Source: arXiv:1810.05165.

    >>> from smearjax.networks import EFN, PFN
    >>> issubclass(EFN, JetNetwork), issubclass(PFN, JetNetwork)
    (True, True)
    """

    @property
    def needs_pid(self) -> bool:
        """Whether it sees which particle is what; a choice, no number with a unit."""
        return False

    @property
    def keeps_origin(self) -> bool:
        """Whether it takes y and φ (radians) as they are, not about the jet's pT centroid."""
        return False

    @property
    def dtype(self) -> jnp.dtype:
        """The type of its weights, which are dimensionless."""
        return jax.tree.leaves(eqx.filter(self, eqx.is_inexact_array))[0].dtype

    @property
    def latent_size(self) -> int:
        """L, the length of the latent vector (N, L)."""
        z = jax.ShapeDtypeStruct((1,), self.dtype)
        angles = jax.ShapeDtypeStruct((1, 2), self.dtype)
        pid = jax.ShapeDtypeStruct((1,), jnp.int32)
        shape = jax.eval_shape(lambda *one: self._of_particles(*one, pool=_alone), z, angles, pid)
        return shape.shape[1]

    @abstractmethod
    def _of_particles(
        self,
        z: Float[Array, " P"],
        angles: Float[Array, "P 2"],
        pid: Int[Array, " P"] | None,
        pool: Pool,
    ) -> Float[Array, "N L"]:
        """The latent vectors of N jets.

        ``z`` are momentum fractions, ``angles`` (y, φ) about the jet's centroid in radians;
        ``pool`` sums (P, …) over the particles of each jet.
        """

    @abstractmethod
    def _of_latent(self, latent: Float[Array, "N L"]) -> Float[Array, " N"]:
        """The outputs of N latent vectors."""

    @eqx.filter_jit
    def __call__(
        self,
        pt: Float[HostOrDevice, " n"],
        y: Float[HostOrDevice, " n"],
        phi: Float[HostOrDevice, " n"],
        mask: Bool[HostOrDevice, " n"] | None = None,
        pid: Int[HostOrDevice, " n"] | None = None,
    ) -> Float[Array, ""]:
        """The output for one jet."""
        pt, y, phi = (jnp.asarray(column) for column in (pt, y, phi))
        there = pt != 0 if mask is None else jnp.asarray(mask)

        def pool(values: Array) -> Array:
            kept = jnp.where(jnp.expand_dims(there, range(1, values.ndim)), values, 0)
            return jnp.sum(kept, axis=0, keepdims=True)

        pid = None if pid is None else jnp.asarray(pid)
        pt, y, phi = (jnp.where(there, column, 0) for column in (pt, y, phi))
        latent = self._latent(pt, y, phi, pid, pool, lambda per_jet: per_jet)
        return self._of_latent(latent)[0]

    def packed(
        self,
        pt: Float[Array, " P"],
        y: Float[Array, " P"],
        phi: Float[Array, " P"],
        pid: Int[Array, " P"] | None,
        jet_of: Int[Array, " P"],
        n_jets: int,
    ) -> Float[Array, " N"]:
        """Outputs (n_jets,) for jets whose particles lie one after another in flat arrays.

        No particle is padding but the tail, so nothing is computed in vain.

        Args:
            pt: (P,) in GeV.
            y: (P,) rapidities.
            phi: (P,) in radians.
            pid: (P,) PDG numbers, or None.
            jet_of: (P,) rising jet number of every particle; n_jets marks a slot to be left out.
            n_jets: number of outputs.

        Raises:
            ValueError: ``pid`` is None and the network needs it.

        Source: the class (arXiv:1810.05165).

        >>> import jax, jax.numpy as jnp
        >>> from smearjax.networks import EFN
        >>> network = EFN((8,), (8,), key=jax.random.key(0))
        >>> pt, y, phi = jnp.array([3.0, 1.0, 2.0]), jnp.zeros(3), jnp.array([0.1, 0.2, 0.3])
        >>> network.packed(pt, y, phi, None, jnp.array([0, 0, 1]), 2).shape
        (2,)
        """
        return self._of_latent(self.packed_latent(pt, y, phi, pid, jet_of, n_jets))

    def packed_latent(
        self,
        pt: Float[Array, " P"],
        y: Float[Array, " P"],
        phi: Float[Array, " P"],
        pid: Int[Array, " P"] | None,
        jet_of: Int[Array, " P"],
        n_jets: int,
    ) -> Float[Array, "N L"]:
        """Latent vectors (n_jets, L), dimensionless; arguments as in `packed`.

        Errors as for `packed`. Source: the class (arXiv:1810.05165).

        >>> import jax, jax.numpy as jnp
        >>> from smearjax.networks import EFN
        >>> network = EFN((8,), (8,), key=jax.random.key(0))
        >>> pt, y, phi = jnp.array([3.0, 1.0, 2.0]), jnp.zeros(3), jnp.array([0.1, 0.2, 0.3])
        >>> network.packed_latent(pt, y, phi, None, jnp.array([0, 0, 1]), 2).shape
        (2, 8)
        """

        def pool(values: Array) -> Array:
            return jax.ops.segment_sum(values, jet_of, n_jets + 1, indices_are_sorted=True)

        return self._latent(pt, y, phi, pid, pool, lambda per_jet: per_jet[jet_of])[:n_jets]

    def _latent(
        self, pt: Array, y: Array, phi: Array, pid: Array | None, pool: Pool, spread: Pool
    ) -> Array:
        """``pool`` sums over each jet, ``spread`` hands a jet's value to its particles."""
        if self.needs_pid and pid is None:
            raise ValueError(
                f"{type(self).__name__} was made with particle_id=True and got no pid; give jets "
                "with pid, or make a network without particle_id"
            )
        if self.keeps_origin:
            z, phi = fractions(pt, pool, spread), wrap_phi(phi)
        else:
            z, y, phi = centre(pt, y, phi, pool, spread)
        angles = jnp.stack([y, phi], axis=-1)
        return self._of_particles(z.astype(self.dtype), angles.astype(self.dtype), pid, pool)


def _alone(values: Array) -> Array:
    """The pool of one jet that holds all particles."""
    return jnp.sum(values, axis=0, keepdims=True)


def centre(pt: Array, y: Array, phi: Array, pool: Pool, spread: Pool) -> tuple[Array, Array, Array]:
    """Fractions z and angles about the pT centroid, Δφ wrapped about the circular mean.

    >>> import jax.numpy as jnp
    >>> pool, spread = lambda x: jnp.sum(x, keepdims=True), lambda x: x
    >>> pt, y, phi = jnp.array([3.0, 1.0]), jnp.zeros(2), jnp.array([3.1, -3.1])
    >>> z, y, phi = centre(pt, y, phi, pool, spread)
    >>> z.round(2), phi.round(3)
    (Array([0.75, 0.25], dtype=float32), Array([-0.021,  0.062], dtype=float32))
    """
    z = fractions(pt, pool, spread)
    # The mean direction only chooses the branch of φ, hence no gradient through it.
    branch = jax.lax.stop_gradient(jnp.arctan2(pool(z * jnp.sin(phi)), pool(z * jnp.cos(phi))))
    phi = wrap_phi(phi - spread(branch))
    return z, y - spread(pool(z * y)), phi - spread(pool(z * phi))


def fractions(pt: Array, pool: Pool, spread: Pool) -> Array:
    """Momentum fractions z; 0 where a jet has no pT."""
    total = pool(pt)
    return pt / spread(jnp.where(total > 0, total, 1.0))
