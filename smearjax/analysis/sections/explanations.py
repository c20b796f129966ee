"""What the networks' scores hang on: surrogates, importances near and far, two jets' particles."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from smearjax.analysis.findings import Record
from smearjax.analysis.sections.ground import Ground, Section
from smearjax.interpret import (
    Replacements,
    draw_replacements,
    integrated_gradients,
    marginal_replacements,
    permutation_importance,
    shapley_values,
    surrogate,
)
from smearjax.interpret.attribution.surrogate import MODELS
from smearjax.jets import Jets
from smearjax.networks import JetNetwork, network_scores
from smearjax.observables import ObservableLibrary, named_library

# Times the best ε.
_SCALES = (1.0, 3.0)
# For each jet; jets whose Shapley values are taken; for each jet whose particles are shown.
_DRAWS, _EXPLAINED, _BASELINES = 5, 100, 20
_DIGITS = 4


def explanations(ground: Ground) -> Section:
    """The analysis' own Energy Flow Network and those of files, on the test jets."""
    test, seed = ground.test, ground.config.seed
    library = named_library(test)
    likelihood = ground.full.restrict(ground.parts["test"])
    weight = None if test.weight is None else np.maximum(np.asarray(test.weight), 0.0)
    drawn = [marginal_replacements(len(test), draws=_DRAWS, weight=weight, seed=seed)]
    drawn += [
        draw_replacements(likelihood, float(epsilon), draws=_DRAWS, seed=seed)
        for epsilon in ground.scales(*_SCALES)
    ]
    around = draw_replacements(likelihood, drawn[-1].epsilon, draws=_BASELINES, seed=seed)
    found = [
        {"name": name} | _explained(network, test, library, drawn, around, seed)
        for name, network in ground.networks.items()
    ]
    return Section({"observables": list(library.values), "networks": found})


def _explained(
    network: JetNetwork,
    test: Jets,
    library: ObservableLibrary,
    drawn: list[Replacements],
    around: Replacements,
    seed: int,
) -> Record:
    """One network."""
    scores = network_scores(network, test)
    made = [
        surrogate(scores, library, test.label, test.weight, model=model, seed=seed)
        for model in MODELS
    ]
    tree = made[0]
    rows = np.random.default_rng(seed).permutation(len(test))[:_EXPLAINED]
    exchanged = []
    for one in drawn:
        lost = permutation_importance(tree, library, test.label, one, test.weight, seed=seed)
        shared = shapley_values(tree, library, one, rows)
        exchanged.append(
            {
                "epsilon_gev": one.epsilon if np.isfinite(one.epsilon) else None,
                "left_out": one.left_out,
                "reordered": [_ends(lost.reordered[name]) for name in library.values],
                "shapley": [shared.importance[name] for name in library.values],
            }
        )
    return {
        "n_jets": list(tree.n_jets),
        "auc": _ends(tree.black_box_auc),
        "surrogates": [
            {"model": one.model, "auc": _ends(one.auc), "ado": _ends(one.ado)} for one in made
        ],
        "exchanged": exchanged,
        "jets": _particles(network, test, np.asarray(scores), around),
    }


def _particles(
    network: JetNetwork, jets: Jets, scores: np.ndarray, around: Replacements
) -> list[Record]:
    """What particles add to the score of a quark and a gluon jet, from the axis and from balls.

    They are the jets of the median score of their class among those that are not alone.
    """
    label = np.asarray(jets.label)
    rows = [_middle(scores, (label == c) & around.there) for c in (1, 0)]
    ways = {None: None, around.epsilon: around}
    found = {e: integrated_gradients(network, jets, way, rows=rows) for e, way in ways.items()}
    records = []
    for place, row in enumerate(rows):
        seen = np.asarray(jets.mask[row])
        columns = {"pt_gev": jets.pt[row], "y": jets.y[row], "phi": jets.phi[row]}
        particles = {n: np.asarray(x, float)[seen].round(_DIGITS) for n, x in columns.items()}
        baselines = [
            {
                "epsilon_gev": epsilon,
                **{n: float(getattr(one, n)[place]) for n in ("base", "missing")},
                "values": one.values[place][seen].tolist(),
            }
            for epsilon, one in found.items()
        ]
        records.append(
            {
                "label": int(label[row]),
                "score": float(scores[row]),
                "particles": {n: x.tolist() for n, x in particles.items()},
                "baselines": baselines,
            }
        )
    return records


def _middle(scores: np.ndarray, some: np.ndarray) -> int:
    """The jet of the median score among some."""
    rows = np.flatnonzero(some)
    return int(rows[np.argsort(scores[rows])[len(rows) // 2]])


def _ends(interval: Any) -> Record:
    """Value and ends."""
    return {name: asdict(interval)[name] for name in ("value", "lo", "hi")}
