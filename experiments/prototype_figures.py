"""Do the figures of smearjax's prototype come out again?

Before smearjax there was a prototype in plain numpy; what it measured on one file of 20,000 jets
stands in `EXPECTED`. This script measures the same with smearjax, prints "expected | here" and
writes JSON. The expected values belong to that file: on other jets only the right column counts.

    python experiments/prototype_figures.py                       # the 4,000 jets in the package
    python experiments/prototype_figures.py --data FOLDER/qg_pythia_nominal_000.npz
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import jax
import numpy as np
from tqdm import tqdm

from smearjax import Jets, SmearedLikelihood, information, load_jets
from smearjax.evaluate import auc, auc_columns
from smearjax.observables import multiplicity
from smearjax.smearing import HardBall

PT_REF = 525.0  # GeV
JETS = 20_000
BALLS = (4.0, 6.0, 8.0, 10.0, 20.0, 30.0)  # GeV
WIDTHS = tuple(np.arange(2.5, 4.51, 0.25))  # GeV
SCALES = (1.7, 8.1, 37.8)  # GeV
SUBSETS = (1_250, 2_500, 5_000)
BETAS = (0.5, 0.25, 2.0)
# For β ≠ 1 a GeV means something else: scan in units of the median nearest-neighbour distance.
STEPS = tuple(np.geomspace(0.3, 4.0, 12))

# Source: the prototype, on qg_pythia_nominal_000.npz (10,000 quark and 10,000 gluon jets).
EXPECTED: dict[str, tuple[float, ...]] = {
    "multiplicity AUC": (0.837,),
    "hard ball AUC": (0.734, 0.797, 0.813, 0.811, 0.769, 0.750),
    "empty fraction": (0.41, 0.09, 0.02, 0.004, 0.0, 0.0),
    "nearest neighbour": (2.1, 3.7, 8.8),
    "best Gaussian AUC": (0.8214, 0.842, 0.838, 0.775),
    "R": (0.559, 0.579, 0.589, 0.328, 0.341, 0.341, 0.094, 0.092, 0.092),
    "B": (0.360, 0.347, 0.350, 0.216, 0.217, 0.214, 0.062, 0.059, 0.060),
}


@dataclass(frozen=True)
class Row:
    """One figure of the prototype and the same here; `bar` is how far apart they may be."""

    name: str
    expected: float
    here: float
    bar: float

    @property
    def agrees(self) -> bool:
        """Whether the two are within the bar."""
        return abs(self.here - self.expected) <= self.bar


def gaussian_scan(likelihood: SmearedLikelihood, epsilon: tuple[float, ...]) -> list[float]:
    """Leave-one-out AUC over all jets at each ε, one pass over the pairs for each."""
    label = np.asarray(likelihood.label)
    scores = (likelihood.score(None, width)[0] for width in tqdm(epsilon, desc="Gaussian"))
    return [auc(np.asarray(score), label) for score in scores]


def hard_balls(likelihood: SmearedLikelihood) -> tuple[np.ndarray, np.ndarray]:
    """AUC over all jets and fraction of empty balls at each ε of BALLS."""
    hard = likelihood.with_kernel(HardBall())
    scores = np.asarray(hard.score(None, BALLS))
    empty = np.asarray(hard.balls(None, BALLS).empty).mean(axis=1)
    return auc_columns(scores.T, np.asarray(hard.label)), empty


def nearest_neighbour(likelihood: SmearedLikelihood) -> np.ndarray:
    """Distance from each jet to its nearest other jet, GeV."""
    return np.sqrt(np.asarray(likelihood.leave_one_out.nearest).min(axis=1))


def scales_rows(likelihood: SmearedLikelihood, count: int) -> list[Row]:
    """R and B of the file's first jets in three subsets; 3 standard errors are allowed."""
    rows = []
    for n, size in enumerate(size for size in SUBSETS if size <= count):
        found = information(likelihood.restrict(np.arange(size)), SCALES, progress=True)
        for name, values, errors in (("R", found.R, found.R_err), ("B", found.B, found.B_err)):
            for e, scale in enumerate(SCALES):
                expected = EXPECTED[name][3 * e + n]
                label = f"{name}({scale} GeV), {size:,} jets"
                rows.append(Row(label, expected, float(values[e]), 3 * float(errors[e])))
    return sorted(rows, key=lambda row: row.name[0], reverse=True)


