"""How many GeV a jet must move before each network decides otherwise, and what noise costs.

    python experiments/robustness.py                                       # the jets in the package
    python experiments/robustness.py --data TRAIN_FILES --test FILES --out results/networks
    python experiments/robustness.py … --shifted FILES          # jets made otherwise, one row each

Networks are those of networks.py, taken from --out if they lie there and are of the same files,
trained otherwise; beside them some trained on jets that an adversary moves, whose particles split,
or that are joined by their neighbours. For each: the median smallest flip of its decision at equal
odds, without and with particles split in two, and how much ten times the steps and ten restarts
change it; AUC under attack against the budget; AUC when every jet is turned and mirrored; AUC with
noise against the distance that the noise moves jets; AUC on jets made otherwise. Settings are
frozen in robustness.toml; each part is kept, so that an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import argparse
import tomllib
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from _common import kept, load_all, quality, say, training_and_test
from networks import CONFIG as NETWORKS
from networks import drawn, trained_network, untrained
from tqdm import tqdm

from smearjax import Jets, SmearedLikelihood
from smearjax.analysis.sections.robustness import curve_record, flip_record
from smearjax.interpret import (
    attack_curve,
    draw_replacements,
    flips,
    isometry_attack,
    noise_curve,
    with_neighbours,
)
from smearjax.networks import (
    Adversary,
    JetNetwork,
    Splits,
    TrainingConfig,
    network_scores,
    train_network,
)
from smearjax.report.robustness import draw_attacks, draw_noise
from smearjax.report.style import hep_style

CONFIG = tomllib.loads(Path(__file__).with_suffix(".toml").read_text())
PT_REF = CONFIG["pt_ref"]
AUGMENTATIONS = {"Adversary": Adversary, "Splits": Splits}


def hardened_network(name: str, pool: Jets, number: int, out: Path) -> JetNetwork:
    """A network of networks.py's first seed, trained on jets that are changed."""
    asked, config = CONFIG["hardened"][name], TrainingConfig()
    train, validation = drawn(pool, number, 0)
    if asked["augmentation"] == "neighbours":
        balls = draw_replacements(SmearedLikelihood(train), asked["epsilon"], draws=asked["draws"])
        train = with_neighbours(train, balls)
    else:
        augmentation = AUGMENTATIONS[asked["augmentation"]](PT_REF, budget=asked["budget"])
        config = TrainingConfig(augmentation=augmentation)
    begin = untrained(asked["of"], 0, published=False)
    folder = out / f"trained_{plain(name)}_{number}"
    return train_network(begin, train, validation, config, folder=folder).network


def plain(name: str) -> str:
    """As the name of a file."""
    return name.replace(", ", "_").replace(" ", "_")


def flip_part(network: JetNetwork, jets: Jets, check: bool) -> dict[str, Any]:
    """Smallest flips, with particles that may split as well; the check of the search if asked."""
    asked = {"pt_ref": PT_REF, "steps": CONFIG["steps"], "restarts": CONFIG["restarts"]}
    whole, split = (
        flips(network, jets, copies=copies, **asked, progress=True) for copies in (1, 2)
    )
    found = flip_record(whole, split, jets.weight)
    if not check:
        return found
    searches = {"as above": {}, "ten times the steps": {"steps": 10 * CONFIG["steps"]},
                "ten restarts": {"restarts": 10}}  # fmt: skip
    found["check"] = {
        name: flips(
            network, jets[: CONFIG["checked"]], **asked | changed, progress=True
        ).robustness.value
        for name, changed in searches.items()
    }
    return found


def curve_part(network: JetNetwork, jets: Jets) -> dict[str, Any]:
    """AUC under attack, when turned, and with noise."""
    turned = isometry_attack(network, jets, turns=CONFIG["turns"], progress=True)
    attack = attack_curve(network, jets, CONFIG["budgets"], pt_ref=PT_REF, progress=True)
    kinds = [kind for kind in CONFIG["noise"] if not (kind == "added" and network.needs_pid)]
    curves = {
        kind: noise_curve(network, jets, kind, CONFIG["noise"][kind], pt_ref=PT_REF)
        for kind in kinds
    }
    return curve_record(attack, turned, attack.auc[0], curves)


def shift_part(network: JetNetwork, test: Jets, files: list[str]) -> dict[str, Any]:
    """AUC and 1/ε_g on all test jets, and on each file of jets made otherwise."""
    every = {"the test jets": test} | {Path(path).stem: load_all([path]) for path in files}
    found = {name: quality(network_scores(network, jets), jets) for name, jets in every.items()}
    return {"shifted": found}


