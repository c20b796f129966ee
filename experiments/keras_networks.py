"""smearjax's EFN and PFN beside EnergyFlow's own in Keras, on the same jets and cores.

    python experiments/keras_networks.py                                   # the jets in the package
    python experiments/keras_networks.py --data TRAIN_FILES --test FILE --out results/keras

Trains both networks with smearjax's default settings, with the published ones, and EnergyFlow's
with the published ones, for as many epochs; the epoch of the lowest validation loss is kept on all
sides. EnergyFlow and TensorFlow live in an environment of their own under --out, made by this
script (2.4 GB; --python takes one that is there); TensorFlow never enters this one. Training
throughput is jets × epochs over the time from the second epoch on, compilation excepted, one after
the other. Every run has a file of its own, so that an interrupted comparison goes on.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
import tomllib
from functools import partial
from pathlib import Path
from typing import Any

import jax
import numpy as np
from _common import kept, quality, say, training_and_test
from tqdm import tqdm

from smearjax import Jets
from smearjax.jets import center
from smearjax.networks import EFN, PFN, PUBLISHED, TrainingConfig, network_scores, train_network

CONFIG = tomllib.loads((Path(__file__).parent / "keras_networks.toml").read_text())
KINDS = {"EFN": EFN, "PFN": PFN}
SIDES = ("smearjax", "smearjax, published settings", "EnergyFlow, Keras")


def environment(folder: Path) -> Path:
    """The other Python, made if it is not there."""
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        packages = CONFIG["environment"]["packages"]
        subprocess.run([str(python), "-m", "pip", "install", "-q", *packages], check=True)
    return python


def drawn(pool: Jets, number: int, seed: int) -> tuple[Jets, Jets]:
    """Training and validation jets."""
    order = np.random.default_rng([CONFIG["seed"], seed]).permutation(len(pool))
    held = int(CONFIG["validation"] * number)
    return pool[np.sort(order[:number])], pool[np.sort(order[number : number + held])]


def ours(kind: str, published: bool, train: Jets, held: Jets, test: Jets, seed: int) -> dict:
    """One network of smearjax."""
    epochs, layers = CONFIG["epochs"], CONFIG["layers"]
    settings = PUBLISHED if published else TrainingConfig()
    changes = {"epochs": epochs, "patience": epochs, "progress": False}
    config = TrainingConfig(**(vars(settings) | changes))
    scale = {"length_scale": 1.0} if published else {}
    network = KINDS[kind](layers["phi_sizes"], layers["f_sizes"], **scale, key=jax.random.key(seed))
    # One epoch by itself compiles what the others use.
    short = TrainingConfig(**(vars(config) | {"epochs": 1}))
    first = train_network(network, train, held, short, seed=seed).seconds
    begin = time.perf_counter()
    trained = train_network(network, train, held, config, seed=seed)
    speed = epochs * len(train) / (time.perf_counter() - begin)
    return quality(network_scores(trained.network, test), test) | {
        "jets_per_second": speed,
        "first_epoch_seconds": first,
        "best_epoch": trained.best_epoch,
    }


def padded(jets: Jets) -> np.ndarray:
    """(N, n, 3) fractions and centred angles, zeros where there is no particle."""
    moved = center(jets)
    z = np.asarray(jets.pt) / np.asarray(jets.total_pt)[:, None]
    return np.stack([z, moved.y, moved.phi], axis=2).astype(np.float32)


def theirs(
    kind: str, python: Path, train: Jets, held: Jets, test: Jets, seed: int, out: Path
) -> dict:
    """One network of EnergyFlow, in its own process and environment."""
    path, scores = out / "jets.npz", out / "scores.json"
    columns = {}
    for name, jets in (("train", train), ("held", held), ("test", test)):
        columns[name] = padded(jets)
        columns[f"{name}_label"] = np.asarray(jets.label)
    np.savez(path, **columns)
    settings = CONFIG["layers"] | {"kind": kind, "epochs": CONFIG["epochs"], "seed": seed}
    child = Path(__file__).with_name("keras_child.py")
    words = [str(python), str(child), json.dumps(settings), str(path), str(scores)]
    subprocess.run(words, check=True)
    found = json.loads(scores.read_text())
    score = np.array(found.pop("score"))
    path.unlink()
    return quality(score, test) | found


def table(rows: list[dict[str, Any]]) -> str:
    """Means and scatter over seeds, throughput as a ratio to EnergyFlow's."""
    head = f"{'':<38}{'AUC':>18}{'1/ε_g at ½':>16}{'jets/s':>10}{'ratio':>8}"
    lines = [f"{rows[0]['train']:,} training jets, {rows[0]['test']:,} test jets", head]
    for kind in KINDS:
        speeds = {
            side: np.mean([r["jets_per_second"] for r in rows if r["of"] == [kind, side]])
            for side in SIDES
        }
        for side in SIDES:
            same = [row for row in rows if row["of"] == [kind, side]]
            cells = f"{kind}, {side}".ljust(38)
            for key, form, width in (("auc", "{:.4f} ± {:.4f}", 18),
                                     ("rejection", "{:.1f} ± {:.1f}", 16)):  # fmt: skip
                values = [row[key][0] for row in same]
                spread = np.std(values, ddof=1) if len(values) > 1 else np.nan
                cells += form.format(np.mean(values), spread).rjust(width)
            ratio = speeds[side] / speeds[SIDES[-1]]
            lines.append(cells + f"{speeds[side]:10,.0f}{ratio:8.1f}")
    return "\n".join(lines)


def main() -> None:
    """Measure what is missing and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", nargs="+", default=["sample"], help="files to train on")
    parser.add_argument("--test", nargs="+", help="files to test on (default: a quarter of data)")
    parser.add_argument("--jets", type=int, default=CONFIG["jets"])
    parser.add_argument("--seeds", type=int, default=CONFIG["seeds"])
    parser.add_argument("--python", type=Path, help="of an environment with EnergyFlow and Keras")
    parser.add_argument("--out", type=Path, default=Path("results/keras"))
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    python = chosen.python or environment((chosen.out / "environment").resolve())
    pool, test, names = training_and_test(chosen.data, chosen.test, CONFIG["test_jets"])
    number = min(chosen.jets, int(len(pool) / (1 + CONFIG["validation"])))
    settings = {**names, "jets": number, "config": CONFIG}
    rows, out = [], chosen.out
    runs = [(seed, kind, side) for seed in range(chosen.seeds) for kind in KINDS for side in SIDES]
    for seed, kind, side in tqdm(runs, desc="runs"):
        jets = *drawn(pool, number, seed), test
        if side == SIDES[-1]:
            measure = partial(theirs, kind, python, *jets, seed, out)
        else:
            measure = partial(ours, kind, side == SIDES[1], *jets, seed)
        path = out / f"{kind}_{SIDES.index(side)}_{seed}.json"
        row = kept(path, settings, measure)
        rows.append(row | {"of": [kind, side], "train": number, "test": len(test)})
    say(table(rows), out)


if __name__ == "__main__":
    main()
