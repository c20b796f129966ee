"""Soft emissions at a wide angle, more frequent in one class: differences at a known distance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from scipy.optimize import root_scalar

from smearjax._expect import expect, expect_number, expect_probability
from smearjax.jets import Jets
from smearjax.metric import exact_squared_distances

# Jets on which the momentum of a plant is tuned, and the fractions tried for it.
_PILOT = 1000
_MOMENTA = (1e-7, 0.3)


@dataclass(frozen=True)
class Plant:
    r"""An emission that jets of one class carry more often than those of the other.

    Source: smearjax's own.

    Attributes:
        momentum: fraction z of the jet's scalar-sum pT, dimensionless.
        quark: probability that a jet with label 1 carries it.
        gluon: probability that a jet with label 0 does.
        angle: ΔR from the jet's hardest particle, in radians; any direction about it.

    Raises:
        ValueError: a number out of its range.

    >>> Plant(momentum=0.001, quark=0.8, gluon=0.2).angle
    0.4
    """

    momentum: float
    quark: float
    gluon: float
    angle: float = 0.4

    def __post_init__(self) -> None:
        expect_number("momentum", self.momentum, 0, 1, "a fraction between 0 and 1")
        for name in ("quark", "gluon"):
            expect_probability(name, getattr(self, name))
        expect_number("angle", self.angle, 0, np.inf, "a positive ΔR in radians")


@dataclass(frozen=True)
class PlantedJets:
    r"""Jets, and which plants each carries.

    Source: smearjax's own.

    Attributes:
        jets: N jets with labels; the plants are the last K constituents.
        present: (N, K) whether the jet carries the plant.
        plants: the K plants.
    """

    jets: Jets
    present: Bool[np.ndarray, "N K"]
    plants: tuple[Plant, ...]

    def distances(self, k: int = 0) -> Float[np.ndarray, " n"]:
        r"""Exact d in GeV between each jet that carries plant k and the same jet without it.

        d = pT_ref √SEMD_{1,2} of the normalised jets, ω = ΔR, with pT_ref the mean scalar-sum pT
        of all jets. Its median is the scale ε0 of the plant (arXiv:2305.03751 for the metric).

        Args:
            k: which plant, from 0.

        Returns:
            (n,) for the n jets that carry it, in their order.

        Raises:
            IndexError: there is no such plant.

        >>> from smearjax.planted import Plant, few_emissions, plant
        >>> planted = plant(few_emissions(100), [Plant(0.001, quark=1, gluon=0)])
        >>> planted.distances().shape, float(np.median(planted.distances()))
        ((50,), 8.01)
        """
        carried = self.present[:, k]
        mask = np.array(self.jets.mask)
        mask[:, mask.shape[1] - len(self.plants) + k] = False
        pt = np.where(mask, self.jets.pt, 0).astype(self.jets.pt.dtype)
        without = Jets(pt, self.jets.y, self.jets.phi, mask)
        pairs = np.repeat(np.flatnonzero(carried)[:, None], 2, axis=1)
        pt_ref = np.mean(self.jets.total_pt, dtype=np.float64)
        return pt_ref * np.sqrt(exact_squared_distances(self.jets, without, pairs))


def plant(jets: Jets, plants: Sequence[Plant], seed: int = 0) -> PlantedJets:
    r"""Jets with soft emissions planted into them, each jet by the odds of its class.

    A plant of fraction z is put at its angle from the jet's hardest particle, in a random
    direction; the other particles share 1 − Σz, so that a jet keeps its pT. If nothing in the
    jets reaches that angle, nothing can imitate the plant: d² = d²(nuisance) + ε0², up to what
    two plants and the widest nuisance share of the spectral function.

    Args:
        jets: N jets with labels; pT in GeV, y and φ in radians.
        plants: K plants, with Σz < 1.
        seed: the same seed plants the same.

    Returns:
        `PlantedJets`.

    Raises:
        ValueError: no labels, or plants that take a jet's whole momentum.

    Source: smearjax's own.

    >>> from smearjax.planted import Plant, few_emissions, plant
    >>> planted = plant(few_emissions(1000), [Plant(0.001, quark=0.8, gluon=0.2)])
    >>> [float(planted.present[planted.jets.label == c].mean()) for c in (1, 0)]
    [0.86, 0.208]
    """
    expect("jets", jets, Jets, "Jets, from few_emissions(...) or cores(...)")
    if jets.label is None:
        raise ValueError("jets have no labels; plants go by class: jets.replace(label=...)")
    taken = sum(one.momentum for one in plants)
    if taken >= 1:
        raise ValueError(f"plants take {taken:g} of a jet's momentum; expected less than 1")
    rng = np.random.default_rng([seed, 2])
    shape = (len(jets), len(plants))
    odds = np.array([[one.gluon for one in plants], [one.quark for one in plants]])
    present = rng.random(shape) < odds[np.asarray(jets.label)]
    return _planted(jets, tuple(plants), present, rng.uniform(-np.pi, np.pi, shape))


def plant_at(
    epsilon0: float, jets: Jets, *, quark: float, gluon: float, angle: float = 0.4
) -> Plant:
    r"""The plant whose scale in these jets is ε0: its momentum is solved for.

    z such that the median over jets of d(jet with plant, jet) is ε0, exact distances of up to
    1,000 jets. Where the plant is much wider than the jet, z ≈ ½(ε0/(pT·angle))².

    Args:
        epsilon0: the scale in GeV.
        jets: the jets to plant into; the first 1,000 are used.
        quark: probability that a jet with label 1 carries it.
        gluon: probability that a jet with label 0 does.
        angle: ΔR from the hardest particle, in radians.

    Returns:
        `Plant`.

    Raises:
        ValueError: ε0 not positive, or out of reach at this angle.

    Source: smearjax's own.

    >>> from smearjax.planted import few_emissions, plant_at
    >>> plant_at(10.0, few_emissions(100), quark=0.8, gluon=0.2).momentum
    0.00161
    """
    expect("jets", jets, Jets, "Jets, from few_emissions(...) or cores(...)")
    expect_number("epsilon0", epsilon0, 0, np.inf, "a positive distance in GeV")
    some = jets[:_PILOT]
    everywhere = np.ones((len(some), 1), bool)
    direction = np.random.default_rng(0).uniform(-np.pi, np.pi, everywhere.shape)

    def excess(log_momentum: float) -> float:
        trial = Plant(float(np.exp(log_momentum)), quark, gluon, angle)
        planted = _planted(some, (trial,), everywhere, direction)
        return float(np.median(planted.distances())) - epsilon0

    lowest, highest = np.log(_MOMENTA)
    if excess(lowest) > 0 or excess(highest) < 0:
        ends = [excess(end) + epsilon0 for end in (lowest, highest)]
        raise ValueError(
            f"epsilon0 is {epsilon0:g} GeV; a plant at angle {angle:g} reaches {ends[0]:.2g} to "
            f"{ends[1]:.3g} GeV in these jets: choose another scale or another angle"
        )
    root = root_scalar(excess, bracket=(lowest, highest), method="brentq", xtol=1e-4).root
    return Plant(float(np.exp(root)), quark, gluon, angle)


def _planted(
    jets: Jets,
    plants: tuple[Plant, ...],
    present: Bool[np.ndarray, "N K"],
    direction: Float[np.ndarray, "N K"],
) -> PlantedJets:
    """Put the plants that are present beside the other particles."""
    pt, y, phi, mask = (np.asarray(a) for a in (jets.pt, jets.y, jets.phi, jets.mask))
    first = np.argmax(pt, axis=1)[:, None]
    angle = np.array([one.angle for one in plants])
    z = present * np.array([one.momentum for one in plants])
    columns = (
        (pt * (1 - z.sum(axis=1, keepdims=True)), z * np.asarray(jets.total_pt)[:, None]),
        (y, np.take_along_axis(y, first, axis=1) + angle * np.cos(direction)),
        (phi, np.take_along_axis(phi, first, axis=1) + angle * np.sin(direction)),
    )
    wide = [np.concatenate(both, axis=1).astype(pt.dtype) for both in columns]
    particles = dict(zip(("pt", "y", "phi"), wide, strict=True))
    mask = np.concatenate([mask, present], axis=1)
    made = Jets(**particles, mask=mask, label=jets.label, weight=jets.weight)
    return PlantedJets(made, present, plants)
