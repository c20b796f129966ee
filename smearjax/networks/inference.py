"""Scores and latent vectors of many jets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from smearjax._expect import expect
from smearjax.jets.arrays import HostOrDevice
from smearjax.jets.container import Jets
from smearjax.networks.jet_network import JetNetwork
from smearjax.networks.packing import chunks, pid_of

_MAX_WIDTH = 16_384
_SLOTS = 512


class PackedJets(NamedTuple):
    """Some following jets in flat arrays of one of a few lengths P."""

    n_jets: int
    pt: Float[np.ndarray, " P"]
    y: Float[np.ndarray, " P"]
    phi: Float[np.ndarray, " P"]
    pid: Int[np.ndarray, " P"] | None
    jet_of: Int[np.ndarray, " P"]


def network_scores(network: JetNetwork, jets: Jets) -> Float[np.ndarray, " N"]:
    """The network's output for every jet, (N,) float32 numpy: larger for quark jets.

    Trained with cross-entropy it estimates ln p(jet|quark) − ln p(jet|gluon). Jets are packed one
    after another into blocks of a few fixed lengths, so nothing is computed on padding, memory
    does not grow with N, and a second call compiles nothing. What else is in the block changes a
    score by rounding only. Source: the network of arXiv:1810.05165.

    Args:
        network: an `EFN` or another `JetNetwork`.
        jets: N jets, in GeV and radians (labels and weights are not looked at), with pid if the
            network needs them.

    Raises:
        ValueError: if `network` is no network or `jets` are no Jets.
        JetsError: if the network needs pid and the jets have none.

    >>> import jax
    >>> from smearjax.jets import load_jets
    >>> from smearjax.networks import EFN
    >>> network = EFN((8, 8), (8,), key=jax.random.key(0))
    >>> network_scores(network, load_jets("sample")[:100]).shape
    (100,)
    """
    _expect_both(network, jets)
    return packed_scores(network, pack(jets, network.needs_pid))


def latent_vectors(network: JetNetwork, jets: Jets) -> Float[np.ndarray, "N L"]:
    """What the network keeps of every jet, (N, L) float32 numpy: the sums over its particles.

    O_a = Σ_i z_i Φ_a(p̂_i) for an `EFN`; a `MomentEFN` has every moment of Φ here, a `PFN` sums
    Φ(z_i, p̂_i), an `Ensemble` sets its members' side by side. F sees nothing else of the jet.
    Blocks, memory and compilation as for `network_scores`, plus the result. Dimensionless.

    Args:
        network: an `EFN` or another `JetNetwork`.
        jets: N jets, in GeV and radians (labels and weights are not looked at), with pid if the
            network needs them.

    Raises:
        ValueError: if `network` is no network or `jets` are no Jets.
        JetsError: if the network needs pid and the jets have none.

    Source: the latent space of arXiv:1810.05165.

    >>> import jax
    >>> from smearjax.jets import load_jets
    >>> from smearjax.networks import EFN
    >>> network = EFN((8, 5), (8,), key=jax.random.key(0))
    >>> latent_vectors(network, load_jets("sample")[:100]).shape
    (100, 5)
    """
    _expect_both(network, jets)
    blocks = pack(jets, network.needs_pid)
    return _one_after_another(_block_latent, network, blocks, (network.latent_size,))


def pack(jets: Jets, with_pid: bool = False) -> Iterator[PackedJets]:
    """Blocks of following jets for `packed_scores`, made when asked for.

    >>> from smearjax.jets import load_jets
    >>> [(block.n_jets, block.pt.shape) for block in pack(load_jets("sample")[:500])]
    [(362, (16384,)), (138, (16384,))]
    """
    pid = pid_of(jets) if with_pid else None
    count = np.asarray(jets.mask).sum(axis=1)
    width = _power_of_two(max(min(int(count.sum()), _MAX_WIDTH), int(count.max(initial=1))))
    for first, last in chunks(count, width, _SLOTS):
        rows = slice(first, last)
        mask = np.asarray(jets.mask[rows])
        jet_of = np.full(width, _SLOTS, np.int32)
        jet_of[: mask.sum()] = np.repeat(np.arange(last - first), count[rows])

        def column(part: HostOrDevice, dtype: type, rows=rows, mask=mask) -> np.ndarray:
            flat = np.zeros(width, dtype)
            flat[: mask.sum()] = np.asarray(part[rows])[mask]
            return flat

        pt, y, phi = (column(part, np.float32) for part in (jets.pt, jets.y, jets.phi))
        ids = None if pid is None else column(pid, np.int32)
        yield PackedJets(last - first, pt, y, phi, ids, jet_of)


def packed_scores(network: JetNetwork, blocks: Iterable[PackedJets]) -> Float[np.ndarray, " N"]:
    """`network_scores` of jets packed before, (N,)."""
    return _one_after_another(_block_outputs, network, blocks, ())


def _one_after_another(
    compute: Callable[[JetNetwork, tuple[Any, ...]], Array],
    network: JetNetwork,
    blocks: Iterable[PackedJets],
    shape: tuple[int, ...],
) -> np.ndarray:
    """What ``compute`` gives for each jet, of that shape, block after block."""
    parts = [np.asarray(compute(network, b[1:]))[: b.n_jets] for b in blocks]
    return np.concatenate(parts) if parts else np.zeros((0, *shape), np.float32)


@eqx.filter_jit
def _block_outputs(network: JetNetwork, columns: tuple[Any, ...]) -> Array:
    """Outputs for one block, (_SLOTS,)."""
    pt, y, phi, pid, jet_of = jax.tree.map(jnp.asarray, columns)
    return network.packed(pt, y, phi, pid, jet_of, _SLOTS)


@eqx.filter_jit
def _block_latent(network: JetNetwork, columns: tuple[Any, ...]) -> Array:
    """Latent vectors for one block, (_SLOTS, L)."""
    pt, y, phi, pid, jet_of = jax.tree.map(jnp.asarray, columns)
    return network.packed_latent(pt, y, phi, pid, jet_of, _SLOTS)


def _expect_both(network: JetNetwork, jets: Jets) -> None:
    """Raise ValueError unless they are what their names say."""
    expect("network", network, JetNetwork, "a network, such as train_network(...).network")
    expect("jets", jets, Jets, "Jets, from load_jets(...) or Jets(pt, y, phi)")


def _power_of_two(size: int) -> int:
    """The next power of two at or above ``size``, at least 256."""
    return max(256, 1 << (size - 1).bit_length())
