"""How fast all pairs are, as ratios to this machine's own matrix product in the same run.

    python experiments/bench/pairs.py FILE...                      # 20,000 jets of these files
    python experiments/bench/pairs.py FILE... --scan               # and whole scans up to 100,000
    python experiments/bench/pairs.py FILE... --peers specter=PYTHON pot=PYTHON energyflow=PYTHON

Without files: the 4,000 jets in the package. The product is that of the jets' own vectors, (N, T)
by (T, N) in float32 with T = 256, in stripes of 4,000 rows so that no time goes into fetching
memory, the better of numpy and jax.numpy. Every figure is the best of five taken in turns, so that
a busy moment hits all alike. A peer is run by the Python named, one of an environment that holds it
(`experiments/README.md` says how to make them). JSON in the last line.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from smearjax import Jets, SmearedLikelihood, load_jets
from smearjax.jets import concatenate
from smearjax.metric import Cloud, exact_squared_distances, find_neighbours
from smearjax.metric.pairs import Points, ball_counts, kernel_sums, nearest, reduce_pairs
from smearjax.metric.pairs.certified import half_widths
from smearjax.metric.pairs.counts import later_counts
from smearjax.metric.pairs.nearest import merge_smallest, none_yet
from smearjax.smearing import Gaussian, HardBall, Sigmoid, epsilon_curve, information
from smearjax.smearing.scales import cross_entropy

ROUNDS = 5
STRIPE = 4000


def in_turns(works: dict[str, Callable[[], Any]]) -> tuple[dict[str, float], dict[str, float]]:
    """Seconds of the best of five rounds, and of the first call, which compiles."""
    first, best = {}, {}
    for name, work in works.items():
        begin = time.perf_counter()
        jax.block_until_ready(work())
        first[name] = time.perf_counter() - begin
    for _ in range(ROUNDS):
        for name, work in works.items():
            begin = time.perf_counter()
            jax.block_until_ready(work())
            best[name] = min(best.get(name, np.inf), time.perf_counter() - begin)
    return best, {name: first[name] - best[name] for name in works}


def passes(cloud: Cloud) -> dict[str, Any]:
    """Every reduction over N × N pairs, as a fraction of the product's rate."""
    points = cloud.points.points[: len(cloud)]
    n, host = len(points), np.asarray(points.vectors)
    one = jnp.ones((n, 1), points.norm.dtype)
    both = jnp.asarray(np.eye(2)[np.asarray(cloud.jets.label)[cloud.order]], points.norm.dtype)
    near, far = (jnp.full(1, e, points.norm.dtype) for e in (5.0, 10.0))
    unscaled = jnp.zeros((1, n), points.norm.dtype)
    grid = jnp.geomspace(2.0, 50.0, 32, dtype=points.norm.dtype)
    product = jax.jit(lambda a, b: jnp.matmul(a, b.T, precision="highest"))
    stripes = [slice(begin, begin + STRIPE) for begin in range(0, n, STRIPE)]
    room = np.empty((STRIPE, n), host.dtype)

    def sums(kernel, weights):
        return jax.jit(lambda e: kernel_sums(e, kernel, points, points, weights, unscaled))

    sigmoid, gaussian = sums(Sigmoid(tau=0.5), one), sums(Gaussian(), one)
    classes = sums(Gaussian(), both)
    few = jnp.geomspace(4.0, 40.0, 8, dtype=points.norm.dtype)
    at_eight = jnp.zeros((8, n), points.norm.dtype)
    eight = {
        name: jax.jit(lambda e, k=kernel: kernel_sums(e, k, points, points, one, at_eight))
        for name, kernel in (("sigmoid", Sigmoid(tau=0.5)), ("gaussian", Gaussian()))
    }
    with_slopes = {
        name: jax.jit(lambda e, f=f: jax.jvp(f, (e,), (jnp.ones_like(e),)))
        for name, f in (("sigmoid", sigmoid), ("gaussian", gaussian))
    }
    eight_with_slopes = {
        name: jax.jit(lambda e, f=f: jax.jvp(f, (e,), (jnp.ones_like(e),)))
        for name, f in eight.items()
    }
    works = {
        "product_jax": lambda: [product(points.vectors[s], points.vectors) for s in stripes][-1],
        "product_numpy": lambda: [
            np.matmul(host[s], host.T, out=room[: len(host[s])]) for s in stripes
        ][-1],
        "sigmoid_sums": lambda: sigmoid(near),
        "gaussian_sums": lambda: gaussian(near),
        "gaussian_sums_two_classes": lambda: classes(near),
        "sigmoid_sums_with_slope": lambda: with_slopes["sigmoid"](near),
        "gaussian_sums_with_slope": lambda: with_slopes["gaussian"](near),
        "sigmoid_sums_8": lambda: eight["sigmoid"](few),
        "gaussian_sums_8": lambda: eight["gaussian"](few),
        "sigmoid_sums_8_with_slope": lambda: eight_with_slopes["sigmoid"](few),
        "gaussian_sums_8_with_slope": lambda: eight_with_slopes["gaussian"](few),
        "balls_32": lambda: ball_counts(points, points, grid),
        "balls_32_each_pair_once": lambda: later_counts(points, grid),
        "ball_10_gev": lambda: ball_counts(points, points, far),
        "neighbours_10": lambda: nearest(points, points, 10),
        "neighbours_10_certified": lambda: certified_neighbours(cloud, 10),
    }
    try:
        import faiss

        index = faiss.IndexFlatL2(host.shape[1])
        index.add(host)
        works["faiss_flat_neighbours_10"] = lambda: index.search(host, 10)
    except ImportError:
        pass
    best, compiling = in_turns(works)
    product_s = min(best["product_jax"], best["product_numpy"])
    return {
        "jets": n,
        "numbers": host.shape[1],
        "pairs_per_s_product": n**2 / product_s,
        "fraction_of_product": {name: product_s / s for name, s in best.items()},
        "pairs_per_s": {name: n**2 / s for name, s in best.items()},
        "compile_s": {name: max(s, 0.0) for name, s in compiling.items()},
        "value_and_slope_over_value": {
            name: best[f"{name}_with_slope"] / best[name]
            for name in ("sigmoid_sums", "gaussian_sums", "sigmoid_sums_8", "gaussian_sums_8")
        },
    }


