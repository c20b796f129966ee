"""How well the Energy Flow Network does against the jet mass, seed by seed.

    python experiments/efn.py                     # splits of the 4,000 jets in the package
    python experiments/efn.py --train FILE --test FILE --seeds 1

Without --test each seed makes its own split (50 % training, 10 % validation, 40 % test); with it a
tenth of the training file validates. Every network has the default `TrainingConfig`. Prints a table
and one line of JSON.
"""

from __future__ import annotations

import argparse
import json

import jax
import numpy as np

from smearjax.evaluate import Interval, auc, bootstrap_interval
from smearjax.jets import Jets, load_jets, split
from smearjax.networks import EFN, network_scores, train_network
from smearjax.observables import jet_mass


def parts(train: str, test: str | None, seed: int) -> tuple[Jets, Jets, Jets]:
    """Training, validation and test jets."""
    jets = load_jets(train)
    if test is None:
        first, second, third = split(jets, (0.5, 0.1, 0.4), seed)
        return first, second, third
    first, second = split(jets, (0.9, 0.1), seed)
    return first, second, load_jets(test)


def one_seed(train: str, test: str | None, seed: int) -> dict[str, float]:
    """Train one network and set its AUC beside that of the mass on the same test jets."""
    first, second, third = parts(train, test, seed)
    trained = train_network(EFN(key=jax.random.key(seed)), first, second, seed=seed)
    label = np.asarray(third.label)
    interval: Interval = bootstrap_interval(auc, network_scores(trained.network, third), label)
    return {
        "seed": seed,
        "train": len(first),
        "test": len(third),
        "efn": interval.value,
        "efn_lo": interval.lo,
        "efn_hi": interval.hi,
        "mass": auc(-jet_mass(third), label),
        "seconds": trained.seconds,
    }


def main() -> None:
    """Train and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", default="sample", help="jets to train on")
    parser.add_argument("--test", help="jets to test on (default: a part of the training file)")
    parser.add_argument("--seeds", type=int, default=5)
    settings = parser.parse_args()
    rows = [one_seed(settings.train, settings.test, seed) for seed in range(settings.seeds)]
    print("| seed | training jets | test jets | EFN AUC (68 %) | mass AUC | seconds |")
    print("|---|---|---|---|---|---|")
    for row in rows:
        print(
            "| {seed} | {train:,} | {test:,} | {efn:.4f} ({efn_lo:.4f} – {efn_hi:.4f}) "
            "| {mass:.4f} | {seconds:.0f} |".format(**row)
        )
    print(f"smallest EFN − mass: {min(row['efn'] - row['mass'] for row in rows):.3f}")
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
