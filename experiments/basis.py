"""How well few numbers a jet give distances: grids, adapted grids, slopes, principal directions.

    python experiments/basis.py FILE TRAIN_FILE

FILE and TRAIN_FILE hold quark and gluon jets; directions and adapted edges come from TRAIN_FILE,
distances from FILE. For each basis: the relative error of the corrected estimate of d against exact
float64 SEMD, median, 99 % and largest, for random pairs and for each jet's nearest neighbour.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from smearjax import Jets, load_jets
from smearjax.metric import Cloud, exact_squared_distances, find_neighbours

N_RANDOM, N_NEAREST = 20_000, 5_000


class Projected(NamedTuple):
    """N jets as vectors (N, D) with residuals (N,)."""

    vectors: np.ndarray
    residual: np.ndarray


class Integrals(NamedTuple):
    """One jet's ∫q, ∫qU and ∫q² from 0 to each step's end; all three are exact in between."""

    end: np.ndarray
    q: np.ndarray
    q_u: np.ndarray
    total: float


def integrals(jets: Jets, row: int) -> Integrals:
    """From the particles, in float64."""
    real = np.asarray(jets.mask[row])
    pt, y, phi = (np.asarray(c[row], np.float64)[real] for c in (jets.pt, jets.y, jets.phi))
    z = pt / pt.sum()
    i, j = np.triu_indices(len(z), 1)
    turn = (phi[i] - phi[j] + np.pi) % (2 * np.pi) - np.pi
    angle = np.hypot(y[i] - y[j], turn)
    order = np.argsort(-angle)
    end = np.append(np.cumsum((2 * z[i] * z[j])[order]), 1.0)
    value, width = np.append(angle[order], 0.0), np.diff(end, prepend=0.0)
    squares = np.diff(end**2, prepend=0.0)
    return Integrals(
        np.append(0.0, end),
        np.append(0.0, np.cumsum(value * width)),
        np.append(0.0, np.cumsum(value * squares / 2)),
        float(np.sum(value**2 * width)),
    )


def on_cells(jets: list[Integrals], edges: np.ndarray, slopes: bool) -> Projected:
    """Means, and slopes if wanted, in the cells between the edges of U = 1 − S."""
    width, centre = np.diff(edges), (edges[1:] + edges[:-1]) / 2
    vectors = []
    for jet in jets:
        q = np.diff(np.interp(edges, jet.end, jet.q))
        rows = [q / np.sqrt(width)]
        if slopes:
            q_u = np.diff(np.interp(edges**2, jet.end**2, jet.q_u))
            rows.append((q_u - centre * q) * np.sqrt(12 / width**3))
        vectors.append(np.concatenate(rows))
    array = np.array(vectors)
    left_out = np.array([jet.total for jet in jets]) - (array**2).sum(axis=1)
    return Projected(array, np.sqrt(np.maximum(left_out, 0.0)))


def adapted_edges(train: list[Integrals], cells: int) -> np.ndarray:
    """Edges that share the mean within-cell variance of a fine grid out evenly."""
    fine = (np.arange(16 * cells + 1) / (16 * cells)) ** 3
    loss = np.zeros(len(fine) - 1)
    for jet in train[:2000]:
        rise = np.diff(np.interp(fine, jet.end, jet.q)) / np.diff(fine)
        # The variance of a cell of width w goes like w³ (slope of q)².
        slope = np.gradient(rise, (fine[1:] + fine[:-1]) / 2)
        loss += (slope**2) ** (1 / 3) * np.diff(fine)
    share = np.append(0.0, np.cumsum(loss) / loss.sum())
    return np.interp(np.arange(cells + 1) / cells, share, fine)


def turned(kept: int, train: Projected) -> Callable[[Projected], Projected]:
    """The leading principal directions of the training jets."""
    centre = train.vectors.mean(axis=0)
    offset = train.vectors - centre
    directions = np.linalg.eigh(offset.T @ offset)[1][:, ::-1][:, :kept]

    def project(jets: Projected) -> Projected:
        offset = jets.vectors - centre
        vectors = offset @ directions
        rest = ((offset - vectors @ directions.T) ** 2).sum(axis=1)
        return Projected(vectors, np.sqrt(jets.residual**2 + rest))

    return project


def errors(jets: Projected, pairs: np.ndarray, exact: np.ndarray) -> np.ndarray:
    """Median, 99 % and largest relative error of the corrected d."""
    a, b = pairs.T
    squared = ((jets.vectors[a] - jets.vectors[b]) ** 2).sum(axis=1)
    d = np.sqrt(squared + jets.residual[a] ** 2 + jets.residual[b] ** 2)
    return np.quantile(np.abs(d / exact - 1), [0.5, 0.99, 1.0])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data")
    parser.add_argument("train")
    chosen = parser.parse_args()
    sets = [load_jets(file) for file in (chosen.data, chosen.train)]
    jets, train = (
        [integrals(each, i) for i in tqdm(range(len(each)), desc="spectra")] for each in sets
    )
    rng = np.random.default_rng(0)
    pairs = rng.integers(0, len(jets), (N_RANDOM, 2))
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    rows = rng.permutation(len(jets))[:N_NEAREST]
    neighbours = find_neighbours(Cloud(sets[0]), 1).index[rows, 0]
    kinds = {"random": pairs, "nearest": np.stack([rows, neighbours], axis=1)}
    exact = {
        name: np.sqrt(exact_squared_distances(sets[0], sets[0], p)) for name, p in kinds.items()
    }
    print(f"{'basis':<44}{'numbers':>8}   random: 50 %, 99 %, max     nearest: 50 %, 99 %, max")

    def show(name: str, found: Projected) -> None:
        cells = [errors(found, kinds[kind], exact[kind]) for kind in kinds]
        text = "   ".join("  ".join(f"{x:.1e}" for x in row) for row in cells)
        print(f"{name:<44}{found.vectors.shape[1]:>8}   {text}", flush=True)

    for cells in (64, 128, 256):
        for power in (1, 2, 3, 4):
            edges = (np.arange(cells + 1) / cells) ** power
            show(f"(k/{cells})^{power}, means", on_cells(jets, edges, slopes=False))
        show(f"{cells} adapted cells, means", on_cells(jets, adapted_edges(train, cells), False))
    for cells in (64, 128, 256):
        edges = (np.arange(cells + 1) / cells) ** 3
        show(f"(k/{cells})^3, means and slopes", on_cells(jets, edges, slopes=True))
    edges = (np.arange(257) / 256) ** 3
    full, full_train = (on_cells(each, edges, slopes=True) for each in (jets, train))
    means = (np.arange(1025) / 1024) ** 3
    fine, fine_train = (on_cells(each, means, slopes=False) for each in (jets, train))
    for kept in (64, 128, 256):
        name = f"principal directions of (k/1024)^3 means, {kept}"
        show(name, turned(kept, fine_train)(fine))
        name = f"principal directions of (k/256)^3 both, {kept}"
        show(name, turned(kept, full_train)(full))


if __name__ == "__main__":
    main()
