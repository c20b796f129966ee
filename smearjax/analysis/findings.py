"""What the stages of an analysis hand to the report."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from smearjax.jets import Jets
from smearjax.networks import TrainedNetwork
from smearjax.smearing import EpsilonCurve, Information, ScaleSolution

Record = dict[str, Any]


class Findings(NamedTuple):
    """Everything that the stages found out.

    Attributes:
        jets: all jets.
        parts: row numbers of the "train", "validation" and "test" jets.
        convention: metric and kernel.
        nearest: (N,) GeV to each jet's nearest other jet.
        information: R(ε) and B(ε) of all jets.
        halves: the same on two disjoint halves.
        best: ε of the least leave-one-out cross-entropy of the reference jets.
        auc_optimum: ε in GeV and value of the largest leave-one-out AUC of the reference jets.
        soft: AUC(ε) on the test jets, Gaussian kernel.
        hard: the same with the hard ball.
        smeared_efn: AUC(ε) of the network's output smeared over the test jets.
        network: the trained Energy Flow Network.
        efn_scores: its score of every jet.
        scores: what ranks the test jets, by method; those of sections are among them.
        sections: the record of each further section, by name.
        seconds: wall time of each stage.
        warnings: texts of warnings met on the way.
    """

    jets: Jets
    parts: dict[str, Int[np.ndarray, " k"]]
    convention: dict[str, Any]
    nearest: Float[np.ndarray, " N"]
    information: Information
    halves: tuple[Information, Information]
    best: ScaleSolution
    auc_optimum: tuple[float, float]
    soft: EpsilonCurve
    hard: EpsilonCurve
    smeared_efn: EpsilonCurve
    network: TrainedNetwork
    efn_scores: Float[np.ndarray, " N"]
    scores: dict[str, Float[np.ndarray, " M"]]
    sections: dict[str, Record]
    seconds: dict[str, float]
    warnings: list[str]
