"""Arguments of the wrong kind, refused by name before anything is computed with them."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from jaxtyping import Int


def expect(name: str, value: Any, kind: type | tuple[type, ...], way_out: str) -> None:
    """Raise ValueError unless the value is of that kind; `way_out` says what to pass."""
    if not isinstance(value, kind):
        is_class = isinstance(value, type)
        what = f"the class {value.__name__}" if is_class else f"a {type(value).__name__}"
        raise ValueError(f"{name} is {what}; expected {way_out}")


def expect_whole(name: str, value: Any, least: int) -> None:
    """Raise ValueError unless the value is a whole number, and no bool, of at least `least`."""
    try:
        enough = not isinstance(value, bool | np.bool) and operator.index(value) >= least
    except TypeError:
        enough = False
    if not enough:
        raise ValueError(f"{name} must be at least {least}, a whole number; got {value!r}")


def expect_number(name: str, value: Any, above: float, below: float, way_out: str) -> None:
    """Raise ValueError unless the value is one number strictly between the two."""
    try:
        inside = not isinstance(value, str) and above < float(value) < below
    except (TypeError, ValueError):
        inside = False
    if not inside:
        raise ValueError(f"{name} must be {way_out}; got {value!r}")


def expect_probability(name: str, value: Any) -> None:
    """Raise ValueError unless the value is a number from 0 to 1."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError(f"{name} must be a probability from 0 to 1; got {value!r}")


def expect_positive(name: str, value: Any, unit: str) -> None:
    """Raise ValueError unless the value is a positive, finite number or an array of them."""
    array = np.asarray(value)
    if array.dtype.kind not in "iuf" or not np.all((array > 0) & np.isfinite(array)):
        raise ValueError(f"{name} must be positive and finite, in {unit}; got {value!r}")


def expect_rows(name: str, value: Any, number: int) -> Int[np.ndarray, " R"]:
    """The value as numbers of jets, or ValueError unless they are some, all below `number`."""
    rows = np.asarray(value)
    whole = rows.ndim == 1 and rows.dtype.kind in "iu" and rows.size > 0
    if not whole or rows.min() < 0 or rows.max() >= number:
        raise ValueError(f"{name} must be numbers of jets below {number}; got {value!r}")
    return rows
