"""Where hadronisation, multiparton interactions and α_s enter: R(ε) and B(ε) in variations.

    python experiments/shower.py                             # the 4,000 jets in the package
    python experiments/shower.py --nominal FILES --hadoff FILE --mpioff FILE --as118 FILE

Quark against gluon jets, nominal and in each variation; nominal against varied jets of one kind
(label 1 = nominal) with the band of permuted labels; quark against gluon jets in bins of jet pT.
Settings are frozen in shower.toml. Each comparison has a JSON file of its own under --out, so that
an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from _common import epsilon_grid, kept, load_all, say
from shower_figures import difference, draw
from tqdm import tqdm

from smearjax import Jets, SmearedLikelihood, information
from smearjax.jets import concatenate
from smearjax.smearing import NullBand, permuted, scale_peaks

CONFIG = tomllib.loads((Path(__file__).parent / "shower.toml").read_text())
PT_REF = CONFIG["jets"]["pt_ref"]
VARIATIONS = {"hadoff": "no hadronisation", "mpioff": "no MPI", "as118": "α_s = 0.118"}
CURVES = ("R", "B", "minus_dR", "minus_dB")
KINDS = {"quark": 1, "gluon": 0}
SHOWN = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)  # GeV
Case = dict[str, Any]


def measured(jets: Jets, pt_ref: float = PT_REF, permutations: int = 0) -> Case:
    """R, B, their slopes and peaks; with permutations also where the curves exceed these."""
    asked = {"seed": CONFIG["grid"]["seed"], "progress": True}
    likelihood = SmearedLikelihood(jets, pt_ref=pt_ref)
    grid = epsilon_grid(CONFIG["grid"]["epsilon"])
    info = information(likelihood, grid, replicas=CONFIG["grid"]["replicas"], **asked)
    names = [f"{curve}{part}" for curve in CURVES for part in ("", "_err")]
    found: Case = {
        "n_jets": info.n_jets,
        "pt_ref": pt_ref,
        "epsilon": grid.tolist(),
        "curves": {name: getattr(info, name).tolist() for name in names},
        "peaks": {c: [vars(peak) for peak in scale_peaks(info, c)] for c in CURVES[2:]},
    }
    if permutations:
        null = permuted(likelihood, grid, permutations=permutations, **asked)
        found["null"] = {
            c: exceeded(null, c, getattr(info, c)) | {"p_value": null.p_value(info, c)}
            for c in CURVES
        }
    return found


def exceeded(null: NullBand, curve: str, values: np.ndarray) -> Case:
    """The line below which 95 % of the permutations stay at every ε, and where the curve is above.

    It is one number of standard deviations above the mean, so that all ε are paid for.
    """
    rows = getattr(null, curve)
    mean, spread = rows.mean(axis=0), rows.std(axis=0, ddof=1)
    highest = np.quantile(np.nanmax((rows - mean) / spread, axis=1), 0.95)
    upper = mean + highest * spread
    return {"mean": mean.tolist(), "upper": upper.tolist(), "outside": (values > upper).tolist()}


def some_of_each(jets: Jets, number: int) -> Jets:
    """The first jets of each label, half the number of each."""
    label = np.asarray(jets.label)
    rows = [np.flatnonzero(label == c)[: number // 2] for c in KINDS.values()]
    return jets[np.sort(np.concatenate(rows))]


def populations(nominal: Jets, varied: Jets, kind: str, number: int) -> Jets:
    """Jets of one kind, labelled 1 where they are nominal."""
    parts = []
    for label, jets in ((1, nominal), (0, varied)):
        some = jets[np.flatnonzero(np.asarray(jets.label) == KINDS[kind])[: number // 2]]
        parts.append(some.replace(label=np.full(len(some), label, np.int8)))
    return concatenate(parts)


def jet_pt(jets: Jets) -> np.ndarray:
    """Transverse momentum of each jet's vector sum in GeV, by which the jets were selected."""
    pt = np.where(jets.mask, jets.pt, 0.0)
    return np.abs(np.sum(pt * np.exp(1j * np.asarray(jets.phi, np.float64)), axis=1))


