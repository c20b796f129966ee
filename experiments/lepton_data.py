"""Muons and what is around them, for leptons.py: as jets, and as observables."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from smearjax import Jets
from smearjax.jets.npz import read_npz
from smearjax.observables import ObservableLibrary, efp_library, isolation, multigraphs

MUON = 13


@dataclass(frozen=True)
class Muons:
    """N muons; particles in coordinates about the muon, GeV and radians.

    Attributes:
        around: for each muon (n, 4) pT, y, φ, PDG number of the particles around it; n may be 0.
        muon: (N, 3) pT, y, φ.
        label: (N,) 1 = prompt.
        weight: (N,) of mean 1 in each class.
        pileup: mean number of collisions laid over.
        copies: of each muon to train on, side by side, each among other collisions.
        train: muons to train on, all copies.
        choose: muons to choose with.
        test: muons to test on.
        config: of leptons.toml.
    """

    around: list[np.ndarray]
    muon: np.ndarray
    label: np.ndarray
    weight: np.ndarray
    pileup: float
    copies: int
    train: np.ndarray
    choose: np.ndarray
    test: np.ndarray
    config: dict[str, Any]

    @property
    def once(self) -> np.ndarray:
        """One copy of each muon."""
        return np.concatenate([self.train[:: self.copies], self.choose, self.test])

    @cached_property
    def jets(self) -> Jets:
        """What is around each muon, and the muon at the origin.

        None is empty then, and the momentum fractions say how much is around it.
        """
        zero = np.zeros(1, np.float32)
        columns = [
            [np.append(one[:, k], more).astype(np.float32) for one, more in
             zip(self.around, self.muon[:, :1] if k == 0 else [zero] * len(self.muon), strict=True)]
            for k in range(3)
        ]  # fmt: skip
        pid = [np.append(one[:, 3], MUON).astype(np.int32) for one in self.around]
        return Jets.from_lists(*columns, pid=pid, label=self.label, weight=self.weight)

    def described(self) -> list[str]:
        """Pile-up, how many muons have nothing around them, and what weights cost."""
        lines = [f"hadron level, {self.pileup:g} collisions of pile-up on average"]
        if self.copies > 1:
            lines.append(f"each muon to train on {self.copies} times, among other collisions")
        alone = np.array([len(self.around[i]) == 0 for i in self.once])
        for name, label in (("prompt", 1), ("non-prompt", 0)):
            kind = self.label[self.once] == label
            weight, mine = self.weight[self.once][kind], alone[kind]
            effective = weight.sum() ** 2 / (weight**2).sum()
            lines.append(
                f"{name}: {len(weight):,} muons (as good as {effective:,.0f} of one weight), "
                f"{weight @ mine / weight.sum():.1%} with nothing around"
            )
        return lines

    def libraries(self) -> dict[str, ObservableLibrary]:
        """Cones, and polynomials of what is around, momenta in units of the muon's.

        A sum over no particles is 0: that is what polynomials and cones are of a muon alone.
        """
        there = np.flatnonzero([len(one) > 0 for one in self.around])
        near = [self.around[i] for i in there]
        plain = [[one[:, k].astype(np.float32) for one in near] for k in range(3)]
        about = np.concatenate([self.muon[there, :1], np.zeros((len(there), 2))], axis=1)
        jets = Jets.from_lists(*plain)
        cones = {f"I({r:g})": isolation(jets, about, r) for r in self.config["cones"]}
        cones["ΣpT"] = np.array([one[:, 0].sum() for one in near])
        relative = jets.replace(pt=jets.pt / self.muon[there, :1].astype(np.float32))
        graphs = multigraphs(self.config["degree"])
        marked = multigraphs(self.config["degree"], marked=True)
        betas, unsafe = self.config["betas"], self.config["unsafe_kappas"]
        at = np.zeros((len(there), 2), np.float32)
        found = {
            "cones": ObservableLibrary(cones),
            "marked": efp_library(relative, marked, [1.0], betas, normalize=False, origin=at),
            "unsafe": efp_library(relative, marked, unsafe, betas, normalize=False, origin=at),
            "unmarked": efp_library(relative, graphs, [1.0], betas, normalize=False),
        }
        return {
            kind: self._filled(one, there, "unmarked " * (kind == "unmarked"))
            for kind, one in found.items()
        }

    def _filled(
        self, library: ObservableLibrary, there: np.ndarray, prefix: str
    ) -> ObservableLibrary:
        """The library of all muons, 0 for those alone."""
        values = {}
        for name, column in library.values.items():
            values[prefix + name] = np.zeros(len(self.label))
            values[prefix + name][there] = column
        return ObservableLibrary(values, {prefix + k: v for k, v in library.graphs.items()})


def load_muons(files: Sequence[Path], config: dict[str, Any]) -> Muons:
    """The muons of all files: those to train on in all copies, the others in one."""
    around, columns, kinds = [], [], set()
    for path in files:
        with open(path, "rb") as file:
            arrays = read_npz(file)
        flat = np.stack([arrays[name] for name in ("pt", "y", "phi", "pid")], axis=1)
        around += np.split(flat, arrays["offsets"][1:-1])
        columns.append([arrays[name] for name in ("muon", "label", "weight")])
        pileup = {"mean": 0, "copies": 1} | json.loads(str(arrays["info"])).get("pileup", {})
        kinds.add((pileup["mean"], pileup["copies"]))
    if len(kinds) > 1:
        raise SystemExit(f"the files differ in pile-up (mean, copies): {sorted(kinds)}")
    mean, copies = kinds.pop()
    number = len(around) // copies
    order = copies * np.random.default_rng(config["seed"]).permutation(number)
    ends = np.cumsum([int(config[part] * number) for part in ("train", "choose")])
    train, choose, test = np.split(order, ends)
    rows = [(train[:, None] + np.arange(copies)).ravel(), choose, test]
    parts = np.split(np.arange(sum(map(len, rows))), np.cumsum([len(one) for one in rows])[:-1])
    kept = np.concatenate(rows)
    muon, label, weight = (np.concatenate(one)[kept] for one in zip(*columns, strict=True))
    around = [around[i] for i in kept]
    return Muons(around, muon, label, weight, mean, copies, *parts, config)
