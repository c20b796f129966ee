"""Several networks as one."""

from __future__ import annotations

from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from smearjax._expect import expect
from smearjax.networks.jet_network import JetNetwork, Pool


class Ensemble(JetNetwork):
    r"""The mean output of several networks: s = (1/M) Σ_m s_m, dimensionless.

    For outputs that estimate ln p/q it is the logarithm of the geometric mean of the ratios.
    Networks that differ by their seed only scatter about what such networks learn; their mean
    scatters less.

    Args:
        members: networks, of any kinds.

    Raises:
        ValueError: if there are none, a member is no network, or only some are `AboutOrigin`.

    Source: arXiv:1810.05165 for the members; smearjax's own combination.

    >>> import jax
    >>> from smearjax.networks import EFN, PFN
    >>> Ensemble([EFN((8,), (8,), key=jax.random.key(0)), PFN((4,), (8,), key=jax.random.key(1))])
    Ensemble of EFN, PFN
    """

    members: tuple[JetNetwork, ...]

    def __init__(self, members: Sequence[JetNetwork]):
        expect("members", members, (list, tuple), "a list of networks")
        if not members:
            raise ValueError("members are empty; an ensemble needs at least one network")
        for i, member in enumerate(members):
            expect(f"members[{i}]", member, JetNetwork, "a network such as EFN(key=...)")
        if len({member.keeps_origin for member in members}) > 1:
            raise ValueError(
                "members take different coordinates: some keep the origin and some use the "
                "centroid; put all of them into AboutOrigin(...), or none"
            )
        self.members = tuple(members)

    @property
    def keeps_origin(self) -> bool:
        """Whether the members take y and φ (radians) as they are."""
        return self.members[0].keeps_origin

    @property
    def needs_pid(self) -> bool:
        """Whether a member sees the PDG numbers; a choice, no number with a unit."""
        return any(member.needs_pid for member in self.members)

    def _of_particles(
        self, z: Array, angles: Array, pid: Array | None, pool: Pool
    ) -> Float[Array, "N L"]:
        """What the members add, side by side."""
        latent = [one._of_particles(z, angles, pid, pool) for one in self.members]
        return jnp.concatenate(latent, axis=1)

    def _of_latent(self, latent: Array) -> Array:
        """The mean of the members."""
        ends = np.cumsum([member.latent_size for member in self.members])[:-1]
        parts = jnp.split(latent, ends, axis=1)
        outputs = [m._of_latent(part) for m, part in zip(self.members, parts, strict=True)]
        return jnp.mean(jnp.stack(outputs), axis=0)

    def __repr__(self) -> str:
        return f"Ensemble of {', '.join(type(member).__name__ for member in self.members)}"
