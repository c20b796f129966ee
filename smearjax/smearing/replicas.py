"""Bootstrap replicas of the jets, and a compiled pass over one ε after another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int
from tqdm import tqdm

from smearjax._memory import expect_room
from smearjax.evaluate import bootstrap_weights
from smearjax.smearing.likelihood import SmearedLikelihood
from smearjax.smearing.sums import GLUON, QUARK, Queries

# Numbers held per group of ε: 2²⁶ floats, a quarter of a gigabyte.
_NUMBERS = 1 << 26


def class_counts(
    label: Int[np.ndarray, " N"], replicas: int, seed: int
) -> Float[np.ndarray, "N C"]:
    """How often each jet is drawn in the data (column 0: once) and in each replica.

    Each class is resampled by itself, so that the class sizes stay what they are.
    """
    counts = np.ones((len(label), replicas + 1))
    for c in (GLUON, QUARK):
        rows = np.flatnonzero(label == c)
        counts[rows, 1:] = bootstrap_weights(len(rows), replicas, seed + c).T
    return counts


def expect_room_for(columns: int, likelihood: SmearedLikelihood, way_out: str) -> None:
    """Raise MemoryError if so many weight columns, or the sums over them, do not fit."""
    numbers, size = len(likelihood.label) * columns, likelihood.pt_ref.itemsize
    expect_room(
        {"weight columns": size * numbers, "class sums": 2 * size * max(_NUMBERS, 8 * numbers)},
        {"weight columns in float64": 3 * 8 * numbers},
        way_out,
    )


def each_epsilon(
    compiled: Callable[[Float[Array, " G"]], Any],
    grid: Float[np.ndarray, " E"],
    query: Queries,
    columns: int,
    dtype: np.dtype,
    title: str,
    progress: bool,
) -> Iterator[Any]:
    """What a compiled pass makes of one ε after another, on the host, jets as they were given.

    Args:
        compiled: from resolutions in GeV to arrays (G, R, ...), with `query.rows` first.
        grid: (E,) resolutions in GeV.
        query: the jets.
        columns: numbers held for each jet and ε.
        dtype: of the resolutions.
        title: of the progress bar.
        progress: show it.
    """
    with tqdm(total=len(grid), desc=title, unit="ε", disable=not progress) as bar:
        for rows, group in epsilon_groups(grid, len(query), columns, dtype):
            answer = jax.tree.map(np.asarray, compiled(group))
            for i in range(rows.stop - rows.start):
                yield jax.tree.map(lambda leaf, i=i: leaf[i, query.place], answer)
                bar.update()


def epsilon_groups(
    epsilon: Float[np.ndarray, " E"], jets: int, columns: int, dtype: np.dtype
) -> Iterator[tuple[slice, Float[Array, " G"]]]:
    """Cut ε into equal groups whose sums fit into memory; the last group repeats its last ε."""
    size = int(np.clip(_NUMBERS // (8 * jets * columns), 1, len(epsilon)))
    for begin in range(0, len(epsilon), size):
        group = epsilon[begin : begin + size]
        padded = np.pad(group, (0, size - len(group)), mode="edge")
        yield slice(begin, begin + len(group)), jnp.asarray(padded, dtype)
