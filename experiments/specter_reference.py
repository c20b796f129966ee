"""Reference values of the spectral metric from SPECTER, for tests/data/specter_reference.npz.

SPECTER (arXiv:2410.05379) is the only other public code for this metric. Its plotting dependencies
do not belong into smearjax's environment: this script runs in one of its own, without smearjax.

    python -m venv specter && specter/bin/pip install specterpy==1.2.0
    specter/bin/python experiments/specter_reference.py

SPECTER's conventions, read from its 1.2.0 sources (module `pyspecter`):

* The value is ∫ (q_A − q_B)² dS, a square; no root is taken, p = 2 only.
* "euclidean": quantile values are ω^β/β with ω = sqrt(Δy² + Δφ²), Δφ not wrapped.
* "cylindrical": the same with Δφ = arccos(cos(φ_i − φ_j)), which costs digits at small Δφ: the
  rounding of a cosine near 1 is an error of 1e-16/Δφ in the angle.
* "spherical": quantile values are (1 − cosθ)^β/β; in smearjax's terms ω_one_minus_cos^{2β}/β.
* `SPECTER.spectralEMD` and the compiled model ignore their `beta`; the functions used here do not.
* Energies are taken as they are; the jets stored are normalised to Σz = 1.

`SPECTER(compile=False)` and an own vmap are used because its compile step traces every function at
99 and 101 particles (about a minute) and yields the same numbers.
"""

from __future__ import annotations

import argparse
from importlib.metadata import version
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from pyspecter.SPECTER import SPECTER
from pyspecter.SpectralEMD_Helper import ds2

ROOT = Path(__file__).resolve().parents[1]
BETAS = (0.5, 1.0, 2.0)
N_PAIRS, WIDTH = 20, 24


def hardest_particles(
    path: Path, n_jets: int, width: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The jets' hardest particles as padded z, y, phi (n_jets, width) in float64, Σz = 1."""
    with np.load(path) as stored:
        flat = {name: stored[name].astype(np.float64) for name in ("pt", "y", "phi")}
        offsets = stored["offsets"]
    z, y, phi = np.zeros((3, n_jets, width))
    for jet in range(n_jets):
        start = offsets[jet]
        count = min(width, offsets[jet + 1] - start)
        for padded, name in ((z, "pt"), (y, "y"), (phi, "phi")):
            padded[jet, :count] = flat[name][start : start + count]
    return z / z.sum(axis=1, keepdims=True), y, phi


def specter_values(first, second, metric: str, beta: float) -> np.ndarray:
    """SPECTER's squared distance (pairs,) of padded events (pairs, width, 1 + coordinates)."""
    model = SPECTER(compile=False, dtype=jnp.float64)
    representation = {
        "euclidean": model.compute_spectral_representation,
        "cylindrical": model.compute_spectral_repsentation_cylindrical,
        "spherical": model.compute_spectral_representation_spherical,
    }[metric]
    spectra = jax.vmap(lambda event: representation(event, beta=beta))
    return np.asarray(jax.vmap(ds2)(spectra(first), spectra(second)))


def main() -> None:
    parser = argparse.ArgumentParser(description="SPECTER's values of the spectral metric")
    parser.add_argument("--jets", type=Path, default=ROOT / "smearjax/jets/data/qg_sample.npz")
    parser.add_argument("--out", type=Path, default=ROOT / "tests/data/specter_reference.npz")
    settings = parser.parse_args()
    jax.config.update("jax_enable_x64", True)

    z, y, phi = hardest_particles(settings.jets, 2 * N_PAIRS, WIDTH)
    # Half of the jets are turned so that they lie across φ = ±π.
    phi_turned = phi.copy()
    phi_turned[::2] = np.remainder(phi[::2] - phi[::2, :1] + 2 * np.pi, 2 * np.pi) - np.pi
    phi_turned = np.where(z > 0, phi_turned, 0.0)
    directions = np.stack((np.cos(phi), np.sin(phi), np.sinh(y)), axis=-1)
    energy = z * np.cosh(y)
    energy /= energy.sum(axis=1, keepdims=True)

    events = {
        "euclidean": np.stack((z, y, phi), axis=-1),
        "cylindrical": np.stack((z, y, phi_turned), axis=-1),
        "spherical": np.concatenate((energy[..., None], directions), axis=-1),
    }
    values = {
        metric: np.stack([specter_values(e[:N_PAIRS], e[N_PAIRS:], metric, b) for b in BETAS])
        for metric, e in events.items()
    }
    np.savez_compressed(
        settings.out,
        z=z,
        y=y,
        phi=phi,
        phi_turned=phi_turned,
        beta=np.array(BETAS),
        specterpy_version=np.array(version("specterpy")),
        convention=np.array(
            "jet i against jet i + 20; value[k, i] = integral of (q_A - q_B)^2 with "
            "q = omega^beta/beta, beta = beta[k]; euclidean: z, y, phi; "
            "cylindrical: z, y, phi_turned; "
            "spherical: omega = 1 - cos(theta), weights z*cosh(y) normalised to 1"
        ),
        euclidean=values["euclidean"],
        cylindrical=values["cylindrical"],
        spherical=values["spherical"],
    )
    for metric, value in values.items():
        print(f"{metric:>12}: {value.min():.3e} … {value.max():.3e}, {np.isnan(value).sum()} NaN")
    print(f"{settings.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
