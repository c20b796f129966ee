"""What leading-logarithmic QCD says of the distances between jets: closed forms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from smearjax._expect import expect_number, expect_positive
from smearjax._numerics import ArrayLike

C_GLUON, C_QUARK = 3.0, 4.0 / 3.0
_CASIMIRS = {"gg": 2 * C_GLUON, "gq": C_GLUON + C_QUARK, "qq": 2 * C_QUARK}

Numbers = Float[np.ndarray, "*shape"]


@dataclass(frozen=True)
class LeadingLog:
    r"""Distances of jets at leading logarithm, with a coupling that does not run.

    F_ij(ε) = exp(−a ln²(E/ε)) below E = √2 pT R and 1 above it,   a = 2 α_s (C_i + C_j)/π

    which is exp[−α_s(C_i + C_j)/(2π) ln²τ] with τ = ε²/(2 pT² R²) (arXiv:2501.07643). As
    F_gq² = F_gg F_qq, it has no opinion on R(ε); hadronisation takes over near 1 GeV.

    Args:
        alpha_s: the coupling, dimensionless.
        pt: the jets' pT in GeV.
        radius: of the jets, in radians.

    Raises:
        ValueError: one of them is not positive.

    >>> leading = LeadingLog()
    >>> leading.nearest("gg", [1e3, 1e6]).tolist()        # in GeV
    [5.53, 1.14]
    """

    alpha_s: float = 0.12
    pt: float = 525.0
    radius: float = 0.4

    def __post_init__(self):
        for name in ("alpha_s", "pt", "radius"):
            expect_number(name, getattr(self, name), 0, np.inf, "a positive number")

    @property
    def largest(self) -> float:
        """E = √2 pT R in GeV, beyond which no two jets lie."""
        return float(np.sqrt(2) * self.pt * self.radius)

    def fraction(self, pair: str, epsilon: ArrayLike) -> Numbers:
        """F(ε), the fraction of pairs within ε.

        Args:
            pair: "gg", "gq" or "qq".
            epsilon: in GeV, of any shape.

        Returns:
            Of that shape, dimensionless.

        Raises:
            ValueError: another pair, ε not positive.

        Source: as the class.

        >>> LeadingLog().fraction("qq", 20.0)
        array(0.227)
        """
        return np.asarray(np.exp(-self._strength(pair) * self._logarithm(epsilon) ** 2))

    def dimension(self, pair: str, epsilon: ArrayLike) -> Numbers:
        """D(ε) = d ln F/d ln ε = 2a ln(E/ε), the local dimension.

        Arguments (GeV) and errors as for `fraction`; dimensionless. Source: as the class.

        >>> LeadingLog().dimension("qq", 20.0)
        array(1.099)
        """
        return np.asarray(2 * self._strength(pair) * self._logarithm(epsilon))

    def nearest(self, pair: str, number: ArrayLike) -> Numbers:
        """Median distance to the nearest of N jets, E exp(−√(ln(N/ln 2)/a)), where N F = ln 2.

        Args:
            pair: "gg", "gq" or "qq": a jet of the one class among N of the other.
            number: N ≥ 1, of any shape.

        Returns:
            Of that shape, in GeV.

        Raises:
            ValueError: another pair, N below 1.

        Source: as the class.

        >>> LeadingLog().nearest("gg", 1e4)        # in GeV
        array(3.07)
        """
        return np.asarray(self.largest * np.exp(-self._depth(pair, number)))

    def exponent(self, pair: str, number: ArrayLike) -> Numbers:
        """The local exponent d ln ε_min/d ln N = −1/D(ε_min) of `nearest`.

        Arguments and errors as for `nearest`; dimensionless. Source: as the class.

        >>> LeadingLog().exponent("gg", 1e4)
        array(-0.239)
        """
        return np.asarray(-0.5 / (self._strength(pair) * self._depth(pair, number)))

    def _strength(self, pair: str) -> float:
        """The number a."""
        if not isinstance(pair, str) or pair not in _CASIMIRS:
            raise ValueError(f"pair is {pair!r}; expected one of {', '.join(_CASIMIRS)}")
        return 2 * self.alpha_s * _CASIMIRS[pair] / np.pi

    def _logarithm(self, epsilon: ArrayLike) -> Numbers:
        """ln(E/ε), 0 beyond E."""
        expect_positive("epsilon", epsilon, "GeV")
        return np.asarray(np.maximum(np.log(self.largest / np.asarray(epsilon, np.float64)), 0.0))

    def _depth(self, pair: str, number: ArrayLike) -> Numbers:
        """ln(E/ε_min)."""
        expect_positive("number", number, "jets")
        jets = np.asarray(number, np.float64)
        if not np.all(jets >= 1):
            raise ValueError(f"number must be at least 1, in jets; got {number!r}")
        return np.asarray(np.sqrt(np.log(jets / np.log(2)) / self._strength(pair)))
