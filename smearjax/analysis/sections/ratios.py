"""Distributions of the smeared log-likelihood ratio of test jets, and ROC curves, at a few ε."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float

from smearjax.analysis.findings import Record
from smearjax.analysis.performance import interval, rows_of, thinned_roc
from smearjax.analysis.sections.ground import Ground, Section
from smearjax.evaluate import auc
from smearjax.jets import Jets

_BINS = 30
# Times the best ε.
FACTORS = (0.5, 1.0, 3.0, 10.0)


def ratios(ground: Ground) -> Section:
    """Histograms of ln L(x|ε) by class, ROC curve, AUC and what the balls hold, for each ε."""
    test, reference, query = ground.test, ground.reference, ground.query
    epsilon = ground.scales(*FACTORS)
    ratio = np.asarray(reference.log_ratio(query, epsilon), np.float64)
    balls = reference.balls(query, epsilon)
    empty, one_class = np.asarray(balls.empty), np.asarray(balls.one_class)
    at = [
        {
            "epsilon_gev": float(epsilon[e]),
            "empty_fraction": float(empty[e].mean()),
            "one_class_fraction": float(one_class[e].mean()),
            **interval("auc", auc, (ratio[e],), test, ground.config.seed),
            "histogram": _histogram(ratio[e], ~empty[e], test),
            "roc": thinned_roc(ratio[e], test),
        }
        for e in range(len(epsilon))
    ]
    return Section({"at": at})


def _histogram(
    ratio: Float[np.ndarray, " M"], told: Bool[np.ndarray, " M"], test: Jets
) -> list[Record]:
    """Densities of ln L of each class with errors; the end bins hold what lies beyond.

    Empty balls, which say ln L = 0 of every jet, are left out: a class's integral is the fraction
    of its jets whose ball is not empty.
    """
    label = np.asarray(test.label)
    weight = np.ones(len(label)) if test.weight is None else np.asarray(test.weight, np.float64)
    low, high = np.quantile(np.append(ratio[told], 0.0), (0.005, 0.995))
    edges = np.linspace(low, high if high > low else low + 1.0, _BINS + 1)
    columns = {"low": edges[:-1], "high": edges[1:]}
    for name, c in (("quark", 1), ("gluon", 0)):
        of_class = label == c
        some, w = ratio[told & of_class].clip(edges[0], edges[-1]), weight[told & of_class]
        unit = weight[of_class].sum() * (edges[1] - edges[0])
        columns[name] = np.histogram(some, edges, weights=w)[0] / unit
        columns[f"{name}_err"] = np.sqrt(np.histogram(some, edges, weights=w**2)[0]) / unit
    return rows_of(columns)
