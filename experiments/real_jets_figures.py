"""The figures of real_jets.py: AUC(ε), ROC curves, distributions of ln L, R and B."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from smearjax.report.axes import band, epsilon_axis
from smearjax.report.style import BLUE, GREEN, INK, MUTED, OCHRE, PINK, SKY, VERMILION, hep_style

Part = dict[str, Any]
KERNELS = {"gaussian": ("Gaussian", BLUE), "hard_ball": ("hard ball", VERMILION)}
CLASSES = {"quark": BLUE, "gluon": VERMILION}
RADII = (OCHRE, VERMILION, GREEN, BLUE, INK, PINK, SKY)
PARTS = {"all": INK, "first half": BLUE, "second half": VERMILION}
# Where more balls are empty, the AUC of the few others says nothing.
MOST = 0.95
CURVES = {"R": "$R$", "B": "$B$", "minus_dR": "$-$d$R$/dln ε", "minus_dB": "$-$d$B$/dln ε"}


def draw(found: dict[str, Part], out: Path) -> None:
    """One file for each figure."""
    with hep_style():
        import matplotlib.pyplot as plt

        figures = {"auc": auc_figure(found), "roc": roc_figure(found)}
        figures["information"] = information_figure(found)
        for kernel, (name, _) in KERNELS.items():
            figures[f"log_ratio_{kernel}"] = ratio_figure(found[f"balls_{kernel}"], name)
        for name, figure in figures.items():
            figure.savefig(out / f"{name}.png")
            plt.close(figure)


def gev(axes: Any, part: Part) -> None:
    """The axis of ε."""
    epsilon_axis(axes, [{"epsilon_gev": epsilon} for epsilon in part["epsilon"]])


def jets_text(part: Part, total: bool = False) -> str:
    """How many jets it is from."""
    gluons, quarks = part["n_jets"]
    return f"{quarks + gluons:,} jets" if total else f"{quarks:,} quark, {gluons:,} gluon jets"


def note(figure: Any, text: str) -> None:
    """Small print below the panels."""
    figure.supxlabel(text, x=0.015, ha="left", fontsize=12, color=MUTED)


def auc_figure(found: dict[str, Part]) -> Any:
    """AUC(ε), its slope, and the fractions of balls that are empty or of one class."""
    import matplotlib.pyplot as plt

    figure, (top, middle, bottom) = plt.subplots(
        3, 1, figsize=(8.6, 10), sharex=True, height_ratios=(2.4, 1.3, 1.3)
    )
    for kernel, (name, colour) in KERNELS.items():
        part = {k: np.array(v) for k, v in found[f"auc_{kernel}"].items() if k != "settings"}
        epsilon, slope, error = part["epsilon"], -part["minus_dauc"], part["minus_dauc_err"]
        band(top, epsilon, part["auc"], part["auc_lo"], part["auc_hi"], colour)
        top.lines[-1].set_label(name)
        some = part["empty_fraction"] < MOST
        top.plot(epsilon[some], part["auc_nonempty"][some], ":", color=colour, lw=1.8)
        band(middle, epsilon, slope, slope - error, slope + error, colour)
        bottom.plot(epsilon, part["empty_fraction"], color=colour)
        bottom.plot(epsilon, part["one_class_fraction"], "--", color=colour, lw=1.8)
    top.plot([], [], ":", color=MUTED, lw=1.8, label="only jets whose ball is not empty")
    bottom.plot([], [], color=MUTED, label="empty")
    bottom.plot([], [], "--", color=MUTED, lw=1.8, label="one class only")
    middle.axhline(0, color=INK, lw=1)
    top.set_ylabel("leave-one-out AUC")
    middle.set_ylabel("dAUC / dln ε")
    bottom.set_ylabel("fraction of balls")
    bottom.set_ylim(-0.03, 1.03)
    top.legend(loc="lower right")
    bottom.legend(loc="upper right")
    top.set_title(f"{jets_text(found['auc_gaussian'])}, 68 % bands", fontsize=15, weight="normal")
    gev(bottom, found["auc_gaussian"])
    figure.align_ylabels()
    return figure


def radii(part: Part) -> list[str]:
    """The ε of which there are ROC curves and distributions."""
    return [key for key, value in part.items() if isinstance(value, dict) and "edges" in value]


def roc_figure(found: dict[str, Part]) -> Any:
    """Gluon rejection against quark efficiency at several ε, one panel a kernel."""
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(1, 2, figsize=(13, 6), sharey=True)
    for axes, (kernel, (name, _)) in zip(panels, KERNELS.items(), strict=True):
        part = found[f"balls_{kernel}"]
        efficiency = np.array(part["efficiency"])
        half = part["efficiency"].index(0.5)
        for epsilon, colour in zip(radii(part), RADII, strict=False):
            at = part[epsilon]
            passing, error = (np.array(at[f"gluon_efficiency{k}"]) for k in ("", "_err"))
            keep = passing > 3 * error
            empty = 0.5 * (at["quark_empty"] + at["gluon_empty"])
            rejection, its_error = 1 / passing[half], error[half] / passing[half] ** 2
            label = f"{epsilon} GeV: {rejection:.1f} ± {its_error:.1f}; {empty:.1%}"
            x, passing, error = efficiency[keep], passing[keep], error[keep]
            axes.plot(x, 1 / passing, color=colour, label=label)
            low, high = 1 / (passing + error), 1 / (passing - error)
            axes.fill_between(x, low, high, color=colour, alpha=0.25, lw=0)
        axes.plot(efficiency, 1 / efficiency, ":", color=MUTED, lw=1.5)
        axes.plot([0.5, 0.5], [1, 35], "--", color=MUTED, lw=1)
        axes.set(yscale="log", xlim=(0, 1), ylim=(1, 400))
        axes.set_xlabel("quark efficiency $ε_q$")
        axes.set_title(f"{name}, {jets_text(part, total=True)}", fontsize=15, weight="normal")
        axes.legend(title="ε: $1/ε_g$ at $ε_q$ = 50 %; empty balls", loc="upper right")
    panels[0].set_ylabel("gluon rejection $1/ε_g$")
    note(
        figure, "leave-one-out; empty balls tie; bands: jets resampled as test jets; dotted: chance"
    )
    return figure


def ratio_figure(part: Part, kernel: str) -> Any:
    """Distributions of ln L for quark and gluon jets, one panel an ε, √n errors."""
    import matplotlib.pyplot as plt

    shown = radii(part)
    figure, grid = plt.subplots(2, 3, figsize=(13.5, 8))
    *panels, last = grid.flat
    number: dict[str, int] = dict(zip(("gluon", "quark"), part["n_jets"], strict=True))
    for axes, epsilon in zip(panels, shown, strict=True):
        at = part[epsilon]
        edges = np.array(at["edges"])
        middle, width = 0.5 * (edges[1:] + edges[:-1]), np.diff(edges)
        for name, colour in CLASSES.items():
            count = np.array(at[name])
            scale = 1 / (number[name] * width)
            axes.stairs(count * scale, edges, color=colour, lw=1.8, label=f"{name} jets")
            axes.errorbar(middle, count * scale, np.sqrt(count) * scale, fmt="none", ecolor=colour,
                          elinewidth=1.4)  # fmt: skip
        axes.set_ylim(0, 1.35 * axes.get_ylim()[1])
        empty = [f"{name[0]} {at[f'{name}_empty']:.1%}" for name in CLASSES]
        axes.text(0.04, 0.95, f"ε = {epsilon} GeV\nempty: {', '.join(empty)}", va="top",
                  transform=axes.transAxes, fontsize=14)  # fmt: skip
        axes.set_xlabel("ln $L(x|ε)$")
    for axes in grid[:, 0]:
        axes.set_ylabel("1/$N$ d$N$/dln $L$")
    last.axis("off")
    last.legend(*panels[0].get_legend_handles_labels(), loc="upper left", fontsize=17)
    last.text(0.04, 0.6, f"{kernel}, leave-one-out\n{number['quark']:,} quark jets (q)\n"
              f"{number['gluon']:,} gluon jets (g)\nbars: √n\nempty balls, ln $L$ = 0, not drawn\n"
              "outermost bins: overflow", va="top", fontsize=15, linespacing=1.5,
              transform=last.transAxes)  # fmt: skip
    return figure


def information_figure(found: dict[str, Part]) -> Any:
    """R and B above, their slopes below, of all jets and of both halves."""
    import matplotlib.pyplot as plt

    figure, grid = plt.subplots(2, 2, figsize=(13, 9), sharex=True)
    for axes, (curve, name) in zip(grid.flat, CURVES.items(), strict=True):
        for label, colour in PARTS.items():
            part = found[f"information_{label}"]
            value, error = (np.array(part[f"{curve}{k}"]) for k in ("", "_err"))
            keep = error < 0.04
            x, value, error = np.array(part["epsilon"])[keep], value[keep], error[keep]
            axes.fill_between(x, value - error, value + error, color=colour, alpha=0.22, lw=0)
            axes.plot(x, value, color=colour, label=f"{label}, {jets_text(part, total=True)}")
        axes.set_ylabel(name)
        axes.set_ylim(bottom=0)
    for axes in grid[1]:
        gev(axes, found["information_all"])
    handles = grid[0, 0].get_legend_handles_labels()
    figure.legend(*handles, loc="outside upper center", ncols=3)
    note(figure, "bands: one standard error; drawn where it is below .04")
    return figure
