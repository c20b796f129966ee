"""Jets per second of EnergyFlow's polynomials, printed as JSON; run by `efp.py --energyflow`.

    python experiments/bench/efp_peer.py JETS.npz DEGREE

Runs in an environment of its own that holds energyflow and not smearjax. One jet after the other
and its own `batch_compute` with one process a core; the faster counts.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np
from energyflow import EFPSet


def main() -> None:
    """Measure and print."""
    path, degree = sys.argv[1:]
    with np.load(path) as stored:
        columns = np.stack([stored[name].astype(np.float64) for name in ("pt", "y", "phi")], axis=2)
    events = [jet[jet[:, 0] > 0] for jet in columns]
    polynomials = EFPSet(f"d<={degree}", "p==1", measure="hadr", beta=1.0, normed=True)
    polynomials.compute(events[0])
    rates = []
    for work in (
        lambda: [polynomials.compute(event) for event in events],
        lambda: polynomials.batch_compute(events),
    ):
        for _ in range(2):
            begin = time.perf_counter()
            work()
            rates.append(len(events) / (time.perf_counter() - begin))
    print(json.dumps({"jets_per_s": max(rates)}))


if __name__ == "__main__":
    main()
