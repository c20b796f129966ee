"""Figures of what `extremes.py` measured: F(ε), D(ε), smallest distances, ε against N."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from smearjax.report.axes import epsilon_axis, new_figure
from smearjax.report.style import BLUE, GREEN, INK, MUTED, VERMILION, hep_style, scale_ticks

KINDS = {"gg": VERMILION, "gq": MUTED, "qq": BLUE}
NAMES = {"gg": "gluon–gluon", "gq": "gluon–quark", "qq": "quark–quark"}
CLASSES = {"gluon": VERMILION, "quark": BLUE}


def array(values: list[Any]) -> np.ndarray:
    """Numbers, NaN for None."""
    return np.array(values, np.float64)


def rows(epsilon: np.ndarray) -> list[dict[str, float]]:
    """Radii as `epsilon_axis` takes them."""
    return [{"epsilon_gev": value} for value in epsilon]


def shown_size(every: list[dict[str, Any]]) -> int:
    """The largest N of which there are enough subsets to draw a distribution."""
    enough = [part["size"] for part in every if part["subsets"] >= 30]
    return max(enough or [part["size"] for part in every])


def fraction_figure(found: dict[str, Any]) -> Any:
    """F(ε) with errors beside leading logarithm."""
    figure, axes = new_figure((8.0, 6.0))
    epsilon = array(found["pairs"]["epsilon"])
    for kind, colour in KINDS.items():
        curve = found["pairs"]["curves"][kind]
        value, error = array(curve["F"]), array(curve["F_err"])
        there = value * curve["n_pairs"] >= 3
        low = np.maximum(value - error, 0.3 / curve["n_pairs"])
        axes.fill_between(epsilon[there], low[there], (value + error)[there], color=colour,
                          alpha=0.3, lw=0)  # fmt: skip
        axes.plot(epsilon[there], value[there], color=colour, label=NAMES[kind])
        leading = array(found["summary"]["leading"][kind]["F"])
        axes.plot(epsilon, leading, "--", color=colour, lw=1.5)
    axes.plot([], [], "--", color=INK, lw=1.5, label="leading logarithm")
    least = min(1 / found["pairs"]["curves"][kind]["n_pairs"] for kind in KINDS)
    axes.set(yscale="log", ylim=(0.8 * least, 2))
    axes.set_ylabel("fraction of pairs with $d \\leq \\varepsilon$,  $F(\\varepsilon)$")
    axes.set_title("How near jets come to one another")
    axes.legend(loc="lower right")
    epsilon_axis(axes, rows(epsilon))
    return figure


def dimension_figure(found: dict[str, Any]) -> Any:
    """D(ε) with errors beside leading logarithm."""
    figure, axes = new_figure((8.0, 6.0))
    epsilon, top = array(found["pairs"]["epsilon"]), 1.0
    for kind, colour in KINDS.items():
        curve = found["pairs"]["curves"][kind]
        value, error = array(curve["D"]), array(curve["D_err"])
        there = error < 0.1 * value + 0.02
        axes.fill_between(epsilon[there], (value - error)[there], (value + error)[there],
                          color=colour, alpha=0.3, lw=0)  # fmt: skip
        axes.plot(epsilon[there], value[there], color=colour, label=NAMES[kind])
        leading = array(found["summary"]["leading"][kind]["D"])
        axes.plot(epsilon, leading, "--", color=colour, lw=1.5)
        top = max(top, value[there].max())
    axes.plot([], [], "--", color=INK, lw=1.5, label="leading logarithm")
    axes.set_ylim(0, 1.12 * top)
    axes.set_ylabel("local dimension  $D = d\\,\\ln F/d\\,\\ln\\varepsilon$")
    axes.set_title("The dimension of the space of jets")
    axes.legend(loc="upper right")
    epsilon_axis(axes, rows(epsilon[epsilon > 1.8]))
    return figure


def distance_figure(found: dict[str, Any]) -> Any:
    """Distributions of the distances of all pairs and of nearest neighbours."""
    figure, panels = new_figure((8.0, 7.4), ratios=(1, 1))
    epsilon = array(found["pairs"]["epsilon"])
    middle, step = np.sqrt(epsilon[1:] * epsilon[:-1]), np.diff(np.log(epsilon))
    kinds = (
        ("nearest neighbour", lambda kind: found["pairs"]["nearest_below"][kind]),
        ("all pairs", lambda kind: found["pairs"]["curves"][kind]["F"]),
    )
    for axes, (name, values) in zip(panels, kinds, strict=True):
        for kind, colour in KINDS.items():
            axes.step(middle, np.diff(array(values(kind))) / step, where="mid", color=colour,
                      lw=2, label=NAMES[kind])  # fmt: skip
        axes.set_ylim(0, None)
        axes.set_ylabel("$1/N\\;dN/d\\,\\ln d$")
        axes.text(0.97 if name[0] == "n" else 0.03, 0.9, name, transform=axes.transAxes,
                  ha="right" if name[0] == "n" else "left", va="top", fontsize=17)  # fmt: skip
    number = found["pairs"]["n_jets"]
    panels[0].set_title(f"Distances among {number[0]:,} gluon and {number[1]:,} quark jets")
    panels[1].legend(loc="center left")
    epsilon_axis(panels[1], rows(epsilon[epsilon > 1.2]))
    panels[1].set_xlabel("distance $d$ [GeV]")
    figure.align_ylabels()
    return figure


def fits_figure(part: dict[str, Any]) -> Any:
    """Smallest distances from four fixed jets with the two fitted laws."""
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(2, 2, figsize=(9.4, 7.4), sharey=True)
    nearest = array(part["nearest"])
    order = np.argsort(part["dimension"])
    chosen = order[(len(order) * np.array([0.1, 0.35, 0.65, 0.9])).astype(int)]
    for axes, k in zip(panels.flat, chosen, strict=True):
        d = np.sort(nearest[k])
        t = np.linspace(0.85 * d[0], 1.08 * d[-1], 300)
        shape, scale = (values[k] for values in part["weibull"])
        c, location, width = (values[k] for values in part["extreme"])
        axes.step(d, np.arange(1, len(d) + 1) / len(d), where="post", color=INK, lw=1.8)
        axes.plot(t, -np.expm1(-((t / scale) ** shape)), color=BLUE)
        base = np.maximum(1 + c * (t - location) / width, 1e-12)
        axes.plot(t, -np.expm1(-(base ** (1 / c))), "--", color=VERMILION)
        text = f"$D_x$ = {part['dimension'][k]:.1f} ± {part['dimension_err'][k]:.1f}"
        axes.text(0.96, 0.36, text, transform=axes.transAxes, ha="right", fontsize=14)
        text = f"Weibull {part['shape'][k]:.1f} ± {part['shape_err'][k]:.1f}\n"
        text += f"$p$ = {part['weibull_p'][k]:.2f}"
        axes.text(0.96, 0.19, text, transform=axes.transAxes, ha="right", color=BLUE, fontsize=14)
        text = f"extreme value $p$ = {part['extreme_p'][k]:.2f}"
        axes.text(0.96, 0.06, text, transform=axes.transAxes, ha="right", color=VERMILION,
                  fontsize=14)  # fmt: skip
    for axes in panels[1]:
        axes.set_xlabel("smallest distance [GeV]")
    for axes in panels[:, 0]:
        axes.set_ylabel("fraction below")
    figure.suptitle(
        f"Nearest of {part['size']:,} {part['class']} jets to a fixed one, "
        f"{part['subsets']} times",
        x=0.02, ha="left", fontsize=17, fontweight="bold",
    )  # fmt: skip
    return figure


def shape_figure(every: list[dict[str, Any]]) -> Any:
    """Weibull shape against the local dimension, jet by jet; how many fits fail, against N."""
    import matplotlib.pyplot as plt
    from matplotlib.ticker import NullFormatter

    figure, (left, right) = plt.subplots(1, 2, figsize=(12.4, 5.6))
    largest = shown_size(every)
    line = np.array([0.0, 1.05 * max(max(p["dimension"]) for p in every if p["size"] == largest)])
    left.plot(line, line, color=MUTED, lw=1.2)
    for name, colour in CLASSES.items():
        mine = sorted((p for p in every if p["class"] == name), key=lambda p: p["size"])
        (last,) = (p for p in mine if p["size"] == largest)
        left.errorbar(
            last["dimension"], last["shape"], last["shape_err"], last["dimension_err"], fmt="o",
            color=colour, ms=5, lw=0.8, alpha=0.75, label=f"{name} jets",
        )  # fmt: skip
        size = array([p["size"] for p in mine])
        for key, style in (("weibull_p", "o-"), ("extreme_p", "s--")):
            failed = array([np.mean(array(p[key]) < 0.05) for p in mine])
            error = np.sqrt(np.maximum(failed * (1 - failed), 0.01) / len(last[key]))
            right.errorbar(size * (1.04 if name == "quark" else 0.96), failed, error,
                           fmt=style, color=colour, ms=7, lw=1.6)  # fmt: skip
    left.set(xlim=(0, None), ylim=(0, None))
    left.set_xlabel("local dimension $D_x$ from other jets")
    left.set_ylabel("shape of the Weibull law")
    left.set_title(f"N = {largest:,} jets")
    left.legend(loc="upper left")
    right.axhline(0.05, color=MUTED, lw=1.2)
    right.plot([], [], "o-", color=INK, lw=1.6, label="Weibull")
    right.plot([], [], "s--", color=INK, lw=1.6, label="extreme value")
    right.set(xscale="log", ylim=(0, None))
    right.set_xticks(size, [f"{n:,.0f}" for n in size])
    right.xaxis.set_minor_formatter(NullFormatter())
    right.set_xlabel("jets N in a subset")
    right.set_ylabel("fixed jets with $p < 0.05$")
    right.set_title("Fits that fail")
    right.legend(loc="upper right")
    return figure


def pooled_figure(every: list[dict[str, Any]]) -> Any:
    """The pooled law, the mean over jets of exp(−N F_x), and the best single Weibull law."""
    figure, panels = new_figure((8.0, 7.4), ratios=(2.2, 1))
    largest = shown_size(every)
    low, high = np.inf, 0.0
    for part in (part for part in every if part["size"] == largest):
        colour = CLASSES[part["class"]]
        epsilon, pooled, error, law, law_err = (
            array(part[key]) for key in ("epsilon", "pooled", "pooled_err", "law", "law_err")
        )
        shape, scale = part["pooled_weibull"]
        weibull = np.exp(-((epsilon / scale) ** shape))
        bulk = (law > 2e-3) & (law < 0.9995)
        low, high = min(low, epsilon[bulk][0]), max(high, epsilon[bulk][-1])
        label = f"{part['class']} jets"
        panels[0].errorbar(epsilon[bulk], pooled[bulk], error[bulk], fmt="o", color=colour, ms=6,
                           lw=1.2, label=label)  # fmt: skip
        panels[0].plot(epsilon, law, color=colour, lw=1.8)
        panels[0].plot(epsilon, weibull, ":", color=colour, lw=2.2)
        both = np.hypot(error, law_err)
        panels[1].errorbar(epsilon[bulk], (pooled - law)[bulk], both[bulk], fmt="o", color=colour,
                           ms=5, lw=1.2)  # fmt: skip
        panels[1].plot(epsilon, weibull - law, ":", color=colour, lw=2.2)
    panels[0].plot([], [], color=INK, lw=1.8, label="mean over jets of $(1-F_x)^N$")
    panels[0].plot([], [], ":", color=INK, lw=2.2, label="one Weibull law")
    panels[0].set_ylabel("fraction farther than ε")
    panels[0].set_title(f"Nearest of N = {largest:,}, over {len(every[0]['shape'])} fixed jets")
    panels[0].legend(loc="upper right")
    panels[1].axhline(0, color=MUTED, lw=1)
    panels[1].set_ylabel("less the\nmean law")
    epsilon_axis(panels[1], rows(np.array([low, high])))
    panels[1].set_xlabel("smallest distance ε [GeV]")
    figure.align_ylabels()
    return figure


def scaling_figure(found: dict[str, Any], every: list[dict[str, Any]]) -> Any:
    """ε_min(N) and ε*(N), and their local exponents, beside leading logarithm and D."""
    from matplotlib.ticker import NullFormatter

    figure, (top, bottom) = new_figure((8.6, 9.4), ratios=(1, 1.1))
    curves = {"gg": KINDS["gg"], "qq": KINDS["qq"], "best": GREEN}
    for kind, colour in curves.items():
        row = {key: array(values) for key, values in found["summary"][kind].items()}
        there = np.isfinite(row["epsilon"])
        number = row["number"] * (1.03 if kind == "qq" else 1)  # side by side, not one on another
        label = "best ε of a classifier" if kind == "best" else f"nearest, {NAMES[kind]}"
        style = {"fmt": "s" if kind == "best" else "o", "color": colour, "ms": 7, "lw": 1.6}
        top.errorbar(number[there], row["epsilon"][there], row["epsilon_err"][there],
                     label=label, **style)  # fmt: skip
        bottom.errorbar(number[there], row["exponent"][there], row["exponent_err"][there], **style)
        low, high = (row["of_dimension"] + s * row["of_dimension_err"] for s in (-1, 1))
        bottom.fill_between(number[there], low[there], high[there], color=colour, alpha=0.3, lw=0)
        bottom.plot(number[there], row["of_dimension"][there], color=colour, lw=1.4)
        near = [p for p in every if f"{p['class'][0]}" * 2 == kind]
        if near:
            size, d = (array([p[key] for p in near]) for key in ("size", "typical_dimension"))
            bottom.errorbar(size, -1 / d[:, 0], d[:, 1] / d[:, 0] ** 2, fmt="D", mfc="white",
                            color=colour, ms=7, lw=1.6)  # fmt: skip
        if kind != "best":
            top.plot(number, row["leading"], "--", color=colour, lw=1.5)
            bottom.plot(number, row["leading_exponent"], "--", color=colour, lw=1.5)
    top.plot([], [], "--", color=INK, lw=1.5, label="leading logarithm")
    top.set(xscale="log", yscale="log")
    top.set_ylabel("ε [GeV]")
    top.set_title("What N jets resolve, and what suits them best")
    top.legend(loc="lower left", fontsize=13)
    low, high = top.get_ylim()
    top.set_ylim(low / 2.5, 1.1 * high)
    ticks = scale_ticks(low / 2.5, 1.1 * high)
    top.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    top.yaxis.set_minor_formatter(NullFormatter())
    bottom.plot([], [], color=INK, lw=1.4, label="$-1/D$ of all pairs;  best ε:  $-1/(D+4)$")
    bottom.plot([], [], "D", color=INK, mfc="white", ms=7, label="$-1/D$ about typical jets")
    bottom.plot([], [], "--", color=INK, lw=1.5, label="leading logarithm")
    bottom.set_ylim(1.35 * bottom.get_ylim()[0], 0)
    bottom.legend(loc="lower right", fontsize=13)
    bottom.set_ylabel("local exponent\n$d\\,\\ln\\varepsilon/d\\,\\ln N$")
    bottom.set_xlabel("jets N")
    figure.align_ylabels()
    return figure


def draw(found: dict[str, Any], out: Path) -> None:
    """Every figure of which the numbers are there."""
    every = [part for name, part in found.items() if name.startswith("near_")]
    with hep_style():
        drawn = {
            "fraction": fraction_figure(found),
            "dimension": dimension_figure(found),
            "distances": distance_figure(found),
            "scaling": scaling_figure(found, every),
        }
        if every:
            some = [part for part in every if part["size"] == shown_size(every)]
            drawn |= {
                "fits": fits_figure(max(some, key=lambda part: part["class"])),
                "shape": shape_figure(every),
                "pooled": pooled_figure(every),
            }
        for name, figure in drawn.items():
            figure.savefig(out / f"{name}.png")
