"""Which observables tell prompt from non-prompt muons, beside networks and smeared likelihoods.

    python experiments/leptons.py                             # makes a few muons first (Pythia)
    python experiments/leptons.py --data muons_0.npz muons_1.npz --out results/leptons

Files are those of make_muons.py. A small network tells the classes apart by isolation cones; by
these, ΣpT and energy flow polynomials with the muon as a marked vertex, found one after the other
where they order pairs differently from the Particle Flow Network as it does; by as many that do not
know where the muon is. Beside them are an EFN and a PFN that keep the muon at the origin, and
likelihoods smeared in the SEMD, in the spectrum of distances to the muon, and in both. For each:
AUC, and ADO with the PFN, on muons that nothing was trained or chosen with. Black-box guiding from
nothing with either kind of polynomials stands below. Settings are frozen in leptons.toml; each part
is kept, so that an interrupted run goes on where it stopped.

What differs from arXiv:2102.02278, whose numbers stand beside: particles of the generator instead
of calorimeter cells and no detector; pile-up only if add_pileup.py laid it over the files. Without
it a single cone is nearly level with the networks. See make_muons.py.
"""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import jax
import numpy as np
from _common import kept, say
from lepton_data import Muons, load_muons
from leptons_figures import draw
from make_muons import make_muons

from smearjax import SmearedLikelihood
from smearjax.evaluate import (
    ado,
    ado_where_different,
    auc,
    auc_difference,
    bootstrap_interval,
)
from smearjax.interpret import guide
from smearjax.interpret.guiding.student import learn
from smearjax.metric import fit_space, origin_space, sum_space
from smearjax.networks import (
    EFN,
    PFN,
    AboutOrigin,
    Ensemble,
    TrainingConfig,
    network_scores,
    train_network,
)
from smearjax.observables import ObservableLibrary

CONFIG = tomllib.loads(Path(__file__).with_suffix(".toml").read_text())
SPACES = {
    "SEMD": lambda jets, beta: fit_space(jets, beta=beta, cells=64),
    "s_µ": lambda jets, beta: origin_space(jets, beta=beta),
    "SEMD + s_µ": lambda jets, beta: sum_space(
        [fit_space(jets, beta=beta, cells=64), origin_space(jets, beta=beta)], [1.0, 1.0]
    ),
}
KINDS = {"EFN": EFN, "PFN": PFN}


