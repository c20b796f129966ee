"""AUC of networks on subjets of radius r, beside the AUC of a network's output smeared over ε.

    python experiments/subjets.py                     # the 4,000 jets in the package
    python experiments/subjets.py --data TRAIN_FILES --test FILE --jets 10000

Two ways to take resolution from a classifier. For every radius r an EFN and a PFN
(arXiv:1810.05165) learn and are tested on jets whose particles were clustered into subjets of that
radius (Cambridge/Aachen, as in Jet Flow Networks, arXiv:2305.08979); r = 0 are the particles. And
the output of the EFN of particles is averaged over all test jets within ε (arXiv:2501.07643). How
far reclustering moves a jet is measured in the same metric, the SEMD at β = 1.

The two are no inverse of one another: a network at r learns anew and does not see the masses of
its subjets, and AUC does not see what smearing takes from all jets alike.

Needs FastJet (pip install 'smearjax[pythia]'). Settings are frozen in subjets.toml. Every training
has a JSON file of its own under --out, so that an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Callable
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any

import jax
import numpy as np
from _common import epsilon_grid, kept, say, training_and_test
from subjets_figures import draw
from tqdm import tqdm

from smearjax import Jets, SmearedLikelihood, semd_distance, spectral_function
from smearjax.evaluate import auc_columns, bootstrap_weights
from smearjax.jets.subjets import subjets
from smearjax.networks import EFN, PFN, TrainingConfig, network_scores, train_network
from smearjax.smearing import epsilon_curve

CONFIG = tomllib.loads(Path(__file__).with_suffix(".toml").read_text())
RADII, SMEARING = CONFIG["radii"], CONFIG["smearing"]
NETWORKS = {"EFN": EFN, "PFN": PFN}


def at_radius(jets: Jets, radius: float) -> Jets:
    """The jets as subjets of that radius; at 0 as they are."""
    return subjets(jets, radius, algorithm=CONFIG["algorithm"]) if radius else jets


def drawn(pool: Jets, number: int, seed: int) -> tuple[Jets, Jets]:
    """Training and validation jets, the same for every radius."""
    held = int(CONFIG["validation"] * number)
    if number + held > len(pool):
        raise SystemExit(
            f"{len(pool):,} jets are too few for --jets {number}: {held} more validate"
        )
    order = np.random.default_rng([seed, number]).permutation(len(pool))
    return pool[np.sort(order[:number])], pool[np.sort(order[number : number + held])]


def trained_scores(
    name: str, radius: float, seed: int, jets: tuple[Jets, Jets], test: Jets, epochs: int
) -> dict[str, Any]:
    """Scores of the test jets by a network that learned at that radius."""
    sizes = {key: CONFIG["network"][key] for key in ("phi_sizes", "f_sizes")}
    start = NETWORKS[name](**sizes, key=jax.random.key(seed))
    train, validation = (at_radius(part, radius) for part in jets)
    trained = train_network(start, train, validation, TrainingConfig(epochs=epochs), seed=seed)
    scores = network_scores(trained.network, at_radius(test, radius))
    return {
        "scores": [round(score, 5) for score in scores.tolist()],
        "best_epoch": trained.best_epoch,
        "training_seconds": trained.seconds,
    }


def reclustered(test: Jets, radius: float) -> dict[str, Any]:
    """Mean number of subjets (gluon, quark), and how far the jets move: 16, 50, 84 % in GeV."""
    found = at_radius(test, radius)
    label = np.asarray(test.label)
    few = slice(0, SMEARING["moved"])
    spectra = (spectral_function(jets[few]) for jets in (test, found))
    moved = semd_distance(*spectra, pt_ref=CONFIG["pt_ref"])
    return {
        "subjets": [float(found.multiplicity[label == c].mean()) for c in (0, 1)],
        "moved_gev": np.quantile(np.asarray(moved), (0.16, 0.5, 0.84)).tolist(),
    }


def smeared(test: Jets, scores: list[float], seed: int) -> dict[str, Any]:
    """AUC(ε) of the network's probability, leave-one-out on the test jets."""
    likelihood = SmearedLikelihood(test, pt_ref=CONFIG["pt_ref"])
    grid = epsilon_grid(SMEARING["epsilon"])
    probability = 1 / (1 + np.exp(-np.array(scores)))
    curve = epsilon_curve(likelihood, None, grid, values=probability,
                          replicas=SMEARING["replicas"], seed=seed, progress=True)  # fmt: skip
    names = ("epsilon", "auc", "auc_lo", "auc_hi", "empty_fraction")
    return {name: getattr(curve, name).tolist() for name in names}


class Measured:
    """AUC of all trainings on the same replicas of the test jets.

    `auc` is (networks, radii, seeds, 1 + replicas), the test jets themselves first; `few` is the
    same of the jets that are smeared; `curves` (seeds, ε) are theirs.
    """

    def __init__(self, scores: np.ndarray, label: np.ndarray, curves: list[dict[str, Any]]):
        few = SMEARING["jets"]
        self.jets = {"test": len(label), "smeared": len(label[:few])}
        self.auc = replicated(scores, label)
        # The same jets: the same numbers, and not once more.
        self.few = self.auc if len(label) <= few else replicated(scores[..., :few], label[:few])
        self.epsilon = np.array(curves[0]["epsilon"])
        self.curves, self.lo, self.hi, self.empty = (
            np.array([curve[name] for curve in curves])
            for name in ("auc", "auc_lo", "auc_hi", "empty_fraction")
        )

    @cached_property
    def drop(self) -> np.ndarray:
        """AUC(r) − AUC(particles), as `auc`."""
        return self.auc - self.auc[:, [RADII.index(0.0)]]


