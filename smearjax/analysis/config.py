"""What to analyse and how."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float

Section = Literal[
    "null", "extrapolation", "distances", "ratios", "mixture", "metric", "networks", "guiding",
    "explanations", "robustness", "jets", "components",
]  # fmt: skip
SECTION_NAMES: tuple[Section, ...] = get_args(Section)
# Those that together add less than half to what the rest takes.
USUAL: tuple[Section, ...] = ("null", "distances", "ratios", "networks", "jets")


@dataclass(frozen=True)
class AnalyzeConfig:
    """Settings of `analyze` and options of `smearjax analyze`, energies in GeV.

    Source: smearjax's own choices.

    Raises:
        ValueError: settings that make no sense; the message names them.

    >>> AnalyzeConfig(n_epsilon=5, epsilon_min=1.0, epsilon_max=16.0).grid
    array([ 1.,  2.,  4.,  8., 16.])
    """

    data: str = "sample"
    """Jets: a file that load_jets reads, or a name such as sample or energyflow-qg."""
    out: Path = Path("results")
    """Folder for report.html, result.json and the figures."""
    seed: int = 0
    """Seed of the split, the network and the bootstrap; the same seed gives the same numbers."""
    quick: bool = False
    """A first look: at most 13 resolutions, 10 replicas and 8 training epochs."""
    epsilon_min: float = 1.0
    """Smallest resolution ε in GeV."""
    epsilon_max: float = 100.0
    """Largest resolution ε in GeV."""
    n_epsilon: int = 25
    """Number of resolutions, evenly spaced in ln ε."""
    replicas: int = 50
    """Bootstrap replicas of the curves' bands; the table always has 200."""
    epochs: int = 40
    """Most training epochs of the Energy Flow Network."""
    pt_ref: float | None = None
    """pT_ref in GeV; the mean jet pT of the data if not given."""
    beta: float = 1.0
    """Exponent β of the angles in the metric."""
    omega: str = "delta_r"
    """Angle of the metric: delta_r, angle, chord or one_minus_cos."""
    cells: int = 256
    """Cells of the embedding."""
    validation_fraction: float = 0.1
    """Fraction of the jets that decide when the network's training stops."""
    test_fraction: float = 0.4
    """Fraction of the jets held out for every number of the comparison."""
    sections: tuple[Section | Literal["usual", "all"], ...] = ("usual",)
    """Further sections of the report: all, none named, or some of them; usual are the quick ones
    (null, distances, ratios, networks, jets), or none with --quick."""
    networks: tuple[str, ...] = ()
    """Files of networks trained on other jets, by `smearjax train` say: they are ranked and
    smeared beside the Energy Flow Network that the analysis trains."""
    variation: str = ""
    """Jets made otherwise, without hadronisation say (a file or a name, with labels): one more
    section says at which scales they differ from those of data."""

    def __post_init__(self):
        known = ("usual", "all", *SECTION_NAMES)
        if isinstance(self.sections, str) or not set(self.sections) <= set(known):
            raise ValueError(
                f"sections are {self.sections!r}; expected a tuple of {', '.join(known)}"
            )
        names = [Path(path).stem for path in self.networks]
        if isinstance(self.networks, str) or len({"EFN", *names}) <= len(names):
            raise ValueError(
                f"networks are {self.networks!r}; expected a tuple of files whose names without "
                "ending differ from one another and from EFN"
            )
        if not 0 < self.epsilon_min < self.epsilon_max < np.inf:
            raise ValueError(
                "epsilon_min and epsilon_max must be positive, in GeV, and rising; got "
                f"{self.epsilon_min} and {self.epsilon_max}"
            )
        for name, least in (("n_epsilon", 5), ("replicas", 2), ("epochs", 1), ("cells", 1)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} must be at least {least}; got {getattr(self, name)}")
        if (
            not 0 < self.train_fraction < 1
            or min(self.validation_fraction, self.test_fraction) <= 0
        ):
            raise ValueError(
                "validation_fraction and test_fraction must be positive and leave jets to train "
                f"on; got {self.validation_fraction} and {self.test_fraction}"
            )

    @property
    def train_fraction(self) -> float:
        """Fraction of the jets that the test and validation jets leave, dimensionless."""
        return 1.0 - self.validation_fraction - self.test_fraction

    @property
    def grid(self) -> Float[np.ndarray, " E"]:
        """The resolutions, (E,), in GeV, evenly spaced in ln ε."""
        number = min(self.n_epsilon, 13) if self.quick else self.n_epsilon
        return np.geomspace(self.epsilon_min, self.epsilon_max, number)

    @property
    def curve_replicas(self) -> int:
        """Bootstrap replicas of the curves' bands, a number without unit."""
        return min(self.replicas, 10) if self.quick else self.replicas

    @property
    def training_epochs(self) -> int:
        """Most training epochs of the network, a number without unit."""
        return min(self.epochs, 8) if self.quick else self.epochs

    @property
    def chosen_sections(self) -> tuple[str, ...]:
        """Names of the sections to make, in the order of the page; no unit."""
        wanted = set(self.sections)
        if "usual" in wanted and not self.quick:
            wanted |= set(USUAL)
        if self.networks:
            wanted.add("networks")
        chosen = tuple(name for name in SECTION_NAMES if name in wanted or "all" in wanted)
        return (*chosen, "variation") if self.variation else chosen
