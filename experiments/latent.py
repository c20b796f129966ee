"""What the latent space of a network says: one learned function of the angle, and 256 of them.

    python experiments/latent.py                  # some of the jets in the package
    python experiments/latent.py --data TRAIN_FILES --test FILE --jets 10000 --seeds 3

For every seed: draw training and validation jets, train a Moment EFN with L = 1 at every order and
fit c1 + c2 ln(c3 + r) to its Φ, and train an EFN, whose latent space is measured and whose filters
are drawn. Settings are frozen in latent.toml. Networks, results and trainings have files of their
own under --out, so that an interrupted run goes on where it stopped, within a training after its
last epoch.
"""

from __future__ import annotations

import argparse
import dataclasses
import time
import tomllib
from functools import partial
from pathlib import Path
from typing import Any

import jax
import numpy as np
from _common import kept, say, training_and_test
from latent_figures import draw
from tqdm import tqdm

from smearjax import Jets
from smearjax.evaluate import auc, bootstrap_interval
from smearjax.interpret.latent import effective_dimension, latent_importance
from smearjax.interpret.log_angularity import fit_log_angularity
from smearjax.networks import (
    EFN,
    JetNetwork,
    MomentEFN,
    TrainingConfig,
    network_scores,
    save_network,
    train_network,
)
from smearjax.networks.inference import latent_vectors

CONFIG = tomllib.loads(Path(__file__).with_suffix(".toml").read_text())


def untrained(order: int, seed: int) -> JetNetwork:
    """A Moment EFN of one function; an EFN for order 0."""
    key = jax.random.key(seed)
    return MomentEFN((100, 100, 1), order=order, key=key) if order else EFN(key=key)


def drawn(pool: Jets, number: int, seed: int) -> tuple[Jets, Jets]:
    """Training and validation jets of one seed."""
    order = np.random.default_rng([CONFIG["seed"], seed, number]).permutation(len(pool))
    held = max(int(CONFIG["validation"] * number), 300)
    return pool[np.sort(order[:number])], pool[np.sort(order[number : number + held])]


def one_run(
    order: int, seed: int, pool: Jets, test: Jets, number: int, epochs: int, place: Path
) -> dict[str, Any]:
    """One network trained, tested and looked into."""
    train, validation = drawn(pool, number, seed)
    start = untrained(order, seed)
    trained = train_network(
        start, train, validation, TrainingConfig(epochs=epochs), seed=seed, folder=place
    )
    network = trained.network
    save_network(place.with_suffix(".eqx"), network)
    score = network_scores(network, test)
    quality = bootstrap_interval(auc, score, np.asarray(test.label), n_replicas=100)
    row = {
        "order": order,
        "seed": seed,
        "train": number,
        "test": len(test),
        "auc": [quality.value, quality.lo, quality.hi],
        "best_epoch": trained.best_epoch,
        "training_seconds": trained.seconds,
    }
    if order:
        return row | {"fit": plain(fit_log_angularity(network, test))}
    vectors = latent_vectors(network, test)
    return row | {
        "importance": latent_importance(network, vectors).tolist(),
        "dimension": plain(effective_dimension(vectors)),
        "dimension_untrained": plain(effective_dimension(latent_vectors(start, test))),
    }


def plain(result: Any) -> dict[str, Any]:
    """A result's fields as JSON takes them."""
    return {
        name: value.tolist() if isinstance(value, np.ndarray) else value
        for name, value in dataclasses.asdict(result).items()
    }


def mean_and_scatter(values: list[float], digits: int) -> str:
    """Over the seeds."""
    spread = np.std(values, ddof=1) if len(values) > 1 else np.nan
    return f"{np.mean(values):.{digits}f} ± {spread:.{digits}f}"


