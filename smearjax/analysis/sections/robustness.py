"""How far jets must move, in GeV, before the networks decide otherwise, and what noise costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

import numpy as np

from smearjax._numerics import ArrayLike
from smearjax.analysis.findings import Record
from smearjax.analysis.sections.ground import Ground, Section
from smearjax.evaluate import Interval, auc, bootstrap_interval, weighted_median
from smearjax.interpret import (
    AttackCurve,
    Flips,
    IsometryAttack,
    NoiseCurve,
    attack_curve,
    flips,
    isometry_attack,
    noise_curve,
)
from smearjax.jets import Jets
from smearjax.networks import JetNetwork, network_scores

# Test jets of the flips and of the curves, and gradient steps of each search.
_FLIPPED, _ATTACKED = 60, 240
_STEPS = {"flips": 150, "attack": 30}
_BUDGETS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)  # GeV
# GeV below which a flip counts as free.
FREE = 0.05
# Strengths of each kind: a fraction, radians, GeV, a mean number of particles.
_NOISE = {
    "pt": (0.03, 0.1, 0.3, 0.6),
    "angles": (0.003, 0.01, 0.03, 0.1),
    "lost": (0.3, 1.0, 3.0, 10.0),
    "added": (2.0, 6.0, 20.0, 60.0),
}


def robustness(ground: Ground) -> Section:
    """The analysis' own Energy Flow Network and those of files, on test jets of both classes."""
    few, more = (_some(ground.test, number) for number in (_FLIPPED, _ATTACKED))
    found = [
        {"name": name} | _of_network(ground, network, few, more)
        for name, network in ground.networks.items()
    ]
    numbers = {"flipped": len(few), "attacked": len(more), "disturbed": len(ground.test)}
    return Section({"n_jets": numbers, "free_gev": FREE, "networks": found})


def _of_network(ground: Ground, network: JetNetwork, few: Jets, more: Jets) -> Record:
    """All searches of one network."""
    pt_ref, seed, progress = float(ground.full.pt_ref), ground.config.seed, ground.progress
    scores = network_scores(network, ground.test)
    middle = float(np.median(scores))
    whole, split = (
        flips(
            network, few, middle, pt_ref=pt_ref, copies=copies, steps=_STEPS["flips"], seed=seed,
            progress=progress,
        )
        for copies in (1, 2)
    )  # fmt: skip
    attack = attack_curve(
        network, more, _BUDGETS, pt_ref=pt_ref, steps=_STEPS["attack"], seed=seed, progress=progress
    )
    turned = isometry_attack(network, more, middle, seed=seed, progress=progress)
    label, weight = np.asarray(ground.test.label), ground.test.weight
    clean = bootstrap_interval(auc, scores, label, weight=weight, seed=seed)
    curves = {
        kind: noise_curve(network, ground.test, kind, strengths, pt_ref=pt_ref, seed=seed)
        for kind, strengths in _NOISE.items()
        if not (kind == "added" and network.needs_pid)
    }
    found = flip_record(whole, split, few.weight, seed)
    return found | curve_record(attack, turned, clean, curves)


def flip_record(whole: Flips, split: Flips, weight: ArrayLike | None, seed: int = 0) -> Record:
    """Smallest flips with whole particles, and with whole or split ones, as plain numbers."""
    either = np.minimum(whole.cost, split.cost)
    middle = bootstrap_interval(weighted_median, either, weight=weight, seed=seed)
    return {
        "flip": _finite(asdict(whole.robustness)),
        "split_flip": _finite(asdict(middle)),
        "free_share": float(np.mean(either < FREE)),
        "cost": np.sort(whole.cost[np.isfinite(whole.cost)]).tolist(),
        "not_found": int(np.isinf(whole.cost).sum()),
    }


def curve_record(
    attack: AttackCurve, turned: IsometryAttack, clean: Interval, noise: Mapping[str, NoiseCurve]
) -> Record:
    """AUC within budgets, turned, as it is and with noise, as plain numbers."""
    return {
        "attack": [
            {"budget_gev": float(budget)} | asdict(area)
            for budget, area in zip(attack.budget, attack.auc, strict=True)
        ],
        "turned": asdict(turned.auc),
        "flipped_by_turns": asdict(turned.flipped),
        "clean": asdict(clean),
        "noise": {
            kind: [
                {"strength": float(strength), "moved_gev": moved.value} | asdict(area)
                for strength, moved, area in zip(
                    curve.strength, curve.moved, curve.auc, strict=True
                )
            ]
            for kind, curve in noise.items()
        },
    }


def _finite(numbers: Record) -> Record:
    """None in place of what is infinite."""
    return {name: value if np.isfinite(value) else None for name, value in numbers.items()}


def _some(jets: Jets, most: int) -> Jets:
    """So many jets, half of either class as far as there are."""
    label = np.asarray(jets.label)
    rows = [np.flatnonzero(label == kind)[: most // 2] for kind in (0, 1)]
    return jets[np.sort(np.concatenate(rows))]
