"""The answer in two sentences, and what to know before quoting it."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from smearjax.analysis.findings import Findings
from smearjax.smearing.peaks import agreed_scales

_ONE_CLASS = 0.05


def answer(found: Findings, table: dict[str, dict[str, float]]) -> str:
    """Which scales, and how the smeared likelihood compares with the network."""
    info = found.information
    slope = resolved(info.minus_dR, info.minus_dR_err)
    low, high = half_maximum_range(info.epsilon, slope)
    top = int(np.argmax(slope))
    jets = f"{info.n_jets[1]:,} quark and {info.n_jets[0]:,} gluon jets"
    height = f"{info.minus_dR[top]:.3f} ± {info.minus_dR_err[top]:.3f} a unit of ln ε"
    scales = agreed_scales((info, *found.halves))
    if scales:
        where = (
            f"differ most near ε = {_listed([scale[0] for scale in scales])} GeV, where R, B and "
            f"both halves of the data agree within 20 %; −dR/dlnε is at most {height}"
        )
    else:
        where = (
            f"differ at all scales from {low:.2g} to {high:.2g} GeV, with no single one standing "
            f"out: −dR/dlnε stays above half its maximum there, which is {height}, near "
            f"{info.epsilon[top]:.2g} GeV"
        )
    smeared, efn = table["smeared likelihood"], table["EFN"]
    return (
        f"The {jets} {where}. Smeared at its best resolution, ε = {found.best.epsilon:.2g} GeV, "
        f"the likelihood reaches a test AUC of {_quoted(smeared)}, the Energy Flow Network trained "
        f"on the same jets {_quoted(efn)}."
    )


def cautions(found: Findings, table: dict[str, dict[str, float]]) -> list[str]:
    """What a reader should know before quoting numbers."""
    texts = []
    curve = found.soft
    at_best = np.interp(found.best.epsilon, curve.epsilon, curve.one_class_fraction)
    if at_best > _ONE_CLASS:
        texts.append(f"{at_best:.0%} of the balls at the best ε hold one class only.")
    if not found.best.converged:
        texts.append("The search for the best ε did not converge.")
    if not curve.epsilon[0] < found.best.epsilon < curve.epsilon[-1]:
        texts.append("The best ε lies outside the range of ε that was scanned.")
    network = found.network
    if network.best_epoch == len(network.validation_loss) - 1:
        texts.append("The network was still improving in its last epoch; give it more epochs.")
    for name, record in found.sections.items():
        if "absent" in record:
            texts.append(f"The section {name} is missing: {record['absent']}.")
    return texts


def resolved(
    slope: Float[np.ndarray, " E"], error: Float[np.ndarray, " E"]
) -> Float[np.ndarray, " E"]:
    """The slope where it is measured well, 0 elsewhere.

    Well below the nearest-neighbour distances hardly a pair is left and errors explode: a point
    counts if its error is at most four times the median error of the curve.
    """
    return np.where(error <= 4 * np.nanmedian(error), slope, 0.0)


def half_maximum_range(
    epsilon: Float[np.ndarray, " E"], slope: Float[np.ndarray, " E"]
) -> tuple[float, float]:
    """The grid points between which, around its maximum, the slope stays above half of it."""
    top = int(np.argmax(slope))
    below = np.flatnonzero(slope < 0.5 * slope[top])
    low = max(below[below < top], default=-1) + 1
    high = min(below[below > top], default=len(epsilon)) - 1
    return float(epsilon[low]), float(epsilon[high])


def _listed(values: list[float]) -> str:
    """Numbers in a sentence."""
    texts = [f"{value:.3g}" for value in values]
    return " and ".join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts)


def _quoted(row: dict[str, float]) -> str:
    """An AUC with its 68 % interval."""
    up, down = row["auc_hi"] - row["auc"], row["auc"] - row["auc_lo"]
    return f"{row['auc']:.3f} (+{up:.3f} −{down:.3f})"
