"""What result.json holds."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import Any

import jax
import numpy as np

from smearjax.analysis.config import AnalyzeConfig
from smearjax.analysis.findings import Findings
from smearjax.analysis.performance import by_class, parameters, performance, rows_of, thinned_roc
from smearjax.analysis.verdict import answer, cautions
from smearjax.evaluate import ado_matrix, auc
from smearjax.observables import OBSERVABLES
from smearjax.smearing.curves import EpsilonCurve
from smearjax.smearing.information import Information

_PACKAGES = ("smearjax", "jax", "jaxlib", "numpy", "scipy", "optax", "equinox")
_CURVE = {
    "epsilon_gev": "epsilon",
    "auc": "auc",
    "auc_lo": "auc_lo",
    "auc_hi": "auc_hi",
    "auc_err_test": "auc_err_test",
    "auc_err_reference": "auc_err_reference",
    "auc_bias": "auc_bias",
    "auc_nonempty": "auc_nonempty",
    "minus_dauc_dlneps": "minus_dauc",
    "minus_dauc_dlneps_err": "minus_dauc_err",
    "cross_entropy": "cross_entropy",
    "cross_entropy_err": "cross_entropy_err",
    "dcross_entropy_dlneps": "dcross_entropy",
    "dcross_entropy_dlneps_err": "dcross_entropy_err",
    "empty_fraction": "empty_fraction",
    "one_class_fraction": "one_class_fraction",
    "nonpositive_fraction": "nonpositive_fraction",
}
_INFORMATION = {
    "epsilon_gev": "epsilon",
    "R": "R",
    "R_err": "R_err",
    "minus_dR_dlneps": "minus_dR",
    "minus_dR_dlneps_err": "minus_dR_err",
    "B": "B",
    "B_err": "B_err",
    "minus_dB_dlneps": "minus_dB",
    "minus_dB_dlneps_err": "minus_dB_err",
}


def result_dictionary(config: AnalyzeConfig, found: Findings) -> dict[str, Any]:
    """All findings as plain numbers, lists and texts."""
    test = found.jets[found.parts["test"]]
    table = {name: performance(score, test, config.seed) for name, score in found.scores.items()}
    train_rows = found.parts["train"]
    training_auc = auc(found.efn_scores[train_rows], np.asarray(found.jets.label)[train_rows])
    result = {
        "n_jets": by_class(found.jets),
        "split": {name: by_class(found.jets[rows]) for name, rows in found.parts.items()},
        "pt_ref_gev": found.convention["pt_ref_gev"],
        "convention": {**found.convention, "normalised": True},
        "auc_vs_epsilon": _rows(found.soft, _CURVE),
        "hard_ball_auc_vs_epsilon": _rows(found.hard, _CURVE),
        "smeared_efn_auc_vs_epsilon": _rows(found.smeared_efn, _CURVE),
        "information_per_lnepsilon": _rows(found.information, _INFORMATION),
        "best": {
            **table["smeared likelihood"],
            "best_by": "cross_entropy",
            "epsilon_gev": found.best.epsilon,
            "cross_entropy": found.best.cross_entropy,
            "evaluations": found.best.evaluations,
            "auc_optimum": {"epsilon_gev": found.auc_optimum[0], "auc": found.auc_optimum[1]},
        },
        "efn": {
            **table["EFN"],
            "train_auc": training_auc,
            "epochs": len(found.network.train_loss),
            "parameters": parameters(found.network.network),
        },
        "observables": {name: table[name] for name in OBSERVABLES},
        "learned": {
            name: row
            for name, row in table.items()
            if name not in ("smeared likelihood", "EFN", *OBSERVABLES)
        },
        "sections": found.sections,
        "ado": ado_matrix(found.scores, test.label, test.weight),
        "roc": {name: thinned_roc(score, test) for name, score in found.scores.items()},
        "nearest_neighbour_gev": dict(
            zip(("p01", "median", "p99"), np.percentile(found.nearest, (1, 50, 99)), strict=True)
        ),
        "settings": {
            name: str(value) if name == "out" else value for name, value in vars(config).items()
        },
        "versions": {"python": platform.python_version(), **{p: version(p) for p in _PACKAGES}},
        "device": str(jax.devices()[0]),
        "time_s": {**found.seconds, "total": sum(found.seconds.values())},
        "answer": answer(found, table),
        "warnings": [*found.warnings, *cautions(found, table)],
    }
    return _plain(result)


def _rows(curves: EpsilonCurve | Information, names: dict[str, str]) -> list[dict[str, float]]:
    """One record for each ε; `names` says which attribute goes under which name."""
    return rows_of({name: getattr(curves, attribute) for name, attribute in names.items()})


def _plain(value: Any) -> Any:
    """Numpy numbers as Python's."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.item() if isinstance(value, np.generic) else value
