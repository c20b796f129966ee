"""Records of all further sections, written by hand for tests of the report; nothing measured."""

from __future__ import annotations

import math
from typing import Any

EPSILON = (1.5, 3.0, 6.0, 12.0, 24.0)
CURVES = ("R", "minus_dR_dlneps", "B", "minus_dB_dlneps")
KINDS = ("gg", "gq", "qq")


def _interval(name: str, value: float) -> dict[str, float]:
    return {name: value, f"{name}_lo": value - 0.0117, f"{name}_hi": value + 0.0119}


def _value(name: str, value: float) -> dict[str, float]:
    return {name: value, f"{name}_err": 0.0213}


def _null() -> dict[str, Any]:
    rows = [
        {"epsilon_gev": e}
        | {f"{c}_{end}": sign * 0.02 / e for c in CURVES for end, sign in (("lo", -1), ("hi", 1))}
        for e in EPSILON
    ]
    peak = {
        "epsilon_gev": 7.7, "epsilon_err_gev": 1.1, "height": 0.198, "height_err": 0.013,
        "significance": 12.3,
    }  # fmt: skip
    sets = ("all jets", "first half", "second half")
    return {
        "permutations": 100,
        "coverage": 0.95,
        "rows": rows,
        "p_value": dict.fromkeys(CURVES, 1 / 101),
        "peaks": {name: {"minus_dR_dlneps": [peak], "minus_dB_dlneps": []} for name in sets},
        "agreed_gev": [],
    }


def _extrapolation() -> dict[str, Any]:
    rows = []
    for e in EPSILON:
        row: dict[str, Any] = {"epsilon_gev": e, "empty_fraction": 0.3 / e}
        for name in ("auc", "cross_entropy", "R", "B"):
            row |= _value(name, 0.7 - 0.01 * e) | _value(f"{name}_limit", 0.72 - 0.01 * e)
            row[f"{name}_resolved"] = e > 2
        rows.append(row)
    return {"n_jets": [4000.0, 2000.0, 1000.0, 500.0], "rows": rows}


def _distances() -> dict[str, Any]:
    rows = []
    for e in EPSILON:
        row = {"epsilon_gev": e}
        for kind in KINDS:
            row |= _value(f"{kind}_F", (e / 25) ** 3) | _value(f"{kind}_D", 3 - 0.05 * e)
        rows.append(row)
    nearest = [
        {"low_gev": 2.0**k, "high_gev": 2.0 ** (k + 1)}
        | {f"{kind}{end}": 0.1 + 0.2 * k for kind in KINDS for end in ("", "_err")}
        for k in range(3)
    ]
    return {
        "window": 2.0,
        "n_jets": {"gluon": 1999, "quark": 2000},
        "n_pairs": dict.fromkeys(KINDS, 1_999_000),
        "rows": rows,
        "nearest": nearest,
        "nearest_median": {k: {"value_gev": 4.58, "lo_gev": 4.52, "hi_gev": 4.62} for k in KINDS},
    }


def _ratios() -> dict[str, Any]:
    histogram = [
        {"low": x, "high": x + 1, "quark": 0.2, "quark_err": 0.01, "gluon": 0.3, "gluon_err": 0.01}
        for x in (-1.0, 0.0)
    ]
    roc = {"quark_efficiency": [0.0, 0.5, 1.0], "gluon_efficiency": [0.0, 0.1, 1.0]}
    at = [
        {"epsilon_gev": e, "empty_fraction": 0.071, "one_class_fraction": 0.2}
        | _interval("auc", 0.7712)
        | {"histogram": histogram, "roc": roc}
        for e in (3.27, 9.8, 32.7)
    ]
    return {"at": at}


def _mixture() -> dict[str, Any]:
    rows = [
        {"epsilon_gev": e, "weight": 0.4 / e, "weight_err": 0.1, "validation_cross_entropy": 0.6}
        | _interval("auc", 0.78)
        | _interval("cross_entropy", 0.57)
        for e in EPSILON
    ]
    mixed = _interval("auc", 0.7931) | _interval("cross_entropy", 0.5541)
    return {
        "n_jets": {"quark": 1000, "gluon": 1000},
        "offset": 0.01,
        "rows": rows,
        "mixed": mixed | _interval("auc_gain", 0.0052),
        "best_single": {"epsilon_gev": 6.0}
        | _interval("auc", 0.7879)
        | _interval("cross_entropy", 0.5563),
    }


def _metric() -> dict[str, Any]:
    rows = [
        {"u_low": u, "u_high": u + 0.25, "share": 0.25, "semd_share": 0.25, "angle": 0.4 - u / 3}
        for u in (0.0, 0.25, 0.5, 0.75)
    ]
    return {
        "n_jets": {"quark": 1000, "gluon": 1000},
        "numbers": 5,
        "beta": 0.334,
        "epsilon_gev": 7.59,
        "empty_fraction": 0.002,
        "rows": rows,
    } | _interval("cross_entropy", 0.5199)


