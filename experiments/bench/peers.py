"""Pairs of jets per second of one peer library, printed as JSON; run by `pairs.py --peers`.

    python experiments/bench/peers.py specter|pot|energyflow JETS.npz

Runs in an environment of its own that holds the peer and not smearjax. JETS.npz holds padded pt,
y, phi (jets, particles). Spectra are made beforehand wherever the peer allows it, and the best of
several batch sizes and of both cores or one counts.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from typing import Any

import numpy as np


def best_rate(work: Callable[[], Any], pairs: int, repeats: int = 3) -> float:
    """Pairs per second of the fastest run after a first."""
    work()
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return pairs / min(times)


def specter(jets: dict[str, np.ndarray]) -> float:
    """SPECTER 1.2.0, arXiv:2410.05379: compiled, spectra precomputed, 64 hardest particles."""
    import jax
    import jax.numpy as jnp
    from pyspecter.SPECTER import SPECTER
    from pyspecter.SpectralEMD_Helper import ds2

    hardest = np.argsort(-jets["pt"], axis=1)[:, :64]
    pt, y, phi = (np.take_along_axis(jets[name], hardest, 1) for name in ("pt", "y", "phi"))
    events = jnp.asarray(np.stack([pt / pt.sum(axis=1, keepdims=True), y, phi], axis=-1))
    model = SPECTER(compile=False)
    spectra = jax.jit(jax.vmap(model.compute_spectral_representation))(events)
    distance = jax.jit(jax.vmap(ds2))
    rates = []
    for batch in (16, 64, 256, 1024):
        first, second = (
            spectra[np.random.default_rng(seed).integers(0, len(pt), batch)] for seed in (0, 1)
        )
        rates.append(
            best_rate(lambda a=first, b=second: jax.block_until_ready(distance(a, b)), batch)
        )
    return max(rates)


def pot(jets: dict[str, np.ndarray]) -> float:
    """POT's exact one-dimensional transport on the spectra: the same number as SEMD at p = 2."""
    import ot

    spectra = []
    for pt, y, phi in zip(jets["pt"][:40], jets["y"], jets["phi"], strict=False):
        real = pt > 0
        z, i, j = pt[real] / pt[real].sum(), *np.triu_indices(real.sum(), 1)
        angle = np.hypot(y[real][i] - y[real][j], phi[real][i] - phi[real][j])
        spectra.append(
            (np.append(angle, 0.0), np.append(2 * z[i] * z[j], 1.0 - (2 * z[i] * z[j]).sum()))
        )
    pairs = [(a, b) for k, a in enumerate(spectra) for b in spectra[:k]]

    def work() -> list[float]:
        return [ot.emd2_1d(a[0], b[0], a[1], b[1], metric="sqeuclidean") for a, b in pairs]

    return best_rate(work, len(pairs))


def energyflow(jets: dict[str, np.ndarray]) -> float:
    """EnergyFlow's EMD (another metric: optimal transport of the particles), all pairs."""
    import energyflow as ef

    rows = zip(jets["pt"][:200], jets["y"], jets["phi"], strict=False)
    events = [np.stack([pt, y, phi], axis=1)[pt > 0] for pt, y, phi in rows]
    pairs = len(events) * (len(events) - 1) // 2
    return max(
        best_rate(lambda n=n: ef.emd.emds(events, R=0.8, norm=True, n_jobs=n, verbose=0), pairs)
        for n in (1, 2)
    )


def main() -> None:
    """Measure one peer and print."""
    peers = {"specter": specter, "pot": pot, "energyflow": energyflow}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peer", choices=peers)
    parser.add_argument("jets")
    chosen = parser.parse_args()
    with np.load(chosen.jets) as stored:
        jets = {name: stored[name] for name in ("pt", "y", "phi")}
    print(json.dumps({"pairs_per_s": peers[chosen.peer](jets)}))


if __name__ == "__main__":
    main()
