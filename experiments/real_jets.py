"""Quark and gluon jets smeared over balls of radius ε: AUC, ROC curves, ln L, R and B against ε.

    python experiments/real_jets.py                   # the 4,000 jets in the package, a minute
    python experiments/real_jets.py --data FILES      # 25 minutes at most

The smearing is that of arXiv:2501.07643, on real jets, with errors. Everything is leave-one-out:
each jet is asked for its likelihood ratio among all the others. Jets with an empty ball tie in AUC
and ROC curves (ln L = 0), are in no histogram of ln L, and are counted beside both. Settings are
frozen in real_jets.toml. Each part has a JSON file of its own under --out, so that an interrupted
run goes on where it stopped.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from _common import epsilon_grid, kept, load_all, options, say
from real_jets_figures import draw
from tqdm import tqdm

from smearjax import SmearedLikelihood, epsilon_curve, information
from smearjax.evaluate import auc, bootstrap_weights, roc_curve
from smearjax.jets import split_rows
from smearjax.smearing import Gaussian, HardBall, Information, agreed_scales, scale_peaks

CONFIG = tomllib.loads(Path(__file__).with_suffix(".toml").read_text())
SEED = CONFIG["jets"]["seed"]
KERNELS = {"gaussian": Gaussian(), "hard_ball": HardBall()}
CLASSES = {"gluon": 0, "quark": 1}
PARTS = ("all", "first half", "second half")
# Quark efficiencies of the ROC curves; one of them is ½.
EFFICIENCY = np.arange(1, 51) / 50
Part = dict[str, Any]


@cache
def likelihood(files: tuple[str, ...]) -> SmearedLikelihood:
    """So many of the jets as the settings say, both labels alike; all if there are fewer."""
    jets, number = load_all(files), CONFIG["jets"]["number"]
    if number < len(jets):
        jets = jets[split_rows(jets, (number / len(jets), 1 - number / len(jets)), SEED)[0]]
    return SmearedLikelihood(jets, pt_ref=CONFIG["jets"]["pt_ref"])


def auc_part(files: tuple[str, ...], kernel: str) -> Part:
    """AUC(ε) and its slope, with what the balls held."""
    asked = CONFIG["auc"]
    curve = epsilon_curve(
        likelihood(files).with_kernel(KERNELS[kernel]),
        None,
        epsilon_grid(asked["epsilon"]),
        replicas=asked["replicas"],
        seed=SEED,
        progress=True,
    )
    return {name: np.asarray(value).tolist() for name, value in vars(curve).items()}


def balls_part(files: tuple[str, ...], kernel: str) -> Part:
    """ROC curve and distributions of ln L at each ε."""
    asked = CONFIG["balls"]
    smeared = likelihood(files).with_kernel(KERNELS[kernel])
    label = np.asarray(smeared.label)
    found: Part = {"n_jets": np.bincount(label).tolist(), "efficiency": EFFICIENCY.tolist()}
    found["convention"] = smeared.convention
    grid = asked["epsilon"]
    scores = np.asarray(smeared.score(None, grid))
    ratios = np.asarray(smeared.log_ratio(None, grid))
    empties = np.asarray(smeared.balls(None, grid).empty)
    every = tqdm(zip(grid, scores, ratios, empties, strict=True), f"{kernel}: ROC", len(grid))
    for epsilon, score, ratio, empty in every:
        found[f"{epsilon:g}"] = roc(score, label) | histograms(ratio, label, empty)
    return found


def roc(score: np.ndarray, label: np.ndarray) -> Part:
    """ε_g at the quark efficiencies with errors: jets resampled as test jets, scores as they are.

    AUC likewise.
    """
    counts = bootstrap_weights(len(label), CONFIG["balls"]["replicas"], SEED)
    curves, areas = [], []
    for weight in (np.ones(len(label)), *counts):
        curve = roc_curve(score, label, weight)
        efficiencies = (curve.signal_efficiency, curve.background_efficiency)
        curves.append(np.interp(EFFICIENCY, *efficiencies))
        areas.append(auc(score, label, weight))
    return {
        "gluon_efficiency": curves[0].tolist(),
        "gluon_efficiency_err": np.std(curves[1:], axis=0, ddof=1).tolist(),
        "auc": areas[0],
        "auc_err": float(np.std(areas[1:], ddof=1)),
    }


def histograms(ratio: np.ndarray, label: np.ndarray, empty: np.ndarray) -> Part:
    """Numbers of jets in bins of ln L, by class; jets with an empty ball are in no bin.

    What lies outside of the bins is in the first and the last.
    """
    # With two near 0, so that there is a range where every ball is empty.
    low, high = np.quantile(np.append(ratio[~empty], (-0.01, 0.01)), (0.003, 0.997))
    edges = np.linspace(low, high, CONFIG["balls"]["bins"] + 1)
    inside = np.clip(ratio, edges[0], edges[-1])
    found: Part = {"edges": edges.tolist()}
    for name, c in CLASSES.items():
        found[name] = np.histogram(inside[(label == c) & ~empty], edges)[0].tolist()
        found[f"{name}_empty"] = float(empty[label == c].mean())
        found[f"{name}_mean"] = float(ratio[label == c].mean())
        found[f"{name}_sd"] = float(ratio[label == c].std())
    return found


def information_part(files: tuple[str, ...], name: str) -> Part:
    """R, B and their slopes of all jets or of one half, with every replica."""
    asked = CONFIG["information"]
    smeared = likelihood(files)
    shares = parts_of(np.asarray(smeared.label), asked["number"])
    info = information(
        smeared.restrict(shares[PARTS.index(name)]),
        epsilon_grid(asked["epsilon"]),
        replicas=asked["replicas"],
        seed=SEED,
        progress=True,
    )
    return {name: np.asarray(value).tolist() for name, value in vars(info).items()}


def parts_of(label: np.ndarray, number: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row numbers of the first so many jets, half of each label, and of two halves of them."""
    rows = [np.flatnonzero(label == c)[: number // 2] for c in CLASSES.values()]
    halves = [np.sort(np.concatenate([some[h::2] for some in rows])) for h in (0, 1)]
    return np.sort(np.concatenate(halves)), halves[0], halves[1]


def restored(part: Part) -> Information:
    """`Information` as it was before it was written down."""
    names = Information.__dataclass_fields__
    values = {name: np.array(part[name]) for name in names if name != "n_jets"}
    return Information(**values, n_jets=tuple(part["n_jets"]))


def jets_text(part: Part) -> str:
    """How many jets a part is from."""
    gluons, quarks = part["n_jets"]
    return f"{quarks:,} quark and {gluons:,} gluon jets"


def table(found: dict[str, Part]) -> str:
    """Every number that the figures show, with its error and the jets it is from."""
    convention = found["balls_gaussian"]["convention"].items()
    lines = [", ".join(f"{name} {value}" for name, value in convention if name != "kernel")]
    for kernel in KERNELS:
        part = found[f"auc_{kernel}"]
        lines += [
            "",
            f"AUC(ε), {kernel}, leave-one-out, {jets_text(part)}; 68 %, both test and reference",
            "  ε [GeV]   AUC                     empty   one class   non-empty AUC   dAUC/dlnε",
        ]
        names = ("epsilon", "auc", "auc_lo", "auc_hi", "empty_fraction", "one_class_fraction",
                 "auc_nonempty", "minus_dauc", "minus_dauc_err")  # fmt: skip
        for e, value, low, high, empty, one, full, slope, error in zip(
            *(part[name] for name in names), strict=True
        ):
            lines.append(
                f"{e:9.3g}   {value:.4f} (+{high - value:.4f} −{value - low:.4f})   {empty:6.2%}"
                f"   {one:6.2%}      {full:.4f}          {-slope:+.4f} ± {error:.4f}"
            )
    for kernel in KERNELS:
        lines += ["", *balls_lines(kernel, found[f"balls_{kernel}"])]
    infos = [restored(found[f"information_{name}"]) for name in PARTS]
    for name, info in zip(PARTS, infos, strict=True):
        lines += ["", f"{name}: {info}"]
        for curve in ("minus_dR", "minus_dB"):
            lines += [f"  peak of {curve}: {peak}" for peak in scale_peaks(info, curve)]
    agreed = agreed_scales(infos)
    lines += ["", "Scales on which R and B of all and of both halves agree within 20 %:"]
    lines += [", ".join(f"{e:.3g} GeV" for e in scale) for scale in agreed] or ["none"]
    return "\n".join(lines)


def balls_lines(kernel: str, part: Part) -> list[str]:
    """1/ε_g, AUC and ln L of one kernel at each ε."""
    half = part["efficiency"].index(0.5)
    lines = [
        f"ROC and ln L, {kernel}, leave-one-out, {jets_text(part)}; errors of the test jets alone",
        "  ε [GeV]   1/ε_g at ε_q = 50 %   AUC                ⟨ln L⟩ ± s.d. of quarks, of gluons"
        "   empty q, g",
    ]
    for epsilon in CONFIG["balls"]["epsilon"]:
        at = part[f"{epsilon:g}"]
        passing, error = at["gluon_efficiency"][half], at["gluon_efficiency_err"][half]
        means = "   ".join(
            f"{at[f'{c}_mean']:+.3f} ± {at[f'{c}_sd']:.3f}" for c in ("quark", "gluon")
        )
        empty = ", ".join(f"{at[f'{c}_empty']:.2%}" for c in ("quark", "gluon"))
        lines.append(
            f"{epsilon:9.3g}   {1 / passing:6.2f} ± {error / passing**2:.2f}         "
            f"{at['auc']:.4f} ± {at['auc_err']:.4f}    {means}          {empty}"
        )
    return lines


def main() -> None:
    """Measure what is missing, print the tables, draw."""
    chosen = options(__doc__, "real_jets")
    files = tuple(chosen.data)
    settings = {"config": CONFIG, "files": [Path(path).name for path in files]}
    cases = [("auc", auc_part, KERNELS), ("balls", balls_part, KERNELS)]
    cases += [("information", information_part, PARTS)]
    found = {
        f"{kind}_{name}": kept(
            chosen.out / f"{kind}_{name}.json".replace(" ", "_"),
            settings,
            lambda measure=measure, name=name: measure(files, name),
        )
        for kind, measure, names in cases
        for name in names
    }
    say(table(found), chosen.out)
    draw(found, chosen.out)


if __name__ == "__main__":
    main()
