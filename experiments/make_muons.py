"""Makes prompt and non-prompt muons with what is around them, at hadron level, with Pythia 8.

    python experiments/make_muons.py --out muons.npz --muons 10000 --seed 0

Prompt ones (label 1) are from pp → γ*/Z → µµ with 20 to 60 GeV of mass, below the Z's pole, where
muons of such momenta come from; the others (label 0) from pp → b b̄, b → µ, cascades through charm,
τ and J/ψ included. 14 TeV, multiparton interactions on, muons of 10 to 15 GeV and |η| < 2.1, one an
event. There is no detector, and no pile-up (add_pileup.py lays it over); b b̄ is made in the hard
scatter only, at 10 GeV or more. Leptons radiate no photons: Pythia lets those from a Z radiate and
those from hadrons not, a difference between the classes that nature does not make.

Muons from bottom hadrons are rare. The hadrons of one event decay many times, one muon of those
accepted is taken at random, and its weight is their number: so weighted, events count as often as
if each had decayed once. Prompt muons get weights with which both classes have one spectrum of pT.
Weights have mean 1 in each class.

Written are the visible particles but muons within a distance of the muon, in coordinates about it,
by falling pT. There may be none: then two entries of `offsets` are equal. Beside them `muon` (N, 3)
= pT, y, φ. A chunk of muons depends on the seed and its number only, and an interrupted run goes on
where it stopped. Settings are frozen in make_muons.toml.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from smearjax.jets.files import write_whole
from smearjax.jets.npz import read_npz, write_npz
from smearjax.jets.pythia import import_generators

CONFIG = tomllib.loads(Path(__file__).with_suffix(".toml").read_text())
COMMON = (
    "Print:quiet = on",
    f"Beams:eCM = {CONFIG['energy']}",
    "TimeShower:QEDshowerByL = off",
    "Random:setSeed = on",
)
# The bottom hadrons that decay weakly.
BOTTOM = (511, 521, 531, 541, 5122, 5132, 5232, 5332)
MUON = 13
PER_PARTICLE, PER_MUON = ("pt", "y", "phi", "pid"), ("muon", "label", "weight")
# All particles of an event, the muon among them, and its weight.
Found = tuple[list[Any], Any, float]


def prompt(pythia8: Any, generator: Any, rng: np.random.Generator) -> Iterator[Found]:
    """Muons of a γ* or Z."""
    while True:
        if not generator.next():
            continue
        particles = list(generator.event)
        accepted = [particle for particle in particles if is_accepted(particle)]
        accepted = [particle for particle in accepted if from_boson(generator.event, particle)]
        if accepted:
            yield particles, accepted[rng.integers(len(accepted))], 1.0


def nonprompt(pythia8: Any, generator: Any, rng: np.random.Generator) -> Iterator[Found]:
    """Muons of bottom hadrons, each event's hadrons decaying many times."""
    asked = CONFIG["nonprompt"]
    while True:
        decaying(generator, False)
        if not generator.next():
            continue
        event = pythia8.Event(generator.event)
        hadrons = [particle for particle in event if particle.isFinal() and is_bottom(particle)]
        if not any(may_give_one(hadron) for hadron in hadrons):
            continue
        decaying(generator, True)
        found = []
        for _ in range(asked["decays"]):
            products, muons = decayed(generator, hadrons)
            found += [(products, muon) for muon in muons]
        if found:
            products, muon = found[rng.integers(len(found))]
            others = [particle for particle in event if not is_bottom(particle)]
            yield others + products, muon, float(len(found))


def decayed(generator: Any, hadrons: list[Any]) -> tuple[list[Any], list[Any]]:
    """Copies of what some hadrons decay to, if there are muons within the cuts, and these.

    They decay by themselves in Pythia's event. Copies take longer than decays.
    """
    generator.event.reset()
    for hadron in hadrons:
        place = generator.event.append(hadron)
        generator.event[place].mothers(0, 0)
    generator.moreDecays()
    if not any(map(is_accepted, generator.event)):
        return [], []
    products = [type(particle)(particle) for particle in generator.event if particle.isFinal()]
    return products, list(filter(is_accepted, products))


def decaying(generator: Any, allowed: bool) -> None:
    """Let bottom hadrons decay, or not."""
    for number in BOTTOM:
        generator.particleData.mayDecay(number, allowed)


def is_bottom(particle: Any) -> bool:
    """Whether it is a bottom hadron that decays weakly."""
    return abs(particle.id()) in BOTTOM


def may_give_one(hadron: Any) -> bool:
    """Whether a muon of it can be within the cuts."""
    asked = CONFIG["nonprompt"]
    return hadron.pT() > asked["hadron_pt"] and abs(hadron.eta()) < asked["hadron_eta"]


def is_accepted(particle: Any) -> bool:
    """Whether it is a muon within the cuts."""
    low, high = CONFIG["pt"]
    return (
        abs(particle.id()) == MUON
        and particle.isFinal()
        and low <= particle.pT() <= high
        and abs(particle.eta()) < CONFIG["max_eta"]
    )


def from_boson(event: Any, muon: Any) -> bool:
    """Whether the first in the muon's line that is no muon is a Z."""
    mother = event[muon.mother1()]
    while abs(mother.id()) == MUON:
        mother = event[mother.mother1()]
    return mother.id() == 23


def around(particles: list[Any], muon: Any) -> np.ndarray:
    """(n, 4) pT, y and φ about the muon, PDG number of what is near it, by falling pT."""
    rows = []
    for particle in particles:
        if not (particle.isFinal() and particle.isVisible()) or abs(particle.id()) == MUON:
            continue
        y = particle.y() - muon.y()
        phi = np.remainder(particle.phi() - muon.phi() + np.pi, 2 * np.pi) - np.pi
        if np.hypot(y, phi) < CONFIG["radius"]:
            rows.append((particle.pT(), y, phi, particle.id()))
    return np.array(sorted(rows, reverse=True), np.float64).reshape(-1, 4)


