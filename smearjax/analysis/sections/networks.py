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
    """The analysis' own Energy Flow Network, and those of files trained on other jets."""
    test = ground.test
    scores = {name: network_scores(network, test) for name, network in ground.networks.items()}
    found = learned_scales(
        ground.full.restrict(ground.parts["test"]), scores, ground.config.grid,
        replicas=ground.config.curve_replicas, seed=ground.config.seed, progress=ground.progress,
    )  # fmt: skip
    for one in found["networks"]:
        one |= performance(scores[one["name"]], test, ground.config.seed)
        one["parameters"] = parameters(ground.networks[one["name"]])
    return Section(
        {"n_jets": by_class(test), **found},
        {name: score for name, score in scores.items() if name != "EFN"},
    )


def learned_scales(
    held: SmearedLikelihood,
    scores: dict[str, Float[np.ndarray, " M"]],
    grid: Float[np.ndarray, " E"],
    *,
    replicas: int,
    seed: int = 0,
    progress: bool = False,
) -> Record:
    """R, B, AUC and cross-entropy of jets with each network's probability in place of labels.

    Args:
        held: the likelihood of M jets that the networks have not seen.
        scores: the networks' logits by name.
        grid: resolutions in GeV.
        replicas: of the bootstrap.
        seed: of the bootstrap.
        progress: show bars.
    """
    asked: dict[str, Any] = {"replicas": replicas, "seed": seed, "progress": progress}
    truth = information(held, grid, **asked)
    rows = {name: _rows(held, truth, score, asked) for name, score in scores.items()}
    return {
        "truth": _curves(truth),
        "networks": [{"name": name, "rows": found} for name, found in rows.items()],
    }


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
