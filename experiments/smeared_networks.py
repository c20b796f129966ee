"""Which scales networks have learned, and what a bound in GeV of EMD costs.

    python experiments/smeared_networks.py                                 # the jets in the package
    python experiments/smeared_networks.py --data TRAIN_FILES --test FILE --out results/networks

R(ε), B(ε), AUC(ε) and cross-entropy(ε) of test jets with each network's probability in place of the
labels, beside the labels; then AUC of Lipschitz EFNs against their bound, on an axis of EMD, which
is not the SEMD of ε. Networks are those of networks.py, taken from --out if they lie there and are
of the same files, trained otherwise. Settings are frozen in smeared_networks.toml; each part is
kept, so that an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import argparse
import tomllib
from functools import partial
from pathlib import Path
from typing import Any

import jax
import numpy as np
from _common import epsilon_grid, kept, quality, say, training_and_test
from networks import CONFIG as NETWORKS
from networks import drawn, trained_network
from smeared_networks_figures import draw
from tqdm import tqdm

from smearjax import Jets, SmearedLikelihood
from smearjax.analysis.sections.networks import learned_scales
from smearjax.networks import JetNetwork, LipschitzEFN, network_scores, train_network

CONFIG = tomllib.loads((Path(__file__).parent / "smeared_networks.toml").read_text())
SHOWN = (1.5, 3.0, 6.0, 12.0, 25.0, 50.0)  # GeV


def scales_part(test: Jets, every: dict[str, JetNetwork]) -> dict[str, Any]:
    """R, B, AUC and cross-entropy of every network and of the labels."""
    scores = {name: network_scores(network, test) for name, network in every.items()}
    found = learned_scales(
        SmearedLikelihood(test, pt_ref=CONFIG["pt_ref"]), scores, epsilon_grid(CONFIG["epsilon"]),
        replicas=CONFIG["replicas"], seed=CONFIG["seed"], progress=True,
    )  # fmt: skip
    for one in found["networks"]:
        one |= quality(scores[one["name"]], test)
    return found | {"n_jets": len(test)}


def bound_part(pool: Jets, test: Jets, number: int, scale: float, out: Path) -> dict[str, Any]:
    """AUC of a Lipschitz EFN of one bound."""
    train, held = drawn(pool, number, 0)
    network = LipschitzEFN(emd_scale=scale, key=jax.random.key(0))
    folder = out / "trained" / f"bound_{scale:g}"
    trained = train_network(network, train, held, folder=folder)
    score = network_scores(trained.network, test)
    return {"emd_scale": scale, "spread": float(score.std())} | quality(score, test)


def table(scales: dict[str, Any], bounds: list[dict[str, Any]], number: int) -> str:
    """Shares of R by resolution, then AUC by bound."""
    epsilon = np.array([row["epsilon_gev"] for row in scales["truth"]])
    places = [int(np.argmin(np.abs(np.log(epsilon / e)))) for e in SHOWN]
    lines = [
        f"{number:,} training jets, {scales['n_jets']:,} smeared",
        "share of the labels' R" + "".join(f"{epsilon[e]:>11.1f} GeV" for e in places),
    ]
    for curve in ("R", "B"):
        for one in scales["networks"]:
            cells = [
                f"{row[f'{curve}_share']:.2f} ± {row[f'{curve}_share_err']:.2f}"
                for row in (one["rows"][e] for e in places)
            ]
            lines.append(f"{curve}, {one['name']:<19}" + "".join(c.rjust(15) for c in cells))
    lines += ["", "AUC(ε) of the smeared probability (unsmeared first)"]
    for one in scales["networks"]:
        cells = [f"{one['rows'][e]['auc']:.4f}".rjust(15) for e in places]
        lines.append(f"{one['name']:<15}{one['auc'][0]:.4f} " + "".join(cells))
    empty = [f"{scales['networks'][0]['rows'][e]['empty_fraction']:.1%}".rjust(15) for e in places]
    lines += [f"{'empty balls':<22}" + "".join(empty), "", "bound [GeV of EMD]    AUC (68 %)"]
    for one in bounds:
        value, low, high = one["auc"]
        lines.append(f"{one['emd_scale']:>18g}    {value:.4f} ({low:.4f} to {high:.4f})")
    return "\n".join(lines)


def main() -> None:
    """Measure what is missing, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", nargs="+", default=["sample"], help="files to train on")
    parser.add_argument("--test", nargs="+", help="files to smear (default: a quarter of data)")
    parser.add_argument("--jets", type=int, default=CONFIG["jets"], help="to train on, at most")
    parser.add_argument("--out", type=Path, default=Path("results/networks"))
    chosen = parser.parse_args()
    out = chosen.out / "smeared"
    out.mkdir(parents=True, exist_ok=True)
    pool, test, names = training_and_test(chosen.data, chosen.test, NETWORKS["test_jets"])
    number = min(chosen.jets, len(pool) - 500)
    settings = {**names, "jets": number, "config": CONFIG, "networks": NETWORKS["networks"]}
    every = {
        name: trained_network(name, pool, test, number, names, chosen.out)
        for name in tqdm(NETWORKS["networks"], desc="networks")
    }
    given = (pool, test[: CONFIG["smeared"]], number)
    scales = kept(out / "scales.json", settings, partial(scales_part, given[1], every))
    bounds = [
        kept(out / f"bound_{scale:g}.json", settings,
             partial(bound_part, *given, scale, chosen.out))
        for scale in tqdm(CONFIG["emd_scale"], desc="bounds")
    ]  # fmt: skip
    say(table(scales, bounds, number), out)
    draw(scales, bounds, out)


if __name__ == "__main__":
    main()
