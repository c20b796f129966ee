"""Jets laid one after another in flat arrays, so that no work is spent on padding."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from smearjax.jets.checks import JetsError
from smearjax.jets.container import Jets
from smearjax.networks.jet_network import fractions


class FlatJets(eqx.Module):
    """Particles of all jets in flat arrays, with where each jet starts and how long it is.

    ``pid`` is there if the network needs it. One empty jet stands at the end: index N fills the
    unused slots of a batch.
    """

    pt: Float[np.ndarray | Array, " M"]
    y: Float[np.ndarray | Array, " M"]
    phi: Float[np.ndarray | Array, " M"]
    pid: Int[np.ndarray | Array, " M"] | None
    start: Int[np.ndarray | Array, " J"]
    count: Int[np.ndarray | Array, " J"]


class Particles(NamedTuple):
    """Particles of the jets of one batch, one after another, as `JetNetwork.packed` takes them.

    Attributes:
        pt: (P,) in GeV, 0 in the slots that are left out.
        y: (P,) centred rapidities.
        phi: (P,) centred azimuths in radians.
        pid: (P,) PDG numbers, or None.
        jet_of: (P,) rising number of each particle's jet; the number of jets where left out.
    """

    pt: Float[Array, " P"]
    y: Float[Array, " P"]
    phi: Float[Array, " P"]
    pid: Int[Array, " P"] | None
    jet_of: Int[Array, " P"]

    def total(self, values: Float[Array, " P"], n_jets: int) -> Float[Array, " J"]:
        """Sums over each jet, and last over what is left out."""
        return jax.ops.segment_sum(values, self.jet_of, n_jets + 1, indices_are_sorted=True)

    def fraction(self, n_jets: int) -> Float[Array, " P"]:
        """Momentum fractions, 0 where left out."""
        return fractions(
            self.pt, lambda values: self.total(values, n_jets), lambda per_jet: per_jet[self.jet_of]
        )

    def moved(self, move: Float[Array, "2 P"]) -> Particles:
        """The particles displaced in y and φ."""
        return self._replace(y=self.y + move[0], phi=self.phi + move[1])


def flatten(jets: Jets, with_pid: bool = False) -> FlatJets:
    """The jets' unpadded particles, float32, as numpy arrays."""
    mask = np.asarray(jets.mask)
    count = np.append(mask.sum(axis=1), 0).astype(np.int32)
    start = np.concatenate([[0], np.cumsum(count[:-1])]).astype(np.int32)
    flat = (np.asarray(part)[mask].astype(np.float32) for part in (jets.pt, jets.y, jets.phi))
    pid = pid_of(jets)[mask] if with_pid else None
    return FlatJets(*flat, pid=pid, start=start, count=count)


def pid_of(jets: Jets) -> Int[np.ndarray, "N n"]:
    """PDG numbers, int32.

    Raises:
        JetsError: the jets have none.
    """
    if jets.pid is None:
        raise JetsError(
            "the network needs pid, which particle is what, and the jets have none; give "
            "Jets(..., pid=...) or take a network without particle_id"
        )
    return np.asarray(jets.pid).astype(np.int32)


def gather_batch(flat: FlatJets, index: Int[Array, " B"], width: int) -> Particles:
    """The chosen jets in ``width`` slots; what jet_of = B marks is left out."""
    count = flat.count[index]
    end = jnp.cumsum(count)
    slot = jnp.arange(width, dtype=end.dtype)
    jet_of = jnp.searchsorted(end, slot, side="right").astype(jnp.int32)
    used = jet_of < index.shape[0]
    owner = jnp.where(used, jet_of, 0)
    source = jnp.where(used, flat.start[index][owner] + slot - (end - count)[owner], 0)
    pt = jnp.where(used, flat.pt[source], 0.0)
    pid = None if flat.pid is None else flat.pid[source]
    return Particles(pt, flat.y[source], flat.phi[source], pid, jet_of)


def epoch_order(
    count: Int[np.ndarray, " N"], batch_size: int, seed: tuple[int, ...]
) -> Int[np.ndarray, "b B"]:
    """A shuffle of all N jets in b equal batches of at most ``batch_size``; index N fills the gaps.

    The jets, sorted by their number of particles, are cut into runs of b, and each batch takes one
    of every run: all batches hold nearly as many particles, so hardly a slot stays empty.
    """
    n_batches = -(-len(count) // batch_size)
    size = -(-len(count) // n_batches)
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(count))
    order = order[np.argsort(-count[order], kind="stable")]
    runs = np.append(order, np.full(n_batches * size - len(count), len(count)))
    dealt = rng.permuted(runs.reshape(size, n_batches), axis=1)
    return np.ascontiguousarray(dealt.T).astype(np.int32)


def chunks(count: Int[np.ndarray, " N"], width: int, n_slots: int) -> Iterator[tuple[int, int]]:
    """Ranges of following jets, each with at most ``width`` particles and ``n_slots`` jets."""
    end = np.cumsum(count)
    first = 0
    while first < len(count):
        used = end[first - 1] if first else 0
        last = min(int(np.searchsorted(end, used + width, side="right")), first + n_slots)
        yield first, last
        first = last


def batch_width(count: Int[np.ndarray, " J"], orders: list[Int[np.ndarray, "b B"]]) -> int:
    """Slots that hold every batch; those of another shuffle of the same jets differ little."""
    return ladder(max(int(count[order].sum(axis=1).max()) for order in orders))


def ladder(size: int) -> int:
    """The next of 32 widths an octave at or above ``size``: few shapes, so few compilations."""
    step = max(1, 2 ** (max(size - 1, 1).bit_length() - 1) // 32)
    return -(-size // step) * step
