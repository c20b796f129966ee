"""Lays pile-up over the muons of make_muons.py: other collisions of the same bunch crossing.

    python experiments/add_pileup.py --data muons_0.npz --out muons_0_pileup.npz --copies 8

Collisions are cheaper than muons: each muon may stand several times in the file, one copy beside
the other, each among other collisions. Of inelastic collisions a number that is Poisson-distributed
about the mean is drawn each time from a pool made with Pythia 8, each turned about the beam at
random; their visible particles near the muon join those around it. Nothing is subtracted, and no
vertex tells them apart. Collisions of the pool serve many muons, each time turned anew. Settings
are frozen in add_pileup.toml and make_muons.toml.
"""

from __future__ import annotations

import argparse
import json
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
from make_muons import CONFIG as MUONS
from make_muons import MUON, PER_MUON, PER_PARTICLE
from tqdm import tqdm

from smearjax.jets.files import write_whole
from smearjax.jets.npz import read_npz, write_npz
from smearjax.jets.pythia import import_generators

CONFIG = tomllib.loads(Path(__file__).with_suffix(".toml").read_text())


def collisions(seed: int) -> list[np.ndarray]:
    """(n, 4) pT, y, φ and PDG number of the visible particles of each collision of the pool."""
    pythia8, _ = import_generators()
    generator = pythia8.Pythia("", False)
    lines = ("Print:quiet = on", f"Beams:eCM = {MUONS['energy']}", "SoftQCD:inelastic = on")
    for line in (*lines, "Random:setSeed = on", f"Random:seed = {seed + 1}"):
        if not generator.readString(line):
            raise ValueError(f"Pythia does not know the setting {line!r}")
    if not generator.init():
        raise RuntimeError("Pythia could not be initialised")
    pool = []
    with tqdm(total=CONFIG["pool"], unit="collision") as bar:
        while len(pool) < CONFIG["pool"]:
            if not generator.next():
                continue
            rows = [
                (particle.pT(), particle.y(), particle.phi(), particle.id())
                for particle in generator.event
                if particle.isFinal() and particle.isVisible() and abs(particle.id()) != MUON
            ]
            near = np.array(rows, np.float64).reshape(-1, 4)
            pool.append(near[np.abs(near[:, 1]) < MUONS["max_eta"] + MUONS["radius"]])
            bar.update()
    return pool


def overlaid(
    around: np.ndarray, muon: np.ndarray, pool: list[np.ndarray], mean: float,
    rng: np.random.Generator,
) -> np.ndarray:  # fmt: skip
    """What is around one muon with pile-up, by falling pT."""
    chosen = [pool[i] for i in rng.integers(len(pool), size=rng.poisson(mean))]
    turns = rng.uniform(0, 2 * np.pi, len(chosen))
    flat = np.concatenate([np.zeros((0, 4)), *chosen])
    turn = np.repeat(turns, [len(one) for one in chosen])
    flat[:, 1] -= muon[1]
    flat[:, 2] = np.remainder(flat[:, 2] + turn - muon[2] + np.pi, 2 * np.pi) - np.pi
    near = np.hypot(flat[:, 1], flat[:, 2]) < MUONS["radius"]
    both = np.concatenate([around, flat[near]])
    return both[np.argsort(-both[:, 0], kind="stable")]


def with_pileup(arrays: dict[str, Any], mean: float, copies: int, seed: int) -> dict[str, Any]:
    """The muons of a file with pile-up, copies of each side by side."""
    rng, pool = np.random.default_rng([seed, 5]), collisions(seed)
    flat = np.stack([arrays[name] for name in PER_PARTICLE], axis=1)
    around = [
        overlaid(one, muon, pool, mean, rng)
        for one, muon in zip(np.split(flat, arrays["offsets"][1:-1]), arrays["muon"], strict=True)
        for _ in range(copies)
    ]
    joined = np.concatenate(around)
    found = {name: joined[:, k].astype(arrays[name].dtype) for k, name in enumerate(PER_PARTICLE)}
    found |= {name: np.repeat(arrays[name], copies, axis=0) for name in PER_MUON}
    pileup = {"mean": mean, "copies": copies, "seed": seed, **CONFIG}
    info = json.loads(str(arrays["info"])) | {"pileup": pileup}
    return {
        **found,
        "offsets": np.concatenate([[0], np.cumsum([len(one) for one in around])]),
        "info": np.array(json.dumps(info)),
    }


def main() -> None:
    """Read, overlay, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="a file of make_muons.py")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--mean", type=float, default=50.0, help="collisions besides the muon's")
    parser.add_argument("--copies", type=int, default=1, help="of each muon")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    with open(chosen.data, "rb") as file:
        arrays = with_pileup(read_npz(file), chosen.mean, chosen.copies, chosen.seed)
    write_whole(chosen.out, write_npz, arrays)
    count = np.diff(arrays["offsets"])
    print(f"{len(count):,} muons, {count.mean():.1f} particles around each")


if __name__ == "__main__":
    main()