def measure(jets: Jets) -> tuple[list[Row], dict[str, list]]:
    """Every figure, and the scans behind the best ones."""
    by_count = auc(-multiplicity(jets), jets.label)
    rows = [Row("multiplicity AUC", EXPECTED["multiplicity AUC"][0], by_count, 0.001)]
    likelihood = SmearedLikelihood(jets, pt_ref=PT_REF)

    areas, empty = hard_balls(likelihood)
    for name, values, bar in (("hard ball AUC", areas, 0.004), ("empty fraction", empty, 0.01)):
        rows += [
            Row(f"{name}, ε = {ball:g} GeV", expected, float(value), bar)
            for ball, expected, value in zip(BALLS, EXPECTED[name], values, strict=True)
        ]
    distance = nearest_neighbour(likelihood)
    percentiles = dict(zip((1, 50, 99), EXPECTED["nearest neighbour"], strict=True))
    rows += [
        Row(f"nearest neighbour, {p} % [GeV]", known, float(np.percentile(distance, p)), 0.1)
        for p, known in percentiles.items()
    ]

    scans = {"1": [list(WIDTHS), gaussian_scan(likelihood, WIDTHS)]}
    for beta in BETAS:
        other = SmearedLikelihood(jets, pt_ref=PT_REF, beta=beta)
        widths = tuple(float(np.median(nearest_neighbour(other))) * np.array(STEPS))
        scans[f"{beta:g}"] = [list(widths), gaussian_scan(other, widths)]
    for (beta, (widths, values)), expected in zip(
        scans.items(), EXPECTED["best Gaussian AUC"], strict=True
    ):
        best = int(np.argmax(values))
        rows.append(Row(f"Gaussian AUC, β = {beta}, best ε = {widths[best]:.3g} GeV", expected,
                        values[best], 0.003))  # fmt: skip
    return rows + scales_rows(likelihood, len(jets)), scans


def machine() -> dict[str, str | int | None]:
    """What the figures were measured on."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    model = next((line.split(":")[1].strip() for line in lines if "model name" in line), "")
    return {
        "cpu": model or platform.processor(),
        "cores": os.cpu_count(),
        "system": platform.platform(terse=True),
        "devices": ", ".join(str(device) for device in jax.devices()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="do the prototype's figures come out again?")
    parser.add_argument("--data", default="sample", help="jets file (default: embedded sample)")
    parser.add_argument("--out", type=Path, default=Path("results/prototype_figures.json"))
    settings = parser.parse_args()

    begin = time.perf_counter()
    jets = load_jets(settings.data)
    rows, scans = measure(jets)
    seconds = time.perf_counter() - begin

    comparable = len(jets) == JETS
    print(f"\n{len(jets):,} jets, pT_ref {PT_REF:g} GeV, leave-one-out, {seconds:.0f} s")
    if not comparable:
        print(f"The expected values belong to other jets ({JETS:,} of them).")
    print("| figure | expected | here | bar ± | within |\n|---|---|---|---|---|")
    for row in rows:
        verdict = ("yes" if row.agrees else "NO") if comparable else ""
        print(f"| {row.name} | {row.expected:.4g} | {row.here:.4f} | {row.bar:.2g} | {verdict} |")

    packages = ("smearjax", "jax", "jaxlib", "numpy", "equinox")
    report = {
        "data": Path(settings.data).name,
        "n_jets": len(jets),
        "pt_ref_gev": PT_REF,
        "expected_from": "prototype, qg_pythia_nominal_000.npz",
        "comparable": comparable,
        "rows": [asdict(row) | {"agrees": row.agrees} for row in rows],
        "gaussian_scans": {beta: dict(zip(("epsilon_gev", "auc"), scan, strict=True))
                           for beta, scan in scans.items()},
        "machine": machine(),
        "versions": {"python": platform.python_version()} | {p: version(p) for p in packages},
        "seconds": round(seconds, 1),
    }  # fmt: skip
    settings.out.parent.mkdir(parents=True, exist_ok=True)
    settings.out.write_text(json.dumps(report, indent=1))
    print(f"written to {settings.out}")


if __name__ == "__main__":
    main()
