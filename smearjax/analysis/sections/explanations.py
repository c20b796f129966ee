"""What the networks' scores hang on: surrogates, importances near and far, two jets' particles."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from smearjax.analysis.findings import Record
from smearjax.analysis.sections.ground import Ground, Section
from smearjax.interpret import (
    IntegratedGradients,
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
# For each jet; and jets whose Shapley values are taken.
_DRAWS, _EXPLAINED = 5, 100
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
    found = [
        {"name": name} | _explained(network, test, library, drawn, seed)
        for name, network in ground.networks.items()
    ]
    return Section({"observables": list(library.values), "networks": found})


def _explained(
    network: JetNetwork,
    test: Jets,
    library: ObservableLibrary,
    drawn: list[Replacements],
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
    # The jet of each class whose score lies in the middle of its class.
    label = np.asarray(test.label)
    middle = [_middle(np.asarray(scores), label == c) for c in (1, 0)]
    particles = integrated_gradients(network, test[middle])
    return {
        "n_jets": list(tree.n_jets),
        "auc": _ends(tree.black_box_auc),
        "surrogates": [
            {"model": one.model, "auc": _ends(one.auc), "ado": _ends(one.ado)} for one in made
        ],
        "exchanged": exchanged,
        "jets": [_particles(test, row, place, particles) for place, row in enumerate(middle)],
    }


def _middle(scores: np.ndarray, some: np.ndarray) -> int:
    """The jet of the median score among some."""
    rows = np.flatnonzero(some)
    return int(rows[np.argsort(scores[rows])[len(rows) // 2]])


def _ends(interval: Any) -> Record:
    """Value and ends."""
    return {name: asdict(interval)[name] for name in ("value", "lo", "hi")}


def _particles(jets: Jets, row: int, place: int, found: IntegratedGradients) -> Record:
    """One jet with what each of its particles adds."""
    seen = np.asarray(jets.mask[row])
    columns = {"pt_gev": jets.pt[row], "y": jets.y[row], "phi": jets.phi[row]}
    particles = {n: np.asarray(x, float)[seen].round(_DIGITS) for n, x in columns.items()}
    return {
        "label": int(np.asarray(jets.label)[row]),
        **{n: float(getattr(found, n)[place]) for n in ("score", "base", "missing")},
        "particles": {n: x.tolist() for n, x in particles.items()},
        "values": found.values[place][seen].tolist(),
    }
