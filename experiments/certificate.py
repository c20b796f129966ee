"""Does the embedding's certificate hold, and how accurate is the corrected distance?

For random pairs, and for every jet with its nearest neighbours in the embedding, the exact distance
(float64, both quantile functions merged) is compared with the certified interval
[lower, upper] and with the estimate between them (float32). Prints a table and one line of JSON.

    python experiments/certificate.py                         # the 4,000 jets in the package
    python experiments/certificate.py --data FOLDER --jets 20000

FOLDER holds qg_*.npz files in smearjax's own layout; they are read in order of name.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array
from tqdm import tqdm

from smearjax.jets import Jets, load_jets
from smearjax.metric import Embedding, distance_interval, embed_jets, fit_space
from smearjax.metric.pairs import squared_distances
from smearjax.metric.pairs.certified import half_width
from smearjax.metric.pairs.points import CertifiedPoints

PT_REF = 525.0  # GeV
BLOCK = 1024


@dataclass(frozen=True)
class Row:
    """What one set of pairs showed; distances in GeV, errors relative to the exact distance."""

    pairs: str
    count: int
    violations: int
    distance_median: float
    half_width_median: float
    error_median: float
    error_99: float
    error_max: float


def read_jets(folder: Path | None, count: int) -> Jets:
    """Up to `count` jets of the folder's first files, or the embedded sample."""
    if folder is None:
        return load_jets("sample")[:count]
    found: list[Jets] = []
    for path in sorted(folder.glob("qg_*.npz")):
        if sum(map(len, found)) < count:
            found.append(load_jets(path))
    if not found:
        raise SystemExit(f"no qg_*.npz in {folder}")
    width = max(jets.pt.shape[1] for jets in found)

    def joined(name: str) -> np.ndarray:
        parts = [getattr(jets, name) for jets in found]
        return np.concatenate([np.pad(v, ((0, 0), (0, width - v.shape[1]))) for v in parts])[:count]

    return Jets(*(joined(name) for name in ("pt", "y", "phi", "mask")))


def quantile_function(jets: Jets, i: int, beta: float) -> tuple[np.ndarray, np.ndarray]:
    """Upper edges in U = 1 − S and values ω^β of jet i's steps, float64, ω falling."""
    pt, y, phi = (np.asarray(v[i], np.float64)[jets.mask[i]] for v in (jets.pt, jets.y, jets.phi))
    z = pt / pt.sum()
    a, b = np.triu_indices(len(z), 1)
    dphi = phi[a] - phi[b]
    omega = np.hypot(y[a] - y[b], dphi - 2 * np.pi * np.round(dphi / (2 * np.pi)))
    order = np.argsort(-omega)
    return np.cumsum(2 * (z[a] * z[b])[order]), np.append(omega[order], 0.0) ** beta


def exact_distances(functions: list, i: np.ndarray, k: np.ndarray) -> np.ndarray:
    """∫ |q_i − q_k|² to the power ½ of each pair, dimensionless."""
    found = np.empty(len(i))
    for row, (one, two) in enumerate(tqdm(zip(i, k, strict=True), total=len(i), desc="exact")):
        (u, q), (v, r) = functions[one], functions[two]
        # The last step, ω = 0, goes on to U = 1 for both.
        edges = np.sort(np.concatenate((u, v)))
        start = np.concatenate(([0.0], edges[:-1]))
        middle = (start + edges) / 2
        difference = q[np.searchsorted(u, middle)] - r[np.searchsorted(v, middle)]
        found[row] = np.sqrt(np.sum((edges - start) * difference**2))
    return found


def nearest(embedding: Embedding, neighbours: int) -> np.ndarray:
    """Indices (N, neighbours) of the nearest other jets in the embedding."""
    vectors = np.asarray(embedding.vectors, np.float64)
    vectors -= vectors.mean(axis=0)
    norm = np.sum(vectors**2, axis=1)
    found = np.empty((len(vectors), neighbours), int)
    for begin in tqdm(range(0, len(vectors), BLOCK), desc="neighbours"):
        rows = np.arange(begin, min(begin + BLOCK, len(vectors)))
        squared = norm - 2 * vectors[rows] @ vectors.T
        squared[np.arange(len(rows)), rows] = np.inf
        found[rows] = np.argpartition(squared, neighbours, axis=1)[:, :neighbours]
    return found


