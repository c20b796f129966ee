"""Learning curves: AUC and 1/ε_g of every network against the number of training jets.

    python experiments/networks.py                                        # the jets in the package
    python experiments/networks.py --data TRAIN_FILES --test FILES --out results/networks

For every network, number of jets and seed: draw training and validation jets, train
(`train_network`), rank the same held-out jets. The smeared likelihood of the same training jets
stands beside them. AUC(N) = C − A·N^−α is fitted to each and extrapolated to 10⁶ jets, beside the
published values; α stands beside −d ln ε_min/d ln N of the nearest neighbours. Settings are frozen
in networks.toml; --published trains with the settings of arXiv:1810.05165 instead of smearjax's.
Every run has a file of its own under --out and every training a folder, so that an interrupted
scan goes on where it stopped, within a training after its last epoch.
"""

from __future__ import annotations

import argparse
import time
import tomllib
from functools import partial
from pathlib import Path
from typing import Any

import jax
import numpy as np
from _common import kept, quality, say, training_and_test
from learning_curves import fit_of, nearest_exponent, points_of
from networks_figures import draw
from tqdm import tqdm

import smearjax.networks as networks
from smearjax import Jets, SmearedLikelihood
from smearjax.evaluate import LearningCurve
from smearjax.networks import (
    JetNetwork,
    load_network,
    network_scores,
    save_network,
    train_network,
)

CONFIG = tomllib.loads((Path(__file__).parent / "networks.toml").read_text())
NOT_OF_THE_NETWORK = ("kind", "most", "training")
SMEARED = "smeared likelihood"


def untrained(name: str, seed: int, published: bool) -> JetNetwork:
    """A network of the table."""
    asked = CONFIG["networks"][name]
    settings = {key: value for key, value in asked.items() if key not in NOT_OF_THE_NETWORK}
    if published:
        settings["length_scale"] = 1.0
    return getattr(networks, asked["kind"])(**settings, key=jax.random.key(seed))


def drawn(pool: Jets, number: int, seed: int) -> tuple[Jets, Jets]:
    """Training and validation jets of one run."""
    order = np.random.default_rng([CONFIG["seed"], seed, number]).permutation(len(pool))
    held = max(int(CONFIG["validation"] * number), 500)
    return pool[np.sort(order[:number])], pool[np.sort(order[number : number + held])]


def network_run(
    name: str, pool: Jets, test: Jets, number: int, seed: int, published: bool, out: Path
) -> dict[str, Any]:
    """One network, trained and tested."""
    train, validation = drawn(pool, number, seed)
    config = networks.PUBLISHED if published else networks.TrainingConfig()
    place = out / "trained" / f"{name.replace(' ', '_')}_{number}_{seed}"
    place.parent.mkdir(parents=True, exist_ok=True)
    trained = train_network(
        untrained(name, seed, published), train, validation, config, seed=seed, folder=place
    )
    save_network(place.with_suffix(".eqx"), trained.network)
    epochs = len(trained.train_loss)
    return {
        "network": name,
        "train": number,
        "seed": seed,
        "test": len(test),
        **quality(network_scores(trained.network, test), test),
        "epochs": epochs,
        "best_epoch": trained.best_epoch,
        "jets_per_second": epochs * number / trained.seconds,
    }


def smeared_run(pool: Jets, test: Jets, number: int, seed: int) -> dict[str, Any]:
    """The smeared likelihood of as many jets, at the best ε of the validation jets."""
    train, validation = drawn(pool, number, seed)
    likelihood, grid = SmearedLikelihood(train), CONFIG["smeared"]["epsilon"]
    held = np.asarray(likelihood.log_ratio(validation, grid))
    sign = np.where(np.asarray(validation.label) == 1, -1.0, 1.0)
    best = grid[int(np.argmin(np.logaddexp(0, sign * held).mean(axis=1)))]
    empty = np.asarray(likelihood.balls(test, best).empty).mean()
    nearest = np.sqrt(np.asarray(likelihood.leave_one_out.nearest, np.float64).min(axis=1))
    return {
        "network": SMEARED,
        "train": number,
        "seed": seed,
        "test": len(test),
        **quality(np.asarray(likelihood.score(test, best))[0], test),
        "epsilon": best,
        "empty_fraction": float(empty),
        "nearest": float(np.median(nearest)),
    }


