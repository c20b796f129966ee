"""A metric with 17 learned numbers beside an Energy Flow Network trained on the same jets.

    python experiments/learned_metric.py --data TRAIN_FILES --test FILE --jets 2000 6000 18000

For every number of training jets and every seed: draw training and validation jets, learn the
metric (`learn_metric`), mix three ε in it (`learn_mixture`: 20 numbers in all), train an EFN
(`train_network`), take SEMD at β = 1 at its best ε, and rank the same held-out jets with each.
Settings are frozen in learned_metric.toml. Results are kept in a file a run under --out, so that an
interrupted scan goes on where it stopped.
"""

from __future__ import annotations

import argparse
import json
import time
import tomllib
from pathlib import Path
from typing import Any

import jax
import numpy as np
from _common import kept, say, training_and_test
from learned_metric_figures import METHODS, draw
from tqdm import tqdm

from smearjax import Jets, SmearedLikelihood
from smearjax.evaluate import auc, bootstrap_interval
from smearjax.networks import EFN, network_scores, train_network
from smearjax.smearing import MetricConfig, learn_metric, learn_mixture

CONFIG = tomllib.loads((Path(__file__).parent / "learned_metric.toml").read_text())


def drawn(pool: Jets, number: int, seed: int) -> tuple[Jets, Jets]:
    """Training and validation jets of one run."""
    order = np.random.default_rng([seed, number]).permutation(len(pool))
    held = int(CONFIG["validation"] * number)
    return pool[np.sort(order[:number])], pool[np.sort(order[number : number + held])]


def one_run(train: Jets, validation: Jets, test: Jets, seed: int, betas: int) -> dict[str, Any]:
    """AUC of the three on the test jets, and what was learned."""
    begin = time.perf_counter()
    learned = learn_metric(train, validation, MetricConfig(betas=betas), seed=seed, progress=True)
    seconds = {"metric": time.perf_counter() - begin}
    reference = learned.likelihood(train)
    scores = {"metric": np.asarray(reference.score(test, learned.epsilon))[0]}
    scales = learned.epsilon * np.array(CONFIG["mixed"])
    mixture = learn_mixture(reference, validation, scales, replicas=2, seed=seed)
    scores["mixture"] = mixture.score(test)
    seconds["mixture"] = time.perf_counter() - begin - seconds["metric"]
    trained = train_network(EFN(key=jax.random.key(seed)), train, validation, seed=seed)
    scores["efn"] = network_scores(trained.network, test)
    seconds["efn"] = trained.seconds
    plain = SmearedLikelihood(train)
    held = np.asarray(plain.log_ratio(validation, CONFIG["plain_epsilon"]))
    sign = np.where(np.asarray(validation.label) == 1, -1.0, 1.0)
    best = CONFIG["plain_epsilon"][int(np.argmin(np.logaddexp(0, sign * held).mean(axis=1)))]
    scores["plain"] = np.asarray(plain.score(test, best))[0]
    label = np.asarray(test.label)
    intervals = {name: bootstrap_interval(auc, score, label) for name, score in scores.items()}
    empty = np.asarray(reference.balls(test, learned.epsilon).empty).mean()
    return {
        "train": len(train),
        "test": len(test),
        "seed": seed,
        "auc": {name: [one.value, one.lo, one.hi] for name, one in intervals.items()},
        "empty_fraction": float(empty),
        "numbers": learned.numbers,
        "mixed": dict(zip(scales.tolist(), mixture.weight.tolist(), strict=True)),
        "plain_epsilon": best,
        "seconds": seconds,
    }


def table(rows: list[dict[str, Any]]) -> str:
    """Mean AUC and scatter over the seeds, by number of jets."""
    lines = [f"{'jets':>9}{'seeds':>7}" + "".join(f"{name:>22}" for name in METHODS.values())]
    for number in sorted({row["train"] for row in rows}):
        same = [row for row in rows if row["train"] == number]
        cells = [f"{number:9,}{len(same):7}"]
        for method in METHODS:
            values = [row["auc"][method][0] for row in same]
            spread = np.std(values, ddof=1) if len(values) > 1 else np.nan
            cells.append(f"{np.mean(values):.4f} ± {spread:.4f}".rjust(22))
        lines.append("".join(cells))
    most = max(row["train"] for row in rows)
    learned = [row["numbers"] for row in rows if row["train"] == most]
    lines.append(f"learned from {most:,} jets, mean ± scatter over {len(learned)} seeds:")
    for name in learned[0]:
        values = [one[name] for one in learned]
        spread = np.std(values, ddof=1) if len(values) > 1 else np.nan
        lines.append(f"  {name:<10}{np.mean(values):8.4f} ± {spread:.4f}")
    return "\n".join(lines)


def main() -> None:
    """Measure what is missing, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", nargs="*", default=["sample"], help="files to train on")
    parser.add_argument("--test", nargs="+", help="files to test on (default: a quarter of data)")
    parser.add_argument("--jets", nargs="*", type=int, default=CONFIG["jets"])
    parser.add_argument("--seeds", type=int, default=CONFIG["seeds"])
    parser.add_argument("--betas", type=int, default=1, help="β of the metric, summed over")
    parser.add_argument("--out", type=Path, default=Path("results/learned_metric"))
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    pool, test, names = training_and_test(chosen.data, chosen.test, CONFIG["test_jets"])
    settings = {
        **names,
        "betas": chosen.betas,
        "config": {
            name: CONFIG[name] for name in ("validation", "test_jets", "plain_epsilon", "mixed")
        },
    }
    enough = [n for n in chosen.jets if n + int(n * CONFIG["validation"]) <= len(pool)]
    for number, seed in tqdm([(n, s) for n in enough for s in range(chosen.seeds)], desc="runs"):
        kept(
            chosen.out / f"{number}_{seed}.json",
            settings,
            lambda number=number, seed=seed: one_run(
                *drawn(pool, number, seed), test, seed, chosen.betas
            ),
        )
    rows = [json.loads(path.read_text()) for path in sorted(chosen.out.glob("*.json"))]
    say(table(rows), chosen.out)
    draw(rows, chosen.out)


if __name__ == "__main__":
    main()
