"""How fast the smearing is, as ratios to this machine's own matrix product in the same run.

    python experiments/bench/smearing.py                    # the 4,000 jets in the package
    python experiments/bench/smearing.py --data FILE

Prints jets per second from particles to vectors, pairs per second of kernel sums, and what the
derivative in ε costs. Best of five, after compilation; JSON in the last line.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from smearjax import SmearedLikelihood, load_jets
from smearjax.metric import embed_jets
from smearjax.smearing import HardBall
from smearjax.smearing.scales import cross_entropy


def best_of_five(work: Callable[[], Any]) -> float:
    """Seconds of the fastest of five runs after a first."""
    jax.block_until_ready(work())
    times = []
    for _ in range(5):
        begin = time.perf_counter()
        jax.block_until_ready(work())
        times.append(time.perf_counter() - begin)
    return min(times)


def measure(data: str) -> dict[str, float]:
    """All figures for one data set."""
    jets = load_jets(data)
    likelihood = SmearedLikelihood(jets)
    vectors = likelihood.leave_one_out.points.vectors
    pairs = float(len(jets)) ** 2
    product = jax.jit(lambda a: jnp.matmul(a, a.T, precision="highest"))
    host = np.asarray(vectors)
    matmul = min(best_of_five(lambda: product(vectors)), best_of_five(lambda: host @ host.T))
    grid = np.geomspace(2.0, 50.0, 32)
    ball = likelihood.with_kernel(HardBall())
    value = jax.jit(lambda u: cross_entropy(likelihood, u))
    slope = jax.jit(jax.value_and_grad(lambda u: cross_entropy(likelihood, u)))
    at = jnp.log(jnp.asarray(5.0, vectors.dtype))
    one, both = best_of_five(lambda: value(at)), best_of_five(lambda: slope(at))
    return {
        "jets": len(jets),
        "dimensions": vectors.shape[1],
        "jets_per_s_embedding": len(jets) / best_of_five(lambda: embed_jets(jets).vectors),
        "pairs_per_s_matrix_product": pairs / matmul,
        "pairs_per_s_gaussian": pairs / one,
        "gaussian_over_matrix_product": matmul / one,
        "pairs_per_s_hard_ball_32": pairs / best_of_five(lambda: ball.score(None, grid)),
        "value_and_gradient_over_value": both / one,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="sample", help="a file that load_jets reads")
    figures = measure(parser.parse_args().data)
    for name, value in figures.items():
        print(f"{name:<32}{value:12.4g}")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
