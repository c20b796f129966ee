"""Means over seeds with errors from runs, and the power laws through them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from smearjax.evaluate import LearningCurve, learning_curve


class Points(NamedTuple):
    """A figure of merit at several numbers of training jets, with standard errors."""

    number: np.ndarray
    value: np.ndarray
    error: np.ndarray


def points_of(rows: list[dict[str, Any]], name: str, key: str = "auc") -> Points:
    """Mean over the seeds; errors from the scatter of seeds of everything that is trained alike."""
    alike = [row for row in rows if ("epochs" in row) == _trained(rows, name)]
    found = _by_size([row for row in alike if row["network"] == name], key)
    number = np.array(list(found))
    error = _scatter(alike, key)(number) / np.sqrt([len(values) for values in found.values()])
    return Points(number, np.array([np.mean(values) for values in found.values()]), error)


def _trained(rows: list[dict[str, Any]], name: str) -> bool:
    """Whether these are networks, and no likelihood."""
    return any("epochs" in row for row in rows if row["network"] == name)


def _by_size(rows: list[dict[str, Any]], key: str) -> dict[int, list[float]]:
    """The seeds' values by number of training jets, rising."""
    sizes = sorted({row["train"] for row in rows})
    return {size: [row[key][0] for row in rows if row["train"] == size] for size in sizes}


def _scatter(rows: list[dict[str, Any]], key: str) -> Callable[[np.ndarray], np.ndarray]:
    """Standard deviation over seeds, s N^−γ through the pooled variances of all sizes.

    Three seeds of one network know their scatter to a factor of two, and one seed not at all.
    """
    squares: dict[int, list[float]] = {}
    freedom: dict[int, int] = {}
    for name in dict.fromkeys(row["network"] for row in rows):
        for size, values in _by_size([r for r in rows if r["network"] == name], key).items():
            squares.setdefault(size, []).extend((np.array(values) - np.mean(values)) ** 2)
            freedom[size] = freedom.get(size, 0) + len(values) - 1
    known = [size for size in squares if freedom[size] and sum(squares[size]) > 0]
    if len(known) < 2:
        return lambda number: np.full(len(number), np.nan)
    log = np.log([sum(squares[size]) / freedom[size] for size in known])
    weight = np.sqrt([freedom[size] for size in known])
    slope, level = np.polyfit(np.log(known), log, 1, w=weight)
    return lambda number: np.exp(0.5 * (level + slope * np.log(number)))


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
