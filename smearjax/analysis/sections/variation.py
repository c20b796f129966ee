"""Jets made otherwise: at which scales they differ from the nominal ones of their class."""

from __future__ import annotations

from typing import Any

import numpy as np

from smearjax.analysis.findings import Record
from smearjax.analysis.performance import rows_of
from smearjax.analysis.sections.ground import Ground, Section
from smearjax.analysis.sections.null import COVERAGE, CURVES, PERMUTATIONS, against
from smearjax.jets import Jets, concatenate
from smearjax.smearing import SmearedLikelihood, information, permuted


def variation(ground: Ground) -> Section:
    """R and B between nominal (label 1) and varied jets of each class, beside permuted labels."""
    record: Record = {"permutations": PERMUTATIONS, "coverage": COVERAGE}
    for name, c in (("quark", 1), ("gluon", 0)):
        record[name] = _compared(ground, c)
    return Section(record)


def _compared(ground: Ground, c: int) -> Record:
    """One class, under the metric and the pT_ref of the analysis."""
    config, varied = ground.config, ground.varied
    assert varied is not None
    nominal = ground.jets[np.flatnonzero(np.asarray(ground.jets.label) == c)]
    # As many of either: more would cost time and bring little.
    other = varied[np.flatnonzero(np.asarray(varied.label) == c)[: len(nominal)]]
    likelihood = SmearedLikelihood(
        concatenate([_relabelled(nominal, 1), _relabelled(other, 0)]),
        pt_ref=float(ground.full.pt_ref), beta=config.beta, omega=config.omega, cells=config.cells,
    )  # fmt: skip
    asked: dict[str, Any] = {"seed": config.seed, "progress": ground.progress}
    info = information(likelihood, config.grid, replicas=config.curve_replicas, **asked)
    band = permuted(likelihood, config.grid, permutations=PERMUTATIONS, **asked)
    columns = {"epsilon_gev": info.epsilon}
    for curve, curve_name in CURVES.items():
        columns[curve_name] = getattr(info, curve)
        columns[f"{curve_name}_err"] = getattr(info, f"{curve}_err")
    found = against(band, info)
    return {
        "n_jets": {"nominal": len(nominal), "varied": len(other)},
        "rows": [own | ends for own, ends in zip(rows_of(columns), found["rows"], strict=True)],
        "p_value": found["p_value"],
    }


def _relabelled(jets: Jets, label: int) -> Jets:
    """The same jets under one label, without particle identities that the others may lack."""
    return jets.replace(label=np.full(len(jets), label, np.int8), pid=None)