def network_part(kind: str, muons: Muons, out: Path) -> dict[str, Any]:
    """Scores of all muons by the mean of some networks."""
    jets, members = muons.jets, []
    epochs = max(1, CONFIG["passes"] // muons.copies)
    config = TrainingConfig(epochs=epochs, batch_size=CONFIG["batch_size"])
    for seed in range(CONFIG["members"]):
        network = AboutOrigin(KINDS[kind](length_scale=0.2, key=jax.random.key(seed)))
        trained = train_network(
            network, jets[muons.train], jets[muons.choose], config, seed=seed,
            folder=out / f"{kind}_{seed}",
        )  # fmt: skip
        members.append(trained.network)
    return {"score": network_scores(Ensemble(members), jets).tolist()}


def smeared_part(name: str, muons: Muons) -> dict[str, Any]:
    """Scores of all muons by the smeared likelihood of those to train on, at the best β and ε.

    Those of the training muons themselves are not used; in them each sees itself.
    """
    jets, grid = muons.jets, CONFIG["smeared"]["epsilon"]
    held = jets[muons.choose]
    tried = []
    for beta in CONFIG["smeared"]["betas"]:
        space = SPACES[name](jets[muons.train], beta)
        likelihood = SmearedLikelihood(jets[muons.train], space=space)
        for epsilon, score in zip(grid, np.asarray(likelihood.score(held, grid)), strict=True):
            quality = auc(score, held.label, held.weight)
            tried.append((quality, beta, epsilon, likelihood))
    _, beta, epsilon, likelihood = max(tried, key=lambda one: one[0])
    test = jets[muons.test]
    empty = np.asarray(likelihood.balls(test, epsilon).empty)[0]
    score = np.zeros(len(jets))
    score[muons.test] = np.asarray(likelihood.score(test, epsilon))[0]
    return {
        "score": score.tolist(),
        "beta": beta,
        "epsilon": epsilon,
        "empty": float(np.average(empty, weights=test.weight)),
    }


def added(
    taken: list[str], left: ObservableLibrary, number: int, all_: ObservableLibrary,
    black_box: np.ndarray, muons: Muons,
) -> list[str]:  # fmt: skip
    """Names taken, and so many more that order as the black box where a network of those does not.

    Half of the muons to choose with teach the network, the others rank.
    """
    learning, ranking = np.array_split(muons.choose, 2)
    names = list(taken)
    for _ in range(number):
        columns = all_.columns(names)
        student = learn(
            columns[learning], black_box[learning], muons.weight[learning], CONFIG["seed"]
        )
        rest = (black_box[ranking], student(columns[ranking]), muons.label[ranking])
        order = {
            name: abs(ado_where_different(left[name][ranking], *rest, muons.weight[ranking]) - 0.5)
            for name in left.values
            if name not in names
        }
        names.append(max(order, key=lambda name: order[name]))
    return names


def observables_part(
    muons: Muons, library: Callable[[], dict[str, ObservableLibrary]], black_box: np.ndarray
) -> dict[str, Any]:
    """The sets of observables, and what networks that learned the labels from them say."""
    by_kind = library()
    cones, marked, unsafe, unmarked = (
        by_kind[k] for k in ("cones", "marked", "unsafe", "unmarked")
    )
    every = cones | marked | unsafe | unmarked
    eight = [name for name in cones.values if name.startswith("I(")]
    best = max(eight, key=lambda n: auc(-cones[n][muons.train], muons.label[muons.train],
                                        muons.weight[muons.train]))  # fmt: skip
    base = [*eight, "ΣpT"]
    steps, more = CONFIG["safe_steps"], CONFIG["unsafe_steps"]
    with_muon = added(base, marked, steps, every, black_box, muons)
    without = added(base, unmarked, steps, every, black_box, muons)
    all_kappas = added(with_muon, marked | unsafe, more, every, black_box, muons)
    sets = {
        "1 cone": [best],
        "8 cones": eight,
        "+ ΣpT": base,
        "+ ΣpT + 1 EFP": with_muon[: len(base) + 1],
        f"+ {steps} EFPs": with_muon,
        f"+ {steps} EFPs without the muon": without,
        f"+ {more} unsafe": all_kappas,
    }
    found = {}
    for name, names in sets.items():
        columns = every.columns(names)
        rows = muons.train
        student = learn(
            columns[rows], muons.label[rows].astype(float), muons.weight[rows], CONFIG["seed"]
        )
        found[name] = {"names": names, "score": student(columns).tolist()}
    return found


def guide_part(
    muons: Muons, library: Callable[[], dict[str, ObservableLibrary]], black_box: np.ndarray
) -> dict[str, Any]:
    """Guiding from nothing on muons that the black box was not trained on."""
    rows = np.concatenate([muons.choose, muons.test])
    found = {}
    for name in ("marked", "unmarked"):
        some = library()[name]
        some = ObservableLibrary({k: v[rows] for k, v in some.values.items()}, some.graphs)
        found[name] = str(
            guide(black_box[rows], some, muons.label[rows], muons.weight[rows],
                  max_steps=CONFIG["guide_steps"])
        )  # fmt: skip
    return found


def measured(score: np.ndarray, black_box: np.ndarray, muons: Muons) -> dict[str, Any]:
    """AUC, ADO with the black box and AUC less that of the black box, of the muons to test on."""
    rows = muons.test
    mine, other, label = score[rows], black_box[rows], muons.label[rows]
    asked = {"auc": (auc, mine), "ado": (ado, mine, other), "gap": (auc_difference, mine, other)}
    found = {
        name: bootstrap_interval(*arrays, label, weight=muons.weight[rows])
        for name, arrays in asked.items()
    }
    return {name: [one.value, one.lo, one.hi] for name, one in found.items()}


def table(rows: list[dict[str, Any]], muons: Muons) -> str:
    """AUC and ADO of every method, published ones beside."""
    train = len(muons.train) // muons.copies
    sizes = [f"{size:,}" for size in (train, len(muons.choose), len(muons.test))]
    lines = [
        f"{sizes[0]} muons to train on, {sizes[1]} to choose with, {sizes[2]} to test on; 68 %",
        *muons.described(),
        f"{'':<30}{'AUC':>26}{'ADO with the PFN':>26}{'AUC less the PFN’s':>28}   published, at "
        "detector level",
    ]
    for row in rows:
        cells = "".join(
            "{:.4f} ({:.4f} – {:.4f})".format(*row[key]).rjust(width)
            for key, width in (("auc", 26), ("ado", 26), ("gap", 28))
        )
        known = "  ".join(f"{value:.3f}" for value in row["published"])
        lines.append(f"{row['name']:<30}{cells}   {known:<14}{row['note']}")
    return "\n".join(lines)


def main() -> None:
    """Make muons where none are given, train, choose, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", nargs="+", type=Path, help="files of make_muons.py")
    parser.add_argument("--out", type=Path, default=Path("results/leptons"))
    chosen = parser.parse_args()
    out = chosen.out
    out.mkdir(parents=True, exist_ok=True)
    files = chosen.data
    if not files:
        files = [out / "muons.npz"]
        make_muons(files[0], CONFIG["few"], CONFIG["seed"])
    muons = load_muons(files, CONFIG)
    settings = {"files": [path.name for path in files], "muons": len(muons.label), "config": CONFIG}
    found = {
        name: kept(out / f"{name}.json", settings, partial(network_part, name, muons, out))
        for name in KINDS
    }
    black_box = np.array(found["PFN"]["score"])
    for name in SPACES:
        path = out / f"{name.replace(' ', '').replace('µ', 'mu')}.json"
        found[f"smeared, {name}"] = kept(path, settings, partial(smeared_part, name, muons))
    observed = kept(
        out / "observables.json", settings,
        partial(observables_part, muons, muons.libraries, black_box),
    )  # fmt: skip
    guided = kept(
        out / "guided.json", settings, partial(guide_part, muons, muons.libraries, black_box)
    )
    sets = {k: v for k, v in observed.items() if isinstance(v, dict) and "score" in v}
    rows = [
        {
            "name": name,
            "published": CONFIG["published"].get(name, []),
            "note": f"β = {one['beta']:g}, ε = {one['epsilon']:g} GeV, {one['empty']:.1%} empty"
            if "epsilon" in one
            else "",
            **measured(np.array(one["score"]), black_box, muons),
        }
        for name, one in (sets | found).items()
    ]
    lines = [table(rows, muons), ""]
    lines += [f"{name}: {', '.join(one['names'])}" for name, one in sets.items()]
    for name in ("marked", "unmarked"):
        lines += ["", f"guided from nothing, {name} polynomials", guided[name]]
    say("\n".join(lines), out)
    draw(rows, len(muons.test), muons.pileup, out)


if __name__ == "__main__":
    main()
