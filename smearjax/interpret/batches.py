"""Any classifier as a function of jets, and jets in batches of few shapes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from smearjax.jets.buckets import bucket_by_multiplicity
from smearjax.jets.checks import JetsError
from smearjax.jets.container import Jets
from smearjax.networks import JetNetwork, network_scores

Score = Callable[[Jets], Array]

_WIDTHS = (32, 64, 128)
# Jets of one compiled call, a power of two.
_JETS = 256


class NetworkScore(eqx.Module):
    """A network as a function of jets, whose weights are no constants of what is compiled."""

    network: JetNetwork

    def __call__(self, jets: Jets) -> Float[Array, " N"]:
        """Scores of all jets."""
        columns = (jets.pt, jets.y, jets.phi, jets.mask)
        if self.network.needs_pid:
            return jax.vmap(self.network)(*columns, jets.pid)
        return jax.vmap(self.network)(*columns)


def of_jets(score: JetNetwork | Score, jets: Jets) -> Score:
    """The classifier as a function of jets that can be transformed by JAX."""
    if isinstance(score, JetNetwork):
        if score.needs_pid and jets.pid is None:
            raise JetsError("the network needs pid and the jets have none; give jets with pid")
        return NetworkScore(score)
    if not callable(score):
        raise ValueError(f"score is a {type(score).__name__}; expected a network or a function")
    return score


def scores_of(score: JetNetwork | Score, jets: Jets) -> Float[np.ndarray, " N"]:
    """Scores of many jets, on the host in double precision."""
    function = of_jets(score, jets)
    if isinstance(score, JetNetwork):
        return np.asarray(network_scores(score, jets), np.float64)
    compiled, found = eqx.filter_jit(function), np.empty(len(jets))
    for rows, some in in_batches(jets):
        found[rows] = np.asarray(compiled(some))[: len(rows)]
    return found


def in_batches(jets: Jets) -> Iterator[tuple[Int[np.ndarray, " K"], Jets]]:
    """Row numbers, and jets of alike multiplicity on the device, the last ones repeated.

    Labels and weights are left out.
    """
    bare = Jets(jets.pt, jets.y, jets.phi, jets.mask, jets.pid)
    for indices, bucket in bucket_by_multiplicity(bare, _WIDTHS):
        size = min(_JETS, 1 << (len(indices) - 1).bit_length())
        for first in range(0, len(indices), size):
            rows = np.arange(first, min(first + size, len(indices)))
            yield indices[rows], jax.tree.map(jnp.asarray, bucket[np.resize(rows, size)])


def split(jets: Jets, copies: int) -> Jets:
    """Every particle as so many collinear ones of equal momentum."""
    if copies == 1:
        return jets

    def tiled(column):
        return None if column is None else jnp.tile(column, (1, copies))

    return Jets(
        tiled(jets.pt / copies), *(tiled(x) for x in (jets.y, jets.phi, jets.mask, jets.pid))
    )