def certified_neighbours(cloud: Cloud, k: int) -> tuple[jax.Array, jax.Array]:
    """d² of the k nearest, and how far the exact one can be from each."""
    squared, place = nearest(cloud.points.points, cloud.points.points, k)
    return squared, half_widths(squared, cloud.points, cloud.points, place)


def exact_neighbours(cloud: Cloud) -> dict[str, float]:
    """The certificate's cost: exact neighbours, and how many pairs had to be computed."""
    find_neighbours(cloud, 10, exact=True)
    begin = time.perf_counter()
    found = find_neighbours(cloud, 10, exact=True)
    return {"seconds": time.perf_counter() - begin, "recomputed": found.recomputed}


def exact_pairs(jets: Jets) -> dict[str, float]:
    """Random pairs computed from the particles in float64, on all cores, spectra included."""
    pairs = np.random.default_rng(0).integers(0, len(jets), (100_000, 2))
    exact_squared_distances(jets, jets, pairs[:10])
    begin = time.perf_counter()
    exact_squared_distances(jets, jets, pairs)
    return {"pairs_per_s": len(pairs) / (time.perf_counter() - begin)}


def skipping(jets: Jets, sizes: list[int]) -> dict[str, Any]:
    """Seconds of one hard-ball count and of 10 neighbours against N, and the fitted exponents."""
    nearest_1_percent = 2.1  # GeV, of 20,000 quark and gluon jets of 525 GeV
    names = ("ball_2.1_gev", "ball_10_gev", "neighbours_10", "neighbours_10_told")
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for n in sizes:
        points = Cloud(jets[:n]).points.points
        radii = {"ball_2.1_gev": nearest_1_percent, "ball_10_gev": 10.0}
        works = {
            name: lambda e=e, p=points: ball_counts(p, p, jnp.full(1, e, p.norm.dtype))
            for name, e in radii.items()
        }
        works["neighbours_10"] = lambda p=points: nearest(p, p, 10)
        works["neighbours_10_told"] = told(points, 10)
        for name, s in in_turns(works)[0].items():
            seconds[name].append(s)
    return {"jets": sizes, "seconds": seconds, "exponent": exponents(sizes, seconds)}