def kept_run(
    name: str, pool: Jets, test: Jets, number: int, seed: int, settings: dict[str, Any], out: Path
) -> dict[str, Any]:
    """What a run found; measured if it is not kept, refused if it is of other jets or settings."""
    if name == SMEARED:
        asked, measure = CONFIG["smeared"], partial(smeared_run, pool, test, number, seed)
    else:
        asked = {k: v for k, v in CONFIG["networks"][name].items() if k != "most"}
        measure = partial(network_run, name, pool, test, number, seed, settings["published"], out)
    path = out / f"{name.replace(' ', '_')}_{number}_{seed}.json"
    return kept(path, settings | {"made with": asked}, measure)


def trained_network(
    name: str, pool: Jets, test: Jets, number: int, names: dict[str, Any], out: Path
) -> JetNetwork:
    """The first seed's network of that name; trained if it does not lie under ``out``."""
    kept_run(name, pool, test, number, 0, names | {"published": False}, out)
    return load_network(out / "trained" / f"{name.replace(' ', '_')}_{number}_0.eqx")


def table(rows: list[dict[str, Any]], fits: dict[str, LearningCurve]) -> str:
    """AUC and 1/ε_g, mean ± scatter over seeds, and the fitted curves."""
    names = list(dict.fromkeys(row["network"] for row in rows))
    test = rows[0]["test"]
    head = f"{'':<20}{'jets':>8}{'seeds':>6}{'AUC':>18}{'1/ε_g at ½':>16}{'jets/s':>9}"
    lines = [f"{test:,} test jets; mean ± scatter over the seeds", head]
    for name in names:
        for number in sorted({row["train"] for row in rows if row["network"] == name}):
            same = [r for r in rows if (r["network"], r["train"]) == (name, number)]
            cells = f"{name:<20}{number:8,}{len(same):6}"
            for key, form in (("auc", "{:.4f} ± {:.4f}"), ("rejection", "{:.1f} ± {:.1f}")):
                values = [row[key][0] for row in same]
                spread = np.std(values, ddof=1) if len(values) > 1 else np.nan
                cells += form.format(np.mean(values), spread).rjust(18 if key == "auc" else 16)
            speed = np.mean([row.get("jets_per_second", np.nan) for row in same])
            lines.append(cells + f"{speed:9,.0f}")
    lines += ["", "AUC = C − A·N^−α"]
    for name, fit in fits.items():
        known = CONFIG["published"].get(name)
        beside = f"; published {known['auc']}" if known else ""
        beside += " (recalled)" if known and known["recalled"] else ""
        value, error = fit.at(1e6)
        lines.append(f"{name:<20}{fit}; at 10⁶ jets {value:.4f} ± {error:.4f}{beside}")
    if SMEARED in names:
        near, error = nearest_exponent(rows, SMEARED)
        lines.append(f"−d ln ε_min/d ln N of the nearest training jet: {near:.3f} ± {error:.3f}")
    return "\n".join(lines)


def main() -> None:
    """Train and measure what is missing, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", nargs="+", default=["sample"], help="files to train on")
    parser.add_argument("--test", nargs="+", help="files to test on (default: a quarter of data)")
    parser.add_argument("--networks", nargs="+", default=[*CONFIG["networks"], SMEARED])
    parser.add_argument("--jets", nargs="+", type=int, default=CONFIG["sizes"])
    parser.add_argument("--most", type=int, help="train on no more jets than this")
    parser.add_argument("--seeds", type=int, default=CONFIG["seeds"])
    parser.add_argument("--published", action="store_true", help="settings of arXiv:1810.05165")
    parser.add_argument("--out", type=Path, default=Path("results/networks"))
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    pool, test, names = training_and_test(chosen.data, chosen.test, CONFIG["test_jets"])
    settings = {
        **names,
        "published": chosen.published,
    }
    runs = []
    for name in chosen.networks:
        asked = CONFIG["smeared"] if name == SMEARED else CONFIG["networks"][name]
        most = min(chosen.most or len(pool), asked["most"], int(len(pool) / 1.1), len(pool) - 500)
        for number in (n for n in chosen.jets if n <= most):
            many = chosen.seeds if number <= CONFIG["several_seeds_up_to"] else 1
            runs += [(name, number, seed) for seed in range(many)]
    rows = [
        kept_run(name, pool, test, number, seed, settings, chosen.out)
        for name, number, seed in tqdm(runs, desc="runs")
    ]
    names = dict.fromkeys(row["network"] for row in rows)
    fits = {name: fit for name in names if (fit := fit_of(points_of(rows, name)))}
    say(table(rows, fits), chosen.out)
    draw(rows, fits, CONFIG["published"], chosen.out)


if __name__ == "__main__":
    begin = time.perf_counter()
    main()
    print(f"{time.perf_counter() - begin:.0f} s")
