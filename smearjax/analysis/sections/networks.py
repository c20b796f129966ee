"""What networks have learned: their output in place of the labels, scale by scale."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float

from smearjax.analysis.findings import Record
from smearjax.analysis.performance import by_class, parameters, performance, rows_of
from smearjax.analysis.sections.ground import Ground, Section
from smearjax.networks import network_scores
from smearjax.smearing import Information, SmearedLikelihood, epsilon_curve, information

CURVES = ("R", "B")


def networks(ground: Ground) -> Section:
    """R, B, AUC and cross-entropy of the test jets with each network's probability for labels.

    The analysis' own Energy Flow Network, and those of files trained on other jets.
    """
    test, held = ground.test, ground.full.restrict(ground.parts["test"])
    asked: dict[str, Any] = {
        "replicas": ground.config.curve_replicas,
        "seed": ground.config.seed,
        "progress": ground.progress,
    }
    truth = information(held, ground.config.grid, **asked)
    scores = {name: network_scores(network, test) for name, network in ground.networks.items()}
    record = {
        "n_jets": by_class(test),
        "truth": _curves(truth),
        "networks": [
            {"name": name, "parameters": parameters(ground.networks[name])}
            | performance(score, test, ground.config.seed)
            | {"rows": _rows(held, truth, score, asked)}
            for name, score in scores.items()
        ],
    }
    return Section(record, {name: score for name, score in scores.items() if name != "EFN"})


def _rows(
    held: SmearedLikelihood, truth: Information, score: Float[np.ndarray, " M"], asked: Record
) -> list[Record]:
    """The curves of one network, and what share of the labels' R and B they have."""
    probability = 1 / (1 + np.exp(-np.asarray(score, np.float64)))
    info = information(held, truth.epsilon, probability=probability, **asked)
    curve = epsilon_curve(held, None, truth.epsilon, values=probability, **asked)
    shares = {}
    for name in CURVES:
        # The same resampled jets on both sides, so that their common noise cancels.
        replicas = getattr(info, f"{name}_replicas") / getattr(truth, f"{name}_replicas")
        shares[f"{name}_share"] = getattr(info, name) / getattr(truth, name)
        shares[f"{name}_share_err"] = replicas.std(axis=0, ddof=1)
    columns = {
        "auc": curve.auc,
        "auc_lo": curve.auc_lo,
        "auc_hi": curve.auc_hi,
        "empty_fraction": curve.empty_fraction,
        "cross_entropy": curve.cross_entropy,
        "cross_entropy_err": curve.cross_entropy_err,
        **shares,
    }
    return [one | more for one, more in zip(_curves(info), rows_of(columns), strict=True)]


def _curves(info: Information) -> list[Record]:
    """R and B with errors, one record for each ε."""
    columns = {"epsilon_gev": info.epsilon}
    for name in CURVES:
        columns |= {name: getattr(info, name), f"{name}_err": getattr(info, f"{name}_err")}
    return rows_of(columns)