def in_bin(jets: Jets, low: float, high: float, number: int) -> Case:
    """Quark against gluon jets of one bin of pT, in GeV at the mean pT of the bin."""
    pt = jet_pt(jets)
    inside = some_of_each(jets[np.flatnonzero((pt >= low) & (pt < high))], number)
    return measured(inside, float(jet_pt(inside).mean()))


def cases(files: dict[str, list[str]], number: int) -> dict[str, Callable[[], Case]]:
    """Every comparison for which there are files."""

    @cache
    def jets(name: str) -> Jets:
        return load_all(files[name])

    here = [name for name in VARIATIONS if files[name]]
    found: dict[str, Callable[[], Case]] = {
        name: lambda name=name: measured(some_of_each(jets(name), number))
        for name in ("nominal", *here)
    }
    permutations = CONFIG["grid"]["permutations"]
    for name in here:
        for kind in KINDS:
            found[f"{name}_{kind}"] = lambda name=name, kind=kind: measured(
                populations(jets("nominal"), jets(name), kind, number), permutations=permutations
            )
    for low, high in CONFIG["pt"]["bins"]:
        found[f"pt_{low}_{high}"] = lambda low=low, high=high: in_bin(
            jets("nominal"), low, high, number
        )
    return found


def table(found: dict[str, Case]) -> str:
    """R and B of every comparison at some ε, and where populations differ significantly."""
    lines = [f"{'':<18}" + "".join(f"{f'{e:g} GeV':>18}" for e in SHOWN)]
    for name, case in found.items():
        lines += [row(f"{name} {curve}", case, curve) for curve in ("R", "B")]
        for curve, peaks in case["peaks"].items():
            lines += [f"{'':<18}  peak of {curve}: {peak_text(peak)}" for peak in peaks]
        for curve, null in case.get("null", {}).items():
            where = np.array(case["epsilon"])[null["outside"]]
            span = f"{where.min():.2g} … {where.max():.3g} GeV" if len(where) else "nowhere"
            lines.append(f"{'':<18}  {curve} differs at {span}; p = {null['p_value']:.3f}")
    first, *others = [name for name in found if name.startswith("pt_")]
    for name in others:
        lines.append(f"{name} − {first} at equal ε, then at equal ε/pT")
        for per_pt in (False, True):
            change = difference(found[name], found[first], "R", per_pt)
            lines.append(row("  R", change, "R"))
    return "\n".join(lines)


def row(name: str, case: Case, curve: str) -> str:
    """One curve at the ε that are shown."""
    value, error = (
        np.interp(np.log(SHOWN), np.log(case["epsilon"]), case["curves"][f"{curve}{part}"])
        for part in ("", "_err")
    )
    cells = [f"{v:.4f} ± {e:.4f}".rjust(18) for v, e in zip(value, error, strict=True)]
    return f"{name:<18}" + "".join(cells)


def peak_text(peak: dict[str, float]) -> str:
    """Where a peak is and how surely."""
    return "ε = {epsilon:.3g} ± {epsilon_err:.2g} GeV, {significance:.1f} σ".format(**peak)


def main() -> None:
    """Measure what is missing, print the table, draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nominal", nargs="+", default=["sample"], help="files of nominal jets")
    for name, what in VARIATIONS.items():
        parser.add_argument(f"--{name}", nargs="+", default=[], help=f"files of jets with {what}")
    parser.add_argument("--jets", type=int, default=CONFIG["jets"]["number"],
                        help="jets of each comparison at most, both labels together")  # fmt: skip
    parser.add_argument("--out", type=Path, default=Path("results/shower"))
    chosen = parser.parse_args()
    files = {name: getattr(chosen, name) for name in ("nominal", *VARIATIONS)}
    chosen.out.mkdir(parents=True, exist_ok=True)
    names = {name: [Path(path).name for path in paths] for name, paths in files.items()}
    settings = {"config": CONFIG, "jets": chosen.jets}
    found = {}
    for name, case in tqdm(cases(files, chosen.jets).items(), desc="comparisons"):
        used = {k: v for k, v in names.items() if k == "nominal" or name.startswith(k)}
        found[name] = kept(chosen.out / f"{name}.json", settings | {"files": used}, case)
    say(table(found), chosen.out)
    draw(found, chosen.out)


if __name__ == "__main__":
    main()