def table(rows: list[dict[str, Any]], n_flip: int, n_curve: int, number: int) -> str:
    """Robustness, then AUC by budget, by noise, and by how the jets were made."""
    lines = [
        f"{number:,} training jets; smallest flips of {n_flip:,} test jets, AUC of {n_curve:,}",
        f"{'':<16}{'median flip [GeV]':>26}{'that may split':>26}{'free':>8}"
        f"{'steps ×10':>12}{'10 restarts':>12}",
    ]
    for row in rows:
        cells = "".join(
            f"{row[key]['value']:.2f} ({row[key]['lo']:.2f} – {row[key]['hi']:.2f})".rjust(26)
            for key in ("flip", "split_flip")
        )
        check = row.get("check", {})
        changes = "".join(
            f"{check[search] / check['as above']:.3f}".rjust(12) if check else " " * 12
            for search in ("ten times the steps", "ten restarts")
        )
        lines.append(f"{row['name']:<16}{cells}{row['free_share']:>8.1%}{changes}")
    lines += ["", "AUC under attack, budget in GeV"]
    lines.append(f"{'':<16}" + "".join(f"{one['budget_gev']:>9g}" for one in rows[0]["attack"]))
    for row in rows:
        values = "".join(f"{one['value']:>9.4f}" for one in row["attack"])
        lines.append(f"{row['name']:<16}{values}")
    lines += [
        "",
        "AUC of the worst image when turned and mirrored (68 %), jets with images of both",
    ]
    for row in rows:
        area, share = row["turned"], row["flipped_by_turns"]["value"]
        lines.append(
            f"{row['name']:<16}{area['value']:.4f} ({area['lo']:.4f} – {area['hi']:.4f})"
            f"{share:>9.1%}"
        )
    for kind in CONFIG["noise"]:
        curves = {row["name"]: row["noise"][kind] for row in rows if kind in row["noise"]}
        if not curves:
            continue
        first = next(iter(curves.values()))
        lines += ["", f"AUC with noise, {kind}; median distance moved in GeV"]
        lines.append(f"{'':<16}" + "".join(f"{one['moved_gev']:>9.2f}" for one in first))
        for name, curve in curves.items():
            lines.append(f"{name:<16}" + "".join(f"{one['value']:>9.4f}" for one in curve))
    for name in rows[0]["shifted"]:
        lines += ["", f"AUC on {name} (68 %)"]
        for row in rows:
            value, low, high = row["shifted"][name]["auc"]
            lines.append(f"{row['name']:<16}{value:.4f} ({low:.4f} – {high:.4f})")
    return "\n".join(lines)


def main() -> None:
    """Train what is missing, attack, disturb, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", nargs="+", default=["sample"], help="files to train on")
    parser.add_argument("--test", nargs="+", help="files to test on (default: a quarter of data)")
    parser.add_argument("--shifted", nargs="+", default=[], help="files of jets made otherwise")
    parser.add_argument("--jets", type=int, default=CONFIG["jets"], help="to train on, at most")
    parser.add_argument("--flips", type=int, default=CONFIG["flips"], help="jets to flip")
    every = [*CONFIG["networks"], *CONFIG["hardened"]]
    parser.add_argument("--networks", nargs="+", default=every, choices=every, metavar="NAME")
    parser.add_argument("--out", type=Path, default=Path("results/networks"))
    chosen = parser.parse_args()
    out = chosen.out / "robustness"
    out.mkdir(parents=True, exist_ok=True)
    pool, test, names = training_and_test(chosen.data, chosen.test, NETWORKS["test_jets"])
    number = min(chosen.jets, len(pool) - 500)
    order = np.random.default_rng(CONFIG["seed"]).permutation(len(test))
    to_flip, to_curve = (test[np.sort(order[:n])] for n in (chosen.flips, CONFIG["curves"]))
    how = {key: value for key, value in CONFIG.items() if key not in ("networks", "hardened")}
    settings = {**names, "jets": number, "config": how}
    rows = []
    for name in tqdm(chosen.networks, desc="networks"):
        made = CONFIG["hardened"].get(name) or NETWORKS["networks"][name]
        if name in CONFIG["hardened"]:
            network = hardened_network(name, pool, number, out)
        else:
            network = trained_network(name, pool, test, number, names, chosen.out)
        parts = {
            "flips": (partial(flip_part, network, to_flip, name in CONFIG["networks"]),
                      {"flips": len(to_flip)}),
            "curves": (partial(curve_part, network, to_curve), {}),
            "shift": (partial(shift_part, network, test, chosen.shifted),
                      {"shifted": [Path(path).name for path in chosen.shifted]}),
        }  # fmt: skip
        row: dict[str, Any] = {"name": name}
        for part, (measure, more) in parts.items():
            row |= kept(
                out / f"{plain(name)}_{part}.json", settings | more | {"made": made}, measure
            )
        rows.append(row)
    say(table(rows, len(to_flip), len(to_curve), number), out)
    with hep_style():
        draw_attacks(rows, len(to_curve)).savefig(out / "attack.png")
        draw_noise(rows, len(to_curve)).savefig(out / "noise.png")


if __name__ == "__main__":
    main()
