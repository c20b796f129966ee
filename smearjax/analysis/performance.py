"""What a score is worth on the test jets, with intervals from resampling them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import numpy as np
from jaxtyping import Float

from smearjax.evaluate import (
    auc,
    auc_difference,
    bootstrap_interval,
    inverse_background_efficiency,
    roc_curve,
)
from smearjax.jets import Jets
from smearjax.networks import JetNetwork
from smearjax.smearing.ratios import cross_entropy_columns

_REPLICAS = 200
_ROC_POINTS = 200


def performance(score: Float[np.ndarray, " N"], test: Jets, seed: int) -> dict[str, float]:
    """AUC and 1/ε_g at ε_q = 50 % with 68 % intervals."""
    name = "inverse_gluon_efficiency_at_half"
    return interval("auc", auc, (score,), test, seed) | interval(
        name, inverse_background_efficiency, (score,), test, seed
    )


def cross_entropy(ratio: Float[np.ndarray, " N"], test: Jets, seed: int) -> dict[str, float]:
    """Cross-entropy of a log ratio in nats, both classes weighted alike, with its interval."""
    return interval("cross_entropy", _entropy, (ratio,), test, seed)


def auc_gain(
    score: Float[np.ndarray, " N"], other: Float[np.ndarray, " N"], test: Jets, seed: int
) -> dict[str, float]:
    """AUC of a score minus that of another one on the same resampled jets."""
    return interval("auc_gain", auc_difference, (score, other), test, seed)


def interval(
    name: str,
    statistic: Callable[..., float],
    scores: tuple[Float[np.ndarray, " N"], ...],
    test: Jets,
    seed: int,
) -> dict[str, float]:
    """A statistic under its name with the ends of its 68 % interval."""
    found = bootstrap_interval(
        statistic, *scores, np.asarray(test.label), weight=test.weight,
        n_replicas=_REPLICAS, seed=seed,
    )  # fmt: skip
    return {name: found.value, f"{name}_lo": found.lo, f"{name}_hi": found.hi}


def thinned_roc(score: Float[np.ndarray, " N"], test: Jets) -> dict[str, list[float]]:
    """A ROC curve thinned evenly in quark efficiency."""
    curve = roc_curve(score, test.label, test.weight)
    wanted = np.linspace(0.0, 1.0, _ROC_POINTS)
    last = len(curve.signal_efficiency) - 1
    rows = np.unique(np.searchsorted(curve.signal_efficiency, wanted).clip(max=last))
    return {
        "quark_efficiency": curve.signal_efficiency[rows].tolist(),
        "gluon_efficiency": curve.background_efficiency[rows].tolist(),
    }


def parameters(network: JetNetwork) -> int:
    """Number of trained numbers."""
    leaves = jax.tree.leaves(network)
    return sum(leaf.size for leaf in leaves if isinstance(leaf, jax.Array))


def by_class(jets: Jets) -> dict[str, int]:
    """How many jets of each class."""
    quarks = int(np.sum(np.asarray(jets.label) == 1))
    return {"quark": quarks, "gluon": len(jets) - quarks}


def rows_of(columns: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One record for each place of columns that are equally long."""
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _entropy(ratio: np.ndarray, label: np.ndarray, weight: np.ndarray) -> float:
    """The statistic, of one column."""
    return float(cross_entropy_columns(ratio[:, None], label, weight[:, None])[0])
