"""A zero by halving, slow and obviously right."""

from __future__ import annotations


def bisected(function, low: float, high: float) -> float:
    """A zero between two points of different sign, in ln ε, by halving."""
    sign = function(low) > 0
    for _ in range(25):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if (function(middle) > 0) == sign else (low, middle)
    return 0.5 * (low + high)
