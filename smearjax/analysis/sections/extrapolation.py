"""AUC, cross-entropy, R and B for infinitely many jets."""

from __future__ import annotations

from typing import Any

from smearjax.analysis.performance import rows_of
from smearjax.analysis.sections.ground import Ground, Section
from smearjax.smearing import extrapolate


def extrapolation(ground: Ground) -> Section:
    """The leave-one-out curves of all jets and their limits, at every second ε of the grid."""
    config = ground.config
    far = extrapolate(ground.full, config.grid[::2], seed=config.seed, progress=ground.progress)
    columns: dict[str, Any] = {
        "epsilon_gev": far.epsilon,
        "empty_fraction": far.empty_fraction[0],
    }
    for name, curve in far.curves.items():
        columns |= {
            name: curve.at_n[0],
            f"{name}_err": curve.at_n_err,
            f"{name}_limit": curve.limit,
            f"{name}_limit_err": curve.limit_err,
            f"{name}_resolved": curve.resolved,
        }
    return Section({"n_jets": far.n_jets.tolist(), "rows": rows_of(columns)})
