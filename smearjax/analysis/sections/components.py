"""How many components carry distance, and how many carry labels."""

from __future__ import annotations

from typing import Any

import numpy as np

from smearjax.analysis.findings import Record
from smearjax.analysis.performance import rows_of
from smearjax.analysis.sections.ground import Ground, Section
from smearjax.interpret import (
    KarhunenLoeve,
    RankInformation,
    information_by_rank,
    karhunen_loeve,
)

_RANKS = (1, 2, 3, 4, 6, 8, 12, 16)
_ALONE = 4
_REPLICAS = 10
_DEVIATIONS = (-2, -1, 0, 1, 2)
# Times the best ε.
_SHOWN = (1.0, 3.0, 10.0)


def components(ground: Ground) -> Section:
    """The Karhunen–Loève spectrum of all jets, and R from its leading components."""
    full, asked = ground.full, {"replicas": _REPLICAS, "seed": ground.config.seed}
    number = full.leave_one_out.points.vectors.shape[1]
    spectrum = karhunen_loeve(full, progress=ground.progress, **asked)
    ranks = information_by_rank(
        full,
        ground.scales(*_SHOWN),
        ranks=[rank for rank in _RANKS if rank <= number],
        alone=min(_ALONE, number),
        progress=ground.progress,
        **asked,
    )
    return Section(low_rank_record(spectrum, ranks, min(_ALONE, number)))


def low_rank_record(
    spectrum: KarhunenLoeve, ranks: RankInformation | None = None, count: int = _ALONE
) -> Record:
    """Spectrum, shares of R by rank and the first components as plain numbers."""
    columns = {
        "eigenvalue_gev2": spectrum.eigenvalue,
        "eigenvalue_gev2_err": spectrum.eigenvalue_err,
        "share": spectrum.share,
        "share_err": spectrum.share_err,
    }
    names = ("effective_rank", "participation_ratio")
    return {
        "n_jets": spectrum.n_jets,
        "mean_squared_distance_gev2": spectrum.mean_squared_distance,
        **{f"{n}{end}": getattr(spectrum, f"{n}{end}") for n in names for end in ("", "_err")},
        "convention": {
            "beta": float(spectrum.space.beta),
            "omega": spectrum.space.omega,
            "pt_ref_gev": float(spectrum.space.pt_ref),
        },
        "spectrum": rows_of({name: values.tolist() for name, values in columns.items()}),
        "changes": [_change(spectrum, k) for k in range(1, count + 1)],
        "information": None if ranks is None else _by_rank(ranks),
    }


def _change(spectrum: KarhunenLoeve, k: int) -> Record:
    """The quantile function of jets that are average but for one component."""
    u, omega = spectrum.quantile_function(k, _DEVIATIONS)
    curves = {
        f"{s:+d}": curve.round(6).tolist() for s, curve in zip(_DEVIATIONS, omega, strict=True)
    }
    return {"u": u.tolist(), "omega": curves}


def _by_rank(ranks: RankInformation) -> Record:
    """Shares of the full R: of the first components, and of single ones."""
    record: dict[str, Any] = {
        "epsilon_gev": ranks.full.epsilon.tolist(),
        "R": ranks.full.R.tolist(),
        "R_err": ranks.full.R_err.tolist(),
    }
    for name, number, (value, error) in (
        ("leading", ranks.rank, ranks.share()),
        ("alone", ranks.component, ranks.share_alone()),
    ):
        columns = {"components": number, "share": value, "share_err": error}
        record[name] = rows_of({key: np.asarray(v).tolist() for key, v in columns.items()})
    return record
