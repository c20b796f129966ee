"""Do R and B read scales that were planted, and where do AUC and cross-entropy point?

    python experiments/planted.py                                        # toy jets: 15 minutes
    python experiments/planted.py --only w --w W_FILE --data FILES       # W against quark jets
    python experiments/planted.py --only cores --data FILES              # the second generator

Settings are frozen in planted.toml. Each case's numbers are kept in a file of its own under
--out, so that an interrupted run goes on where it stopped; the table and figures are of all cases
that are there. W jets come from smearjax generate --n-quark 0 --n-gluon 0 --n-w 5000 --seed 4106.
"""

from __future__ import annotations

import argparse
import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from _common import epsilon_grid, kept, load_all, say
from planted_figures import W_MASS, draw, nearest_peak
from tqdm import tqdm

from smearjax import Jets, SmearedLikelihood, epsilon_curve, information, load_jets
from smearjax.jets import concatenate, split_rows
from smearjax.metric import Cloud, count_pairs, exact_squared_distances
from smearjax.observables import jet_mass
from smearjax.planted import cores, few_emissions, kappa, plant, plant_at
from smearjax.smearing import agreed_scales, permuted, scale_peaks

CONFIG = tomllib.loads((Path(__file__).parent / "planted.toml").read_text())
CURVES = {"R": "minus_dR", "B": "minus_dB"}


def measured(jets: Jets, with_auc: bool = True, permutations: int = 0) -> dict[str, Any]:
    """Curves and peaks of labelled jets, on all of them and on two halves."""
    setting = CONFIG["grid"]
    grid = epsilon_grid(setting["epsilon"])
    asked = {"replicas": setting["replicas"], "seed": setting["seed"]}
    likelihood = SmearedLikelihood(jets)
    info = information(likelihood, grid, **asked, progress=True)
    halves = [
        information(likelihood.restrict(rows), grid, **asked)
        for rows in split_rows(jets, (0.5, 0.5), setting["seed"])
    ]
    names = [f"{curve}{part}" for curve in CURVES.values() for part in ("", "_err")]
    found: dict[str, Any] = {
        "n_jets": info.n_jets,
        "epsilon": grid.tolist(),
        "curves": {name: getattr(info, name).tolist() for name in names},
        "peaks": {
            name: [vars(peak) for peak in scale_peaks(info, curve)]
            for name, curve in CURVES.items()
        },
        "agreed": agreed_scales([info, *halves]),
    }
    if with_auc:
        curve = epsilon_curve(likelihood, None, grid, replicas=10, seed=setting["seed"])
        for name, slope in (("AUC", curve.minus_dauc), ("CE", curve.dcross_entropy)):
            found["curves"][name] = slope.tolist()
            found["peaks"][name] = [{"epsilon": float(grid[np.argmax(slope)])}]
        found["empty_fraction"] = curve.empty_fraction.tolist()
    if permutations:
        null = permuted(
            likelihood, grid, permutations=permutations, seed=setting["seed"], progress=True
        )
        found["p_values"] = {name: null.p_value(info, curve) for name, curve in CURVES.items()}
        found["null_bands"] = {c: null.band(c).tolist() for c in CURVES.values()}
    return found


def planted_case(
    nuisance: Jets, epsilon0: list[float], presence: list[float], seed: int, angle: list[float]
) -> dict[str, Any]:
    """One set of planted jets, measured, with what was planted."""
    quark, gluon = presence
    plants = [
        plant_at(scale, nuisance, quark=quark, gluon=gluon, angle=where)
        for scale, where in zip(epsilon0, angle, strict=True)
    ]
    planted = plant(nuisance, plants, seed)
    distances = [planted.distances(k) for k in range(len(plants))]
    scales = [float(np.median(some)) for some in distances]
    label = planted.jets.label
    null = quark == gluon
    found = measured(
        planted.jets,
        with_auc=not null,
        permutations=CONFIG["grid"]["permutations"] if null else 0,
    )
    near = count_pairs(Cloud(planted.jets), np.sort(scales))
    return found | {
        "planted": scales,
        "spread": [np.quantile(some, (0.16, 0.84)).tolist() for some in distances],
        "momentum": [one.momentum for one in plants],
        "presence": [
            [float(planted.present[label == c, k].mean()) for c in (1, 0)]
            for k in range(len(plants))
        ],
        "cross_pairs_below": near.gq.tolist(),
        "kappa": None if null else dict(zip(CURVES, kappa(quark, gluon), strict=True)),
    }


def toy_cases() -> dict[str, Callable[[], dict[str, Any]]]:
    """One plant at every scale and presence, two plants, and one that tells nothing."""
    one, two, none = (CONFIG[name] for name in ("few_emissions", "two_plants", "none"))
    cases: dict[str, Callable[[], dict[str, Any]]] = {}
    for scale in one["epsilon0"]:
        for presence in one["presences"]:
            name = f"few_{scale:g}_{presence[0]:g}_{presence[1]:g}"
            cases[name] = lambda scale=scale, presence=presence: planted_case(
                few_emissions(one["jets"], one["seed"]), [scale], presence, one["seed"], [0.4]
            )
    cases["two"] = lambda: planted_case(
        few_emissions(two["jets"], two["seed"]),
        two["epsilon0"],
        two["presence"],
        two["seed"],
        two["angle"],
    )
    cases["none"] = lambda: planted_case(
        few_emissions(none["jets"], none["seed"]),
        [none["epsilon0"]],
        none["presence"],
        none["seed"],
        [0.4],
    )
    return cases


