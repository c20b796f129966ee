"""What a result must hold before a page is made of it."""

from __future__ import annotations

import json
import math
import numbers
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from smearjax.report.schema_sections import check_sections

_AUC = ("auc", "auc_lo", "auc_hi")
_REJECTION = tuple(f"inverse_gluon_efficiency_at_half{end}" for end in ("", "_lo", "_hi"))
_CLASSES = ("quark", "gluon")
_SMEARED = (
    "epsilon_gev", *_AUC, "auc_err_test", "auc_err_reference", "auc_bias", "auc_nonempty",
    "empty_fraction",
)  # fmt: skip
_RECORDS: dict[str, tuple[str, ...]] = {
    "n_jets": _CLASSES,
    "split": ("train", "validation", "test"),
    "split.train": _CLASSES,
    "split.validation": _CLASSES,
    "split.test": _CLASSES,
    "convention": ("metric", "omega", "beta", "p", "normalised", "cells", "kernel"),
    "best": (
        "best_by", "epsilon_gev", *_AUC, *_REJECTION, "cross_entropy", "evaluations", "auc_optimum",
    ),
    "best.auc_optimum": ("epsilon_gev", "auc"),
    "efn": (*_AUC, *_REJECTION, "train_auc", "epochs", "parameters"),
    "nearest_neighbour_gev": ("p01", "median", "p99"),
    "settings": ("data", "seed"),
    "versions": (),
    "time_s": ("total",),
    "observables": (),
    "ado": (),
    "roc": (),
}  # fmt: skip
_ROWS: dict[str, tuple[str, ...]] = {
    "auc_vs_epsilon": (*_SMEARED, "one_class_fraction"),
    "hard_ball_auc_vs_epsilon": (*_SMEARED, "one_class_fraction"),
    "smeared_efn_auc_vs_epsilon": _SMEARED,
    "information_per_lnepsilon": (
        "epsilon_gev", "R", "R_err", "minus_dR_dlneps", "minus_dR_dlneps_err",
        "B", "B_err", "minus_dB_dlneps", "minus_dB_dlneps_err",
    ),
}  # fmt: skip
_TEXT = {"metric", "omega", "kernel", "best_by", "data", "seed", "normalised"}
_NEVER_NULL = {"quark", "gluon", "pt_ref_gev", "beta", "p", "epsilon_gev"}


def load_result(path: str | Path) -> dict[str, Any]:
    """Read a `result.json` and check that it is complete.

    Source: smearjax's own format, see `check_result`.

    Args:
        path: The file that `smearjax analyze` wrote.

    Returns:
        The result, ready for `write_report`; energies in GeV.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is not JSON, or a key is missing or of the wrong kind; the message names it.

    Examples:
        >>> load_result("nowhere/result.json")
        Traceback (most recent call last):
        FileNotFoundError: no result at nowhere/result.json; `smearjax analyze` writes one
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"no result at {path}; `smearjax analyze` writes one")
    try:
        result = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is not a smearjax result: it is not JSON ({error})") from error
    if not isinstance(result, dict):
        raise ValueError(f"{path} is not a smearjax result: it holds a {type(result).__name__}")
    return check_result(result)


def check_result(result: Mapping[str, Any]) -> dict[str, Any]:
    """Check that a result is complete, and bring it into the form that result.json has.

    Source: smearjax's own format; a key that ends in `_gev` holds an energy in GeV.

    Args:
        result: What `analyze` returns. Numbers may be Python's or numpy's.

    Returns:
        A copy of plain dictionaries, lists, numbers and strings; NaN and infinities are None.

    Raises:
        ValueError: A key is missing or its value is of the wrong kind; the message names it.

    Examples:
        >>> check_result({})
        Traceback (most recent call last):
        ValueError: result: key 'n_jets' is missing
    """
    plain = _plain(result, "result")
    for where, keys in _RECORDS.items():
        record = plain
        for step in where.split("."):
            record = _get(record, step, "result")
        _check_record(record, keys, f"result.{where}")
    for where, keys in _ROWS.items():
        rows = _get(plain, where, "result")
        if not isinstance(rows, list) or not rows:
            raise ValueError(f"result.{where} must be a list of at least one row")
        for i, row in enumerate(rows):
            _check_record(row, keys, f"result.{where}[{i}]")
            if row["epsilon_gev"] <= 0:
                raise ValueError(f"result.{where}[{i}].epsilon_gev must be positive")
    _check_named(plain)
    return plain


def _check_named(plain: dict[str, Any]) -> None:
    """Check the parts whose keys are the names of scores, and the plain values."""
    _check_record(plain, ("pt_ref_gev",), "result")
    if not isinstance(_get(plain, "answer", "result"), str):
        raise ValueError("result.answer must be text")
    if not isinstance(_get(plain, "warnings", "result"), list):
        raise ValueError("result.warnings must be a list")
    # Results of before there were further sections lack them and what they learned.
    for group in ("observables", "learned"):
        _check_mapping(plain.get(group, {}), f"result.{group}")
        for name, record in plain.get(group, {}).items():
            _check_record(record, (*_AUC, *_REJECTION), f"result.{group}.{name}")
    check_sections(plain.get("sections", {}))
    for name, record in plain["ado"].items():
        _check_record(record, tuple(plain["ado"]), f"result.ado.{name}")
    for name, curve in plain["roc"].items():
        lengths = set()
        for side in ("quark_efficiency", "gluon_efficiency"):
            values = _get(curve, side, f"result.roc.{name}")
            if not isinstance(values, list) or not values:
                raise ValueError(f"result.roc.{name}.{side} must be a list of numbers")
            lengths.add(len(values))
        if len(lengths) != 1:
            raise ValueError(f"result.roc.{name}: the two efficiencies differ in length")


def _check_record(record: Any, keys: tuple[str, ...], where: str) -> None:
    """Check that record is a dictionary with these keys, numbers where numbers belong."""
    _check_mapping(record, where)
    for key in keys:
        value = _get(record, key, where)
        if key in _TEXT or f"{where}.{key}".removeprefix("result.") in _RECORDS:
            continue
        if value is None and key not in _NEVER_NULL:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"{where}.{key} must be a number, not {value!r}")


def _get(record: Any, key: str, where: str) -> Any:
    """Value at key, or an error that says where it was looked for."""
    _check_mapping(record, where)
    if key not in record:
        raise ValueError(f"{where}: key {key!r} is missing")
    return record[key]


def _check_mapping(record: Any, where: str) -> None:
    """Raise unless record is a dictionary."""
    if not isinstance(record, dict):
        raise ValueError(f"{where} must be a dictionary, not {type(record).__name__}")


def _plain(value: Any, where: str) -> Any:
    """Copy of value in JSON's own types; what is not finite becomes None."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(item, f"{where}.{key}") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, f"{where}[{i}]") for i, item in enumerate(value)]
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        return float(value) if math.isfinite(value) else None
    raise ValueError(f"{where} is a {type(value).__name__}, which JSON cannot hold")
