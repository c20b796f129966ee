"""Networks taken to jets that were made otherwise: as they are, reweighted, fine-tuned.

    python experiments/domain_adaptation.py --data TRAIN_FILES --test FILES --shifted FILES
    python experiments/domain_adaptation.py … --out results/networks

Networks are those of networks.py, taken from --out if they lie there and are of the same files,
trained otherwise. For each file of --shifted (the target), tested on its jets that nothing was
trained on: AUC of the network as it is; of one trained on the same jets weighted to stand for the
target's, whose labels are not used; of the network fine-tuned with some labelled jets of the target
and of one that is trained on these alone. Settings are frozen in domain_adaptation.toml; each part
is kept, so that an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import argparse
import tomllib
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from _common import kept, load_all, quality, say, training_and_test
from domain_adaptation_figures import draw
from networks import CONFIG as NETWORKS
from networks import drawn, trained_network, untrained
from tqdm import tqdm

from smearjax import Jets
from smearjax.jets import concatenate
from smearjax.networks import (
    JetNetwork,
    TrainingConfig,
    domain_weights,
    network_scores,
    train_network,
)

CONFIG = tomllib.loads(Path(__file__).with_suffix(".toml").read_text())


def reweighted_part(
    name: str, source: tuple[Jets, Jets], target: Jets, test: Jets, folder: Path
) -> dict[str, Any]:
    """A network of the first seed, trained on jets that stand for the target's."""
    start = untrained(name, 0, published=False)
    config = TrainingConfig(**CONFIG["ratio"])
    both = domain_weights(start, concatenate(source), target, config, folder=folder / "ratio")
    train, held = (
        jets.replace(weight=weight)
        for jets, weight in zip(source, np.split(both.weight, [len(source[0])]), strict=True)
    )
    network = train_network(start, train, held, folder=folder / "network").network
    return quality(network_scores(network, test), test) | {
        "told_apart": [both.auc.value, both.auc.lo, both.auc.hi],
        "effective_share": both.effective_share,
    }


def learned_part(
    start: JetNetwork, config: TrainingConfig, train: Jets, held: Jets, test: Jets, folder: Path
) -> dict[str, Any]:
    """A network that goes on from another one, or begins, on labelled jets of the target."""
    network = train_network(start, train, held, config, folder=folder).network
    return quality(network_scores(network, test), test)


def target_parts(path: str) -> tuple[Jets, Jets, Jets]:
    """Jets of the target to learn from, to stop by, and to test on."""
    jets = load_all([path])
    order = np.random.default_rng(CONFIG["seed"]).permutation(len(jets))
    most = min(CONFIG["unlabelled"], len(jets) // 2 - CONFIG["held"])
    ends = [most, most + CONFIG["held"]]
    learning, held, test = np.split(order, ends)
    return jets[learning], jets[held], jets[np.sort(test)]


def table(rows: list[dict[str, Any]], number: int) -> str:
    """One line a network and target."""
    heads = [key for key in rows[0] if key not in ("name", "target", "test")]
    lines = [f"AUC (half of the 68 % interval); {number:,} source jets to train on"]
    for row in rows:
        lines += ["", f"{row['name']}, {row['target']}, {row['test']:,} test jets"]
        for head in heads:
            value, low, high = row[head]["auc"]
            lines.append(f"  {head:<34}{value:.4f} ± {(high - low) / 2:.4f}")
        weights = row["reweighted, without labels"]
        value, low, high = weights["told_apart"]
        lines.append(
            f"  source and target told apart with AUC {value:.3f} ± {(high - low) / 2:.3f}; "
            f"{weights['effective_share']:.0%} of the source jets left in effect"
        )
    return "\n".join(lines)


def measured(
    name: str, path: str, network: JetNetwork, source: tuple[Jets, Jets],
    settings: dict[str, Any], out: Path,
) -> dict[str, Any]:  # fmt: skip
    """All ways of one network to one target."""
    learning, held, test = target_parts(path)
    begin = untrained(name, 0, published=False)
    place = out / f"{name.replace(' ', '_')}_{Path(path).stem}"
    ways = {
        "as it is": lambda: quality(network_scores(network, test), test),
        "reweighted, without labels": partial(
            reweighted_part, name, source, learning, test, place / "weighted"
        ),
    }
    sizes = [size for size in CONFIG["labelled"] if size <= len(learning)]
    for size in sizes or [len(learning)]:
        some = learning[:size]
        for title, start, config in (
            ("fine-tuned", network, TrainingConfig(**CONFIG["fine_tuning"])),
            ("from nothing", begin, TrainingConfig()),
        ):
            folder = place / f"{title.replace(' ', '_')}_{size}"
            ways[f"{title}, {size:,} labelled jets"] = partial(
                learned_part, start, config, some, held, test, folder
            )
    place.mkdir(parents=True, exist_ok=True)
    settings |= {"target": Path(path).name}
    return {"name": name, "target": Path(path).stem, "test": len(test)} | {
        way: kept(place / f"{number}.json", settings | {"way": way}, measure)
        for number, (way, measure) in enumerate(ways.items())
    }


def main() -> None:
    """Train what is missing, adapt, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", nargs="+", default=["sample"], help="files to train on")
    parser.add_argument("--test", nargs="+", help="files to test on (default: a quarter of data)")
    parser.add_argument("--shifted", nargs="+", required=True, help="files of jets made otherwise")
    parser.add_argument("--jets", type=int, default=CONFIG["jets"], help="to train on, at most")
    parser.add_argument("--out", type=Path, default=Path("results/networks"))
    chosen = parser.parse_args()
    out = chosen.out / "domain_adaptation"
    pool, test, names = training_and_test(chosen.data, chosen.test, NETWORKS["test_jets"])
    number = min(chosen.jets, len(pool) - 500)
    settings = {**names, "jets": number, "config": CONFIG, "networks": NETWORKS["networks"]}
    pairs = [(name, path) for name in CONFIG["networks"] for path in chosen.shifted]
    rows = []
    for name, path in tqdm(pairs, desc="networks and targets"):
        network = trained_network(name, pool, test, number, names, chosen.out)
        rows.append(measured(name, path, network, drawn(pool, number, 0), dict(settings), out))
    say(table(rows, number), out)
    draw(rows, out)


if __name__ == "__main__":
    main()