def make_chunk(kind: str, number: int, n_muons: int, seed: int, on_muon: Any) -> dict[str, Any]:
    """Some muons of one class, as flat arrays."""
    asked = CONFIG[kind]
    rng = np.random.default_rng([seed, asked["seed_word"], number])
    pythia8, _ = import_generators()
    generator = pythia8.Pythia("", False)
    for line in (*COMMON, *asked["lines"], f"Random:seed = {rng.integers(1, 900_000_000)}"):
        if not generator.readString(line):
            raise ValueError(f"Pythia does not know the setting {line!r}")
    if not generator.init():
        raise RuntimeError("Pythia could not be initialised")
    near, muons, weights = [], [], []
    for particles, muon, weight in {"prompt": prompt, "nonprompt": nonprompt}[kind](
        pythia8, generator, rng
    ):
        near.append(around(particles, muon))
        muons.append((muon.pT(), muon.y(), muon.phi()))
        weights.append(weight)
        on_muon()
        if len(muons) == n_muons:
            break
    flat = np.concatenate(near)
    return {
        "pt": flat[:, 0].astype(np.float32),
        "y": flat[:, 1].astype(np.float32),
        "phi": flat[:, 2].astype(np.float32),
        "pid": flat[:, 3].astype(np.int32),
        "count": np.array([len(rows) for rows in near]),
        "muon": np.array(muons, np.float32),
        "label": np.full(n_muons, asked["label"], np.int8),
        "weight": np.array(weights),
    }


def all_chunks(folder: Path, n_muons: int, seed: int) -> dict[str, np.ndarray]:
    """Every chunk one after the other, made where it is missing."""
    chunks = []
    with tqdm(total=2 * n_muons, unit="muon") as bar:
        for kind in ("prompt", "nonprompt"):
            for number, begin in enumerate(range(0, n_muons, CONFIG["chunk"])):
                path, size = folder / f"{kind}_{number}.npz", min(CONFIG["chunk"], n_muons - begin)
                if path.exists():
                    bar.update(size)
                else:
                    made = make_chunk(kind, number, size, seed, bar.update)
                    write_whole(path, write_npz, made)
                with open(path, "rb") as file:
                    chunks.append(read_npz(file))
    return {name: np.concatenate([chunk[name] for chunk in chunks]) for name in chunks[0]}


def weighted(pt: np.ndarray, label: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Weights of mean 1 in each class, with which prompt muons have the others' spectrum of pT."""
    place = np.digitize(pt, np.linspace(*CONFIG["pt"], CONFIG["weight_bins"] + 1)[1:-1])
    weight = weight.copy()
    sums = [
        np.bincount(place, weight * (label == one), minlength=CONFIG["weight_bins"])
        for one in (0, 1)
    ]
    weight *= np.where(label == 1, (sums[0] / np.maximum(sums[1], 1e-300))[place], 1.0)
    for one in (0, 1):
        weight[label == one] /= weight[label == one].mean()
    return weight


def shuffled(arrays: dict[str, np.ndarray], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """All muons in one random order."""
    count = arrays["count"]
    order = rng.permutation(len(count))
    begin = np.cumsum(count) - count
    offsets = np.concatenate([[0], np.cumsum(count[order])])
    particle = np.arange(offsets[-1]) + np.repeat(begin[order] - offsets[:-1], count[order])
    return (
        {name: arrays[name][particle] for name in PER_PARTICLE}
        | {name: arrays[name][order] for name in PER_MUON}
        | {"offsets": offsets}
    )


def make_muons(out: Path, n_muons: int, seed: int) -> None:
    """As many muons of each class, in a file; its parts wait beside it until it is whole."""
    settings = {"config": CONFIG, "common": COMMON, "muons": n_muons, "seed": seed}
    settings = json.loads(json.dumps(settings))
    if out.exists():
        with open(out, "rb") as file:
            if json.loads(str(read_npz(file)["info"])) != settings:
                raise SystemExit(f"{out} was made otherwise; give another --out")
        return
    parts = out.with_name(out.name + ".parts")
    parts.mkdir(parents=True, exist_ok=True)
    note = parts / "settings.json"
    if note.exists() and json.loads(note.read_text()) != settings:
        raise SystemExit(f"{parts} holds parts made otherwise; give another --out")
    note.write_text(json.dumps(settings))
    arrays = all_chunks(parts, n_muons, seed)
    arrays["weight"] = weighted(arrays["muon"][:, 0], arrays["label"], arrays["weight"])
    arrays = shuffled(arrays, np.random.default_rng(seed))
    write_whole(out, write_npz, arrays | {"info": np.array(json.dumps(settings))})
    shutil.rmtree(parts)


def main() -> None:
    """Make them and say what they are like."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("muons.npz"))
    parser.add_argument("--muons", type=int, default=10_000, help="of each class")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    make_muons(chosen.out, chosen.muons, chosen.seed)
    with open(chosen.out, "rb") as file:
        arrays = read_npz(file)
    count, weight = np.diff(arrays["offsets"]), arrays["weight"]
    for name, label in (("prompt", 1), ("non-prompt", 0)):
        mine = arrays["label"] == label
        alone = weight[mine] @ (count[mine] == 0) / weight[mine].sum()
        effective = weight[mine].sum() ** 2 / (weight[mine] ** 2).sum()
        print(
            f"{name}: {mine.sum():,} muons (as good as {effective:,.0f} of one weight), "
            f"{count[mine].mean():.1f} particles around each, {alone:.1%} with none"
        )


if __name__ == "__main__":
    main()
