"""The most memory that each reduction over all pairs takes, each in a process of its own.

    python experiments/bench/memory.py FILE... --jets 100000

Prints, for each: the peak of the process in MiB, what of it was held before the reduction began
(Python, JAX, the jets' particles), and what the reduction took, embedding included. JSON in the
last line. 100,000 jets take a quarter of an hour on two cores.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import multiprocessing
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from smearjax import Jets, SmearedLikelihood, find_scales, load_jets
from smearjax.jets import concatenate
from smearjax.metric import Cloud, count_balls, count_pairs, find_neighbours
from smearjax.smearing import HardBall, epsilon_curve, information

GRID = np.geomspace(2.0, 50.0, 8)
LINE = (
    "{reduction:<28}{jets:>8} jets: peak {peak_mib:6.0f} MiB, {before_mib:.0f} of them held before "
    "({particles_mib:.0f} particles), {own_mib:5.0f} its own ({vectors_mib:.0f} vectors), "
    "{seconds:5.0f} s"
)


def slope_of_every_log_ratio(jets: Jets) -> Any:
    """Ln L at 8 ε with ∂ ln L/∂ ln ε, forward."""
    like = SmearedLikelihood(jets)
    log_epsilon = jnp.log(jnp.asarray(GRID))
    return jax.jvp(
        lambda u: like.log_ratio(None, jnp.exp(u)), (log_epsilon,), (jnp.ones_like(log_epsilon),)
    )


REDUCTIONS: dict[str, Callable[[Jets], Any]] = {
    "the vectors alone": lambda jets: Cloud(jets).points,
    "32 ball counts": lambda jets: count_balls(Cloud(jets), np.geomspace(2.0, 50.0, 32)),
    "8 ball counts, exact": lambda jets: count_balls(Cloud(jets), GRID, exact=True),
    "10 neighbours": lambda jets: find_neighbours(Cloud(jets), 10),
    "10 neighbours, exact": lambda jets: find_neighbours(Cloud(jets), 10, exact=True),
    "pair counts, 200 edges": lambda jets: count_pairs(Cloud(jets), np.geomspace(1.0, 400.0, 200)),
    "log ratio and slope at 8": slope_of_every_log_ratio,
    # One ε after the other: more of them take no more.
    "hard AUC at 2, 50 replicas": lambda jets: epsilon_curve(
        SmearedLikelihood(jets, kernel=HardBall()), None, GRID[:2]
    ),
    "R and B at 2, 50 replicas": lambda jets: information(SmearedLikelihood(jets), GRID[:2]),
    "best epsilon": lambda jets: find_scales(SmearedLikelihood(jets)),
}


def some_of(paths: list[str], number: int) -> Jets:
    """So many jets, and no more files in memory than it takes."""
    parts, missing = [], number
    for path in paths:
        if missing > 0:
            parts.append(load_jets(path)[:missing])
            missing -= len(parts[-1])
    return concatenate(parts)


def resident(which: str) -> float:
    """What this process holds (VmRSS), or the most it ever held (VmHWM), in MiB."""
    status = Path("/proc/self/status").read_text()
    return int(status.split(f"{which}:")[1].split()[0]) / 1024


def measured(name: str, paths: list[str], number: int) -> dict[str, float | str]:
    """Peak of this process, in MiB, and seconds."""
    jets = some_of(paths, number)
    # What reading the files left behind in the allocator is no part of the reduction.
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    before = resident("VmRSS")
    begin = time.perf_counter()
    jax.block_until_ready(jax.tree.leaves(REDUCTIONS[name](jets)))
    seconds = time.perf_counter() - begin
    peak = resident("VmHWM")
    vectors = len(jets) * 256 * 4 / 2**20
    particles = sum(leaf.nbytes for leaf in jax.tree.leaves(jets)) / 2**20
    return {
        "reduction": name,
        "jets": len(jets),
        "peak_mib": peak,
        "vectors_mib": vectors,
        "before_mib": before,
        "own_mib": peak - before,
        "particles_mib": particles,
        "seconds": seconds,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="*", default=["sample"], help="files that load_jets reads")
    parser.add_argument("--jets", type=int, default=100_000)
    parser.add_argument("--only", nargs="*", default=list(REDUCTIONS), choices=list(REDUCTIONS))
    chosen = parser.parse_args()
    rows = []
    for name in chosen.only:
        with multiprocessing.get_context("spawn").Pool(1) as own:
            rows.append(own.apply(measured, (name, chosen.data, chosen.jets)))
        print(LINE.format(**rows[-1]), flush=True)
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
