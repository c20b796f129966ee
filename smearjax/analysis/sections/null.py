"""R(ε) and B(ε) beside permuted labels, and the peaks that stand out."""

from __future__ import annotations

from typing import Any

from smearjax.analysis.findings import Record
from smearjax.analysis.performance import rows_of
from smearjax.analysis.sections.ground import Ground, Section
from smearjax.smearing import Information, NullBand, agreed_scales, permuted, scale_peaks

PERMUTATIONS = 100
COVERAGE = 0.95
CURVES = {
    "R": "R",
    "minus_dR": "minus_dR_dlneps",
    "B": "B",
    "minus_dB": "minus_dB_dlneps",
}


def null(ground: Ground) -> Section:
    """The band of permuted labels, the p-value of each curve, peaks, and what all agree on."""
    config = ground.config
    band = permuted(
        ground.full, config.grid, permutations=PERMUTATIONS, seed=config.seed,
        progress=ground.progress,
    )  # fmt: skip
    sets = {"all jets": ground.information}
    sets |= dict(zip(("first half", "second half"), ground.halves, strict=True))
    record = {
        "permutations": PERMUTATIONS,
        "coverage": COVERAGE,
        **against(band, ground.information),
        "peaks": {
            data: {CURVES[c]: [_peak(p) for p in scale_peaks(info, c)] for c in CURVES if "d" in c}
            for data, info in sets.items()
        },
        "agreed_gev": [list(scale) for scale in agreed_scales(tuple(sets.values()))],
    }
    return Section(record)


def against(band: NullBand, info: Information) -> Record:
    """The ends of the band at every ε, and how often permuted labels stand out as much."""
    columns: dict[str, Any] = {"epsilon_gev": band.epsilon}
    for curve, name in CURVES.items():
        columns[f"{name}_lo"], columns[f"{name}_hi"] = band.band(curve, COVERAGE)
    return {
        "rows": rows_of(columns),
        "p_value": {name: band.p_value(info, curve) for curve, name in CURVES.items()},
    }


def _peak(peak: Any) -> dict[str, float]:
    """One peak with its errors."""
    return {
        "epsilon_gev": peak.epsilon,
        "epsilon_err_gev": peak.epsilon_err,
        "height": peak.height,
        "height_err": peak.height_err,
        "significance": peak.significance,
    }