def replicated(scores: np.ndarray, label: np.ndarray) -> np.ndarray:
    """AUC of (..., N) scores on the jets and on replicas of them, (..., 1 + replicas)."""
    replicas = bootstrap_weights(len(label), CONFIG["replicas"], seed=0)
    weights = np.vstack([np.ones(len(label)), replicas]).T.astype(np.float64)
    rows = [
        auc_columns(one[:, None], label, weights)
        for one in tqdm(scores.reshape(-1, len(label)), desc="replicas")
    ]
    return np.array(rows).reshape(*scores.shape[:-1], -1)


def summary(values: np.ndarray) -> tuple[float, float, float]:
    """Of (seeds, 1 + replicas): the mean over the seeds, its error from test jets, and scatter."""
    mean = values.mean(axis=0)
    scatter = values[:, 0].std(ddof=1) if len(values) > 1 else np.nan
    return float(mean[0]), float(mean[1:].std(ddof=1)), float(scatter)


def table(m: Measured, shape: list[dict[str, Any]], seconds: np.ndarray) -> str:
    """AUC(r) of both networks, then AUC(ε)."""
    lines = [
        f"{m.jets['test']:,} test jets; mean over the seeds ({m.auc.shape[2]}) ± error of the test "
        "jets (scatter of the seeds); s: of a training; d: jet to its subjets, median (16 – 84 %)",
        "r [rad]  pT_ref r  subjets: quark  gluon         d [GeV]"
        + "".join(f"{name:>28}{'− at r = 0':>20}{'s':>6}" for name in NETWORKS),
    ]
    for k, (radius, one) in enumerate(zip(RADII, shape, strict=True)):
        gluon, quark = one["subjets"]
        low, median, high = one["moved_gev"]
        cells = [
            "{:>13.4f} ± {:.4f} ({:.4f})   {:+.4f} ± {:.4f}{:>6.0f}".format(
                *summary(m.auc[n, k]), *summary(m.drop[n, k])[:2], seconds[n, k].mean()
            )
            for n in range(len(NETWORKS))
        ]
        lines.append(
            f"{radius:7g}{CONFIG['pt_ref'] * radius:7.0f} GeV{quark:14.1f}{gluon:7.1f}   "
            f"{median:5.2f} ({low:5.2f} – {high:5.2f})" + "".join(cells)
        )
    alone = summary(m.few[0, RADII.index(0.0)])
    lines += [
        "",
        f"The EFN of particles smeared over {m.jets['smeared']:,} test jets, mean over the seeds, "
        "68 % of the jets; not smeared: {:.4f} ± {:.4f} ({:.4f})".format(*alone),
        "  ε [GeV]   AUC (68 %)                  empty",
    ]
    lines += [
        f"{epsilon:9.3g}   {m.curves[:, e].mean():.4f} ({m.lo[:, e].mean():.4f} – "
        f"{m.hi[:, e].mean():.4f})   {m.empty[:, e].mean():7.2%}"
        for e, epsilon in enumerate(m.epsilon)
    ]
    return "\n".join(lines)


def options() -> argparse.Namespace:
    """What to train and test on."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", nargs="+", default=["sample"], help="files to train on")
    parser.add_argument("--test", nargs="+", help="files to test on (default: a quarter of data)")
    parser.add_argument("--jets", type=int, default=CONFIG["jets"], help="to train on")
    parser.add_argument("--seeds", type=int, default=CONFIG["seeds"])
    parser.add_argument("--epochs", type=int, default=CONFIG["network"]["epochs"])
    parser.add_argument("--out", type=Path, default=Path("results/subjets"))
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    return chosen


def main() -> None:
    """Measure what is missing, print, draw."""
    chosen = options()
    pool, test, names = training_and_test(chosen.data, chosen.test, CONFIG["test_jets"])
    settings = {
        **names,
        "jets": chosen.jets,
        "epochs": chosen.epochs,
        "config": CONFIG,
    }

    def part(name: str, measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        return kept(chosen.out / f"{name}.json", settings, measure)

    shape = [part(f"subjets_{r:g}", lambda r=r: reclustered(test, r)) for r in RADII]
    runs = list(product(NETWORKS, RADII, range(chosen.seeds)))
    found = [
        part(
            f"{name}_{radius:g}_{seed}",
            lambda run=(name, radius, seed): trained_scores(
                *run, drawn(pool, chosen.jets, run[2]), test, chosen.epochs
            ),
        )
        for name, radius, seed in tqdm(runs, desc="trainings")
    ]
    of_run = dict(zip(runs, found, strict=True))
    few = test[: SMEARING["jets"]]
    curves = [
        part(
            f"smeared_{seed}",
            lambda seed=seed: smeared(few, of_run["EFN", 0.0, seed]["scores"][: len(few)], seed),
        )
        for seed in range(chosen.seeds)
    ]
    axes = (len(NETWORKS), len(RADII), chosen.seeds)
    scores = np.array([one["scores"] for one in found]).reshape(*axes, len(test))
    seconds = np.array([one["training_seconds"] for one in found]).reshape(axes)
    measured = Measured(scores, np.asarray(test.label), curves)
    say(table(measured, shape, seconds), chosen.out)
    draw(measured, RADII, shape, CONFIG["pt_ref"], chosen.out, chosen.jets)


if __name__ == "__main__":
    main()
