"""Means over seeds with errors from runs, and the power laws through them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from smearjax.evaluate import LearningCurve, learning_curve


class Points(NamedTuple):
    """A figure of merit at several numbers of training jets, with standard errors."""

    number: np.ndarray
    value: np.ndarray
    error: np.ndarray


def points_of(rows: list[dict[str, Any]], name: str, key: str = "auc") -> Points:
    """Mean over the seeds; a single seed has the scatter of the next smaller size."""
    found, scatter = [], np.nan
    for number in sorted({row["train"] for row in rows if row["network"] == name}):
        of_seeds = [r[key][0] for r in rows if (r["network"], r["train"]) == (name, number)]
        if len(of_seeds) > 1:
            scatter = float(np.std(of_seeds, ddof=1))
        found.append((number, np.mean(of_seeds), scatter / np.sqrt(len(of_seeds))))
    return Points(*np.array(found).T)


def fit_of(points: Points) -> LearningCurve | None:
    """The law through four points or more; three would fit any curve."""
    known = np.isfinite(points.error) & (points.error > 0)
    if known.sum() < 4:
        return None
    return learning_curve(*(column[known] for column in points))


def nearest_exponent(rows: list[dict[str, Any]], name: str) -> tuple[float, float]:
    """−d ln ε_min/d ln N from the smallest to the largest number of jets, and its error."""
    near = [(row["train"], row["nearest"]) for row in rows if row["network"] == name]
    number, epsilon = np.log(np.array(near)).T
    if len(set(number.tolist())) < 2:
        return np.nan, np.nan
    columns = np.stack([np.ones_like(number), number], axis=1)
    found, *_ = np.linalg.lstsq(columns, epsilon, rcond=None)
    spread = np.std(epsilon - columns @ found, ddof=2) if len(number) > 2 else np.nan
    return -float(found[1]), float(spread / np.sqrt(np.sum((number - number.mean()) ** 2)))
