"""The figures of shower.py: quark against gluon jets, populations, bins of pT."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.ticker import NullFormatter

from smearjax.report.axes import epsilon_axis
from smearjax.report.style import BLUE, GREEN, INK, MUTED, OCHRE, VERMILION, hep_style

Case = dict[str, Any]
COLOURS = {"nominal": INK, "hadoff": VERMILION, "mpioff": BLUE, "as118": GREEN}
LABELS = {
    "nominal": "nominal",
    "hadoff": "no hadronisation",
    "mpioff": "no multiparton interactions",
    "as118": "$\\alpha_s$ = 0.118 instead of 0.1365",
}
NAMES = {"R": "$R$", "B": "$B$", "minus_dR": "$-$d$R$/dln ε", "minus_dB": "$-$d$B$/dln ε"}
# Points with a larger standard error say nothing.
NOISE = 0.04


def draw(found: dict[str, Case], out: Path) -> None:
    """One file for each figure whose comparisons are there."""
    variations = [name for name in COLOURS if name in found]
    in_bins = {name: case for name, case in found.items() if name.startswith("pt_")}
    with hep_style():
        import matplotlib.pyplot as plt

        figures = {
            "information": classes(found, variations, ("R", "B")),
            "slopes": classes(found, variations, ("minus_dR", "minus_dB")),
            "pt_bins": bins(in_bins),
        }
        if len(variations) > 1:
            figures["populations"] = populations(found, variations[1:])
        for name, figure in figures.items():
            figure.savefig(out / f"{name}.png")
            plt.close(figure)


def panels(rows: int, heights: list[float], size: tuple[float, float]) -> tuple[Any, Any]:
    """Two columns of panels that share their horizontal axes."""
    import matplotlib.pyplot as plt

    return plt.subplots(
        rows, 2, figsize=size, sharex="col", squeeze=False, height_ratios=heights[:rows]
    )


def line(axes: Any, case: Case, curve: str, colour: str, label: str = "", x: Any = None) -> None:
    """A curve with its band where its error is small and it leaves the permutations, if any."""
    value, error = (np.array(case["curves"][f"{curve}{part}"]) for part in ("", "_err"))
    keep = error < NOISE
    if "null" in case:
        axes.plot(case["epsilon"], np.where(keep, value, np.nan), ":", color=colour)
        keep &= np.array(case["null"][curve]["outside"])
    x = np.array(case["epsilon"] if x is None else x)[keep]
    axes.plot(x, value[keep], color=colour, label=label)
    axes.fill_between(
        x, (value - error)[keep], (value + error)[keep], color=colour, alpha=0.2, lw=0
    )


def difference(one: Case, other: Case, curve: str, per_pt: bool = False) -> Case:
    """A curve minus that of other jets, at equal ε or at equal ε/pT."""
    a, b = (case["curves"] for case in (one, other))
    at, known = (np.log(case["epsilon"]) for case in (one, other))
    if per_pt:
        at, known = at - np.log(one["pt_ref"]), known - np.log(other["pt_ref"])
    value, error = (
        np.interp(at, known, b[f"{curve}{part}"], left=np.nan, right=np.nan)
        for part in ("", "_err")
    )
    both = np.hypot(a[f"{curve}_err"], error)
    curves = {curve: np.array(a[curve]) - value, f"{curve}_err": both}
    return {"epsilon": one["epsilon"], "curves": curves}


def gev(axes: Any, case: Case) -> None:
    """The axis of ε."""
    epsilon_axis(axes, [{"epsilon_gev": epsilon} for epsilon in case["epsilon"]])


def title(axes: Any, case: Case) -> None:
    """How many jets."""
    gluons, quarks = case["n_jets"]
    axes.set_title(f"{quarks:,} quark and {gluons:,} gluon jets each", fontsize=14, weight="normal")


def classes(found: dict[str, Case], variations: list[str], curves: tuple[str, str]) -> Any:
    """Quark against gluon jets: two curves, and below what each variation changes."""
    rows = 2 if len(variations) > 1 else 1
    figure, grid = panels(rows, [2, 1], (13, 4.8 + 3 * (rows - 1)))
    nominal = found["nominal"]
    for (top, *below), curve in zip(grid.T, curves, strict=True):
        for name in variations:
            line(top, found[name], curve, COLOURS[name], LABELS[name])
            if name != "nominal":
                line(below[0], difference(found[name], nominal, curve), curve, COLOURS[name])
        for axes in below:
            axes.axhline(0, color=INK, lw=1.2)
            axes.set_ylabel("variation\n$-$ nominal")
        top.set_ylabel(f"{NAMES[curve]}, quark vs gluon")
        top.set_ylim(bottom=0)
        gev(grid[-1, 0] if curve == curves[0] else grid[-1, 1], nominal)
    title(grid[0, 0], nominal)
    figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return figure


def populations(found: dict[str, Case], variations: list[str]) -> Any:
    """Nominal against varied jets of one kind; dotted where permuted labels (grey) reach as far."""
    figure, grid = panels(2, [1, 1], (13, 9))
    for column, kind in zip(grid.T, ("quark", "gluon"), strict=True):
        cases = {name: found[f"{name}_{kind}"] for name in variations}
        for axes, curve in zip(column, ("R", "B"), strict=True):
            floor = np.min([case["null"][curve]["upper"] for case in cases.values()], axis=0)
            ceiling = np.max([case["null"][curve]["upper"] for case in cases.values()], axis=0)
            epsilon = next(iter(cases.values()))["epsilon"]
            axes.fill_between(epsilon, 1e-6, floor, color=MUTED, alpha=0.35, lw=0,
                              label="permuted labels, 95 %")  # fmt: skip
            axes.fill_between(epsilon, floor, ceiling, color=MUTED, alpha=0.15, lw=0)
            for name, case in cases.items():
                line(axes, case, curve, COLOURS[name], LABELS[name])
            axes.set(yscale="log", ylim=(1e-4, 1.5))
            axes.set_ylabel(f"{NAMES[curve]}, nominal vs variation")
        one = found[f"{variations[0]}_{kind}"]
        column[0].set_title(f"{kind} jets, {one['n_jets'][1]:,} of each")
        gev(column[1], one)
    figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return figure


def bins(found: dict[str, Case]) -> Any:
    """Quark against gluon jets in bins of pT, at equal ε and at equal ε/pT."""
    figure, grid = panels(2, [2, 1], (13, 7.8))
    first, *others = found.values()
    for (top, below), per_pt in zip(grid.T, (False, True), strict=True):
        for (name, case), colour in zip(
            found.items(), (BLUE, VERMILION, GREEN, OCHRE), strict=False
        ):
            low, high = name.split("_")[1:]
            x = np.array(case["epsilon"]) / (case["pt_ref"] if per_pt else 1)
            label = f"{low} – {high} GeV: {sum(case['n_jets']):,} jets"
            line(top, case, "R", colour, label, x)
            if case in others:
                line(below, difference(case, first, "R", per_pt), "R", colour, x=x)
        below.axhline(0, color=INK, lw=1.2)
        top.set(ylabel="$R$, quark vs gluon")
        top.set_ylim(bottom=0)
        below.set_ylabel("$-$ lowest bin")
    gev(grid[1, 0], first)
    grid[1, 1].set(xscale="log", xlabel="resolution ε/$p_T$")
    grid[1, 1].xaxis.set_minor_formatter(NullFormatter())
    grid[0, 0].legend(title="jet $p_T$")
    return figure
