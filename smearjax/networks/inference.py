"""Scores of many jets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from smearjax._expect import expect
from smearjax.jets.arrays import HostOrDevice
from smearjax.jets.container import Jets
from smearjax.networks.efn import EFN
from smearjax.networks.packing import chunks

_MAX_WIDTH = 16_384
_SLOTS = 512


class PackedJets(NamedTuple):
    """Some following jets in flat arrays of one of a few lengths P."""

    n_jets: int
    pt: Float[np.ndarray, " P"]
    y: Float[np.ndarray, " P"]
    phi: Float[np.ndarray, " P"]
    jet_of: Int[np.ndarray, " P"]


def network_scores(network: EFN, jets: Jets) -> Float[np.ndarray, " N"]:
    """The network's logit of every jet, (N,) float32 numpy: larger for quark jets.

    Trained on balanced classes it estimates ln p(jet|quark) − ln p(jet|gluon). Jets are packed one
    after another into blocks of a few fixed lengths, so nothing is computed on padding, memory
    does not grow with N, and a second call compiles nothing. What else is in the block changes a
    score by rounding only. Source: the network of arXiv:1810.05165.

    Args:
        network: an `EFN`.
        jets: N jets, in GeV and radians (labels and weights are not looked at).

    Raises:
        ValueError: if `network` is no EFN or `jets` are no Jets.

    >>> import jax
    >>> from smearjax.jets import load_jets
    >>> from smearjax.networks import EFN
    >>> network = EFN((8, 8), (8,), key=jax.random.key(0))
    >>> network_scores(network, load_jets("sample")[:100]).shape
    (100,)
    """
    expect("network", network, EFN, "an EFN, such as train_efn(...).network")
    expect("jets", jets, Jets, "Jets, from load_jets(...) or Jets(pt, y, phi)")
    return packed_scores(network, pack(jets))


def pack(jets: Jets) -> Iterator[PackedJets]:
    """Blocks of following jets for `packed_scores`, made when asked for.

    >>> from smearjax.jets import load_jets
    >>> [(block.n_jets, block.pt.shape) for block in pack(load_jets("sample")[:500])]
    [(362, (16384,)), (138, (16384,))]
    """
    count = np.asarray(jets.mask).sum(axis=1)
    width = _power_of_two(max(min(int(count.sum()), _MAX_WIDTH), int(count.max(initial=1))))
    for first, last in chunks(count, width, _SLOTS):
        rows = slice(first, last)
        mask = np.asarray(jets.mask[rows])
        jet_of = np.full(width, _SLOTS, np.int32)
        jet_of[: mask.sum()] = np.repeat(np.arange(last - first), count[rows])
        columns = []
        for part in (jets.pt, jets.y, jets.phi):
            column = np.zeros(width, np.float32)
            column[: mask.sum()] = np.asarray(part[rows])[mask]
            columns.append(column)
        yield PackedJets(last - first, *columns, jet_of=jet_of)


def packed_scores(network: EFN, blocks: Iterator[PackedJets] | list[PackedJets]) -> np.ndarray:
    """`network_scores` of jets packed before, (N,)."""
    parts = [
        np.asarray(_block_logits(network, b.pt, b.y, b.phi, b.jet_of))[: b.n_jets] for b in blocks
    ]
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)


@eqx.filter_jit
def _block_logits(
    network: EFN, pt: HostOrDevice, y: HostOrDevice, phi: HostOrDevice, jet_of: HostOrDevice
) -> Array:
    """Logits of one block, (_SLOTS,)."""
    pt, y, phi, jet_of = (jnp.asarray(column) for column in (pt, y, phi, jet_of))
    return network.packed(pt, y, phi, jet_of, _SLOTS)


def _power_of_two(size: int) -> int:
    """The next power of two at or above ``size``, at least 256."""
    return max(256, 1 << (size - 1).bit_length())
