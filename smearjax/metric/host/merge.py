"""Merging the quantile functions of many pairs of jets, compiled."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import no_type_check

import numpy as np
from jaxtyping import Float, Int

from smearjax.metric.host.steps import WHOLE, Run, Steps

# Pairs that a thread takes at a time, a few hundredths of a second: so long can Ctrl-C take.
PAIRS = 1 << 12
# Writes what it finds for up to so many pairs into an array of their length.
Merge = Callable[[Int[np.ndarray, "P 2"], Float[np.ndarray, " P"]], None]
Kernel = Callable[[Steps, Steps], Merge]


def merged(
    kernel: Kernel, a: Steps, b: Steps, pairs: Int[np.ndarray, "P 2"], run: Run
) -> Float[np.ndarray, " P"]:
    """∫ dU (q_a − q_b)² of each pair of jets.

    Args:
        kernel: what `merge_kernel` returned, or `walk_kernel`.
        a: quantile functions that pairs[:, 0] counts.
        b: quantile functions that pairs[:, 1] counts.
        pairs: whole numbers within range.
        run: calls a function on every item; `map` on several threads.
    """
    pairs = np.ascontiguousarray(pairs, np.int64)
    result = np.empty(len(pairs))
    parts = (slice(begin, begin + PAIRS) for begin in range(0, len(pairs), PAIRS))
    merge = kernel(a, b)
    run(lambda part: merge(pairs[part], result[part]), parts)
    return result


@cache
def merge_kernel() -> Kernel | None:
    """`_merge` compiled by numba, or None where numba is missing or does not fit this numpy.

    Compiled once a process, in under a second; a cache on disk would leave files in the installed
    package that no uninstaller knows of. It holds no GIL, so plain threads run it in parallel:
    they start at once, where numba's parallel loops take seconds to compile.
    """
    try:
        import numba
    except ImportError:
        return None
    steps = "f8[::1], i8[::1], i8[::1]"
    merge = numba.njit(f"void({steps}, {steps}, i8[:, ::1], f8[::1])", nogil=True)(_merge)
    return lambda a, b: partial(merge, *a, *b)


@no_type_check  # numba compiles the function itself, not one that checks shapes around it
def _merge(
    quantile_a: Float[np.ndarray, " M"],
    upper_a: Int[np.ndarray, " M"],
    start_a: Int[np.ndarray, " K"],
    quantile_b: Float[np.ndarray, " L"],
    upper_b: Int[np.ndarray, " L"],
    start_b: Int[np.ndarray, " J"],
    pairs: Int[np.ndarray, "P 2"],
    result: Float[np.ndarray, " P"],
) -> None:
    """Walk the edges of both jets of each pair together, from the largest angle down."""
    for pair in range(len(pairs)):
        i, end_i = start_a[pairs[pair, 0]], start_a[pairs[pair, 0] + 1]
        j, end_j = start_b[pairs[pair, 1]], start_b[pairs[pair, 1] + 1]
        passed = np.int64(0)
        total = 0.0
        while i < end_i and j < end_j:
            edge_i, edge_j = upper_a[i], upper_b[j]
            edge = min(edge_i, edge_j)
            difference = quantile_a[i] - quantile_b[j]
            total += np.float64(edge - passed) * (difference * difference)
            passed = edge
            # Sums, not branches, which a processor would guess wrong every other time.
            i += edge_i <= edge_j
            j += edge_j <= edge_i
        result[pair] = total / WHOLE
