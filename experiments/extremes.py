"""How near do jets come to one another, and how does that fall with their number?

    python experiments/extremes.py                                    # the jets in the package
    python experiments/extremes.py --data FOLDER/qg_pythia_nominal_*.npz --out results/extremes_all

F(ε) and D(ε) of all pairs, laws of the smallest distance about fixed jets, ε_min(N) and ε*(N) with
local exponents, beside leading logarithm, −1/D and −1/(D + 4). Settings are frozen in
extremes.toml. Each part's numbers are kept in a file of its own under --out, so that an interrupted
run goes on where it stopped; `extremes_figures.py` draws what is there.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
from _common import epsilon_grid, kept, load_all, options, say
from extremes_figures import draw
from tqdm import tqdm

from smearjax import Jets, SmearedLikelihood
from smearjax.extremes import LeadingLog, PairCurve, neighbourhood_fit, pair_distribution
from smearjax.extremes.scaling import Scales, scales_of, scaling_of, subset_rows
from smearjax.jets import split_rows
from smearjax.metric import Cloud, fit_space

CONFIG = tomllib.loads((Path(__file__).parent / "extremes.toml").read_text())
CLASSES = {"gluon": 0, "quark": 1}
KINDS = ("gg", "gq", "qq")
QUANTILES = (0.01, 0.16, 0.5, 0.84, 0.99)


class Data:
    """The jets, embedded once and only when a part needs them."""

    def __init__(self, files: list[str]):
        self.jets: Jets = load_all(files)

    @cached_property
    def likelihood(self) -> SmearedLikelihood:
        """Of all jets."""
        return SmearedLikelihood(self.jets, pt_ref=CONFIG["jets"]["pt_ref"])

    @cached_property
    def clouds(self) -> list[Cloud]:
        """The gluon jets and the quark jets."""
        label, pt_ref = np.asarray(self.jets.label), CONFIG["jets"]["pt_ref"]
        space = fit_space(self.jets, pt_ref=pt_ref)
        return [Cloud(self.jets[label == c], space) for c in CLASSES.values()]


def curve_of(curve: PairCurve) -> dict[str, Any]:
    """A curve as JSON knows it."""
    names = ("F", "F_err", "D", "D_err")
    return {name: getattr(curve, name).tolist() for name in names} | {"n_pairs": curve.n_pairs}


def pairs_part(data: Data) -> dict[str, Any]:
    """F(ε), D(ε) and the distances to the nearest neighbours, class by class."""
    setting, likelihood = CONFIG["pairs"], data.likelihood
    grid = epsilon_grid(setting["epsilon"])
    found = pair_distribution(likelihood, grid, window=setting["window"], progress=True)
    label = np.asarray(likelihood.label)
    nearest = np.sqrt(np.asarray(likelihood.leave_one_out.nearest, np.float64))
    of_kind = {
        "gg": nearest[label == 0, 0],
        "gq": np.concatenate([nearest[label == 0, 1], nearest[label == 1, 0]]),
        "qq": nearest[label == 1, 1],
    }
    return {
        "epsilon": grid.tolist(),
        "n_jets": found.n_jets,
        "curves": {kind: curve_of(getattr(found, kind)) for kind in (*KINDS, "all")},
        "nearest_quantiles": {k: np.quantile(d, QUANTILES).tolist() for k, d in of_kind.items()},
        "nearest_below": {
            kind: (np.searchsorted(np.sort(d), grid, side="right") / len(d)).tolist()
            for kind, d in of_kind.items()
        },
    }


def bootstrap_part(data: Data) -> dict[str, Any]:
    """The two kinds of errors on some of the jets."""
    setting = CONFIG["pairs"]
    asked, seed = setting["bootstrap"], setting["seed"]
    share = min(1.0, asked["jets"] / len(data.jets))
    fractions = (share, 1 - share) if share < 1 else (1.0,)
    some = data.likelihood.restrict(split_rows(data.jets, fractions, seed)[0])
    found = pair_distribution(
        some, epsilon_grid(setting["epsilon"], asked["number"]), window=setting["window"],
        replicas=asked["replicas"], seed=seed, progress=True,
    )  # fmt: skip
    curves = {kind: getattr(found, kind) for kind in KINDS}
    return {
        "epsilon": found.gg.epsilon.tolist(),
        "n_jets": found.n_jets,
        "pairs": {k: np.round(c.F * c.n_pairs).tolist() for k, c in curves.items()},
        "F_err": {k: c.F_err.tolist() for k, c in curves.items()},
        "F_bootstrap": {k: c.F_replicas.std(axis=0, ddof=1).tolist() for k, c in curves.items()},
    }


def neighbourhood_part(data: Data, name: str, size: int) -> dict[str, Any]:
    """Fixed jets of a class, and the nearest of `size` others of it."""
    setting, cloud = CONFIG["neighbourhoods"], data.clouds[CLASSES[name]]
    fixed = np.random.default_rng(setting["seed"]).permutation(len(cloud))[: setting["fixed"]]
    many = min((len(cloud) - len(fixed)) // 2 // size, setting["subsets"]["most"])
    found = neighbourhood_fit(
        cloud, fixed, size, subsets=many, replicas=setting["replicas"], seed=setting["seed"]
    )
    tqdm.write(f"{name} jets: {found}")
    plain = ("nearest", "weibull_p", "shape", "shape_err", "extreme_p", "dimension",
             "dimension_err", "epsilon", "pooled", "pooled_err", "law", "law_err")  # fmt: skip
    return {
        "class": name,
        "size": size,
        "subsets": many,
        "text": str(found),
        "weibull": [found.weibull.shape.tolist(), found.weibull.scale.tolist()],
        "extreme": [getattr(found.extreme, n).tolist() for n in ("c", "location", "scale")],
        "least": np.where(np.isfinite(found.extreme.least), found.extreme.least, None).tolist(),
        "pooled_weibull": [float(found.pooled_weibull.shape[0]),
                           float(found.pooled_weibull.scale[0])],
        "pooled_p": found.pooled_p,
        "typical_dimension": [found.typical_dimension, found.typical_dimension_err],
    } | {key: getattr(found, key).tolist() for key in plain}  # fmt: skip


def scaling_part(data: Data, size: int) -> dict[str, Any]:
    """Nearest distances and best ε of subsets of one size."""
    setting, best = CONFIG["scaling"], CONFIG["scaling"]["best"]
    (rows,) = subset_rows(data.likelihood, [size], setting["subsets"], setting["seed"] + size)
    wanted = best["least"] <= size <= best["most"]
    found = []
    for k, some in enumerate(tqdm(rows, desc=f"{size:,} a class", unit="subset")):
        part = data.likelihood.restrict(some)
        found.append(scales_of(part, best=wanted and k < best["subsets"]))
    return {"size": size, "scales": [list(scales) for scales in found]}


def parts(jets_a_class: int) -> dict[str, Callable[[Data], dict[str, Any]]]:
    """Everything that so many jets allow."""
    near, sizes = CONFIG["neighbourhoods"], CONFIG["scaling"]["sizes"]
    room = (jets_a_class - near["fixed"]) // 2 // near["subsets"]["least"]
    todo: dict[str, Callable[[Data], dict[str, Any]]] = {
        "pairs": pairs_part, "bootstrap": bootstrap_part
    }  # fmt: skip
    for size in (size for size in near["sizes"] if size <= room):
        for name in CLASSES:
            todo[f"near_{name}_{size}"] = partial(neighbourhood_part, name=name, size=size)
    for size in (size for size in sizes if size <= jets_a_class):
        todo[f"scaling_{size}"] = partial(scaling_part, size=size)
    return todo


def summary(found: dict[str, Any]) -> dict[str, Any]:
    """ε_min(N) and ε*(N) with exponents, and those that D and leading logarithm would have."""
    leading = LeadingLog(
        CONFIG["jets"]["alpha_s"], CONFIG["jets"]["pt_ref"], CONFIG["jets"]["radius"]
    )
    every = sorted(
        (v for k, v in found.items() if k.startswith("scaling_")), key=lambda v: v["size"]
    )
    scaling = scaling_of([v["size"] for v in every],
                         [[Scales(*row) for row in v["scales"]] for v in every])  # fmt: skip
    pairs, rows = found["pairs"], {}
    x = np.log(pairs["epsilon"])
    for kind in (*KINDS, "all", "best"):
        curve = getattr(scaling, kind)
        of = pairs["curves"]["all" if kind == "best" else kind]
        d, error = (
            np.interp(np.log(curve.epsilon), x, np.array(of[name], float))
            for name in ("D", "D_err")
        )
        bottom = d + (4 if kind == "best" else 0)
        rows[kind] = {name: getattr(curve, name).tolist() for name in vars(curve)} | {
            "of_dimension": (-1 / bottom).tolist(),
            "of_dimension_err": (error / bottom**2).tolist(),
        }
        if kind in KINDS:
            rows[kind] |= {
                "leading": leading.nearest(kind, curve.number).tolist(),
                "leading_exponent": leading.exponent(kind, curve.number).tolist(),
            }
    epsilon = np.array(pairs["epsilon"])
    rows["leading"] = {
        kind: {
            "F": leading.fraction(kind, epsilon).tolist(),
            "D": leading.dimension(kind, epsilon).tolist(),
        }
        for kind in KINDS
    }
    return rows


def table(found: dict[str, Any]) -> str:
    """What a reader wants to see first."""
    pairs, said = found["pairs"], found["summary"]
    lines = [f"{pairs['n_jets'][0]:,} gluon and {pairs['n_jets'][1]:,} quark jets", "",
             "ε [GeV]" + "".join(f"   D_{k} (leading log)     " for k in KINDS)]  # fmt: skip
    for epsilon in (3.0, 5.0, 10.0, 20.0, 50.0):
        e = int(np.argmin(np.abs(np.log(np.array(pairs["epsilon"]) / epsilon))))
        cells = [f"{pairs['epsilon'][e]:7.2f}"]
        for kind in KINDS:
            curve, leading = pairs["curves"][kind], said["leading"][kind]["D"][e]
            cells.append(f"   {curve['D'][e]:6.3f} ± {curve['D_err'][e]:.3f} ({leading:.2f})  ")
        lines.append("".join(cells))
    boot = found["bootstrap"]
    lines += ["", f"error of F, bootstrap over U-statistic, {sum(boot['n_jets']):,} jets (pairs)"]
    for e, epsilon in enumerate(boot["epsilon"]):
        if min(boot["pairs"][kind][e] for kind in KINDS) > 0 and boot["epsilon"][e] < 60:
            ratios = (
                f"   {kind} {boot['F_bootstrap'][kind][e] / boot['F_err'][kind][e]:.2f} "
                f"({boot['pairs'][kind][e]:,.0f})" for kind in KINDS
            )  # fmt: skip
            lines.append(f"{epsilon:7.2f} GeV" + "".join(ratios))
    for kind in (*KINDS, "all", "best"):
        rule = "−1/(D + 4)" if kind == "best" else "−1/D"
        lines += ["", f"{kind:<5} N      ε [GeV]          exponent          {rule:<18}leading log"]
        row = said[kind]
        for s, number in enumerate(row["number"]):
            if not np.isfinite(row["epsilon"][s]):
                continue
            cells = f"{number:10,.0f}  {row['epsilon'][s]:6.3f} ± {row['epsilon_err'][s]:.3f}  "
            cells += f"{row['exponent'][s]:7.3f} ± {row['exponent_err'][s]:.3f}  "
            cells += f"{row['of_dimension'][s]:8.4f} ± {row['of_dimension_err'][s]:.4f}"
            if kind in KINDS:
                cells += f"   {row['leading'][s]:6.3f} GeV, {row['leading_exponent'][s]:.3f}"
            lines.append(cells)
    near = (part for name, part in found.items() if name.startswith("near_"))
    for part in sorted(near, key=lambda part: (part["size"], part["class"])):
        lines += ["", f"{part['class']} jets: {part['text']}"]
    return "\n".join(lines)


def main() -> None:
    """Measure what is missing, print the tables, draw."""
    chosen = options(__doc__, "extremes")
    data = Data(chosen.data)
    label = np.asarray(data.jets.label)
    settings = {"files": [Path(path).name for path in chosen.data], "config": CONFIG}
    found: dict[str, Any] = {
        name: kept(chosen.out / f"{name}.json", settings, partial(part, data))
        for name, part in tqdm(parts(int(min(np.bincount(label)))).items(), desc="parts")
    }
    found["summary"] = summary(found)
    say(table(found), chosen.out)
    draw(found, chosen.out)


if __name__ == "__main__":
    main()