def told(points: Points, k: int) -> Callable[[], Any]:
    """`nearest`, told the k-th distances beforehand: more than any approximate index could tell."""
    distance, _ = nearest(points, points, k)
    reached = jnp.where(jnp.isfinite(distance[:, -1]), 1.00001 * distance[:, -1], 0.0)

    @jax.jit
    def search(points: Points, reached: jax.Array) -> Any:
        number = jnp.arange(len(points), dtype=jnp.int32)

        def start(rows: Any) -> Any:
            far, place = none_yet(rows, k)
            return jnp.minimum(far, rows[1][:, None]), place

        def absorb(best: Any, d2: jax.Array, rows: Any, columns: Any) -> Any:
            return merge_smallest(best, d2, columns[1])

        sides = (points, reached), (points, number)
        return reduce_pairs(*sides, start, absorb, lambda best: best[0].max())

    return lambda: search(points, reached)


def scans(jets: Jets, sizes: list[int]) -> dict[str, Any]:
    """Seconds of whole leave-one-out scans: AUC(ε), R(ε) with its slope, and a gradient of CE."""
    grid = np.geomspace(2.0, 50.0, 8)
    seconds: dict[str, list[float]] = {"auc_hard_ball": [], "information": [], "ce_gradient": []}
    for n in sizes:
        like = SmearedLikelihood(jets[:n])
        hard = like.with_kernel(HardBall())
        gradient = jax.jit(jax.value_and_grad(lambda u, like=like: cross_entropy(like, u)))
        works = {
            "auc_hard_ball": lambda hard=hard: epsilon_curve(hard, None, grid, replicas=2).auc,
            "information": lambda like=like: information(like, grid, replicas=2).R,
            "ce_gradient": lambda g=gradient: g(jnp.log(5.0)),
        }
        for name, work in works.items():
            begin = time.perf_counter()
            jax.block_until_ready(work())
            seconds[name].append(time.perf_counter() - begin)
            print(f"{n:>8,} jets  {name:<16}{seconds[name][-1]:8.1f} s", flush=True)
    return {"jets": sizes, "seconds": seconds, "exponent": exponents(sizes, seconds)}


def exponents(sizes: list[int], seconds: dict[str, list[float]]) -> dict[str, float]:
    """The slopes of ln seconds against ln N."""
    return {
        name: float(np.polyfit(np.log(sizes), np.log(s), 1)[0])
        for name, s in seconds.items()
        if len(sizes) > 1
    }


def peer_rates(jets: Jets, pythons: list[str]) -> dict[str, float]:
    """Pairs per second of each peer, in its own environment."""
    script = Path(__file__).with_name("peers.py")
    rates = {}
    with tempfile.TemporaryDirectory() as folder:
        few = jets[:600]
        particles = {name: np.asarray(getattr(few, name)) for name in ("pt", "y", "phi")}
        np.savez(Path(folder) / "jets.npz", **particles)
        for peer, python in (pair.split("=", 1) for pair in pythons):
            command = [python, str(script), peer, str(Path(folder) / "jets.npz")]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            rates[peer] = json.loads(done.stdout.splitlines()[-1])["pairs_per_s"]
    return rates


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="*", default=["sample"], help="files that load_jets reads")
    parser.add_argument("--jets", type=int, default=20_000, help="jets of the N × N passes")
    parser.add_argument("--scan", action="store_true", help="also 10⁴ to 10⁵ jets; minutes")
    parser.add_argument("--peers", nargs="*", default=[], metavar="PEER=PYTHON")
    chosen = parser.parse_args()
    every = concatenate([load_jets(file) for file in chosen.data])
    cloud = Cloud(every[: chosen.jets])
    figures: dict[str, Any] = {"device": str(jax.devices()[0]), "passes": passes(cloud)}
    figures["exact_neighbours_10"] = exact_neighbours(cloud)
    figures["exact_pairs"] = exact_pairs(every[:4000])
    if chosen.peers:
        rates = peer_rates(every, chosen.peers)
        ours = figures["passes"]["pairs_per_s"]["sigmoid_sums"]
        figures["peers_pairs_per_s"] = rates
        figures["sigmoid_sums_over_peer"] = {peer: ours / rate for peer, rate in rates.items()}
    if chosen.scan:
        sizes = [n for n in (10_000, 30_000, 100_000) if n <= len(every)]
        figures["skipping"] = skipping(every, sizes)
        figures["scans"] = scans(every, sizes)
    print(json.dumps(figures, indent=1))
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
