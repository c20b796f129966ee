"""How far jets lie from one another: F(ε), D(ε) and nearest neighbours, class by class."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float

from smearjax.analysis.performance import rows_of
from smearjax.analysis.sections.ground import Ground, Section
from smearjax.extremes import pair_distribution

_BINS = 32


def distances(ground: Ground) -> Section:
    """F and D of gg, gq and qq pairs with errors, and histograms of nearest distances in ln d."""
    pairs = pair_distribution(ground.full, ground.config.grid, progress=ground.progress)
    columns: dict[str, Any] = {"epsilon_gev": pairs.gg.epsilon}
    for kind in ("gg", "gq", "qq"):
        curve = getattr(pairs, kind)
        columns |= {f"{kind}_{name}": getattr(curve, name) for name in ("F", "F_err", "D", "D_err")}
    nearest = _nearest(ground)
    record = {
        "window": pairs.window,
        "n_jets": {"gluon": pairs.n_jets[0], "quark": pairs.n_jets[1]},
        "n_pairs": {kind: getattr(pairs, kind).n_pairs for kind in ("gg", "gq", "qq")},
        "rows": rows_of(columns),
        "nearest": _histograms(nearest),
        "nearest_median": {kind: _median(d) for kind, d in nearest.items()},
    }
    return Section(record)


def _nearest(ground: Ground) -> dict[str, Float[np.ndarray, " n"]]:
    """Distances in GeV to the nearest jet: of gluon jets to gluon jets, of quark jets to both."""
    distance = np.sqrt(np.asarray(ground.full.leave_one_out.nearest, np.float64))
    quark = np.asarray(ground.full.label) == 1
    return {"gg": distance[~quark, 0], "gq": distance[quark, 0], "qq": distance[quark, 1]}


def _histograms(nearest: dict[str, Float[np.ndarray, " n"]]) -> list[dict[str, float]]:
    """Share of the jets per ln d in each bin with its error; copies of a jet join the first bin."""
    every = np.concatenate(list(nearest.values()))
    edges = np.geomspace(max(every.min(), 1e-3 * every.max()), every.max(), _BINS + 1)
    columns: dict[str, Any] = {"low_gev": edges[:-1], "high_gev": edges[1:]}
    width = np.log(edges[1] / edges[0])
    for kind, distance in nearest.items():
        count = np.histogram(distance.clip(edges[0], edges[-1]), edges)[0]
        columns[kind] = count / (len(distance) * width)
        columns[f"{kind}_err"] = np.sqrt(count) / (len(distance) * width)
    return rows_of(columns)


def _median(distance: Float[np.ndarray, " n"]) -> dict[str, float]:
    """The median and the order statistics one binomial standard deviation of ranks beside it."""
    rising, n = np.sort(distance), len(distance)
    ranks = np.round(0.5 * n + 0.5 * np.sqrt(n) * np.array([-1, 1])).astype(int).clip(0, n - 1)
    low, high = rising[ranks]
    return {"value_gev": float(np.median(rising)), "lo_gev": low, "hi_gev": high}
