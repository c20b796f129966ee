"""The figures of latent.py: the one learned Φ and its fit, AUC against order, filters of an EFN."""

from __future__ import annotations

from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np

from smearjax.interpret.latent import latent_filters
from smearjax.networks import load_network
from smearjax.report.style import BLUE, GREEN, INK, MUTED, OCHRE, VERMILION, hep_style

COLOURS = (BLUE, VERMILION, GREEN, OCHRE)
JET_RADIUS = 0.4
TICKS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4)


def draw(rows: list[dict[str, Any]], config: dict[str, Any], out: Path) -> None:
    """All figures of all runs that are there."""
    with hep_style():
        functions_figure(rows).savefig(out / "phi.png")
        auc_figure(rows, config["published"]).savefig(out / "auc.png")
        first = next(row for row in rows if row["order"] == 0)
        filters_figure(first, config["filters"], out).savefig(out / "filters.png")


def gauge(fit: dict[str, Any]) -> tuple[float, float]:
    """Offset and scale, with sign, that give Φ the pT-weighted mean 0, deviation 1, and a rise."""
    mean, share = np.array(fit["mean"]), np.array(fit["share"])
    offset = share @ mean
    scale = np.sqrt(share @ (mean - offset) ** 2)
    rise = share @ ((mean - offset) * np.log(fit["radius"]))
    return offset, scale * np.sign(rise)


