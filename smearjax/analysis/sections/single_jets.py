"""Two test jets at every resolution, with the jets that their balls hold."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from smearjax.analysis.findings import Record
from smearjax.analysis.sections.ground import Ground, Section
from smearjax.interpret import explain
from smearjax.jets import Jets

# Times the best ε.
_SHOWN = (1.0, 3.0, 10.0)
# Particles are kept for pictures alone: 1e-4 GeV and 1e-4 rad.
_DIGITS = 4


def single_jets(ground: Ground) -> Section:
    """The quark and the gluon test jet that the likelihood calls most wrongly, explained."""
    config, full = ground.config, ground.full
    above = config.grid[config.grid > ground.best.epsilon]
    told = np.asarray(full.log_ratio(None, [ground.best.epsilon, *above]), np.float64)
    found = []
    for c in (1, 0):
        row = most_wrong(told, ground.parts["test"], np.asarray(full.label), c)
        explanation = explain(
            full, row, config.grid, shown_at=ground.scales(*_SHOWN),
            replicas=config.curve_replicas, seed=config.seed,
        )  # fmt: skip
        shown = np.unique(np.concatenate([ball.index for ball in explanation.neighbourhoods]))
        found.append(
            {
                "log_ratio_at_best": told[0, row],
                "efn_score": float(ground.efn_scores[row]),
                "explanation": explanation.record,
                "jet": _particles(ground.jets, row),
                "neighbours": {str(number): _particles(ground.jets, number) for number in shown},
            }
        )
    return Section({"epsilon_gev": ground.best.epsilon, "explained": found})


def most_wrong(
    told: Float[np.ndarray, "E N"],
    test: Int[np.ndarray, " M"],
    label: Int[np.ndarray, " N"],
    c: int,
) -> int:
    """The test jet of a class with the most wrong ln L at the best ε, among those that flip above.

    Far below the best ε nearly every ln L flips for want of neighbours.
    """
    some = test[label[test] == c]
    right = told[:, some] * (1 if c == 1 else -1)
    flips = (right > 0).any(axis=0) & (right < 0).any(axis=0)
    candidates = np.flatnonzero(flips) if flips.any() else np.arange(len(some))
    return int(some[candidates[np.argmin(right[0, candidates])]])


def _particles(jets: Jets, row: int | np.integer) -> Record:
    """The particles of one jet: pT in GeV, y and φ in radians."""
    seen = np.asarray(jets.mask[row])
    values = (np.asarray(array[row], np.float64)[seen] for array in (jets.pt, jets.y, jets.phi))
    names = ("pt_gev", "y", "phi")
    return dict(zip(names, (v.round(_DIGITS).tolist() for v in values), strict=True))
