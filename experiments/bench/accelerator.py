"""A million jets against themselves on one accelerator: ln L at 8 values of ε, with its slope.

    python experiments/bench/accelerator.py FILE... --jets 1000000

For float32 and for the split product (`jax.default_matmul_precision("BF16_BF16_F32_X3")`): seconds
of the whole leave-one-out pass, the card's own rate for the product alone, at that precision and
shape, the fraction of it that the pass reaches, and how far ln L and its slope are from float64
sums made in numpy for a few jets. Jets of the files are repeated, under other numbers, up to the
number asked for, which changes no time. JSON in the last line.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from smearjax import SmearedLikelihood, load_jets
from smearjax.jets import concatenate
from smearjax.metric.pairs.products import product
from smearjax.smearing import passes
from smearjax.smearing.reference import Reference

EPSILON = np.geomspace(4.0, 40.0, 8)
ROUNDS = 3
CHECKED = 32


def best_of(work: Callable[[], Any]) -> tuple[float, float]:
    """Seconds of the best round, and of the first call, which compiles."""
    seconds = []
    for _ in range(ROUNDS + 1):
        begin = time.perf_counter()
        jax.block_until_ready(work())
        seconds.append(time.perf_counter() - begin)
    return min(seconds[1:]), seconds[0]


def repeated(likelihood: SmearedLikelihood, number: int) -> SmearedLikelihood:
    """A likelihood with so many reference jets, the given ones over and over."""
    take = np.arange(number) % len(likelihood.label)
    points = likelihood.leave_one_out.points[take]
    points = eqx.tree_at(lambda p: p.identity, points, jnp.arange(number, dtype=jnp.int32))
    label = np.asarray(likelihood.label)[take]
    reference = Reference(points, label, np.ones(number))
    return eqx.tree_at(lambda like: like.reference, likelihood, reference)


@jax.jit
def with_slope(asked: Any, log_epsilon: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Ln L and ∂ ln L/∂ ln ε, (E, R) each, from one pass."""

    def at(log_epsilon: jax.Array) -> jax.Array:
        return passes.log_ratio_of_every_ball(*asked, jnp.exp(log_epsilon))

    return jax.jvp(at, (log_epsilon,), (jnp.ones_like(log_epsilon),))


def product_alone(points: Any) -> Callable[[], jax.Array]:
    """All pairs as products only, in blocks of the size that a pass takes."""
    size = min(16384, len(points))
    blocks = points.vectors[: len(points) // size * size].reshape(-1, size, points.vectors.shape[1])

    @jax.jit
    def every(blocks: jax.Array) -> jax.Array:
        def of_rows(rows: jax.Array) -> jax.Array:
            def step(total: jax.Array, columns: jax.Array) -> tuple[jax.Array, None]:
                # One number of each product is used; a barrier keeps the others from being left out
                whole = jax.lax.optimization_barrier(product(columns, rows))
                return total + whole[0, 0], None

            return jax.lax.scan(step, jnp.float32(0), blocks)[0]

        return jax.lax.map(of_rows, blocks)

    return lambda: every(blocks)


def in_float64(likelihood: SmearedLikelihood, jets: np.ndarray) -> np.ndarray:
    """Ln L and its slope of a few jets, (2, E, n), from plain sums in numpy."""
    points, label = likelihood.leave_one_out.points, np.asarray(likelihood.label)
    vectors, norm = np.float64(points.vectors), np.float64(points.norm)
    found = np.zeros((2, EPSILON.size, jets.size))
    for k, jet in enumerate(jets):
        d2 = np.maximum(norm[jet] + norm - 2 * vectors @ vectors[jet], 0.0)
        d2[jet] = np.inf
        for e, epsilon in enumerate(EPSILON):
            for c, sign in ((1, 1), (0, -1)):
                mine = d2[label == c]
                log_k = -0.5 * (mine - mine.min()) / epsilon**2
                weight = np.exp(log_k)
                near = np.isfinite(mine)
                slope = np.sum(weight[near] * mine[near]) / weight.sum() / epsilon**2
                log_n = np.log(weight.sum()) - 0.5 * mine.min() / epsilon**2
                found[0, e, k] += sign * (log_n - np.log(np.isfinite(mine).sum()))
                found[1, e, k] += sign * slope
    return found


def measured(likelihood: SmearedLikelihood, precision: str | None) -> dict[str, Any]:
    """Everything at one precision."""
    n = len(likelihood.label)
    asked = (likelihood.kernel, likelihood.reference.classes, likelihood.leave_one_out.rows)
    log_epsilon = jnp.log(jnp.asarray(EPSILON, jnp.float32))
    with jax.default_matmul_precision(precision):
        seconds, first = best_of(lambda: with_slope(asked, log_epsilon))
        alone, _ = best_of(product_alone(likelihood.leave_one_out.points))
        got = np.stack([np.asarray(part) for part in with_slope(asked, log_epsilon)])
    size = min(16384, n)
    alone *= n**2 / (n // size * size) ** 2
    jets = np.linspace(0, n - 1, CHECKED).astype(int)
    off = got[:, :, likelihood.leave_one_out.place[jets]] - in_float64(likelihood, jets)
    return {
        "precision": precision or "float32",
        "seconds": seconds,
        "compile_s": first - seconds,
        "pairs_per_s": n**2 / seconds,
        "product_alone_s": alone,
        "product_tflops": 2e-12 * n**2 * likelihood.space.cells / alone,
        "fraction_of_product": alone / seconds,
        "largest_error_of_log_ratio": float(np.abs(off[0]).max()),
        "largest_error_of_slope": float(np.abs(off[1]).max()),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="*", default=["sample"], help="files that load_jets reads")
    parser.add_argument("--jets", type=int, default=1_000_000)
    chosen = parser.parse_args()
    jets = concatenate([load_jets(file) for file in chosen.data])
    likelihood = repeated(SmearedLikelihood(jets), chosen.jets)
    figures = {
        "device": jax.devices()[0].device_kind,
        "jax": jax.__version__,
        "jets": chosen.jets,
        "different_jets": min(chosen.jets, len(jets)),
        "runs": [measured(likelihood, name) for name in (None, "BF16_BF16_F32_X3")],
    }
    print(json.dumps(figures, indent=1))
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
