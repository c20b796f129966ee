"""The figure of subjets.py: AUC against the radius of subjets, and against ε."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from smearjax.report.axes import band, epsilon_axis
from smearjax.report.style import BLUE, INK, MUTED, VERMILION, hep_style

if TYPE_CHECKING:
    from subjets import Measured

KINDS = {"EFN": (INK, "o"), "PFN": (VERMILION, "s")}


def draw(
    m: Measured,
    radii: list[float],
    shape: list[dict[str, Any]],
    pt_ref: float,
    out: Path,
    jets: int,
) -> None:
    """Both panels, one scale of AUC."""
    with hep_style():
        import matplotlib.pyplot as plt

        figure, (left, right) = plt.subplots(1, 2, figsize=(13.5, 6.4), sharey=True)
        against_radius(left, m, np.array(radii), pt_ref)
        against_epsilon(right, m, np.array([one["moved_gev"] for one in shape]))
        low, high = left.get_ylim()
        left.set_ylim(low - 0.12 * (high - low), high)
        subjet_numbers(left, np.array(radii), np.array([np.mean(one["subjets"]) for one in shape]))
        for axes in (left, right):
            axes.legend(loc="lower left", bbox_to_anchor=(0.0, 0.1))
        left.set_ylabel("AUC")
        figure.supxlabel(small_print(m, jets), x=0.015, ha="left", fontsize=12, color=MUTED)
        figure.savefig(out / "subjets.png")
        plt.close(figure)


def small_print(m: Measured, jets: int) -> str:
    """What was measured on what."""
    seeds, test, few = m.auc.shape[2], m.jets["test"], m.jets["smeared"]
    right = f", right: {few:,} of them" if few < test else ""
    points = "; small points: single seeds" if seeds > 1 else ""
    empty = m.empty.mean(axis=0)
    balls = ", ".join(f"{empty[k]:.0%} at {m.epsilon[k]:.2g} GeV" for k in range(3))
    return (
        f"{seeds} seed{'s' * (seeds > 1)}, {jets:,} training jets, {test:,} test jets{right}; "
        f"bands and bars: 68 % from resampled test jets{points}\n"
        "$p_{T,ref}\\,r$ is for orientation only; open circles right: median, bar 16 to 84 % of "
        f"jets, of the SEMD distance; empty balls: {balls}"
    )


def positions(radii: np.ndarray) -> np.ndarray:
    """Where the radii stand on a logarithmic axis; 0 at its left end."""
    return np.where(radii > 0, radii, 0.45 * radii[radii > 0].min())


def ends(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of (..., seeds, 1 + replicas): mean over the seeds and ends of its 68 % interval."""
    mean = values.mean(axis=-2)
    spread = mean[..., 1:] - mean[..., 1:].mean(axis=-1, keepdims=True)
    return mean[..., 0], *(mean[..., 0] + np.quantile(spread, (0.16, 0.84), axis=-1))


def against_radius(axes: Any, m: Measured, radii: np.ndarray, pt_ref: float) -> None:
    """Both networks; the particles stand apart, at r = 0."""
    from matplotlib.ticker import FixedLocator, NullFormatter

    x, there = positions(radii), radii > 0
    for (name, (colour, mark)), auc in zip(KINDS.items(), m.auc, strict=True):
        value, low, high = ends(auc)
        band(axes, x[there], value[there], low[there], high[there], colour)
        axes.plot(x[there], value[there], mark, color=colour, ms=8, label=f"{name} of subjets")
        errors = np.stack([value - low, high - value])[:, ~there]
        axes.errorbar(x[~there], value[~there], errors, fmt=mark, color=colour, ms=8, mfc="white",
                      mew=2, capsize=3, label=f"{name} of particles")  # fmt: skip
        axes.axhline(value[~there][0], color=colour, ls=":", lw=1.2)
        if auc.shape[1] > 1:
            axes.plot(x * 1.06, auc[..., 0], mark, color=colour, ms=3, alpha=0.5)
    axes.set_xscale("log")
    axes.set_xlim(x.min() / 1.3, x.max() * 1.25)
    axes.xaxis.set_major_locator(FixedLocator(x.tolist()))
    axes.xaxis.set_ticklabels([f"{radius:g}" for radius in radii])
    axes.xaxis.set_minor_locator(FixedLocator([]))
    axes.tick_params(axis="x", which="both", top=False)
    axes.set_xlabel("radius $r$ of subjets [rad]")
    top = axes.secondary_xaxis("top")
    ticks = [5, 10, 20, 50, 100, 200]
    top.xaxis.set_major_locator(FixedLocator([tick / pt_ref for tick in ticks]))
    top.xaxis.set_ticklabels([str(tick) for tick in ticks])
    top.xaxis.set_minor_formatter(NullFormatter())
    top.xaxis.set_minor_locator(FixedLocator([]))
    top.set_xlabel("$p_{T,ref}\\,r$ [GeV]", labelpad=8)


def subjet_numbers(axes: Any, radii: np.ndarray, number: np.ndarray) -> None:
    """The mean number of subjets, written along the bottom."""
    for x, n in zip(positions(radii), number, strict=True):
        axes.text(x, 0.035, f"{n:.0f}" if n >= 10 else f"{n:.1f}", ha="center", color=MUTED,
                  fontsize=14, transform=axes.get_xaxis_transform())  # fmt: skip
    axes.text(0.02, 0.085, "subjets in a jet, mean", color=MUTED, fontsize=12,
              transform=axes.transAxes)  # fmt: skip


def against_epsilon(axes: Any, m: Measured, moved: np.ndarray) -> None:
    """The EFN of particles smeared; networks on subjets where their jets are moved to."""
    value, low, high = ends(m.few[0])
    axes.axhspan(low[0], high[0], color=MUTED, alpha=0.18, lw=0)
    axes.axhline(value[0], color=INK, ls=":", lw=1.6, label="EFN of particles")
    means = [part.mean(axis=0) for part in (m.curves, m.lo, m.hi)]
    band(axes, m.epsilon, *means, BLUE)
    axes.plot([], [], "o-", color=BLUE, label="the same, smeared over $ε$")
    if len(m.curves) > 1:
        axes.plot(m.epsilon * 1.03, m.curves.T, "o", color=BLUE, ms=3, alpha=0.5)
    d = moved[1:, 1]
    across = np.abs(moved[1:, [0, 2]].T - d)
    up_down = np.stack([value - low, high - value])[:, 1:]
    axes.errorbar(d, value[1:], up_down, across, fmt="o", color=INK, ms=7, mfc="white", lw=1,
                  label="EFN of subjets, at $d$(jet, its subjets)")  # fmt: skip
    reach = [*m.epsilon[[0, -1]], moved[1:].min(), moved[1:].max()]
    epsilon_axis(axes, [{"epsilon_gev": one} for one in (min(reach), max(reach))])
