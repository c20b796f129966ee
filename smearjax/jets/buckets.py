"""Jets of similar length side by side, so that little is computed on padding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import jax
import numpy as np
from jaxtyping import Int

from smearjax.jets.container import Jets

BUCKET_SIZES = (8, 16, 24, 32, 48, 64, 96, 128, 192, 256)
"""Widths of the buckets; beyond the last they grow by factors of 3/2 and 4/3 in turn."""


def bucket_by_multiplicity(
    jets: Jets, sizes: Sequence[int] = BUCKET_SIZES
) -> Iterator[tuple[Int[np.ndarray, " K"], Jets]]:
    """Jets grouped by the smallest width that holds them.

    A jet goes into the narrowest bucket with at least as many columns as it has constituents.
    Widths come from a short fixed list, so a compiled function meets few shapes, whatever the data:
    `sizes`, then (with the default) 384, 512, 768, 1024, … for longer jets. Source: smearjax's own
    definition.

    Args:
        jets: N jets. Constituents that are not at the left of their row are moved there, in order.
        sizes: rising widths; longer jets get widths that continue in steps of 3/2 and 4/3.

    Yields:
        Pairs, narrowest first: the indices of the bucket's jets in `jets`, (K,), rising, and those
        jets on the host, padded to exactly the bucket's width.

    Raises:
        ValueError: sizes that are not positive and rising.

    Example:
        >>> from smearjax.jets import bucket_by_multiplicity, load_jets
        >>> for indices, bucket in bucket_by_multiplicity(load_jets("sample")[:1000]):
        ...     print(len(indices), bucket.pt.shape[1])
        27 16
        95 24
        168 32
        ...
        9 128
    """
    if len(sizes) == 0 or min(sizes) < 1 or any(b <= a for a, b in pairwise(sizes)):
        raise ValueError(f"sizes are {sizes!r}; expected rising positive widths such as (32, 64)")
    packed = pack_left(jets)
    counts = np.asarray(packed.multiplicity)
    widths = _widths(sizes, int(counts.max(initial=0)))
    bucket = np.searchsorted(widths, counts)
    for number in np.unique(bucket):
        indices = np.flatnonzero(bucket == number)
        yield indices, _with_width(packed[indices], int(widths[number]))


def pack_left(jets: Jets) -> Jets:
    """The jets on the host with each one's constituents at the left of its row, in their order.

    Args:
        jets: N jets.

    Returns:
        The same (N, n) arrays where nothing has to move, copies otherwise; pt in GeV, phi in
        radians as they were.

    Raises nothing. Source: smearjax's own definition.

    Example:
        >>> from smearjax.jets import Jets, pack_left
        >>> pack_left(Jets(pt=[[0.0, 2.0]], y=[[0.0, 0.5]], phi=[[0.0, 1.0]])).pt
        array([[2., 0.]], dtype=float32)
    """
    host: Jets = jax.tree.map(np.asarray, jets)
    if not (host.mask[:, 1:] & ~host.mask[:, :-1]).any():
        return host
    order = np.argsort(~host.mask, axis=1, kind="stable")
    return _on_particles(host, lambda array: np.take_along_axis(array, order, axis=1))


def _widths(sizes: Sequence[int], longest: int) -> Int[np.ndarray, " B"]:
    """The given sizes, and more of them until the longest jet fits."""
    widths = list(sizes)
    while widths[-1] < longest:
        power = 1 << (widths[-1].bit_length() - 1)
        widths.append(power * 3 // 2 if widths[-1] < power * 3 // 2 else power * 2)
    return np.array(widths)


def _with_width(jets: Jets, width: int) -> Jets:
    """Packed jets with their padding cut or extended to one width."""
    missing = max(width - jets.pt.shape[1], 0)
    return _on_particles(jets, lambda array: np.pad(array[:, :width], ((0, 0), (0, missing))))


def _on_particles(jets: Jets, change) -> Jets:
    """The change made on every (N, n) array."""
    return jax.tree.map(lambda leaf: change(leaf) if leaf.ndim == 2 else leaf, jets)
