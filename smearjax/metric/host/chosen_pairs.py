"""Many pairs of jets of sets of any size, with the spectra of two blocks in memory at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from smearjax.jets.container import Jets
from smearjax.metric.host.merge import Placed, merged, placed
from smearjax.metric.host.steps import entries, step_functions
from smearjax.metric.host.threads import cores

# Spectral entries of one block of jets: 2²² take 64 MB.
_ENTRIES = 1 << 22


class _Side(NamedTuple):
    """The jets named on one side of the pairs, by rising multiplicity, cut into blocks.

    Attributes:
        jets: the set they come from.
        rows: (K,) where each of them stands in it.
        first: (B,) the jet with which each block begins.
        number: (K,) the block of each jet.
    """

    jets: Jets
    rows: Int[np.ndarray, " K"]
    first: Int[np.ndarray, " B"]
    number: Int[np.ndarray, " K"]

    def block(self, number: int) -> Jets:
        """The jets of one block."""
        return self.jets[np.split(self.rows, self.first[1:])[number]]


def squared_distances(
    a: Jets, b: Jets, pairs: Int[np.ndarray, "P 2"], beta: float, omega: str
) -> Float[np.ndarray, " P"]:
    """SEMD_{β,2} of the pairs.

    Args:
        a: jets on the host that pairs[:, 0] counts.
        b: jets on the host that pairs[:, 1] counts; if `a` itself, blocks serve on both sides.
        pairs: whole numbers within range.
        beta: exponent of the angles.
        omega: name of the angle.
    """
    if a is b:
        side, rank = _cut(a, pairs)
        rank.sort(axis=1)
        sides = (side, side)
    else:
        (side_a, rank_a), (side_b, rank_b) = _cut(a, pairs[:, :1]), _cut(b, pairs[:, 1:])
        sides, rank = (side_a, side_b), np.hstack([rank_a, rank_b])
    number = [side.number[rank[:, k]] for k, side in enumerate(sides)]
    order = np.lexsort((rank[:, 0], number[1], number[0]))
    changed = [np.diff(one[order]) != 0 for one in number]
    changes = np.flatnonzero(changed[0] | changed[1]) + 1

    result = np.empty(len(pairs))
    held: dict[tuple[int, int], Placed] = {}
    with ThreadPoolExecutor(cores()) as pool:

        def run(function: Callable[[Any], None], items: Iterable) -> None:
            for _ in pool.map(function, items):
                pass

        for here in np.split(order, changes):
            wanted = [(id(side), int(n[here[0]])) for side, n in zip(sides, number, strict=True)]
            held = {key: steps for key, steps in held.items() if key in wanted}
            for side, key in zip(sides, wanted, strict=True):
                if key not in held:
                    held[key] = placed(step_functions(side.block(key[1]), beta, omega, run))
            first = [side.first[k] for side, (_, k) in zip(sides, wanted, strict=True)]
            local = rank[here] - first
            # No names for the spectra: they would outlive their place in `held`.
            result[here] = merged(held[wanted[0]], held[wanted[1]], local, run)
    return result


def _cut(jets: Jets, named: Int[np.ndarray, "P c"]) -> tuple[_Side, Int[np.ndarray, "P c"]]:
    """The named jets in blocks of about `_ENTRIES` entries, and the place of each naming there."""
    there = np.zeros(len(jets), bool)
    there[named] = True
    rows = np.flatnonzero(there)
    multiplicity = np.asarray(jets.mask[rows]).sum(axis=1)
    rows = rows[np.argsort(multiplicity, kind="stable")]
    length = entries(np.sort(multiplicity))
    _, first, number = np.unique(
        (np.cumsum(length) - length) // _ENTRIES, return_index=True, return_inverse=True
    )
    place = np.empty(len(jets), np.int32)
    place[rows] = np.arange(len(rows), dtype=np.int32)
    return _Side(jets, rows, first, number.astype(np.int32)), place[named]
