"""What the records of further sections must hold: a pattern of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Stands for a finite or missing number, for text, and for a truth.
NUMBER, TEXT, TRUTH = "number", "text", "truth"
Pattern = Any
# Lists that hold at least one row.
_FILLED = {
    "rows",
    "at",
    "histogram",
    "nearest",
    "explained",
    "truth",
    "networks",
    "spectrum",
    "n_jets",
    "leading",
}


def numbers(*names: str) -> dict[str, Pattern]:
    """A record of numbers."""
    return dict.fromkeys(names, NUMBER)


def _with_errors(*names: str) -> dict[str, Pattern]:
    """Numbers, each with its standard error."""
    return numbers(*(f"{name}{end}" for name in names for end in ("", "_err")))


def _with_interval(*names: str) -> dict[str, Pattern]:
    """Numbers, each with both ends of its interval."""
    return numbers(*(f"{name}{end}" for name in names for end in ("", "_lo", "_hi")))


_CURVES = ("R", "minus_dR_dlneps", "B", "minus_dB_dlneps")
_LIMITS = ("auc", "cross_entropy", "R", "B")
_BAND = numbers("epsilon_gev", *(f"{curve}_{end}" for curve in _CURVES for end in ("lo", "hi")))
_KINDS = ("gg", "gq", "qq")
_PEAK = numbers("epsilon_gev", "epsilon_err_gev", "height", "height_err", "significance")
_JETS = numbers("quark", "gluon")
_PARTICLES = {"pt_gev": [NUMBER], "y": [NUMBER], "phi": [NUMBER]}
_VARIED = {
    "n_jets": numbers("nominal", "varied"),
    "rows": [_BAND | _with_errors(*_CURVES)],
    "p_value": numbers(*_CURVES),
}
_ENDS = numbers("value", "lo", "hi")
_SHARES = [{"components": NUMBER, "share": [NUMBER], "share_err": [NUMBER]}]

PATTERNS: dict[str, Pattern] = {
    "null": {
        **numbers("permutations", "coverage"),
        "rows": [_BAND],
        "p_value": numbers(*_CURVES),
        "peaks": {"all jets": {...: [_PEAK]}, ...: {...: [_PEAK]}},
        "agreed_gev": [[NUMBER]],
    },
    "extrapolation": {
        "n_jets": [NUMBER],
        "rows": [
            numbers("epsilon_gev", "empty_fraction")
            | _with_errors(*(f"{c}{end}" for c in _LIMITS for end in ("", "_limit")))
            | {f"{c}_resolved": TRUTH for c in _LIMITS}
        ],
    },
    "distances": {
        "n_jets": _JETS,
        "n_pairs": numbers(*_KINDS),
        "rows": [
            numbers("epsilon_gev") | _with_errors(*(f"{k}_{x}" for k in _KINDS for x in "FD"))
        ],
        "nearest": [numbers("low_gev", "high_gev") | _with_errors(*_KINDS)],
        "nearest_median": dict.fromkeys(_KINDS, numbers("value_gev", "lo_gev", "hi_gev")),
    },
    "ratios": {
        "at": [
            {
                **numbers("epsilon_gev", "empty_fraction", "one_class_fraction"),
                **_with_interval("auc"),
                "histogram": [numbers("low", "high") | _with_errors("quark", "gluon")],
                "roc": {"quark_efficiency": [NUMBER], "gluon_efficiency": [NUMBER]},
            }
        ]
    },
    "mixture": {
        "n_jets": _JETS,
        "offset": NUMBER,
        "rows": [
            numbers("epsilon_gev", "weight", "weight_err", "validation_cross_entropy")
            | _with_interval("auc", "cross_entropy")
        ],
        "mixed": _with_interval("auc", "cross_entropy", "auc_gain"),
        "best_single": numbers("epsilon_gev") | _with_interval("auc", "cross_entropy"),
    },
    "metric": {
        "n_jets": _JETS,
        **numbers("numbers", "beta", "epsilon_gev", "empty_fraction"),
        **_with_interval("cross_entropy"),
        "rows": [numbers("u_low", "u_high", "share", "semd_share", "angle")],
    },
    "networks": {
        "n_jets": _JETS,
        "truth": [numbers("epsilon_gev") | _with_errors("R", "B")],
        "networks": [
            {
                "name": TEXT,
                "parameters": NUMBER,
                **_with_interval("auc", "inverse_gluon_efficiency_at_half"),
                "rows": [
                    numbers("epsilon_gev", "empty_fraction")
                    | _with_interval("auc")
                    | _with_errors("R", "B", "R_share", "B_share", "cross_entropy")
                ],
            }
        ],
    },
    "guiding": {
        **numbers("degree"),
        "kappas": [NUMBER],
        "betas": [NUMBER],
        "networks": [
            {
                "name": TEXT,
                "stopped": TEXT,
                "observables": [TEXT],
                "n_jets": [NUMBER],
                "n_observables": NUMBER,
                **dict.fromkeys(("auc", "ado", "black_box_auc"), _ENDS),
                "graphs": {...: {"edges": [[NUMBER]], "marked": TRUTH}},
                "steps": [
                    {
                        "name": TEXT,
                        "exchanged": [[TEXT]],
                        "observables": [TEXT],
                        **numbers("ordering", "ordering_error", "p_value", "choosing_ado"),
                        **dict.fromkeys(("auc", "ado", "gap"), _ENDS),
                    }
                ],
            }
        ],
    },
    "explanations": {
        "observables": [TEXT],
        "networks": [
            {
                "name": TEXT,
                "n_jets": [NUMBER],
                "auc": _ENDS,
                "surrogates": [{"model": TEXT, "auc": _ENDS, "ado": _ENDS}],
                "exchanged": [
                    numbers("epsilon_gev", "left_out")
                    | {"reordered": [_ENDS], "shapley": [NUMBER]}
                ],
                "jets": [
                    numbers("label", "score")
                    | {
                        "particles": _PARTICLES,
                        "baselines": [
                            numbers("epsilon_gev", "base", "missing") | {"values": [NUMBER]}
                        ],
                    }
                ],
            }
        ],
    },
    "robustness": {
        **numbers("free_gev"),
        "n_jets": numbers("flipped", "attacked", "disturbed"),
        "networks": [
            {
                "name": TEXT,
                **numbers("free_share", "not_found"),
                "cost": [NUMBER],
                **dict.fromkeys(
                    ("flip", "split_flip", "turned", "flipped_by_turns", "clean"), _ENDS
                ),
                "attack": [_ENDS | numbers("budget_gev")],
                "noise": {...: [_ENDS | numbers("strength", "moved_gev")]},
            }
        ],
    },
    "jets": {
        "epsilon_gev": NUMBER,
        "explained": [
            {
                **numbers("log_ratio_at_best", "efn_score"),
                "explanation": {
                    "quantity": TEXT,
                    **numbers("jet", "label", "level"),
                    **{
                        name: [NUMBER]
                        for name in (
                            "epsilon", "value", "lo", "hi", "bias", "slope", "slope_err", "n_eff",
                            "n_jets",
                        )
                    },
                    **{name: [TRUTH] for name in ("empty", "one_class", "nonpositive")},
                    "flips": [numbers("epsilon", "epsilon_err", "slope", "below", "above")],
                    "neighbourhoods": [
                        numbers("epsilon", "n_eff", "quark_share")
                        | {"index": [NUMBER], "label": [NUMBER], "distance": [NUMBER]}
                    ],
                    "convention": numbers("beta", "pt_ref_gev") | {"omega": TEXT, "kernel": TEXT},
                },
                "jet": _PARTICLES,
                "neighbours": {...: _PARTICLES},
            }
        ],
    },
    "components": {
        **numbers("n_jets", "mean_squared_distance_gev2"),
        **_with_errors("effective_rank", "participation_ratio"),
        "convention": numbers("beta", "pt_ref_gev") | {"omega": TEXT},
        "spectrum": [_with_errors("eigenvalue_gev2", "share")],
        "changes": [{"u": [NUMBER], "omega": {...: [NUMBER]}}],
        "information": {
            "epsilon_gev": [NUMBER],
            "R": [NUMBER],
            "leading": _SHARES,
            "alone": _SHARES,
        },
    },
    "variation": {
        **numbers("permutations", "coverage"),
        "quark": _VARIED,
        "gluon": _VARIED,
    },
}  # fmt: skip


def check_sections(sections: Any) -> None:
    """Check every section of a result against its pattern, or that it says why it is absent.

    Raises:
        ValueError: A section is unknown, a key missing or of the wrong kind; the message names it.

    Examples:
        >>> check_sections({"null": {"absent": "too few jets"}})
        >>> check_sections({"ratios": {"at": [{}]}})
        Traceback (most recent call last):
        ValueError: result.sections.ratios.at[0]: key 'epsilon_gev' is missing
    """
    if not isinstance(sections, Mapping):
        raise ValueError(f"result.sections must be a dictionary, not {type(sections).__name__}")
    for name, record in sections.items():
        where = f"result.sections.{name}"
        if name not in PATTERNS:
            raise ValueError(f"{where} is unknown; there are {', '.join(PATTERNS)}")
        absent = isinstance(record, Mapping) and "absent" in record
        _check(record, {"absent": TEXT} if absent else PATTERNS[name], where)


def _check(value: Any, pattern: Pattern, where: str) -> None:
    """One value: a record, a list of things alike, or a plain value."""
    if isinstance(pattern, dict):
        if not isinstance(value, Mapping):
            raise ValueError(f"{where} must be a dictionary, not {type(value).__name__}")
        for key in pattern:
            if key is not ... and key not in value:
                raise ValueError(f"{where}: key {key!r} is missing")
        for key, item in value.items():
            wanted = pattern.get(key, pattern.get(...))
            if wanted is not None:
                _check(item, wanted, f"{where}.{key}")
    elif isinstance(pattern, list):
        if not isinstance(value, list):
            raise ValueError(f"{where} must be a list, not {type(value).__name__}")
        if not value and where.rsplit(".", 1)[-1] in _FILLED:
            raise ValueError(f"{where} must hold at least one entry")
        for i, item in enumerate(value):
            _check(item, pattern[0], f"{where}[{i}]")
    elif not _is_plain(value, pattern):
        raise ValueError(f"{where} must be a {pattern}, not {value!r}")


def _is_plain(value: Any, kind: str) -> bool:
    """Whether a plain value is of a kind; a number that is not finite is None."""
    if kind == TEXT:
        return isinstance(value, str)
    if kind == TRUTH:
        return isinstance(value, bool)
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))