def functions_figure(rows: list[dict[str, Any]]) -> Any:
    """Φ(r) of every seed in one gauge, with its fit and its spread over directions, by order."""
    import matplotlib.pyplot as plt

    orders = sorted({row["order"] for row in rows} - {0})
    figure, panels = plt.subplots(
        2, -(-len(orders) // 2), figsize=(12.0, 9.4), sharex=True, sharey=True, squeeze=False
    )
    for axes, order in zip(panels.flat, orders, strict=False):
        some = [row for row in rows if row["order"] == order]
        for row, colour in zip(some, cycle(COLOURS), strict=False):
            curves(axes, row, colour)
        fit = some[0]["fit"]
        share = np.array(fit["share"])
        axes.fill_between(fit["radius"], -3 + 1.5 * share / share.max(), -3, color=MUTED, alpha=0.3,
                          lw=0)  # fmt: skip
        axes.set(xscale="log", xlim=(0.003, fit["radius"][-1]), ylim=(-3, 7))
        axes.set_xticks(TICKS, [f"{tick:g}" for tick in TICKS])
        axes.set_xticks([], minor=True)
        axes.set_title(f"moments up to order {order}")
        axes.legend(loc="upper left", fontsize=13)
    panels[0, 0].text(0.0033, -2.55, "where the $p_T$ is", fontsize=13)
    panels[0, 0].fill_between(
        [], [], [], color=MUTED, alpha=0.4, lw=0, label="± scatter over directions"
    )
    panels[0, 0].plot([], [], "--", color=INK, lw=1.5, label="$c_1 + c_2\\,\\ln(c_3 + r)$")
    panels[0, 0].legend(loc="upper left", fontsize=13)
    for axes in panels[-1]:
        axes.set_xlabel("distance from the centroid  $r$ [rad]")
    for axes in panels[:, 0]:
        axes.set_ylabel("learned Φ (mean 0, deviation 1)")
    return figure


def curves(axes: Any, row: dict[str, Any], colour: str) -> None:
    """One seed: the mean over directions, the spread, the fit."""
    fit = row["fit"]
    offset, scale = gauge(fit)
    radius, spread = np.array(fit["radius"]), np.array(fit["spread"]) / abs(scale)
    value = (np.array(fit["mean"]) - offset) / scale
    c1, c2, c3 = fit["c"]
    c3_text = "no $c_3$" if fit["at_edge"] else f"$c_3$ = {c3:.2g} rad"
    axes.fill_between(radius, value - spread, value + spread, color=colour, alpha=0.2, lw=0)
    axes.plot(radius, value, color=colour, label=f"{c3_text}, $R^2$ = {fit['r_squared']:.3f}")
    fitted = (c1 + c2 * np.log(c3 + radius) - offset) / scale
    axes.plot(radius, fitted, "--", color=INK, lw=1.5, zorder=3)


def auc_figure(rows: list[dict[str, Any]], published: dict[str, float]) -> Any:
    """AUC against the order of the moments, beside an EFN and published values."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7.8, 5.8))
    orders = sorted({row["order"] for row in rows} - {0})
    values = [[r["auc"][0] for r in rows if r["order"] == order] for order in orders]
    mean, spread = ([one(v) for v in values] for one in (np.mean, deviation))
    axes.errorbar(orders, mean, spread, marker="o", color=VERMILION, capsize=4, ms=8,
                  label="one function, $L = 1$")  # fmt: skip
    efn = [row["auc"][0] for row in rows if row["order"] == 0]
    mean, spread = np.mean(efn), deviation(efn)
    axes.axhspan(mean - spread, mean + spread, color=BLUE, alpha=0.2, lw=0)
    axes.axhline(mean, color=BLUE, label="EFN, 256 functions")
    for order, value in published.items():
        axes.axhline(value, ls=":", color=INK, lw=1.5)
        axes.plot([int(order)], [value], "D", mfc="white", mec=INK, ms=8, zorder=4)
    axes.plot([], [], "D:", color=INK, mfc="white", ms=8, lw=1.5,
              label="$L = 1$, $10^6$ jets, recalled\nfrom arXiv:2403.08854")  # fmt: skip
    axes.set_xticks(orders)
    axes.set_xticks([], minor=True)
    axes.set_xlim(orders[0] - 0.3, orders[-1] + 0.3)
    axes.set_xlabel("highest order $k$ of the moments")
    axes.set_ylabel(f"AUC on {rows[0]['test']:,} test jets")
    axes.set_title(f"{rows[0]['train']:,} training jets")
    top = axes.get_ylim()[1]
    axes.set_ylim(top=top + 0.35 * (top - axes.get_ylim()[0]))
    axes.legend(loc="upper left")
    return figure


def deviation(values: list[float]) -> float:
    """Scatter over the seeds, 0 of one."""
    return float(np.std(values, ddof=1)) if len(values) > 1 else 0.0


def filters_figure(row: dict[str, Any], number: int, out: Path) -> Any:
    """Where the most important filters of an EFN reach half of their maximum, and some alone."""
    import matplotlib.pyplot as plt

    side = np.linspace(-JET_RADIUS, JET_RADIUS, 161)
    y, phi = np.meshgrid(side, side, indexing="ij")
    network = load_network(out / "trained" / f"efn_{row['seed']}.eqx")
    some = np.argsort(row["importance"])[::-1][:number]
    values = latent_filters(network, np.stack([y.ravel(), phi.ravel()], axis=1))[:, some]
    values = np.where(np.hypot(y, phi).ravel()[:, None] <= JET_RADIUS, values, np.nan)
    images = (values / np.nanmax(values, axis=0)).T.reshape(-1, *y.shape)
    figure = plt.figure(figsize=(14.0, 7.0))
    left, right = figure.subfigures(1, 2)
    plane = left.subplots()
    for place, image in enumerate(images):
        colour = plt.get_cmap("viridis")(0.95 * place / number)
        plane.contour(y, phi, image, [0.5], colors=[colour], linewidths=1.6)
    plane.add_patch(plt.Circle((0, 0), JET_RADIUS, fill=False, ec=INK, lw=1.2))
    plane.set(aspect="equal", xlabel="$y$ from the centroid [rad]")
    plane.set_ylabel("φ from the centroid [rad]")
    plane.set_title(f"Half maximum of {number} of {len(row['importance'])} filters, dark first")
    for axes, image, a in zip(right.subplots(3, 3).flat, images, some, strict=False):
        axes.pcolormesh(y, phi, image, cmap="Blues", vmin=0, vmax=1.15, rasterized=True)
        axes.contour(y, phi, image, [0.5], colors=[VERMILION], linewidths=1.5)
        nats = f"{row['importance'][a]:.2f} nats"
        axes.set_title(nats, fontsize=14, fontweight="normal", loc="center", pad=4)
        axes.set(aspect="equal", xticks=[], yticks=[], frame_on=False)
    right.suptitle("The first nine, and how far they move the output", fontsize=17, weight="bold")
    return figure
