"""Quantile functions of many jets on the host, as step functions with exact edges."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from smearjax.jets.container import Jets
from smearjax.metric.angles import angle_convention

# Calls a function on every item, on as many threads as it likes.
Run = Callable[[Callable[[Any], None], Iterable[Any]], None]
# U in units of 2⁻⁶². Whole numbers add without rounding: where two jets have the same entries up to
# here, in whatever order, they have the same edge.
WHOLE = 1 << 62
# Entries handled at once: a few MB of temporaries for each core.
_PIECE = 1 << 17


class Steps(NamedTuple):
    """Quantile functions of K jets one after the other: q on (U_{n−1}, U_n), falling.

    Attributes:
        quantile: (M,) ω_n^β, 0 in the last entry of each jet.
        upper: (M,) U_n in units of 2⁻⁶², 2⁶² in the last entry of each jet.
        start: (K + 1,): the entries of jet k are start[k]:start[k + 1].
    """

    quantile: Float[np.ndarray, " M"]
    upper: Int[np.ndarray, " M"]
    start: Int[np.ndarray, " K"]


def entries(multiplicity: Int[np.ndarray, " K"] | int) -> Int[np.ndarray, " K"] | int:
    """Spectral entries m = n(n − 1)/2 + 1 of jets of n particles."""
    return multiplicity * (multiplicity - 1) // 2 + 1


def step_functions(jets: Jets, beta: float, omega: str, run: Run) -> Steps:
    """Quantile functions of the normalised jets, in float64.

    Args:
        jets: K jets on the host, by rising multiplicity.
        beta: exponent of the angles.
        omega: name of the angle.
        run: calls a function on every item; `map` on several threads.
    """
    multiplicity = np.asarray(jets.multiplicity)
    start = np.concatenate([[0], np.cumsum(entries(multiplicity))])
    steps = Steps(np.zeros(start[-1]), np.full(start[-1], WHOLE), start)
    run(partial(_fill, jets, steps, beta, omega), _alike(multiplicity))
    return steps


def _alike(multiplicity: Int[np.ndarray, " K"]) -> Iterator[tuple[int, int]]:
    """Ranges of jets of one multiplicity, short enough to be handled at once."""
    changes = np.flatnonzero(np.diff(multiplicity)) + 1
    for first, beyond in pairwise([0, *changes.tolist(), len(multiplicity)]):
        length = max(1, _PIECE // int(entries(int(multiplicity[first]))))
        for begin in range(first, beyond, length):
            yield begin, min(begin + length, beyond)


def _fill(jets: Jets, steps: Steps, beta: float, omega: str, piece: tuple[int, int]) -> None:
    """The step functions of one range of jets of n particles each, written in place."""
    begin, end = piece
    angle = angle_convention(omega)
    mask = np.asarray(jets.mask[begin:end])
    pt, y, phi = (
        np.asarray(column[begin:end], np.float64)[mask].reshape(end - begin, -1)
        for column in (jets.pt, jets.y, jets.phi)
    )
    energy = angle.weight(pt, y)
    # Summed by size: the order of the particles then changes no bit of the result.
    energy = energy / np.sort(energy, axis=1).sum(axis=1, keepdims=True)
    i, j = np.triu_indices(pt.shape[1], k=1)
    separation = angle.omega(*(np.take(x, k, axis=1) for x in (y, phi) for k in (i, j)))
    # Places in the flat arrays, from which numpy takes four times faster than along an axis.
    falling = np.argsort(-separation, axis=1) + len(i) * np.arange(end - begin)[:, None]
    product = np.take(energy, i, axis=1) * np.take(energy, j, axis=1)
    weight = np.rint(2.0 * WHOLE * product).astype(np.int64)

    rows = slice(steps.start[begin], steps.start[end])
    quantile, upper = (flat[rows].reshape(end - begin, -1) for flat in steps[:2])
    quantile[:, :-1] = np.take(separation, falling) ** beta
    np.cumsum(np.take(weight, falling), axis=1, out=upper[:, :-1])
