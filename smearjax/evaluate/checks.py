"""What scores, labels and weights must be."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import ArrayLike


def as_scores(scores: ArrayLike, name: str = "scores", ndim: int = 1) -> np.ndarray:
    """The scores as an array of real numbers; ±inf is legal, NaN raises."""
    values = np.asarray(scores)
    shape = {1: "(N,)", 2: "(N, K)"}[ndim]
    if values.ndim != ndim:
        raise ValueError(f"{name} must have shape {shape}, got {values.shape}")
    if values.dtype.kind not in "biuf":
        raise ValueError(f"{name} must be real numbers, got dtype {values.dtype}")
    if len(values) == 0:
        raise ValueError(f"{name} are empty: there is no jet to evaluate")
    if values.dtype == np.float16 or values.dtype.kind == "b":
        values = values.astype(np.float32)
    _raise_where(np.isnan(values), f"{name} are NaN", "a score must be a number or ±inf")
    return values


def as_signal(label: ArrayLike | None, n_jets: int) -> Bool[np.ndarray, " N"]:
    """True where the label is 1; anything but 0 and 1, or a single class, raises."""
    if label is None:
        raise ValueError("label is None: give one label a jet, 1 = signal (quark), 0 = background")
    values = np.asarray(label)
    if values.shape != (n_jets,):
        raise ValueError(f"label must have shape ({n_jets},) like the scores, got {values.shape}")
    if values.dtype.kind not in "biuf":
        raise ValueError(f"label must hold 0 and 1, got dtype {values.dtype}")
    signal = values == 1
    _raise_where(~signal & (values != 0), "labels are neither 0 nor 1", "1 = signal (quark)")
    if signal.all() or not signal.any():
        only = "signal (1)" if signal.all() else "background (0)"
        raise ValueError(
            f"label holds one class only, {only} for all {n_jets} jets: "
            f"telling two classes apart needs both"
        )
    return signal


def as_weight(weight: ArrayLike | None, signal: Bool[np.ndarray, " N"]) -> Float[np.ndarray, "N K"]:
    """Weights in float64, one column or K; each class total must be positive."""
    if weight is None:
        return np.ones((len(signal), 1))
    values = np.asarray(weight)
    if values.dtype.kind not in "biuf":
        raise ValueError(f"weight must be real numbers, got dtype {values.dtype}")
    if values.ndim not in (1, 2) or len(values) != len(signal):
        raise ValueError(f"weight must have shape ({len(signal)},), got {values.shape}")
    values = values.astype(np.float64).reshape(len(signal), -1)
    _raise_where(~np.isfinite(values), "weights are not finite", "negative weights are legal")
    for name, chosen in (("signal (label 1)", signal), ("background (label 0)", ~signal)):
        total = values[chosen].sum(axis=0)
        if np.any(total <= 0):
            raise ValueError(
                f"weight sums to {total.min():.6g} over the {name} jets: efficiencies need a "
                f"positive total in each class"
            )
    return values


def _raise_where(bad: np.ndarray, what: str, hint: str) -> None:
    """Raise ValueError with the count and the first places where ``bad`` is true."""
    if bad.any():
        first = ", ".join(str(i) for i in np.flatnonzero(bad.reshape(len(bad), -1).any(1))[:5])
        raise ValueError(f"{int(bad.sum())} {what} (first at jet {first}); {hint}")
