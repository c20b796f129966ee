"""Reference values of energy flow polynomials from EnergyFlow, for tests/data/efp_reference.npz.

EnergyFlow (arXiv:1712.07124) is the public code for them. Its compiled dependency wants numpy < 2
and does not belong into smearjax's environment: this script runs in one of its own, without
smearjax.

    python -m venv ef && ef/bin/pip install energyflow==1.4.0 "numpy<2"
    ef/bin/python experiments/energyflow_reference.py

All connected multigraphs up to degree 7, of the hardest particles of some jets of the embedded
sample: EnergyFlow's measure "hadr" is smearjax's omega="delta_r", "ee" is omega="chord". For "ee"
it takes θ² = 2 p_i·p_j/(E_i E_j) as it comes, 1e-16 and not 0 for i = j; at β = 2 that does no
harm, at β = 1 its root of 1e-8 would stand in every polynomial.
"""

from __future__ import annotations

import argparse
from importlib.metadata import version
from pathlib import Path

import numpy as np
from energyflow import EFPSet

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "smearjax" / "jets" / "data" / "qg_sample.npz"
N_JETS, WIDTH = 4, 12
SETTINGS = (("hadr", 1.0, 1.0), ("hadr", 1.0, 0.5), ("hadr", 2.0, 0.2), ("ee", 1.0, 2.0))


def hardest_particles() -> np.ndarray:
    """(N_JETS, WIDTH, 3) pt in GeV, y, phi in float64."""
    with np.load(SAMPLE) as stored:
        columns = np.stack([stored[name].astype(np.float64) for name in ("pt", "y", "phi")], axis=1)
        offsets = stored["offsets"]
    return np.stack([columns[offsets[jet] : offsets[jet] + WIDTH] for jet in range(N_JETS)])


def values(particles: np.ndarray, measure: str, kappa: float, beta: float) -> np.ndarray:
    """(N_JETS, G) normalised polynomials."""
    coordinates = "epxpypz" if measure == "ee" else "ptyphim"
    asked = {"measure": measure, "kappa": kappa, "beta": beta, "coords": coordinates}
    polynomials = EFPSet("d<=7", "p==1", normed=True, **asked)
    pt, y, phi = np.moveaxis(particles, 2, 0)
    massless = (pt * np.cosh(y), pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(y))
    events = np.stack(massless, axis=2) if measure == "ee" else particles
    return np.stack([polynomials.compute(event) for event in events])


def main() -> None:
    """Compute and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    out = ROOT / "tests" / "data" / "efp_reference.npz"
    parser.add_argument("--out", type=Path, default=out)
    chosen = parser.parse_args()
    particles = hardest_particles()
    graphs = EFPSet("d<=7", "p==1").graphs()
    np.savez_compressed(
        chosen.out,
        particles=particles,
        edges=np.array([edge for graph in graphs for edge in graph], np.int8),
        n_edges=np.array([len(graph) for graph in graphs]),
        settings=np.array(SETTINGS, dtype="U8"),
        values=np.stack([values(particles, *setting) for setting in SETTINGS]),
        version=version("energyflow"),
    )


if __name__ == "__main__":
    main()
