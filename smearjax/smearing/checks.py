"""What a smeared likelihood can be built from and asked."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from smearjax._numerics import ArrayLike
from smearjax.jets.arrays import is_traced


def checked_labels(number: int, labels: ArrayLike | None) -> Int[np.ndarray, " N"]:
    """The labels of so many jets as 0 and 1 with both classes there, or a ValueError."""
    if labels is None:
        raise ValueError("labels are missing: give labels=, 1 for quark and 0 for gluon jets")
    label = np.asarray(labels)
    if label.shape != (number,):
        raise ValueError(f"labels must have shape ({number},), one a jet; got {label.shape}")
    foreign = np.flatnonzero((label != 0) & (label != 1))
    if foreign.size:
        raise ValueError(
            f"labels must be 0 (gluon) or 1 (quark); {foreign.size} are neither, the first at jets "
            f"{foreign[:5].tolist()}"
        )
    return checked_class_sizes(label.astype(np.int8))


def checked_class_sizes(label: Int[np.ndarray, " N"]) -> Int[np.ndarray, " N"]:
    """The labels, or a ValueError if one class has fewer than 2 jets."""
    for c, name in enumerate(("gluon", "quark")):
        if (count := int(np.sum(label == c))) < 2:
            raise ValueError(f"a likelihood ratio needs at least 2 {name} jets; got {count}")
    return label


def checked_weights(
    number: int, weight: ArrayLike | None, label: Int[np.ndarray, " N"]
) -> Float[np.ndarray, " N"]:
    """The event weights, ones if there are none, or a ValueError if a class sums to ≤ 0."""
    weights = np.ones(number) if weight is None else np.asarray(weight, np.float64)
    if weights.shape != (number,) or not np.isfinite(weights).all():
        raise ValueError(
            f"weight must be {number} finite numbers, one a jet; got shape {weights.shape} with "
            f"{np.sum(~np.isfinite(weights))} not finite"
        )
    return checked_totals(weights, label)


def checked_totals(
    weight: Float[np.ndarray, " N"], label: Int[np.ndarray, " N"]
) -> Float[np.ndarray, " N"]:
    """The weights, or a ValueError if those of a class do not have a positive sum."""
    for c, name in enumerate(("gluon", "quark")):
        if not (total := weight[label == c].sum()) > 0:
            raise ValueError(
                f"the weights of the {name} jets sum to {total:g}; a density needs a positive total"
            )
    return weight


def checked_values(number: int, values: ArrayLike) -> Float[np.ndarray, " N"]:
    """One finite number for each reference jet, or a ValueError."""
    array = np.asarray(values)
    if array.shape != (number,) or not np.isfinite(array).all():
        raise ValueError(
            f"values must be {number} finite numbers, one for each reference jet; got shape "
            f"{array.shape} with {np.sum(~np.isfinite(array))} not finite"
        )
    return array if array.dtype.kind == "f" else array.astype(np.float64)


def checked_probability(number: int, probability: ArrayLike) -> Float[np.ndarray, " N"]:
    """A number from 0 to 1 for each reference jet, or a ValueError."""
    array = np.asarray(probability)
    inside = array.shape == (number,) and array.dtype.kind in "biuf"
    if not (inside and np.all((array >= 0) & (array <= 1))):
        outside = np.sum(~((array >= 0) & (array <= 1))) if inside else 0
        raise ValueError(
            f"probability must be {number} numbers from 0 to 1, one for each reference jet; got "
            f"shape {array.shape} with {outside} outside; 1/(1 + exp(-logit)) makes one of a logit"
        )
    return array.astype(np.float64)


def checked_rows(number: int, rows: ArrayLike) -> Int[np.ndarray, " k"]:
    """Numbers of jets that a mask or integers pick, none twice, or a ValueError."""
    picked = np.asarray(rows)
    if picked.dtype == bool and picked.shape == (number,):
        return np.flatnonzero(picked)
    if picked.ndim != 1 or picked.dtype.kind not in "iu" or picked.size == 0:
        raise ValueError(
            f"rows must be a mask of shape ({number},) or a list of row numbers; got shape "
            f"{picked.shape} of {picked.dtype}"
        )
    if picked.min() < -number or picked.max() >= number:
        raise ValueError(
            f"rows must lie below {number}, the number of jets; got up to {picked.max()}"
        )
    picked = np.arange(number)[picked]
    if len(np.unique(picked)) != len(picked):
        raise ValueError("rows name a jet twice; a jet would meet its copy at distance 0")
    return picked


def checked_grid(epsilon: ArrayLike, dtype: np.dtype) -> Float[np.ndarray, " E"]:
    """Rising ε on the host in double precision, as they will be reported, or a ValueError."""
    checked_epsilon(epsilon, dtype)
    grid = np.atleast_1d(np.asarray(epsilon, np.float64))
    if not np.all(np.diff(grid) > 0):
        raise ValueError(f"epsilon must rise from one value to the next; got {grid}")
    return grid


def checked_epsilon(epsilon: ArrayLike, dtype: np.dtype) -> Float[Array, " E"]:
    """ε as a vector, or a ValueError if a concrete one is not positive and finite."""
    if np.ndim(epsilon) > 1:
        raise ValueError(f"epsilon must be a number or one-dimensional; got {np.shape(epsilon)}")
    if not is_traced(epsilon):
        try:
            values = np.atleast_1d(np.asarray(epsilon, np.float64))
        except (TypeError, ValueError):
            raise ValueError(f"epsilon must be numbers in GeV; got {epsilon!r}") from None
        if values.size == 0 or not np.all(np.isfinite(values) & (values > 0)):
            raise ValueError(f"epsilon must be positive and finite, in GeV; got {epsilon}")
    return jnp.atleast_1d(jnp.asarray(epsilon, dtype))