def _jets() -> dict[str, Any]:
    particles = {"pt_gev": [300.0, 200.0], "y": [0.0, 0.1], "phi": [1.0, 1.1]}
    n = len(EPSILON)

    def explained(jet: int, label: int) -> dict[str, Any]:
        explanation = {
            "jet": jet,
            "label": label,
            "quantity": "ln L",
            "level": 0.0,
            "epsilon": list(EPSILON),
            "value": [-1.0, -0.5, 0.1, 0.2, 0.1],
            "lo": [None, -0.7, 0.0, 0.1, 0.0],
            "hi": [None, -0.3, 0.2, 0.3, 0.2],
            "bias": [0.0] * n,
            "slope": [0.1] * n,
            "slope_err": [0.05] * n,
            "n_eff": [1.0, 5.0, 50.0, 500.0, 2000.0],
            "empty": [True, False, False, False, False],
            "one_class": [False] * n,
            "nonpositive": [False] * n,
            "flips": [
                {"epsilon": 5.5, "epsilon_err": None, "slope": 0.4, "below": 0, "above": 1}
            ],
            "neighbourhoods": [
                {"epsilon": 6.0, "n_eff": 50.0, "quark_share": 0.6, "index": [11, 12],
                 "label": [1, 0], "distance": [3.2, 4.8]}
            ],
            "convention": {"omega": "delta_r", "beta": 1.0, "pt_ref_gev": 524.7, "kernel": "K"},
            "n_jets": [1999, 2000],
        }  # fmt: skip
        return {
            "log_ratio_at_best": -0.87,
            "efn_score": 0.31,
            "explanation": explanation,
            "jet": particles,
            "neighbours": {"11": particles, "12": particles},
        }

    return {"epsilon_gev": 3.27, "explained": [explained(101, 1), explained(202, 0)]}


def _networks() -> dict[str, Any]:
    truth = [{"epsilon_gev": e} | _value("R", 0.8 / e) | _value("B", 0.5 / e) for e in EPSILON]
    every = []
    for k, name in enumerate(("EFN", "wide_pfn")):
        rows = [
            one
            | _interval("auc", 0.83 - 0.01 * one["epsilon_gev"])
            | _value("cross_entropy", 0.5 + 0.01 * one["epsilon_gev"])
            | _value("R_share", 0.9 + 0.02 * k)
            | _value("B_share", 0.8)
            | {"empty_fraction": 0.01}
            for one in truth
        ]
        every.append(
            {"name": name, "parameters": 82257 + k, "rows": rows}
            | _interval("auc", 0.8432)
            | _interval("inverse_gluon_efficiency_at_half", 18.3)
        )
    return {"n_jets": {"quark": 800, "gluon": 801}, "truth": truth, "networks": every}


def _robustness() -> dict[str, Any]:
    def ends(value: float) -> dict[str, float]:
        return {"value": value, "lo": value - 0.01, "hi": value + 0.01, "bias": 0.0, "level": 0.68}

    def network(name: str, better: float) -> dict[str, Any]:
        kinds = ("pt", "angles", "lost", "added")[: 4 if name == "EFN" else 3]
        return {
            "name": name,
            "flip": ends(1.23 + better),
            "split_flip": ends(0.5) if name == "EFN" else dict.fromkeys(ends(0.0)),
            "free_share": 0.25,
            "cost": [0.3 + better, 1.2 + better, 4.0 + better],
            "not_found": 1,
            "attack": [
                ends(0.8 - 0.05 * budget + 0.02 * better) | {"budget_gev": budget}
                for budget in (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)
            ],
            "turned": ends(0.77),
            "flipped_by_turns": ends(0.1),
            "clean": ends(0.81),
            "noise": {
                kind: [
                    ends(0.8 - 0.01 * e) | {"strength": 0.1 * e, "moved_gev": e} for e in EPSILON
                ]
                for kind in kinds
            },
        }

    return {
        "n_jets": {"flipped": 60, "attacked": 240, "disturbed": 1601},
        "free_gev": 0.05,
        "networks": [network("EFN", 0.0), network("hardened", 1.0)],
    }


