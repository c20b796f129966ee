"""What result.json holds."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from smearjax.analysis.config import AnalyzeConfig
from smearjax.analysis.verdict import answer, cautions
from smearjax.evaluate import (
    ado_matrix,
    auc,
    bootstrap_interval,
    inverse_background_efficiency,
    roc_curve,
)
from smearjax.jets import Jets
from smearjax.networks import EFN
from smearjax.smearing.curves import EpsilonCurve
from smearjax.smearing.information import Information

if TYPE_CHECKING:
    from smearjax.analysis.run import Findings

_PACKAGES = ("smearjax", "jax", "jaxlib", "numpy", "scipy", "optax", "equinox")
_TABLE_REPLICAS = 200
_ROC_POINTS = 200


def result_dictionary(config: AnalyzeConfig, found: Findings) -> dict[str, Any]:
    """All findings as plain numbers, lists and texts."""
    test = found.jets[found.parts["test"]]
    table = {name: _performance(score, test, config.seed) for name, score in found.scores.items()}
    train_rows = found.parts["train"]
    training_auc = auc(found.efn_scores[train_rows], np.asarray(found.jets.label)[train_rows])
    result = {
        "n_jets": _by_class(found.jets),
        "split": {name: _by_class(found.jets[rows]) for name, rows in found.parts.items()},
        "pt_ref_gev": found.convention["pt_ref_gev"],
        "convention": {**found.convention, "normalised": True},
        "auc_vs_epsilon": _curve_rows(found.soft),
        "hard_ball_auc_vs_epsilon": _curve_rows(found.hard),
        "smeared_efn_auc_vs_epsilon": _curve_rows(found.smeared_efn),
        "information_per_lnepsilon": _information_rows(found.information),
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
            "parameters": _parameters(found.network.network),
        },
        "observables": {
            name: row for name, row in table.items() if name not in ("smeared likelihood", "EFN")
        },
        "ado": ado_matrix(found.scores, test.label, test.weight),
        "roc": {name: _roc(score, test) for name, score in found.scores.items()},
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


def _by_class(jets: Jets) -> dict[str, int]:
    """How many jets of each class."""
    quarks = int(np.sum(np.asarray(jets.label) == 1))
    return {"quark": quarks, "gluon": len(jets) - quarks}


def _performance(score: np.ndarray, test: Jets, seed: int) -> dict[str, float]:
    """AUC and 1/ε_g at ε_q = 50 % with 68 % intervals from resampled test jets."""
    row: dict[str, float] = {}
    for name, statistic in (
        ("auc", auc),
        ("inverse_gluon_efficiency_at_half", inverse_background_efficiency),
    ):
        interval = bootstrap_interval(
            statistic, score, np.asarray(test.label), weight=test.weight,
            n_replicas=_TABLE_REPLICAS, seed=seed,
        )  # fmt: skip
        row |= {name: interval.value, f"{name}_lo": interval.lo, f"{name}_hi": interval.hi}
    return row


def _roc(score: np.ndarray, test: Jets) -> dict[str, list[float]]:
    """A ROC curve thinned evenly in quark efficiency."""
    curve = roc_curve(score, test.label, test.weight)
    wanted = np.linspace(0.0, 1.0, _ROC_POINTS)
    rows = np.unique(np.searchsorted(curve.signal_efficiency, wanted).clip(max=len(wanted) ** 2))
    rows = rows[rows < len(curve.signal_efficiency)]
    return {
        "quark_efficiency": curve.signal_efficiency[rows].tolist(),
        "gluon_efficiency": curve.background_efficiency[rows].tolist(),
    }


def _curve_rows(curve: EpsilonCurve) -> list[dict[str, float]]:
    """AUC(ε) row by row."""
    names = {
        "epsilon_gev": curve.epsilon,
        "auc": curve.auc,
        "auc_lo": curve.auc_lo,
        "auc_hi": curve.auc_hi,
        "auc_err_test": curve.auc_err_test,
        "auc_err_reference": curve.auc_err_reference,
        "auc_bias": curve.auc_bias,
        "auc_nonempty": curve.auc_nonempty,
        "minus_dauc_dlneps": curve.minus_dauc,
        "minus_dauc_dlneps_err": curve.minus_dauc_err,
        "cross_entropy": curve.cross_entropy,
        "cross_entropy_err": curve.cross_entropy_err,
        "dcross_entropy_dlneps": curve.dcross_entropy,
        "dcross_entropy_dlneps_err": curve.dcross_entropy_err,
        "empty_fraction": curve.empty_fraction,
        "one_class_fraction": curve.one_class_fraction,
        "nonpositive_fraction": curve.nonpositive_fraction,
    }
    return [dict(zip(names, row, strict=True)) for row in zip(*names.values(), strict=True)]


def _information_rows(found: Information) -> list[dict[str, float]]:
    """R(ε) and B(ε) row by row."""
    names = {
        "epsilon_gev": found.epsilon,
        "R": found.R,
        "R_err": found.R_err,
        "minus_dR_dlneps": found.minus_dR,
        "minus_dR_dlneps_err": found.minus_dR_err,
        "B": found.B,
        "B_err": found.B_err,
        "minus_dB_dlneps": found.minus_dB,
        "minus_dB_dlneps_err": found.minus_dB_err,
    }
    return [dict(zip(names, row, strict=True)) for row in zip(*names.values(), strict=True)]


def _parameters(network: EFN) -> int:
    """Number of trained numbers."""
    leaves = jax.tree.leaves(network)
    return sum(leaf.size for leaf in leaves if isinstance(leaf, jax.Array))


def _plain(value: Any) -> Any:
    """Numpy numbers as Python's."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.item() if isinstance(value, np.generic) else value
