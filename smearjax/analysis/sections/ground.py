"""What the sections of a report stand on, and what each of them hands back."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from smearjax.analysis.config import AnalyzeConfig
from smearjax.analysis.findings import Record
from smearjax.jets import Jets
from smearjax.networks import JetNetwork
from smearjax.smearing import Information, ScaleSolution, SmearedLikelihood
from smearjax.smearing.sums import Queries


class Ground(NamedTuple):
    """What earlier stages of the analysis made.

    Attributes:
        config: settings.
        jets: all jets.
        parts: row numbers of the "train", "validation" and "test" jets.
        varied: jets made otherwise, if any were asked for.
        full: the likelihood of all jets.
        reference: that of the training and validation jets.
        query: the test jets, prepared for it.
        information: R(ε) and B(ε) of all jets.
        halves: the same on two disjoint halves.
        best: ε of the least leave-one-out cross-entropy of the reference jets.
        efn_scores: the network's score of every jet.
        networks: the analysis' own "EFN", and those of files.
        progress: whether to show progress bars.
    """

    config: AnalyzeConfig
    jets: Jets
    parts: dict[str, Int[np.ndarray, " k"]]
    varied: Jets | None
    full: SmearedLikelihood
    reference: SmearedLikelihood
    query: Queries
    information: Information
    halves: tuple[Information, Information]
    best: ScaleSolution
    efn_scores: Float[np.ndarray, " N"]
    networks: dict[str, JetNetwork]
    progress: bool

    @property
    def test(self) -> Jets:
        """The test jets."""
        return self.jets[self.parts["test"]]

    def scales(self, *factors: float) -> Float[np.ndarray, " S"]:
        """The best ε in GeV times each factor, as far as that lies within the grid."""
        grid = self.config.grid
        return np.unique(np.clip(np.multiply(factors, self.best.epsilon), grid[0], grid[-1]))


class Section(NamedTuple):
    """What a section found.

    Attributes:
        record: plain numbers, lists and texts, all that its part of the page shows.
        scores: what ranks the test jets in a new way, by method.
    """

    record: Record
    scores: dict[str, Float[np.ndarray, " M"]] = {}  # noqa: RUF012