def _guiding() -> dict[str, Any]:
    def ends(value: float) -> dict[str, float]:
        return {"value": value, "lo": value - 0.01, "hi": value + 0.01, "bias": 0.0, "level": 0.68}

    names = ("EFP 01² 02, κ=1, β=0.5", "multiplicity", "EFP 01 02 12, κ=2, β=1")
    steps = [
        {
            "name": name,
            "exchanged": [[names[0], names[2]]] if k == 2 else [],
            "observables": list(names[: k + 1]),
            "ordering": 0.2 + 0.1 * k,
            "ordering_error": 0.0123,
            "p_value": 1e-6,
            "runners_up": [["mass", 0.3]],
            "choosing_ado": 0.9 + 0.02 * k,
            "gap": ends(0.03 - 0.01 * k),
            "auc": ends(0.8 + 0.01 * k),
            "ado": ends(0.9 + 0.02 * k),
        }
        for k, name in enumerate(names)
    ]
    graphs = {
        names[0]: {"edges": [[0, 1], [0, 1], [0, 2]], "marked": False},
        names[2]: {"edges": [[0, 1], [0, 2], [1, 2]], "marked": False},
    }
    found = {
        "name": "EFN",
        "steps": steps,
        "stopped": "the AUC is within 0.002 of the black box's",
        "observables": list(names[1:]),
        "auc": ends(0.82),
        "ado": ends(0.94),
        "black_box_auc": ends(0.821),
        "n_jets": [800, 400, 401],
        "n_observables": 129,
        "graphs": graphs,
    }
    nothing = found | {
        "name": "random",
        "steps": [],
        "stopped": "no observable left orders the remaining pairs better than chance",
        "observables": [],
        "auc": {"value": None, "lo": None, "hi": None},
        "ado": {"value": None, "lo": None, "hi": None},
    }
    exponents = {"degree": 4, "kappas": [1.0, 2.0], "betas": [0.5, 1.0]}
    return exponents | {"networks": [found, nothing]}


def _explanations() -> dict[str, Any]:
    def ends(value: float) -> dict[str, float]:
        return {"value": value, "lo": value - 0.01, "hi": value + 0.01}

    exchanged = [
        {"epsilon_gev": e, "left_out": out, "reordered": [ends(0.05), ends(scale)],
         "shapley": [0.1, scale]}
        for e, out, scale in ((None, 0.0, 0.3), (9.87, 0.0432, 0.1))
    ]  # fmt: skip
    jets = [
        {
            "label": c, "score": 1.2 - c,
            "particles": {"pt_gev": [300.0, 200.0], "y": [0.0, 0.1], "phi": [0.0, 0.2]},
            "baselines": [
                {"epsilon_gev": None, "base": 2.5, "missing": 0.0123, "values": [-1.0, 0.5 - c]},
                {"epsilon_gev": 9.87, "base": 1.1, "missing": 0.001, "values": [-0.1, 0.3 - c]},
            ],
        }
        for c in (1, 0)
    ]  # fmt: skip
    one = {
        "name": "EFN",
        "n_jets": [811, 790],
        "auc": ends(0.821),
        "surrogates": [
            {"model": model, "auc": ends(0.8), "ado": ends(0.912)} for model in ("tree", "linear")
        ],
        "exchanged": exchanged,
        "jets": jets,
    }
    return {"observables": ["mass", "multiplicity"], "networks": [one]}


def _components() -> dict[str, Any]:
    spectrum = [
        {"eigenvalue_gev2": 1000.0 / 4**k, "eigenvalue_gev2_err": 30.0 / 4**k,
         "share": 1 - 0.3 / 4**k, "share_err": 0.01}
        for k in range(4)
    ]  # fmt: skip
    shares = [
        {"components": k, "share": [0.6 + 0.1 * k, 0.8], "share_err": [0.02, 0.01]} for k in (1, 2)
    ]
    u = [0.01, 0.1, 0.5]
    changes = [
        {"u": u, "omega": {f"{s:+d}": [math.exp(-3 * x) + 0.05 * s for x in u] for s in (-1, 0, 1)}}
        for _ in range(2)
    ]
    return {
        "n_jets": 3999,
        "mean_squared_distance_gev2": 2420.0,
        **_value("effective_rank", 1.92),
        **_value("participation_ratio", 1.36),
        "convention": {"beta": 1.0, "omega": "delta_r", "pt_ref_gev": 524.7},
        "spectrum": spectrum,
        "changes": changes,
        "information": {
            "epsilon_gev": [3.27, 32.7],
            "R": [0.5, 0.1],
            "R_err": [0.01, 0.01],
            "leading": shares,
            "alone": shares,
        },
    }


def _variation() -> dict[str, Any]:
    rows = []
    for band in _null()["rows"]:
        row = dict(band)
        for curve in CURVES:
            row |= _value(curve, 0.1 / band["epsilon_gev"])
        rows.append(row)
    of_class = {
        "n_jets": {"nominal": 2000, "varied": 1500},
        "rows": rows,
        "p_value": dict.fromkeys(CURVES, 0.0396),
    }
    return {"permutations": 100, "coverage": 0.95, "quark": of_class, "gluon": of_class}


def example_sections() -> dict[str, Any]:
    """A fresh copy; tests may change it."""
    return {
        "null": _null(),
        "extrapolation": _extrapolation(),
        "distances": _distances(),
        "ratios": _ratios(),
        "mixture": _mixture(),
        "metric": _metric(),
        "networks": _networks(),
        "guiding": _guiding(),
        "explanations": _explanations(),
        "robustness": _robustness(),
        "jets": _jets(),
        "components": _components(),
        "variation": _variation(),
    }
