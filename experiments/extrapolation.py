"""Do curves extrapolated to N → ∞ agree between disjoint sets of N and 2N jets?

    python experiments/extrapolation.py               # the 4,000 jets in the package, a minute
    python experiments/extrapolation.py --data FILES  # 10 minutes at most

Set B has twice as many jets as set A and none in common with it, so that the errors of A − B add
up in quadrature. AUC, cross-entropy, R and B of both at fixed ε, as measured and extrapolated;
then the AUC with a network's output smeared in place of the labels. The network (an EFN,
arXiv:1810.05165) learns on the first file and the others are smeared; of a single file it gets a
share. Settings are frozen in extrapolation.toml. Each part has a JSON file of its own under --out,
so that an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import jax
import numpy as np
from _common import epsilon_grid, kept, load_all, options, say
from extrapolation_figures import NAMES, SETS, Pair, draw

from smearjax import Jets, SmearedLikelihood, load_jets
from smearjax.evaluate import auc as area
from smearjax.evaluate import bootstrap_interval
from smearjax.jets import split, split_rows
from smearjax.networks import EFN, network_scores, train_network
from smearjax.smearing import extrapolate

CONFIG = tomllib.loads(Path(__file__).with_suffix(".toml").read_text())
SEED = CONFIG["jets"]["seed"]
Part = dict[str, Any]


@cache
def jets_of(files: tuple[str, ...]) -> tuple[Jets, Jets]:
    """Jets for the network, and those that are smeared."""
    if len(files) > 1:
        return load_jets(files[0]), load_all(files[1:])
    share = CONFIG["network"]["share_of_one_file"]
    train, smeared = split(load_jets(files[0]), (share, 1 - share), SEED)
    return train, smeared


@cache
def rows_of(files: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Rows of A and B among the jets that are smeared."""
    smeared = jets_of(files)[1]
    share = min(CONFIG["jets"]["number"] / len(smeared), 1.0)
    shares = [share / 3, 2 * share / 3] + [1 - share] * (share < 1)
    return dict(zip(SETS, split_rows(smeared, shares, SEED), strict=False))


@cache
def likelihood(files: tuple[str, ...], name: str) -> SmearedLikelihood:
    """The smeared likelihood of A or B."""
    jets = jets_of(files)[1][rows_of(files)[name]]
    return SmearedLikelihood(jets, pt_ref=CONFIG["jets"]["pt_ref"])


def network_part(files: tuple[str, ...]) -> Part:
    """The trained network's probability of a quark for the jets of A and B, and its AUC there."""
    train, smeared = jets_of(files)
    held = CONFIG["network"]["validation"]
    learning, validation = split(train, (1 - held, held), SEED)
    start = EFN(key=jax.random.key(SEED))
    network = train_network(start, learning, validation, seed=SEED).network
    found: Part = {"n_train": len(learning)}
    for name, rows in rows_of(files).items():
        score = network_scores(network, smeared[rows])
        interval = bootstrap_interval(area, score, np.asarray(smeared.label)[rows], n_replicas=100)
        found[name] = (1 / (1 + np.exp(-score.astype(np.float64)))).tolist()
        found[f"auc_{name}"] = [interval.value, 0.5 * (interval.hi - interval.lo)]
    return found


def extrapolated(files: tuple[str, ...], name: str, values: list[float] | None = None) -> Part:
    """The curves of A or B at N, N/2, N/4, N/8 and for N → ∞."""
    grid = epsilon_grid(CONFIG["grid"]["epsilon"])
    smeared = likelihood(files, name)
    far = extrapolate(smeared, grid, values=values, seed=SEED, progress=True)
    curves = {
        curve: {key: np.asarray(value).tolist() for key, value in vars(limit).items()}
        for curve, limit in far.curves.items()
    }
    return {
        "epsilon": grid.tolist(),
        "n_jets": np.bincount(np.asarray(smeared.label)).tolist(),
        "empty_fraction": far.empty_fraction.tolist(),
        "curves": curves,
    }


def curve_lines(title: str, a: Part, b: Part, curve: str) -> list[str]:
    """The pull table of one curve."""
    pair = Pair(a, b, curve)
    sizes = [sum(part["n_jets"]) for part in (a, b)]
    lines = [
        f"{title}; A: {sizes[0]:,} jets, B: {sizes[1]:,} other jets (* = not resolved in both)",
        "  ε [GeV]   empty A, B         A at N             B at N              pull   "
        "A for N → ∞        B for N → ∞         pull    B at N − at N/8",
    ]
    for e, epsilon in enumerate(a["epsilon"]):
        empty = ", ".join(f"{part['empty_fraction'][0][e]:.2%}" for part in (a, b))
        near, far = (
            "   ".join(f"{values[i, e]:.4f} ± {errors[i, e]:.4f}" for i in (0, 1))
            for values, errors in ((pair.finite, pair.finite_err), (pair.limit, pair.limit_err))
        )
        lines.append(
            f"{epsilon:9.3g}   {empty:<16}   {near}   {pair.pull('finite')[e]:+5.2f}   "
            f"{far}   {pair.pull('limit')[e]:+5.2f}{' *'[not pair.resolved[e]]}   "
            f"{pair.drift[1, e]:+.4f}"
        )
    for which, words in (("finite", "at N"), ("limit", "for N → ∞")):
        pulls = pair.pull(which)[pair.resolved]
        if len(pulls):
            lines.append(
                f"  {words}: root mean square pull {np.sqrt(np.mean(pulls**2)):.2f}, largest "
                f"{np.abs(pulls).max():.2f}, at {len(pulls)} ε where both resolve (not independent)"
            )
    return lines


def table(found: dict[str, Part]) -> str:
    """All pulls, and what smearing the network's output brings."""
    labels = found["labels_A"], found["labels_B"]
    smeared = found["network_A"], found["network_B"]
    network = found["network"]
    alone = ", ".join("{} {:.4f} ± {:.4f}".format(n, *network[f"auc_{n}"]) for n in SETS)
    of_labels, of_network = (Pair(a, b, "auc") for a, b in (labels, smeared))
    ratio = of_labels.limit_err / of_network.limit_err
    lines = []
    for curve, title in NAMES.items():
        lines += [*curve_lines(title.replace("$", ""), *labels, curve), ""]
    lines += [
        *curve_lines("AUC of the smeared network", *smeared, "auc"),
        f"  AUC of the network, trained on {network['n_train']:,} jets of neither set: {alone}",
        "  error for N → ∞ of smeared labels over that of the smeared network, by ε:",
        *(
            f"    {n} " + ", ".join(f"{x:.2f}" for x in row)
            for n, row in zip(SETS, ratio, strict=True)
        ),
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure what is missing, print the tables, draw."""
    chosen = options(__doc__, "extrapolation")
    files = tuple(chosen.data)
    settings = {"config": CONFIG, "files": [Path(path).name for path in files]}
    found = {}
    for name in SETS:
        found[f"labels_{name}"] = kept(
            chosen.out / f"labels_{name}.json",
            settings,
            lambda name=name: extrapolated(files, name),
        )
    found["network"] = kept(chosen.out / "network.json", settings, lambda: network_part(files))
    for name in SETS:
        values = found["network"][name]
        found[f"network_{name}"] = kept(
            chosen.out / f"network_{name}.json",
            settings,
            lambda name=name, values=values: extrapolated(files, name, values),
        )
    say(table(found), chosen.out)
    draw(found, chosen.out)


if __name__ == "__main__":
    main()
