"""Energy flow polynomials per second beside EnergyFlow's own, on the same jets and cores.

    python experiments/bench/efp.py                                    # the jets in the package
    python experiments/bench/efp.py FILE --energyflow PYTHON

All connected multigraphs up to a degree. PYTHON is that of an environment with energyflow in it and
without smearjax (python -m venv ef && ef/bin/pip install energyflow==1.4.0 "numpy<2"). Prints jets
per second, the time of the first call, which compiles, and ratios.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from pathlib import Path

import jax
import numpy as np

from smearjax.jets import Jets, load_jets
from smearjax.observables import efps, multigraphs

PEER = Path(__file__).with_name("efp_peer.py")


def ours(jets: Jets, degree: int) -> tuple[float, float]:
    """Jets per second of the best of three runs, and the seconds of the first."""
    graphs = multigraphs(degree)
    times = []
    for _ in range(4):
        begin = time.perf_counter()
        jax.block_until_ready(efps(jets, graphs))
        times.append(time.perf_counter() - begin)
    return len(jets) / min(times[1:]), times[0]


def theirs(python: str, jets: Jets, degree: int) -> float:
    """Jets per second of EnergyFlow, in its own process and environment."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "jets.npz"
        np.savez(path, pt=jets.pt, y=jets.y, phi=jets.phi)
        words = [python, str(PEER), str(path), str(degree)]
        done = subprocess.run(words, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])["jets_per_s"]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="?", default="sample")
    parser.add_argument("--jets", type=int, default=2000)
    parser.add_argument("--degrees", nargs="+", type=int, default=[3, 4, 5])
    parser.add_argument("--energyflow", help="python of an environment with energyflow in it")
    chosen = parser.parse_args()
    jets = load_jets(chosen.data)[: chosen.jets]
    double = Jets(*(np.asarray(a, np.float64) for a in (jets.pt, jets.y, jets.phi)))
    print(f"{len(jets):,} jets, {jets.multiplicity.mean():.0f} particles; {jax.devices()[0]}")
    for degree in chosen.degrees:
        line = f"degree {degree}, {len(multigraphs(degree)):4} multigraphs:"
        peer = theirs(chosen.energyflow, jets[:500], degree) if chosen.energyflow else np.nan
        for name, these in (("float32", jets), ("float64", double)):
            with jax.enable_x64(name == "float64"):
                rate, first = ours(these, degree)
            line += (
                f"  {name} {rate:,.0f} jets/s ({rate / peer:.1f} times; first call {first:.1f} s)"
            )
        print(line + (f"  EnergyFlow {peer:,.0f} jets/s" if chosen.energyflow else ""), flush=True)


if __name__ == "__main__":
    main()