def cores_cases(data: list[str]) -> dict[str, Callable[[], dict[str, Any]]]:
    """The second generator: plants in the cores of real jets."""
    asked = CONFIG["cores"]

    def case(scale: float, presence: list[float]) -> dict[str, Any]:
        nuisance = cores(load_all(data)[: asked["jets"]], seed=asked["seed"])
        return planted_case(nuisance, [scale], presence, asked["seed"], [0.4])

    return {
        f"cores_{scale:g}_{presence[0]:g}_{presence[1]:g}": lambda s=scale, p=presence: case(s, p)
        for scale in asked["epsilon0"]
        for presence in asked["presences"]
    }


def w_case(path: str, data: list[str], narrow: bool) -> dict[str, Any]:
    """W → ud against as many quark jets, or against what lies within .1 of their hardest particle.

    A W lies √2 m_W from a jet of one particle. What separates the classes is its distance to quark
    jets, which radiate: the scale is the median of that, over W jets that hold the whole W.
    """
    half = CONFIG["w"]["jets"] // 2
    bosons = load_jets(path)[:half]
    quarks = load_jets(data[0])
    quarks = quarks[np.asarray(quarks.label) == 1][:half]
    if narrow:
        quarks = cores(quarks)
    quarks = quarks.replace(label=np.zeros(len(quarks), np.int8))
    jets = concatenate([bosons.replace(pid=None), quarks.replace(pid=None)])
    whole, heavy = (np.abs(jet_mass(some) - W_MASS) < 10 for some in (bosons, quarks))
    rng = np.random.default_rng(CONFIG["w"]["seed"])
    pairs = np.stack(
        [rng.choice(np.flatnonzero(whole), 20_000), rng.integers(0, len(quarks), 20_000)], axis=1
    )
    pt_ref = float(np.mean(jets.total_pt, dtype=np.float64))
    apart = pt_ref * np.sqrt(exact_squared_distances(bosons, quarks, pairs))
    scale = float(np.median(apart))
    presence = (float(whole.mean()), float(heavy.mean()))
    return measured(jets, permutations=CONFIG["grid"]["permutations"]) | {
        "planted": [scale],
        "spread": [np.quantile(apart, (0.16, 0.84)).tolist()],
        "root_two_m_w": float(np.sqrt(2) * W_MASS),
        "presence": [list(presence)],
        "cross_pairs_below": count_pairs(Cloud(jets), [scale]).gq.tolist(),
        "kappa": dict(zip(CURVES, kappa(*presence), strict=True)),
    }


def table(found: dict[str, dict[str, Any]]) -> str:
    """What was planted and what each curve says, as √2 ε_peak/κ over ε0."""
    head = f"{'case':<18}{'ε0':>8}{'pairs < ε0':>12}{'R':>16}{'B':>16}{'AUC':>8}{'CE':>8}  agreed"
    lines = [head]
    for name, case in found.items():
        if case["kappa"] is None:
            p = case["p_values"]
            lines.append(f"{name:<18} p-values: R {p['R']:.3f}, B {p['B']:.3f}; {case['peaks']}")
            continue
        for k, scale in enumerate(case["planted"]):
            cells = [f"{name:<18}{scale:8.2f}{case['cross_pairs_below'][k]:12,}"]
            for curve in ("R", "B"):
                unit = np.sqrt(2) / case["kappa"][curve] / scale
                near = nearest_peak(case["peaks"][curve], 1 / unit)
                cells.append("none".rjust(16))
                if near:
                    ratio, error = unit * near["epsilon"], unit * near["epsilon_err"]
                    cells[-1] = f"{ratio:.3f} ± {error:.3f}".rjust(16)
            for curve in ("AUC", "CE"):
                peak = case["peaks"][curve][0]["epsilon"]
                cells.append(f"{np.sqrt(2) * peak / case['kappa']['B'] / scale:8.2f}")
            cells.append(f"  {len(case['agreed'])} of {len(case['planted'])}")
            lines.append("".join(cells))
    return "\n".join(lines)


def main() -> None:
    """Measure what is missing, print the table, draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("results/planted"))
    parser.add_argument("--only", choices=["toy", "cores", "w"], nargs="*", default=["toy"])
    parser.add_argument("--data", nargs="*", default=["sample"], help="files that load_jets reads")
    parser.add_argument("--w", help="a file of W jets, from smearjax generate")
    chosen = parser.parse_args()
    cases: dict[str, Callable[[], dict[str, Any]]] = {}
    if "toy" in chosen.only:
        cases |= toy_cases()
    if "cores" in chosen.only:
        cases |= cores_cases(chosen.data)
    if "w" in chosen.only:
        if chosen.w is None:
            parser.error("--only w needs --w FILE, made with smearjax generate (see above)")
        cases["w"] = lambda: w_case(chosen.w, chosen.data, narrow=False)
        cases["w_narrow"] = lambda: w_case(chosen.w, chosen.data, narrow=True)
    chosen.out.mkdir(parents=True, exist_ok=True)
    names = {"data": [Path(path).name for path in chosen.data], "w": Path(chosen.w or "").name}
    for name, case in tqdm(cases.items(), desc="cases"):
        used = {key: names[key] for key in ("data", "w") if name.startswith(("cores", "w"))}
        kept(chosen.out / f"{name}.json", {"files": used, "config": CONFIG}, case)
    found = {p.stem: json.loads(p.read_text()) for p in sorted(chosen.out.glob("*.json"))}
    say(table(found), chosen.out)
    draw(found, chosen.out)


if __name__ == "__main__":
    main()
