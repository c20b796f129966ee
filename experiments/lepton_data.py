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
        copies: of each muon, side by side, each among other collisions.
        config: of leptons.toml.
    """

    around: list[np.ndarray]
    muon: np.ndarray
    label: np.ndarray
    weight: np.ndarray
    pileup: float
    copies: int
    config: dict[str, Any]

    @cached_property
    def parts(self) -> list[np.ndarray]:
        """Muons to train on in all copies, to choose with and to test on in one copy each."""
        number = len(self.label) // self.copies
        order = np.random.default_rng(self.config["seed"]).permutation(number)
        ends = np.cumsum([int(self.config[part] * number) for part in ("train", "choose")])
        train, choose, test = np.split(self.copies * order, ends)
        return [(train[:, None] + np.arange(self.copies)).ravel(), choose, test]

    train = property(lambda self: self.parts[0])
    choose = property(lambda self: self.parts[1])
    test = property(lambda self: self.parts[2])

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
        once = slice(None, None, self.copies)
        alone = np.array([len(one) == 0 for one in self.around[once]])
        for name, label in (("prompt", 1), ("non-prompt", 0)):
            kind = self.label[once] == label
            weight, mine = self.weight[once][kind], alone[kind]
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
    """The muons of all files."""
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
    muon, label, weight = (np.concatenate(one) for one in zip(*columns, strict=True))
    return Muons(around, muon, label, weight, *kinds.pop(), config)
