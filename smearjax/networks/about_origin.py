"""A network for particles in coordinates about something given, such as a lepton."""

from __future__ import annotations

from jaxtyping import Array, Float

from smearjax._expect import expect
from smearjax.networks.jet_network import JetNetwork, Pool


class AboutOrigin(JetNetwork):
    r"""The same network with p̂_i = (y_i, φ_i) as they are, not about the jet's pT centroid.

    For particles in coordinates about a direction that matters, such as a lepton's; a network that
    moves them to their centroid does not know where it is. z_i = pT_i / Σ pT as ever. Random turns
    in training are then about that direction.

    Args:
        network: a network of any kind, trained or not.

    Raises:
        ValueError: it is no network.

    Source: smearjax's own definition; arXiv:1810.05165 for the networks.

    >>> import jax, jax.numpy as jnp
    >>> from smearjax.networks import EFN
    >>> network = EFN((8,), (8,), key=jax.random.key(0))
    >>> pt, y, phi = jnp.array([3.0, 1.0]), jnp.array([0.0, 0.1]), jnp.array([0.1, 0.2])
    >>> moved, kept = (one(pt, y + 0.3, phi) - one(pt, y, phi)
    ...                for one in (network, AboutOrigin(network)))    # Δy = .3 radians
    >>> bool(abs(moved) < 1e-6), bool(abs(kept) < 1e-6)
    (True, False)
    """

    network: JetNetwork

    def __init__(self, network: JetNetwork):
        expect("network", network, JetNetwork, "a network such as EFN(key=...)")
        self.network = network

    @property
    def needs_pid(self) -> bool:
        """Whether it sees the PDG numbers; a choice, no number with a unit."""
        return self.network.needs_pid

    @property
    def keeps_origin(self) -> bool:
        """True: y and φ (radians) are taken as they are."""
        return True

    def _of_particles(
        self, z: Array, angles: Array, pid: Array | None, pool: Pool
    ) -> Float[Array, "N L"]:
        """As the network's."""
        return self.network._of_particles(z, angles, pid, pool)

    def _of_latent(self, latent: Array) -> Array:
        """As the network's."""
        return self.network._of_latent(latent)

    def __repr__(self) -> str:
        return f"AboutOrigin({type(self.network).__name__})"
