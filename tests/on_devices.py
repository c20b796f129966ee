"""Run with 8 forced host devices: the same passes on one, two and eight of them, to an npz."""

from __future__ import annotations

import sys
from contextlib import nullcontext

import jax
import jax.numpy as jnp
import numpy as np

from smearjax import SmearedLikelihood, load_jets
from smearjax.metric import device_mesh
from smearjax.metric.pairs import Points, ball_counts, in_order, kernel_sums, nearest
from smearjax.metric.pairs.counts import later_counts
from smearjax.smearing import Epanechnikov, Gaussian

# Three blocks of rows: two devices share them with a rest, eight stand idle in part.
ROWS, COLUMNS, NUMBERS = 1300, 2047, 16
EPSILON = np.array([3.0, 8.0, 20.0], np.float32)
WEIGHTS = np.random.default_rng(3).uniform(0, 1, (COLUMNS, 51)).astype(np.float32)
JETS = 700


def cloud(seed: int, n: int, first: int = 0) -> Points:
    """Random points, in order and numbered."""
    vectors = np.random.default_rng(seed).normal(0, 3, (n, NUMBERS)).astype(np.float32)
    norm = (vectors.astype(np.float64) ** 2).sum(axis=1).astype(np.float32)
    points = Points(vectors, norm, np.arange(first, first + n, dtype=np.int32))
    return jax.tree.map(jnp.asarray, points[in_order(points)])


@jax.jit
def gaussian_sums(epsilon, rows, columns, weights):
    scale = jnp.zeros((epsilon.size, len(rows)), epsilon.dtype)
    return kernel_sums(epsilon, Gaussian(), rows, columns, weights, scale, squares=True)


@jax.jit
def compact_sums(epsilon, rows, columns, weights):
    scale = jnp.zeros((epsilon.size, len(rows)), epsilon.dtype)
    return kernel_sums(epsilon, Epanechnikov(), rows, columns, weights, scale)


@jax.jit
def slope(epsilon, rows, columns, weights):
    def sums(epsilon):
        return gaussian_sums(epsilon, rows, columns, weights)

    return jax.jvp(sums, (epsilon,), (jnp.ones_like(epsilon),))[1]


@jax.jit
def point_gradients(rows, columns, epsilon, weights):
    def total(*both):
        return jnp.sum(gaussian_sums(epsilon, *both, weights) ** 2)

    return jax.grad(total, argnums=(0, 1), allow_int=True)(rows, columns)


def few_passes(rows, columns) -> dict[str, np.ndarray]:
    """What the engine gives by itself: one pass with reach and one without."""
    return {
        "counts": ball_counts(rows, columns, EPSILON),
        "sums": gaussian_sums(EPSILON, rows, columns, WEIGHTS[:, :2]),
    }


def more_passes(rows, columns) -> dict[str, np.ndarray]:
    """Passes of all other kinds."""
    distance, place = nearest(rows, columns, 5)
    return {
        "later counts": later_counts(rows, EPSILON),
        "nearest distance": distance,
        "nearest place": place,
        "compact sums": compact_sums(EPSILON, rows, columns, WEIGHTS[:, :2]),
        "slope": slope(EPSILON, rows, columns, WEIGHTS[:, :2]),
        "many sums": gaussian_sums(EPSILON, rows, columns, WEIGHTS),
    }


def composites(rows, columns, likelihood: SmearedLikelihood) -> dict[str, np.ndarray]:
    """What is made of passes, and derivatives that run through them backwards."""
    by_row, by_column = point_gradients(rows, columns, EPSILON, WEIGHTS[:, :1])
    mean = jax.jit(lambda epsilon: jnp.mean(likelihood.log_ratio(None, epsilon)))
    return {
        "row gradient": by_row.vectors,
        "column gradient": by_column.vectors,
        "epsilon gradient": jax.grad(mean)(20.0),
    }


def main(out: str, which: str) -> None:
    assert jax.device_count() == 8
    likelihood = SmearedLikelihood(load_jets("sample")[:JETS])
    # They share some of their jets.
    points = cloud(1, ROWS), cloud(2, COLUMNS, first=900)
    kind = jax.sharding.AxisType.Auto
    two = jax.make_mesh((2,), ("jets",), axis_types=(kind,), devices=jax.devices()[:2])
    results = {}
    for name, mesh in (("1", None), ("2", two), ("8", device_mesh())):
        with nullcontext() if mesh is None else jax.set_mesh(mesh):
            found = few_passes(*points)
            if mesh is not two:
                found["log ratio"] = likelihood.log_ratio(None, EPSILON)
            if which == "all" and mesh is not two:
                found |= more_passes(*points) | composites(*points, likelihood)
            results |= {f"{name} {key}": np.asarray(values) for key, values in found.items()}
    np.savez(out, **results)


if __name__ == "__main__":
    main(*sys.argv[1:])