def table(rows: list[dict[str, Any]]) -> str:
    """AUC, fits and dimensions, mean ± scatter over the seeds, and each fit by itself."""
    one = rows[0]
    lines = [
        f"{one['train']:,} training jets, {one['test']:,} test jets; mean ± scatter over the seeds",
        "",
        "Moment EFN with L = 1: Φ(r) = c1 + c2 ln(c3 + r); scale and offset are free, c3 is not",
        f"{'k':>3}{'AUC':>18}{'c3 [rad]':>18}{'R²':>18}{'rms/range':>18}{'radial':>18}",
    ]
    for order in sorted({row["order"] for row in rows} - {0}):
        same = [row for row in rows if row["order"] == order]
        cells = [mean_and_scatter([row["auc"][0] for row in same], 4)]
        none = sum(row["fit"]["at_edge"] for row in same)
        c3 = mean_and_scatter([row["fit"]["c"][2] for row in same], 4)
        cells.append(f"none in {none} of {len(same)}" if none else c3)
        cells += [
            mean_and_scatter([row["fit"][name] for row in same], 4)
            for name in ("r_squared", "residual", "radial")
        ]
        lines.append(f"{order:3}" + "".join(cell.rjust(18) for cell in cells))
    lines += ["", "each fit; ± holds 68 % of the fits along single directions"]
    for row in rows:
        if row["order"]:
            fit = row["fit"]
            c3 = f"c3 = {fit['c'][2]:.4f} ± {fit['c_err'][2]:.4f} rad"
            edge = " (at the edge of what is searched)" if fit["at_edge"] else ""
            lines.append(
                f"  k = {row['order']}, seed {row['seed']}: c1 = {fit['c'][0]:.3g}, "
                f"c2 = {fit['c'][1]:.3g}, {c3}{edge}, R² {fit['r_squared']:.4f}"
            )
    efns = [row for row in rows if row["order"] == 0]
    size = len(efns[0]["importance"])
    lines += ["", f"EFN of {size} filters: AUC {mean_and_scatter([r['auc'][0] for r in efns], 4)}"]
    for title, name in (("trained", "dimension"), ("untrained", "dimension_untrained")):
        ratio, for_90, for_99 = (
            mean_and_scatter([row[name][key] for row in efns], digits)
            for key, digits in (
                ("participation_ratio", 2), ("for_90_percent", 1), ("for_99_percent", 1),
            )
        )  # fmt: skip
        lines.append(
            f"  {title}: participation ratio {ratio} (seed 0: ± "
            f"{efns[0][name]['participation_ratio_err']:.2f} over jets), 90 % of the variance in "
            f"{for_90} components, 99 % in {for_99}"
        )
    return "\n".join(lines)


def main() -> None:
    """Train and measure what is missing, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", nargs="+", default=["sample"], help="files to train on")
    parser.add_argument("--test", nargs="+", help="files to test on (default: a quarter of data)")
    parser.add_argument("--jets", type=int, default=CONFIG["jets"], help="to train on, at most")
    parser.add_argument("--seeds", type=int, default=CONFIG["seeds"])
    parser.add_argument("--epochs", type=int, default=CONFIG["epochs"])
    parser.add_argument("--out", type=Path, default=Path("results/latent"))
    chosen = parser.parse_args()
    trained = chosen.out / "trained"
    trained.mkdir(parents=True, exist_ok=True)
    pool, test, names = training_and_test(chosen.data, chosen.test, CONFIG["test_jets"])
    number = min(chosen.jets, int(len(pool) / (1 + CONFIG["validation"])), len(pool) - 300)
    settings = {
        **names,
        "jets": number,
        "epochs": chosen.epochs,
    }
    rows = []
    runs = [(order, seed) for order in (*CONFIG["orders"], 0) for seed in range(chosen.seeds)]
    for order, seed in tqdm(runs, desc="runs"):
        name = f"{f'moment{order}' if order else 'efn'}_{seed}"
        measure = partial(one_run, order, seed, pool, test, number, chosen.epochs, trained / name)
        rows.append(kept(chosen.out / f"{name}.json", settings, measure))
    say(table(rows), chosen.out)
    draw(rows, CONFIG, chosen.out)


if __name__ == "__main__":
    begin = time.perf_counter()
    main()
    print(f"{time.perf_counter() - begin:.0f} s")