@jax.jit
def interval_in_space(a: CertifiedPoints, b: CertifiedPoints) -> tuple[Array, Array, Array]:
    """(lower, estimate, upper) of d for pairs of points, as the all-pairs engine has them."""

    def of_pair(one: CertifiedPoints, other: CertifiedPoints) -> tuple[Array, Array]:
        one, other = (jax.tree.map(lambda leaf: leaf[None], point) for point in (one, other))
        d2 = squared_distances(one.points, other.points)
        sides = ((p.points, (p.residual, p.rounding)) for p in (other, one))
        return d2[0, 0], half_width(d2, *sides)[0, 0]

    d2, width = jax.vmap(of_pair)(a, b)
    return jnp.sqrt(jnp.maximum(d2 - width, 0.0)), jnp.sqrt(d2), jnp.sqrt(d2 + width)


def compare(name: str, interval: Callable, jets: Any, exact: np.ndarray, i, k) -> Row:
    """The row of the table for pairs (i, k) at these exact distances, in units of PT_REF."""
    blocks = [slice(b, b + BLOCK) for b in range(0, len(i), BLOCK)]
    bounds = [interval(jets[i[block]], jets[k[block]]) for block in blocks]
    lower, estimate, upper = (
        np.concatenate([np.asarray(v, np.float64) for v in part])
        for part in zip(*bounds, strict=True)
    )
    d = exact
    # Jets of one particle have no spectrum: two of them are at distance 0, and so is the estimate.
    error = np.where(d > 0, np.abs(estimate - d) / np.where(d > 0, d, 1.0), estimate)
    return Row(
        pairs=name,
        count=len(i),
        violations=int(np.sum((d < lower) | (d > upper))),
        distance_median=float(PT_REF * np.median(d)),
        half_width_median=float(PT_REF * np.median(upper - lower) / 2),
        error_median=float(np.median(error)),
        error_99=float(np.percentile(error, 99)),
        error_max=float(error.max()),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="does the embedding's certificate hold?")
    parser.add_argument("--data", type=Path, help="folder of qg_*.npz (default: embedded sample)")
    parser.add_argument("--jets", type=int, default=20_000, help="jets to read at most")
    parser.add_argument("--pairs", type=int, default=100_000, help="random pairs")
    parser.add_argument("--neighbours", type=int, default=1, help="neighbours of each jet")
    parser.add_argument("--cells", type=int, default=256)
    parser.add_argument("--beta", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0)
    settings = parser.parse_args()

    begin = time.perf_counter()
    jets = read_jets(settings.data, settings.jets)
    embedding = jax.tree.map(np.asarray, embed_jets(jets, settings.beta, cells=settings.cells))
    functions = [quantile_function(jets, i, settings.beta) for i in tqdm(range(len(jets)))]

    n = len(jets)
    rng = np.random.default_rng(settings.seed)
    i = rng.integers(n, size=settings.pairs)
    k = (i + rng.integers(1, n, size=settings.pairs)) % n
    k_near = nearest(embedding, settings.neighbours).ravel()
    i_near = np.repeat(np.arange(n), settings.neighbours)
    space = fit_space(jets, beta=settings.beta, cells=settings.cells, pt_ref=1.0)
    points = space.points(jets)
    rows = []
    for name, one, other in (("random", i, k), ("nearest neighbours", i_near, k_near)):
        d = exact_distances(functions, one, other)
        rows.append(compare(name, distance_interval, embedding, d, one, other))
        name = f"{name}, {points.points.vectors.shape[1]} numbers of the space"
        rows.append(compare(name, interval_in_space, points, d, one, other))

    print(f"\n{n} jets, {settings.cells} cells, beta {settings.beta}, {embedding.vectors.dtype}")
    print("| pairs | count | outside | d / GeV | ± / MeV | error 50 % | 99 % | max |")
    print("|---|---|---|---|---|---|---|---|")
    for r in rows:
        print(
            f"| {r.pairs} | {r.count} | {r.violations} | {r.distance_median:.2f} "
            f"| {1e3 * r.half_width_median:.1f} | {r.error_median:.1e} | {r.error_99:.1e} "
            f"| {r.error_max:.1e} |"
        )
    about = {"jets": n, "cells": settings.cells, "beta": settings.beta, "seed": settings.seed}
    about["seconds"] = round(time.perf_counter() - begin, 1)
    print(json.dumps(about | {"rows": [asdict(r) for r in rows]}))


if __name__ == "__main__":
    main()
