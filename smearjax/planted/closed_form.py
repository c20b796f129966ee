"""Where R and B peak for a plant at one distance: κ in closed form."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from scipy.optimize import minimize_scalar

from smearjax._expect import expect_number, expect_probability
from smearjax._numerics import ArrayLike


def plant_curves(
    epsilon: ArrayLike, epsilon0: float, quark: float, gluon: float
) -> tuple[Float[np.ndarray, " E"], Float[np.ndarray, " E"]]:
    r"""R(ε) and B(ε) of infinitely many jets that differ by nothing but a plant at distance ε0.

    With e = exp(−ε0²/2ε²) and the plant present with probability a in quarks, b in gluons:

    F_ab = ab + (1−a)(1−b) + [a(1−b) + b(1−a)] e,   R = 1 − F_ab/√(F_aa F_bb)
    B = ½ (a−b)² (1−e) [1/(a+b + (2−a−b) e) + 1/(2−a−b + (a+b) e)]

    A nuisance that is alike in both classes and adds its d² to the plant's cancels in both.

    Args:
        epsilon: (E,) resolutions in GeV.
        epsilon0: distance in GeV between a jet with the plant and the same jet without it.
        quark: a.
        gluon: b.

    Returns:
        R and B, (E,) each, dimensionless.

    Raises:
        ValueError: ε0 not positive, or a, b outside [0, 1].

    Source: R and B as in `smearjax.information`; the closed forms are smearjax's own.

    >>> r, b = plant_curves([1.0, 10.0, 100.0], epsilon0=10.0, quark=0.8, gluon=0.2)
    >>> r.tolist(), b.tolist()
    ([0.5294, 0.1621, 0.0018], [0.36, 0.0882, 0.0009])
    """
    _check(epsilon0, quark, gluon)
    e = np.exp(-0.5 * (epsilon0 / np.asarray(epsilon, np.float64)) ** 2)

    def mean(a: float, b: float) -> np.ndarray:
        return a * b + (1 - a) * (1 - b) + (a * (1 - b) + b * (1 - a)) * e

    r = 1 - mean(quark, gluon) / np.sqrt(mean(quark, quark) * mean(gluon, gluon))
    present = quark + gluon
    absent = 2 - present
    with_it, without = present + absent * e, absent + present * e
    return r, 0.5 * (quark - gluon) ** 2 * (1 - e) * (1 / with_it + 1 / without)


def kappa(quark: float, gluon: float) -> tuple[float, float]:
    r"""κ for R and for B: a plant at ε0 makes −dR/d ln ε and −dB/d ln ε peak at ε = κ ε0/√2.

    κ_R is .879 at presences .8/.2, .813 at .6/.4, .829 at .5/.3 and 1.17 at .11/.10. κ_B depends on
    a + b alone: .805 where a + b = 1, less for rarer plants.

    Args:
        quark: presence a in jets with label 1.
        gluon: presence b in jets with label 0.

    Returns:
        (κ_R, κ_B), dimensionless.

    Raises:
        ValueError: a or b outside [0, 1], or equal.

    Source: the maxima of `plant_curves`.

    >>> kappa(0.8, 0.2)
    (0.879, 0.805)
    """
    _check(1.0, quark, gluon)
    if quark == gluon:
        raise ValueError(f"quark and gluon are both {quark:g}; nothing differs, nothing peaks")

    def slope(log_epsilon: float, which: int) -> float:
        h = 1e-4
        ends = plant_curves(np.exp([log_epsilon - h, log_epsilon + h]), 1.0, quark, gluon)[which]
        return float(ends[1] - ends[0]) / (2 * h)

    peaks = (
        minimize_scalar(slope, bounds=(-2.5, 0.5), args=(which,), method="bounded").x
        for which in (0, 1)
    )
    of_r, of_b = (float(np.sqrt(2) * np.exp(peak)) for peak in peaks)
    return of_r, of_b


def _check(epsilon0: float, quark: float, gluon: float) -> None:
    """Raise ValueError for numbers that are no plant."""
    expect_number("epsilon0", epsilon0, 0, np.inf, "a positive distance in GeV")
    for name, value in (("quark", quark), ("gluon", gluon)):
        expect_probability(name, value)
