"""What is known about one jet at every ε: the curve, its flips, and the jets around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from smearjax.interpret.neighbourhood import Neighbourhood

_CLASS = {None: "unlabelled", 0: "gluon", 1: "quark"}
_KINDS = ("empty", "one_class", "nonpositive")
_CURVES = ("epsilon", "value", "lo", "hi", "bias", "slope", "slope_err", "n_eff")

Curve = Float[np.ndarray, " E"]


@dataclass(frozen=True)
class Flip:
    """An ε at which the class of a jet changes.

    Attributes:
        epsilon: where, in GeV.
        epsilon_err: standard error in GeV, that of the value there divided by the slope; NaN for a
            compact kernel, whose values jump.
        slope: of the value in ln ε; NaN for a compact kernel.
        below: class just below, 1 = quark, 0 = gluon.
        above: class just above.
    """

    epsilon: float
    epsilon_err: float
    slope: float
    below: int
    above: int

    def __str__(self) -> str:
        error = f" ± {self.epsilon_err:.2g}" if np.isfinite(self.epsilon_err) else ""
        below, above = _CLASS[self.below], _CLASS[self.above]
        return f"{below} below, {above} above ε = {self.epsilon:.3g}{error} GeV"


@dataclass(frozen=True)
class Explanation:
    r"""The flow of one jet with the resolution.

    Arrays are (E,), dimensionless unless said otherwise. `explain` has the formulas and sources.

    Attributes:
        jet: its number among the reference jets; None for a jet from outside.
        label: its true class, 1 = quark, 0 = gluon; None if it has none.
        quantity: "ln L", or "f" where values were smeared.
        level: the value above which a jet is called a quark jet.
        epsilon: resolutions in GeV.
        value: ln L(x|ε) or f(x|ε).
        lo: lower end of the 68 % band: value plus the 16 % quantile of θ* − mean θ* over bootstrap
            replicas of the reference; NaN where the ball is empty.
        hi: upper end.
        bias: mean of the replicas − value.
        slope: d value/d ln ε, exact; NaN where the ball is empty or the kernel compact.
        slope_err: its bootstrap standard deviation.
        n_eff: effective number of jets in the ball, (Σ wK)²/Σ (wK)².
        empty: whether it is empty.
        one_class: whether one class is missing in it.
        nonpositive: whether negative weights spoil it.
        flips: where the value passes the level, by rising ε.
        neighbourhoods: balls at a few ε, with jets that stand for what they hold.
        convention: what every ε rests on, see `SmearedLikelihood.convention`.
        n_jets: reference jets, (gluons, quarks).
    """

    jet: int | None
    label: int | None
    quantity: str
    level: float
    epsilon: Curve
    value: Curve
    lo: Curve
    hi: Curve
    bias: Curve
    slope: Curve
    slope_err: Curve
    n_eff: Curve
    empty: Bool[np.ndarray, " E"]
    one_class: Bool[np.ndarray, " E"]
    nonpositive: Bool[np.ndarray, " E"]
    flips: tuple[Flip, ...]
    neighbourhoods: tuple[Neighbourhood, ...]
    convention: dict[str, str | float | int | list[float]]
    n_jets: tuple[int, int]

    @property
    def name(self) -> str:
        """The jet in words, no unit: its number and its true class."""
        which = "jet from outside" if self.jet is None else f"jet {self.jet}"
        return f"{which} ({_CLASS[self.label]})"

    @property
    def record(self) -> dict[str, Any]:
        """All of it as plain numbers, lists and texts, what `from_record` takes; units stay."""
        return vars(self) | {
            **{name: getattr(self, name).tolist() for name in (*_CURVES, *_KINDS)},
            "flips": [vars(flip) for flip in self.flips],
            "neighbourhoods": [
                {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in vars(ball).items()}
                for ball in self.neighbourhoods
            ],
            "n_jets": list(self.n_jets),
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Explanation:
        """The explanation that a record was made of; None stands for NaN, energies are in GeV.

        Raises:
            KeyError: a field is missing.

        Source: smearjax's own format.

        >>> from smearjax import SmearedLikelihood, load_jets
        >>> from smearjax.interpret import explain
        >>> found = explain(SmearedLikelihood(load_jets("sample")[:300]), 21, [5.0, 10.0, 20.0])
        >>> print(Explanation.from_record(found.record).flips[0])
        gluon below, quark above ε = 9.86 ± 1.6 GeV
        """
        balls = [
            Neighbourhood(
                epsilon=ball["epsilon"],
                n_eff=ball["n_eff"],
                quark_share=_number(ball["quark_share"]),
                index=np.array(ball["index"], int),
                label=np.array(ball["label"], int),
                distance=np.array(ball["distance"], float),
            )
            for ball in record["neighbourhoods"]
        ]
        flips = [Flip(**{k: _number(v) for k, v in flip.items()}) for flip in record["flips"]]
        told: dict[str, Any] = {
            name: record[name] for name in ("jet", "label", "quantity", "level", "convention")
        }
        told |= {name: np.array(record[name], float) for name in _CURVES}
        told |= {name: np.array(record[name], bool) for name in _KINDS}
        told |= {"flips": tuple(flips), "neighbourhoods": tuple(balls)}
        return cls(**told, n_jets=(record["n_jets"][0], record["n_jets"][1]))

    def __str__(self) -> str:
        title = f"{self.name} among {self.n_jets[1]} quark and {self.n_jets[0]} gluon jets"
        head = f"  ε [GeV]   {self.quantity:>6} (68 % band)          d/dlnε            n_eff   ball"
        cells = "{:9.3g}   {:6.2f} ({:5.2f} … {:5.2f})   {:6.2f} ± {:4.2f}   {:8.1f}   {}"
        columns = (self.epsilon, self.value, self.lo, self.hi, self.slope, self.slope_err)
        rows = [
            cells.format(*row, self._ball(e))
            for e, row in enumerate(zip(*columns, self.n_eff, strict=True))
        ]
        flips = [f"flip: {flip}" for flip in self.flips] or ["no flip"]
        return "\n".join([title, head, *rows, *flips, *map(str, self.neighbourhoods)])

    def _ball(self, e: int) -> str:
        """The kind of the ball at one ε."""
        return next((kind.replace("_", " ") for kind in _KINDS if getattr(self, kind)[e]), "")


def _number(value: Any) -> Any:
    """NaN where JSON had to write null."""
    return float("nan") if value is None else value
