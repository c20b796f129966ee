"""What the scores of an EFN and a PFN hang on, and where replacements at random mislead.

    python experiments/explanations.py                                     # the jets in the package
    python experiments/explanations.py --data TRAIN_FILES --test FILES --out results/networks

Networks are those of networks.py, taken from --out if they lie there and are of the same files,
trained otherwise. On test jets: how often a row of observables is off the data once one of them is
another jet's, drawn from all jets or from the ε-ball; surrogates; the importance of observables to
the boosted tree and of groups of particles to the network; slopes per GeV of transport.
"""

from __future__ import annotations

import argparse
import tomllib
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from _common import kept, say, training_and_test
from explanations_figures import draw
from networks import CONFIG as NETWORKS
from networks import trained_network
from scipy.spatial import cKDTree
from scipy.special import ndtri
from scipy.stats import rankdata

from smearjax import Jets, SmearedLikelihood
from smearjax.interpret import (
    Replacements,
    draw_replacements,
    marginal_replacements,
    particle_groups,
    particle_importance,
    permutation_importance,
    surrogate,
    transport_slope,
)
from smearjax.networks import JetNetwork, network_scores
from smearjax.observables import ObservableLibrary, named_library

CONFIG = tomllib.loads(Path(__file__).with_suffix(".toml").read_text())


def off_the_data(library: ObservableLibrary, drawn: Replacements) -> dict[str, float]:
    """Share of the rows that leave the data if one observable is exchanged.

    They lie farther from all real rows than nearly all of these do from one another, in normal
    quantiles of the ranks.
    """
    names = tuple(library.values)
    ranks = (rankdata(library[name]) for name in names)
    table = np.stack([ndtri((rank - 0.5) / len(drawn)) for rank in ranks], axis=1)
    tree, rows = cKDTree(table), np.flatnonzero(drawn.there)
    edge = np.quantile(tree.query(table, k=2)[0][:, 1], CONFIG["quantile"])
    found = {}
    for k, name in enumerate(names):
        mixed = np.repeat(table[rows], drawn.draws, axis=0)
        mixed[:, k] = table[drawn.index[rows].ravel(), k]
        found[name] = float(np.mean(tree.query(mixed)[0] > edge))
    return found


def measure(network: JetNetwork, test: Jets) -> dict[str, Any]:
    """All numbers of one network."""
    library, likelihood = named_library(test), SmearedLikelihood(test)
    label, scores = np.asarray(test.label), network_scores(network, test)
    made = {model: surrogate(scores, library, label, model=model) for model in ("tree", "linear")}
    drawn = {"all": marginal_replacements(len(test), draws=CONFIG["draws"])}
    for epsilon in CONFIG["epsilons"]:
        drawn[f"{epsilon:g}"] = draw_replacements(likelihood, epsilon, draws=CONFIG["draws"])
    slope = transport_slope(network, test[: CONFIG["slopes"]], pt_ref=float(likelihood.pt_ref))
    groups = particle_groups(test, "rank") | {
        f"R {name}": mask for name, mask in particle_groups(test, "distance").items()
    }
    return {
        "surrogates": {model: str(one) for model, one in made.items()},
        "left_out": {key: one.left_out for key, one in drawn.items()},
        "off_the_data": {key: off_the_data(library, one) for key, one in drawn.items()},
        "observables": {
            key: asdict(permutation_importance(made["tree"], library, label, one))["reordered"]
            for key, one in drawn.items()
        },
        "particles": {
            key: asdict(particle_importance(network, test, groups, one))["reordered"]
            for key, one in drawn.items()
        },
        "slopes": {
            name: np.quantile(getattr(slope, name), (0.16, 0.5, 0.84)).tolist()
            for name in ("largest", "largest_hard")
        },
    }


def table(name: str, found: dict[str, Any]) -> str:
    """One network's numbers."""
    keys = list(found["left_out"])
    heads = ["all jets" if key == "all" else f"ε = {key} GeV" for key in keys]
    lines = [name, *found["surrogates"].values(), f"{'':<26}" + "".join(f"{h:>18}" for h in heads)]
    lines.append(f"{'left out':<26}" + "".join(f"{found['left_out'][k]:>18.4f}" for k in keys))
    for title, part in (("rows off the data", "off_the_data"), ("pairs reordered", "observables"),
                        ("pairs reordered", "particles")):  # fmt: skip
        lines.append(title)
        for row in found[part]["all"]:
            cells = (found[part][key][row] for key in keys)
            lines.append(f"  {row:<24}" + "".join(f"{_cell(cell):>18}" for cell in cells))
    for kind, (low, middle, high) in found["slopes"].items():
        lines.append(
            f"slope per GeV, {kind}: median {middle:.3g} (16 %: {low:.3g}, 84 %: {high:.3g})"
        )
    return "\n".join(lines)


def _cell(one: Any) -> str:
    """A number, or a value with half its interval."""
    if isinstance(one, float):
        return f"{one:.3f}"
    return f"{one['value']:.3f} ± {0.5 * (one['hi'] - one['lo']):.3f}"


def main() -> None:
    """Train what is missing, measure, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", nargs="+", default=["sample"], help="files to train on")
    parser.add_argument("--test", nargs="+", help="files to explain (default: a quarter of data)")
    parser.add_argument("--jets", type=int, default=CONFIG["jets"], help="to train on, at most")
    parser.add_argument("--out", type=Path, default=Path("results/networks"))
    chosen = parser.parse_args()
    out = chosen.out / "explanations"
    out.mkdir(parents=True, exist_ok=True)
    pool, test, names = training_and_test(chosen.data, chosen.test, NETWORKS["test_jets"])
    number = min(chosen.jets, len(pool) - 500)
    tables, every = [], {}
    for name in CONFIG["networks"]:
        network = trained_network(name, pool, test, number, names, chosen.out)
        settings = names | {"jets": number, "config": CONFIG}
        some = test[: CONFIG["explained"]]
        every[name] = kept(
            out / f"{name}_{number}.json", settings, lambda n=network, t=some: measure(n, t)
        )
        title = f"{name}, {number:,} training jets, {len(some):,} explained"
        tables.append(table(title, every[name]))
    say("\n\n".join(tables), out)
    draw(every, min(len(test), CONFIG["explained"]), out)


if __name__ == "__main__":
    main()
